/* An agent's decision, from the refusal that asked for it to what the bot then may do: whole turns,
 * with what agents do at the desk in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "desk/actions.h"
#include "desk/approval.h"
#include "desk/desk.h"
#include "desk_fixture.h"
#include "model_scripted.h"
#include "prompt/prompt.h"
#include "tool_fake.h"

#define CALL(name, input) "{\"name\":\"" name "\",\"input\":" input "}"

/* Text from outside comes in, then what it may have wanted: an agent is asked, and where one agreed
 * it is done. */
#define CANCELS(what)                                                                              \
    "[{\"calls\":[" CALL("page", "{}") "]},{\"calls\":[" CALL(                                     \
        "cancel", "{\"q\":\"" what "\"}") "]},{\"text\":\"done\"}]"

struct deciding {
    struct desk_action action;
    bool approved;
    struct arena *arena;
    struct desk_decided decided;
    struct prompt *line; /* what the customer is told by */
};

/* Claimed, decided and given back, as an agent does it. */
static int
work(struct store_tx *tx, void *arg, struct err *err)
{
    struct deciding *d = arg;
    struct ticket_row ticket;
    const struct desk_decision decision = {
        .number = d->action.number, .agent = d->action.agent, .approved = d->approved};
    int result = desk_claim(tx, &d->action, d->arena, &ticket, err);
    if (result == 0) {
        result = desk_decide(tx, &decision, d->arena, &d->decided, err);
    }
    return result == 0 ? desk_return(tx, &d->action, d->arena, &ticket, err) : result;
}

static struct desk_decided
decide(struct desk_fixture *f, int64_t ticket, bool approved)
{
    struct err err = {0};
    struct deciding d = {
        .action = {.number = ticket, .agent = STR("Sam")},
        .approved = approved,
        .arena = &f->arena,
    };
    assert_int_equal(prompt_parse(STR("decided"),
                                  STR("{{! decided: the line.\n    approved \"\" yes\n"
                                      "    declined \"\" no }}\n{{#approved}}Agreed: {{.}}. "
                                      "Write to me.{{/approved}}{{#declined}}Not agreed: "
                                      "{{.}}.{{/declined}}"),
                                  &d.line, &err),
                     0);
    d.action.decided = d.line;
    int result = store_write_wait(f->store, work, &d, &err);
    prompt_free(d.line);
    if (result != 0) {
        fail_msg("%s", err.message);
    }
    return d.decided;
}

static void
assert_told(struct desk_fixture *f, const char *words)
{
    struct str seen = model_scripted_last_request(f->model);
    if (str_find(seen, str_c(words), 0) == SIZE_MAX) {
        fail_msg("the model was not told \"%s\": %" STR_FMT, words, STR_ARG(seen));
    }
}

static void
test_approved_is_done_once(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk asks = {0};
    struct talk does = {0};
    struct talk again = {0};
    desk_fixture_open(&f, CANCELS("o1"), NULL);
    talk_say(&asks, &f, STR(""), "cancel o1");
    assert_int_equal(asks.ticket, 1);
    struct desk_decided d = decide(&f, 1, true);
    assert_true(str_eq_c(d.row.summary, "Cancel o1."));
    assert_int_equal(d.row.ticket, 1);
    assert_int_equal(tool_fake_cancels(f.fake), 0);
    talk_say(&does, &f, asks.conversation, "well?");
    assert_string_equal(does.reply.ptr, "done");
    assert_int_equal(tool_fake_cancels(f.fake), 1);
    assert_told(&f, "[Note: Sam, a human colleague, approved: Cancel o1. If the customer");
    assert_told(&f, "Agreed: Cancel o1. Write to me.");
    /* The same once more is another call, and asks anew. */
    talk_say(&again, &f, asks.conversation, "and once more");
    assert_int_equal(tool_fake_cancels(f.fake), 1);
    assert_int_equal(again.ticket, 2);
    desk_assert_sound(&f, asks.conversation);
    assert_int_equal(store_check(f.store, &(struct err){0}), 0);
    desk_fixture_close(&f);
}

