/* tally: one set's rows, added up by group. For run.c. */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include "report/groups.h"

struct store_value;

/* By group number; groups beyond COUNT have nothing. */
struct tally {
    double *sums;
    size_t count;
    size_t capacity;
};
void tally_done(struct tally *t);
bool tally_add(struct tally *t, uint32_t group, double value) WARN_UNUSED;
double tally_of(const struct tally *t, uint32_t group);

/* All values of each group. */
struct value_list {
    int64_t *values;
    size_t count;
    size_t capacity;
};
struct value_lists {
    struct value_list *lists;
    size_t count;
    size_t capacity;
};
void value_lists_done(struct value_lists *v);

/* How often each item was met in each group. */
struct item_counts {
    struct names keys; /* the group's number, its digits, a blank, the item */
    struct tally counts;
};
void item_counts_done(struct item_counts *i);
bool item_counts_add(struct item_counts *i, uint32_t group, struct str item,
                     double count) WARN_UNUSED;

/* What one pass over a set fills; the others NULL. */
struct pass {
    struct groups *groups;
    const struct metric *metric;
    struct store_tx *tx;
    struct tally *tally;
    struct value_lists *values;
    struct item_counts *items;
    struct names *unpriced; /* METRIC_COST: models met that have no price */
    bool priced;            /* N is input tokens; to be turned into money */
};

/* Ask SQL, one of the metric's two, and add its rows up. */
int pass_run(struct pass *p, const char *sql, struct err *err) WARN_UNUSED;

#endif
