/* UTF-8: what is valid, where it may be cut, and what a terminal gets to see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"

static void
test_valid_prefix(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        size_t want;
    } rows[] = {
        {STR_INIT(""), 0},
        {STR_INIT("plain"), 5},
        {STR_INIT("nul\0in"), 6},
        {STR_INIT("\xC2\x80\xDF\xBF"), 4},
        {STR_INIT("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"), 12},
        {STR_INIT("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), 8},
        {STR_INIT("eight ok\x80"), 8},
        {STR_INIT("a\xBF"), 1},
        {STR_INIT("\xC0\xAF"), 0},         /* overlong / */
        {STR_INIT("\xC1\xBF"), 0},         /* overlong DEL */
        {STR_INIT("\xE0\x80\xAF"), 0},     /* overlong / in three */
        {STR_INIT("\xE0\x9F\xBF"), 0},     /* overlong U+07FF */
        {STR_INIT("\xF0\x80\x80\xAF"), 0}, /* overlong / in four */
        {STR_INIT("\xF0\x8F\xBF\xBF"), 0}, /* overlong U+FFFF */
        {STR_INIT("\xED\xA0\x80"), 0},     /* U+D800 */
        {STR_INIT("\xED\xBF\xBF"), 0},     /* U+DFFF */
        {STR_INIT("\xF4\x90\x80\x80"), 0}, /* U+110000 */
        {STR_INIT("\xF5\x80\x80\x80"), 0},
        {STR_INIT("\xF8\x88\x80\x80\x80"), 0},
        {STR_INIT("\xFE"), 0},
        {STR_INIT("\xFF"), 0},
        {STR_INIT("cut \xC3"), 4},
        {STR_INIT("cut \xE2\x82"), 4},
        {STR_INIT("cut \xF0\x9F\x98"), 4},
        {STR_INIT("\xE2\x28\xA1"), 0},
        {STR_INIT("\xE2\x82\x28"), 0},
        {STR_INIT("\xF0\x9F\x98\x28"), 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(utf8_valid_prefix(rows[i].text), rows[i].want);
        assert_int_equal(utf8_valid(rows[i].text), rows[i].want == rows[i].text.len);
    }
    assert_true(utf8_valid((struct str){0}));
}

/* Every code point survives, and every other value becomes U+FFFD. */
static void
test_encode_and_decode(void **state)
{
    (void)state;
    for (int32_t c = -1; c <= 0x110000; c++) {
        char bytes[4];
        struct str s = {bytes, utf8_encode(c, bytes)};
        bool real = c >= 0 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        size_t pos = 0;
        if (!utf8_valid(s) || utf8_next(s, &pos) != (real ? c : 0xFFFD) || pos != s.len ||
            utf8_char_length(bytes, s.len) != s.len || utf8_count(s) != 1) {
            fail_msg("U+%04X", (unsigned)c);
        }
    }
    struct str broken = STR("\xE2\x82x");
    size_t pos = 0;
    assert_int_equal(utf8_next(broken, &pos), 0xFFFD);
    assert_int_equal(pos, 1);
    assert_int_equal(utf8_next(broken, &pos), 0xFFFD);
    assert_int_equal(utf8_next(broken, &pos), 'x');
    assert_int_equal(utf8_next(broken, &pos), -1);
    assert_int_equal(utf8_next(broken, &pos), -1);
}

static void
test_cut(void **state)
{
    (void)state;
    struct str s = STR("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (size_t max = 0; max < sizeof(want) / sizeof(want[0]); max++) {
        assert_int_equal(utf8_cut(s, max).len, want[max]);
        assert_int_equal(utf8_floor(s.ptr, max < s.len ? max : s.len),
                         want[max < s.len ? max : s.len]);
    }
    assert_int_equal(utf8_count(s), 5);
    assert_int_equal(utf8_cut((struct str){0}, 5).len, 0);
}

