/* Reading JSON: the shared suite, and what it does not ask: NULs, limits, numbers, messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"

static int
parse(struct arena *a, struct str text, struct js **ret, struct err *err)
{
    *ret = NULL;
    int result = js_parse(text, a, ret, err);
    assert_int_equal(js_check(text, &(struct err){0}), result);
    assert_true(result <= 0);
    assert_true(result == 0 || (err->code == result && err->message[0] != '\0'));
    return result;
}

static struct js *
must_parse(struct arena *a, const char *text)
{
    struct js *value = NULL;
    struct err err = {0};
    if (parse(a, str_c(text), &value, &err) != 0) {
        fail_msg("%s: %s", text, err.message);
    }
    return value;
}

static void
assert_text(struct str got, const char *want)
{
    if (!str_eq_c(got, want)) {
        fail_msg("got '%" STR_FMT "', want '%s'", STR_ARG(got), want);
    }
}

/* What was accepted must survive writing and reading, and its canonical form must be a fixed
 * point. */
static void
check_round_trip(struct arena *a, const struct js *value, const char *name)
{
    struct err err = {0};
    struct js *again = NULL;
    struct str text = js_to_arena(value, a);
    struct str canonical = js_canonical(value, a);
    assert_non_null(text.ptr);
    assert_non_null(canonical.ptr);
    if (parse(a, text, &again, &err) != 0 || !js_equal(value, again)) {
        fail_msg("%s: written as '%" STR_FMT "', which is not the same", name, STR_ARG(text));
    }
    assert_true(str_eq(js_to_arena(again, a), text));
    struct js *sorted = NULL;
    if (parse(a, canonical, &sorted, &err) != 0 || !js_equal(value, sorted) ||
        !str_eq(js_canonical(sorted, a), canonical)) {
        fail_msg("%s: canonical form '%" STR_FMT "' is not stable", name, STR_ARG(canonical));
    }
}

/* The shared suite. */

static const char *
suite_path(const char *folder, const char *name, char out[512])
{
    const char *shared = getenv("DESKHAND_SHARED");
    (void)snprintf(out, 512, "%s/vectors/json-parsing/%s/%s", shared ? shared : "../shared", folder,
                   name);
    return out;
}

static struct str
read_file(struct arena *a, const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    enum { FILE_MAX = 1 << 20 };
    char *bytes = arena_alloc(a, FILE_MAX);
    assert_non_null(bytes);
    size_t length = fread(bytes, 1, FILE_MAX, file);
    (void)fclose(file);
    assert_true(length < FILE_MAX);
    return (struct str){bytes, length};
}

static bool
accepts_file(const char *folder, const char *name)
{
    AUTO(arena) struct arena a = {0};
    char path[512];
    struct str text = read_file(&a, suite_path(folder, name, path));
    struct js *value = NULL;
    struct err err = {0};
    if (parse(&a, text, &value, &err) != 0) {
        return false;
    }
    check_round_trip(&a, value, name);
    return true;
}

static int
only_json(const struct dirent *entry)
{
    return str_ends(str_c(entry->d_name), STR(".json"));
}

/* The names in FOLDER, sorted; skips the test where there are none. */
static int
list_suite(const char *folder, struct dirent ***ret)
{
    char path[512];
    int count = scandir(suite_path(folder, "", path), ret, only_json, alphasort);
    if (count <= 0) {
        print_message("no vectors in %s\n", path);
        skip();
    }
    return count;
}

/* Where the standard leaves it open, these are taken: numbers beyond double's range (the spelling
 * is kept), and lone surrogates written as escapes. All the others are not UTF-8, or bring a byte
 * order mark, or a number of more than 128 characters. */
