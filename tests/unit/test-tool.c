/* Registry and dispatch, one call at a time: whatever goes wrong, the call has one result, never
 * inside the function that started it, and the model is told what to do better. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/limits.h"
#include "tool/registry.h"

#include "tool_fixture.h"

/* ---- The registry -----------------------------------------------------------------------------*/

static void
test_a_tool_is_found_under_its_name(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    add(&b, make_def(&b, &b.a, "search_products", (struct fake_tool){0}));
    add(&b, make_def(&b, &b.b, "escalate-2-human", (struct fake_tool){0}));
    assert_int_equal(tool_count(b.registry), 2);
    assert_true(str_eq_c(tool_at(b.registry, 0)->name, "search_products"));
    assert_ptr_equal(tool_find(b.registry, STR("escalate-2-human")), tool_at(b.registry, 1));
    assert_null(tool_find(b.registry, STR("escalate")));
    assert_null(tool_at(b.registry, 2));
    bench_done(&b);
}

static void
test_a_wrong_tool_is_refused(void **state)
{
    static const char long_name[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static const struct {
        const char *name;
        int64_t timeout_ms;
        const char *want;
    } cases[] = {
        {"", 1000, "1 to 64"},
        {"with space", 1000, "'with space'"},
        {"t\xc3\xa4st", 1000, "1 to 64"},
        {long_name, 1000, "1 to 64"},
        {"taken", 1000, "plugin-a"},
        {"slow", 0, "timeout"},
        {"slow", 600001, "timeout"},
    };
    struct bench b;
    (void)state;
    bench_init(&b);
    add(&b, make_def(&b, &b.a, "taken", (struct fake_tool){0}));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct err err = {0};
        struct tool_def def = make_def(&b, &b.b, cases[i].name, (struct fake_tool){0});
        def.timeout_ms = cases[i].timeout_ms;
        assert_int_equal(tool_registry_add(b.registry, &def, &err), ERR_INVALID);
        assert_contains(str_c(err.message), cases[i].want);
    }
    assert_int_equal(tool_count(b.registry), 1);
    bench_done(&b);
}

static void
test_effects_have_names(void **state)
{
    (void)state;
    for (int e = EFFECT_READ; e <= EFFECT_IRREVERSIBLE; e++) {
        enum tool_effect back = EFFECT_READ;
        assert_true(tool_effect_from_name(tool_effect_name((enum tool_effect)e), &back));
        assert_int_equal(back, e);
    }
    enum tool_effect untouched = EFFECT_WRITE;
    assert_false(tool_effect_from_name(STR("deadly"), &untouched));
    assert_int_equal(untouched, EFFECT_WRITE);
}

/* ---- One call ---------------------------------------------------------------------------------*/

static void
test_a_call_gets_its_result(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    add(&b, make_def(&b, &b.a, "search", (struct fake_tool){.delay_ms = 2, .result = good}));
    size_t i = call(&b, "search", STR("{\"query\":\"one\",\"limit\":3,\"query\":\"two\"}"));
    run_until(&b, 1);
    assert_int_equal(b.heard[i].result.status, TOOL_OK);
    assert_true(str_eq_c(b.heard[i].result.json, "{\"found\":true}"));
    assert_false(b.heard[i].result.staged.escalate);
    assert_in_range(b.heard[i].result.ms, 1, 1000);
    /* What was checked is what arrives: of the two the last one, and the other is gone. */
    assert_null(strstr(b.a.arguments, "one"));
    assert_non_null(strstr(b.a.arguments, "\"query\":\"two\""));
    assert_string_equal(b.a.order, "x-0 ");
    bench_done(&b);
}

