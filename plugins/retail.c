/* retail: the tools of a shop that takes, changes, exchanges and takes back orders, on its SQLite
 * database (retail_schema.h). Sixteen tools in one plugin, and an example of one that writes:
 *
 *   - Each call opens the database for itself and runs in one transaction. It either commits, or
 *     nothing has happened; calls share nothing, so those that only read may overlap.
 *   - The result of a call that wrote is committed together with what it wrote, under the host's
 *     idempotency key. A call that is made again, because its answer was lost, gets that result.
 *   - Whose data a call may touch is the host's word: where the desk knows the customer, that
 *     customer's and nobody else's, whatever ids the model was talked into. Where it does not, the
 *     model identifies the customer with the find_user tools, as the shop's policy says.
 *   - Nothing is changed once nobody waits any more, and nothing on a dry run.
 *
 * retail_manifest.h declares the tools, retail.h is what the files share. */
#include "retail.h"

#include <stdio.h>
#include <stdlib.h>

#include "retail_manifest.h"
#include "retail_schema.h"

/* ---- What the tools use -----------------------------------------------------------------------*/

bool
retail_refuse(struct work *w, const char *code, const char *message)
{
    if (!w->code) {
        w->code = code;
        (void)snprintf(w->message, sizeof(w->message), "%s", message);
    }
    return false;
}

bool
retail_refuse_about(struct work *w, const char *code, struct dh_str what, const char *message)
{
    if (!w->code) {
        w->code = code;
        (void)snprintf(w->message, sizeof(w->message), "%.*s: %s", (int)what.len, what.ptr,
                       message);
    }
    return false;
}

struct dh_str
retail_text(const struct work *w, const char *pointer)
{
    const struct dh_json_1 *json = w->shop->json;
    return json->text(json->find(w->arguments, pointer));
}

void
retail_put_money(struct work *w, struct dh_str key, int64_t cents)
{
    w->shop->json->put_number(w->out, key, (double)cents / 100);
}

/* ---- The tools that need no database ----------------------------------------------------------*/

/* Staged: it happens when the host commits this call's result, or not at all. */
static bool
transfer(struct work *w)
{
    const struct retail *shop = w->shop;
    struct dh_str none = {0};
    if (shop->desk->escalate(w->call, retail_text(w, "/summary"), DH_STR("medium"), none) != 0) {
        return retail_refuse(w, "refused",
                             "The transfer was refused. Give a summary in words, once.");
    }
    shop->json->put_object(w->out, none);
    shop->json->put_text(w->out, DH_STR("message"), DH_STR("Transfer successful"));
    shop->json->end(w->out);
    return true;
}

/* ---- Calls ------------------------------------------------------------------------------------*/

static const struct tool {
    const char *name;
    enum retail_access access;
    bool (*run)(struct work *w);
} tools[] = {
    {"calculate", RETAIL_NONE, retail_calculate},
    {"cancel_pending_order", RETAIL_WRITE, retail_cancel_order},
    {"exchange_delivered_order_items", RETAIL_WRITE, retail_exchange_items},
    {"find_user_id_by_email", RETAIL_READ, retail_find_user_by_email},
    {"find_user_id_by_name_zip", RETAIL_READ, retail_find_user_by_name_zip},
    {"get_item_details", RETAIL_READ, retail_get_item},
    {"get_order_details", RETAIL_READ, retail_get_order},
    {"get_product_details", RETAIL_READ, retail_get_product},
    {"get_user_details", RETAIL_READ, retail_get_user},
    {"list_all_product_types", RETAIL_READ, retail_list_products},
    {"modify_pending_order_address", RETAIL_WRITE, retail_change_address},
    {"modify_pending_order_items", RETAIL_WRITE, retail_change_items},
    {"modify_pending_order_payment", RETAIL_WRITE, retail_change_payment},
    {"modify_user_address", RETAIL_WRITE, retail_change_user_address},
    {"return_delivered_order_items", RETAIL_WRITE, retail_return_items},
    {"transfer_to_human_agents", RETAIL_NONE, transfer},
};

static const struct tool *
find_tool(struct dh_str name)
{
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
        if (dh_str_is(name, tools[i].name)) {
            return &tools[i];
        }
    }
    return NULL;
}

/* Was this call made before, and done? Then its result is written. */
static bool
recall(struct work *w)
{
    const struct dh_call *call = w->call;
    struct query q =
        retail_ask(w, "SELECT tool = ?2 AND arguments = ?3, result FROM answers WHERE key = ?1");
    retail_bind(&q, call->idempotency_key);
    retail_bind(&q, call->tool);
    retail_bind(&q, call->arguments);
    bool known = retail_row(&q);
    if (known && retail_column_int(&q, 0) != 0) {
        w->shop->json->put_json(w->out, (struct dh_str){0}, retail_column(&q, 1));
    } else if (known) {
        (void)retail_refuse(w, "key_reused",
                            "This call has the key of another one, and was not carried out.");
    }
    retail_done(&q);
    return known;
}

