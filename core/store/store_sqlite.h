/* store_sqlite: the SQLite backend's own insides, shared by store_sqlite*.c and nobody else. */
#ifndef STORE_STORE_SQLITE_H
#define STORE_STORE_SQLITE_H

#include <sqlite3.h>

#include "store/store_impl.h"

struct backend {
    char *folder;
    char *file; /* FOLDER/desk.db */
    bool create;
    bool read_only;
    bool immutable; /* on a read-only file system: nobody can change it, and no -shm can be made */
    enum store_sync sync;
    unsigned busy_ms;
};

/* A prepared statement and what it was made from. Two selections of one shape differ only in the
 * values they compare with. */
enum shape_kind { SHAPE_INSERT, SHAPE_SELECT, SHAPE_UPDATE, SHAPE_REMOVE, SHAPE_MAX };
enum { SHAPE_CONSTANT = 16, SHAPE_NO_FIELD = 255 };

struct shape {
    uint8_t kind;
    uint8_t table; /* its place in the list of tables */
    uint8_t descending;
    uint8_t match_count;
    uint8_t match_fields[MATCH_MAX];
    uint8_t match_ops[MATCH_MAX];
    uint8_t order[2];
    uint8_t constant_at; /* which match is built in */
    char constant[SHAPE_CONSTANT];
    uint32_t fields; /* UPDATE: what is set; MAX: of which */
};

struct cached_statement {
    struct shape shape;
    sqlite3_stmt *statement;
};

enum control {
    CONTROL_BEGIN,
    CONTROL_COMMIT,
    CONTROL_ROLLBACK,
    CONTROL_MARK,
    CONTROL_KEEP,
    CONTROL_UNDO,
    CONTROL_BEGIN_READ,
    CONTROL_VERSION,
    CONTROL_COUNT
};

struct connection {
    sqlite3 *db;
    const struct backend *backend;
    int64_t busy_since; /* when it began to wait for another process' lock */
    struct cached_statement *cache;
    size_t cache_count;
    size_t cache_capacity;
    sqlite3_stmt *controls[CONTROL_COUNT];
};

/* SQLite's CODE in words, with what was being done: WHAT ("commit"). Returns the err_code. */
int sqlite_fail(struct connection *c, int code, const char *what, struct err *err);
/* One sqlite3_step(), where a fault may strike. */
int sqlite_step(sqlite3_stmt *statement);
/* Run SQL that returns nothing; WHAT for the words. */
int sqlite_run(struct connection *c, const char *sql, const char *what,
               struct err *err) WARN_UNUSED;
/* The one integer SQL yields. */
int sqlite_number(struct connection *c, const char *sql, int64_t *ret, struct err *err) WARN_UNUSED;

/* Bring the database to this program's schema, making it in an empty file when CREATE. */
int sqlite_migrate(struct connection *c, bool create, struct err *err) WARN_UNUSED;

/* The operations of store_impl.h on rows. */
int sqlite_insert(struct connection *c, const struct table *t, const void *row, struct err *err);
int sqlite_select(struct connection *c, const struct table *t, const struct selection *s,
                  struct arena *a, void **ret, size_t *ret_count, struct err *err);
int sqlite_update(struct connection *c, const struct table *t, const void *row, uint32_t fields,
                  const struct match *matches, size_t match_count, size_t *ret_changed,
                  struct err *err);
int sqlite_remove(struct connection *c, const struct table *t, const struct match *match,
                  struct err *err);
int sqlite_max(struct connection *c, const struct table *t, const struct field *field,
               const struct match *matches, size_t match_count, int64_t *ret, struct err *err);
int sqlite_query(struct connection *c, const struct store_query *q, struct err *err);
void sqlite_forget_statements(struct connection *c);

#endif
