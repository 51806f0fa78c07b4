/* Calls that somebody has to agree to: asked, answered, used up, run once; by whole turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/media.h"
#include "desk_fixture.h"
#include "model/model.h"
#include "model_scripted.h"
#include "store_fixture.h"
#include "tool/policy.h"
#include "tool_fake.h"

#define CALL(name, input) "{\"name\":\"" name "\",\"input\":" input "}"
#define CANCEL CALL("cancel", "{\"q\":\"o1\"}")
#define CANCELS "[{\"text\":\"It is cancelled!\",\"calls\":[" CANCEL "]},{\"text\":\"done\"}]"
#define ASKED "May I?\n- Cancel o1.\nYes or no?"
#define DONE "It is cancelled!\n\ndone"

enum { MESSAGES_MAX = 5 };

/* ---- What the customer says, one message after the other --------------------------------------*/

struct dialogue {
    const char *name;
    const char *script;
    const char *says[MESSAGES_MAX];
    const char *replies[MESSAGES_MAX];
    const char *approvals; /* at the end */
    unsigned cancels;
};

static const struct dialogue dialogues[] = {
    {"asked, and nothing done", CANCELS, {"cancel o1"}, {ASKED}, "pending", 0},
    {"yes", CANCELS, {"cancel o1", "yes"}, {ASKED, DONE}, "used", 1},
    {"yes, in more words",
     CANCELS,
     {"cancel o1", "Yes please, cancel it!"},
     {ASKED, DONE},
     "used",
     1},
    {"the second time it is asked again",
     CANCELS,
     {"cancel o1", "yes", "cancel o1", "no"},
     {ASKED, DONE, ASKED, ASKED},
     "used declined pending",
     1},
    {"yes twice is for two questions",
     CANCELS,
     {"cancel o1", "yes", "yes", "yes"},
     {ASKED, DONE, ASKED, DONE},
     "used used",
     2},
    {"no", CANCELS, {"cancel o1", "no"}, {ASKED, ASKED}, "declined pending", 0},
    {"something else", CANCELS, {"cancel o1", "why?"}, {ASKED, ASKED}, "lapsed pending", 0},
    {"yes, but", CANCELS, {"cancel o1", "yes, but not today"}, {ASKED, ASKED}, "lapsed pending", 0},
    {"a yes behind something else answers the question behind it",
     CANCELS,
     {"cancel o1", "why?", "yes"},
     {ASKED, ASKED, DONE},
     "lapsed used",
     1},
    {"two calls in one reply are asked together and run",
     "[{\"calls\":[" CANCEL "," CALL("cancel", "{\"q\":\"o2\"}") "]},{\"text\":\"done\"}]",
     {"cancel both", "yes"},
     {"May I?\n- Cancel o1.\n- Cancel o2.\nYes or no?", "done"},
     "used used",
     2},
    {"the same twice in one reply is one question, and one call",
     "[{\"calls\":[" CANCEL "," CANCEL "]},{\"text\":\"done\"}]",
     {"cancel", "yes"},
     {"May I?\n- Cancel o1.\n- Cancel o1.\nYes or no?", ASKED},
     "used pending",
     1},
    {"beside it others run",
     "[{\"calls\":[" CALL("write", "{}") "," CANCEL "]},{\"text\":\"done\"}]",
     {"cancel", "yes"},
     {ASKED, "done"},
     "used",
     1},
    {"a hand-over asks nobody",
     "[{\"calls\":[" CALL("human", "{}") "," CANCEL "]}]",
     {"cancel"},
     {"Ticket 1."},
     "lapsed",
     0},
    {"arguments that do not fit are not asked about",
     "[{\"calls\":[" CALL("cancel", "{\"q\":1}") "]},{\"text\":\"sorry\"}]",
     {"cancel"},
     {"sorry"},
     "",
     0},
    {"the order of members and spaces do not matter",
     "[{\"calls\":[{\"name\":\"cancel\",\"raw\":\"{ \\\"reason\\\":\\\"x\\\", \\\"q\\\":\\\"o1\\\""
     "}\"}]},{\"text\":\"done\"}]",
     {"cancel", "yes"},
     {ASKED, "done"},
     "used",
     1},
    {"after text from outside an agent is asked",
     "[{\"calls\":[" CALL("page", "{}") "]},{\"calls\":[" CANCEL "]}]",
     {"cancel"},
     {"Ticket 1."},
     "pending",
     0},
    {"the bot is silent while an agent has it",
     "[{\"calls\":[" CALL("page", "{}") "]},{\"calls\":[" CANCEL "]}]",
     {"cancel", "yes"},
     {"Ticket 1.", ""},
     "pending",
     0},
};

