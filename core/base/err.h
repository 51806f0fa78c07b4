/* err: what went wrong, carried by the caller.
 *
 * Every fallible function returns an int: 0 done; positive = an outcome its header lists, handled
 * by the caller and never forwarded; negative = failure, forwarded unchanged. `struct err *` is
 * always the last parameter and never NULL (who does not care for words passes
 * `&(struct err){0}`). The struct lives on the caller's stack and holds its message inline, so
 * that "out of memory" can be said without memory. It is filled only when the return is negative.
 * [any]
 *
 * Messages are written for a person: what, to what, why, and where one knows it, what to do:
 *     return err_set(err, ERR_INVALID, "line %zu: price: '%s' is not a number", line, text);
 *     return err_wrap(err, "import %s", path);   -> "import shop.csv: line 12: price: ..."
 * They hold no customer text above what names the fault, and no credentials ever. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#define WARN_UNUSED __attribute__((warn_unused_result))

enum err_code {
    ERR_NOMEM = -1,     /* out of memory, or a failed allocation under test */
    ERR_INVALID = -2,   /* input that breaks a rule; asking again changes nothing */
    ERR_NOTFOUND = -3,  /* the thing named does not exist */
    ERR_IO = -4,        /* file, socket or disk; saved_errno says which */
    ERR_TIMEOUT = -5,   /* a deadline passed */
    ERR_CANCELED = -6,  /* somebody asked for an end */
    ERR_BUSY = -7,      /* in use by somebody else just now */
    ERR_AUTH = -8,      /* refused for who asks */
    ERR_REMOTE = -9,    /* the other side failed */
    ERR_PLUGIN = -10,   /* a plugin broke its contract */
    ERR_LIMIT = -11,    /* a configured or built-in limit */
    ERR_BUG = -12,      /* ours */
};

enum { ERR_MESSAGE_MAX = 256 };

struct err {
    enum err_code code;
    int saved_errno;
    bool retryable;
    const char *file; /* where it was set: static storage */
    int line;
    char message[ERR_MESSAGE_MAX]; /* valid UTF-8, no control characters, NUL-terminated */
};

/* Fill ERR and return CODE. An over-long message is cut with "...". */
#define err_set(err, code, ...) err_set_at(err, code, 0, __FILE__, __LINE__, __VA_ARGS__)
/* The same for a failed system call: ERRNO_VALUE is errno as it was on the line that saw it; its
 * words are appended ("open /x/desk.db: no such file or directory"). */
#define err_set_errno(err, errno_value, ...) \
    err_set_at(err, ERR_IO, errno_value, __FILE__, __LINE__, __VA_ARGS__)

int err_set_at(struct err *err, enum err_code code, int errno_value, const char *file, int line,
               const char *format, ...) __attribute__((format(printf, 6, 7)));

/* "out of memory": the one failure everybody has. Returns ERR_NOMEM. */
#define err_nomem(err) err_set(err, ERR_NOMEM, "out of memory")

/* Put "CONTEXT: " before the message, at most once a layer; returns the code. */
int err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Mark as worth another try; returns the code. */
int err_retryable(struct err *err);

/* "not found", "timeout" ...: one word for logs and JSON. Unknown codes give "bug". */
const char *err_code_name(int code);

#endif
