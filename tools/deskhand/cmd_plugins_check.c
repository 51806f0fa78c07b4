/* deskhand plugins check: is this file a plugin, and a good one? */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "gauntlet.h"
#include "host/host.h"
#include "io/loop.h"
#include "parts.h"
#include "plugin/elf_check.h"
#include "plugin_shown.h"
#include "schema/schema.h"
#include "term.h"

enum { GRANTS_MAX = 32 };

/* The plugin, loaded by a child of its own as a desk would. */
struct checking {
    struct app *app;
    struct loop *loop;
    struct plugin_set *set;
    const struct plugin *plugin;
    struct parts_plugin wanted;
    struct str config; /* as it was given; empty: it was not */
    struct gauntlet gauntlet;
};

static void
checking_done(struct checking *c)
{
    plugin_set_free(c->set);
    loop_free(c->loop);
}
AUTO_DEFINE_VALUE(checking, struct checking, checking_done)

/* ---- What is told -----------------------------------------------------------------------------*/

static struct str
first_sentence(struct str text)
{
    size_t end = str_find(text, STR(". "), 0);
    return end == SIZE_MAX ? text : str_sub(text, 0, end + 1);
}

static int
print_head(const struct checking *c, struct err *err)
{
    const struct manifest *m = plugin_manifest(c->plugin);
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    buf_printf(&text, "%" STR_FMT " %" STR_FMT ": a plugin this Deskhand can load\n",
               STR_ARG(m->name), STR_ARG(m->version));
    if (m->description.len) {
        buf_printf(&text, "  %" STR_FMT "\n", STR_ARG(m->description));
    }
    for (size_t i = 0; i < m->tool_count; i++) {
        const struct manifest_tool *t = &m->tools[i];
        struct str effect = tool_effect_name(t->effect);
        buf_printf(&text, "  tool %" STR_FMT " (%" STR_FMT ", at most %lld ms): %" STR_FMT "\n",
                   STR_ARG(t->name), STR_ARG(effect), (long long)t->timeout_ms,
                   STR_ARG(first_sentence(t->description)));
    }
    buf_add_char(&text, '\n');
    int result = buf_finish(&text, "plugin", err);
    if (result == 0) {
        term_text(stdout, buf_str(&text));
        (void)fflush(stdout);
    }
    return result;
}

static void
add_paths(struct buf *text, const char *name, const char *const *paths)
{
    struct js_out out;
    if (!paths || !paths[0]) {
        return;
    }
    buf_printf(text, "    %s: ", name);
    js_out_init(&out, text);
    js_begin_array(&out);
    for (size_t i = 0; paths[i]; i++) {
        js_add_str(&out, str_c(paths[i]));
    }
    js_end_array(&out);
    buf_add_char(text, '\n');
}

static bool
wants(const struct manifest *m, const char *extension)
{
    for (size_t i = 0; i < m->requires_count; i++) {
        if (str_eq_c(m->requires[i], extension)) {
            return true;
        }
    }
    return false;
}

/* What it was checked with, and what only an operator can say. JSON is YAML. */
static void
add_entry(const struct checking *c, struct buf *text)
{
    const struct manifest *m = plugin_manifest(c->plugin);
    if (c->config.len) {
        buf_printf(text, "    config: %" STR_FMT "\n", STR_ARG(c->config));
    }
    add_paths(text, "read", c->wanted.cage.read);
    add_paths(text, "write", c->wanted.cage.write);
    if (wants(m, "dh.http/1")) {
        buf_add_c(text, "    http: []      # the servers that it may ask\n");
    }
    if (wants(m, "dh.secret/1")) {
        buf_add_c(text, "    secrets: {}   # NAME: ${VARIABLE} or file:PATH\n");
    }
}

static int
print_verdict(const struct checking *c, struct err *err)
{
    const struct gauntlet_report *r = &c->gauntlet.report;
    AUTO(buf) struct buf text;
    struct str path = plugin_path(c->plugin);
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    if (r->failed) {
        buf_printf(&text, "\n%zu of %zu failed.\n", r->failed, r->groups);
    } else {
        buf_printf(&text, "\nTo use it, add to `plugins:` in desk.yaml:\n  - path: %" STR_FMT "\n",
                   STR_ARG(path));
        add_entry(c, &text);
    }
    return term_output(&text, "the verdict", err);
}

