/* tally: how often each way of a query stands in each field of one record.
 *
 * Made from the record's own words, split again: what explain.h tells people and rescore.h counts
 * with. Costs about 10 us a product. */
#ifndef CATALOG_TALLY_H
#define CATALOG_TALLY_H

#include "catalog/query.h"
#include "catalog/rank.h"

struct tally {
    uint32_t counts[QUERY_TERMS][QUERY_WAYS][RANK_FIELDS];
    uint32_t words[RANK_FIELDS]; /* how long each field is */
    /* How often a term's first way stands right behind that of the term before, in the first
     * field. */
    uint32_t pairs[QUERY_TERMS];
    /* As the record has it where it comes first; views of the columns. */
    struct str first[QUERY_TERMS][QUERY_WAYS];
    struct str side_by_side[QUERY_TERMS];
};

/* Count QUERY in COLUMNS, as entry_read() makes them. Halves count in the first field alone. */
int tally_record(const struct words *words, const struct query *query,
                 const struct str columns[RANK_FIELDS], struct tally *ret,
                 struct err *err) WARN_UNUSED;

#endif
