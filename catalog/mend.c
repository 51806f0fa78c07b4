#include "catalog/mend.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

enum {
    /* A half shorter than this is chance. */
    HALF_BYTES = 3,
    /* The same of one that stands nowhere beside the other. */
    LONG_HALF_BYTES = 4,
    /* A word with more ways to be taken apart than this is no word. */
    WORD_BYTES = 40,
    /* Spellings taken for one word. */
    MENDED_MOST = 3,
    /* How many times commoner a word must be than the rare one it is taken for. */
    COMMONER = 50,
};

/* Against the word as typed. From product_icecat with a typo in every long word: flat from .6 to 1
 * for the first, from .3 to .7 for what may be meant beside a rare word. */
static const double mended_factor = 0.9;
static const double distant_factor = 0.75;
static const double beside_factor = 0.5;
static const double joined_factor = 0.9;
static const double apart_factor = 0.8;

struct mending {
    const struct words *words;
    const struct mend_source *source;
    struct arena *arena;
    struct query *query;
    struct err *err;
    uint64_t rare; /* a word in no more records than this may be a slip */
};

struct halves {
    struct str first;
    struct str second;
    size_t at;
    uint64_t holders;
};

/* The one stem of TEXT, in the arena; empty where it is none or more than one. */
struct lone {
    struct arena *arena;
    struct str stem;
    size_t count;
    bool failed;
};

static bool
take_lone(void *arg, const struct words_token *token)
{
    struct lone *lone = arg;
    if (token->kind == WORDS_WORD && ++lone->count == 1) {
        lone->stem = arena_str(lone->arena, token->stem);
        lone->failed = !lone->stem.ptr;
    }
    return lone->count < 2 && !lone->failed;
}

static int
stem_of(struct mending *m, struct str text, struct str *ret)
{
    struct lone lone = {.arena = m->arena};
    int rc = words_split_query(m->words, text, take_lone, &lone, m->err);
    *ret = lone.count == 1 ? lone.stem : (struct str){0};
    return rc != 0 ? rc : lone.failed ? err_nomem(m->err) : 0;
}

/* ASCII letters in lower case; the tokenizer has done the rest for stems. */
static struct str
lowered(struct mending *m, struct str text)
{
    struct str copy = arena_str(m->arena, text);
    char *bytes = (char *)copy.ptr;
    for (size_t i = 0; copy.ptr && i < copy.len; i++) {
        bytes[i] = (char)(bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] + ('a' - 'A') : bytes[i]);
    }
    return copy;
}

static bool
ascii_letters(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)(text.ptr[i] | 0x20);
        if (c < 'a' || c > 'z') {
            return false;
        }
    }
    return text.len > 0;
}

static int
add_mended(struct mending *m, struct query_term *term, const struct spell_hit *hit, double factor)
{
    struct str stem = arena_str(m->arena, (struct str){hit->text, hit->len});
    if (!stem.ptr) {
        return err_nomem(m->err);
    }
    query_add_way(term, (struct query_way){stem, factor, QUERY_MENDED});
    return 0;
}

/* The two halves of TERM that stand side by side most often. */
static int
take_apart(struct mending *m, struct query_term *term, bool *ret_done)
{
    struct str text = lowered(m, term->text);
    struct str best = {0};
    uint64_t most = 0;
    *ret_done = false;
    if (!text.ptr) {
        return err_nomem(m->err);
    }
    if (!ascii_letters(text) || text.len > WORD_BYTES) {
        return 0;
    }
    for (size_t i = HALF_BYTES; i + HALF_BYTES <= text.len; i++) {
        struct str first;
        struct str second;
        uint64_t holders = 0;
        int rc = stem_of(m, str_sub(text, 0, i), &first);
        rc = rc != 0 ? rc : stem_of(m, str_sub(text, i, SIZE_MAX), &second);
        if (rc != 0) {
            return rc;
        }
        struct str pair =
            arena_printf(m->arena, "%" STR_FMT " %" STR_FMT, STR_ARG(first), STR_ARG(second));
        if (!pair.ptr) {
            return err_nomem(m->err);
        }
        rc = first.len == 0 || second.len == 0
                 ? 0
                 : m->source->holders(m->source->arg, pair, &holders, m->err);
        if (rc != 0) {
            return rc;
        }
        best = holders > most ? pair : best;
        most = holders > most ? holders : most;
    }
    if (most > 0) {
        query_add_way(term, (struct query_way){best, 1.0, QUERY_HALVES});
        *ret_done = true;
    }
    return 0;
}

/* TERM's text before and behind AT as two stems, and in how many records the rarer one stands. */
static int
halves_at(struct mending *m, struct str text, size_t at, struct halves *ret)
{
    uint64_t first = 0;
    uint64_t second = 0;
    int rc = stem_of(m, str_sub(text, 0, at), &ret->first);
    rc = rc != 0 ? rc : stem_of(m, str_sub(text, at, SIZE_MAX), &ret->second);
    ret->at = at;
    ret->holders = 0;
    if (rc != 0 || ret->first.len == 0 || ret->second.len == 0) {
        return rc;
    }
    rc = m->source->holders(m->source->arg, ret->first, &first, m->err);
    rc = rc != 0 ? rc : m->source->holders(m->source->arg, ret->second, &second, m->err);
    ret->holders = first < second ? first : second;
    return rc;
}

static struct query_term
half_term(const struct query_term *whole, struct str text, struct str stem)
{
    return (struct query_term){
        .text = text,
        .weight = whole->weight,
        .position = whole->position,
        .ways = {{.stem = stem, .factor = apart_factor, .origin = QUERY_HALVES}},
        .count = 1,
    };
}

