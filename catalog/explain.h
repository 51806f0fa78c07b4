/* explain: why a record was found: for people who wonder, and for tests.
 *
 * The record's own words are split again and held against the query's terms, so an explanation
 * tells what stands in the record, not what an index says stands there. */
#ifndef CATALOG_EXPLAIN_H
#define CATALOG_EXPLAIN_H

#include "catalog/catalog.h"
#include "catalog/query.h"

/* A JSON object in ARENA:
 *   {"score": 7.2, "share": 0.83, "exact": false,
 *    "words": [{"word": "speekers", "how": "mended", "as": "Speakers", "factor": 0.9,
 *               "fields": {"name": 1, "description": 2}}, ...],
 *    "missing": ["waterproof"], "side_by_side": ["Bluetooth Speakers"]}
 * "as" and "side_by_side" are as the record has them first; "how" is query_origin_name(). HIT's
 * record must be there. */
int explain_hit(const struct words *words, const struct query *query, const struct catalog_hit *hit,
                struct arena *arena, struct str *ret, struct err *err) WARN_UNUSED;

#endif
