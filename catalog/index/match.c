/* The best K of a segment: MaxScore over windows.
 *
 * Of every unit (a slot or a pair) the greatest sum it can add is known from its lists' best
 * impacts. Put in order, the least important first, some number of them cannot lift a record over
 * the K-th best score even together: a record that none of the others holds is never looked at.
 * The others, the leaders, are gathered list by list over a window of records into an array of
 * sums, which costs far less an entry than keeping the cursors of all lists in step. Records of
 * the window that could exceed the bar with all the rest on top are candidates; the rest is asked
 * about them, the most important first, and each answer drops those that can no longer do it. A
 * block whose best impact cannot help is not unpacked.
 *
 * The cover factor is part of every bound: who lacks a leader lacks its part of the share too.
 * That prunes more than the values do.
 *
 * Bounds are exact, not nearly so: sums are whole numbers, and match_score(), though in floats,
 * never falls when one of them rises. */
#include "catalog/index/match.h"

#include <string.h>

#include "base/alloc.h"
#include "base/must.h"
#include "catalog/index/match_parts.h"
#include "catalog/index/match_window.h"

/* All values of a record together stay below this, and all parts; what is above, up to 2^32, is
 * room for rounding. */
static const double sum_top = 2147483648.0;
/* Beyond this a worth is no worth but a fault; kept finite. */
static const float worth_max = 1e9F;

struct match *
match_new(void)
{
    return mem_zero(1, sizeof(struct match));
}

void
match_free(struct match *m)
{
    mem_free(m);
}

uint64_t
match_effort(const struct match *m)
{
    uint64_t effort = 0;
    for (size_t i = 0; i < m->lane_count; i++) {
        effort += m->lanes[i].cursor.effort;
    }
    return effort;
}

/* Preparing ---------------------------------------------------------------------------------- */

/* X within 0..MOST; what is no number is 0. */
static float
within(float x, float most)
{
    return x > 0 ? (x < most ? x : most) : 0;
}

/* How many steps of a sum one of worth takes. */
struct scale {
    double value;
    double part;
};

static struct scale
take_scale(struct match *m, const struct match_query *query)
{
    double slots = 0;
    double pairs = 0;
    for (size_t i = 0; i < query->slot_count; i++) {
        slots += (double)within(query->slots[i].worth, worth_max);
    }
    for (size_t i = 0; i < query->pair_count; i++) {
        pairs += (double)within(query->pairs[i].worth, worth_max);
    }
    double all = (slots + pairs) * POSTINGS_IMPACT_MAX;
    struct scale scale = {all > 0 ? sum_top / all : 0, slots > 0 ? sum_top / slots : 0};
    uint64_t whole = 0;
    for (size_t i = 0; i < query->slot_count; i++) {
        whole += 1 + (uint32_t)((double)within(query->slots[i].worth, worth_max) * scale.part);
    }
    m->value_step = scale.value > 0 ? (float)(1 / (scale.value * POSTINGS_IMPACT_MAX)) : 0;
    m->part_step = whole > 0 ? (float)(1 / (double)whole) : 0;
    m->cover = within(query->cover, 1);
    return scale;
}

static void
add_lane(struct match *m, struct match_unit *unit, const struct postings *list, double per_impact,
         double part)
{
    if (list->count == 0) {
        return;
    }
    struct match_lane *lane = &m->lanes[m->lane_count++];
    lane->per_impact = (uint32_t)(per_impact + .5);
    lane->part = unit->slot >= 0 ? 1 + (uint32_t)part : 0;
    postings_face(&lane->cursor, list);
    uint32_t value = lane->per_impact * list->best;
    unit->value = value > unit->value ? value : unit->value;
    unit->part = lane->part > unit->part ? lane->part : unit->part;
    unit->entries += list->count;
    unit->lanes++;
}

static void
keep_unit(struct match *m, const struct match_unit *unit)
{
    if (unit->lanes > 0) {
        m->units[m->unit_count++] = *unit;
    }
}

