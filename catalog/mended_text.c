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

/* STEM as people write it: as a name of the hits has it, in lower case, else as it is. */
static int
spelled(const struct words *words, struct str stem, const struct catalog_hit *hits, size_t count,
        struct buf *out, struct err *err)
{
    struct looking looking = {.stem = stem};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count && looking.found.len == 0; i++) {
        looking.name = hits[i].name;
        rc = words_split(words, hits[i].name, look_at, &looking, err);
    }
    struct str word = looking.found.len > 0 ? looking.found : stem;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        buf_add_char(out, (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c));
    }
    return rc;
}

/* The stems that stand for TERM as it was typed; empty where it stands for itself. */
static struct str
meant(const struct query_term *term)
{
    struct str stems = term->ways[0].origin == QUERY_MENDED ? term->ways[0].stem : (struct str){0};
    for (size_t k = 0; k < term->count; k++) {
        stems = term->ways[k].origin == QUERY_HALVES ? term->ways[k].stem : stems;
    }
    return stems;
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
        struct str word;
        struct str stems = meant(&query->terms[i]);
        const char *joint = i > 0 ? " " : "";
        mended = mended || stems.len > 0;
        if (stems.len == 0) {
            buf_printf(&text, "%s%" STR_FMT, joint, STR_ARG(query->terms[i].text));
        }
        for (; rc == 0 && str_split(&stems, ' ', &word); joint = " ") {
            buf_add_c(&text, joint);
            rc = spelled(words, word, hits, count, &text, err);
        }
    }
    rc = rc != 0 ? rc : buf_finish(&text, "query", err);
    if (rc != 0 || !mended) {
        return rc;
    }
    *ret = buf_to_arena(&text, arena);
    return ret->ptr ? 0 : err_nomem(err);
}
