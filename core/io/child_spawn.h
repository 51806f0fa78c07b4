/* child_spawn: the start of a program, for those who see to the rest of its life: its descriptors,
 * signals and group.
 *
 * It has its three standard descriptors and no other of ours, default signals, and a process group
 * of its own, whose number is its pid. Nothing here waits for it, ends it or reads what it writes:
 * child.h does, for programs that are run once. What is returned is the caller's: the descriptors
 * to close, the process to reap. [any] */
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

/* ARGV[0] is looked for in our PATH. ENV, of NAME=VALUE up to a NULL, is all its environment; NULL:
 * it has ours. INPUT, copied, is its stdin, a file; empty: /dev/null. ERR_NOTFOUND, ERR_NOMEM,
 * ERR_IO. */
int child_spawn(const char *const argv[], const char *const env[], struct str input,
                struct child_process *ret, struct err *err) WARN_UNUSED;
/* The same for one that is talked with: its stdin is IN, which stays the caller's. ENV is not NULL.
 */
int child_spawn_in(const char *const argv[], const char *const env[], int in,
                   struct child_process *ret, struct err *err) WARN_UNUSED;

#endif
