/* The small things of base: str, err, clock, id. Memory, utf8 and json have their own files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "base/utf8.h"

/* str */

static void
test_str_compare(void **state)
{
    (void)state;
    struct str none = {0};
    assert_true(str_eq(none, STR("")));
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_false(str_eq(STR("a"), STR("a\0")));
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_nocase(STR("\xC3\x89"), STR("\xC3\xA9")));
    assert_false(str_eq_nocase(STR("@"), STR("`")));
    assert_true(str_eq_c(none, ""));
    assert_int_equal(str_c(NULL).len, 0);
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("b"), STR("aa")) > 0);
    assert_true(str_cmp(STR("a"), STR("aa")) < 0);
    assert_true(str_cmp(STR("\x7F"), STR("\x80")) < 0);
    assert_int_equal(str_cmp(none, STR("")), 0);
    assert_true(str_starts(STR("abc"), STR("ab")) && str_starts(STR("abc"), none));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")) && str_ends(none, none));
    assert_false(str_ends(STR("c"), STR("bc")));
    assert_int_equal(str_int_len((struct str){"x", (size_t)INT_MAX + 5}), INT_MAX);
    assert_true(str_hash(STR("a")) != str_hash(STR("b")));
    assert_true(str_hash(none) == str_hash(STR("")));
}

static void
test_str_find_and_cut(void **state)
{
    (void)state;
    struct str s = STR("one two two");
    assert_int_equal(str_find(s, STR("two"), 0), 4);
    assert_int_equal(str_find(s, STR("two"), 5), 8);
    assert_int_equal(str_find(s, STR("two"), 9), SIZE_MAX);
    assert_int_equal(str_find(s, STR("two"), SIZE_MAX), SIZE_MAX);
    assert_int_equal(str_find(s, STR(""), 11), 11);
    assert_int_equal(str_find(s, STR(""), 12), SIZE_MAX);
    assert_int_equal(str_find((struct str){0}, STR(""), 0), 0);
    assert_int_equal(str_find_char(s, 't', 5), 8);
    assert_int_equal(str_find_char(s, 'x', 0), SIZE_MAX);
    assert_int_equal(str_find_char(s, 'o', 11), SIZE_MAX);
    assert_true(str_eq_c(str_sub(s, 4, 3), "two"));
    assert_true(str_eq_c(str_sub(s, 8, SIZE_MAX), "two"));
    assert_int_equal(str_sub(s, 99, 1).len, 0);
    assert_int_equal(str_sub((struct str){0}, 3, 3).len, 0);
    assert_true(str_eq_c(str_trim(STR(" \t\r\n\v\fx y\n ")), "x y"));
    assert_int_equal(str_trim(STR(" \n ")).len, 0);
    assert_int_equal(str_trim((struct str){0}).len, 0);
}

static void
test_str_split(void **state)
{
    (void)state;
    static const char *const want[] = {"a", "", "b", ""};
    struct str rest = STR("a,,b,");
    struct str part;
    size_t count = 0;
    while (str_split(&rest, ',', &part)) {
        assert_true(count < 4);
        assert_true(str_eq_c(part, want[count++]));
    }
    assert_int_equal(count, 4);
    assert_false(str_split(&rest, ',', &part));
    rest = STR("");
    assert_true(str_split(&rest, ',', &part));
    assert_int_equal(part.len, 0);
    assert_false(str_split(&rest, ',', &part));
}

static void
test_str_to_i64(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool ok;
        int64_t want;
    } rows[] = {
        {STR_INIT("0"), true, 0},
        {STR_INIT("-0"), true, 0},
        {STR_INIT("007"), true, 7},
        {STR_INIT("9223372036854775807"), true, INT64_MAX},
        {STR_INIT("-9223372036854775808"), true, INT64_MIN},
        {STR_INIT("9223372036854775808"), false, 0},
        {STR_INIT("-9223372036854775809"), false, 0},
        {STR_INIT("99999999999999999999999"), false, 0},
        {STR_INIT(""), false, 0},
        {STR_INIT("-"), false, 0},
        {STR_INIT("--1"), false, 0},
        {STR_INIT("+1"), false, 0},
        {STR_INIT(" 1"), false, 0},
        {STR_INIT("1 "), false, 0},
        {STR_INIT("12abc"), false, 0},
        {STR_INIT("1\0"), false, 0},
        {STR_INIT("1-"), false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t got = 77;
        assert_int_equal(str_to_i64(rows[i].text, &got), rows[i].ok);
        assert_int_equal(got, rows[i].ok ? rows[i].want : 77);
    }
}

