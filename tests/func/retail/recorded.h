/* recorded: is a result, or a change, the one that was recorded? */
#ifndef FUNC_RETAIL_RECORDED_H
#define FUNC_RETAIL_RECORDED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

struct js;

struct recorded_hashes {
    size_t equal;
    size_t to_the_cent; /* equal once the recorded spelling of the same cents stands there */
};

/* Is VALUE what CALL recorded? Words: the same, or for a failure ours open with them. A record: of
 * the same hash, in the recording's spelling; DIFF, the talk's changes, has the amounts whose
 * spelling is not that of their cents. */
bool recorded_matches(const struct js *call, const struct js *diff, const struct js *value,
                      struct recorded_hashes *hashes, struct arena *arena);

/* ORDER as the recording's program would have left it after CALLS, the talk's: when several items
 * are modified at once, that program puts the price and the options of the last new item on all of
 * them (and reckons the difference with the right prices). Anything else is ORDER itself. */
const struct js *recorded_slip(const struct js *order, const struct js *calls, struct arena *arena);

/* How many differences between BEFORE and AFTER, the record at PATH ("/orders/#W1"), there are:
 * each must be in DIFF with the same path and values, else *RET_WHY says what is wrong. Lists are
 * compared whole; absent and null are the same. */
size_t recorded_changes(const struct js *diff, struct str path, const struct js *before,
                        const struct js *after, struct arena *arena, struct str *ret_why);

#endif
