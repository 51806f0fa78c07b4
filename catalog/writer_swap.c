#include "catalog/writer_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "catalog/schema.h"
#include "catalog/sql.h"

enum {
    SWAP_BUSY_MS = 5000,
    HASH_BYTES = 1024 * 1024, /* FTS5's own */
    /* What the import left unmerged is not for the first few changed rows to pay: they wait until
     * there are more of their own size. */
    MERGE = 8,
};

void
writer_remove_new(const struct writer *w)
{
    static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
    char name[4200];
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        int len = snprintf(name, sizeof(name), "%s%s", w->new_path, endings[i]);
        if (len > 0 && (size_t)len < sizeof(name)) {
            (void)unlink(name);
        }
    }
}

static int
sync_path(const char *path, int flags, struct err *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, errno, "catalogue: sync %s", path);
    }
    int rc = fault_io("catalog sync") ? (errno = EIO, -1) : fsync(fd);
    int saved = rc == 0 ? 0 : errno;
    (void)close(fd);
    return saved == 0 ? 0 : err_set_errno(err, saved, "catalogue: sync %s", path);
}

static int
sync_folder(const char *path, struct err *err)
{
    char *copy = mem_str(str_c(path));
    if (!copy) {
        return err_nomem(err);
    }
    int rc = sync_path(dirname(copy), O_RDONLY | O_DIRECTORY, err);
    mem_free(copy);
    return rc;
}

/* Everything the old file's WAL holds goes into the file, so that the WAL may be removed: it
 * belongs to the name, and would be taken for the new file's. */
static int
retire_old(struct writer *w, struct err *err)
{
    static const char *const endings[] = {"-wal", "-shm"};
    if (!w->old) {
        return 0;
    }
    (void)sqlite3_busy_timeout(w->old, SWAP_BUSY_MS);
    int rc = sqlite3_wal_checkpoint_v2(w->old, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (rc != SQLITE_OK) {
        return sql_fail(w->old, rc, "put the new file in place", err);
    }
    char name[4200];
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        int len = snprintf(name, sizeof(name), "%s%s", w->path, endings[i]);
        if (len > 0 && (size_t)len < sizeof(name) && unlink(name) != 0 && errno != ENOENT) {
            return err_set_errno(err, errno, "catalogue: remove %s", name);
        }
    }
    return 0;
}

/* The new file belongs to whom the old one belongs to, and is as open as that. */
static int
copy_owner(const struct writer *w, struct err *err)
{
    struct stat st;
    if (!w->old || stat(w->path, &st) != 0) {
        return 0;
    }
    if (chmod(w->new_path, st.st_mode & 07777) != 0) {
        return err_set_errno(err, errno, "catalogue: permissions of %s", w->new_path);
    }
    /* Only root may give files away; anyone else's is their own already. */
    if (geteuid() == 0 && chown(w->new_path, st.st_uid, st.st_gid) != 0) {
        return err_set_errno(err, errno, "catalogue: owner of %s", w->new_path);
    }
    return 0;
}

/* The new file in the old one's place, while nobody opens either. */
static int
swap(struct writer *w, struct err *err)
{
    (void)schema_lock(w->lock, SCHEMA_LOCK_SWAP, true, true);
    int rc = retire_old(w, err);
    fault_point("catalog before rename");
    int moved =
        rc != 0 || fault_io("catalog rename") ? (errno = EIO, -1) : rename(w->new_path, w->path);
    if (rc == 0 && moved != 0) {
        rc = err_set_errno(err, errno, "catalogue: put %s in place", w->path);
    }
    fault_point("catalog after rename");
    schema_unlock(w->lock, SCHEMA_LOCK_SWAP);
    if (rc == 0 && sync_folder(w->path, err) != 0) {
        return err_wrap(err, "the new file is in place, but a power cut may bring the old back");
    }
    return rc;
}

int
writer_finish_new(struct writer *w, struct err *err)
{
    /* The products' words are not optimised, for their searches do not go there; but a merge that
     * is under way is ended, or the next import's first rows would. */
    int rc = sql_run(w->db,
                     "INSERT INTO article_fts(article_fts) VALUES ('optimize');"
                     "INSERT INTO product_fts(product_fts, rank) VALUES ('merge', 100000)",
                     err);
    rc = rc != 0 ? rc : writer_tune(w, HASH_BYTES, MERGE, err);
    char version[96];
    (void)snprintf(version, sizeof(version),
                   "INSERT INTO meta VALUES ('record_version', %d); COMMIT", RECORD_VERSION);
    rc = rc != 0 ? rc : sql_run(w->db, version, err);
    rc = rc != 0 ? rc : sql_run(w->db, "PRAGMA journal_mode = WAL", err);
    writer_finalize(w);
    if (rc != 0) {
        return rc;
    }
    int closed = sqlite3_close(w->db);
    if (closed != SQLITE_OK) {
        return sql_fail(w->db, closed, "close", err);
    }
    w->db = NULL;
    rc = copy_owner(w, err);
    rc = rc != 0 ? rc : sync_path(w->new_path, O_RDWR, err);
    return rc != 0 ? rc : swap(w, err);
}
