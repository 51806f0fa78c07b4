#include "check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "check_wire.h"

enum { PIECE = 16 * 1024, RUNS_MAX = 5000 };

/* What came of a run. */
struct outcome {
    size_t at;    /* the call that it was at */
    bool called;  /* it came to one */
    bool deaf;    /* and that did not end */
    bool ended;   /* it came to its end */
    bool failed;  /* an allocation was made to fail */
    bool refused; /* by its create() or by us */
    bool in_time;
    size_t passed_on; /* bytes */
};

/* ---- The step ---------------------------------------------------------------------------------*/

static bool
read_all(struct buf *text)
{
    char piece[PIECE];
    ssize_t got;
    do {
        got = read(STDIN_FILENO, piece, sizeof(piece));
        if (got > 0) {
            buf_add(text, (struct str){piece, (size_t)got});
        }
    } while (got > 0 || (got < 0 && errno == EINTR));
    return got == 0 && !text->failed;
}

static void
read_call(const struct js *from, struct check_call *ret)
{
    *ret = (struct check_call){
        .tool = js_get_text(from, "tool"),
        .arguments = js_get_text(from, "arguments"),
        .timeout_ms = js_get_int(from, "timeout_ms", 1000),
        .cancel_ms = js_get_int(from, "cancel_ms", -1),
        .dry_run = js_get_bool(from, "dry_run", true),
        .parallel = js_get_bool(from, "parallel", false),
    };
}

static bool
read_step(struct check *c)
{
    const struct js *calls = js_get_c(c->step, "calls");
    const struct js *granted = js_get_c(c->step, "granted");
    size_t ids = js_count(granted);
    c->call_count = js_count(calls);
    c->calls = arena_zero(&c->arena, c->call_count + 1, sizeof(*c->calls));
    struct str *list = arena_zero(&c->arena, ids + 1, sizeof(*list));
    if (!c->calls || !list || c->call_count > CHECK_CALLS_MAX) {
        return false;
    }
    for (size_t i = 0; i < c->call_count; i++) {
        read_call(js_at(calls, i), &c->calls[i]);
    }
    for (size_t i = 0; i < ids; i++) {
        list[i] = js_text(js_at(granted, i));
    }
    c->threads = js_get_bool(c->step, "threads", false);
    c->manifest = (struct manifest){
        .name = js_get_text(c->step, "name"),
        .requires = list,
        .requires_count = ids,
        .threads = c->threads,
    };
    c->code.manifest = &c->manifest;
    c->code.extensions = check_extensions(&c->code.extension_count);
    c->code.config = js_get_text(c->step, "config");
    return true;
}

/* ---- Runs in processes of their own ----------------------------------------------------------*/

static void
note_line(struct str line, struct outcome *o)
{
    AUTO(arena) struct arena arena = {0};
    struct js *said;
    struct err err;
    if (js_parse_object(line, "line", &arena, &said, &err) < 0) {
        return;
    }
    struct str event = js_get_text(said, "e");
    if (str_eq_c(event, "at")) {
        o->at = (size_t)js_get_int(said, "i", (int64_t)o->at);
        o->called = o->called || js_has(said, STR("i"));
    } else if (str_eq_c(event, "deaf")) {
        o->deaf = true;
    } else if (str_eq_c(event, "end")) {
        o->ended = true;
    } else if (str_eq_c(event, "failed")) {
        o->failed = true;
    } else if (str_eq_c(event, "refused")) {
        o->refused = true;
    }
}

/* Whole lines are looked at and passed on; the rest stays. */
static void
pass_on(struct buf *held, struct outcome *o)
{
    size_t from = 0;
    for (size_t i = 0; i < held->len; i++) {
        if (held->text[i] == '\n') {
            struct str line = {held->text + from, i - from};
            note_line(line, o);
            (void)fwrite(line.ptr, 1, line.len, stdout);
            (void)fputc('\n', stdout);
            from = i + 1;
        }
    }
    o->passed_on += from;
    memmove(held->text, held->text + from, held->len - from);
    buf_truncate(held, held->len - from);
}

