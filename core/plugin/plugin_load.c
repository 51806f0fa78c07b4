#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "plugin/call.h"
#include "plugin/code.h"
#include "plugin/plugin_inside.h"
#include "schema/schema.h"
#include "tool/tool.h"

/* ---- One function a rule ----------------------------------------------------------------------*/

static bool
is_offered(const struct plugin_parts *parts, struct str id)
{
    for (size_t i = 0; i < parts->extension_count; i++) {
        if (str_eq_c(id, parts->extensions[i].id)) {
            return true;
        }
    }
    return false;
}

static int
check_requires(const struct plugin_set *set, const struct manifest *m, struct err *err)
{
    for (size_t i = 0; i < m->requires_count; i++) {
        if (is_offered(&set->parts, m->requires[i])) {
            continue;
        }
        AUTO(buf) struct buf offered;
        buf_init(&offered, 160); /* fits the message */
        for (size_t j = 0; j < set->parts.extension_count; j++) {
            buf_printf(&offered, "%s%s", j ? ", " : "", set->parts.extensions[j].id);
        }
        return err_set(err, ERR_INVALID,
                       "it requires %" STR_FMT ", which this Deskhand does not have (it has %s): "
                       "update Deskhand, or get another version of the plugin",
                       STR_ARG(m->requires[i]), offered.len ? offered.text : "none");
    }
    return 0;
}

static int
check_cage(const struct plugin *p, struct err *err)
{
    if (p->manifest.child_only && !p->child) {
        return err_set(err, ERR_INVALID,
                       "its manifest asks for a process of its own (\"isolation\": \"child\"): "
                       "give its entry in desk.yaml `isolation: child`");
    }
    return 0;
}

/* Names are a desk's: of plugins, and of tools whoever brings them. Those of INSTEAD are free. */
static int
check_names(const struct plugin_set *set, const struct manifest *m, const struct plugin *instead,
            const struct tool_registry *r, struct err *err)
{
    for (const struct plugin *p = set->first; p; p = p->next) {
        if (p != instead && !p->replaced && str_eq(p->manifest.name, m->name)) {
            return err_set(err, ERR_INVALID,
                           "a plugin named %" STR_FMT " is loaded already, from %s: remove one",
                           STR_ARG(m->name), p->path);
        }
    }
    for (size_t i = 0; r && i < m->tool_count; i++) {
        const struct tool_def *other = tool_find(r, m->tools[i].name);
        if (other && (!instead || other->source != plugin_source(instead))) {
            return err_set(err, ERR_INVALID,
                           "its tool %" STR_FMT " is already there, from plugin %" STR_FMT
                           ": remove one of the two plugins, or rename the tool",
                           STR_ARG(other->name), STR_ARG(other->plugin));
        }
    }
    return 0;
}

/* CONFIG, checked, with its defaults filled in, as P->config. */
static int
take_config(struct plugin *p, struct str config, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    AUTO(buf) struct buf filled;
    struct schema_report report;
    struct js *value;
    buf_init(&filled, LIMIT_CONFIG_BYTES);
    config = str_trim(config).len ? config : STR("{}");
    int result = js_parse_object(config, "configuration", &scratch, &value, err);
    if (result < 0) {
        return result;
    }
    if (p->manifest.config_schema) {
        schema_apply_defaults(p->manifest.config_schema, value, &filled);
        result = buf_finish(&filled, "configuration", err);
        if (result == 0) {
            result = js_parse_object(buf_str(&filled), "configuration", &scratch, &value, err);
        }
        if (result == 0) {
            result = schema_check(p->manifest.config_schema, value, &scratch, &report, err);
        }
        if (result == SCHEMA_MISMATCH) {
            (void)schema_report_err(&report, err);
            return err_wrap(err, "configuration");
        }
    }
    if (result < 0) {
        return result;
    }
    struct str text = js_to_arena(value, &scratch);
    p->config = text.ptr ? mem_str(text) : NULL;
    p->code.config = str_c(p->config);
    return p->config ? 0 : err_nomem(err);
}

/* What is to be loaded, and in whose place. */
struct loading {
    struct plugin_set *set;
    const char *path;
    const struct plugin_wish *wish;
    const struct plugin *instead; /* NULL: nobody's */
    struct tool_registry *registry;
};