static const char *const taken_by_choice[] = {
    "i_number_double_huge_neg_exp.json",
    "i_number_neg_int_huge_exp.json",
    "i_number_pos_double_huge_exp.json",
    "i_number_real_neg_overflow.json",
    "i_number_real_pos_overflow.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
    "i_object_key_lone_2nd_surrogate.json",
    "i_string_1st_surrogate_but_2nd_missing.json",
    "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_incomplete_surrogate_and_escape_valid.json",
    "i_string_incomplete_surrogate_pair.json",
    "i_string_incomplete_surrogates_escape_valid.json",
    "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json",
    "i_string_inverted_surrogates_U+1D11E.json",
    "i_string_lone_second_surrogate.json",
};

static bool
is_taken_by_choice(const char *name)
{
    for (size_t i = 0; i < sizeof(taken_by_choice) / sizeof(taken_by_choice[0]); i++) {
        if (strcmp(taken_by_choice[i], name) == 0) {
            return true;
        }
    }
    return false;
}

struct tally {
    int files;
    int accepted;
    int wrong;
};

static void
count_file(struct tally tallies[3], const char *name)
{
    int kind = name[0] == 'y' ? 0 : name[0] == 'n' ? 1 : 2;
    bool want = kind == 0 || (kind == 2 && is_taken_by_choice(name));
    bool accepted = accepts_file("test_parsing", name);
    struct tally *t = &tallies[kind];
    t->files++;
    t->accepted += accepted;
    if (accepted != want) {
        t->wrong++;
        print_message("%s is %s\n", name, accepted ? "accepted" : "refused");
    }
}

static void
test_suite_parsing(void **state)
{
    (void)state;
    struct dirent **names;
    int count = list_suite("test_parsing", &names);
    struct tally t[3] = {{0}};
    printf("JSONTestSuite: i_ files accepted:");
    for (int i = 0; i < count; i++) {
        count_file(t, names[i]->d_name);
        if (is_taken_by_choice(names[i]->d_name)) {
            printf(" %s", names[i]->d_name);
        }
        free(names[i]);
    }
    free(names);
    printf("\nJSONTestSuite: %d of %d y_ accepted, %d of %d n_ refused, "
           "%d of %d i_ accepted and the others refused\n",
           t[0].accepted, t[0].files, t[1].files - t[1].accepted, t[1].files, t[2].accepted,
           t[2].files);
    assert_int_equal(t[0].wrong + t[1].wrong + t[2].wrong, 0);
}

static void
test_suite_transform(void **state)
{
    (void)state;
    struct dirent **names;
    int count = list_suite("test_transform", &names);
    int accepted = 0;
    for (int i = 0; i < count; i++) {
        accepted += accepts_file("test_transform", names[i]->d_name);
        free(names[i]);
    }
    free(names);
    printf("JSONTestSuite: test_transform: %d of %d accepted, each read back the same\n", accepted,
           count);
}

/* Beyond the suite. */

static void
test_nul_is_kept_whole(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    const char *text = "{\"k\\u0000z\":\"a\\u0000b\",\"k\":1,\"\\u0000\":2,\"\":3,"
                       "\"k\xEF\xB7\x90"
                       "0z\":4,\"\xEF\xB7\x90\":5,\"\\ufdd01\":6}";
    struct js *object = must_parse(&a, text);
    assert_int_equal(js_count(object), 7);
    assert_true(str_eq(js_text(js_get(object, STR("k\0z"))), STR("a\0b")));
    assert_int_equal(js_get_int(object, "k", 0), 1);
    assert_int_equal(js_int(js_get(object, STR("\0")), 0), 2);
    assert_int_equal(js_int(js_get(object, STR("")), 0), 3);
    assert_int_equal(js_int(js_get(object, STR("k\xEF\xB7\x90"
                                               "0z")),
                            0),
                     4);
    assert_int_equal(js_get_int(object, "\xEF\xB7\x90", 0), 5);
    assert_int_equal(js_get_int(object,
                                "\xEF\xB7\x90"
                                "1",
                                0),
                     6);
    assert_false(js_has(object, STR("k\0")));
    assert_false(js_has(object, STR("\0\0")));
    struct js_iter it = js_iter(object);
    struct js_member member;
    assert_true(js_next(&it, &member));
    assert_true(str_eq(member.key, STR("k\0z")));
    assert_true(str_eq(js_text(member.value), STR("a\0b")));
    struct str written = js_to_arena(object, &a);
    assert_true(str_starts(written, STR("{\"k\\u0000z\":\"a\\u0000b\",\"k\":1,\"\\u0000\":2,")));
    check_round_trip(&a, object, "NULs");
    /* Equality looks keys up too. */
    assert_false(js_equal(must_parse(&a, "{\"k\\u0000a\":1}"), must_parse(&a, "{\"k\":1}")));
    assert_false(
        js_equal(must_parse(&a, "{\"k\\u0000a\":1}"), must_parse(&a, "{\"k\\u0000b\":1}")));
}

