#include "io/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/must.h"

enum job_state { JOB_IDLE, JOB_QUEUED, JOB_RUNNING, JOB_ABANDONED, JOB_DONE };

struct pool {
    struct loop *loop;
    char name[16]; /* the kernel's limit for a thread's name */
    pthread_mutex_t lock;
    pthread_cond_t work;  /* a job was queued, or the pool closes */
    pthread_cond_t ended; /* a thread ended */
    struct job *first;
    struct job *last;
    unsigned wanted;
    unsigned alive; /* threads that take jobs, the idle ones included */
    unsigned idle;  /* those that wait, also when they were signalled and did not wake yet */
    unsigned queued;
    unsigned lost;
    unsigned max_lost;
    unsigned users; /* threads that still hold a pointer to this pool, plus its owner */
    bool closing;
};

static void
destroy(struct pool *p)
{
    (void)pthread_cond_destroy(&p->ended);
    (void)pthread_cond_destroy(&p->work);
    (void)pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

static struct job *
take_job(struct pool *p)
{
    struct job *job = p->first;
    p->first = job->next;
    if (!p->first) {
        p->last = NULL;
    }
    p->queued--;
    job->next = NULL;
    job->state = JOB_RUNNING;
    return job;
}

/* Run JOB without the lock and settle who hears of it. False: this thread was lost meanwhile and,
 * its place being taken, ends. */
static bool
run_job(struct pool *p, struct job *job)
{
    (void)pthread_mutex_unlock(&p->lock);
    job->run(job);
    (void)pthread_mutex_lock(&p->lock);
    if (job->state != JOB_ABANDONED) {
        job->state = JOB_DONE;
        loop_post(p->loop, &job->task);
        return true;
    }
    p->lost--;
    (void)pthread_mutex_unlock(&p->lock);
    job->orphaned(job);
    (void)pthread_mutex_lock(&p->lock);
    if (p->closing || p->alive >= p->wanted) {
        return false;
    }
    p->alive++;
    return true;
}

static void *
thread_main(void *arg)
{
    struct pool *p = arg;
    bool stay = true;
    (void)pthread_setname_np(pthread_self(), p->name);
    (void)pthread_mutex_lock(&p->lock);
    while (stay) {
        while (!p->first && !p->closing) {
            p->idle++;
            (void)pthread_cond_wait(&p->work, &p->lock);
            p->idle--;
        }
        if (!p->first || p->closing) {
            p->alive--;
            break;
        }
        stay = run_job(p, take_job(p));
    }
    (void)pthread_cond_signal(&p->ended);
    bool last = --p->users == 0;
    (void)pthread_mutex_unlock(&p->lock);
    if (last) {
        destroy(p);
    }
    return NULL;
}

/* Signals belong to the loop's thread; workers block them all. */
static int
start_thread(struct pool *p)
{
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    pthread_attr_t attributes;
    (void)sigfillset(&all);
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&thread, &attributes, thread_main, p);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    if (failed == 0) {
        p->alive++;
        p->users++;
    }
    return failed;
}

int
pool_new(struct loop *l, const char *name, unsigned threads, unsigned max_lost, struct pool **ret,
         struct err *err)
{
    must(threads > 0);
    struct pool *p = mem_zero(1, sizeof(*p));
    if (!p) {
        return err_nomem(err);
    }
    p->loop = l;
    (void)strncpy(p->name, name, sizeof(p->name) - 1);
    p->wanted = threads;
    p->max_lost = max_lost;
    p->users = 1;
    must(pthread_mutex_init(&p->lock, NULL) == 0);
    must(pthread_cond_init(&p->work, NULL) == 0);
    must(pthread_cond_init(&p->ended, NULL) == 0);
    *ret = p;
    return 0;
}

void
pool_free(struct pool *p)
{
    if (!p) {
        return;
    }
    (void)pthread_mutex_lock(&p->lock);
    p->closing = true;
    struct job *dropped = p->first;
    p->first = NULL;
    p->last = NULL;
    (void)pthread_cond_broadcast(&p->work);
    while (p->alive > 0) {
        (void)pthread_cond_wait(&p->ended, &p->lock);
    }
    /* Lost threads keep the pool's memory until they return, if ever. */
    bool last = --p->users == 0;
    (void)pthread_mutex_unlock(&p->lock);
    while (dropped) {
        struct job *job = dropped;
        dropped = job->next;
        if (job->orphaned) {
            job->orphaned(job);
        }
    }
    if (last) {
        destroy(p);
    }
}

static void
on_done(struct loop_task *task)
{
    struct job *job = OWNER_OF(task, struct job, task);
    job->state = JOB_IDLE;
    job->done(job);
}

int
pool_submit(struct pool *p, struct job *job, struct err *err)
{
    must(loop_is_here(p->loop));
    int failed = 0;
    (void)pthread_mutex_lock(&p->lock);
    if (p->idle <= p->queued && p->alive < p->wanted) {
        failed = start_thread(p);
    }
    bool stuck = p->alive == 0;
    if (!stuck) {
        job->task.fn = on_done;
        job->state = JOB_QUEUED;
        job->next = NULL;
        if (p->last) {
            p->last->next = job;
        } else {
            p->first = job;
        }
        p->last = job;
        p->queued++;
        (void)pthread_cond_signal(&p->work);
    }
    unsigned lost = p->lost;
    (void)pthread_mutex_unlock(&p->lock);
    if (stuck && failed) {
        return err_set_errno(err, failed, "start a %s thread", p->name);
    }
    return stuck ? err_set(err, ERR_LIMIT, "all %u %s threads are stuck in calls that never return",
                           lost, p->name)
                 : 0;
}

/* Take JOB out of the queue it is known to be in. */
static void
unqueue(struct pool *p, struct job *job)
{
    struct job *before = NULL;
    for (struct job *at = p->first; at != job; at = at->next) {
        before = at;
    }
    if (before) {
        before->next = job->next;
    } else {
        p->first = job->next;
    }
    if (p->last == job) {
        p->last = before;
    }
    p->queued--;
}

bool
pool_abandon(struct pool *p, struct job *job)
{
    must(loop_is_here(p->loop) && job->orphaned);
    (void)pthread_mutex_lock(&p->lock);
    int before = job->state;
    if (before == JOB_QUEUED) {
        unqueue(p, job);
    } else if (before == JOB_RUNNING) {
        job->state = JOB_ABANDONED;
        p->alive--;
        p->lost++;
        if (p->lost <= p->max_lost && p->first) {
            /* Without a replacement the queue waits for the lost one, which is no worse. */
            (void)start_thread(p);
        } else if (p->lost > p->max_lost) {
            p->wanted = p->alive;
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (before == JOB_QUEUED) {
        job->orphaned(job);
    }
    return before == JOB_QUEUED || before == JOB_RUNNING;
}

unsigned
pool_lost(const struct pool *p)
{
    struct pool *writable = (struct pool *)p;
    (void)pthread_mutex_lock(&writable->lock);
    unsigned lost = p->lost;
    (void)pthread_mutex_unlock(&writable->lock);
    return lost;
}
