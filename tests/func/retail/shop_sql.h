/* shop_sql: what the importer and the onlooker share of SQLite. */
#ifndef FUNC_RETAIL_SHOP_SQL_H
#define FUNC_RETAIL_SHOP_SQL_H

#include <sqlite3.h>

#include "base/str.h"

/* End the program when RESULT is a failure. */
void shop_check(sqlite3 *db, int result, const char *what);
sqlite3 *shop_open(const char *path, int flags);
/* TEXT is borrowed until the statement is finalised; without ptr it is null. */
void shop_bind(sqlite3 *db, sqlite3_stmt *stmt, int at, struct str text);

#endif
