/* Scoring every record, one after the other, without a short cut: what the fast way is tested
 * against, and what explains a hit. Kept so simple that it can be read as the definition. */
#include <string.h>

#include "base/must.h"
#include "catalog/index/match_parts.h"

enum { ASK_EVERY = 4096 };

/* The least doc that any slot's cursor stands on. */
static uint32_t
nearest(const struct match *m)
{
    uint32_t doc = POSTINGS_END;
    for (size_t u = 0; u < m->unit_count; u++) {
        const struct match_unit *unit = &m->units[u];
        for (uint32_t i = 0; unit->slot >= 0 && i < unit->lanes; i++) {
            uint32_t at = m->lanes[unit->lane + i].cursor.doc;
            doc = at < doc ? at : doc;
        }
    }
    return doc;
}

/* What UNIT adds to DOC, and by which of its lanes; all cursors stand on DOC or behind it. */
static uint64_t
unit_sum(const struct match *m, const struct match_unit *unit, uint32_t doc, uint32_t *ret_lane)
{
    uint64_t best = 0;
    for (uint32_t i = unit->lane; i < unit->lane + unit->lanes; i++) {
        const struct match_lane *lane = &m->lanes[i];
        if (lane->cursor.doc != doc) {
            continue;
        }
        uint64_t sum = match_sum(lane, lane->cursor.impact);
        if (best == 0 || sum > best) {
            best = sum;
            *ret_lane = i;
        }
    }
    return best;
}

static uint64_t
record_sum(struct match *m, uint32_t doc)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < m->lane_count; i++) {
        postings_seek(&m->lanes[i].cursor, doc);
    }
    for (size_t u = 0; u < m->unit_count; u++) {
        uint32_t lane = 0;
        sum += unit_sum(m, &m->units[u], doc, &lane);
    }
    return sum;
}

bool
match_all(struct match *m, const struct match_query *query, uint32_t segment,
          struct match_hits *hits)
{
    match_prepare(m, query, true);
    uint32_t asked = 0;
    for (size_t i = 0; i < m->lane_count; i++) {
        postings_seek(&m->lanes[i].cursor, 0);
    }
    for (uint32_t doc = nearest(m); doc != POSTINGS_END; doc = nearest(m)) {
        if (query->stop && asked++ % ASK_EVERY == 0 && query->stop(query->arg)) {
            return false;
        }
        uint64_t sum = record_sum(m, doc);
        float score = match_score(m, match_value(sum), match_part(sum));
        if (score > match_bar(hits) && (!query->allowed || query->allowed(query->arg, doc))) {
            float share = match_share(m, match_part(sum));
            match_add_hit(hits, (struct match_hit){score, share, segment, doc});
        }
        for (size_t i = 0; i < m->lane_count; i++) {
            if (m->lanes[i].cursor.doc == doc) {
                postings_next(&m->lanes[i].cursor);
            }
        }
    }
    return true;
}

static void
explain_unit(const struct match *m, const struct match_query *query, const struct match_unit *unit,
             uint32_t lane, struct match_reason *ret)
{
    const struct postings_cursor *cursor = &m->lanes[lane].cursor;
    if (unit->slot < 0) {
        for (size_t i = 0; i < query->pair_count; i++) {
            if (cursor->list == &query->pairs[i].list) {
                ret->pair_impact[i] = cursor->impact;
            }
        }
        return;
    }
    const struct match_slot *slot = &query->slots[unit->slot];
    for (size_t i = 0; i < slot->count; i++) {
        if (cursor->list == &slot->any[i].list) {
            ret->alternative[unit->slot] = (int8_t)i;
            ret->slot_impact[unit->slot] = cursor->impact;
        }
    }
}

void
match_explain(struct match *m, const struct match_query *query, uint32_t doc,
              struct match_reason *ret)
{
    must(doc != POSTINGS_END);
    memset(ret, 0, sizeof(*ret));
    memset(ret->alternative, -1, sizeof(ret->alternative));
    match_prepare(m, query, true);
    uint64_t sum = record_sum(m, doc);
    for (size_t u = 0; u < m->unit_count; u++) {
        uint32_t lane = 0;
        if (unit_sum(m, &m->units[u], doc, &lane) > 0) {
            explain_unit(m, query, &m->units[u], lane, ret);
        }
    }
    if (match_part(sum) > 0) {
        ret->share = match_share(m, match_part(sum));
        ret->score = match_score(m, match_value(sum), match_part(sum));
    }
}
