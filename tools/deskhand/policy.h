/* policy: the desk's rules for its tools, ready to ask: the key `policy` of desk.yaml, read and
 * held against the tools there are. */
#ifndef DESKHAND_POLICY_H
#define DESKHAND_POLICY_H

#include "base/err.h"

struct app;
struct tool_policy;
struct tool_registry;

/* For the tools in R, once all sources have brought theirs; APP's configuration is loaded. *RET is
 * owned, free with tool_policy_free. ERR_INVALID names file, line, rule and member. [loop] */
int policy_open(struct app *app, const struct tool_registry *r, struct tool_policy **ret,
                struct err *err) WARN_UNUSED;

#endif
