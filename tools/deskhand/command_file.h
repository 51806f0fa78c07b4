/* command_file: where the program of a command tool is, and whether it may be one. */
#ifndef DESKHAND_COMMAND_FILE_H
#define DESKHAND_COMMAND_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* WORD, the first of a command, as an absolute path in ARENA: in DESK when it has a slash, else the
 * first of that name in the PATH of ENV (NAME=VALUE up to a NULL), or in the system's folders when
 * ENV has none. DESK is absolute. One that is not found is WORD itself. ptr NULL when memory ran
 * out. */
struct str command_file_find(struct arena *arena, struct str desk, struct str word,
                             char *const *env);

/* The folder of PROGRAM, for it to read; ptr NULL without a failure where that is DESK, which holds
 * the record, or around it, or the root of all files. */
struct str command_file_folder(struct arena *arena, struct str desk, struct str program);

/* Is PROGRAM a file that can be executed, and that strangers cannot change? ERR_NOTFOUND,
 * ERR_INVALID, ERR_AUTH with what to do. */
int command_file_check(struct str program, struct err *err) WARN_UNUSED;

#endif
