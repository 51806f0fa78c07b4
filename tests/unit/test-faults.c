/* How faults add up: later each time, then not at all, then again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/faults.h"

enum { START = 1000 };

static void
test_each_one_puts_the_next_try_off(void **state)
{
    struct faults f = {0};
    int64_t waits[] = {50, 100, 200, 400};
    (void)state;
    for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
        assert_false(faults_note(&f, START));
        assert_int_equal(f.not_before_ms, START + waits[i]);
        assert_false(faults_hold(&f, START));
    }
}

static void
test_too_many_are_held_for_a_while(void **state)
{
    struct faults f = {0};
    (void)state;
    for (int i = 1; i < FAULTS_MAX; i++) {
        assert_false(faults_note(&f, START));
    }
    assert_true(faults_note(&f, START));
    assert_false(faults_note(&f, START)); /* it began already */
    assert_true(faults_hold(&f, START + FAULTS_HOLD_MS - 1));
    assert_false(faults_hold(&f, START + FAULTS_HOLD_MS));
    assert_int_equal(f.count, 0);
    assert_false(faults_note(&f, START + FAULTS_HOLD_MS));
    assert_int_equal(f.not_before_ms, START + FAULTS_HOLD_MS + FAULTS_BACKOFF_MS);
}

static void
test_old_ones_do_not_count(void **state)
{
    struct faults f = {0};
    int64_t now = START;
    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_false(faults_note(&f, now));
        assert_true(f.not_before_ms <= now + 8 * FAULTS_BACKOFF_MS);
        now += FAULTS_MS / (FAULTS_MAX - 1) + 1;
    }
}

static void
test_what_others_found_out_holds_here(void **state)
{
    struct faults f = {0};
    (void)state;
    faults_quarantine(&f, START, 500);
    assert_true(faults_hold(&f, START + 499));
    assert_false(faults_hold(&f, START + 500));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_one_puts_the_next_try_off),
        cmocka_unit_test(test_too_many_are_held_for_a_while),
        cmocka_unit_test(test_old_ones_do_not_count),
        cmocka_unit_test(test_what_others_found_out_holds_here),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
