/* retail_db: the retail plugin's way to SQLite. A connection serves one call: nothing is shared, so
 * nothing has to be locked, and no call sees what another one has half done. */
#include <stdio.h>

#include "retail.h"

enum { BUSY_WAIT_MS = 2000 }; /* for another program's transaction; every timeout is longer */

/* The model hears that it does not work, the operator's log hears why. */
static void
database_failed(struct work *w)
{
    const struct retail *shop = w->shop;
    int code = w->db ? sqlite3_errcode(w->db) : SQLITE_NOMEM;
    if (shop->log) {
        const char *why = w->db ? sqlite3_errmsg(w->db) : "out of memory";
        shop->log->write(shop->host, w->call, DH_LOG_WARN, dh_str_c(why));
    }
    w->retryable = w->retryable || code == SQLITE_BUSY || code == SQLITE_LOCKED;
    (void)retail_refuse(w, "unavailable",
                        "The shop's database cannot be used just now, and nothing was changed. "
                        "Say that you cannot look it up, and offer a human.");
}

static bool
execute(struct work *w, const char *sql)
{
    if (!w->code && sqlite3_exec(w->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        database_failed(w);
    }
    return !w->code;
}

bool
retail_begin(struct work *w, enum retail_access access)
{
    int flags = access == RETAIL_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    if (sqlite3_open_v2(w->shop->path, &w->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        database_failed(w);
        return false;
    }
    (void)sqlite3_busy_timeout(w->db, BUSY_WAIT_MS);
    /* A writer takes its place at once: what it reads stays true until it commits. */
    return execute(w, "PRAGMA foreign_keys = ON") &&
           execute(w, access == RETAIL_WRITE ? "BEGIN IMMEDIATE" : "BEGIN");
}

bool
retail_commit(struct work *w)
{
    return execute(w, "COMMIT");
}

void
retail_end(struct work *w)
{
    (void)sqlite3_close(w->db); /* rolls back; NULL is fine */
    w->db = NULL;
}

struct query
retail_ask(struct work *w, const char *sql)
{
    struct query q = {.work = w};
    if (!w->code && sqlite3_prepare_v2(w->db, sql, -1, &q.stmt, NULL) != SQLITE_OK) {
        database_failed(w);
    }
    return q;
}

/* With no statement, after a failure, binding and stepping do nothing but say so. */
static void
check_bound(struct query *q, int result)
{
    if (q->stmt && result != SQLITE_OK) {
        database_failed(q->work);
    }
}

void
retail_bind(struct query *q, struct dh_str text)
{
    const char *ptr = text.ptr ? text.ptr : ""; /* NULL would bind an SQL null */
    check_bound(
        q, sqlite3_bind_text64(q->stmt, ++q->bound, ptr, text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void
retail_bind_int(struct query *q, int64_t number)
{
    check_bound(q, sqlite3_bind_int64(q->stmt, ++q->bound, number));
}

void
retail_bind_customer(struct query *q)
{
    retail_bind(q, q->work->call->customer_id);
}

bool
retail_row(struct query *q)
{
    if (!q->stmt || q->work->code) {
        return false;
    }
    int result = sqlite3_step(q->stmt);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        database_failed(q->work);
    }
    return result == SQLITE_ROW;
}

struct dh_str
retail_column(const struct query *q, int column)
{
    const char *text = (const char *)sqlite3_column_text(q->stmt, column);
    return dh_str_of(text ? text : "", (uint64_t)sqlite3_column_bytes(q->stmt, column));
}

int64_t
retail_column_int(const struct query *q, int column)
{
    return sqlite3_column_int64(q->stmt, column);
}

bool
retail_column_is_null(const struct query *q, int column)
{
    return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

void
retail_done(struct query *q)
{
    (void)sqlite3_finalize(q->stmt); /* what went wrong was said when it did */
    q->stmt = NULL;
}

void
retail_run(struct query *q)
{
    while (retail_row(q)) {
    }
    retail_done(q);
}
