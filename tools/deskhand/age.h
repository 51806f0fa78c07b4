/* age: how long, short enough for a column. */
#ifndef DESKHAND_AGE_H
#define DESKHAND_AGE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* "4m", "2h", "3d": the time from FROM to TO, both in ms; "0m" where it is none. In ARENA; ptr NULL
 * when memory ran out. */
struct str age_text(struct arena *arena, int64_t from, int64_t to);

#endif
