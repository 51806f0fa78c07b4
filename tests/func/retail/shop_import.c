/* The importer. A plain program of inserts: positions are the places in the lists, money is turned
 * into cents, options and lists of ids stay JSON. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "base/json.h"
#include "plugins/retail_schema.h"

#include "shop.h"
#include "shop_sql.h"

void
shop_check(sqlite3 *db, int result, const char *what)
{
    if (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE) {
        (void)fprintf(stderr, "%s: %s\n", what, db ? sqlite3_errmsg(db) : "out of memory");
        exit(2);
    }
}

sqlite3 *
shop_open(const char *path, int flags)
{
    sqlite3 *db = NULL;
    shop_check(db, sqlite3_open_v2(path, &db, flags, NULL), path);
    return db;
}

void
shop_bind(sqlite3 *db, sqlite3_stmt *stmt, int at, struct str text)
{
    int result = text.ptr
                     ? sqlite3_bind_text64(stmt, at, text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8)
                     : sqlite3_bind_null(stmt, at);
    shop_check(db, result, "bind");
}

long long
shop_cents(double amount)
{
    double cents = round(amount * 100);
    if (fabs(amount * 100 - cents) > 1e-6) {
        (void)fprintf(stderr, "%.17g is no amount of money\n", amount);
        exit(2);
    }
    return (long long)cents;
}

/* One import under way. */
struct import {
    sqlite3 *db;
    struct arena arena;
};

/* INSERT INTO TABLE with a value for each letter of TYPES: t a struct str (no ptr: null), i a long
 * long. */