static void
test_duplicates_last_wins(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct js *object = must_parse(&a, "{\"a\":1,\"b\":2,\"a\":[3],\"k\\u0000\":1,\"k\\u0000\":4}");
    assert_int_equal(js_count(object), 3);
    assert_int_equal(js_type(js_get_c(object, "a")), JS_ARRAY);
    assert_int_equal(js_int(js_get(object, STR("k\0")), 0), 4);
}

static void
test_strings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct str want;
    } rows[] = {
        {"\"\"", STR_INIT("")},
        {"\"plain\"", STR_INIT("plain")},
        {"\"exactly eight bytes, twice..\"", STR_INIT("exactly eight bytes, twice..")},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", STR_INIT("\"\\/\b\f\n\r\t")},
        {"\"\\u0041\\u00e9\\u20AC\"", STR_INIT("A\xC3\xA9\xE2\x82\xAC")},
        {"\"\\ud83d\\ude00\"", STR_INIT("\xF0\x9F\x98\x80")},
        {"\"\\udbff\\udfff\"", STR_INIT("\xF4\x8F\xBF\xBF")},
        {"\"\\ud800\"", STR_INIT("\xEF\xBF\xBD")},
        {"\"\\ud800\\u0041\"", STR_INIT("\xEF\xBF\xBD"
                                        "A")},
        {"\"\\ud800\\ud800\\udc00\"", STR_INIT("\xEF\xBF\xBD\xF0\x90\x80\x80")},
        {"\"\\ude00\\ud83d\"", STR_INIT("\xEF\xBF\xBD\xEF\xBF\xBD")},
        {"\"\\ud83d\\n\"", STR_INIT("\xEF\xBF\xBD\n")},
        {"\"tail\\\\\"", STR_INIT("tail\\")},
        {"\"\x7F\xC2\x9B\"", STR_INIT("\x7F\xC2\x9B")},
        {"\"\\u0000\"", STR_INIT("\0")},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(arena) struct arena a = {0};
        struct str got = js_text(must_parse(&a, rows[i].text));
        if (!str_eq(got, rows[i].want)) {
            fail_msg("%s read as '%" STR_FMT "'", rows[i].text, STR_ARG(got));
        }
    }
}

