/* The rules of policy: what desk.yaml may say, whether it fits the tools there are, hours, and the
 * line that people agree to, whatever a model puts into it. */
#include "policy_fixture.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "io/loop.h"
#include "tool/policy_hours.h"
#include "tool/policy_summary.h"

/* ---- Reading ----------------------------------------------------------------------------------*/

static void
test_mistakes_are_named(void **state)
{
    static const struct {
        const char *rules;
        const char *want;
    } cases[] = {
        {"{\"refund\":{\"hours\":\"always\"}}", "policy.refund.hours: 'always' are no hours"},
        {"{\"*\":{\"hours\":[\"mon 09:00-10:00\",\"\"]}}", "policy.*.hours: '' are no hours"},
        {"{\"refund\":{\"hours\":[]}}", "policy.refund.hours: an empty list"},
        {"{\"refund\":{\"hours\":7}}", "policy.refund.hours: "},
        {"{\"refund\":{\"per_day\":0}}", "policy.refund.per_day: is not a whole number above 0"},
        {"{\"refund\":{\"per_minute\":-1}}", "policy.refund.per_minute: "},
        {"{\"refund\":{\"per_customer_day\":\"3\"}}", "policy.refund.per_customer_day: "},
        {"{\"refund\":{\"approval\":\"nobody\"}}", "policy.refund.approval: is none of none"},
        {"{\"refund\":{\"approval_time\":\"59s\"}}", "policy.refund.approval_time: is not within"},
        {"{\"refund\":{\"approval_time\":\"169h\"}}", "policy.refund.approval_time: "},
        {"{\"refund\":{\"approval_time\":\"soon\"}}", "policy.refund.approval_time: "},
        {"{\"*\":{\"confirm\":\"Do it?\"}}", "policy.*.confirm: one sentence"},
        {"{\"*\":{\"trust\":\"trusted\"}}", "policy.*.trust: all tools at once"},
        {"{\"refund\":{\"trust\":\"maybe\"}}", "policy.refund.trust: is neither"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tool_policy *p = NULL;
        struct err err = {0};
        assert_int_equal(read_policy(cases[i].rules, "UTC", &p, &err), ERR_INVALID);
        assert_has(str_c(err.message), cases[i].want);
        assert_null(p);
    }
}

/* The zone is looked for where hours or days are asked for, and nowhere else. */
static void
test_the_zone(void **state)
{
    static const struct {
        const char *rules;
        int want;
    } cases[] = {
        {"{}", 0},
        {"{\"refund\":{\"per_minute\":1,\"approval\":\"agent\"}}", 0},
        {"{\"refund\":{\"per_day\":1}}", ERR_NOTFOUND},
        {"{\"*\":{\"per_customer_day\":1}}", ERR_NOTFOUND},
        {"{\"*\":{\"hours\":\"mon 09:00-10:00\"}}", ERR_NOTFOUND},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(tool_policy) struct tool_policy *p = NULL;
        struct err err = {0};
        assert_int_equal(read_policy(cases[i].rules, "Europe/Berlinn", &p, &err), cases[i].want);
        if (cases[i].want < 0) {
            assert_has(str_c(err.message), "desk.timezone: there is no time zone");
        }
    }
}

static void
test_trust(void **state)
{
    static const struct {
        const char *rules;
        bool of_tool;
        bool said;
        bool want;
    } cases[] = {
        {"{}", false, false, false},
        {"{}", true, false, true},
        {"{}", false, true, true},
        {"{\"*\":{\"trust\":\"untrusted\"}}", false, false, true},
        {"{\"refund\":{\"trust\":\"untrusted\"}}", false, false, true},
        {"{\"other\":{\"trust\":\"untrusted\"}}", false, false, false},
        {"{\"refund\":{\"trust\":\"trusted\"}}", true, true, false},
        {"{\"other\":{\"trust\":\"trusted\"}}", true, false, true},
        {"{\"*\":{\"trust\":\"untrusted\"},\"refund\":{\"trust\":\"trusted\"}}", true, true, false},
    };
    (void)state;
    struct desk d;
    desk_init(&d);
    assert_false(tool_policy_untrusted(NULL, &d.def, false));
    assert_true(tool_policy_untrusted(NULL, &d.def, true));
    for (size_t i = 0; i < COUNT(cases); i++) {
        desk_rules(&d, cases[i].rules);
        d.def.untrusted = cases[i].of_tool;
        if (tool_policy_untrusted(d.policy, &d.def, cases[i].said) != cases[i].want) {
            fail_msg("%s, %d, %d", cases[i].rules, cases[i].of_tool, cases[i].said);
        }
    }
    desk_done(&d);
}

/* ---- Against the tools there are --------------------------------------------------------------*/

static int
no_start(struct tool_source *s, struct tool_run *run, struct err *err)
{
    (void)s;
    (void)run;
    return err_set(err, ERR_BUG, "nothing is called here");
}

static void
no_abandon(struct tool_source *s, struct tool_run *run, bool late)
{
    (void)s;
    (void)run;
    (void)late;
}

static struct str
no_trouble(struct tool_source *s, const struct tool_def *def)
{
    (void)s;
    (void)def;
    return (struct str){0};
}

static bool
comes_from_files(void *arg, struct str name)
{
    return str_starts(name, str_c(arg));
}

static void
test_rules_fit_the_tools(void **state)
{
    static const char open_schema[] =
        "{\"type\":\"object\",\"properties\":{},\"patternProperties\":{\"^x\":{}}}";
    static const struct {
        const char *rules;
        const char *want; /* NULL: they fit */
    } cases[] = {
        {"{}", NULL},
        {"{\"refund\":{\"enabled\":false},\"lookup\":{\"approval\":\"none\"}}", NULL},
        {"{\"refnd\":{}}", "policy.refnd: no plugin, command or MCP server of this desk brings a "
                           "tool of that name: did you mean refund?"},
        {"{\"completely_else\":{}}", "brings a tool of that name: remove the rule"},
        {"{\"files_read\":{}}", NULL},
        {"{\"refund\":{\"approval\":\"none\"}}",
         "policy.refund.approval: none: what refund does cannot be undone"},
        {"{\"*\":{\"approval\":\"none\"}}", "policy.*.approval: none: what refund does"},
        {"{\"*\":{\"approval\":\"none\"},\"refund\":{\"approval\":\"agent\"}}", NULL},
        {"{\"refund\":{\"confirm\":\"{amount} for {order}? {}\"}}", NULL},
        {"{\"refund\":{\"confirm\":\"{amout} for {order}?\"}}",
         "policy.refund.confirm: {amout}: the tool has no such argument"},
        {"{\"lookup\":{\"confirm\":\"{anything}\"}}", NULL},
    };
    static const struct tool_source_ops ops = {no_start, no_abandon, no_trouble};
    (void)state;
    struct desk d;
    struct err err = {0};
    struct loop *loop = NULL;
    struct tool_registry *registry = NULL;
    struct tool_source source = {&ops};
    char server[] = "files_";
    const struct tool_latecomers late = {comes_from_files, server};
    desk_init(&d);
    assert_int_equal(loop_new(&loop, &err), 0);
    assert_int_equal(tool_registry_new(loop, &registry, &err), 0);
    d.def.source = &source;
    d.def.effect = EFFECT_IRREVERSIBLE;
    assert_int_equal(tool_registry_add(registry, &d.def, &err), 0);
    d.def.name = STR("lookup");
    d.def.effect = EFFECT_READ;
    d.def.schema_text = str_c(open_schema);
    assert_int_equal(tool_registry_add(registry, &d.def, &err), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        desk_rules(&d, cases[i].rules);
        int result = tool_policy_check(d.policy, registry, &late, &err);
        if (result != (cases[i].want ? ERR_INVALID : 0)) {
            fail_msg("%s: %d %s", cases[i].rules, result, err.message);
        }
        if (cases[i].want) {
            assert_has(str_c(err.message), cases[i].want);
        }
    }
    desk_rules(&d, "{\"files_read\":{}}");
    assert_int_equal(tool_policy_check(d.policy, registry, NULL, &err), ERR_INVALID);
    tool_registry_free(registry);
    loop_free(loop);
    desk_done(&d);
}

/* ---- Hours ------------------------------------------------------------------------------------*/

static const struct {
    const char *text;
    int minutes; /* open in a week; 0: no hours */
    const char *first;
} timetables[] = {
    {"mon-fri 09:00-18:00", 5 * 540, "mon 09:00"},
    {"MON-Fri 9:00-18:00", 5 * 540, "mon 09:00"},
    {"  sat   10:00-14:00 ", 240, "sat 10:00"},
    {"sat,sun 10:00-12:00,13:00-16:00", 2 * 300, "sun 10:00"},
    {"fri-mon 00:00-24:00", 4 * 1440, "sun 00:00"},
    {"sun-sat 00:00-24:00", 7 * 1440, "sun 00:00"},
    {"tue-mon 08:00-08:01", 7, "sun 08:00"},
    {"fri 22:00-06:00", 480, "fri 22:00"},
    {"sat 22:00-06:00", 480, "sun 00:00"}, /* into the next week */
    {"mon,mon 09:00-10:00,09:30-10:30", 90, "mon 09:00"},
    {"mon 23:59-24:00", 1, "mon 23:59"},
    {"mon 23:59-00:00", 1, "mon 23:59"},
    {"", 0, NULL},
    {"mon", 0, NULL},
    {"09:00-18:00", 0, NULL},
    {"mon 09:00", 0, NULL},
    {"mon 09:00-", 0, NULL},
    {"mon -18:00", 0, NULL},
    {"mon 09:00-09:00", 0, NULL},
    {"mon 24:00-09:00", 0, NULL},
    {"mon 09:00-24:01", 0, NULL},
    {"mon 09:00-25:00", 0, NULL},
    {"mon 09:60-10:00", 0, NULL},
    {"mon 09:0-10:00", 0, NULL},
    {"mon 009:00-10:00", 0, NULL},
    {"mon 9-10", 0, NULL},
    {"mon :00-10:00", 0, NULL},
    {"mon -1:00-10:00", 0, NULL},
    {"mon 09:-1-10:00", 0, NULL},
    {"mon 09:00-10:-1", 0, NULL},
    {"mon 09:00--1:00", 0, NULL},
    {"mon 09:00-10:00-11:00", 0, NULL},
    {"mon 09:00-10:00,", 0, NULL},
    {"mon, 09:00-10:00", 0, NULL},
    {",mon 09:00-10:00", 0, NULL},
    {"mon- 09:00-10:00", 0, NULL},
    {"-mon 09:00-10:00", 0, NULL},
    {"mon-tue-wed 09:00-10:00", 0, NULL},
    {"monday 09:00-10:00", 0, NULL},
    {"mon 09:00-10:00 sat 10:00-11:00", 0, NULL},
    {"mon\t09:00-10:00", 0, NULL},
};

static void
test_hours(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(timetables); i++) {
        AUTO(arena) struct arena arena = {0};
        struct policy_hours h = {0};
        bool good = policy_hours_add(&h, str_c(timetables[i].text));
        int minutes = 0;
        for (unsigned m = 0; m < HOURS_WEEK; m++) {
            minutes += policy_hours_open(&h, m);
        }
        if (good != (timetables[i].minutes > 0) || minutes != timetables[i].minutes) {
            fail_msg("'%s': %d, %d minutes", timetables[i].text, good, minutes);
        }
        if (good) {
            assert_text(policy_hours_clock(policy_hours_next(&h, 0), &arena), timetables[i].first);
            assert_true(policy_hours_open(&h, policy_hours_next(&h, HOURS_WEEK - 1)));
        }
    }
}

