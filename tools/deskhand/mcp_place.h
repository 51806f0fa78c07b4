/* mcp_place: where an MCP server of desk.yaml is that has a `url`, and what it is sent. [loop] */
#ifndef DESKHAND_MCP_PLACE_H
#define DESKHAND_MCP_PLACE_H

#include "base/err.h"
#include "base/str.h"
#include "environment.h"
#include "io/http_client.h"

struct app;
struct arena;
struct js;
struct mcp_place;

/* What its requests say beside the message; it holds secrets. */
struct mcp_secrets {
    struct http_header *list;
    struct environment headers; /* `headers`, as NAME=VALUE */
    char *bearer;               /* "Bearer " and the secret; NULL: none */
};

/* The `url`, `headers`, `bearer` and `ca_file` of ENTRY, which WHAT names ("mcp.shop") in messages;
 * a relative ca_file is beside desk.yaml. *RET borrows from ARENA and SECRETS; its client is the
 * caller's to set. ERR_NOTFOUND, ERR_AUTH, ERR_INVALID as config_secret_from(). */
int mcp_place_read(struct app *app, struct arena *arena, struct str what, const struct js *entry,
                   struct mcp_secrets *secrets, struct mcp_place *ret, struct err *err) WARN_UNUSED;
/* Wipes them. `{0}` is fine. */
void mcp_secrets_done(struct mcp_secrets *s);

#endif
