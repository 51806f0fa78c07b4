/* The MCP servers of desk.yaml: whether they start, or can be reached, and bring their tools. */
#include "app.h"
#include "config/config.h"
#include "doctor.h"
#include "io/loop.h"
#include "mcp/mcp_client.h"
#include "mcp_listing.h"
#include "mcp_servers.h"
#include "tool/tool.h"

static size_t
tools_of(const struct tool_registry *tools, const struct mcp_listed *l)
{
    size_t count = 0;
    for (size_t i = 0; i < tool_count(tools); i++) {
        count += str_eq(tool_at(tools, i)->plugin, mcp_client_label(l->client));
    }
    return count;
}

static void
check_server(struct doctor *d, const struct tool_registry *tools, const struct mcp_listed *l)
{
    struct str note;
    struct str trouble = mcp_listing_trouble(l);
    if (!l->client) {
        checklist_add(&d->list, CHECK_OK, "mcp", "%" STR_FMT " is switched off", STR_ARG(l->name));
        return;
    }
    if (trouble.len) {
        checklist_add(&d->list, CHECK_PROBLEM, "mcp", "%" STR_FMT ": %" STR_FMT, STR_ARG(l->name),
                      STR_ARG(trouble));
    } else {
        size_t count = tools_of(tools, l);
        checklist_add(&d->list, CHECK_OK, "mcp", "%" STR_FMT ": %zu tool%s, %" STR_FMT,
                      STR_ARG(l->name), count, count == 1 ? "" : "s", STR_ARG(l->command));
    }
    for (size_t i = 0; mcp_client_note(l->client, i, &note); i++) {
        checklist_add(&d->list, CHECK_NOTE, "mcp", "%" STR_FMT, STR_ARG(note));
    }
}

void
doctor_mcp(struct doctor *d)
{
    AUTO(loop) struct loop *loop = NULL;
    AUTO(mcp_servers) struct mcp_servers *servers = NULL;
    AUTO(tool_registry) struct tool_registry *tools = NULL;
    struct mcp_listed l;
    struct err err;
    if (config_line(d->app->config, "mcp") == 0) {
        return;
    }
    int result = loop_new(&loop, &err);
    if (result == 0) {
        result = tool_registry_new(loop, &tools, &err);
    }
    if (result == 0) {
        result = mcp_servers_open(d->app, loop, tools, &servers, &err);
    }
    if (result < 0) {
        checklist_add(&d->list, CHECK_PROBLEM, "mcp", "%s", err.message);
        return;
    }
    for (size_t i = 0; mcp_servers_at(servers, i, &l); i++) {
        check_server(d, tools, &l);
    }
    mcp_servers_leave(servers);
}
