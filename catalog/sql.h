/* sql: the few SQLite calls everybody here makes, with errors in our words.
 *
 * Statements are prepared once and reused; `sql_text` binds without copying, so the bytes must
 * outlive the step. */
#ifndef CATALOG_SQL_H
#define CATALOG_SQL_H

#include <sqlite3.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* SQLite's result RC on DB in our words. WHAT names the action ("search"). Returns ERR_BUSY,
 * ERR_INVALID for damage, ERR_NOMEM, ERR_CANCELED or ERR_IO. */
int sql_fail(sqlite3 *db, int rc, const char *what, struct err *err);

/* Prepare TEXT into *STATEMENT unless it is prepared already; then reset and unbind it. */
int sql_prepare(sqlite3 *db, const char *text, sqlite3_stmt **statement,
                struct err *err) WARN_UNUSED;
/* Run statements that return nothing of interest. */
int sql_run(sqlite3 *db, const char *text, struct err *err) WARN_UNUSED;
/* Step a statement to its end and reset it. */
int sql_finish(sqlite3_stmt *statement, const char *what, struct err *err) WARN_UNUSED;
/* 1 a row, 0 no more (the statement is then reset), <0 failed. */
int sql_step(sqlite3_stmt *statement, const char *what, struct err *err) WARN_UNUSED;
/* The first column of the first row of TEXT, or FALLBACK when there is no row. */
int sql_int(sqlite3 *db, const char *text, int64_t fallback, int64_t *ret,
            struct err *err) WARN_UNUSED;

/* The empty view is bound as NULL. */
void sql_text(sqlite3_stmt *statement, int index, struct str value);
/* Borrowed until the statement moves on. */
struct str sql_column(sqlite3_stmt *statement, int index);
/* A copy in ARENA; *FAILED is set when memory ran out. */
struct str sql_column_copy(sqlite3_stmt *statement, int index, struct arena *arena, bool *failed);

#endif
