#include "catalog/writer_parts.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fault.h"
#include "catalog/handle.h"
#include "catalog/schema.h"
#include "catalog/sql.h"

enum {
    BUSY_MS = 5000,
    SEEN_FIRST = 1024,
};

/* Ids met so far: open addressing over 64-bit hashes. Two ids of one hash would be reported as a
 * duplicate wrongly; in ten million that is one chance in 300,000. */
static struct writer_seen *
seen_slot(struct writer *w, uint64_t hash)
{
    size_t i = (size_t)hash & (w->seen_capacity - 1);
    while (w->seen[i].id_hash != 0 && w->seen[i].id_hash != hash) {
        i = (i + 1) & (w->seen_capacity - 1);
    }
    return &w->seen[i];
}

static int
seen_grow(struct writer *w, struct err *err)
{
    if (w->seen_count * 2 < w->seen_capacity) {
        return 0;
    }
    size_t capacity = w->seen_capacity == 0 ? SEEN_FIRST : w->seen_capacity * 2;
    struct writer_seen *old = w->seen;
    size_t count = w->seen_capacity;
    struct writer_seen *grown = mem_zero(capacity, sizeof(*grown));
    if (!grown) {
        return err_nomem(err);
    }
    w->seen = grown;
    w->seen_capacity = capacity;
    for (size_t i = 0; i < count; i++) {
        if (old[i].id_hash != 0) {
            *seen_slot(w, old[i].id_hash) = old[i];
        }
    }
    mem_free(old);
    return 0;
}

/* What ID was before this import. */
static int
find_before(struct writer *w, struct str id, struct writer_seen *seen, struct err *err)
{
    sqlite3 *db = w->anew ? w->old : w->db;
    if (!db) {
        return 0;
    }
    int rc = sql_prepare(db,
                         w->kind == CATALOG_PRODUCTS ? "SELECT hash FROM product WHERE id = ?1"
                                                     : "SELECT hash FROM article WHERE id = ?1",
                         &w->before, err);
    if (rc != 0) {
        return rc;
    }
    sql_text(w->before, 1, id);
    rc = sql_step(w->before, "import", err);
    if (rc > 0) {
        seen->existed = true;
        seen->before = (uint64_t)sqlite3_column_int64(w->before, 0);
        (void)sqlite3_reset(w->before);
    }
    return rc < 0 ? rc : 0;
}

/* RECORD in the place of what the written file has under ID. */
static int
put_over(struct writer *w, struct str id, struct str record, uint64_t hash, struct err *err)
{
    sqlite3_stmt *s;
    int rc = writer_statement_get(w, w->kind, WRITER_FIND, &s, err);
    if (rc != 0) {
        return rc;
    }
    sql_text(s, 1, id);
    rc = sql_step(s, "import", err);
    if (rc < 0) {
        return rc;
    }
    int64_t doc = rc > 0 ? sqlite3_column_int64(s, 0) : 0;
    bool same = rc > 0 && (uint64_t)sqlite3_column_int64(s, 1) == hash;
    if (doc != 0 && !same) {
        rc = writer_delete(w, w->kind, sql_column(s, 2), doc, err);
    }
    (void)sqlite3_reset(s);
    if (rc < 0 || same) {
        return rc < 0 ? rc : 0;
    }
    return writer_insert(w, w->kind, record, hash, doc, err);
}

int
writer_put(struct writer *w, struct str id, struct str record, uint64_t line, uint64_t *ret_earlier,
           struct err *err)
{
    uint64_t id_hash = str_hash(id) | 1;
    uint64_t hash = str_hash(record);
    int rc = seen_grow(w, err);
    if (rc != 0) {
        return rc;
    }
    struct writer_seen *seen = seen_slot(w, id_hash);
    bool again = seen->id_hash != 0;
    *ret_earlier = again ? seen->line : 0;
    if (!again) {
        rc = find_before(w, id, seen, err);
        if (rc != 0) {
            return rc;
        }
        seen->id_hash = id_hash;
        w->seen_count++;
    }
    seen->now = hash;
    seen->line = line;
    bool sure_new = w->anew && !w->keep_kind && !again;
    return sure_new ? writer_insert(w, w->kind, record, hash, 0, err)
                    : put_over(w, id, record, hash, err);
}

/* Every record of KIND from the old file into the new one. */
static int
carry_over(struct writer *w, enum catalog_kind kind, struct err *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sql_prepare(w->old,
                         kind == CATALOG_PRODUCTS ? "SELECT hash, record FROM product ORDER BY doc"
                                                  : "SELECT hash, record FROM article ORDER BY doc",
                         &s, err);
    while (rc == 0 && (rc = sql_step(s, "import", err)) > 0) {
        rc = writer_insert(w, kind, sql_column(s, 1), (uint64_t)sqlite3_column_int64(s, 0), 0, err);
    }
    (void)sqlite3_finalize(s);
    return rc;
}

static int
open_new(struct writer *w, struct err *err)
{
    writer_remove_new(w);
    int rc = sqlite3_open_v2(w->new_path, &w->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_EXRESCODE,
                             NULL);
    if (rc != SQLITE_OK) {
        return sql_fail(w->db, rc, "create", err);
    }
    char versions[96];
    (void)snprintf(versions, sizeof(versions),
                   "PRAGMA application_id = %d; PRAGMA user_version = %d", SCHEMA_APPLICATION,
                   SCHEMA_VERSION);
    /* Nobody reads the new file before it is whole and synced, so it needs no journal. */
    rc = sql_run(w->db,
                 "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                 "PRAGMA locking_mode = EXCLUSIVE; PRAGMA secure_delete = OFF;"
                 "PRAGMA cache_size = -65536; BEGIN",
                 err);
    /* A catalogue keeps its language. */
    char language[WORDS_LANGUAGE_BYTES] = WORDS_LANGUAGE;
    rc = rc == 0 && w->old ? words_language(w->old, language, err) : rc;
    rc = rc != 0 ? rc : words_attach(&w->words, w->db, str_c(language), err);
    rc = rc != 0 ? rc : schema_create(w->db, str_c(language), err);
    return rc != 0 ? rc : sql_run(w->db, versions, err);
}