static void
test_refused_with_place(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        int code;
        const char *message;
    } rows[] = {
        {STR_INIT(""), ERR_INVALID,
         "line 1, column 1: expected a value, found the end of the text"},
        {STR_INIT(" \n "), ERR_INVALID,
         "line 2, column 2: expected a value, found the end of the text"},
        {STR_INIT("nul"), ERR_INVALID, "line 1, column 1: expected a value, found 'n'"},
        {STR_INIT("[1,\n  2,]"), ERR_INVALID, "line 2, column 5: expected a value, found ']'"},
        {STR_INIT("[1 2]"), ERR_INVALID, "line 1, column 4: expected ',' or ']', found '2'"},
        {STR_INIT("{\"a\":1,}"), ERR_INVALID,
         "line 1, column 8: expected a key in double quotes, found '}'"},
        {STR_INIT("{'a':1}"), ERR_INVALID,
         "line 1, column 2: expected a key in double quotes, found '''"},
        {STR_INIT("{\"\xC3\xA9\" 1}"), ERR_INVALID,
         "line 1, column 6: expected ':' after the key, found '1'"},
        {STR_INIT("{\"a\":1"), ERR_INVALID,
         "line 1, column 7: expected ',' or '}', found the end of the text"},
        {STR_INIT("\"ab"), ERR_INVALID,
         "line 1, column 4: expected the closing quote of a string, found the end of the text"},
        {STR_INIT("\"a\tb\""), ERR_INVALID,
         "line 1, column 3: a control character in a string must be escaped"},
        {STR_INIT("\"a\0\""), ERR_INVALID,
         "line 1, column 3: a control character in a string must be escaped"},
        {STR_INIT("\"\\x\""), ERR_INVALID,
         "line 1, column 3: expected one of \" \\ / b f n r t u after a backslash, found 'x'"},
        {STR_INIT("\"\\\0\""), ERR_INVALID,
         "line 1, column 3: expected one of \" \\ / b f n r t u after a backslash, found the byte "
         "0x00"},
        {STR_INIT("\"\\u12G4\""), ERR_INVALID,
         "line 1, column 6: expected four hexadecimal digits after \\u, found 'G'"},
        {STR_INIT("01"), ERR_INVALID, "line 1, column 2: a number must not begin with 0"},
        {STR_INIT("-"), ERR_INVALID,
         "line 1, column 2: expected a digit after '-', found the end of the text"},
        {STR_INIT("1."), ERR_INVALID,
         "line 1, column 3: expected a digit after the decimal point, found the end of the text"},
        {STR_INIT("1e+"), ERR_INVALID,
         "line 1, column 4: expected a digit in the exponent, found the end of the text"},
        {STR_INIT("1\0"), ERR_INVALID,
         "line 1, column 2: expected nothing more after the value, found the byte 0x00"},
        {STR_INIT("\xEF\xBB\xBF{}"), ERR_INVALID,
         "line 1, column 1: expected a value, found the byte 0xEF"},
        {STR_INIT("\"\xC0\xAF\""), ERR_INVALID, "line 1, column 2: not valid UTF-8"},
        {STR_INIT("\"\xED\xA0\x80\""), ERR_INVALID, "line 1, column 2: not valid UTF-8"},
        {STR_INIT("\"12345678\xF4\x90\x80\x80\""), ERR_INVALID,
         "line 1, column 10: not valid UTF-8"},
        {STR_INIT("\"\xE2\x82\""), ERR_INVALID, "line 1, column 2: not valid UTF-8"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(arena) struct arena a = {0};
        struct js *value = NULL;
        struct err err = {0};
        assert_int_equal(parse(&a, rows[i].text, &value, &err), rows[i].code);
        assert_string_equal(err.message, rows[i].message);
        assert_null(value);
    }
}

/* COUNT times OPEN, then CLOSE as often. */
static struct str
nested(struct arena *a, const char *open, const char *close, size_t count)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        buf_add_c(&b, open);
    }
    buf_add_char(&b, '0');
    for (size_t i = 0; i < count; i++) {
        buf_add_c(&b, close);
    }
    struct str text = buf_to_arena(&b, a);
    buf_done(&b);
    assert_non_null(text.ptr);
    return text;
}

static void
test_depth(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct js *value;
    struct err err = {0};
    assert_int_equal(parse(&a, nested(&a, "[", "]", LIMIT_JSON_DEPTH), &value, &err), 0);
    check_round_trip(&a, value, "64 arrays");
    assert_int_equal(parse(&a, nested(&a, "{\"a\":", "}", LIMIT_JSON_DEPTH), &value, &err), 0);
    check_round_trip(&a, value, "64 objects");
    assert_int_equal(parse(&a, nested(&a, "[", "]", LIMIT_JSON_DEPTH + 1), &value, &err),
                     ERR_LIMIT);
    assert_string_equal(err.message, "line 1, column 65: nested deeper than 64 levels");
    assert_int_equal(parse(&a, nested(&a, "{\"a\":", "}", 100000), &value, &err), ERR_LIMIT);
}

