/* dh.kv/1 on the desk. A question becomes one body on the store's writer or reader, with copies of
 * all it needs: its asker may go away meanwhile, and a body may run twice.
 *
 * A plugin's rows are "PLUGIN/KEY"; names of plugins hold no slash. What they take up together is
 * counted in a row of its own, changed by the same transaction, so that the quota holds exactly,
 * whoever else writes. What has expired counts until it is swept: by a write that finds no room,
 * and by every SWEEP_EVERYth. */
#include <inttypes.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "host/host_impl.h"
#include "host/kv_rules.h"
#include "host/tables.h"
#include "plugin/ask.h"
#include "plugin/manifest.h"

enum {
    SWEEP_EVERY = 64,
    PAGE = 16, /* rows that are looked at together */
};

struct job {
    struct store_request request;
    struct host *host;
    struct plugin_ask *ask; /* NULL: nobody waits any more */
    struct arena arena;
    struct str plugin;
    struct str key;
    struct str prefix;
    struct str id;    /* of KEY */
    struct str space; /* "PLUGIN/", which all of them begin with */
    struct str value; /* put and add: the new one; get and next: what was found */
    int64_t ttl;
    bool add;
    bool sweep;
    int64_t code; /* DH_KV_... */
};

/* ---- Bodies -----------------------------------------------------------------------------------*/

static int64_t
size_of(const struct job *j, const struct plugin_value_row *row)
{
    return (int64_t)(row->id.len - j->space.len + row->value.len);
}

/* The row of ID, if it is there and has not expired: 0 or STORE_NONE. *RET_STALE: it has. */
static int
find(struct store_tx *tx, struct job *j, struct plugin_value_row *ret, bool *ret_stale,
     struct err *err)
{
    int result = store_plugin_value_get(tx, j->id, &j->arena, ret, err);
    *ret_stale = result == 0 && ret->expires_at <= store_now(tx);
    return result;
}

static int
body_get(struct store_tx *tx, void *arg, struct err *err)
{
    struct job *j = arg;
    struct plugin_value_row row;
    bool stale = false;
    int result = find(tx, j, &row, &stale, err);
    if (result < 0) {
        return result;
    }
    j->code = result == STORE_NONE || stale ? DH_KV_NONE : DH_KV_OK;
    j->value = j->code == DH_KV_OK ? row.value : (struct str){0};
    return 0;
}

/* Above what body_next() looks: the first row behind AFTER is above this id. *RET_FIRST: PREFIX is
 * a key itself that may be the one. */
static struct str
start_of(struct job *j, bool *ret_first)
{
    struct str from = str_cmp(j->key, j->prefix) < 0 ? j->prefix : j->key;
    *ret_first = j->prefix.len > 0 && str_cmp(j->key, j->prefix) < 0;
    return arena_printf(&j->arena, "%" STR_FMT "%" STR_FMT, STR_ARG(j->space), STR_ARG(from));
}

/* The first of ROWS that lives. True: the search is over, found or not. */
static bool
look_at(struct job *j, const struct plugin_value_row *rows, size_t count, int64_t now)
{
    for (size_t i = 0; i < count; i++) {
        struct str key = str_sub(rows[i].id, j->space.len, SIZE_MAX);
        if (!str_starts(rows[i].id, j->space) || !str_starts(key, j->prefix)) {
            return true;
        }
        if (rows[i].expires_at > now) {
            j->code = DH_KV_OK;
            j->value = key;
            return true;
        }
    }
    return count < PAGE;
}

static int
body_next(struct store_tx *tx, void *arg, struct err *err)
{
    struct job *j = arg;
    struct plugin_value_row *rows;
    size_t count = 0;
    bool first = false;
    bool over = false;
    struct str at = start_of(j, &first);
    j->code = DH_KV_NONE;
    if (!at.ptr) {
        return err_nomem(err);
    }
    if (first) {
        struct plugin_value_row row;
        int result = store_plugin_value_get(tx, at, &j->arena, &row, err);
        if (result < 0) {
            return result;
        }
        over = result == 0 && look_at(j, &row, 1, store_now(tx)) && j->code == DH_KV_OK;
    }
    while (!over) {
        int result = store_plugin_value_list(tx, at, PAGE, &j->arena, &rows, &count, err);
        if (result < 0) {
            return result;
        }
        over = look_at(j, rows, count, store_now(tx));
        at = count ? rows[count - 1].id : at;
    }
    return 0;
}

