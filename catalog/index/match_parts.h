/* match_parts: what the files of match share. Nobody else includes it.
 *
 * Every list of a query that has entries is a lane. A unit is what adds one number to a record: a
 * slot (the lanes of its alternatives) or a pair (one lane). What a unit adds is a sum: in the
 * upper 32 bits its value, in the lower ones its part of the share; of two alternatives the better
 * is simply the greater sum, and sums of a record's units add without meeting: all values together
 * stay below 2^32, all parts too. A slot's part is at least 1, a pair's 0: a record whose part is 0
 * holds no slot. */
#ifndef CATALOG_INDEX_MATCH_PARTS_H
#define CATALOG_INDEX_MATCH_PARTS_H

#include "catalog/index/match.h"

enum {
    MATCH_UNITS = MATCH_SLOTS + MATCH_PAIRS,
    MATCH_LANES = MATCH_SLOTS * MATCH_ALTERNATIVES + MATCH_PAIRS,
    /* Records looked at together: their sums fit into the second-level cache. */
    MATCH_WINDOW = 8192,
    MATCH_WORDS = MATCH_WINDOW / 64,
};

struct match_lane {
    struct postings_cursor cursor;
    uint32_t per_impact; /* value of an impact of 1 */
    uint32_t part;
};

struct match_unit {
    uint32_t lane; /* its first */
    uint32_t lanes;
    uint64_t entries; /* of its lists */
    /* The greatest it adds to any record. */
    uint32_t value;
    uint32_t part;
    int slot; /* or -1: a pair */
};

struct match_candidate {
    uint32_t doc;
    uint64_t sum;
};

struct match {
    /* What sums mean in the query at hand. */
    float value_step;
    float part_step;
    float cover;
    size_t unit_count;
    struct match_unit units[MATCH_UNITS]; /* slots in order, then pairs */
    size_t lane_count;
    struct match_lane lanes[MATCH_LANES];
    /* The window at hand: sums of its records, and of the slot being gathered. A record's bit is
     * set where its sum is not 0, unless the window is dense. */
    uint64_t sums[MATCH_WINDOW];
    uint64_t slot_sums[MATCH_WINDOW];
    uint64_t touched[MATCH_WORDS];
    uint16_t picked[MATCH_WINDOW];
    struct match_candidate candidates[MATCH_WINDOW];
};

/* Lanes and units of QUERY, cursors in front of their first entries. */
void match_prepare(struct match *m, const struct match_query *query, bool with_pairs);
static inline float
match_share(const struct match *m, uint32_t part)
{
    float share = (float)part * m->part_step;
    return share < 1 ? share : 1;
}

/* The one place where a sum becomes a score: never falls when value or part rises. */
static inline float
match_score(const struct match *m, uint32_t value, uint32_t part)
{
    return (float)value * m->value_step * (1 - m->cover + m->cover * match_share(m, part));
}

static inline uint64_t
match_sum(const struct match_lane *lane, uint8_t impact)
{
    return (uint64_t)(lane->per_impact * impact) << 32 | lane->part;
}

static inline uint32_t
match_value(uint64_t sum)
{
    return (uint32_t)(sum >> 32);
}

static inline uint32_t
match_part(uint64_t sum)
{
    return (uint32_t)sum;
}

/* What can still be added to a sum, and the score that is to be exceeded with it. */
struct match_rest {
    uint32_t value;
    uint32_t part;
    float bar;
};

static inline bool
match_can(const struct match *m, uint64_t sum, const struct match_rest *rest)
{
    return match_score(m, match_value(sum) + rest->value, match_part(sum) + rest->part) > rest->bar;
}

/* The score that a record has to exceed; below 0 while there is room for any. */
float match_bar(const struct match_hits *hits);
void match_add_hit(struct match_hits *hits, struct match_hit hit);

#endif
