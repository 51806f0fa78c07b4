/* aws_text: text that may be a secret: owned, wiped when freed and when it moves to grow. [any] */
#ifndef MODEL_AWS_TEXT_H
#define MODEL_AWS_TEXT_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

/* `{0}` is a valid empty one. NUL-terminated behind its length once anything was added. */
struct aws_text {
    char *ptr;
    size_t len;
    size_t capacity;
};

/* Append S. False, and nothing changed, when memory ran out. */
bool aws_text_add(struct aws_text *t, struct str s) WARN_UNUSED;
/* Hold a copy of S, which may be part of what it holds. False, and nothing changed, when memory
 * ran out. */
bool aws_text_set(struct aws_text *t, struct str s) WARN_UNUSED;
/* Borrowed until the next change. */
struct str aws_text_str(const struct aws_text *t);
/* Empty again. */
void aws_text_done(struct aws_text *t);
AUTO_DEFINE_VALUE(aws_text, struct aws_text, aws_text_done)

/* Could TEXT stand in a header: visible ASCII, not empty? */
bool aws_text_is_token(struct str text);

/* The regular file at PATH, at most MAX bytes. ERR_NOTFOUND when there is none, ERR_LIMIT, ERR_IO,
 * ERR_INVALID, ERR_NOMEM; messages name PATH. */
int aws_text_read(const char *path, size_t max, struct aws_text *ret, struct err *err) WARN_UNUSED;

#endif
