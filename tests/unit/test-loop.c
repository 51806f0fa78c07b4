/* The loop: tasks in order and from threads, timers, watches, stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/loop.h"

struct recorder {
    struct loop_task task;
    struct loop *loop;
    int *order;
    int *count;
    int number;
};

static void
record(struct loop_task *task)
{
    struct recorder *r = OWNER_OF(task, struct recorder, task);
    r->order[(*r->count)++] = r->number;
    if (r->number == 2) {
        loop_stop(r->loop);
    }
}

static void
test_tasks_keep_their_order(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    int order[3] = {9, 9, 9};
    int count = 0;
    struct recorder r[3];
    for (int i = 0; i < 3; i++) {
        r[i] = (struct recorder){{record, NULL}, l, order, &count, i};
        loop_post(l, &r[i].task);
    }
    assert_int_equal(count, 0);
    assert_int_equal(loop_run(l, &err), 0);
    assert_int_equal(count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(order[i], i);
    }
}

enum { THREADS = 4, POSTS = 2000 };

struct counter {
    struct loop_task task;
    struct loop *loop;
    int *total;
};

struct poster {
    struct loop *loop;
    struct counter tasks[POSTS];
};

static void
count_up(struct loop_task *task)
{
    struct counter *c = OWNER_OF(task, struct counter, task);
    if (++*c->total == THREADS * POSTS) {
        loop_stop(c->loop);
    }
}

static void *
post_all(void *arg)
{
    struct poster *p = arg;
    for (int i = 0; i < POSTS; i++) {
        loop_post(p->loop, &p->tasks[i].task);
    }
    return NULL;
}

static void
test_posts_from_threads_all_arrive(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    static struct poster posters[THREADS];
    pthread_t threads[THREADS];
    int total = 0;
    for (int i = 0; i < THREADS; i++) {
        posters[i].loop = l;
        for (int j = 0; j < POSTS; j++) {
            posters[i].tasks[j] = (struct counter){{count_up, NULL}, l, &total};
        }
        assert_int_equal(pthread_create(&threads[i], NULL, post_all, &posters[i]), 0);
    }
    assert_int_equal(loop_run(l, &err), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(total, THREADS * POSTS);
}

struct ticking {
    struct loop_timer timer;
    struct loop *loop;
    int fired;
};

static void
tick(struct loop_timer *timer)
{
    struct ticking *t = OWNER_OF(timer, struct ticking, timer);
    if (++t->fired < 3) {
        loop_timer_start(timer, 1);
    } else {
        loop_stop(t->loop);
    }
}

static void
never(struct loop_timer *timer)
{
    (void)timer;
    fail_msg("a stopped timer fired");
}

static void
test_timers_fire_again_and_stop(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    struct ticking t = {.loop = l};
    struct loop_timer stopped = {0};
    assert_int_equal(loop_timer_init(&t.timer, l, tick, &err), 0);
    assert_int_equal(loop_timer_init(&stopped, l, never, &err), 0);
    loop_timer_start(&stopped, 0);
    loop_timer_stop(&stopped);
    loop_timer_start(&t.timer, 0);
    assert_int_equal(loop_run(l, &err), 0);
    assert_int_equal(t.fired, 3);
    loop_timer_done(&t.timer);
    loop_timer_done(&stopped);
    loop_timer_done(&stopped);
}

struct reading {
    struct loop_watch watch;
    struct loop *loop;
    char got;
};

static void
read_byte(struct loop_watch *watch)
{
    struct reading *r = OWNER_OF(watch, struct reading, watch);
    assert_int_equal(read(watch->fd, &r->got, 1), 1);
    loop_stop(r->loop);
}

static void
test_watch_sees_a_pipe(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct reading r = {.loop = l};
    assert_int_equal(loop_watch_init(&r.watch, l, ends[0], read_byte, &err), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(loop_run(l, &err), 0);
    assert_int_equal(r.got, 'x');
    loop_watch_done(&r.watch);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

struct talking {
    struct loop_socket socket;
    int readable;
    int writable;
    bool ends; /* in its own call */
};

