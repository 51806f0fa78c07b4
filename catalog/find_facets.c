#include <string.h>

#include "catalog/find.h"
#include "catalog/index/segment.h"
#include "catalog/price.h"

/* What is as good as the best: shares are sums of fractions. */
static const double share_slack = 0.001;

/* A number an ordinal. */
struct tally {
    uint64_t *counts;
    size_t size;
};

struct counting {
    struct find *f;
    double share;
    struct catalog_facets *facets;
    struct tally brands;
    struct tally categories;
};

static bool
tally_add(struct tally *t, uint32_t ordinal)
{
    if (ordinal >= t->size) {
        size_t size = ((size_t)ordinal + 64) * 2;
        uint64_t *grown = mem_resize(t->counts, size, sizeof(*grown));
        if (!grown) {
            return false;
        }
        memset(grown + t->size, 0, (size - t->size) * sizeof(*grown));
        t->counts = grown;
        t->size = size;
    }
    t->counts[ordinal]++;
    return true;
}

static void
count_price(struct catalog_facets *facets, double price)
{
    if (price < 0) {
        return;
    }
    facets->lowest = facets->priced == 0 || price < facets->lowest ? price : facets->lowest;
    facets->highest = price > facets->highest ? price : facets->highest;
    facets->priced++;
}

static bool
count_record(void *arg, uint32_t doc, float share)
{
    struct counting *c = arg;
    struct find *f = c->f;
    struct segment_attributes a;
    if ((double)share < c->share) {
        return true;
    }
    f->rc = segment_attributes(f->c->segments, f->segment, doc, &a, f->err);
    if (f->rc != 0) {
        return false;
    }
    c->facets->found++;
    c->facets->in_stock += a.stock == CATALOG_STOCK_IN ? 1 : 0;
    count_price(c->facets, a.price);
    if (!tally_add(&c->brands, a.brand) || !tally_add(&c->categories, a.category)) {
        f->rc = err_nomem(f->err);
    }
    return f->rc == 0;
}

/* Into a list of the commonest, at its place. */
static void
rank_facet(struct catalog_facet *list, size_t *count, struct str name, uint64_t number)
{
    size_t at = *count < CATALOG_FACETS_MAX ? *count : CATALOG_FACETS_MAX;
    while (at > 0 && list[at - 1].count < number) {
        at--;
    }
    if (at == CATALOG_FACETS_MAX) {
        return;
    }
    size_t kept = *count < CATALOG_FACETS_MAX ? *count : CATALOG_FACETS_MAX - 1;
    memmove(&list[at + 1], &list[at], (kept - at) * sizeof(*list));
    list[at] = (struct catalog_facet){name, number};
    *count = kept + 1;
}

struct listing {
    const struct tally *tally;
    struct arena *arena;
    struct catalog_facet *list;
    size_t count;
    bool failed;
};

static bool
list_name(void *arg, uint32_t ordinal, struct str key, struct str name)
{
    (void)key;
    struct listing *l = arg;
    uint64_t number = ordinal < l->tally->size ? l->tally->counts[ordinal] : 0;
    bool listed = number > 0 &&
                  (l->count < CATALOG_FACETS_MAX || l->list[CATALOG_FACETS_MAX - 1].count < number);
    if (listed) {
        struct str copy = arena_str(l->arena, name);
        l->failed = !copy.ptr;
        rank_facet(l->list, &l->count, copy, number);
    }
    return !l->failed;
}

static int
list_facet(struct find *f, enum segment_facet facet, const struct tally *tally,
           struct catalog_facet *list, size_t *ret_count)
{
    struct listing listing = {.tally = tally, .arena = f->arena, .list = list};
    int rc = segment_facets(f->c->segments, facet, list_name, &listing, f->err);
    *ret_count = listing.count;
    return rc != 0 ? rc : listing.failed ? err_nomem(f->err) : 0;
}

int
find_facets(struct find *f, double share, struct catalog_facets *ret)
{
    struct counting c = {.f = f, .share = share - share_slack, .facets = ret};
    int rc = 0;
    *ret = (struct catalog_facets){0};
    for (f->segment = 0; rc == 0 && f->segment < f->segments; f->segment++) {
        rc = find_fill(f);
        if (rc == 0 && (!match_each(f->c->match, f->match, count_record, &c) || f->rc != 0)) {
            rc = find_stopped(f);
        }
    }
    rc = rc != 0 ? rc : list_facet(f, SEGMENT_BRAND, &c.brands, ret->brands, &ret->brand_count);
    rc = rc != 0 ? rc
                 : list_facet(f, SEGMENT_CATEGORY, &c.categories, ret->categories,
                              &ret->category_count);
    mem_free(c.brands.counts);
    mem_free(c.categories.counts);
    return rc;
}

static void
add_name(struct catalog_facet *list, size_t *count, struct str name)
{
    uint64_t number = 1;
    for (size_t i = 0; i < *count; i++) {
        if (str_eq(list[i].name, name)) {
            number += list[i].count;
            memmove(&list[i], &list[i + 1], (*count - i - 1) * sizeof(*list));
            (*count)--;
            break;
        }
    }
    if (name.len > 0) {
        rank_facet(list, count, name, number);
    }
}

void
find_facets_of(const struct catalog_hit *hits, size_t count, struct catalog_facets *ret)
{
    *ret = (struct catalog_facets){.found = count};
    for (size_t i = 0; i < count; i++) {
        const struct catalog_hit *hit = &hits[i];
        double units = (double)price_units(hit->price.currency);
        ret->in_stock += hit->stock == CATALOG_STOCK_IN ? 1 : 0;
        count_price(ret, hit->price.known ? (double)hit->price.minor / units : -1);
        add_name(ret->brands, &ret->brand_count, hit->brand);
        add_name(ret->categories, &ret->category_count, hit->category);
    }
}
