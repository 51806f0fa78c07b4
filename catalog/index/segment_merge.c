/* Small segments into one, from what they hold: their dictionaries are walked side by side, the
 * lists of a term joined, and records that are gone left out. */
#include <stdlib.h>
#include <string.h>

#include "catalog/index/segment_parts.h"

enum {
    NOWHERE = UINT32_MAX,
    LISTS_KEPT = 1 << 20,
};

/* One of the segments that are merged, and where its dictionary is at. */
struct source {
    const struct segment_meta *meta;
    uint32_t *places;             /* of its records in the merged segment; NOWHERE: gone */
    uint32_t block;               /* the next one */
    char bytes[BLOCK_PAGE_BYTES]; /* a copy: what is read here is written to as well */
    struct block_walk walk;
    char term[BLOCK_TERM_BYTES];
    size_t len; /* of the term at hand; 0: at the end */
};

/* A record that lives on. */
struct survivor {
    int64_t row;
    uint32_t source;
    uint32_t doc;
};

struct merging {
    struct segment_pages pages;
    struct source *sources;
    size_t count;
    struct survivor *survivors;
    size_t survivor_count;
    struct segment_attributes *attributes;
    struct posting *items;
    size_t item_count;
    size_t item_capacity;
    struct arena lists;
    struct segment_sink *sink;
};

static void
merging_done(struct merging *m)
{
    for (size_t i = 0; m->sources && i < m->count; i++) {
        mem_free(m->sources[i].places);
    }
    if (m->sink) {
        segment_sink_done(m->sink);
    }
    segment_pages_done(&m->pages);
    mem_free(m->sources);
    mem_free(m->survivors);
    mem_free(m->attributes);
    mem_free(m->items);
    mem_free(m->sink);
    arena_done(&m->lists);
}
AUTO_DEFINE_VALUE(merging, struct merging, merging_done)

static int
compare_survivors(const void *left, const void *right)
{
    const struct survivor *a = left;
    const struct survivor *b = right;
    return a->row != b->row ? (a->row < b->row ? -1 : 1)
                            : (a->source > b->source) - (a->source < b->source);
}

/* Which records live on, in the order of their rows. Of one row the newest. */
static int
list_survivors(struct merging *m, struct segment_stored *const *from, struct err *err)
{
    size_t room = 0;
    for (size_t i = 0; i < m->count; i++) {
        room += from[i]->meta.docs;
    }
    m->survivors = mem_alloc((room + 1) * sizeof(*m->survivors));
    m->attributes = mem_alloc((room + 1) * sizeof(*m->attributes));
    if (!m->survivors || !m->attributes) {
        return err_nomem(err);
    }
    size_t count = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct segment_stored *s = from[i];
        for (uint32_t doc = 0; doc < s->meta.docs; doc++) {
            if (!segment_bit(s->gone, doc)) {
                int64_t row = segment_columns_row(&s->columns, &s->meta, doc);
                m->survivors[count++] = (struct survivor){row, i, doc};
            }
        }
    }
    qsort(m->survivors, count, sizeof(*m->survivors), compare_survivors);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 == count || m->survivors[i].row != m->survivors[i + 1].row) {
            m->survivors[m->survivor_count++] = m->survivors[i];
        }
    }
    return 0;
}

static void
place_survivors(struct merging *m, struct segment_stored *const *from)
{
    for (uint32_t i = 0; i < m->survivor_count; i++) {
        const struct survivor *s = &m->survivors[i];
        m->sources[s->source].places[s->doc] = i;
        segment_columns_read(&from[s->source]->columns, &from[s->source]->meta, s->doc,
                             &m->attributes[i]);
    }
}