static void
test_what_a_model_gets_wrong_is_explained(void **state)
{
    static const struct {
        const char *tool;
        struct str arguments;
        const char *code;
        const char *want[3];
    } cases[] = {
        {"serch_products",
         STR_INIT("{}"),
         "unknown_tool",
         {"serch_products", "search_products\"?"}},
        {"refund\x1b[2J", STR_INIT("{}"), "unknown_tool", {"The tools are: search_products."}},
        {"search_products", STR_INIT("{\"query\":"), "invalid_arguments", {"arguments"}},
        {"search_products", STR_INIT("[1]"), "invalid_arguments", {"object"}},
        {"search_products", STR_INIT("{\"query\":\"\xff\"}"), "invalid_arguments", {"UTF-8"}},
        {"search_products", STR_INIT(""), "invalid_arguments", {"query"}},
        {"search_products",
         STR_INIT("{\"query\":7}"),
         "invalid_arguments",
         {"/query", "string", "not run"}},
        {"search_products",
         STR_INIT("{\"query\":\"a\",\"limit\":0}"),
         "invalid_arguments",
         {"/limit", "1"}},
        {"search_products",
         STR_INIT("{\"query\":\"a\",\"brand\":\"b\"}"),
         "invalid_arguments",
         {"brand"}},
    };
    (void)state;
    struct bench b;
    bench_init(&b);
    add(&b, make_def(&b, &b.a, "search_products", (struct fake_tool){.result = good}));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t at = call(&b, cases[i].tool, cases[i].arguments);
        run_until(&b, i + 1);
        const struct tool_result *r = &b.heard[at].result;
        assert_int_equal(r->status, TOOL_REJECTED);
        assert_true(str_eq_c(r->error_code, cases[i].code));
        for (size_t w = 0; w < 3 && cases[i].want[w]; w++) {
            assert_contains(r->message, cases[i].want[w]);
        }
        assert_int_equal(str_find_char(r->message, '\x1b', 0), SIZE_MAX);
    }
    assert_int_equal(b.a.started, 0);
    bench_done(&b);
}

static void
test_oversized_arguments_are_rejected(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    add(&b, make_def(&b, &b.a, "search", (struct fake_tool){.result = good}));
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_TOOL_ARGUMENT_BYTES * 2);
    buf_add_c(&text, "{\"query\":\"");
    while (text.len < LIMIT_TOOL_ARGUMENT_BYTES) {
        buf_add_c(&text, "aaaaaaaaaaaaaaaa");
    }
    buf_add_c(&text, "\"}");
    size_t i = call(&b, "search", buf_str(&text));
    run_until(&b, 1);
    assert_int_equal(b.heard[i].result.status, TOOL_REJECTED);
    assert_contains(b.heard[i].result.message, "64 KiB");
    bench_done(&b);
}

static char oversized[LIMIT_TOOL_RESULT_BYTES + 3];

static void
expect_error(struct fake_tool tool, const char *code, const char *want, bool retryable)
{
    struct bench b;
    bench_init(&b);
    add(&b, make_def(&b, &b.a, "search", tool));
    (void)call(&b, "search", GOOD_ARGUMENTS);
    run_until(&b, 1);
    const struct tool_result *r = &b.heard[0].result;
    assert_int_equal(r->status, TOOL_ERROR);
    assert_true(str_eq_c(r->error_code, code));
    assert_contains(r->message, want);
    assert_int_equal(r->retryable, retryable);
    assert_int_equal(r->json.len, 0);
    assert_false(r->staged.escalate);
    bench_done(&b);
}

