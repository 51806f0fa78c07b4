#include "report/facts.h"

#include <string.h>

#include "base/buf.h"
#include "base/must.h"
#include "store/store.h"

enum { SQL_MAX = 32768, FIXED_COLUMNS = 2 };

void
facts_done(struct facts *f)
{
    for (size_t i = 0; i < f->count; i++) {
        tally_done(&f->sums[i]);
    }
    item_counts_done(&f->outcomes);
    *f = (struct facts){0};
}

/* The place of the set WHEN, COUNT when it is not there. */
static size_t
find(const struct facts *f, const char *when)
{
    size_t i = 0;
    while (i < f->count && strcmp(f->when[i], when) != 0) {
        i++;
    }
    return i;
}

static void
want(struct facts *f, const char *when)
{
    if (when && find(f, when) == f->count) {
        must(f->count < FACT_SETS_MAX);
        f->when[f->count++] = when;
    }
}

const struct tally *
facts_sums(const struct facts *f, const char *when)
{
    size_t at = find(f, when);
    must(at < f->count);
    return &f->sums[at];
}

static bool
add_to(struct facts *f, uint32_t group, const struct store_value *row)
{
    for (size_t i = 0; i < f->count; i++) {
        int64_t number = row[FIXED_COLUMNS + i].number;
        if (number == 0) {
            continue;
        }
        if (!tally_add(&f->sums[i], group, (double)number) ||
            (i == f->list && !item_counts_add(&f->outcomes, group, row[1].text, (double)number))) {
            return false;
        }
    }
    return true;
}

static int
on_row(void *arg, const struct store_value *row, size_t columns, struct err *err)
{
    struct facts *f = arg;
    const struct groups *g = f->groups;
    (void)columns;
    if (g->request->by == BY_NONE) {
        return add_to(f, 0, row) ? 0 : err_nomem(err);
    }
    uint32_t who = names_find(&g->conversations, row[0].text);
    for (uint32_t at = who == NAMES_NONE ? 0 : g->first[who]; at; at = g->links[at - 1].next) {
        if (!add_to(f, g->links[at - 1].group, row)) {
            return err_nomem(err);
        }
    }
    return 0;
}

/* A report that is not split needs no row a conversation. */
static void
write_sql(const struct facts *f, struct buf *sql)
{
    bool split = f->groups->request->by != BY_NONE;
    buf_add_c(sql, split ? metric_facts_sql() : metric_facts_sum_sql());
    for (size_t i = 0; i < f->count; i++) {
        buf_printf(sql, ", %sCASE WHEN %s THEN 1 ELSE 0 END%s AS s%zu", split ? "" : "SUM(",
                   f->when[i], split ? "" : ")", i);
    }
    buf_add_c(sql, split ? " FROM f" : " FROM f GROUP BY word");
}

int
facts_load(struct facts *f, struct store_tx *tx, struct groups *groups,
           const struct report_request *r, struct err *err)
{
    struct store_value values[REPORT_VALUES];
    AUTO(buf) struct buf sql;
    const char *listed = NULL;
    buf_init(&sql, SQL_MAX);
    f->groups = groups;
    for (size_t i = 0; i < r->metric_count; i++) {
        want(f, r->metrics[i]->numerator_when);
        want(f, r->metrics[i]->denominator_when);
        if (r->metrics[i]->kind == METRIC_LIST && r->metrics[i]->numerator_when) {
            listed = r->metrics[i]->numerator_when;
        }
    }
    f->list = listed ? find(f, listed) : f->count;
    if (f->count == 0) {
        return 0;
    }
    write_sql(f, &sql);
    int result = buf_finish(&sql, "query", err);
    report_values(r, values);
    const struct store_query query = {.sql = buf_str(&sql),
                                      .values = values,
                                      .value_count = REPORT_VALUES,
                                      .row = on_row,
                                      .arg = f};
    return result == 0 ? store_query(tx, &query, err) : result;
}
