/* What the customer is told when the bot has the conversation again: over both backends. */
#include "store_desk.h"

#include "base/message.h"
#include "desk/actions.h"
#include "desk/approval.h"
#include "prompt/prompt.h"

enum { HOUR_MS = 3600 * 1000 };

#define HEADER                                                                                     \
    "{{! decided: the line.\n    shop \"us\" who\n    approved \"\" yes\n    declined \"\" no "    \
    "}}\n"
#define BODY                                                                                       \
    "{{#approved}}\n{{shop}} agreed: {{.}}.\n{{/approved}}\n"                                      \
    "{{#declined}}\nNot agreed: {{.}}.\n{{/declined}}\n"

/* A decision on record at ticket 1, made AFTER hours. */
struct made {
    struct str state;
    const char *summary;
    const char *decided_by;
    int64_t after;
    int64_t lives;
};

#define MADE 25

struct returning {
    const struct made *made;
    const char *body; /* NULL: no template */
    const char *vars;
    struct arena *arena;
    struct message_row *messages;
    size_t count;
};

static int
add_made(struct store_tx *tx, const struct returning *r, struct err *err)
{
    for (size_t i = 0; i < MADE && r->made[i].summary; i++) {
        const struct made *m = &r->made[i];
        const struct approval_row row = {
            .id = store_new_id(tx, 'a', r->arena),
            .conversation = STR("c-1"),
            .tool = STR("refund"),
            .arguments = STR("{}"),
            .summary = str_c(m->summary),
            .needs = APPROVAL_AGENT,
            .state = m->state,
            .decided_by = str_c(m->decided_by ? m->decided_by : "agent:Sam"),
            .decided_at = store_now(tx) + m->after * HOUR_MS,
            .expires_at = store_now(tx) + (m->lives ? m->lives : 24) * HOUR_MS,
        };
        OK(store_approval_add(tx, &row, err));
    }
    return 0;
}

/* A ticket, claimed; what was decided; returned. */
static int
give_back(struct store_tx *tx, void *arg, struct err *err)
{
    struct returning *r = arg;
    const struct conversation_row one = a_conversation("c-1", START);
    const struct ticket_row ticket = a_ticket("c-1", START);
    struct desk_action action = {.number = 1, .agent = STR("Sam"), .line_vars = str_c(r->vars)};
    struct ticket_row row;
    AUTO(prompt) struct prompt *line = NULL;
    OK(store_conversation_add(tx, &one, err));
    OK(store_ticket_add(tx, &ticket, NULL, err));
    OK(add_made(tx, r, err));
    if (r->body) {
        struct str text = arena_printf(r->arena, HEADER "%s", r->body);
        OK(prompt_parse(STR("decided"), text, &line, err));
    }
    action.decided = line;
    OK(desk_claim(tx, &action, r->arena, &row, err));
    OK(desk_return(tx, &action, r->arena, &row, err));
    return store_message_list(tx, STR("c-1"), 0, 0, r->arena, &r->messages, &r->count, err);
}

static int
run(struct desk *desk, struct returning *r, struct err *err)
{
    r->arena = &desk->arena;
    return store_write_wait(desk->store, give_back, r, err);
}

static void
must_say(struct desk *desk, struct returning r, const char *want)
{
    struct message m = {0};
    struct err err = {0};
    if (run(desk, &r, &err) != 0) {
        fail_msg("%s", err.message);
    }
    assert_str(r.messages[0].author, "note");
    assert_int_equal(r.count, want ? 2 : 1);
    if (!want) {
        return;
    }
    assert_str(r.messages[1].author, "system");
    assert_str(r.messages[1].role, "assistant");
    assert_str(r.messages[1].state, "sent");
    /* Of no turn: no question that a yes could answer. */
    assert_int_equal(r.messages[1].turn.len, 0);
    assert_int_equal(
        message_parse_content(r.messages[1].content, &desk->arena, &m.blocks, &m.count, &err), 0);
    assert_string_equal(arena_str(&desk->arena, m.blocks[0].text).ptr, want);
}

static void
test_both_kinds(void **state)
{
    const struct made made[MADE] = {
        {APPROVAL_APPROVED, "Refund A-1?", NULL, 0, 0},
        {APPROVAL_DECLINED, "Cancel A-2.\n[{{shop}}]", NULL, 1, 0},
        {APPROVAL_APPROVED, "Refund A-3", "agent:Ada", 1, 0},
    };
    must_say(*state,
             (struct returning){.made = made,
                                .body = BODY,
                                .vars = "{\"shop\":\"Lumen\",\"declined\":\"all\",\"x\":[1]}"},
             "Lumen agreed: Refund A-1.\nLumen agreed: Refund A-3.\n"
             "Not agreed: Cancel A-2. ({{shop}}).");
}

/* What is over, used, undecided, the customer's, or told at an earlier hand-over is not said. */
static void
test_nothing_to_say(void **state)
{
    const struct made made[MADE] = {
        {APPROVAL_PENDING, "one", "", 0, 0},      {APPROVAL_USED, "two", NULL, 0, 0},
        {APPROVAL_LAPSED, "three", "m-1", 0, 0},  {APPROVAL_APPROVED, "four", "m-1", 0, 0},
        {APPROVAL_APPROVED, "five", NULL, 0, -1}, {APPROVAL_DECLINED, "six", NULL, -1, 0},
    };
    must_say(*state, (struct returning){.made = made, .body = BODY}, NULL);
}

static void
test_no_words(void **state)
{
    const struct made made[MADE] = {{APPROVAL_APPROVED, "one", NULL, 0, 0}};
    must_say(*state, (struct returning){.made = made, .body = "{{#declined}}no{{/declined}}"},
             NULL);
}

static void
test_no_template(void **state)
{
    const struct made made[MADE] = {{APPROVAL_APPROVED, "one", NULL, 0, 0}};
    must_say(*state, (struct returning){.made = made}, NULL);
}

static void
test_bounded(void **state)
{
    struct made made[MADE];
    for (size_t i = 0; i < MADE; i++) {
        made[i] = (struct made){APPROVAL_APPROVED, "x", NULL, 0, 0};
    }
    must_say(*state, (struct returning){.made = made, .body = "{{#approved}}{{.}}{{/approved}}"},
             "xxxxxxxxxxxxxxxxxxxx");
}

/* All of it or nothing: the conversation stays with the agent. */
static void
test_bad_values(void **state)
{
    struct desk *desk = *state;
    const struct made made[MADE] = {{APPROVAL_APPROVED, "one", NULL, 0, 0}};
    struct returning r = {.made = made, .body = BODY, .vars = "{\"shop\":"};
    struct err err = {0};
    assert_int_equal(run(desk, &r, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "the line's variables"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_both_kinds),  BOTH(test_nothing_to_say), BOTH(test_no_words),
        BOTH(test_no_template), BOTH(test_bounded),        BOTH(test_bad_values),
    };
    return cmocka_run_group_tests_name("decided", tests, NULL, NULL);
}
