/* The turn: every way through its states, with a scripted model and fake tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "desk_fixture.h"
#include "model_scripted.h"
#include "tool_fake.h"

#define CALL(name, input) "{\"name\":\"" name "\",\"input\":" input "}"

/* ---- One message, one script: what it comes to -----------------------------------------------*/

struct turn_case {
    const char *name;
    const char *script;
    const char *outcome;
    const char *reply;
    const char *record;
    const char *calls;
};

static const struct turn_case cases[] = {
    {"an answer", "[{\"text\":\"hello\",\"chunks\":3}]", "answered", "hello",
     "customer:text bot:text", ""},
    {"one call", "[{\"calls\":[" CALL("look", "{\"q\":\"a\"}") "]},{\"text\":\"found\"}]",
     "answered", "found", "customer:text bot:use tool:res bot:text", "ok"},
    {"words beside a call are kept",
     "[{\"text\":\"one moment\",\"calls\":[" CALL("look", "{}") "]},{\"text\":\"found\"}]",
     "answered", "one moment\n\nfound", "customer:text bot:text+use tool:res bot:text", "ok"},
    {"parallel calls come back in order",
     "[{\"calls\":[" CALL("look", "{\"ms\":30}") "," CALL("look", "{\"ms\":1}") "," CALL(
         "fail", "{}") "]},{\"text\":\"done\"}]",
     "answered", "done", "customer:text bot:use+use+use tool:res+res+res bot:text", "ok ok error"},
    {"an unknown tool", "[{\"calls\":[" CALL("nosuch", "{}") "]},{\"text\":\"sorry\"}]", "answered",
     "sorry", "customer:text bot:use tool:res bot:text", "rejected"},
    {"broken JSON",
     "[{\"calls\":[{\"name\":\"look\",\"raw\":\"{\\\"q\\\":\"}]},{\"text\":\"sorry\"}]", "answered",
     "sorry", "customer:text bot:use tool:res bot:text", "rejected"},
    {"arguments that are no object",
     "[{\"calls\":[{\"name\":\"look\",\"raw\":\"[1]\"}]},{\"text\":\"sorry\"}]", "answered",
     "sorry", "customer:text bot:use tool:res bot:text", "rejected"},
    {"arguments that break the schema",
     "[{\"calls\":[" CALL("look", "{\"ms\":\"x\"}") "]},{\"text\":\"sorry\"}]", "answered", "sorry",
     "customer:text bot:use tool:res bot:text", "rejected"},
    {"a tool that hangs", "[{\"calls\":[" CALL("stuck", "{}") "]},{\"text\":\"sorry\"}]",
     "answered", "sorry", "customer:text bot:use tool:res bot:text", "timeout"},
    {"a name no API takes", "[{\"calls\":[" CALL("look up!", "{}") "]},{\"text\":\"sorry\"}]",
     "answered", "sorry", "customer:text bot:use tool:res bot:text", "rejected"},
    {"nothing, twice", "[{}]", "failed", "Sorry, that went wrong.", "customer:text system:text",
     ""},
    {"a call cut by the token limit is never run",
     "[{\"text\":\"half\",\"calls\":[" CALL("write", "{}") "],\"stop\":\"max_tokens\"}]",
     "answered", "half", "customer:text bot:text", ""},
    {"only a cut call", "[{\"calls\":[" CALL("write", "{}") "],\"stop\":\"max_tokens\"}]", "limit",
     "Sorry: my answer became longer than I am allowed to make it. Shall I get a human?",
     "customer:text system:text", ""},
    {"all was filtered", "[{\"stop\":\"filtered\"}]", "limit",
     "Sorry: a content filter held my answer back. Shall I get a human?",
     "customer:text system:text", ""},
    {"some was filtered", "[{\"text\":\"I may not\",\"stop\":\"filtered\"}]", "answered",
     "I may not", "customer:text bot:text", ""},
    {"a model that fails", "[{\"text\":\"so far\",\"error\":\"the model is on fire\"}]", "failed",
     "Sorry, that went wrong.", "customer:text system:text", ""},
    {"a retry", "[{\"text\":\"hello\",\"retract\":true}]", "answered", "hello",
     "customer:text bot:text", ""},
    {"a hand-over",
     "[{\"calls\":[" CALL("human", "{\"reason\":\"angry\",\"priority\":\"high\"}") "]}]",
     "handed_over", "Ticket 1.", "customer:text bot:use tool:res system:text", "ok"},
    {"words before a hand-over are withdrawn",
     "[{\"text\":\"I will transfer you\",\"calls\":[" CALL("human", "{}") "]}]", "handed_over",
     "Ticket 1.", "customer:text bot:use tool:res system:text", "ok"},
    {"a hand-over beside another call",
     "[{\"calls\":[" CALL("human", "{}") "," CALL("look", "{\"ms\":20}") "]}]", "handed_over",
     "Ticket 1.", "customer:text bot:use+use tool:res+res system:text", "ok ok"},
    {"two hand-overs in one reply",
     "[{\"calls\":[" CALL("human", "{}") "," CALL("human", "{}") "]}]", "handed_over", "Ticket 1.",
     "customer:text bot:use+use tool:res+res system:text", "ok error"},
};

