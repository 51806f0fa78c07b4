#include "mcp_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mcp/mcp_server.h"

enum {
    READ_BYTES = 64 * 1024,
    /* So much may lie ready before no more is read. */
    READY_BYTES = 1024 * 1024,
    /* What a pipe that is ready takes at once without waiting. */
    PIPE_BYTES = 4096,
    /* Those under way may still answer then. */
    OUT_BYTES = READY_BYTES + (MCP_ASKS_MAX + 1) * (MCP_ANSWER_BYTES + 64 * 1024),
};

static void
wake(struct mcp_pipe *p)
{
    if (!p->waking) {
        p->waking = true;
        loop_post(p->loop, &p->work);
    }
}

static void
fail(struct mcp_pipe *p, int result, const struct err *err)
{
    if (p->result == 0) {
        p->result = result;
        p->err = *err;
    }
    loop_stop(p->loop);
}

void
mcp_pipe_send(void *arg, struct str line)
{
    struct mcp_pipe *p = arg;
    buf_add(&p->out, line);
    wake(p);
}

void
mcp_pipe_settled(void *arg, int result)
{
    struct mcp_pipe *p = arg;
    struct err err = {0};
    if (result < 0) {
        (void)err_nomem(&err);
        fail(p, result, &err);
    }
    wake(p);
}

/* ---- Out -------------------------------------------------------------------------------------*/

/* write(2) that never waits, though the descriptor is shared with others and stays as it is. -1 and
 * EAGAIN: no room. */
