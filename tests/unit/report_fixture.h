/* report_fixture: twenty conversations to report on, whose numbers were worked out by hand, and the
 * asking. */
#ifndef TESTS_REPORT_FIXTURE_H
#define TESTS_REPORT_FIXTURE_H

#include "store_fixture.h"

#include "base/tz.h"
#include "report/report.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static const int64_t monday = INT64_C(1772409600000); /* 2026-03-02T00:00:00Z */

/* TURNS: a word a turn; its first letter is the outcome (A answered, L limit, F failed, C canceled,
 * X crashed, H handed over), then its tool calls: s a search that found something, n one that found
 * nothing, e error, t timeout, r rejected, p refused by policy, c canceled, u unknown. Each has one
 * model call of 1000 tokens in, 400 of them cached, and 100 out. A conversation's n-th turn takes n
 * seconds and, when answered, shows its first text after n * 100 ms.
 * EVENTS: of its one ticket, minutes after the hand-over.
 *
 * The first six were opened on Monday at the desk in Berlin, the next six on Tuesday, then
 * Wednesday; c-01 half an hour before midnight by UTC. */
struct told {
    const char *id;
    const char *channel;
    const char *model;
    const char *query;
    const char *turns;
    const char *reason;
    const char *events;
    const char *ratings;
};
static const struct told desk_told[] = {
    {"c-01", "web", "small", "", "A", "", "", "5"},              /* resolved, confirmed */
    {"c-02", "web", "small", "", "A Aetrpcu", "", "", ""},       /* resolved, assumed */
    {"c-03", "web", "small", "hub", "As", "", "", "3"},          /* resolved: 3 says nothing */
    {"c-04", "web", "large", "garden lamp", "An", "", "", ""},   /* abandoned: nothing found */
    {"c-05", "web", "large", "garden lamp", "Asn", "", "", ""},  /* resolved: one search found */
    {"c-06", "web", "large", "solar", "An As", "", "", ""},      /* resolved: the last turn found */
    {"c-07", "web", "large", "", "L", "", "", ""},               /* abandoned: limit */
    {"c-08", "web", "large", "", "A F", "", "", ""},             /* abandoned: failed */
    {"c-09", "web", "large", "", "A", "", "", "1"},              /* abandoned: rated 1 */
    {"c-10", "cli", "large", "", "A", "", "", "14"},             /* resolved: the last rating */
    {"c-11", "cli", "large", "", "C", "", "", ""},               /* abandoned: no reply */
    {"c-12", "cli", "large", "", "X A", "", "", ""},             /* resolved */
    {"c-13", "cli", "large", "", "H", "refund", "created 0 claimed 5 replied 7 resolved 20", "5"},
    {"c-14", "cli", "large", "", "A H A", "refund", "created 0 claimed 10 replied 12 returned 30",
     ""},
    {"c-15", "cli", "large", "", "H", "warranty", "created 0", ""}, /* waits */
    {"c-16", "cli", "large", "", "H", "warranty",
     "created 0 claimed 1 replied 3 resolved 10 reopened 100 claimed 103 replied 104 resolved 120",
     "2"},
    /* No turn: the customer asked for a human at once. */
    {"c-17", "cli", "large", "", "", "asked", "created 0 claimed 2 resolved 4", ""},
    {"c-18", "cli", "large", "", "A", "", "", ""}, /* still open */
    /* Counted nowhere: a test; one that never was the bot's; one before the period. */
    {"c-19", "test", "large", "test", "An", "", "", "5"},
    {"c-20", "cli", "large", "", "", "", "", ""},
    {"c-21", "web", "large", "", "A", "", "", "5"},
};
enum { TOLD = sizeof(desk_told) / sizeof(desk_told[0]) };

/* Approvals: who has to agree (a an agent, c the customer), and what became of it: P waits, A
 * approved, D declined, U used, E expired, L lapsed; then after how many minutes it was decided by
 * whoever it needs, 0: it was not. */
static const struct {
    const char *id;
    const char *approvals;
} desk_approvals[] = {
    {"c-02", "aA4 aU6"}, {"c-05", "cU1 cL0"}, {"c-13", "aD2"},
    {"c-14", "aE9"},     {"c-15", "aP0 aE0"}, {"c-19", "aU1"},
};

