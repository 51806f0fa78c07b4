#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "model/route_call.h"

/* Bytes of an err's message the first failure may take where others follow. */
enum { FIRST_MAX = 150 };

void
route_words_add(struct route_words *w, struct str name, const struct err *err)
{
    w->tries = 0;
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

void
route_words_again(struct route_words *w, const struct err *err)
{
    w->tries++;
    w->last = *err;
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

struct str
route_words_note(const struct route_words *w, struct str first, struct str name,
                 struct arena *arena)
{
    struct str left = {0};
    if (w->any) {
        struct err all = route_words_all(w);
        left = arena_printf(arena, "no answer from %" STR_FMT ": %s%s", STR_ARG(first), all.message,
                            w->tries ? "; " : "");
    }
    if (w->tries == 0) {
        return left;
    }
    return arena_printf(arena, "%" STR_FMT "%" STR_FMT " answered at attempt %u, after: %s",
                        STR_ARG(left), STR_ARG(name), w->tries + 1, w->last.message);
}
