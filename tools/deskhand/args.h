/* args: the words behind a command, sorted into options and positional arguments.
 *
 * Options are `--name value`, `--name=value`, `-n value` or flags; `--` ends them. They may stand
 * before or after positional arguments and may be repeated. Everything is borrowed from argv. */
#ifndef DESKHAND_ARGS_H
#define DESKHAND_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct command;

struct arg {
    const char *option; /* NULL: positional */
    struct str value;
};

struct args {
    const struct command *command;
    struct arg *items;
    size_t count;
};

/* ERR_INVALID names the word and, for an unknown option, the nearest known one. Every command
 * knows --help besides its own. */
int args_parse(const struct command *c, int argc, char **argv, struct arena *arena,
               struct args *ret, struct err *err) WARN_UNUSED;

/* NAME must be in the command's options: asking for another is our bug. */
bool args_flag(const struct args *a, const char *name);
/* The last value given; FALLBACK when there is none. */
struct str args_value(const struct args *a, const char *name, const char *fallback);
/* The INDEX-th value given; false when there are fewer. */
bool args_repeated(const struct args *a, const char *name, size_t index, struct str *ret);
/* A whole number within LOW..HIGH; ERR_INVALID otherwise. */
int args_number(const struct args *a, const char *name, int64_t fallback, int64_t low, int64_t high,
                int64_t *ret, struct err *err) WARN_UNUSED;

size_t args_count(const struct args *a);
/* The INDEX-th positional argument, the empty view when there are fewer. */
struct str args_at(const struct args *a, size_t index);

#endif