static void
test_what_a_source_gets_wrong_is_an_error(void **state)
{
    memset(oversized, 'a', sizeof(oversized));
    oversized[0] = oversized[sizeof(oversized) - 1] = '"';
    const struct {
        struct fake_tool tool;
        const char *code;
        const char *want;
        bool retryable;
    } cases[] = {
        {{.result = {.status = TOOL_OK, .json = STR("{\"a\":")}},
         "plugin_fault",
         "not JSON",
         false},
        {{.result = {.status = TOOL_OK}}, "plugin_fault", "not JSON", false},
        {{.result = {.status = TOOL_OK, .json = STR("\"\xc0\xaf\"")}},
         "plugin_fault",
         "not JSON",
         false},
        {{.result = {.status = TOOL_OK, .json = {oversized, sizeof(oversized)}}},
         "result_too_large",
         "256 KiB",
         false},
        {{.result = {.status = TOOL_OK,
                     .json = STR("{}"),
                     .staged = {.escalate = true, .priority = STR("now")}}},
         "plugin_fault",
         "Nothing was done",
         false},
        {{.result = {.status = TOOL_ERROR,
                     .error_code = STR("not_found"),
                     .message = STR("no such \x1b[31mproduct"),
                     .retryable = true}},
         "not_found",
         "no such product",
         true},
        {{.result = {.status = TOOL_ERROR, .error_code = STR("Two Words")}},
         "plugin_error",
         "did not say why",
         false},
        {{.behaviour = REFUSE_START}, "busy", "no thread is free", true},
        {{.behaviour = UNAVAILABLE}, "unavailable", "its plugin is disabled", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        expect_error(cases[i].tool, cases[i].code, cases[i].want, cases[i].retryable);
    }
}

static void
test_staged_effects_come_with_the_result(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct tool_result result = good;
    result.staged =
        (struct tool_staged){.escalate = true, .reason = STR("asked"), .priority = STR("high")};
    add(&b, make_def(&b, &b.a, "escalate", (struct fake_tool){.result = result}));
    (void)call(&b, "escalate", GOOD_ARGUMENTS);
    run_until(&b, 1);
    assert_true(b.heard[0].result.staged.escalate);
    assert_true(str_eq_c(b.heard[0].result.staged.priority, "high"));
    bench_done(&b);
}

/* ---- What the model sees ----------------------------------------------------------------------*/

static void
test_content_has_the_shape_of_a_content_array(void **state)
{
    static const struct {
        struct tool_result result;
        const char *want;
    } cases[] = {
        {{.status = TOOL_OK, .json = STR_INIT(" {\"a\":1.50}")}, "[{\"json\":{\"a\":1.50}}]"},
        {{.status = TOOL_OK, .json = STR_INIT("[1,2]")}, "[{\"text\":\"[1,2]\"}]"},
        {{.status = TOOL_OK, .json = STR_INIT("\"a\\u0041\"")}, "[{\"text\":\"aA\"}]"},
        {{.status = TOOL_OK, .json = STR_INIT("null")}, "[{\"text\":\"null\"}]"},
        {{.status = TOOL_ERROR, .message = STR_INIT("say \"why\"")},
         "[{\"text\":\"say \\\"why\\\"\"}]"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO(arena) struct arena arena = {0};
        struct str content = tool_result_content(&cases[i].result, &arena);
        assert_string_equal(content.ptr, cases[i].want);
    }
}

/* A result without a source passes for dispatch's own words, which are trusted: not for want of
 * memory either. */
static void
test_a_result_always_has_a_source(void **state)
{
    const struct tool_def def = {.name = STR("page"), .plugin = STR("shop"), .untrusted = true};
    const struct tool_result said = {.status = TOOL_OK, .json = STR("{}")};
    bool hooks = fault_configure(STR("alloc:1"));
    (void)state;
    for (int i = 0; i < 2; i++) {
        AUTO(arena) struct arena arena = {0};
        struct tool_result settled;
        tool_result_settle(&def, &said, &arena, &settled);
        (void)fault_configure(STR(""));
        const char *want = i == 0 && hooks ? "What a tool said" : "What the tool page of shop said";
        assert_true(settled.untrusted);
        assert_true(str_eq_c(settled.source, want));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tool_is_found_under_its_name),
        cmocka_unit_test(test_a_wrong_tool_is_refused),
        cmocka_unit_test(test_effects_have_names),
        cmocka_unit_test(test_a_call_gets_its_result),
        cmocka_unit_test(test_what_a_model_gets_wrong_is_explained),
        cmocka_unit_test(test_oversized_arguments_are_rejected),
        cmocka_unit_test(test_what_a_source_gets_wrong_is_an_error),
        cmocka_unit_test(test_staged_effects_come_with_the_result),
        cmocka_unit_test(test_content_has_the_shape_of_a_content_array),
        cmocka_unit_test(test_a_result_always_has_a_source),
    };
    return cmocka_run_group_tests_name("tool", tests, NULL, NULL);
}
