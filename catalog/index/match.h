/* match: the best K records of one segment for a query, without looking at most of them.
 *
 * A query is slots, one a word as typed; a slot has alternatives (the word's stem, a mended
 * spelling, the halves of a compound), each a list with a factor. A slot is worth the best of its
 * alternatives that stand in a record: that of the greatest factor * impact, of equals the one of
 * the greatest factor. Beside them pairs: lists of neighbours. The score is
 *
 *     (sum over slots of worth * factor * impact / 255, of the slot's best alternative
 *        + sum over pairs of worth * impact / 255)
 *     * (1 - cover + cover * share)
 *
 * share: the worth of the slots held by the record, each times the factor of its best alternative,
 * over the worth of all slots. A record is found by its slots; pairs alone do not find one. Of
 * equal scores the one found first ranks first: that of the segment asked first, in it the lower
 * ordinal.
 *
 * Worths are summed as whole numbers (some 2^31 steps for all of them together), so that a score
 * is the same whichever list was read first: match_best() finds exactly what match_all() finds.
 *
 * Pure, single-threaded, no allocation: a struct match is big; callers keep one. */
#ifndef CATALOG_INDEX_MATCH_H
#define CATALOG_INDEX_MATCH_H

#include "catalog/index/postings.h"

enum {
    MATCH_SLOTS = 40,
    MATCH_ALTERNATIVES = 4,
    MATCH_PAIRS = 40,
    MATCH_HITS = 220,
};

struct match_list {
    struct postings list; /* count 0: none in this segment */
    float factor;         /* 0..1; beyond is taken as the nearer end */
};

struct match_slot {
    struct match_list any[MATCH_ALTERNATIVES];
    size_t count;
    float worth; /* weight of the word times its rarity; below 0 is 0 */
};

struct match_pair {
    struct postings list;
    float worth;
};

struct match_query {
    struct match_slot slots[MATCH_SLOTS];
    size_t slot_count;
    struct match_pair pairs[MATCH_PAIRS];
    size_t pair_count;
    float cover; /* 0..1 */
    /* Records that may be found: NULL, all. Asked only about candidates. */
    bool (*allowed)(void *arg, uint32_t doc);
    /* Asked every few thousand records; true ends the search (match_best returns false). */
    bool (*stop)(void *arg);
    void *arg;
};

struct match_hit {
    float score;
    float share;      /* 0..1 */
    uint32_t segment; /* the caller's number, kept beside the hit */
    uint32_t doc;
};

/* The best hits so far, best first; carried from one segment to the next, so that later segments
 * start with a bar to clear. */
struct match_hits {
    struct match_hit items[MATCH_HITS];
    size_t count;
    size_t limit; /* 1..MATCH_HITS */
};

struct match;                  /* scratch: cursors of all lists */
struct match *match_new(void); /* NULL: no memory */
void match_free(struct match *m);

/* Add segment SEGMENT's records to HITS. False: stopped. */
bool match_best(struct match *m, const struct match_query *query, uint32_t segment,
                struct match_hits *hits) WARN_UNUSED;

/* The same by scoring every record that holds any slot: what match_best() is tested against. */
bool match_all(struct match *m, const struct match_query *query, uint32_t segment,
               struct match_hits *hits) WARN_UNUSED;

/* Call EACH for every record that holds at least one slot and is allowed, in ascending order, with
 * its share; false from EACH ends the walk, as `stop` does, and is returned. For counting. */
bool match_each(struct match *m, const struct match_query *query,
                bool (*each)(void *arg, uint32_t doc, float share), void *arg) WARN_UNUSED;

/* How many entries of lists the last call unpacked. */
uint64_t match_effort(const struct match *m);

/* Why one record scores what it does. */
struct match_reason {
    /* Of each slot the alternative that counted, -1: none, and its impact. */
    int8_t alternative[MATCH_SLOTS];
    uint8_t slot_impact[MATCH_SLOTS];
    uint8_t pair_impact[MATCH_PAIRS]; /* 0: not in the record */
    float share;
    float score; /* 0 when no slot is held */
};
void match_explain(struct match *m, const struct match_query *query, uint32_t doc,
                   struct match_reason *ret);

#endif
