#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "check.h"
#include "check_wire.h"

void
check_line_open(struct check_line *line, const char *event)
{
    buf_init(&line->text, LIMIT_TOOL_RESULT_BYTES * 2);
    js_out_init(&line->out, &line->text);
    js_begin_object(&line->out);
    js_put_str(&line->out, "e", str_c(event));
}

void
check_line_say(struct check *c, struct check_line *line)
{
    js_end_object(&line->out);
    buf_add_char(&line->text, '\n');
    struct str rest = line->text.failed ? STR("{\"e\":\"lost\"}\n") : buf_str(&line->text);
    (void)pthread_mutex_lock(&c->saying);
    while (rest.len > 0) {
        ssize_t put = write(c->out, rest.ptr, rest.len);
        if (put < 0 && errno != EINTR) {
            _exit(CHECK_EXIT_CLOSED);
        }
        rest = str_sub(rest, put > 0 ? (size_t)put : 0, SIZE_MAX);
    }
    (void)pthread_mutex_unlock(&c->saying);
    buf_done(&line->text);
}

void
check_found(struct check *c, const char *what, const char *format, ...)
{
    char detail[CHECK_TEXT_BYTES];
    struct check_line line;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    utf8_sanitize_c(detail);
    check_line_open(&line, "found");
    js_put_str(&line.out, "what", str_c(what));
    js_put_str(&line.out, "detail", str_c(detail));
    check_line_say(c, &line);
}

void
check_at(struct check *c, const char *where)
{
    struct check_line line;
    (void)snprintf(c->place, sizeof(c->place), "%s", where);
    check_line_open(&line, "at");
    js_put_str(&line.out, "where", str_c(where));
    check_line_say(c, &line);
}
