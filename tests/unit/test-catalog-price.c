/* Amounts, and yes and no, as shops write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/price.h"

static const struct {
    const char *text;
    const char *currency;
    int64_t minor; /* -1: no price; -2: nothing said */
    const char *want;
} prices[] = {
    {"49.9", "", 4990, ""},
    {"49.90 EUR", "", 4990, "EUR"},
    {"EUR 49.90", "eur", 4990, "EUR"},
    {"1.299,00 \xE2\x82\xAC", "", 129900, "EUR"},
    {"1.299 \xE2\x82\xAC", "", 129900, "EUR"},
    {"\xE2\x82\xAC"
     "1.299.000",
     "", 129900000, "EUR"},
    {"$1,299.00", "", 129900, "USD"},
    {"$1,299", "CAD", 129900, "CAD"},
    {"1,299", "", 129900, ""},
    {"1.299", "", 129900, ""},
    {"1.299", "USD", 129900, "USD"},
    {"1.299", "EUR", 129900, "EUR"},
    {"1,299", "EUR", 129900, "EUR"},
    {"1.299", "JPY", 1299, "JPY"},
    {"1,299", "KWD", 1299, "KWD"},
    {"49.900", "", 4990000, ""},
    {"49.9000", "", 4990, ""},
    {"1299.000", "", 129900, ""},
    {"0.990", "", 99, ""},
    {"\xE2\x82\xAC 12", "", 1200, "EUR"},
    {"CHF 1'299.50", "", 129950, "CHF"},
    {"1,29,999.50", "INR", 12999950, "INR"},
    {"12,-", "", 1200, ""},
    {"12,--", "EUR", 1200, "EUR"},
    {"1.299,00", "", 129900, ""},
    {"-12,50 \xE2\x82\xAC", "", -1, ""},
    {"\xE2\x82\xAC -12", "", -1, ""},
    {"1.299.00", "", -1, ""},
    {"1.2.3", "", -1, ""},
    {"1 2 3", "", -1, ""},
    {"10 20", "", -1, ""},
    {"1299,000.00", "", -1, ""},
    {"1,00,0.00", "", -1, ""},
    {"1.299,50.1", "", -1, ""},
    {"1.5'0", "", -1, ""},
    {"1299", "EUR", 129900, "EUR"},
    {"1'299.50 CHF", "", 129950, "CHF"},
    {"1 299,50 kr", "NOK", 129950, "NOK"},
    {"1\xC2\xA0"
     "299,5",
     "EUR", 129950, "EUR"},
    {"49,-", "EUR", 4900, "EUR"},
    {".99", "", 99, ""},
    {"0,999", "", 100, ""},
    {"0", "", 0, ""},
    {"12.345", "KWD", 12345, "KWD"},
    {"\xC2\xA5"
     "4,980",
     "", 4980, "JPY"},
    {"", "", -2, ""},
    {" n/a ", "", -2, ""},
    {"call us", "", -1, ""},
    {"-3", "", -1, ""},
    {"10-20", "", -1, ""},
    {"1e5", "", -1, ""},
    {"3 for 2", "", -1, ""},
    {"12 bananas", "", -1, ""},
    {"99999999999999999999", "", -1, ""},
};

static void
test_prices(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
        struct err err = {0};
        struct catalog_price price = {0};
        bool guessed = false;
        int rc =
            price_parse(str_c(prices[i].text), str_c(prices[i].currency), &price, &guessed, &err);
        int want = prices[i].minor == -2 ? 1 : prices[i].minor == -1 ? ERR_INVALID : 0;
        if (rc != want || (rc == 0 && price.minor != prices[i].minor)) {
            fail_msg("'%s': %d, %lld", prices[i].text, rc, (long long)price.minor);
        }
        assert_true(rc != 0 || str_eq_c(price.currency, prices[i].want));
    }
}

/* Read as thousands although the currency is written with that mark before its cents: told. */
static void
test_guesses_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *currency;
        bool want;
    } cases[] = {
        {"1.299", "", true},     {"$1.299", "", true},     {"1.299", "EUR", false},
        {"1,299", "EUR", true},  {"1,299", "", false},     {"1.299", "JPY", true},
        {"1.299", "KWD", false}, {"49.900", "", true},     {"49.90", "", false},
        {"0.990", "", false},    {"1.299.000", "", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        struct catalog_price price = {0};
        bool guessed = false;
        assert_int_equal(
            price_parse(str_c(cases[i].text), str_c(cases[i].currency), &price, &guessed, &err), 0);
        assert_int_equal(guessed, cases[i].want);
    }
}

/* What a program writes is not guessed at. */
static void
test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *currency;
        int64_t minor; /* -1: no price */
    } cases[] = {
        {"1.299", "", 130},  {"1.299", "EUR", 130}, {"1.299", "KWD", 1299},
        {"49", "EUR", 4900}, {"49.5", "JPY", 50},   {"0", "", 0},
        {"-1", "", -1},      {"", "", -1},          {"1.2.3", "", -1},
        {"1,5", "", -1},     {"1e3", "", -1},       {"99999999999999999999", "", -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        struct catalog_price price = {0};
        int rc = price_parse_number(str_c(cases[i].text), str_c(cases[i].currency), &price, &err);
        assert_int_equal(rc, cases[i].minor < 0 ? ERR_INVALID : 0);
        assert_true(rc != 0 || price.minor == cases[i].minor);
        assert_true(rc == 0 || err.message[0] != '\0');
    }
}

static void
test_prices_are_written_with_their_decimals(void **state)
{
    (void)state;
    static const struct {
        int64_t minor;
        struct str currency;
        const char *want;
    } cases[] = {
        {4990, STR_INIT("EUR"), "49.90"}, {5, STR_INIT(""), "0.05"},
        {4980, STR_INIT("JPY"), "4980"},  {12345, STR_INIT("KWD"), "12.345"},
        {0, STR_INIT("USD"), "0.00"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[PRICE_TEXT];
        struct catalog_price price = {true, cases[i].minor, cases[i].currency};
        price_format(&price, text);
        assert_string_equal(text, cases[i].want);
    }
}

static void
test_stock(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int want; /* 1 in stock, 0 not, -1 nothing said, -2 refused */
    } cases[] = {
        {"yes", 1}, {"TRUE", 1}, {" In Stock ", 1}, {"12", 1},   {"0", 0},        {"Sold out", 0},
        {"no", 0},  {"-1", 0},   {"", -1},          {"n/a", -1}, {"perhaps", -2}, {"yes!", -2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        bool in_stock = false;
        int rc = stock_parse(str_c(cases[i].text), &in_stock, &err);
        int got = rc == 0 ? (in_stock ? 1 : 0) : rc > 0 ? -1 : -2;
        assert_int_equal(got, cases[i].want);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices),
        cmocka_unit_test(test_guesses_are_told),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_prices_are_written_with_their_decimals),
        cmocka_unit_test(test_stock),
    };
    return cmocka_run_group_tests_name("catalog-price", tests, NULL, NULL);
}
