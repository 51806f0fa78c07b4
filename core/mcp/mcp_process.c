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

static struct mcp_process *
process_of(const struct mcp_link *link)
{
    return OWNER_OF(link, struct mcp_process, link);
}

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* ---- Its end ----------------------------------------------------------------------------------*/

static void
set_why(struct mcp_process *p, const char *why)
{
    if (!p->link.why[0]) {
        (void)snprintf(p->link.why, sizeof(p->link.why), "%s", why);
    }
}

/* From here on it is only waited for. */
static void
leave(struct mcp_process *p, int64_t grace_ms)
{
    if (p->link.state == MCP_LINK_LIVE) {
        p->link.state = MCP_LINK_ENDING;
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
    char text[sizeof(p->link.why)];
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
    p->link.state = MCP_LINK_DEAD;
    return true;
}

static void
on_timer(struct loop_timer *timer)
{
    struct mcp_process *p = OWNER_OF(timer, struct mcp_process, timer);
    if (p->link.state != MCP_LINK_ENDING) {
        return;
    }
    if (reap(p)) {
        p->link.events->gone(&p->link, MCP_END_FAULT, p->link.why);
        return;
    }
    if (now_ms() >= p->kill_ms) {
        set_why(p, "closed its output and went on");
        (void)kill(-p->pid, SIGKILL);
    }
    loop_timer_start(&p->timer, REAP_MS);
}

static void
end_at_once(struct mcp_process *p, const char *why)
{
    if (p->link.state == MCP_LINK_LIVE) {
        set_why(p, why);
        (void)kill(-p->pid, SIGKILL);
        leave(p, 0);
    }
}

static void
kill_process(struct mcp_link *link, const char *why)
{
    end_at_once(process_of(link), why);
}

static void
hang_up(struct mcp_link *link)
{
    struct mcp_process *p = process_of(link);
    if (p->link.state == MCP_LINK_LIVE) {
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
    hang_up(&p->link);
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

/* Everything of this process; a next one can be started. */
static void
put_away(struct mcp_process *p)
{
    if (p->link.state == MCP_LINK_LIVE || p->link.state == MCP_LINK_ENDING) {
        end(p);
    }
    if (p->link.state != MCP_LINK_NONE) {
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
    mcp_process_init(p, p->loop, &p->program, p->link.events, p->link.owner);
}

static void
done(struct mcp_link *link)
{
    put_away(process_of(link));
}

/* ---- What it is told --------------------------------------------------------------------------*/

static void
flush(struct mcp_process *p)
{
    struct err err;
    if (p->queue.failed) {
        end_at_once(p, p->queue.failed == ERR_LIMIT ? "did not read what it was sent"
                                                    : "could not be sent to, for want of memory");
        return;
    }
    while (p->link.state == MCP_LINK_LIVE && p->queue_at < p->queue.len) {
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
    if (p->link.state == MCP_LINK_LIVE &&
        loop_socket_set(&p->in, false, p->queue.len > 0, &err) < 0) {
        end_at_once(p, "could not be sent to, for want of memory");
    }
}

static bool
send_message(struct mcp_link *link, const struct mcp_sending *s)
{
    struct mcp_process *p = process_of(link);
    if (link->state != MCP_LINK_LIVE) {
        return false;
    }
    buf_add(&p->queue, s->text);
    flush(p);
    return true;
}

static void
on_in(struct loop_socket *socket, bool readable, bool writable)
{
    (void)readable;
    if (writable) {
        flush(OWNER_OF(socket, struct mcp_process, in));
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
        end_at_once(p, "could not be listened to, for want of memory");
    }
    while (p->link.state == MCP_LINK_LIVE &&
           (kind = mcp_lines_next(&p->lines, &line)) != MCP_LINE_NONE) {
        if (kind == MCP_LINE_LONG) {
            end_at_once(p, "wrote a line that is longer than 4 MiB");
        } else {
            (void)p->link.events->message(&p->link, line);
        }
    }
}

static void
on_out(struct loop_watch *watch)
{
    struct mcp_process *p = OWNER_OF(watch, struct mcp_process, out);
    for (int i = 0; i < PIECES && p->link.state == MCP_LINK_LIVE; i++) {
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
    size_t room = sizeof(p->link.said) - 1 - p->link.said_len;
    size_t len = text.len < room ? text.len : room;
    memcpy(p->link.said + p->link.said_len, text.ptr, len);
    p->link.said_len += len;
    log_line(LOG_DEBUG, "mcp", STR(""), "%s wrote: %" STR_FMT, p->program.name, STR_ARG(text));
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
    p->link.state = MCP_LINK_LIVE;
    return 0;
}

static int
start(struct mcp_link *link, struct err *err)
{
    struct mcp_process *p = process_of(link);
    put_away(p);
    mcp_lines_init(&p->lines, MCP_LINE_MAX);
    buf_init(&p->queue, MCP_QUEUE_MAX);
    int result = loop_timer_init(&p->timer, p->loop, on_timer, err);
    if (result == 0) {
        result = spawn(p, &p->program, err);
    }
    if (result == 0) {
        result = loop_socket_init(&p->in, p->loop, p->in_fd, on_in, err);
    }
    if (result == 0) {
        result = loop_watch_init(&p->out, p->loop, p->out_fd, on_out, err);
    }
    if (result == 0) {
        result = loop_watch_init(&p->complaint, p->loop, p->complaint_fd, on_complaint, err);
    }
    if (result < 0) {
        put_away(p);
    }
    return result;
}

/* One process answers all: nothing of it is about one request alone. */
static void
forget(struct mcp_link *link, int64_t id)
{
    (void)link;
    (void)id;
}

/* done() sees to it. */
static bool
has_left(const struct mcp_link *link)
{
    (void)link;
    return true;
}

void
mcp_process_init(struct mcp_process *p, struct loop *l, const struct mcp_program *program,
                 const struct mcp_link_events *events, void *owner)
{
    static const struct mcp_link_ops ops = {
        .start = start,
        .send = send_message,
        .forget = forget,
        .kill = kill_process,
        .hang_up = hang_up,
        .has_left = has_left,
        .done = done,
    };
    const struct mcp_program copy = *program;
    *p = (struct mcp_process){
        .link = {.ops = &ops, .events = events, .owner = owner},
        .loop = l,
        .program = copy,
    };
}
