#include "reloading.h"

#include <limits.h>
#include <stdlib.h>

#include "app.h"
#include "base/alloc.h"
#include "base/log.h"
#include "command_tools.h"
#include "config/config.h"
#include "io/loop.h"
#include "parts.h"
#include "plugin/manifest.h"
#include "plugin/plugin.h"
#include "plugin_states.h"
#include "quarantine.h"
#include "store/store.h"

/* The configuration as it was at one time: plugins loaded then point into it. */
struct edition {
    struct edition *next;
    struct app app;
    struct parts_plugin *list;
    size_t count;
};

/* How often a plugin was to be loaded anew, as far as this process has done it. */
struct seen {
    char *plugin;
    int64_t reload;
};

struct reloading {
    struct app *app;
    struct plugin_set *set;
    struct command_tools *commands;
    struct tool_registry *tools;
    struct store_watch watch;
    struct store_request request;
    struct plugin_states states;
    bool reading;
    bool again;
    struct seen *seen;
    size_t seen_count;
    size_t seen_capacity;
    struct edition *editions;
};

/* What is known of PLUGIN; NULL when memory ran out. */
static struct seen *
seen_of(struct reloading *r, struct str plugin)
{
    for (size_t i = 0; i < r->seen_count; i++) {
        if (str_eq_c(plugin, r->seen[i].plugin)) {
            return &r->seen[i];
        }
    }
    if (!mem_grow(r->seen, r->seen_count, r->seen_capacity)) {
        return NULL;
    }
    struct seen *s = &r->seen[r->seen_count];
    *s = (struct seen){.plugin = mem_str(plugin)};
    r->seen_count += s->plugin != NULL;
    return s->plugin ? s : NULL;
}

/* ---- Loading ----------------------------------------------------------------------------------*/

static void
edition_free(struct edition *e)
{
    if (e) {
        app_done(&e->app);
        mem_free(e);
    }
}
AUTO_DEFINE(edition, struct edition *, edition_free)

/* desk.yaml as it is now. */
static int
read_edition(const struct reloading *r, struct edition **ret, struct err *err)
{
    AUTO(edition) struct edition *e = mem_zero(1, sizeof(*e));
    if (!e) {
        return err_nomem(err);
    }
    e->app.desk_option = r->app->desk;
    int result = parts_plugin_list(&e->app, &e->list, &e->count, err);
    if (result == 0) {
        app_talks(&e->app);
        *ret = TAKE(e);
    }
    return result;
}

static const struct plugin *
find_plugin(const struct plugin_set *set, struct str name)
{
    const struct plugin *p;
    for (size_t i = 0; (p = plugin_at(set, i)); i++) {
        if (str_eq(plugin_manifest(p)->name, name)) {
            return p;
        }
    }
    return NULL;
}

/* P's entry: the same path, also where it leads somewhere else by now, or another to its file. */
static const struct parts_plugin *
find_entry(const struct edition *e, const struct plugin *p)
{
    for (size_t i = 0; i < e->count; i++) {
        char real[PATH_MAX];
        bool same = str_eq(plugin_asked(p), e->list[i].path) ||
                    (realpath(e->list[i].path.ptr, real) && str_eq_c(plugin_path(p), real));
        if (e->list[i].enabled && same) {
            return &e->list[i];
        }
    }
    return NULL;
}

static int
load_anew(struct reloading *r, const struct edition *e, struct str name, struct err *err)
{
    const struct plugin *p = find_plugin(r->set, name);
    const struct parts_plugin *entry = p ? find_entry(e, p) : NULL;
    if (!p) {
        return err_set(err, ERR_NOTFOUND,
                       "plugin %" STR_FMT ": is not one of those that this program was started "
                       "with; it has it when it is started again",
                       STR_ARG(name));
    }
    if (!entry) {
        return err_set(err, ERR_NOTFOUND,
                       "plugin %" STR_FMT ": desk.yaml has it no longer; it stays until this "
                       "program is started again",
                       STR_ARG(name));
    }
    int result = parts_plugin_reload(r->set, p, entry, r->tools, &p, err);
    if (result == 0) {
        log_line(LOG_INFO, "plugin", STR(""), "%" STR_FMT " %" STR_FMT ": loaded anew",
                 STR_ARG(plugin_manifest(p)->name), STR_ARG(plugin_manifest(p)->version));
    }
    return result;
}

