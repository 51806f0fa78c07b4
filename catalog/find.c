#include "catalog/find.h"

#include <string.h>

#include "catalog/index/segment.h"
#include "catalog/mend.h"
#include "catalog/schema.h"

/* A price is a whole number of a currency's smallest units, but 0.1 is no binary fraction. */
static const double price_slack = 0.0001;

struct naming {
    struct str wanted;
    bool *allowed;
    size_t count;
    bool failed;
};

/* Does the name KEY hold the words WANTED (between spaces) in order? */
static bool
name_fits(struct str key, struct str wanted)
{
    struct str words = str_trim(wanted);
    size_t at = str_find(key, words, 0);
    while (at != SIZE_MAX) {
        size_t end = at + words.len;
        if ((at == 0 || key.ptr[at - 1] == ' ') && (end == key.len || key.ptr[end] == ' ')) {
            return true;
        }
        at = str_find(key, words, at + 1);
    }
    return false;
}

/* Room for ordinals up to ORDINAL; grows by doubling, which wastes at most as much again. */
static bool
naming_room(struct naming *n, uint32_t ordinal, struct arena *arena)
{
    if (ordinal < n->count) {
        return true;
    }
    size_t count = ((size_t)ordinal + 1) * 2;
    bool *grown = arena_zero(arena, count, sizeof(bool));
    if (!grown) {
        return false;
    }
    if (n->count > 0) {
        memcpy(grown, n->allowed, n->count * sizeof(bool));
    }
    n->allowed = grown;
    n->count = count;
    return true;
}

struct naming_walk {
    struct naming naming;
    struct arena *arena;
};

static bool
take_name(void *arg, uint32_t ordinal, struct str key, struct str name)
{
    (void)name;
    struct naming_walk *w = arg;
    if (!naming_room(&w->naming, ordinal, w->arena)) {
        w->naming.failed = true;
        return false;
    }
    w->naming.allowed[ordinal] = name_fits(key, w->naming.wanted);
    return true;
}

/* The ordinals whose names fit WANTED; *RET stays NULL where nothing is wanted. */
static int
allow_names(struct find *f, enum segment_facet facet, struct str wanted, bool **ret,
            size_t *ret_count)
{
    if (wanted.len == 0) {
        return 0;
    }
    struct naming_walk walk = {.naming = {.wanted = wanted}, .arena = f->arena};
    /* Never NULL, which would allow all. */
    if (!naming_room(&walk.naming, 0, f->arena)) {
        return err_nomem(f->err);
    }
    int rc = segment_facets(f->c->segments, facet, take_name, &walk, f->err);
    *ret = walk.naming.allowed;
    *ret_count = walk.naming.count;
    return rc != 0 ? rc : walk.naming.failed ? err_nomem(f->err) : 0;
}

int
find_begin(struct find *f, struct catalog *c, struct query *query,
           const struct narrowing *narrowing, struct arena *arena, struct err *err)
{
    *f = (struct find){
        .query = query,
        .narrowing = narrowing,
        .arena = arena,
        .match = arena_zero(arena, 1, sizeof(struct match_query)),
        .err = err,
    };
    if (!f->match) {
        return err_nomem(err);
    }
    int rc = segment_read_begin(c->segments, &f->segments, err);
    if (rc != 0) {
        return rc;
    }
    f->c = c;
    rc = allow_names(f, SEGMENT_BRAND, narrowing->brand, &f->brands, &f->brand_count);
    return rc != 0 ? rc
                   : allow_names(f, SEGMENT_CATEGORY, narrowing->category, &f->categories,
                                 &f->category_count);
}

void
find_end(struct find *f)
{
    if (f->c) {
        segment_read_end(f->c->segments);
        f->c = NULL;
    }
}

static int
count_holders(void *arg, struct str stem, uint64_t *ret, struct err *err)
{
    struct find *f = arg;
    return segment_frequency(f->c->segments, stem, ret, err);
}

/* Hits of all segments as one list: counts of a word are summed, the nearest SPELL_HITS stay. */
static void
merge_hit(struct spell_hit hits[SPELL_HITS], size_t *count, const struct spell_hit *hit)
{
    size_t at = 0;
    while (at < *count &&
           (hits[at].len != hit->len || memcmp(hits[at].text, hit->text, hit->len) != 0)) {
        at++;
    }
    if (at < *count) {
        hits[at].count += hit->count;
    } else if (*count < SPELL_HITS) {
        hits[(*count)++] = *hit;
    } else {
        size_t worst = 0;
        for (size_t i = 1; i < *count; i++) {
            bool worse = hits[i].distance != hits[worst].distance
                             ? hits[i].distance > hits[worst].distance
                             : hits[i].count < hits[worst].count;
            worst = worse ? i : worst;
        }
        if (hit->distance < hits[worst].distance ||
            (hit->distance == hits[worst].distance && hit->count > hits[worst].count)) {
            hits[worst] = *hit;
        }
    }
}

static int
near_words(void *arg, struct str word, struct spell_hit hits[SPELL_HITS], size_t *ret_count,
           struct err *err)
{
    struct find *f = arg;
    *ret_count = 0;
    for (size_t i = 0; i < f->segments; i++) {
        struct spell_hit here[SPELL_HITS];
        struct str vocabulary;
        int rc = segment_vocabulary(f->c->segments, i, &vocabulary, err);
        if (rc != 0) {
            return rc;
        }
        size_t count = spell_near(vocabulary, word, here);
        for (size_t k = 0; k < count; k++) {
            merge_hit(hits, ret_count, &here[k]);
        }
    }
    return 0;
}

