/* What follows a failed attempt: every kind, the servers' own tables, waits to the millisecond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "model/retry.h"

static const struct retry_rules rules = {RETRY_ATTEMPTS, RETRY_TIME_MS};

static uint64_t
next_given(struct retry_random *r)
{
    return r->state;
}

static struct retry_random
random_of(uint64_t value)
{
    return (struct retry_random){.next = next_given, .state = value};
}

static struct failure
failure_of(enum failure_kind kind)
{
    struct failure f = {0};
    failure_set(&f, kind, "words");
    return f;
}

static struct retry_decision
decide(struct retry *r, const struct failure *f, int64_t spent_ms, bool continuable,
       uint64_t random)
{
    struct retry_random chance = random_of(random);
    const struct retry_case c = {f, spent_ms, continuable};
    return retry_decide(r, &rules, &c, &chance);
}

/* Each kind, what follows its first failure and its second. */
static void
test_each_kind(void **state)
{
    (void)state;
    static const struct {
        enum failure_kind kind;
        enum retry_action first;
        enum retry_action second;
    } rows[] = {
        {FAILURE_NETWORK, RETRY_AGAIN, RETRY_AGAIN},
        {FAILURE_CUT, RETRY_AGAIN, RETRY_AGAIN},
        {FAILURE_TIMEOUT, RETRY_AGAIN, RETRY_AGAIN},
        {FAILURE_THROTTLED, RETRY_AGAIN, RETRY_AGAIN},
        {FAILURE_OVERLOADED, RETRY_AGAIN, RETRY_AGAIN},
        {FAILURE_ONCE, RETRY_AGAIN, RETRY_NEXT},
        {FAILURE_REQUEST, RETRY_NEXT, RETRY_NEXT},
        {FAILURE_TOO_LONG, RETRY_NEXT, RETRY_NEXT},
        {FAILURE_KEY, RETRY_NEXT, RETRY_NEXT},
        {FAILURE_EXPIRED, RETRY_AGAIN, RETRY_NEXT},
        {FAILURE_CLOCK, RETRY_AGAIN, RETRY_NEXT},
        {FAILURE_ACCESS, RETRY_NEXT, RETRY_NEXT},
        {FAILURE_MODEL, RETRY_NEXT, RETRY_NEXT},
        {FAILURE_QUOTA, RETRY_NEXT, RETRY_NEXT},
        {FAILURE_FORMAT, RETRY_NEXT, RETRY_NEXT},
        {FAILURE_LOCAL, RETRY_NEXT, RETRY_NEXT},
    };
    assert_int_equal(sizeof(rows) / sizeof(rows[0]), FAILURE_KIND_COUNT - 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct retry r = {0};
        struct failure f = failure_of(rows[i].kind);
        assert_int_equal(decide(&r, &f, 0, false, 0).action, rows[i].first);
        assert_int_equal(decide(&r, &f, 0, false, 0).action, rows[i].second);
    }
}