/* ---- The wish ---------------------------------------------------------------------------------*/

static void
obey(struct reloading *r)
{
    AUTO(edition) struct edition *e = NULL;
    bool used = false;
    for (size_t i = 0; i < r->states.count; i++) {
        const struct plugin_state_row *row = &r->states.rows[i];
        struct seen *s = seen_of(r, row->plugin);
        struct err err = {0};
        quarantine_heed(r->set, row);
        command_tools_heed(r->commands, row);
        if (!s || row->reload <= s->reload) {
            continue;
        }
        s->reload = row->reload;
        if (str_starts(row->plugin, STR(QUARANTINE_COMMAND))) {
            (void)command_tools_pardon(r->commands, row->plugin);
            continue;
        }
        if ((!e && read_edition(r, &e, &err) < 0) || load_anew(r, e, row->plugin, &err) < 0) {
            log_err(LOG_ERROR, "plugin", STR(""), &err);
        } else {
            used = true;
        }
    }
    if (used) {
        e->next = r->editions;
        r->editions = TAKE(e);
    }
}

static void look(struct reloading *r);

static void
on_read(void *arg, int result, const struct err *err)
{
    struct reloading *r = OWNER_OF(arg, struct reloading, states);
    r->reading = false;
    if (!r->watch.store) {
        return; /* it was stopped */
    }
    if (result == 0) {
        obey(r);
    } else {
        log_err(LOG_WARN, "plugin", STR(""), err);
    }
    if (r->again) {
        look(r);
    }
}

static void
look(struct reloading *r)
{
    r->again = r->reading;
    if (!r->reading) {
        r->reading = true;
        r->request =
            (struct store_request){.body = plugin_states_read, .done = on_read, .arg = &r->states};
        store_read(r->app->store, &r->request);
    }
}

static void
on_commit(struct store_watch *watch)
{
    look(OWNER_OF(watch, struct reloading, watch));
}

/* ---- From start to end ------------------------------------------------------------------------*/

/* What was asked for before is done: the files were read a moment ago. */
static int
read_first(struct reloading *r, struct err *err)
{
    int result = store_read_wait(r->app->store, plugin_states_read, &r->states, err);
    for (size_t i = 0; result == 0 && i < r->states.count; i++) {
        struct seen *s = seen_of(r, r->states.rows[i].plugin);
        if (!s) {
            return err_nomem(err);
        }
        s->reload = r->states.rows[i].reload;
    }
    return result;
}

AUTO_DEFINE(reloading, struct reloading *, reloading_free)

int
reloading_open(struct app *app, struct plugin_set *set, struct command_tools *commands,
               struct tool_registry *tools, struct reloading **ret, struct err *err)
{
    AUTO(reloading) struct reloading *r = mem_zero(1, sizeof(*r));
    if (!r) {
        return err_nomem(err);
    }
    r->app = app;
    r->set = set;
    r->commands = commands;
    r->tools = tools;
    int result = read_first(r, err);
    if (result == 0) {
        result = store_watch_start(app->store, &r->watch, on_commit, err);
    }
    if (result == 0) {
        *ret = TAKE(r);
    }
    return result;
}

void
reloading_stop(struct reloading *r)
{
    if (r) {
        store_watch_stop(&r->watch);
    }
}

void
reloading_free(struct reloading *r)
{
    if (!r) {
        return;
    }
    while (r->editions) {
        struct edition *e = r->editions;
        r->editions = e->next;
        edition_free(e);
    }
    for (size_t i = 0; i < r->seen_count; i++) {
        mem_free(r->seen[i].plugin);
    }
    mem_free(r->seen);
    arena_done(&r->states.arena);
    mem_free(r);
}

/* ---- Asking -----------------------------------------------------------------------------------*/

static int
write_wish(struct store_tx *tx, void *arg, struct err *err)
{
    const struct str *name = arg;
    AUTO(arena) struct arena arena = {0};
    struct plugin_state_row row;
    int result = plugin_states_get(tx, *name, &arena, &row, err);
    if (result < 0) {
        return result;
    }
    row.trouble = STR("");
    row.since = store_now(tx);
    row.reload++;
    return store_plugin_state_set(tx, &row, err);
}

int
reloading_ask(struct app *app, struct str name, struct err *err)
{
    return store_write_wait(app->store, write_wish, &name, err);
}
