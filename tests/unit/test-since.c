/* --since: what a person may write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/deskhand/since.h"

/* 2026-11-21T09:34:00.125Z */
static const int64_t now = INT64_C(1795253640125);

static void
test_moments(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        {"", 0},
        {"0d", INT64_C(1795253640125)},
        {"90m", INT64_C(1795253640125) - 90 * 60000},
        {"24h", INT64_C(1795253640125) - INT64_C(86400000)},
        {"7d", INT64_C(1795253640125) - 7 * INT64_C(86400000)},
        {"2w", INT64_C(1795253640125) - 14 * INT64_C(86400000)},
        {"2026-11-21", INT64_C(1795219200000)},
        {"2026-11-21T09:34:00.125Z", INT64_C(1795253640125)},
        {"2026-11-21T10:34:00.125+01:00", INT64_C(1795253640125)},
        {"36525d", 0},
        {"9223372036854775807w", 0},
        {"1969-12-31", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        int64_t got = -1;
        if (since_parse(str_c(cases[i].text), "--since", now, &got, &err) != 0 ||
            got != cases[i].want) {
            fail_msg("'%s': got %lld, want %lld", cases[i].text, (long long)got,
                     (long long)cases[i].want);
        }
    }
}

static void
test_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "d",          "7",   "-7d", "7y",    "7 d",        "7D",
        "1.5h",       "x7d", "7dd", "today", "2026-02-30", "9223372036854775808d",
        "21.11.2026", " ",   "+7d",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        int64_t got = -1;
        if (since_parse(str_c(cases[i]), "--since", now, &got, &err) != ERR_INVALID) {
            fail_msg("'%s' was taken", cases[i]);
        }
        assert_int_equal(got, -1);
        assert_true(str_starts(str_c(err.message), STR("--since: '")));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests_name("since", tests, NULL, NULL);
}