struct fill {
    struct store_tx *tx;
    struct arena arena;
    const struct told *told;
    int64_t at;
    int64_t now;
    unsigned index;
};

static inline void
ok(int result, const struct err *err)
{
    if (result != 0) {
        fail_msg("%d: %s", result, err->message);
    }
}

static inline int64_t
opened_at(unsigned index)
{
    if (index == 0) {
        return monday - HOUR / 2;
    }
    return index < 18 ? monday + (index / 6) * (int64_t)DAY + index * 10 * (int64_t)MINUTE
                      : monday + (index == 20 ? -40 * (int64_t)DAY : DAY);
}

static inline void
add_tool_call(struct fill *f, struct str turn, char letter, int64_t seq)
{
    static const struct {
        char letter;
        struct str status;
        struct str result;
    } kinds[] = {
        {'s', STR_INIT("ok"), STR_INIT("[{\"json\":{\"products\":[1],\"found\":true}}]")},
        {'n', STR_INIT("ok"),
         STR_INIT("[{\"json\":{\"note\":\"\\\"found\\\":true\",\"found\":false}}]")},
        {'e', STR_INIT("error"), STR_INIT("[]")},
        {'t', STR_INIT("timeout"), STR_INIT("[]")},
        {'r', STR_INIT("rejected"), STR_INIT("[]")},
        {'c', STR_INIT("canceled"), STR_INIT("[]")},
        {'u', STR_INIT("unknown"), STR_INIT("[]")},
        {'p', STR_INIT("rejected"), STR_INIT("[]")},
    };
    struct err err = {0};
    size_t k = 0;
    while (kinds[k].letter != letter) {
        k++;
    }
    bool search = letter == 's' || letter == 'n';
    bool steps = f->index == 5;
    const struct tool_call_row row = {
        .id = store_new_id(f->tx, 'x', &f->arena),
        .conversation = str_c(f->told->id),
        .turn = turn,
        .seq = seq,
        .name = !search ? STR("get_order")
                : steps ? STR("lookup_troubleshooting_steps")
                        : STR("search_product_catalog"),
        .arguments = arena_printf(&f->arena, "{\"limit\":3,\"%s\":\" %s \"}",
                                  steps ? "issue" : "query", f->told->query),
        .status = kinds[k].status,
        .result = kinds[k].result,
        .error_code = letter == 'p'   ? STR("needs_agent")
                      : letter == 'r' ? STR("invalid_arguments")
                                      : STR(""),
        .started_at = f->at,
        .ended_at = f->at,
    };
    ok(store_tool_call_add(f->tx, &row, &err), &err);
}

static inline void
add_turn(struct fill *f, struct str word, int64_t number)
{
    static const struct {
        char letter;
        struct str outcome;
    } outcomes[] = {
        {'A', STR_INIT("answered")}, {'L', STR_INIT("limit")},   {'F', STR_INIT("failed")},
        {'C', STR_INIT("canceled")}, {'X', STR_INIT("crashed")}, {'H', STR_INIT("handed_over")},
    };
    struct err err = {0};
    size_t k = 0;
    while (outcomes[k].letter != word.ptr[0]) {
        k++;
    }
    const struct turn_row row = {
        .id = store_new_id(f->tx, 't', &f->arena),
        .conversation = str_c(f->told->id),
        .process = STR("p-1"),
        .state = TURN_CLOSED,
        .outcome = outcomes[k].outcome,
        .user_message = STR("m-1"),
        .model = str_c(f->told->model),
        .first_text_ms = word.ptr[0] == 'A' ? number * 100 : 0,
        .opened_at = f->at + number * MINUTE,
        .closed_at = f->at + number * MINUTE + number * 1000,
    };
    const struct model_call_row call = {
        .id = store_new_id(f->tx, 'k', &f->arena),
        .conversation = row.conversation,
        .turn = row.id,
        .model = row.model,
        .outcome = STR("ok"),
        .input_tokens = 1000,
        .output_tokens = 100,
        .cached_tokens = 400,
        .started_at = row.opened_at,
        .ended_at = row.closed_at,
    };
    ok(store_turn_add(f->tx, &row, &err), &err);
    ok(store_model_call_add(f->tx, &call, &err), &err);
    for (size_t i = 1; i < word.len; i++) {
        add_tool_call(f, row.id, word.ptr[i], (int64_t)i);
    }
}

