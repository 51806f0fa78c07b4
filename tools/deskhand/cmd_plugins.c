/* deskhand plugins: what brings the bot its tools. */
#include <stdio.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "command.h"
#include "command_tools.h"
#include "host/host.h"
#include "io/loop.h"
#include "mcp_listing.h"
#include "mcp_servers.h"
#include "parts.h"
#include "plugin/manifest.h"
#include "plugin/plugin.h"
#include "plugin_shown.h"
#include "quarantine.h"
#include "term.h"
#include "tool/tool.h"

extern const struct command cmd_plugins_call;
extern const struct command cmd_plugins_check;
extern const struct command cmd_plugins_metrics;
extern const struct command cmd_plugins_new;
extern const struct command cmd_plugins_reload;

/* A place to load plugins into, for looking at them only. */
struct bench {
    struct loop *loop;
    struct tool_registry *tools;
    struct plugin_set *set;
    struct command_tools *commands;
    struct mcp_servers *servers;
};

static void
bench_done(struct bench *b)
{
    mcp_servers_leave(b->servers);
    tool_registry_free(b->tools);
    mcp_servers_close(b->servers);
    command_tools_close(b->commands);
    plugin_set_free(b->set);
    loop_free(b->loop);
}
AUTO_DEFINE_VALUE(bench, struct bench, bench_done)

static int
bench_init(struct bench *b, struct err *err)
{
    struct plugin_parts parts = {.threads = 1};
    *b = (struct bench){0};
    int result = loop_new(&b->loop, err);
    if (result == 0) {
        parts.loop = b->loop;
        parts.extensions = host_extensions(&parts.extension_count);
        result = plugin_set_new(&parts, &b->set, err);
    }
    return result == 0 ? tool_registry_new(b->loop, &b->tools, err) : result;
}

/* ---- list ------------------------------------------------------------------------------------*/

/* One configured plugin, tried. */
struct listed {
    const struct parts_plugin *wanted;
    const struct plugin *loaded; /* NULL: it is not */
    const struct manifest *manifest;
    struct str name;
    struct str trouble;
};

static int
try_plugin(struct app *app, struct bench *b, const struct parts_plugin *wanted, struct listed *ret,
           struct err *err)
{
    struct err why;
    const struct plugin *loaded = NULL;
    *ret = (struct listed){.wanted = wanted, .name = plugin_name_of_file(wanted->path)};
    if (!wanted->enabled) {
        return 0;
    }
    if (parts_plugin_load(b->set, wanted, b->tools, &loaded, &why) < 0) {
        ret->trouble = arena_str(&app->arena, str_c(why.message));
        return ret->trouble.ptr ? 0 : err_nomem(err);
    }
    ret->loaded = loaded;
    ret->manifest = plugin_manifest(loaded);
    ret->name = ret->manifest->name;
    return 0;
}

/* What programs found out that have the desk open; a desk without a record has none. */
static int
look_at_record(struct app *app, const struct bench *b, struct listed *list, size_t count,
               struct err *err)
{
    struct err none;
    int result = 0;
    if (app_store(app, APP_READ, NULL, &none) == 0) {
        result = quarantine_apply(app, b->set, err);
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].loaded) {
            list[i].trouble = plugin_trouble(list[i].loaded);
        }
    }
    return result;
}

static int
list_json(const struct bench *b, const struct listed *list, size_t count, struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < count; i++) {
        const struct manifest *m = list[i].manifest;
        struct js_out out;
        js_out_init(&out, &text);
        js_begin_object(&out);
        js_put_str(&out, "name", list[i].name);
        js_put_str_or_null(&out, "version", m ? m->version : STR(""));
        js_put_str_or_null(&out, "description", m ? m->description : STR(""));
        js_put_str(&out, "file", list[i].wanted->path);
        js_put_bool(&out, "enabled", list[i].wanted->enabled);
        js_put_str(&out, "isolation", list[i].wanted->isolated ? STR("child") : STR("worker"));
        plugin_tools_json(&out, m);
        js_put_str_or_null(&out, "trouble", list[i].trouble);
        js_end_object(&out);
        buf_add_char(&text, '\n');
    }
    command_tools_json(b->commands, &text);
    mcp_listing_json(b->servers, b->tools, &text);
    return term_output(&text, "plugins", err);
}

