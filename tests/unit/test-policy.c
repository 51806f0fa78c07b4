/* Policy's judgements: each member of a rule, each refusal and its words, and what is agreed
 * to. */
#include "policy_fixture.h"

#include "base/fault.h"
#include "base/limits.h"

static void
test_without_rules_the_tool_decides(void **state)
{
    static const struct {
        enum tool_effect effect;
        const char *want;
    } cases[] = {
        {EFFECT_READ, ""}, {EFFECT_WRITE, ""}, {EFFECT_IRREVERSIBLE, "needs_confirmation"}};
    (void)state;
    struct desk d;
    desk_init(&d);
    for (int with = 0; with < 2; with++) {
        for (size_t i = 0; i < COUNT(cases); i++) {
            d.def.effect = cases[i].effect;
            assert_string_equal(desk_ask(&d), cases[i].want);
            assert_false(d.said.dry_run);
        }
        assert_true(tool_policy_offers(d.policy, &d.def, STR("any")));
        desk_rules(&d, "{}");
    }
    assert_int_equal(d.record.added, 0);
    desk_done(&d);
}

/* Each on a Monday at noon in Berlin, in the prompt "service". */
static void
test_each_member(void **state)
{
    static const struct {
        const char *rules;
        const char *want;
        const char *words[3];
    } cases[] = {
        {"{\"refund\":{\"enabled\":false}}", "not_enabled", {"refund is not", "nothing was done"}},
        {"{\"refund\":{\"enabled\":true}}", "", {0}},
        {"{\"*\":{\"enabled\":false}}", "not_enabled", {0}},
        {"{\"*\":{\"enabled\":false},\"refund\":{\"enabled\":true}}", "", {0}},
        {"{\"refund\":{\"enabled\":true},\"*\":{\"enabled\":false}}", "", {0}},
        {"{\"other\":{\"enabled\":false}}", "", {0}},
        {"{\"refund\":{\"prompts\":[\"sales\"]}}", "not_enabled", {"not available"}},
        {"{\"refund\":{\"prompts\":[\"sales\",\"service\"]}}", "", {0}},
        {"{\"refund\":{\"prompts\":[]}}", "not_enabled", {0}},
        {"{\"*\":{\"prompts\":[\"sales\"]},\"refund\":{\"prompts\":[\"*\"]}}", "", {0}},
        {"{\"refund\":{\"hours\":\"mon-fri 09:00-18:00\"}}", "", {0}},
        {"{\"refund\":{\"hours\":\"tue-fri 9:00-18:00\"}}",
         "closed",
         {"tue-fri 9:00-18:00 only (time zone Europe/Berlin)", "it is mon 12:00",
          "the next time is tue 09:00"}},
        {"{\"refund\":{\"hours\":[\"mon 08:00-12:00\",\"mon 12:01-13:00\"]}}",
         "closed",
         {"mon 08:00-12:00; mon 12:01-13:00", "the next time is mon 12:01", "colleague"}},
        {"{\"*\":{\"hours\":\"sun 00:00-24:00\"}}", "closed", {"next time is sun 00:00"}},
        {"{\"*\":{\"hours\":\"sun 00:00-24:00\"},\"refund\":{\"hours\":\"sun-sat 00:00-24:00\"}}",
         "",
         {0}},
        {"{\"refund\":{\"approval\":\"customer\"}}", "needs_confirmation", {"has been asked"}},
        {"{\"refund\":{\"approval\":\"agent\"}}", "needs_agent", {"colleague", "handed over"}},
        {"{\"refund\":{\"approval\":\"none\"}}", "", {0}},
        {"{\"*\":{\"approval\":\"agent\"},\"refund\":{\"approval\":\"none\"}}", "", {0}},
        {"{\"*\":{\"approval\":\"agent\"},\"refund\":{\"per_day\":1}}", "needs_agent", {0}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct desk d;
        desk_init(&d);
        desk_rules(&d, cases[i].rules);
        const char *said = desk_ask(&d);
        if (strcmp(said, cases[i].want) != 0) {
            fail_msg("%s: '%s', wanted '%s'", cases[i].rules, said, cases[i].want);
        }
        for (size_t w = 0; w < COUNT(cases[i].words) && cases[i].words[w]; w++) {
            assert_has(d.said.message, cases[i].words[w]);
        }
        assert_int_equal(tool_policy_offers(d.policy, &d.def, d.prompt),
                         strcmp(cases[i].want, "not_enabled") != 0);
        desk_done(&d);
    }
}

static void
test_a_dry_run_is_passed_on(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d);
    desk_rules(&d, "{\"*\":{\"dry_run\":true}}");
    assert_string_equal(desk_ask(&d), "");
    assert_true(d.said.dry_run);
    desk_rules(&d, "{\"*\":{\"dry_run\":true},\"refund\":{\"enabled\":true}}");
    assert_string_equal(desk_ask(&d), "");
    assert_true(d.said.dry_run);
    desk_rules(&d, "{\"*\":{\"dry_run\":true},\"refund\":{\"dry_run\":false}}");
    assert_string_equal(desk_ask(&d), "");
    assert_false(d.said.dry_run);
    /* It may be that the tool does not heed it: whoever has to agree is asked all the same. */
    d.def.effect = EFFECT_IRREVERSIBLE;
    desk_rules(&d, "{\"refund\":{\"dry_run\":true}}");
    assert_string_equal(desk_ask(&d), "needs_confirmation");
    desk_done(&d);
}

