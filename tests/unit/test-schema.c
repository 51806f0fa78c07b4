/* JSON Schema: the official suite, what a model reads, what an author reads, and hostile input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/limits.h"
#include "schema/schema.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct js *
parse(struct arena *arena, struct str text)
{
    struct err err = {0};
    struct js *value = NULL;
    if (js_parse(text, arena, &value, &err) != 0) {
        fail_msg("%.*s: %s", (int)text.len, text.ptr, err.message);
    }
    return value;
}

/* ---- the official suite ---- */

static const char *const whole_files[] = {
    "type",
    "enum",
    "const",
    "boolean_schema",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "items",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if-then-else",
    "default",
    "infinite-loop-detection",
};
static const char *const local_files[] = {"ref", "defs"};
/* Not asked for by anyone, and kept from rotting. */
static const char *const further_files[] = {
    "anchor",
    "unevaluatedItems",
    "unevaluatedProperties",
    "content",
    "optional/bignum",
    "optional/float-overflow",
    "optional/non-bmp-regex",
    "optional/ecmascript-regex",
    "optional/no-schema",
    "optional/id",
};

struct tally {
    size_t passed;
    size_t failed;
    size_t refused; /* needs another document, or $dynamicRef */
};

static const char *
shared_dir(void)
{
    const char *dir = getenv("DESKHAND_SHARED");
    return dir ? dir : "../shared";
}

static struct str
read_suite(struct arena *arena, const char *name)
{
    struct str path = arena_printf(arena, "%s/vectors/json-schema/tests/draft2020-12/%s.json",
                                   shared_dir(), name);
    FILE *file = fopen(path.ptr, "rb");
    if (!file) {
        return (struct str){0};
    }
    enum { FILE_MAX = 1024 * 1024 };
    char *text = arena_alloc(arena, FILE_MAX);
    size_t len = fread(text, 1, FILE_MAX, file);
    (void)fclose(file);
    return (struct str){text, len};
}

static void
run_case(const struct schema *schema, const char *file, const struct js *group,
         const struct js *test, struct tally *tally)
{
    struct arena arena = {0};
    struct err err = {0};
    struct schema_report report = {0};
    int result = schema_check(schema, js_get_c(test, "data"), &arena, &report, &err);
    bool wanted = js_get_bool(test, "valid", false);
    bool sound = result == 0 ? wanted : result == SCHEMA_MISMATCH && !wanted && report.count > 0;
    tally->passed += sound;
    tally->failed += !sound;
    if (!sound) {
        print_message("%s: %s: %s: wanted %d, got %d %s\n", file,
                      js_get_text(group, "description").ptr, js_get_text(test, "description").ptr,
                      wanted, result, err.message);
    }
    arena_done(&arena);
}

static void
run_group(const char *file, const struct js *group, struct tally *tally)
{
    struct arena arena = {0};
    struct err err = {0};
    struct str text = js_to_arena(js_get_c(group, "schema"), &arena);
    const struct js *tests = js_get_c(group, "tests");
    AUTO(schema) struct schema *schema = NULL;
    int result = schema_compile(text, &schema, &err);
    bool refused = strstr(err.message, "is in another document") ||
                   strstr(err.message, "dynamic references are not supported");
    if (result < 0 && refused) {
        tally->refused += js_count(tests);
    } else if (result < 0) {
        print_message("%s: %s: %s\n", file, js_get_text(group, "description").ptr, err.message);
        tally->failed += js_count(tests);
    }
    for (size_t i = 0; schema && i < js_count(tests); i++) {
        run_case(schema, file, group, js_at(tests, i), tally);
    }
    arena_done(&arena);
}

static size_t
run_files(const char *const *names, size_t count, struct tally *tally)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct arena arena = {0};
        struct str text = read_suite(&arena, names[i]);
        if (text.ptr) {
            struct js *groups = parse(&arena, text);
            for (size_t g = 0; g < js_count(groups); g++) {
                run_group(names[i], js_at(groups, g), tally);
            }
            found++;
        }
        arena_done(&arena);
    }
    return found;
}

