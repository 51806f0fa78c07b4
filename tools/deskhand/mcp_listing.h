/* mcp_listing: MCP servers as `plugins list` shows them, beside plugins. */
#ifndef DESKHAND_MCP_LISTING_H
#define DESKHAND_MCP_LISTING_H

#include "base/str.h"

struct arena;
struct buf;
struct mcp_listed;
struct mcp_servers;
struct term_table;
struct tool_registry;

/* One line of JSON a server. TOOLS is what they brought their tools into. */
void mcp_listing_json(const struct mcp_servers *s, const struct tool_registry *tools,
                      struct buf *out);
/* One row a server: name, version, state, tools, command. */
void mcp_listing_rows(const struct mcp_servers *s, const struct tool_registry *tools,
                      struct term_table *table, struct arena *arena);
/* What is wrong with one; empty: nothing, or it is switched off. */
struct str mcp_listing_trouble(const struct mcp_listed *l);
/* What is wrong with them, on stderr. */
void mcp_listing_troubles(const struct mcp_servers *s);

#endif
