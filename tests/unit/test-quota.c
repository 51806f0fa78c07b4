/* Quotas: what is let through when, in whose turn, and what is put right afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "io/loop.h"
#include "model/quota.h"

enum { PLACES = 64 };

struct bench {
    struct clock_hand clock;
    struct loop *loop;
    struct quota *q;
    struct quota_place places[PLACES];
    char order[512]; /* the indices granted, in order */
    size_t granted;
    int again; /* a place that asks again when granted; -1: none */
};

static void
bench_init(struct bench *b, int64_t requests, int64_t tokens, int64_t waiting)
{
    struct err err = {0};
    const struct quota_limits limits = {requests, tokens, waiting};
    *b = (struct bench){.again = -1};
    clock_hand_init(&b->clock, 0);
    assert_int_equal(loop_new(&b->loop, &err), 0);
    assert_int_equal(quota_new(b->loop, &b->clock.clock, STR("m"), &limits, &b->q, &err), 0);
}

static void
bench_done(struct bench *b)
{
    quota_free(b->q);
    loop_free(b->loop);
}

static void on_granted(struct quota_place *place);

static int
take(struct bench *b, size_t index, const char *conversation, int64_t tokens)
{
    struct err err = {0};
    b->places[index] = (struct quota_place){
        .conversation = str_c(conversation), .tokens = tokens, .granted = on_granted, .arg = b};
    int result = quota_take(b->q, &b->places[index], &err);
    if (result < 0) {
        assert_int_equal(result, ERR_LIMIT);
        assert_true(err.retryable);
        assert_non_null(strstr(err.message, "models.m.waiting"));
    }
    return result;
}

static void
on_granted(struct quota_place *place)
{
    struct bench *b = place->arg;
    size_t index = (size_t)(place - b->places);
    size_t used = strlen(b->order);
    (void)snprintf(b->order + used, sizeof(b->order) - used, "%zu ", index);
    b->granted++;
    if (b->again == (int)index) {
        b->again = -1;
        assert_int_equal(take(b, index, "again", 0), QUOTA_WAIT);
    }
}

static void
pass_time(struct bench *b, int64_t ms)
{
    clock_hand_advance(&b->clock, ms);
    quota_poll(b->q);
}

static void
test_requests_a_minute(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 6, 0, 100);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(take(&b, i, "c", 1000000), 0);
    }
    assert_int_equal(take(&b, 6, "c", 0), QUOTA_WAIT);
    assert_int_equal(take(&b, 7, "c", 0), QUOTA_WAIT);
    pass_time(&b, 9999);
    assert_string_equal(b.order, "");
    pass_time(&b, 1);
    assert_string_equal(b.order, "6 ");
    pass_time(&b, 10000);
    assert_string_equal(b.order, "6 7 ");
    /* It fills up to a minute's worth, however long nobody comes. */
    pass_time(&b, INT64_C(1000) * 60 * 60 * 24 * 365 * 100);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(take(&b, i, "c", 0), 0);
    }
    assert_int_equal(take(&b, 6, "c", 0), QUOTA_WAIT);
    quota_leave(b.q, &b.places[6]);
    bench_done(&b);
}

static void
test_tokens_a_minute(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 0, 6000, 100);
    assert_int_equal(take(&b, 0, "a", 5000), 0);
    assert_int_equal(take(&b, 1, "a", 2000), QUOTA_WAIT);
    /* Nobody overtakes, though it would fit. */
    assert_int_equal(take(&b, 2, "b", 10), QUOTA_WAIT);
    pass_time(&b, 9999);
    assert_string_equal(b.order, "");
    pass_time(&b, 1);
    assert_string_equal(b.order, "1 ");
    pass_time(&b, 100);
    assert_string_equal(b.order, "1 2 ");
    bench_done(&b);
}

static void
test_what_is_larger_than_the_bucket_goes_when_it_is_full(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 0, 600, 100);
    assert_int_equal(take(&b, 0, "a", 1200), 0);
    assert_int_equal(take(&b, 1, "a", 1200), QUOTA_WAIT);
    pass_time(&b, 119999);
    assert_int_equal(b.granted, 0);
    pass_time(&b, 1);
    assert_int_equal(b.granted, 1);
    bench_done(&b);
}

static void
test_usage_puts_the_guess_right(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 0, 600, 100);
    assert_int_equal(take(&b, 0, "a", 600), 0);
    quota_settle(b.q, &b.places[0], 100);
    assert_int_equal(take(&b, 1, "a", 500), 0);
    quota_settle(b.q, &b.places[1], 800);
    assert_int_equal(take(&b, 2, "a", 1), QUOTA_WAIT);
    pass_time(&b, 30099);
    assert_int_equal(b.granted, 0);
    pass_time(&b, 1);
    assert_int_equal(b.granted, 1);
    /* A server's nonsense holds us up, but not for ever. */
    quota_settle(b.q, &b.places[2], INT64_MAX);
    assert_int_equal(take(&b, 3, "a", 1), QUOTA_WAIT);
    pass_time(&b, INT64_C(11) * 60000);
    assert_int_equal(b.granted, 2);
    bench_done(&b);
}

static void
test_what_was_not_sent_comes_back(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 100, 100);
    assert_int_equal(take(&b, 0, "a", 100), 0);
    quota_give_back(b.q, &b.places[0]);
    assert_int_equal(take(&b, 0, "a", 100), 0);
    assert_int_equal(take(&b, 1, "a", 100), QUOTA_WAIT);
    quota_give_back(b.q, &b.places[0]);
    assert_int_equal(b.granted, 0); /* never inside a call */
    struct err err = {0};
    assert_int_equal(loop_step(b.loop, 1000, &err), 0);
    assert_int_equal(b.granted, 1);
    bench_done(&b);
}

