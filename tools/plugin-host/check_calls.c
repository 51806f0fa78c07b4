/* Each call has a thread of its own, so that one that never returns can be told and left. Nothing
 * is freed that such a thread may still look at: the process ends with it. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "check.h"
#include "check_wire.h"
#include "io/loop.h"
#include "tool/registry.h"

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

uint32_t
check_canceled(const struct dh_call *handle)
{
    struct plugin_call *call = plugin_call_of(handle);
    if (call) {
        atomic_fetch_add(&OWNER_OF(call, struct check_live, call)->asked, 1);
    }
    return plugin_call_canceled(handle);
}

void
check_logged(struct check *c, struct plugin_call *call)
{
    atomic_int *lines = call ? &OWNER_OF(call, struct check_live, call)->lines : &c->lines;
    if (atomic_fetch_add(lines, 1) == CHECK_LINES_MAX) {
        check_found(c, "log", "more than %d lines in %s", CHECK_LINES_MAX, c->place);
    }
}

/* ---- One call ---------------------------------------------------------------------------------*/

static void *
make(void *arg)
{
    struct check_live *l = arg;
    plugin_instance_call(l->instance, &l->call);
    (void)pthread_mutex_lock(&l->lock);
    l->answers = atomic_load(&l->call.answers);
    l->ended_ms = now_ms();
    l->over = true;
    (void)pthread_cond_signal(&l->news);
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}

static bool
wait_until(struct check_live *l, int64_t ms)
{
    const struct timespec until = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)pthread_mutex_lock(&l->lock);
    while (!l->over && pthread_cond_clockwait(&l->news, &l->lock, CLOCK_MONOTONIC, &until) == 0) {
    }
    bool over = l->over;
    (void)pthread_mutex_unlock(&l->lock);
    return over;
}

/* With a deadline for as many calls as are in LINE. */
static struct check_live *
prepare(struct check *c, struct plugin_instance *i, size_t number, size_t line)
{
    const struct check_call *of = &c->calls[number];
    struct err err;
    struct tool_def def = {.name = of->tool};
    struct tool_run run = {
        .def = &def,
        .scope = {.call = STR("x-check"),
                  .conversation = STR("c-check"),
                  .customer = STR("check"),
                  .turn = STR("t-check"),
                  .dry_run = of->dry_run},
        .arguments = of->arguments,
        .deadline_mono_ms = now_ms() + of->timeout_ms * (int64_t)line,
    };
    struct check_live *l = mem_zero(1, sizeof(*l));
    if (!l || plugin_call_init(&l->call, &run, &err) < 0 ||
        pthread_mutex_init(&l->lock, NULL) != 0 || pthread_cond_init(&l->news, NULL) != 0) {
        _exit(CHECK_EXIT_STARVED);
    }
    l->check = c;
    l->of = of;
    l->instance = i;
    l->number = number;
    l->next = c->made;
    l->started_ms = now_ms();
    c->made = l;
    return l;
}

static const char *
status_word(enum tool_status status)
{
    return status == TOOL_OK ? "ok" : status == TOOL_TIMEOUT ? "timeout" : "error";
}

/* As a desk sees it. */
static void
say_answer(struct check_live *l)
{
    AUTO(arena) struct arena arena = {0};
    struct tool_result raw;
    struct tool_result result = {.status = TOOL_TIMEOUT};
    const struct tool_def def = {.name = l->of->tool};
    struct check_line line;
    plugin_call_settle(&l->call, &raw);
    if (raw.status != TOOL_TIMEOUT) {
        tool_result_settle(&def, &raw, &arena, &result);
    }
    check_line_open(&line, "answer");
    js_put_int(&line.out, "i", (int64_t)l->number);
    js_put_str(&line.out, "status", str_c(status_word(result.status)));
    js_put_str(&line.out, "code", result.error_code);
    js_put_str(&line.out, "message", utf8_cut(result.message, CHECK_TEXT_BYTES));
    js_put_int(&line.out, "bytes", (int64_t)result.json.len);
    js_put_str(&line.out, "text", utf8_cut(result.json, CHECK_TEXT_BYTES));
    js_put_int(&line.out, "ms", l->ended_ms - l->started_ms);
    js_put_int(&line.out, "asked", atomic_load(&l->asked));
    check_line_say(l->check, &line);
}

