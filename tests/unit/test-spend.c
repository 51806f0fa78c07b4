/* Brakes on spending: what each scope does, what is reserved and settled, and what a cancel, a
 * failure and a crash leave behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "desk_fixture.h"
#include "model_scripted.h"
#include "store/call_book.h"
#include "turn/ledger.h"
#include "turn/spend.h"

static const struct spend_price prices[] = {
    {STR_INIT("scripted"), 10, 100, 1}, /* a token in costs 10 millionths, one out 100 */
    {STR_INIT("cheap"), 1, 2, 1},
};

static struct spend_rules
rules_of(const struct spend_brake *brakes, size_t count)
{
    return (struct spend_rules){
        .brakes = brakes, .brake_count = count, .prices = prices, .price_count = 2};
}

/* What SCOPE has spent; zeros where it is unknown. */
struct look {
    struct str id;
    struct spend_row row;
    struct arena *arena;
};

static int
look_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct look *l = arg;
    return store_spend_get(tx, l->id, l->arena, &l->row, err);
}

static struct spend_row
spent(struct desk_fixture *f, struct str id)
{
    struct look l = {.id = id, .arena = &f->arena};
    struct err err = {0};
    assert_true(store_read_wait(f->store, look_body, &l, &err) >= 0);
    return l.row;
}

static struct str
conversation_scope(struct desk_fixture *f, struct str conversation)
{
    return arena_printf(&f->arena, "conversation:%" STR_FMT, STR_ARG(conversation));
}

struct holds {
    struct str conversation;
    size_t count;
};

static int
holds_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct holds *h = arg;
    AUTO(arena) struct arena arena = {0};
    struct hold_row *rows;
    return store_hold_list(tx, h->conversation, &arena, &rows, &h->count, err);
}

static size_t
held(struct desk_fixture *f, struct str conversation)
{
    struct holds h = {.conversation = conversation};
    struct err err = {0};
    assert_int_equal(store_read_wait(f->store, holds_body, &h, &err), 0);
    return h.count;
}

/* ---- Prices ----------------------------------------------------------------------------------*/

static void
test_costs_are_rounded_up(void **state)
{
    (void)state;
    const struct spend_price dear[] = {{STR_INIT("m"), 0.25, 1.25, 0.03}};
    const struct spend_rules r = {.prices = dear, .price_count = 1};
    assert_int_equal(spend_cost(&r, STR("m"), 1000000, 0, 0), 250000);
    assert_int_equal(spend_cost(&r, STR("m"), 1, 0, 0), 1);
    assert_int_equal(spend_cost(&r, STR("m"), 1000, 1000, 0), 30);
    assert_int_equal(spend_cost(&r, STR("m"), 1000, 5000, 0), 30); /* no more cached than read */
    assert_int_equal(spend_cost(&r, STR("m"), 0, 0, 4), 5);
    assert_int_equal(spend_cost(&r, STR("other"), 1000, 0, 1000), 0);
    assert_int_equal(spend_cost(&r, STR("m"), INT64_MAX, 0, INT64_MAX), 0); /* no such bill */
}

/* ---- Reserve and settle ----------------------------------------------------------------------*/

static void
test_a_call_is_settled_at_what_it_took(void **state)
{
    (void)state;
    const struct spend_brake brakes[] = {{SPEND_DAY, 1000000, 0, SPEND_TEXT}};
    const struct spend_rules rules = rules_of(brakes, 1);
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(&f,
                      "[{\"calls\":[{\"name\":\"look\",\"input\":{}}],\"in\":70,\"out\":3},"
                      "{\"text\":\"found\",\"in\":100,\"out\":7}]",
                      NULL);
    f.parts.spend = &rules;
    desk_fixture_renew(&f);
    talk_say(&t, &f, STR(""), "where is it");
    assert_true(str_eq(t.outcome, OUTCOME_ANSWERED));
    struct spend_row row = spent(&f, conversation_scope(&f, t.conversation));
    assert_int_equal(row.tokens, 180);
    assert_int_equal(row.micros, 170 * 10 + 10 * 100);
    assert_int_equal(held(&f, t.conversation), 0);
    desk_assert_sound(&f, t.conversation);
    desk_fixture_close(&f);
}

