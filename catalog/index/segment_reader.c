#include "catalog/index/segment_reader.h"

#include <string.h>

#include "base/must.h"
#include "catalog/sql.h"

static void
kept_done(struct segment_kept *k)
{
    segment_columns_done(&k->columns);
    mem_free(k->gone);
    mem_free(k->firsts);
    mem_free(k->first_at);
    mem_free(k->vocabulary);
}

static void
free_all(struct segment_kept *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kept_done(&all[i]);
    }
    mem_free(all);
}

int
segment_reader_open(sqlite3 *db, struct segment_reader **ret, struct err *err)
{
    struct segment_reader *r = mem_zero(1, sizeof(*r));
    if (!r) {
        return err_nomem(err);
    }
    r->db = db;
    r->pages.db = db;
    *ret = r;
    return 0;
}

void
segment_reader_free(struct segment_reader *r)
{
    if (!r) {
        return;
    }
    if (r->reading) {
        segment_read_end(r);
    }
    free_all(r->all, r->count);
    segment_pages_done(&r->pages);
    (void)sqlite3_finalize(r->begin);
    (void)sqlite3_finalize(r->end);
    (void)sqlite3_finalize(r->generation_of);
    arena_done(&r->arena);
    mem_free(r);
}

static bool
same_segment(const struct segment_meta *a, const struct segment_meta *b)
{
    return a->id == b->id && a->docs == b->docs && a->row == b->row && a->lists == b->lists &&
           a->blocks == b->blocks;
}

/* What was loaded before goes over to the segments that are still there. */
static void
carry_over(struct segment_reader *r, struct segment_kept *all, size_t count)
{
    size_t old = 0;
    for (size_t i = 0; i < count; i++) {
        while (old < r->count && r->all[old].meta.id < all[i].meta.id) {
            old++;
        }
        if (old == r->count || !same_segment(&r->all[old].meta, &all[i].meta)) {
            continue;
        }
        struct segment_kept was = r->all[old];
        mem_free(was.gone);
        was.gone = all[i].gone;
        was.meta = all[i].meta;
        all[i] = was;
        r->all[old] = (struct segment_kept){.meta = was.meta};
    }
    free_all(r->all, r->count);
}

static int
load_gone(struct segment_reader *r, const struct segment_meta *metas, size_t count,
          struct segment_kept *all, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        all[i].meta = metas[i];
        rc = segment_gone_load(r->db, &metas[i], &all[i].gone, err);
    }
    return rc;
}

static int
reload(struct segment_reader *r, int64_t generation, struct err *err)
{
    AUTO(mem) struct segment_meta *metas = NULL;
    size_t count = 0;
    double averages[RANK_FIELDS];
    for (int i = 0; i < RANK_FIELDS; i++) {
        averages[i] = 1.0;
    }
    int rc = segment_averages_get(r->db, averages, err);
    rc = rc < 0 ? rc : segment_list(r->db, &metas, &count, err);
    if (rc != 0) {
        return rc;
    }
    struct segment_kept *all = mem_zero(count + 1, sizeof(*all));
    if (!all) {
        return err_nomem(err);
    }
    rc = load_gone(r, metas, count, all, err);
    if (rc != 0) {
        free_all(all, count);
        return rc;
    }
    carry_over(r, all, count);
    r->all = all;
    r->count = count;
    r->docs = 0;
    for (size_t i = 0; i < count; i++) {
        r->docs += all[i].meta.docs;
    }
    memcpy(r->averages, averages, sizeof(averages));
    r->generation = generation;
    r->known = true;
    return 0;
}

