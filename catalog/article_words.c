#include "catalog/article_words.h"

#include <string.h>

#include "base/limits.h"
#include "catalog/sql.h"

enum { VOCABULARY_BYTES = 64 * 1024 * 1024 };

/* FTS5's own list of words, as a table of this connection alone. */
static const char vocabulary_sql[] = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.article_word"
                                     " USING fts5vocab('main', 'article_fts', 'row')";

static int
add_word(struct spell_word **words, size_t *count, size_t *capacity, sqlite3_stmt *s,
         struct arena *arena, struct err *err)
{
    bool failed = false;
    struct str text = sql_column_copy(s, 0, arena, &failed);
    if (failed || !mem_grow(*words, *count, *capacity)) {
        return err_nomem(err);
    }
    (*words)[(*count)++] = (struct spell_word){text, (uint32_t)sqlite3_column_int64(s, 1)};
    return 0;
}

static int
read_words(sqlite3 *db, struct arena *arena, struct buf *out, struct err *err)
{
    AUTO(mem) struct spell_word *words = NULL;
    size_t count = 0;
    size_t capacity = 0;
    sqlite3_stmt *s = NULL;
    int rc = sql_prepare(db, "SELECT term, doc FROM temp.article_word ORDER BY term", &s, err);
    while (rc == 0 && (rc = sql_step(s, "import", err)) > 0) {
        rc = spell_fits(sql_column(s, 0)) ? add_word(&words, &count, &capacity, s, arena, err) : 0;
    }
    (void)sqlite3_finalize(s);
    return rc != 0 ? rc : spell_encode(words, count, out, err);
}

int
article_words_write(sqlite3 *db, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf bytes;
    sqlite3_stmt *s = NULL;
    buf_init(&bytes, VOCABULARY_BYTES);
    int rc = sql_run(db, vocabulary_sql, err);
    rc = rc != 0 ? rc : read_words(db, &arena, &bytes, err);
    rc = rc != 0 ? rc : buf_finish(&bytes, "the articles' words", err);
    rc = rc != 0 ? rc
                 : sql_prepare(db, "INSERT OR REPLACE INTO meta VALUES ('article_vocabulary', ?1)",
                               &s, err);
    if (rc == 0) {
        (void)sqlite3_bind_blob64(s, 1, bytes.text, bytes.len, SQLITE_STATIC);
        rc = sql_finish(s, "import", err);
    }
    (void)sqlite3_finalize(s);
    return rc;
}

static int
count_holders(void *arg, struct str stem, uint64_t *ret, struct err *err)
{
    const struct article_words *w = arg;
    sqlite3_stmt *s;
    *ret = 0;
    int rc = handle_statement(w->c, HANDLE_ARTICLE_WORD,
                              "SELECT doc FROM temp.article_word WHERE term = ?1", &s, err);
    if (rc != 0) {
        return rc;
    }
    sql_text(s, 1, stem);
    rc = sql_step(s, "search", err);
    if (rc > 0) {
        *ret = (uint64_t)sqlite3_column_int64(s, 0);
        (void)sqlite3_reset(s);
    }
    return rc < 0 ? rc : 0;
}

static int
near_words(void *arg, struct str word, struct spell_hit hits[SPELL_HITS], size_t *ret_count,
           struct err *err)
{
    (void)err;
    const struct article_words *w = arg;
    *ret_count = spell_near(w->vocabulary, word, hits);
    return 0;
}

static int
count_known(void *arg, struct str stem, uint64_t *ret, struct err *err)
{
    (void)err;
    const struct article_words *w = arg;
    *ret = spell_count(w->vocabulary, stem);
    return 0;
}

int
article_words_open(struct article_words *w, struct catalog *c, struct arena *arena,
                   struct mend_source *ret, struct err *err)
{
    sqlite3_stmt *s;
    int64_t rows = 0;
    bool failed = false;
    *w = (struct article_words){.c = c};
    *ret = (struct mend_source){count_holders, near_words, count_known, w, 0};
    int rc = sql_run(c->db, vocabulary_sql, err);
    rc = rc != 0 ? rc : sql_int(c->db, "SELECT count(*) FROM article", 0, &rows, err);
    rc = rc != 0 ? rc
                 : handle_statement(c, HANDLE_ARTICLE_VOCABULARY,
                                    "SELECT value FROM meta WHERE name = 'article_vocabulary'", &s,
                                    err);
    rc = rc != 0 ? rc : sql_step(s, "search", err);
    if (rc > 0) {
        w->vocabulary = sql_column_copy(s, 0, arena, &failed);
        (void)sqlite3_reset(s);
    }
    ret->rows = (uint64_t)rows;
    return rc < 0 ? rc : failed ? err_nomem(err) : 0;
}
