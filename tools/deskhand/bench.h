/* bench: whole turns through the real engine against a given model server, and what they cost.
 *
 *   cmd_bench.c        the command: options, the JSON line
 *   bench_desk.c       a desk made for it
 *   bench_drive.c      conversations, started along a ramp, turn after turn
 *   bench_histogram.c  durations
 *
 * Everything is [loop]. */
#ifndef DESKHAND_BENCH_H
#define DESKHAND_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "bench_histogram.h"

struct app;
struct bot;

struct bench_options {
    struct str base_url;
    struct str provider; /* openai, anthropic, bedrock */
    struct str model;    /* the server's id for it */
    struct str catalog;  /* empty: the sample shop's */
    struct str ca_file;  /* empty: the system's certificates */
    struct str state_dir;
    int64_t conversations;
    int64_t turns; /* of each conversation */
    int64_t concurrency;
    int64_t ramp_ms;
};

/* A desk for OPTIONS in its state_dir, which is made where it is missing; the record of an earlier
 * run stays. ERR_BUSY: the folder has a desk that was not made here. APP works with that desk
 * then. */
int bench_desk_make(struct app *app, const struct bench_options *options,
                    struct err *err) WARN_UNUSED;

struct bench_result {
    uint64_t errors; /* turns that were not answered; each ended its conversation */
    char first_error[ERR_MESSAGE_MAX];
    uint64_t turns;  /* answered */
    uint64_t tokens; /* text deltas */
    int64_t wall_us;
    int64_t cpu_us; /* of the whole process, setting up and warming up excepted */
    int64_t rss_before_kb;
    int64_t rss_peak_kb; /* since then */
    struct bench_histogram turn_us;
    struct bench_histogram token_us; /* from sending to delivery, of deltas that say when */
};

/* Carry OPTIONS' turns out on BOT. A turn that fails is counted, not returned. SIGINT ends what
 * runs, and counts it as failed. */
int bench_drive(struct bot *bot, const struct bench_options *options, struct bench_result *ret,
                struct err *err) WARN_UNUSED;

#endif