/* Take away what has expired, and set SPACE right. */
static int
sweep(struct store_tx *tx, struct job *j, struct plugin_space_row *space, struct err *err)
{
    struct str at = j->space;
    struct plugin_value_row *rows;
    size_t count = PAGE;
    int64_t now = store_now(tx);
    while (count == PAGE) {
        AUTO(arena) struct arena page = {0};
        int result = store_plugin_value_list(tx, at, PAGE, &page, &rows, &count, err);
        for (size_t i = 0; result >= 0 && i < count; i++) {
            if (!str_starts(rows[i].id, j->space)) {
                return 0;
            }
            if (rows[i].expires_at <= now) {
                space->keys--;
                space->bytes -= size_of(j, &rows[i]);
                result = store_plugin_value_remove(tx, rows[i].id, err);
            }
        }
        if (result < 0) {
            return result;
        }
        at = count ? arena_str(&j->arena, rows[count - 1].id) : at;
        if (!at.ptr) {
            return err_nomem(err);
        }
    }
    return 0;
}

static bool
fits(const struct plugin_space_row *space)
{
    return space->keys <= KV_KEYS_MAX && space->bytes <= KV_BYTES_MAX;
}

static int
get_space(struct store_tx *tx, struct job *j, struct plugin_space_row *ret, struct err *err)
{
    int result = store_plugin_space_get(tx, j->plugin, &j->arena, ret, err);
    if (result == STORE_NONE) {
        *ret = (struct plugin_space_row){.plugin = j->plugin};
        result = 0;
    }
    return result;
}

/* What SPACE is with ROW in place of BEFORE. */
static struct plugin_space_row
space_with(const struct job *j, struct plugin_space_row space,
           const struct plugin_value_row *before, const struct plugin_value_row *row)
{
    space.keys += before ? 0 : 1;
    space.bytes += size_of(j, row) - (before ? size_of(j, before) : 0);
    return space;
}

static int
body_put(struct store_tx *tx, void *arg, struct err *err)
{
    struct job *j = arg;
    struct plugin_value_row before;
    struct plugin_space_row space;
    bool stale = false;
    int64_t now = store_now(tx);
    int result = find(tx, j, &before, &stale, err);
    bool there = result == 0;
    if (there && !stale && j->add) {
        j->code = DH_KV_EXISTS;
        return 0;
    }
    if (result >= 0) {
        result = get_space(tx, j, &space, err);
    }
    if (result < 0) {
        return result;
    }
    const struct plugin_value_row row = {
        .id = j->id,
        .value = j->value,
        .expires_at = j->ttl == 0 || j->ttl > INT64_MAX - now ? INT64_MAX : now + j->ttl,
        .at = now,
    };
    struct plugin_space_row with = space_with(j, space, there ? &before : NULL, &row);
    if (j->sweep || !fits(&with)) {
        result = sweep(tx, j, &space, err);
        with = space_with(j, space, there && !stale ? &before : NULL, &row);
    }
    j->code = fits(&with) ? DH_KV_OK : DH_KV_FULL;
    if (result == 0 && j->code == DH_KV_OK) {
        result = store_plugin_value_put(tx, &row, err);
    }
    return result == 0 ? store_plugin_space_set(tx, j->code == DH_KV_OK ? &with : &space, err)
                       : result;
}

static int
body_remove(struct store_tx *tx, void *arg, struct err *err)
{
    struct job *j = arg;
    struct plugin_value_row row;
    struct plugin_space_row space;
    bool stale = false;
    int result = find(tx, j, &row, &stale, err);
    j->code = result == 0 && !stale ? DH_KV_OK : DH_KV_NONE;
    if (result != 0) {
        return result < 0 ? result : 0;
    }
    result = get_space(tx, j, &space, err);
    if (result == 0) {
        result = store_plugin_value_remove(tx, j->id, err);
    }
    space.keys--;
    space.bytes -= size_of(j, &row);
    return result == 0 ? store_plugin_space_set(tx, &space, err) : result;
}

