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

/* About how many entries UNIT has in a window. */
double match_window_entries(const struct match *m, const struct match_unit *unit);

void match_window_gather(struct match *m, const struct match_window *window,
                         const struct match_unit *unit);

/* Fill `candidates`, ascending, with the touched records that REST could lift over its bar; returns
 * how many. */
size_t match_window_candidates(struct match *m, const struct match_window *window,
                               const struct match_rest *rest);

/* Add to the COUNT candidates what UNIT, no leader, holds of them, by reading all of its window. */
void match_window_ask(struct match *m, const struct match_window *window,
                      const struct match_unit *unit, size_t count);

#endif
