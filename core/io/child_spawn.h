/* child_spawn: the start of a program, for child.c: its descriptors, signals and group. [any] */
#ifndef IO_CHILD_SPAWN_H
#define IO_CHILD_SPAWN_H

#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* Our ends of its outputs: close-on-exec, non-blocking, the caller's to close. */
struct child_process {
    pid_t pid; /* and its group's number */
    int out_fd;
    int complaint_fd; /* stderr */
};

/* ARGV[0] is looked for in PATH. INPUT, copied, is its stdin; empty: /dev/null. ERR_NOTFOUND,
 * ERR_NOMEM, ERR_IO. */
int child_spawn(const char *const argv[], struct str input, struct child_process *ret,
                struct err *err) WARN_UNUSED;

#endif