static void
test_conversations_take_turns(void **state)
{
    (void)state;
    static const char *const who[] = {"a", "a", "a", "a", "b", "b", "c", "", ""};
    struct bench b;
    bench_init(&b, 1, 0, 100);
    assert_int_equal(take(&b, 20, "x", 0), 0);
    for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
        assert_int_equal(take(&b, i, who[i], 0), QUOTA_WAIT);
    }
    assert_int_equal(quota_waiting(b.q), 9);
    for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
        pass_time(&b, 60000);
    }
    assert_string_equal(b.order, "0 4 6 7 1 5 8 2 3 ");
    assert_int_equal(quota_waiting(b.q), 0);
    bench_done(&b);
}

/* Each of the places gives up, in a queue of three conversations of three. */
static void
test_anyone_may_leave(void **state)
{
    (void)state;
    static const char *const who[] = {"a", "b", "c"};
    for (size_t leaver = 0; leaver < 9; leaver++) {
        struct bench b;
        char want[64] = "";
        bench_init(&b, 1, 0, 100);
        assert_int_equal(take(&b, 20, "x", 0), 0);
        for (size_t i = 0; i < 9; i++) {
            assert_int_equal(take(&b, i, who[i % 3], 0), QUOTA_WAIT);
        }
        quota_leave(b.q, &b.places[leaver]);
        memset(&b.places[leaver], 0xee, sizeof(b.places[leaver]));
        assert_int_equal(quota_waiting(b.q), 8);
        for (int i = 0; i < 9; i++) {
            pass_time(&b, 60000);
        }
        /* Who is behind the leaver in its conversation moves up. */
        size_t next[3] = {0, 1, 2};
        for (size_t turn = 0; turn < 9; turn++) {
            size_t c = turn % 3;
            next[c] += next[c] == leaver ? 3 : 0;
            if (next[c] < 9) {
                (void)snprintf(want + strlen(want), sizeof(want) - strlen(want), "%zu ", next[c]);
            }
            next[c] += 3;
        }
        assert_string_equal(b.order, want);
        bench_done(&b);
    }
}

static void
test_the_queue_is_bounded(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 0, 2);
    assert_int_equal(take(&b, 0, "a", 0), 0);
    assert_int_equal(take(&b, 1, "a", 0), QUOTA_WAIT);
    assert_int_equal(take(&b, 2, "b", 0), QUOTA_WAIT);
    assert_int_equal(take(&b, 3, "c", 0), ERR_LIMIT);
    quota_leave(b.q, &b.places[1]);
    assert_int_equal(take(&b, 3, "c", 0), QUOTA_WAIT);
    quota_leave(b.q, &b.places[2]);
    quota_leave(b.q, &b.places[3]);
    bench_done(&b);
    bench_init(&b, 1, 0, 0);
    assert_int_equal(take(&b, 0, "a", 0), 0);
    assert_int_equal(take(&b, 1, "a", 0), ERR_LIMIT);
    bench_done(&b);
}

static void
test_who_is_granted_may_ask_again(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 2, 0, 100);
    assert_int_equal(take(&b, 0, "a", 0), 0);
    assert_int_equal(take(&b, 0, "a", 0), 0);
    assert_int_equal(take(&b, 0, "a", 0), QUOTA_WAIT);
    assert_int_equal(take(&b, 1, "b", 0), QUOTA_WAIT);
    b.again = 0;
    pass_time(&b, 60000);
    assert_string_equal(b.order, "0 1 ");
    pass_time(&b, 60000);
    assert_string_equal(b.order, "0 1 0 ");
    bench_done(&b);
}

/* The same with the real clock and the loop's timer. */
static void
test_the_timer_grants(void **state)
{
    (void)state;
    struct err err = {0};
    struct bench b;
    const struct quota_limits limits = {3000, 0, 5000};
    b = (struct bench){.again = -1};
    assert_int_equal(loop_new(&b.loop, &err), 0);
    assert_int_equal(quota_new(b.loop, clock_real(), STR("m"), &limits, &b.q, &err), 0);
    struct quota_place filler = {.granted = on_granted, .arg = &b};
    int result = 0;
    for (int i = 0; i < 3000 && result == 0; i++) {
        result = quota_take(b.q, &filler, &err);
    }
    assert_int_equal(result, 0);
    assert_int_equal(take(&b, 0, "a", 0), QUOTA_WAIT);
    assert_int_equal(take(&b, 1, "b", 0), QUOTA_WAIT);
    int64_t before = clock_mono_ms(clock_real());
    while (b.granted < 2) {
        assert_int_equal(loop_step(b.loop, 1000, &err), 0);
    }
    assert_in_range(clock_mono_ms(clock_real()) - before, 10, 2000);
    assert_string_equal(b.order, "0 1 ");
    bench_done(&b);
}

static void
test_no_limits(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 0, 0, 0);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(take(&b, 0, "a", 1000000), 0);
        quota_settle(b.q, &b.places[0], 5);
    }
    bench_done(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_a_minute),
        cmocka_unit_test(test_tokens_a_minute),
        cmocka_unit_test(test_what_is_larger_than_the_bucket_goes_when_it_is_full),
        cmocka_unit_test(test_usage_puts_the_guess_right),
        cmocka_unit_test(test_what_was_not_sent_comes_back),
        cmocka_unit_test(test_conversations_take_turns),
        cmocka_unit_test(test_anyone_may_leave),
        cmocka_unit_test(test_the_queue_is_bounded),
        cmocka_unit_test(test_who_is_granted_may_ask_again),
        cmocka_unit_test(test_the_timer_grants),
        cmocka_unit_test(test_no_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
