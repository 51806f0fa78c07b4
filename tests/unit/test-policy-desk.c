/* The rules as a desk opens them: out of desk.yaml, held against its tools, mistakes with file and
 * line; and the manual's example, word by word. */
#include "policy_fixture.h"

#include <stdlib.h>

#include "config/config.h"
#include "io/loop.h"
#include "tools/deskhand/app.h"
#include "tools/deskhand/policy.h"

static int
no_start(struct tool_source *s, struct tool_run *run, struct err *err)
{
    (void)s;
    (void)run;
    return err_set(err, ERR_BUG, "nothing is called here");
}

static const struct tool_source_ops ops = {.start = no_start};

/* A desk with the tools refund and cancel_order. */
struct opened {
    struct desk desk;
    struct app app;
    struct loop *loop;
    struct tool_registry *tools;
    struct tool_source source;
};

static void
open_desk(struct opened *o, const char *yaml)
{
    static const char *const names[] = {"refund", "cancel_order"};
    struct err err = {0};
    memset(o, 0, sizeof(*o));
    desk_init(&o->desk);
    o->source.ops = &ops;
    o->desk.def.source = &o->source;
    o->desk.def.effect = EFFECT_IRREVERSIBLE;
    assert_int_equal(loop_new(&o->loop, &err), 0);
    assert_int_equal(tool_registry_new(o->loop, &o->tools, &err), 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct tool_def def = o->desk.def;
        def.name = str_c(names[i]);
        assert_int_equal(tool_registry_add(o->tools, &def, &err), 0);
    }
    if (config_parse(str_c(yaml), STR("desk.yaml"), &o->app.config, &err) != 0) {
        fail_msg("%s", err.message);
    }
}

static void
close_desk(struct opened *o)
{
    config_free(o->app.config);
    tool_registry_free(o->tools);
    loop_free(o->loop);
    desk_done(&o->desk);
}