static void
test_size(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    size_t size = (size_t)LIMIT_JSON_BYTES + 1;
    char *text = arena_alloc(&a, size);
    assert_non_null(text);
    memset(text, ' ', size);
    text[0] = '7';
    struct js *value = NULL;
    struct err err = {0};
    assert_int_equal(parse(&a, (struct str){text, size - 1}, &value, &err), 0);
    assert_int_equal(js_int(value, 0), 7);
    assert_int_equal(parse(&a, (struct str){text, size}, &value, &err), ERR_LIMIT);
}

/* Small text, large tree: an array of COUNT numbers. */
static int
parse_array_of(size_t count, struct err *err)
{
    AUTO(arena) struct arena a = {0};
    char *text = arena_alloc(&a, count * 2 + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * 2, ",1", 2);
    }
    text[0] = '[';
    text[count * 2] = ']';
    struct js *value = NULL;
    int result = parse(&a, (struct str){text, count * 2 + 1}, &value, err);
    assert_int_equal(js_count(value), result == 0 ? count : 0);
    return result;
}

static void
test_number_of_values(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(parse_array_of(LIMIT_JSON_VALUES - 1, &err), 0);
    assert_int_equal(parse_array_of(LIMIT_JSON_VALUES, &err), ERR_LIMIT);
    assert_string_equal(err.message, "line 1, column 2000000: more than 1000000 values");
}

static void
test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum js_type type;
        int64_t integer; /* -1: what js_int answers where there is none */
        double number;
    } rows[] = {
        {"0", JS_INT, 0, 0},
        {"-0", JS_INT, 0, 0},
        {"-1", JS_INT, -1, -1},
        {"9223372036854775807", JS_INT, INT64_MAX, 9223372036854775807.0},
        {"-9223372036854775808", JS_INT, INT64_MIN, -9223372036854775808.0},
        {"9223372036854775808", JS_DOUBLE, -1, 9223372036854775808.0},
        {"-9223372036854775809", JS_DOUBLE, -1, -9223372036854775808.0},
        {"18446744073709551616", JS_DOUBLE, -1, 18446744073709551616.0},
        {"1.50", JS_DOUBLE, -1, 1.5},
        {"5.0", JS_DOUBLE, 5, 5},
        {"1e2", JS_DOUBLE, 100, 100},
        {"-9007199254740992.0", JS_DOUBLE, -9007199254740992, -9007199254740992.0},
        {"9007199254740994.0", JS_DOUBLE, -1, 9007199254740994.0},
        {"1E+2", JS_DOUBLE, 100, 100},
        {"0.10000000000000001", JS_DOUBLE, -1, 0.1},
        {"1e400", JS_DOUBLE, -1, INFINITY},
        {"-1e400", JS_DOUBLE, -1, -INFINITY},
        {"1e-400", JS_DOUBLE, 0, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(arena) struct arena a = {0};
        struct js *value = must_parse(&a, rows[i].text);
        assert_int_equal(js_type(value), rows[i].type);
        assert_int_equal(js_int(value, -1), rows[i].integer);
        assert_true(js_double(value, 7) == rows[i].number);
        assert_text(js_number_text(value, &a), rows[i].text);
        assert_text(js_to_arena(value, &a), rows[i].text);
    }
}

static void
test_number_length(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    char text[LIMIT_JSON_NUMBER + 2];
    memset(text, '7', sizeof(text));
    struct js *value = NULL;
    struct err err = {0};
    assert_int_equal(parse(&a, (struct str){text, LIMIT_JSON_NUMBER}, &value, &err), 0);
    assert_int_equal(js_type(value), JS_DOUBLE);
    check_round_trip(&a, value, "128 digits");
    assert_int_equal(parse(&a, (struct str){text, LIMIT_JSON_NUMBER + 1}, &value, &err), ERR_LIMIT);
    assert_string_equal(err.message, "line 1, column 1: a number of more than 128 characters");
}

