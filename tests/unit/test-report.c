/* Reports: twenty conversations whose numbers were worked out by hand. What a report is made of is
 * in test-report-parts.c. */
#include "store_fixture.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "report/format.h"
#include "report/tz.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static const int64_t monday = INT64_C(1772409600000); /* 2026-03-02T00:00:00Z */

/* TURNS: a word a turn; its first letter is the outcome (A answered, L limit, F failed, C canceled,
 * X crashed, H handed over), then its tool calls: s a search that found something, n one that found
 * nothing, e error, t timeout, r rejected, c canceled, u unknown. Each has one model call of 1000
 * tokens in, 400 of them cached, and 100 out. A conversation's n-th turn takes n seconds and, when
 * answered, shows its first text after n * 100 ms.
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
    {"c-02", "web", "small", "", "A Aetrcu", "", "", ""},        /* resolved, assumed */
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

struct fill {
    struct store_tx *tx;
    struct arena arena;
    const struct told *told;
    int64_t at;
    int64_t now;
    unsigned index;
};

static void
ok(int result, const struct err *err)
{
    if (result != 0) {
        fail_msg("%d: %s", result, err->message);
    }
}

static int64_t
opened_at(unsigned index)
{
    if (index == 0) {
        return monday - HOUR / 2;
    }
    return index < 18 ? monday + (index / 6) * (int64_t)DAY + index * 10 * (int64_t)MINUTE
                      : monday + (index == 20 ? -40 * (int64_t)DAY : DAY);
}

static void
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
        .started_at = f->at,
        .ended_at = f->at,
    };
    ok(store_tool_call_add(f->tx, &row, &err), &err);
}

static void
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

static void
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

static void
add_one(struct fill *f)
{
    struct err err = {0};
    struct str rest = str_c(f->told->turns);
    struct str word;
    struct conversation_row row = a_conversation(f->told->id, f->at);
    const struct owner_row owner = {store_new_id(f->tx, 'o', &f->arena), row.id, 1, OWNER_BOT,
                                    STR("system"), STR("opened"), f->at};
    row.channel = str_c(f->told->channel);
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
    for (const char *r = f->told->ratings; *r; r++) {
        const struct feedback_row feedback = {store_new_id(f->tx, 'f', &f->arena), row.id, *r - '0',
                                              STR(""), f->at + (r - f->told->ratings)};
        ok(store_feedback_add(f->tx, &feedback, &err), &err);
    }
}

static int
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

static void
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

static void
close_desk(struct desk *d)
{
    store_free(d->store);
    scratch_remove(&d->scratch);
    arena_done(&d->arena);
}

static int
run(struct store_tx *tx, void *arg, struct err *err)
{
    struct desk *d = arg;
    return d->explain ? report_explain(tx, &d->request, d->explain, &d->arena, &d->sets, err)
                      : report_run(tx, &d->request, &d->arena, &d->report, err);
}

static void
ask(struct desk *d, enum metric_by by)
{
    struct err err = {0};
    d->request.by = by;
    ok(store_read_wait(d->store, run, d, &err), &err);
}

static const struct report_line *
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

static void
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

/* ---- Cases ---------------------------------------------------------------------------------- */

