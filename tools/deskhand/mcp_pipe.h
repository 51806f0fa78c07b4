/* mcp_pipe: an MCP server between standard input and standard output.
 *
 * Nothing waits: a client that does not read is not written to, and while too much lies ready for
 * it, or too many requests are under way, no more is read from it. [loop] */
#ifndef DESKHAND_MCP_PIPE_H
#define DESKHAND_MCP_PIPE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/loop.h"
#include "mcp/mcp_message.h"

struct mcp_server;

struct mcp_pipe {
    struct loop *loop;
    struct mcp_server *server; /* set by the owner before mcp_pipe_run() */
    struct mcp_lines lines;
    struct buf out; /* the bytes up to `sent` are with the client */
    size_t sent;
    int in_fd;
    int out_fd;
    bool watched; /* input that can be waited for; a file is always ready */
    bool ended;   /* input is */
    bool waking;
    struct loop_watch in;
    struct loop_socket room;
    struct loop_task work;
    struct loop_signal interrupt;
    struct loop_signal terminate;
    int result;
    struct err err;
};

/* Takes standard input, and standard output for itself: what else this process prints goes to
 * standard error from now on. */
int mcp_pipe_init(struct mcp_pipe *p, struct loop *l, struct err *err) WARN_UNUSED;
/* After the server. `{0}` is fine. */
void mcp_pipe_done(struct mcp_pipe *p);

/* For mcp_server_parts, with the pipe as their argument. */
void mcp_pipe_send(void *arg, struct str line);
void mcp_pipe_settled(void *arg, int result);

/* Serve until the client has ended its input and has its last answer, hangs up, or SIGINT or
 * SIGTERM comes; all of them are a good end. */
int mcp_pipe_run(struct mcp_pipe *p, struct err *err) WARN_UNUSED;

#endif
