#include "catalog/rescore.h"

/* A term's best way: its saturated count times its factor. */
static double
best_way(const struct query_term *term, const struct rank_plan *plan,
         const uint32_t counts[QUERY_WAYS][RANK_FIELDS], const double unit[RANK_FIELDS],
         double *ret_factor)
{
    double best = 0;
    *ret_factor = 0;
    for (size_t k = 0; k < term->count; k++) {
        double count = 0;
        for (int f = 0; f < plan->count; f++) {
            count += counts[k][f] * unit[f];
        }
        double value = term->ways[k].factor * rank_saturated(plan, count);
        if (count > 0 && value > best) {
            best = value;
            *ret_factor = term->ways[k].factor;
        }
    }
    return best;
}

void
rescore(const struct query *query, const struct rank_plan *plan,
        const struct rank_statistics *statistics, const struct tally *tally, struct rescored *ret)
{
    double unit[RANK_FIELDS] = {0};
    double score = 0;
    double held = 0;
    double all = 0;
    double before = 0;
    size_t way = 0;
    for (int f = 0; f < plan->count; f++) {
        unit[f] = rank_unit(&plan->fields[f], tally->words[f], statistics->average[f]);
    }
    for (size_t i = 0; i < query->count; i++) {
        const struct query_term *term = &query->terms[i];
        double worth = rank_worth(term, statistics->rows, &statistics->holders[way]);
        double factor = 0;
        score += worth * best_way(term, plan, tally->counts[i], unit, &factor);
        score += plan->pair * (worth + before) * rank_saturated(plan, tally->pairs[i] * unit[0]);
        held += worth * factor;
        all += worth;
        before = worth;
        way += term->count;
    }
    ret->share = all > 0 ? held / all : 0;
    ret->score = score * (1.0 - plan->cover + plan->cover * ret->share);
}
