/* Commits of others, noticed: one thread with a connection of its own asks the database for its
 * change count while somebody watches, and posts to the loop when it moved. */
#include "store/store_private.h"

#include <time.h>

#include "base/must.h"

enum { POLL_MS = 200 };

static void
on_changed(struct loop_task *task)
{
    struct store *s = OWNER_OF(task, struct store, watch_task);
    (void)pthread_mutex_lock(&s->lock);
    s->watch_posted = false;
    (void)pthread_mutex_unlock(&s->lock);
    for (struct store_watch *w = s->watches; w; w = s->watch_next) {
        s->watch_next = w->next;
        w->fn(w);
    }
    s->watch_next = NULL;
}

/* True when there may be something new: also when that cannot be found out. */
static bool
look(struct store *s, struct connection **connection, int64_t *seen)
{
    struct err err;
    int64_t now = 0;
    if (!*connection && s->ops->connect(s->backend, false, connection, &err) < 0) {
        return true;
    }
    if (s->ops->change_count(*connection, &now, &err) < 0) {
        return true;
    }
    bool changed = now != *seen;
    *seen = now;
    return changed;
}

/* LOCK is held. Until the next look is due, or the store closes. */
static void
wait_for_next(struct store *s)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += POLL_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    while (!s->closing && !s->watch_fresh &&
           pthread_cond_timedwait(&s->watch_wait, &s->lock, &until) == 0) {
    }
}

static void *
watch_main(void *arg)
{
    struct store *s = arg;
    struct connection *connection = NULL;
    int64_t seen = -1;
    (void)pthread_setname_np(pthread_self(), "store-watch");
    (void)pthread_mutex_lock(&s->lock);
    while (!s->closing) {
        if (s->watch_count == 0) {
            (void)pthread_cond_wait(&s->watch_wait, &s->lock);
            continue;
        }
        bool fresh = s->watch_fresh;
        s->watch_fresh = false;
        (void)pthread_mutex_unlock(&s->lock);
        bool changed = look(s, &connection, &seen) || fresh;
        (void)pthread_mutex_lock(&s->lock);
        if (changed && !s->watch_posted && !s->closing) {
            s->watch_posted = true;
            s->watch_task.fn = on_changed;
            loop_post(s->loop, &s->watch_task);
        }
        wait_for_next(s);
    }
    (void)pthread_mutex_unlock(&s->lock);
    if (connection) {
        s->ops->disconnect(connection);
    }
    return NULL;
}

int
store_watch_start(struct store *s, struct store_watch *watch, void (*fn)(struct store_watch *),
                  struct err *err)
{
    int failed = 0;
    must(s->loop && loop_is_here(s->loop));
    (void)pthread_mutex_lock(&s->lock);
    if (!s->watch_started) {
        failed = store_start_thread(&s->watch_thread, watch_main, s);
        s->watch_started = failed == 0;
    }
    if (!failed) {
        s->watch_count++;
        s->watch_fresh = true;
        (void)pthread_cond_signal(&s->watch_wait);
    }
    (void)pthread_mutex_unlock(&s->lock);
    if (failed) {
        return err_set_errno(err, failed, "start a thread of the store");
    }
    *watch = (struct store_watch){.fn = fn, .store = s, .next = s->watches};
    if (s->watches) {
        s->watches->previous = watch;
    }
    s->watches = watch;
    return 0;
}

void
store_watch_stop(struct store_watch *watch)
{
    struct store *s = watch->store;
    if (!s) {
        return;
    }
    must(loop_is_here(s->loop));
    if (s->watch_next == watch) {
        s->watch_next = watch->next;
    }
    if (watch->next) {
        watch->next->previous = watch->previous;
    }
    if (watch->previous) {
        watch->previous->next = watch->next;
    } else {
        s->watches = watch->next;
    }
    watch->store = NULL;
    (void)pthread_mutex_lock(&s->lock);
    s->watch_count--;
    (void)pthread_mutex_unlock(&s->lock);
}

void
store_stop_watching(struct store *s)
{
    (void)pthread_mutex_lock(&s->lock);
    (void)pthread_cond_broadcast(&s->watch_wait);
    (void)pthread_mutex_unlock(&s->lock);
    if (s->watch_started) {
        (void)pthread_join(s->watch_thread, NULL);
    }
    if (s->watch_posted) {
        loop_unpost(s->loop, &s->watch_task);
    }
    while (s->watches) {
        struct store_watch *w = s->watches;
        s->watches = w->next;
        w->store = NULL;
    }
}
