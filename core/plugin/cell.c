#include "plugin/cell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "plugin/child_wire.h"

enum {
    PIECE = 64 * 1024,
    PIECES = 4,     /* a wake-up: others want the loop, too */
    HIGHER_FD = 10, /* where wiring up the child overwrites nothing of ours */
    REAP_MS = 2,    /* between two looks at a process that is ending */
    EXIT_MS = 100,  /* from the end of its connection to its own end, else it is killed */
    BODY_MAX = LIMIT_ASK_BODY_BYTES, /* above a manifest's and an answer's */
};

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* ---- Its start --------------------------------------------------------------------------------*/

/* 0 or an errno value. */
static int
set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int failed = posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failed = failed ? failed : posix_spawnattr_setpgroup(attributes, 0);
    failed = failed ? failed : posix_spawnattr_setsigmask(attributes, &none);
    return failed ? failed : posix_spawnattr_setsigdefault(attributes, &all);
}

static int
set_actions(posix_spawn_file_actions_t *actions, int theirs)
{
    int failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    failed =
        failed ? failed : posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDOUT_FILENO);
    failed =
        failed ? failed : posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDERR_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(actions, theirs, WIRE_FD);
    return failed ? failed : posix_spawn_file_actions_addclosefrom_np(actions, WIRE_FD + 1);
}

static int
spawn(pid_t *ret, const char *program, int theirs)
{
    char *const argv[] = {"plugin-host", NULL};
    char *const nothing[] = {NULL};
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int failed = posix_spawnattr_init(&attributes);
    if (failed) {
        return failed;
    }
    failed = posix_spawn_file_actions_init(&actions);
    if (failed == 0) {
        failed = set_attributes(&attributes);
        failed = failed ? failed : set_actions(&actions, theirs);
        failed = failed ? failed : posix_spawn(ret, program, &actions, &attributes, argv, nothing);
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)posix_spawnattr_destroy(&attributes);
    return failed;
}

static int
start(struct cell *c, const char *program, struct err *err)
{
    int pair[2];
    /* Looked at first: under valgrind a start that fails looks like a child that ends. */
    if (access(program, X_OK) != 0) {
        int seen = errno;
        (void)err_set_errno(err, seen, "start %s, which plugins run in", program);
        err->code = seen == ENOENT ? ERR_NOTFOUND : ERR_IO;
        return err->code;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return err_set_errno(err, errno, "make a connection for a plugin");
    }
    int theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, HIGHER_FD);
    int failed = theirs < 0 ? errno : 0;
    (void)close(pair[1]);
    if (failed == 0 && fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0) {
        failed = errno;
    }
    failed = failed ? failed : spawn(&c->pid, program, theirs);
    if (theirs >= 0) {
        (void)close(theirs);
    }
    if (failed) {
        (void)close(pair[0]);
        (void)err_set_errno(err, failed, "start %s, which plugins run in", program);
        err->code = failed == ENOMEM ? ERR_NOMEM : ERR_IO;
        return err->code;
    }
    c->fd = pair[0];
    c->state = CELL_LIVE;
    return 0;
}

/* ---- Its end ----------------------------------------------------------------------------------*/

static void
set_why(struct cell *c, const char *why)
{
    if (!c->why[0]) {
        (void)snprintf(c->why, sizeof(c->why), "%s", why);
    }
}

/* From here on it is only waited for. */
static void
leave(struct cell *c, int64_t grace_ms)
{
    if (c->state == CELL_LIVE) {
        c->state = CELL_STOPPING;
        c->kill_ms = now_ms() + grace_ms;
        loop_socket_done(&c->socket);
        loop_timer_start(&c->timer, 0);
    }
}

static void
describe(struct cell *c, int status)
{
    char text[sizeof(c->why)];
    if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        const char *name = sigdescr_np(number);
        (void)snprintf(text, sizeof(text), "was killed by signal %d (%s)", number,
                       name ? name : "unknown");
    } else {
        (void)snprintf(text, sizeof(text), "ended by itself, with exit status %d",
                       WEXITSTATUS(status));
    }
    set_why(c, text);
}

static bool
reap(struct cell *c)
{
    int status = 0;
    pid_t got = waitpid(c->pid, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) {
        return false;
    }
    if (got == c->pid) {
        describe(c, status);
    }
    /* What it may have left in its group; there is nothing where forking is denied. */
    (void)kill(-c->pid, SIGKILL);
    c->state = CELL_DEAD;
    return true;
}

static void
on_timer(struct loop_timer *timer)
{
    struct cell *c = OWNER_OF(timer, struct cell, timer);
    if (c->state != CELL_STOPPING) {
        return;
    }
    if (reap(c)) {
        c->ops->gone(c, c->why);
        return;
    }
    if (now_ms() >= c->kill_ms) {
        set_why(c, "closed its connection and went on");
        (void)kill(-c->pid, SIGKILL);
    }
    loop_timer_start(&c->timer, REAP_MS);
}

void
cell_stop(struct cell *c, const char *why)
{
    if (c->state == CELL_LIVE) {
        set_why(c, why);
        (void)kill(-c->pid, SIGTERM);
        leave(c, CELL_TERM_MS);
    }
}

static void
wipe_out(struct cell *c)
{
    if (c->wipe && c->out.text) {
        explicit_bzero(c->out.text, c->out.len);
    }
    c->wipe = false;
}

