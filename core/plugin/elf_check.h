/* elf_check: is this file a plugin, as far as one can tell without running any of it.
 *
 * dlopen() runs a file's constructors, dies of SIGBUS on a truncated one, and interposes whatever
 * it exports. So the file is read first: a regular file of a trustworthy owner, a whole ELF object
 * for this machine, exporting `deskhand_plugin` and nothing else. The head of that symbol's data
 * is handed out, so that versions are known before a line of the plugin's code runs.
 *
 * This finds mistakes, not malice: whoever may write the file can do what the program can. [any],
 * waits for the disk. */
#ifndef PLUGIN_ELF_CHECK_H
#define PLUGIN_ELF_CHECK_H

#include <stdint.h>

#include "base/err.h"

/* The frozen head of struct dh_plugin, as it stands in the file, and how much there is of it. */
struct elf_entry {
    uint32_t magic;
    uint32_t struct_size;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint64_t room; /* bytes of the symbol */
};

/* Check the file at PATH. ERR_NOTFOUND there is none; ERR_AUTH its owner or mode are not to be
 * trusted; ERR_INVALID it is no plugin; ERR_IO; ERR_NOMEM. Messages say what is wrong and what to
 * do, without the path. *RET is untouched on failure. */
int elf_check(const char *path, struct elf_entry *ret, struct err *err) WARN_UNUSED;

#endif
