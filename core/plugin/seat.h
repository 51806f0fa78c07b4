/* seat: where an instance sits, from create() to destroy(), on the threads of a pool.
 *
 * A plugin's calls share one current seat. A seat counts the jobs that may still touch its instance
 * (busy) and those among them that were given up (lost). Both counters are all that a lost thread
 * ever writes of ours, so it needs no lock, and the loop may be gone when it returns at last. A
 * seat that takes no calls any more is old; once it is not busy its instance is ended by a job and
 * the seat is freed. That is looked after by the loop (seats_sweep), never by lost threads.
 *
 * For plugin_inproc.c. Everything is [loop] unless marked. */
#ifndef PLUGIN_SEAT_H
#define PLUGIN_SEAT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/worker.h"
#include "plugin/instance.h"

struct seats;

enum seat_state { SEAT_CREATING, SEAT_READY, SEAT_ENDING };

struct seat {
    struct seat *next; /* among the old ones */
    struct seats *owner;
    struct plugin_instance *instance; /* the create job's, then the loop's */
    enum seat_state state;
    struct job job; /* create, later destroy */
    int64_t job_since_ms;
    bool given_up;
    int result; /* of create */
    struct err err;
    atomic_uint busy; /* [any] */
    atomic_uint lost; /* [any] */
};

struct seats {
    struct pool *pool;
    const struct plugin_code *code;
    struct seat *current; /* NULL: none made yet */
    struct seat *old;
    /* The current seat is ready, or (FAILED not NULL) could not be made and is current no more; it
     * is freed afterwards. */
    void (*made)(struct seats *s, struct seat *seat, const struct err *failed);
};

/* The current seat, made now if there is none: then SEAT_CREATING, and MADE will be called. */
int seats_get(struct seats *s, struct seat **ret, struct err *err) WARN_UNUSED;

/* Run JOB, which uses SEAT: it is busy until seat_leave() in the job's DONE, or seat_leave_lost()
 * in its ORPHANED. */
int seat_submit(struct seat *seat, struct job *job, struct err *err) WARN_UNUSED;
void seat_leave(struct seat *seat);
/* [any] The last thing a job does that was given up: SEAT may be gone afterwards. */
void seat_leave_lost(struct seat *seat);
/* Give JOB up, as pool_abandon(). */
bool seat_abandon(struct seat *seat, struct job *job);

/* The current seat takes no more calls. */
void seats_retire(struct seats *s);
/* End what can be ended. */
void seats_sweep(struct seats *s);
/* Jobs that were given up and have not come back. */
unsigned seats_lost(const struct seats *s);
/* Give up what is still being made or ended. Seats whose threads are lost stay behind, for those
 * threads' sake. */
void seats_done(struct seats *s);

#endif
