#include "report/sets.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/must.h"
#include "report/stats.h"
#include "store/store.h"

/* A query's columns: whose fact it is, its key, then what is wanted. */
enum { SQL_MAX = 65536, COLUMNS_MAX = 32, WHOSE = 0, KEY = 1, FIXED_COLUMNS = 2 };

/* Where a part's values stand in a row. */
struct place {
    struct taken *taken;
    size_t value; /* of a list: the item */
    size_t output;
    size_t cached;
};

/* The reading of one set. */
struct pass {
    struct sets *sets;
    const struct metric_set *set;
    struct place places[PARTS_MAX];
    size_t place_count;
    struct {
        const char *when;
        const char *value;
    } columns[COLUMNS_MAX];
    size_t column_count;
    uint32_t who; /* the last conversation that was looked up */
    struct arena scratch;
};

static void
pass_done(struct pass *p)
{
    arena_done(&p->scratch);
}
AUTO_DEFINE_VALUE(pass, struct pass, pass_done)

static void
taken_done(struct taken *t)
{
    tally_done(&t->sums);
    tally_done(&t->medians);
    tally_done(&t->p90s);
    item_counts_done(&t->items);
    value_lists_done(&t->values);
}

void
sets_done(struct sets *s)
{
    for (size_t i = 0; i < s->count; i++) {
        taken_done(&s->taken[i]);
    }
    names_done(&s->unpriced);
    *s = (struct sets){0};
}

/* ---- What is wanted --------------------------------------------------------------------------*/

/* The place of a part with the same facts, values and items; COUNT: there is none. */
static size_t
find(const struct sets *s, const struct metric_part *part)
{
    size_t i = 0;
    while (i < s->count && strcmp(s->taken[i].part->sql, part->sql) != 0) {
        i++;
    }
    return i;
}

const struct taken *
sets_find(const struct sets *s, const struct metric_part *part)
{
    size_t at = find(s, part);
    must(at < s->count);
    return &s->taken[at];
}

static void
want(struct sets *s, const struct metric *m, const struct metric_part *part, enum metric_kind kind)
{
    if (find(s, part) == s->count) {
        must(s->count < PARTS_MAX);
        s->taken[s->count++] = (struct taken){.part = part, .metric = m, .kind = kind};
    }
}

static size_t
add_column(struct pass *p, const char *when, const char *value)
{
    size_t i = FIXED_COLUMNS;
    for (; i < p->column_count; i++) {
        bool same_when = when && p->columns[i].when ? strcmp(when, p->columns[i].when) == 0
                                                    : when == p->columns[i].when;
        if (same_when && strcmp(value, p->columns[i].value) == 0) {
            return i;
        }
    }
    must(i < COLUMNS_MAX);
    p->columns[i].when = when;
    p->columns[i].value = value;
    p->column_count++;
    return i;
}

static void
add_place(struct pass *p, struct taken *t)
{
    const struct metric_part *part = t->part;
    struct place *place = &p->places[p->place_count++];
    place->taken = t;
    if (t->kind == METRIC_LIST) {
        place->value = add_column(p, part->when, part->item);
        return;
    }
    place->value = add_column(p, part->when, part->value);
    if (t->kind == METRIC_COST) {
        place->output = add_column(p, part->when, part->output);
        place->cached = add_column(p, part->when, part->cached);
    }
}

/* Names and keys leave the database only where something is done with them. */
static void
write_sql(const struct pass *p, struct buf *sql)
{
    enum metric_by by = p->sets->groups->request->by;
    bool priced = false;
    for (size_t i = 0; i < p->place_count; i++) {
        priced = priced || p->places[i].taken->kind == METRIC_COST;
    }
    bool keyed = p->set->key && (priced || by == p->set->by);
    buf_printf(sql, "%sSELECT %s, %s", p->set->with, by == BY_NONE ? "''" : p->set->conversation,
               keyed ? p->set->key : "''");
    for (size_t i = FIXED_COLUMNS; i < p->column_count; i++) {
        if (p->columns[i].when) {
            buf_printf(sql, ", CASE WHEN %s THEN %s END", p->columns[i].when, p->columns[i].value);
        } else {
            buf_printf(sql, ", %s", p->columns[i].value);
        }
    }
    buf_add_c(sql, p->set->from);
}

/* ---- Rows ------------------------------------------------------------------------------------*/

static double
number_of(const struct store_value *v)
{
    return v->type == STORE_REAL ? v->real : v->type == STORE_INT ? (double)v->number : 0;
}

/* What a call cost; a model without a price is noted and costs nothing. False: no memory. */
static bool
cost_of(struct pass *p, const struct place *place, const struct store_value *row, double *ret)
{
    const struct report_request *r = p->sets->groups->request;
    struct str model = row[KEY].text;
    for (size_t i = 0; i < r->price_count; i++) {
        const struct report_price *price = &r->prices[i];
        if (!str_eq(price->model, model)) {
            continue;
        }
        double cached = number_of(&row[place->cached]);
        double fresh = number_of(&row[place->value]) - cached;
        *ret = ((fresh > 0 ? fresh : 0) * price->input + cached * price->cached +
                number_of(&row[place->output]) * price->output) /
               1e6;
        return true;
    }
    *ret = 0;
    return names_add(&p->sets->unpriced, model.len ? model : STR("(none)")) != NAMES_NONE;
}

