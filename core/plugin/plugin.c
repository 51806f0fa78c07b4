#include "plugin/plugin.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "io/loop.h"
#include "io/worker.h"
#include "plugin/call.h"
#include "plugin/code.h"
#include "plugin/grants.h"
#include "plugin/instance.h"
#include "plugin/manifest.h"
#include "plugin/plugin_child.h"
#include "plugin/plugin_inproc.h"
#include "schema/schema.h"
#include "tool/tool.h"

enum {
    LOST_THREADS_MAX = 16, /* of all plugins; each may hold INPROC_LOST_MAX */
    CLOSING_MAX_MS = 2000,
};

struct plugin {
    struct plugin *next;
    char *path;
    char *config;
    struct manifest manifest;
    struct plugin_code code;
    struct grants grants;
    struct plugin_cage cage;
    struct child_parts child_parts;
    struct plugin_child *child; /* one of the two */
    struct inproc *inproc;
};

struct plugin_set {
    struct plugin_parts parts;
    struct pool *pool;
    struct plugin *first;
};

int
plugin_set_new(const struct plugin_parts *parts, struct plugin_set **ret, struct err *err)
{
    AUTO(plugin_set) struct plugin_set *set = mem_zero(1, sizeof(*set));
    if (!set) {
        return err_nomem(err);
    }
    set->parts = *parts;
    int result = pool_new(parts->loop, "plugin", parts->threads, LOST_THREADS_MAX, &set->pool, err);
    if (result < 0) {
        return result;
    }
    *ret = TAKE(set);
    return 0;
}

/* A plugin that still runs somewhere keeps its memory. */
static void
plugin_free(struct plugin *p)
{
    if (!p) {
        return;
    }
    bool idle = !p->inproc || inproc_idle(p->inproc);
    inproc_free(p->inproc);
    child_free(p->child);
    if (idle) {
        manifest_done(&p->manifest);
        grants_done(&p->grants);
        mem_free(p->config);
        mem_free(p->path);
        mem_free(p);
    }
}
AUTO_DEFINE(plugin, struct plugin *, plugin_free)

/* Each look may find that a lost thread came back, and end its instance. */
static bool
all_idle(const struct plugin_set *set)
{
    bool idle = true;
    for (const struct plugin *p = set->first; p; p = p->next) {
        if (p->child) {
            child_close(p->child);
            idle = idle && child_idle(p->child);
        } else {
            inproc_close(p->inproc);
            idle = idle && inproc_idle(p->inproc);
        }
    }
    return idle;
}

static void
wait_until_idle(struct plugin_set *set)
{
    int64_t until = clock_mono_ms(clock_real()) + CLOSING_MAX_MS;
    while (!all_idle(set) && clock_mono_ms(clock_real()) < until) {
        struct err err = {0};
        if (loop_step(set->parts.loop, 20, &err) < 0) {
            return;
        }
    }
}

void
plugin_set_free(struct plugin_set *set)
{
    if (!set) {
        return;
    }
    wait_until_idle(set);
    while (set->first) {
        struct plugin *p = set->first;
        set->first = p->next;
        plugin_free(p);
    }
    pool_free(set->pool);
    mem_free(set);
}

/* ---- Loading: one function a rule -------------------------------------------------------------*/

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

/* Names are a desk's: of plugins, and of tools whoever brings them. */
static int
check_names(const struct plugin_set *set, const struct manifest *m, const struct tool_registry *r,
            struct err *err)
{
    for (const struct plugin *p = set->first; p; p = p->next) {
        if (str_eq(p->manifest.name, m->name)) {
            return err_set(err, ERR_INVALID,
                           "a plugin named %" STR_FMT " is loaded already, from %s: remove one",
                           STR_ARG(m->name), p->path);
        }
    }
    for (size_t i = 0; r && i < m->tool_count; i++) {
        const struct tool_def *other = tool_find(r, m->tools[i].name);
        if (other) {
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

static int
check_plugin(const struct plugin_set *set, struct plugin *p, struct str config,
             const struct tool_registry *r, struct err *err)
{
    int result = manifest_parse(str_from_dh(p->code.abi.manifest), &p->manifest, err);
    if (result == 0) {
        result = check_requires(set, &p->manifest, err);
    }
    if (result == 0) {
        result = check_cage(p, err);
    }
    if (result == 0) {
        result = check_names(set, &p->manifest, r, err);
    }
    if (result == 0) {
        result = take_config(p, config, err);
    }
    return result;
}

static int
add_tools(struct plugin *p, struct tool_registry *r, struct err *err)
{
    const struct manifest *m = &p->manifest;
    for (size_t i = 0; i < m->tool_count; i++) {
        const struct manifest_tool *t = &m->tools[i];
        struct tool_def def = {
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
            .plugin = m->name,
            .source = p->child ? child_source(p->child) : inproc_source(p->inproc),
        };
        int result = tool_registry_add(r, &def, err);
        if (result < 0) {
            return result;
        }
    }
    return 0;
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
    if (!p->path) {
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

/* The manifest, from a process of the plugin's or from its code. */
static int
open_plugin(struct plugin_set *set, struct plugin *p, const struct plugin_cage *cage,
            struct err *err)
{
    struct str manifest;
    if (!cage) {
        return plugin_code_open(p->path, &p->code.abi, err);
    }
    p->cage = *cage;
    p->child_parts = (struct child_parts){
        .loop = set->parts.loop,
        .cage = &p->cage,
        .path = p->path,
        .code = &p->code,
        .threads = set->parts.threads,
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

static int
load(struct plugin_set *set, const char *path, const struct plugin_wish *wish,
     struct tool_registry *r, struct plugin **ret, struct err *err)
{
    AUTO(plugin) struct plugin *p = NULL;
    int result = new_plugin(set, path, &p, err);
    if (result == 0) {
        result = grants_init(&p->grants, wish->grants, err);
    }
    if (result == 0) {
        result = plugin_code_check(p->path, err);
    }
    if (result == 0) {
        result = open_plugin(set, p, wish->cage, err);
    }
    if (result == 0) {
        result = check_plugin(set, p, wish->config, r, err);
    }
    if (result == 0 && !wish->cage) {
        result = start_inproc(set, p, err);
    }
    if (result < 0) {
        return result;
    }
    /* From here on the registry may know it: it stays, also when adding its tools fails half way
     * for want of memory. */
    *ret = TAKE(p);
    append(set, *ret);
    return r ? add_tools(*ret, r, err) : 0;
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
    struct plugin *p = NULL;
    must(loop_is_here(set->parts.loop));
    if (load(set, path, wish, r, &p, err) < 0) {
        return err_wrap(err, "plugin %s", path);
    }
    *ret = p;
    return 0;
}

const struct plugin *
plugin_at(const struct plugin_set *set, size_t index)
{
    const struct plugin *p = set->first;
    for (; p && index > 0; index--) {
        p = p->next;
    }
    return p;
}

const struct manifest *
plugin_manifest(const struct plugin *p)
{
    return &p->manifest;
}

struct str
plugin_path(const struct plugin *p)
{
    return str_c(p->path);
}

struct str
plugin_trouble(const struct plugin *p)
{
    return p->child ? child_trouble(p->child) : inproc_trouble(p->inproc);
}

bool
plugin_isolated(const struct plugin *p, unsigned *ret_missing)
{
    *ret_missing = p->child ? child_missing(p->child) : 0;
    return p->child != NULL;
}