/* ---- The line ---------------------------------------------------------------------------------*/

/* WHOLE: is all of it there? */
static struct str
summary(struct arena *arena, const char *template, struct str arguments, bool whole)
{
    struct js *tree;
    struct err err = {0};
    bool is_whole = !whole;
    assert_int_equal(js_parse(arguments, arena, &tree, &err), 0);
    struct str line = policy_summary(STR("refund"), str_c(template), tree, arena, &is_whole);
    assert_non_null(line.ptr);
    assert_int_equal(is_whole, whole);
    return line;
}

static void
test_summaries(void **state)
{
    static const struct {
        const char *template;
        const char *arguments;
        const char *want;
    } cases[] = {
        {"Refund {amount} for {order}?", "{\"order\":\"W1\",\"amount\":12.50}",
         "Refund 12.50 for W1?"},
        {"{order}{order}", "{\"order\":\"W1\"}", "W1W1"},
        {"To {order}?", "{}", "To (not given)?"},
        {"To {order}?", "{\"order\":null}", "To (not given)?"},
        {"To {order}?", "{\"order\":\"\"}", "To (empty)?"},
        {"To {order}?", "{\"order\":\" \\u200b\\n\"}", "To (empty)?"},
        {"{lines}", "{\"lines\":[\"a\",2,true,null,[\"b\"]]}", "a, 2, true, null, [\"b\"]"},
        {"{lines}", "{\"lines\":[]}", "[]"},
        {"{lines}", "{\"lines\":{\"a\":[1,\"x\"]}}", "{\"a\":[1,\"x\"]}"},
        {"{a b} {a/b} {A}", "{\"a b\":1,\"a/b\":2,\"a\":3}", "1 2 (not given)"},
        {"{{order}} {} { {order", "{\"order\":\"W1\"}", "{W1} {} { {order"},
        {"a } {order}", "{\"order\":\"W1\"}", "a } W1"},
        {"two\nlines  {order}", "{\"order\":\"W1\"}", "two lines W1"},
        /* A value is no template, and no line of its own. */
        {"{order} {amount}", "{\"order\":\"{amount}\",\"amount\":5}", "{amount} 5"},
        {"{order}", "{\"order\":\"a\\r\\nb\\u2028c\\u0085d\\te\"}", "a b c d e"},
        {"{order}", "{\"order\":\"\\u001b[2Jx\\u0000\\u007fy\"}", "[2Jx y"},
        {"{order}", "{\"order\":\"a\\u202eb\\u2066c\\u200fd\\ufeffe\\u00adf\"}", "abcdef"},
        {"{order}", "{\"order\":\"a\\u3164b\\u2800c\\ufe0fd\\u115fe\\u034ff\"}", "abcdef"},
        {"", "{}", "refund"},
        {"", "{\"order\":\"W1\",\"amount\":5,\"lines\":[\"a\",\"b c\"]}",
         "refund: order: W1, amount: 5, lines: a, b c"},
        /* One text cannot pass for two. */
        {"", "{\"order\":\"W1, amount: 1\",\"amount\":5}",
         "refund: order: \"W1, amount: 1\", amount: 5"},
        {"", "{\"order\":\"\",\"lines\":[\"a, b\"]}", "refund: order: \"\", lines: \"a, b\""},
        {"", "{\"a\\nb\\u0007\":null}", "refund: a b: (not given)"},
    };
    (void)state;
    AUTO(arena) struct arena arena = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_text(summary(&arena, cases[i].template, str_c(cases[i].arguments), true),
                    cases[i].want);
    }
    bool whole;
    assert_text(policy_summary(STR("refund"), STR("{order}"), NULL, &arena, &whole), "(not given)");
    assert_true(whole);
}

