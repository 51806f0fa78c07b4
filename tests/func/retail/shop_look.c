/* The onlooker: records put together by SQL alone, which shares nothing with the plugin that is
 * tested but the tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "base/json.h"

#include "shop.h"
#include "shop_sql.h"

enum { FILE_MAX_BYTES = 64 * 1024 * 1024 };

struct str
shop_read_file(const char *path, struct arena *arena)
{
    char piece[65536];
    size_t got;
    AUTO(buf) struct buf all;
    buf_init(&all, FILE_MAX_BYTES);
    FILE *file = fopen(path, "rb");
    while (file && (got = fread(piece, 1, sizeof(piece), file)) > 0) {
        buf_add(&all, (struct str){piece, got});
    }
    if (!file || ferror(file) || all.failed) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    (void)fclose(file);
    return buf_to_arena(&all, arena);
}

void
shop_copy(const char *from, const char *to)
{
    struct arena arena = {0};
    struct str bytes = shop_read_file(from, &arena);
    FILE *file = fopen(to, "wb");
    if (!file || fwrite(bytes.ptr, 1, bytes.len, file) != bytes.len || fclose(file) != 0) {
        (void)fprintf(stderr, "%s: cannot be written\n", to);
        exit(2);
    }
    arena_done(&arena);
}

#define ADDRESS(table)                                                                             \
    "'address', json_object('address1', " table ".address1, 'address2', " table                    \
    ".address2, 'city', " table ".city, 'state', " table ".state, 'country', " table               \
    ".country, 'zip', " table ".zip)"

/* Absent members are written as null; whoever compares treats both the same. */
static const char users_sql[] =
    "SELECT json_object('user_id', u.id, 'email', u.email, 'name', json_object('first_name', "
    "u.first_name, 'last_name', u.last_name), " ADDRESS(
        "u") ", 'orders', json((SELECT "
             "json_group_array(id) FROM (SELECT id FROM orders WHERE user_id = u.id ORDER BY "
             "position))), "
             "'payment_methods', json((SELECT json_group_object(m.id, CASE source WHEN 'gift_card' "
             "THEN "
             "json_object('id', m.id, 'source', source, 'balance', balance / 100.0) WHEN "
             "'credit_card' THEN "
             "json_object('id', m.id, 'source', source, 'brand', brand, 'last_four', last_four) "
             "ELSE "
             "json_object('id', m.id, 'source', source) END) FROM payment_methods m WHERE user_id "
             "= u.id))) "
             "FROM users u WHERE u.id = ?1";

static const char products_sql[] =
    "SELECT json_object('product_id', p.id, 'name', p.name, 'variants', json((SELECT "
    "json_group_object(i.id, json_object('item_id', i.id, 'options', json(i.options), 'available', "
    "json(CASE available WHEN 1 THEN 'true' ELSE 'false' END), 'price', price / 100.0)) FROM items "
    "i WHERE product_id = p.id))) FROM products p WHERE p.id = ?1";

#define REQUESTED(kind)                                                                            \
    "(SELECT json_group_array(item_id) FROM (SELECT item_id FROM order_requests WHERE order_id = " \
    "o.id AND kind = '" kind "' ORDER BY position))"

static const char orders_sql[] =
    "SELECT json_object('order_id', o.id, 'user_id', o.user_id, 'status', "
    "o.status, " ADDRESS(
        "o") ", 'items', json((SELECT json_group_array(json_object('name', name, "
             "'product_id', product_id, 'item_id', item_id, 'price', price / 100.0, 'options', "
             "json(options))) FROM (SELECT * FROM order_items WHERE order_id = o.id ORDER BY "
             "position))), "
             "'payment_history', json((SELECT json_group_array(json_object('transaction_type', "
             "kind, "
             "'amount', amount / 100.0, 'payment_method_id', payment_method_id)) FROM (SELECT * "
             "FROM "
             "order_payments WHERE order_id = o.id ORDER BY position))), 'fulfillments', "
             "json((SELECT "
             "json_group_array(json_object('tracking_id', json(tracking_ids), 'item_ids', "
             "json(item_ids))) FROM (SELECT * FROM fulfillments WHERE order_id = o.id ORDER BY "
             "position))), "
             "'cancel_reason', cancel_reason, 'exchange_payment_method_id', "
             "exchange_payment_method_id, "
             "'exchange_price_difference', exchange_difference / 100.0, "
             "'return_payment_method_id', "
             "return_payment_method_id, "
             "'exchange_items', json(nullif(" REQUESTED(
                 "exchange") ", '[]')), "
                             "'exchange_new_items', json(nullif(" REQUESTED(
                                 "exchange_new") ", '[]')), "
                                                 "'return_items', json(nullif(" REQUESTED(
                                                     "return") ", '[]'))) FROM orders o WHERE o.id "
                                                               "= ?1";

