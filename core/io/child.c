#include "io/child.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "io/child_spawn.h"
#include "io/loop.h"

enum { TIMEOUT_MS = 30000, GRACE_MS = 2000, FIRST_OUTPUT = 1024, PASS_MAX = 64 * 1024 };

/* One of the child's outputs. Grown by hand, for each storage is wiped before it is let go. */
struct output {
    struct loop_watch watch;
    struct child *child;
    int fd; /* -1: at its end */
    char *text;
    size_t len;
    size_t capacity;
    size_t max;
    bool cut; /* more than MAX is dropped, not a failure */
};

/* Over when the process has exited; its pipes are then read empty, whoever else may hold them. */
struct child {
    struct loop *loop;
    child_done done;
    void *arg;
    pid_t pid;
    int pidfd;
    struct loop_watch exited;
    struct loop_timer timer;
    int64_t timeout_ms;
    int64_t grace_ms;
    struct output out;
    struct output complaint;
    int failed;      /* why it is being ended: ERR_TIMEOUT, ERR_CANCELED, ERR_LIMIT, ERR_NOMEM */
    bool terminated; /* SIGTERM was sent */
    char name[64];
};

static void
wipe(char *text, size_t size)
{
    if (text) {
        explicit_bzero(text, size);
        mem_free(text);
    }
}

static int
make_room(struct output *o)
{
    if (o->len < o->capacity || o->capacity == o->max) {
        return 0;
    }
    size_t capacity = o->capacity ? o->capacity * 2 : FIRST_OUTPUT;
    capacity = capacity > o->max ? o->max : capacity;
    char *grown = mem_alloc(capacity);
    if (!grown) {
        return ERR_NOMEM;
    }
    if (o->len) {
        memcpy(grown, o->text, o->len);
    }
    wipe(o->text, o->capacity);
    o->text = grown;
    o->capacity = capacity;
    return 0;
}

static void
close_output(struct output *o)
{
    loop_watch_done(&o->watch);
    if (o->fd >= 0) {
        (void)close(o->fd);
    }
    o->fd = -1;
}

/* One read, past the storage where that is full and the rest is not wanted. As read(2). */
static ssize_t
read_output(struct output *o)
{
    char dropped[4096];
    if (o->cut && o->len == o->max) {
        return read(o->fd, dropped, sizeof(dropped));
    }
    size_t room = (o->capacity < o->max ? o->capacity : o->max) - o->len;
    /* At the maximum one byte more tells whether there is more. */
    ssize_t got = room ? read(o->fd, o->text + o->len, room) : read(o->fd, dropped, 1);
    if (got > 0) {
        o->len += (size_t)got;
    }
    return got;
}

/* Take what is there, at most about PASS_MAX of it: a program that never stops printing is not to
 * hold up the loop. 0, ERR_LIMIT or ERR_NOMEM. */
static int
take_output(struct output *o)
{
    size_t taken = 0;
    while (o->fd >= 0 && taken < PASS_MAX) {
        if (make_room(o) < 0) {
            return ERR_NOMEM;
        }
        ssize_t got = read_output(o);
        if (o->len > o->max) {
            return ERR_LIMIT;
        }
        if (got > 0) {
            taken += (size_t)got;
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            close_output(o);
        } else if (errno == EAGAIN) {
            break;
        }
    }
    return 0;
}

static void
free_child(struct child *c)
{
    loop_watch_done(&c->exited);
    loop_timer_done(&c->timer);
    close_output(&c->out);
    close_output(&c->complaint);
    if (c->pidfd >= 0) {
        (void)close(c->pidfd);
    }
    wipe(c->out.text, c->out.capacity);
    wipe(c->complaint.text, c->complaint.capacity);
    mem_free(c);
}

static void *
reap(void *arg)
{
    int status;
    while (waitpid((pid_t)(intptr_t)arg, &status, 0) < 0 && errno == EINTR) {
    }
    return NULL;
}

/* To the whole group, and to the process in case it has left that. Its number is its own until it
 * is reaped. */
static void
send_signal(pid_t pid, int number)
{
    (void)kill(-pid, number);
    (void)kill(pid, number);
}

/* Kill the group and leave the process to a thread that waits for its end, which can take as long
 * as the kernel likes: the loop cannot wait, and may be gone by then. Without a thread to be had
 * the dead process stays in the table until we end. */