/* What a search was asked: the text among its arguments that is named so. */
static struct str
asked(struct str arguments, struct arena *scratch)
{
    static const char *const names[] = {"query", "issue", "question", "text", "id"};
    struct js *object = NULL;
    struct err err = {0};
    if (js_parse(arguments, scratch, &object, &err) < 0) {
        return arguments;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct str text = str_trim(js_get_text(object, names[i]));
        if (text.len) {
            return text;
        }
    }
    return arguments;
}

static bool
add_item(struct pass *p, struct taken *t, uint32_t group, struct str item)
{
    arena_clear(&p->scratch);
    struct str shown = t->metric->arguments ? asked(item, &p->scratch) : item;
    return item_counts_add(&t->items, group, str_trim(shown)) && tally_add(&t->sums, group, 1);
}

static bool
add_to_place(struct pass *p, const struct place *place, uint32_t group,
             const struct store_value *row)
{
    struct taken *t = place->taken;
    const struct store_value *value = &row[place->value];
    double number;
    switch (t->kind) {
    case METRIC_LIST:
        return add_item(p, t, group, value->text);
    case METRIC_TIME:
        return value_lists_add(&t->values, group, value->number);
    case METRIC_COST:
        return cost_of(p, place, row, &number) && tally_add(&t->sums, group, number);
    case METRIC_RATE:
    case METRIC_MEAN:
        break;
    }
    return tally_add(&t->sums, group, number_of(value));
}

static bool
add_to(struct pass *p, uint32_t group, const struct store_value *row)
{
    for (size_t i = 0; i < p->place_count; i++) {
        const struct place *place = &p->places[i];
        if (row[place->value].type != STORE_NULL && !add_to_place(p, place, group, row)) {
            return false;
        }
    }
    return true;
}

/* A conversation's facts mostly come one after the other. */
static uint32_t
look_up(struct pass *p, struct str conversation)
{
    const struct names *names = &p->sets->groups->conversations;
    if (p->who == NAMES_NONE || !str_eq(names->items[p->who], conversation)) {
        p->who = names_find(names, conversation);
    }
    return p->who;
}

static bool
add_row(struct pass *p, const struct store_value *row)
{
    struct groups *g = p->sets->groups;
    if (g->request->by == BY_NONE) {
        return add_to(p, 0, row);
    }
    if (g->request->by == p->set->by) {
        struct str key = row[KEY].text;
        uint32_t group = names_add(&g->names, key.len ? key : STR("(none)"));
        return group != NAMES_NONE && add_to(p, group, row);
    }
    uint32_t who = look_up(p, row[WHOSE].text);
    for (uint32_t at = who == NAMES_NONE ? 0 : g->first[who]; at; at = g->links[at - 1].next) {
        if (!add_to(p, g->links[at - 1].group, row)) {
            return false;
        }
    }
    return true;
}

static int
on_row(void *arg, const struct store_value *row, size_t columns, struct err *err)
{
    (void)columns;
    return add_row(arg, row) ? 0 : err_nomem(err);
}

/* ---- Passes ----------------------------------------------------------------------------------*/

/* What is to be said of the times; they themselves go. */
static bool
condense(struct taken *t)
{
    bool done = true;
    for (size_t i = 0; done && i < t->values.count; i++) {
        struct value_list *l = &t->values.lists[i];
        uint32_t group = (uint32_t)i;
        done = l->count == 0 ||
               (tally_add(&t->sums, group, (double)l->count) &&
                tally_add(&t->medians, group, stats_median(l->values, l->count)) &&
                tally_add(&t->p90s, group, (double)stats_percentile(l->values, l->count, 90)));
    }
    value_lists_done(&t->values);
    return done;
}

static int
read_set(struct sets *s, struct store_tx *tx, const struct metric_set *set, struct err *err)
{
    struct store_value values[REPORT_VALUES];
    AUTO(buf) struct buf sql;
    AUTO(pass) struct pass pass = {
        .sets = s, .set = set, .column_count = FIXED_COLUMNS, .who = NAMES_NONE};
    buf_init(&sql, SQL_MAX);
    for (size_t i = 0; i < s->count; i++) {
        if (s->taken[i].part->set == set) {
            add_place(&pass, &s->taken[i]);
        }
    }
    write_sql(&pass, &sql);
    int result = buf_finish(&sql, "query", err);
    report_values(s->groups->request, values);
    const struct store_query query = {.sql = buf_str(&sql),
                                      .values = values,
                                      .value_count = REPORT_VALUES,
                                      .row = on_row,
                                      .arg = &pass};
    if (result == 0) {
        result = store_query(tx, &query, err);
    }
    for (size_t i = 0; result == 0 && i < pass.place_count; i++) {
        result = condense(pass.places[i].taken) ? 0 : err_nomem(err);
    }
    return result;
}

int
sets_load(struct sets *s, struct store_tx *tx, struct groups *groups, struct err *err)
{
    const struct report_request *r = groups->request;
    s->groups = groups;
    for (size_t i = 0; i < r->metric_count; i++) {
        const struct metric *m = r->metrics[i];
        if (m->kind != METRIC_COST || r->price_count > 0) {
            want(s, m, &m->numerator, m->kind);
            want(s, m, &m->denominator, METRIC_RATE);
        }
    }
    int result = 0;
    for (size_t i = 0; result == 0 && i < s->count; i++) {
        size_t first = 0;
        while (s->taken[first].part->set != s->taken[i].part->set) {
            first++;
        }
        if (first == i) {
            result = read_set(s, tx, s->taken[i].part->set, err);
        }
    }
    return result;
}
