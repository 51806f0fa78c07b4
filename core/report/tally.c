#include "report/tally.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"
#include "store/store.h"

enum { SQL_MAX = 16384, ITEM_MAX_BYTES = 400 };

void
tally_done(struct tally *t)
{
    mem_free(t->sums);
    *t = (struct tally){0};
}

double
tally_of(const struct tally *t, uint32_t group)
{
    return group < t->count ? t->sums[group] : 0;
}

bool
tally_add(struct tally *t, uint32_t group, double value)
{
    while (t->count <= group) {
        if (!mem_grow(t->sums, t->count, t->capacity)) {
            return false;
        }
        t->sums[t->count++] = 0;
    }
    t->sums[group] += value;
    return true;
}

void
value_lists_done(struct value_lists *v)
{
    for (size_t i = 0; i < v->count; i++) {
        mem_free(v->lists[i].values);
    }
    mem_free(v->lists);
    *v = (struct value_lists){0};
}

static bool
value_lists_add(struct value_lists *v, uint32_t group, int64_t value)
{
    while (v->count <= group) {
        if (!mem_grow(v->lists, v->count, v->capacity)) {
            return false;
        }
        v->lists[v->count++] = (struct value_list){0};
    }
    struct value_list *list = &v->lists[group];
    if (!mem_grow(list->values, list->count, list->capacity)) {
        return false;
    }
    list->values[list->count++] = value;
    return true;
}

void
item_counts_done(struct item_counts *i)
{
    names_done(&i->keys);
    tally_done(&i->counts);
}

bool
item_counts_add(struct item_counts *i, uint32_t group, struct str item, double count)
{
    AUTO(buf) struct buf key;
    buf_init(&key, ITEM_MAX_BYTES + 32);
    buf_printf(&key, "%u ", group);
    buf_add(&key, item);
    uint32_t number = key.failed ? NAMES_NONE : names_add(&i->keys, buf_str(&key));
    return number != NAMES_NONE && tally_add(&i->counts, number, count);
}

/* ---- Rows ------------------------------------------------------------------------------------*/

static double
number_of(const struct store_value *v)
{
    return v->type == STORE_REAL ? v->real : v->type == STORE_INT ? (double)v->number : 0;
}

/* What a call cost; a model without a price is noted and costs nothing. False: no memory. */
static bool
cost_of(struct pass *p, const struct store_value *row, double *ret)
{
    const struct report_request *r = p->groups->request;
    for (size_t i = 0; i < r->price_count; i++) {
        const struct report_price *price = &r->prices[i];
        if (!str_eq(price->model, row[2].text)) {
            continue;
        }
        double cached = number_of(&row[4]);
        double fresh = number_of(&row[1]) - cached;
        *ret = ((fresh > 0 ? fresh : 0) * price->input + cached * price->cached +
                number_of(&row[3]) * price->output) /
               1e6;
        return true;
    }
    *ret = 0;
    return names_add(p->unpriced, row[2].text.len ? row[2].text : STR("(none)")) != NAMES_NONE;
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
add_to(struct pass *p, uint32_t group, const struct store_value *row, double number)
{
    if (p->items) {
        AUTO(arena) struct arena scratch = {0};
        struct str item = p->metric->arguments ? asked(row[3].text, &scratch) : row[3].text;
        return item_counts_add(p->items, group, utf8_cut(str_trim(item), ITEM_MAX_BYTES), 1);
    }
    return p->values ? value_lists_add(p->values, group, row[1].number)
                     : tally_add(p->tally, group, number);
}

static bool
add_row(struct pass *p, const struct store_value *row, size_t columns)
{
    struct groups *g = p->groups;
    enum metric_by by = g->request->by;
    double number = columns > 1 ? number_of(&row[1]) : 1;
    if (p->priced && !cost_of(p, row, &number)) {
        return false;
    }
    if (by == BY_NONE) {
        return add_to(p, 0, row, number);
    }
    if (by == p->metric->key && columns > 2) {
        uint32_t group = names_add(&g->names, row[2].text.len ? row[2].text : STR("(none)"));
        return group != NAMES_NONE && add_to(p, group, row, number);
    }
    uint32_t who = names_find(&g->conversations, row[0].text);
    for (uint32_t at = who == NAMES_NONE ? 0 : g->first[who]; at; at = g->links[at - 1].next) {
        if (!add_to(p, g->links[at - 1].group, row, number)) {
            return false;
        }
    }
    return true;
}

static int
on_row(void *arg, const struct store_value *row, size_t columns, struct err *err)
{
    return add_row(arg, row, columns) ? 0 : err_nomem(err);
}

/* A row of numbers alone: a sum, or one of the values of a report that is not split. */
static int
on_number(void *arg, const struct store_value *row, size_t columns, struct err *err)
{
    struct pass *p = arg;
    (void)columns;
    bool done = p->values ? value_lists_add(p->values, 0, row[0].number)
                          : tally_add(p->tally, 0, number_of(&row[0]));
    return done ? 0 : err_nomem(err);
}

/* The database adds up faster than it hands over: where the report is not split only what is needed
 * leaves it. */
static void
condense(const struct pass *p, const char *sql, struct buf *out, struct store_query *query)
{
    if (p->groups->request->by != BY_NONE || p->items) {
        buf_add_c(out, sql);
    } else if (p->priced) {
        buf_printf(out, "SELECT '', SUM(q.n), q.k, SUM(q.output), SUM(q.cached) FROM (%s) q"
                        " GROUP BY q.k",
                   sql);
    } else {
        buf_printf(out, "SELECT %s FROM (%s) q", p->values ? "q.n" : "SUM(q.n)", sql);
        query->row = on_number;
    }
}

int
pass_run(struct pass *p, const char *sql, struct err *err)
{
    struct store_value values[REPORT_VALUES];
    AUTO(buf) struct buf text;
    buf_init(&text, SQL_MAX);
    report_values(p->groups->request, values);
    struct store_query query = {
        .values = values, .value_count = REPORT_VALUES, .row = on_row, .arg = p};
    condense(p, sql, &text, &query);
    query.sql = buf_str(&text);
    int result = buf_finish(&text, "query", err);
    return result == 0 ? store_query(p->tx, &query, err) : result;
}
