/* Arguments made from schemas: those that ought to fit do, and those that break a rule do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "schema/schema.h"
#include "tools/deskhand/gauntlet_arguments.h"

static bool
fits(const char *schema_text, struct str text, struct arena *arena)
{
    AUTO(schema) struct schema *schema = NULL;
    struct schema_report report;
    struct err err = {0};
    struct js *value;
    if (schema_compile(str_c(schema_text), &schema, &err) < 0) {
        fail_msg("%s: %s", schema_text, err.message);
    }
    return js_parse(text, arena, &value, &err) == 0 &&
           schema_check(schema, value, arena, &report, &err) == 0;
}

static void
test_a_pattern_is_sampled(void **state)
{
    static const struct {
        const char *pattern;
        const char *want; /* NULL: beyond it */
    } cases[] = {
        {"", ""},
        {"abc", "abc"},
        {"^[A-Z]{2}-\\d+$", "AA-0"},
        {"^[A-Z]{2,3}-\\d{4}$", "AA-0000"},
        {"^(red|green|blue)$", "red"},
        {"^(?:a|b){3}$", "aaa"},
        {"^#W[0-9]{7}$", "#W0000000"},
        {"^x?y*z+$", "xyz"},
        {"^[^a]$", "x"},
        {"^[^x]$", "y"},
        {"^[]a]$", "]"},
        {"^.{3}$", "xxx"},
        {"\\.\\-\\w\\s", ".-a "},
        {"^a{0}b$", "b"},
        {"(?=a)b", NULL},
        {"(?<n>a)", NULL},
        {"\\bword", NULL},
        {"\\p{L}", NULL},
        {"(a", NULL},
        {"a)", NULL},
        {"[a", NULL},
        {"a{2", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO(buf) struct buf out;
        buf_init(&out, 1000);
        bool sampled = pattern_sample(str_c(cases[i].pattern), &out);
        if (sampled != (cases[i].want != NULL)) {
            fail_msg("%s gave %s", cases[i].pattern, sampled ? out.text : "nothing");
        }
        if (sampled) {
            assert_string_equal(out.text ? out.text : "", cases[i].want);
        }
    }
}

static void
test_a_pattern_has_limits(void **state)
{
    (void)state;
    AUTO(buf) struct buf out;
    char deep[64];
    buf_init(&out, 500);
    assert_false(pattern_sample(STR("(((a{200}){200}){200})"), &out));
    memset(deep, '(', sizeof(deep));
    assert_false(pattern_sample((struct str){deep, sizeof(deep)}, &out));
}

static const char *const schemas[] = {
    "{\"type\":\"object\",\"additionalProperties\":false}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"],"
    "\"additionalProperties\":false}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"minLength\":3,"
    "\"maxLength\":5}},\"required\":[\"a\",\"b\"]}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":3,"
    "\"maximum\":20,\"multipleOf\":5},\"b\":{\"type\":\"number\",\"exclusiveMinimum\":0,"
    "\"exclusiveMaximum\":1}},\"required\":[\"a\",\"b\"]}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[\"x\",\"y\",3]},\"b\":{\"const\":7}},"
    "\"required\":[\"a\",\"b\"],\"additionalProperties\":false}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"minItems\":2,\"maxItems\":4,"
    "\"uniqueItems\":true,\"items\":{\"type\":\"string\"}}},\"required\":[\"a\"]}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/id\"}},\"required\":[\"a\"],"
    "\"$defs\":{\"id\":{\"type\":\"string\",\"pattern\":\"^[A-Z]-[0-9]{4}$\"}}}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\",\"properties\":{\"b\":"
    "{\"type\":[\"null\",\"integer\"]},\"c\":{\"type\":\"boolean\"}},\"required\":[\"b\",\"c\"],"
    "\"additionalProperties\":false}},\"required\":[\"a\"]}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":"
    "\"integer\"}]},\"b\":{\"allOf\":[{\"type\":\"string\",\"maxLength\":3}]}},"
    "\"required\":[\"a\",\"b\"]}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"pattern\":\"(?=x)x\","
    "\"examples\":[\"x\"]},\"b\":{\"type\":\"string\",\"default\":\"d\"}},\"required\":[\"a\"]}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}}}",
};

static void
test_what_is_made_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(schemas) / sizeof(*schemas); i++) {
        AUTO(arena) struct arena arena = {0};
        struct argument_sets sets = {.arena = &arena};
        struct err err = {0};
        struct js *schema;
        assert_int_equal(js_parse(str_c(schemas[i]), &arena, &schema, &err), 0);
        arguments_make(schema, STR("anna"), &sets);
        assert_false(sets.failed);
        assert_true(sets.count > 0);
        assert_false(sets.items[0].hostile);
        if (!fits(schemas[i], sets.items[0].text, &arena)) {
            fail_msg("%s: %" STR_FMT, schemas[i], STR_ARG(sets.items[0].text));
        }
        for (size_t a = 0; a < sets.count; a++) {
            for (size_t b = 0; b < a; b++) {
                assert_false(str_eq(sets.items[a].text, sets.items[b].text));
            }
        }
    }
}

