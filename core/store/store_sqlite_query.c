/* Questions in SQL: store_query's SQLite side. */
#include "store/store_sqlite.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

enum { COLUMNS_MAX = 32, SQL_MAX = 64 * 1024 };

/* What is left of a text after the statement that was prepared. */
static bool
is_blank(const char *rest)
{
    while (*rest && isspace((unsigned char)*rest)) {
        rest++;
    }
    return *rest == '\0';
}

/* $1 is a name to SQLite: it is looked up, and may stand in the text more than once or never. */
static int
bind_values(sqlite3_stmt *st, const struct store_query *q)
{
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < q->value_count; i++) {
        const struct store_value *v = &q->values[i];
        char name[24];
        (void)snprintf(name, sizeof(name), "$%zu", i + 1);
        int at = sqlite3_bind_parameter_index(st, name);
        if (at == 0) {
            continue;
        }
        switch (v->type) {
        case STORE_NULL:
            code = sqlite3_bind_null(st, at);
            break;
        case STORE_INT:
            code = sqlite3_bind_int64(st, at, v->number);
            break;
        case STORE_REAL:
            code = sqlite3_bind_double(st, at, v->real);
            break;
        case STORE_TEXT:
            code = sqlite3_bind_text64(st, at, v->text.ptr ? v->text.ptr : "", v->text.len,
                                       SQLITE_STATIC, SQLITE_UTF8);
            break;
        }
    }
    return code;
}

/* Column AT of the row ST stands on. False when memory ran out. */
static bool
read_value(sqlite3_stmt *st, int at, struct store_value *ret)
{
    *ret = (struct store_value){.type = STORE_NULL};
    switch (sqlite3_column_type(st, at)) {
    case SQLITE_INTEGER:
        ret->type = STORE_INT;
        ret->number = sqlite3_column_int64(st, at);
        return true;
    case SQLITE_FLOAT:
        ret->type = STORE_REAL;
        ret->real = sqlite3_column_double(st, at);
        return true;
    case SQLITE_NULL:
        return true;
    default:
        ret->type = STORE_TEXT;
        ret->text.ptr = (const char *)sqlite3_column_text(st, at);
        ret->text.len = (size_t)sqlite3_column_bytes(st, at);
        return ret->text.ptr != NULL;
    }
}

static int
deliver(struct connection *c, sqlite3_stmt *st, const struct store_query *q, struct err *err)
{
    struct store_value row[COLUMNS_MAX];
    int columns = sqlite3_column_count(st);
    int code = sqlite_step(st);
    for (; code == SQLITE_ROW; code = sqlite_step(st)) {
        for (int i = 0; i < columns; i++) {
            if (!read_value(st, i, &row[i])) {
                return err_nomem(err);
            }
        }
        int result = q->row(q->arg, row, (size_t)columns, err);
        if (result != 0) {
            return result;
        }
    }
    return code == SQLITE_DONE ? 0 : sqlite_fail(c, code, "query", err);
}

static int
check_statement(sqlite3_stmt *st, const char *rest, struct err *err)
{
    if (!st || !sqlite3_stmt_readonly(st) || sqlite3_column_count(st) == 0 || !is_blank(rest)) {
        return err_set(err, ERR_INVALID, "query: only a single SELECT may be asked");
    }
    return sqlite3_column_count(st) > COLUMNS_MAX
               ? err_set(err, ERR_LIMIT, "query: more than %d columns", COLUMNS_MAX)
               : 0;
}

int
sqlite_query(struct connection *c, const struct store_query *q, struct err *err)
{
    sqlite3_stmt *st = NULL;
    const char *rest = "";
    AUTO(buf) struct buf sql;
    buf_init(&sql, SQL_MAX);
    buf_add(&sql, q->sql);
    int result = buf_finish(&sql, "query", err);
    if (result < 0) {
        return result;
    }
    int code = sqlite3_prepare_v2(c->db, sql.text, (int)sql.len + 1, &st, &rest);
    if (code != SQLITE_OK) {
        return sqlite_fail(c, code, "query", err);
    }
    result = check_statement(st, rest, err);
    if (result == 0) {
        code = bind_values(st, q);
        result = code == SQLITE_OK ? deliver(c, st, q, err) : sqlite_fail(c, code, "query", err);
    }
    (void)sqlite3_finalize(st);
    return result;
}