static int
check_plugin(const struct loading *l, struct plugin *p, struct err *err)
{
    int result = manifest_parse(str_from_dh(p->code.abi.manifest), &p->manifest, err);
    if (result == 0) {
        result = check_requires(l->set, &p->manifest, err);
    }
    if (result == 0) {
        result = check_cage(p, err);
    }
    if (result == 0) {
        result = check_names(l->set, &p->manifest, l->instead, l->registry, err);
    }
    if (result == 0) {
        result = take_config(p, l->wish->config, err);
    }
    return result;
}

static struct tool_def
def_of(const struct plugin *p, const struct manifest_tool *t)
{
    return (struct tool_def){
        .name = t->name,
        .description = t->description,
        .schema_text = t->schema_text,
        .schema = t->schema,
        .effect = t->effect,
        .timeout_ms = t->timeout_ms,
        .parallel = t->parallel,
        .hands_over = t->hands_over,
        .untrusted = t->untrusted,
        .confirm = t->confirm,
        .customer_field = t->customer_field,
        .plugin = p->manifest.name,
        .source = plugin_source(p),
    };
}

static int
add_tools(const struct plugin *p, struct tool_registry *r, struct err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < p->manifest.tool_count; i++) {
        const struct tool_def def = def_of(p, &p->manifest.tools[i]);
        result = tool_registry_add(r, &def, err);
    }
    return result;
}

static void
append(struct plugin_set *set, struct plugin *p)
{
    struct plugin **at = &set->first;
    while (*at) {
        at = &(*at)->next;
    }
    *at = p;
}

static int
new_plugin(const struct plugin_set *set, const char *path, struct plugin **ret, struct err *err)
{
    char resolved[PATH_MAX];
    /* A bare name would make dlopen() search the system's folders. */
    if (!realpath(path, resolved)) {
        int seen = errno;
        return seen == ENOENT || seen == ENOTDIR
                   ? err_set(err, ERR_NOTFOUND, "there is no such file")
                   : err_set_errno(err, seen, "find it");
    }
    AUTO(plugin) struct plugin *p = mem_zero(1, sizeof(*p));
    if (!p) {
        return err_nomem(err);
    }
    p->path = mem_str(str_c(resolved));
    p->asked = mem_str(str_c(path));
    if (!p->path || !p->asked) {
        return err_nomem(err);
    }
    p->code.manifest = &p->manifest;
    p->code.extensions = set->parts.extensions;
    p->code.extension_count = set->parts.extension_count;
    p->code.context = set->parts.context;
    p->code.grants = &p->grants.view;
    *ret = TAKE(p);
    return 0;
}

/* Code that is mapped into this process cannot be exchanged under it, only stand beside another
 * file's. */
static int
check_file(const struct loading *l, struct plugin *p, struct err *err)
{
    if (stat(p->path, &p->file) != 0) {
        return err_set_errno(err, errno, "look at it");
    }
    const struct stat *was = l->instead ? &l->instead->file : NULL;
    p->edition = l->instead ? ++l->set->editions : 0;
    if (was && !l->wish->cage && was->st_dev == p->file.st_dev && was->st_ino == p->file.st_ino &&
        (was->st_size != p->file.st_size || was->st_mtim.tv_sec != p->file.st_mtim.tv_sec ||
         was->st_mtim.tv_nsec != p->file.st_mtim.tv_nsec)) {
        return err_set(err, ERR_INVALID,
                       "its file was written over while it runs in this process: start Deskhand "
                       "again, and next time put the new file in its place with mv");
    }
    return 0;
}

static void
on_quarantined(void *arg, const char *why)
{
    const struct plugin *p = arg;
    const struct plugin_parts *parts = &p->set->parts;
    if (parts->quarantined && !p->replaced) {
        parts->quarantined(parts->arg, p, str_c(why));
    }
}

