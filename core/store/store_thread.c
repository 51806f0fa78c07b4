/* Requests from the loop: one writer thread with group commit, a few reader threads, and their
 * DONEs back on the loop, all that are due in one task. */
#include "store/store_private.h"

#include <errno.h>
#include <signal.h>

#include "base/fault.h"
#include "base/must.h"

/* A group is bounded so that its first body does not wait for the last of a flood, and other
 * processes get at the write lock. */
enum { GROUP_MAX = 256 };

static void
push(struct request_queue *q, struct store_request *r)
{
    r->next = NULL;
    if (q->last) {
        q->last->next = r;
    } else {
        q->first = r;
    }
    q->last = r;
}

/* Cut up to MAX requests off the front of Q: a list of their own, which ends at *RET_LAST. */
static struct store_request *
take(struct request_queue *q, size_t max, struct store_request **ret_last)
{
    struct store_request *first = q->first;
    struct store_request *last = first;
    for (size_t i = 1; i < max && last->next; i++) {
        last = last->next;
    }
    q->first = last->next;
    if (!q->first) {
        q->last = NULL;
    }
    last->next = NULL;
    *ret_last = last;
    return first;
}

static void
on_completed(struct loop_task *task)
{
    struct store *s = OWNER_OF(task, struct store, completed_task);
    (void)pthread_mutex_lock(&s->lock);
    struct store_request *r = s->completed.first;
    s->completed = (struct request_queue){0};
    s->completed_posted = false;
    (void)pthread_mutex_unlock(&s->lock);
    while (r) {
        /* DONE may release the request, or start it anew. */
        struct store_request *next = r->next;
        r->done(r->arg, r->result, &r->err);
        r = next;
    }
}

/* LOCK is held. FIRST to LAST have their results. */
static void
complete(struct store *s, struct store_request *first, struct store_request *last)
{
    if (s->completed.last) {
        s->completed.last->next = first;
    } else {
        s->completed.first = first;
    }
    s->completed.last = last;
    if (!s->completed_posted) {
        s->completed_posted = true;
        s->completed_task.fn = on_completed;
        loop_post(s->loop, &s->completed_task);
    }
}

static void *
write_main(void *arg)
{
    struct store *s = arg;
    (void)pthread_setname_np(pthread_self(), "store-write");
    (void)pthread_mutex_lock(&s->lock);
    for (;;) {
        while (!s->writes.first && !s->closing) {
            (void)pthread_cond_wait(&s->writes_wait, &s->lock);
        }
        if (s->closing) {
            break;
        }
        struct store_request *last;
        struct store_request *first = take(&s->writes, GROUP_MAX, &last);
        (void)pthread_mutex_unlock(&s->lock);
        (void)pthread_mutex_lock(&s->writer_lock);
        store_run_group(&s->writer, first);
        (void)pthread_mutex_unlock(&s->writer_lock);
        (void)pthread_mutex_lock(&s->lock);
        complete(s, first, last);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* One read on this thread's connection, which is made for the first. */
static void
run_read(struct store_tx *tx, struct store_request *r)
{
    if (!tx->connection) {
        r->result = tx->ops->connect(tx->store->backend, false, &tx->connection, &r->err);
        if (r->result < 0) {
            return;
        }
    }
    r->result = store_run_read(tx, r->body, r->arg, &r->err);
}

static void *
read_main(void *arg)
{
    struct store *s = arg;
    struct store_tx tx = {.store = s, .ops = s->ops};
    id_gen_init(&tx.ids);
    (void)pthread_setname_np(pthread_self(), "store-read");
    (void)pthread_mutex_lock(&s->lock);
    for (;;) {
        while (!s->reads.first && !s->closing) {
            s->readers_idle++;
            (void)pthread_cond_wait(&s->reads_wait, &s->lock);
            s->readers_idle--;
        }
        if (s->closing) {
            break;
        }
        struct store_request *last;
        struct store_request *r = take(&s->reads, 1, &last);
        (void)pthread_mutex_unlock(&s->lock);
        run_read(&tx, r);
        (void)pthread_mutex_lock(&s->lock);
        complete(s, r, last);
    }
    (void)pthread_mutex_unlock(&s->lock);
    if (tx.connection) {
        s->ops->disconnect(tx.connection);
    }
    arena_done(&tx.scratch);
    return NULL;
}

int
store_start_thread(pthread_t *thread, void *(*main)(void *), struct store *s)
{
    sigset_t all;
    sigset_t before;
    if (fault_io("store.thread")) {
        return EAGAIN;
    }
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(thread, NULL, main, s);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* LOCK is held. A request that no thread will ever take is answered here. */
static void
queue(struct store *s, struct request_queue *q, struct store_request *r, int failed)
{
    if (failed) {
        r->result = err_set_errno(&r->err, failed, "start a thread of the store");
        r->next = NULL;
        complete(s, r, r);
        return;
    }
    push(q, r);
}

void
store_write(struct store *s, struct store_request *request)
{
    int failed = 0;
    must(s->loop && loop_is_here(s->loop));
    (void)pthread_mutex_lock(&s->lock);
    if (s->read_only) {
        request->result = err_set(&request->err, ERR_AUTH,
                                  "%s was opened read-only: nothing can be written", s->path);
        request->next = NULL;
        complete(s, request, request);
    } else {
        if (!s->writer_started) {
            failed = store_start_thread(&s->writer_thread, write_main, s);
            s->writer_started = failed == 0;
        }
        queue(s, &s->writes, request, failed);
        (void)pthread_cond_signal(&s->writes_wait);
    }
    (void)pthread_mutex_unlock(&s->lock);
}

void
store_read(struct store *s, struct store_request *request)
{
    int failed = 0;
    must(s->loop && loop_is_here(s->loop));
    (void)pthread_mutex_lock(&s->lock);
    if (s->readers_idle == 0 && s->readers_started < s->readers) {
        failed = store_start_thread(&s->reader_threads[s->readers_started], read_main, s);
        s->readers_started += failed == 0;
    }
    queue(s, &s->reads, request, s->readers_started == 0 ? failed : 0);
    (void)pthread_cond_signal(&s->reads_wait);
    (void)pthread_mutex_unlock(&s->lock);
}

void
store_stop_threads(struct store *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->closing = true;
    (void)pthread_cond_broadcast(&s->writes_wait);
    (void)pthread_cond_broadcast(&s->reads_wait);
    (void)pthread_mutex_unlock(&s->lock);
    if (s->writer_started) {
        (void)pthread_join(s->writer_thread, NULL);
    }
    for (unsigned i = 0; i < s->readers_started; i++) {
        (void)pthread_join(s->reader_threads[i], NULL);
    }
    if (s->completed_posted) {
        loop_unpost(s->loop, &s->completed_task);
    }
}
