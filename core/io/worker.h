/* worker: jobs that may wait, on threads, and back.
 *
 * A pool is a few threads and one queue. A job owns everything it touches from pool_submit() until
 * its DONE runs on the loop; nothing else may look at it in between. Each submitted job yields
 * exactly one of DONE (on the loop) or ORPHANED (on the worker, after pool_abandon). This file's
 * queue holds the only lock outside the store's writer.
 *
 * A thread cannot be stopped from outside. A job that overstays is abandoned: its owner goes on
 * without it, its thread counts as lost until the job returns after all, and the pool starts a
 * replacement as long as fewer than MAX_LOST are lost. */
#ifndef IO_WORKER_H
#define IO_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "io/loop.h"

struct pool;

struct job {
    void (*run)(struct job *job);      /* [worker] */
    void (*done)(struct job *job);     /* [loop] */
    void (*orphaned)(struct job *job); /* [worker] releases the job; NULL: never abandoned */
    struct loop_task task;
    struct job *next;
    int state; /* the pool's */
};

/* Threads start with the first job. MAX_LOST 0: abandoning is not offered. */
int pool_new(struct loop *l, const char *name, unsigned threads, unsigned max_lost,
             struct pool **ret, struct err *err) WARN_UNUSED;
/* Jobs not yet begun are dropped: their ORPHANED runs here where they have one, their DONE never.
 * Running ones are waited for, lost ones are left behind. NULL is fine. */
void pool_free(struct pool *p);
AUTO_DEFINE(pool, struct pool *, pool_free)

/* [loop] ERR_LIMIT when every thread is lost; ERR_IO when no thread can be started. DONE does not
 * run then. */
int pool_submit(struct pool *p, struct job *job, struct err *err) WARN_UNUSED;

/* [loop] Give JOB up. True: it will never call DONE; ORPHANED frees it, now if it had not begun,
 * else when RUN returns. False: RUN is over already and DONE is on its way. */
bool pool_abandon(struct pool *p, struct job *job);

/* [loop] Threads whose job was abandoned and has not returned. */
unsigned pool_lost(const struct pool *p);

#endif
