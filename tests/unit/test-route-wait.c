/* A call that waits, is cancelled wherever it is, or meets whatever a script can say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fault.h"
#include "route_fixture.h"

/* ---- Held back ------------------------------------------------------------------------------*/

static void
test_a_throttled_model_is_held_back(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.fails = FAILURE_THROTTLED, .retry_after_ms = 20}, {.text = "a"});
    struct heard *h = start(&b, 0);
    while (b.breakers[0].not_before < 0) {
        step(&b, 100);
    }
    /* The next turn waits too, without asking. */
    struct heard *other = start(&b, 1);
    for (int i = 0; i < 5; i++) {
        step(&b, 10);
    }
    assert_int_equal(b.providers[0].attempts, 1);
    clock_hand_advance(&b.clock, BREAKER_HOLD_MS);
    (void)finish(&b, h);
    (void)finish(&b, other);
    assert_string_equal(other->reply, "a");
    assert_int_equal(b.providers[0].attempts, 3);
    bench_done(&b);
}

static void
test_held_back_for_too_long_is_not_waited_for(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.fails = FAILURE_THROTTLED, .retry_after_ms = 60000}, {.text = "a"});
    ENTRY(&b, {.text = "b"});
    struct heard *h = run(&b);
    assert_string_equal(h->model, "second");
    h = finish(&b, start(&b, 1));
    assert_string_equal(h->model, "second");
    assert_int_equal(b.providers[0].attempts, 1);
    bench_done(&b);
}

/* ---- The quota -------------------------------------------------------------------------------*/

static void
with_quota(struct bench *b, int64_t requests, int64_t tokens, int64_t waiting)
{
    struct err err = {0};
    const struct quota_limits limits = {requests, tokens, waiting};
    assert_int_equal(quota_new(b->loop, &b->clock.clock, STR("first"), &limits, &b->quota, &err),
                     0);
    b->entries[0].quota = b->quota;
}

static void
test_a_call_waits_for_its_quota(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    with_quota(&b, 1, 0, 1);
    ENTRY(&b, {.text = "a"});
    ENTRY(&b, {.text = "b"});
    (void)run(&b);
    struct heard *waits = start(&b, 1);
    assert_int_equal(quota_waiting(b.quota), 1);
    /* One more is too many: the next model is asked. */
    struct heard *h = finish(&b, start(&b, 2));
    assert_string_equal(h->model, "second");
    clock_hand_advance(&b.clock, 60000);
    quota_poll(b.quota);
    (void)finish(&b, waits);
    assert_string_equal(waits->model, "first");
    bench_done(&b);
}

static void
test_tokens_are_settled(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    with_quota(&b, 0, 1000, 1);
    b.request.params.max_tokens = 900;
    ENTRY(&b, {.fails = FAILURE_NETWORK}, {.text = "a", .usage = {10, 20, 0, 0}},
          {.fails = FAILURE_CUT}, {.text = "c", .usage = {INT64_MAX, INT64_MAX, 0, 0}});
    (void)run(&b);
    /* The refused attempt cost nothing, the answered one 30: another 900 fit, once. */
    struct heard *h = start(&b, 1);
    assert_int_equal(quota_waiting(b.quota), 0);
    while (quota_waiting(b.quota) == 0) {
        assert_false(h->done);
        step(&b, 100);
    }
    clock_hand_advance(&b.clock, 60000);
    quota_poll(b.quota);
    (void)finish(&b, h);
    assert_string_equal(h->reply, "c");
    bench_done(&b);
}

/* Opened, or held back for too long, while a call waits for its quota. */
static void
test_the_world_may_change_in_the_queue(void **state)
{
    (void)state;
    for (int held = 0; held < 2; held++) {
        struct bench b;
        struct failure f = {.retry_after_ms = 60000};
        bench_init(&b);
        with_quota(&b, 1, 0, 5);
        ENTRY(&b, {.text = "a"});
        ENTRY(&b, {.text = "b"});
        (void)run(&b);
        struct heard *h = start(&b, 1);
        failure_set(&f, held ? FAILURE_THROTTLED : FAILURE_NETWORK, "words");
        clock_hand_advance(&b.clock, 60000);
        for (int i = 0; i < BREAKER_FAILURES; i++) {
            breaker_failed(&b.breakers[0], BREAKER_PASSED, &f);
        }
        quota_poll(b.quota);
        (void)finish(&b, h);
        assert_string_equal(h->model, "second");
        assert_int_equal(b.providers[0].attempts, 1);
        bench_done(&b);
    }
}