static inline void
add_ticket(struct fill *f)
{
    struct err err = {0};
    struct str rest = str_c(f->told->events);
    struct str what;
    struct str minutes;
    int64_t number = 0;
    int64_t start = f->at + 10 * MINUTE;
    struct ticket_row ticket = {
        .conversation = str_c(f->told->id),
        .channel = str_c(f->told->channel),
        .status = f->index == 14 ? TICKET_OPEN : TICKET_RESOLVED,
        .priority = STR("medium"),
        .reason = str_c(f->told->reason),
        .summary = STR("[]"),
        .version = 1,
        .created_at = start,
    };
    ok(store_ticket_add(f->tx, &ticket, &number, &err), &err);
    ticket.number = number;
    while (str_split(&rest, ' ', &what) && str_split(&rest, ' ', &minutes)) {
        int64_t after;
        assert_true(str_to_i64(minutes, &after));
        const struct ticket_event_row event = {
            .id = store_new_id(f->tx, 'e', &f->arena),
            .ticket = number,
            .who = STR("agent:Kim"),
            .what = what,
            .at = start + after * MINUTE,
        };
        ok(store_ticket_event_add(f->tx, &event, &err), &err);
        ticket.resolved_at = event.at;
    }
    ok(store_ticket_update(f->tx, &ticket, &err), &err);
}

static inline void
add_approval(struct fill *f, struct str word, int64_t number)
{
    static const struct {
        char letter;
        struct str state;
    } states[] = {
        {'P', STR_INIT("pending")}, {'A', STR_INIT("approved")}, {'D', STR_INIT("declined")},
        {'U', STR_INIT("used")},    {'E', STR_INIT("expired")},  {'L', STR_INIT("lapsed")},
    };
    struct err err = {0};
    size_t k = 0;
    int64_t minutes = word.ptr[2] - '0';
    bool agent = word.ptr[0] == 'a';
    while (states[k].letter != word.ptr[1]) {
        k++;
    }
    const struct approval_row row = {
        .id = store_new_id(f->tx, 'a', &f->arena),
        .conversation = str_c(f->told->id),
        .tool = STR("get_order"),
        .arguments = STR("{}"),
        .summary = STR("Get it"),
        .needs = agent ? APPROVAL_AGENT : APPROVAL_CUSTOMER,
        .state = states[k].state,
        .decided_by = minutes == 0 ? STR("")
                      : agent      ? STR("agent:Kim")
                                   : STR("m-1"),
        .used_by = word.ptr[1] == 'U' ? STR("x-1") : STR(""),
        .created_at = f->at + number * MINUTE,
        .expires_at = f->at + DAY,
        .decided_at = minutes ? f->at + (number + minutes) * MINUTE : 0,
    };
    ok(store_approval_add(f->tx, &row, &err), &err);
}

static inline void
add_approvals(struct fill *f)
{
    for (size_t i = 0; i < sizeof(desk_approvals) / sizeof(desk_approvals[0]); i++) {
        struct str rest = str_c(desk_approvals[i].approvals);
        struct str word;
        bool here = strcmp(desk_approvals[i].id, f->told->id) == 0;
        for (int64_t n = 1; here && str_split(&rest, ' ', &word); n++) {
            add_approval(f, word, n);
        }
    }
}

static inline void
add_one(struct fill *f)
{
    struct err err = {0};
    struct str rest = str_c(f->told->turns);
    struct str word;
    struct conversation_row row = a_conversation(f->told->id, f->at);
    const struct owner_row owner = {store_new_id(f->tx, 'o', &f->arena), row.id, 1, OWNER_BOT,
                                    STR("system"), STR("opened"), f->at};
    row.channel = str_c(f->told->channel);
    row.topic = f->told->query[0] ? STR("product") : STR("");
    row.prompt_version = f->index < 6 ? STR("0123456789") : STR("abcdefghij");
    row.owner = f->told->reason[0] || f->index == 19 ? OWNER_HUMAN : OWNER_BOT;
    row.updated_at = f->index == 17 ? f->now - 10 * MINUTE : f->at + 3 * HOUR;
    ok(store_conversation_add(f->tx, &row, &err), &err);
    if (f->index != 19) {
        ok(store_owner_add(f->tx, &owner, &err), &err);
    }
    for (int64_t n = 1; str_split(&rest, ' ', &word); n++) {
        if (word.len) {
            add_turn(f, word, n);
        }
    }
    if (f->told->reason[0]) {
        add_ticket(f);
    }
    add_approvals(f);
    for (const char *r = f->told->ratings; *r; r++) {
        const struct feedback_row feedback = {store_new_id(f->tx, 'f', &f->arena), row.id, *r - '0',
                                              STR(""), f->at + (r - f->told->ratings)};
        ok(store_feedback_add(f->tx, &feedback, &err), &err);
    }
}

