/* io/handoff.h: whichever of asker and loop goes first, nothing is lost, leaked or touched too
 * late. Run under ThreadSanitizer and valgrind, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "io/handoff.h"
#include "io/loop.h"

struct tally {
    atomic_int made;
    atomic_int released;
    int arrived; /* the rest is the loop's */
    int left;
    int told;
};

struct item {
    struct handoff_item handed;
    struct tally *tally;
    struct item *next; /* kept by a loop that answers later */
    bool told;
    int number;
    int answer;
};

enum way { ANSWER_AT_ONCE, ANSWER_LATER, NEVER };

struct side {
    struct tally tally;
    enum way way;
    struct item *kept;
};

static struct side *
side_of(struct item *i)
{
    return OWNER_OF(i->tally, struct side, tally);
}

static void
arrive(struct handoff_item *handed)
{
    struct item *i = OWNER_OF(handed, struct item, handed);
    struct side *s = side_of(i);
    s->tally.arrived++;
    if (i->told) {
        s->tally.told += i->number;
    } else if (s->way == ANSWER_AT_ONCE) {
        i->answer = i->number * 2;
        handoff_answer(handed);
    } else {
        i->next = s->kept;
        s->kept = i;
    }
}

static void
leave(struct handoff_item *handed)
{
    struct item *i = OWNER_OF(handed, struct item, handed);
    struct item **at = &side_of(i)->kept;
    while (*at && *at != i) {
        at = &(*at)->next;
    }
    assert_non_null(*at);
    *at = i->next;
    i->tally->left++;
}

static void
release(struct handoff_item *handed)
{
    struct item *i = OWNER_OF(handed, struct item, handed);
    atomic_fetch_add(&i->tally->released, 1);
    mem_free(i);
}

static const struct handoff_ops ops = {.arrive = arrive, .leave = leave, .release = release};

static struct item *
new_item(struct tally *t, int number)
{
    struct item *i = mem_zero(1, sizeof(*i));
    assert_non_null(i);
    atomic_fetch_add(&t->made, 1);
    i->tally = t;
    i->number = number;
    return i;
}

/* One asker's thread. */
struct asker {
    pthread_t thread;
    struct handoff *handoff;
    struct tally *tally;
    atomic_bool dead;
    atomic_bool over;
    int count;
    int64_t patience_ms;
    int right;
    int wrong;
    int nothing;
};

static void *
ask(void *arg)
{
    struct asker *a = arg;
    for (int n = 1; n <= a->count; n++) {
        struct item *i = new_item(a->tally, n);
        int64_t until = clock_mono_ms(clock_real()) + a->patience_ms;
        if (handoff_ask(a->handoff, &i->handed, a, &a->dead, until)) {
            a->right += i->answer == n * 2;
            a->wrong += i->answer != n * 2;
        } else {
            a->nothing++;
        }
        handoff_let_go(&i->handed);
    }
    atomic_store(&a->over, true);
    return NULL;
}

struct bench {
    struct loop *loop;
    struct handoff *handoff;
    struct side side;
};

static void
bench_init(struct bench *b, enum way way)
{
    struct err err;
    *b = (struct bench){.side = {.way = way}};
    assert_int_equal(loop_new(&b->loop, &err), 0);
    assert_int_equal(handoff_new(b->loop, &ops, &b->handoff, &err), 0);
}

static void
bench_done(struct bench *b)
{
    handoff_close(b->handoff);
    handoff_free(b->handoff);
    loop_free(b->loop);
    assert_int_equal(atomic_load(&b->side.tally.made), atomic_load(&b->side.tally.released));
    assert_null(b->side.kept);
}

static void
asker_start(struct bench *b, struct asker *a, int count, int64_t patience_ms)
{
    *a = (struct asker){
        .handoff = b->handoff, .tally = &b->side.tally, .count = count, .patience_ms = patience_ms};
    assert_int_equal(pthread_create(&a->thread, NULL, ask, a), 0);
}

static void
step(struct bench *b)
{
    struct err err;
    assert_int_equal(loop_step(b->loop, 1, &err), 0);
}

static void
asker_join(struct bench *b, struct asker *a)
{
    while (!atomic_load(&a->over)) {
        step(b);
    }
    assert_int_equal(pthread_join(a->thread, NULL), 0);
}

static void
test_each_question_gets_its_answer(void **state)
{
    (void)state;
    struct bench b;
    struct asker askers[4];
    bench_init(&b, ANSWER_AT_ONCE);
    for (int i = 0; i < 4; i++) {
        asker_start(&b, &askers[i], 300, 60 * 1000);
    }
    for (int i = 0; i < 4; i++) {
        asker_join(&b, &askers[i]);
        assert_int_equal(askers[i].right, 300);
    }
    assert_int_equal(b.side.tally.arrived, 1200);
    bench_done(&b);
}