static const struct {
    struct str text;
    const char *want;
} terminal_rows[] = {
    {STR_INIT(""), ""},
    {STR_INIT("plain\n\ttext \xC3\xA9\xF0\x9F\x98\x80"), "plain\n\ttext \xC3\xA9\xF0\x9F\x98\x80"},
    {STR_INIT("bad\xFF!"), "bad\xEF\xBF\xBD!"},
    {STR_INIT("real \xEF\xBF\xBD"), "real \xEF\xBF\xBD"},
    {STR_INIT("a\0b\x01\x07\x08\x7F\rc"), "abc"},
    {STR_INIT("line\r\nline"), "line\nline"},
    /* CSI, also with C1's opener, also cut off or broken off. */
    {STR_INIT("\033[31mred\033[0m"), "red"},
    {STR_INIT("\033[?25l\033[1;2H\033[>0 qx"), "x"},
    {STR_INIT("\xC2\x9B"
              "31mred"),
     "red"},
    {STR_INIT("end\033["), "end"},
    {STR_INIT("end\033[12;"), "end"},
    {STR_INIT("\033[12\nnext"), "\nnext"},
    {STR_INIT("\033[12\033[0mx"), "x"},
    {STR_INIT("\033[\xC3\xA9"), "\xC3\xA9"},
    /* OSC, DCS, APC, PM, SOS, ended by BEL, ESC \, or C1's ST, or by the end of the line. */
    {STR_INIT("\033]0;title\atext"), "text"},
    {STR_INIT("\033]8;;http://x\033\\link\033]8;;\033\\"), "link"},
    {STR_INIT("\033]52;c;aGk=\xC2\x9C"
              "text"),
     "text"},
    {STR_INIT("\xC2\x9D"
              "0;title\atext"),
     "text"},
    {STR_INIT("\033Pdcs\033\\text"), "text"},
    {STR_INIT("\xC2\x90"
              "dcs\033\\text"),
     "text"},
    {STR_INIT("\033_apc\033\\\033^pm\033\\\033Xsos\033\\text"), "text"},
    {STR_INIT("\033]0;never ended\nnext line"), "\nnext line"},
    {STR_INIT("\033]0;never ended"), ""},
    {STR_INIT("\033]0;\033[31m\nx"), "\nx"},
    {STR_INIT("\033]0;\xFF\ax"), "x"},
    /* Short escapes, with and without intermediate bytes. */
    {STR_INIT("\033cx\0337y\033=z"), "xyz"},
    {STR_INIT("\033(Bx\033%Gy\033#8z\033 Fw"), "xyzw"},
    {STR_INIT("end\033"), "end"},
    {STR_INIT("end\033("), "end"},
    {STR_INIT("\033\033[31mx"), "x"},
    {STR_INIT("\033\nx"), "\nx"},
    {STR_INIT("\xC2\x85\xC2\x8D\xC2\x9Cx"), "x"},
    /* What turns text round. */
    {STR_INIT("a\xE2\x80\xAE"
              "b\xE2\x80\xAC\xE2\x81\xA6"
              "c\xE2\x81\xA9"),
     "abc"},
    {STR_INIT("\xE2\x80\xA9\xE2\x80\xAF"), "\xE2\x80\xA9\xE2\x80\xAF"},
};

static void
test_for_terminal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(terminal_rows) / sizeof(terminal_rows[0]); i++) {
        AUTO(arena) struct arena a = {0};
        struct str got = utf8_for_terminal(&a, terminal_rows[i].text);
        if (!str_eq_c(got, terminal_rows[i].want)) {
            fail_msg("row %zu: got '%" STR_FMT "', want '%s'", i, STR_ARG(got),
                     terminal_rows[i].want);
        }
        bool same = str_eq_c(terminal_rows[i].text, terminal_rows[i].want);
        assert_true(!same || got.ptr == terminal_rows[i].text.ptr);
    }
}

static void
test_sanitize_in_place(void **state)
{
    (void)state;
    char text[] = "a\033[31m\xFF\n\xC2\x9B\x7F\xC3\xA9\xE2\x82";
    utf8_sanitize_c(text);
    assert_string_equal(text, "a [31m?    \xC3\xA9??");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_prefix),
        cmocka_unit_test(test_encode_and_decode),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_for_terminal),
        cmocka_unit_test(test_sanitize_in_place),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
