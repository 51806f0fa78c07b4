/* mcp_prompts: the desk's prompts for MCP clients: those by which a model speaks. The lines that
 * the engine says by itself, and its instructions for summaries, are left out. */
#ifndef DESKHAND_MCP_PROMPTS_H
#define DESKHAND_MCP_PROMPTS_H

#include "base/err.h"
#include "mcp/mcp_server.h"

struct app;
struct prompt;

/* Needs mcp_prompts_done(). */
struct mcp_prompt_set {
    struct mcp_prompts prompts;
    struct prompt **loaded; /* item by item */
    struct str vars;        /* what this desk offers every prompt, JSON object */
};
/* Loads them; one that does not load is left out, and the log says why. Reads files. */
int mcp_prompts_init(struct mcp_prompt_set *ret, struct app *app, struct err *err) WARN_UNUSED;
/* `{0}` is fine. */
void mcp_prompts_done(struct mcp_prompt_set *set);

#endif
