/* Programs run beside us: what they print, how they end, when they are ended, what they get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "io/child.h"
#include "io/loop.h"

struct ended {
    struct loop *loop;
    int dones;
    int result;
    struct buf output;
    struct err err;
};

static void
on_done(void *arg, int result, struct str output, const struct err *err)
{
    struct ended *e = arg;
    e->dones++;
    e->result = result;
    assert_true((result == 0) == (err == NULL));
    buf_add(&e->output, output);
    if (err) {
        e->err = *err;
    }
    loop_stop(e->loop);
}

static void
ended_init(struct ended *e, struct loop *l)
{
    *e = (struct ended){.loop = l, .result = 99};
    buf_init(&e->output, 16 * 1024 * 1024);
}

static void
run_argv(const char *const argv[], const struct child_limits *limits, struct ended *e)
{
    struct err err = {0};
    struct child *child = NULL;
    AUTO(loop) struct loop *l = NULL;
    assert_int_equal(loop_new(&l, &err), 0);
    ended_init(e, l);
    if (child_start(l, argv, limits, on_done, e, &child, &err) < 0) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(e->dones, 0);
    assert_int_equal(loop_run(l, &err), 0);
    assert_int_equal(loop_step(l, 5, &err), 0);
    assert_int_equal(e->dones, 1);
}

static void
run_sh(const char *text, const struct child_limits *limits, struct ended *e)
{
    const char *const argv[] = {"/bin/sh", "-c", text, NULL};
    run_argv(argv, limits, e);
}

/* No child of ours is left, dead or alive; one that was killed may take a moment. */
static void
assert_none_left(void)
{
    for (int i = 0; i < 500; i++) {
        if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD) {
            return;
        }
        (void)usleep(10000);
    }
    fail_msg("a child is left");
}

static const struct {
    const char *name;
    const char *text;
    struct child_limits limits;
    int result;
    const char *output;
    const char *words;
} runs[] = {
    {"says something", "echo hello", {0}, 0, "hello\n", NULL},
    {"says nothing", ":", {0}, 0, "", NULL},
    {"fails",
     "echo half; echo token expired >&2; exit 3",
     {0},
     3,
     "half\n",
     "/bin/sh: ended with status 3: token expired"},
    {"fails without a word", "exit 255", {0}, 255, "", "ended with status 255"},
    {"complains and is fine", "echo careful >&2; echo ok", {0}, 0, "ok\n", NULL},
    {"killed", "echo x; kill -9 $$", {0}, ERR_IO, "", "killed by signal 9"},
    {"reads nothing", "cat; echo end", {0}, 0, "end\n", NULL},
    {"reads what it is given", "cat", {.input = STR_INIT("to be read\n")}, 0, "to be read\n", NULL},
    {"as much as it may", "printf 12345678", {.output_max = 8}, 0, "12345678", NULL},
    {"more than it may", "printf 123456789", {.output_max = 8}, ERR_LIMIT, "", "more than 8 bytes"},
    {"never stops printing",
     "while :; do echo yyyyyyyyyyyyyyyy; done",
     {.output_max = 1000},
     ERR_LIMIT,
     "",
     "more than 1000"},
    {"too slow", "echo x; sleep 20", {.timeout_ms = 100}, ERR_TIMEOUT, "", "within 100 ms"},
    {"ends at SIGTERM with 0",
     "trap 'exit 0' TERM; while :; do sleep 0.01; done",
     {.timeout_ms = 100},
     ERR_TIMEOUT,
     "",
     "within 100 ms"},
    {"never stops complaining",
     "while :; do echo yyyyyyyyyyyyyyyy; done >&2",
     {.timeout_ms = 100},
     ERR_TIMEOUT,
     "",
     "within 100 ms"},
    {"closes its outputs early", "exec >&- 2>&-; sleep 0.05; exit 4", {0}, 4, "", "status 4"},
    {"leaves somebody behind", "sleep 20 & echo gone", {0}, 0, "gone\n", NULL},
    {"a complaint with controls",
     "printf 'a\\033[1mb\\377\\nc' >&2; exit 1",
     {0},
     1,
     "",
     "status 1: a [1mb? c"},
};

static void
test_ends_of_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        struct ended e;
        int64_t before = clock_mono_ms(clock_real());
        run_sh(runs[i].text, &runs[i].limits, &e);
        int64_t took = clock_mono_ms(clock_real()) - before;
        if (e.result != runs[i].result || !str_eq_c(buf_str(&e.output), runs[i].output) ||
            (runs[i].words && !strstr(e.err.message, runs[i].words)) || took > 10000) {
            fail_msg("%s: %d '%s' %s, after %lld ms", runs[i].name, e.result,
                     e.output.text ? e.output.text : "", e.err.message, (long long)took);
        }
        buf_done(&e.output);
        assert_none_left();
    }
}