static int
print_json(const struct checking *c, struct err *err)
{
    const struct manifest *m = plugin_manifest(c->plugin);
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "name", m->name);
    js_put_str(&out, "version", m->version);
    js_put_str(&out, "description", m->description);
    js_put_str(&out, "file", plugin_path(c->plugin));
    js_key(&out, STR("requires"));
    js_begin_array(&out);
    for (size_t i = 0; i < m->requires_count; i++) {
        js_add_str(&out, m->requires[i]);
    }
    js_end_array(&out);
    plugin_tools_json(&out, m);
    js_put_bool(&out, "ok", c->gauntlet.report.failed == 0);
    js_key(&out, STR("checks"));
    report_json(&c->gauntlet.report, &out);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "the checks", err);
}

/* ---- Loading ----------------------------------------------------------------------------------*/

/* The values of OPTION as whole paths, up to a NULL. */
static int
granted_paths(const struct args *args, const char *option, struct arena *arena,
              const char *const **ret, struct err *err)
{
    struct str path;
    const char **list = arena_zero(arena, GRANTS_MAX + 1, sizeof(*list));
    for (size_t i = 0; list && args_repeated(args, option, i, &path); i++) {
        char resolved[PATH_MAX];
        if (i == GRANTS_MAX) {
            return err_set(err, ERR_LIMIT, "--%s: at most %d of them", option, GRANTS_MAX);
        }
        if (!realpath(path.ptr, resolved)) {
            return err_set(err, ERR_NOTFOUND, "--%s %s: there is no such file or folder", option,
                           path.ptr);
        }
        list[i] = arena_str(arena, str_c(resolved)).ptr;
        if (!list[i]) {
            return err_nomem(err);
        }
    }
    *ret = list;
    return list ? 0 : err_nomem(err);
}

static int
open_set(struct checking *c, struct err *err)
{
    struct plugin_parts parts = {.threads = 1};
    int result = loop_new(&c->loop, err);
    parts.loop = c->loop;
    parts.extensions = host_extensions(&parts.extension_count);
    return result == 0 ? plugin_set_new(&parts, &c->set, err) : result;
}

static int
load(struct checking *c, const struct args *args, struct err *err)
{
    struct str path = args_at(args, 0);
    struct str config = args_value(args, "config", NULL);
    struct arena *arena = &c->app->arena;
    c->wanted = (struct parts_plugin){.path = path, .enabled = true, .isolated = true};
    int result = open_set(c, err);
    if (result == 0) {
        result = parts_cage(c->app, &c->wanted.cage, err);
    }
    if (result == 0) {
        result = granted_paths(args, "read", arena, &c->wanted.cage.read, err);
    }
    if (result == 0) {
        result = granted_paths(args, "write-to", arena, &c->wanted.cage.write, err);
    }
    if (result < 0) {
        return result;
    }
    /* Where a desk's own would be filled in, so is it here. */
    bool searches = parts_plugin_searches(plugin_name_of_file(path));
    struct str usual = searches ? STR("{\"catalog\":\"catalog.db\"}") : STR("{}");
    c->wanted.config = config.ptr ? config : usual;
    c->config = str_trim(config);
    return parts_plugin_load(c->set, &c->wanted, NULL, &c->plugin, err);
}

/* As create() gets it. */
static int
fill_config(struct checking *c, struct err *err)
{
    const struct manifest *m = plugin_manifest(c->plugin);
    AUTO(buf) struct buf filled;
    struct js *value;
    struct str config = str_trim(c->wanted.config);
    buf_init(&filled, LIMIT_CONFIG_BYTES);
    c->gauntlet.config = config.len ? config : STR("{}");
    if (!m->config_schema) {
        return 0;
    }
    int result = js_parse_object(c->gauntlet.config, "configuration", &c->app->arena, &value, err);
    if (result == 0) {
        schema_apply_defaults(m->config_schema, value, &filled);
        result = buf_finish(&filled, "configuration", err);
    }
    if (result == 0) {
        c->gauntlet.config = buf_to_arena(&filled, &c->app->arena);
        result = c->gauntlet.config.ptr ? 0 : err_nomem(err);
    }
    return result;
}

