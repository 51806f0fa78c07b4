/* fault: failures on purpose, for the tests that prove "nothing lost".
 *
 * Three countdowns, each off unless fault_configure() set it. In a build without
 * -Dfault_hooks=true (the default) this header is empty inline functions and nothing of it is in
 * the binary; tools/test builds with the hooks.
 *
 *   kill:N    the N-th fault_point() passed ends the process as kill -9 would
 *   alloc:N   the N-th allocation of alloc.h returns NULL (once)
 *   io:N      the N-th fault_io() returns true: its caller then reports an I/O failure (once)
 *
 * N counts from 1. Points are passed in the order the program reaches them, threads included.
 * [any] */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>

#include "base/str.h"

#ifdef DESKHAND_FAULT_HOOKS

/* SPEC as above ("kill:3"); the empty view turns everything off. False when it is none of them. */
bool fault_configure(struct str spec);
/* How many points, allocations or I/O calls passed since fault_configure(), for the harness to
 * know when a countdown fired no more. */
unsigned long fault_passed(void);

void fault_point(const char *name);
bool fault_alloc(void);
bool fault_io(const char *name);

#else

static inline bool
fault_configure(struct str spec)
{
    return spec.len == 0;
}

static inline unsigned long
fault_passed(void)
{
    return 0;
}

static inline void
fault_point(const char *name)
{
    (void)name;
}

static inline bool
fault_alloc(void)
{
    return false;
}

static inline bool
fault_io(const char *name)
{
    (void)name;
    return false;
}

#endif
#endif
