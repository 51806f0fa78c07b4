/* The parts of a report: medians, durations, cells of a spreadsheet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "report/format.h"
#include "report/stats.h"

static void
test_csv(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *want;
    } cases[] = {
        {"plain", "plain"},
        {"a, b", "\"a, b\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"=1+1", "'=1+1"},
        {"@x,\"", "\"'@x,\"\"\""},
    };
    struct report_request r = {.currency = STR("EUR")};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(buf) struct buf out;
        char want[256];
        struct report_line line = {
            .metric = metric_find(STR("top_handover_reasons")),
            .is_item = true,
            .item = str_c(cases[i].item),
            .numerator = 1,
            .denominator = 3,
            .has_value = true,
            .value = 100.0 / 3,
        };
        const struct report report = {.lines = &line, .count = 1};
        buf_init(&out, LIMIT_OUTPUT_BYTES);
        report_write(&out, &r, &report, REPORT_CSV);
        (void)snprintf(want, sizeof(want),
                       "metric,unit,group,item,value,p90,numerator,denominator\n"
                       "top_handover_reasons,tickets,,%s,33.3333333333,,1,3\n",
                       cases[i].want);
        assert_string_equal(out.text, want);
    }
}

static void
test_durations(void **state)
{
    (void)state;
    static const struct {
        double ms;
        const char *want;
    } cases[] = {
        {0, "0 ms"},           {999, "999 ms"},        {1000, "1.0 s"},
        {59949, "59.9 s"},     {59950, "1m 00s"},      {250000, "4m 10s"},
        {3600000, "1h 00m"},   {7500000, "2h 05m"},    {172800000, "2d 00h"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(buf) struct buf out;
        buf_init(&out, 100);
        report_add_duration(&out, cases[i].ms);
        assert_string_equal(out.text, cases[i].want);
    }
}

static void
test_stats(void **state)
{
    (void)state;
    int64_t values[] = {9, 1, 5, 3, 7, 2, 8, 4, -1, 6, 10};
    assert_true(stats_median(values, 11) == 5);
    assert_int_equal(stats_percentile(values, 11, 90), 9);
    assert_int_equal(stats_percentile(values, 11, 100), 10);
    assert_int_equal(stats_percentile(values, 11, 0), -1);
    int64_t even[] = {9, 1, 5, 3, 7, 2, 8, 4, -1, 6};
    assert_true(stats_median(even, 10) == 4.5);
    assert_int_equal(stats_percentile(even, 10, 90), 8);
    int64_t one[] = {-1};
    assert_true(stats_median(one, 1) == -1);
    assert_int_equal(stats_percentile(one, 1, 90), -1);
    int64_t same[1000];
    int64_t falling[1000];
    for (int64_t i = 0; i < 1000; i++) {
        same[i] = 7;
        falling[i] = INT64_MAX - i;
    }
    assert_true(stats_median(same, 1000) == 7);
    assert_int_equal(stats_percentile(falling, 1000, 90), INT64_MAX - 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_stats),
    };
    return cmocka_run_group_tests_name("report-parts", tests, NULL, NULL);
}