/* Many servers do not say what a reply took. It took something. */
static void
test_what_nobody_counted_stays_spent(void **state)
{
    (void)state;
    static const struct {
        enum spend_scope scope;
        int64_t tokens;
        size_t answered; /* of two turns */
    } cases[] = {{SPEND_CONVERSATION, 1600, 1}, {SPEND_TURN, 1600, 0}};
    for (size_t i = 0; i < 2; i++) {
        const struct spend_brake brake = {cases[i].scope, cases[i].tokens, 0, SPEND_TEXT};
        const struct spend_rules rules = rules_of(&brake, 1);
        struct desk_fixture f;
        struct talk t = {0};
        struct str conversation = STR("");
        size_t answered = 0;
        desk_fixture_open(&f,
                          i == 0 ? "[{\"text\":\"found\",\"in\":0,\"out\":0}]"
                                 : "[{\"calls\":[{\"name\":\"look\",\"input\":{}}],\"in\":0,"
                                   "\"out\":0},{\"text\":\"found\"}]",
                          NULL);
        f.parts.spend = &rules;
        desk_fixture_renew(&f);
        for (int turn = 0; turn < 2; turn++) {
            talk_say(&t, &f, conversation, "hello");
            conversation = t.conversation;
            answered += str_eq(t.outcome, OUTCOME_ANSWERED);
        }
        assert_int_equal(answered, cases[i].answered);
        assert_int_equal(held(&f, conversation), 0);
        desk_assert_sound(&f, conversation);
        desk_fixture_close(&f);
    }
}

static void
test_a_failure_takes_nothing(void **state)
{
    (void)state;
    const struct spend_brake brakes[] = {{SPEND_CONVERSATION, 1000000, 0, SPEND_TEXT}};
    const struct spend_rules rules = rules_of(brakes, 1);
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(&f, "[{\"error\":\"down\"}]", NULL);
    f.parts.spend = &rules;
    desk_fixture_renew(&f);
    talk_say(&t, &f, STR(""), "hello");
    assert_true(str_eq(t.outcome, OUTCOME_FAILED));
    assert_int_equal(spent(&f, conversation_scope(&f, t.conversation)).tokens, 0);
    assert_int_equal(held(&f, t.conversation), 0);
    desk_fixture_close(&f);
}

/* However quickly its first word came. */
static void
test_a_failure_that_spoke_stays_spent(void **state)
{
    (void)state;
    const struct spend_brake brakes[] = {{SPEND_CONVERSATION, 1000000, 0, SPEND_TEXT}};
    const struct spend_rules rules = rules_of(brakes, 1);
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(&f, "[{\"text\":\"half\",\"error\":\"broken\"}]", NULL);
    f.parts.spend = &rules;
    desk_fixture_renew(&f);
    for (int i = 0; i < 5; i++) {
        talk_say(&t, &f, STR(""), "hello");
        assert_true(str_eq(t.outcome, OUTCOME_FAILED));
        assert_int_equal(t.retracted, i + 1);
        assert_true(spent(&f, conversation_scope(&f, t.conversation)).tokens > 1000);
    }
    desk_fixture_close(&f);
}

static void
cancel(struct talk *t)
{
    engine_cancel(t->f->engine, t->id);
}

static void
test_a_cancelled_call_stays_spent(void **state)
{
    (void)state;
    const struct spend_brake brakes[] = {{SPEND_CONVERSATION, 1000000, 0, SPEND_TEXT}};
    const struct spend_rules rules = rules_of(brakes, 1);
    struct desk_fixture f;
    struct talk t = {.on_text = cancel};
    desk_fixture_open(&f, "[{\"text\":\"so\",\"hang\":true}]", NULL);
    f.parts.spend = &rules;
    desk_fixture_renew(&f);
    talk_say(&t, &f, STR(""), "hello");
    assert_true(str_eq(t.outcome, OUTCOME_CANCELED));
    assert_true(spent(&f, conversation_scope(&f, t.conversation)).tokens > 1000);
    assert_int_equal(held(&f, t.conversation), 0);
    desk_fixture_close(&f);
}

/* A turn whose process died holding a reservation: what was reserved stays spent, the hold goes. */
struct died {
    struct str conversation;
    struct arena *arena;
};