static void
test_output_larger_than_a_pipe(void **state)
{
    (void)state;
    struct ended e;
    const struct child_limits limits = {.output_max = 1000000};
    run_sh("head -c 1000000 /dev/zero; head -c 100000 /dev/zero >&2", &limits, &e);
    assert_int_equal(e.result, 0);
    assert_int_equal(e.output.len, 1000000);
    buf_done(&e.output);
    assert_none_left();
}

static void
test_input_larger_than_a_pipe(void **state)
{
    (void)state;
    struct ended e;
    size_t size = 500000;
    char *text = malloc(size);
    memset(text, 'q', size);
    const struct child_limits limits = {.input = {text, size}};
    run_sh("wc -c", &limits, &e);
    assert_int_equal(e.result, 0);
    assert_string_equal(e.output.text, "500000\n");
    buf_done(&e.output);
    free(text);
    assert_none_left();
}

/* Deaf to SIGTERM, in a shell that waits for another process of the group. */
static void
test_the_deaf_are_killed(void **state)
{
    (void)state;
    struct ended e;
    const struct child_limits limits = {.timeout_ms = 50};
    int64_t before = clock_mono_ms(clock_real());
    run_sh("trap '' TERM; sleep 30; sleep 30", &limits, &e);
    assert_int_equal(e.result, ERR_TIMEOUT);
    assert_true(clock_mono_ms(clock_real()) - before < 10000);
    buf_done(&e.output);
    assert_none_left();
}

/* Nothing of ours but the three standard descriptors, no blocked or ignored signal, its own group,
 * our environment. */
