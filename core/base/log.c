#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

/* One of the two allowed globals. */
static atomic_int threshold = LOG_WARN;

static const char *const level_names[] = {"debug", "info", "warn", "error", "none"};

void
log_set_level(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

bool
log_level_from_name(struct str name, enum log_level *ret)
{
    for (int i = LOG_DEBUG; i <= LOG_NONE; i++) {
        if (str_eq_c(name, level_names[i])) {
            *ret = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool
log_enabled(enum log_level level)
{
    return (int)level >= atomic_load(&threshold) && level < LOG_NONE;
}

static void
write_line(enum log_level level, const char *module, struct str turn, const char *code,
           struct str message)
{
    char at[CLOCK_TEXT];
    clock_format(clock_wall_ms(clock_real()), at);
    AUTO(buf) struct buf line;
    buf_init(&line, 4096);
    struct js_out out;
    js_out_init(&out, &line);
    js_begin_object(&out);
    js_put_str(&out, "at", str_c(at));
    js_put_str(&out, "level", str_c(level_names[level]));
    js_put_str(&out, "module", str_c(module));
    if (turn.len) {
        js_put_str(&out, "turn", turn);
    }
    if (code) {
        js_put_str(&out, "code", str_c(code));
    }
    js_put_str(&out, "message", message);
    js_end_object(&out);
    buf_add_char(&line, '\n');
    if (!line.failed) {
        /* Nobody is left to tell when stderr is gone. */
        ssize_t written = write(STDERR_FILENO, line.text, line.len);
        (void)written;
    }
}

void
log_line(enum log_level level, const char *module, struct str turn, const char *format, ...)
{
    if (!log_enabled(level)) {
        return;
    }
    char message[1024];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (length >= 0) {
        write_line(level, module, turn, NULL, str_c(message));
    }
}

void
log_err(enum log_level level, const char *module, struct str turn, const struct err *err)
{
    if (log_enabled(level)) {
        write_line(level, module, turn, err_code_name(err->code), str_c(err->message));
    }
}
