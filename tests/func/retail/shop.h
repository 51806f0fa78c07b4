/* shop: a shop's database for tests of the retail plugin: made from JSON, copied, and looked at
 * without the plugin. What cannot be done ends the program with a message. */
#ifndef FUNC_RETAIL_SHOP_H
#define FUNC_RETAIL_SHOP_H

#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

struct js;

/* Make the database PATH, which must not exist, from TEXT: an object with `users`, `orders` and
 * `products`, each an object of records by id. Returns how many records that were. */
size_t shop_import(struct str text, const char *path);

/* The whole file PATH, in ARENA. */
struct str shop_read_file(const char *path, struct arena *arena);
void shop_copy(const char *from, const char *to);

/* Record ID of KIND ("users", "orders", "products") as the JSON it was imported from; NULL when
 * there is none. What an order never had is absent. In ARENA. */
const struct js *shop_record(const char *path, const char *kind, struct str id,
                             struct arena *arena);

/* The ids of the records that differ between the databases BEFORE and AFTER, as a JSON array of
 * "KIND ID", sorted, found by comparing every row of every table. Remembered answers do not
 * count. In ARENA. */
const struct js *shop_changed(const char *before, const char *after, struct arena *arena);

/* A number as whole cents; ends the program when it is further from them than arithmetic with
 * doubles can be. */
long long shop_cents(double amount);

#endif
