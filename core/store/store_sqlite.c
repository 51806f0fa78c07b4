/* The SQLite backend: opening, transactions, checking. Rows are store_sqlite_stmt.c's.
 *
 * Chosen deliberately, because Debian's build has defaults of its own:
 *   WAL             readers never wait for the writer; one fsync a commit
 *   synchronous     FULL: what is acknowledged survives a power cut (configurable)
 *   secure_delete   on: a customer's deletion overwrites what it frees; it costs nothing where
 *                   nothing is deleted. The -wal file holds old pages until it is next reset.
 *   mmap            off: a file cut short by somebody else must be an error, not SIGBUS
 *   temp_store      memory: savepoints copy pages there, never to a file
 *   NOMUTEX         one thread at a time uses a connection
 *   persistent -wal emptied, not removed, by the last to close: opening again makes no file, and a
 *                   reader without write permission on the folder finds what it needs */
#include "store/store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/must.h"

enum { BUSY_DEFAULT_MS = 5000, PATH_LIMIT = 16384 };

int
sqlite_run(struct connection *c, const char *sql, const char *what, struct err *err)
{
    int code = fault_io("store.run") ? SQLITE_IOERR : sqlite3_exec(c->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : sqlite_fail(c, code, what, err);
}

int
sqlite_number(struct connection *c, const char *sql, int64_t *ret, struct err *err)
{
    sqlite3_stmt *st = NULL;
    int code = sqlite3_prepare_v2(c->db, sql, -1, &st, NULL);
    if (code == SQLITE_OK) {
        code = sqlite_step(st);
    }
    if (code == SQLITE_ROW) {
        *ret = sqlite3_column_int64(st, 0);
    }
    (void)sqlite3_finalize(st);
    return code == SQLITE_ROW ? 0 : sqlite_fail(c, code, "open", err);
}

static void
close_backend(struct backend *b)
{
    if (b) {
        mem_free(b->folder);
        mem_free(b->file);
        mem_free(b);
    }
}
AUTO_DEFINE(backend, struct backend *, close_backend)

static char *
path_in(struct str folder, const char *name)
{
    AUTO(buf) struct buf path;
    buf_init(&path, PATH_LIMIT);
    buf_add(&path, folder);
    buf_add_c(&path, name);
    return path.failed || memchr(path.text, '\0', path.len) ? NULL : mem_str(buf_str(&path));
}

static int
no_permission(const char *path, const char *to, struct err *err)
{
    return err_set(err, ERR_AUTH,
                   "%s: no permission to %s: run as its owner, or let its owner change the mode",
                   path, to);
}

/* Made here and not by SQLite because a desk is for its owner's eyes. O_EXCL: an existing
 * database must not be opened, and closed again, behind SQLite's back (its locks would go). */
static int
make_file(const struct backend *b, struct err *err)
{
    int fd = open(b->file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)close(fd);
        return 0;
    }
    if (errno == EEXIST) {
        return 0;
    }
    if (errno == EACCES || errno == EPERM || errno == EROFS) {
        return no_permission(b->folder, "write in this folder", err);
    }
    return err_set_errno(err, errno, "make %s", b->file);
}

/* SQLite's own words for all of these are "unable to open database file". */
static int
check_file(const struct backend *b, struct err *err)
{
    struct stat info;
    if (stat(b->file, &info) != 0) {
        if (errno == EACCES) {
            return no_permission(b->folder, "look into this folder", err);
        }
        if (errno != ENOENT && errno != ENOTDIR) {
            return err_set_errno(err, errno, "open %s", b->file);
        }
        return err_set(err, ERR_NOTFOUND,
                       "there is no desk in %s: make one with `deskhand init %s`", b->folder,
                       b->folder);
    }
    if (!S_ISREG(info.st_mode)) {
        return err_set(err, ERR_INVALID, "%s is not a file", b->file);
    }
    if (faccessat(AT_FDCWD, b->file, R_OK, AT_EACCESS) != 0) {
        return no_permission(b->file, "read it", err);
    }
    if (b->read_only) {
        return 0;
    }
    if (faccessat(AT_FDCWD, b->file, W_OK, AT_EACCESS) != 0) {
        return no_permission(b->file, "write it", err);
    }
    return faccessat(AT_FDCWD, b->folder, W_OK | X_OK, AT_EACCESS) != 0
               ? no_permission(b->folder, "write in this folder (desk.db-wal goes there)", err)
               : 0;
}

