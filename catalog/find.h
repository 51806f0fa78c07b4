/* find: products by the segments of the index; what catalog_search() asks for them.
 *
 * One search is a struct find between find_begin() and find_end(): it reads one state of the file,
 * whatever imports do meanwhile. find_mend() settles the words, find_best() the best records,
 * find_facets() counts what else fits as well. */
#ifndef CATALOG_FIND_H
#define CATALOG_FIND_H

#include "catalog/handle.h"
#include "catalog/index/match.h"
#include "catalog/query.h"

/* Which records may be found, by their attributes. */
struct narrowing {
    struct str category; /* keys between spaces: " smart light "; empty: any */
    struct str brand;
    double min_price; /* 0: any */
    double max_price;
    bool in_stock;
    bool any;
};

struct find {
    struct catalog *c;
    const struct narrowing *narrowing;
    struct query *query;
    struct arena *arena;
    size_t segments;
    struct rank_statistics statistics;
    bool *brands; /* by ordinal: allowed; NULL: all */
    size_t brand_count;
    bool *categories;
    size_t category_count;
    struct match_query *match;
    size_t segment; /* the one being searched */
    struct err *err;
    int rc; /* what failed within a callback */
};

/* Hold the file still. QUERY, NARROWING and ARENA are borrowed until find_end(). */
int find_begin(struct find *f, struct catalog *c, struct query *query,
               const struct narrowing *narrowing, struct arena *arena, struct err *err) WARN_UNUSED;
void find_end(struct find *f);
AUTO_DEFINE_VALUE(find, struct find, find_end)

/* Give the words their other ways, and find how rare each is. */
int find_mend(struct find *f) WARN_UNUSED;
/* The best LIMIT records: rows of the product table in ROWS, their hits beside. */
int find_best(struct find *f, size_t limit, struct match_hits *hits, int64_t *rows) WARN_UNUSED;
/* For find_facets.c: what segment f->segment has of the query, into f->match. */
int find_fill(struct find *f) WARN_UNUSED;
/* What ended a match early: a failure in a callback, or ERR_CANCELED. */
int find_stopped(const struct find *f) WARN_UNUSED;
/* Count those that hold as much of the query as the best one, SHARE of it. */
int find_facets(struct find *f, double share, struct catalog_facets *ret) WARN_UNUSED;
/* Count HITS themselves; names are borrowed from them. */
void find_facets_of(const struct catalog_hit *hits, size_t count, struct catalog_facets *ret);

#endif