static void
insert(struct import *in, const char *table, const char *types, ...)
{
    char sql[200];
    sqlite3_stmt *stmt = NULL;
    va_list values;
    size_t used = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES (", table);
    for (size_t i = 0; types[i]; i++) {
        used += (size_t)snprintf(sql + used, sizeof(sql) - used, "%s?", i ? "," : "");
    }
    (void)snprintf(sql + used, sizeof(sql) - used, ")");
    shop_check(in->db, sqlite3_prepare_v2(in->db, sql, -1, &stmt, NULL), sql);
    va_start(values, types);
    for (int i = 0; types[i]; i++) {
        if (types[i] == 't') {
            shop_bind(in->db, stmt, i + 1, va_arg(values, struct str));
        } else {
            shop_check(in->db, sqlite3_bind_int64(stmt, i + 1, va_arg(values, long long)), sql);
        }
    }
    va_end(values);
    shop_check(in->db, sqlite3_step(stmt), sql);
    (void)sqlite3_finalize(stmt);
}

/* A member that is absent is null in the database; an empty text is an empty text. */
static struct str
text(const struct js *object, const char *key)
{
    struct str found = js_get_text(object, key);
    return js_type(js_get_c(object, key)) == JS_STRING && !found.ptr ? STR("") : found;
}

static struct str
json(struct import *in, const struct js *object, const char *key)
{
    return js_to_arena(js_get_c(object, key), &in->arena);
}

static long long
money(const struct js *object, const char *key)
{
    return shop_cents(js_get_double(object, key, 0));
}

/* ---- Users ------------------------------------------------------------------------------------*/

static void
add_methods(struct import *in, struct str user, const struct js *methods)
{
    struct js_member m;
    long long position = 0;
    for (struct js_iter it = js_iter(methods); js_next(&it, &m);) {
        bool card = js_has(m.value, STR("balance"));
        struct str balance = {0};
        if (card) {
            balance = arena_printf(&in->arena, "%lld", money(m.value, "balance"));
        }
        /* The column's affinity makes a number of it. */
        insert(in, "payment_methods", "ttitttt", m.key, user, position++, text(m.value, "source"),
               text(m.value, "brand"), text(m.value, "last_four"), balance);
    }
}

static void
add_user(struct import *in, struct str id, const struct js *user)
{
    const struct js *name = js_get_c(user, "name");
    const struct js *address = js_get_c(user, "address");
    insert(in, "users", "tttttttttt", id, text(name, "first_name"), text(name, "last_name"),
           text(user, "email"), text(address, "address1"), text(address, "address2"),
           text(address, "city"), text(address, "state"), text(address, "country"),
           text(address, "zip"));
    add_methods(in, id, js_get_c(user, "payment_methods"));
}

/* ---- Products ---------------------------------------------------------------------------------*/

static void
add_product(struct import *in, struct str id, const struct js *product)
{
    struct js_member m;
    insert(in, "products", "tt", id, text(product, "name"));
    for (struct js_iter it = js_iter(js_get_c(product, "variants")); js_next(&it, &m);) {
        insert(in, "items", "ttiit", m.key, id, (long long)js_get_bool(m.value, "available", false),
               money(m.value, "price"), json(in, m.value, "options"));
    }
}

/* ---- Orders -----------------------------------------------------------------------------------*/

static void
add_order_lists(struct import *in, struct str id, const struct js *order)
{
    const struct js *items = js_get_c(order, "items");
    const struct js *payments = js_get_c(order, "payment_history");
    const struct js *fulfillments = js_get_c(order, "fulfillments");
    for (size_t i = 0; i < js_count(items); i++) {
        const struct js *item = js_at(items, i);
        insert(in, "order_items", "titttit", id, (long long)i, text(item, "item_id"),
               text(item, "product_id"), text(item, "name"), money(item, "price"),
               json(in, item, "options"));
    }
    for (size_t i = 0; i < js_count(payments); i++) {
        const struct js *payment = js_at(payments, i);
        insert(in, "order_payments", "titit", id, (long long)i, text(payment, "transaction_type"),
               money(payment, "amount"), text(payment, "payment_method_id"));
    }
    for (size_t i = 0; i < js_count(fulfillments); i++) {
        const struct js *sent = js_at(fulfillments, i);
        insert(in, "fulfillments", "titt", id, (long long)i, json(in, sent, "tracking_id"),
               json(in, sent, "item_ids"));
    }
}

/* Where ID stands in its user's list of orders. */
static long long
position_of(const struct js *users, struct str user, struct str id)
{
    const struct js *list = js_get_c(js_get(users, user), "orders");
    for (size_t i = 0; i < js_count(list); i++) {
        if (str_eq(js_text(js_at(list, i)), id)) {
            return (long long)i;
        }
    }
    (void)fprintf(stderr, "order %.*s: not in its user's list\n", (int)id.len, id.ptr);
    exit(2);
}

static void
add_order(struct import *in, struct str id, const struct js *order, const struct js *users)
{
    const struct js *address = js_get_c(order, "address");
    struct str user = text(order, "user_id");
    struct str none = {0};
    insert(in, "orders", "ttittttttttttt", id, user, position_of(users, user, id),
           text(order, "status"), text(address, "address1"), text(address, "address2"),
           text(address, "city"), text(address, "state"), text(address, "country"),
           text(address, "zip"), none, none, none, none);
    add_order_lists(in, id, order);
}

size_t
shop_import(struct str source, const char *path)
{
    struct import in = {.db = shop_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)};
    struct err err = {0};
    struct js *root;
    struct js_member m;
    if (js_parse_object(source, "the shop's data", &in.arena, &root, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(2);
    }
    const struct js *users = js_get_c(root, "users");
    const struct js *products = js_get_c(root, "products");
    const struct js *orders = js_get_c(root, "orders");
    shop_check(in.db, sqlite3_exec(in.db, "BEGIN;" RETAIL_SCHEMA, NULL, NULL, NULL), "schema");
    for (struct js_iter it = js_iter(users); js_next(&it, &m);) {
        add_user(&in, m.key, m.value);
    }
    for (struct js_iter it = js_iter(products); js_next(&it, &m);) {
        add_product(&in, m.key, m.value);
    }
    for (struct js_iter it = js_iter(orders); js_next(&it, &m);) {
        add_order(&in, m.key, m.value, users);
    }
    char version[60];
    (void)snprintf(version, sizeof(version), "PRAGMA user_version = %d; COMMIT",
                   RETAIL_SCHEMA_VERSION);
    shop_check(in.db, sqlite3_exec(in.db, version, NULL, NULL, NULL), "commit");
    (void)sqlite3_close(in.db);
    size_t count = js_count(users) + js_count(products) + js_count(orders);
    arena_done(&in.arena);
    return count;
}
