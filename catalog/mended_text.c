#include "base/limits.h"
#include "catalog/search.h"

/* The first word of a name that has the stem. */
struct looking {
    struct str stem;
    struct str name;
    struct str found;
};

static bool
look_at(void *arg, const struct words_token *token)
{
    struct looking *l = arg;
    if (token->kind == WORDS_WORD && str_eq(token->stem, l->stem)) {
        l->found = str_sub(l->name, token->start, token->end - token->start);
    }
    return l->found.len == 0;
}

/* STEM as people write it: as a name of the hits has it, else as it is. */
static int
spelled(const struct words *words, struct str stem, const struct catalog_hit *hits, size_t count,
        struct str *ret, struct err *err)
{
    struct looking looking = {.stem = stem};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count && looking.found.len == 0; i++) {
        looking.name = hits[i].name;
        rc = words_split(words, hits[i].name, look_at, &looking, err);
    }
    *ret = looking.found.len > 0 ? looking.found : stem;
    return rc;
}

int
mended_text(const struct words *words, const struct query *query, const struct catalog_hit *hits,
            size_t count, struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(buf) struct buf text;
    bool mended = false;
    int rc = 0;
    buf_init(&text, 4 * LIMIT_QUERY_BYTES);
    *ret = (struct str){0};
    for (size_t i = 0; rc == 0 && i < query->count; i++) {
        const struct query_term *term = &query->terms[i];
        struct str word = term->text;
        bool other = term->ways[0].origin == QUERY_MENDED;
        if (other) {
            rc = spelled(words, term->ways[0].stem, hits, count, &word, err);
        }
        for (size_t k = 0; k < term->count && !other; k++) {
            other = term->ways[k].origin == QUERY_HALVES;
            word = other ? term->ways[k].stem : word;
        }
        mended = mended || other;
        buf_add_c(&text, i > 0 ? " " : "");
        buf_add(&text, word);
    }
    rc = rc != 0 ? rc : buf_finish(&text, "query", err);
    if (rc != 0 || !mended) {
        return rc;
    }
    *ret = buf_to_arena(&text, arena);
    return ret->ptr ? 0 : err_nomem(err);
}