/* It does not listen, and there is no way to end it but this. */
static void __attribute__((noreturn)) leave_deaf(struct check_live *l)
{
    struct check_line line;
    check_line_open(&line, "deaf");
    js_put_int(&line.out, "i", (int64_t)l->number);
    js_put_int(&line.out, "asked", atomic_load(&l->asked));
    js_put_int(&line.out, "ms", now_ms() - l->started_ms);
    check_line_say(l->check, &line);
    _exit(0);
}

/* Wait for L, as patiently as a desk. */
static void
attend(struct check_live *l)
{
    int64_t deadline = l->call.abi.deadline_ms;
    int64_t cancel = l->of->cancel_ms < 0 ? deadline : l->started_ms + l->of->cancel_ms;
    int64_t given_up = cancel < deadline ? cancel : deadline;
    if (!wait_until(l, given_up)) {
        plugin_call_kill(&l->call);
        if (!wait_until(l, given_up + CHECK_CANCEL_MS)) {
            leave_deaf(l);
        }
    }
    say_answer(l);
}

static pthread_t
start(void *(*run)(void *), void *arg)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, arg) != 0) {
        _exit(CHECK_EXIT_STARVED);
    }
    return thread;
}

static void
say_at(struct check *c, size_t number)
{
    struct check_line line;
    (void)snprintf(c->place, sizeof(c->place), "a call of %" STR_FMT,
                   STR_ARG(c->calls[number].tool));
    check_line_open(&line, "at");
    js_put_int(&line.out, "i", (int64_t)number);
    check_line_say(c, &line);
}

void
check_calls(struct check *c, struct plugin_instance *i, size_t from)
{
    for (size_t n = from; n < c->call_count; n++) {
        say_at(c, n);
        struct check_live *l = prepare(c, i, n, 1);
        if (l->of->cancel_ms == 0) {
            plugin_call_kill(&l->call);
        }
        pthread_t thread = start(make, l);
        attend(l);
        (void)pthread_join(thread, NULL);
    }
}

/* ---- Many at once -----------------------------------------------------------------------------*/

/* Those that may not overlap each other. */
static void *
make_serial(void *arg)
{
    for (struct check_live *l = arg; l; l = l->next) {
        if (!l->of->parallel) {
            (void)make(l);
        }
    }
    return NULL;
}

static void
wait_for(struct check_live *l)
{
    if (!wait_until(l, l->call.abi.deadline_ms + CHECK_CANCEL_MS)) {
        leave_deaf(l);
    }
    say_answer(l);
}

/* The same call CHECK_AT_ONCE times. */
static void
make_at_once(struct check *c, struct plugin_instance *i, size_t number)
{
    pthread_t threads[CHECK_AT_ONCE];
    struct check_live *calls[CHECK_AT_ONCE];
    for (size_t k = 0; k < CHECK_AT_ONCE; k++) {
        calls[k] = prepare(c, i, number, 1);
    }
    for (size_t k = 0; k < CHECK_AT_ONCE; k++) {
        threads[k] = start(make, calls[k]);
    }
    for (size_t k = 0; k < CHECK_AT_ONCE; k++) {
        wait_for(calls[k]);
        (void)pthread_join(threads[k], NULL);
    }
}

void
check_parallel(struct check *c, struct plugin_instance *i)
{
    for (size_t n = 0; n < c->call_count; n++) {
        if (!c->calls[n].parallel) {
            (void)prepare(c, i, n, c->call_count);
        }
    }
    struct check_live *serial = c->made;
    pthread_t beside = start(make_serial, serial);
    check_at(c, "calls at once");
    for (size_t n = 0; n < c->call_count; n++) {
        if (c->calls[n].parallel) {
            make_at_once(c, i, n);
        }
    }
    for (struct check_live *l = serial; l; l = l->next) {
        wait_for(l);
    }
    (void)pthread_join(beside, NULL);
}

/* ---- Afterwards -------------------------------------------------------------------------------*/

void
check_late_answers(struct check *c)
{
    for (struct check_live *l = c->made; l; l = l->next) {
        if (atomic_load(&l->call.answers) > l->answers) {
            check_found(c, "late", "a call of %" STR_FMT " was answered after it had returned",
                        STR_ARG(l->of->tool));
            return;
        }
    }
}

void
check_calls_done(struct check *c)
{
    while (c->made) {
        struct check_live *l = c->made;
        c->made = l->next;
        (void)pthread_cond_destroy(&l->news);
        (void)pthread_mutex_destroy(&l->lock);
        plugin_call_done(&l->call);
        mem_free(l);
    }
}
