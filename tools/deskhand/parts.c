#include "parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "config/config.h"
#include "granting.h"
#include "host/host.h"
#include "hosting.h"
#include "io/loop.h"
#include "quarantine.h"

int
parts_prompt_path(struct app *app, struct prompt_path *ret, struct err *err)
{
    *ret = (struct prompt_path){0};
    int result = app_config(app, err);
    if (result < 0) {
        return result;
    }
    struct str own = config_text(app->config, "prompts.dir");
    ret->dirs[ret->count] = app_join(&app->arena, app->desk, own.len ? own : STR("prompts"));
    if (!ret->dirs[ret->count++].ptr) {
        return err_nomem(err);
    }
    return app_part_dir(app, APP_PROMPTS, &ret->dirs[ret->count++], err);
}

int
parts_given_vars(const struct args *args, struct arena *arena, struct str *ret, struct err *err)
{
    struct js_out out;
    struct str word;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_TEMPLATE_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    for (size_t i = 0; args_repeated(args, "var", i, &word); i++) {
        size_t equals = str_find_char(word, '=', 0);
        if (equals == SIZE_MAX || equals == 0) {
            return err_set(err, ERR_INVALID, "--var %" STR_FMT ": write NAME=VALUE", STR_ARG(word));
        }
        js_key(&out, str_sub(word, 0, equals));
        js_add_str(&out, str_sub(word, equals + 1, SIZE_MAX));
    }
    js_end_object(&out);
    int result = buf_finish(&text, "--var", err);
    *ret = buf_to_arena(&text, arena);
    return result == 0 && !ret->ptr ? err_nomem(err) : result;
}

/* The members of OBJECT that ABOVE does not have. */
static void
add_members(struct js_out *out, const struct js *object, const struct js *above)
{
    struct js_member member;
    for (struct js_iter it = js_iter(object); js_next(&it, &member);) {
        if (!js_has(above, member.key)) {
            js_key(out, member.key);
            js_add_value(out, member.value);
        }
    }
}

int
parts_vars(struct app *app, struct str given, struct str *ret, struct err *err)
{
    struct js *desk = NULL;
    struct js *above = NULL;
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_TEMPLATE_BYTES);
    js_out_init(&out, &text);
    int result = js_parse_object(config_json(app->config, "prompt.vars"), "prompt.vars",
                                 &app->arena, &desk, err);
    if (result == 0) {
        result =
            js_parse_object(given.len ? given : STR("{}"), "variables", &app->arena, &above, err);
    }
    if (result < 0) {
        return result;
    }
    js_begin_object(&out);
    if (!js_has(desk, STR("shop_name")) && !js_has(above, STR("shop_name"))) {
        js_put_str(&out, "shop_name", config_text(app->config, "desk.name"));
    }
    add_members(&out, desk, above);
    add_members(&out, above, NULL);
    js_end_object(&out);
    result = buf_finish(&text, "prompt variables", err);
    *ret = buf_to_arena(&text, &app->arena);
    return result == 0 && !ret->ptr ? err_nomem(err) : result;
}

/* ---- Plugins ---------------------------------------------------------------------------------*/

/* The shipped plugins; those that search are told where the catalogue is. */
static const struct {
    struct str name;
    bool searches;
} shipped[] = {
    {STR_INIT("catalog_search"), true},
    {STR_INIT("troubleshooting"), true},
    {STR_INIT("escalate"), false},
};
enum { SHIPPED = sizeof(shipped) / sizeof(shipped[0]) };

bool
parts_plugin_searches(struct str name)
{
    for (size_t i = 0; i < SHIPPED; i++) {
        if (str_eq(name, shipped[i].name)) {
            return shipped[i].searches;
        }
    }
    return false;
}

/* CONFIG with the catalogue's path in it, where a shipped plugin wants one. */
static int
plugin_config(struct app *app, struct str name, const struct js *config, struct str *ret,
              struct err *err)
{
    struct js_out out;
    struct str catalog;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_CONFIG_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    add_members(&out, config, NULL);
    if (parts_plugin_searches(name) && !js_has(config, STR("catalog"))) {
        int result = app_catalog_path(app, &catalog, err);
        if (result < 0) {
            return result;
        }
        js_put_str(&out, "catalog", catalog);
    }
    js_end_object(&out);
    int result = buf_finish(&text, "plugin configuration", err);
    *ret = buf_to_arena(&text, &app->arena);
    return result == 0 && !ret->ptr ? err_nomem(err) : result;
}

