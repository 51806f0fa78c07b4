/* cage_parts: the two long parts of a cage, for cage.c. */
#ifndef PLUGIN_CAGE_PARTS_H
#define PLUGIN_CAGE_PARTS_H

#include <stdbool.h>

#include "base/err.h"

struct cage;

/* Landlock. The rules are made while the paths can still be opened, and hold from
 * cage_paths_hold() on. *RET_RULES is a descriptor, or -1 where the kernel has none of it. */
int cage_paths_make(const struct cage *cage, int *ret_rules, struct err *err) WARN_UNUSED;
/* RULES is closed. False when the kernel did not take them. */
bool cage_paths_hold(int rules);

/* Does it keep a process from sending signals to those outside? (version 6) */
bool cage_paths_signals(void);

/* seccomp. HELD is what holds already: CAGE_PATHS, HELD_SIGNALS. False when the kernel or the
 * machine does not offer it. */
enum { HELD_SIGNALS = 1 << 16 };
bool cage_calls_hold(const struct cage *cage, unsigned held);

#endif