static void
test_other_arguments_are_another_call(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk asks = {0};
    struct talk tries = {0};
    struct err err = {0};
    desk_fixture_open(&f, CANCELS("o1"), NULL);
    talk_say(&asks, &f, STR(""), "cancel o1");
    (void)decide(&f, 1, true);
    struct model *before = f.model;
    assert_int_equal(model_scripted_new(f.loop, STR(CANCELS("o2")), &f.model, &err), 0);
    f.parts.model = f.model;
    desk_fixture_renew(&f);
    model_free(before);
    talk_say(&tries, &f, asks.conversation, "well?");
    assert_int_equal(tool_fake_cancels(f.fake), 0);
    assert_int_equal(tries.ticket, 2);
    desk_fixture_close(&f);
}

static void
test_declined_is_told(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk asks = {0};
    struct talk tries = {0};
    desk_fixture_open(&f, CANCELS("o1"), NULL);
    talk_say(&asks, &f, STR(""), "cancel o1");
    (void)decide(&f, 1, false);
    talk_say(&tries, &f, asks.conversation, "well?");
    assert_told(&f, "Not agreed: Cancel o1.");
    assert_told(&f, "declined: Cancel o1. Do not try it again; explain it to the customer.]");
    assert_int_equal(tool_fake_cancels(f.fake), 0);
    desk_assert_sound(&f, asks.conversation);
    desk_fixture_close(&f);
}

/* The customer is asked, goes to a human instead, who is asked for something else. */
static int
hand_over(struct store_tx *tx, void *arg, struct err *err)
{
    const struct talk *asks = arg;
    AUTO(arena) struct arena arena = {0};
    AUTO(prompt) struct prompt *line = NULL;
    struct conversation_row row;
    struct desk_ticket ticket;
    const struct approval_row other = {
        .id = STR("a-other"),
        .conversation = asks->conversation,
        .tool = STR("cancel"),
        .arguments = STR("{\"q\":\"o9\"}"),
        .summary = STR("Cancel o9."),
        .needs = APPROVAL_AGENT,
        .state = APPROVAL_PENDING,
        .created_at = store_now(tx),
        .expires_at = store_now(tx) + DESK_APPROVED_MS,
    };
    int result = store_conversation_get(tx, asks->conversation, &arena, &row, err);
    if (result == 0) {
        result =
            prompt_parse(STR("handoff"), STR("{{! handoff: the line. }}\nOne moment."), &line, err);
    }
    if (result == 0) {
        const struct desk_handover h = {.conversation = row.id,
                                        .epoch = row.epoch,
                                        .who = STR("customer"),
                                        .reason = STR("asked"),
                                        .line = line};
        result = desk_hand_over(tx, &h, &arena, &ticket, err);
    }
    return result == 0 ? store_approval_add(tx, &other, err) : result;
}

static void
test_a_yes_behind_it_answers_nothing(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk asks = {0};
    struct talk yes = {0};
    struct err err = {0};
    desk_fixture_open(
        &f, "[{\"calls\":[" CALL("cancel", "{\"q\":\"o1\"}") "]},{\"text\":\"done\"}]", NULL);
    talk_say(&asks, &f, STR(""), "cancel o1");
    assert_non_null(strstr(asks.reply.ptr, "May I?"));
    if (store_write_wait(f.store, hand_over, &asks, &err) != 0) {
        fail_msg("%s", err.message);
    }
    (void)decide(&f, 1, true);
    talk_say(&yes, &f, asks.conversation, "yes");
    assert_told(&f, "Agreed: Cancel o9. Write to me.");
    assert_int_equal(tool_fake_cancels(f.fake), 0);
    assert_non_null(strstr(yes.reply.ptr, "May I?"));
    desk_assert_sound(&f, asks.conversation);
    desk_fixture_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_approved_is_done_once),
        cmocka_unit_test(test_other_arguments_are_another_call),
        cmocka_unit_test(test_declined_is_told),
        cmocka_unit_test(test_a_yes_behind_it_answers_nothing),
    };
    return cmocka_run_group_tests_name("approval-turn", tests, NULL, NULL);
}