/* Askers whose time is up about when the answer comes: one of the two, and never both. */
static void
test_time_runs_out_as_the_answer_comes(void **state)
{
    (void)state;
    struct bench b;
    struct asker askers[4];
    bench_init(&b, ANSWER_LATER);
    for (int i = 0; i < 4; i++) {
        asker_start(&b, &askers[i], 60, i % 2 + 1);
    }
    for (int over = 0; over < 4;) {
        step(&b);
        for (int skip = 0; b.side.kept && skip < 2; skip++) {
            struct item *i = b.side.kept;
            b.side.kept = i->next;
            i->answer = i->number * 2;
            handoff_answer(&i->handed);
        }
        over = 0;
        for (int i = 0; i < 4; i++) {
            over += atomic_load(&askers[i].over);
        }
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        assert_int_equal(askers[i].wrong, 0);
        assert_int_equal(askers[i].right + askers[i].nothing, 60);
    }
    step(&b);
    bench_done(&b);
}

static void
test_who_waited_in_vain_has_left(void **state)
{
    (void)state;
    struct bench b;
    struct asker a;
    bench_init(&b, ANSWER_LATER);
    /* Before the loop looked. */
    asker_start(&b, &a, 1, 1);
    assert_int_equal(pthread_join(a.thread, NULL), 0);
    step(&b);
    assert_int_equal(a.nothing, 1);
    assert_int_equal(b.side.tally.arrived, 0);
    /* And afterwards. */
    asker_start(&b, &a, 1, 400);
    while (b.side.tally.arrived < 1) {
        step(&b);
    }
    assert_int_equal(pthread_join(a.thread, NULL), 0);
    assert_int_equal(b.side.tally.left, 0);
    step(&b);
    assert_int_equal(b.side.tally.left, 1);
    bench_done(&b);
}

static void
test_who_is_dropped_wakes(void **state)
{
    (void)state;
    struct bench b;
    struct asker dropped;
    struct asker other;
    bench_init(&b, NEVER);
    asker_start(&b, &dropped, 50, 60 * 1000);
    asker_start(&b, &other, 1, 60 * 1000);
    while (b.side.tally.arrived < 2) {
        step(&b);
    }
    atomic_store(&dropped.dead, true);
    handoff_drop(b.handoff, &dropped);
    assert_int_equal(b.side.tally.left, 1);
    /* It asks the other 49 times for nothing. */
    assert_int_equal(pthread_join(dropped.thread, NULL), 0);
    assert_int_equal(dropped.nothing, 50);
    assert_int_equal(b.side.tally.arrived, 2);
    assert_false(atomic_load(&other.over));
    handoff_close(b.handoff);
    assert_int_equal(pthread_join(other.thread, NULL), 0);
    assert_int_equal(other.nothing, 1);
    bench_done(&b);
}

/* Posted, and the loop does not look any more. */
static void
test_what_never_arrived_is_dropped(void **state)
{
    (void)state;
    struct bench b;
    struct asker a;
    bench_init(&b, NEVER);
    asker_start(&b, &a, 3, 60 * 1000);
    while (atomic_load(&b.side.tally.made) < 1) {
        (void)usleep(100);
    }
    (void)usleep(20 * 1000);
    handoff_close(b.handoff);
    assert_int_equal(pthread_join(a.thread, NULL), 0);
    assert_int_equal(a.nothing, 3);
    assert_int_equal(b.side.tally.arrived, 0);
    assert_int_equal(b.side.tally.left, 0);
    bench_done(&b);
}

static void
test_what_is_told_arrives_in_order_or_is_let_go(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, NEVER);
    for (int n = 1; n <= 100; n++) {
        struct item *i = new_item(&b.side.tally, n);
        i->told = true;
        handoff_tell(b.handoff, &i->handed);
    }
    step(&b);
    assert_int_equal(b.side.tally.told, 5050);
    for (int n = 0; n < 2; n++) {
        struct item *i = new_item(&b.side.tally, 1);
        i->told = true;
        handoff_tell(b.handoff, &i->handed);
        handoff_close(b.handoff);
    }
    step(&b);
    assert_int_equal(b.side.tally.told, 5050);
    bench_done(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_question_gets_its_answer),
        cmocka_unit_test(test_time_runs_out_as_the_answer_comes),
        cmocka_unit_test(test_who_waited_in_vain_has_left),
        cmocka_unit_test(test_who_is_dropped_wakes),
        cmocka_unit_test(test_what_never_arrived_is_dropped),
        cmocka_unit_test(test_what_is_told_arrives_in_order_or_is_let_go),
    };
    return cmocka_run_group_tests_name("handoff", tests, NULL, NULL);
}
