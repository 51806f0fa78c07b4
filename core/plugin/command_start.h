/* command_start: how a command's process is started, and what it is told, for command.c. */
#ifndef PLUGIN_COMMAND_START_H
#define PLUGIN_COMMAND_START_H

#include "base/arena.h"
#include "base/err.h"
#include "plugin/command.h"

struct buf;

/* What plugin-host gets, made once. */
struct command_start {
    const char **argv;
    const char **probe; /* the same, for looking only */
    char **env;         /* each variable behind a '+' */
};

/* In ARENA, but for ENV. ERR_NOMEM, ERR_LIMIT: the paths granted are too long. START is done with
 * command_start_done() in either case. */
int command_start_init(struct command_start *start, const struct command_settings *settings,
                       struct arena *arena, struct err *err) WARN_UNUSED;
/* Wipes ENV. */
void command_start_done(struct command_start *start);

/* What the program reads: RUN as JSON. Failures are OUT's. */
void command_start_input(const struct tool_run *run, int64_t left_ms, struct buf *out);

/* As command_probe(). */
int command_start_probe(const struct command_start *start, struct loop *l, unsigned *ret_missing,
                        struct err *err) WARN_UNUSED;

#endif
