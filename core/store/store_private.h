/* store_private: the store's own insides, shared by store*.c of this floor and nobody else.
 *
 * Two locks, the only ones besides io/worker.c's. WRITER_LOCK is held for the length of a
 * transaction by whoever uses the writer's connection: the writer thread, or a thread in a _wait
 * call. LOCK guards the queues and flags below and is held for a few instructions. They are taken
 * in that order or alone. */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include <pthread.h>

#include "base/id.h"
#include "io/loop.h"
#include "store/process_lock.h"
#include "store/store_impl.h"

/* What a body gets: one connection, inside a transaction. */
struct store_tx {
    struct store *store;
    const struct backend_ops *ops;
    struct connection *connection;
    bool writer;
    struct id_gen ids;
    struct arena scratch; /* cleared after each body */
};

struct request_queue {
    struct store_request *first;
    struct store_request *last;
};

enum { READERS_MAX = 16 };

struct store {
    const struct backend_ops *ops;
    struct backend *backend;
    const struct clock *clock;
    struct loop *loop; /* NULL: _wait forms only */
    char *path;
    bool read_only;

    pthread_mutex_t writer_lock;
    struct store_tx writer; /* its connection is made at opening */

    pthread_mutex_t lock;
    bool closing;
    struct store_stats stats;

    /* store_thread.c */
    pthread_cond_t writes_wait; /* a write was queued, or the store closes */
    pthread_cond_t reads_wait;
    struct request_queue writes;
    struct request_queue reads;
    struct request_queue completed; /* their DONE is due on the loop */
    struct loop_task completed_task;
    bool completed_posted;
    pthread_t writer_thread;
    bool writer_started;
    pthread_t reader_threads[READERS_MAX];
    unsigned readers; /* wanted */
    unsigned readers_started;
    unsigned readers_idle;

    /* store_watch.c */
    pthread_cond_t watch_wait; /* watched for the first time, or the store closes */
    pthread_t watch_thread;
    bool watch_started;
    bool watch_fresh; /* a watch began: tell it of what came before the first look */
    bool watch_posted;
    size_t watch_count;
    struct loop_task watch_task;
    struct store_watch *watches;    /* [loop] */
    struct store_watch *watch_next; /* [loop] the one to call after the one being called */

    struct process_lock process; /* fd -1 and no name: not taken yet */
};

/* Run BODY alone in a transaction on TX, which is the caller's for the time. */
int store_run_one(struct store_tx *tx, store_body body, void *arg, struct err *err) WARN_UNUSED;
/* The same with a snapshot. */
int store_run_read(struct store_tx *tx, store_body body, void *arg, struct err *err) WARN_UNUSED;
/* Run the requests from FIRST on, one after another in one transaction with one commit; each
 * request's result and err are set. */
void store_run_group(struct store_tx *tx, struct store_request *first);

/* A thread of the store's, all signals blocked. 0 or errno. */
int store_start_thread(pthread_t *thread, void *(*main)(void *), struct store *s) WARN_UNUSED;
/* Ends the threads of store_thread.c and store_watch.c; CLOSING is set. */
void store_stop_threads(struct store *s);
void store_stop_watching(struct store *s);

#endif
