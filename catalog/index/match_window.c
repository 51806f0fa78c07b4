/* Sums by the window.
 *
 * In a window with few entries a bit is set for each record touched, so that taking the candidates
 * and clearing up cost by the entry. Where entries are many, setting bits costs more than looking
 * at every sum: dense windows do without. */
#include "catalog/index/match_window.h"

#include <string.h>

/* A window of fewer records an entry than this is dense. */
enum { DENSE = 4 };

double
match_window_entries(const struct match *m, const struct match_unit *unit)
{
    double entries = 0;
    for (uint32_t i = unit->lane; i < unit->lane + unit->lanes; i++) {
        const struct postings *list = m->lanes[i].cursor.list;
        entries += (double)list->count / ((double)list->last + 1);
    }
    return entries * MATCH_WINDOW;
}

bool
match_window_find(struct match *m, const struct match_unit *const *units, size_t count,
                  uint32_t from, struct match_window *ret)
{
    uint32_t base = POSTINGS_END;
    double entries = 0;
    for (size_t u = 0; u < count; u++) {
        for (uint32_t i = units[u]->lane; i < units[u]->lane + units[u]->lanes; i++) {
            postings_seek(&m->lanes[i].cursor, from);
            uint32_t doc = m->lanes[i].cursor.doc;
            base = doc < base ? doc : base;
        }
        entries += match_window_entries(m, units[u]);
    }
    if (base == POSTINGS_END) {
        return false;
    }
    ret->base = base;
    ret->end = base < POSTINGS_END - MATCH_WINDOW ? base + MATCH_WINDOW : POSTINGS_END;
    ret->dense = entries * DENSE > MATCH_WINDOW;
    return true;
}

/* How far the cursor's block reaches into the window. */
static uint32_t
run_end(const struct postings_cursor *c, uint32_t end)
{
    uint32_t to = c->filled;
    if (c->block_last < end) {
        return to;
    }
    for (to = c->at; c->docs[to] < end; to++) {
    }
    return to;
}

static void
add_dense(struct match *m, const struct match_window *window, const struct match_lane *lane,
          uint32_t to)
{
    const struct postings_cursor *c = &lane->cursor;
    for (uint32_t i = c->at; i < to; i++) {
        m->sums[c->docs[i] - window->base] += match_sum(lane, c->impacts[i]);
    }
}

static void
add_sparse(struct match *m, const struct match_window *window, const struct match_lane *lane,
           uint32_t to)
{
    const struct postings_cursor *c = &lane->cursor;
    for (uint32_t i = c->at; i < to; i++) {
        uint32_t at = c->docs[i] - window->base;
        m->sums[at] += match_sum(lane, c->impacts[i]);
        m->touched[at / 64] |= UINT64_C(1) << at % 64;
    }
}

static void
keep_only(struct match *m, const struct match_window *window, const struct match_lane *lane,
          uint32_t to)
{
    const struct postings_cursor *c = &lane->cursor;
    for (uint32_t i = c->at; i < to; i++) {
        m->slot_sums[c->docs[i] - window->base] = match_sum(lane, c->impacts[i]);
    }
}

static void
keep_better(struct match *m, const struct match_window *window, const struct match_lane *lane,
            uint32_t to)
{
    const struct postings_cursor *c = &lane->cursor;
    for (uint32_t i = c->at; i < to; i++) {
        uint64_t *kept = &m->slot_sums[c->docs[i] - window->base];
        uint64_t sum = match_sum(lane, c->impacts[i]);
        *kept = sum > *kept ? sum : *kept;
    }
}

/* The better of alternatives: as of add_sparse(), but into the slot's own sums. */
static void
add_alternative(struct match *m, const struct match_window *window, const struct match_lane *lane,
                uint32_t to)
{
    const struct postings_cursor *c = &lane->cursor;
    for (uint32_t i = c->at; i < to; i++) {
        uint32_t at = c->docs[i] - window->base;
        uint64_t sum = match_sum(lane, c->impacts[i]);
        uint64_t before = m->slot_sums[at];
        /* What the record had of this slot goes, what is better comes. */
        uint64_t better = sum > before ? sum : before;
        m->slot_sums[at] = better;
        m->sums[at] += better - before;
        m->touched[at / 64] |= UINT64_C(1) << at % 64;
    }
}

