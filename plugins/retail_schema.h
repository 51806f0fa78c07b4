/* retail_schema: the tables of a shop's database, as the retail plugin reads and changes them.
 *
 * Money is whole cents. A `position` counts from 0 within its owner and keeps lists in order.
 * Options and lists of ids are JSON texts, handed on as they are.
 *
 *   payment_methods.balance  of gift cards only
 *   order_items              name, price and options as they were on the day of the order
 *   order_requests           the items of a return or an exchange; kind is "return", "exchange" or
 *                            "exchange_new": what they are exchanged for
 *   answers                  the result of each call that changed something, by the host's
 *                            idempotency key, written in the transaction of the change: a call
 *                            that is made again is answered and not repeated */
#ifndef PLUGINS_RETAIL_SCHEMA_H
#define PLUGINS_RETAIL_SCHEMA_H

/* PRAGMA user_version of a database with these tables. */
#define RETAIL_SCHEMA_VERSION 1

#define RETAIL_ADDRESS                                                                             \
    "address1 TEXT NOT NULL, address2 TEXT NOT NULL, city TEXT NOT NULL, "                         \
    "state TEXT NOT NULL, country TEXT NOT NULL, zip TEXT NOT NULL"

#define RETAIL_SCHEMA                                                                              \
    "CREATE TABLE users (id TEXT PRIMARY KEY, first_name TEXT NOT NULL, "                          \
    "  last_name TEXT NOT NULL, email TEXT NOT NULL COLLATE NOCASE UNIQUE, " RETAIL_ADDRESS ");"   \
    "CREATE INDEX users_by_name ON users (last_name COLLATE NOCASE, zip);"                         \
    "CREATE TABLE payment_methods (id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users, "  \
    "  position INTEGER NOT NULL, source TEXT NOT NULL, brand TEXT, last_four TEXT, "              \
    "  balance INTEGER CHECK (balance >= 0));"                                                     \
    "CREATE INDEX payment_methods_by_user ON payment_methods (user_id, position);"                 \
    "CREATE TABLE products (id TEXT PRIMARY KEY, name TEXT NOT NULL);"                             \
    "CREATE TABLE items (id TEXT PRIMARY KEY, product_id TEXT NOT NULL REFERENCES products, "      \
    "  available INTEGER NOT NULL, price INTEGER NOT NULL, options TEXT NOT NULL);"                \
    "CREATE INDEX items_by_product ON items (product_id, id);"                                     \
    "CREATE TABLE orders (id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users, "           \
    "  position INTEGER NOT NULL, status TEXT NOT NULL, " RETAIL_ADDRESS ", cancel_reason TEXT, "  \
    "  exchange_payment_method_id TEXT, exchange_difference INTEGER, "                             \
    "  return_payment_method_id TEXT);"                                                            \
    "CREATE INDEX orders_by_user ON orders (user_id, position);"                                   \
    "CREATE TABLE order_items (order_id TEXT NOT NULL REFERENCES orders, "                         \
    "  position INTEGER NOT NULL, item_id TEXT NOT NULL, product_id TEXT NOT NULL, "               \
    "  name TEXT NOT NULL, price INTEGER NOT NULL, options TEXT NOT NULL, "                        \
    "  PRIMARY KEY (order_id, position)) WITHOUT ROWID;"                                           \
    "CREATE TABLE order_payments (order_id TEXT NOT NULL REFERENCES orders, "                      \
    "  position INTEGER NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('payment', 'refund')), "      \
    "  amount INTEGER NOT NULL CHECK (amount >= 0), payment_method_id TEXT NOT NULL, "             \
    "  PRIMARY KEY (order_id, position)) WITHOUT ROWID;"                                           \
    "CREATE TABLE fulfillments (order_id TEXT NOT NULL REFERENCES orders, "                        \
    "  position INTEGER NOT NULL, tracking_ids TEXT NOT NULL, item_ids TEXT NOT NULL, "            \
    "  PRIMARY KEY (order_id, position)) WITHOUT ROWID;"                                           \
    "CREATE TABLE order_requests (order_id TEXT NOT NULL REFERENCES orders, kind TEXT NOT NULL, "  \
    "  position INTEGER NOT NULL, item_id TEXT NOT NULL, "                                         \
    "  PRIMARY KEY (order_id, kind, position)) WITHOUT ROWID;"                                     \
    "CREATE TABLE answers (key TEXT PRIMARY KEY, tool TEXT NOT NULL, arguments TEXT NOT NULL, "    \
    "  result TEXT NOT NULL, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);"

#endif