static inline int
fill_desk(struct store_tx *tx, void *arg, struct err *err)
{
    struct fill *f = arg;
    (void)err;
    f->tx = tx;
    for (f->index = 0; f->index < TOLD; f->index++) {
        f->told = &desk_told[f->index];
        f->at = opened_at(f->index);
        add_one(f);
    }
    return 0;
}

/* ---- A desk and its report ------------------------------------------------------------------ */

struct desk {
    struct scratch scratch;
    struct store *store;
    struct arena arena;
    const struct metric *metrics[64];
    struct report_request request;
    struct report report;
    const struct metric *explain;
    struct report_sets sets;
};

static const struct report_price prices[] = {{STR_INIT("large"), 3, 15, 0.3}};

static inline void
open_desk(struct desk *d, bool filled)
{
    struct err err = {0};
    size_t count;
    const struct metric *table = metric_table(&count);
    *d = (struct desk){0};
    scratch_make(&d->scratch);
    const struct store_options options = {
        .path = str_c(d->scratch.path), .create = true, .sync = STORE_SYNC_OFF};
    ok(store_open_sqlite(&options, NULL, &d->store, &err), &err);
    struct fill f = {.now = monday + 10 * (int64_t)DAY};
    if (filled) {
        ok(store_write_wait(d->store, fill_desk, &f, &err), &err);
    }
    arena_done(&f.arena);
    for (size_t i = 0; i < count; i++) {
        d->metrics[i] = &table[i];
    }
    d->request = (struct report_request){
        .metrics = d->metrics,
        .metric_count = count,
        .since = monday - DAY,
        .until = INT64_MAX,
        .now = f.now,
        .prices = prices,
        .price_count = 1,
        .currency = STR("EUR"),
    };
    ok(tz_load(STR("Europe/Berlin"), &d->arena, &d->request.tz, &err), &err);
}

static inline void
close_desk(struct desk *d)
{
    store_free(d->store);
    scratch_remove(&d->scratch);
    arena_done(&d->arena);
}

static inline int
run(struct store_tx *tx, void *arg, struct err *err)
{
    struct desk *d = arg;
    return d->explain ? report_explain(tx, &d->request, d->explain, &d->arena, &d->sets, err)
                      : report_run(tx, &d->request, &d->arena, &d->report, err);
}

static inline void
ask(struct desk *d, enum metric_by by)
{
    struct err err = {0};
    d->request.by = by;
    ok(store_read_wait(d->store, run, d, &err), &err);
}

static inline const struct report_line *
line_of(const struct desk *d, const char *metric, const char *group, const char *item)
{
    for (size_t i = 0; i < d->report.count; i++) {
        const struct report_line *line = &d->report.lines[i];
        if (strcmp(line->metric->name, metric) == 0 && str_eq_c(line->group, group) &&
            str_eq_c(line->item, item) && line->is_item == (item[0] != '\0')) {
            return line;
        }
    }
    return NULL;
}

static inline void
check_line(const struct desk *d, const char *metric, const char *group, const char *item,
           double numerator, double denominator)
{
    const struct report_line *line = line_of(d, metric, group, item);
    if (!line) {
        fail_msg("%s %s %s: no such line", metric, group, item);
        return;
    }
    if (line->denominator != denominator || line->numerator - numerator > 1e-9 ||
        numerator - line->numerator > 1e-9) {
        fail_msg("%s %s %s: %g of %g, expected %g of %g", metric, group, item, line->numerator,
                 line->denominator, numerator, denominator);
    }
}

#endif