/* What is wrong first is said first; mending it brings the next to light. */
static void
test_the_order(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d);
    d.def.customer_field = STR("/customer");
    d.arguments = STR("{\"customer\":\"bert\"}");
    desk_rules(&d, "{\"refund\":{\"enabled\":false,\"hours\":\"tue 09:00-18:00\",\"per_day\":1,"
                   "\"approval\":\"agent\"}}");
    d.record.windows[0] = (struct record_window){.id = "day:2026-03-02:refund", .uses = 1};
    d.record.windows[1] = (struct record_window){.id = "day:2026-03-03:refund", .uses = 1};
    d.record.window_count = 2;
    assert_string_equal(desk_ask(&d), "not_enabled");
    desk_rules(&d, "{\"refund\":{\"hours\":\"tue 09:00-18:00\",\"per_day\":1,"
                   "\"approval\":\"agent\"}}");
    assert_string_equal(desk_ask(&d), "wrong_customer");
    d.arguments = STR("{\"customer\":\"anna\"}");
    assert_string_equal(desk_ask(&d), "closed");
    d.now += 24 * 3600 * 1000;
    assert_string_equal(desk_ask(&d), "limit");
    d.record.windows[1].uses = 0;
    assert_string_equal(desk_ask(&d), "needs_agent");
    d.record.agreed = "{\"customer\":\"anna\"}";
    d.record.agreed_by = "agent";
    assert_string_equal(desk_ask(&d), "");
    assert_int_equal(d.record.added, 1);
    desk_done(&d);
}

/* ---- The customer -----------------------------------------------------------------------------*/