static void
test_rates(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    ask(&d, BY_NONE);
    /* New: c-01 to c-18. The bot was in all but c-17. */
    check_line(&d, "involvement", "", "", 17, 18);
    /* Silent and never handed over: c-01 to c-12. Ended besides: c-13, c-14, c-16 (c-15 waits,
     * c-18 goes on). */
    check_line(&d, "containment", "", "", 12, 15);
    /* c-01 02 03 05 06 10 12. */
    check_line(&d, "resolution", "", "", 7, 17);
    /* c-01 c-10. */
    check_line(&d, "resolution_confirmed", "", "", 2, 17);
    /* c-13 14 15 16. */
    check_line(&d, "escalation", "", "", 4, 17);
    /* c-04 07 08 09 11; with 7 resolved, 4 handed over and c-18 that makes 17. */
    check_line(&d, "abandonment", "", "", 5, 17);
    /* Rated: c-01 5, c-03 3, c-09 1, c-10 4 (after a 1), c-13 5, c-16 2. */
    check_line(&d, "csat", "", "", 3, 6);
    /* Ended: c-01 to c-14, c-16, c-17. */
    check_line(&d, "csat_response", "", "", 6, 16);
    /* ok: c-03 1, c-04 1, c-05 2, c-06 2; c-02 has an error, a timeout and a rejected one. */
    check_line(&d, "tool_success", "", "", 6, 9);
    /* 23 turns of 1100 tokens. */
    check_line(&d, "tokens_per_conversation", "", "", 25300, 17);
    /* 19 turns of "large": (600 * 3 + 400 * 0.3 + 100 * 15) / 1e6 = 0.00342 each. */
    check_line(&d, "cost_per_conversation", "", "", 0.06498, 17);
    assert_int_equal(d.report.unpriced_count, 1);
    assert_str(d.report.unpriced[0], "small");
    const struct report_line *line = line_of(&d, "containment", "", "");
    assert_true(line->has_value && line->value == 80);
    close_desk(&d);
}

static void
test_lists(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    ask(&d, BY_NONE);
    check_line(&d, "outcomes", "", "", 17, 17);
    check_line(&d, "outcomes", "", "answered", 7, 17);
    check_line(&d, "outcomes", "", "handed_over", 4, 17);
    check_line(&d, "outcomes", "", "abandoned", 3, 17); /* c-04 09 11 */
    check_line(&d, "outcomes", "", "limit", 1, 17);
    check_line(&d, "outcomes", "", "failed", 1, 17);
    check_line(&d, "outcomes", "", "open", 1, 17);
    check_line(&d, "top_handover_reasons", "", "", 5, 5);
    check_line(&d, "top_handover_reasons", "", "refund", 2, 5);
    check_line(&d, "top_handover_reasons", "", "warranty", 2, 5);
    check_line(&d, "top_handover_reasons", "", "asked", 1, 5);
    check_line(&d, "queries_without_result", "", "", 3, 6);
    check_line(&d, "queries_without_result", "", "garden lamp", 2, 6);
    check_line(&d, "queries_without_result", "", "solar", 1, 6);
    assert_null(line_of(&d, "queries_without_result", "", "test"));
    close_desk(&d);
}

static void
test_times(void **state)
{
    (void)state;
    static const struct {
        const char *metric;
        double median;
        double p90;
        double count;
        double of;
    } cases[] = {
        /* Minutes 7, 12, 3, and 4 after the reopening; c-15 waits, c-17 got no reply. Six
         * stretches: one each of five tickets, and c-16's second. */
        {"first_response", 5.5 * MINUTE, 12 * MINUTE, 4, 6},
        /* 15, 20, 9, 17, 2. */
        {"handle_time", 15 * MINUTE, 20 * MINUTE, 5, 5},
        /* 20, 30, 120, 4; c-15 is not resolved. */
        {"resolution_time", 25 * MINUTE, 120 * MINUTE, 4, 5},
        /* 16 of 1 s (17 first turns, c-12's crashed), 5 of 2 s, 1 of 3 s: the 20th of 22 is 2 s. */
        {"turn_time", 1000, 2000, 22, 23},
        /* 11 of 100 ms, 3 of 200 ms (c-02 06 12), 1 of 300 ms: the 14th of 15 is 200 ms. */
        {"first_text_time", 100, 200, 15, 23},
    };
    struct desk d;
    open_desk(&d, true);
    ask(&d, BY_NONE);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct report_line *line = line_of(&d, cases[i].metric, "", "");
        assert_non_null(line);
        check_line(&d, cases[i].metric, "", "", cases[i].count, cases[i].of);
        if (line->value != cases[i].median || line->p90 != cases[i].p90) {
            fail_msg("%s: %g, %g", cases[i].metric, line->value, line->p90);
        }
    }
    close_desk(&d);
}

