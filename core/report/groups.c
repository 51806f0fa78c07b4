#include "report/groups.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/tz.h"
#include "store/store.h"

void
groups_done(struct groups *g)
{
    names_done(&g->names);
    names_done(&g->conversations);
    mem_free(g->first);
    mem_free(g->links);
    *g = (struct groups){0};
}

void
report_values(const struct report_request *r, struct store_value *ret)
{
    int64_t silence = METRIC_SILENCE_MINUTES * (int64_t)60000;
    ret[0] = (struct store_value){.type = STORE_INT, .number = r->since};
    ret[1] = (struct store_value){.type = STORE_INT, .number = r->until};
    ret[2] = (struct store_value){.type = STORE_INT, .number = r->now - silence};
}

static bool
put(struct groups *g, struct str conversation, struct str group)
{
    size_t before = g->conversations.count;
    uint32_t who = names_add(&g->conversations, conversation);
    uint32_t what = names_add(&g->names, group);
    if (who == NAMES_NONE || what == NAMES_NONE ||
        !mem_grow(g->links, g->link_count, g->link_capacity)) {
        return false;
    }
    if (who == before) {
        if (!mem_grow(g->first, before, g->first_capacity)) {
            return false;
        }
        g->first[who] = 0;
    }
    g->links[g->link_count] = (struct group_link){what, g->first[who]};
    g->first[who] = (uint32_t)++g->link_count;
    return true;
}

/* (conversation, when it was opened) -> the day or week at the desk. */
static int
on_time(void *arg, const struct store_value *row, size_t columns, struct err *err)
{
    struct groups *g = arg;
    struct tz_date date;
    char text[48];
    int64_t year;
    unsigned week;
    (void)columns;
    tz_local(g->request->tz, row[1].number, &date);
    if (g->request->by == BY_DAY) {
        (void)snprintf(text, sizeof(text), "%04" PRId64 "-%02u-%02u", date.year, date.month,
                       date.day);
    } else {
        tz_week(&date, &year, &week);
        (void)snprintf(text, sizeof(text), "%04" PRId64 "-W%02u", year, week);
    }
    return put(g, row[0].text, str_c(text)) ? 0 : err_nomem(err);
}

static int
on_word(void *arg, const struct store_value *row, size_t columns, struct err *err)
{
    struct str word = row[1].text.len ? row[1].text : STR("(none)");
    (void)columns;
    return put(arg, row[0].text, word) ? 0 : err_nomem(err);
}

/* (conversation, name, version): versions of a prompt are told apart by how their hash begins. */
static int
on_prompt(void *arg, const struct store_value *row, size_t columns, struct err *err)
{
    enum { SHORT_HASH = 8, NAME_SHOWN = 100 };
    char text[NAME_SHOWN + SHORT_HASH + 2];
    (void)columns;
    if (row[1].text.len == 0) {
        return on_word(arg, row, columns, err);
    }
    (void)snprintf(text, sizeof(text), "%.*s@%.*s",
                   str_int_len(str_sub(row[1].text, 0, NAME_SHOWN)), row[1].text.ptr, SHORT_HASH,
                   row[2].text.ptr);
    return put(arg, row[0].text, str_c(text)) ? 0 : err_nomem(err);
}

#define OF_PERIOD " c.created_at >= $1 AND c.created_at < $2"

struct dimension {
    const char *sql; /* NULL: metric_outcome_sql() */
    int (*row)(void *arg, const struct store_value *row, size_t columns, struct err *err);
};

/* Conversations of the period that no metric counts do no harm here: groups without a number are
 * not shown. */
static const struct dimension dimensions[] = {
    [BY_DAY] = {"SELECT c.id, c.created_at FROM conversation c WHERE" OF_PERIOD, on_time},
    [BY_WEEK] = {"SELECT c.id, c.created_at FROM conversation c WHERE" OF_PERIOD, on_time},
    [BY_PROMPT] = {"SELECT c.id, c.prompt_name, c.prompt_version FROM conversation c"
                   " WHERE" OF_PERIOD,
                   on_prompt},
    [BY_MODEL] = {"SELECT DISTINCT c.id, m.model FROM conversation c JOIN model_call m"
                  " ON m.conversation = c.id WHERE" OF_PERIOD,
                  on_word},
    [BY_TOOL] = {"SELECT DISTINCT c.id, x.name FROM conversation c JOIN tool_call x"
                 " ON x.conversation = c.id WHERE" OF_PERIOD,
                 on_word},
    [BY_CHANNEL] = {"SELECT c.id, c.channel FROM conversation c WHERE" OF_PERIOD, on_word},
    [BY_TOPIC] = {"SELECT c.id, c.topic FROM conversation c WHERE" OF_PERIOD, on_word},
    [BY_OUTCOME] = {NULL, on_word},
};

int
groups_load(struct groups *g, struct store_tx *tx, const struct report_request *r, struct err *err)
{
    struct store_value values[REPORT_VALUES];
    g->request = r;
    if (r->by == BY_NONE) {
        return names_add(&g->names, STR("")) == NAMES_NONE ? err_nomem(err) : 0;
    }
    report_values(r, values);
    const struct dimension *d = &dimensions[r->by];
    const struct store_query query = {
        .sql = str_c(d->sql ? d->sql : metric_outcome_sql()),
        .values = values,
        .value_count = REPORT_VALUES,
        .row = d->row,
        .arg = g,
    };
    return store_query(tx, &query, err);
}
