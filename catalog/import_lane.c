#include "catalog/import_lane.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "base/alloc.h"

/* One lock, one condition: each side waits only for the other, a few thousand times an import. */
struct lane {
    lane_work work;
    void *arg;
    pthread_t thread;
    bool threaded; /* of the caller, as is `tried` */
    bool tried;
    size_t slot; /* of the caller: sent % LANE_SLOTS */
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    uint64_t sent;
    uint64_t done;
    bool stop;
    int failed;
    struct err err; /* where FAILED */
};

int
lane_new(lane_work work, void *arg, struct lane **ret, struct err *err)
{
    struct lane *l = mem_zero(1, sizeof(*l));
    if (!l) {
        return err_nomem(err);
    }
    l->work = work;
    l->arg = arg;
    if (pthread_mutex_init(&l->mutex, NULL) != 0) {
        mem_free(l);
        return err_nomem(err);
    }
    if (pthread_cond_init(&l->moved, NULL) != 0) {
        (void)pthread_mutex_destroy(&l->mutex);
        mem_free(l);
        return err_nomem(err);
    }
    *ret = l;
    return 0;
}

/* Takes the next slot; false: there will be none. Called and left with the lock. */
static bool
await_work(struct lane *l)
{
    while (!l->stop && (l->failed != 0 || l->sent == l->done)) {
        (void)pthread_cond_wait(&l->moved, &l->mutex);
    }
    return !l->stop;
}

static void *
run(void *arg)
{
    struct lane *l = arg;
    (void)pthread_mutex_lock(&l->mutex);
    while (await_work(l)) {
        size_t slot = (size_t)(l->done % LANE_SLOTS);
        struct err err = {0};
        (void)pthread_mutex_unlock(&l->mutex);
        int rc = l->work(l->arg, slot, &err);
        (void)pthread_mutex_lock(&l->mutex);
        l->done++;
        if (rc < 0) {
            l->failed = rc;
            l->err = err;
        }
        (void)pthread_cond_signal(&l->moved);
    }
    (void)pthread_mutex_unlock(&l->mutex);
    return NULL;
}

/* Without a thread the import goes on alone. Signals are the first thread's. */
static void
start(struct lane *l)
{
    sigset_t all;
    sigset_t before;
    l->tried = true;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        return;
    }
    (void)sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return;
    }
    l->threaded = pthread_create(&l->thread, NULL, run, l) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
lane_free(struct lane *l)
{
    if (!l) {
        return;
    }
    if (l->threaded) {
        (void)pthread_mutex_lock(&l->mutex);
        l->stop = true;
        (void)pthread_cond_signal(&l->moved);
        (void)pthread_mutex_unlock(&l->mutex);
        (void)pthread_join(l->thread, NULL);
    }
    (void)pthread_cond_destroy(&l->moved);
    (void)pthread_mutex_destroy(&l->mutex);
    mem_free(l);
}

size_t
lane_slot(const struct lane *l)
{
    return l->slot;
}

/* Wait until at most OPEN slots are on their way, or never will be. */
static int
await_done(struct lane *l, uint64_t open, struct err *err)
{
    while (l->failed == 0 && l->sent - l->done > open) {
        (void)pthread_cond_wait(&l->moved, &l->mutex);
    }
    if (l->failed != 0) {
        *err = l->err;
    }
    return l->failed;
}

static int
send_over(struct lane *l, struct err *err)
{
    (void)pthread_mutex_lock(&l->mutex);
    l->sent++;
    (void)pthread_cond_signal(&l->moved);
    int rc = await_done(l, LANE_SLOTS - 1, err);
    (void)pthread_mutex_unlock(&l->mutex);
    return rc;
}

int
lane_send(struct lane *l, bool more, struct err *err)
{
    if (more && !l->tried) {
        start(l);
    }
    size_t slot = l->slot;
    l->slot = (slot + 1) % LANE_SLOTS;
    if (l->threaded) {
        return send_over(l, err);
    }
    l->sent++;
    l->done++;
    return l->work(l->arg, slot, err);
}

int
lane_drain(struct lane *l, struct err *err)
{
    if (!l->threaded) {
        return 0;
    }
    (void)pthread_mutex_lock(&l->mutex);
    int rc = await_done(l, 0, err);
    (void)pthread_mutex_unlock(&l->mutex);
    return rc;
}