/* Whether nobody at all can change the file: then no lock and no -shm file is needed, which is
 * good, because none can be made. Pages that wait in a -wal file would be overlooked. */
static bool
is_immutable(const struct backend *b)
{
    struct statvfs system;
    struct stat info;
    char *wal = path_in(str_c(b->file), "-wal");
    bool clean = wal && (stat(wal, &info) != 0 || info.st_size == 0);
    mem_free(wal);
    return clean && statvfs(b->file, &system) == 0 && (system.f_flag & ST_RDONLY);
}

static int
open_backend(const struct store_options *options, struct backend **ret, struct err *err)
{
    /* Counting its own memory takes SQLite a process-wide lock at every allocation, for figures
     * nobody reads. Refused once SQLite is in use, which does no harm. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    AUTO(backend) struct backend *b = mem_zero(1, sizeof(*b));
    if (!b) {
        return err_nomem(err);
    }
    if (options->path.len == 0 || memchr(options->path.ptr, '\0', options->path.len) ||
        options->path.len > PATH_LIMIT / 2) {
        return err_set(err, ERR_INVALID, "the desk's folder has no usable name");
    }
    b->folder = mem_str(options->path);
    b->file = path_in(options->path, "/desk.db");
    if (!b->folder || !b->file) {
        return err_nomem(err);
    }
    b->create = options->create;
    b->read_only = options->read_only;
    b->sync = options->sync;
    b->busy_ms = options->busy_ms ? options->busy_ms : BUSY_DEFAULT_MS;
    int result = options->create && !b->read_only ? make_file(b, err) : 0;
    if (result == 0) {
        result = check_file(b, err);
    }
    if (result == 0) {
        b->immutable = b->read_only && is_immutable(b);
        *ret = TAKE(b);
    }
    return result;
}

/* Another process has the lock. SQLite's own waiting soon sleeps 100 ms at a time and then never
 * meets the moment between two commits of a busy writer; a millisecond at a time does. */
static int
wait_for_lock(void *arg, int tries)
{
    struct connection *c = arg;
    int64_t now = clock_mono_ms(clock_real());
    if (tries == 0) {
        c->busy_since = now;
    }
    if (now - c->busy_since >= (int64_t)c->backend->busy_ms) {
        return 0;
    }
    (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return 1;
}

static int
open_immutable(struct connection *c, int flags)
{
    AUTO(buf) struct buf uri;
    buf_init(&uri, PATH_LIMIT * 4);
    buf_add_c(&uri, "file:");
    for (const char *at = c->backend->file; *at; at++) {
        bool plain = (*at >= '-' && *at <= '9') || (*at >= 'A' && *at <= 'Z') ||
                     (*at >= 'a' && *at <= 'z') || *at == '_';
        buf_printf(&uri, plain ? "%c" : "%%%02X", (unsigned char)*at);
    }
    buf_add_c(&uri, "?immutable=1");
    return uri.failed ? SQLITE_NOMEM
                      : sqlite3_open_v2(uri.text, &c->db, flags | SQLITE_OPEN_URI, NULL);
}

static int
open_file(struct connection *c, bool writer, struct err *err)
{
    bool write = writer && !c->backend->read_only;
    int flags = (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_EXRESCODE;
    int code = fault_io("store.open")  ? SQLITE_IOERR
               : c->backend->immutable ? open_immutable(c, flags)
                                       : sqlite3_open_v2(c->backend->file, &c->db, flags, NULL);
    if (code != SQLITE_OK) {
        return sqlite_fail(c, code, "open", err);
    }
    int persist = 1;
    (void)sqlite3_busy_handler(c->db, wait_for_lock, c);
    (void)sqlite3_file_control(c->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return sqlite_run(c,
                      "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
                      "PRAGMA mmap_size = 0; PRAGMA cache_size = -8192;",
                      "open", err);
}

/* One try at WAL. SQLite answers SQLITE_BUSY without calling the busy handler where two connections
 * that read turn it on at once: each would wait for the other. */
static int
try_wal(struct connection *c, bool *ret_done)
{
    sqlite3_stmt *st = NULL;
    int code = sqlite3_prepare_v2(c->db, "PRAGMA journal_mode = WAL", -1, &st, NULL);
    if (code == SQLITE_OK) {
        code = sqlite_step(st);
    }
    if (code == SQLITE_ROW) {
        const char *mode = (const char *)sqlite3_column_text(st, 0);
        *ret_done = mode && strcmp(mode, "wal") == 0;
    }
    (void)sqlite3_finalize(st);
    return code;
}

static int
set_wal(struct connection *c, struct err *err)
{
    bool done = false;
    int tries = 0;
    int code;
    do {
        code = try_wal(c, &done);
    } while ((code & 0xff) == SQLITE_BUSY && wait_for_lock(c, tries++));
    if (code != SQLITE_ROW) {
        return sqlite_fail(c, code, "open", err);
    }
    return done ? 0
                : err_set(err, ERR_IO,
                          "%s: this file system cannot hold a desk (it offers no shared memory): "
                          "use a local disk",
                          c->backend->file);
}

static int
prepare_writer(struct connection *c, bool create, struct err *err)
{
    static const char *const syncs[] = {
        [STORE_SYNC_FULL] = "PRAGMA synchronous = FULL",
        [STORE_SYNC_NORMAL] = "PRAGMA synchronous = NORMAL",
        [STORE_SYNC_OFF] = "PRAGMA synchronous = OFF",
    };
    must((size_t)c->backend->sync < sizeof(syncs) / sizeof(syncs[0]));
    int result = sqlite_run(c,
                            "PRAGMA page_size = 4096; PRAGMA secure_delete = ON;"
                            "PRAGMA journal_size_limit = 4194304;",
                            "open", err);
    if (result == 0) {
        result = sqlite_run(c, syncs[c->backend->sync], "open", err);
    }
    if (result == 0 && !c->backend->read_only) {
        result = set_wal(c, err);
    }
    return result == 0 ? sqlite_migrate(c, create, err) : result;
}

static void
disconnect(struct connection *c)
{
    if (!c) {
        return;
    }
    sqlite_forget_statements(c);
    if (c->db) {
        /* Whoever closes last empties the -wal file. */
        (void)sqlite3_exec(c->db, "PRAGMA journal_size_limit = 0", NULL, NULL, NULL);
        (void)sqlite3_close(c->db);
    }
    mem_free(c);
}
AUTO_DEFINE(connection, struct connection *, disconnect)

static int
connect_to(struct backend *b, bool writer, struct connection **ret, struct err *err)
{
    AUTO(connection) struct connection *c = mem_zero(1, sizeof(*c));
    if (!c) {
        return err_nomem(err);
    }
    c->backend = b;
    int result = open_file(c, writer, err);
    if (result == 0 && writer) {
        result = prepare_writer(c, b->create, err);
    }
    if (result == 0) {
        *ret = TAKE(c);
    }
    return result;
}

/* Run one of the few statements that take no values. */
static int
control(struct connection *c, enum control which)
{
    static const char *const sql[] = {
        [CONTROL_BEGIN] = "BEGIN IMMEDIATE", [CONTROL_COMMIT] = "COMMIT",
        [CONTROL_ROLLBACK] = "ROLLBACK",     [CONTROL_MARK] = "SAVEPOINT body",
        [CONTROL_KEEP] = "RELEASE body",     [CONTROL_UNDO] = "ROLLBACK TO body",
        [CONTROL_BEGIN_READ] = "BEGIN",      [CONTROL_VERSION] = "PRAGMA data_version",
    };
    sqlite3_stmt **st = &c->controls[which];
    if (!*st) {
        int code = sqlite3_prepare_v3(c->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
        if (code != SQLITE_OK) {
            return code;
        }
    }
    int code = sqlite3_step(*st);
    (void)sqlite3_reset(*st);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
begin(struct connection *c, struct err *err)
{
    int code = fault_io("store.begin") ? SQLITE_IOERR : control(c, CONTROL_BEGIN);
    return code == SQLITE_OK ? 0 : sqlite_fail(c, code, "begin", err);
}

static int
commit(struct connection *c, struct err *err)
{
    int code = fault_io("store.commit") ? SQLITE_IOERR : control(c, CONTROL_COMMIT);
    return code == SQLITE_OK ? 0 : sqlite_fail(c, code, "commit", err);
}

static void
rollback(struct connection *c)
{
    if (!sqlite3_get_autocommit(c->db)) {
        (void)control(c, CONTROL_ROLLBACK);
    }
}

static int
mark(struct connection *c, struct err *err)
{
    int code = control(c, CONTROL_MARK);
    return code == SQLITE_OK ? 0 : sqlite_fail(c, code, "mark", err);
}

static int
keep(struct connection *c, struct err *err)
{
    int code = control(c, CONTROL_KEEP);
    return code == SQLITE_OK ? 0 : sqlite_fail(c, code, "keep", err);
}

static void
undo(struct connection *c)
{
    /* Going back leaves the mark in place. Where either fails nothing of the body may stay. */
    if (control(c, CONTROL_UNDO) != SQLITE_OK || control(c, CONTROL_KEEP) != SQLITE_OK) {
        rollback(c);
    }
}

static bool
in_transaction(struct connection *c)
{
    return !sqlite3_get_autocommit(c->db);
}

static int
begin_read(struct connection *c, struct err *err)
{
    int code = fault_io("store.read") ? SQLITE_IOERR : control(c, CONTROL_BEGIN_READ);
    return code == SQLITE_OK ? 0 : sqlite_fail(c, code, "read", err);
}

static int
change_count(struct connection *c, int64_t *ret, struct err *err)
{
    sqlite3_stmt **st = &c->controls[CONTROL_VERSION];
    int code = SQLITE_OK;
    if (!*st) {
        code = sqlite3_prepare_v3(c->db, "PRAGMA data_version", -1, SQLITE_PREPARE_PERSISTENT, st,
                                  NULL);
    }
    if (code == SQLITE_OK) {
        code = sqlite_step(*st);
    }
    if (code == SQLITE_ROW) {
        *ret = sqlite3_column_int64(*st, 0);
    }
    (void)sqlite3_reset(*st);
    return code == SQLITE_ROW ? 0 : sqlite_fail(c, code, "watch", err);
}

/* SQL that yields nothing, or "ok", where all is well. */
static int
check_with(struct connection *c, const char *sql, struct err *err)
{
    sqlite3_stmt *st = NULL;
    int code = sqlite3_prepare_v2(c->db, sql, -1, &st, NULL);
    int result = 0;
    if (code == SQLITE_OK) {
        code = sqlite_step(st);
    }
    if (code == SQLITE_ROW) {
        const char *found = (const char *)sqlite3_column_text(st, 0);
        if (!found || strcmp(found, "ok") != 0) {
            result = err_set(err, ERR_INVALID, "%s is damaged: %s: put a backup in its place",
                             c->backend->file, found ? found : "?");
        }
    } else if (code != SQLITE_DONE) {
        result = sqlite_fail(c, code, "check", err);
    }
    (void)sqlite3_finalize(st);
    return result;
}

static int
check(struct connection *c, struct err *err)
{
    int result = check_with(c, "PRAGMA integrity_check(1)", err);
    return result == 0
               ? check_with(c,
                            "SELECT 'a row of ' || \"table\" || ' belongs to a ' || parent || "
                            "' that is not there' FROM pragma_foreign_key_check LIMIT 1",
                            err)
               : result;
}

static const struct backend_ops sqlite_ops = {
    .name = "sqlite",
    .on_disk = true,
    .open = open_backend,
    .close = close_backend,
    .connect = connect_to,
    .disconnect = disconnect,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .mark = mark,
    .keep = keep,
    .undo = undo,
    .in_transaction = in_transaction,
    .begin_read = begin_read,
    .end_read = rollback,
    .insert = sqlite_insert,
    .select = sqlite_select,
    .update = sqlite_update,
    .remove = sqlite_remove,
    .max = sqlite_max,
    .query = sqlite_query,
    .change_count = change_count,
    .check = check,
};

int
store_open_sqlite(const struct store_options *options, struct loop *loop, struct store **ret,
                  struct err *err)
{
    return store_open_on(&sqlite_ops, options, loop, ret, err);
}
