/* sets: what the metrics of a report take from the recorded facts, each set of facts read once for
 * all of them. For run.c.
 *
 * A query has a column for each condition and value that is wanted, and NULL where a fact does not
 * fulfil the condition; who wants the same shares the column, and who wants the same part shares
 * its sums. All values of a set's times are in memory while it is read; what is left of them then
 * is a median and a percentile a group. */
#ifndef REPORT_SETS_H
#define REPORT_SETS_H

#include "report/groups.h"
#include "report/tally.h"

/* What a part came to, by group. */
struct taken {
    const struct metric_part *part;
    const struct metric *metric; /* the first that has the part */
    enum metric_kind kind;       /* how rows are added up; METRIC_RATE for all denominators */
    struct tally sums;    /* of N; of money; times and lists: how many values or items there are */
    struct tally medians; /* METRIC_TIME */
    struct tally p90s;
    struct item_counts items;  /* METRIC_LIST */
    struct value_lists values; /* while the set is read */
};

enum { PARTS_MAX = 64 };

struct sets {
    struct groups *groups;
    struct taken taken[PARTS_MAX];
    size_t count;
    struct names unpriced; /* models that were met and have no price */
};

void sets_done(struct sets *s);
AUTO_DEFINE_VALUE(sets, struct sets, sets_done)

/* Ask for all parts of the metrics of GROUPS' request, which S goes on using; GROUPS may get new
 * ones. Without prices there is nothing to ask about costs. */
int sets_load(struct sets *s, struct store_tx *tx, struct groups *groups,
              struct err *err) WARN_UNUSED;
/* What PART, of one of these metrics, came to. */
const struct taken *sets_find(const struct sets *s, const struct metric_part *part);

#endif
