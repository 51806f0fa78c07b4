/* Which argument of a tool names the customer: "scope": "customer" in its schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "schema/schema.h"
#include "tool/tool.h"

#define NAMES "{\"type\":\"string\",\"scope\":\"customer\"}"
#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"

static int
find(const char *schema, struct arena *arena, struct str *ret, struct err *err)
{
    struct js *tree;
    assert_int_equal(js_parse(str_c(schema), arena, &tree, err), 0);
    return tool_customer_field(tree, arena, ret, err);
}

static void
test_the_field_is_found(void **state)
{
    static const struct {
        const char *schema;
        const char *want;
    } cases[] = {
        {"{}", ""},
        {"{\"type\":\"object\"}", ""},
        {"{\"properties\":[]}", ""},
        {OBJECT("\"id\":{\"type\":\"string\"}"), ""},
        {OBJECT("\"order\":{\"type\":\"string\"},\"id\":" NAMES), "/id"},
        {OBJECT("\"who\":" OBJECT("\"a\":{},\"id\":" NAMES) ",\"z\":{}"), "/who/id"},
        {OBJECT("\"a/b~c\":" NAMES), "/a~1b~0c"},
        {OBJECT("\"\":" NAMES), "/"},
        /* An argument may be called so. */
        {OBJECT("\"scope\":{\"type\":\"string\"}"), ""},
        {OBJECT("\"scope\":" NAMES), "/scope"},
        {OBJECT("\"a\":{\"default\":{\"scope\":\"customer\"}}"), ""},
        {OBJECT("\"default\":" NAMES), "/default"},
        {OBJECT("\"properties\":" OBJECT("\"id\":" NAMES)), "/properties/id"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(schema) struct schema *compiled = NULL;
        struct err err = {0};
        struct str field = STR("before");
        if (find(cases[i].schema, &arena, &field, &err) != 0) {
            fail_msg("%s: %s", cases[i].schema, err.message);
        }
        if (!str_eq_c(field, cases[i].want)) {
            fail_msg("%s: '%" STR_FMT "'", cases[i].schema, STR_ARG(field));
        }
        /* The keyword is ours, and a note to the schema's compiler. */
        int result = schema_compile(str_c(cases[i].schema), &compiled, &err);
        assert_int_equal(result,
                         str_eq_c(str_c(cases[i].schema), "{\"properties\":[]}") ? ERR_INVALID : 0);
    }
}

static void
test_mistakes_are_named(void **state)
{
    static const struct {
        const char *schema;
        const char *want;
    } cases[] = {
        {OBJECT("\"id\":{\"type\":\"string\",\"scope\":\"shop\"}"),
         "/id: \"scope\" can only be \"customer\""},
        {OBJECT("\"id\":{\"type\":\"string\",\"scope\":true}"), "/id: \"scope\" can only be"},
        {OBJECT("\"id\":{\"type\":\"string\",\"scope\":null}"), "/id: \"scope\" can only be"},
        {OBJECT("\"id\":{\"type\":\"integer\",\"scope\":\"customer\"}"),
         "/id: what names the customer must have \"type\": \"string\""},
        {OBJECT("\"id\":{\"type\":[\"string\",\"null\"],\"scope\":\"customer\"}"),
         "/id: what names the customer must"},
        {OBJECT("\"id\":{\"scope\":\"customer\"}"), "/id: what names the customer must"},
        /* Where nobody would look. */
        {"{\"allOf\":[" OBJECT("\"id\":" NAMES) "]}", "cannot be heeded"},
        {OBJECT("\"ids\":{\"type\":\"array\",\"items\":" NAMES "}"), "cannot be heeded"},
        {OBJECT("\"id\":{\"$ref\":\"#/$defs/id\"}},\"$defs\":{\"id\":" NAMES), "cannot be heeded"},
        {OBJECT("\"id\":" NAMES ",\"ids\":{\"items\":" NAMES "}"), "cannot be heeded"},
        {OBJECT("\"id\":" NAMES ",\"who\":" OBJECT("\"id\":" NAMES)),
         "/who/id: /id names the customer already"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct str field;
        assert_int_equal(find(cases[i].schema, &arena, &field, &err), ERR_INVALID);
        if (str_find(str_c(err.message), str_c(cases[i].want), 0) == SIZE_MAX) {
            fail_msg("%s: %s", cases[i].schema, err.message);
        }
    }
}

/* Whoever declares it relies on it, however deep it is. */
static void
test_depth(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf b = {0};
    struct err err = {0};
    struct str field;
    buf_init(&b, 100000);
    for (int i = 0; i < 20; i++) {
        buf_add_c(&b, "{\"properties\":{\"a\":");
    }
    buf_add_c(&b, NAMES);
    for (int i = 0; i < 20; i++) {
        buf_add_c(&b, "}}");
    }
    assert_int_equal(find(b.text, &arena, &field, &err), 0);
    assert_true(str_eq_c(field, "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"));
}

static void
test_every_failed_allocation_is_said(void **state)
{
    static const char schema[] = OBJECT("\"who\":" OBJECT("\"id\":" NAMES));
    (void)state;
    if (!fault_configure(STR("alloc:1"))) {
        print_message("SKIP: built without fault hooks\n");
        skip();
    }
    (void)fault_configure(STR(""));
    int result = ERR_NOMEM;
    unsigned long fired = 0;
    for (unsigned long n = 1; result == ERR_NOMEM; n++, fired++) {
        AUTO(arena) struct arena parsed = {0};
        AUTO(arena) struct arena arena = {0};
        struct js *tree;
        struct err err = {0};
        struct str field;
        char spec[40];
        assert_int_equal(js_parse(str_c(schema), &parsed, &tree, &err), 0);
        (void)snprintf(spec, sizeof(spec), "alloc:%lu", n);
        assert_true(fault_configure(str_c(spec)));
        result = tool_customer_field(tree, &arena, &field, &err);
        assert_true(fault_configure(STR("")));
        assert_true(result == ERR_NOMEM || (result == 0 && str_eq_c(field, "/who/id")));
    }
    assert_in_range(fired, 2, 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_field_is_found),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_every_failed_allocation_is_said),
    };
    return cmocka_run_group_tests_name("tool-scope", tests, NULL, NULL);
}
