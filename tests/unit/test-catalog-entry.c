/* Stored records read back: what the tables and the index get, and damaged text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "catalog/record.h"
#include "catalog/stored.h"

static void
expect_text(struct str got, const char *want)
{
    if (!str_eq_c(got, want)) {
        fail_msg("'%" STR_FMT "' is not '%s'", STR_ARG(got), want);
    }
}

static void
test_a_product(void **state)
{
    (void)state;
    static const char record[] =
        "{\"id\":\"P-1\",\"name\":\"Lamp \\\"big\\\"\",\"brand\":\"Acme\",\"model\":\"X 9\","
        "\"price\":1299.00,\"currency\":\"EUR\",\"in_stock\":false,\"description\":\"a\\u007fb\","
        "\"features\":[\"one\",[\"two\",{\"k\":\"three\"}],4],"
        "\"specifications\":{\"w\":2.50,\"on\":true,\"off\":false,\"none\":null,\"of\":[\"a\","
        "\"b\"]},"
        "\"common_issues\":[\"hums\"],"
        "\"extra\":{\"ean\":\"40 1234\",\"link\":\"http://x\",\"colour\":\"red\",\"deep\":{}}}";
    static const char *const want[] = {
        "Lamp \"big\"",
        "X 9 p1 x9 401234",
        "Acme",
        "",
        "one\ntwo\nthree\n",
        "w 2.50\non \nof a\nb\n40 1234\nred\n",
        "hums\n",
        "a\177b",
    };
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct entry entry;
    assert_int_equal(entry_read(CATALOG_PRODUCTS, str_c(record), &arena, &entry, &err), 0);
    expect_text(entry.id, "P-1");
    assert_int_equal(entry.price.minor, 129900);
    expect_text(entry.price.currency, "EUR");
    assert_int_equal(entry.stock, CATALOG_STOCK_OUT);
    assert_int_equal(entry.code_count, 3);
    expect_text(entry.codes[2], "401234");
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        expect_text(entry.columns[i], want[i]);
    }
}

static void
test_an_article(void **state)
{
    (void)state;
    static const char record[] =
        "{\"id\":\"a\",\"title\":\"Why\",\"section\":\"Why\",\"symptoms\":[\"s1\",\"s2\"],"
        "\"products\":[\"p1\",\"p2\",3],\"steps\":[\"do\",\"wait\"],\"text\":\"t\","
        "\"call_human_when\":\"it burns\"}";
    static const char *const want[] = {"Why",      "s1\ns2\n",           "",
                                       "p1\np2\n", "do\nwait\nit burns", "t"};
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct entry entry;
    assert_int_equal(entry_read(CATALOG_ARTICLES, str_c(record), &arena, &entry, &err), 0);
    assert_int_equal(entry.product_count, 3);
    expect_text(entry.products[1], "p2");
    expect_text(entry.products[2], "");
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        expect_text(entry.columns[i], want[i]);
    }
}

static void
test_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"\"\"", ""},
        {"\"a\\\\\"", "a\\"},
        {"\"\\b\\f\\n\\r\\t\\/\\\"\"", "\b\f\n\r\t/\""},
        {"\"\\u00e4\\u20AC\"", "\xC3\xA4\xE2\x82\xAC"},
        {"\"\\ud83d\\ude00!\"", "\xF0\x9F\x98\x80!"},
        {"\"\\ud83d!\"", "\xEF\xBF\xBD!"},
        {"12", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct stored s = stored_open(str_c(cases[i].text), &arena);
        expect_text(stored_text(&s), cases[i].want);
    }
}

static int
read_copy(struct str record)
{
    AUTO(mem) char *copy = mem_alloc(record.len);
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct entry entry;
    assert_non_null(copy);
    memcpy(copy, record.ptr, record.len);
    int rc = entry_read(CATALOG_PRODUCTS, (struct str){copy, record.len}, &arena, &entry, &err);
    assert_true(rc == 0 || rc == ERR_INVALID);
    assert_true(rc == 0 || err.message[0] != '\0');
    return rc;
}

/* Every cut of a record, and every record with one byte spoiled: something is read or it is
 * refused, and nothing beyond the text is touched. */
static void
test_damage(void **state)
{
    (void)state;
    char record[] =
        "{\"id\":\"a\",\"model\":\"\\u00e4\\\"\",\"features\":[\"x\",{\"y\":[1,\"z\"]}],"
        "\"specifications\":{\"k\":true,\"l\":\"\\ud83d\\ude00\"},\"price\":1.50,\"extra\":{}}";
    static const char spoils[] = "\"\\{}[],:u\x01z";
    size_t refused = 0;
    for (size_t i = 0; i < sizeof(record) - 1; i++) {
        assert_int_equal(read_copy((struct str){record, i}), ERR_INVALID);
        char kept = record[i];
        for (size_t k = 0; k < sizeof(spoils) - 1; k++) {
            record[i] = spoils[k];
            refused += read_copy((struct str){record, sizeof(record) - 1}) == 0 ? 0 : 1;
        }
        record[i] = kept;
    }
    assert_int_equal(read_copy((struct str){record, sizeof(record) - 1}), 0);
    assert_true(refused > sizeof(record) / 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_product),
        cmocka_unit_test(test_an_article),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests_name("catalog-entry", tests, NULL, NULL);
}
