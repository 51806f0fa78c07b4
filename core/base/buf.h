/* buf: text that grows, with a mandatory maximum.
 *
 * `text[len]` is always NUL once anything was added. Failure is sticky: appending past the
 * maximum or out of memory sets it, later appends do nothing, and buf_finish() reports it once.
 * Code that builds text therefore has no error handling between the first and the last line.
 * Storage is owned by the buf, free with buf_done(). One user at a time. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct arena;

struct buf {
    char *text;
    size_t len;
    size_t capacity;
    size_t max;
    int failed; /* 0, ERR_NOMEM or ERR_LIMIT */
};

/* MAX from limits.h, with its reason there. */
void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);
/* Empty again, the storage and the maximum kept, the failure forgotten. */
void buf_clear(struct buf *b);
AUTO_DEFINE_VALUE(buf, struct buf, buf_done)

/* Room for LEN more bytes at once, where it is known about how many will come; more than the
 * maximum is no failure before it is appended. */
void buf_reserve(struct buf *b, size_t len);
void buf_add(struct buf *b, struct str s);
void buf_add_c(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drop everything behind LEN. */
void buf_truncate(struct buf *b, size_t len);

/* What is there now, borrowed until the next change. */
struct str buf_str(const struct buf *b);

/* 0, or the sticky failure put in words with WHAT ("ticket export"). */
int buf_finish(const struct buf *b, const char *what, struct err *err) WARN_UNUSED;

/* The text, copied into ARENA; ptr NULL when the buf had failed or memory ran out. */
struct str buf_to_arena(const struct buf *b, struct arena *arena);

#endif