static int
die_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct died *d = arg;
    struct turn_row turn = {.id = STR("t-dead"),
                            .conversation = d->conversation,
                            .process = STR("p-dead"),
                            .state = TURN_OPEN,
                            .user_message = STR("m-x"),
                            .epoch = 1,
                            .opened_at = 1};
    struct hold_row hold = {.id = STR("k-dead"),
                            .conversation = d->conversation,
                            .turn = turn.id,
                            .scopes = STR("day:2026-11-21\n"),
                            .tokens = 500};
    const struct spend_row add = {STR("day:2026-11-21"), 500, 0, INT64_MAX};
    int result = store_turn_add(tx, &turn, err);
    if (result == 0) {
        result = store_hold_add(tx, &hold, err);
    }
    return result == 0 ? store_spend_change(tx, &add, err) : result;
}

static void
test_a_dead_process_stays_spent(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    struct err err = {0};
    desk_fixture_open(&f, "[{\"text\":\"hi\"}]", NULL);
    talk_say(&t, &f, STR(""), "hello");
    struct died died = {t.conversation, &f.arena};
    assert_int_equal(store_write_wait(f.store, die_body, &died, &err), 0);
    struct ledger_recover recover = {.store = f.store};
    assert_int_equal(store_write_wait(f.store, ledger_recover, &recover, &err), 0);
    assert_int_equal(recover.closed, 1);
    assert_int_equal(spent(&f, STR("day:2026-11-21")).tokens, 500);
    assert_int_equal(held(&f, t.conversation), 0);
    desk_fixture_close(&f);
}

/* ---- Brakes ----------------------------------------------------------------------------------*/

struct brake_case {
    const char *name;
    struct spend_brake brakes[2];
    size_t count;
    const char *outcomes[2]; /* of two messages */
    const char *word;        /* in the second reply */
};

static const struct brake_case cases[] = {
    {"a turn's tokens", {{SPEND_TURN, 900, 0, SPEND_TEXT}}, 1, {"limit", "limit"}, "one question"},
    {"a conversation's tokens",
     {{SPEND_CONVERSATION, 4000, 0, SPEND_TEXT}},
     1,
     {"answered", "limit"},
     "this conversation"},
    {"a customer's money",
     {{SPEND_CUSTOMER, 0, 200000, SPEND_TEXT}},
     1,
     {"answered", "limit"},
     "one customer"},
    {"the day's money", {{SPEND_DAY, 0, 200000, SPEND_TEXT}}, 1, {"answered", "limit"}, "today"},
    {"a human", {{SPEND_DAY, 0, 200000, SPEND_HUMAN}}, 1, {"answered", "handed_over"}, "Ticket 1"},
    {"the stronger of two",
     {{SPEND_DAY, 0, 200000, SPEND_TEXT}, {SPEND_CONVERSATION, 4000, 0, SPEND_HUMAN}},
     2,
     {"answered", "handed_over"},
     "Ticket 1"},
    {"a cheaper model that answers",
     {{SPEND_DAY, 0, 200000, SPEND_CHEAPER}},
     1,
     {"answered", "answered"},
     "cheaply"},
    {"a cheaper model that is still too dear",
     {{SPEND_DAY, 0, 200000, SPEND_CHEAPER}, {SPEND_CONVERSATION, 4000, 0, SPEND_TEXT}},
     2,
     {"answered", "limit"},
     "this conversation"},
};