static void
test_str_to_double(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool ok;
        double want;
    } rows[] = {
        {STR_INIT("1.5"), true, 1.5},
        {STR_INIT("-2e3"), true, -2000},
        {STR_INIT(".5"), true, 0.5},
        {STR_INIT("1e400"), false, 0},
        {STR_INIT("inf"), false, 0},
        {STR_INIT("nan"), false, 0},
        {STR_INIT("0x10"), false, 0},
        {STR_INIT(""), false, 0},
        {STR_INIT("1 "), false, 0},
        {STR_INIT(" 1"), false, 0},
        {STR_INIT("1,5"), false, 0},
        {STR_INIT("."), false, 0},
        {STR_INIT("1e"), false, 0},
        {STR_INIT("1\0"), false, 0},
        {STR_INIT("1.5.5"), false, 0},
        {STR_INIT("1111111111222222222233333333334444444444555555555566666666667777"), false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double got = 77;
        assert_int_equal(str_to_double(rows[i].text, &got), rows[i].ok);
        assert_true(got == (rows[i].ok ? rows[i].want : 77));
    }
}

static void
test_str_distance(void **state)
{
    (void)state;
    assert_int_equal(str_distance(STR(""), STR("")), 0);
    assert_int_equal(str_distance(STR("abc"), STR("")), 3);
    assert_int_equal(str_distance(STR("model"), STR("modle")), 1);
    assert_int_equal(str_distance(STR("timeout"), STR("time_out")), 1);
    assert_int_equal(str_distance(STR("kitten"), STR("sitting")), 3);
    char a[200], b[200];
    memset(a, 'a', sizeof(a));
    memset(b, 'b', sizeof(b));
    assert_int_equal(str_distance((struct str){a, 200}, (struct str){b, 200}), 64);
}

/* err */

static int
fail_with(struct err *err, const char *text)
{
    return err_set(err, ERR_INVALID, "%s", text);
}

static void
test_err_set_and_wrap(void **state)
{
    (void)state;
    struct err err = {.retryable = true};
    assert_int_equal(fail_with(&err, "price: not a number"), ERR_INVALID);
    assert_false(err.retryable);
    assert_non_null(err.file);
    assert_int_equal(err_wrap(&err, "line %d", 12), ERR_INVALID);
    assert_int_equal(err_wrap(&err, "import %s", "shop.csv"), ERR_INVALID);
    assert_string_equal(err.message, "import shop.csv: line 12: price: not a number");
    assert_int_equal(err_retryable(&err), ERR_INVALID);
    assert_true(err.retryable);
    assert_int_equal(err_set_errno(&err, ENOENT, "open %s", "/x"), ERR_IO);
    assert_int_equal(err.saved_errno, ENOENT);
    assert_string_equal(err.message, "open /x: No such file or directory");
    assert_int_equal(err_nomem(&err), ERR_NOMEM);
    assert_string_equal(err.message, "out of memory");
}

/* Whatever the length and wherever the border falls, the message is whole characters, and says
 * when something is missing. */
static void
test_err_is_cut_at_characters(void **state)
{
    (void)state;
    char text[600];
    for (size_t lead = 0; lead < 4; lead++) {
        memset(text, 'x', lead);
        for (size_t i = lead; i + 4 < sizeof(text); i += 4) {
            memcpy(text + i, "\xF0\x9F\x98\x80", 5);
        }
        struct err err = {0};
        (void)fail_with(&err, text);
        assert_true(utf8_valid(str_c(err.message)));
        assert_true(str_ends(str_c(err.message), STR("\x80...")));
        assert_true(strlen(err.message) > ERR_MESSAGE_MAX - 8);
        (void)err_wrap(&err, "%s", "round");
        assert_true(utf8_valid(str_c(err.message)));
        assert_true(str_starts(str_c(err.message), STR("round: x")) || lead == 0);
        assert_true(str_ends(str_c(err.message), STR("...")));
        (void)err_set_errno(&err, ENOENT, "%.*s", (int)(240 + lead), text);
        assert_true(utf8_valid(str_c(err.message)));
        assert_true(str_ends(str_c(err.message), STR("...")));
    }
}

