/* facts: the sets of whole conversations, all in one pass. For run.c.
 *
 * Many metrics ask the same of each conversation (its last turn, its tickets, its rating), and
 * finding that out is what costs. So the conditions of all metrics of a report are asked together,
 * over one reading of the facts; the sets are those of the metrics' own SQL, which a test holds
 * against this. */
#ifndef REPORT_FACTS_H
#define REPORT_FACTS_H

#include "report/tally.h"

enum { FACT_SETS_MAX = 24 };

struct facts {
    struct groups *groups;
    const char *when[FACT_SETS_MAX]; /* conditions, each once */
    struct tally sums[FACT_SETS_MAX];
    size_t count;
    size_t list;                /* the set whose outcomes are counted; COUNT: none */
    struct item_counts outcomes;
};

void facts_done(struct facts *f);
AUTO_DEFINE_VALUE(facts, struct facts, facts_done)

/* Ask for all sets of R's metrics. */
int facts_load(struct facts *f, struct store_tx *tx, struct groups *groups,
               const struct report_request *r, struct err *err) WARN_UNUSED;
/* The sums of the set with that condition; it must be one of them. */
const struct tally *facts_sums(const struct facts *f, const char *when);

#endif