static ssize_t
write_some(int fd, struct str bytes)
{
    ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno != ENOTSOCK) {
        return sent;
    }
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    if (poll(&room, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(fd, bytes.ptr, bytes.len < PIPE_BYTES ? bytes.len : PIPE_BYTES);
}

/* What is with the client is kept no longer than it is worth moving the rest. */
static void
forget_sent(struct mcp_pipe *p)
{
    if (p->sent >= READY_BYTES || p->sent == p->out.len) {
        memmove(p->out.text, p->out.text + p->sent, p->out.len - p->sent);
        buf_truncate(&p->out, p->out.len - p->sent);
        p->sent = 0;
    }
}

/* Write what lies ready, as far as there is room. */
static int
flush(struct mcp_pipe *p, struct err *err)
{
    int result = buf_finish(&p->out, "answers that wait for the client", err);
    while (result == 0 && p->sent < p->out.len) {
        ssize_t sent = write_some(p->out_fd, str_sub(buf_str(&p->out), p->sent, SIZE_MAX));
        int error = errno;
        if (sent >= 0) {
            p->sent += (size_t)sent;
            forget_sent(p);
        } else if (error == EAGAIN || error == EWOULDBLOCK) {
            return loop_socket_set(&p->room, false, true, err);
        } else if (error == EPIPE || error == ECONNRESET) {
            loop_stop(p->loop); /* it has hung up */
            return 0;
        } else if (error != EINTR) {
            return err_set_errno(err, error, "standard output");
        }
    }
    return result == 0 ? loop_socket_set(&p->room, false, false, err) : result;
}

static void
on_room(struct loop_socket *socket, bool readable, bool writable)
{
    (void)readable;
    (void)writable;
    wake(OWNER_OF(socket, struct mcp_pipe, room));
}

/* ---- In --------------------------------------------------------------------------------------*/

static bool
may_take(const struct mcp_pipe *p)
{
    return !mcp_server_full(p->server) && p->out.len - p->sent < READY_BYTES;
}

/* Hand over the lines that are there. 1: no whole one is left; 0: the rest has to wait. */
static int
take_lines(struct mcp_pipe *p, struct err *err)
{
    struct str line;
    int result = 0;
    while (result == 0 && may_take(p)) {
        switch (mcp_lines_next(&p->lines, &line)) {
        case MCP_LINE_NONE:
            return 1;
        case MCP_LINE_READY:
            result = mcp_server_line(p->server, line, err);
            break;
        case MCP_LINE_LONG:
            result = mcp_server_long_line(p->server, err);
            break;
        }
    }
    return result;
}

/* One read; at the input's end the last line may lack its LF. */
static int
read_more(struct mcp_pipe *p, struct err *err)
{
    char bytes[READ_BYTES];
    ssize_t got = read(p->in_fd, bytes, sizeof(bytes));
    int error = errno;
    if (got < 0 && (error == EINTR || error == EAGAIN)) {
        return 0;
    }
    if (got < 0 && error != ECONNRESET) {
        return err_set_errno(err, error, "standard input");
    }
    if (got <= 0) {
        p->ended = true;
        return mcp_lines_feed(&p->lines, STR("\n"), err);
    }
    return mcp_lines_feed(&p->lines, (struct str){bytes, (size_t)got}, err);
}

static void
on_readable(struct loop_watch *watch)
{
    struct mcp_pipe *p = OWNER_OF(watch, struct mcp_pipe, in);
    struct err err = {0};
    int result = read_more(p, &err);
    if (result < 0) {
        fail(p, result, &err);
    }
    /* Not again before its lines are taken. */
    loop_watch_pause(&p->in);
    wake(p);
}

/* Whatever is to be done now. */
static int
step(struct mcp_pipe *p, struct err *err)
{
    int result = take_lines(p, err);
    bool drained = result == 1;
    if (result >= 0) {
        result = flush(p, err);
    }
    if (result < 0 || !drained) {
        if (result == 0 && may_take(p)) {
            wake(p); /* there is room again */
        }
        return result;
    }
    if (p->ended) {
        if (mcp_server_asks(p->server) == 0 && p->out.len == 0) {
            loop_stop(p->loop);
        }
    } else if (p->watched) {
        loop_watch_resume(&p->in);
    } else {
        result = read_more(p, err);
        wake(p);
    }
    return result;
}

static void
on_work(struct loop_task *task)
{
    struct mcp_pipe *p = OWNER_OF(task, struct mcp_pipe, work);
    struct err err = {0};
    p->waking = false;
    int result = step(p, &err);
    if (result < 0) {
        fail(p, result, &err);
    }
}

/* ---- Life ------------------------------------------------------------------------------------*/

static void
on_interrupt(struct loop_signal *signal)
{
    loop_stop(OWNER_OF(signal, struct mcp_pipe, interrupt)->loop);
}

static void
on_terminate(struct loop_signal *signal)
{
    loop_stop(OWNER_OF(signal, struct mcp_pipe, terminate)->loop);
}

/* Can one wait for FD? Not for files and the like: they are always ready. */
static bool
can_wait_for(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && !S_ISREG(info.st_mode) &&
           (!S_ISCHR(info.st_mode) || isatty(fd));
}

/* A plugin that prints must not speak to the client. */
static int
take_output(struct mcp_pipe *p, struct err *err)
{
    p->out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (p->out_fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        return err_set_errno(err, errno, "standard output");
    }
    return 0;
}

int
mcp_pipe_init(struct mcp_pipe *p, struct loop *l, struct err *err)
{
    *p = (struct mcp_pipe){.loop = l, .in_fd = STDIN_FILENO, .out_fd = -1, .work.fn = on_work};
    mcp_lines_init(&p->lines, MCP_LINE_BYTES);
    buf_init(&p->out, OUT_BYTES);
    p->watched = can_wait_for(p->in_fd);
    int result = take_output(p, err);
    if (result == 0) {
        result = loop_socket_init(&p->room, l, p->out_fd, on_room, err);
    }
    if (result == 0 && p->watched) {
        result = loop_watch_init(&p->in, l, p->in_fd, on_readable, err);
    }
    if (result == 0) {
        result = loop_signal_init(&p->interrupt, l, SIGINT, on_interrupt, err);
    }
    if (result == 0) {
        result = loop_signal_init(&p->terminate, l, SIGTERM, on_terminate, err);
    }
    return result;
}

void
mcp_pipe_done(struct mcp_pipe *p)
{
    if (!p->loop) {
        return;
    }
    loop_unpost(p->loop, &p->work);
    loop_watch_done(&p->in);
    loop_socket_done(&p->room);
    loop_signal_done(&p->interrupt);
    loop_signal_done(&p->terminate);
    mcp_lines_done(&p->lines);
    buf_done(&p->out);
    if (p->out_fd >= 0) {
        (void)close(p->out_fd);
    }
    p->loop = NULL;
}

int
mcp_pipe_run(struct mcp_pipe *p, struct err *err)
{
    wake(p);
    int result = loop_run(p->loop, err);
    if (result == 0 && p->result < 0) {
        *err = p->err;
        result = p->result;
    }
    return result;
}
