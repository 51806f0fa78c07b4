/* check: one step of the gauntlet of `deskhand plugins check`, in this process.
 *
 * A plugin gets here what its child gives it (cage, extensions, deadlines), but nothing behind it
 * is real: no desk, no store, no network. What it does besides answering is watched. Processes that
 * were in here have nothing left to lose and end. See check_wire.h for what is said. */
#ifndef PLUGIN_HOST_CHECK_H
#define PLUGIN_HOST_CHECK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "check_state.h"
#include "plugin/call.h"
#include "plugin/instance.h"
#include "plugin/manifest.h"

struct kept_value;

/* One call of the step, as often as it is made. */
struct check_call {
    struct str tool;
    struct str arguments;
    int64_t timeout_ms;
    int64_t cancel_ms; /* -1: never */
    bool dry_run;
    bool parallel;
};

struct check;

/* A call that is being made, or was: it is kept until the run ends, since a plugin may answer it
 * long after. */
struct check_live {
    struct plugin_call call;
    struct check *check;
    const struct check_call *of;
    struct check_live *next;
    struct plugin_instance *instance;
    size_t number;
    int64_t started_ms;
    int64_t ended_ms;
    pthread_mutex_t lock; /* of OVER and ENDED_MS */
    pthread_cond_t news;
    bool over;
    int answers; /* when it returned */
    atomic_int asked;
    atomic_int lines;
};

/* A step, and one run of it. */
struct check {
    const struct js *step;
    struct arena arena; /* what was read of the step */
    struct check_call *calls;
    size_t call_count;
    int out; /* where lines go */
    pthread_mutex_t saying;
    struct manifest manifest; /* name and granted ids: what extensions look at */
    struct plugin_code code;
    struct check_state before;
    bool threads;            /* its manifest says that it starts some */
    unsigned missing;        /* parts of the cage */
    char place[80];          /* where it is: "create", "a call of x" */
    pthread_mutex_t keeping; /* of what dh.kv/1 keeps */
    struct kept_value *kept;
    size_t kept_count;
    struct check_live *made; /* calls */
    atomic_int lines;        /* that belong to no call */
};

/* Read a step and run it; an exit status. */
int check_main(void);

/* One run of the step, from its call FROM on; allocation FAIL_AT (from 1) fails, 0: none. Says
 * "end" when it came to its end. */
void check_run(struct check *c, size_t from, int64_t fail_at);

/* ---- Saying (check_say.c), [any] -------------------------------------------------------------*/

struct check_line {
    struct buf text;
    struct js_out out;
};
void check_line_open(struct check_line *line, const char *event);
/* Send it, whole and at once. When it cannot be sent the process ends with CHECK_EXIT_CLOSED. */
void check_line_say(struct check *c, struct check_line *line);
/* The run is now at WHERE. */
void check_at(struct check *c, const char *where);
/* {"e":"found","what":WHAT,"detail":...} */
void check_found(struct check *c, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- The calls (check_calls.c) ---------------------------------------------------------------*/

/* Make the calls from FROM on, one after the other. */
void check_calls(struct check *c, struct plugin_instance *i, size_t from);
/* All that may overlap at once, CHECK_AT_ONCE times each, and the others in line beside them. */
void check_parallel(struct check *c, struct plugin_instance *i);
/* Were calls answered once more after they had returned? */
void check_late_answers(struct check *c);
/* Free the calls that were made. */
void check_calls_done(struct check *c);
/* dh_host's canceled(), which counts. */
uint32_t check_canceled(const struct dh_call *handle);
/* A line for the log; CALL may be NULL. */
void check_logged(struct check *c, struct plugin_call *call);

/* ---- What a plugin may ask for (check_host.c) ------------------------------------------------*/

const struct plugin_extension *check_extensions(size_t *ret_count);
/* Forget what dh.kv/1 keeps. */
void check_kept_done(struct check *c);

#endif