static void
test_mistakes_have_a_line(void **state)
{
    static const struct {
        const char *yaml;
        const char *want; /* NULL: it opens */
    } cases[] = {
        {"", NULL},
        {"policy:\n  refund: {}\n", NULL},
        {"model: embedded\npolicy:\n  refnd:\n    enabled: false\n",
         "desk.yaml:2: policy.refnd: no plugin, command or MCP server"},
        {"policy:\n  refund:\n    hours: never\n", "desk.yaml:1: policy.refund.hours: 'never'"},
        {"policy:\n  refund:\n    approval: none\n", "policy.refund.approval: none: what refund"},
        {"desk.timezone: Europe/Berlinn\npolicy:\n  refund:\n    per_day: 3\n",
         "desk.timezone: there is no time zone 'Europe/Berlinn'"},
        /* A server that is down or switched off, and one that is not there; commands; our own. */
        {"mcp: {files: {command: [x]}}\npolicy: {files_read: {}}\n", NULL},
        {"mcp: {files: {command: [x], enabled: false}}\npolicy: {files_read: {}}\n", NULL},
        {"commands: {post: {description: d, command: [x], input: {}}}\npolicy: {post: {}}\n", NULL},
        {"policy: {read_result: {enabled: false}}\n", NULL},
        {"mcp: {file: {command: [x]}}\npolicy: {files_read: {}}\n", "policy.files_read: "},
        {"mcp: {files: {command: [x]}}\npolicy: {files_: {}}\n", "policy.files_: "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct opened o;
        struct tool_policy *p = NULL;
        struct err err = {0};
        open_desk(&o, cases[i].yaml);
        int result = policy_open(&o.app, o.tools, true, &p, &err);
        if ((result == 0) != !cases[i].want) {
            fail_msg("%s: %d %s", cases[i].yaml, result, err.message);
        }
        if (cases[i].want) {
            assert_has(str_c(err.message), cases[i].want);
            assert_null(p);
        }
        size_t rules = 99;
        assert_int_equal(policy_check(&o.app, o.tools, &rules, &err), result);
        assert_int_equal(rules, result < 0 ? 99 : *cases[i].yaml ? 1 : 0);
        tool_policy_free(p);
        close_desk(&o);
    }
}

/* What desk.yaml's own check says, before anything is opened. */
static void
test_the_schema_of_the_key(void **state)
{
    static const struct {
        const char *yaml;
        const char *want;
    } cases[] = {
        {"policy: 5", "desk.yaml:1: policy: expected a map"},
        {"policy:\n  refund: 5", "desk.yaml:2: policy: /refund"},
        {"policy:\n  refund:\n    per_day: 0", "desk.yaml:3: policy: /refund/per_day"},
        {"policy:\n  refund:\n    per_day: often", "desk.yaml:3: "},
        {"policy:\n  refund:\n    enabled: yes", "desk.yaml:3: policy: /refund/enabled"},
        {"policy:\n  refund:\n    aproval: agent", "desk.yaml:3: policy: /refund/aproval"},
        {"policy:\n  refund:\n    approval: customers", "desk.yaml:3: "},
        {"policy:\n  refund:\n    approval_time: 3d", "desk.yaml:3: "},
        {"policy:\n  refund:\n    hours: 9", "desk.yaml:3: "},
        {"policy:\n  refund:\n    prompts: sales", "desk.yaml:3: "},
        {"policy:\n  refund:\n    trust: some", "desk.yaml:3: "},
        {"policy:\n  ref und:\n    enabled: true", "desk.yaml:"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config *c = NULL;
        struct err err = {0};
        assert_int_equal(config_parse(str_c(cases[i].yaml), STR("desk.yaml"), &c, &err),
                         ERR_INVALID);
        assert_has(str_c(err.message), cases[i].want);
    }
}

/* ```yaml of the section "Policy". */
static struct str
manual_example(struct arena *arena)
{
    AUTO(buf) struct buf page = {0};
    char line[4096];
    const char *source = getenv("DESKHAND_SOURCE");
    struct str path = arena_printf(arena, "%s/docs/configuration.md", source ? source : ".");
    FILE *file = fopen(path.ptr, "r");
    assert_non_null(file);
    buf_init(&page, 1024 * 1024);
    while (fgets(line, sizeof(line), file)) {
        buf_add_c(&page, line);
    }
    assert_int_equal(fclose(file), 0);
    size_t section = str_find(buf_str(&page), STR("\n## Policy\n"), 0);
    size_t begin = str_find(buf_str(&page), STR("```yaml\n"), section) + 8;
    size_t end = str_find(buf_str(&page), STR("```\n"), begin);
    assert_true(section < begin && begin < end && end != SIZE_MAX);
    return arena_str(arena, str_sub(buf_str(&page), begin, end - begin));
}

static void
test_the_manuals_example(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct opened o;
    struct desk *d = &o.desk;
    struct err err = {0};
    open_desk(&o, manual_example(&arena).ptr);
    if (policy_open(&o.app, o.tools, true, &d->policy, &err) != 0) {
        fail_msg("%s", err.message);
    }
    assert_string_equal(desk_ask(d), "needs_confirmation");
    assert_text(d->said.summary, "Refund 5 for order W1?");
    d->now = at("2026-03-07T11:30:00Z"); /* Saturday, 12:30 */
    assert_string_equal(desk_ask(d), "closed");
    assert_has(d->said.message, "the next time is sat 13:00");
    d->now = at("2026-03-07T12:00:00Z");
    assert_string_equal(desk_ask(d), "needs_confirmation");
    d->def.name = STR("cancel_order");
    d->now = at("2026-03-08T03:00:00Z");
    assert_string_equal(desk_ask(d), "needs_agent");
    close_desk(&o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_have_a_line),
        cmocka_unit_test(test_the_schema_of_the_key),
        cmocka_unit_test(test_the_manuals_example),
    };
    return cmocka_run_group_tests_name("policy-desk", tests, NULL, NULL);
}
