/* Sums by the window.
 *
 * In a window with few entries a bit is set for each record touched, so that taking the candidates
 * and clearing up cost by the entry. Where entries are many, setting bits costs more than looking
 * at every sum: dense windows do without. */
#include "catalog/index/match_window.h"

#include <string.h>

/* A window of fewer records an entry than this is dense. */
enum { DENSE = 8 };

static bool
is_dense(const struct match *m, const struct match_unit *const *units, size_t count)
{
    double entries = 0;
    for (size_t u = 0; u < count; u++) {
        for (uint32_t i = units[u]->lane; i < units[u]->lane + units[u]->lanes; i++) {
            const struct postings *list = m->lanes[i].cursor.list;
            entries += (double)list->count / ((double)list->last + 1);
        }
    }
    return entries * DENSE > 1;
}

bool
match_window_find(struct match *m, const struct match_unit *const *units, size_t count,
                  uint32_t from, struct match_window *ret)
{
    uint32_t base = POSTINGS_END;
    for (size_t u = 0; u < count; u++) {
        for (uint32_t i = units[u]->lane; i < units[u]->lane + units[u]->lanes; i++) {
            postings_seek(&m->lanes[i].cursor, from);
            uint32_t doc = m->lanes[i].cursor.doc;
            base = doc < base ? doc : base;
        }
    }
    if (base == POSTINGS_END) {
        return false;
    }
    ret->base = base;
    ret->end = base < POSTINGS_END - MATCH_WINDOW ? base + MATCH_WINDOW : POSTINGS_END;
    ret->dense = is_dense(m, units, count);
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

static size_t
weigh(const struct match *m, const struct match_window *window, size_t count, uint32_t value,
      uint32_t part, float bar, struct match_candidate *candidates)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t sum = candidates[i].sum;
        if (match_score(m, match_value(sum) + value, match_part(sum) + part) > bar) {
            candidates[kept++] = (struct match_candidate){window->base + candidates[i].doc, sum};
        }
    }
    return kept;
}

static size_t
pick_dense(struct match *m, uint64_t least)
{
    size_t count = 0;
    for (uint32_t i = 0; i < MATCH_WINDOW; i++) {
        m->candidates[count] = (struct match_candidate){i, m->sums[i]};
        count += m->sums[i] >= least && m->sums[i] > 0;
    }
    memset(m->sums, 0, sizeof(m->sums));
    memset(m->touched, 0, sizeof(m->touched));
    return count;
}

static size_t
pick_sparse(struct match *m, uint64_t least)
{
    size_t count = 0;
    for (uint32_t w = 0; w < MATCH_WORDS; w++) {
        for (uint64_t bits = m->touched[w]; bits; bits &= bits - 1) {
            uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(bits);
            m->candidates[count] = (struct match_candidate){i, m->sums[i]};
            count += m->sums[i] >= least;
            m->sums[i] = 0;
        }
        m->touched[w] = 0;
    }
    return count;
}

size_t
match_window_candidates(struct match *m, const struct match_window *window, uint32_t value,
                        uint32_t part, float bar)
{
    uint64_t least = least_value(m, bar, value);
    size_t count = window->dense ? pick_dense(m, least) : pick_sparse(m, least);
    return weigh(m, window, count, value, part, bar, m->candidates);
}
