#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "model/route_call.h"

/* Bytes of an err's message the first failure may take where others follow. */
enum { FIRST_MAX = 150 };

void
route_words_add(struct route_words *w, struct str name, const struct err *err)
{
    if (!w->any) {
        w->any = true;
        w->first = *err;
        return;
    }
    size_t used = strlen(w->others);
    int wanted = snprintf(w->others + used, sizeof(w->others) - used, "; %" STR_FMT ": %s",
                          STR_ARG(name), err->message);
    if (wanted >= 0 && used + (size_t)wanted >= sizeof(w->others)) {
        w->others[utf8_floor(w->others, sizeof(w->others) - 1)] = '\0';
    }
}

struct err
route_words_all(const struct route_words *w)
{
    struct err all = w->first;
    struct str first = str_c(w->first.message);
    if (w->others[0] == '\0') {
        return all;
    }
    struct str cut = utf8_cut(first, FIRST_MAX);
    (void)err_set_at(&all, w->first.code, 0, w->first.file, w->first.line, "%" STR_FMT "%s%s",
                     STR_ARG(cut), cut.len < first.len ? "..." : "", w->others);
    all.saved_errno = w->first.saved_errno;
    all.retryable = w->first.retryable;
    return all;
}
