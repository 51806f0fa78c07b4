/* The worker pool: every job comes back once; a job that overstays can be given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <unistd.h>

#include "io/worker.h"

struct work {
    struct job job;
    struct loop *loop;
    int *left;
    atomic_bool *gate; /* NULL: none */
    atomic_int *orphans;
    atomic_int *started; /* NULL: not counted */
    int result;
};

static void
work_run(struct job *job)
{
    struct work *w = OWNER_OF(job, struct work, job);
    if (w->started) {
        atomic_fetch_add(w->started, 1);
    }
    while (w->gate && !atomic_load(w->gate)) {
        (void)usleep(500);
    }
    w->result++;
}

static void
work_done(struct job *job)
{
    struct work *w = OWNER_OF(job, struct work, job);
    if (--*w->left == 0) {
        loop_stop(w->loop);
    }
}

static void
work_orphaned(struct job *job)
{
    struct work *w = OWNER_OF(job, struct work, job);
    atomic_fetch_add(w->orphans, 1);
}

static struct work
new_work(struct loop *l, int *left, atomic_bool *gate, atomic_int *orphans)
{
    return (struct work){
        .job = {.run = work_run, .done = work_done, .orphaned = work_orphaned},
        .loop = l,
        .left = left,
        .gate = gate,
        .orphans = orphans,
    };
}

/* An idle thread that was given a job has not woken when the next job comes: that one needs a
 * thread of its own. */
static void
test_a_burst_finds_all_threads(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    AUTO(pool) struct pool *p = NULL;
    assert_int_equal(pool_new(l, "test", 2, 0, &p, &err), 0);
    atomic_bool gate = false;
    atomic_int started = 0;
    int left = 1;
    struct work first = new_work(l, &left, NULL, NULL);
    assert_int_equal(pool_submit(p, &first.job, &err), 0);
    assert_int_equal(loop_run(l, &err), 0);
    (void)usleep(20000);
    left = 2;
    struct work works[2];
    for (int i = 0; i < 2; i++) {
        works[i] = new_work(l, &left, &gate, NULL);
        works[i].started = &started;
        assert_int_equal(pool_submit(p, &works[i].job, &err), 0);
    }
    (void)usleep(50000);
    assert_int_equal(atomic_load(&started), 2);
    atomic_store(&gate, true);
    assert_int_equal(loop_run(l, &err), 0);
}

enum { JOBS = 500 };

static void
test_every_job_comes_back_once(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    AUTO(pool) struct pool *p = NULL;
    assert_int_equal(pool_new(l, "test", 3, 0, &p, &err), 0);
    static struct work works[JOBS];
    int left = JOBS;
    for (int i = 0; i < JOBS; i++) {
        works[i] = new_work(l, &left, NULL, NULL);
        assert_int_equal(pool_submit(p, &works[i].job, &err), 0);
    }
    assert_int_equal(loop_run(l, &err), 0);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(works[i].result, 1);
    }
}

static void
test_a_stuck_job_is_given_up_and_replaced(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    AUTO(pool) struct pool *p = NULL;
    assert_int_equal(pool_new(l, "test", 1, 2, &p, &err), 0);
    atomic_bool gate = false;
    atomic_int orphans = 0;
    int left = 1;
    struct work stuck = new_work(l, &left, &gate, &orphans);
    struct work queued = new_work(l, &left, NULL, &orphans);
    struct work next = new_work(l, &left, NULL, &orphans);
    assert_int_equal(pool_submit(p, &stuck.job, &err), 0);
    (void)usleep(20000);
    assert_int_equal(pool_submit(p, &queued.job, &err), 0);
    /* Not begun: orphaned at once. */
    assert_true(pool_abandon(p, &queued.job));
    assert_int_equal(atomic_load(&orphans), 1);
    /* Running: lost until it returns; another thread does the next job. */
    assert_true(pool_abandon(p, &stuck.job));
    assert_int_equal(pool_lost(p), 1);
    assert_int_equal(pool_submit(p, &next.job, &err), 0);
    assert_int_equal(loop_run(l, &err), 0);
    assert_int_equal(next.result, 1);
    assert_false(pool_abandon(p, &next.job));
    atomic_store(&gate, true);
    while (pool_lost(p) > 0) {
        (void)usleep(1000);
    }
    while (atomic_load(&orphans) < 2) {
        (void)usleep(1000);
    }
    assert_int_equal(queued.result, 0);
}

static void
test_too_many_lost_threads_are_an_error(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    struct pool *p = NULL;
    assert_int_equal(pool_new(l, "test", 1, 1, &p, &err), 0);
    atomic_bool gate = false;
    atomic_int orphans = 0;
    int left = 1;
    struct work stuck[2];
    for (int i = 0; i < 2; i++) {
        stuck[i] = new_work(l, &left, &gate, &orphans);
        assert_int_equal(pool_submit(p, &stuck[i].job, &err), 0);
        (void)usleep(20000);
        assert_true(pool_abandon(p, &stuck[i].job));
    }
    struct work refused = new_work(l, &left, NULL, &orphans);
    assert_int_equal(pool_submit(p, &refused.job, &err), ERR_LIMIT);
    atomic_store(&gate, true);
    while (atomic_load(&orphans) < 2) {
        (void)usleep(1000);
    }
    pool_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_finds_all_threads),
        cmocka_unit_test(test_every_job_comes_back_once),
        cmocka_unit_test(test_a_stuck_job_is_given_up_and_replaced),
        cmocka_unit_test(test_too_many_lost_threads_are_an_error),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
