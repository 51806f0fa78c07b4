/* cage: what a process gives up for good before it maps code that it does not trust, or becomes a
 * program that it does not trust.
 *
 * No new privileges, limits (memory, processor, files, processes, file sizes, no core), another
 * user than root, Landlock for the paths, a filter of system calls written by hand, and a signal
 * when the parent ends. Each of these is tried by itself: what this kernel or container does not
 * offer is named in *RET_MISSING, and the rest holds. The calls that are left are those of a
 * program that computes, reads its files and uses threads; no process can be made, no program
 * started, no other process reached, and no socket opened unless NETWORK was granted.
 *
 * Rights and times of files change only through an open descriptor: Landlock does not look at them.
 * When memory runs out, the kernel ends this process before others.
 *
 * One who becomes a PROGRAM may make processes, none of which leaves its group, and start that
 * program, those in system folders and those in its own; the rest holds for all of them. Some
 * hundred processes are the limit, and memory is counted for each by itself. It writes to
 * /dev/null. Where this kernel has no Landlock it can start every program that its user can.
 *
 * A build with sanitizers goes without the limit of memory and the filter, and says so in
 * *RET_MISSING like a kernel that lacks them: they need address space and calls of their own.
 *
 * For a process with one thread; later ones inherit. There is no way back. */
#ifndef PLUGIN_CAGE_H
#define PLUGIN_CAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Parts of a cage, as bits. */
enum {
    CAGE_PRIVILEGES = 1, /* no_new_privs */
    CAGE_USER = 2,       /* not root any more; nobody's loss where it was not root */
    CAGE_LIMITS = 4,
    CAGE_PATHS = 8,  /* Landlock */
    CAGE_CALLS = 16, /* seccomp */
    CAGE_ALL = 31,
};

/* The user that root becomes. */
enum { CAGE_NOBODY = 65534 };

struct cage {
    const char *const *read; /* files and folders, up to a NULL; missing ones are refused */
    const char *const *write;
    const char *folder;  /* the plugin's or program's own: may be read; NULL: none */
    const char *program; /* absolute; NULL: it starts none */
    bool network;
    int64_t memory;   /* bytes of data */
    unsigned without; /* leave these parts out, as a kernel without them would */
};

/* The parts that this build goes without, whatever the kernel offers: none but with sanitizers. */
unsigned cage_built_without(void);

/* Enter it. ERR_NOTFOUND a granted path is not there; ERR_IO, ERR_NOMEM. What is missing from the
 * kernel is no failure. */
int cage_enter(const struct cage *cage, unsigned *ret_missing, struct err *err) WARN_UNUSED;

/* Is FOLDER PRIVATE, or around it? Both absolute, without links; what is private, and its owner's,
 * is not granted by the way. */
bool cage_holds(struct str folder, struct str private) __attribute__((pure));

/* The word for one part ("landlock"), and what is open without it; for people. */
struct str cage_part_name(unsigned part);
struct str cage_part_loss(unsigned part);

#endif
