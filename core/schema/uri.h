/* uri: where a relative reference points, by RFC 3986 section 5.
 *
 * Only for telling the parts of one schema document apart; nothing is ever fetched. Results are
 * views or live in the given arena. [any] */
#ifndef SCHEMA_URI_H
#define SCHEMA_URI_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* Cut TEXT at its first '#': what stands before, and in *RET_FRAGMENT what stands behind. */
struct str uri_split_fragment(struct str text, struct str *ret_fragment);

/* REFERENCE (without a fragment) as seen from BASE (absolute or empty); ptr NULL when memory ran
 * out. */
struct str uri_resolve(struct str base, struct str reference, struct arena *arena);

/* %41 -> A; what is no escape stays. ptr NULL when memory ran out. */
struct str uri_unescape(struct str text, struct arena *arena);

#endif
