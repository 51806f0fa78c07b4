/* match_window: the records of a short stretch of ordinals, their sums gathered list by list.
 *
 * Find a window, gather each leading unit once, then take the candidates, which leaves the window
 * empty for the next one. Part of match; nobody else includes it. */
#ifndef CATALOG_INDEX_MATCH_WINDOW_H
#define CATALOG_INDEX_MATCH_WINDOW_H

#include "catalog/index/match_parts.h"

struct match_window {
    uint32_t base; /* its first record */
    uint32_t end;  /* one behind its last */
    bool dense;    /* so many entries that no account is kept of which sums were touched */
};

/* The next window at or behind FROM that holds a record of one of UNITS. False: none. */
bool match_window_find(struct match *m, const struct match_unit *const *units, size_t count,
                       uint32_t from, struct match_window *ret);

void match_window_gather(struct match *m, const struct match_window *window,
                         const struct match_unit *unit);

/* Fill `candidates`, ascending, with the touched records that would score above BAR with VALUE and
 * PART added; returns how many. */
size_t match_window_candidates(struct match *m, const struct match_window *window, uint32_t value,
                               uint32_t part, float bar);

#endif
