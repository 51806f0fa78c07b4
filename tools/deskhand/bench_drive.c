/* Conversations as customers would have them: each writes its next message when the answer to the
 * last one is there. The first CONCURRENCY start along the ramp; a further one starts when one
 * ends, and not before its own place on the ramp.
 *
 * Before the clock starts a few turns are carried out and forgotten: what a process does once
 * (opening the catalogue, filling caches, the first connection) belongs to no conversation. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/must.h"
#include "bench.h"
#include "bench_questions.h"
#include "bot.h"
#include "io/loop.h"
#include "progress.h"
#include "store/rows.h"
#include "turn/turn.h"

enum {
    WARM_UP = 8,
    SAMPLE_MS = 50,
    STAMP_BYTES = 12, /* w and eleven digits */
    ID_MAX = 64,
};
#define STAMP_MODULUS 100000000000

struct drive;

struct talk {
    struct drive *drive;
    uint64_t turn; /* the engine's id for the one that runs */
    int64_t begun_us;
    uint32_t left;
    uint32_t question;
    char id[ID_MAX]; /* the conversation's, once it has one */
};

struct drive {
    struct bot *bot;
    struct loop *loop;
    struct bench_options options;
    struct bench_result *result;
    struct talk *talks;
    size_t *idle; /* talks that run nothing: indexes */
    size_t idle_count;
    size_t open;  /* talks that run */
    int64_t next; /* the next conversation to start */
    int64_t begun_us;
    struct loop_timer start;
    struct loop_timer sample;
    struct loop_signal interrupt;
    unsigned interrupts;
    struct progress progress;
    long page_kb;
};

static int64_t
now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t
cpu_us(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec +
           u.ru_stime.tv_usec;
}

static int64_t
rss_kb(const struct drive *d)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f) {
        pages = fscanf(f, "%*d %ld", &pages) == 1 ? pages : 0;
        (void)fclose(f);
    }
    return (int64_t)pages * d->page_kb;
}

static void
note_rss(struct drive *d)
{
    int64_t kb = rss_kb(d);
    d->result->rss_peak_kb = kb > d->result->rss_peak_kb ? kb : d->result->rss_peak_kb;
}

/* ---- A turn ----------------------------------------------------------------------------------*/

static void start_due(struct drive *d);
static void talk_next(struct talk *t);

static void
note_error(struct drive *d, const char *what, struct str why)
{
    if (d->result->errors++ == 0) {
        (void)snprintf(d->result->first_error, sizeof(d->result->first_error), "%s: %" STR_FMT,
                       what, STR_ARG(why));
    }
}

static void
talk_over(struct talk *t)
{
    struct drive *d = t->drive;
    d->idle[d->idle_count++] = (size_t)(t - d->talks);
    d->open--;
    if (d->interrupts > 0 || d->next >= d->options.conversations) {
        if (d->open == 0) {
            loop_stop(d->loop);
        }
        return;
    }
    start_due(d);
}

/* The time in the STAMP_BYTES at AT; -1 when they are none. */
static int64_t
stamp_at(const char *at)
{
    int64_t us = 0;
    if (at[0] != 'w') {
        return -1;
    }
    for (int i = 1; i < STAMP_BYTES; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return -1;
        }
        us = us * 10 + (at[i] - '0');
    }
    return us;
}

/* A delta of several stamps is several deltas that somebody put together. */
static void
on_text(void *arg, struct str delta)
{
    struct bench_result *r = ((const struct talk *)arg)->drive->result;
    size_t count = delta.len / STAMP_BYTES;
    int64_t now = 0;
    if (count == 0 || delta.len % STAMP_BYTES != 0 || stamp_at(delta.ptr) < 0) {
        r->tokens++;
        return;
    }
    now = now_us() % STAMP_MODULUS;
    for (size_t i = 0; i < count; i++) {
        int64_t sent = stamp_at(delta.ptr + i * STAMP_BYTES);
        int64_t lag = now - sent + (now < sent ? STAMP_MODULUS : 0);
        r->tokens++;
        /* A clock that runs on between two readings may give a moment in the future. */
        bench_histogram_add(&r->token_us, lag > STAMP_MODULUS / 2 ? 0 : lag);
    }
}

static void
on_done(void *arg, const struct turn_report *report)
{
    struct talk *t = arg;
    struct drive *d = t->drive;
    t->turn = 0;
    if (!str_eq(report->outcome, OUTCOME_ANSWERED)) {
        char what[32];
        (void)snprintf(what, sizeof(what), "%" STR_FMT, STR_ARG(report->outcome));
        note_error(d, what, report->reason);
        talk_over(t);
        return;
    }
    d->result->turns++;
    bench_histogram_add(&d->result->turn_us, now_us() - t->begun_us);
    if (t->id[0] == '\0') {
        (void)snprintf(t->id, sizeof(t->id), "%" STR_FMT, STR_ARG(report->conversation));
    }
    if (--t->left == 0) {
        talk_over(t);
    } else {
        talk_next(t);
    }
}

static void
talk_next(struct talk *t)
{
    static const struct turn_observer observer = {.text = on_text, .done = on_done};
    struct err err = {0};
    struct turn_input input =
        bot_input(t->drive->bot, str_c(t->id), str_c(bench_question(t->question++)), STR(""));
    t->begun_us = now_us();
    if (engine_submit(bot_engine(t->drive->bot), &input, &observer, t, &t->turn, &err) < 0) {
        note_error(t->drive, "submit", str_c(err.message));
        talk_over(t);
    }
}