static void
test_err_shows_no_controls(void **state)
{
    (void)state;
    struct err err = {0};
    (void)fail_with(&err, "a\033[31m\n\xFF\xC2\x9B");
    assert_string_equal(err.message, "a [31m ?  ");
    (void)err_wrap(&err, "%s", "\r");
    assert_string_equal(err.message, " : a [31m ?  ");
}

static void
test_err_names(void **state)
{
    (void)state;
    for (int code = ERR_BUG; code <= ERR_NOMEM; code++) {
        assert_non_null(err_code_name(code));
    }
    assert_string_equal(err_code_name(ERR_NOTFOUND), "not_found");
    assert_string_equal(err_code_name(0), "bug");
    assert_string_equal(err_code_name(1), "bug");
    assert_string_equal(err_code_name(-999), "bug");
    assert_string_equal(err_code_name(INT_MIN), "bug");
}

/* clock */

static void
test_clock_format(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *want;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1795253640125, "2026-11-21T09:34:00.125Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {-62167219200000, "0000-01-01T00:00:00.000Z"},
        {253402300800000, "0000-00-00T00:00:00.000Z"},
        {-62167219200001, "0000-00-00T00:00:00.000Z"},
        {INT64_MAX, "0000-00-00T00:00:00.000Z"},
        {INT64_MIN, "0000-00-00T00:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[CLOCK_TEXT];
        clock_format(rows[i].ms, text);
        assert_string_equal(text, rows[i].want);
        int64_t back = 7;
        bool real = rows[i].want[6] != '0' || rows[i].want[5] != '0';
        assert_int_equal(clock_parse(str_c(text), &back), real);
        assert_true(back == (real ? rows[i].ms : 7));
    }
}

static void
test_clock_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t want;
    } rows[] = {
        {"2026-11-21", true, 1795219200000},
        {"2026-11-21T09:34:00Z", true, 1795253640000},
        {"2026-11-21t09:34:00z", true, 1795253640000},
        {"2026-11-21 09:34:00Z", true, 1795253640000},
        {"2026-11-21T09:34:00.1Z", true, 1795253640100},
        {"2026-11-21T09:34:00.1259999999999999999999999Z", true, 1795253640125},
        {"2026-11-21T10:34:00+01:00", true, 1795253640000},
        {"2026-11-20T23:04:00.5-10:30", true, 1795253640500},
        {"2026-11-21T09:34:00-00:00", true, 1795253640000},
        {"1970-01-01T00:00:00+23:59", true, -86340000},
        {"2016-12-31T23:59:60Z", true, 1483228800000},
        {"2000-02-29", true, 951782400000},
        {"2024-02-29", true, 1709164800000},
        {"2023-02-29", false, 0},
        {"1900-02-29", false, 0},
        {"2100-02-29", false, 0},
        {"2026-04-31", false, 0},
        {"2026-12-31", true, 1798675200000},
        {"2026-12-32", false, 0},
        {"2026-00-01", false, 0},
        {"2026-13-01", false, 0},
        {"2026-01-00", false, 0},
        {"2026-1-01", false, 0},
        {"-026-01-01", false, 0},
        {"2026-11-21T24:00:00Z", false, 0},
        {"2026-11-21T09:60:00Z", false, 0},
        {"2026-11-21T09:34:61Z", false, 0},
        {"2026-11-21T09:34:00", false, 0},
        {"2026-11-21T09:34Z", false, 0},
        {"2026-11-21T09:34:00.Z", false, 0},
        {"2026-11-21T09:34:00+0100", false, 0},
        {"2026-11-21T09:34:00+24:00", false, 0},
        {"2026-11-21T09:34:00+-1:00", false, 0},
        {"2026-11-21T09:34:00Zx", false, 0},
        {"2026-11-21T", false, 0},
        {"2026-11-21x", false, 0},
        {"20261121", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t got = 77;
        if (clock_parse(str_c(rows[i].text), &got) != rows[i].ok ||
            got != (rows[i].ok ? rows[i].want : 77)) {
            fail_msg("%s: got %lld", rows[i].text, (long long)got);
        }
    }
    assert_false(clock_parse((struct str){0}, &(int64_t){0}));
    assert_false(clock_parse(STR("2026-11-21\0"), &(int64_t){0}));
}

