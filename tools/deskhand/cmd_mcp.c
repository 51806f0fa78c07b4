/* deskhand mcp: the desk's knowledge for any MCP client, over standard input and output.
 *
 * No record is opened and none is written: there is no conversation here. */
#include <stdio.h>
#include <unistd.h>

#include "app.h"
#include "args.h"
#include "command.h"
#include "command_tools.h"
#include "config/config.h"
#include "hosting.h"
#include "io/loop.h"
#include "mcp/mcp_server.h"
#include "mcp_pipe.h"
#include "mcp_prompts.h"
#include "mcp_shelf.h"
#include "parts.h"
#include "plugin/plugin.h"
#include "policy.h"
#include "tool/policy.h"
#include "tool/tool.h"

struct serving {
    struct loop *loop;
    struct tool_registry *tools;
    struct tool_policy *policy;
    struct plugin_set *plugins;
    struct hosting *hosting;
    struct command_tools *commands;
    struct mcp_catalog catalog;
    struct mcp_prompt_set prompts;
    struct mcp_pipe pipe;
    struct mcp_server *server;
};

static void
serving_done(struct serving *v)
{
    mcp_shelf_done(&v->catalog);
    mcp_server_free(v->server);
    mcp_pipe_done(&v->pipe);
    mcp_prompts_done(&v->prompts);
    tool_registry_free(v->tools);
    tool_policy_free(v->policy);
    command_tools_close(v->commands);
    plugin_set_free(v->plugins);
    hosting_close(v->hosting);
    loop_free(v->loop);
}
AUTO_DEFINE_VALUE(serving, struct serving, serving_done)

static int
open_server(struct serving *v, struct app *app, struct err *err)
{
    struct str shop = config_text(app->config, "desk.name");
    const struct mcp_server_parts parts = {
        .loop = v->loop,
        .name = STR("deskhand"),
        .title = shop,
        .version = STR(DESKHAND_VERSION),
        .instructions = arena_printf(
            &app->arena,
            "The help desk of %" STR_FMT ": what the shop sells, and how to get it working. Find "
            "products and troubleshooting articles with the tools; the whole record of either is "
            "a resource, deskhand://products/ID or deskhand://articles/ID. The prompts are those "
            "the shop's own assistant works by. Nothing here changes anything or reaches a human.",
            STR_ARG(shop)),
        .tools = v->tools,
        .policy = v->policy,
        .shelf = &v->catalog.shelf,
        .prompts = &v->prompts.prompts,
        .send = mcp_pipe_send,
        .settled = mcp_pipe_settled,
        .arg = &v->pipe,
    };
    return parts.instructions.ptr ? mcp_server_new(&parts, &v->server, err) : err_nomem(err);
}

static int
open_all(struct serving *v, struct app *app, struct err *err)
{
    int result = app_config(app, err);
    if (result == 0) {
        result = mcp_prompts_init(&v->prompts, app, err);
    }
    if (result == 0) {
        result = loop_new(&v->loop, err);
    }
    if (result == 0) {
        result = mcp_shelf_init(&v->catalog, app, v->loop, err);
    }
    if (result == 0) {
        result = tool_registry_new(v->loop, &v->tools, err);
    }
    if (result == 0) {
        result = mcp_pipe_init(&v->pipe, v->loop, err);
    }
    if (result == 0) {
        result = hosting_open(app, v->loop, &app->hosting, err);
        v->hosting = app->hosting;
    }
    if (result == 0) {
        result = parts_plugins(app, v->loop, v->tools, &v->plugins, err);
    }
    if (result == 0) {
        result = command_tools_open(app, v->loop, v->tools, &v->commands, err);
    }
    if (result == 0) {
        result = policy_open(app, v->tools, false, &v->policy, err);
    }
    return result == 0 ? open_server(v, app, err) : result;
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    AUTO(serving) struct serving v = {0};
    (void)args;
    int result = open_all(&v, app, err);
    if (result < 0) {
        return result;
    }
    if (isatty(STDIN_FILENO)) {
        (void)fprintf(stderr, "An MCP client is awaited on standard input; Ctrl-C ends.\n");
    }
    v.pipe.server = v.server;
    return mcp_pipe_run(&v.pipe, err);
}

const struct command cmd_mcp = {
    .name = "mcp",
    .summary = "offer the desk's tools, records and prompts to an MCP client",
    .usage = "",
    .details =
        "Speaks the Model Context Protocol on standard input and output, with the handshake "
        "and without;\nmessages for people go to standard error. Offered are the tools that "
        "only read, articles and\nproducts as resources, and the prompts the bot works by. "
        "Tools that write, or hand over to a\nhuman, need a conversation and are not "
        "offered; nor are those that name the customer, or\nthat desk.yaml's policy switches "
        "off, keeps to some prompts, rehearses or has agreed to. Its\nhours hold; its limits "
        "count conversations alone. Nothing is recorded. Ends with its input.",
    .example = "deskhand --desk ~/desk mcp\n"
               "claude mcp add shop -- deskhand --desk ~/desk mcp",
    .run = run,
};