static void
test_split(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    ask(&d, BY_DAY);
    check_line(&d, "involvement", "2026-03-02", "", 6, 6);
    check_line(&d, "involvement", "2026-03-03", "", 6, 6);
    check_line(&d, "involvement", "2026-03-04", "", 5, 6);
    assert_null(line_of(&d, "involvement", "2026-03-01", ""));
    check_line(&d, "turn_time", "2026-03-02", "", 8, 8);
    check_line(&d, "outcomes", "2026-03-02", "answered", 5, 6);
    ask(&d, BY_WEEK);
    check_line(&d, "involvement", "2026-W10", "", 17, 18);
    ask(&d, BY_CHANNEL);
    check_line(&d, "involvement", "web", "", 9, 9);
    check_line(&d, "involvement", "cli", "", 8, 9);
    assert_null(line_of(&d, "involvement", "test", ""));
    ask(&d, BY_PROMPT);
    check_line(&d, "resolution", "customer_service@01234567", "", 5, 6);
    check_line(&d, "resolution", "customer_service@abcdefgh", "", 2, 11);
    ask(&d, BY_OUTCOME);
    check_line(&d, "csat", "answered", "", 2, 3);
    check_line(&d, "csat", "abandoned", "", 0, 1);
    check_line(&d, "csat", "handed_over", "", 1, 2);
    ask(&d, BY_MODEL);
    check_line(&d, "tokens_per_conversation", "large", "", 20900, 14);
    check_line(&d, "tokens_per_conversation", "small", "", 4400, 3);
    ask(&d, BY_TOOL);
    check_line(&d, "tool_success", "search_product_catalog", "", 4, 4);
    check_line(&d, "tool_success", "lookup_troubleshooting_steps", "", 2, 2);
    check_line(&d, "tool_success", "get_order", "", 0, 3);
    check_line(&d, "queries_without_result", "lookup_troubleshooting_steps", "solar", 1, 2);
    close_desk(&d);

    open_desk(&d, true);
    ok(tz_load(STR("UTC"), &d.arena, &d.request.tz, &(struct err){0}), &(struct err){0});
    ask(&d, BY_DAY);
    check_line(&d, "involvement", "2026-03-01", "", 1, 1);
    check_line(&d, "involvement", "2026-03-02", "", 5, 5);
    close_desk(&d);
}

static void
test_period(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    d.request.since = 0; /* c-21 besides */
    ask(&d, BY_NONE);
    check_line(&d, "involvement", "", "", 18, 19);
    d.request.since = monday;
    d.request.until = monday + DAY;
    ask(&d, BY_NONE);
    check_line(&d, "involvement", "", "", 5, 5); /* c-02 to c-06 */
    close_desk(&d);
}

static void
join(const struct str *ids, size_t count, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(out);
        (void)snprintf(out + len, size - len, "%s%s", i ? " " : "", ids[i].ptr + 2);
    }
}

static void
test_explain(void **state)
{
    (void)state;
    static const struct {
        const char *metric;
        const char *numerator;
        const char *denominator;
    } cases[] = {
        {"resolution", "01 02 03 05 06 10 12",
         "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 18"},
        {"abandonment", "04 07 08 09 11", "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 18"},
        {"containment", "01 02 03 04 05 06 07 08 09 10 11 12",
         "01 02 03 04 05 06 07 08 09 10 11 12 13 14 16"},
        {"csat", "01 10 13", "01 03 09 10 13 16"},
        {"csat_response", "01 03 09 10 13 16", "01 02 03 04 05 06 07 08 09 10 11 12 13 14 16 17"},
        {"first_response", "13 14 16", "13 14 15 16 17"},
        {"tool_success", "03 04 05 06", "02 03 04 05 06"},
        {"queries_without_result", "04 05 06", "03 04 05 06"},
    };
    struct desk d;
    char text[256];
    open_desk(&d, true);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        d.explain = metric_find(str_c(cases[i].metric));
        ask(&d, BY_NONE);
        join(d.sets.numerator, d.sets.numerator_count, text, sizeof(text));
        assert_string_equal(text, cases[i].numerator);
        join(d.sets.denominator, d.sets.denominator_count, text, sizeof(text));
        assert_string_equal(text, cases[i].denominator);
    }
    close_desk(&d);
}