/* What the servers' references say of each of their errors, once its name has become a kind. */
static void
test_the_servers_tables(void **state)
{
    (void)state;
    static const struct {
        const char *error;
        enum failure_kind kind;
        enum failure_advice advice;
        enum retry_action first;
        enum retry_action second;
    } rows[] = {
        {"ThrottlingException 429", FAILURE_THROTTLED, 0, RETRY_AGAIN, RETRY_AGAIN},
        {"ModelNotReadyException 429", FAILURE_OVERLOADED, 0, RETRY_AGAIN, RETRY_AGAIN},
        {"InternalServerException 500", FAILURE_OVERLOADED, 0, RETRY_AGAIN, RETRY_AGAIN},
        {"ServiceUnavailableException 503", FAILURE_OVERLOADED, 0, RETRY_AGAIN, RETRY_AGAIN},
        {"a bare 502", FAILURE_OVERLOADED, 0, RETRY_AGAIN, RETRY_AGAIN},
        {"connection reset", FAILURE_NETWORK, 0, RETRY_AGAIN, RETRY_AGAIN},
        {"ModelTimeoutException 408", FAILURE_ONCE, 0, RETRY_AGAIN, RETRY_NEXT},
        {"ModelErrorException 424", FAILURE_ONCE, 0, RETRY_AGAIN, RETRY_NEXT},
        {"ModelStreamErrorException", FAILURE_ONCE, 0, RETRY_AGAIN, RETRY_NEXT},
        {"ValidationException 400", FAILURE_REQUEST, 0, RETRY_NEXT, RETRY_NEXT},
        {"ServiceQuotaExceededException 400", FAILURE_QUOTA, 0, RETRY_NEXT, RETRY_NEXT},
        {"AccessDeniedException 403", FAILURE_ACCESS, 0, RETRY_NEXT, RETRY_NEXT},
        {"UnrecognizedClientException 403", FAILURE_KEY, 0, RETRY_NEXT, RETRY_NEXT},
        {"ExpiredTokenException 403", FAILURE_EXPIRED, 0, RETRY_AGAIN, RETRY_NEXT},
        {"InvalidSignatureException, clock off", FAILURE_CLOCK, 0, RETRY_AGAIN, RETRY_NEXT},
        {"ResourceNotFoundException 404", FAILURE_MODEL, 0, RETRY_NEXT, RETRY_NEXT},
        {"invalid_request_error 400", FAILURE_REQUEST, 0, RETRY_NEXT, RETRY_NEXT},
        {"authentication_error 401", FAILURE_KEY, 0, RETRY_NEXT, RETRY_NEXT},
        {"billing_error 402", FAILURE_QUOTA, 0, RETRY_NEXT, RETRY_NEXT},
        {"permission_error 403", FAILURE_ACCESS, 0, RETRY_NEXT, RETRY_NEXT},
        {"not_found_error 404", FAILURE_MODEL, 0, RETRY_NEXT, RETRY_NEXT},
        {"request_too_large 413", FAILURE_TOO_LONG, 0, RETRY_NEXT, RETRY_NEXT},
        {"rate_limit_error 429", FAILURE_THROTTLED, 0, RETRY_AGAIN, RETRY_AGAIN},
        {"api_error 500", FAILURE_OVERLOADED, 0, RETRY_AGAIN, RETRY_AGAIN},
        {"timeout_error 504", FAILURE_TIMEOUT, 0, RETRY_AGAIN, RETRY_AGAIN},
        {"overloaded_error 529", FAILURE_OVERLOADED, 0, RETRY_AGAIN, RETRY_AGAIN},
        {"overloaded, x-should-retry: false", FAILURE_OVERLOADED, ADVICE_GIVE_UP, RETRY_NEXT,
         RETRY_NEXT},
        {"409, x-should-retry: true", FAILURE_REQUEST, ADVICE_RETRY, RETRY_AGAIN, RETRY_AGAIN},
        {"insufficient_quota 429", FAILURE_QUOTA, 0, RETRY_NEXT, RETRY_NEXT},
        {"Loading model 503", FAILURE_OVERLOADED, 0, RETRY_AGAIN, RETRY_AGAIN},
        {"a proxy's page", FAILURE_FORMAT, 0, RETRY_NEXT, RETRY_NEXT},
        {"bad certificate", FAILURE_NETWORK, ADVICE_GIVE_UP, RETRY_NEXT, RETRY_NEXT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct retry r = {0};
        struct failure f = failure_of(rows[i].kind);
        f.advice = rows[i].advice;
        enum retry_action first = decide(&r, &f, 0, false, 0).action;
        enum retry_action second = decide(&r, &f, 0, false, 0).action;
        if (first != rows[i].first || second != rows[i].second) {
            print_error("%s: %d %d\n", rows[i].error, (int)first, (int)second);
            fail();
        }
    }
}

static void
test_ours_is_given_up(void **state)
{
    (void)state;
    struct retry r = {0};
    struct failure f = {0};
    struct err err = {0};
    (void)err_nomem(&err);
    failure_from_err(&f, &err);
    assert_int_equal(decide(&r, &f, 0, true, 0).action, RETRY_GIVE_UP);
}

static void
test_attempts_are_bounded(void **state)
{
    (void)state;
    struct retry r = {0};
    struct failure f = failure_of(FAILURE_OVERLOADED);
    for (int i = 1; i < RETRY_ATTEMPTS; i++) {
        assert_int_equal(decide(&r, &f, 0, false, 0).action, RETRY_AGAIN);
    }
    assert_int_equal(decide(&r, &f, 0, false, 0).action, RETRY_NEXT);
    /* Asked alone: once. */
    struct retry alone = {0};
    struct retry_random chance = random_of(0);
    const struct retry_case c = {.failure = &f, .continuable = true};
    const struct retry_rules once = {1, RETRY_TIME_MS};
    assert_int_equal(retry_decide(&alone, &once, &c, &chance).action, RETRY_NEXT);
}

/* The bound of the wait before the second attempt, the third, ...: chance brings exactly that, and
 * one more is 0. */
static void
test_the_wait_doubles_to_its_cap(void **state)
{
    (void)state;
    static const int64_t plain[] = {500, 1000, 2000, 4000, 8000, 16000, 20000, 20000};
    static const int64_t throttled[] = {1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000};
    const struct retry_rules many = {100, INT64_MAX};
    for (int which = 0; which < 2; which++) {
        struct failure f = failure_of(which ? FAILURE_THROTTLED : FAILURE_NETWORK);
        const struct retry_case c = {.failure = &f};
        struct retry r = {0};
        for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
            int64_t bound = which ? throttled[i] : plain[i];
            struct retry same = r;
            struct retry_random most = random_of((uint64_t)bound);
            struct retry_random wraps = random_of((uint64_t)bound + 1);
            assert_int_equal(retry_decide(&same, &many, &c, &wraps).after_ms, 0);
            assert_int_equal(retry_decide(&r, &many, &c, &most).after_ms, bound);
        }
    }
}

