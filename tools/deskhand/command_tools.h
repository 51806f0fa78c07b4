/* command_tools: the tools that are programs of the operator's (`commands` in desk.yaml), in a
 * registry. One whose file cannot be used is left out, and says why; the desk answers without it.
 * [loop] */
#ifndef DESKHAND_COMMAND_TOOLS_H
#define DESKHAND_COMMAND_TOOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"
#include "tool/tool.h"

struct app;
struct buf;
struct command_tool;
struct command_tools;
struct loop;
struct plugin_state_row;
struct term_table;

/* Put all that are enabled into R; nothing is started. ERR_INVALID, with file and line: an `input`
 * that is no schema, a name that is taken. ERR_NOTFOUND, ERR_AUTH: a secret of an `env`. */
int command_tools_open(struct app *app, struct loop *l, struct tool_registry *r,
                       struct command_tools **ret, struct err *err) WARN_UNUSED;
/* Kills what still runs. No call may be under way; R must be gone or never be used again. NULL is
 * fine. */
void command_tools_close(struct command_tools *t);
AUTO_DEFINE(command_tools, struct command_tools *, command_tools_close)

struct command_listed {
    struct tool_def def;
    struct str line;              /* as one would type it, without quotes */
    struct str trouble;           /* why it is not called; empty: it is, or it is not enabled */
    struct command_tool *command; /* NULL: left out, or not enabled */
    bool enabled;
};
/* In the order of the configuration. False past the end. */
bool command_tools_at(const struct command_tools *t, size_t index, struct command_listed *ret);

/* What ROW of the record (quarantine.h) says of one of the commands ARG becomes so here. */
void command_tools_heed(void *arg, const struct plugin_state_row *row);
/* The one of that row's name, "command:...", is called again, whatever it did. False: there is
 * none. */
bool command_tools_pardon(struct command_tools *t, struct str row_name);

/* As `plugins list` shows them: one line of JSON each, one row each (name, version, state, tools,
 * file), and what is wrong with them, on stderr. */
void command_tools_json(const struct command_tools *t, struct buf *out);
void command_tools_rows(const struct command_tools *t, struct term_table *table,
                        struct arena *arena);
void command_tools_troubles(const struct command_tools *t);

#endif