static void
test_official_suite(void **state)
{
    (void)state;
    struct tally whole = {0};
    struct tally local = {0};
    struct tally further = {0};
    size_t files = run_files(whole_files, COUNT(whole_files), &whole);
    if (files == 0) {
        print_message("SKIP: no shared data\n");
        skip();
    }
    (void)run_files(local_files, COUNT(local_files), &local);
    (void)run_files(further_files, COUNT(further_files), &further);
    printf("JSON Schema: %zu of %zu cases (%zu files), ref/defs: %zu of %zu local, %zu need "
           "another document; further: %zu of %zu, %zu refused\n",
           whole.passed, whole.passed + whole.failed + whole.refused, files, local.passed,
           local.passed + local.failed, local.refused, further.passed,
           further.passed + further.failed, further.refused);
    assert_int_equal(files, COUNT(whole_files));
    assert_int_equal(whole.failed + whole.refused, 0);
    assert_int_equal(whole.passed, 779);
    assert_int_equal(local.failed, 0);
    assert_int_equal(local.passed, 77);
    assert_int_equal(further.failed, 0);
}

/* ---- what a model reads ---- */

static const struct {
    const char *name;
    const char *schema;
    const char *value;
    const char *want; /* NULL: it fits */
} readings[] = {
    {"fits", "{\"type\":\"integer\"}", "1.0", NULL},
    {"type", "{\"type\":\"integer\"}", "\"two\"",
     "the whole value: expected an integer, got the string \"two\""},
    {"types", "{\"type\":[\"string\",\"null\"]}", "4",
     "the whole value: expected a string or null, got the number 4"},
    {"deep",
     "{\"properties\":{\"items\":{\"items\":{\"properties\":{\"price\":{\"type\":\"number\"}}}}}}",
     "{\"items\":[{\"price\":1},{\"price\":2.5},{\"price\":\"two\"}]}",
     "/items/2/price: expected a number, got the string \"two\""},
    {"escaped path", "{\"additionalProperties\":{\"type\":\"null\"}}", "{\"a/b~c\":true}",
     "/a~1b~0c: expected null, got true"},
    {"two findings", "{\"properties\":{\"a\":{\"minimum\":3},\"b\":{\"maxLength\":1}}}",
     "{\"a\":2.50,\"b\":\"xy\"}",
     "/a: expected a number of at least 3, got the number 2.50\n"
     "/b: expected a string of at most 1 character, got the string \"xy\""},
    {"five at most", "{\"items\":{\"type\":\"null\"}}", "[1,2,3,4,5,6,7]",
     "/0: expected null, got the number 1\n/1: expected null, got the number 2\n"
     "/2: expected null, got the number 3\n/3: expected null, got the number 4\n"
     "/4: expected null, got the number 5"},
    {"enum", "{\"enum\":[\"low\",\"high\",3]}", "\"mid\"",
     "the whole value: expected one of \"low\", \"high\", 3, got the string \"mid\""},
    {"const", "{\"const\":{\"a\":1}}", "[]",
     "the whole value: expected {\"a\":1}, got an array of 0 items"},
    {"required", "{\"required\":[\"query\"]}", "{\"q\":1}",
     "the whole value: expected a member \"query\", got an object without it"},
    {"dependent", "{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
     "the whole value: expected a member \"b\" beside \"a\", got an object without it"},
    {"unknown member",
     "{\"properties\":{\"quantity\":true,\"price\":true},\"additionalProperties\":false}",
     "{\"quantiy\":1}",
     "/quantiy: expected no member but \"price\", \"quantity\", got \"quantiy\": did you mean "
     "\"quantity\"?"},
    {"no members", "{\"additionalProperties\":false}", "{\"x\":1}",
     "/x: expected no member of that name, got \"x\""},
    {"bounds", "{\"exclusiveMaximum\":10,\"multipleOf\":0.01}", "10.005",
     "the whole value: expected a number below 10, got the number 10.005\n"
     "the whole value: expected a multiple of 0.01, got the number 10.005"},
    {"pattern", "{\"pattern\":\"^[a-z]+$\"}", "\"A\\n\"",
     "the whole value: expected a string that matches the regular expression ^[a-z]+$, got the "
     "string \"A\\n\""},
    {"unique", "{\"uniqueItems\":true}", "[1,{\"a\":1},2,{\"a\":1.0}]",
     "the whole value: expected items that all differ, got the same value as item 1 and item 3"},
    {"contains", "{\"contains\":{\"type\":\"string\"},\"minContains\":2}", "[1,\"a\"]",
     "the whole value: expected an array with at least 2 items being a string, got 1 of them "
     "among 2 items"},
    {"items", "{\"prefixItems\":[true,true],\"items\":false}", "[1,2,3]",
     "the whole value: expected an array of at most 2 items, got an array of 3 items"},
    {"names", "{\"propertyNames\":{\"maxLength\":2}}", "{\"abc\":1}",
     "/abc: expected a member name that is a string of at most 2 characters, got \"abc\""},
    {"any of types", "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "5",
     "the whole value: expected a string or null, got the number 5"},
    {"the alternative that was meant",
     "{\"oneOf\":[{\"properties\":{\"kind\":{\"const\":\"card\"},\"number\":{\"type\":\"string\"}}}"
     ","
     "{\"properties\":{\"kind\":{\"const\":\"cash\"},\"amount\":{\"type\":\"number\"}}}]}",
     "{\"kind\":\"cash\",\"amount\":\"ten\"}",
     "/amount: expected a number, got the string \"ten\""},
    {"the deeper alternative",
     "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]}",
     "[\"a\",7]", "/1: expected a string, got the number 7"},
    {"one of too many", "{\"oneOf\":[{\"type\":\"number\"},{\"minimum\":0}]}", "5",
     "the whole value: expected a value that fits exactly one of 2 alternatives, got one that "
     "fits 2 of them"},
    {"not", "{\"not\":{\"type\":\"null\"}}", "null",
     "the whole value: expected anything but null, got null"},
    {"nothing", "{\"properties\":{\"a\":false}}", "{\"a\":[1]}",
     "/a: expected nothing here, got an array of 1 item"},
    {"ref", "{\"$ref\":\"#/definitions/x\",\"definitions\":{\"x\":{\"type\":\"object\"}}}", "1",
     "the whole value: expected an object, got the number 1"},
    {"long text", "{\"type\":\"null\"}",
     "\"0123456789012345678901234567890123456789012345678901234567890123456789\"",
     "the whole value: expected null, got the string "
     "\"0123456789012345678901234567890123456789\"... (70 characters)"},
    {"big integer", "{\"type\":\"integer\",\"maximum\":9007199254740993}", "9007199254740994",
     "the whole value: expected a number of at most 9007199254740993, got the number "
     "9007199254740994"},
    {"huge exponent", "{\"type\":\"integer\",\"multipleOf\":7}", "1e999999999999999999999",
     "the whole value: expected a multiple of 7, got the number 1e999999999999999999999"},
    {"NUL in a key", "{\"properties\":{\"k\":{\"type\":\"null\"}}}", "{\"k\\u0000z\":1}", NULL},
    {"the very end", "{\"pattern\":\"^a$\"}", "\"a\\n\"",
     "the whole value: expected a string that matches the regular expression ^a$, got the string "
     "\"a\\n\""},
    {"relative references",
     "{\"$id\":\"http://h/a/b/c\",\"items\":{\"$ref\":\"../x/./y?q#/$defs/z\"},\"$defs\":{\"y\":"
     "{\"$id\":\"/a/x/y?q\",\"$defs\":{\"z\":{\"type\":\"null\"}}}}}",
     "[null,1]", "/1: expected null, got the number 1"},
    {"code points", "{\"maxLength\":2}", "\"\xF0\x9F\x98\x80\xC3\xA9\"", NULL},
};