static void
run_case(const struct brake_case *c)
{
    const struct spend_rules rules = rules_of(c->brakes, c->count);
    struct desk_fixture f;
    struct model *cheap = NULL;
    struct err err = {0};
    /* Each answer takes 2000 + 1000 tokens: 120,000 millionths. */
    desk_fixture_open(&f, "[{\"text\":\"dearly\",\"in\":2000,\"out\":1000}]", NULL);
    assert_int_equal(
        model_scripted_named(f.loop, STR("[{\"text\":\"cheaply\"}]"), STR("cheap"), &cheap, &err),
        0);
    f.parts.spend = &rules;
    f.parts.cheaper = cheap;
    desk_fixture_renew(&f);
    struct str conversation = {0};
    for (size_t i = 0; i < 2; i++) {
        struct talk t = {0};
        talk_say(&t, &f, conversation, "a question");
        conversation = t.conversation;
        bool good = str_eq_c(t.outcome, c->outcomes[i]) &&
                    (i == 0 || str_find(t.reply, str_c(c->word), 0) != SIZE_MAX);
        if (!good) {
            fail_msg("%s: message %zu: %s: %s", c->name, i, t.outcome.ptr, t.reply.ptr);
        }
        if (str_eq_c(t.outcome, "handed_over")) {
            assert_int_equal(t.ticket, 1);
        }
    }
    assert_int_equal(held(&f, conversation), 0);
    desk_assert_sound(&f, conversation);
    engine_free(f.engine);
    f.engine = NULL;
    model_free(cheap);
    desk_fixture_close(&f);
}

static void
test_each_brake_does_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        run_case(&cases[i]);
    }
}

/* A brake without a cheaper model to turn to speaks instead of going on. */
static void
test_no_cheaper_model(void **state)
{
    (void)state;
    const struct spend_brake brakes[] = {{SPEND_TURN, 900, 0, SPEND_CHEAPER}};
    const struct spend_rules rules = rules_of(brakes, 1);
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(&f, "[{\"text\":\"hi\"}]", NULL);
    f.parts.spend = &rules;
    desk_fixture_renew(&f);
    talk_say(&t, &f, STR(""), "hello");
    assert_true(str_eq(t.outcome, OUTCOME_LIMIT));
    desk_fixture_close(&f);
}

/* ---- Outside of turns ------------------------------------------------------------------------*/

struct errand_call {
    const struct spend_rules *rules;
    struct str conversation;
    int allows;
};

static int
errand_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct errand_call *e = arg;
    const struct model_call_row row = {.id = STR("k-brief"),
                                       .conversation = e->conversation,
                                       .model = STR("scripted"),
                                       .outcome = STR("ok"),
                                       .input_tokens = 500,
                                       .output_tokens = 10};
    e->allows = spend_allows(tx, e->rules, e->conversation, err);
    return e->allows == 0 ? spend_record(tx, e->rules, &row, err) : 0;
}

static void
test_errands_count_and_are_braked(void **state)
{
    (void)state;
    const struct spend_brake brakes[] = {{SPEND_CONVERSATION, 600, 0, SPEND_TEXT}};
    const struct spend_rules rules = rules_of(brakes, 1);
    struct desk_fixture f;
    struct talk t = {0};
    struct err err = {0};
    desk_fixture_open(&f, "[{\"text\":\"hi\",\"in\":100,\"out\":1}]", NULL);
    talk_say(&t, &f, STR(""), "hello");
    struct errand_call e = {&rules, t.conversation, -1};
    assert_int_equal(store_write_wait(f.store, errand_body, &e, &err), 0);
    assert_int_equal(e.allows, 0);
    struct spend_row row = spent(&f, conversation_scope(&f, t.conversation));
    assert_int_equal(row.tokens, 510);
    assert_int_equal(row.micros, 500 * 10 + 10 * 100);
    const struct spend_brake tight[] = {{SPEND_CONVERSATION, 510, 0, SPEND_TEXT}};
    const struct spend_rules closed = rules_of(tight, 1);
    e.rules = &closed;
    assert_int_equal(store_write_wait(f.store, errand_body, &e, &err), 0);
    assert_int_equal(e.allows, CALL_BOOK_CLOSED);
    desk_fixture_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_costs_are_rounded_up),
        cmocka_unit_test(test_a_call_is_settled_at_what_it_took),
        cmocka_unit_test(test_what_nobody_counted_stays_spent),
        cmocka_unit_test(test_a_failure_takes_nothing),
        cmocka_unit_test(test_a_failure_that_spoke_stays_spent),
        cmocka_unit_test(test_a_cancelled_call_stays_spent),
        cmocka_unit_test(test_a_dead_process_stays_spent),
        cmocka_unit_test(test_each_brake_does_what_it_says),
        cmocka_unit_test(test_no_cheaper_model),
        cmocka_unit_test(test_errands_count_and_are_braked),
    };
    return cmocka_run_group_tests_name("spend", tests, NULL, NULL);
}