/* ---- Cancelled -------------------------------------------------------------------------------*/

static void
quiet(struct bench *b)
{
    for (int i = 0; i < 5; i++) {
        step(b, 2);
    }
    assert_int_equal(b->heard[0].done, 0);
}

static void
test_cancel_in_an_attempt(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.text = "a", .hangs = true});
    struct heard *h = start(&b, 0);
    step(&b, 100);
    step(&b, 100);
    assert_int_equal(h->text.len, 1);
    h->canceled = true;
    model_cancel(h->call);
    assert_int_equal(b.providers[0].canceled, 1);
    quiet(&b);
    bench_done(&b);
}

static void
test_cancel_at_once(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.text = "a"});
    model_cancel(start(&b, 0)->call);
    quiet(&b);
    bench_done(&b);
}

static void
test_cancel_from_inside_text(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.text = "a|b|c"});
    b.heard[0].cancel_at = 2;
    (void)run(&b);
    assert_int_equal(b.providers[0].canceled, 1);
    bench_done(&b);
}

static void
test_cancel_from_inside_retracted(void **state)
{
    (void)state;
    struct bench b;
    for (int next = 0; next < 2; next++) {
        bench_init(&b);
        struct scripted_step steps[] = {{.text = "a", .fails = next ? FAILURE_KEY : FAILURE_CUT}};
        provider_scripted_init(&b.providers[b.count++], b.loop, steps, 1);
        ENTRY(&b, {.text = "b"});
        b.heard[0].cancel_when_retracted = true;
        (void)run(&b);
        quiet(&b);
        bench_done(&b);
    }
}

static void
test_cancel_in_a_wait(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.fails = FAILURE_OVERLOADED, .retry_after_ms = 20000});
    struct heard *h = start(&b, 0);
    for (int i = 0; i < 3; i++) {
        step(&b, 10);
    }
    assert_int_equal(b.providers[0].attempts, 1);
    assert_int_equal(b.providers[0].under_way, 0);
    model_cancel(h->call);
    quiet(&b);
    bench_done(&b);
}

static void
test_cancel_in_a_queue(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    with_quota(&b, 1, 0, 5);
    ENTRY(&b, {.text = "a"});
    (void)finish(&b, start(&b, 1));
    struct heard *h = start(&b, 0);
    assert_int_equal(quota_waiting(b.quota), 1);
    model_cancel(h->call);
    assert_int_equal(quota_waiting(b.quota), 0);
    quiet(&b);
    bench_done(&b);
}

static void
test_cancel_of_what_failed_already(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.text = "never"});
    b.providers[0].refuses = "no";
    model_cancel(start(&b, 0)->call);
    quiet(&b);
    bench_done(&b);
}

static void
test_a_canceled_probe_lets_another_try(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.text = "a"});
    b.breakers[0].state = BREAKER_OPEN;
    struct heard *h = start(&b, 0);
    model_cancel(h->call);
    assert_true(breaker_allows(&b.breakers[0]));
    h = finish(&b, start(&b, 1));
    assert_string_equal(h->reply, "a");
    assert_int_equal(b.breakers[0].state, BREAKER_CLOSED);
    bench_done(&b);
}

static void
test_a_probe_that_does_not_start_lets_another_try(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.start_fails = ERR_INVALID}, {.text = "a"});
    b.breakers[0].state = BREAKER_OPEN;
    (void)run(&b);
    struct heard *h = finish(&b, start(&b, 1));
    assert_string_equal(h->reply, "a");
    bench_done(&b);
}

/* ---- Any script ------------------------------------------------------------------------------*/

static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static struct scripted_step
any_step(uint64_t *r)
{
    static const char *const texts[] = {NULL, "", "a", "a| ", " |b", "One |two ", "\n", "end.|"};
    struct scripted_step step = {
        .text = texts[next_random(r) % 8],
        .tool = next_random(r) % 4 == 0,
        .advice = (enum failure_advice)(next_random(r) % 8 < 6 ? 0 : next_random(r) % 3),
    };
    if (next_random(r) % 3) {
        step.fails = (enum failure_kind)(1 + next_random(r) % (FAILURE_KIND_COUNT - 1));
        /* The hold of a throttled model is a second of real time: it has tests of its own. */
        step.fails = step.fails == FAILURE_THROTTLED ? FAILURE_CUT : step.fails;
    }
    if (next_random(r) % 10 == 0) {
        static const enum err_code codes[] = {ERR_INVALID, ERR_TIMEOUT, ERR_AUTH, ERR_NOMEM};
        step.start_fails = codes[next_random(r) % 4];
    }
    return step;
}