static int
begin(struct segment_reader *r, struct err *err)
{
    r->own = sqlite3_get_autocommit(r->db) != 0;
    int rc = r->own ? sql_prepare(r->db, "BEGIN", &r->begin, err) : 0;
    rc = rc == 0 && r->own ? sql_finish(r->begin, "search", err) : rc;
    rc = rc != 0 ? rc
                 : sql_prepare(r->db, "SELECT value FROM index_state WHERE name = 'generation'",
                               &r->generation_of, err);
    rc = rc != 0 ? rc : sql_step(r->generation_of, "search", err);
    if (rc < 0) {
        return rc;
    }
    int64_t generation = rc > 0 ? sqlite3_column_int64(r->generation_of, 0) : 0;
    (void)sqlite3_reset(r->generation_of);
    return r->known && r->generation == generation ? 0 : reload(r, generation, err);
}

int
segment_read_begin(struct segment_reader *r, size_t *ret_count, struct err *err)
{
    must(!r->reading);
    int rc = begin(r, err);
    r->reading = true;
    if (rc != 0) {
        segment_read_end(r);
        return rc;
    }
    *ret_count = r->count;
    return 0;
}

void
segment_read_end(struct segment_reader *r)
{
    must(r->reading);
    r->reading = false;
    memset(r->buckets, 0, sizeof(r->buckets));
    arena_clear(&r->arena);
    segment_pages_rest(&r->pages);
    if (!r->own || sqlite3_get_autocommit(r->db) != 0) {
        return;
    }
    struct err ignored;
    if (sql_prepare(r->db, "COMMIT", &r->end, &ignored) != 0 ||
        sql_finish(r->end, "search", &ignored) != 0) {
        (void)sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    }
}

const double *
segment_averages(const struct segment_reader *r)
{
    return r->averages;
}

uint64_t
segment_docs(const struct segment_reader *r)
{
    return r->docs;
}

int
segment_vocabulary(struct segment_reader *r, size_t segment, struct str *ret, struct err *err)
{
    must(r->reading && segment < r->count);
    struct segment_kept *k = &r->all[segment];
    int rc = 0;
    if (!k->vocabulary) {
        rc = segment_part_get(r->db, k->meta.id, SEGMENT_PART_VOCABULARY, &k->vocabulary,
                              &k->vocabulary_len, err);
    }
    if (rc == 0) {
        *ret = (struct str){k->vocabulary, k->vocabulary_len};
    }
    return rc;
}

bool
segment_gone(const struct segment_reader *r, size_t segment, uint32_t doc)
{
    must(segment < r->count);
    const struct segment_kept *k = &r->all[segment];
    return doc >= k->meta.docs || segment_bit(k->gone, doc);
}

static int
load_columns(struct segment_reader *r, struct segment_kept *k, struct err *err)
{
    uint32_t brands = 0;
    uint32_t categories = 0;
    int rc = segment_columns_load(&k->columns, r->db, &k->meta, true, err);
    rc = rc != 0 ? rc : segment_facets_count(r->db, SEGMENT_BRAND, &brands, err);
    rc = rc != 0 ? rc : segment_facets_count(r->db, SEGMENT_CATEGORY, &categories, err);
    if (rc == 0 && !segment_columns_check(&k->columns, &k->meta, brands, categories)) {
        rc = segment_damaged("a record's brand or category", err);
    }
    k->whole = rc == 0;
    return rc;
}

int
segment_attributes(struct segment_reader *r, size_t segment, uint32_t doc,
                   struct segment_attributes *ret, struct err *err)
{
    must(r->reading && segment < r->count);
    struct segment_kept *k = &r->all[segment];
    int rc = k->whole ? 0 : load_columns(r, k, err);
    if (rc != 0) {
        return rc;
    }
    if (doc >= k->meta.docs) {
        return segment_damaged("a list names a record that is not there", err);
    }
    segment_columns_read(&k->columns, &k->meta, doc, ret);
    return 0;
}

int
segment_facets(struct segment_reader *r, enum segment_facet facet, segment_facet_each each,
               void *arg, struct err *err)
{
    must(r->reading);
    return segment_facets_walk(r->db, facet, each, arg, err);
}