/* COUNT members of LENGTH bytes each. */
static struct str
long_arguments(struct buf *b, int count, int length, const char *piece)
{
    buf_clear(b);
    for (int i = 0; i < count; i++) {
        buf_printf(b, "%s\"a%d\":\"", i ? "," : "{", i);
        for (int j = 0; j < length; j++) {
            buf_add_c(b, piece);
        }
        buf_add_c(b, "\"");
    }
    buf_add_c(b, "}");
    return buf_str(b);
}

static void
test_long_values_hide_no_others(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf b = {0};
    buf_init(&b, LIMIT_JSON_BYTES);
    /* Three bytes a character: as many as fit, and the dots. */
    struct str args = long_arguments(&b, 2, 1000, "\xe2\x82\xac");
    struct str line = summary(&arena, "{a0}|{a1}|", args, false);
    assert_int_equal(line.len, 2 * (LIMIT_APPROVAL_VALUE_BYTES / 3 * 3 + 3 + 1));
    assert_true(utf8_valid(line));
    assert_true(str_ends(line, STR("\xe2\x82\xac...|")));
    line = summary(&arena, "{a0}", long_arguments(&b, 1, LIMIT_APPROVAL_VALUE_BYTES, "x"), true);
    assert_int_equal(line.len, LIMIT_APPROVAL_VALUE_BYTES);
    args = long_arguments(&b, 1, LIMIT_APPROVAL_VALUE_BYTES + 1, "x");
    line = summary(&arena, "{a0}", args, false);
    assert_true(str_ends(line, STR("x...")));
    line = summary(&arena, "", long_arguments(&b, 200, 300, "\\u001b\\n"), false);
    assert_true(line.len <= LIMIT_APPROVAL_SUMMARY_BYTES + 3);
    assert_true(str_ends(line, STR("...")));
    assert_has(line, "a0: (empty), a1: (empty)");
    line = summary(&arena, "", long_arguments(&b, 200, 300, "x"), false);
    assert_true(line.len <= LIMIT_APPROVAL_SUMMARY_BYTES + 3);
    assert_true(str_ends(line, STR("...")));
    /* What is left out is said, though what is there is short once it is clean. */
    buf_clear(&b);
    for (int i = 0; i < 5000; i++) {
        buf_add_c(&b, " ");
    }
    buf_add_c(&b, "{a0} and more");
    line = summary(&arena, b.text, STR("{\"a0\":\"x\"}"), false);
    assert_true(str_ends(line, STR("...")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_the_zone),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_rules_fit_the_tools),
        cmocka_unit_test(test_hours),
        cmocka_unit_test(test_summaries),
        cmocka_unit_test(test_long_values_hide_no_others),
    };
    return cmocka_run_group_tests_name("policy-rules", tests, NULL, NULL);
}
