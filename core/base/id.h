/* id: names for things that are recorded.
 *
 * An id is a letter for its kind, '-', and 14 characters of Crockford's base 32 in lower case: six
 * for the second it was made in, eight random ones (40 bits): "c-6fkw3ma7qx1bd2". Short enough to
 * type, random enough that nobody reaches another customer's conversation by counting. Time comes
 * first so that what is written together lies together in an index: with wholly random ids every
 * row of a turn dirtied a page of its own, half the cost of the record.
 *
 * Kinds: c conversation, m message, t turn, k model call, x tool call, o change of owner, e ticket
 * event, f feedback, p process, d digest, a approval. Ticket numbers are plain integers given by
 * the store.
 *
 * A generator belongs to one thread. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdint.h>

#include "base/str.h"

struct arena;

struct id_gen {
    uint64_t state; /* 0: the clock and the kernel's randomness; else a seeded sequence */
};

enum { ID_TEXT = 17 }; /* with its NUL */

void id_gen_init(struct id_gen *g);
/* The same ids for the same SEED, which must not be 0. */
void id_gen_init_seeded(struct id_gen *g, uint64_t seed);

void id_make(struct id_gen *g, char kind, char out[ID_TEXT]);
/* ptr NULL when memory ran out. */
struct str id_to_arena(struct id_gen *g, char kind, struct arena *arena);

/* Is S an id someone may have typed: 1 to 64 characters of [A-Za-z0-9_.:-]? Imported
 * conversations bring ids of other makes, so KIND is no part of it. */
bool id_plausible(struct str s);

#endif
