/* What the file has, as far as the writer must know it: which records are gone. */
#include <stdlib.h>
#include <string.h>

#include "catalog/index/segment_parts.h"

void
segment_stored_done(struct segment_stored *s)
{
    segment_columns_done(&s->columns);
    mem_free(s->gone);
    *s = (struct segment_stored){0};
}

void
segment_stored_forget(struct segment_writer *w)
{
    for (size_t i = 0; i < w->stored_count; i++) {
        segment_stored_done(&w->stored[i]);
    }
    mem_free(w->stored);
    w->stored = NULL;
    w->stored_count = 0;
    w->stored_capacity = 0;
    w->listed = false;
}

static int
add(struct segment_writer *w, const struct segment_meta *meta, struct err *err)
{
    if (!mem_grow(w->stored, w->stored_count, w->stored_capacity)) {
        return err_nomem(err);
    }
    w->stored[w->stored_count++] = (struct segment_stored){.meta = *meta};
    return 0;
}

int
segment_stored_add(struct segment_writer *w, const struct segment_meta *meta, struct err *err)
{
    return w->listed ? add(w, meta, err) : 0;
}

int
segment_stored_list(struct segment_writer *w, struct err *err)
{
    AUTO(mem) struct segment_meta *all = NULL;
    size_t count = 0;
    if (w->listed) {
        return 0;
    }
    int rc = segment_list(w->db, &all, &count, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = add(w, &all[i], err);
    }
    if (rc != 0) {
        segment_stored_forget(w);
    }
    w->listed = rc == 0;
    return rc;
}

static int
compare_removals(const void *left, const void *right)
{
    const struct segment_removal *a = left;
    const struct segment_removal *b = right;
    return a->row != b->row ? (a->row < b->row ? -1 : 1)
                            : (a->before > b->before) - (a->before < b->before);
}

static int
compare_records(const void *left, const void *right)
{
    const struct segment_record *a = left;
    const struct segment_record *b = right;
    return a->attributes.row != b->attributes.row
               ? (a->attributes.row < b->attributes.row ? -1 : 1)
               : (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static void
sort_records(struct segment_batch *b)
{
    for (size_t i = 1; i < b->record_count; i++) {
        if (b->records[i - 1].attributes.row >= b->records[i].attributes.row) {
            qsort(b->records, b->record_count, sizeof(*b->records), compare_records);
            return;
        }
    }
}

/* Of what waits, each row's last record stays, unless it was removed after that. */
static void
drop_waiting(struct segment_writer *w)
{
    struct segment_batch *b = &w->batch;
    size_t kept = 0;
    size_t at = 0;
    for (size_t i = 0; i < b->record_count; i++) {
        const struct segment_record *record = &b->records[i];
        int64_t row = record->attributes.row;
        uint32_t before = 0;
        while (at < w->removal_count && w->removals[at].row < row) {
            at++;
        }
        for (size_t k = at; k < w->removal_count && w->removals[k].row == row; k++) {
            before = w->removals[k].before;
        }
        bool again = i + 1 < b->record_count && b->records[i + 1].attributes.row == row;
        if (!again && record->sequence >= before) {
            b->records[kept++] = *record;
        }
    }
    b->record_count = kept;
}

static int
mark_gone(struct segment_writer *w, struct segment_stored *s, int64_t row, struct err *err)
{
    if (row < s->meta.row || s->meta.gone == s->meta.docs) {
        return 0;
    }
    int rc = segment_columns_load(&s->columns, w->db, &s->meta, false, err);
    rc = rc != 0 || s->gone ? rc : segment_gone_load(w->db, &s->meta, &s->gone, err);
    if (rc != 0) {
        return rc;
    }
    uint32_t doc = segment_columns_find(&s->columns, &s->meta, row);
    if (doc == s->meta.docs || segment_bit(s->gone, doc)) {
        return 0;
    }
    if (!s->gone && !(s->gone = mem_zero((s->meta.docs + 7) / 8, 1))) {
        return err_nomem(err);
    }
    s->gone[doc / 8] = (char)(s->gone[doc / 8] | 1 << doc % 8);
    s->meta.gone++;
    s->dirty = true;
    return 0;
}

int
segment_stored_remove(struct segment_writer *w, struct err *err)
{
    int rc = 0;
    if (w->removal_count > 0) {
        qsort(w->removals, w->removal_count, sizeof(*w->removals), compare_removals);
        rc = segment_stored_list(w, err);
    }
    for (size_t i = 0; rc == 0 && i < w->removal_count; i++) {
        for (size_t k = 0; rc == 0 && k < w->stored_count; k++) {
            rc = mark_gone(w, &w->stored[k], w->removals[i].row, err);
        }
    }
    if (rc == 0) {
        sort_records(&w->batch);
        drop_waiting(w);
        w->removal_count = 0;
    }
    return rc;
}

int
segment_stored_write(struct segment_writer *w, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < w->stored_count; i++) {
        struct segment_stored *s = &w->stored[i];
        if (!s->dirty) {
            continue;
        }
        rc = segment_part_put(w->db, s->meta.id, SEGMENT_PART_GONE,
                              (struct str){s->gone, (s->meta.docs + 7) / 8}, err);
        rc = rc != 0 ? rc : segment_meta_put(w->db, &s->meta, err);
        s->dirty = rc != 0;
        w->changed = true;
    }
    return rc;
}