/* Is the file made by another version of entry_read()? Then its words cannot be taken out. */
static int
is_outdated(sqlite3 *db, bool *ret, struct err *err)
{
    int64_t version = 0;
    int rc = sql_int(db, "SELECT value FROM meta WHERE name = 'record_version'", 0, &version, err);
    *ret = version != RECORD_VERSION;
    return rc;
}

static int
open_in_place(struct writer *w, struct err *err)
{
    (void)sqlite3_busy_timeout(w->db, BUSY_MS);
    int rc = words_init(&w->words, w->db, err);
    return rc != 0 ? rc
                   : sql_run(w->db,
                             "PRAGMA secure_delete = OFF; PRAGMA synchronous = FULL;"
                             "PRAGMA cache_size = -65536; BEGIN IMMEDIATE",
                             err);
}

/* Take the import lock; remember where a new file would go. */
static int
take_lock(struct writer *w, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct str name = arena_printf(&arena, "%s.new", w->path);
    w->new_path = name.ptr ? mem_str(name) : NULL;
    if (!w->new_path) {
        return err_nomem(err);
    }
    w->lock = schema_lock_open(w->path, true);
    if (w->lock < 0) {
        return err_set_errno(err, errno, "catalogue: lock %s", w->path);
    }
    if (!schema_lock(w->lock, SCHEMA_LOCK_WRITER, true, false)) {
        (void)err_set(err, ERR_BUSY,
                      "catalogue: another import into %s is running; try again "
                      "when it is done",
                      w->path);
        return err_retryable(err);
    }
    return 0;
}

int
writer_open(struct writer *w, const char *path, enum catalog_kind kind, bool replace,
            struct err *err)
{
    *w = (struct writer){.path = path, .kind = kind, .replace = replace, .lock = -1};
    int rc = take_lock(w, err);
    if (rc != 0) {
        return rc;
    }
    sqlite3 *there = NULL;
    bool outdated = false;
    if (access(path, F_OK) == 0) {
        rc = handle_open_db(path, SQLITE_OPEN_READWRITE, &there, err);
        rc = rc != 0 ? rc : is_outdated(there, &outdated, err);
    }
    w->anew = !there || replace || outdated;
    w->keep_kind = there && outdated && !replace;
    if (w->anew) {
        w->old = there;
    } else {
        w->db = there;
    }
    if (rc != 0) {
        return rc;
    }
    rc = w->anew ? open_new(w, err) : open_in_place(w, err);
    if (rc == 0 && w->old) {
        enum catalog_kind other = kind == CATALOG_PRODUCTS ? CATALOG_ARTICLES : CATALOG_PRODUCTS;
        rc = carry_over(w, other, err);
        rc = rc == 0 && w->keep_kind ? carry_over(w, kind, err) : rc;
    }
    return rc;
}

void
writer_finalize(struct writer *w)
{
    for (int kind = 0; kind < 2; kind++) {
        for (int i = 0; i < WRITER_STATEMENTS; i++) {
            (void)sqlite3_finalize(w->statements[kind][i]);
            w->statements[kind][i] = NULL;
        }
    }
    (void)sqlite3_finalize(w->before);
    w->before = NULL;
    words_done(&w->words);
}

static int
count_changes(struct writer *w, struct catalog_report *report, struct err *err)
{
    uint64_t existed = 0;
    for (size_t i = 0; i < w->seen_capacity; i++) {
        const struct writer_seen *seen = &w->seen[i];
        if (seen->id_hash == 0) {
            continue;
        }
        existed += seen->existed ? 1 : 0;
        report->added += seen->existed ? 0 : 1;
        report->unchanged += seen->existed && seen->before == seen->now ? 1 : 0;
        report->changed += seen->existed && seen->before != seen->now ? 1 : 0;
    }
    if (!w->replace || !w->old) {
        return 0;
    }
    int64_t stored = 0;
    int rc = sql_int(w->old,
                     w->kind == CATALOG_PRODUCTS ? "SELECT count(*) FROM product"
                                                 : "SELECT count(*) FROM article",
                     0, &stored, err);
    report->removed = (uint64_t)stored > existed ? (uint64_t)stored - existed : 0;
    return rc;
}

int
writer_finish(struct writer *w, struct catalog_report *report, struct err *err)
{
    int rc = count_changes(w, report, err);
    bool changed = report->added + report->changed + report->removed > 0 || w->keep_kind;
    if (rc != 0 || !changed) {
        return rc;
    }
    if (w->anew) {
        return writer_finish_new(w, err);
    }
    fault_point("catalog before commit");
    rc = sql_run(w->db, "COMMIT", err);
    fault_point("catalog after commit");
    return rc;
}

void
writer_done(struct writer *w)
{
    writer_finalize(w);
    (void)sqlite3_close(w->db);
    (void)sqlite3_close(w->old);
    /* Not ours to remove without the lock: another import may be writing it. */
    if (w->new_path && w->lock >= 0 && w->anew) {
        writer_remove_new(w);
    }
    if (w->lock >= 0) {
        (void)close(w->lock);
    }
    mem_free(w->new_path);
    mem_free(w->seen);
    *w = (struct writer){.lock = -1};
}