/* Each day of 800 years there and back, by a count of our own. */
static void
test_clock_every_day(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = -135140; /* 1600-01-01 */
    for (int year = 1600; year < 2400; year++) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        for (int month = 0; month < 12; month++) {
            int length = lengths[month] + (month == 1 && leap);
            for (int day = 1; day <= length; day++, days++) {
                AUTO(arena) struct arena a = {0};
                struct str date = arena_printf(&a, "%04d-%02d-%02d", year, month + 1, day);
                int64_t got = 0;
                assert_true(clock_parse(date, &got));
                assert_true(got == days * 86400000);
                assert_true(str_starts(clock_to_arena(got, &a), date));
            }
        }
    }
}

static void
test_clock_by_hand(void **state)
{
    (void)state;
    struct clock_hand hand;
    clock_hand_init(&hand, 5000);
    int64_t mono = clock_mono_ms(&hand.clock);
    clock_hand_advance(&hand, 250);
    assert_int_equal(clock_wall_ms(&hand.clock), 5250);
    assert_int_equal(clock_mono_ms(&hand.clock), mono + 250);
    int64_t before = clock_mono_ms(clock_real());
    assert_true(clock_mono_ms(clock_real()) >= before);
    assert_true(clock_wall_ms(clock_real()) > 1700000000000);
}

/* id */

static void
test_ids(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct id_gen real, seeded, same;
    id_gen_init(&real);
    id_gen_init_seeded(&seeded, 7);
    id_gen_init_seeded(&same, 7);
    struct str before = {0};
    for (int i = 0; i < 100; i++) {
        struct str id = id_to_arena(&real, 'c', &a);
        assert_int_equal(id.len, ID_TEXT - 1);
        assert_true(str_starts(id, STR("c-")) && id_plausible(id));
        assert_false(str_eq(id, before));
        before = id;
        assert_true(str_eq(id_to_arena(&seeded, 'm', &a), id_to_arena(&same, 'm', &a)));
    }
    assert_false(str_eq(id_to_arena(&seeded, 'm', &a), id_to_arena(&seeded, 'm', &a)));
}

static void
test_plausible_ids(void **state)
{
    (void)state;
    char longest[65];
    memset(longest, 'a', sizeof(longest));
    assert_true(id_plausible((struct str){longest, 64}));
    assert_false(id_plausible((struct str){longest, 65}));
    assert_true(id_plausible(STR("CONV_2024.01:x-9")));
    assert_false(id_plausible(STR("")));
    assert_false(id_plausible(STR("a b")));
    assert_false(id_plausible(STR("a/b")));
    assert_false(id_plausible(STR("a\0")));
    assert_false(id_plausible(STR("\xC3\xA9")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str_compare),
        cmocka_unit_test(test_str_find_and_cut),
        cmocka_unit_test(test_str_split),
        cmocka_unit_test(test_str_to_i64),
        cmocka_unit_test(test_str_to_double),
        cmocka_unit_test(test_str_distance),
        cmocka_unit_test(test_err_set_and_wrap),
        cmocka_unit_test(test_err_is_cut_at_characters),
        cmocka_unit_test(test_err_shows_no_controls),
        cmocka_unit_test(test_err_names),
        cmocka_unit_test(test_clock_format),
        cmocka_unit_test(test_clock_parse),
        cmocka_unit_test(test_clock_every_day),
        cmocka_unit_test(test_clock_by_hand),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_plausible_ids),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
