#include "io/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/must.h"

/* Posts from any thread push onto a lock-free stack; the loop takes the whole stack at once and
 * turns it round. `woken` is raised by the post that finds it down, so that a burst of posts costs
 * one write. */
struct loop {
    struct event_base *base;
    struct event *wakeup;
    int wake_fd;
    _Atomic(struct loop_task *) posted;
    struct loop_task *ready; /* taken from there, in order, not yet run */
    atomic_bool woken;
    atomic_bool stopping;
    atomic_bool running;
    pthread_t thread;
};

static void
wake(struct loop *l)
{
    if (!atomic_exchange(&l->woken, true)) {
        uint64_t one = 1;
        ssize_t put = write(l->wake_fd, &one, sizeof(one));
        (void)put; /* a full counter is awake already */
    }
}

/* Everything posted so far, behind what is ready already. */
static void
take_posted(struct loop *l)
{
    struct loop_task *stack = atomic_exchange(&l->posted, NULL);
    struct loop_task *queue = NULL;
    while (stack) {
        struct loop_task *next = stack->next;
        stack->next = queue;
        queue = stack;
        stack = next;
    }
    struct loop_task **end = &l->ready;
    while (*end) {
        end = &(*end)->next;
    }
    *end = queue;
}

static void
run_posted(struct loop *l)
{
    take_posted(l);
    while (l->ready) {
        struct loop_task *task = l->ready;
        l->ready = task->next;
        task->next = NULL;
        task->fn(task);
    }
}

void
loop_unpost(struct loop *l, struct loop_task *task)
{
    must(loop_is_here(l));
    take_posted(l);
    struct loop_task **at = &l->ready;
    while (*at && *at != task) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = task->next;
        task->next = NULL;
    }
    if (l->ready) {
        wake(l); /* what was taken runs with the next wake-up */
    }
}

static void
on_wakeup(evutil_socket_t fd, short what, void *arg)
{
    struct loop *l = arg;
    uint64_t count;
    (void)what;
    /* The flag goes down before the stack is taken: a post that comes between finds it down and
     * wakes us again, for nothing at worst. */
    ssize_t got = read(fd, &count, sizeof(count));
    (void)got;
    atomic_store(&l->woken, false);
    run_posted(l);
    if (atomic_load(&l->stopping)) {
        (void)event_base_loopbreak(l->base);
    }
}

static struct event_base *
new_base(void)
{
    struct event_config *config = event_config_new();
    if (!config) {
        return NULL;
    }
    /* One thread, no locks; the precise timer costs a timerfd and is worth it to deadlines. */
    (void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_PRECISE_TIMER);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

int
loop_new(struct loop **ret, struct err *err)
{
    AUTO(loop) struct loop *l = mem_zero(1, sizeof(*l));
    if (!l) {
        return err_nomem(err);
    }
    l->wake_fd = fault_io("loop.eventfd") ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->wake_fd < 0) {
        return err_set_errno(err, errno ? errno : EIO, "event loop");
    }
    l->base = new_base();
    if (!l->base) {
        return err_nomem(err);
    }
    l->wakeup = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wakeup, l);
    if (!l->wakeup || event_add(l->wakeup, NULL) != 0) {
        return err_nomem(err);
    }
    *ret = TAKE(l);
    return 0;
}

void
loop_free(struct loop *l)
{
    if (!l) {
        return;
    }
    must(!atomic_load(&l->running));
    if (l->wakeup) {
        event_free(l->wakeup);
    }
    if (l->base) {
        event_base_free(l->base);
    }
    if (l->wake_fd > 0) {
        (void)close(l->wake_fd);
    }
    mem_free(l);
}

static int
run_base(struct loop *l, int flags, struct err *err)
{
    l->thread = pthread_self();
    atomic_store(&l->running, true);
    int result = event_base_loop(l->base, flags);
    atomic_store(&l->running, false);
    return result < 0 ? err_set(err, ERR_BUG, "event loop: cannot wait for events") : 0;
}

int
loop_run(struct loop *l, struct err *err)
{
    while (!atomic_load(&l->stopping)) {
        int result = run_base(l, EVLOOP_NO_EXIT_ON_EMPTY, err);
        if (result < 0) {
            return result;
        }
    }
    atomic_store(&l->stopping, false);
    return 0;
}

static void
on_step_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static struct timeval
timeval_from_ms(int64_t ms)
{
    ms = ms < 0 ? 0 : ms;
    return (struct timeval){.tv_sec = (time_t)(ms / 1000), .tv_usec = (ms % 1000) * 1000};
}

int
loop_step(struct loop *l, int64_t max_ms, struct err *err)
{
    if (max_ms > 0) {
        struct timeval wait = timeval_from_ms(max_ms);
        if (event_base_once(l->base, -1, EV_TIMEOUT, on_step_over, NULL, &wait) != 0) {
            return err_nomem(err);
        }
    }
    return run_base(l, EVLOOP_ONCE | (max_ms > 0 ? 0 : EVLOOP_NONBLOCK), err);
}

