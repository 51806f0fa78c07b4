/* mcp_servers: the MCP servers that this desk's configuration names, running, their tools in a
 * registry. [loop] */
#ifndef DESKHAND_MCP_SERVERS_H
#define DESKHAND_MCP_SERVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct app;
struct loop;
struct mcp_client;
struct mcp_servers;
struct tool_registry;

/* Start all that are enabled, and step L until their tools are in R: twenty seconds at most. One
 * that fails is no failure here; what is wrong with it, mcp_client_trouble() says. ERR_INVALID,
 * ERR_NOTFOUND, ERR_AUTH for what the configuration says. */
int mcp_servers_open(struct app *app, struct loop *l, struct tool_registry *r,
                     struct mcp_servers **ret, struct err *err) WARN_UNUSED;
/* Tell them that nobody will ask any more, for mcp_servers_close(). Where one has a session to be
 * ended, L is stepped for a moment, half a second at most: to be called while everything that L
 * serves is still there. NULL is fine. */
void mcp_servers_leave(struct mcp_servers *s);
/* Ends them. No call may be under way; R must be gone or never be used again.
 * NULL is fine. */
void mcp_servers_close(struct mcp_servers *s);
AUTO_DEFINE(mcp_servers, struct mcp_servers *, mcp_servers_close)

struct mcp_listed {
    struct str name;
    struct str command;              /* as one would type it, without quotes; or the URL */
    const struct mcp_client *client; /* NULL: not enabled */
};
/* In the order of the configuration. False past the end. */
bool mcp_servers_at(const struct mcp_servers *s, size_t index, struct mcp_listed *ret);

#endif
