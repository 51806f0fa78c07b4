/* misspell: typing errors as shared/data/README.md defines them: one random edit (another letter,
 * one missing, one too many, two changed round) in every word of more than four letters. */
#ifndef BENCH_MISSPELL_H
#define BENCH_MISSPELL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* TEXT with its errors, in ARENA; SEED moves on. */
struct str misspell(struct str text, struct arena *arena, uint64_t *seed);

#endif