static void
test_a_model_can_repair_its_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(readings); i++) {
        struct arena arena = {0};
        struct err err = {0};
        AUTO(schema) struct schema *schema = NULL;
        AUTO(buf) struct buf text = {0};
        buf_init(&text, 4096);
        if (schema_compile(str_c(readings[i].schema), &schema, &err) != 0) {
            fail_msg("%s: %s", readings[i].name, err.message);
        }
        struct schema_report report = {0};
        struct js *value = parse(&arena, str_c(readings[i].value));
        int result = schema_check(schema, value, &arena, &report, &err);
        schema_report_write(&report, &text);
        buf_add_char(&text, '\0');
        const char *want = readings[i].want ? readings[i].want : "";
        if (result != (readings[i].want ? SCHEMA_MISMATCH : 0) || strcmp(text.text, want) != 0) {
            fail_msg("%s: %d\nwant %s\ngot  %s", readings[i].name, result, want, text.text);
        }
        arena_done(&arena);
    }
}

/* ---- what an author reads ---- */

static const struct {
    const char *schema;
    const char *want;
} broken[] = {
    {"[]", "schema: at its top: a schema is an object or a boolean, not array"},
    {"{\"type\":\"strng\"}", "schema: /type: must be one of string, integer, number, boolean, "
                             "object, array, null, or a list of these"},
    {"{\"properties\":{\"a\":{\"minimum\":\"1\"}}}",
     "schema: /properties/a/minimum: must be a number, not string"},
    {"{\"exclusiveMinimum\":true}", "schema: /exclusiveMinimum: must be a number, not boolean"},
    {"{\"minLength\":-1}", "schema: /minLength: must be a whole number, 0 or more"},
    {"{\"minLength\":1.5}", "schema: /minLength: must be a whole number, 0 or more"},
    {"{\"multipleOf\":0}", "schema: /multipleOf: must be above zero, with at most 18 digits"},
    {"{\"required\":[1]}", "schema: /required: must hold member names only, not integer"},
    {"{\"properties\":{\"a\":3}}",
     "schema: /properties/a: a schema is an object or a boolean, not integer"},
    {"{\"items\":[{}]}",
     "schema: /items: an array of schemas is called prefixItems since draft 2020-12"},
    {"{\"allOf\":[]}", "schema: /allOf: must be an array of schemas, and not empty"},
    {"{\"pattern\":\"(a\"}", "schema: /pattern: '(a' is not a regular expression: missing closing "
                             "parenthesis (near character 2)"},
    {"{\"patternProperties\":{\"[\":{}}}",
     "schema: /patternProperties/[: '[' is not a regular expression: missing terminating ] for "
     "character class (near character 1)"},
    {"{\"$ref\":\"#/$defs/x\"}", "schema: /$ref: '#/$defs/x' points at nothing in this schema"},
    {"{\"$ref\":\"#x\"}", "schema: /$ref: '#x' names an anchor that this schema does not have"},
    {"{\"$ref\":\"http://example.com/a.json\"}",
     "schema: /$ref: 'http://example.com/a.json' is in another document; nothing is fetched, so "
     "put what it describes under $defs"},
    {"{\"$ref\":\"#\"}", "schema: /$ref: '#' leads back to itself without going deeper into the "
                         "value, so checking it would never end"},
    {"{\"anyOf\":[{\"$ref\":\"#/$defs/a\"}],\"$defs\":{\"a\":{\"not\":{\"$ref\":\"#\"}}}}",
     "schema: /anyOf/0/$ref: '#/$defs/a' leads back to itself without going deeper into the "
     "value, so checking it would never end"},
    {"{\"$dynamicRef\":\"#a\"}",
     "schema: /$dynamicRef: dynamic references are not supported; use $ref"},
    {"{\"$id\":\"a#b\"}", "schema: /$id: must be a URI without a fragment"},
};

