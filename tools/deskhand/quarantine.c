#include "quarantine.h"

#include "app.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/faults.h"
#include "base/log.h"
#include "plugin/manifest.h"
#include "plugin/plugin.h"
#include "plugin_states.h"
#include "store/store.h"

/* One on its way into the record. They are few, and kept until the program ends: a store that is
 * closed does not say what became of them. */
struct quarantine_note {
    struct quarantine_note *next;
    struct store_request request;
    struct arena arena;
    struct plugin_state_row row;
};

static int
write_note(struct store_tx *tx, void *arg, struct err *err)
{
    const struct quarantine_note *n = arg;
    AUTO(arena) struct arena arena = {0};
    struct plugin_state_row row;
    int result = plugin_states_get(tx, n->row.plugin, &arena, &row, err);
    if (result < 0) {
        return result;
    }
    row.trouble = n->row.trouble;
    row.file = n->row.file;
    row.since = store_now(tx);
    return store_plugin_state_set(tx, &row, err);
}

static void
on_noted(void *arg, int result, const struct err *err)
{
    (void)arg;
    if (result < 0) {
        log_err(LOG_WARN, "plugin", STR(""), err);
    }
}

static bool
fill_note(struct quarantine_note *n, struct str name, const char *file, struct str why)
{
    n->row.plugin = arena_str(&n->arena, name);
    n->row.trouble = arena_str(&n->arena, why);
    n->row.file = arena_str(&n->arena, str_c(file));
    return n->row.plugin.ptr && n->row.trouble.ptr && n->row.file.ptr;
}

void
quarantine_put(struct app *app, struct str name, const char *file, struct str why)
{
    if (!app->store || !app->store_loop) {
        return; /* this program has no record open to write to */
    }
    struct quarantine_note *n = mem_zero(1, sizeof(*n));
    if (!n) {
        log_line(LOG_WARN, "plugin", STR(""), "out of memory: a quarantine is not on record");
        return;
    }
    n->next = app->notes;
    app->notes = n;
    if (!fill_note(n, name, file, why)) {
        log_line(LOG_WARN, "plugin", STR(""), "out of memory: a quarantine is not on record");
        return;
    }
    n->request = (struct store_request){.body = write_note, .done = on_noted, .arg = n};
    store_write(app->store, &n->request);
}

void
quarantine_note(void *arg, const struct plugin *p, struct str why)
{
    char file[PLUGIN_FILE_TEXT];
    plugin_file_text(p, file);
    quarantine_put(arg, plugin_manifest(p)->name, file, why);
}

void
quarantine_notes_free(struct quarantine_note *notes)
{
    while (notes) {
        struct quarantine_note *n = notes;
        notes = n->next;
        arena_done(&n->arena);
        mem_free(n);
    }
}

/* ---- What is on record ------------------------------------------------------------------------*/

int64_t
quarantine_left(const struct plugin_state_row *row, const char *file)
{
    int64_t left = row->since + FAULTS_HOLD_MS - clock_wall_ms(clock_real());
    /* A clock that was turned back does not make it longer. */
    bool holds = row->trouble.len > 0 && left <= FAULTS_HOLD_MS && str_eq_c(row->file, file);
    return holds && left > 0 ? left : 0;
}

void
quarantine_heed(void *arg, const struct plugin_state_row *row)
{
    const struct plugin_set *set = arg;
    const struct plugin *p;
    for (size_t i = 0; row->trouble.len && (p = plugin_at(set, i)); i++) {
        char file[PLUGIN_FILE_TEXT];
        plugin_file_text(p, file);
        int64_t left = quarantine_left(row, file);
        if (left > 0 && str_eq(plugin_manifest(p)->name, row->plugin) &&
            plugin_trouble(p).len == 0) {
            plugin_quarantine(p, row->trouble, left);
        }
    }
}

int
quarantine_each(struct app *app, quarantine_heeds heed, void *arg, struct err *err)
{
    struct plugin_states states = {0};
    if (!app->store) {
        return 0;
    }
    int result = store_read_wait(app->store, plugin_states_read, &states, err);
    for (size_t i = 0; result == 0 && i < states.count; i++) {
        heed(arg, &states.rows[i]);
    }
    arena_done(&states.arena);
    return result;
}

int
quarantine_apply(struct app *app, struct plugin_set *set, struct err *err)
{
    return quarantine_each(app, quarantine_heed, set, err);
}
