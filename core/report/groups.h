/* groups: which part of a split report a conversation or a fact belongs to. For run.c.
 *
 * A conversation has one day, week, prompt, channel, topic and outcome; it may have used several
 * models and tools and then belongs to the groups of all of them. A fact that has a tool or model
 * of its own belongs to that group alone. */
#ifndef REPORT_GROUPS_H
#define REPORT_GROUPS_H

#include "report/names.h"
#include "report/report.h"

struct group_link {
    uint32_t group;
    uint32_t next; /* place in links + 1; 0: the last */
};

struct groups {
    const struct report_request *request;
    struct names names;         /* of the groups; a report that is not split has one, "" */
    struct names conversations; /* only where it is split */
    uint32_t *first;            /* by conversation: place in links + 1 */
    size_t first_capacity;
    struct group_link *links;
    size_t link_count;
    size_t link_capacity;
};

void groups_done(struct groups *g);
AUTO_DEFINE_VALUE(groups, struct groups, groups_done)

/* Read which conversation of the period is in which group. */
int groups_load(struct groups *g, struct store_tx *tx, const struct report_request *r,
                struct err *err) WARN_UNUSED;
/* The REPORT_VALUES values every query of a report gets: $1, $2, $3. */
enum { REPORT_VALUES = 3 };
struct store_value;
void report_values(const struct report_request *r, struct store_value *ret);

#endif
