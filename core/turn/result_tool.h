/* result_tool: the built-in tool `read_result`, by which a model reads on where it saw only the
 * beginning of a tool's result (memory/preview.h).
 *
 *     {"call": ID, "from": N} -> {"call", "from", "to", "of", "text"}
 *
 * It reads results of the conversation it is called in and of no other: whose conversation that is
 * says the host, not the model. A piece of what came from outside the shop comes from there, too.
 * An effect of reading alone. The engine offers it only to who sees such a beginning. [loop] */
#ifndef TURN_RESULT_TOOL_H
#define TURN_RESULT_TOOL_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"

struct loop;
struct result_tool;
struct store;
struct tool_registry;

/* Pieces are for results of at most BYTES: memory_limits.result_bytes. */
int result_tool_new(struct loop *l, struct store *store, size_t bytes, struct result_tool **ret,
                    struct err *err) WARN_UNUSED;
/* Waits for reads under way: the loop must not be running, it is stepped. After the registry,
 * before the store. NULL is fine. */
void result_tool_free(struct result_tool *t);
AUTO_DEFINE(result_tool, struct result_tool *, result_tool_free)

int result_tool_register(struct result_tool *t, struct tool_registry *r,
                         struct err *err) WARN_UNUSED;

#endif
