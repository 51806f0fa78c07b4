/* deskhand plugins reload: changed plugins and their configuration, into desks that run. */
#include <stdio.h>

#include "app.h"
#include "args.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "command_tools.h"
#include "host/host.h"
#include "io/loop.h"
#include "parts.h"
#include "plugin/manifest.h"
#include "plugin/plugin.h"
#include "quarantine.h"
#include "reloading.h"
#include "term.h"
#include "tool/tool.h"

/* The desk's plugins as they are now, loaded here first: what cannot be loaded is said here, and
 * reaches no desk that runs. */
struct trial {
    struct loop *loop;
    struct tool_registry *tools;
    struct plugin_set *set;
    struct command_tools *commands;
};

static void
trial_done(struct trial *t)
{
    tool_registry_free(t->tools);
    command_tools_close(t->commands);
    plugin_set_free(t->set);
    loop_free(t->loop);
}
AUTO_DEFINE_VALUE(trial, struct trial, trial_done)

static int
trial_open(struct trial *t, struct app *app, struct err *err)
{
    int result = app_config(app, err);
    if (result == 0) {
        result = loop_new(&t->loop, err);
    }
    if (result == 0) {
        result = tool_registry_new(t->loop, &t->tools, err);
    }
    if (result == 0) {
        result = parts_plugins(app, t->loop, t->tools, &t->set, err);
    }
    return result == 0 ? command_tools_open(app, t->loop, t->tools, &t->commands, err) : result;
}

static int
ask_for(struct app *app, const struct plugin *p, bool json, struct buf *out, struct err *err)
{
    const struct manifest *m = plugin_manifest(p);
    int result = reloading_ask(app, m->name, err);
    if (result < 0) {
        return result;
    }
    if (!json) {
        buf_printf(out, "%" STR_FMT " %" STR_FMT "\n", STR_ARG(m->name), STR_ARG(m->version));
        return 0;
    }
    struct js_out line;
    js_out_init(&line, out);
    js_begin_object(&line);
    js_put_str(&line, "name", m->name);
    js_put_str(&line, "version", m->version);
    js_put_str(&line, "file", plugin_path(p));
    js_end_object(&line);
    buf_add_char(out, '\n');
    return 0;
}

/* The command of that name, which is called again. 1: there is none. */
static int
pardon(struct app *app, const struct trial *t, struct str name, struct err *err)
{
    struct command_listed l;
    for (size_t i = 0; command_tools_at(t->commands, i, &l); i++) {
        if (l.command && str_eq(l.def.name, name)) {
            struct str row =
                arena_printf(&app->arena, QUARANTINE_COMMAND "%" STR_FMT, STR_ARG(name));
            return row.ptr ? reloading_ask(app, row, err) : err_nomem(err);
        }
    }
    return 1;
}

static int
ask_for_all(struct app *app, const struct trial *t, const struct args *args, struct err *err)
{
    AUTO(buf) struct buf out;
    struct str wanted = args_at(args, 0);
    const struct plugin *p;
    size_t asked = 0;
    int result = 0;
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; result == 0 && (p = plugin_at(t->set, i)); i++) {
        if (wanted.len == 0 || str_eq(plugin_manifest(p)->name, wanted)) {
            result = ask_for(app, p, args_flag(args, "json"), &out, err);
            asked++;
        }
    }
    if (result == 0 && asked == 0 && wanted.len) {
        result = pardon(app, t, wanted, err);
        if (result == 0) {
            /* A tool's name needs no escapes. */
            (void)printf(args_flag(args, "json") ? "{\"name\":\"%" STR_FMT "\"}\n"
                                                 : "%" STR_FMT ": a quarantine is over. Desks that "
                                                   "run have its entry as it was at their start.\n",
                         STR_ARG(wanted));
            return 0;
        }
    }
    if (result > 0) {
        result = err_set(err, ERR_NOTFOUND,
                         "plugin %" STR_FMT ": this desk has none of that name: see `deskhand "
                         "plugins list`",
                         STR_ARG(wanted));
    }
    if (result == 0) {
        result = term_output(&out, "plugins", err);
    }
    if (result == 0 && !args_flag(args, "json")) {
        (void)printf("Desks that run load %s anew within a second; calls under way end first.\n",
                     asked == 1 ? "it" : "them");
    }
    return result;
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    AUTO(trial) struct trial t = {0};
    int result = trial_open(&t, app, err);
    if (result == 0) {
        result = app_store(app, APP_WRITE, NULL, err);
    }
    return result < 0 ? result : ask_for_all(app, &t, args, err);
}

static const struct arg_option options[] = {
    {"json", 0, NULL, "print one JSON object a plugin"},
    {0},
};

const struct command cmd_plugins_reload = {
    .name = "reload",
    .summary = "load changed plugins into desks that run, without losing a call",
    .usage = "[NAME] [--json]",
    .details =
        "Each plugin's file and its entry in desk.yaml are read again, NAME's or all. They are "
        "tried here\nfirst: when one cannot be loaded, desks that run keep what they have. Ends a "
        "quarantine, too.\nPlugins that run in Deskhand's own process must be other files: put "
        "them in place with mv.\nEntries that are new or gone, commands and MCP servers are read "
        "when "
        "a program starts. NAME may be a\ncommand, whose quarantine ends.",
    .example = "deskhand plugins reload order_status",
    .options = options,
    .max_args = 1,
    .run = run,
};
