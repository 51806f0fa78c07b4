/* Base64: what encodes to what, what is refused, and any bytes there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    struct str bytes;
    struct str text;
} pairs[] = {
    /* RFC 4648, section 10 */
    {STR_INIT(""), STR_INIT("")},
    {STR_INIT("f"), STR_INIT("Zg==")},
    {STR_INIT("fo"), STR_INIT("Zm8=")},
    {STR_INIT("foo"), STR_INIT("Zm9v")},
    {STR_INIT("foob"), STR_INIT("Zm9vYg==")},
    {STR_INIT("fooba"), STR_INIT("Zm9vYmE=")},
    {STR_INIT("foobar"), STR_INIT("Zm9vYmFy")},
    {STR_INIT("\0"), STR_INIT("AA==")},
    {STR_INIT("\0\0\0"), STR_INIT("AAAA")},
    {STR_INIT("\xff\xff\xff"), STR_INIT("////")},
    {STR_INIT("\xfb\xef\xbe"), STR_INIT("++++")},
};

static void
test_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        AUTO(buf) struct buf out = {0};
        buf_init(&out, 100);
        base64_encode(pairs[i].bytes, &out);
        assert_true(str_eq(buf_str(&out), pairs[i].text));
        buf_clear(&out);
        assert_true(base64_decode(pairs[i].text, &out));
        assert_true(str_eq(buf_str(&out), pairs[i].bytes));
        assert_true(base64_valid(pairs[i].text));
    }
}

static const struct str refused[] = {
    STR_INIT("Z"),        STR_INIT("Zg"),       STR_INIT("Zg="),          STR_INIT("Zg==="),
    STR_INIT("Zg==Zg=="), STR_INIT("Zm8=Zm9v"), STR_INIT("Zh=="),         STR_INIT("Zm9="),
    STR_INIT("===="),     STR_INIT("Z==="),     STR_INIT("Zg=a"),         STR_INIT("Zm9v\n"),
    STR_INIT("Zm 9v"),    STR_INIT(" Zm9v   "), STR_INIT("Zm9-"),         STR_INIT("Zm9_"),
    STR_INIT("Zm9\0"),    STR_INIT("Zm9\xc3"),  STR_INIT("Zm9v\0\0\0\0"),
};

static void
test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        AUTO(buf) struct buf out = {0};
        buf_init(&out, 100);
        buf_add_c(&out, "before");
        if (base64_decode(refused[i], &out) || base64_valid(refused[i])) {
            fail_msg("taken: row %zu, '%s'", i, refused[i].ptr);
        }
        assert_string_equal(out.text, "before");
    }
}

static void
test_every_length(void **state)
{
    (void)state;
    char bytes[3000];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (char)(seed >> 24);
    }
    for (size_t len = 0; len < sizeof(bytes); len += len < 1600 ? 1 : 97) {
        AUTO(buf) struct buf text = {0};
        AUTO(buf) struct buf back = {0};
        buf_init(&text, 8000);
        buf_init(&back, 8000);
        base64_encode((struct str){bytes, len}, &text);
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        assert_true(base64_decode(buf_str(&text), &back));
        assert_int_equal(back.len, len);
        assert_memory_equal(back.text ? back.text : "", bytes, len);
    }
}

/* A fault far behind the first piece leaves nothing of it; a full buf fails as bufs do. */
static void
test_late_faults(void **state)
{
    (void)state;
    AUTO(buf) struct buf text = {0};
    AUTO(buf) struct buf out = {0};
    buf_init(&text, 8000);
    buf_init(&out, 8000);
    char bytes[3000] = {0};
    base64_encode((struct str){bytes, sizeof(bytes)}, &text);
    text.text[3990] = '!';
    assert_false(base64_decode(buf_str(&text), &out));
    assert_int_equal(out.len, 0);
    text.text[3990] = 'A';
    AUTO(buf) struct buf small = {0};
    buf_init(&small, 100);
    assert_true(base64_decode(buf_str(&text), &small));
    assert_int_equal(small.failed, ERR_LIMIT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_late_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