static void
test_who_goes_at_once(void **state)
{
    (void)state;
    struct retry r = {0};
    struct failure expired = failure_of(FAILURE_EXPIRED);
    struct failure clock_off = failure_of(FAILURE_CLOCK);
    assert_int_equal(decide(&r, &expired, 0, false, 499).after_ms, 0);
    assert_int_equal(decide(&r, &clock_off, 0, false, 499).after_ms, 0);
    assert_int_equal(decide(&r, &expired, 0, false, 499).action, RETRY_NEXT);
}

static void
test_the_servers_wish_is_kept_within_the_time(void **state)
{
    (void)state;
    static const struct {
        int64_t retry_after_ms;
        int64_t spent_ms;
        enum retry_action want;
        int64_t after_ms;
    } rows[] = {
        {-1, 0, RETRY_AGAIN, 300},
        {100, 0, RETRY_AGAIN, 300},
        {2000, 0, RETRY_AGAIN, 2000},
        {30000, 0, RETRY_AGAIN, 30000},
        {30001, 0, RETRY_NEXT, 0},
        {2000, 28000, RETRY_AGAIN, 2000},
        {2000, 28001, RETRY_NEXT, 0},
        {-1, 29700, RETRY_AGAIN, 300},
        {-1, 29701, RETRY_NEXT, 0},
        {-1, 60000, RETRY_NEXT, 0},
        {INT64_C(31536000000), 0, RETRY_NEXT, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct retry r = {0};
        struct failure f = failure_of(FAILURE_OVERLOADED);
        f.retry_after_ms = rows[i].retry_after_ms;
        struct retry_decision d = decide(&r, &f, rows[i].spent_ms, false, 300);
        assert_int_equal(d.action, rows[i].want);
        assert_int_equal(d.after_ms, rows[i].after_ms);
    }
}

static void
test_a_broken_reply_is_continued_once(void **state)
{
    (void)state;
    struct retry r = {0};
    struct failure cut = failure_of(FAILURE_CUT);
    /* However long it had been streaming. */
    assert_int_equal(decide(&r, &cut, 600000, true, 0).action, RETRY_CONTINUE);
    assert_int_equal(decide(&r, &cut, 0, true, 0).action, RETRY_AGAIN);
    assert_int_equal(decide(&r, &cut, 0, true, 0).action, RETRY_AGAIN);
    assert_int_equal(decide(&r, &cut, 0, true, 0).action, RETRY_NEXT);
    /* Not what a repetition does not mend. */
    struct retry other = {0};
    struct failure key = failure_of(FAILURE_KEY);
    assert_int_equal(decide(&other, &key, 0, true, 0).action, RETRY_NEXT);
}

static void
test_a_refused_continuation_begins_anew(void **state)
{
    (void)state;
    struct retry r = {0};
    struct failure cut = failure_of(FAILURE_CUT);
    struct failure refused = failure_of(FAILURE_REQUEST);
    assert_int_equal(decide(&r, &cut, 0, true, 0).action, RETRY_CONTINUE);
    struct retry_decision d = decide(&r, &refused, 0, false, 400);
    assert_int_equal(d.action, RETRY_AGAIN);
    assert_int_equal(d.after_ms, 0);
    assert_int_equal(decide(&r, &refused, 0, false, 0).action, RETRY_NEXT);
}

static void
test_chance_is_fair_and_repeatable(void **state)
{
    (void)state;
    struct retry_random a, b;
    retry_random_init(&a, 7);
    retry_random_init(&b, 7);
    int low = 0;
    for (int i = 0; i < 10000; i++) {
        int64_t got = retry_random_ms(&a, 999);
        assert_in_range(got, 0, 999);
        assert_int_equal(got, retry_random_ms(&b, 999));
        low += got < 500;
    }
    assert_in_range(low, 4800, 5200);
    assert_int_equal(retry_random_ms(&a, 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind),
        cmocka_unit_test(test_the_servers_tables),
        cmocka_unit_test(test_ours_is_given_up),
        cmocka_unit_test(test_attempts_are_bounded),
        cmocka_unit_test(test_the_wait_doubles_to_its_cap),
        cmocka_unit_test(test_who_goes_at_once),
        cmocka_unit_test(test_the_servers_wish_is_kept_within_the_time),
        cmocka_unit_test(test_a_broken_reply_is_continued_once),
        cmocka_unit_test(test_a_refused_continuation_begins_anew),
        cmocka_unit_test(test_chance_is_fair_and_repeatable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