/* TERM becomes two, and what is behind it makes room. */
static void
make_two(struct query *query, struct query_term *term, const struct halves *halves)
{
    struct query_term whole = *term;
    size_t i = (size_t)(term - query->terms);
    memmove(term + 1, term, (query->count - i) * sizeof(*term));
    query->count++;
    for (size_t k = i + 1; k < query->count; k++) {
        query->terms[k].position++;
    }
    term[0] = half_term(&whole, str_sub(whole.text, 0, halves->at), halves->first);
    term[1] = half_term(&whole, str_sub(whole.text, halves->at, SIZE_MAX), halves->second);
    term[1].position++;
}

/* Two long halves that the catalogue knows well, though nowhere side by side. */
static int
split_term(struct mending *m, struct query_term *term)
{
    struct str text = lowered(m, term->text);
    struct halves best = {0};
    if (!text.ptr) {
        return err_nomem(m->err);
    }
    if (!ascii_letters(text) || text.len > WORD_BYTES || m->query->count == QUERY_TERMS) {
        return 0;
    }
    for (size_t at = LONG_HALF_BYTES; at + LONG_HALF_BYTES <= text.len; at++) {
        struct halves halves = {0};
        int rc = halves_at(m, text, at, &halves);
        if (rc != 0) {
            return rc;
        }
        best = halves.holders > best.holders ? halves : best;
    }
    if (best.holders > m->rare) {
        make_two(m->query, term, &best);
    }
    return 0;
}

/* A word that no record holds: what it was meant as stands in its place. */
static int
mend_unknown(struct mending *m, struct query_term *term)
{
    struct mend_near near;
    bool apart = false;
    int rc = take_apart(m, term, &apart);
    if (rc != 0 || apart) {
        return rc;
    }
    rc = mend_near(m->words, m->source, m->query, term, &near, m->err);
    for (size_t i = 0; rc == 0 && i < near.count && i < MENDED_MOST; i++) {
        double factor = near.hits[i].distance > 1 ? distant_factor : mended_factor;
        rc = add_mended(m, term, &near.hits[i], i > 0 ? factor * 0.8 : factor);
    }
    size_t last = term->count - 1;
    if (rc == 0 && near.count > 0 && last > 0) {
        /* The first mended one leads: it is what neighbours and rarity go by. */
        struct query_way unknown = term->ways[0];
        size_t lead = 1;
        while (lead < last && term->ways[lead].origin != QUERY_MENDED) {
            lead++;
        }
        term->ways[0] = term->ways[lead];
        term->ways[lead] = unknown;
    }
    return rc == 0 && near.count == 0 ? split_term(m, term) : rc;
}

/* A word that hardly any record holds, beside what it may be a slip of. */
static int
mend_rare(struct mending *m, struct query_term *term, uint64_t holders)
{
    struct mend_near near;
    int rc = mend_near(m->words, m->source, m->query, term, &near, m->err);
    for (size_t i = 0; rc == 0 && i < near.count; i++) {
        if (near.hits[i].distance == 1 && near.hits[i].count >= COMMONER * holders) {
            return add_mended(m, term, &near.hits[i], beside_factor);
        }
    }
    return rc;
}

static int
mend_term(struct mending *m, struct query_term *term)
{
    uint64_t most = 0;
    for (size_t i = 0; i < term->count; i++) {
        uint64_t holders = 0;
        int rc = m->source->holders(m->source->arg, term->ways[i].stem, &holders, m->err);
        if (rc != 0) {
            return rc;
        }
        most = holders > most ? holders : most;
    }
    if (most > m->rare || !spell_fits(term->ways[0].stem)) {
        return 0;
    }
    return most == 0 ? mend_unknown(m, term) : mend_rare(m, term, most);
}

/* "door bell", where the catalogue has "doorbell". */
static int
join_neighbours(struct mending *m, size_t i)
{
    struct query_term *first = &m->query->terms[i - 1];
    struct query_term *second = &m->query->terms[i];
    uint64_t holders = 0;
    struct str stem;
    if (first->position + 1 != second->position || !ascii_letters(first->text) ||
        !ascii_letters(second->text) || first->text.len < HALF_BYTES ||
        second->text.len < HALF_BYTES) {
        return 0;
    }
    struct str text = arena_printf(m->arena, "%" STR_FMT "%" STR_FMT, STR_ARG(first->text),
                                   STR_ARG(second->text));
    if (!text.ptr) {
        return err_nomem(m->err);
    }
    int rc = stem_of(m, text, &stem);
    rc = rc != 0 || stem.len == 0 ? rc : m->source->holders(m->source->arg, stem, &holders, m->err);
    if (rc == 0 && holders > 0) {
        query_add_way(first, (struct query_way){stem, joined_factor, QUERY_JOINED});
        query_add_way(second, (struct query_way){stem, joined_factor, QUERY_JOINED});
    }
    return rc;
}

int
mend_query(const struct words *words, const struct mend_source *source, struct arena *arena,
           struct query *query, struct err *err)
{
    struct mending m = {
        .words = words,
        .source = source,
        .arena = arena,
        .query = query,
        .err = err,
        .rare = 1 + source->rows / 20000,
    };
    int rc = 0;
    for (size_t i = 1; rc == 0 && i < query->count; i++) {
        rc = join_neighbours(&m, i);
    }
    for (size_t i = 0; rc == 0 && i < query->count; i++) {
        rc = query->terms[i].weight >= 1.0 ? mend_term(&m, &query->terms[i]) : 0;
    }
    return rc;
}
