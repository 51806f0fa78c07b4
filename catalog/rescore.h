/* rescore: the ranking's exact score of one record, from its words.
 *
 * Segments hold impacts rounded to 1/255: enough to find the best few dozen records among millions,
 * not to put records in order that differ in the third digit. Those few dozen are scored again as
 * rank.c scores them. */
#ifndef CATALOG_RESCORE_H
#define CATALOG_RESCORE_H

#include "catalog/rank.h"
#include "catalog/tally.h"

struct rescored {
    double score;
    double share; /* 0..1 */
};

/* PLAN without passage and share of the title: products. */
void rescore(const struct query *query, const struct rank_plan *plan,
             const struct rank_statistics *statistics, const struct tally *tally,
             struct rescored *ret);

#endif
