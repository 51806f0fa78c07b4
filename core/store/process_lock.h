/* process_lock: the name of a running process, held by the kernel.
 *
 * A process of a desk has a file `run/p-....lock` in the desk's folder and an open file
 * description that locks it (F_OFD_SETLK). The kernel drops the lock when the process dies,
 * however it dies, so "is it alive" needs no clock and no guess. Locks of this kind belong to the
 * description, not to the process: asking about our own name sees our own lock, and closing
 * another descriptor of the file drops nothing (both unlike fcntl's older locks).
 *
 * A name is made, locked and only then told to anyone; a name without a file is dead for good.
 * Not inherited by exec; a fork without exec holds on to it. */
#ifndef STORE_PROCESS_LOCK_H
#define STORE_PROCESS_LOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/id.h"
#include "base/str.h"

struct process_lock {
    bool held;
    int fd;
    char name[ID_TEXT]; /* "p-..." */
};

/* Make a name in DESK (a folder), its file with mode 0600 in DESK/run (0700), and lock it.
 * ERR_AUTH or ERR_IO say which file. */
int process_lock_take(struct process_lock *l, const char *desk, struct err *err) WARN_UNUSED;
/* Removes the file and drops the lock; `{0}` and a second call are fine. */
void process_lock_drop(struct process_lock *l, const char *desk);

/* [any] Does a live process hold NAME? What cannot be found out counts as alive: recovery of a
 * live process' turn would run it twice, waiting costs patience only. */
bool process_lock_alive(const char *desk, struct str name);

/* How many files in DESK/run belong to dead processes; REMOVE takes them away. Removing locks each
 * for a moment, and whoever asks just then sees it alive: so remove only where recovery cannot run
 * meanwhile, that is inside a write body. */
size_t process_lock_stale(const char *desk, bool remove);

#endif