static void
test_customer_scope(void **state)
{
    static const struct {
        const char *field;
        const char *arguments;
        const char *want;
    } cases[] = {
        {"", "{\"customer\":\"bert\"}", ""},
        {"/customer", "{\"customer\":\"anna\"}", ""},
        {"/customer", "{\"order\":\"W1\"}", ""},
        {"/customer", "", ""},
        {"/customer", "{\"customer\":\"bert\"}", "wrong_customer"},
        {"/customer", "{\"customer\":\"Anna\"}", "wrong_customer"},
        {"/customer", "{\"customer\":\"anna \"}", "wrong_customer"},
        {"/customer", "{\"customer\":\"anna\\u0000\"}", "wrong_customer"},
        {"/customer", "{\"customer\":\"\"}", "wrong_customer"},
        {"/customer", "{\"customer\":null}", "wrong_customer"},
        {"/customer", "{\"customer\":[\"anna\"]}", "wrong_customer"},
        /* Of two the last one counts, here as in dispatch. */
        {"/customer", "{\"customer\":\"anna\",\"customer\":\"bert\"}", "wrong_customer"},
        /* Before the schema has its say. */
        {"/customer", "{\"customer\":\"bert\",\"unknown\":1}", "wrong_customer"},
        /* What cannot be read says nothing; it does not run either. */
        {"/customer", "{\"customer\":\"bert\"", ""},
        {"/customer", "[\"bert\"]", ""},
        {"/who/id", "{\"who\":{\"id\":\"bert\"}}", "wrong_customer"},
        {"/who/id", "{\"who\":{\"id\":\"anna\"}}", ""},
        {"/who/id", "{\"who\":\"bert\"}", ""},
        {"/a~1b~0c", "{\"a/b~c\":\"bert\"}", "wrong_customer"},
        {"/a~1b~0c", "{\"a/b~c\":\"anna\"}", ""},
    };
    (void)state;
    struct desk d;
    desk_init(&d);
    for (size_t i = 0; i < COUNT(cases); i++) {
        d.def.customer_field = str_c(cases[i].field);
        d.arguments = str_c(cases[i].arguments);
        const char *said = desk_ask(&d);
        if (strcmp(said, cases[i].want) != 0) {
            fail_msg("%s: '%s', wanted '%s'", cases[i].arguments, said, cases[i].want);
        }
        if (*said) {
            assert_int_equal(d.said.verdict, TOOL_REFUSED);
            assert_int_equal(str_find(d.said.message, STR("bert"), 0), SIZE_MAX);
            assert_has(d.said.message, d.def.customer_field.ptr);
            assert_has(d.said.message, "who is \"anna\"");
        }
    }
    desk_done(&d);
}

static void
test_nobody_is_signed_in(void **state)
{
    static const char *const arguments[] = {"{\"customer\":\"anna\"}", "{\"customer\":\"\"}", "{}",
                                            "{\"cust"};
    (void)state;
    struct desk d;
    desk_init(&d);
    d.customer = (struct str){0};
    for (size_t i = 0; i < COUNT(arguments); i++) {
        d.arguments = str_c(arguments[i]);
        d.def.customer_field = STR("/customer");
        assert_string_equal(desk_ask(&d), "no_customer");
        assert_has(d.said.message, "sign in");
        d.def.customer_field = (struct str){0};
        assert_string_equal(desk_ask(&d), "");
    }
    desk_done(&d);
}

/* ---- Agreements -------------------------------------------------------------------------------*/

static void
test_a_customer_agrees_once(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d);
    d.def.effect = EFFECT_IRREVERSIBLE;
    d.def.confirm = STR("Refund {amount} for {order}?");
    desk_rules(&d, "{\"refund\":{\"per_day\":1}}");
    assert_string_equal(desk_ask(&d), "needs_confirmation");
    assert_int_equal(d.said.verdict, TOOL_ASK_CUSTOMER);
    assert_text(d.said.summary, "Refund 5 for W1?");
    assert_text(d.said.arguments, "{\"amount\":5,\"order\":\"W1\"}");
    assert_int_equal(d.said.expires_ms, 30 * 60 * 1000);
    assert_has(d.said.message, "Nothing was done yet.");
    assert_has(d.said.message, "The customer has been asked: Refund 5 for W1?\n");
    assert_has(d.said.message,
               "again with exactly these arguments: {\"amount\":5,\"order\":\"W1\"}");
    assert_int_equal(d.record.added, 0);
    /* The same in another order, and numbers spelled otherwise. */
    d.record.agreed = "{\"amount\":5,\"order\":\"W1\"}";
    d.record.agreed_by = "customer";
    d.arguments = STR(" {\"amount\": 5.0, \"order\": \"W\\u0031\"}");
    assert_string_equal(desk_ask(&d), "");
    assert_text(d.said.arguments, "{\"amount\":5,\"order\":\"W1\"}");
    assert_int_equal(d.record.added, 1);
    /* Used up; and what was agreed to is not what is asked for now. */
    desk_rules(&d, "{}");
    assert_string_equal(desk_ask(&d), "needs_confirmation");
    d.record.agreed = "{\"amount\":5,\"order\":\"W1\"}";
    d.arguments = STR("{\"amount\":50,\"order\":\"W1\"}");
    assert_string_equal(desk_ask(&d), "needs_confirmation");
    assert_text(d.said.summary, "Refund 50 for W1?");
    assert_non_null(d.record.agreed);
    desk_done(&d);
}

