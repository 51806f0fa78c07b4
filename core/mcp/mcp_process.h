/* mcp_process: a link to an MCP server that is a program beside us, in lines on its stdin and
 * stdout.
 *
 * It starts the program, sends and receives lines, and sees to its end: whatever becomes of it,
 * GONE comes when the process is dead and reaped, with words for why. Nothing the program does
 * blocks the loop: reading is done in portions, what it does not read waits up to a maximum, and so
 * do lines that do not end. What it writes to stderr goes to the log, at debug, for nobody knows
 * what is in it.
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
#include "io/loop.h"
#include "mcp/mcp_link.h"
#include "mcp/mcp_message.h"

/* What may wait for a server that does not read: some dozens of the longest calls. */
enum { MCP_QUEUE_MAX = 4 * 1024 * 1024 };

struct mcp_program {
    const char *name;        /* the server's, for the log */
    const char *const *argv; /* up to a NULL, like ENV */
    const char *const *env;
};

struct mcp_process {
    struct mcp_link link;
    struct loop *loop;
    struct mcp_program program;
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
    struct buf queue; /* for it; what of it is sent ends at queue_at */
    size_t queue_at;
};

/* Nothing is started yet. PROGRAM, whose parts are borrowed, runs from the link's start() on, which
 * says ERR_NOTFOUND, ERR_NOMEM, ERR_IO. One that lives when it is done is hung up on, and given a
 * moment to leave, then another after SIGTERM; it is waited for. */
void mcp_process_init(struct mcp_process *p, struct loop *l, const struct mcp_program *program,
                      const struct mcp_link_events *events, void *owner);

#endif