static void
test_ways_through(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct turn_case *c = &cases[i];
        struct desk_fixture f;
        struct talk t = {0};
        desk_fixture_open(&f, c->script, NULL);
        talk_say(&t, &f, STR(""), "please help me");
        struct str record = desk_describe(&f, t.conversation);
        struct str calls = desk_calls(&f, t.conversation);
        if (!str_eq_c(t.outcome, c->outcome) || !str_eq_c(t.reply, c->reply) ||
            !str_eq_c(record, c->record) || !str_eq_c(calls, c->calls)) {
            fail_msg("%s: outcome %s, reply \"%s\", record \"%s\", calls \"%s\" (%s)", c->name,
                     t.outcome.ptr, t.reply.ptr, record.ptr, calls.ptr, t.reason.ptr);
        }
        desk_assert_sound(&f, t.conversation);
        desk_fixture_close(&f);
    }
}

/* ---- Limits ----------------------------------------------------------------------------------*/

static void
test_each_limit_ends_honestly(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *script;
        struct turn_limits limits;
        const char *word;
    } limits[] = {
        {"model calls",
         "[{\"calls\":[" CALL("look", "{}") "]}]",
         {2, 20, 9, 9000, 100000},
         "steps"},
        {"tool calls",
         "[{\"calls\":[" CALL("look", "{}") "," CALL("look", "{\"q\":\"b\"}") "]}]",
         {8, 1, 9, 9000, 100000},
         "look-ups"},
        {"repeats",
         "[{\"calls\":[" CALL("look", "{\"q\":\"same\"}") "]}]",
         {50, 50, 3, 9000, 100000},
         "same look-up"},
        {"tokens",
         "[{\"calls\":[" CALL("look", "{}") "],\"in\":600}]",
         {8, 20, 9, 9000, 1000},
         "reading"},
        {"time, the model hangs",
         "[{\"text\":\"so\",\"hang\":true}]",
         {8, 20, 9, 60, 100000},
         "longer"},
        {"time, a tool is slow",
         "[{\"calls\":[" CALL("write", "{\"ms\":900}") "]}]",
         {8, 20, 9, 60, 100000},
         "longer"},
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct desk_fixture f;
        struct talk t = {0};
        desk_fixture_open(&f, limits[i].script, &limits[i].limits);
        talk_say(&t, &f, STR(""), "please help me");
        bool offers = str_find(t.reply, STR("Shall I get a human?"), 0) != SIZE_MAX;
        bool names = str_find(t.reply, str_c(limits[i].word), 0) != SIZE_MAX;
        if (!str_eq(t.outcome, OUTCOME_LIMIT) || !offers || !names) {
            fail_msg("%s: %s: %s", limits[i].name, t.outcome.ptr, t.reply.ptr);
        }
        desk_assert_sound(&f, t.conversation);
        desk_fixture_close(&f);
    }
}

static void
test_a_slow_write_is_recorded_as_unknown(void **state)
{
    (void)state;
    struct turn_limits limits = {8, 20, 9, 60, 100000};
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(
        &f, "[{\"calls\":[" CALL("write", "{\"ms\":900}") "," CALL("look", "{\"ms\":900}") "]}]",
        &limits);
    talk_say(&t, &f, STR(""), "do it");
    assert_string_equal(desk_calls(&f, t.conversation).ptr, "unknown canceled");
    assert_string_equal(desk_describe(&f, t.conversation).ptr,
                        "customer:text bot:use+use tool:res+res system:text");
    desk_fixture_close(&f);
}

/* ---- Cancel ----------------------------------------------------------------------------------*/

static void
cancel(struct talk *t)
{
    engine_cancel(t->f->engine, t->id);
}