/* ---- Who starts when -------------------------------------------------------------------------*/

static int64_t
due_us(const struct drive *d, int64_t which)
{
    return d->begun_us + d->options.ramp_ms * 1000 * which / d->options.concurrency;
}

static void
on_start(struct loop_timer *timer)
{
    struct drive *d = OWNER_OF(timer, struct drive, start);
    int64_t now = now_us();
    while (d->idle_count > 0 && d->next < d->options.conversations && d->interrupts == 0 &&
           due_us(d, d->next) <= now) {
        struct talk *t = &d->talks[d->idle[--d->idle_count]];
        *t = (struct talk){
            .drive = d,
            .left = (uint32_t)d->options.turns,
            .question = (uint32_t)d->next,
        };
        d->next++;
        d->open++;
        talk_next(t);
    }
    if (d->idle_count > 0) {
        start_due(d);
    }
}

/* Never from inside the end of another: a server that is not there would be a recursion. */
static void
start_due(struct drive *d)
{
    if (d->next < d->options.conversations) {
        int64_t us = due_us(d, d->next) - now_us();
        loop_timer_start(&d->start, us > 0 ? (us + 999) / 1000 : 0);
    }
}

static void
on_sample(struct loop_timer *timer)
{
    struct drive *d = OWNER_OF(timer, struct drive, sample);
    uint64_t done = d->result->turns + d->result->errors;
    note_rss(d);
    progress_show(&d->progress, done, done,
                  (uint64_t)d->options.conversations * (uint64_t)d->options.turns);
    loop_timer_start(&d->sample, SAMPLE_MS);
}

static void
on_interrupt(struct loop_signal *signal)
{
    struct drive *d = OWNER_OF(signal, struct drive, interrupt);
    if (d->interrupts++ > 0) {
        _exit(128 + SIGINT);
    }
    loop_timer_stop(&d->start);
    if (d->open == 0) {
        loop_stop(d->loop);
    }
    for (int64_t i = 0; i < d->options.concurrency; i++) {
        if (d->talks[i].turn) {
            engine_cancel(bot_engine(d->bot), d->talks[i].turn);
        }
    }
}

/* ---- The whole -------------------------------------------------------------------------------*/

/* CONVERSATIONS of TURNS, into RESULT, which has been zeroed. */
static int
run(struct drive *d, int64_t conversations, int64_t turns, struct bench_result *result,
    struct err *err)
{
    d->options.conversations = conversations;
    d->options.turns = turns;
    d->result = result;
    d->next = 0;
    result->rss_before_kb = rss_kb(d);
    note_rss(d);
    int64_t cpu = cpu_us();
    d->begun_us = now_us();
    start_due(d);
    int status = loop_run(d->loop, err);
    result->wall_us = now_us() - d->begun_us;
    result->cpu_us = cpu_us() - cpu;
    note_rss(d);
    return status;
}

static int
warm_up(struct drive *d, int64_t ramp_ms, struct err *err)
{
    struct bench_result *ignored = mem_zero(1, sizeof(*ignored));
    if (!ignored) {
        return err_nomem(err);
    }
    d->options.ramp_ms = 0;
    int status = run(d, d->options.concurrency < WARM_UP ? d->options.concurrency : WARM_UP, 1,
                     ignored, err);
    d->options.ramp_ms = ramp_ms;
    mem_free(ignored);
    return status;
}

static void
drive_done(struct drive *d)
{
    loop_timer_done(&d->start);
    loop_timer_done(&d->sample);
    loop_signal_done(&d->interrupt);
    progress_clear(&d->progress);
    mem_free(d->talks);
    mem_free(d->idle);
}
AUTO_DEFINE_VALUE(drive, struct drive, drive_done)

static int
drive_init(struct drive *d, struct bot *bot, const struct bench_options *options, struct err *err)
{
    *d = (struct drive){.bot = bot, .loop = bot_loop(bot), .options = *options};
    size_t most = (size_t)options->concurrency;
    d->page_kb = sysconf(_SC_PAGESIZE) / 1024;
    d->talks = mem_zero(most, sizeof(*d->talks));
    d->idle = mem_zero(most, sizeof(*d->idle));
    if (!d->talks || !d->idle) {
        return err_nomem(err);
    }
    for (size_t i = most; i > 0; i--) {
        d->idle[d->idle_count++] = i - 1;
        /* Not part of what a conversation takes: written now, resident before it is measured. */
        d->talks[i - 1].drive = d;
    }
    progress_begin(&d->progress, "turns", "turns");
    int status = loop_timer_init(&d->start, d->loop, on_start, err);
    if (status == 0) {
        status = loop_timer_init(&d->sample, d->loop, on_sample, err);
    }
    return status < 0 ? status
                      : loop_signal_init(&d->interrupt, d->loop, SIGINT, on_interrupt, err);
}

int
bench_drive(struct bot *bot, const struct bench_options *options, struct bench_result *ret,
            struct err *err)
{
    AUTO(drive) struct drive d = {0};
    int status = drive_init(&d, bot, options, err);
    if (status == 0) {
        status = warm_up(&d, options->ramp_ms, err);
    }
    if (status < 0 || d.interrupts > 0) {
        return status < 0 ? status : err_set(err, ERR_CANCELED, "canceled");
    }
    loop_timer_start(&d.sample, SAMPLE_MS);
    status = run(&d, options->conversations, options->turns, ret, err);
    loop_timer_stop(&d.sample);
    return status;
}
