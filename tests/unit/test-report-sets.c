/* A report reads each set of facts once for all metrics; here every metric's own SQL is asked
 * alone, its rows added up in the plainest way, and both must agree, however a report is split. */
#include "report_fixture.h"

#include "base/json.h"
#include "report/groups.h"

enum { ROWS_MAX = 64 };

/* A row of a part's SQL: a conversation, n, k, and the item, or output and cached tokens. */
struct told_row {
    struct str conversation;
    double n;
    struct str k;
    struct str item;
    double output;
    double cached;
};

struct alone {
    struct desk *desk;
    const struct metric_part *part;
    struct groups groups;
    struct told_row rows[ROWS_MAX];
    size_t count;
};

static int
on_row(void *arg, const struct store_value *row, size_t columns, struct err *err)
{
    struct alone *a = arg;
    (void)err;
    assert_true(a->count < ROWS_MAX && columns >= 2 && columns <= 5);
    assert_true(row[1].type == STORE_INT);
    struct told_row *told = &a->rows[a->count++];
    told->conversation = arena_str(&a->desk->arena, row[0].text);
    told->n = (double)row[1].number;
    if (columns > 2) {
        told->k = arena_str(&a->desk->arena, row[2].text);
    }
    if (columns == 4) {
        told->item = arena_str(&a->desk->arena, row[3].text);
    }
    if (columns == 5) {
        told->output = (double)row[3].number;
        told->cached = (double)row[4].number;
    }
    return 0;
}

static int
ask_alone(struct store_tx *tx, void *arg, struct err *err)
{
    struct alone *a = arg;
    struct store_value values[REPORT_VALUES];
    report_values(&a->desk->request, values);
    const struct store_query query = {
        .sql = str_c(a->part->sql),
        .values = values,
        .value_count = REPORT_VALUES,
        .row = on_row,
        .arg = a,
    };
    int result = groups_load(&a->groups, tx, &a->desk->request, err);
    return result == 0 ? store_query(tx, &query, err) : result;
}

/* Whether ROW counts in the group of that name. */
static bool
is_in(const struct alone *a, const struct told_row *row, struct str group)
{
    enum metric_by by = a->desk->request.by;
    if (by == BY_NONE) {
        return true;
    }
    if (by == a->part->set->by) {
        return str_eq(row->k, group);
    }
    uint32_t who = names_find(&a->groups.conversations, row->conversation);
    for (uint32_t at = who == NAMES_NONE ? 0 : a->groups.first[who]; at;
         at = a->groups.links[at - 1].next) {
        if (str_eq(a->groups.names.items[a->groups.links[at - 1].group], group)) {
            return true;
        }
    }
    return false;
}

/* What a row adds to the numerator's number. */
static double
worth(const struct metric *m, const struct told_row *row)
{
    const struct report_price *p = &prices[0];
    switch (m->kind) {
    case METRIC_COST:
        return !str_eq(row->k, p->model) ? 0
                                         : ((row->n - row->cached) * p->input +
                                            row->cached * p->cached + row->output * p->output) /
                                               1e6;
    case METRIC_TIME:
        return 1;
    default:
        return row->n;
    }
}

static int
compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Median and 90th percentile from all values, sorted. */
static void
check_times(const struct alone *a, const struct report_line *line)
{
    double values[ROWS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++) {
        if (is_in(a, &a->rows[i], line->group)) {
            values[count++] = a->rows[i].n;
        }
    }
    qsort(values, count, sizeof(values[0]), compare);
    assert_true(line->has_value == (count > 0));
    if (count > 0) {
        assert_true(line->value == (values[(count - 1) / 2] + values[count / 2]) / 2);
        assert_true(line->p90 == values[(count * 90 + 99) / 100 - 1]);
    }
}

/* A line of an item: as many rows of the group have it. */
static void
check_item(const struct alone *a, const struct metric *m, const struct report_line *line)
{
    double count = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct told_row *row = &a->rows[i];
        struct str item = row->item;
        if (m->arguments) {
            struct js *object;
            struct err err = {0};
            ok(js_parse_object(item, "arguments", &a->desk->arena, &object, &err), &err);
            item = js_get_text(object, js_get_text(object, "query").len ? "query" : "issue");
        }
        count += is_in(a, row, line->group) && str_eq(str_trim(item), line->item);
    }
    assert_true(count > 0 && line->numerator == count);
}

