/* rank: how well a record fits a query; our ranking function, registered with FTS5.
 *
 * BM25F: a word's count in each field is divided by that field's relative length and weighted by
 * the field, the sum saturates once, and rare words count more; neighbours in the query that are
 * neighbours in the record count as a word of their own; a record that holds more of the query's
 * words ranks before one that repeats a single word. SQLite's bm25() weighs fields after the sum
 * over all of them and knows neither neighbours nor the share of the query matched.
 *
 * In SQL: rank_score(TABLE), higher is better, and rank_cover(TABLE), the share 0..1 of the
 * query's information that the row holds. Both read the `struct ranker` they were registered with,
 * which rank_begin() prepares for one query. One connection, one thread. */
#ifndef CATALOG_RANK_H
#define CATALOG_RANK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "catalog/query.h"

enum { RANK_FIELDS = 8 };

struct rank_field {
    double weight;
    double length; /* 0..1: how much a long field dilutes a word */
};

/* How a kind of record is ranked. */
struct rank_plan {
    struct rank_field fields[RANK_FIELDS];
    int count;
    double saturation; /* BM25's k1 */
    double pair;       /* weight of neighbours against a word */
    double cover;      /* 0..1: how much of the score hangs on the share matched */
};

struct ranker {
    const struct query *query;
    const struct rank_plan *plan;
    bool ready; /* the statistics below are those of this query */
    double rows;
    double rarity[QUERY_TERMS];  /* inverse document frequency */
    double average[RANK_FIELDS]; /* words in the field */
    double information;          /* of the whole query */
    bool scored;                 /* the row below was computed */
    int64_t row;
    double score;
    double cover;
};

int rank_register(struct ranker *ranker, fts5_api *api, struct err *err) WARN_UNUSED;

/* What the next statement ranks by; both are borrowed until it is done. */
void rank_begin(struct ranker *ranker, const struct query *query, const struct rank_plan *plan);

#endif
