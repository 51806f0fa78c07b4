/* str: a borrowed view of bytes.
 *
 * A `struct str` is a pointer and a length. It owns nothing, is not NUL-terminated and may hold
 * any byte, NUL included. `{0}` is the empty string. Everything here is [any] and allocates
 * nothing. Whoever stores a view must know what keeps its bytes alive; the usual answer is an
 * arena (arena.h), the usual word in a header is "borrowed until ...".
 *
 * Not here: growing text (buf.h), UTF-8 (utf8.h). */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *ptr;
    size_t len;
};

/* A view of a string literal. */
#define STR(literal) ((struct str){"" literal "", sizeof(literal) - 1})
/* The same where only a constant initialiser is allowed (static tables). */
#define STR_INIT(literal) {"" literal "", sizeof(literal) - 1}

/* For printf: `printf("%" STR_FMT, STR_ARG(s))`. A view longer than INT_MAX prints cut. */
#define STR_FMT ".*s"
#define STR_ARG(s) str_int_len(s), ((s).ptr ? (s).ptr : "")

/* The view of a NUL-terminated string; NULL gives the empty view. */
struct str str_c(const char *text);

/* LEN as the `int` that printf wants, cut at INT_MAX. */
int str_int_len(struct str s);

bool str_eq(struct str a, struct str b);
/* ASCII letters compared without case; other bytes exactly. */
bool str_eq_nocase(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);
/* <0, 0, >0 as memcmp over the common length, then the shorter first. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Offset of the first NEEDLE at or after FROM; SIZE_MAX when there is none. An empty NEEDLE is
 * found at FROM. */
size_t str_find(struct str s, struct str needle, size_t from);
size_t str_find_char(struct str s, char c, size_t from);

/* The bytes from FROM, at most LEN of them; both are cut to what there is. */
struct str str_sub(struct str s, size_t from, size_t len);
/* Without leading and trailing ASCII white space. */
struct str str_trim(struct str s);

/* Cut the part before the first SEP off REST and return it in *RET_PART; REST then starts after
 * SEP. False when REST is exhausted. "a,,b," yields "a", "", "b", "". */
bool str_split(struct str *rest, char sep, struct str *ret_part);

/* The whole view as a decimal integer, an optional '-' in front, nothing else. False when it is
 * none or does not fit; *RET is then untouched. */
bool str_to_i64(struct str s, int64_t *ret);
/* The whole view as a finite decimal number, independent of the locale. Same promise. */
bool str_to_double(struct str s, double *ret);

/* FNV-1a, for hash tables over trusted or bounded sets; not for secrets. */
uint64_t str_hash(struct str s);

/* How many single-character edits (insert, delete, replace, swap neighbours) turn A into B, for
 * "did you mean". Both are cut at 64 bytes. */
size_t str_distance(struct str a, struct str b);

#endif