static void
test_cancel_anywhere_leaves_a_sound_record(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *script;
        bool at_once;
        bool on_text;
        bool on_tool;
    } where[] = {
        {"before anything", "[{\"text\":\"hi\"}]", true, false, false},
        {"while text streams", "[{\"text\":\"a b c d\",\"chunks\":4,\"hang\":true}]", false, true,
         false},
        {"while tools run",
         "[{\"calls\":[" CALL("write", "{\"ms\":500}") "," CALL("look", "{\"ms\":500}") "]}]",
         false, false, true},
        {"while the first of two tools is done",
         "[{\"calls\":[" CALL("look", "{\"ms\":0}") "," CALL("look", "{\"ms\":500}") "]}]", false,
         false, true},
    };
    for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        struct desk_fixture f;
        struct talk t = {.on_text = where[i].on_text ? cancel : NULL,
                         .on_tool = where[i].on_tool ? cancel : NULL};
        desk_fixture_open(&f, where[i].script, NULL);
        talk_start(&t, &f, STR(""), "please");
        if (where[i].at_once) {
            cancel(&t);
        }
        talk_wait(&t);
        if (!str_eq(t.outcome, OUTCOME_CANCELED) || t.reply.len != 0 || t.text.len != 0) {
            fail_msg("%s: %s \"%s\"", where[i].name, t.outcome.ptr, t.text.text);
        }
        talk_done(&t);
        if (t.conversation.len) {
            desk_assert_sound(&f, t.conversation);
            struct talk next = {.on_text = t.on_text}; /* the script hangs again */
            talk_say(&next, &f, t.conversation, "and now?");
            assert_true(next.done);
            desk_assert_sound(&f, t.conversation);
        }
        desk_fixture_close(&f);
    }
}

/* The cancel comes with the result of the only call, which asked for a hand-over: too late for the
 * loop to stop it, early enough for nothing to be committed. */
static void
test_a_cancel_with_the_last_result_cancels(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        const char *calls;
    } cases_of_last[] = {
        {"[{\"calls\":[" CALL("human", "{}") "]}]", "canceled"},
        {"[{\"calls\":[" CALL("write", "{}") "]}]", "ok"},
        {"[{\"calls\":[" CALL("human", "{}") "," CALL("write", "{\"ms\":500}") "]}]",
         "canceled unknown"},
    };
    for (size_t i = 0; i < sizeof(cases_of_last) / sizeof(cases_of_last[0]); i++) {
        struct desk_fixture f;
        struct talk t = {.on_tool_end = cancel};
        struct talk next = {0};
        desk_fixture_open(&f, cases_of_last[i].script, NULL);
        talk_say(&t, &f, STR(""), "please");
        assert_string_equal(t.outcome.ptr, "canceled");
        assert_int_equal(t.ticket, 0);
        assert_string_equal(desk_calls(&f, t.conversation).ptr, cases_of_last[i].calls);
        desk_assert_sound(&f, t.conversation);
        next.on_tool = cancel;
        talk_say(&next, &f, t.conversation, "and now?");
        assert_string_equal(next.outcome.ptr, "canceled");
        desk_fixture_close(&f);
    }
}

/* The one that waits is cancelled while the one before it says that it is done: it was not begun,
 * and is about to be. */
static struct talk *waiting;

static void
cancel_waiting(struct talk *t)
{
    engine_cancel(t->f->engine, waiting->id);
}

static void
test_cancel_when_its_turn_comes(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk opening = {0};
    struct talk before = {.on_done = cancel_waiting};
    struct talk after = {0};
    waiting = &after;
    desk_fixture_open(&f, "[{\"text\":\"hello\"}]", NULL);
    talk_say(&opening, &f, STR(""), "hi");
    talk_start(&before, &f, opening.conversation, "one");
    talk_start(&after, &f, opening.conversation, "two");
    talk_wait(&before);
    talk_wait(&after);
    assert_true(str_eq(before.outcome, OUTCOME_ANSWERED));
    assert_true(str_eq(after.outcome, OUTCOME_CANCELED));
    talk_done(&before);
    talk_done(&after);
    talk_say(&after, &f, opening.conversation, "three");
    assert_true(str_eq(after.outcome, OUTCOME_ANSWERED));
    desk_assert_sound(&f, opening.conversation);
    desk_fixture_close(&f);
}

/* ---- Ownership -------------------------------------------------------------------------------*/

struct takeover {
    struct str conversation;
    struct str owner;
};

