#include <math.h>
#include <string.h>

#include "catalog/mend.h"
#include "catalog/rank.h"

enum {
    /* How many of the likeliest are asked about beside the term's neighbours. */
    BESIDE_MOST = 8,
    TYPED_BYTES = 64,
};

/* What an edit costs, in powers of e of how common a word is, and what company is worth. */
static const double edit_cost = 4.0;
static const double company_worth = 1.5;

/* ASCII letters in lower case; the tokenizer has done the rest for stems. */
static struct str
lowered(struct str text, char out[TYPED_BYTES])
{
    size_t len = text.len < TYPED_BYTES ? text.len : 0;
    for (size_t i = 0; i < len; i++) {
        char c = text.ptr[i];
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    return (struct str){out, len};
}

/* Hits that are not there yet; function words are nobody's slip worth searching for. */
static void
add_hits(const struct words *words, struct mend_near *near, const struct spell_hit *hits,
         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str text = {hits[i].text, hits[i].len};
        bool known = words_weight(words, text) < 1.0;
        for (size_t k = 0; k < near->count && !known; k++) {
            known = str_eq((struct str){near->hits[k].text, near->hits[k].len}, text);
        }
        if (!known && near->count < MEND_HITS) {
            near->hits[near->count++] = hits[i];
        }
    }
}

/* Best rating first. */
static void
sort_near(struct mend_near *near)
{
    for (size_t i = 1; i < near->count; i++) {
        struct spell_hit hit = near->hits[i];
        double rating = near->ratings[i];
        size_t k = i;
        for (; k > 0 && near->ratings[k - 1] < rating; k--) {
            near->hits[k] = near->hits[k - 1];
            near->ratings[k] = near->ratings[k - 1];
        }
        near->hits[k] = hit;
        near->ratings[k] = rating;
    }
}

/* In how many names FIRST stands right before SECOND. */
static int
count_pair(const struct mend_source *source, struct str first, struct str second, uint64_t *sum,
           struct err *err)
{
    char pair[2 * WORDS_STEM_BYTES + 1];
    uint64_t holders = 0;
    if (first.len + second.len + 1 > sizeof(pair)) {
        return 0;
    }
    memcpy(pair, first.ptr, first.len);
    pair[first.len] = ' ';
    memcpy(pair + first.len + 1, second.ptr, second.len);
    struct str text = {pair, first.len + 1 + second.len};
    int rc = source->holders(source->arg, text, &holders, err);
    *sum += holders;
    return rc;
}

/* What stands beside the term's neighbours in names is likelier meant. */
static int
rate_company(const struct mend_source *source, const struct query *query, size_t term,
             struct mend_near *near, struct err *err)
{
    int rc = 0;
    bool behind = rank_is_pair(query, term);
    bool before = term + 1 < query->count && rank_is_pair(query, term + 1);
    for (size_t i = 0; rc == 0 && i < near->count && i < BESIDE_MOST; i++) {
        struct str stem = {near->hits[i].text, near->hits[i].len};
        uint64_t sum = 0;
        rc = behind ? count_pair(source, query->terms[term - 1].ways[0].stem, stem, &sum, err) : 0;
        if (rc == 0 && before) {
            rc = count_pair(source, stem, query->terms[term + 1].ways[0].stem, &sum, err);
        }
        near->ratings[i] += company_worth * log1p((double)sum);
    }
    return rc;
}

int
mend_near(const struct words *words, const struct mend_source *source, const struct query *query,
          const struct query_term *term, struct mend_near *ret, struct err *err)
{
    char bytes[TYPED_BYTES];
    struct spell_hit hits[SPELL_HITS];
    size_t count = 0;
    struct str typed = lowered(term->text, bytes);
    ret->count = 0;
    int rc = source->near(source->arg, term->ways[0].stem, hits, &count, err);
    add_hits(words, ret, hits, rc == 0 ? count : 0);
    if (rc == 0 && !str_eq(typed, term->ways[0].stem)) {
        rc = source->near(source->arg, typed, hits, &count, err);
        add_hits(words, ret, hits, rc == 0 ? count : 0);
    }
    if (rc == 0 && spell_fits(typed)) {
        rc = mend_edits(words, source, typed, ret, err);
    }
    for (size_t i = 0; i < ret->count; i++) {
        ret->ratings[i] =
            log1p((double)ret->hits[i].count) - edit_cost * (double)ret->hits[i].distance;
    }
    sort_near(ret);
    rc = rc != 0 ? rc : rate_company(source, query, (size_t)(term - query->terms), ret, err);
    sort_near(ret);
    return rc;
}