static double
sum_of(const struct alone *a, const struct metric *m, struct str group, bool numerator)
{
    double sum = 0;
    for (size_t i = 0; i < a->count; i++) {
        if (is_in(a, &a->rows[i], group)) {
            sum += numerator ? worth(m, &a->rows[i]) : a->rows[i].n;
        }
    }
    return sum;
}

static void
ask_part(struct desk *d, const struct metric_part *part, struct alone *ret)
{
    struct err err = {0};
    *ret = (struct alone){.desk = d, .part = part};
    ok(store_read_wait(d->store, ask_alone, ret, &err), &err);
}

/* Every row of A is in one of the groups that M has lines for. But a conversation that used no
 * model or no tool is in no group of these; what has a model or tool of its own is. */
static void
check_complete(const struct alone *a, const struct metric *m)
{
    enum metric_by by = a->desk->request.by;
    for (size_t i = 0; i < a->count; i++) {
        bool shown = (by == BY_MODEL || by == BY_TOOL) && by != a->part->set->by;
        for (size_t k = 0; k < a->desk->report.count; k++) {
            const struct report_line *line = &a->desk->report.lines[k];
            shown = shown || (line->metric == m && is_in(a, &a->rows[i], line->group));
        }
        assert_true(shown);
    }
}

static size_t
check_metric(struct desk *d, const struct metric *m)
{
    struct alone over;
    struct alone under;
    size_t lines = 0;
    ask_part(d, &m->numerator, &over);
    ask_part(d, &m->denominator, &under);
    for (size_t i = 0; i < d->report.count; i++) {
        const struct report_line *line = &d->report.lines[i];
        if (line->metric != m) {
            continue;
        }
        lines++;
        if (line->is_item) {
            check_item(&over, m, line);
            continue;
        }
        double numerator = sum_of(&over, m, line->group, true);
        double denominator = sum_of(&under, m, line->group, false);
        if (line->numerator - numerator > 1e-9 || numerator - line->numerator > 1e-9 ||
            line->denominator != denominator) {
            fail_msg("%s by %s, %s: %g of %g, its own SQL says %g of %g", m->name,
                     metric_by_name(d->request.by), line->group.ptr, line->numerator,
                     line->denominator, numerator, denominator);
        }
        if (m->kind == METRIC_TIME) {
            check_times(&over, line);
        }
    }
    check_complete(&over, m);
    check_complete(&under, m);
    groups_done(&over.groups);
    groups_done(&under.groups);
    return lines;
}

static void
test_own_sql(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    for (unsigned by = BY_NONE; by <= BY_OUTCOME; by++) {
        ask(&d, (enum metric_by)by);
        size_t lines = 0;
        for (size_t i = 0; i < d.request.metric_count; i++) {
            lines += check_metric(&d, d.metrics[i]);
        }
        assert_int_equal(lines, d.report.count);
    }
    close_desk(&d);
}

/* One metric alone says what it says among all. */
static void
test_alone(void **state)
{
    (void)state;
    struct desk all;
    open_desk(&all, true);
    struct desk one = all;
    one.request.metric_count = 1;
    for (unsigned by = BY_NONE; by <= BY_OUTCOME; by++) {
        size_t at = 0;
        ask(&all, (enum metric_by)by);
        for (size_t i = 0; i < all.request.metric_count; i++) {
            one.request.metrics = &all.metrics[i];
            one.arena = all.arena;
            ask(&one, (enum metric_by)by);
            all.arena = one.arena;
            for (size_t k = 0; k < one.report.count; k++, at++) {
                const struct report_line *a = &all.report.lines[at];
                const struct report_line *b = &one.report.lines[k];
                assert_true(a->metric == b->metric && str_eq(a->group, b->group));
                assert_true(str_eq(a->item, b->item) && a->is_item == b->is_item);
                assert_true(a->numerator == b->numerator && a->denominator == b->denominator);
                assert_true(a->value == b->value && a->p90 == b->p90);
            }
        }
        assert_int_equal(at, all.report.count);
    }
    close_desk(&all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_sql),
        cmocka_unit_test(test_alone),
    };
    return cmocka_run_group_tests_name("report-sets", tests, NULL, NULL);
}