void
loop_stop(struct loop *l)
{
    atomic_store(&l->stopping, true);
    wake(l);
}

bool
loop_is_here(const struct loop *l)
{
    return !atomic_load(&l->running) || pthread_equal(l->thread, pthread_self());
}

void
loop_post(struct loop *l, struct loop_task *task)
{
    struct loop_task *top = atomic_load(&l->posted);
    do {
        task->next = top;
    } while (!atomic_compare_exchange_weak(&l->posted, &top, task));
    wake(l);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *t = arg;
    (void)fd;
    (void)what;
    t->fn(t);
}

int
loop_timer_init(struct loop_timer *t, struct loop *l, void (*fn)(struct loop_timer *),
                struct err *err)
{
    *t = (struct loop_timer){.loop = l, .fn = fn};
    t->event = event_new(l->base, -1, 0, on_timer, t);
    return t->event ? 0 : err_nomem(err);
}

void
loop_timer_start(struct loop_timer *t, int64_t ms)
{
    must(loop_is_here(t->loop));
    struct timeval wait = timeval_from_ms(ms);
    /* Fails only where the timer heap cannot grow: then the wait is over at once, and a deadline
     * that comes early is an error somebody sees, one that never comes is a hang. */
    if (event_add(t->event, &wait) != 0) {
        event_active(t->event, EV_TIMEOUT, 0);
    }
}

void
loop_timer_stop(struct loop_timer *t)
{
    if (t->event) {
        (void)event_del(t->event);
    }
}

void
loop_timer_done(struct loop_timer *t)
{
    if (t->event) {
        event_free(t->event);
        t->event = NULL;
    }
}

static void
on_watch(evutil_socket_t fd, short what, void *arg)
{
    struct loop_watch *w = arg;
    (void)fd;
    (void)what;
    w->fn(w);
}

int
loop_watch_init(struct loop_watch *w, struct loop *l, int fd, void (*fn)(struct loop_watch *),
                struct err *err)
{
    *w = (struct loop_watch){.fn = fn, .fd = fd};
    w->event = event_new(l->base, fd, EV_READ | EV_PERSIST, on_watch, w);
    if (!w->event || event_add(w->event, NULL) != 0) {
        int seen = errno;
        loop_watch_done(w);
        return seen == EPERM ? err_set_errno(err, seen, "this file cannot be waited for")
                             : err_nomem(err);
    }
    return 0;
}

void
loop_watch_pause(struct loop_watch *w)
{
    (void)event_del(w->event);
}

void
loop_watch_resume(struct loop_watch *w)
{
    /* Was added before, so its place is there: this cannot fail for memory. */
    (void)event_add(w->event, NULL);
}

void
loop_watch_done(struct loop_watch *w)
{
    if (w->event) {
        event_free(w->event);
        w->event = NULL;
    }
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct loop_socket *s = arg;
    (void)fd;
    s->fn(s, (what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

int
loop_socket_init(struct loop_socket *s, struct loop *l, int fd,
                 void (*fn)(struct loop_socket *, bool, bool), struct err *err)
{
    *s = (struct loop_socket){.loop = l, .fn = fn, .fd = fd};
    s->event = event_new(l->base, fd, EV_PERSIST, on_socket, s);
    return s->event ? 0 : err_nomem(err);
}

int
loop_socket_set(struct loop_socket *s, bool want_read, bool want_write, struct err *err)
{
    must(loop_is_here(s->loop));
    short wanted = (short)((want_read ? EV_READ : 0) | (want_write ? EV_WRITE : 0));
    if (wanted == s->wanted) {
        return 0;
    }
    /* An event's interest is fixed while it is added: out, changed in place, and in again. */
    (void)event_del(s->event);
    s->wanted = 0;
    if (wanted == 0) {
        return 0;
    }
    if (event_assign(s->event, s->loop->base, s->fd, (short)(wanted | EV_PERSIST), on_socket, s) !=
            0 ||
        event_add(s->event, NULL) != 0) {
        return err_nomem(err);
    }
    s->wanted = wanted;
    return 0;
}

void
loop_socket_done(struct loop_socket *s)
{
    if (s->event) {
        event_free(s->event);
        s->event = NULL;
    }
}

static void
on_signal(evutil_socket_t number, short what, void *arg)
{
    struct loop_signal *s = arg;
    (void)number;
    (void)what;
    s->fn(s);
}

int
loop_signal_init(struct loop_signal *s, struct loop *l, int signal_number,
                 void (*fn)(struct loop_signal *), struct err *err)
{
    *s = (struct loop_signal){.fn = fn};
    s->event = event_new(l->base, signal_number, EV_SIGNAL | EV_PERSIST, on_signal, s);
    if (!s->event || event_add(s->event, NULL) != 0) {
        loop_signal_done(s);
        return err_nomem(err);
    }
    return 0;
}

void
loop_signal_done(struct loop_signal *s)
{
    if (s->event) {
        event_free(s->event);
        s->event = NULL;
    }
}