/* The one pass over all conversations and each metric's own SQL must agree. */
static void
test_explain_agrees(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    ask(&d, BY_NONE);
    size_t checked = 0;
    for (size_t i = 0; i < d.request.metric_count; i++) {
        const struct metric *m = d.metrics[i];
        if (m->numerator.set->with[0] == '\0') { /* not of whole conversations */
            continue;
        }
        d.explain = m;
        ask(&d, BY_NONE);
        check_line(&d, m->name, "", "", (double)d.sets.numerator_count,
                   (double)d.sets.denominator_count);
        checked++;
    }
    assert_int_equal(checked, 9);
    close_desk(&d);
}

static void
test_empty(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, false);
    for (unsigned by = BY_NONE; by <= BY_OUTCOME; by++) {
        ask(&d, (enum metric_by)by);
        assert_int_equal(d.report.count, by == BY_NONE ? d.request.metric_count : 0);
        for (size_t i = 0; i < d.report.count; i++) {
            const struct report_line *line = &d.report.lines[i];
            assert_false(line->has_value);
            assert_true(line->numerator == 0 && line->denominator == 0);
        }
    }
    close_desk(&d);
}

static void
test_forms(void **state)
{
    (void)state;
    struct desk d;
    struct err err = {0};
    open_desk(&d, true);
    for (unsigned by = BY_NONE; by <= BY_OUTCOME; by++) {
        AUTO(buf) struct buf json;
        AUTO(buf) struct buf text;
        struct js *root;
        buf_init(&json, LIMIT_OUTPUT_BYTES);
        buf_init(&text, LIMIT_OUTPUT_BYTES);
        ask(&d, (enum metric_by)by);
        report_write(&json, &d.request, &d.report, REPORT_JSON);
        report_write(&text, &d.request, &d.report, REPORT_TEXT);
        ok(js_parse_object(buf_str(&json), "report", &d.arena, &root, &err), &err);
        /* Where nothing falls into any group, the metric is left out. */
        size_t count = js_count(js_get_c(root, "metrics"));
        assert_true(by == BY_NONE ? count == d.request.metric_count : count > 10);
        assert_true(text.len > 0 && !text.failed);
    }
    close_desk(&d);
}

/* docs/metrics.md is what the table says. */
static void
test_manual(void **state)
{
    (void)state;
    AUTO(buf) struct buf want;
    AUTO(arena) struct arena arena = {0};
    const char *source = getenv("DESKHAND_SOURCE");
    struct str path = arena_printf(&arena, "%s/docs/metrics.md", source ? source : ".");
    char *bytes = arena_zero(&arena, 1, 200000);
    FILE *file = fopen(path.ptr, "r");
    buf_init(&want, LIMIT_OUTPUT_BYTES);
    metric_write_manual(&want);
    if (file) {
        bytes[fread(bytes, 1, 199999, file)] = '\0';
        (void)fclose(file);
    }
    if (strcmp(bytes, want.text) != 0) {
        fail_msg("docs/metrics.md is not what the table says; write it anew with\n"
                 "    test-report --print-manual > docs/metrics.md");
    }
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print-manual") == 0) {
        AUTO(buf) struct buf out;
        buf_init(&out, LIMIT_OUTPUT_BYTES);
        metric_write_manual(&out);
        return fputs(out.text, stdout) < 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),     cmocka_unit_test(test_lists),
        cmocka_unit_test(test_times),     cmocka_unit_test(test_split),
        cmocka_unit_test(test_period),    cmocka_unit_test(test_explain),
        cmocka_unit_test(test_explain_agrees), cmocka_unit_test(test_empty),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_manual),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