static void
test_forgiving_getters(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct js *object =
        must_parse(&a, "{\"text\":\"t\",\"int\":3,\"double\":2.5,\"bool\":true,\"null\":null,"
                       "\"array\":[1,\"x\"]}");
    assert_int_equal(js_type(NULL), JS_NULL);
    assert_null(js_get_c(NULL, "x"));
    assert_null(js_get_c(object, "absent"));
    assert_null(js_get_c(object, "null"));
    assert_true(js_has(object, STR("null")));
    assert_false(js_has(object, STR("absent")));
    assert_false(js_has(js_get_c(object, "text"), STR("text")));
    assert_text(js_get_text(object, "text"), "t");
    assert_int_equal(js_get_text(object, "int").len, 0);
    assert_int_equal(js_get_int(object, "int", 9), 3);
    assert_int_equal(js_get_int(object, "double", 9), 9);
    assert_int_equal(js_get_int(object, "text", 9), 9);
    assert_true(js_get_double(object, "double", 9) == 2.5);
    assert_true(js_get_double(object, "int", 9) == 3);
    assert_true(js_get_double(object, "text", 9) == 9);
    assert_true(js_get_bool(object, "bool", false));
    assert_true(js_get_bool(object, "int", true));
    assert_false(js_get_bool(object, "int", false));
    struct js *array = js_get_c(object, "array");
    assert_int_equal(js_count(array), 2);
    assert_int_equal(js_int(js_at(array, 0), 0), 1);
    assert_null(js_at(array, 2));
    assert_null(js_at(array, SIZE_MAX));
    assert_null(js_at(object, 0));
    assert_int_equal(js_count(object), 6);
    assert_int_equal(js_count(js_get_c(object, "text")), 0);
    assert_int_equal(js_number_text(array, &a).len, 0);
    struct js_iter it = js_iter(array);
    assert_false(js_next(&it, &(struct js_member){0}));
    assert_string_equal(js_type_name(JS_OBJECT), "object");
}

static void
test_long_keys_and_many(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    AUTO(buf) struct buf b;
    buf_init(&b, 1 << 20);
    char key[600];
    memset(key, 'k', sizeof(key));
    struct js_out out;
    js_out_init(&out, &b);
    js_begin_object(&out);
    for (int i = 0; i < 300; i++) {
        js_key(&out, (struct str){key, (size_t)(i * 2)});
        js_add_int(&out, i);
    }
    js_end_object(&out);
    struct js *object = NULL;
    assert_int_equal(js_parse(buf_str(&b), &a, &object, &(struct err){0}), 0);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(js_int(js_get(object, (struct str){key, (size_t)(i * 2)}), -1), i);
    }
    struct js_member member;
    int64_t next = 0;
    for (struct js_iter it = js_iter(object); js_next(&it, &member);) {
        assert_int_equal(js_int(member.value, -1), next++);
    }
}

static void
test_parse_object(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct js *object = NULL;
    struct err err = {0};
    assert_int_equal(js_parse_object(STR(" {} "), "tool arguments", &a, &object, &err), 0);
    assert_int_equal(js_type(object), JS_OBJECT);
    assert_int_equal(js_parse_object(STR("[]"), "tool arguments", &a, &object, &err), ERR_INVALID);
    assert_string_equal(err.message, "tool arguments: must be a JSON object, is array");
    assert_int_equal(js_parse_object(STR("null"), "x", &a, &object, &err), ERR_INVALID);
    assert_int_equal(js_parse_object(STR("{"), "tool arguments", &a, &object, &err), ERR_INVALID);
    assert_true(str_starts(str_c(err.message), STR("tool arguments: line 1, column 2: ")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suite_parsing),
        cmocka_unit_test(test_suite_transform),
        cmocka_unit_test(test_nul_is_kept_whole),
        cmocka_unit_test(test_duplicates_last_wins),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_refused_with_place),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_number_of_values),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_number_length),
        cmocka_unit_test(test_forgiving_getters),
        cmocka_unit_test(test_long_keys_and_many),
        cmocka_unit_test(test_parse_object),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