static int
count_known(void *arg, struct str stem, uint64_t *ret, struct err *err)
{
    struct find *f = arg;
    *ret = 0;
    for (size_t i = 0; i < f->segments; i++) {
        struct str vocabulary;
        int rc = segment_vocabulary(f->c->segments, i, &vocabulary, err);
        if (rc != 0) {
            return rc;
        }
        *ret += spell_count(vocabulary, stem);
    }
    return 0;
}

int
find_mend(struct find *f)
{
    uint64_t rows = segment_docs(f->c->segments);
    struct mend_source source = {count_holders, near_words, count_known, f, rows};
    int rc = mend_query(&f->c->words, &source, f->arena, f->query, f->err);
    size_t way = 0;
    for (size_t i = 0; rc == 0 && i < f->query->count; i++) {
        const struct query_term *term = &f->query->terms[i];
        for (size_t k = 0; rc == 0 && k < term->count; k++) {
            uint64_t holders = 0;
            rc = count_holders(f, term->ways[k].stem, &holders, f->err);
            f->statistics.holders[way++] = (double)holders;
        }
    }
    f->statistics.rows = rows > 0 ? (double)rows : 1.0;
    const double *averages = segment_averages(f->c->segments);
    memcpy(f->statistics.average, averages, sizeof(f->statistics.average));
    return rc;
}

static bool
price_fits(const struct narrowing *n, double price)
{
    if (n->min_price <= 0 && n->max_price <= 0) {
        return true;
    }
    return price >= 0 && price >= n->min_price - price_slack &&
           (n->max_price <= 0 || price <= n->max_price + price_slack);
}

static bool
ordinal_fits(const bool *allowed, size_t count, uint32_t ordinal)
{
    return !allowed || (ordinal < count && allowed[ordinal]);
}

static bool
is_allowed(void *arg, uint32_t doc)
{
    struct find *f = arg;
    if (f->rc != 0 || segment_gone(f->c->segments, f->segment, doc)) {
        return false;
    }
    if (!f->narrowing->any) {
        return true;
    }
    struct segment_attributes a;
    f->rc = segment_attributes(f->c->segments, f->segment, doc, &a, f->err);
    return f->rc == 0 && ordinal_fits(f->brands, f->brand_count, a.brand) &&
           ordinal_fits(f->categories, f->category_count, a.category) &&
           price_fits(f->narrowing, a.price) &&
           (!f->narrowing->in_stock || a.stock == CATALOG_STOCK_IN);
}

static bool
should_stop(void *arg)
{
    const struct find *f = arg;
    return f->rc != 0 || (f->c->stop && f->c->stop(f->c->stop_arg));
}

static int
fill_slot(struct find *f, size_t i, double worth, struct match_slot *slot)
{
    const struct query_term *term = &f->query->terms[i];
    slot->worth = (float)worth;
    slot->count = term->count;
    for (size_t k = 0; k < term->count; k++) {
        slot->any[k].factor = (float)term->ways[k].factor;
        int rc = segment_postings(f->c->segments, f->segment, term->ways[k].stem, f->arena,
                                  &slot->any[k].list, f->err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int
fill_pair(struct find *f, size_t i, double worth)
{
    struct match_query *m = f->match;
    struct str stem = arena_printf(f->arena, "%" STR_FMT " %" STR_FMT,
                                   STR_ARG(f->query->terms[i - 1].ways[0].stem),
                                   STR_ARG(f->query->terms[i].ways[0].stem));
    if (!stem.ptr) {
        return err_nomem(f->err);
    }
    struct match_pair *pair = &m->pairs[m->pair_count];
    pair->worth = (float)(schema_product_plan.pair * worth);
    int rc = segment_postings(f->c->segments, f->segment, stem, f->arena, &pair->list, f->err);
    m->pair_count += rc == 0 && pair->list.count > 0 ? 1 : 0;
    return rc;
}

int
find_fill(struct find *f)
{
    struct match_query *m = f->match;
    size_t way = 0;
    double before = 0;
    m->slot_count = 0;
    m->pair_count = 0;
    m->cover = (float)schema_product_plan.cover;
    m->allowed = is_allowed;
    m->stop = should_stop;
    m->arg = f;
    for (size_t i = 0; i < f->query->count; i++) {
        const struct query_term *term = &f->query->terms[i];
        double worth = rank_worth(term, f->statistics.rows, &f->statistics.holders[way]);
        int rc = fill_slot(f, i, worth, &m->slots[m->slot_count++]);
        if (rc == 0 && rank_is_pair(f->query, i)) {
            rc = fill_pair(f, i, before + worth);
        }
        if (rc != 0) {
            return rc;
        }
        before = worth;
        way += term->count;
    }
    return 0;
}

int
find_stopped(const struct find *f)
{
    return f->rc != 0 ? f->rc : err_set(f->err, ERR_CANCELED, "search: stopped");
}

int
find_best(struct find *f, size_t limit, struct match_hits *hits, int64_t *rows)
{
    hits->count = 0;
    hits->limit = limit;
    for (f->segment = 0; f->segment < f->segments; f->segment++) {
        int rc = find_fill(f);
        if (rc != 0) {
            return rc;
        }
        if (!match_best(f->c->match, f->match, (uint32_t)f->segment, hits) || f->rc != 0) {
            return find_stopped(f);
        }
    }
    for (size_t i = 0; i < hits->count; i++) {
        struct segment_attributes a;
        int rc = segment_attributes(f->c->segments, hits->items[i].segment, hits->items[i].doc, &a,
                                    f->err);
        if (rc != 0) {
            return rc;
        }
        rows[i] = a.row;
    }
    return 0;
}