/* The file of plugin NAME: in plugins.dir, else the shipped one. */
static int
named_path(struct app *app, struct str name, struct str *ret, struct err *err)
{
    struct str dir = config_text(app->config, "plugins.dir");
    struct str file = arena_printf(&app->arena, "%" STR_FMT ".so", STR_ARG(name));
    int result = 0;
    if (dir.len) {
        dir = app_join(&app->arena, app->desk, dir);
    } else {
        result = app_part_dir(app, APP_PLUGINS, &dir, err);
    }
    if (result < 0) {
        return result;
    }
    *ret = app_join(&app->arena, dir, file);
    return ret->ptr && file.ptr && dir.ptr ? 0 : err_nomem(err);
}

enum { MEMORY_MB = 256 }; /* of a child's data, where its entry names no other */

int
parts_cage(struct app *app, struct plugin_cage *ret, struct err *err)
{
    struct str dir;
    int result = app_part_dir(app, APP_PLUGIN_HOST, &dir, err);
    if (result < 0) {
        return result;
    }
    *ret = (struct plugin_cage){
        .program = app_join(&app->arena, dir, STR("plugin-host")).ptr,
        .memory = (int64_t)MEMORY_MB * 1024 * 1024,
    };
    return ret->program ? 0 : err_nomem(err);
}

/* The texts of ARRAY as paths, relative to the desk's folder; NULL when memory ran out. */
static const char *const *
granted_paths(struct app *app, const struct js *array)
{
    size_t count = js_count(array);
    const char **paths = arena_zero(&app->arena, count + 1, sizeof(*paths));
    for (size_t i = 0; paths && i < count; i++) {
        paths[i] = app_join(&app->arena, app->desk, js_text(js_at(array, i))).ptr;
        if (!paths[i]) {
            return NULL;
        }
    }
    return paths;
}

/* Where the record and desk.yaml are; NULL when memory ran out. */
static const char *
private_folder(struct app *app)
{
    char real[PATH_MAX];
    return arena_str(&app->arena, realpath(app->desk.ptr, real) ? str_c(real) : app->desk).ptr;
}

/* What Deskhand brought with it runs in this process, everything else in one of its own, unless
 * ENTRY says something else. */
static int
choose_cage(struct app *app, const struct js *entry, struct str name, struct parts_plugin *ret,
            struct err *err)
{
    bool ours = config_text(app->config, "plugins.dir").len == 0;
    struct str isolation = js_get_text(entry, "isolation");
    bool brought = false;
    for (size_t i = 0; i < SHIPPED; i++) {
        brought = brought || (ours && str_eq(name, shipped[i].name));
    }
    ret->isolated = isolation.len ? str_eq_c(isolation, "child") : !brought;
    if (!ret->isolated) {
        return 0;
    }
    int result = parts_cage(app, &ret->cage, err);
    if (result < 0) {
        return result;
    }
    ret->cage.private = private_folder(app);
    ret->cage.read = granted_paths(app, js_get_c(entry, "read"));
    ret->cage.write = granted_paths(app, js_get_c(entry, "write"));
    ret->cage.network = js_get_bool(entry, "network", false);
    ret->cage.memory = js_get_int(entry, "memory_mb", MEMORY_MB) * 1024 * 1024;
    return ret->cage.private && ret->cage.read && ret->cage.write ? 0 : err_nomem(err);
}

static struct plugin_wish
wish_of(const struct parts_plugin *wanted)
{
    return (struct plugin_wish){
        .config = wanted->config,
        .cage = wanted->isolated ? &wanted->cage : NULL,
        .grants = &wanted->grants,
    };
}

int
parts_plugin_load(struct plugin_set *set, const struct parts_plugin *wanted,
                  struct tool_registry *r, const struct plugin **ret, struct err *err)
{
    const struct plugin_wish wish = wish_of(wanted);
    if (wanted->trouble) {
        *err = *wanted->trouble;
        return err->code;
    }
    return plugin_load_in(set, wanted->path.ptr, &wish, r, ret, err);
}

