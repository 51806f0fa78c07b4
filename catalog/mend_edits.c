#include <string.h>

#include "catalog/mend.h"

enum {
    /* Longer words have endings enough apart; each letter costs some fifty guesses. */
    EDITED_BYTES = 24,
    LETTERS = 26,
};

struct editing {
    const struct words *words;
    const struct mend_source *source;
    struct mend_near *near;
    struct err *err;
    struct str typed;
    /* The stem of the guess at hand. */
    char stem[SPELL_WORD_BYTES];
    size_t stem_len;
    size_t stems;
};

static bool
take_stem(void *arg, const struct words_token *token)
{
    struct editing *e = arg;
    if (token->kind == WORDS_WORD && token->stem.len <= sizeof(e->stem)) {
        e->stems++;
        e->stem_len = token->stem.len;
        memcpy(e->stem, token->stem.ptr, token->stem.len);
    }
    return true;
}

/* A stem that is known, among the hits: once, at its nearest; of too many the commonest. */
static void
keep(struct editing *e, uint64_t count)
{
    struct mend_near *near = e->near;
    for (size_t i = 0; i < near->count; i++) {
        struct spell_hit *hit = &near->hits[i];
        if (hit->len == e->stem_len && memcmp(hit->text, e->stem, e->stem_len) == 0) {
            hit->distance = 1;
            return;
        }
    }
    struct spell_hit *hit = near->count < MEND_HITS ? &near->hits[near->count++] : NULL;
    for (size_t i = 0; !hit && i < MEND_HITS; i++) {
        bool worse = near->hits[i].distance > 1 || near->hits[i].count < count;
        hit = worse ? &near->hits[i] : NULL;
    }
    if (hit) {
        *hit = (struct spell_hit){.len = e->stem_len, .count = (uint32_t)count, .distance = 1};
        memcpy(hit->text, e->stem, e->stem_len);
    }
}

static int
guess(struct editing *e, struct str text)
{
    uint64_t count = 0;
    e->stems = 0;
    int rc = words_split_query(e->words, text, take_stem, e, e->err);
    struct str stem = {e->stem, e->stem_len};
    if (rc != 0 || e->stems != 1 || words_weight(e->words, stem) < 1.0) {
        return rc;
    }
    rc = e->source->known(e->source->arg, stem, &count, e->err);
    if (rc == 0 && count > 0) {
        keep(e, count);
    }
    return rc;
}

/* TEXT with FROM bytes at AT replaced by the LEN bytes of WITH. */
static int
guess_edit(struct editing *e, size_t at, size_t from, const char *with, size_t len)
{
    char text[EDITED_BYTES + 1];
    memcpy(text, e->typed.ptr, at);
    memcpy(text + at, with, len);
    size_t rest = e->typed.len - at - from;
    memcpy(text + at + len, e->typed.ptr + at + from, rest);
    return guess(e, (struct str){text, at + len + rest});
}

static int
guess_at(struct editing *e, size_t at)
{
    const char *t = e->typed.ptr;
    bool inside = at < e->typed.len;
    int rc = inside ? guess_edit(e, at, 1, "", 0) : 0;
    if (rc == 0 && at + 1 < e->typed.len && t[at] != t[at + 1]) {
        rc = guess_edit(e, at, 2, (const char[]){t[at + 1], t[at]}, 2);
    }
    for (int i = 0; rc == 0 && i < LETTERS; i++) {
        char letter = (char)('a' + i);
        rc = guess_edit(e, at, 0, &letter, 1);
        if (rc == 0 && inside && letter != t[at]) {
            rc = guess_edit(e, at, 1, &letter, 1);
        }
    }
    return rc;
}

int
mend_edits(const struct words *words, const struct mend_source *source, struct str text,
           struct mend_near *near, struct err *err)
{
    struct editing e = {.words = words, .source = source, .near = near, .err = err, .typed = text};
    int rc = 0;
    if (text.len < SPELL_SHORTEST || text.len >= EDITED_BYTES) {
        return 0;
    }
    for (size_t at = 0; rc == 0 && at <= text.len; at++) {
        rc = guess_at(&e, at);
    }
    return rc;
}
