/* child_output: what a child prints on one pipe, gathered up to a maximum. For child.c alone. It
 * may be a secret: each storage is wiped before it is let go, which is why it is no struct buf.
 * [loop] */
#ifndef IO_CHILD_OUTPUT_H
#define IO_CHILD_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "io/loop.h"

struct child_output {
    struct loop_watch watch; /* the owner's to begin */
    int fd;                  /* -1: at its end */
    char *text;
    size_t len;
    size_t capacity;
    size_t max;
    bool cut; /* more than MAX is dropped, not a failure */
};

/* Take what is there, at most about 64 KiB of it: a program that never stops printing is not to
 * hold up the loop. 0, ERR_LIMIT or ERR_NOMEM. */
int child_output_take(struct child_output *o);
/* Reads no more; what is there stays. */
void child_output_close(struct child_output *o);
void child_output_done(struct child_output *o);

#endif
