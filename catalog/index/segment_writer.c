#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/must.h"
#include "catalog/index/segment_parts.h"

int
segment_writer_open(sqlite3 *db, const struct rank_plan *plan, struct segment_writer **ret,
                    struct err *err)
{
    must(plan->count > 0 && plan->count <= RANK_FIELDS && plan->count < SEGMENT_PAIR);
    for (int i = 1; i < plan->count; i++) {
        must(!plan->fields[i].pairs);
    }
    AUTO(segment_writer) struct segment_writer *w = mem_zero(1, sizeof(*w));
    if (!w) {
        return err_nomem(err);
    }
    w->db = db;
    w->plan = plan;
    int rc = segment_averages_get(db, w->averages, err);
    w->averaged = rc > 0;
    rc = rc < 0 ? rc : segment_facets_open(w, err);
    if (rc == 0) {
        *ret = TAKE(w);
    }
    return rc;
}

void
segment_writer_free(struct segment_writer *w)
{
    if (!w) {
        return;
    }
    segment_batch_done(&w->batch);
    segment_stored_forget(w);
    segment_facets_done(w);
    mem_free(w->removals);
    arena_done(&w->arena);
    mem_free(w);
}

int
segment_begin(struct segment_writer *w, const struct segment_attributes *attributes,
              struct err *err)
{
    return segment_batch_begin(&w->batch, attributes, err);
}

int
segment_token(struct segment_writer *w, int field, uint32_t position, struct str stem,
              struct err *err)
{
    return segment_tokens(w, field, &(struct segment_token){stem, position}, 1, err);
}

int
segment_tokens(struct segment_writer *w, int field, const struct segment_token *tokens,
               size_t count, struct err *err)
{
    must(w->batch.open && field >= 0 && field < w->plan->count);
    return segment_batch_tokens(&w->batch, field, tokens, count, err);
}

int
segment_end(struct segment_writer *w, struct err *err)
{
    (void)err;
    must(w->batch.open);
    segment_batch_end(&w->batch);
    return 0;
}

bool
segment_full(const struct segment_writer *w)
{
    return segment_batch_full(&w->batch);
}

int
segment_remove(struct segment_writer *w, int64_t row, struct err *err)
{
    if (!mem_grow(w->removals, w->removal_count, w->removal_capacity)) {
        return err_nomem(err);
    }
    w->removals[w->removal_count++] =
        (struct segment_removal){row, (uint32_t)w->batch.record_count};
    return 0;
}

/* The first segment decides what a long field is, for all that follow. */
static int
freeze_averages(struct segment_writer *w, struct err *err)
{
    const struct segment_batch *b = &w->batch;
    if (w->averaged) {
        return 0;
    }
    for (int field = 0; field < RANK_FIELDS; field++) {
        double total = 0;
        for (size_t i = 0; i < b->record_count; i++) {
            total += b->records[i].length[field];
        }
        w->averages[field] = total > 0 ? total / (double)b->record_count : 1.0;
    }
    int rc = segment_averages_put(w->db, w->averages, err);
    rc = rc != 0 ? rc : segment_state_put(w->db, "averaged", (int64_t)b->record_count, err);
    w->averaged = rc == 0;
    return rc;
}

static int
write_segment(struct segment_writer *w, struct segment_sink *sink, struct err *err)
{
    struct segment_batch *b = &w->batch;
    int rc = freeze_averages(w, err);
    rc = rc != 0 ? rc : segment_sink_open(sink, w->db, err);
    rc = rc != 0 ? rc : segment_invert(b, w->plan, w->averages, sink, err);
    if (rc != 0) {
        return rc;
    }
    AUTO(mem) struct segment_attributes *all = mem_alloc(b->record_count * sizeof(*all));
    if (!all) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < b->record_count; i++) {
        all[i] = b->records[i].attributes;
    }
    return segment_sink_close(sink, all, b->record_count, err);
}

int
segment_flush(struct segment_writer *w, struct err *err)
{
    must(!w->batch.open);
    int rc = segment_facets_write(w, err);
    rc = rc != 0 ? rc : segment_stored_remove(w, err);
    if (rc != 0 || w->batch.record_count == 0) {
        return rc;
    }
    AUTO(mem) struct segment_sink *sink = mem_alloc(sizeof(*sink));
    if (!sink) {
        return err_nomem(err);
    }
    memset(sink, 0, sizeof(*sink));
    rc = write_segment(w, sink, err);
    rc = rc != 0 ? rc : segment_stored_add(w, &sink->meta, err);
    segment_sink_done(sink);
    if (rc == 0) {
        segment_batch_done(&w->batch);
        w->changed = true;
    }
    return rc;
}

int
segment_finish(struct segment_writer *w, struct err *err)
{
    int64_t generation = 0;
    int rc = segment_flush(w, err);
    rc = rc != 0 ? rc : segment_stored_write(w, err);
    if (rc != 0 || !w->changed) {
        return rc;
    }
    rc = segment_merge(w, err);
    if (rc != 0) {
        return rc;
    }
    rc = segment_state_get(w->db, "generation", 0, &generation, err);
    rc = rc != 0 ? rc
                 : segment_state_put(w->db, "generation", (int64_t)((uint64_t)generation + 1), err);
    w->changed = rc != 0;
    return rc;
}