static void
test_what_it_gets(void **state)
{
    (void)state;
    /* Of the signals only those with names: libc keeps two to itself. */
    static const char text[] = "[ -e /proc/$$/fd/77 ] && echo leaked; readlink /proc/$$/fd/0;"
                               "for set in $(grep -E '^Sig(Blk|Ign)' /proc/$$/status | cut -f2); do"
                               "  echo $((0x$set & 0x7fffffff)); done;"
                               "[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && echo $FOR_THE_CHILD";
    struct ended e;
    sigset_t some;
    (void)sigemptyset(&some);
    (void)sigaddset(&some, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &some, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setenv("FOR_THE_CHILD", "inherited", 1);
    int leaked = fcntl(STDERR_FILENO, F_DUPFD, 77); /* not close-on-exec */
    assert_int_equal(leaked, 77);
    run_sh(text, NULL, &e);
    assert_int_equal(e.result, 0);
    assert_string_equal(e.output.text, "/dev/null\n0\n0\ninherited\n");
    buf_done(&e.output);
    (void)close(leaked);
    (void)sigprocmask(SIG_UNBLOCK, &some, NULL);
}

static void
test_what_cannot_be_started(void **state)
{
    (void)state;
    static const struct {
        const char *program;
        int result;
    } cases[] = {
        {"/nowhere/at-all", ERR_NOTFOUND},
        {"no-such-program-anywhere", ERR_NOTFOUND},
        {"/etc/passwd", ERR_IO},
    };
    AUTO(loop) struct loop *l = NULL;
    struct err err = {0};
    assert_int_equal(loop_new(&l, &err), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const argv[] = {cases[i].program, NULL};
        struct ended e = {.loop = l};
        struct child *child = NULL;
        assert_int_equal(child_start(l, argv, NULL, on_done, &e, &child, &err), cases[i].result);
        assert_non_null(strstr(err.message, cases[i].program));
        assert_null(child);
        assert_int_equal(e.dones, 0);
    }
    assert_none_left();
}

static void
test_cancelled(void **state)
{
    (void)state;
    AUTO(loop) struct loop *l = NULL;
    struct err err = {0};
    assert_int_equal(loop_new(&l, &err), 0);
    for (int steps = 0; steps < 3; steps++) {
        const char *const argv[] = {"/bin/sh", "-c", "trap '' TERM; echo x; sleep 30", NULL};
        struct ended e;
        struct child *child = NULL;
        ended_init(&e, l);
        assert_int_equal(child_start(l, argv, NULL, on_done, &e, &child, &err), 0);
        for (int i = 0; i < steps; i++) {
            assert_int_equal(loop_step(l, 20, &err), 0);
        }
        child_cancel(child);
        assert_int_equal(loop_step(l, 20, &err), 0);
        assert_int_equal(e.dones, 0);
        assert_none_left();
    }
}

/* One that leaves at SIGTERM, and one that is deaf to it; no DONE but the one, and output is none.
 */
static void
test_stopped(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at_least_ms;
        int64_t at_most_ms;
    } cases[] = {
        {"echo x; while :; do sleep 0.01; done", 0, 5000},
        {"trap '' TERM; echo x; sleep 30; sleep 30", 100, 5000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const argv[] = {"/bin/sh", "-c", cases[i].text, NULL};
        const struct child_limits limits = {.grace_ms = 100};
        AUTO(loop) struct loop *l = NULL;
        struct err err = {0};
        struct ended e;
        struct child *child = NULL;
        assert_int_equal(loop_new(&l, &err), 0);
        ended_init(&e, l);
        assert_int_equal(child_start(l, argv, &limits, on_done, &e, &child, &err), 0);
        for (int step = 0; step < 10; step++) { /* it has begun, and is deaf by now */
            assert_int_equal(loop_step(l, 20, &err), 0);
        }
        int64_t before = clock_mono_ms(clock_real());
        child_stop(child);
        child_stop(child);
        assert_int_equal(e.dones, 0);
        assert_int_equal(loop_run(l, &err), 0);
        int64_t took = clock_mono_ms(clock_real()) - before;
        assert_int_equal(e.result, ERR_CANCELED);
        assert_int_equal(e.output.len, 0);
        assert_true(took >= cases[i].at_least_ms && took < cases[i].at_most_ms);
        assert_int_equal(loop_step(l, 5, &err), 0);
        assert_int_equal(e.dones, 1);
        buf_done(&e.output);
        assert_none_left();
    }
}

static void
test_an_environment_of_its_own(void **state)
{
    (void)state;
    static const char *const env[] = {"ONLY=this", NULL};
    static const char *const argv[] = {"/usr/bin/env", NULL};
    const struct child_limits limits = {.env = env};
    struct ended e;
    run_argv(argv, &limits, &e);
    assert_int_equal(e.result, 0);
    assert_string_equal(e.output.text, "ONLY=this\n");
    buf_done(&e.output);
}

static void
test_found_in_the_path(void **state)
{
    (void)state;
    const char *const argv[] = {"printf", "%s-%s", "a b", "$c", NULL};
    struct ended e;
    run_argv(argv, NULL, &e);
    assert_string_equal(e.output.text, "a b-$c");
    buf_done(&e.output);
}

enum { MANY = 40 };

static void
count_done(void *arg, int result, struct str output, const struct err *err)
{
    int *left = arg;
    (void)err;
    assert_int_equal(result, 0);
    assert_true(str_eq_c(output, "x\n"));
    --*left;
}

static void
test_many_side_by_side(void **state)
{
    (void)state;
    AUTO(loop) struct loop *l = NULL;
    struct err err = {0};
    int left = MANY;
    assert_int_equal(loop_new(&l, &err), 0);
    for (int i = 0; i < MANY; i++) {
        const char *const argv[] = {"/bin/sh", "-c", "sleep 0.1; echo x", NULL};
        struct child *child;
        assert_int_equal(child_start(l, argv, NULL, count_done, &left, &child, &err), 0);
    }
    while (left > 0) {
        assert_int_equal(loop_step(l, 1000, &err), 0);
    }
    assert_none_left();
}

static void
test_no_memory(void **state)
{
    (void)state;
#ifndef DESKHAND_FAULT_HOOKS
    skip();
#endif
    static const char *const argv[] = {"/bin/sh", "-c", "head -c 5000 /dev/zero; echo x >&2", NULL};
    AUTO(loop) struct loop *l = NULL;
    struct err err = {0};
    assert_int_equal(loop_new(&l, &err), 0);
    for (int n = 1;; n++) {
        char spec[32];
        struct ended e;
        struct child *child = NULL;
        ended_init(&e, l);
        buf_printf(&e.output, "%8000s", "");
        buf_clear(&e.output);
        (void)snprintf(spec, sizeof(spec), "alloc:%d", n);
        assert_true(fault_configure(str_c(spec)));
        e.result = child_start(l, argv, NULL, on_done, &e, &child, &err);
        if (e.result == 0) {
            assert_int_equal(loop_run(l, &err), 0);
        }
        bool fired = fault_passed() >= (unsigned long)n;
        assert_true(fault_configure((struct str){0}));
        /* A complaint that found no room is none. */
        assert_true(e.result == ERR_NOMEM ? fired : e.result == 0);
        assert_none_left();
        buf_done(&e.output);
        if (!fired) {
            assert_true(n > 3);
            break;
        }
    }
}

int
main(void)
{
    (void)alarm(100);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_of_every_kind),
        cmocka_unit_test(test_output_larger_than_a_pipe),
        cmocka_unit_test(test_input_larger_than_a_pipe),
        cmocka_unit_test(test_the_deaf_are_killed),
        cmocka_unit_test(test_what_it_gets),
        cmocka_unit_test(test_what_cannot_be_started),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_an_environment_of_its_own),
        cmocka_unit_test(test_found_in_the_path),
        cmocka_unit_test(test_many_side_by_side),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
