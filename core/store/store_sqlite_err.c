/* What SQLite says, for a person. */
#include "store/store_sqlite.h"

#include <errno.h>

#include "base/fault.h"

static bool
means_full(int seen)
{
    return seen == ENOSPC || seen == EDQUOT || seen == EFBIG;
}

/* errno of the failure. After a failed commit the undoing has changed the connection's own note of
 * it; the -wal file remembers the write that failed. */
static int
errno_of(struct connection *c, int code)
{
    int seen = c->db ? sqlite3_system_errno(c->db) : 0;
    sqlite3_file *wal = NULL;
    if (code != SQLITE_IOERR_WRITE || means_full(seen) ||
        sqlite3_file_control(c->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) != SQLITE_OK) {
        return seen;
    }
    int written = 0;
    if (wal && wal->pMethods) {
        (void)wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &written);
    }
    return written ? written : seen;
}

static int
io_failure(struct connection *c, int code, const char *what, struct err *err)
{
    int seen = errno_of(c, code);
    if ((code & 0xff) == SQLITE_FULL || means_full(seen)) {
        (void)err_set(err, ERR_IO,
                      "%s: %s: the disk is full: free some space; nothing stored is "
                      "lost",
                      c->backend->file, what);
        err->saved_errno = seen ? seen : ENOSPC;
        return err_retryable(err);
    }
    (void)err_set(err, ERR_IO, "%s: %s: the disk failed (%s%s)", c->backend->file, what,
                  fault_passed() ? "simulated: " : "", sqlite3_errstr(code));
    err->saved_errno = seen;
    return ERR_IO;
}

static int
refused(struct connection *c, int code, const char *what, struct err *err)
{
    return err_set(err, ERR_AUTH,
                   "%s: %s: no permission (%s): check who owns the file and its folder",
                   c->backend->file, what, sqlite3_errstr(code));
}

static int
damaged(struct connection *c, int code, const char *what, struct err *err)
{
    return err_set(err, ERR_INVALID,
                   "%s: %s: the file is %s: run `deskhand doctor`, or put a "
                   "backup in its place",
                   c->backend->file, what,
                   (code & 0xff) == SQLITE_NOTADB ? "no database" : "damaged");
}

int
sqlite_fail(struct connection *c, int code, const char *what, struct err *err)
{
    const char *file = c->backend->file;
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return err_nomem(err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        (void)err_set(err, ERR_BUSY,
                      "%s: %s: another process has held its lock for over %u ms: try again, or "
                      "end that process",
                      file, what, c->backend->busy_ms);
        return err_retryable(err);
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return io_failure(c, code, what, err);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return refused(c, code, what, err);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return damaged(c, code, what, err);
    case SQLITE_TOOBIG:
        return err_set(err, ERR_LIMIT, "%s: %s: a row is too big", file, what);
    default:
        return err_set(err, ERR_BUG, "%s: %s: %s", file, what, sqlite3_errmsg(c->db));
    }
}
