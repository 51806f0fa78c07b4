/* mustache_scan: single tags, and the lines around them, in a template's text.
 *
 * Pure functions over the text: positions in, positions out. What they mean for the template is
 * mustache_parse.c's. T is only named in messages. [any] */
#ifndef PROMPT_MUSTACHE_SCAN_H
#define PROMPT_MUSTACHE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct mustache;

struct delimiters {
    struct str open;
    struct str close;
};

struct tag {
    char sign; /* '#', '^', ..., 'v' for a plain variable, '{' for one in braces */
    struct str content;
    size_t start;
    size_t end;
    size_t line;
};

/* Read the tag whose opening delimiter is at RET->start; `start` and `line` are the caller's, the
 * rest is filled. ERR_INVALID: it has no end. */
int scan_tag(const struct mustache *t, struct str text, const struct delimiters *marks,
             struct tag *ret, struct err *err) WARN_UNUSED;
/* The name in TAG's content; *RET_DYNAMIC: it is written with a '*' and to be looked up.
 * ERR_INVALID: empty, over-long, with white space, or with empty parts between its dots. */
int scan_name(const struct mustache *t, const struct tag *tag, bool may_be_dynamic,
              struct str *ret, bool *ret_dynamic, struct err *err) WARN_UNUSED;
/* The two words of {{=| |=}}. */
int scan_delimiters(const struct mustache *t, const struct tag *tag, struct delimiters *ret,
                    struct err *err) WARN_UNUSED;

/* Where the spaces and tabs that end at POS begin, not before FLOOR. */
size_t scan_blanks_before(struct str text, size_t pos, size_t floor);
bool scan_opens_line(struct str text, size_t pos);
/* Do only blanks stand between POS and the end of its line (AT_END_TOO: or of the text)?
 * *RET, then: behind that end. */
bool scan_closes_line(struct str text, size_t pos, bool at_end_too, size_t *ret);
/* The white space before the first line of TEXT that holds anything else; false: there is none. */
bool scan_first_margin(struct str text, struct str *ret);
/* Newlines in TEXT. */
size_t scan_count_lines(struct str text);

#endif