static void
test_an_agent_agrees(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d);
    desk_rules(&d, "{\"refund\":{\"approval\":\"agent\"}}");
    assert_string_equal(desk_ask(&d), "needs_agent");
    assert_int_equal(d.said.verdict, TOOL_ASK_AGENT);
    assert_int_equal(d.said.expires_ms, 24 * 3600 * 1000);
    assert_text(d.said.summary, "refund: order: W1, amount: 5");
    assert_int_equal(d.record.asked, 0);
    d.record.agreed = "{\"amount\":5,\"order\":\"W1\"}";
    d.record.agreed_by = "customer";
    assert_string_equal(desk_ask(&d), "needs_agent");
    d.record.agreed_by = "agent";
    assert_string_equal(desk_ask(&d), "");
    /* An agent's holds for what a customer would be asked, too. */
    desk_rules(&d, "{\"refund\":{\"approval\":\"customer\",\"approval_time\":\"90s\"}}");
    d.record.agreed = "{\"amount\":5,\"order\":\"W1\"}";
    assert_string_equal(desk_ask(&d), "");
    assert_string_equal(desk_ask(&d), "needs_confirmation");
    assert_int_equal(d.said.expires_ms, 90000);
    desk_done(&d);
}

static void
test_text_from_outside_wants_an_agent(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d);
    d.record.outside = true;
    assert_string_equal(desk_ask(&d), "");
    assert_int_equal(d.record.asked, 0);
    d.def.effect = EFFECT_IRREVERSIBLE;
    assert_string_equal(desk_ask(&d), "needs_agent");
    assert_int_equal(d.record.asked, 1);
    /* The customer agreed before it came in. */
    d.record.agreed = "{\"amount\":5,\"order\":\"W1\"}";
    d.record.agreed_by = "customer";
    assert_string_equal(desk_ask(&d), "needs_agent");
    d.record.agreed_by = "agent";
    assert_string_equal(desk_ask(&d), "");
    desk_done(&d);
}

/* Dispatch says what is wrong with them: nobody is asked, nothing is counted. */
static void
test_what_never_runs_is_not_judged(void **state)
{
    static const char *const arguments[] = {"{\"order\":1}",
                                            "{\"unknown\":1}",
                                            "{\"order\":",
                                            "[]",
                                            "7",
                                            "{\"order\":\"\xff\"}",
                                            "nul"};
    (void)state;
    struct desk d;
    desk_init(&d);
    d.def.effect = EFFECT_IRREVERSIBLE;
    desk_rules(&d, "{\"refund\":{\"per_day\":1}}");
    for (size_t i = 0; i < COUNT(arguments); i++) {
        d.arguments = str_c(arguments[i]);
        assert_string_equal(desk_ask(&d), "");
    }
    char *long_text = arena_zero(&d.arena, LIMIT_TOOL_ARGUMENT_BYTES + 1, 1);
    assert_non_null(long_text);
    memset(long_text, ' ', LIMIT_TOOL_ARGUMENT_BYTES + 1);
    d.arguments = (struct str){long_text, LIMIT_TOOL_ARGUMENT_BYTES + 1};
    assert_string_equal(desk_ask(&d), "");
    assert_int_equal(d.record.added, 0);
    assert_int_equal(d.record.asked, 0);
    d.arguments.len--; /* blank stands for {} */
    assert_string_equal(desk_ask(&d), "needs_confirmation");
    assert_text(d.said.arguments, "{}");
    desk_done(&d);
}

/* Long ones stand in the model's own call. The customer could not be shown what they agree to: an
 * agent reads all of it at the desk. */