static void
gather_lane(struct match *m, const struct match_window *window, struct match_lane *lane,
            void (*add)(struct match *m, const struct match_window *window,
                        const struct match_lane *lane, uint32_t to))
{
    struct postings_cursor *c = &lane->cursor;
    while (c->doc < window->end) {
        uint32_t to = run_end(c, window->end);
        add(m, window, lane, to);
        if (to < c->filled) {
            postings_seek(c, c->docs[to]);
            return;
        }
        (void)postings_more(c);
    }
}

void
match_window_gather(struct match *m, const struct match_window *window,
                    const struct match_unit *unit)
{
    bool alternatives = unit->lanes > 1;
    for (uint32_t i = 0; i < unit->lanes; i++) {
        gather_lane(m, window, &m->lanes[unit->lane + i],
                    alternatives    ? add_alternative
                    : window->dense ? add_dense
                                    : add_sparse);
    }
    if (alternatives) {
        memset(m->slot_sums, 0, sizeof(m->slot_sums));
    }
}

/* The least value that could do: a share of 1 makes the most of it. Rounded down generously: what
 * passes is weighed exactly afterwards. */
static uint64_t
least_value(const struct match *m, float bar, uint32_t value)
{
    double least = bar > 0 && m->value_step > 0 ? (double)bar / (double)m->value_step : 0;
    least = least * .999999 - (double)value - 1;
    return least > 0 ? (uint64_t)least << 32 : 0;
}

/* The PICKED ones become candidates, if they can. */
static size_t
weigh(struct match *m, const struct match_window *window, size_t count,
      const struct match_rest *rest)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = m->picked[i];
        uint64_t sum = m->sums[at];
        m->candidates[kept] = (struct match_candidate){window->base + at, sum};
        kept += rest->bar < 0 || match_can(m, sum, rest);
    }
    return kept;
}

static size_t
pick_dense(struct match *m, uint64_t least)
{
    size_t count = 0;
    for (uint32_t i = 0; i < MATCH_WINDOW; i++) {
        m->picked[count] = (uint16_t)i;
        count += m->sums[i] >= least;
    }
    return count;
}

static size_t
pick_sparse(struct match *m, uint64_t least)
{
    size_t count = 0;
    for (uint32_t w = 0; w < MATCH_WORDS; w++) {
        for (uint64_t bits = m->touched[w]; bits; bits &= bits - 1) {
            uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(bits);
            m->picked[count] = (uint16_t)i;
            count += m->sums[i] >= least;
        }
    }
    return count;
}

static void
clear_window(struct match *m, const struct match_window *window)
{
    if (window->dense) {
        memset(m->sums, 0, sizeof(m->sums));
    }
    for (uint32_t w = 0; w < MATCH_WORDS; w++) {
        for (uint64_t bits = window->dense ? 0 : m->touched[w]; bits; bits &= bits - 1) {
            m->sums[w * 64 + (uint32_t)__builtin_ctzll(bits)] = 0;
        }
        m->touched[w] = 0;
    }
}

size_t
match_window_candidates(struct match *m, const struct match_window *window,
                        const struct match_rest *rest)
{
    /* A sum of 0 is none. */
    uint64_t least = least_value(m, rest->bar, rest->value) | 1;
    size_t count = window->dense ? pick_dense(m, least) : pick_sparse(m, least);
    count = weigh(m, window, count, rest);
    clear_window(m, window);
    return count;
}

void
match_window_ask(struct match *m, const struct match_window *window, const struct match_unit *unit,
                 size_t count)
{
    for (uint32_t i = 0; i < unit->lanes; i++) {
        struct match_lane *lane = &m->lanes[unit->lane + i];
        postings_seek(&lane->cursor, window->base);
        gather_lane(m, window, lane, unit->lanes > 1 ? keep_better : keep_only);
    }
    for (size_t i = 0; i < count; i++) {
        m->candidates[i].sum += m->slot_sums[m->candidates[i].doc - window->base];
    }
    memset(m->slot_sums, 0, sizeof(m->slot_sums));
}
