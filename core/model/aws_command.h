/* aws_command: the words of a profile's credential_process. No shell is involved, nor is one by the
 * AWS command line: blanks separate, quotes and backslashes keep together, nothing is expanded.
 * [any] */
#ifndef MODEL_AWS_COMMAND_H
#define MODEL_AWS_COMMAND_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { AWS_COMMAND_WORDS = 64 };

/* COMMAND as a list for exec, NULL behind its last word, in ARENA. Between ' ' everything is taken
 * as it stands, between " " a backslash stands before " and \, elsewhere before anything.
 * ERR_INVALID: no word, an open quote, a NUL; ERR_LIMIT above AWS_COMMAND_WORDS; ERR_NOMEM. The
 * message never holds any of it. */
int aws_command_split(struct str command, struct arena *arena, const char *const **ret,
                      struct err *err) WARN_UNUSED;

#endif
