/* Writing JSON: escapes, commas, numbers; equality and the canonical form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static struct js *
must_parse(struct arena *a, const char *text)
{
    struct js *value = NULL;
    struct err err = {0};
    if (js_parse(str_c(text), a, &value, &err) != 0) {
        fail_msg("%s: %s", text, err.message);
    }
    return value;
}

static void
assert_text(struct str got, struct str want)
{
    if (!str_eq(got, want)) {
        fail_msg("got '%" STR_FMT "', want '%" STR_FMT "'", STR_ARG(got), STR_ARG(want));
    }
}

static void
test_commas_and_levels(void **state)
{
    (void)state;
    AUTO(buf) struct buf b;
    buf_init(&b, 4096);
    struct js_out out;
    js_out_init(&out, &b);
    js_begin_object(&out);
    js_put_str(&out, "s", STR("x"));
    js_put_int(&out, "i", INT64_MIN);
    js_put_double(&out, "d", 0.1);
    js_put_bool(&out, "t", true);
    js_put_null(&out, "n");
    js_put_raw(&out, "r", STR("[1]"));
    js_put_raw(&out, "re", STR(""));
    js_put_str_or_null(&out, "e", STR(""));
    js_put_str_or_null(&out, "f", STR("full"));
    js_key(&out, STR("a"));
    js_begin_array(&out);
    js_end_array(&out);
    js_key(&out, STR("b"));
    js_begin_array(&out);
    js_add_int(&out, 1);
    js_begin_object(&out);
    js_end_object(&out);
    js_begin_array(&out);
    js_add_bool(&out, false);
    js_add_str(&out, STR(""));
    js_end_array(&out);
    js_add_raw(&out, STR("{}"));
    js_end_array(&out);
    js_key(&out, STR("k\0\""));
    js_begin_object(&out);
    js_end_object(&out);
    js_end_object(&out);
    assert_int_equal(b.failed, 0);
    assert_text(buf_str(&b),
                STR("{\"s\":\"x\",\"i\":-9223372036854775808,\"d\":0.1,\"t\":true,\"n\":null,"
                    "\"r\":[1],\"re\":null,\"e\":null,\"f\":\"full\",\"a\":[],"
                    "\"b\":[1,{},[false,\"\"],{}],\"k\\u0000\\\"\":{}}"));
    assert_int_equal(js_check(buf_str(&b), &(struct err){0}), 0);
}

static void
test_escapes(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        struct str want;
    } rows[] = {
        {STR_INIT(""), STR_INIT("\"\"")},
        {STR_INIT("a/b \xC3\xA9 \xF0\x9F\x98\x80"), STR_INIT("\"a/b \xC3\xA9 \xF0\x9F\x98\x80\"")},
        {STR_INIT("\"\\\b\f\n\r\t"), STR_INIT("\"\\\"\\\\\\b\\f\\n\\r\\t\"")},
        {STR_INIT("\0\x01\x1F\x7F"), STR_INIT("\"\\u0000\\u0001\\u001f\\u007f\"")},
        {STR_INIT("\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0"),
         STR_INIT("\"\\u0080\\u009b\\u009f\xC2\xA0\"")},
        {STR_INIT("a\xFFz"), STR_INIT("\"a\xEF\xBF\xBDz\"")},
        {STR_INIT("\xC0\xAF\xED\xA0\x80"),
         STR_INIT("\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"")},
        {STR_INIT("cut \xE2\x82"), STR_INIT("\"cut \xEF\xBF\xBD\xEF\xBF\xBD\"")},
        {STR_INIT("end \xC2"), STR_INIT("\"end \xEF\xBF\xBD\"")},
        {STR_INIT("thirteen plain, \"then\" more than eight again\n"),
         STR_INIT("\"thirteen plain, \\\"then\\\" more than eight again\\n\"")},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(arena) struct arena a = {0};
        AUTO(buf) struct buf b;
        buf_init(&b, 4096);
        struct js_out out;
        js_out_init(&out, &b);
        js_add_str(&out, rows[i].text);
        assert_text(buf_str(&b), rows[i].want);
        struct js *again = NULL;
        assert_int_equal(js_parse(buf_str(&b), &a, &again, &(struct err){0}), 0);
        assert_int_equal(js_type(again), JS_STRING);
    }
}

static void
test_every_byte_is_escaped_right(void **state)
{
    (void)state;
    for (int c = 0; c < 0x80; c++) {
        AUTO(arena) struct arena a = {0};
        AUTO(buf) struct buf b;
        buf_init(&b, 64);
        struct js_out out;
        js_out_init(&out, &b);
        char text[9] = {'a', 'b', 'c', (char)c, 'e', 'f', 'g', 'h', 'i'};
        js_add_str(&out, (struct str){text, sizeof(text)});
        struct js *again = NULL;
        assert_int_equal(js_parse(buf_str(&b), &a, &again, &(struct err){0}), 0);
        assert_true(str_eq(js_text(again), (struct str){text, sizeof(text)}));
        assert_true(c >= 0x20 || b.len > sizeof(text) + 2);
    }
}

static struct str
write_double(struct buf *b, double value)
{
    buf_clear(b);
    struct js_out out;
    js_out_init(&out, b);
    js_add_double(&out, value);
    return buf_str(b);
}

static void
test_doubles(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *want;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {0.1, "0.1"},
        {1.5, "1.5"},
        {100, "100"},
        {1e22, "1e+22"},
        {1.0 / 3, NULL},
        {0.1 + 0.2, NULL},
        {DBL_MAX, NULL},
        {DBL_MIN, NULL},
        {5e-324, NULL},
        {9007199254740993.0, NULL},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
        {19.99, "19.99"},
        {123456.789, "123456.789"},
    };
    AUTO(buf) struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str text = write_double(&b, rows[i].value);
        if (rows[i].want) {
            assert_text(text, str_c(rows[i].want));
        }
        assert_int_equal(js_check(text, &(struct err){0}), 0);
        assert_true(!isfinite(rows[i].value) || strtod(text.ptr, NULL) == rows[i].value);
    }
}

static void
test_failure_sticks(void **state)
{
    (void)state;
    AUTO(buf) struct buf b;
    buf_init(&b, 10);
    struct js_out out;
    js_out_init(&out, &b);
    js_begin_array(&out);
    js_add_str(&out, STR("much too long"));
    js_end_array(&out);
    struct err err = {0};
    assert_int_equal(buf_finish(&b, "reply", &err), ERR_LIMIT);
}

static void
test_deepest_value_within_levels(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    AUTO(buf) struct buf deep;
    buf_init(&deep, 4096);
    struct js_out out;
    js_out_init(&out, &deep);
    for (int i = 0; i < 64; i++) {
        js_begin_array(&out);
    }
    js_add_int(&out, 1);
    for (int i = 0; i < 64; i++) {
        js_end_array(&out);
    }
    struct js *value = NULL;
    assert_int_equal(js_parse(buf_str(&deep), &a, &value, &(struct err){0}), 0);
    AUTO(buf) struct buf b;
    buf_init(&b, 4096);
    js_out_init(&out, &b);
    js_begin_array(&out);
    js_add_value(&out, value);
    js_add_value(&out, value);
    js_end_array(&out);
    assert_int_equal(b.failed, 0);
    assert_int_equal(b.len, 2 * deep.len + 3);
}

static void
test_value_keeps_spelling(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    const char *text = "{\"z\":[1.50,-0,1E+2,123456789012345678901234567890],\"a\":{\"b\":null},"
                       "\"c\":[true,false,\"\\u0000\",{},[]]}";
    assert_text(js_to_arena(must_parse(&a, text), &a), str_c(text));
    assert_text(js_to_arena(must_parse(&a, " [ 1 , \"\\u00e9\\/\" ] "), &a),
                STR("[1,\"\xC3\xA9/\"]"));
    assert_text(js_to_arena(NULL, &a), STR("null"));
}

static void
test_equal(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool equal;
    } rows[] = {
        {"1", "1.0", true},
        {"100", "1e2", true},
        {"1e2", "1.00E+2", true},
        {"0.5", "5e-1", true},
        {"-0", "0", true},
        {"0e99", "-0.0", true},
        {"1", "-1", false},
        {"1", "10", false},
        {"0.1", "0.01", false},
        {"9007199254740993", "9007199254740992.0", false},
        {"9007199254740993", "9007199254740993.0", true},
        {"1e400", "1e500", false},
        {"1e400", "10e399", true},
        {"18446744073709551616", "18446744073709551617", false},
        {"1", "true", false},
        {"0", "false", false},
        {"0", "null", false},
        {"null", "null", true},
        {"true", "false", false},
        {"\"1\"", "1", false},
        {"\"a\"", "\"\\u0061\"", true},
        {"\"a\"", "\"a\\u0000\"", false},
        {"[1,2]", "[1.0,2e0]", true},
        {"[1,2]", "[2,1]", false},
        {"[1,2]", "[1]", false},
        {"[]", "{}", false},
        {"[]", "null", false},
        {"{\"a\":1,\"b\":[{}]}", "{\"b\":[{}],\"a\":1.0}", true},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":null}", "{\"b\":null}", false},
        {"{\"a\":null}", "{\"a\":false}", false},
        {"{\"\\ufdd00\":1}", "{\"\\u0000\":1}", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct js *a = must_parse(&arena, rows[i].a);
        struct js *b = must_parse(&arena, rows[i].b);
        bool same_text = str_eq(js_canonical(a, &arena), js_canonical(b, &arena));
        if (js_equal(a, b) != rows[i].equal || js_equal(b, a) != rows[i].equal ||
            same_text != rows[i].equal) {
            fail_msg("%s and %s: want %s", rows[i].a, rows[i].b,
                     rows[i].equal ? "equal" : "different");
        }
    }
}

static void
test_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"1.0", "1"},
        {"1e2", "100"},
        {"-0.0", "0"},
        {"-0", "0"},
        {"1.50", "1.5"},
        {"0.00150", "0.0015"},
        {"-12.5e1", "-125"},
        {"1e22", "10000000000000000000000"},
        {"1e30", "1e30"},
        {"1.5e300", "15e299"},
        {"-1.5e-300", "-15e-301"},
        {"1e-7", "0.0000001"},
        {"123456789012345678901234567890", "123456789012345678901234567890"},
        {"1e99999999999999999999", "1e281474976710656"},
        {"100e99999999999999999999", "1e281474976710656"},
        {"1e-99999999999999999999", "1e-281474976710656"},
        {"-9223372036854775808.0", "-9223372036854775808"},
        {"{\"b\":1,\"a\":{\"d\":2,\"c\":[3,{\"f\":4,\"e\":5}]}}",
         "{\"a\":{\"c\":[3,{\"e\":5,\"f\":4}],\"d\":2},\"b\":1}"},
        {"{\"a\\u0000\":1,\"a\":2,\"B\":3,\"\\u00e9\":4,\"aa\":5}",
         "{\"B\":3,\"a\":2,\"a\\u0000\":1,\"aa\":5,\"\xC3\xA9\":4}"},
        {"{}", "{}"},
        {"[]", "[]"},
        {"null", "null"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(arena) struct arena a = {0};
        struct str text = js_canonical(must_parse(&a, rows[i].text), &a);
        assert_text(text, str_c(rows[i].want));
        assert_text(js_canonical(must_parse(&a, text.ptr), &a), text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commas_and_levels),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_every_byte_is_escaped_right),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_failure_sticks),
        cmocka_unit_test(test_deepest_value_within_levels),
        cmocka_unit_test(test_value_keeps_spelling),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_canonical),
    };
    return cmocka_run_group_tests_name("json-write", tests, NULL, NULL);
}
