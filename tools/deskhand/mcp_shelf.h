/* mcp_shelf: the catalogue as resources for MCP clients: deskhand://articles/ID and
 * deskhand://products/ID, each record's JSON. Listed are all articles, and so many products that a
 * person may look through them; every product can be read. */
#ifndef DESKHAND_MCP_SHELF_H
#define DESKHAND_MCP_SHELF_H

#include "base/err.h"
#include "mcp/mcp_server.h"

struct app;
struct loop;

enum { MCP_SHELF_PRODUCTS = 1000 };

/* APP, and RET, which is filled and needs mcp_shelf_done(), outlive the server. */
struct mcp_catalog {
    struct mcp_shelf shelf;
    struct str path;
};
int mcp_shelf_init(struct mcp_catalog *ret, struct app *app, struct loop *l,
                   struct err *err) WARN_UNUSED;
/* Before the server goes. `{0}` is fine. */
void mcp_shelf_done(struct mcp_catalog *c);

#endif