static void
remember(struct work *w)
{
    struct query q =
        retail_ask(w, "INSERT INTO answers (key, tool, arguments, result) VALUES (?, ?, ?, ?)");
    retail_bind(&q, w->call->idempotency_key);
    retail_bind(&q, w->call->tool);
    retail_bind(&q, w->call->arguments);
    retail_bind(&q, w->shop->json->finish(w->out));
    retail_run(&q);
}

/* Inside a transaction that is there already. */
static bool
change(struct work *w, const struct tool *tool)
{
    bool has_key = w->call->idempotency_key.len > 0;
    if (has_key && recall(w)) {
        return !w->code;
    }
    if (!tool->run(w)) {
        return false;
    }
    if (w->shop->json->finish(w->out).len == 0) {
        return retail_refuse(w, "too_large", "The result is too large; nothing was changed.");
    }
    if (w->call->flags & DH_CALL_DRY_RUN) {
        return true; /* and what it did is rolled back */
    }
    if (has_key) {
        remember(w);
    }
    if (w->shop->host->canceled(w->call)) {
        return retail_refuse(w, "canceled", "The call was given up; nothing was changed.");
    }
    return retail_commit(w);
}

static bool
work(struct work *w, const struct tool *tool)
{
    bool done;
    switch (tool->access) {
    case RETAIL_READ:
        done = retail_begin(w, RETAIL_READ) && tool->run(w);
        break;
    case RETAIL_WRITE:
        done = retail_begin(w, RETAIL_WRITE) && change(w, tool);
        break;
    default:
        done = tool->run(w);
    }
    retail_end(w);
    return done;
}

static void
call(void *instance, const struct dh_call *call)
{
    const struct retail *shop = instance;
    const struct tool *tool = find_tool(call->tool);
    struct work w = {
        .shop = shop,
        .call = call,
        .arguments = shop->json->arguments(call),
        .out = shop->json->write(call),
    };
    if (!tool) {
        shop->host->fail(call, DH_STR("unknown_tool"), DH_STR("The shop has no such tool."), 0);
        return;
    }
    if (!work(&w, tool)) {
        shop->host->fail(call, dh_str_c(w.code), dh_str_c(w.message), w.retryable);
        return;
    }
    if (shop->log) {
        shop->log->write(shop->host, call, DH_LOG_DEBUG, DH_STR("done"));
    }
    shop->host->result(call, shop->json->finish(w.out));
}

/* ---- Instances --------------------------------------------------------------------------------*/

static void
destroy(void *instance)
{
    struct retail *shop = instance;
    free(shop->path);
    free(shop);
}

static bool
read_path(struct retail *shop, const struct dh_setup *setup)
{
    const struct dh_json_1 *json = shop->json;
    struct dh_json_doc *config = json->open(shop->host, setup->config);
    struct dh_str path = json->text(json->find(json->root(config), "/database"));
    shop->path = malloc(path.len + 1);
    if (config && shop->path) {
        memcpy(shop->path, path.ptr, path.len);
        shop->path[path.len] = '\0';
    }
    bool read = config && shop->path;
    json->close(config);
    return read;
}

/* Is there a shop's database, of the version that we know? */
static bool
check_database(const struct retail *shop)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    bool fits = sqlite3_open_v2(shop->path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL) == SQLITE_OK &&
                sqlite3_step(stmt) == SQLITE_ROW &&
                sqlite3_column_int(stmt, 0) == RETAIL_SCHEMA_VERSION;
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    return fits;
}

static void *
create(const struct dh_host *host, const struct dh_setup *setup)
{
    struct retail *shop = calloc(1, sizeof(*shop));
    if (!shop) {
        host->refuse(setup, DH_STR("out of memory"));
        return NULL;
    }
    shop->host = host;
    shop->json = host->get_extension(host, DH_JSON_1); /* required, so they are there */
    shop->desk = host->get_extension(host, DH_DESK_1);
    shop->log = host->get_extension(host, DH_LOG_1);
    if (!read_path(shop, setup)) {
        host->refuse(setup, DH_STR("out of memory"));
        destroy(shop);
        return NULL;
    }
    if (!check_database(shop)) {
        host->refuse(setup, DH_STR("its `database` is no file with a shop's tables of version 1: "
                                   "correct the path, or import the shop's data anew"));
        destroy(shop);
        return NULL;
    }
    return shop;
}

const struct dh_plugin deskhand_plugin = {
    .magic = DH_MAGIC,
    .struct_size = sizeof(struct dh_plugin),
    .abi_major = DH_ABI_MAJOR,
    .abi_minor = DH_ABI_MINOR,
    .manifest = {manifest, sizeof(manifest) - 1},
    .create = create,
    .call = call,
    .destroy = destroy,
};