static void
test_an_author_is_told_what_is_broken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct err err = {0};
        struct schema *schema = NULL;
        int result = schema_compile(str_c(broken[i].schema), &schema, &err);
        assert_int_equal(result, ERR_INVALID);
        assert_null(schema);
        assert_string_equal(err.message, broken[i].want);
    }
    struct err err = {0};
    struct schema *schema = NULL;
    assert_int_equal(schema_compile(STR("{"), &schema, &err), ERR_INVALID);
    assert_true(strncmp(err.message, "schema: ", 8) == 0);
}

/* ---- hostile schemas and values ---- */

static int
check_built(struct str schema_text, struct str value, struct err *err)
{
    struct arena arena = {0};
    AUTO(schema) struct schema *schema = NULL;
    struct schema_report report = {0};
    *err = (struct err){0};
    int result = schema_compile(schema_text, &schema, err);
    if (result == 0) {
        result = schema_check(schema, parse(&arena, value), &arena, &report, err);
    }
    arena_done(&arena);
    return result;
}

static void
test_too_much_work_is_refused(void **state)
{
    (void)state;
    struct err err;
    AUTO(buf) struct buf value = {0};
    buf_init(&value, 1024 * 1024);
    buf_add_c(&value, "[0");
    for (int i = 0; i < 30000; i++) {
        buf_add_c(&value, ",0");
    }
    buf_add_c(&value, "]");
    struct str ten = STR("{\"items\":{\"allOf\":[true,true,true,true,true,true,true,true,true]}}");
    assert_int_equal(check_built(ten, buf_str(&value), &err), ERR_LIMIT);
    assert_non_null(strstr(err.message, "takes more than 200000 steps"));

    /* Each level tries the next one twice: 2^24 checks if nobody counted. */
    buf_clear(&value);
    buf_add_c(&value, "{\"$ref\":\"#/$defs/d0\",\"$defs\":{");
    for (int i = 0; i < 24; i++) {
        buf_printf(&value,
                   "\"d%d\":{\"anyOf\":[{\"$ref\":\"#/$defs/d%d\"},{\"$ref\":\"#/$defs/d%d\"}]},",
                   i, i + 1, i + 1);
    }
    buf_add_c(&value, "\"d24\":{\"type\":\"null\"}}}");
    assert_int_equal(check_built(buf_str(&value), STR("1"), &err), ERR_LIMIT);

    buf_clear(&value);
    buf_add_c(&value, "{\"$ref\":\"#/$defs/d0\",\"$defs\":{");
    for (int i = 0; i < 1500; i++) {
        buf_printf(&value, "\"d%d\":{\"$ref\":\"#/$defs/d%d\"},", i, i + 1);
    }
    buf_add_c(&value, "\"d1500\":{}}}");
    assert_int_equal(check_built(buf_str(&value), STR("1"), &err), ERR_LIMIT);
    assert_non_null(strstr(err.message, "levels deep"));
}

