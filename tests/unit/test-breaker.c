/* The circuit breaker, with a clock wound by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "model/breaker.h"

struct bench {
    struct clock_hand clock;
    struct breaker b;
};

static void
bench_init(struct bench *x)
{
    clock_hand_init(&x->clock, 0);
    breaker_init(&x->b, &x->clock.clock);
}

static void
pass_time(struct bench *x, int64_t ms)
{
    clock_hand_advance(&x->clock, ms);
}

static void
end_with(struct bench *x, enum breaker_pass pass, enum failure_kind kind, int64_t retry_after_ms)
{
    struct failure f = {.retry_after_ms = retry_after_ms};
    failure_set(&f, kind, "words");
    breaker_failed(&x->b, pass, &f);
}

static void
fail_times(struct bench *x, int times, enum failure_kind kind)
{
    for (int i = 0; i < times; i++) {
        enum breaker_pass pass = breaker_enter(&x->b);
        assert_int_equal(pass, BREAKER_PASSED);
        end_with(x, pass, kind, -1);
    }
}

static void
test_it_opens_after_five_in_a_row(void **state)
{
    (void)state;
    struct bench x;
    bench_init(&x);
    fail_times(&x, BREAKER_FAILURES - 1, FAILURE_OVERLOADED);
    assert_true(breaker_allows(&x.b));
    breaker_succeeded(&x.b, breaker_enter(&x.b));
    fail_times(&x, BREAKER_FAILURES - 1, FAILURE_CUT);
    assert_true(breaker_allows(&x.b));
    fail_times(&x, 1, FAILURE_TIMEOUT);
    assert_false(breaker_allows(&x.b));
    assert_int_equal(breaker_enter(&x.b), BREAKER_REFUSED);
    assert_int_equal(breaker_open_ms(&x.b), BREAKER_COOL_MS);
    assert_int_equal(x.b.last, FAILURE_TIMEOUT);
}

/* Which kinds count, which say that the server is well, which say nothing. */
static void
test_what_each_kind_says(void **state)
{
    (void)state;
    static const char said[FAILURE_KIND_COUNT] = {
        [FAILURE_NETWORK] = 'b',   [FAILURE_CUT] = 'b',        [FAILURE_TIMEOUT] = 'b',
        [FAILURE_THROTTLED] = 'b', [FAILURE_OVERLOADED] = 'b', [FAILURE_ONCE] = '?',
        [FAILURE_REQUEST] = 'g',   [FAILURE_TOO_LONG] = 'g',   [FAILURE_KEY] = 'g',
        [FAILURE_EXPIRED] = 'g',   [FAILURE_CLOCK] = 'g',      [FAILURE_ACCESS] = 'g',
        [FAILURE_MODEL] = 'g',     [FAILURE_QUOTA] = 'g',      [FAILURE_FORMAT] = '?',
        [FAILURE_LOCAL] = '?',
    };
    for (enum failure_kind kind = FAILURE_NETWORK; kind < FAILURE_KIND_COUNT; kind++) {
        struct bench x;
        bench_init(&x);
        fail_times(&x, BREAKER_FAILURES - 1, FAILURE_NETWORK);
        end_with(&x, breaker_enter(&x.b), kind, -1);
        assert_int_equal(breaker_allows(&x.b), said[kind] != 'b');
        if (said[kind] != 'b') {
            end_with(&x, breaker_enter(&x.b), FAILURE_NETWORK, -1);
            assert_int_equal(breaker_allows(&x.b), said[kind] == 'g');
        }
    }
}

static void
test_old_failures_are_forgotten(void **state)
{
    (void)state;
    struct bench x;
    bench_init(&x);
    for (int i = 0; i < 20; i++) {
        fail_times(&x, 1, FAILURE_NETWORK);
        pass_time(&x, BREAKER_WINDOW_MS / 4 + 1);
    }
    assert_true(breaker_allows(&x.b));
    fail_times(&x, BREAKER_FAILURES - 3, FAILURE_NETWORK);
    assert_false(breaker_allows(&x.b));
}

static void
test_one_probe_at_a_time(void **state)
{
    (void)state;
    struct bench x;
    bench_init(&x);
    fail_times(&x, BREAKER_FAILURES, FAILURE_NETWORK);
    pass_time(&x, BREAKER_COOL_MS - 1);
    assert_int_equal(breaker_enter(&x.b), BREAKER_REFUSED);
    pass_time(&x, 1);
    assert_true(breaker_allows(&x.b));
    assert_int_equal(breaker_enter(&x.b), BREAKER_PROBE);
    assert_false(breaker_allows(&x.b));
    assert_int_equal(breaker_enter(&x.b), BREAKER_REFUSED);
    /* Cancelled, or without a verdict: the next may probe. */
    breaker_left(&x.b, BREAKER_PROBE);
    assert_int_equal(breaker_enter(&x.b), BREAKER_PROBE);
    end_with(&x, BREAKER_PROBE, FAILURE_LOCAL, -1);
    assert_int_equal(breaker_enter(&x.b), BREAKER_PROBE);
    breaker_succeeded(&x.b, BREAKER_PROBE);
    assert_int_equal(breaker_enter(&x.b), BREAKER_PASSED);
    fail_times(&x, BREAKER_FAILURES - 1, FAILURE_NETWORK);
    assert_true(breaker_allows(&x.b));
}

