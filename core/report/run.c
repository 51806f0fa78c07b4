#include "report/report.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "report/sets.h"

struct run {
    const struct report_request *request;
    struct arena *arena;
    struct groups groups;
    struct sets sets;
    struct report_line *lines;
    size_t line_count;
    size_t line_capacity;
};

static void
run_done(struct run *run)
{
    groups_done(&run->groups);
    sets_done(&run->sets);
    mem_free(run->lines);
}
AUTO_DEFINE_VALUE(run, struct run, run_done)

/* What one metric came to. */
struct outcome {
    const struct taken *numerator;
    const struct taken *denominator;
};

/* ---- Lines -----------------------------------------------------------------------------------*/

static int
add_line(struct run *run, const struct report_line *line, struct err *err)
{
    if (!mem_grow(run->lines, run->line_count, run->line_capacity)) {
        return err_nomem(err);
    }
    run->lines[run->line_count++] = *line;
    return 0;
}

/* The groups' names belong to the run. */
static int
keep_text(struct run *run, struct str text, struct str *ret, struct err *err)
{
    *ret = arena_str(run->arena, text);
    return ret->ptr ? 0 : err_nomem(err);
}

/* Items of a group, as they will be shown. */
struct counted_item {
    struct str text;
    double count;
};

static int
compare_items(const void *a, const void *b)
{
    const struct counted_item *left = a;
    const struct counted_item *right = b;
    if (left->count != right->count) {
        return left->count < right->count ? 1 : -1;
    }
    return str_cmp(left->text, right->text);
}

/* ITEMS' texts of GROUP, most frequent first. */
static int
collect_items(const struct item_counts *items, uint32_t group, struct arena *scratch,
              struct counted_item **ret, size_t *ret_count, struct err *err)
{
    struct counted_item *list = arena_zero(scratch, items->keys.count + 1, sizeof(*list));
    if (!list) {
        return err_nomem(err);
    }
    size_t count = 0;
    for (size_t i = 0; i < items->keys.count; i++) {
        struct str text;
        if (item_key_read(items->keys.items[i], &text) == group) {
            list[count++] = (struct counted_item){text, items->counts.sums[i]};
        }
    }
    qsort(list, count, sizeof(*list), compare_items);
    *ret = list;
    *ret_count = count;
    return 0;
}

static void
divide(struct report_line *line, double factor)
{
    line->has_value = line->denominator > 0;
    line->value = line->has_value ? factor * line->numerator / line->denominator : 0;
}

static int
add_list(struct run *run, const struct outcome *o, uint32_t group, struct report_line *line,
         struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct counted_item *items = NULL;
    size_t count = 0;
    int result = collect_items(&o->numerator->items, group, &scratch, &items, &count, err);
    if (result == 0) {
        divide(line, 100);
        result = add_line(run, line, err);
    }
    line->is_item = true;
    for (size_t i = 0; result == 0 && i < count && i < REPORT_ITEMS_MAX; i++) {
        line->numerator = items[i].count;
        divide(line, 100);
        result = keep_text(run, items[i].text, &line->item, err);
        if (result == 0) {
            result = add_line(run, line, err);
        }
    }
    return result;
}

static int
add_group(struct run *run, const struct metric *m, const struct outcome *o, uint32_t group,
          struct err *err)
{
    struct report_line line = {
        .metric = m,
        .numerator = tally_of(&o->numerator->sums, group),
        .denominator = tally_of(&o->denominator->sums, group),
    };
    if (run->request->by != BY_NONE && line.numerator == 0 && line.denominator == 0) {
        return 0;
    }
    int result = keep_text(run, run->groups.names.items[group], &line.group, err);
    if (result < 0) {
        return result;
    }
    switch (m->kind) {
    case METRIC_LIST:
        return add_list(run, o, group, &line, err);
    case METRIC_TIME:
        line.has_value = line.numerator > 0;
        line.value = tally_of(&o->numerator->medians, group);
        line.p90 = tally_of(&o->numerator->p90s, group);
        break;
    case METRIC_RATE:
        divide(&line, 100);
        break;
    case METRIC_MEAN:
    case METRIC_COST:
        divide(&line, 1);
        break;
    }
    return add_line(run, &line, err);
}

struct ordered {
    struct str name;
    uint32_t group;
};

static int
compare_names(const void *a, const void *b)
{
    return str_cmp(((const struct ordered *)a)->name, ((const struct ordered *)b)->name);
}

static int
run_metric(struct run *run, const struct metric *m, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    const struct outcome o = {sets_find(&run->sets, &m->numerator),
                              sets_find(&run->sets, &m->denominator)};
    int result = 0;
    const struct names *names = &run->groups.names;
    struct ordered *order = arena_zero(&scratch, names->count + 1, sizeof(*order));
    if (!order) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < names->count; i++) {
        order[i] = (struct ordered){names->items[i], (uint32_t)i};
    }
    qsort(order, names->count, sizeof(*order), compare_names);
    for (size_t i = 0; result == 0 && i < names->count; i++) {
        result = add_group(run, m, &o, order[i].group, err);
    }
    return result;
}

/* What was collected, into the caller's arena. */
static int
hand_out(struct run *run, struct report *ret, struct err *err)
{
    *ret = (struct report){
        .lines = arena_zero(run->arena, run->line_count + 1, sizeof(*ret->lines)),
        .count = run->line_count,
        .unpriced = arena_zero(run->arena, run->sets.unpriced.count + 1, sizeof(*ret->unpriced)),
        .unpriced_count = run->sets.unpriced.count,
    };
    if (!ret->lines || !ret->unpriced) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < run->line_count; i++) {
        ret->lines[i] = run->lines[i];
    }
    int result = 0;
    for (size_t i = 0; result == 0 && i < run->sets.unpriced.count; i++) {
        result = keep_text(run, run->sets.unpriced.items[i], &ret->unpriced[i], err);
    }
    return result;
}

int
report_run(struct store_tx *tx, const struct report_request *r, struct arena *arena,
           struct report *ret, struct err *err)
{
    AUTO(run) struct run run = {.request = r, .arena = arena};
    int result = groups_load(&run.groups, tx, r, err);
    if (result == 0) {
        result = sets_load(&run.sets, tx, &run.groups, err);
    }
    for (size_t i = 0; result == 0 && i < r->metric_count; i++) {
        /* Without prices there is nothing to say about costs. */
        if (r->metrics[i]->kind != METRIC_COST || r->price_count > 0) {
            result = run_metric(&run, r->metrics[i], err);
        }
    }
    return result == 0 ? hand_out(&run, ret, err) : result;
}

/* ---- Prices ----------------------------------------------------------------------------------*/

int
report_prices(struct str json, struct arena *arena, struct report_price **ret, size_t *ret_count,
              struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct js *object;
    struct js_member member;
    int result = js_parse_object(json, "model.prices", &scratch, &object, err);
    if (result < 0) {
        return result;
    }
    struct report_price *prices = arena_zero(arena, js_count(object) + 1, sizeof(*prices));
    if (!prices) {
        return err_nomem(err);
    }
    size_t count = 0;
    for (struct js_iter it = js_iter(object); js_next(&it, &member); count++) {
        double input = js_get_double(member.value, "input", 0);
        prices[count] = (struct report_price){
            .model = arena_str(arena, member.key),
            .input = input,
            .output = js_get_double(member.value, "output", 0),
            .cached = js_get_double(member.value, "cached", input),
        };
        if (!prices[count].model.ptr) {
            return err_nomem(err);
        }
    }
    *ret = prices;
    *ret_count = count;
    return 0;
}