static void
test_patterns_run_under_limits(void **state)
{
    (void)state;
    struct err err;
    struct str evil = STR("{\"pattern\":\"^(a+)+$\"}");
    struct str value = STR("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"");
    assert_int_equal(check_built(evil, value, &err), ERR_LIMIT);
    assert_non_null(strstr(err.message, "takes too long on a text of 49 bytes"));
    AUTO(buf) struct buf text = {0};
    buf_init(&text, 100000);
    buf_add_c(&text, "{\"pattern\":\"");
    for (int i = 0; i < LIMIT_PATTERN_BYTES + 1; i++) {
        buf_add_char(&text, 'a');
    }
    buf_add_c(&text, "\"}");
    assert_int_equal(check_built(buf_str(&text), STR("1"), &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "too long (at most 4096)"));
    buf_clear(&text);
    buf_add_c(&text, "{\"pattern\":\"");
    for (int i = 0; i < 1000; i++) {
        buf_add_char(&text, '(');
    }
    buf_add_c(&text, "\"}");
    assert_int_equal(check_built(buf_str(&text), STR("1"), &err), ERR_INVALID);
}

static void
test_a_schema_is_bounded(void **state)
{
    (void)state;
    struct err err = {0};
    struct schema *schema = NULL;
    AUTO(buf) struct buf text = {0};
    buf_init(&text, LIMIT_SCHEMA_BYTES * 2);
    buf_add_c(&text, "{\"a\":\"");
    while (text.len <= LIMIT_SCHEMA_BYTES) {
        buf_add_char(&text, 'x');
    }
    buf_add_c(&text, "\"}");
    assert_int_equal(schema_compile(buf_str(&text), &schema, &err), ERR_LIMIT);
    /* The most nodes that fit: compiles, and in no time. */
    buf_clear(&text);
    buf_add_c(&text, "{\"prefixItems\":[{}");
    while (text.len < LIMIT_SCHEMA_BYTES - 10) {
        buf_add_c(&text, ",{}");
    }
    buf_add_c(&text, "]}");
    assert_int_equal(schema_compile(buf_str(&text), &schema, &err), 0);
    schema_free(schema);
    schema_free(NULL);
}

/* ---- defaults ---- */

static const struct {
    const char *schema;
    const char *value;
    const char *want;
} fillings[] = {
    {"{\"properties\":{\"limit\":{\"default\":5},\"q\":{}}}", "{\"q\":\"x\"}",
     "{\"q\":\"x\",\"limit\":5}"},
    {"{\"properties\":{\"limit\":{\"default\":5}}}", "{\"limit\":null}", "{\"limit\":null}"},
    {"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"default\":[1]}}}}}", "{\"a\":{}}",
     "{\"a\":{\"b\":[1]}}"},
    {"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"default\":1}}}}}", "{}", "{}"},
    {"{\"items\":{\"$ref\":\"#/$defs/i\"},\"$defs\":{\"i\":{\"properties\":{\"on\":{\"default\":"
     "true}}}}}",
     "[{},{\"on\":false},3]", "[{\"on\":true},{\"on\":false},3]"},
    {"{\"properties\":{\"a\":{\"$ref\":\"#/$defs/d\"}},\"$defs\":{\"d\":{\"default\":\"x\"}}}",
     "{}", "{\"a\":\"x\"}"},
    {"true", "{\"n\":1.50}", "{\"n\":1.50}"},
};

static void
test_defaults_are_filled_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fillings); i++) {
        struct arena arena = {0};
        struct err err = {0};
        AUTO(schema) struct schema *schema = NULL;
        AUTO(buf) struct buf out = {0};
        buf_init(&out, 4096);
        assert_int_equal(schema_compile(str_c(fillings[i].schema), &schema, &err), 0);
        schema_apply_defaults(schema, parse(&arena, str_c(fillings[i].value)), &out);
        assert_int_equal(buf_finish(&out, "defaults", &err), 0);
        assert_string_equal(out.text, fillings[i].want);
        arena_done(&arena);
    }
}

