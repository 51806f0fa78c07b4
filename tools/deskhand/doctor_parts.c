/* What the bot answers from and with: catalogue, model, plugins, prompts. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "catalog/catalog.h"
#include "config/config.h"
#include "doctor.h"
#include "host/host.h"
#include "io/loop.h"
#include "model/models.h"
#include "models_desk.h"
#include "parts.h"
#include "plugin/cage.h"
#include "plugin/manifest.h"
#include "plugin/plugin.h"
#include "prompt_check.h"
#include "quarantine.h"
#include "store/store.h"
#include "tool/tool.h"

static void
add_err(struct doctor *d, const char *check, const struct err *err)
{
    checklist_add(&d->list, CHECK_PROBLEM, check, "%s", err->message);
}

/* ---- The catalogue ---------------------------------------------------------------------------*/

/* Counted, and searched once each: the index is a table of its own. */
static int
try_catalog(struct catalog *c, struct catalog_stats *stats, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct catalog_hits hits;
    int result = catalog_stats(c, stats, err);
    for (int kind = CATALOG_PRODUCTS; result == 0 && kind <= CATALOG_ARTICLES; kind++) {
        struct catalog_query query = {.kind = (enum catalog_kind)kind, .text = STR("light")};
        result = catalog_search(c, &query, &arena, &hits, err);
    }
    return result;
}

void
doctor_catalog(struct doctor *d)
{
    AUTO(catalog) struct catalog *c = NULL;
    struct catalog_stats stats;
    struct err err;
    struct str path;
    int result = app_catalog_path(d->app, &path, &err);
    if (result == 0) {
        result = catalog_open(path.ptr, &c, &err);
    }
    if (result == 0) {
        result = try_catalog(c, &stats, &err);
    }
    if (result == ERR_NOTFOUND) {
        checklist_add(&d->list, CHECK_NOTE, "catalogue",
                      "there is none: the bot knows no products and no articles until you import "
                      "some: deskhand catalog import FILE");
    } else if (result == ERR_INVALID) {
        checklist_add(&d->list, CHECK_PROBLEM, "catalogue",
                      "%s: remove the file and import products and articles again", err.message);
    } else if (result < 0) {
        add_err(d, "catalogue", &err);
    } else {
        checklist_add(&d->list, CHECK_OK, "catalogue", "%lld products, %lld articles",
                      (long long)stats.products, (long long)stats.articles);
    }
}

/* ---- The model -------------------------------------------------------------------------------*/

/* One that answers and cannot be asked is a problem; one that nobody uses is worth knowing. */
static void
check_model(struct doctor *d, struct models_desk *desk, const struct models_entry *entry)
{
    struct str key = {0};
    struct err err;
    struct str use = models_desk_use(desk, entry->name, &d->app->arena);
    bool used = !str_eq_c(use, "-");
    if (models_check(desk->models, entry->name, &d->app->arena, &key, &err) < 0) {
        checklist_add(&d->list, used ? CHECK_PROBLEM : CHECK_NOTE, "model", "%" STR_FMT "%s: %s",
                      STR_ARG(entry->name), used ? "" : ", not in use", err.message);
    } else if (used || entry->id.len) {
        checklist_add(&d->list, CHECK_OK, "model", "%" STR_FMT " can be asked%s%" STR_FMT "%s",
                      STR_ARG(entry->name), key.len ? " (key: " : "", STR_ARG(key),
                      key.len ? ")" : "");
    }
}

/* Settings that name a model. */
static void
check_model_names(struct doctor *d, struct models_desk *desk)
{
    static const char *const keys[] = {"model", "model.background", "spend.cheaper_model"};
    struct model *ignored;
    struct err err;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct str name = config_text(desk->config, keys[i]);
        if (name.len && models_get(desk->models, name, &ignored, &err) == ERR_NOTFOUND) {
            checklist_add(&d->list, CHECK_PROBLEM, i ? keys[i] : "desk.yaml", "%s", err.message);
        }
    }
}

/* No server is asked: `models test` does that. */
void
doctor_model(struct doctor *d)
{
    AUTO(models_desk) struct models_desk desk = {0};
    struct models_entry entry;
    struct err err;
    if (models_desk_open(d->app, &desk, &err) < 0) {
        add_err(d, "model", &err);
        return;
    }
    check_model_names(d, &desk);
    for (size_t i = 0; models_at(desk.models, i, &entry); i++) {
        check_model(d, &desk, &entry);
    }
}

/* ---- Plugins ---------------------------------------------------------------------------------*/