static int
take_over(struct store_tx *tx, void *arg, struct err *err)
{
    struct takeover *o = arg;
    AUTO(arena) struct arena arena = {0};
    struct conversation_row row;
    int64_t epoch;
    int result = store_conversation_get(tx, o->conversation, &arena, &row, err);
    return result ? result
                  : store_owner_set(tx, o->conversation, row.epoch, o->owner, STR("agent:Sam"),
                                    STR("test"), &epoch, err);
}

struct late_takeover {
    struct store_request request;
    struct takeover body;
    bool begun;
};
static struct late_takeover late;

static void
took_over(void *arg, int result, const struct err *err)
{
    (void)arg;
    (void)err;
    assert_int_equal(result, 0);
}

/* A human takes the conversation while its text streams. */
static void
take_over_now(struct talk *t)
{
    if (late.begun) {
        return;
    }
    late.begun = true;
    late.body = (struct takeover){t->conversation, OWNER_HUMAN};
    late.request = (struct store_request){.body = take_over, .done = took_over, .arg = &late.body};
    store_write(t->f->store, &late.request);
}

static void
test_a_takeover_withdraws_what_streams(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk first = {0};
    struct talk t = {.on_text = take_over_now};
    late.begun = false;
    desk_fixture_open(&f, "[{\"text\":\"I think that\",\"chunks\":2,\"hang\":true}]", NULL);
    /* A conversation to take: its first turn is cancelled. */
    first.on_text = cancel;
    talk_say(&first, &f, STR(""), "hello");
    t.conversation = first.conversation;
    talk_start(&t, &f, first.conversation, "again");
    talk_wait(&t);
    assert_string_equal(t.outcome.ptr, "with_human");
    assert_int_equal(t.retracted, 1);
    assert_int_equal(t.reply.len, 0);
    assert_int_equal(t.text.len, 0);
    assert_string_equal(desk_describe(&f, t.conversation).ptr,
                        "customer:text customer:text bot*:text");
    desk_assert_sound(&f, t.conversation);
    talk_done(&t);
    desk_fixture_close(&f);
}

/* The takeover comes so late that only the commit of the reply can see it. */
static void
test_a_late_reply_is_discarded(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk first = {0};
    struct talk t = {.on_text = take_over_now};
    late.begun = false;
    desk_fixture_open(&f, "[{\"text\":\"an answer\"}]", NULL);
    talk_say(&first, &f, STR(""), "hello");
    t.conversation = first.conversation;
    talk_start(&t, &f, first.conversation, "again");
    talk_wait(&t);
    assert_string_equal(t.outcome.ptr, "with_human");
    assert_int_equal(t.reply.len, 0);
    assert_int_equal(t.retracted, 1);
    assert_string_equal(desk_describe(&f, t.conversation).ptr,
                        "customer:text bot:text customer:text bot*:text");
    talk_done(&t);
    desk_fixture_close(&f);
}

static void
test_the_bot_is_silent_after_a_hand_over(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    struct talk next = {0};
    desk_fixture_open(&f, "[{\"calls\":[" CALL("human", "{\"reason\":\"asked\"}") "]}]", NULL);
    talk_say(&t, &f, STR(""), "a human please");
    assert_int_equal(t.ticket, 1);
    assert_int_equal(t.handed_over, 1);
    talk_say(&next, &f, t.conversation, "are you there?");
    assert_string_equal(next.outcome.ptr, "with_human");
    assert_int_equal(next.reply.len, 0);
    assert_int_equal(model_scripted_calls(f.model), 1);
    assert_string_equal(desk_describe(&f, t.conversation).ptr,
                        "customer:text bot:use tool:res system:text customer:text");
    desk_fixture_close(&f);
}

static void
test_the_model_sees_the_ticket_and_the_results(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    struct talk next = {0};
    desk_fixture_open(&f, "[{\"calls\":[" CALL("human", "{}") "]}]", NULL);
    talk_say(&t, &f, STR(""), "a human please");
    struct takeover back = {t.conversation, OWNER_BOT};
    struct err err = {0};
    assert_int_equal(store_write_wait(f.store, take_over, &back, &err), 0);
    talk_say(&next, &f, t.conversation, "hello again");
    struct str seen = model_scripted_last_request(f.model);
    assert_true(str_find(seen, STR("\"ticket\":1"), 0) != SIZE_MAX);
    assert_true(str_find(seen, STR("Ticket 1."), 0) != SIZE_MAX);
    desk_fixture_close(&f);
}

/* ---- Queue, input ----------------------------------------------------------------------------*/