static void
test_long_arguments_are_not_told_again(void **state)
{
    (void)state;
    struct desk d;
    AUTO(buf) struct buf b = {0};
    desk_init(&d);
    d.def.effect = EFFECT_IRREVERSIBLE;
    buf_init(&b, LIMIT_TOOL_ARGUMENT_BYTES);
    buf_add_c(&b, "{\"order\":\"");
    for (int i = 0; i < 10000; i++) {
        buf_add_c(&b, "W1-");
    }
    buf_add_c(&b, "\"}");
    d.arguments = buf_str(&b);
    assert_string_equal(desk_ask(&d), "needs_agent");
    assert_int_equal(d.said.expires_ms, LIMIT_APPROVAL_AGENT_MS);
    assert_has(d.said.message, "exactly the same arguments");
    assert_in_range(d.said.message.len, 1, 1400);
    assert_in_range(d.said.summary.len, 1, LIMIT_APPROVAL_VALUE_BYTES + 20);
    assert_true(str_ends(d.said.summary, STR("-W1-...")));
    assert_true(str_eq(d.said.arguments, buf_str(&b)));
    /* Who has agreed to it is an agent. */
    d.record.agreed = b.text;
    d.record.agreed_by = "agent";
    assert_string_equal(desk_ask(&d), "");
    desk_done(&d);
}

/* ---- Failing ----------------------------------------------------------------------------------*/

static void
test_what_the_record_fails_at_is_said(void **state)
{
    static const char *const places[] = {"use", "take", "outside"};
    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        struct desk d;
        struct err err = {0};
        desk_init(&d);
        d.def.effect = EFFECT_IRREVERSIBLE;
        desk_rules(&d, "{\"refund\":{\"per_minute\":1}}");
        d.record.fails = places[i];
        d.said.verdict = TOOL_ASK_AGENT;
        assert_int_equal(desk_try(&d, &err), ERR_IO);
        assert_string_equal(err.message, "the disk is gone");
        assert_int_equal(d.said.verdict, TOOL_ASK_AGENT);
        desk_done(&d);
    }
}

static void
test_every_failed_allocation_is_said(void **state)
{
    static const char rules[] =
        "{\"*\":{\"prompts\":[\"service\"],\"hours\":[\"mon-fri 09:00-18:00\"]},"
        "\"refund\":{\"per_minute\":1,\"per_day\":1,\"per_customer_day\":1,\"approval\":\"agent\","
        "\"confirm\":\"{order} {lines}\"}}";
    (void)state;
    if (!fault_configure(STR("alloc:1"))) {
        print_message("SKIP: built without fault hooks\n");
        skip();
    }
    (void)fault_configure(STR(""));
    int result = ERR_NOMEM;
    unsigned long fired = 0;
    for (unsigned long n = 1; result == ERR_NOMEM; n++, fired++) {
        struct desk d;
        struct err err = {0};
        char spec[40];
        desk_init(&d);
        d.def.customer_field = STR("/customer");
        d.arguments = STR("{\"customer\":\"anna\",\"order\":\"W1\",\"lines\":[1,{\"a\":2}]}");
        (void)snprintf(spec, sizeof(spec), "alloc:%lu", n);
        AUTO(arena) struct arena scratch = {0};
        struct js *tree;
        assert_int_equal(js_parse(str_c(rules), &scratch, &tree, &err), 0);
        assert_true(fault_configure(str_c(spec)));
        result = tool_policy_new(tree, STR("Europe/Berlin"), &d.policy, &err);
        if (result == 0) {
            result = desk_try(&d, &err);
        }
        assert_true(fault_configure(STR("")));
        if (result != ERR_NOMEM && result != 0) {
            fail_msg("allocation %lu: %d %s", n, result, err.message);
        }
        if (result == 0) {
            assert_int_equal(d.said.verdict, TOOL_ASK_AGENT);
            assert_text(d.said.summary, "W1 1, {\"a\":2}");
        }
        assert_int_equal(d.record.added, 0);
        desk_done(&d);
    }
    assert_in_range(fired, 10, 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_rules_the_tool_decides),
        cmocka_unit_test(test_each_member),
        cmocka_unit_test(test_a_dry_run_is_passed_on),
        cmocka_unit_test(test_the_order),
        cmocka_unit_test(test_customer_scope),
        cmocka_unit_test(test_nobody_is_signed_in),
        cmocka_unit_test(test_a_customer_agrees_once),
        cmocka_unit_test(test_an_agent_agrees),
        cmocka_unit_test(test_text_from_outside_wants_an_agent),
        cmocka_unit_test(test_what_never_runs_is_not_judged),
        cmocka_unit_test(test_long_arguments_are_not_told_again),
        cmocka_unit_test(test_what_the_record_fails_at_is_said),
        cmocka_unit_test(test_every_failed_allocation_is_said),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
