/* A query's numbers as whole ones: what an impact of 1 in each list adds to value and share. */
#include "base/must.h"
#include "catalog/index/match_parts.h"

/* All values of a record together stay below this, and all parts; what is above, up to 2^32, is
 * room for rounding. */
static const double sum_top = 2147483648.0;
/* Beyond this a worth is no worth but a fault; kept finite. */
static const float worth_max = 1e9F;

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
