/* record_check: what follows from the rows of a record that came from outside, and what must hold
 * between them.
 *
 * Not for callers: record_read() does both. */
#ifndef DESK_RECORD_CHECK_H
#define DESK_RECORD_CHECK_H

#include "base/arena.h"
#include "base/err.h"

struct record;

/* What belongs to the conversation names it; what a minimal text left out (authors, the dates of
 * the whole) becomes what it must be. ERR_INVALID where nothing tells. */
int record_fill(struct record *r, struct arena *arena, struct err *err) WARN_UNUSED;

/* Ids are given once, references lead somewhere, nothing is open, the owner is the last one
 * recorded, a message's author and blocks fit its role, evidence is in the record, the prompt's
 * text is its version's. ERR_INVALID names the place. */
int record_check(const struct record *r, struct arena *arena, struct err *err) WARN_UNUSED;

#endif