void
match_prepare(struct match *m, const struct match_query *query, bool with_pairs)
{
    must(query->slot_count <= MATCH_SLOTS && query->pair_count <= MATCH_PAIRS);
    struct scale scale = take_scale(m, query);
    m->unit_count = 0;
    m->lane_count = 0;
    for (size_t i = 0; i < query->slot_count; i++) {
        const struct match_slot *slot = &query->slots[i];
        double worth = (double)within(slot->worth, worth_max);
        struct match_unit unit = {.lane = (uint32_t)m->lane_count, .slot = (int)i};
        must(slot->count <= MATCH_ALTERNATIVES);
        for (size_t k = 0; k < slot->count; k++) {
            double part = worth * (double)within(slot->any[k].factor, 1);
            add_lane(m, &unit, &slot->any[k].list, part * scale.value, part * scale.part);
        }
        keep_unit(m, &unit);
    }
    for (size_t i = 0; with_pairs && i < query->pair_count; i++) {
        struct match_unit unit = {.lane = (uint32_t)m->lane_count, .slot = -1};
        double worth = (double)within(query->pairs[i].worth, worth_max);
        add_lane(m, &unit, &query->pairs[i].list, worth * scale.value, 0);
        keep_unit(m, &unit);
    }
}

/* Scores and hits ---------------------------------------------------------------------------- */

float
match_share(const struct match *m, uint32_t part)
{
    float share = (float)part * m->part_step;
    return share < 1 ? share : 1;
}

float
match_score(const struct match *m, uint32_t value, uint32_t part)
{
    return (float)value * m->value_step * (1 - m->cover + m->cover * match_share(m, part));
}

float
match_bar(const struct match_hits *hits)
{
    return hits->count < hits->limit ? -1 : hits->items[hits->limit - 1].score;
}

void
match_add_hit(struct match_hits *hits, struct match_hit hit)
{
    size_t at = hits->count < hits->limit ? hits->count++ : hits->limit - 1;
    for (; at > 0 && hits->items[at - 1].score < hit.score; at--) {
        hits->items[at] = hits->items[at - 1];
    }
    hits->items[at] = hit;
}

/* Bounds ------------------------------------------------------------------------------------- */

/* Units in order of importance, the least first, and what all before one can add together. */
struct ranking {
    const struct match_unit *units[MATCH_UNITS];
    uint32_t value[MATCH_UNITS + 1];
    uint32_t part[MATCH_UNITS + 1];
    size_t count;
    size_t leader; /* the first that leads */
};

/* Less important: adds less for each of its entries. */
static bool
is_less(const struct match_unit *a, const struct match_unit *b)
{
    return (double)a->value * (double)b->entries < (double)b->value * (double)a->entries;
}

static void
rank_units(const struct match *m, struct ranking *r)
{
    memset(r, 0, sizeof(*r));
    for (size_t u = 0; u < m->unit_count; u++) {
        size_t at = r->count++;
        for (; at > 0 && is_less(&m->units[u], r->units[at - 1]); at--) {
            r->units[at] = r->units[at - 1];
        }
        r->units[at] = &m->units[u];
    }
    for (size_t i = 0; i < r->count; i++) {
        r->value[i + 1] = r->value[i] + r->units[i]->value;
        r->part[i + 1] = r->part[i] + r->units[i]->part;
    }
}

/* Who leads, now that the bar is BAR. */
static void
find_leader(const struct match *m, struct ranking *r, float bar)
{
    while (r->leader < r->count &&
           match_score(m, r->value[r->leader + 1], r->part[r->leader + 1]) <= bar) {
        r->leader++;
    }
}

/* Candidates --------------------------------------------------------------------------------- */

static uint64_t
ask_lane(struct match_lane *lane, uint32_t doc)
{
    postings_seek(&lane->cursor, doc);
    return lane->cursor.doc == doc ? match_sum(lane, lane->cursor.impact) : 0;
}

static uint64_t
ask_unit(struct match *m, const struct match_unit *unit, uint32_t doc)
{
    uint64_t best = 0;
    for (uint32_t i = unit->lane; i < unit->lane + unit->lanes; i++) {
        uint64_t sum = ask_lane(&m->lanes[i], doc);
        best = sum > best ? sum : best;
    }
    return best;
}