/* The manifest, from a process of the plugin's or from its code. */
static int
open_plugin(const struct loading *l, struct plugin *p, struct err *err)
{
    struct plugin_set *set = l->set;
    const struct plugin_cage *cage = l->wish->cage;
    struct str manifest;
    if (!cage) {
        return plugin_code_open(p->path, p->edition, &p->code.abi, err);
    }
    p->cage = *cage;
    p->set = set;
    p->child_parts = (struct child_parts){
        .loop = set->parts.loop,
        .cage = &p->cage,
        .path = p->path,
        .code = &p->code,
        .threads = set->parts.threads,
        .load_ms = l->instead ? CHILD_RELOAD_MS : CHILD_LOAD_MS,
        .quarantined = on_quarantined,
        .arg = p,
    };
    int result = child_new(&p->child_parts, &p->child, &manifest, err);
    if (result == 0) {
        p->code.abi.manifest = dh_from_str(manifest);
    }
    return result;
}

static int
start_inproc(struct plugin_set *set, struct plugin *p, struct err *err)
{
    int result = inproc_new(set->parts.loop, set->pool, &p->code, &p->inproc, err);
    p->code.tell = inproc_tell;
    p->code.teller = p->inproc;
    return result;
}

/* The plugin, ready but for its tools, which nobody knows of yet. */
static int
load(const struct loading *l, struct plugin **ret, struct err *err)
{
    AUTO(plugin) struct plugin *p = NULL;
    int result = new_plugin(l->set, l->path, &p, err);
    if (result == 0) {
        result = grants_init(&p->grants, l->wish->grants, err);
    }
    if (result == 0) {
        result = plugin_code_check(p->path, err);
    }
    if (result == 0) {
        result = check_file(l, p, err);
    }
    if (result == 0) {
        result = open_plugin(l, p, err);
    }
    if (result == 0) {
        result = check_plugin(l, p, err);
    }
    if (result == 0 && !l->wish->cage) {
        result = start_inproc(l->set, p, err);
    }
    if (result == 0) {
        *ret = TAKE(p);
    }
    return result;
}

int
plugin_load(struct plugin_set *set, const char *path, struct str config, struct tool_registry *r,
            const struct plugin **ret, struct err *err)
{
    return plugin_load_in(set, path, &(struct plugin_wish){.config = config}, r, ret, err);
}

int
plugin_load_in(struct plugin_set *set, const char *path, const struct plugin_wish *wish,
               struct tool_registry *r, const struct plugin **ret, struct err *err)
{
    const struct loading l = {.set = set, .path = path, .wish = wish, .registry = r};
    struct plugin *p = NULL;
    must(loop_is_here(set->parts.loop));
    int result = load(&l, &p, err);
    if (result == 0) {
        /* From here on the registry may know it: it stays, also when adding its tools fails half
         * way for want of memory. */
        append(set, p);
        result = r ? add_tools(p, r, err) : 0;
    }
    if (result < 0) {
        return err_wrap(err, "plugin %s", path);
    }
    *ret = p;
    return 0;
}

/* ---- In the place of another ------------------------------------------------------------------*/

/* The tools of P in the place of OLD's. */
static int
replace_tools(const struct plugin *old, const struct plugin *p, struct tool_registry *r,
              struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    size_t count = p->manifest.tool_count;
    struct tool_def *defs = arena_zero(&scratch, count + 1, sizeof(*defs));
    if (!defs) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        defs[i] = def_of(p, &p->manifest.tools[i]);
    }
    return tool_registry_replace(r, plugin_source(old), defs, count, err);
}

int
plugin_reload(struct plugin_set *set, const struct plugin *old, const char *path,
              const struct plugin_wish *wish, struct tool_registry *r, const struct plugin **ret,
              struct err *err)
{
    const struct loading l = {
        .set = set, .path = path, .wish = wish, .instead = old, .registry = r};
    AUTO(plugin) struct plugin *p = NULL;
    must(loop_is_here(set->parts.loop) && !old->replaced);
    int result = load(&l, &p, err);
    if (result == 0 && !str_eq(p->manifest.name, old->manifest.name)) {
        result = err_set(err, ERR_INVALID,
                         "its file holds another plugin now, %" STR_FMT ": start Deskhand again",
                         STR_ARG(p->manifest.name));
    }
    if (result == 0) {
        result = replace_tools(old, p, r, err);
    }
    if (result < 0) {
        return err_wrap(err, "plugin %s", path);
    }
    *ret = p;
    append(set, TAKE(p));
    plugin_replaced(set, (struct plugin *)old, r);
    return 0;
}
