#include "mcp/mcp_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/child_spawn.h"

enum {
    PIECE = 64 * 1024,
    PIECES = 4, /* a wake-up: others want the loop, too */
    ABOVE_STANDARD = 3,
    REAP_MS = 2,    /* between two looks at a process that is ending */
    EXIT_MS = 100,  /* from the end of its output to its own end, else it is killed */
    LEAVE_MS = 150, /* from the end of its input to SIGTERM, when the desk closes */
    TERM_MS = 300,  /* and from there to SIGKILL */
};

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* ---- Its end ----------------------------------------------------------------------------------*/

static void
set_why(struct mcp_process *p, const char *why)
{
    if (!p->why[0]) {
        (void)snprintf(p->why, sizeof(p->why), "%s", why);
    }
}

/* From here on it is only waited for. */
static void
leave(struct mcp_process *p, int64_t grace_ms)
{
    if (p->state == MCP_PROCESS_LIVE) {
        p->state = MCP_PROCESS_ENDING;
        p->kill_ms = now_ms() + grace_ms;
        loop_socket_done(&p->in);
        loop_watch_done(&p->out);
        loop_watch_done(&p->complaint);
        loop_timer_start(&p->timer, 0);
    }
}

static void
describe(struct mcp_process *p, int status)
{
    char text[sizeof(p->why)];
    if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        const char *name = sigdescr_np(number);
        (void)snprintf(text, sizeof(text), "was killed by signal %d (%s)", number,
                       name ? name : "unknown");
    } else {
        (void)snprintf(text, sizeof(text), "ended by itself, with exit status %d",
                       WEXITSTATUS(status));
    }
    set_why(p, text);
}

static bool
reap(struct mcp_process *p)
{
    int status = 0;
    pid_t got = waitpid(p->pid, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) {
        return false;
    }
    if (got == p->pid) {
        describe(p, status);
    }
    /* What it may have left in its group: a launcher's real server. */
    (void)kill(-p->pid, SIGKILL);
    p->state = MCP_PROCESS_DEAD;
    return true;
}

static void
on_timer(struct loop_timer *timer)
{
    struct mcp_process *p = OWNER_OF(timer, struct mcp_process, timer);
    if (p->state != MCP_PROCESS_ENDING) {
        return;
    }
    if (reap(p)) {
        p->ops->gone(p, p->why);
        return;
    }
    if (now_ms() >= p->kill_ms) {
        set_why(p, "closed its output and went on");
        (void)kill(-p->pid, SIGKILL);
    }
    loop_timer_start(&p->timer, REAP_MS);
}

void
mcp_process_kill(struct mcp_process *p, const char *why)
{
    if (p->state == MCP_PROCESS_LIVE) {
        set_why(p, why);
        (void)kill(-p->pid, SIGKILL);
        leave(p, 0);
    }
}

void
mcp_process_hang_up(struct mcp_process *p)
{
    if (p->state == MCP_PROCESS_LIVE) {
        (void)shutdown(p->in_fd, SHUT_WR);
    }
}

/* Is it dead within MS? */
static bool
wait_for(struct mcp_process *p, int64_t ms)
{
    int64_t until = now_ms() + ms;
    while (!reap(p)) {
        if (now_ms() >= until) {
            return false;
        }
        (void)poll(NULL, 0, REAP_MS);
    }
    return true;
}

