#include "catalog/handle.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "catalog/schema.h"
#include "catalog/sql.h"

enum {
    /* How long a reader waits for a lock that an import holds for milliseconds. */
    BUSY_MS = 2000,
    /* Steps of SQLite's machine between two looks at the stop function: well under 1 ms. */
    STOP_STEPS = 4000,
};

/* Is it ours, and do we know its version? Reading it also opens the WAL. */
static int
check_version(sqlite3 *db, const char *path, bool *ret_older, struct err *err)
{
    int64_t application = 0;
    int64_t version = 0;
    int rc = sql_int(db, "PRAGMA application_id", 0, &application, err);
    rc = rc != 0 ? rc : sql_int(db, "PRAGMA user_version", 0, &version, err);
    if (rc != 0) {
        return rc;
    }
    if (application != SCHEMA_APPLICATION) {
        return err_set(err, ERR_INVALID, "catalogue: %s is no catalogue of deskhand", path);
    }
    if (version > SCHEMA_VERSION) {
        return err_set(err, ERR_INVALID,
                       "catalogue: %s was written by a newer deskhand (its version is %lld, known "
                       "here is %d); update deskhand or import again",
                       path, (long long)version, SCHEMA_VERSION);
    }
    if (ret_older) {
        *ret_older = version < SCHEMA_VERSION;
    } else if (version < SCHEMA_VERSION) {
        return err_set(err, ERR_INVALID, "catalogue: %s is of an older make; import again", path);
    }
    return 0;
}

static int
try_open(const char *name, int flags, sqlite3 **ret, bool *ret_older, struct err *err)
{
    sqlite3 *db = NULL;
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(name, &db, flags, NULL);
    if (rc != SQLITE_OK) {
        int failed = sql_fail(db, rc, "open", err);
        (void)sqlite3_close(db);
        return failed;
    }
    (void)sqlite3_busy_timeout(db, BUSY_MS);
    rc = check_version(db, name, ret_older, err);
    if (rc != 0) {
        (void)sqlite3_close(db);
        return rc;
    }
    *ret = db;
    return 0;
}

/* A file name as a URI that cannot change under us: '%', '?' and '#' are escaped. */
static struct str
immutable_uri(const char *path, struct arena *arena)
{
    AUTO(buf) struct buf uri;
    buf_init(&uri, 3 * 4096);
    buf_add_c(&uri, "file:");
    for (const char *p = path; *p; p++) {
        if (strchr("%?#", *p)) {
            buf_printf(&uri, "%%%02X", (unsigned)(unsigned char)*p);
        } else {
            buf_add_char(&uri, *p);
        }
    }
    buf_add_c(&uri, "?immutable=1");
    return buf_to_arena(&uri, arena);
}

/* In a folder we may not write to, SQLite cannot make the WAL's index; a file that has no WAL is
 * whole without one. */
static int
open_unwritable(const char *path, sqlite3 **ret, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct str wal = arena_printf(&arena, "%s-wal", path);
    struct str uri = immutable_uri(path, &arena);
    if (!wal.ptr || !uri.ptr) {
        return err_nomem(err);
    }
    if (access(wal.ptr, F_OK) == 0) {
        return err_set(err, ERR_IO,
                       "catalogue: %s: an import is not finished and the folder "
                       "cannot be written",
                       path);
    }
    return try_open(uri.ptr, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, ret, NULL, err);
}

int
handle_open_db(const char *path, int flags, sqlite3 **ret, bool *ret_older, struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        int saved = errno;
        return saved == ENOENT ? err_set(err, ERR_NOTFOUND,
                                         "catalogue: there is no %s yet; import products or "
                                         "articles first",
                                         path)
                               : err_set_errno(err, saved, "catalogue: %s", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_INVALID, "catalogue: %s is not a file", path);
    }
    int lock = schema_lock_open(path, false);
    if (lock >= 0) {
        (void)schema_lock(lock, SCHEMA_LOCK_SWAP, false, true);
    }
    int rc = try_open(path, flags, ret, ret_older, err);
    if (rc == ERR_IO && flags == SQLITE_OPEN_READONLY &&
        open_unwritable(path, ret, &(struct err){0}) == 0) {
        rc = 0;
    }
    if (lock >= 0) {
        (void)close(lock);
    }
    return rc;
}