static void
test_dialogues(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(dialogues) / sizeof(dialogues[0]); i++) {
        const struct dialogue *d = &dialogues[i];
        struct desk_fixture f;
        struct str conversation = STR("");
        desk_fixture_open(&f, d->script, NULL);
        for (size_t k = 0; k < MESSAGES_MAX && d->says[k]; k++) {
            struct talk t = {0};
            talk_say(&t, &f, conversation, d->says[k]);
            conversation = t.conversation;
            if (!str_eq_c(t.reply, d->replies[k])) {
                fail_msg("%s: \"%s\": %s", d->name, d->says[k], t.reply.ptr);
            }
            assert_int_equal(t.finished_tools, t.tools);
            desk_assert_sound(&f, conversation);
        }
        struct str approvals = desk_approvals(&f, conversation);
        if (!str_eq_c(approvals, d->approvals) || tool_fake_cancels(f.fake) != d->cancels) {
            fail_msg("%s: approvals \"%s\", %u cancelled", d->name, approvals.ptr,
                     tool_fake_cancels(f.fake));
        }
        desk_fixture_close(&f);
    }
}

/* From the next turn on the model says something else. */
static void
say_from_now_on(struct desk_fixture *f, const char *script)
{
    struct err err = {0};
    struct model *before = f->model;
    assert_int_equal(model_scripted_new(f->loop, str_c(script), &f->model, &err), 0);
    f->parts.model = f->model;
    desk_fixture_renew(f);
    model_free(before);
}

/* A yes is for the call that was named: another tool's, or the same with other arguments, asks
 * anew, and what was agreed to is still there for the one that was meant. */
