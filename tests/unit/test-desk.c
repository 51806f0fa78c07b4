/* The desk: hand-over with its summary, and what agents do with tickets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "desk/actions.h"
#include "desk/desk.h"
#include "desk_fixture.h"
#include "model_scripted.h"

static const char hands_over[] =
    "[{\"calls\":[{\"name\":\"look\",\"input\":{\"q\":\"hub\"}},{\"name\":\"fail\",\"input\":{}}]},"
    "{\"calls\":[{\"name\":\"human\",\"input\":{\"reason\":\"refund "
    "wanted\",\"priority\":\"high\"}}]}]";

typedef int (*desk_fn)(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
                       struct ticket_row *ret, struct err *err);

struct act {
    desk_fn fn;
    struct desk_action action;
    struct arena *arena;
    struct ticket_row ticket;
};

static int
act_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct act *a = arg;
    return a->fn(tx, &a->action, a->arena, &a->ticket, err);
}

static struct err last_err;

static int
act(struct desk_fixture *f, desk_fn fn, int64_t number, const char *agent, const char *text,
    struct ticket_row *ret)
{
    struct act a = {.fn = fn,
                    .action = {.number = number, .agent = str_c(agent), .text = str_c(text)},
                    .arena = &f->arena};
    int result = store_write_wait(f->store, act_body, &a, &last_err);
    if (ret) {
        *ret = a.ticket;
    }
    return result;
}

static struct talk
open_ticket(struct desk_fixture *f)
{
    struct talk t = {0};
    desk_fixture_open(f, hands_over, NULL);
    talk_say(&t, f, STR(""), "my hub is broken and I want my money back");
    assert_int_equal(t.ticket, 1);
    return t;
}

static int
read_ticket(struct store_tx *tx, void *arg, struct err *err)
{
    struct act *a = arg;
    return store_ticket_get(tx, a->action.number, a->arena, &a->ticket, err);
}

static struct ticket_row
ticket(struct desk_fixture *f, int64_t number)
{
    struct act a = {.action = {.number = number}, .arena = &f->arena};
    assert_int_equal(store_read_wait(f->store, read_ticket, &a, &last_err), 0);
    return a.ticket;
}

struct hand {
    struct desk_handover what;
    struct arena *arena;
    struct desk_ticket ticket;
};

static int
hand_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct hand *h = arg;
    struct conversation_row row;
    int result = store_conversation_get(tx, h->what.conversation, h->arena, &row, err);
    h->what.epoch = row.epoch;
    return result != 0 ? result : desk_hand_over(tx, &h->what, h->arena, &h->ticket, err);
}

/* Safety first: where somebody may be in danger the template can say so, whatever the desk's own
 * variables are called. */
static void
test_urgent_line(void **state)
{
    (void)state;
    static const struct {
        const char *priority;
        const char *vars;
        const char *want;
    } cases[] = {
        {"medium", "{}", "Ticket 2."},
        {"high", "{\"shop_name\":\"\\u0001\"}", "Ticket 3."},
        {"urgent", "{}", "Danger! Ticket 4."},
        {"urgent", "{\"urgent\":false,\"shop_name\":\"\\u0001\"}", "Danger! Ticket 5."},
        {"urgent", "", "Danger! Ticket 6."},
    };
    struct desk_fixture f;
    (void)open_ticket(&f);
    int64_t number = 1;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ticket_row back;
        assert_int_equal(act(&f, desk_claim, number, "ann", "", NULL), 0);
        assert_int_equal(act(&f, desk_return, number, "ann", "", &back), 0);
        struct hand h = {.what = {.conversation = back.conversation,
                                  .who = STR("bot"),
                                  .reason = STR("because"),
                                  .priority = str_c(cases[i].priority),
                                  .line = f.parts.handoff,
                                  .line_vars = str_c(cases[i].vars)},
                         .arena = &f.arena};
        assert_int_equal(store_write_wait(f.store, hand_body, &h, &last_err), 0);
        assert_true(str_eq_c(h.ticket.line, cases[i].want));
        number = h.ticket.number;
    }
    desk_fixture_close(&f);
}

struct ids {
    struct str conversation;
    struct arena *arena;
    struct message_row *messages;
    size_t message_count;
    struct tool_call_row *calls;
    size_t call_count;
};

static int
read_ids(struct store_tx *tx, void *arg, struct err *err)
{
    struct ids *ids = arg;
    int result = store_message_list(tx, ids->conversation, 0, 0, ids->arena, &ids->messages,
                                    &ids->message_count, err);
    return result < 0 ? result
                      : store_tool_call_list(tx, ids->conversation, STR(""), ids->arena,
                                             &ids->calls, &ids->call_count, err);
}

static bool
is_known(const struct ids *ids, struct str id)
{
    for (size_t i = 0; i < ids->message_count; i++) {
        if (str_eq(ids->messages[i].id, id)) {
            return true;
        }
    }
    for (size_t i = 0; i < ids->call_count; i++) {
        if (str_eq(ids->calls[i].id, id)) {
            return true;
        }
    }
    return false;
}