static void
count_ready(struct loop_socket *socket, bool readable, bool writable)
{
    struct talking *t = OWNER_OF(socket, struct talking, socket);
    t->readable += readable;
    t->writable += writable;
    if (t->ends) {
        loop_socket_done(socket);
    }
}

static void
test_a_socket_is_watched_for_what_is_wanted(void **state)
{
    (void)state;
    static const struct {
        bool read;
        bool write;
    } wants[] = {{false, false}, {false, true},  {true, true}, {true, false},
                 {true, false},  {false, false}, {true, true}};
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    struct talking t = {0};
    assert_int_equal(loop_socket_init(&t.socket, l, ends[0], count_ready, &err), 0);
    for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
        t.readable = 0;
        t.writable = 0;
        assert_int_equal(loop_socket_set(&t.socket, wants[i].read, wants[i].write, &err), 0);
        assert_int_equal(loop_step(l, 0, &err), 0);
        assert_int_equal(t.readable, wants[i].read);
        assert_int_equal(t.writable, wants[i].write);
    }
    t.ends = true;
    assert_int_equal(loop_step(l, 0, &err), 0);
    loop_socket_done(&t.socket);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* The kernel gives the lowest number that is free, so the next socket gets the one before's. */
static void
test_a_socket_with_the_number_of_another(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    int last = -1;
    for (int i = 0; i < 3; i++) {
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        assert_true(last < 0 || ends[0] == last);
        last = ends[0];
        struct talking t = {0};
        assert_int_equal(loop_socket_init(&t.socket, l, ends[0], count_ready, &err), 0);
        assert_int_equal(loop_socket_set(&t.socket, true, i == 1, &err), 0);
        assert_int_equal(loop_step(l, 0, &err), 0);
        assert_int_equal(t.readable, 0);
        assert_int_equal(write(ends[1], "x", 1), 1);
        assert_int_equal(loop_step(l, 100, &err), 0);
        assert_int_equal(t.readable, 1);
        loop_socket_done(&t.socket);
        (void)close(ends[0]);
        (void)close(ends[1]);
    }
}

static void
test_a_stop_before_the_run_counts(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    loop_stop(l);
    assert_int_equal(loop_run(l, &err), 0);
    assert_int_equal(loop_step(l, 0, &err), 0);
    assert_int_equal(loop_step(l, 2, &err), 0);
}

struct taking {
    struct loop_task task;
    struct loop *loop;
    struct loop_task *victim;
};

static void
take_back(struct loop_task *task)
{
    struct taking *t = OWNER_OF(task, struct taking, task);
    loop_unpost(t->loop, t->victim);
}

static void
test_a_task_taken_back_does_not_run(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    int order[4] = {9, 9, 9, 9};
    int count = 0;
    struct recorder r[4];
    for (int i = 0; i < 4; i++) {
        r[i] = (struct recorder){{record, NULL}, l, order, &count, i == 3 ? 2 : i == 2 ? 3 : i};
    }
    struct taking taking = {{take_back, NULL}, l, &r[2].task};
    loop_post(l, &r[0].task);
    loop_post(l, &r[1].task);
    loop_post(l, &taking.task);
    loop_post(l, &r[2].task);
    loop_post(l, &r[3].task);
    loop_unpost(l, &r[0].task);             /* before the loop runs */
    loop_unpost(l, &r[0].task);             /* not posted any more */
    assert_int_equal(loop_run(l, &err), 0); /* r[3] stops it; r[2] went in the same round */
    assert_int_equal(count, 2);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tasks_keep_their_order),
        cmocka_unit_test(test_posts_from_threads_all_arrive),
        cmocka_unit_test(test_timers_fire_again_and_stop),
        cmocka_unit_test(test_watch_sees_a_pipe),
        cmocka_unit_test(test_a_socket_is_watched_for_what_is_wanted),
        cmocka_unit_test(test_a_socket_with_the_number_of_another),
        cmocka_unit_test(test_a_stop_before_the_run_counts),
        cmocka_unit_test(test_a_task_taken_back_does_not_run),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
