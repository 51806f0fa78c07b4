/* Which schema a database has, and how it gets this program's. The number is SQLite's
 * user_version; the application_id says that the file is a desk at all. */
#include "store/store_sqlite.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fault.h"
#include "store/migrations.h"

/* "Desk", in the place where file(1) finds it. */
#define APPLICATION_ID 1147499371
#define DIGITS(number) #number
#define TEXT(number) DIGITS(number)

static int
run_migrations(struct connection *c, int64_t from, struct err *err)
{
    char words[96];
    int result = 0;
    for (size_t i = (size_t)from; result == 0 && i < store_migration_count; i++) {
        (void)snprintf(words, sizeof(words), "migration %s", store_migrations[i].name);
        result = sqlite_run(c, store_migrations[i].sql, words, err);
    }
    if (result == 0) {
        (void)snprintf(words, sizeof(words), "PRAGMA user_version = %zu", store_migration_count);
        result = sqlite_run(c, words, "migrate", err);
    }
    return result == 0
               ? sqlite_run(c, "PRAGMA application_id = " TEXT(APPLICATION_ID), "migrate", err)
               : result;
}

/* The version, once it is sure that this is a desk (or, version 0, may become one). */
static int
read_version(struct connection *c, int64_t *ret, struct err *err)
{
    int64_t application = 0;
    int64_t objects = 0;
    int result = sqlite_number(c, "PRAGMA application_id", &application, err);
    if (result == 0) {
        result = sqlite_number(c, "PRAGMA user_version", ret, err);
    }
    if (result == 0 && application == 0) {
        result = sqlite_number(c, "SELECT count(*) FROM sqlite_schema", &objects, err);
    }
    if (result < 0) {
        return result;
    }
    bool empty = application == 0 && *ret == 0 && objects == 0;
    if (!empty && (application != APPLICATION_ID || *ret < 1)) {
        return err_set(err, ERR_INVALID,
                       "%s is an SQLite database, but not a desk: move it away and run `deskhand "
                       "init`",
                       c->backend->file);
    }
    if (*ret > (int64_t)store_migration_count) {
        return err_set(err, ERR_LIMIT,
                       "%s was made by a newer Deskhand (its schema is %" PRId64
                       ", Deskhand " DESKHAND_VERSION " knows up to %zu): install the newer one",
                       c->backend->file, *ret, store_migration_count);
    }
    return 0;
}

int
sqlite_migrate(struct connection *c, bool create, struct err *err)
{
    int64_t version = 0;
    int result = read_version(c, &version, err);
    if (result < 0 || version == (int64_t)store_migration_count) {
        return result;
    }
    if (version == 0 && !create) {
        return err_set(err, ERR_NOTFOUND, "%s is empty: run `deskhand doctor --mend`",
                       c->backend->file);
    }
    if (c->backend->read_only) {
        return err_set(err, ERR_AUTH,
                       "%s has the older schema %" PRId64
                       " and was opened read-only: `deskhand doctor --mend` brings it up to date",
                       c->backend->file, version);
    }
    result = sqlite_run(c, "BEGIN IMMEDIATE", "migrate", err);
    if (result < 0) {
        return result;
    }
    /* Another process may have been first. */
    result = read_version(c, &version, err);
    if (result == 0 && version < (int64_t)store_migration_count) {
        result = run_migrations(c, version, err);
    }
    fault_point("store.migrate.before");
    if (result == 0) {
        result = sqlite_run(c, "COMMIT", "migrate", err);
    }
    fault_point("store.migrate.after");
    if (result < 0) {
        (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return result;
}