int
parts_plugin_reload(struct plugin_set *set, const struct plugin *old,
                    const struct parts_plugin *wanted, struct tool_registry *r,
                    const struct plugin **ret, struct err *err)
{
    const struct plugin_wish wish = wish_of(wanted);
    if (wanted->trouble) {
        *err = *wanted->trouble;
        return err->code;
    }
    return plugin_reload(set, old, wanted->path.ptr, &wish, r, ret, err);
}

/* What the operator grants it. Nobody else is the worse for what is amiss there. */
static int
grant(struct app *app, const struct js *entry, struct parts_plugin *ret, struct err *err)
{
    int result = ret->enabled ? granting_read(app, entry, &ret->grants, err) : 0;
    if (result >= 0 || result == ERR_NOMEM) {
        return result;
    }
    struct err *kept = arena_zero(&app->arena, 1, sizeof(*kept));
    if (!kept) {
        return err_nomem(err);
    }
    *kept = *err;
    ret->trouble = kept;
    return 0;
}

static int
configured_plugin(struct app *app, const struct js *entry, struct parts_plugin *ret,
                  struct err *err)
{
    struct str name = js_get_text(entry, "name");
    struct str path = js_get_text(entry, "path");
    int result = 0;
    ret->enabled = js_get_bool(entry, "enabled", true);
    if (name.len) {
        result = named_path(app, name, &ret->path, err);
    } else {
        ret->path = app_join(&app->arena, app->desk, path);
    }
    if (result == 0 && !ret->path.ptr) {
        return err_nomem(err);
    }
    if (result == 0) {
        result = choose_cage(app, entry, name, ret, err);
    }
    if (result == 0) {
        result = grant(app, entry, ret, err);
    }
    return result < 0 ? result
                      : plugin_config(app, name, js_get_c(entry, "config"), &ret->config, err);
}

static int
shipped_plugins(struct app *app, struct parts_plugin *list, struct err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < SHIPPED; i++) {
        list[i].enabled = true;
        result = named_path(app, shipped[i].name, &list[i].path, err);
        if (result == 0) {
            result = plugin_config(app, shipped[i].name, NULL, &list[i].config, err);
        }
    }
    return result;
}

int
parts_plugin_list(struct app *app, struct parts_plugin **ret, size_t *ret_count, struct err *err)
{
    struct js *entries = NULL;
    int result = app_config(app, err);
    if (result == 0) {
        result = js_parse(config_json(app->config, "plugins"), &app->arena, &entries, err);
    }
    if (result < 0) {
        return result;
    }
    bool chosen = config_line(app->config, "plugins") > 0;
    *ret_count = chosen ? js_count(entries) : SHIPPED;
    *ret = arena_zero(&app->arena, *ret_count + 1, sizeof(**ret));
    if (!*ret) {
        return err_nomem(err);
    }
    if (!chosen) {
        return shipped_plugins(app, *ret, err);
    }
    for (size_t i = 0; result == 0 && i < *ret_count; i++) {
        result = configured_plugin(app, js_at(entries, i), &(*ret)[i], err);
    }
    return result;
}

int
parts_plugins(struct app *app, struct loop *l, struct tool_registry *r, struct plugin_set **ret,
              struct err *err)
{
    AUTO(plugin_set) struct plugin_set *set = NULL;
    struct parts_plugin *list;
    size_t count;
    struct plugin_parts parts = {.loop = l, .context = hosting_host(app->hosting)};
    int result = parts_plugin_list(app, &list, &count, err);
    if (result < 0) {
        return result;
    }
    parts.quarantined = quarantine_note;
    parts.arg = app;
    parts.extensions = host_extensions(&parts.extension_count);
    parts.threads = (unsigned)config_int(app->config, "tools.threads");
    result = plugin_set_new(&parts, &set, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        const struct plugin *loaded;
        if (list[i].enabled) {
            result = parts_plugin_load(set, &list[i], r, &loaded, err);
        }
    }
    if (result == 0) {
        result = quarantine_apply(app, set, err);
    }
    if (result == 0) {
        *ret = TAKE(set);
    }
    return result;
}