static void
test_every_line_of_a_summary_has_its_evidence(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = open_ticket(&f);
    struct ids ids = {.conversation = t.conversation, .arena = &f.arena};
    assert_int_equal(store_read_wait(f.store, read_ids, &ids, &last_err), 0);
    struct ticket_row row = ticket(&f, 1);
    assert_string_equal(row.priority.ptr, "high");
    assert_string_equal(row.reason.ptr, "refund wanted");
    struct js *lines = NULL;
    assert_int_equal(js_parse(row.summary, &f.arena, &lines, &last_err), 0);
    AUTO(buf) struct buf kinds;
    buf_init(&kinds, 256);
    for (size_t i = 0; i < js_count(lines); i++) {
        const struct js *line = js_at(lines, i);
        const struct js *evidence = js_get_c(line, "evidence");
        assert_true(js_count(evidence) > 0);
        assert_true(js_get_text(line, "text").len > 0);
        for (size_t e = 0; e < js_count(evidence); e++) {
            assert_true(is_known(&ids, js_text(js_at(evidence, e))));
        }
        buf_printf(&kinds, "%" STR_FMT " ", STR_ARG(js_get_text(line, "kind")));
    }
    assert_string_equal(kinds.text, "wants fact open next ");
    desk_fixture_close(&f);
}

static void
test_two_agents_cannot_both_claim(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = open_ticket(&f);
    struct ticket_row row;
    assert_int_equal(act(&f, desk_reply, 1, "Sam", "hello", &row), DESK_NOT_YOURS);
    assert_int_equal(act(&f, desk_claim, 1, "Sam", "", &row), 0);
    assert_string_equal(row.status.ptr, "claimed");
    assert_int_equal(act(&f, desk_claim, 1, "Sam", "", &row), 0);
    assert_int_equal(act(&f, desk_claim, 1, "Ada", "", &row), DESK_TAKEN);
    assert_string_equal(row.assignee.ptr, "Sam");
    assert_int_equal(act(&f, desk_reply, 1, "Ada", "mine", &row), DESK_TAKEN);
    assert_int_equal(act(&f, desk_claim, 9, "Ada", "", &row), ERR_NOTFOUND);
    assert_int_equal(act(&f, desk_claim, 1, "A;\ndrop", "", &row), ERR_INVALID);
    struct talk next = {0};
    talk_say(&next, &f, t.conversation, "anyone?");
    assert_string_equal(next.outcome.ptr, "with_human");
    desk_fixture_close(&f);
}

static void
test_a_reply_waits_and_an_answer_comes_back(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = open_ticket(&f);
    struct ticket_row row;
    struct talk answer = {0};
    assert_int_equal(act(&f, desk_claim, 1, "Sam", "", NULL), 0);
    assert_int_equal(act(&f, desk_reply, 1, "Sam", " \033[31m ", NULL), ERR_INVALID);
    assert_int_equal(act(&f, desk_reply, 1, "Sam", "hello, I am Sam", &row), 0);
    assert_string_equal(row.status.ptr, "waiting");
    talk_say(&answer, &f, t.conversation, "hello Sam");
    assert_string_equal(ticket(&f, 1).status.ptr, "claimed");
    assert_string_equal(desk_describe(&f, t.conversation).ptr,
                        "customer:text bot:use+use tool:res+res bot:use tool:res system:text "
                        "agent:Sam:text customer:text");
    desk_fixture_close(&f);
}

static void
test_returned_to_the_bot_with_a_note(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = open_ticket(&f);
    struct ticket_row row;
    struct talk next = {0};
    assert_int_equal(act(&f, desk_claim, 1, "Sam", "", NULL), 0);
    assert_int_equal(act(&f, desk_return, 1, "Sam", "the refund is under way", &row), 0);
    assert_string_equal(row.status.ptr, "resolved");
    assert_int_equal(act(&f, desk_reply, 1, "Sam", "too late", &row), DESK_OVER);
    talk_say(&next, &f, t.conversation, "thanks");
    /* The script hands over each time; what counts is that the bot was asked, and told. */
    assert_string_equal(next.outcome.ptr, "handed_over");
    struct str seen = model_scripted_last_request(f.model);
    assert_true(str_find(seen, STR("the refund is under way. Ticket 1 (refund wanted) is settled"),
                         0) != SIZE_MAX);
    assert_int_equal(next.ticket, 2);
    desk_assert_sound(&f, t.conversation);
    desk_fixture_close(&f);
}

static void
test_resolved_and_opened_again(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = open_ticket(&f);
    struct talk next = {0};
    assert_int_equal(act(&f, desk_claim, 1, "Sam", "", NULL), 0);
    assert_int_equal(act(&f, desk_resolve, 1, "Sam", "refunded", NULL), 0);
    assert_true(ticket(&f, 1).resolved_at > 0);
    talk_say(&next, &f, t.conversation, "it is not there yet");
    assert_string_equal(next.outcome.ptr, "with_human");
    struct ticket_row row = ticket(&f, 1);
    assert_string_equal(row.status.ptr, "open");
    assert_int_equal(row.assignee.len, 0);
    assert_int_equal(row.resolved_at, 0);
    assert_int_equal(act(&f, desk_claim, 1, "Ada", "", NULL), 0);
    desk_fixture_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_line_of_a_summary_has_its_evidence),
        cmocka_unit_test(test_urgent_line),
        cmocka_unit_test(test_two_agents_cannot_both_claim),
        cmocka_unit_test(test_a_reply_waits_and_an_answer_comes_back),
        cmocka_unit_test(test_returned_to_the_bot_with_a_note),
        cmocka_unit_test(test_resolved_and_opened_again),
    };
    return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