/* Whatever the servers do: one end each, never two attempts of a call at a time, and what is shown
 * is what was said (on_text, on_retracted and on_done check that). */
static void
test_any_script(void **state)
{
    (void)state;
    enum { STEPS = 6, ROUNDS = 3000 };
    uint64_t r = 88172645463325252U;
    size_t replies = 0, failures = 0, canceled = 0, partials = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct bench b;
        struct scripted_step steps[ENTRIES][STEPS];
        bench_init(&b);
        if (next_random(&r) % 2) {
            with_quota(&b, 1000, 1000000, 3);
        }
        b.count = 1 + next_random(&r) % ENTRIES;
        for (size_t i = 0; i < b.count; i++) {
            for (size_t s = 0; s < STEPS; s++) {
                steps[i][s] = any_step(&r);
            }
            provider_scripted_init(&b.providers[i], b.loop, steps[i], STEPS);
            b.providers[i].continues = next_random(&r) % 2;
            b.providers[i].refuses = next_random(&r) % 8 ? NULL : "no";
        }
        b.heard[0].cancel_at = next_random(&r) % 8 ? 0 : 1 + next_random(&r) % 3;
        b.heard[0].cancel_when_retracted = next_random(&r) % 8 == 0;
        struct heard *h = run(&b);
        replies += h->done && h->result == 0;
        failures += h->done && h->result < 0;
        canceled += h->canceled;
        for (size_t i = 0; i < b.count; i++) {
            assert_true(b.providers[i].most_under_way <= 1);
            partials += b.providers[i].partials;
        }
        bench_done(&b);
    }
    /* All of it happened. */
    assert_true(replies > 100 && failures > 100 && canceled > 100 && partials > 100);
}

/* Each allocation of a call fails once: an end all the same, or none where it did not begin. */
static void
test_any_allocation_may_fail(void **state)
{
    (void)state;
    bool fired = true;
    for (int n = 1; fired; n++) {
        struct bench b;
        struct err err = {0};
        char spec[32];
        (void)snprintf(spec, sizeof(spec), "alloc:%d", n);
        bench_init(&b);
        ENTRY(&b, {.text = "One ", .fails = FAILURE_CUT}, {.text = " two|, three", .tool = true},
              {.text = "Three", .fails = FAILURE_CUT}, {.text = "Four"});
        ENTRY(&b, {.text = "Five"});
        b.providers[0].continues = true;
        make_model(&b);
        struct heard *h = &b.heard[0];
        if (!fault_configure(str_c(spec))) {
            bench_done(&b);
            skip();
        }
        int result = model_start(b.model, &b.request, &events, h, &h->call, &err);
        if (result == 0) {
            (void)finish(&b, h);
        } else {
            assert_int_equal(result, ERR_NOMEM);
        }
        fired = fault_passed() >= (unsigned long)n;
        (void)fault_configure(STR(""));
        bench_done(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_throttled_model_is_held_back),
        cmocka_unit_test(test_held_back_for_too_long_is_not_waited_for),
        cmocka_unit_test(test_a_call_waits_for_its_quota),
        cmocka_unit_test(test_tokens_are_settled),
        cmocka_unit_test(test_the_world_may_change_in_the_queue),
        cmocka_unit_test(test_cancel_in_an_attempt),
        cmocka_unit_test(test_cancel_at_once),
        cmocka_unit_test(test_cancel_from_inside_text),
        cmocka_unit_test(test_cancel_from_inside_retracted),
        cmocka_unit_test(test_cancel_in_a_wait),
        cmocka_unit_test(test_cancel_in_a_queue),
        cmocka_unit_test(test_cancel_of_what_failed_already),
        cmocka_unit_test(test_a_canceled_probe_lets_another_try),
        cmocka_unit_test(test_a_probe_that_does_not_start_lets_another_try),
        cmocka_unit_test(test_any_script),
        cmocka_unit_test(test_any_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