static void
test_a_yes_to_another_call(void **state)
{
    static const struct {
        const char *call;
        const char *reply;
        unsigned cancels;
    } rows[] = {
        {"[{\"calls\":[" CALL("cancel", "{\"q\":\"o2\"}") "]},{\"text\":\"done\"}]",
         "May I?\n- Cancel o2.\nYes or no?", 0},
        {"[{\"calls\":[" CALL("cancel", "{\"q\":\"o1\",\"ms\":1}") "]},{\"text\":\"done\"}]",
         "May I?\n- Cancel o1.\nYes or no?", 0},
        {"[{\"calls\":[" CALL("cancel", "{\"q\":\"o2\"}") "," CANCEL "]},{\"text\":\"done\"}]",
         "May I?\n- Cancel o2.\nYes or no?", 1},
        {"[{\"text\":\"done\"}]", "done", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct desk_fixture f;
        struct talk t = {0};
        struct talk next = {0};
        desk_fixture_open(&f, CANCELS, NULL);
        talk_say(&t, &f, STR(""), "cancel o1");
        say_from_now_on(&f, rows[i].call);
        talk_say(&next, &f, t.conversation, "yes");
        assert_string_equal(next.reply.ptr, rows[i].reply);
        assert_int_equal(tool_fake_cancels(f.fake), rows[i].cancels);
        desk_assert_sound(&f, t.conversation);
        desk_fixture_close(&f);
    }
}

/* The model's own words beside the call are not said; what is recorded is refused, not unknown. */
static void
test_what_is_recorded_of_a_question(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(&f, CANCELS, NULL);
    talk_say(&t, &f, STR(""), "cancel o1");
    assert_string_equal(t.outcome.ptr, "answered");
    assert_int_equal(t.retracted, 1);
    assert_int_equal(t.finished_tools, 1);
    assert_string_equal(desk_describe(&f, t.conversation).ptr,
                        "customer:text bot:use tool:res system:text");
    assert_string_equal(desk_calls(&f, t.conversation).ptr, "rejected");
    desk_fixture_close(&f);
}

/* ---- Reading the record -----------------------------------------------------------------------*/

struct approvals {
    struct str conversation;
    struct arena *arena;
    struct approval_row *rows;
    size_t count;
};

static int
read_approvals(struct store_tx *tx, void *arg, struct err *err)
{
    struct approvals *a = arg;
    const struct approval_filter filter = {.conversation = a->conversation};
    return store_approval_list(tx, &filter, a->arena, &a->rows, &a->count, err);
}

static struct approvals
recorded(struct desk_fixture *f, struct str conversation)
{
    struct err err = {0};
    struct approvals a = {.conversation = conversation, .arena = &f->arena};
    assert_int_equal(store_read_wait(f->store, read_approvals, &a, &err), 0);
    return a;
}

static void
test_an_agent_is_asked_by_a_ticket(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(&f, "[{\"calls\":[" CALL("page", "{}") "]},{\"calls\":[" CANCEL "]}]", NULL);
    talk_say(&t, &f, STR(""), "cancel o1");
    assert_string_equal(t.outcome.ptr, "handed_over");
    assert_string_equal(t.reason.ptr, "approval wanted: Cancel o1.");
    assert_int_equal(t.ticket, 1);
    struct approvals a = recorded(&f, t.conversation);
    assert_int_equal(a.count, 1);
    assert_int_equal(a.rows[0].ticket, 1);
    assert_true(str_eq(a.rows[0].needs, APPROVAL_AGENT));
    assert_true(str_eq_c(a.rows[0].summary, "Cancel o1."));
    assert_true(str_eq_c(a.rows[0].arguments, "{\"q\":\"o1\"}"));
    assert_string_equal(desk_calls(&f, t.conversation).ptr, "ok rejected");
    desk_fixture_close(&f);
}

/* What an agent does with it, short: the conversation is the bot's again, the approval's state is
 * another. */
struct decision {
    struct str conversation;
    struct str state;
    struct str decided_by;
    int64_t expires_at; /* 0: as it was */
    bool returns;
};

static int
decide(struct store_tx *tx, void *arg, struct err *err)
{
    struct decision *d = arg;
    AUTO(arena) struct arena arena = {0};
    struct approval_filter filter = {.conversation = d->conversation, .state = APPROVAL_PENDING};
    struct approval_row *rows;
    struct conversation_row c;
    size_t count = 0;
    int64_t epoch;
    int result = store_approval_list(tx, &filter, &arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        rows[i].state = d->state;
        rows[i].decided_by = d->decided_by;
        rows[i].expires_at = d->expires_at ? d->expires_at : rows[i].expires_at;
        result = store_approval_move(tx, &rows[i], APPROVAL_PENDING, err);
    }
    if (result == 0 && d->returns) {
        result = store_conversation_get(tx, d->conversation, &arena, &c, err);
        return result ? result
                      : store_owner_set(tx, d->conversation, c.epoch, OWNER_BOT, STR("agent:Sam"),
                                        STR("returned"), &epoch, err);
    }
    return result;
}

static void
apply(struct desk_fixture *f, struct decision d)
{
    struct err err = {0};
    assert_int_equal(store_write_wait(f->store, decide, &d, &err), 0);
}

/* Asked first by the customer, then by an agent, for text from outside came between. */
static void
test_an_agents_word_lets_it_run(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    struct talk next = {0};
    desk_fixture_open(
        &f, "[{\"calls\":[" CALL("page", "{}") "]},{\"calls\":[" CANCEL "]},{\"text\":\"done\"}]",
        NULL);
    talk_say(&t, &f, STR(""), "cancel o1");
    apply(&f, (struct decision){t.conversation, APPROVAL_APPROVED, STR("agent:Sam"), 0, true});
    talk_say(&next, &f, t.conversation, "and?");
    assert_string_equal(next.reply.ptr, "done");
    assert_int_equal(tool_fake_cancels(f.fake), 1);
    assert_string_equal(desk_approvals(&f, t.conversation).ptr, "used");
    desk_assert_sound(&f, t.conversation);
    desk_fixture_close(&f);
}

static void
test_an_agents_no_does_not(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    struct talk next = {0};
    desk_fixture_open(&f, "[{\"calls\":[" CALL("page", "{}") "]},{\"calls\":[" CANCEL "]}]", NULL);
    talk_say(&t, &f, STR(""), "cancel o1");
    apply(&f, (struct decision){t.conversation, APPROVAL_DECLINED, STR("agent:Sam"), 0, true});
    talk_say(&next, &f, t.conversation, "and?");
    assert_string_equal(next.outcome.ptr, "handed_over");
    assert_int_equal(tool_fake_cancels(f.fake), 0);
    assert_string_equal(desk_approvals(&f, t.conversation).ptr, "declined pending");
    desk_fixture_close(&f);
}

/* Given back undecided: the same call asks again by a new ticket, with the same approval. */
static void
test_what_is_waited_for_is_asked_once(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    struct talk next = {0};
    desk_fixture_open(&f, "[{\"calls\":[" CALL("page", "{}") "]},{\"calls\":[" CANCEL "]}]", NULL);
    talk_say(&t, &f, STR(""), "cancel o1");
    apply(&f, (struct decision){t.conversation, APPROVAL_PENDING, STR(""), 0, true});
    talk_say(&next, &f, t.conversation, "and?");
    assert_int_equal(next.ticket, 2);
    struct approvals a = recorded(&f, t.conversation);
    assert_int_equal(a.count, 1);
    assert_int_equal(a.rows[0].ticket, 2);
    desk_fixture_close(&f);
}

/* ---- A clock wound by hand --------------------------------------------------------------------*/

enum { MINUTE_MS = 60000 };

struct scene {
    struct clock_hand clock; /* the record's */
    struct loop *loop;
    struct store *store;
    struct desk_fixture f;
};

static void
scene_open(struct scene *s, const char *script)
{
    struct err err = {0};
    clock_hand_init(&s->clock, 1763755200000);
    const struct store_options options = {.create = true, .clock = &s->clock.clock};
    assert_int_equal(loop_new(&s->loop, &err), 0);
    assert_int_equal(store_open_memory(&options, s->loop, &s->store, &err), 0);
    desk_fixture_open_on(&s->f, s->loop, s->store, script, NULL);
}

static void
scene_close(struct scene *s)
{
    desk_fixture_close(&s->f);
    store_free(s->store);
    loop_free(s->loop);
}

/* ---- What is no answer ------------------------------------------------------------------------*/

static void
test_a_question_that_is_too_old(void **state)
{
    (void)state;
    static const struct {
        int64_t ms; /* behind the question */
        const char *reply;
        const char *approvals;
    } rows[] = {
        {0, DONE, "used"},
        {MINUTE_MS, DONE, "used"},
        {(int64_t)60 * 24 * 30 * MINUTE_MS, ASKED, "expired pending"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene s;
        struct talk t = {0};
        struct talk next = {0};
        scene_open(&s, CANCELS);
        talk_say(&t, &s.f, STR(""), "cancel o1");
        clock_hand_advance(&s.clock, rows[i].ms);
        talk_say(&next, &s.f, t.conversation, "yes");
        assert_string_equal(next.reply.ptr, rows[i].reply);
        assert_string_equal(desk_approvals(&s.f, t.conversation).ptr, rows[i].approvals);
        scene_close(&s);
    }
}

/* An agent's yes is for so long as well. */
static void
test_an_agents_word_that_is_too_old(void **state)
{
    (void)state;
    struct scene s;
    struct talk t = {0};
    struct talk next = {0};
    scene_open(&s, "[{\"calls\":[" CALL("page", "{}") "]},{\"calls\":[" CANCEL "]}]");
    talk_say(&t, &s.f, STR(""), "cancel o1");
    apply(&s.f, (struct decision){t.conversation, APPROVAL_APPROVED, STR("agent:Sam"), 0, true});
    clock_hand_advance(&s.clock, (int64_t)60 * 24 * 30 * MINUTE_MS);
    talk_say(&next, &s.f, t.conversation, "and?");
    assert_string_equal(next.outcome.ptr, "handed_over");
    assert_int_equal(tool_fake_cancels(s.f.fake), 0);
    assert_string_equal(desk_approvals(&s.f, t.conversation).ptr, "expired pending");
    scene_close(&s);
}

/* Written before the question was there. */
static void
test_a_yes_that_waited_in_the_queue(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk opening = {0};
    struct talk t = {0};
    struct talk next = {0};
    desk_fixture_open(&f, CANCELS, NULL);
    talk_say(&opening, &f, STR(""), "hello");
    apply(&f, (struct decision){opening.conversation, APPROVAL_LAPSED, STR(""), 0, false});
    talk_start(&t, &f, opening.conversation, "cancel o1");
    talk_start(&next, &f, opening.conversation, "yes");
    talk_wait(&t);
    talk_wait(&next);
    assert_string_equal(next.reply.ptr, ASKED);
    assert_int_equal(tool_fake_cancels(f.fake), 0);
    talk_done(&t);
    talk_done(&next);
    desk_fixture_close(&f);
}

static void
cancel_turn(struct talk *t)
{
    engine_cancel(t->f->engine, t->id);
}

/* The turn was cancelled before the question was put: a yes answers something else. */
static void
test_a_question_that_was_never_put(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {.on_tool_end = cancel_turn};
    struct talk next = {0};
    desk_fixture_open(&f, CANCELS, NULL);
    talk_say(&t, &f, STR(""), "cancel o1");
    assert_string_equal(t.outcome.ptr, "canceled");
    assert_string_equal(desk_approvals(&f, t.conversation).ptr, "lapsed");
    assert_string_equal(desk_calls(&f, t.conversation).ptr, "rejected");
    talk_say(&next, &f, t.conversation, "yes");
    assert_string_equal(next.reply.ptr, ASKED);
    assert_int_equal(tool_fake_cancels(f.fake), 0);
    desk_fixture_close(&f);
}

/* A desk's own question that shows nothing of what it asks for is put to nobody. */
static void
test_a_question_that_hides_its_matter(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(&f, CANCELS, NULL);
    f.parts.confirm = f.prompts[2];
    desk_fixture_renew(&f);
    talk_say(&t, &f, STR(""), "cancel o1");
    assert_string_equal(t.outcome.ptr, "failed");
    assert_string_equal(desk_approvals(&f, t.conversation).ptr, "lapsed");
    desk_assert_sound(&f, t.conversation);
    desk_fixture_close(&f);
}

static void
test_a_yes_with_an_attachment(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    struct talk next = {0};
    struct err err = {0};
    struct block image;
    desk_fixture_open(&f, CANCELS, NULL);
    talk_say(&t, &f, STR(""), "cancel o1");
    struct turn_input input = talk_input(t.conversation, "yes");
    assert_int_equal(
        media_block(MEDIA_IMAGE, STR("a"), STR("GIF89a\1\0\1\0"), &f.arena, &image, &err), 0);
    input.attachments = &image;
    input.attachment_count = 1;
    talk_submit(&next, &f, &input);
    talk_wait(&next);
    talk_done(&next);
    assert_string_equal(next.reply.ptr, ASKED);
    assert_int_equal(tool_fake_cancels(f.fake), 0);
    desk_fixture_close(&f);
}

/* An agent said something in between, whose answer the yes may be. */
static int
agent_says(struct store_tx *tx, void *arg, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct message_row row = {
        .id = store_new_id(tx, 'm', &arena),
        .conversation = *(struct str *)arg,
        .role = STR("assistant"),
        .author = STR("agent:Sam"),
        .state = MESSAGE_SENT,
        .content = STR("[{\"text\":\"Would you like a coffee?\"}]"),
        .at = store_now(tx),
    };
    return store_message_add(tx, &row, NULL, err);
}

static void
test_a_yes_to_somebody_else(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    struct talk next = {0};
    struct err err = {0};
    desk_fixture_open(&f, CANCELS, NULL);
    talk_say(&t, &f, STR(""), "cancel o1");
    assert_int_equal(store_write_wait(f.store, agent_says, &t.conversation, &err), 0);
    talk_say(&next, &f, t.conversation, "yes");
    assert_string_equal(next.reply.ptr, ASKED);
    assert_int_equal(tool_fake_cancels(f.fake), 0);
    assert_string_equal(desk_approvals(&f, t.conversation).ptr, "lapsed pending");
    desk_fixture_close(&f);
}

/* Agreed to and not used: what the customer says next ends it, unless it is yes once more. */
static void
test_what_was_agreed_to_does_not_outlive_the_next_message(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        const char *approvals;
        unsigned cancels;
    } rows[] = {
        {"yes", "used", 1},
        {"stop", "declined pending", 0},
        {"wait, let me think", "lapsed pending", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct desk_fixture f;
        struct talk t = {0};
        struct talk next = {0};
        desk_fixture_open(&f, CANCELS, NULL);
        talk_say(&t, &f, STR(""), "cancel o1");
        apply(&f, (struct decision){t.conversation, APPROVAL_APPROVED, STR("m-1"), 0, false});
        talk_say(&next, &f, t.conversation, rows[i].says);
        assert_string_equal(desk_approvals(&f, t.conversation).ptr, rows[i].approvals);
        assert_int_equal(tool_fake_cancels(f.fake), rows[i].cancels);
        desk_fixture_close(&f);
    }
}

/* ---- Rules ------------------------------------------------------------------------------------*/

static struct tool_policy *
rules(struct desk_fixture *f, const char *text)
{
    struct js *map = NULL;
    struct tool_policy *policy = NULL;
    struct err err = {0};
    assert_int_equal(js_parse(str_c(text), &f->arena, &map, &err), 0);
    if (tool_policy_new(map, STR("UTC"), &policy, &err) < 0) {
        fail_msg("%s", err.message);
    }
    f->parts.policy = policy;
    desk_fixture_renew(f);
    return policy;
}

static bool
has(struct str text, const char *part)
{
    return str_find(text, str_c(part), 0) != SIZE_MAX;
}

static void
test_a_tool_that_is_off_is_neither_offered_nor_run(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(&f, "[{\"calls\":[" CALL("write", "{}") "]},{\"text\":\"sorry\"}]", NULL);
    struct tool_policy *policy = rules(&f, "{\"write\":{\"enabled\":false}}");
    talk_say(&t, &f, STR(""), "do it");
    assert_string_equal(t.reply.ptr, "sorry");
    assert_string_equal(desk_calls(&f, t.conversation).ptr, "rejected");
    assert_int_equal(tool_fake_writes(f.fake), 0);
    assert_false(has(model_scripted_last_tools(f.model), "write"));
    assert_true(has(model_scripted_last_tools(f.model), "look"));
    desk_assert_sound(&f, t.conversation);
    desk_fixture_close(&f);
    tool_policy_free(policy);
}

static void
test_a_rehearsal_says_so_first(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(&f,
                      "[{\"calls\":[" CALL("look", "{}") "," CALL("human", "{}") "," CALL(
                          "fail", "{}") "]},{\"text\":\"sorry\"}]",
                      NULL);
    struct tool_policy *policy = rules(&f, "{\"*\":{\"dry_run\":true}}");
    talk_say(&t, &f, STR(""), "do it");
    assert_string_equal(t.outcome.ptr, "answered"); /* nobody was handed over */
    assert_string_equal(desk_calls(&f, t.conversation).ptr, "ok ok error");
    struct str request = model_scripted_last_request(f.model);
    assert_true(has(request, "[{\"text\":\"[A rehearsal: nothing was changed."));
    assert_true(has(request, "{\"json\":{\"found\":"));
    desk_fixture_close(&f);
    tool_policy_free(policy);
}

/* ---- Two programs on one desk
 * ------------------------------------------------------------------*/

struct pair {
    struct scratch folder;
    struct loop *loop;
    struct store *stores[2];
    struct desk_fixture f[2];
};

static void
pair_open(struct pair *p, const char *script)
{
    struct err err = {0};
    scratch_make(&p->folder);
    assert_int_equal(loop_new(&p->loop, &err), 0);
    for (size_t i = 0; i < 2; i++) {
        const struct store_options options = {
            .path = str_c(p->folder.path), .create = true, .sync = STORE_SYNC_OFF};
        assert_int_equal(store_open_sqlite(&options, p->loop, &p->stores[i], &err), 0);
        desk_fixture_open_on(&p->f[i], p->loop, p->stores[i], script, NULL);
    }
}

static void
pair_close(struct pair *p)
{
    for (size_t i = 0; i < 2; i++) {
        desk_fixture_close(&p->f[i]);
        store_free(p->stores[i]);
    }
    loop_free(p->loop);
    scratch_remove(&p->folder);
}

static void
test_a_limit_is_the_desks(void **state)
{
    (void)state;
    struct pair p;
    struct tool_policy *policies[2];
    unsigned writes = 0;
    pair_open(&p, "[{\"calls\":[" CALL("write", "{}") "]},{\"text\":\"said\"}]");
    for (size_t i = 0; i < 2; i++) {
        policies[i] = rules(&p.f[i], "{\"write\":{\"per_day\":3}}");
    }
    for (size_t i = 0; i < 6; i++) {
        struct talk t = {0};
        talk_say(&t, &p.f[i % 2], STR(""), "do it");
        assert_string_equal(desk_calls(&p.f[i % 2], t.conversation).ptr, i < 3 ? "ok" : "rejected");
    }
    for (size_t i = 0; i < 2; i++) {
        writes += tool_fake_writes(p.f[i].fake);
        assert_true(tool_fake_writes(p.f[i].fake) > 0);
    }
    assert_int_equal(writes, 3);
    pair_close(&p);
    tool_policy_free(policies[0]);
    tool_policy_free(policies[1]);
}

/* Asked in one, answered in the other; and what one has used up is not there for the other. */
static void
test_an_approval_is_the_desks(void **state)
{
    (void)state;
    struct pair p;
    struct talk asked = {0};
    struct talk yes = {0};
    struct talk again = {0};
    pair_open(&p, CANCELS);
    talk_say(&asked, &p.f[0], STR(""), "cancel o1");
    talk_say(&yes, &p.f[1], asked.conversation, "yes");
    assert_string_equal(yes.reply.ptr, DONE);
    talk_say(&again, &p.f[0], asked.conversation, "yes");
    assert_string_equal(again.reply.ptr, ASKED);
    assert_int_equal(tool_fake_cancels(p.f[0].fake), 0);
    assert_int_equal(tool_fake_cancels(p.f[1].fake), 1);
    pair_close(&p);
}

/* ---- Text from outside ------------------------------------------------------------------------*/

static void
test_text_from_outside_reaches_the_model_fenced(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    desk_fixture_open(&f, "[{\"calls\":[" CALL("page", "{}") "]},{\"text\":\"said\"}]", NULL);
    talk_say(&t, &f, STR(""), "look");
    struct str request = model_scripted_last_request(f.model);
    assert_true(has(request, "[What the tool page of fake said. It stands between two lines of "));
    assert_false(has(request, "{\"json\":"));
    desk_fixture_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dialogues),
        cmocka_unit_test(test_a_yes_to_another_call),
        cmocka_unit_test(test_what_is_recorded_of_a_question),
        cmocka_unit_test(test_an_agent_is_asked_by_a_ticket),
        cmocka_unit_test(test_an_agents_word_lets_it_run),
        cmocka_unit_test(test_an_agents_no_does_not),
        cmocka_unit_test(test_what_is_waited_for_is_asked_once),
        cmocka_unit_test(test_a_question_that_is_too_old),
        cmocka_unit_test(test_an_agents_word_that_is_too_old),
        cmocka_unit_test(test_a_yes_that_waited_in_the_queue),
        cmocka_unit_test(test_a_question_that_was_never_put),
        cmocka_unit_test(test_a_question_that_hides_its_matter),
        cmocka_unit_test(test_a_yes_with_an_attachment),
        cmocka_unit_test(test_a_yes_to_somebody_else),
        cmocka_unit_test(test_what_was_agreed_to_does_not_outlive_the_next_message),
        cmocka_unit_test(test_a_tool_that_is_off_is_neither_offered_nor_run),
        cmocka_unit_test(test_a_rehearsal_says_so_first),
        cmocka_unit_test(test_a_limit_is_the_desks),
        cmocka_unit_test(test_an_approval_is_the_desks),
        cmocka_unit_test(test_text_from_outside_reaches_the_model_fenced),
    };
    return cmocka_run_group_tests_name("permit", tests, NULL, NULL);
}