static const struct js *
parse(struct str text, struct arena *arena)
{
    struct err err = {0};
    struct js *value;
    if (js_parse(text, arena, &value, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(2);
    }
    return value;
}

/* The first column of the one row of SQL; NULL when there is none. */
static const struct js *
fetch(sqlite3 *db, const char *sql, struct str value, struct arena *arena)
{
    sqlite3_stmt *stmt = NULL;
    const struct js *found = NULL;
    shop_check(db, sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), "look");
    if (sqlite3_bind_parameter_count(stmt) > 0) {
        shop_bind(db, stmt, 1, value);
    }
    int result = sqlite3_step(stmt);
    shop_check(db, result, "look");
    if (result == SQLITE_ROW) {
        found = parse(str_c((const char *)sqlite3_column_text(stmt, 0)), arena);
    }
    (void)sqlite3_finalize(stmt);
    return found;
}

const struct js *
shop_record(const char *path, const char *kind, struct str id, struct arena *arena)
{
    const char *sql = strcmp(kind, "users") == 0      ? users_sql
                      : strcmp(kind, "products") == 0 ? products_sql
                                                      : orders_sql;
    sqlite3 *db = shop_open(path, SQLITE_OPEN_READONLY);
    const struct js *found = fetch(db, sql, id, arena);
    (void)sqlite3_close(db);
    return found;
}

/* Which record a row belongs to: a kind, and the column with its id. */
static const struct {
    const char *table;
    const char *kind;
    const char *id;
} tables[] = {
    {"users", "users", "id"},
    {"payment_methods", "users", "user_id"},
    {"products", "products", "id"},
    {"items", "products", "product_id"},
    {"orders", "orders", "id"},
    {"order_items", "orders", "order_id"},
    {"order_payments", "orders", "order_id"},
    {"fulfillments", "orders", "order_id"},
    {"order_requests", "orders", "order_id"},
};

/* Rows that are in one database and not in the other, both ways, as the records they belong to. */
static void
write_comparison(struct buf *sql)
{
    buf_add_c(sql, "SELECT json_group_array(what) FROM (SELECT what FROM (");
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        static const char *const ways[][2] = {{"main", "other"}, {"other", "main"}};
        for (size_t way = 0; way < 2; way++) {
            buf_printf(sql,
                       "%sSELECT '%s ' || %s AS what FROM (SELECT * FROM %s.%s "
                       "EXCEPT SELECT * FROM %s.%s)",
                       i + way ? " UNION " : "", tables[i].kind, tables[i].id, ways[way][0],
                       tables[i].table, ways[way][1], tables[i].table);
        }
    }
    buf_add_c(sql, ") ORDER BY what)");
}

const struct js *
shop_changed(const char *before, const char *after, struct arena *arena)
{
    AUTO(buf) struct buf sql;
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = shop_open(before, SQLITE_OPEN_READONLY);
    buf_init(&sql, 8192);
    write_comparison(&sql);
    shop_check(db, sqlite3_prepare_v2(db, "ATTACH ? AS other", -1, &stmt, NULL), "attach");
    shop_bind(db, stmt, 1, str_c(after));
    shop_check(db, sqlite3_step(stmt), "attach");
    (void)sqlite3_finalize(stmt);
    const struct js *found = fetch(db, sql.text, (struct str){0}, arena);
    (void)sqlite3_close(db);
    return found;
}