/* That it could be loaded says most of it. */
static int
tell_loading(struct checking *c, struct err *err)
{
    struct gauntlet_report *r = &c->gauntlet.report;
    struct elf_entry entry;
    int result = elf_check(c->gauntlet.path.ptr, &entry, err);
    if (result < 0) {
        return result;
    }
    report_begin(r, "loading");
    if (entry.struct_size > entry.room) {
        report_failure(r, "Set it to sizeof(struct dh_plugin).",
                       "struct_size is %u, and the entry has %llu bytes: a later host would read "
                       "past its end",
                       entry.struct_size, (unsigned long long)entry.room);
    }
    report_end(r, "ABI %u.%u, the manifest, each schema, the configuration", entry.abi_major,
               entry.abi_minor);
    return 0;
}

/* ---- The command ------------------------------------------------------------------------------*/

static int
run_gauntlet(struct checking *c, const struct args *args, struct err *err)
{
    struct gauntlet *g = &c->gauntlet;
    bool json = args_flag(args, "json");
    *g = (struct gauntlet){
        .loop = c->loop,
        .arena = &c->app->arena,
        .manifest = plugin_manifest(c->plugin),
        .path = plugin_path(c->plugin),
        .cage = &c->wanted.cage,
        .quick = args_flag(args, "quick"),
        .write = args_flag(args, "write"),
        .report = {.json = json, .arena = &c->app->arena},
    };
    int result = fill_config(c, err);
    if (result == 0 && !json) {
        result = print_head(c, err);
    }
    if (result == 0) {
        result = tell_loading(c, err);
    }
    if (result == 0) {
        result = gauntlet_run(g, err);
    }
    if (result == 0) {
        result = json ? print_json(c, err) : print_verdict(c, err);
    }
    return result < 0 ? result : g->report.failed ? EXIT_FAILED : EXIT_DONE;
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    AUTO(checking) struct checking c = {.app = app};
    int result = load(&c, args, err);
    if (result == ERR_INVALID && !args_value(args, "config", NULL).ptr &&
        strstr(err->message, ": configuration: ")) {
        term_error(err);
        (void)fprintf(stderr, "It wants a configuration: try --config '{\"NAME\":VALUE}'.\n");
        return EXIT_FAILED;
    }
    return result < 0 ? result : run_gauntlet(&c, args, err);
}

static const struct arg_option options[] = {
    {"config", 0, "JSON", "the `config` it would have in desk.yaml (default {})"},
    {"read", 0, "PATH", "it may read this besides its own folder; may be repeated"},
    {"write-to", 0, "PATH", "it may write there; may be repeated"},
    {"write", 0, NULL, "make real calls of tools that write, not dry runs"},
    {"quick", 0, NULL, "leave out what takes long: memory, rounds, valgrind"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};

const struct command cmd_plugins_check = {
    .name = "check",
    .summary = "is this file a plugin, and does it stand what a desk may do to it?",
    .usage = "FILE [--config JSON] [--read PATH]... [--write-to PATH]... [--write] [--quick] "
             "[--json]",
    .details =
        "Needs no desk. The file is looked at before any of its code runs, and then loaded by "
        "processes\nof their own. Arguments are made from each tool's schema: those that fit are "
        "called with, those\nthat break it have to be refused. Calls are called off, overlap, and "
        "run out of memory; what the\nplugin leaves behind is looked for, with valgrind where it "
        "is installed. Each line says how a\ngroup went, and below it what failed and how to mend "
        "that.\n\nNothing behind the plugin is real: dh.kv/1 keeps keys for as long as a step "
        "runs, dh.http/1\nreaches no server, dh.secret/1 has a made-up word, and nobody is called "
        "by dh.desk/1. Tools that\nwrite get DH_CALL_DRY_RUN, unless --write.\n\nExit status 1 "
        "when something failed, 3 when there is no such file.",
    .example = "deskhand plugins check build/my_plugin.so\n"
               "deskhand plugins check orders.so --config '{\"file\":\"/srv/o.csv\"}' --read "
               "/srv/o.csv",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
