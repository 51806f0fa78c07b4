/* utf8: is it text, and is it safe to show.
 *
 * "Valid" means what RFC 3629 says: no overlong forms, no surrogates, nothing above U+10FFFF. NUL
 * is a valid character here; callers that cannot hold it say so. All functions are [any] and,
 * unless they say otherwise, allocate nothing. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;

/* Offset of the first byte that is not part of a valid character; s.len when all are. */
size_t utf8_valid_prefix(struct str s);
bool utf8_valid(struct str s);

/* Length of the valid character at P, where LEFT > 0 bytes are left; 0 when there is none. */
size_t utf8_char_length(const char *p, size_t left);

/* Code points in valid text. */
size_t utf8_count(struct str s);

/* Decode the character at *POS and step over it. Returns U+FFFD for an invalid byte (stepping
 * over one byte), and -1 at the end. */
int32_t utf8_next(struct str s, size_t *pos);

/* Write CODEPOINT to OUT; the number of bytes, 1 to 4. Surrogates and values out of range are
 * written as U+FFFD. */
size_t utf8_encode(int32_t codepoint, char out[4]);

/* The largest offset <= LIMIT of TEXT (NUL-terminated, at least LIMIT long) that does not cut a
 * character. */
size_t utf8_floor(const char *text, size_t limit);
/* S cut to at most MAX bytes at a character's border. */
struct str utf8_cut(struct str s, size_t max);

/* A copy in ARENA that a terminal and a log line can take: invalid bytes become U+FFFD; C0 and C1
 * controls, DEL, escape sequences (whole: ESC [ ... and the like), and the bidirectional
 * overrides U+202A..202E, U+2066..2069 are left out. Newline and tab stay. Returns S itself where
 * nothing had to change; the empty view when memory ran out. */
struct str utf8_for_terminal(struct arena *arena, struct str s);

/* In place, for short messages: every control character becomes a space, every invalid byte '?'. */
void utf8_sanitize_c(char *text);

#endif
