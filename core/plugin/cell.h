/* cell: one child process and the connection to it, on the loop.
 *
 * It starts the program, sends and receives frames, and sees to its end: whatever becomes of it,
 * GONE is called once, from the loop, when the process is dead and reaped, with words for why.
 * What the messages mean is its owner's business. Nothing the child does blocks the loop: reading
 * is done in portions, what it does not read waits up to LIMIT_FRAME_QUEUE_BYTES.
 *
 * The child has no environment, no descriptor but its end of the socket and /dev/null, and a
 * process group of its own. Everything is [loop]. */
#ifndef PLUGIN_CELL_H
#define PLUGIN_CELL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "io/loop.h"
#include "plugin/frame.h"

struct cell;
struct js;

struct cell_ops {
    /* HEAD and BODY are borrowed for the call. It may stop or break the cell, not end it. */
    void (*message)(struct cell *c, const struct js *head, struct str body);
    /* The process is dead; WHY completes "its process ...". The owner may end the cell. */
    void (*gone)(struct cell *c, const char *why);
};

enum cell_state { CELL_NONE, CELL_LIVE, CELL_STOPPING, CELL_DEAD };

struct cell {
    const struct cell_ops *ops;
    enum cell_state state;
    pid_t pid; /* and its group's */
    int fd;
    struct loop_socket socket;
    struct loop_timer timer; /* only while it stops */
    int64_t kill_ms;
    struct frames in;
    struct buf out;
    size_t out_at;
    bool wipe;                 /* secrets are in OUT */
    bool starved;              /* it was stopped because our own memory ran out */
    char why[ERR_MESSAGE_MAX]; /* why it was stopped; empty: its own doing */
};

/* Start PROGRAM. ERR_NOTFOUND, ERR_NOMEM, ERR_IO. C is done with cell_done() in either case. */
int cell_init(struct cell *c, struct loop *l, const char *program, const struct cell_ops *ops,
              struct err *err) WARN_UNUSED;
/* Kills it when it lives, without GONE. `{0}` is fine. */
void cell_done(struct cell *c);

/* To a cell that is being stopped it goes nowhere; failures come back as GONE. */
void cell_send(struct cell *c, struct str head, struct str body);
/* The same for what holds secrets: no copy of it stays behind. */
void cell_send_wiped(struct cell *c, struct str head, struct str body);
/* Wait for messages without the loop, MS at most: for loading. */
void cell_wait(struct cell *c, int64_t ms);
/* SIGTERM, and SIGKILL after CELL_TERM_MS. WHY as for GONE; the first one counts. */
void cell_stop(struct cell *c, const char *why);
/* The same at once, for one that makes no sense. */
void cell_kill(struct cell *c, const char *why);
/* The same, because our own memory ran out. */
void cell_starve(struct cell *c);

enum { CELL_TERM_MS = 500 };

#endif
