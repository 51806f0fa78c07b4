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
#include "io/child_output.h"
#include "io/child_spawn.h"
#include "io/loop.h"

enum { TIMEOUT_MS = 30000, GRACE_MS = 2000, LOOK_MS = 2 };

/* Over when the process has exited; its pipes are then read empty, whoever else may hold them. */
struct child {
    struct loop *loop;
    child_done done;
    void *arg;
    pid_t pid;
    int pidfd;
    struct loop_watch exited;
    struct loop_timer look; /* instead, without a PIDFD */
    struct loop_timer timer;
    int64_t timeout_ms;
    int64_t grace_ms;
    struct child_output out;
    struct child_output complaint;
    int failed;      /* why it is being ended: ERR_TIMEOUT, ERR_CANCELED, ERR_LIMIT, ERR_NOMEM */
    bool terminated; /* SIGTERM was sent */
    bool killed;     /* and was of no use */
    char name[64];
};

static void
free_child(struct child *c)
{
    loop_watch_done(&c->exited);
    loop_timer_done(&c->look);
    loop_timer_done(&c->timer);
    if (c->pidfd >= 0) {
        (void)close(c->pidfd);
    }
    child_output_done(&c->out);
    child_output_done(&c->complaint);
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
    loop_watch_done(&c->exited);
    loop_timer_stop(&c->look);
    child_output_close(&c->out);
    child_output_close(&c->complaint);
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
    (void)child_output_take(&c->complaint);
    do {
        before = c->out.len;
        result = child_output_take(&c->out);
    } while (result == 0 && c->out.fd >= 0 && c->out.len > before);
    return result;
}

static void
end(struct child *c)
{
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
on_exit_seen(struct loop_watch *watch)
{
    end(OWNER_OF(watch, struct child, exited));
}

/* It stays unreaped. */
static bool
has_exited(const struct child *c)
{
    siginfo_t seen = {.si_pid = 0};
    int failed = waitid(P_PID, (id_t)c->pid, &seen, WEXITED | WNOHANG | WNOWAIT);
    return failed || seen.si_pid == c->pid;
}

/* The same, where its end has to be looked for. */
static void
on_look(struct loop_timer *timer)
{
    struct child *c = OWNER_OF(timer, struct child, look);
    if (has_exited(c)) {
        end(c);
    } else {
        loop_timer_start(&c->look, LOOK_MS);
    }
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
        /* A loop that was held up may hear of both at once. */
        c->killed = !has_exited(c);
        finish_failed(c);
    } else {
        terminate(c, ERR_TIMEOUT);
    }
}

static void
take_from(struct child *c, struct child_output *o)
{
    int result = child_output_take(o);
    if (result < 0) {
        c->failed = c->failed ? c->failed : result;
        finish_failed(c);
    }
}

static void
on_out(struct loop_watch *watch)
{
    struct child *c = OWNER_OF(watch, struct child, out.watch);
    take_from(c, &c->out);
}

static void
on_complaint(struct loop_watch *watch)
{
    struct child *c = OWNER_OF(watch, struct child, complaint.watch);
    take_from(c, &c->complaint);
}

static int
watch_process(struct child *c, struct err *err)
{
    c->pidfd = pidfd_open(c->pid, 0);
    if (c->pidfd >= 0) {
        return loop_watch_init(&c->exited, c->loop, c->pidfd, on_exit_seen, err);
    }
    if (errno != ENOSYS) {
        return err_set_errno(err, errno, "watch %s", c->name);
    }
    int result = loop_timer_init(&c->look, c->loop, on_look, err);
    if (result == 0) {
        loop_timer_start(&c->look, LOOK_MS);
    }
    return result;
}

/* Look at the running child. */
static int
attend(struct child *c, struct err *err)
{
    int result = watch_process(c, err);
    result = result ? result : loop_watch_init(&c->out.watch, c->loop, c->out.fd, on_out, err);
    result =
        result ? result
               : loop_watch_init(&c->complaint.watch, c->loop, c->complaint.fd, on_complaint, err);
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
    c->out = (struct child_output){.fd = -1};
    c->out.max = limits->output_max ? limits->output_max : LIMIT_CHILD_OUTPUT_BYTES;
    c->complaint = (struct child_output){.fd = -1, .cut = true};
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

bool
child_killed(const struct child *c)
{
    return c->killed;
}

struct str
child_complaint(const struct child *c)
{
    return (struct str){c->complaint.text, c->complaint.len};
}
