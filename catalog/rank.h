/* rank: how well a record fits a query; our ranking function, registered with FTS5.
 *
 * BM25F: a word's count in each field is divided by that field's relative length and weighted by
 * the field, the sum saturates once, and rare words count more; neighbours in the query that are
 * neighbours in the record count as a word of their own; a record that holds more of the query's
 * words ranks before one that repeats a single word. SQLite's bm25() weighs fields after the sum
 * over all of them and knows neither neighbours nor the share of the query matched.
 *
 * Texts of many pages hold every word somewhere. A plan may ask for a passage, too: the best
 * window of the text is worth what it holds of the query, squared by its share; and for the share
 * of the title that the query has.
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
    bool pairs;    /* neighbours count here */
    bool passages; /* the best window counts here */
};

/* How a kind of record is ranked. Its first field is its name or title. */
struct rank_plan {
    struct rank_field fields[RANK_FIELDS];
    int count;
    double saturation;  /* BM25's k1 */
    double pair;        /* weight of neighbours against a word */
    double cover;       /* 0..1: how much of the score hangs on the share matched */
    double passage;     /* weight of the best window; 0: none */
    int passage_words;  /* its width */
    double title_share; /* how much more the score is where the title is all in the query */
};

/* What the ranking knows of the collection. */
struct rank_statistics {
    double rows;
    double average[RANK_FIELDS];              /* words in the field */
    double holders[QUERY_TERMS * QUERY_WAYS]; /* records that hold the n-th way */
};

struct ranker {
    const struct query *query;
    const struct rank_plan *plan;
    const struct rank_statistics *given; /* NULL: FTS5 is asked */
    bool ready;                          /* what is below is this query's */
    double average[RANK_FIELDS];
    double worth[QUERY_TERMS]; /* weight times rarity */
    double information;        /* of the whole query */
    bool scored;               /* the row below was computed */
    int64_t row;
    double score;
    double cover;
};

int rank_register(struct ranker *ranker, fts5_api *api, struct err *err) WARN_UNUSED;

/* What the next statement ranks by; all are borrowed until it is done. GIVEN: NULL to ask FTS5,
 * which walks the lists of all words for it. */
void rank_begin(struct ranker *ranker, const struct query *query, const struct rank_plan *plan,
                const struct rank_statistics *given);

/* A word's rarity: HOLDERS of ROWS records hold it. Above 0. */
double rank_rarity(double rows, double holders);

/* What TERM is worth: its weight times the rarity of the first of its ways that any record holds.
 * HOLDERS: records, a number a way. */
double rank_worth(const struct query_term *term, double rows, const double *holders);

/* What one word in FIELD is worth in a record that has WORDS there. */
double rank_unit(const struct rank_field *field, double words, double average);

/* 0..1: how much COUNT, weighted, says. */
double rank_saturated(const struct rank_plan *plan, double count);

/* The two neighbours at I-1 and I of a query, if they are neighbours. */
bool rank_is_pair(const struct query *query, size_t i);

#endif
