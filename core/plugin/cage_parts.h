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

/* seccomp. False when the kernel or the machine does not offer it. */
bool cage_calls_hold(const struct cage *cage);

#endif
