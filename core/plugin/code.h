/* code: a plugin's file, looked at and loaded, by the same rules in both cages.
 *
 * Looking runs none of it; loading runs its constructors. What is loaded stays until the process
 * ends, so nothing here is ever freed, and views into the entry live as long. Messages name the
 * rule that was broken and what to do, without the path. Nothing is kept between calls: [any],
 * both wait for the disk. */
#ifndef PLUGIN_CODE_H
#define PLUGIN_CODE_H

#include "base/err.h"
#include "plugins/sdk/deskhand_plugin.h"

/* Is the file at PATH a plugin of our ABI? Nothing of it runs. As elf_check(). [any], waits for the
 * disk. */
int plugin_code_check(const char *path, struct err *err) WARN_UNUSED;

/* Load it, which runs its constructors and no function of the ABI; it is never unloaded. *RET is
 * its entry. EDITION 0, or another number for each file that comes to lie at PATH later: without it
 * the first one's code would be handed out again. ERR_INVALID. */
int plugin_code_open(const char *path, unsigned edition, struct dh_plugin *ret,
                     struct err *err) WARN_UNUSED;

#endif
