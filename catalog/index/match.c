/* The best K of a segment: MaxScore over windows.
 *
 * Of every unit (a slot or a pair) the greatest sum it can add is known from its lists' best
 * impacts. Put in order, the least important first, some number of them cannot lift a record over
 * the K-th best score even together: a record that none of the others holds is never looked at.
 * The others, the leaders, are gathered list by list over a window of records into an array of
 * sums, which costs far less an entry than keeping the cursors of all lists in step. Records of
 * the window that could exceed the bar with all the rest on top are candidates; the rest is asked
 * about them, the most important first, and each answer drops those that can no longer do it. A
 * block whose best impact cannot help is not unpacked; where candidates are so many that most
 * blocks would be anyway, the window is read through instead. A list that leads alone needs no
 * sums: its entries are the candidates, and its weak blocks are passed over.
 *
 * The cover factor is part of every bound: who lacks a leader lacks its part of the share too.
 *
 * Bounds are exact, not nearly so: sums are whole numbers, and match_score(), though in floats,
 * never falls when one of them rises. */
#include "catalog/index/match.h"

#include <string.h>

#include "base/alloc.h"
#include "catalog/index/match_parts.h"
#include "catalog/index/match_window.h"

/* Reading an entry of a list on the way is so many times cheaper than asking for one. */
enum { ASK_COST = 8, ASK_WINDOW = 256 };

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

/* Scores and hits ---------------------------------------------------------------------------- */

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

/* Ask UNIT about each of COUNT candidates that it could help, REST being what comes after it;
 * returns how many remain. */
static size_t
ask_one_by_one(struct match *m, const struct match_unit *unit, const struct match_rest *rest,
               size_t count)
{
    uint64_t most = (uint64_t)unit->value << 32 | unit->part;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct match_candidate candidate = m->candidates[i];
        if (!match_can(m, candidate.sum + most, rest)) {
            continue;
        }
        uint64_t near = (uint64_t)peek_unit(m, unit, candidate.doc) << 32 | unit->part;
        if (!match_can(m, candidate.sum + near, rest)) {
            continue;
        }
        candidate.sum += ask_unit(m, unit, candidate.doc);
        m->candidates[kept++] = candidate;
    }
    return kept;
}

static size_t
drop_candidates(struct match *m, const struct match_rest *rest, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        m->candidates[kept] = m->candidates[i];
        kept += match_can(m, m->candidates[i].sum, rest);
    }
    return kept;
}

/* Ask those that do not lead, the most important first. */
static size_t
ask_rest(struct match *m, const struct ranking *r, const struct match_window *window, size_t count,
         float bar)
{
    for (size_t i = r->leader; i-- > 0 && count > 0;) {
        struct match_rest rest = {r->value[i], r->part[i], bar};
        const struct match_unit *unit = r->units[i];
        if (window && (double)count * ASK_COST > match_window_entries(m, unit) + ASK_WINDOW) {
            match_window_ask(m, window, unit, count);
            count = drop_candidates(m, &rest, count);
        } else {
            count = ask_one_by_one(m, unit, &rest, count);
        }
    }
    return count;
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

/* Where one list alone leads: its entries are candidates as they come, from blocks that can lift
 * a record over the bar. Returns how many; *FROM is where to go on, POSTINGS_END: nowhere. */
static size_t
follow_lane(struct match *m, struct match_lane *lane, const struct match_rest *rest, uint32_t *from)
{
    struct postings_cursor *c = &lane->cursor;
    size_t count = 0;
    postings_peek(c, *from);
    while (c->block_best > 0 && count + POSTINGS_BLOCK <= MATCH_WINDOW) {
        uint32_t last = c->block_last;
        if (match_can(m, match_sum(lane, c->block_best), rest)) {
            postings_seek(c, *from);
            for (uint32_t i = c->at; i < c->filled; i++) {
                uint64_t sum = match_sum(lane, c->impacts[i]);
                m->candidates[count] = (struct match_candidate){c->docs[i], sum};
                count += match_can(m, sum, rest);
            }
        }
        *from = last + 1;
        postings_peek(c, *from);
    }
    *from = c->block_best > 0 ? *from : POSTINGS_END;
    return count;
}

/* The next candidates, found by the leaders and all others asked. False: there are no more. */
static bool
next_candidates(struct match *m, struct ranking *r, float bar, uint32_t *from, size_t *ret_count)
{
    find_leader(m, r, bar);
    const struct match_unit *const *leaders = r->units + r->leader;
    size_t leading = r->count - r->leader;
    struct match_rest rest = {r->value[r->leader], r->part[r->leader], bar};
    if (leading == 0 || *from == POSTINGS_END) {
        return false;
    }
    if (leading == 1 && leaders[0]->lanes == 1) {
        size_t count = follow_lane(m, &m->lanes[leaders[0]->lane], &rest, from);
        *ret_count = ask_rest(m, r, NULL, count, bar);
        return true;
    }
    struct match_window window;
    if (!match_window_find(m, leaders, leading, *from, &window)) {
        return false;
    }
    for (size_t i = 0; i < leading; i++) {
        match_window_gather(m, &window, leaders[i]);
    }
    *from = window.end;
    *ret_count = ask_rest(m, r, &window, match_window_candidates(m, &window, &rest), bar);
    return true;
}

bool
match_best(struct match *m, const struct match_query *query, uint32_t segment,
           struct match_hits *hits)
{
    struct ranking r;
    match_prepare(m, query, true);
    rank_units(m, &r);
    uint32_t from = 0;
    size_t count = 0;
    while (next_candidates(m, &r, match_bar(hits), &from, &count)) {
        take_candidates(m, query, segment, count, hits);
        if (query->stop && query->stop(query->arg)) {
            return false;
        }
    }
    return true;
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
        size_t count = match_window_candidates(m, &window, &(struct match_rest){.bar = -1});
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
