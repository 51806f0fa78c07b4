/* loop: the one thread that owns all engine state, and what it waits for.
 *
 * A loop runs callbacks one after another on the thread that calls loop_run(). Everything marked
 * [loop] in this code base runs there and nowhere else; loop_run() records its thread and the
 * others assert it. Nothing on the loop may wait: not for a disk, a lock, a name server, a tool or
 * a model. What may wait leaves as a job (worker.h) and comes back as a task.
 *
 * Tasks, timers and watches are intrusive: their storage belongs to the object that uses them and
 * must stay valid while armed, so posting allocates nothing and cannot fail. No callback runs
 * inside the call that armed it. Together with http_server this is the only module that knows
 * libevent. */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"

struct event;
struct loop;

int loop_new(struct loop **ret, struct err *err) WARN_UNUSED;
/* Everything armed must have been stopped; tasks still queued are dropped unrun. NULL is fine. */
void loop_free(struct loop *l);
AUTO_DEFINE(loop, struct loop *, loop_free)

/* Run until loop_stop(). Returns at once, 0, when a stop came before. The stop is consumed. */
int loop_run(struct loop *l, struct err *err) WARN_UNUSED;
/* Run what is ready, waiting at most MAX_MS for something to become so (0: don't wait). For tests
 * and for programs that have a loop of their own. */
int loop_step(struct loop *l, int64_t max_ms, struct err *err) WARN_UNUSED;
/* [any] The callbacks already begun finish first. */
void loop_stop(struct loop *l);
/* Is this the thread the loop runs on? True as well before it ever ran. */
bool loop_is_here(const struct loop *l);

/* A task: run FN(task) once, on the loop, later. [any] may post; the order of one thread's posts
 * is kept; a task may be posted again once it has begun to run, not before. Wake-ups are batched:
 * many posts cost one write to the eventfd. */
struct loop_task {
    void (*fn)(struct loop_task *task);
    struct loop_task *next;
};
void loop_post(struct loop *l, struct loop_task *task);
/* [loop] Take a posted task back before it runs, for an object that goes away. One that is not
 * posted is fine. No other thread may be posting it. */
void loop_unpost(struct loop *l, struct loop_task *task);

/* A timer: FN(timer) once, MS from now. Starting again moves it; stopping an idle one is fine. */
struct loop_timer {
    struct event *event;
    struct loop *loop;
    void (*fn)(struct loop_timer *timer);
};
int loop_timer_init(struct loop_timer *t, struct loop *l, void (*fn)(struct loop_timer *),
                    struct err *err) WARN_UNUSED;
void loop_timer_start(struct loop_timer *t, int64_t ms);
void loop_timer_stop(struct loop_timer *t);
/* Stops and frees; `{0}` and a second call are fine. */
void loop_timer_done(struct loop_timer *t);

/* A file descriptor that became readable (or reached its end). Level-triggered. The descriptor
 * stays the caller's and is closed after loop_watch_done(). */
struct loop_watch {
    struct event *event;
    void (*fn)(struct loop_watch *watch);
    int fd;
};
int loop_watch_init(struct loop_watch *w, struct loop *l, int fd, void (*fn)(struct loop_watch *),
                    struct err *err) WARN_UNUSED;
/* Stop looking at it for a while, and look again. */
void loop_watch_pause(struct loop_watch *w);
void loop_watch_resume(struct loop_watch *w);
/* `{0}` and a second call are fine. */
void loop_watch_done(struct loop_watch *w);

/* A socket of somebody else's (a library's), watched for what its owner wants just now. FN may end
 * the watch it is called for. Level-triggered; an error or the other end's close counts as
 * whatever was wanted. The descriptor is closed after loop_socket_done(); its number may then come
 * back in another watch at once. */
struct loop_socket {
    struct event *event;
    struct loop *loop;
    void (*fn)(struct loop_socket *socket, bool readable, bool writable);
    int fd;
    short wanted;
};
/* Wants nothing yet. */
int loop_socket_init(struct loop_socket *s, struct loop *l, int fd,
                     void (*fn)(struct loop_socket *, bool, bool), struct err *err) WARN_UNUSED;
/* Costs nothing where nothing changes. ERR_NOMEM: it is then watched for nothing. */
int loop_socket_set(struct loop_socket *s, bool want_read, bool want_write,
                    struct err *err) WARN_UNUSED;
/* `{0}` and a second call are fine. */
void loop_socket_done(struct loop_socket *s);

/* A signal, as an event. One handler a signal and process. */
struct loop_signal {
    struct event *event;
    void (*fn)(struct loop_signal *signal);
};
int loop_signal_init(struct loop_signal *s, struct loop *l, int signal_number,
                     void (*fn)(struct loop_signal *), struct err *err) WARN_UNUSED;
void loop_signal_done(struct loop_signal *s);

/* The object a member is embedded in: OWNER_OF(task, struct job, task). */
#define OWNER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
