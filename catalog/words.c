#include "catalog/words.h"

#include <limits.h>

#include "catalog/sql.h"

int
words_init(struct words *w, sqlite3 *db, struct err *err)
{
    static const char *const arguments[] = {"unicode61", "remove_diacritics", "2"};
    sqlite3_stmt *statement = NULL;
    int rc = sql_prepare(db, "SELECT fts5(?1)", &statement, err);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_pointer(statement, 1, &w->api, "fts5_api_ptr", NULL);
    rc = sql_finish(statement, "fts5", err);
    (void)sqlite3_finalize(statement);
    if (rc != 0) {
        return rc;
    }
    void *context = NULL;
    if (!w->api || w->api->xFindTokenizer(w->api, "porter", &context, &w->methods) != SQLITE_OK) {
        return err_set(err, ERR_BUG, "catalogue: this SQLite has no FTS5 porter tokenizer");
    }
    rc = w->methods.xCreate(context, (const char **)arguments, 3, &w->tokenizer);
    return rc == SQLITE_OK ? 0 : sql_fail(db, rc, "tokenizer", err);
}

void
words_done(struct words *w)
{
    if (w->tokenizer) {
        w->methods.xDelete(w->tokenizer);
        w->tokenizer = NULL;
    }
}

struct walk {
    words_each each;
    void *arg;
};

static int
take_token(void *arg, int flags, const char *token, int len, int start, int end)
{
    (void)flags;
    struct walk *walk = arg;
    struct str stem = {token, (size_t)len};
    return walk->each(walk->arg, stem, (size_t)start, (size_t)end) ? SQLITE_OK : SQLITE_DONE;
}

int
words_split(const struct words *w, struct str text, words_each each, void *arg, struct err *err)
{
    struct walk walk = {each, arg};
    if (text.len == 0) {
        return 0;
    }
    int rc = w->methods.xTokenize(w->tokenizer, &walk, FTS5_TOKENIZE_DOCUMENT, text.ptr,
                                  str_int_len(text), take_token);
    return rc == SQLITE_OK || rc == SQLITE_DONE ? 0 : sql_fail(NULL, rc, "tokenizer", err);
}

static bool
add_stem(void *arg, struct str stem, size_t start, size_t end)
{
    (void)start;
    (void)end;
    struct buf *out = arg;
    if (out->len > 0) {
        buf_add_char(out, ' ');
    }
    buf_add(out, stem);
    return out->failed == 0;
}

int
words_key(const struct words *w, struct str text, struct buf *out, struct err *err)
{
    buf_clear(out);
    int rc = words_split(w, text, add_stem, out, err);
    return rc != 0 ? rc : buf_finish(out, "name", err);
}