static int
on_steps(void *arg)
{
    const struct catalog *c = arg;
    return c->stop && c->stop(c->stop_arg);
}

static void
close_db(struct catalog *c)
{
    for (size_t i = 0; i < HANDLE_STATEMENTS; i++) {
        (void)sqlite3_finalize(c->statements[i]);
        c->statements[i] = NULL;
    }
    segment_reader_free(c->segments);
    c->segments = NULL;
    words_done(&c->words);
    (void)sqlite3_close(c->db);
    c->db = NULL;
}

/* Open c->path into C, which holds no database. */
static int
open_db(struct catalog *c, struct err *err)
{
    struct stat st = {0};
    /* Looked at before: where an import swaps in between, the next search opens once more. */
    if (stat(c->path, &st) == 0) {
        c->device = st.st_dev;
        c->inode = st.st_ino;
    }
    int rc = handle_open_db(c->path, SQLITE_OPEN_READONLY, &c->db, NULL, err);
    if (rc != 0) {
        return rc;
    }
    rc = words_init(&c->words, c->db, err);
    rc = rc != 0 ? rc : rank_register(&c->ranker, c->words.api, err);
    if (rc != 0) {
        close_db(c);
        return rc;
    }
    sqlite3_progress_handler(c->db, STOP_STEPS, on_steps, c);
    return 0;
}

int
catalog_open(const char *path, struct catalog **ret, struct err *err)
{
    AUTO(catalog) struct catalog *c = mem_zero(1, sizeof(*c));
    if (!c) {
        return err_nomem(err);
    }
    c->magic = CATALOG_MAGIC;
    c->path = mem_str(str_c(path));
    if (!c->path) {
        return err_nomem(err);
    }
    int rc = open_db(c, err);
    if (rc != 0) {
        return rc;
    }
    *ret = TAKE(c);
    return 0;
}

const char *
catalog_sqlite_version(void)
{
    return sqlite3_libversion();
}

void
catalog_free(struct catalog *c)
{
    if (!c) {
        return;
    }
    MUST_MAGIC(c, CATALOG_MAGIC);
    close_db(c);
    match_free(c->match);
    mem_free(c->path);
    c->magic = 0;
    mem_free(c);
}

void
catalog_set_stop(struct catalog *c, bool (*stop)(void *arg), void *arg)
{
    MUST_MAGIC(c, CATALOG_MAGIC);
    c->stop = stop;
    c->stop_arg = arg;
}

void
handle_refresh(struct catalog *c)
{
    struct stat st;
    if (stat(c->path, &st) != 0 || (st.st_dev == c->device && st.st_ino == c->inode)) {
        return;
    }
    struct catalog old = *c;
    c->db = NULL;
    c->segments = NULL;
    memset(c->statements, 0, sizeof(c->statements));
    memset(&c->words, 0, sizeof(c->words));
    if (open_db(c, &(struct err){0}) == 0) {
        close_db(&old);
        return;
    }
    /* Nothing better than what we have. */
    *c = old;
}

int
handle_index(struct catalog *c, struct err *err)
{
    if (!c->match) {
        c->match = match_new();
        if (!c->match) {
            return err_nomem(err);
        }
    }
    return c->segments ? 0 : segment_reader_open(c->db, &c->segments, err);
}

int
handle_statement(struct catalog *c, enum handle_statement which, const char *text,
                 sqlite3_stmt **ret, struct err *err)
{
    int rc = sql_prepare(c->db, text, &c->statements[which], err);
    *ret = c->statements[which];
    return rc;
}

int
catalog_stats(struct catalog *c, struct catalog_stats *ret, struct err *err)
{
    MUST_MAGIC(c, CATALOG_MAGIC);
    handle_refresh(c);
    const struct {
        const char *text;
        int64_t *value;
    } counts[] = {
        {"SELECT count(*) FROM product", &ret->products},
        {"SELECT count(*) FROM article", &ret->articles},
        {"SELECT count(DISTINCT brand_key) FROM product", &ret->brands},
        {"SELECT count(DISTINCT category_key) FROM product", &ret->categories},
        {"SELECT count(price) FROM product", &ret->priced},
        {"SELECT count(*) FROM product WHERE in_stock = 1", &ret->in_stock},
        {"SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", &ret->bytes},
    };
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        int rc = sql_int(c->db, counts[i].text, 0, counts[i].value, err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}
