#include "catalog/words_parts.h"

#include <string.h>

#include "base/must.h"

/* FTS5 keeps a table's tokenizer until the connection is closed, and a registration's context as
 * long: both hold a reference. What they hold is the core itself. */
static struct words_core *
core_of(void *p)
{
    struct words_core *core = p;
    MUST_MAGIC(core, WORDS_CORE_MAGIC);
    return core;
}

static void
forget(void *context)
{
    words_core_unref(core_of(context));
}

/* tokenize='deskhand LANGUAGE'; the connection's own language without one. */
static int
create(void *context, const char **arguments, int count, Fts5Tokenizer **ret)
{
    struct words_core *core = core_of(context);
    struct str language = count > 0 ? str_c(arguments[0]) : str_c(core->language);
    if (count > 1 || !words_language_valid(language)) {
        return SQLITE_ERROR;
    }
    if (str_eq_c(language, core->language)) {
        *ret = (Fts5Tokenizer *)words_core_ref(core);
        return SQLITE_OK;
    }
    struct words_core *own = NULL;
    if (words_core_new(language, &own, &(struct err){0}) != 0) {
        return SQLITE_NOMEM;
    }
    *ret = (Fts5Tokenizer *)own;
    return SQLITE_OK;
}

static void
destroy(Fts5Tokenizer *tokenizer)
{
    words_core_unref(core_of(tokenizer));
}

typedef int (*on_token)(void *arg, int flags, const char *text, int len, int start, int end);

struct telling {
    on_token tell;
    void *arg;
    int rc;
};

static bool
tell_token(void *arg, const struct words_token *token)
{
    struct telling *t = arg;
    t->rc = t->tell(t->arg, words_colocated(token) ? FTS5_TOKEN_COLOCATED : 0, token->stem.ptr,
                    (int)token->stem.len, (int)token->start, (int)token->end);
    return t->rc == SQLITE_OK;
}

/* The records of the text, if the import has split it already. */
static const struct words_record *
find_replayed(struct words_core *core, struct str text)
{
    for (size_t i = 0; i < core->replayed_count; i++) {
        size_t at = (core->replayed_next + i) % core->replayed_count;
        const struct words_record *record = &core->replayed[at];
        if (str_eq(record->text, text)) {
            core->replayed_next = at + 1;
            return record;
        }
    }
    return NULL;
}

static void
tell_record(struct telling *t, const struct words_record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        struct words_token token = words_record_token(record, i);
        if (!tell_token(t, &token)) {
            return;
        }
    }
}

/* "=55|55in": stems as they are. */
static void
tell_stems(struct telling *t, struct str text)
{
    struct str rest = str_sub(text, 1, SIZE_MAX);
    struct str stem;
    int flags = 0;
    while (t->rc == SQLITE_OK && str_split(&rest, WORDS_STEM_OR[0], &stem)) {
        if (stem.len > 0) {
            size_t start = (size_t)(stem.ptr - text.ptr);
            t->rc = t->tell(t->arg, flags, stem.ptr, (int)stem.len, (int)start,
                            (int)(start + stem.len));
            flags = FTS5_TOKEN_COLOCATED;
        }
    }
}

static int
tokenize(Fts5Tokenizer *tokenizer, void *arg, int flags, const char *ptr, int len, on_token tell)
{
    struct words_core *core = core_of(tokenizer);
    struct telling t = {.tell = tell, .arg = arg};
    struct str text = {ptr, len > 0 ? (size_t)len : 0};
    if (text.len == 0) {
        return SQLITE_OK;
    }
    if ((flags & FTS5_TOKENIZE_QUERY) != 0 && str_starts(text, STR(WORDS_STEM_MARK))) {
        tell_stems(&t, text);
        return t.rc;
    }
    const struct words_record *record =
        (flags & FTS5_TOKENIZE_DOCUMENT) != 0 ? find_replayed(core, text) : NULL;
    if (record) {
        tell_record(&t, record);
        return t.rc;
    }
    bool query = (flags & FTS5_TOKENIZE_QUERY) != 0;
    int rc = words_walk(core, text, query, tell_token, &t, &(struct err){0});
    return rc != 0 ? SQLITE_NOMEM : t.rc;
}

int
words_fts5_register(struct words_core *core, fts5_api *api, struct err *err)
{
    fts5_tokenizer methods = {.xCreate = create, .xDelete = destroy, .xTokenize = tokenize};
    int rc = api->xCreateTokenizer(api, WORDS_TOKENIZER, words_core_ref(core), &methods, forget);
    if (rc != SQLITE_OK) {
        words_core_unref(core);
        return err_nomem(err);
    }
    return 0;
}
