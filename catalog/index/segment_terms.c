#include "base/must.h"
#include "catalog/index/segment_reader.h"

/* The first terms of the blocks: a byte of length and the term, ascending. */
static bool
read_firsts(const char *bytes, size_t len, uint32_t *ret, uint32_t count)
{
    struct str before = {0};
    size_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (at >= len) {
            return false;
        }
        struct str term = {bytes + at + 1, (unsigned char)bytes[at]};
        if (len - at - 1 < term.len || str_cmp(before, term) >= 0) {
            return false;
        }
        ret[i] = (uint32_t)at;
        at += 1 + term.len;
        before = term;
    }
    return at == len;
}

static int
load_firsts(struct segment_reader *r, struct segment_kept *k, struct err *err)
{
    size_t len = 0;
    if (k->firsts) {
        return 0;
    }
    AUTO(mem) char *bytes = NULL;
    int rc = segment_part_get(r->db, k->meta.id, SEGMENT_PART_FIRSTS, &bytes, &len, err);
    if (rc != 0) {
        return rc;
    }
    if (k->meta.blocks > len) {
        return segment_damaged("the dictionary's index", err);
    }
    AUTO(mem) uint32_t *at = mem_zero((size_t)k->meta.blocks + 1, sizeof(*at));
    if (!at) {
        return err_nomem(err);
    }
    if (!read_firsts(bytes, len, at, k->meta.blocks)) {
        return segment_damaged("the dictionary's index", err);
    }
    k->firsts = TAKE(bytes);
    k->first_at = TAKE(at);
    return 0;
}

/* The block that TERM would be in; BLOCKS: it stands before them all. */
static uint32_t
find_block(const struct segment_kept *k, struct str term)
{
    uint32_t low = 0;
    uint32_t high = k->meta.blocks;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *at = k->firsts + k->first_at[middle];
        if (str_cmp((struct str){at + 1, (unsigned char)*at}, term) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? k->meta.blocks : low - 1;
}

/* What the block says of TERM, kept beyond the block. */
static int
keep_place(struct segment_reader *r, const struct segment_kept *k, const struct block_entry *entry,
           struct segment_place *ret, struct err *err)
{
    struct segment_place place = {entry->count, *entry};
    if (entry->list.len > 0) {
        struct postings list;
        place.entry.list = arena_str(&r->arena, entry->list);
        if (!place.entry.list.ptr) {
            return err_nomem(err);
        }
        int rc = postings_open(place.entry.list, &list, err);
        if (rc != 0) {
            return rc;
        }
        place.count = list.count;
    }
    if (place.count > k->meta.docs) {
        return segment_damaged("in how many records a word stands", err);
    }
    *ret = place;
    return 0;
}

static int
find_term(struct segment_reader *r, struct segment_kept *k, struct str term,
          struct segment_place *ret, struct err *err)
{
    int rc = load_firsts(r, k, err);
    uint32_t block = rc == 0 ? find_block(k, term) : 0;
    if (rc != 0 || block == k->meta.blocks) {
        return rc;
    }
    struct str bytes;
    struct block_entry entry;
    rc = segment_pages_block(&r->pages, &k->meta, block, &bytes, err);
    if (rc == 0) {
        enum block_step found = block_find(bytes, term, &entry);
        if (found == BLOCK_ENTRY) {
            rc = keep_place(r, k, &entry, ret, err);
        } else if (found == BLOCK_DAMAGED) {
            rc = segment_damaged("the dictionary", err);
        }
    }
    segment_pages_rest(&r->pages);
    return rc;
}

/* TERM in all segments, once a read. */
static int
look_up(struct segment_reader *r, struct str term, struct segment_looked **ret, struct err *err)
{
    must(r->reading);
    struct segment_looked **bucket = &r->buckets[str_hash(term) % SEGMENT_BUCKETS];
    for (struct segment_looked *l = *bucket; l; l = l->next) {
        if (str_eq(l->term, term)) {
            *ret = l;
            return 0;
        }
    }
    struct segment_looked *l =
        arena_zero(&r->arena, 1, sizeof(*l) + (r->count + 1) * sizeof(struct segment_place));
    struct str own = arena_str(&r->arena, term);
    if (!l || !own.ptr) {
        return err_nomem(err);
    }
    l->term = own;
    for (size_t i = 0; i < r->count && term.len > 0; i++) {
        int rc = find_term(r, &r->all[i], term, &l->places[i], err);
        if (rc != 0) {
            return rc;
        }
        l->total += l->places[i].count;
    }
    l->next = *bucket;
    *bucket = l;
    *ret = l;
    return 0;
}

int
segment_frequency(struct segment_reader *r, struct str term, uint64_t *ret, struct err *err)
{
    struct segment_looked *l = NULL;
    int rc = look_up(r, term, &l, err);
    if (rc == 0) {
        *ret = l->total;
    }
    return rc;
}

int
segment_postings(struct segment_reader *r, size_t segment, struct str term, struct arena *arena,
                 struct postings *ret, struct err *err)
{
    struct segment_looked *l = NULL;
    must(segment < r->count);
    int rc = look_up(r, term, &l, err);
    if (rc != 0) {
        return rc;
    }
    if (l->places[segment].count == 0) {
        *ret = (struct postings){0};
        return 0;
    }
    return segment_pages_open(&r->pages, &r->all[segment].meta, &l->places[segment].entry, arena,
                              ret, err);
}