/* ---- Questions and answers --------------------------------------------------------------------*/

static void
free_job(struct job *j)
{
    arena_done(&j->arena);
    mem_free(j);
}

static void
on_done(void *arg, int result, const struct err *err)
{
    struct job *j = arg;
    host_done(j->host);
    if (result < 0) {
        log_line(LOG_WARN, "plugin", STR(""), "%" STR_FMT ": dh.kv/1: %s", STR_ARG(j->plugin),
                 err->message);
        j->code = DH_KV_FAILED;
    }
    if (j->ask) {
        plugin_ask_answer(j->ask, j->code, STR(""),
                          j->code == DH_KV_OK ? j->value : (struct str){0});
    }
    free_job(j);
}

static bool
writes(struct str what)
{
    return str_eq_c(what, "put") || str_eq_c(what, "add") || str_eq_c(what, "remove");
}

static store_body
body_of(struct str what)
{
    static const struct {
        const char *name;
        store_body body;
    } bodies[] = {{"get", body_get},
                  {"next", body_next},
                  {"put", body_put},
                  {"add", body_put},
                  {"remove", body_remove}};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        if (str_eq_c(what, bodies[i].name)) {
            return bodies[i].body;
        }
    }
    return NULL;
}

/* DH_KV_OK: ASK makes sense. */
static int64_t
check(const struct host *h, const struct plugin_ask *ask)
{
    struct str what = js_get_text(ask->head, "do");
    struct str key = js_get_text(ask->head, "key");
    bool next = str_eq_c(what, "next");
    if (!body_of(what) || !(next ? kv_is_text(key, KV_KEY_MAX) : kv_is_key(key)) ||
        !kv_is_text(js_get_text(ask->head, "prefix"), KV_KEY_MAX) ||
        !kv_is_text(ask->body, KV_VALUE_MAX) || js_get_int(ask->head, "ttl", 0) < 0) {
        return DH_KV_INVALID;
    }
    if (ask->dry_run && writes(what)) {
        return DH_KV_REFUSED;
    }
    return h && h->parts.store ? DH_KV_OK : DH_KV_FAILED;
}

/* NULL when memory ran out. */
static struct job *
new_job(struct host *h, struct plugin_ask *ask)
{
    struct job *j = mem_zero(1, sizeof(*j));
    struct str plugin = ask->manifest->name;
    if (!j) {
        return NULL;
    }
    j->host = h;
    j->ask = ask;
    j->plugin = arena_str(&j->arena, plugin);
    j->key = arena_str(&j->arena, js_get_text(ask->head, "key"));
    j->prefix = arena_str(&j->arena, js_get_text(ask->head, "prefix"));
    j->space = arena_printf(&j->arena, "%" STR_FMT "/", STR_ARG(plugin));
    j->id = arena_printf(&j->arena, "%" STR_FMT "%" STR_FMT, STR_ARG(j->space), STR_ARG(j->key));
    j->value = arena_str(&j->arena, ask->body);
    j->ttl = js_get_int(ask->head, "ttl", 0);
    if (j->arena.starved) {
        free_job(j);
        return NULL;
    }
    return j;
}

void
host_kv_begin(void *context, struct plugin_ask *ask)
{
    struct host *h = context;
    struct str what = js_get_text(ask->head, "do");
    int64_t code = check(h, ask);
    struct job *j = code == DH_KV_OK ? new_job(h, ask) : NULL;
    if (!j) {
        plugin_ask_answer(ask, code == DH_KV_OK ? DH_KV_FAILED : code, STR(""), STR(""));
        return;
    }
    j->add = str_eq_c(what, "add");
    j->sweep = writes(what) && h->kv_writes++ % SWEEP_EVERY == 0;
    j->request = (struct store_request){.body = body_of(what), .done = on_done, .arg = j};
    ask->own = j;
    if (writes(what)) {
        host_write(h, &j->request);
    } else {
        host_read(h, &j->request);
    }
}

void
host_kv_drop(void *context, struct plugin_ask *ask)
{
    struct job *j = ask->own;
    (void)context;
    j->ask = NULL;
}