/* What this kernel, or the container around us, leaves out of a plugin's cage. */
static void
check_cage(struct doctor *d, const struct plugin *p)
{
    unsigned missing = 0;
    struct str name = plugin_manifest(p)->name;
    if (!plugin_isolated(p, &missing)) {
        return;
    }
    for (unsigned part = 1; part <= CAGE_ALL; part <<= 1) {
        if (missing & part) {
            struct str what = cage_part_name(part);
            struct str loss = cage_part_loss(part);
            checklist_add(&d->list, CHECK_NOTE, "plugin",
                          "%" STR_FMT " runs without %" STR_FMT ", which this system does not "
                          "offer: %" STR_FMT,
                          STR_ARG(name), STR_ARG(what), STR_ARG(loss));
        }
    }
}

/* What other programs found out about P; a desk without a record has nothing to say of it. */
static struct str
quarantine_of(struct doctor *d, struct plugin_set *set, const struct plugin *p)
{
    struct err none;
    int result = app_store(d->app, APP_READ, NULL, &none);
    if (result == 0) {
        result = quarantine_apply(d->app, set, &none);
    }
    store_free(d->app->store);
    d->app->store = NULL;
    return result == 0 ? plugin_trouble(p) : STR("");
}

static void
check_plugin(struct doctor *d, struct plugin_set *set, struct tool_registry *tools,
             const struct parts_plugin *wanted)
{
    struct err err;
    const struct plugin *loaded;
    if (!wanted->enabled) {
        checklist_add(&d->list, CHECK_OK, "plugin", "%s is switched off", wanted->path.ptr);
        return;
    }
    if (parts_plugin_load(set, wanted, tools, &loaded, &err) < 0) {
        checklist_add(&d->list, CHECK_PROBLEM, "plugin", "%s%s", err.message,
                      err.code == ERR_NOTFOUND && !wanted->trouble
                          ? ": mend its entry under `plugins` in desk.yaml, or "
                            "put the file there"
                          : "");
        return;
    }
    const struct manifest *m = plugin_manifest(loaded);
    struct str trouble = quarantine_of(d, set, loaded);
    if (trouble.len) {
        checklist_add(&d->list, CHECK_PROBLEM, "plugin",
                      "%" STR_FMT ": %" STR_FMT ": mend it, or try it again with `deskhand plugins "
                      "reload %" STR_FMT "`",
                      STR_ARG(m->name), STR_ARG(trouble), STR_ARG(m->name));
        return;
    }
    checklist_add(&d->list, CHECK_OK, "plugin", "%" STR_FMT " %" STR_FMT ": %zu tool%s",
                  STR_ARG(m->name), STR_ARG(m->version), m->tool_count,
                  m->tool_count == 1 ? "" : "s");
    check_cage(d, loaded);
}

void
doctor_plugins(struct doctor *d)
{
    AUTO(loop) struct loop *loop = NULL;
    AUTO(plugin_set) struct plugin_set *set = NULL;
    AUTO(tool_registry) struct tool_registry *tools = NULL;
    struct plugin_parts parts = {.threads = 1};
    struct parts_plugin *list = NULL;
    size_t count = 0;
    struct err err;
    int result = parts_plugin_list(d->app, &list, &count, &err);
    if (result == 0) {
        result = loop_new(&loop, &err);
    }
    if (result == 0) {
        parts.loop = loop;
        parts.extensions = host_extensions(&parts.extension_count);
        result = plugin_set_new(&parts, &set, &err);
    }
    if (result == 0) {
        result = tool_registry_new(loop, &tools, &err);
    }
    if (result < 0) {
        add_err(d, "plugins", &err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        check_plugin(d, set, tools, &list[i]);
    }
}

/* ---- Prompts ---------------------------------------------------------------------------------*/

void
doctor_prompts(struct doctor *d)
{
    struct prompt_path path;
    struct prompt_entry *entries;
    struct str vars;
    struct err err;
    size_t count = 0;
    size_t sound = 0;
    struct str chosen = config_text(d->app->config, "prompt");
    int result = parts_prompt_path(d->app, &path, &err);
    if (result == 0) {
        result = parts_vars(d->app, STR(""), &vars, &err);
    }
    if (result == 0) {
        result = prompt_list(&path, &d->app->arena, &entries, &count, &err);
    }
    if (result < 0) {
        add_err(d, "prompts", &err);
        return;
    }
    for (size_t i = 0; i <= PROMPT_NEEDED; i++) {
        struct str name = i < PROMPT_NEEDED ? prompt_needed[i] : chosen;
        if (prompt_check(d->app, &path, vars, name, &err) < 0) {
            add_err(d, "prompts", &err);
        } else {
            sound++;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (entries[i].fault.len && !prompt_check_in_use(d->app, entries[i].name)) {
            checklist_add(&d->list, CHECK_NOTE, "prompts", "not in use just now: %" STR_FMT,
                          STR_ARG(entries[i].fault));
        }
    }
    if (sound == PROMPT_NEEDED + 1) {
        checklist_add(&d->list, CHECK_OK, "prompts", "the %zu in use load and render", sound);
    }
}