/* "search (read), cancel (write)" */
static struct str
tools_cell(const struct manifest *m, struct arena *arena)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; m && i < m->tool_count; i++) {
        struct str effect = tool_effect_name(m->tools[i].effect);
        buf_printf(&text, "%s%" STR_FMT " (%" STR_FMT ")", i ? ", " : "", STR_ARG(m->tools[i].name),
                   STR_ARG(effect));
    }
    return text.len ? buf_to_arena(&text, arena) : STR("-");
}

static void
list_table(struct app *app, const struct bench *b, const struct listed *list, size_t count)
{
    static const char *const headings[] = {"NAME", "VERSION", "STATE", "TOOLS", "FILE"};
    struct term_table table;
    term_table_init(&table, &app->arena, headings, 5);
    for (size_t i = 0; i < count; i++) {
        const struct manifest *m = list[i].manifest;
        struct str state = list[i].trouble.len       ? STR("trouble")
                           : list[i].wanted->enabled ? STR("on")
                                                     : STR("off");
        term_table_add(&table, (struct str[]){list[i].name, m ? m->version : STR("-"), state,
                                              tools_cell(m, &app->arena), list[i].wanted->path});
    }
    command_tools_rows(b->commands, &table, &app->arena);
    mcp_listing_rows(b->servers, b->tools, &table, &app->arena);
    term_table_print(&table);
    for (size_t i = 0; i < count; i++) {
        if (list[i].trouble.len) {
            struct err err;
            bool named = !list[i].loaded; /* why it is not loaded, with its file */
            (void)err_set(&err, ERR_PLUGIN, "%" STR_FMT "%s%" STR_FMT,
                          STR_ARG(named ? STR("") : list[i].name), named ? "" : ": ",
                          STR_ARG(list[i].trouble));
            term_error(&err);
        }
    }
    command_tools_troubles(b->commands);
    mcp_listing_troubles(b->servers);
}

static int
run_list(struct app *app, const struct args *args, struct err *err)
{
    AUTO(bench) struct bench bench = {0};
    struct parts_plugin *wanted;
    size_t count = 0;
    int result = parts_plugin_list(app, &wanted, &count, err);
    if (result == 0) {
        result = bench_init(&bench, err);
    }
    if (result < 0) {
        return result;
    }
    log_set_level(LOG_ERROR); /* what would be logged of trouble is printed below the table */
    struct listed *list = arena_zero(&app->arena, count + 1, sizeof(*list));
    if (!list) {
        return err_nomem(err);
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        result = try_plugin(app, &bench, &wanted[i], &list[i], err);
    }
    if (result == 0) {
        result = look_at_record(app, &bench, list, count, err);
    }
    if (result == 0) {
        result = command_tools_open(app, bench.loop, bench.tools, &bench.commands, err);
    }
    if (result == 0) {
        result = mcp_servers_open(app, bench.loop, bench.tools, &bench.servers, err);
    }
    if (result < 0) {
        return result;
    }
    if (args_flag(args, "json")) {
        return list_json(&bench, list, count, err);
    }
    list_table(app, &bench, list, count);
    return 0;
}

/* ---- The rows --------------------------------------------------------------------------------*/

static const struct arg_option list_options[] = {
    {"json", 0, NULL, "print one JSON object a plugin"},
    {0},
};
static const struct command cmd_list = {
    .name = "list",
    .summary = "this desk's plugins, commands and MCP servers, and what is wrong with them",
    .usage = "[--json]",
    .details = "STATE is on, off (`enabled: false`) or trouble: it does not load, and stderr says "
               "why.",
    .example = "deskhand plugins list",
    .options = list_options,
    .run = run_list,
};
static const struct command *const subcommands[] = {
    &cmd_list,
    &cmd_plugins_check,
    &cmd_plugins_call,
    &cmd_plugins_metrics,
    &cmd_plugins_new,
    &cmd_plugins_reload,
    NULL,
};

const struct command cmd_plugins = {
    .name = "plugins",
    .summary = "what brings the bot its tools: list, check, call, metrics, new, reload",
    .subcommands = subcommands,
    .example = "deskhand plugins check build/my_plugin.so",
};
