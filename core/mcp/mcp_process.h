/* mcp_process: the program of one MCP server, and its lines, on the loop.
 *
 * It starts the program, sends and receives lines, and sees to its end: whatever becomes of it,
 * GONE is called once, from the loop, when the process is dead and reaped, with words for why.
 * What the lines mean is its owner's business. Nothing the program does blocks the loop: reading
 * is done in portions, what it does not read waits up to a maximum, and so do lines that do not
 * end. What it writes to stderr goes to the log, at debug, for nobody knows what is in it.
 *
 * The program has the environment it is given and no other, no descriptor but its own three, and a
 * process group of its own. Everything is [loop]. */
#ifndef MCP_MCP_PROCESS_H
#define MCP_MCP_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/loop.h"
#include "mcp/mcp_message.h"

enum {
    /* An answer with an image or two in it; longer is no answer to a customer's question. */
    MCP_LINE_MAX = 4 * 1024 * 1024,
    /* What may wait for a server that does not read: some dozens of the longest calls. */
    MCP_QUEUE_MAX = 4 * 1024 * 1024,
};

struct mcp_process;

struct mcp_process_ops {
    /* LINE, without its end, is borrowed for the call. It may kill the process. */
    void (*line)(struct mcp_process *p, struct str line);
    /* The process is dead; WHY completes "its process ...". The owner may call done(). */
    void (*gone)(struct mcp_process *p, const char *why);
};

enum mcp_process_state { MCP_PROCESS_NONE, MCP_PROCESS_LIVE, MCP_PROCESS_ENDING, MCP_PROCESS_DEAD };

struct mcp_process {
    const struct mcp_process_ops *ops;
    const char *name; /* the server's, for the log */
    enum mcp_process_state state;
    pid_t pid; /* and its group's */
    int in_fd; /* our ends */
    int out_fd;
    int complaint_fd;
    struct loop_socket in;
    struct loop_watch out;
    struct loop_watch complaint;
    struct loop_timer timer; /* only while it ends */
    int64_t kill_ms;
    struct mcp_lines lines;
    struct buf queue; /* for it; send with mcp_process_flush() */
    size_t queue_at;
    char why[ERR_MESSAGE_MAX]; /* why it was killed; empty: its own doing */
    char said[160];            /* the first of what it wrote to stderr */
    size_t said_len;
};

struct mcp_program {
    const char *name;
    const char *const *argv; /* up to a NULL, like ENV */
    const char *const *env;
};

/* Start PROGRAM, whose name is borrowed. ERR_NOTFOUND, ERR_NOMEM, ERR_IO. P is done with
 * mcp_process_done() in either case. */
int mcp_process_init(struct mcp_process *p, struct loop *l, const struct mcp_program *program,
                     const struct mcp_process_ops *ops, struct err *err) WARN_UNUSED;
/* Send what the queue holds. To one that is ending it goes nowhere; failures come back as GONE,
 * later. */
void mcp_process_flush(struct mcp_process *p);
/* At once. WHY as for GONE; the first one counts. */
void mcp_process_kill(struct mcp_process *p, const char *why);
/* Tell it that nobody will ask any more: its stdin ends. For mcp_process_done(). */
void mcp_process_hang_up(struct mcp_process *p);
/* Without GONE. One that lives is hung up on, and given a moment to leave, then another after
 * SIGTERM; it is waited for. `{0}` is fine. */
void mcp_process_done(struct mcp_process *p);

#endif
