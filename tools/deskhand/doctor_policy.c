/* The desk's rules for its tools. */
#include "app.h"
#include "command_tools.h"
#include "config/config.h"
#include "doctor.h"
#include "io/loop.h"
#include "parts.h"
#include "plugin/plugin.h"
#include "policy.h"
#include "tool/tool.h"

/* What else keeps the tools from being known, the checks of plugins and commands have said. */
void
doctor_policy(struct doctor *d)
{
    AUTO(loop) struct loop *loop = NULL;
    AUTO(plugin_set) struct plugin_set *plugins = NULL;
    AUTO(command_tools) struct command_tools *commands = NULL;
    AUTO(tool_registry) struct tool_registry *tools = NULL;
    struct err err;
    size_t count;
    if (config_line(d->app->config, "policy") == 0) {
        return;
    }
    int result = loop_new(&loop, &err);
    if (result == 0) {
        result = tool_registry_new(loop, &tools, &err);
    }
    if (result == 0) {
        result = parts_plugins(d->app, loop, tools, &plugins, &err);
    }
    if (result == 0) {
        result = command_tools_open(d->app, loop, tools, &commands, &err);
    }
    if (result < 0) {
        checklist_add(&d->list, CHECK_NOTE, "policy",
                      "not checked, because not all tools could be loaded: see above");
    } else if (policy_check(d->app, tools, &count, &err) < 0) {
        checklist_add(&d->list, CHECK_PROBLEM, "policy", "%s", err.message);
    } else {
        checklist_add(&d->list, CHECK_OK, "policy", "%zu rule%s for tools", count,
                      count == 1 ? "" : "s");
    }
}
