#include "catalog/tally.h"

#include <string.h>

struct tallying {
    const struct query *query;
    struct tally *tally;
    int field;
    struct str text; /* of the field */
    /* The word before in the first field: its position, and of which terms it is the first way. */
    uint32_t before_position;
    uint64_t before;
    size_t before_start;
    uint32_t position;
    size_t start;
    uint64_t leads;
    /* The word before as text, for halves. */
    char last[WORDS_STEM_BYTES];
    size_t last_len;
    size_t last_start;
};

/* Is the word before and this one the pair that WAY names? */
static bool
makes_halves(const struct tallying *t, const struct query_way *way, struct str stem)
{
    struct str pair = way->stem;
    return pair.len == t->last_len + 1 + stem.len && t->last_len > 0 &&
           memcmp(pair.ptr, t->last, t->last_len) == 0 &&
           memcmp(pair.ptr + t->last_len + 1, stem.ptr, stem.len) == 0;
}

/* From the start of a word before up to TOKEN's end, once. */
static void
show(const struct tallying *t, size_t start, const struct words_token *token, struct str *ret)
{
    if (ret->len == 0) {
        *ret = str_sub(t->text, start, token->end - start);
    }
}

static void
count_halves(struct tallying *t, const struct words_token *token)
{
    struct str stem = token->stem;
    for (size_t i = 0; i < t->query->count; i++) {
        const struct query_term *term = &t->query->terms[i];
        for (size_t k = 0; k < term->count; k++) {
            if (term->ways[k].origin == QUERY_HALVES && makes_halves(t, &term->ways[k], stem)) {
                t->tally->counts[i][k][0]++;
                show(t, t->last_start, token, &t->tally->first[i][k]);
            }
        }
    }
    t->last_start = token->start;
    t->last_len = stem.len < sizeof(t->last) ? stem.len : 0;
    memcpy(t->last, stem.ptr, t->last_len);
}

/* A new position in the first field: what stood at the one before is what this one is behind. */
static void
step(struct tallying *t, const struct words_token *token)
{
    if (t->position != token->position) {
        t->before = t->leads;
        t->before_position = t->position;
        t->before_start = t->start;
        t->leads = 0;
        t->position = token->position;
        t->start = token->start;
    }
}

static void
count_lead(struct tallying *t, size_t term, const struct words_token *token)
{
    bool behind = t->before_position + 1 == t->position && term > 0 &&
                  (t->before >> (term - 1) & 1) != 0 && (t->leads >> term & 1) == 0;
    t->leads |= 1ULL << term;
    if (behind && rank_is_pair(t->query, term)) {
        t->tally->pairs[term]++;
        show(t, t->before_start, token, &t->tally->side_by_side[term]);
    }
}

static bool
count_token(void *arg, const struct words_token *token)
{
    struct tallying *t = arg;
    bool first = t->field == 0;
    t->tally->words[t->field] += words_colocated(token) ? 0 : 1;
    if (first) {
        step(t, token);
    }
    for (size_t i = 0; i < t->query->count; i++) {
        const struct query_term *term = &t->query->terms[i];
        for (size_t k = 0; k < term->count; k++) {
            if (!str_eq(term->ways[k].stem, token->stem)) {
                continue;
            }
            t->tally->counts[i][k][t->field]++;
            show(t, token->start, token, &t->tally->first[i][k]);
            if (first && k == 0) {
                count_lead(t, i, token);
            }
        }
    }
    if (first && !words_colocated(token)) {
        count_halves(t, token);
    }
    return true;
}

int
tally_record(const struct words *words, const struct query *query,
             const struct str columns[RANK_FIELDS], struct tally *ret, struct err *err)
{
    int rc = 0;
    memset(ret, 0, sizeof(*ret));
    for (int i = 0; rc == 0 && i < RANK_FIELDS; i++) {
        struct tallying t = {.query = query,
                             .tally = ret,
                             .field = i,
                             .text = columns[i],
                             .position = UINT32_MAX - 1};
        rc = words_split(words, columns[i], count_token, &t, err);
    }
    return rc;
}