/* The greatest values that UNIT's blocks around DOC hold: no entry is unpacked. */
static uint32_t
peek_unit(struct match *m, const struct match_unit *unit, uint32_t doc)
{
    uint32_t most = 0;
    for (uint32_t i = unit->lane; i < unit->lane + unit->lanes; i++) {
        struct match_lane *lane = &m->lanes[i];
        postings_peek(&lane->cursor, doc);
        uint32_t value = lane->per_impact * lane->cursor.block_best;
        most = value > most ? value : most;
    }
    return most;
}

/* Ask the RANK-th unit about COUNT candidates; returns how many remain. */
static size_t
ask_candidates(struct match *m, const struct ranking *r, size_t rank, size_t count, float bar)
{
    const struct match_unit *unit = r->units[rank];
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct match_candidate candidate = m->candidates[i];
        uint32_t value = match_value(candidate.sum) + r->value[rank];
        uint32_t part = match_part(candidate.sum) + r->part[rank];
        if (match_score(m, value + unit->value, part + unit->part) <= bar ||
            match_score(m, value + peek_unit(m, unit, candidate.doc), part + unit->part) <= bar) {
            continue;
        }
        candidate.sum += ask_unit(m, unit, candidate.doc);
        m->candidates[kept++] = candidate;
    }
    return kept;
}

static void
take_candidates(const struct match *m, const struct match_query *query, uint32_t segment,
                size_t count, struct match_hits *hits)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t part = match_part(m->candidates[i].sum);
        float score = match_score(m, match_value(m->candidates[i].sum), part);
        uint32_t doc = m->candidates[i].doc;
        if (part > 0 && score > match_bar(hits) &&
            (!query->allowed || query->allowed(query->arg, doc))) {
            match_add_hit(hits, (struct match_hit){score, match_share(m, part), segment, doc});
        }
    }
}

bool
match_best(struct match *m, const struct match_query *query, uint32_t segment,
           struct match_hits *hits)
{
    struct ranking r;
    match_prepare(m, query, true);
    rank_units(m, &r);
    uint32_t from = 0;
    for (;;) {
        float bar = match_bar(hits);
        find_leader(m, &r, bar);
        struct match_window window;
        if (!match_window_find(m, r.units + r.leader, r.count - r.leader, from, &window)) {
            return true;
        }
        if (query->stop && query->stop(query->arg)) {
            return false;
        }
        for (size_t i = r.leader; i < r.count; i++) {
            match_window_gather(m, &window, r.units[i]);
        }
        size_t count =
            match_window_candidates(m, &window, r.value[r.leader], r.part[r.leader], bar);
        for (size_t i = r.leader; i-- > 0 && count > 0;) {
            count = ask_candidates(m, &r, i, count, bar);
        }
        take_candidates(m, query, segment, count, hits);
        from = window.end;
    }
}

bool
match_each(struct match *m, const struct match_query *query,
           bool (*each)(void *arg, uint32_t doc, float share), void *arg)
{
    const struct match_unit *units[MATCH_UNITS];
    match_prepare(m, query, false);
    for (size_t i = 0; i < m->unit_count; i++) {
        units[i] = &m->units[i];
    }
    struct match_window window = {0};
    while (match_window_find(m, units, m->unit_count, window.end, &window)) {
        if (query->stop && query->stop(query->arg)) {
            return false;
        }
        for (size_t i = 0; i < m->unit_count; i++) {
            match_window_gather(m, &window, units[i]);
        }
        size_t count = match_window_candidates(m, &window, 0, 0, -1);
        for (size_t i = 0; i < count; i++) {
            uint32_t doc = m->candidates[i].doc;
            if ((!query->allowed || query->allowed(query->arg, doc)) &&
                !each(arg, doc, match_share(m, match_part(m->candidates[i].sum)))) {
                return false;
            }
        }
    }
    return true;
}
