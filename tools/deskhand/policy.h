/* policy: the desk's rules for its tools, ready to ask: the key `policy` of desk.yaml, read and
 * held against the tools there are. A rule for a tool that is missing is a mistake of spelling,
 * unless desk.yaml names who would bring it: a command that is left out or switched off, an MCP
 * server that is down. What such a tool must not do it must not do when it comes back. [loop] */
#ifndef DESKHAND_POLICY_H
#define DESKHAND_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct app;
struct tool_policy;
struct tool_registry;

/* For the tools in R, once all sources have brought theirs; APP's configuration is loaded. *RET is
 * owned, free with tool_policy_free. ERR_INVALID names file, line, rule and member; ERR_NOTFOUND:
 * there is no such `desk.timezone`. SERVED: the MCP servers are among the sources; rules for what
 * one that runs does not bring are logged. */
int policy_open(struct app *app, const struct tool_registry *r, bool served,
                struct tool_policy **ret, struct err *err) WARN_UNUSED;

/* Would it open? For `doctor`, which starts no servers, and has those tools in R that could be
 * loaded. *RET_COUNT: how many rules there are. */
int policy_check(struct app *app, const struct tool_registry *r, size_t *ret_count,
                 struct err *err) WARN_UNUSED;

#endif