static void
test_what_breaks_a_rule_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(schemas) / sizeof(*schemas); i++) {
        AUTO(arena) struct arena arena = {0};
        struct argument_sets sets = {.arena = &arena};
        struct argument_sets broken = {.arena = &arena};
        struct err err = {0};
        struct js *schema;
        struct js *base;
        assert_int_equal(js_parse(str_c(schemas[i]), &arena, &schema, &err), 0);
        arguments_make(schema, STR("anna"), &sets);
        assert_int_equal(js_parse(sets.items[0].text, &arena, &base, &err), 0);
        arguments_break(schema, base, &broken);
        assert_true(broken.count > 5);
        for (size_t b = 0; b < broken.count; b++) {
            if (fits(schemas[i], broken.items[b].text, &arena)) {
                fail_msg("%s: %" STR_FMT ": %" STR_FMT, schemas[i], STR_ARG(broken.items[b].label),
                         STR_ARG(broken.items[b].text));
            }
        }
    }
}

static bool
labelled(const struct argument_sets *sets, const char *label)
{
    for (size_t i = 0; i < sets->count; i++) {
        if (str_eq_c(sets->items[i].label, label)) {
            return true;
        }
    }
    return false;
}

static void
test_each_rule_is_broken(void **state)
{
    static const char schema_text[] =
        "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"s\"],\"properties\":{"
        "\"s\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":9,\"pattern\":\"^[a-z]+$\"},"
        "\"n\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9},\"e\":{\"enum\":[\"x\"]},"
        "\"l\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":2,\"uniqueItems\":true,"
        "\"items\":{\"type\":\"object\",\"properties\":{\"q\":{\"type\":\"boolean\"}}}}}}";
    static const char *const labels[] = {
        "no JSON",
        "no UTF-8",
        "a list",
        "s missing",
        "a member that it does not know",
        "s: too short",
        "s: too long",
        "s: against its pattern",
        "s: a number",
        "n: a text",
        "n: half a number",
        "n: below its minimum",
        "n: above its maximum",
        "e: not among its values",
        "l: too few",
        "l: too many",
        "l: the same twice",
        "l: an object",
        "l[0]: a text",
        "l[0].q: null",
    };
    AUTO(arena) struct arena arena = {0};
    struct argument_sets broken = {.arena = &arena};
    struct err err = {0};
    struct js *schema;
    struct js *base;
    (void)state;
    assert_int_equal(js_parse(str_c(schema_text), &arena, &schema, &err), 0);
    assert_int_equal(js_parse(STR("{\"s\":\"abc\",\"n\":2,\"e\":\"x\",\"l\":[{\"q\":true}]}"),
                              &arena, &base, &err),
                     0);
    arguments_break(schema, base, &broken);
    for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
        if (!labelled(&broken, labels[i])) {
            fail_msg("nothing is broken like this: %s", labels[i]);
        }
    }
    for (size_t i = 0; i < broken.count; i++) {
        assert_false(fits(schema_text, broken.items[i].text, &arena));
    }
}

static void
test_texts_are_hostile_within_their_limits(void **state)
{
    static const char schema_text[] =
        "{\"type\":\"object\",\"properties\":{\"s\":{\"type\":\"string\",\"maxLength\":7},"
        "\"t\":{\"type\":\"string\"},\"c\":{\"type\":\"string\",\"scope\":\"customer\"}}}";
    AUTO(arena) struct arena arena = {0};
    struct argument_sets sets = {.arena = &arena};
    struct err err = {0};
    struct js *schema;
    struct js *value;
    size_t longest = 0;
    bool with_nul = false;
    (void)state;
    assert_int_equal(js_parse(str_c(schema_text), &arena, &schema, &err), 0);
    arguments_make(schema, STR("anna"), &sets);
    for (size_t i = 0; i < sets.count; i++) {
        assert_true(fits(schema_text, sets.items[i].text, &arena));
        assert_int_equal(js_parse(sets.items[i].text, &arena, &value, &err), 0);
        struct str t = js_get_text(value, "t");
        longest = t.len > longest ? t.len : longest;
        with_nul = with_nul || memchr(t.len ? t.ptr : "", 0, t.len);
        assert_true(!js_has(value, STR("c")) || str_eq_c(js_get_text(value, "c"), "anna"));
    }
    assert_true(longest > 10000);
    assert_true(with_nul);
    assert_true(sets.count >= 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pattern_is_sampled),
        cmocka_unit_test(test_a_pattern_has_limits),
        cmocka_unit_test(test_what_is_made_fits),
        cmocka_unit_test(test_what_breaks_a_rule_is_refused),
        cmocka_unit_test(test_each_rule_is_broken),
        cmocka_unit_test(test_texts_are_hostile_within_their_limits),
    };
    return cmocka_run_group_tests_name("gauntlet-arguments", tests, NULL, NULL);
}
