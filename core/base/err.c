#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* vsnprintf, then whatever a person's terminal should not meet is taken out, and a message that
 * did not fit says so. */
static void __attribute__((format(printf, 3, 0)))
format_message(char *out, size_t size, const char *format, va_list args)
{
    int wanted = vsnprintf(out, size, format, args);
    if (wanted < 0) {
        (void)snprintf(out, size, "unprintable message");
        return;
    }
    utf8_sanitize_c(out);
    if ((size_t)wanted >= size) {
        size_t keep = utf8_floor(out, size - 4);
        memcpy(out + keep, "...", 4);
    }
}

/* ": TEXT" behind the message, cut with "..." at a character's border. */
static void
append(char message[ERR_MESSAGE_MAX], const char *text)
{
    size_t used = strlen(message);
    int wanted = snprintf(message + used, ERR_MESSAGE_MAX - used, ": %s", text);
    if (wanted >= 0 && used + (size_t)wanted >= ERR_MESSAGE_MAX) {
        size_t keep = utf8_floor(message, ERR_MESSAGE_MAX - 4);
        memcpy(message + keep, "...", 4);
    }
}

int
err_set_at(struct err *err, enum err_code code, int errno_value, const char *file, int line,
           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    format_message(err->message, sizeof(err->message), format, args);
    va_end(args);
    err->code = code;
    err->saved_errno = errno_value;
    err->retryable = false;
    err->file = file;
    err->line = line;
    if (errno_value != 0) {
        char words[64];
        append(err->message, strerror_r(errno_value, words, sizeof(words)));
    }
    return code;
}

int
err_wrap(struct err *err, const char *format, ...)
{
    char inner[ERR_MESSAGE_MAX];
    memcpy(inner, err->message, sizeof(inner));
    va_list args;
    va_start(args, format);
    format_message(err->message, sizeof(err->message), format, args);
    va_end(args);
    append(err->message, inner);
    return err->code;
}

int
err_retryable(struct err *err)
{
    err->retryable = true;
    return err->code;
}

const char *
err_code_name(int code)
{
    static const char *const names[] = {
        [-ERR_NOMEM] = "no_memory",  [-ERR_INVALID] = "invalid",   [-ERR_NOTFOUND] = "not_found",
        [-ERR_IO] = "io",            [-ERR_TIMEOUT] = "timeout",   [-ERR_CANCELED] = "canceled",
        [-ERR_BUSY] = "busy",        [-ERR_AUTH] = "auth",         [-ERR_REMOTE] = "remote",
        [-ERR_PLUGIN] = "plugin",    [-ERR_LIMIT] = "limit",       [-ERR_BUG] = "bug",
    };
    if (code >= 0 || code < ERR_BUG) {
        return "bug";
    }
    return names[-code];
}
