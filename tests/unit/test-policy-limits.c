/* How often and when a tool may be used: windows of the desk's clock, over midnight and on the days
 * the clock is changed. */
#include "policy_fixture.h"

static void
test_windows(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d);
    desk_rules(&d, "{\"refund\":{\"per_minute\":2,\"per_day\":4,\"per_customer_day\":3}}");
    assert_string_equal(desk_ask(&d), "");
    assert_int_equal(d.record.window_count, 3);
    assert_string_equal(d.record.windows[0].id, "minute:29540820:refund");
    assert_int_equal(d.record.windows[0].expires, at("2026-03-02T11:01:00Z"));
    assert_string_equal(d.record.windows[1].id, "day:2026-03-02:refund");
    assert_int_equal(d.record.windows[1].expires, at("2026-03-02T23:00:00Z"));
    assert_string_equal(d.record.windows[2].id, "day:2026-03-02:refund:anna");
    assert_int_equal(d.record.windows[2].expires, at("2026-03-02T23:00:00Z"));
    assert_string_equal(desk_ask(&d), "");
    d.now += 59999;
    assert_string_equal(desk_ask(&d), "limit");
    assert_has(d.said.message, "2 times a minute on this desk");
    assert_has(d.said.message, "again in a minute");
    assert_int_equal(d.record.added, 6);
    d.now += 1;
    assert_string_equal(desk_ask(&d), "");
    assert_string_equal(desk_ask(&d), "limit");
    assert_has(d.said.message, "3 times a day for one customer");
    assert_has(d.said.message, "again tomorrow");
    d.customer = STR("bert");
    assert_string_equal(desk_ask(&d), "");
    d.now += 60000;
    d.customer = STR("carl");
    assert_string_equal(desk_ask(&d), "limit");
    assert_has(d.said.message, "4 times a day on this desk");
    /* Refused calls used up nothing. */
    assert_int_equal(record_window(&d.record, "day:2026-03-02:refund")->uses, 4);
    assert_null(record_window(&d.record, "day:2026-03-02:refund:carl"));
    assert_int_equal(d.record.added, 12);
    desk_done(&d);
}

/* Who is not signed in cannot have each new conversation's share. */
static void
test_strangers_are_one_customer(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d);
    desk_rules(&d, "{\"refund\":{\"per_customer_day\":1}}");
    d.customer = (struct str){0};
    assert_string_equal(desk_ask(&d), "");
    assert_string_equal(d.record.windows[0].id, "day:2026-03-02:refund:");
    assert_string_equal(desk_ask(&d), "limit");
    assert_has(d.said.message, "1 time a day");
    d.customer = STR("anna");
    assert_string_equal(desk_ask(&d), "");
    desk_done(&d);
}

/* Berlin's days begin at 23:00Z in winter and at 22:00Z in summer; 2026-03-29 has 23 hours and
 * 2026-10-25 has 25. */
static void
test_days_are_the_desks(void **state)
{
    static const struct {
        const char *now;
        const char *id;
        const char *expires;
    } cases[] = {
        {"2026-03-02T22:59:59.999Z", "day:2026-03-02:refund", "2026-03-02T23:00:00Z"},
        {"2026-03-02T23:00:00Z", "day:2026-03-03:refund", "2026-03-03T23:00:00Z"},
        {"2026-03-28T23:00:00Z", "day:2026-03-29:refund", "2026-03-29T22:00:00Z"},
        {"2026-03-29T21:59:59Z", "day:2026-03-29:refund", "2026-03-29T22:00:00Z"},
        {"2026-03-29T22:00:00Z", "day:2026-03-30:refund", "2026-03-30T22:00:00Z"},
        {"2026-10-24T22:00:00Z", "day:2026-10-25:refund", "2026-10-25T23:00:00Z"},
        {"2026-10-25T22:59:59Z", "day:2026-10-25:refund", "2026-10-25T23:00:00Z"},
        {"2026-12-31T23:00:00Z", "day:2027-01-01:refund", "2027-01-01T23:00:00Z"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct desk d;
        desk_init(&d);
        desk_rules(&d, "{\"*\":{\"per_day\":1}}");
        d.now = at(cases[i].now);
        assert_string_equal(desk_ask(&d), "");
        assert_string_equal(d.record.windows[0].id, cases[i].id);
        assert_int_equal(d.record.windows[0].expires, at(cases[i].expires));
        d.now = d.record.windows[0].expires - 1;
        assert_string_equal(desk_ask(&d), "limit");
        d.now++;
        assert_string_equal(desk_ask(&d), "");
        desk_done(&d);
    }
}

/* By the clock on the wall, on the days it is changed, too. */
static void
test_hours_over_midnight(void **state)
{
    static const struct {
        const char *hours;
        const char *now;
        bool open;
    } cases[] = {
        {"fri 22:00-02:00", "2026-03-06T20:59:59Z", false},
        {"fri 22:00-02:00", "2026-03-06T21:00:00Z", true},
        {"fri 22:00-02:00", "2026-03-07T00:59:59Z", true},
        {"fri 22:00-02:00", "2026-03-07T01:00:00Z", false},
        {"fri 22:00-02:00", "2026-03-05T23:30:00Z", false},
        {"sat 23:00-01:00", "2026-03-07T23:59:00Z", true}, /* over the week's end */
        {"sun 02:00-03:00", "2026-03-29T00:59:59Z", false},
        {"sun 02:00-03:00", "2026-03-29T01:00:00Z", false}, /* 03:00 followed 01:59 */
        {"sun 03:00-04:00", "2026-03-29T01:00:00Z", true},
        {"sun 02:00-03:00", "2026-10-25T00:30:00Z", true},
        {"sun 02:00-03:00", "2026-10-25T01:30:00Z", true}, /* 02:30 for the second time */
        {"sun 02:00-03:00", "2026-10-25T02:00:00Z", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct desk d;
        char rules[100];
        desk_init(&d);
        (void)snprintf(rules, sizeof(rules), "{\"*\":{\"hours\":\"%s\"}}", cases[i].hours);
        desk_rules(&d, rules);
        d.now = at(cases[i].now);
        if ((*desk_ask(&d) == '\0') != cases[i].open) {
            fail_msg("%s at %s", cases[i].hours, cases[i].now);
        }
        desk_done(&d);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_strangers_are_one_customer),
        cmocka_unit_test(test_days_are_the_desks),
        cmocka_unit_test(test_hours_over_midnight),
    };
    return cmocka_run_group_tests_name("policy-limits", tests, NULL, NULL);
}