static void
test_a_failed_probe_doubles_the_wait(void **state)
{
    (void)state;
    static const int64_t waits[] = {10000, 20000, 40000, 80000, 160000, 300000, 300000};
    struct bench x;
    bench_init(&x);
    fail_times(&x, BREAKER_FAILURES, FAILURE_NETWORK);
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        assert_int_equal(breaker_open_ms(&x.b), waits[i]);
        pass_time(&x, waits[i]);
        assert_int_equal(breaker_enter(&x.b), BREAKER_PROBE);
        end_with(&x, BREAKER_PROBE, FAILURE_NETWORK, -1);
    }
    pass_time(&x, BREAKER_COOL_MAX_MS);
    breaker_succeeded(&x.b, breaker_enter(&x.b));
    fail_times(&x, BREAKER_FAILURES, FAILURE_NETWORK);
    assert_int_equal(breaker_open_ms(&x.b), BREAKER_COOL_MS);
}

/* What began before it opened and ends after says nothing. */
static void
test_latecomers_are_not_heard(void **state)
{
    (void)state;
    struct bench x;
    bench_init(&x);
    enum breaker_pass late = breaker_enter(&x.b);
    enum breaker_pass later = breaker_enter(&x.b);
    fail_times(&x, BREAKER_FAILURES, FAILURE_NETWORK);
    end_with(&x, late, FAILURE_NETWORK, -1);
    breaker_succeeded(&x.b, later);
    assert_int_equal(breaker_open_ms(&x.b), BREAKER_COOL_MS);
    pass_time(&x, BREAKER_COOL_MS);
    assert_int_equal(breaker_enter(&x.b), BREAKER_PROBE);
    end_with(&x, late, FAILURE_NETWORK, -1);
    breaker_left(&x.b, later);
    assert_int_equal(breaker_enter(&x.b), BREAKER_REFUSED);
}

static void
test_throttling_holds_the_model_back(void **state)
{
    (void)state;
    struct bench x;
    bench_init(&x);
    assert_int_equal(breaker_wait_ms(&x.b), 0);
    end_with(&x, breaker_enter(&x.b), FAILURE_THROTTLED, -1);
    assert_int_equal(breaker_wait_ms(&x.b), BREAKER_HOLD_MS);
    /* A burst is one event: it neither doubles nor opens. */
    for (int i = 0; i < 50; i++) {
        end_with(&x, BREAKER_PASSED, FAILURE_THROTTLED, -1);
    }
    assert_int_equal(breaker_wait_ms(&x.b), BREAKER_HOLD_MS);
    assert_true(breaker_allows(&x.b));
    /* The server's wish is kept, the later one wins, and it is bounded. */
    end_with(&x, BREAKER_PASSED, FAILURE_THROTTLED, 7000);
    end_with(&x, BREAKER_PASSED, FAILURE_THROTTLED, 3000);
    assert_int_equal(breaker_wait_ms(&x.b), 7000);
    end_with(&x, BREAKER_PASSED, FAILURE_THROTTLED, INT64_C(31536000000));
    assert_int_equal(breaker_wait_ms(&x.b), BREAKER_HOLD_MAX_MS);
    pass_time(&x, BREAKER_HOLD_MAX_MS);
    assert_int_equal(breaker_wait_ms(&x.b), 0);
}

static void
test_the_hold_doubles_until_a_success(void **state)
{
    (void)state;
    static const int64_t waits[] = {1000, 2000, 4000, 8000};
    struct bench x;
    bench_init(&x);
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        end_with(&x, breaker_enter(&x.b), FAILURE_THROTTLED, -1);
        assert_int_equal(breaker_wait_ms(&x.b), waits[i]);
        pass_time(&x, waits[i]);
    }
    breaker_succeeded(&x.b, breaker_enter(&x.b));
    end_with(&x, breaker_enter(&x.b), FAILURE_THROTTLED, -1);
    assert_int_equal(breaker_wait_ms(&x.b), BREAKER_HOLD_MS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_opens_after_five_in_a_row),
        cmocka_unit_test(test_what_each_kind_says),
        cmocka_unit_test(test_old_failures_are_forgotten),
        cmocka_unit_test(test_one_probe_at_a_time),
        cmocka_unit_test(test_a_failed_probe_doubles_the_wait),
        cmocka_unit_test(test_latecomers_are_not_heard),
        cmocka_unit_test(test_throttling_holds_the_model_back),
        cmocka_unit_test(test_the_hold_doubles_until_a_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