/* Until its end, LIMIT, or too much of it. */
static void
listen_to(int fd, int64_t until_ms, struct outcome *o)
{
    AUTO(buf) struct buf held;
    char piece[PIECE];
    buf_init(&held, CHECK_LINES_BYTES);
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int64_t left = until_ms - clock_mono_ms(clock_real());
        int ready = poll(&wait, 1, left > 0 ? (int)left : 0);
        if (ready == 0 || (ready < 0 && errno != EINTR) || o->passed_on > CHECK_LINES_BYTES) {
            return;
        }
        ssize_t got = ready > 0 ? read(fd, piece, sizeof(piece)) : -1;
        if (got == 0 || (got < 0 && errno != EINTR) || held.failed) {
            o->in_time = true;
            return;
        }
        if (got > 0) {
            buf_add(&held, (struct str){piece, (size_t)got});
            pass_on(&held, o);
        }
    }
}

static void
say_death(int status, const struct outcome *o)
{
    if (!o->in_time) {
        (void)printf("{\"e\":\"stopped\"}\n");
    } else if (WIFSIGNALED(status)) {
        (void)printf("{\"e\":\"died\",\"signal\":%d}\n", WTERMSIG(status));
    } else if (!o->ended && !o->refused && !o->deaf) {
        (void)printf("{\"e\":\"died\",\"status\":%d}\n", WEXITSTATUS(status));
    }
}

static int
run_once(struct check *c, size_t from, int64_t number, int64_t until_ms, struct outcome *o)
{
    int ends[2];
    *o = (struct outcome){.at = from};
    (void)printf("{\"e\":\"run\",\"n\":%lld}\n", (long long)number);
    (void)fflush(stdout);
    if (pipe(ends) != 0) {
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        c->out = ends[1];
        check_run(c, from, number);
        _exit(0);
    }
    (void)close(ends[1]);
    if (pid > 0) {
        int status = 0;
        listen_to(ends[0], until_ms, o);
        /* What is still there does not matter: all was said. */
        (void)kill(pid, o->in_time ? 0 : SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        say_death(status, o);
    }
    (void)close(ends[0]);
    return pid > 0 ? 0 : -1;
}

/* One allocation after the other, until none is left to fail. */
static int
run_memory(struct check *c, int64_t until_ms)
{
    for (int64_t n = 1; n <= RUNS_MAX; n++) {
        struct outcome o;
        if (run_once(c, 0, n, until_ms, &o) < 0) {
            return 1;
        }
        if (!o.in_time || !o.failed) {
            break;
        }
    }
    return 0;
}

/* A call that costs the process costs the others behind it another one. */
static int
run_others(struct check *c, int64_t until_ms)
{
    bool in_line = str_eq_c(js_get_text(c->step, "kind"), CHECK_CALLS);
    size_t from = 0;
    for (;;) {
        struct outcome o;
        if (run_once(c, from, 0, until_ms, &o) < 0) {
            return 1;
        }
        bool lost = in_line && o.called && !o.ended && !o.deaf && o.in_time;
        if (!lost || o.at + 1 >= c->call_count) {
            return 0;
        }
        from = o.at + 1;
    }
}

int
check_main(void)
{
    struct check c = {.saying = PTHREAD_MUTEX_INITIALIZER, .keeping = PTHREAD_MUTEX_INITIALIZER};
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf text;
    struct js *step;
    struct err err = {0};
    int result = 1;
    buf_init(&text, CHECK_STEP_BYTES);
    if (!read_all(&text) || js_parse_object(buf_str(&text), "step", &arena, &step, &err) < 0) {
        (void)fprintf(stderr, "plugin-host --check: deskhand plugins check says what to do: %s\n",
                      err.message);
        return 1;
    }
    c.step = step;
    if (read_step(&c)) {
        int64_t limit = js_get_int(step, "limit_ms", 1000);
        int64_t until = clock_mono_ms(clock_real()) + limit;
        if (js_get_bool(step, "alone", false)) {
            c.out = STDOUT_FILENO;
            check_run(&c, 0, 0);
            result = 0;
        } else {
            bool memory = str_eq_c(js_get_text(step, "kind"), CHECK_MEMORY);
            result = memory ? run_memory(&c, until) : run_others(&c, until);
        }
    }
    arena_done(&c.arena);
    return result;
}