void
cell_kill(struct cell *c, const char *why)
{
    if (c->state == CELL_LIVE) {
        set_why(c, why);
        (void)kill(-c->pid, SIGKILL);
        leave(c, 0);
    }
}

void
cell_starve(struct cell *c)
{
    c->starved = true;
    cell_kill(c, "was given up for want of memory");
}

void
cell_done(struct cell *c)
{
    if (c->state == CELL_LIVE || c->state == CELL_STOPPING) {
        (void)kill(-c->pid, SIGKILL);
        /* Nothing but the kernel can hold it up now. */
        while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    if (c->state != CELL_NONE) {
        loop_socket_done(&c->socket);
        (void)close(c->fd);
    }
    loop_timer_done(&c->timer);
    frames_done(&c->in);
    wipe_out(c);
    buf_done(&c->out);
    *c = (struct cell){0};
}

/* ---- Messages ---------------------------------------------------------------------------------*/

static void
flush(struct cell *c)
{
    struct err err;
    while (c->state == CELL_LIVE && c->out_at < c->out.len) {
        ssize_t put = send(c->fd, c->out.text + c->out_at, c->out.len - c->out_at, MSG_NOSIGNAL);
        if (put < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }
        if (put < 0) {
            leave(c, EXIT_MS);
            return;
        }
        c->out_at += (size_t)put;
    }
    if (c->out_at == c->out.len) {
        wipe_out(c);
        buf_clear(&c->out);
        c->out_at = 0;
    }
    if (c->state == CELL_LIVE && loop_socket_set(&c->socket, true, c->out.len > 0, &err) < 0) {
        cell_starve(c);
    }
}

void
cell_send(struct cell *c, struct str head, struct str body)
{
    if (c->state != CELL_LIVE) {
        return;
    }
    frame_add(&c->out, head, body);
    if (c->out.failed == ERR_LIMIT) {
        cell_kill(c, "did not read what it was sent");
        return;
    }
    if (c->out.failed) {
        cell_starve(c);
        return;
    }
    flush(c);
}

void
cell_send_wiped(struct cell *c, struct str head, struct str body)
{
    if (c->state != CELL_LIVE) {
        return;
    }
    /* At once as large as it gets: a growing text leaves its former self behind. */
    buf_reserve(&c->out, FRAME_LENGTHS + head.len + body.len);
    c->wipe = true;
    cell_send(c, head, body);
}

static void
hand_out(struct cell *c)
{
    struct frame frame;
    struct err err;
    int result = 0;
    while (c->state == CELL_LIVE && (result = frames_next(&c->in, &frame, &err)) == FRAME_READY) {
        AUTO(arena) struct arena arena = {0};
        struct js *head;
        if (js_parse_object(frame.head, "message", &arena, &head, &err) < 0) {
            result = err.code;
            break;
        }
        c->ops->message(c, head, frame.body);
    }
    if (result == ERR_NOMEM) {
        cell_starve(c);
    } else if (result < 0) {
        cell_kill(c, "sent something else than messages");
    }
}

static void
receive(struct cell *c)
{
    for (int i = 0; i < PIECES && c->state == CELL_LIVE; i++) {
        char piece[PIECE];
        struct err err;
        ssize_t got = recv(c->fd, piece, sizeof(piece), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (got <= 0) {
            leave(c, EXIT_MS);
            return;
        }
        if (frames_feed(&c->in, (struct str){piece, (size_t)got}, &err) < 0) {
            cell_starve(c);
            return;
        }
        hand_out(c);
        if ((size_t)got < sizeof(piece)) {
            return;
        }
    }
}

static void
on_socket(struct loop_socket *socket, bool readable, bool writable)
{
    struct cell *c = OWNER_OF(socket, struct cell, socket);
    if (writable) {
        flush(c);
    }
    if (readable && c->state == CELL_LIVE) {
        receive(c);
    }
}

void
cell_wait(struct cell *c, int64_t ms)
{
    short wanted = c->out.len > 0 ? POLLIN | POLLOUT : POLLIN;
    struct pollfd poll_fd = {.fd = c->fd, .events = wanted};
    if (c->state == CELL_STOPPING) {
        (void)poll(NULL, 0, REAP_MS);
        if (reap(c)) {
            return;
        }
        if (now_ms() >= c->kill_ms) {
            (void)kill(-c->pid, SIGKILL);
        }
    } else if (c->state == CELL_LIVE && poll(&poll_fd, 1, (int)ms) > 0) {
        flush(c);
        if (c->state == CELL_LIVE) {
            receive(c);
        }
    }
}

int
cell_init(struct cell *c, struct loop *l, const char *program, const struct cell_ops *ops,
          struct err *err)
{
    *c = (struct cell){.ops = ops, .fd = -1};
    frames_init(&c->in, BODY_MAX);
    buf_init(&c->out, LIMIT_FRAME_QUEUE_BYTES);
    int result = loop_timer_init(&c->timer, l, on_timer, err);
    if (result == 0) {
        result = start(c, program, err);
    }
    if (result == 0) {
        result = loop_socket_init(&c->socket, l, c->fd, on_socket, err);
    }
    return result < 0 ? result : loop_socket_set(&c->socket, true, false, err);
}