static void
end(struct mcp_process *p)
{
    mcp_process_hang_up(p);
    if (wait_for(p, LEAVE_MS)) {
        return;
    }
    (void)kill(-p->pid, SIGTERM);
    if (wait_for(p, TERM_MS)) {
        return;
    }
    (void)kill(-p->pid, SIGKILL);
    /* Nothing but the kernel can hold it up now. */
    while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

void
mcp_process_done(struct mcp_process *p)
{
    if (p->state == MCP_PROCESS_LIVE || p->state == MCP_PROCESS_ENDING) {
        end(p);
    }
    if (p->state != MCP_PROCESS_NONE) {
        loop_socket_done(&p->in);
        loop_watch_done(&p->out);
        loop_watch_done(&p->complaint);
        (void)close(p->in_fd);
        (void)close(p->out_fd);
        (void)close(p->complaint_fd);
    }
    loop_timer_done(&p->timer);
    mcp_lines_done(&p->lines);
    buf_done(&p->queue);
    *p = (struct mcp_process){0};
}

/* ---- What it is told --------------------------------------------------------------------------*/

void
mcp_process_flush(struct mcp_process *p)
{
    struct err err;
    if (p->queue.failed) {
        mcp_process_kill(p, p->queue.failed == ERR_LIMIT
                                ? "did not read what it was sent"
                                : "could not be sent to, for want of memory");
        return;
    }
    while (p->state == MCP_PROCESS_LIVE && p->queue_at < p->queue.len) {
        ssize_t put = send(p->in_fd, p->queue.text + p->queue_at, p->queue.len - p->queue_at,
                           MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }
        if (put < 0) {
            leave(p, EXIT_MS);
            return;
        }
        p->queue_at += (size_t)put;
    }
    if (p->queue_at == p->queue.len) {
        buf_clear(&p->queue);
        p->queue_at = 0;
    }
    if (p->state == MCP_PROCESS_LIVE &&
        loop_socket_set(&p->in, false, p->queue.len > 0, &err) < 0) {
        mcp_process_kill(p, "could not be sent to, for want of memory");
    }
}

static void
on_in(struct loop_socket *socket, bool readable, bool writable)
{
    (void)readable;
    if (writable) {
        mcp_process_flush(OWNER_OF(socket, struct mcp_process, in));
    }
}

/* ---- What it says -----------------------------------------------------------------------------*/

static void
take(struct mcp_process *p, struct str bytes)
{
    struct err err;
    struct str line;
    enum mcp_line kind = MCP_LINE_NONE;
    if (mcp_lines_feed(&p->lines, bytes, &err) < 0) {
        mcp_process_kill(p, "could not be listened to, for want of memory");
    }
    while (p->state == MCP_PROCESS_LIVE &&
           (kind = mcp_lines_next(&p->lines, &line)) != MCP_LINE_NONE) {
        if (kind == MCP_LINE_LONG) {
            mcp_process_kill(p, "wrote a line that is longer than 4 MiB");
        } else {
            p->ops->line(p, line);
        }
    }
}

static void
on_out(struct loop_watch *watch)
{
    struct mcp_process *p = OWNER_OF(watch, struct mcp_process, out);
    for (int i = 0; i < PIECES && p->state == MCP_PROCESS_LIVE; i++) {
        char piece[PIECE];
        ssize_t got = read(p->out_fd, piece, sizeof(piece));
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (got <= 0) {
            leave(p, EXIT_MS);
            return;
        }
        take(p, (struct str){piece, (size_t)got});
    }
}

/* Somebody else may hold it open, or close it: that means nothing. */
static void
on_complaint(struct loop_watch *watch)
{
    struct mcp_process *p = OWNER_OF(watch, struct mcp_process, complaint);
    char piece[2000];
    ssize_t got = read(p->complaint_fd, piece, sizeof(piece));
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        loop_watch_done(watch);
        return;
    }
    struct str text = str_trim((struct str){piece, (size_t)got});
    size_t room = sizeof(p->said) - 1 - p->said_len;
    size_t len = text.len < room ? text.len : room;
    memcpy(p->said + p->said_len, text.ptr, len);
    p->said_len += len;
    log_line(LOG_DEBUG, "mcp", STR(""), "%s wrote: %" STR_FMT, p->name, STR_ARG(text));
}

/* ---- Its start --------------------------------------------------------------------------------*/

/* Its stdin is a socket and not a pipe: one can write to it without a signal when it is gone. */
static int
spawn(struct mcp_process *p, const struct mcp_program *program, struct err *err)
{
    struct child_process started;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return err_set_errno(err, errno, "make a connection for %s", program->argv[0]);
    }
    int theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, ABOVE_STANDARD);
    (void)close(pair[1]);
    int result = child_spawn_in(program->argv, program->env, theirs, &started, err);
    if (theirs >= 0) {
        (void)close(theirs);
    }
    if (result < 0) {
        (void)close(pair[0]);
        return result;
    }
    p->pid = started.pid;
    p->in_fd = pair[0];
    p->out_fd = started.out_fd;
    p->complaint_fd = started.complaint_fd;
    p->state = MCP_PROCESS_LIVE;
    return 0;
}

int
mcp_process_init(struct mcp_process *p, struct loop *l, const struct mcp_program *program,
                 const struct mcp_process_ops *ops, struct err *err)
{
    *p = (struct mcp_process){.ops = ops, .name = program->name};
    mcp_lines_init(&p->lines, MCP_LINE_MAX);
    buf_init(&p->queue, MCP_QUEUE_MAX);
    int result = loop_timer_init(&p->timer, l, on_timer, err);
    if (result == 0) {
        result = spawn(p, program, err);
    }
    if (result == 0) {
        result = loop_socket_init(&p->in, l, p->in_fd, on_in, err);
    }
    if (result == 0) {
        result = loop_watch_init(&p->out, l, p->out_fd, on_out, err);
    }
    return result == 0 ? loop_watch_init(&p->complaint, l, p->complaint_fd, on_complaint, err)
                       : result;
}
