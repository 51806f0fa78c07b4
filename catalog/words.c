#include "catalog/words_parts.h"

#include <string.h>

#include "base/must.h"
#include "catalog/sql.h"

bool
words_language_valid(struct str text)
{
    if (text.len < 2 || text.len > 8) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 'a' || text.ptr[i] > 'z') {
            return false;
        }
    }
    return true;
}

int
words_core_new(struct str language, struct words_core **ret, struct err *err)
{
    if (!words_language_valid(language)) {
        return err_set(err, ERR_INVALID,
                       "language: '%.20s' is no code of a language; use one like \"en\" or \"de\"",
                       language.len > 0 && language.len < 20 ? language.ptr : "");
    }
    struct words_core *core = mem_zero(1, sizeof(*core));
    if (!core) {
        return err_nomem(err);
    }
    core->magic = WORDS_CORE_MAGIC;
    core->references = 1;
    memcpy(core->language, language.ptr, language.len);
    core->facts = words_facts_find(language);
    int rc = words_stem_open(core, err);
    rc = rc != 0 ? rc : words_stop_fill(core, err);
    if (rc != 0) {
        words_core_unref(core);
        return rc;
    }
    *ret = core;
    return 0;
}

struct words_core *
words_core_ref(struct words_core *core)
{
    core->references++;
    return core;
}

void
words_core_unref(struct words_core *core)
{
    if (!core || --core->references > 0) {
        return;
    }
    words_stem_close(core);
    core->magic = 0;
    mem_free(core);
}

int
words_language(sqlite3 *db, char ret[WORDS_LANGUAGE_BYTES], struct err *err)
{
    sqlite3_stmt *statement = NULL;
    struct str language = STR(WORDS_LANGUAGE);
    int64_t has = 0;
    int rc = sql_int(db, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'", 0,
                     &has, err);
    if (rc == 0 && has) {
        rc = sql_prepare(db, "SELECT value FROM meta WHERE name = 'language'", &statement, err);
        rc = rc != 0 ? rc : sql_step(statement, "read", err);
        language = rc > 0 ? sql_column(statement, 0) : language;
    }
    if (rc >= 0 && !words_language_valid(language)) {
        rc = err_set(err, ERR_INVALID,
                     "catalogue: the file is damaged (its language is none); move it away and "
                     "import again");
    }
    if (rc >= 0) {
        memset(ret, 0, WORDS_LANGUAGE_BYTES);
        memcpy(ret, language.ptr, language.len);
        rc = 0;
    }
    (void)sqlite3_finalize(statement);
    return rc;
}

int
words_open(struct words *w, struct str language, struct err *err)
{
    struct words_core *core = NULL;
    int rc = words_core_new(language, &core, err);
    if (rc == 0) {
        *w = (struct words){.core = core};
    }
    return rc;
}

static int
find_api(sqlite3 *db, fts5_api **ret, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    fts5_api *api = NULL;
    int rc = sql_prepare(db, "SELECT fts5(?1)", &statement, err);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
    rc = sql_finish(statement, "fts5", err);
    (void)sqlite3_finalize(statement);
    if (rc == 0 && !api) {
        rc = err_set(err, ERR_BUG, "catalogue: this SQLite has no FTS5");
    }
    *ret = api;
    return rc;
}

int
words_attach(struct words *w, sqlite3 *db, struct str language, struct err *err)
{
    struct words made = {0};
    int rc = find_api(db, &made.api, err);
    rc = rc != 0 ? rc : words_core_new(language, &made.core, err);
    rc = rc != 0 ? rc : words_fts5_register(made.core, made.api, err);
    if (rc != 0) {
        words_done(&made);
        return rc;
    }
    *w = made;
    return 0;
}

int
words_init(struct words *w, sqlite3 *db, struct err *err)
{
    char language[WORDS_LANGUAGE_BYTES];
    int rc = words_language(db, language, err);
    return rc != 0 ? rc : words_attach(w, db, str_c(language), err);
}

void
words_done(struct words *w)
{
    words_core_unref(w->core);
    *w = (struct words){0};
}

int
words_split(const struct words *w, struct str text, words_each each, void *arg, struct err *err)
{
    return words_walk(w->core, text, false, each, arg, err);
}

static bool
add_stem(void *arg, const struct words_token *token)
{
    struct buf *out = arg;
    if (token->kind != WORDS_WORD) {
        return true;
    }
    if (out->len > 0) {
        buf_add_char(out, ' ');
    }
    buf_add(out, token->stem);
    return out->failed == 0;
}

int
words_key(const struct words *w, struct str text, struct buf *out, struct err *err)
{
    buf_clear(out);
    int rc = words_walk(w->core, text, true, add_stem, out, err);
    return rc != 0 ? rc : buf_finish(out, "name", err);
}