/* ---- no memory ---- */

/* One run with the N-th allocation failing; how many there were in *RET_PASSED. */
static int
run_failing(const char *schema_text, const char *value_text, unsigned long n,
            struct buf *report_text, unsigned long *ret_passed)
{
    struct arena arena = {0};
    AUTO(schema) struct schema *schema = NULL;
    struct schema_report report = {0};
    struct js *value = NULL;
    struct err err = {0};
    char spec[32];
    (void)snprintf(spec, sizeof(spec), "alloc:%lu", n);
    assert_true(fault_configure(str_c(spec)));
    int result = schema_compile(str_c(schema_text), &schema, &err);
    result = result < 0 ? result : js_parse(str_c(value_text), &arena, &value, &err);
    result = result < 0 ? result : schema_check(schema, value, &arena, &report, &err);
    *ret_passed = fault_passed();
    (void)fault_configure(STR(""));
    schema_report_write(&report, report_text);
    arena_done(&arena);
    return result;
}

/* Each allocation fails once: that is said, and nothing else. */
static void
fail_each_allocation(const char *schema, const char *value)
{
    AUTO(buf) struct buf want = {0};
    AUTO(buf) struct buf got = {0};
    buf_init(&want, 65536);
    buf_init(&got, 65536);
    unsigned long count;
    unsigned long unused;
    int wanted = run_failing(schema, value, 1000000, &want, &count);
    assert_true(wanted >= 0 && count > 0);
    for (unsigned long n = 1; n <= count; n++) {
        buf_clear(&got);
        int result = run_failing(schema, value, n, &got, &unused);
        if (result != ERR_NOMEM) {
            fail_msg("%s: allocation %lu of %lu: %d", schema, n, count, result);
        }
        assert_int_equal(got.len, 0);
    }
}

static void
test_every_failed_allocation_is_said(void **state)
{
    (void)state;
    if (!fault_configure(STR("alloc:1"))) {
        print_message("SKIP: built without fault hooks\n");
        skip();
    }
    (void)fault_configure(STR(""));
    for (size_t i = 0; i < COUNT(readings); i++) {
        fail_each_allocation(readings[i].schema, readings[i].value);
    }
    fail_each_allocation("{\"$id\":\"http://a/b\",\"properties\":{\"a\":{\"$ref\":\"b#/$defs/c\"},"
                         "\"b\":{\"$ref\":\"#d\"}},\"unevaluatedProperties\":false,"
                         "\"$defs\":{\"c\":{\"minimum\":2.5},\"d\":{\"$anchor\":\"d\","
                         "\"enum\":[1,[2]]}}}",
                         "{\"a\":1.5,\"b\":2,\"c\":0}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_official_suite),
        cmocka_unit_test(test_a_model_can_repair_its_call),
        cmocka_unit_test(test_an_author_is_told_what_is_broken),
        cmocka_unit_test(test_too_much_work_is_refused),
        cmocka_unit_test(test_patterns_run_under_limits),
        cmocka_unit_test(test_a_schema_is_bounded),
        cmocka_unit_test(test_defaults_are_filled_in),
        cmocka_unit_test(test_every_failed_allocation_is_said),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
