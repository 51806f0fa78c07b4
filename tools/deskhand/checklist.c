#include "checklist.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "term.h"

static const struct {
    const char *name;
    enum term_style style;
} states[] = {
    [CHECK_OK] = {"ok", TERM_GREEN},
    [CHECK_MENDED] = {"mended", TERM_CYAN},
    [CHECK_NOTE] = {"note", TERM_YELLOW},
    [CHECK_PROBLEM] = {"problem", TERM_RED},
};

static bool
print_json(enum check_state state, const char *check, struct str detail)
{
    struct js_out out;
    struct err ignored; /* stdout's own trouble is said once, at the end */
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "check", str_c(check));
    js_put_str(&out, "state", str_c(states[state].name));
    js_put_str(&out, "detail", detail);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "checks", &ignored) == 0;
}

static bool
print_text(enum check_state state, const char *check, struct str detail)
{
    (void)printf("%s%-8s%s", term_style(stdout, states[state].style), states[state].name,
                 term_style(stdout, TERM_PLAIN));
    term_text(stdout, str_c(check));
    (void)printf(": ");
    term_text(stdout, detail);
    (void)printf("\n");
    return fflush(stdout) == 0;
}

void
checklist_add(struct checklist *l, enum check_state state, const char *check, const char *format,
              ...)
{
    char detail[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    l->problems += state == CHECK_PROBLEM;
    l->mended += state == CHECK_MENDED;
    bool printed =
        l->json ? print_json(state, check, str_c(detail)) : print_text(state, check, str_c(detail));
    l->failed = l->failed || !printed;
}

int
checklist_end(const struct checklist *l, struct err *err)
{
    if (l->failed) {
        return err_set(err, ERR_IO, "the checks could not be printed: is the disk full?");
    }
    return l->problems ? EXIT_FAILED : EXIT_DONE;
}
