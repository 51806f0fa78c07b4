/* Time zones: what the clock showed, when days began, which week it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/tz.h"

static void
ok(int result, const struct err *err)
{
    if (result < 0) {
        fail_msg("%s", err->message);
    }
}

/* Berlin puts the clock forward on 2026-03-29 at 01:00Z and back on 2026-10-25 at 01:00Z; 2050 is
 * beyond the file's changes, where its rule holds (2050-03-27). Santiago changes at midnight. */
static void
test_zones(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        const char *at;
        const char *want;
    } cases[] = {
        {"UTC", "2026-03-01T23:30:00Z", "2026-03-01 23:30"},
        {"", "1969-12-31T23:59:59Z", "1969-12-31 23:59"},
        {"Europe/Berlin", "2026-03-01T23:30:00Z", "2026-03-02 00:30"},
        {"Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59"},
        {"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00"},
        {"Europe/Berlin", "2026-10-25T00:59:59Z", "2026-10-25 02:59"},
        {"Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25 02:00"},
        {"Europe/Berlin", "2050-03-27T01:00:00Z", "2050-03-27 03:00"},
        {"Europe/Berlin", "2050-01-01T00:00:00Z", "2050-01-01 01:00"},
        {"America/New_York", "2026-11-01T05:59:59Z", "2026-11-01 01:59"},
        {"America/New_York", "2026-11-01T06:00:00Z", "2026-11-01 01:00"},
        {"Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01 05:45"},
        {"Australia/Sydney", "2051-01-01T00:00:00Z", "2051-01-01 11:00"},
        {"Australia/Sydney", "2051-07-01T00:00:00Z", "2051-07-01 10:00"},
    };
    AUTO(arena) struct arena arena = {0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct tz *tz;
        struct err err = {0};
        struct tz_date date;
        char text[64];
        int64_t at;
        ok(tz_load(str_c(cases[i].zone), &arena, &tz, &err), &err);
        assert_true(clock_parse(str_c(cases[i].at), &at));
        tz_local(tz, at, &date);
        (void)snprintf(text, sizeof(text), "%04lld-%02u-%02u %02u:%02u", (long long)date.year,
                       date.month, date.day, date.hour, date.minute);
        assert_string_equal(text, cases[i].want);
    }
}

static void
test_midnights(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int64_t year;
        unsigned month;
        unsigned day;
        const char *want;
    } cases[] = {
        {"UTC", 2026, 3, 2, "2026-03-02T00:00:00.000Z"},
        {"UTC", 2026, 2, 29, "2026-03-01T00:00:00.000Z"}, /* behind the month's end */
        {"Europe/Berlin", 2026, 3, 2, "2026-03-01T23:00:00.000Z"},
        {"Europe/Berlin", 2026, 3, 29, "2026-03-28T23:00:00.000Z"},
        {"Europe/Berlin", 2026, 3, 30, "2026-03-29T22:00:00.000Z"},
        {"Europe/Berlin", 2026, 10, 26, "2026-10-25T23:00:00.000Z"},
        {"America/Santiago", 2025, 9, 7, "2025-09-07T04:00:00.000Z"}, /* 00:00 was 01:00 */
    };
    AUTO(arena) struct arena arena = {0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct tz *tz;
        struct err err = {0};
        char text[CLOCK_TEXT];
        ok(tz_load(str_c(cases[i].zone), &arena, &tz, &err), &err);
        clock_format(tz_midnight(tz, cases[i].year, cases[i].month, cases[i].day), text);
        assert_string_equal(text, cases[i].want);
    }
}

static void
test_weeks(void **state)
{
    (void)state;
    static const struct {
        struct tz_date date;
        int64_t year;
        unsigned week;
    } cases[] = {
        {{2026, 1, 1, 4, 0, 0}, 2026, 1},    {{2027, 1, 1, 5, 0, 0}, 2026, 53},
        {{2026, 12, 28, 1, 0, 0}, 2026, 53}, {{2024, 12, 30, 1, 0, 0}, 2025, 1},
        {{2026, 3, 8, 0, 0, 0}, 2026, 10},   {{2026, 3, 9, 1, 0, 0}, 2026, 11},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t year;
        unsigned week;
        tz_week(&cases[i].date, &year, &week);
        assert_int_equal(year, cases[i].year);
        assert_int_equal(week, cases[i].week);
    }
}

static void
test_bad_zones(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Europe/Berlinn", "../../../etc/passwd", "/etc/passwd", "Europe/../UTC", "Europe",
        "zone.tab",       "Europe//Berlin",      "a b"};
    static const struct str files[] = {
        STR_INIT("TZif"), STR_INIT("x"),
        STR_INIT("TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\377\377\377\377\377\377\377\377\377\377\377"
                 "\377\377\377\377\377\377\377\377\377\377\377\377\377")};
    AUTO(arena) struct arena arena = {0};
    const struct tz *tz;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct err err = {0};
        assert_int_equal(tz_load(str_c(names[i]), &arena, &tz, &err), ERR_NOTFOUND);
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct err err = {0};
        assert_int_equal(tz_parse(files[i], STR("X"), &arena, &tz, &err), ERR_INVALID);
    }
}

/* No memory is no damaged file, and no disk that fails. */
static void
test_every_failed_allocation_is_said(void **state)
{
    (void)state;
    if (!fault_configure(STR("alloc:1"))) {
        print_message("SKIP: built without fault hooks\n");
        skip();
    }
    int result = ERR_NOMEM;
    unsigned long fired = 0;
    for (unsigned long n = 1; result == ERR_NOMEM; n++, fired++) {
        AUTO(arena) struct arena arena = {0};
        const struct tz *tz;
        struct err err = {0};
        char spec[40];
        (void)snprintf(spec, sizeof(spec), "alloc:%lu", n);
        assert_true(fault_configure(str_c(spec)));
        result = tz_load(STR("Europe/Berlin"), &arena, &tz, &err);
        assert_true(fault_configure(STR("")));
        if (result != ERR_NOMEM) {
            ok(result, &err);
        }
    }
    assert_in_range(fired, 3, 20);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_midnights),
        cmocka_unit_test(test_weeks),
        cmocka_unit_test(test_bad_zones),
        cmocka_unit_test(test_every_failed_allocation_is_said),
    };
    return cmocka_run_group_tests_name("tz", tests, NULL, NULL);
}