static void
abandon(pid_t pid)
{
    send_signal(pid, SIGKILL);
    if (waitpid(pid, NULL, WNOHANG) != 0) {
        return;
    }
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    if (pthread_create(&thread, NULL, reap, (void *)(intptr_t)pid) == 0) {
        (void)pthread_detach(thread);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* "aws-login: ended with status 3: token expired". */
static int
status_error(const struct child *c, int status, struct err *err)
{
    char complaint[ERR_MESSAGE_MAX];
    struct str said = str_trim((struct str){c->complaint.text, c->complaint.len});
    (void)snprintf(complaint, sizeof(complaint), "%s%" STR_FMT, said.len ? ": " : "",
                   STR_ARG(str_sub(said, 0, sizeof(complaint) - 3)));
    utf8_sanitize_c(complaint);
    if (WIFSIGNALED(status)) {
        return err_set(err, ERR_IO, "%s: was killed by signal %d%s", c->name, WTERMSIG(status),
                       complaint);
    }
    (void)err_set(err, ERR_IO, "%s: ended with status %d%s", c->name, WEXITSTATUS(status),
                  complaint);
    return WEXITSTATUS(status);
}

static int
failure_error(const struct child *c, struct err *err)
{
    if (c->failed == ERR_LIMIT) {
        return err_set(err, ERR_LIMIT, "%s: printed more than %zu bytes", c->name, c->out.max);
    }
    if (c->failed == ERR_TIMEOUT) {
        return err_set(err, ERR_TIMEOUT, "%s: did not end within %lld ms", c->name,
                       (long long)c->timeout_ms);
    }
    if (c->failed == ERR_CANCELED) {
        return err_set(err, ERR_CANCELED, "%s: was called off", c->name);
    }
    return err_nomem(err);
}

/* The process is reaped or abandoned. */
static void
finish(struct child *c, int result, const struct err *err)
{
    struct str output = result < 0 ? (struct str){0} : (struct str){c->out.text, c->out.len};
    loop_timer_stop(&c->timer);
    loop_watch_pause(&c->exited);
    close_output(&c->out);
    close_output(&c->complaint);
    c->done(c->arg, result, output, result == 0 ? NULL : err);
    free_child(c);
}

static void
finish_failed(struct child *c)
{
    struct err err = {0};
    int result = failure_error(c, &err);
    abandon(c->pid);
    finish(c, result, &err);
}

/* Empty the pipes of what the process left in them; its group is dead, and stdout has its maximum,
 * so this ends. */
static int
take_rest(struct child *c)
{
    size_t before;
    int result;
    (void)take_output(&c->complaint);
    do {
        before = c->out.len;
        result = take_output(&c->out);
    } while (result == 0 && c->out.fd >= 0 && c->out.len > before);
    return result;
}

static void
on_exit_seen(struct loop_watch *watch)
{
    struct child *c = OWNER_OF(watch, struct child, exited);
    struct err err = {0};
    send_signal(c->pid, SIGKILL);
    int result = take_rest(c);
    c->failed = c->failed ? c->failed : result;
    if (c->failed) {
        finish_failed(c);
        return;
    }
    int status = 0;
    if (waitpid(c->pid, &status, WNOHANG) != c->pid) {
        result = err_set(&err, ERR_IO, "%s: ended unseen: somebody else took its status", c->name);
    } else if (status != 0) {
        result = status_error(c, status, &err);
    }
    finish(c, result, &err);
}

static void
terminate(struct child *c, int why)
{
    c->failed = why;
    c->terminated = true;
    send_signal(c->pid, SIGTERM);
    loop_timer_start(&c->timer, c->grace_ms);
}

static void
on_timer(struct loop_timer *timer)
{
    struct child *c = OWNER_OF(timer, struct child, timer);
    if (c->terminated) {
        finish_failed(c);
    } else {
        terminate(c, ERR_TIMEOUT);
    }
}

static void
on_output(struct loop_watch *watch)
{
    struct output *o = OWNER_OF(watch, struct output, watch);
    int result = take_output(o);
    if (result < 0) {
        o->child->failed = o->child->failed ? o->child->failed : result;
        finish_failed(o->child);
    }
}

/* Look at the running child. */
static int
attend(struct child *c, struct err *err)
{
    c->pidfd = pidfd_open(c->pid, 0);
    if (c->pidfd < 0) {
        return err_set_errno(err, errno, "watch %s", c->name);
    }
    int result = loop_watch_init(&c->exited, c->loop, c->pidfd, on_exit_seen, err);
    result = result ? result : loop_watch_init(&c->out.watch, c->loop, c->out.fd, on_output, err);
    result = result
                 ? result
                 : loop_watch_init(&c->complaint.watch, c->loop, c->complaint.fd, on_output, err);
    result = result ? result : loop_timer_init(&c->timer, c->loop, on_timer, err);
    if (result == 0) {
        loop_timer_start(&c->timer, c->timeout_ms);
    }
    return result;
}

int
child_start(struct loop *l, const char *const argv[], const struct child_limits *limits,
            child_done done, void *arg, struct child **ret, struct err *err)
{
    static const struct child_limits standard = {0};
    must(loop_is_here(l) && argv[0]);
    limits = limits ? limits : &standard;
    struct child *c = mem_zero(1, sizeof(*c));
    if (!c) {
        return err_nomem(err);
    }
    *c = (struct child){.loop = l, .done = done, .arg = arg, .pidfd = -1};
    c->timeout_ms = limits->timeout_ms > 0 ? limits->timeout_ms : TIMEOUT_MS;
    c->grace_ms = limits->grace_ms > 0 ? limits->grace_ms : GRACE_MS;
    c->out = (struct output){.child = c, .fd = -1};
    c->out.max = limits->output_max ? limits->output_max : LIMIT_CHILD_OUTPUT_BYTES;
    c->complaint = (struct output){.child = c, .fd = -1, .cut = true};
    c->complaint.max = LIMIT_CHILD_COMPLAINT_BYTES;
    (void)snprintf(c->name, sizeof(c->name), "%s", argv[0]);
    struct child_process started;
    int result = child_spawn(argv, limits->env, limits->input, &started, err);
    if (result == 0) {
        c->pid = started.pid;
        c->out.fd = started.out_fd;
        c->complaint.fd = started.complaint_fd;
        result = attend(c, err);
        if (result < 0) {
            abandon(c->pid);
        }
    }
    if (result < 0) {
        free_child(c);
        return result;
    }
    *ret = c;
    return 0;
}

void
child_cancel(struct child *c)
{
    must(loop_is_here(c->loop));
    abandon(c->pid);
    free_child(c);
}

void
child_stop(struct child *c)
{
    must(loop_is_here(c->loop));
    if (!c->terminated) {
        terminate(c, ERR_CANCELED);
    }
}

struct str
child_complaint(const struct child *c)
{
    return (struct str){c->complaint.text, c->complaint.len};
}
