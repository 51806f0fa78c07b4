#include "catalog/writer_parts.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "catalog/handle.h"
#include "catalog/schema.h"
#include "catalog/sql.h"

enum {
    BUSY_MS = 5000,
    /* What FTS5 collects in memory before it writes. Each write is merged with others later: at its
     * own size, 1 MB, a third of its time goes there; far beyond a processor's cache, as much is
     * lost on looking up words. */
    HASH_BYTES = 8 * 1024 * 1024,
    MERGE = 4, /* that many of a size become one: FTS5's own */
    /* Pages of WAL before a commit writes them back into the file, which takes longer than the
     * commit itself where they lie far apart; 64 MB, many small imports. */
    CHECKPOINT_PAGES = 16384,
};

int
writer_tune(struct writer *w, int bytes, int merge, struct err *err)
{
    char text[192];
    (void)snprintf(text, sizeof(text),
                   "INSERT INTO product_fts(product_fts, rank) VALUES ('hashsize', %d),"
                   " ('automerge', %d)",
                   bytes, merge);
    return sql_run(w->db, text, err);
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
    /* A catalogue keeps its language unless another one is asked for. */
    char language[WORDS_LANGUAGE_BYTES] = WORDS_LANGUAGE;
    rc = rc == 0 && w->old ? words_language(w->old, language, err) : rc;
    struct str chosen = w->language.len > 0 ? w->language : str_c(language);
    rc = rc != 0 ? rc : words_attach(&w->words, w->db, chosen, err);
    rc = rc != 0 ? rc : schema_create(w->db, chosen, err);
    rc = rc != 0 ? rc : sql_run(w->db, segment_schema_sql, err);
    rc = rc != 0 ? rc : writer_tune(w, HASH_BYTES, MERGE, err);
    return rc != 0 ? rc : sql_run(w->db, versions, err);
}

/* Is the file made by another version of entry_read()? Then its words cannot be taken out. */
static int
is_outdated(sqlite3 *db, bool *ret, struct err *err)
{
    int64_t version = 0;
    if (*ret) {
        return 0;
    }
    int rc = sql_int(db, "SELECT value FROM meta WHERE name = 'record_version'", 0, &version, err);
    *ret = version != RECORD_VERSION;
    return rc;
}

static int
open_in_place(struct writer *w, struct err *err)
{
    (void)sqlite3_busy_timeout(w->db, BUSY_MS);
    (void)sqlite3_wal_autocheckpoint(w->db, CHECKPOINT_PAGES);
    int rc = words_init(&w->words, w->db, err);
    return rc != 0 ? rc
                   : sql_run(w->db,
                             "PRAGMA secure_delete = OFF; PRAGMA synchronous = FULL;"
                             "PRAGMA cache_size = -65536; BEGIN IMMEDIATE",
                             err);
}

/* Take the import lock; remember where a new file would go. */
int
writer_take_lock(struct writer *w, struct err *err)
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

/* The language of the file that is written, whose tokenizer whoever prepares needs too. */
static int
open_split(struct writer *w, struct err *err)
{
    char language[WORDS_LANGUAGE_BYTES] = WORDS_LANGUAGE;
    int rc = words_language(w->db, language, err);
    return rc != 0 ? rc : words_open(&w->split, str_c(language), err);
}

/* May this import say what language the file is of? */
static int
check_language(struct writer *w, sqlite3 *there, struct err *err)
{
    char language[WORDS_LANGUAGE_BYTES] = WORDS_LANGUAGE;
    if (w->language.len == 0) {
        return 0;
    }
    if (!words_language_valid(w->language)) {
        return err_set(err, ERR_INVALID,
                       "import: '%" STR_FMT "' is no code of a language; it is two to eight "
                       "letters, as 'de'",
                       STR_ARG(str_sub(w->language, 0, 30)));
    }
    int rc = there ? words_language(there, language, err) : 0;
    if (rc != 0 || !there || str_eq_c(w->language, language)) {
        return rc;
    }
    if (w->replace) {
        w->translates = true;
        return 0;
    }
    return err_set(err, ERR_INVALID,
                   "import: the catalogue is in the language '%s'; import the whole export with "
                   "--replace to make it '%" STR_FMT "'",
                   language, STR_ARG(w->language));
}

/* The last row number of each kind: a new record's is beyond all there were. */
static int
find_last_docs(struct writer *w, struct err *err)
{
    int rc = sql_int(w->db, "SELECT max(doc) FROM product", 0, &w->last_doc[CATALOG_PRODUCTS], err);
    return rc != 0 ? rc
                   : sql_int(w->db, "SELECT max(doc) FROM article", 0,
                             &w->last_doc[CATALOG_ARTICLES], err);
}

int
writer_open_files(struct writer *w, struct err *err)
{
    sqlite3 *there = NULL;
    bool outdated = false;
    int rc = 0;
    if (access(w->path, F_OK) == 0) {
        rc = handle_open_db(w->path, SQLITE_OPEN_READWRITE, &there, &outdated, err);
        rc = rc != 0 ? rc : is_outdated(there, &outdated, err);
    }
    rc = rc != 0 ? rc : check_language(w, there, err);
    outdated = outdated || w->renews;
    w->anew = !there || w->replace || outdated;
    w->keep_kind = there && outdated && !w->replace;
    if (w->anew) {
        w->old = there;
    } else {
        w->db = there;
    }
    if (rc != 0) {
        return rc;
    }
    rc = w->anew ? open_new(w, err) : open_in_place(w, err);
    rc = rc != 0 ? rc : open_split(w, err);
    rc = rc != 0 ? rc : segment_writer_open(w->db, &schema_product_plan, &w->segments, err);
    return rc != 0 ? rc : find_last_docs(w, err);
}
