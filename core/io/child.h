/* child: a program run beside us, for what it prints: credential helpers, isolated plugins.
 *
 * The program gets our environment or one it is given, its own process group, default signals, a
 * stdin of its own and no other descriptor of ours. There is no shell: who wants one says
 * {"/bin/sh", "-c", TEXT, NULL}. At its deadline the whole group gets SIGTERM, and SIGKILL a little
 * later. What it leaves running in its group when it ends is killed too; what it printed may be a
 * secret and is wiped when freed. Its end is seen through a pidfd (Linux 5.3; valgrind 3.19 has
 * none).
 *
 * Everything is [loop]. Each start yields exactly one DONE, never from inside child_start(), unless
 * it is cancelled. */
#ifndef IO_CHILD_H
#define IO_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct child;
struct loop;

struct child_limits {
    int64_t timeout_ms; /* 0: 30 s */
    size_t output_max;  /* bytes of stdout; 0: LIMIT_CHILD_OUTPUT_BYTES. Above: ERR_LIMIT */
    struct str input;   /* its stdin, copied; empty: /dev/null */
    int64_t grace_ms;   /* from SIGTERM to SIGKILL; 0: 2 s */
    /* All its environment, NAME=VALUE up to a NULL; NULL: ours. */
    const char *const *env;
};

/* The end. RESULT 0: it exited with 0, and OUTPUT, borrowed for the call, is all it printed; ERR is
 * NULL. >0: the status it exited with, OUTPUT as well, and ERR says so with the first of what it
 * wrote to stderr, whose words are the program's own. <0: ERR_TIMEOUT, ERR_LIMIT, ERR_IO (killed by
 * a signal), ERR_CANCELED (child_stop()), ERR_NOMEM; OUTPUT is empty. The child is dead when it
 * returns. */
typedef void (*child_done)(void *arg, int result, struct str output, const struct err *err);

/* Run ARGV[0], looked for in PATH when it has no slash, with ARGV up to its NULL. LIMITS may be
 * NULL. <0 when it cannot be started: ERR_NOTFOUND for no such program, ERR_IO, ERR_NOMEM. */
int child_start(struct loop *l, const char *const argv[], const struct child_limits *limits,
                child_done done, void *arg, struct child **ret, struct err *err) WARN_UNUSED;
/* Killed at once, and no DONE. CHILD is dead when it returns. May not be called from its own DONE.
 */
void child_cancel(struct child *child);
/* As at its deadline: SIGTERM, and SIGKILL a little later; DONE follows, with ERR_CANCELED. For one
 * that is ending already it changes nothing. */
void child_stop(struct child *child);
/* Had it to be killed, because SIGTERM did not end it in time? For its DONE. */
bool child_killed(const struct child *child);
/* What it wrote to stderr, the first LIMIT_CHILD_COMPLAINT_BYTES of it, as it is. For its DONE, and
 * borrowed as long. */
struct str child_complaint(const struct child *child);

#endif
