#include "catalog/sql.h"

int
sql_fail(sqlite3 *db, int rc, const char *what, struct err *err)
{
    switch (rc & 0xFF) {
    case SQLITE_NOMEM:
        return err_nomem(err);
    case SQLITE_INTERRUPT:
        return err_set(err, ERR_CANCELED, "catalogue: %s: stopped", what);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        (void)err_set(err, ERR_BUSY, "catalogue: %s: the file is in use; try again", what);
        return err_retryable(err);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(err, ERR_INVALID,
                       "catalogue: %s: the file is damaged (%s); move it away and import again",
                       what, sqlite3_errstr(rc));
    case SQLITE_FULL:
        return err_set(err, ERR_IO, "catalogue: %s: the disk is full", what);
    case SQLITE_READONLY:
        return err_set(err, ERR_IO, "catalogue: %s: the file or its folder is read-only", what);
    default:
        return err_set(err, ERR_IO, "catalogue: %s: %s", what,
                       db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
    }
}

int
sql_prepare(sqlite3 *db, const char *text, sqlite3_stmt **statement, struct err *err)
{
    if (*statement) {
        (void)sqlite3_reset(*statement);
        (void)sqlite3_clear_bindings(*statement);
        return 0;
    }
    int rc = sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    return rc == SQLITE_OK ? 0 : sql_fail(db, rc, "prepare", err);
}

int
sql_run(sqlite3 *db, const char *text, struct err *err)
{
    int rc = sqlite3_exec(db, text, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : sql_fail(db, rc, "write", err);
}

int
sql_step(sqlite3_stmt *statement, const char *what, struct err *err)
{
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        return 1;
    }
    sqlite3 *db = sqlite3_db_handle(statement);
    int failed = rc == SQLITE_DONE ? 0 : sql_fail(db, rc, what, err);
    (void)sqlite3_reset(statement);
    return failed;
}

int
sql_finish(sqlite3_stmt *statement, const char *what, struct err *err)
{
    int rc = 1;
    while (rc > 0) {
        rc = sql_step(statement, what, err);
    }
    return rc;
}

int
sql_int(sqlite3 *db, const char *text, int64_t fallback, int64_t *ret, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_prepare(db, text, &statement, err);
    if (rc == 0) {
        rc = sql_step(statement, "read", err);
    }
    if (rc >= 0) {
        *ret = rc > 0 ? sqlite3_column_int64(statement, 0) : fallback;
        rc = 0;
    }
    (void)sqlite3_finalize(statement);
    return rc;
}

void
sql_text(sqlite3_stmt *statement, int index, struct str value)
{
    if (value.len > 0) {
        (void)sqlite3_bind_text64(statement, index, value.ptr, value.len, SQLITE_STATIC,
                                  SQLITE_UTF8);
    }
}

struct str
sql_column(sqlite3_stmt *statement, int index)
{
    const char *text = (const char *)sqlite3_column_text(statement, index);
    size_t len = text ? (size_t)sqlite3_column_bytes(statement, index) : 0;
    return (struct str){len > 0 ? text : NULL, len};
}

struct str
sql_column_copy(sqlite3_stmt *statement, int index, struct arena *arena, bool *failed)
{
    struct str value = sql_column(statement, index);
    if (value.len == 0) {
        return value;
    }
    struct str copy = arena_str(arena, value);
    *failed = *failed || !copy.ptr;
    return copy;
}