static void
test_messages_wait_in_line_and_the_line_is_short(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk first = {0};
    struct talk t[4] = {0};
    desk_fixture_open(&f, "[{\"text\":\"hi\",\"delay_ms\":20}]", NULL);
    talk_say(&first, &f, STR(""), "hello");
    for (size_t i = 0; i < 4; i++) {
        talk_start(&t[i], &f, first.conversation, "more");
    }
    assert_int_equal(t[0].submit, 0);
    assert_int_equal(t[1].submit, 0);
    assert_int_equal(t[2].submit, 0);
    assert_int_equal(t[3].submit, ERR_LIMIT);
    /* One in the line goes again. */
    cancel(&t[1]);
    for (size_t i = 0; i < 3; i++) {
        talk_wait(&t[i]);
        talk_done(&t[i]);
    }
    talk_done(&t[3]);
    assert_string_equal(t[1].outcome.ptr, "canceled");
    assert_string_equal(desk_describe(&f, first.conversation).ptr,
                        "customer:text bot:text customer:text bot:text customer:text bot:text");
    assert_int_equal(engine_active(f.engine), 0);
    assert_int_equal(engine_conversations(f.engine), 0);
    desk_fixture_close(&f);
}

static void
test_conversations_run_side_by_side(void **state)
{
    (void)state;
    enum { MANY = 64 };
    struct desk_fixture f;
    struct talk t[MANY];
    memset(t, 0, sizeof(t));
    desk_fixture_open(&f, "[{\"calls\":[" CALL("look", "{\"ms\":20}") "]},{\"text\":\"hi\"}]",
                      NULL);
    for (size_t i = 0; i < MANY; i++) {
        talk_start(&t[i], &f, STR(""), "hello");
    }
    for (size_t i = 0; i < MANY; i++) {
        talk_wait(&t[i]);
        talk_done(&t[i]);
        assert_string_equal(t[i].outcome.ptr, "answered");
    }
    assert_true(tool_fake_peak(f.fake) > MANY / 2);
    desk_fixture_close(&f);
}

static void
test_input_is_checked(void **state)
{
    (void)state;
    static char huge[70000];
    memset(huge, 'x', sizeof(huge) - 1);
    const struct {
        const char *text;
        int want;
        const char *words;
    } inputs[] = {
        {"", ERR_INVALID, "empty"},
        {" \n\t ", ERR_INVALID, "empty"},
        {"\033[2J\007", ERR_INVALID, "empty"},
        {"caf\xE9", ERR_INVALID, "UTF-8"},
        {huge, ERR_INVALID, "too long"},
        {"fine \033[31mred\033[0m", 0, ""},
    };
    struct desk_fixture f;
    desk_fixture_open(&f, "[{\"text\":\"hi\"}]", NULL);
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        struct talk t = {0};
        talk_start(&t, &f, STR(""), inputs[i].text);
        assert_int_equal(t.submit, inputs[i].want);
        if (t.submit == 0) {
            talk_wait(&t);
        }
        talk_done(&t);
    }
    assert_true(str_find(model_scripted_last_request(f.model), STR("fine red"), 0) != SIZE_MAX);
    desk_fixture_close(&f);
}

static void
test_unknown_and_foreign_conversations(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(&f, "[{\"text\":\"hi\"}]", NULL);
    talk_say(&t, &f, STR("c-none"), "hello");
    assert_string_equal(t.outcome.ptr, "failed");
    assert_true(str_find(t.reason, STR("c-none: there is none"), 0) != SIZE_MAX);
    desk_fixture_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways_through),
        cmocka_unit_test(test_each_limit_ends_honestly),
        cmocka_unit_test(test_a_slow_write_is_recorded_as_unknown),
        cmocka_unit_test(test_cancel_anywhere_leaves_a_sound_record),
        cmocka_unit_test(test_cancel_when_its_turn_comes),
        cmocka_unit_test(test_a_cancel_with_the_last_result_cancels),
        cmocka_unit_test(test_a_takeover_withdraws_what_streams),
        cmocka_unit_test(test_a_late_reply_is_discarded),
        cmocka_unit_test(test_the_bot_is_silent_after_a_hand_over),
        cmocka_unit_test(test_the_model_sees_the_ticket_and_the_results),
        cmocka_unit_test(test_messages_wait_in_line_and_the_line_is_short),
        cmocka_unit_test(test_conversations_run_side_by_side),
        cmocka_unit_test(test_input_is_checked),
        cmocka_unit_test(test_unknown_and_foreign_conversations),
    };
    return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