static int
open_sources(struct merging *m, struct segment_stored *const *from, struct err *err)
{
    m->sources = mem_zero(m->count, sizeof(*m->sources));
    if (!m->sources) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < m->count; i++) {
        struct source *source = &m->sources[i];
        size_t bytes = from[i]->meta.docs * sizeof(*source->places);
        source->meta = &from[i]->meta;
        source->places = mem_alloc(bytes);
        if (!source->places) {
            return err_nomem(err);
        }
        memset(source->places, 0xff, bytes);
        int rc = segment_columns_load(&from[i]->columns, m->pages.db, &from[i]->meta, true, err);
        rc = rc != 0 || from[i]->gone
                 ? rc
                 : segment_gone_load(m->pages.db, &from[i]->meta, &from[i]->gone, err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int
next_block(struct merging *m, struct source *source, struct err *err)
{
    struct str bytes;
    int rc = segment_pages_block(&m->pages, source->meta, source->block++, &bytes, err);
    if (rc == 0) {
        memcpy(source->bytes, bytes.ptr, bytes.len);
        block_start(&source->walk, (struct str){source->bytes, bytes.len});
    }
    segment_pages_rest(&m->pages);
    return rc;
}

/* To the next term of SOURCE. */
static int
advance(struct merging *m, struct source *source, struct err *err)
{
    enum block_step step = block_next(&source->walk);
    while (step == BLOCK_END && source->block < source->meta->blocks) {
        int rc = next_block(m, source, err);
        if (rc != 0) {
            return rc;
        }
        step = block_next(&source->walk);
    }
    if (step == BLOCK_END) {
        source->len = 0;
        return 0;
    }
    const struct block_walk *walk = &source->walk;
    char before[BLOCK_TERM_BYTES];
    size_t before_len = source->len;
    memcpy(before, source->term, before_len);
    if (step == BLOCK_ENTRY && walk->shared <= before_len) {
        memcpy(source->term + walk->shared, walk->tail.ptr, walk->tail.len);
        source->len = walk->len;
        if (str_cmp((struct str){before, before_len}, (struct str){source->term, source->len}) <
            0) {
            return 0;
        }
    }
    return segment_damaged("the dictionary's order", err);
}

static int
add_item(struct merging *m, const struct source *source, uint32_t doc, uint8_t impact,
         struct err *err)
{
    if (doc >= source->meta->docs || impact == 0) {
        return segment_damaged("the records of a word", err);
    }
    if (source->places[doc] == NOWHERE) {
        return 0;
    }
    if (!mem_grow(m->items, m->item_count, m->item_capacity)) {
        return err_nomem(err);
    }
    m->items[m->item_count++] = (struct posting){source->places[doc], impact};
    return 0;
}

/* The records of the term that SOURCE is at. */
static int
add_items(struct merging *m, struct source *source, struct err *err)
{
    struct postings list;
    struct postings_cursor cursor;
    int rc =
        segment_pages_open(&m->pages, source->meta, &source->walk.entry, &m->lists, &list, err);
    if (rc != 0) {
        return rc;
    }
    for (postings_start(&cursor, &list); rc == 0 && cursor.doc != POSTINGS_END;
         postings_next(&cursor)) {
        rc = add_item(m, source, cursor.doc, cursor.impact, err);
    }
    return rc;
}

static int
compare_items(const void *left, const void *right)
{
    uint32_t a = ((const struct posting *)left)->doc;
    uint32_t b = ((const struct posting *)right)->doc;
    return (a > b) - (a < b);
}

/* Rows of one segment may stand between those of another: then a joined list is out of order. */
static void
sort_items(struct merging *m)
{
    size_t kept = 0;
    for (size_t i = 1; i < m->item_count; i++) {
        if (m->items[i - 1].doc >= m->items[i].doc) {
            qsort(m->items, m->item_count, sizeof(*m->items), compare_items);
            break;
        }
    }
    for (size_t i = 0; i < m->item_count; i++) {
        if (kept == 0 || m->items[kept - 1].doc < m->items[i].doc) {
            m->items[kept++] = m->items[i];
        }
    }
    m->item_count = kept;
}

static struct str
term_of(const struct source *source)
{
    return (struct str){source->term, source->len};
}

/* The source with the least term; NULL: all are at their ends. */
static const struct source *
find_least(const struct merging *m)
{
    const struct source *least = NULL;
    for (size_t i = 0; i < m->count; i++) {
        const struct source *source = &m->sources[i];
        if (source->len > 0 && (!least || str_cmp(term_of(source), term_of(least)) < 0)) {
            least = source;
        }
    }
    return least;
}

/* The least term with all its records; each source that has it goes on. */
static int
merge_term(struct merging *m, const struct source *least, struct err *err)
{
    char bytes[BLOCK_TERM_BYTES];
    struct str term = {bytes, least->len};
    int rc = 0;
    memcpy(bytes, least->term, least->len);
    m->item_count = 0;
    for (size_t i = 0; rc == 0 && i < m->count; i++) {
        if (str_eq(term_of(&m->sources[i]), term)) {
            rc = add_items(m, &m->sources[i], err);
            rc = rc != 0 ? rc : advance(m, &m->sources[i], err);
        }
    }
    sort_items(m);
    if (rc == 0 && m->item_count > 0) {
        rc = segment_sink_term(m->sink, term, m->items, m->item_count, err);
    }
    if (m->lists.used > LISTS_KEPT) {
        arena_clear(&m->lists);
    }
    return rc;
}

static int
merge_terms(struct merging *m, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < m->count; i++) {
        rc = advance(m, &m->sources[i], err);
    }
    const struct source *least;
    while (rc == 0 && (least = find_least(m)) != NULL) {
        rc = merge_term(m, least, err);
    }
    return rc;
}

/* COUNT segments into a new one. */
static int
merge(sqlite3 *db, struct segment_stored *const *from, size_t count, struct segment_meta *ret,
      struct err *err)
{
    AUTO(merging) struct merging m = {.pages = {.db = db}, .count = count};
    int rc = open_sources(&m, from, err);
    rc = rc != 0 ? rc : list_survivors(&m, from, err);
    if (rc != 0) {
        return rc;
    }
    place_survivors(&m, from);
    m.sink = mem_zero(1, sizeof(*m.sink));
    if (!m.sink) {
        return err_nomem(err);
    }
    rc = segment_sink_open(m.sink, db, err);
    rc = rc != 0 ? rc : merge_terms(&m, err);
    rc = rc != 0 ? rc : segment_sink_close(m.sink, m.attributes, m.survivor_count, err);
    *ret = m.sink->meta;
    return rc;
}

static uint32_t
living(const struct segment_stored *s)
{
    return s->meta.docs - s->meta.gone;
}

static int
drop(struct segment_writer *w, struct segment_stored *s, struct err *err)
{
    int rc = segment_drop(w->db, s->meta.id, err);
    if (rc == 0) {
        segment_stored_done(s);
        *s = w->stored[--w->stored_count];
    }
    return rc;
}

static int
drop_gone(struct segment_writer *w, struct err *err)
{
    int rc = 0;
    for (size_t i = w->stored_count; rc == 0 && i-- > 0;) {
        if (living(&w->stored[i]) == 0) {
            rc = drop(w, &w->stored[i], err);
        }
    }
    return rc;
}

static int
compare_living(const void *left, const void *right)
{
    uint32_t a = living(left);
    uint32_t b = living(right);
    return (a > b) - (a < b);
}

static int
compare_ids(const void *left, const void *right)
{
    int64_t a = ((const struct segment_stored *)left)->meta.id;
    int64_t b = ((const struct segment_stored *)right)->meta.id;
    return (a > b) - (a < b);
}

/* The smallest segments, to the front of the list in the order of their making: how many are to
 * become one. */
static size_t
choose(struct segment_writer *w)
{
    size_t small = 0;
    size_t chosen = 0;
    size_t docs = 0;
    qsort(w->stored, w->stored_count, sizeof(*w->stored), compare_living);
    while (small < w->stored_count && living(&w->stored[small]) <= SEGMENT_SMALL_DOCS) {
        docs += living(&w->stored[small++]);
        chosen = docs <= SEGMENT_DOCS ? small : chosen;
    }
    qsort(w->stored, chosen, sizeof(*w->stored), compare_ids);
    return small > SEGMENT_SMALL_MAX ? chosen : 0;
}

int
segment_merge(struct segment_writer *w, struct err *err)
{
    int rc = segment_stored_list(w, err);
    rc = rc != 0 ? rc : drop_gone(w, err);
    size_t count = rc == 0 ? choose(w) : 0;
    if (rc != 0 || count == 0) {
        return rc;
    }
    AUTO(mem) struct segment_stored **from = mem_alloc(count * sizeof(struct segment_stored *));
    if (!from) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        from[i] = &w->stored[i];
    }
    struct segment_meta merged;
    rc = merge(w->db, from, count, &merged, err);
    for (size_t i = count; rc == 0 && i-- > 0;) {
        rc = drop(w, &w->stored[i], err);
    }
    return rc != 0 ? rc : segment_stored_add(w, &merged, err);
}
