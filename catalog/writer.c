#include "catalog/writer_parts.h"

#include <unistd.h>

#include "base/fault.h"
#include "catalog/article_words.h"
#include "catalog/query.h"
#include "catalog/sql.h"

/* The batch under way goes to the lane. */
static int
send(struct writer *w, bool more, struct err *err)
{
    int rc = lane_send(w->lane, more, err);
    if (rc != 0) {
        return rc;
    }
    struct writer_batch *next = &w->batches[lane_slot(w->lane)];
    arena_clear(&next->arena);
    next->count = 0;
    next->bytes = 0;
    return 0;
}

/* Everything so far is in the file, and the database the caller's for a while. */
static int
drain(struct writer *w, struct err *err)
{
    int rc = send(w, false, err);
    return rc != 0 ? rc : lane_drain(w->lane, err);
}

/* One more row of the batch; what it says is copied. */
static int
add_row(struct writer *w, const struct writer_row *given, struct err *err)
{
    if (!w->looks && segment_full(w->segments)) {
        int rc = drain(w, err);
        rc = rc != 0 ? rc : segment_flush(w->segments, err);
        if (rc != 0) {
            return rc;
        }
    }
    struct writer_batch *batch = &w->batches[lane_slot(w->lane)];
    struct writer_row *row = &batch->rows[batch->count];
    *row = *given;
    row->words = batch->words[batch->count];
    row->record = arena_str(&batch->arena, given->record);
    row->id = arena_str(&batch->arena, given->id);
    if (!row->record.ptr || !row->id.ptr) {
        return err_nomem(err);
    }
    int rc = w->looks ? 0 : writer_prepare(w, row, &batch->arena, err);
    if (rc != 0) {
        return rc;
    }
    batch->count++;
    batch->bytes += row->record.len;
    bool full = batch->count == WRITER_BATCH_ROWS || batch->bytes >= WRITER_BATCH_BYTES;
    return full ? send(w, true, err) : 0;
}

int
writer_put(struct writer *w, struct str id, struct str record, uint64_t line, uint64_t *ret_earlier,
           struct err *err)
{
    struct writer_seen *seen = NULL;
    bool again = false;
    int rc = writer_ids_meet(&w->ids, id, &seen, &again, err);
    if (rc != 0) {
        return rc;
    }
    *ret_earlier = again ? seen->line : 0;
    seen->line = line;
    struct writer_row row = {
        .kind = w->kind,
        .id = id,
        .record = record,
        .hash = str_hash(record),
        .ordinal = seen->ordinal,
        .again = again,
    };
    return add_row(w, &row, err);
}

/* Every record of KIND from the old file into the new one. */
static int
carry_over(struct writer *w, enum catalog_kind kind, struct err *err)
{
    sqlite3_stmt *s = NULL;
    int rc =
        sql_prepare(w->old,
                    kind == CATALOG_PRODUCTS ? "SELECT hash, id, record FROM product ORDER BY doc"
                                             : "SELECT hash, id, record FROM article ORDER BY doc",
                    &s, err);
    while (rc == 0 && (rc = sql_step(s, "import", err)) > 0) {
        struct writer_row row = {
            .kind = kind,
            .id = sql_column(s, 1),
            .record = sql_column(s, 2),
            .hash = (uint64_t)sqlite3_column_int64(s, 0),
            .ordinal = WRITER_CARRIED,
        };
        rc = add_row(w, &row, err);
    }
    (void)sqlite3_finalize(s);
    return rc;
}

static int
carry_all(struct writer *w, struct err *err)
{
    int rc = 0;
    if (w->old) {
        bool products = w->kind == CATALOG_PRODUCTS;
        rc = carry_over(w, products ? CATALOG_ARTICLES : CATALOG_PRODUCTS, err);
        rc = rc == 0 && w->keep_kind ? carry_over(w, w->kind, err) : rc;
        rc = rc != 0 ? rc : drain(w, err);
    }
    w->looks = !w->anew || w->keep_kind;
    return rc;
}

static int
open_writer(const char *path, const struct catalog_import *options, bool renews,
            struct writer **ret, struct err *err)
{
    AUTO(writer) struct writer *w = mem_zero(1, sizeof(*w));
    if (!w) {
        return err_nomem(err);
    }
    w->path = path;
    w->kind = options->kind;
    w->replace = options->replace;
    w->renews = renews;
    w->language = options->language;
    w->lock = -1;
    buf_init(&w->codes.text, (size_t)2 * WRITER_CODES * QUERY_CODE_BYTES);
    w->batches = mem_zero(LANE_SLOTS, sizeof(*w->batches));
    int rc = w->batches ? writer_take_lock(w, err) : err_nomem(err);
    rc = rc != 0 ? rc : lane_new(writer_apply, w, &w->lane, err);
    rc = rc != 0 ? rc : writer_open_files(w, err);
    rc = rc != 0 ? rc : carry_all(w, err);
    if (rc == 0) {
        *ret = TAKE(w);
    }
    return rc;
}

int
writer_open(const char *path, const struct catalog_import *options, struct writer **ret,
            struct err *err)
{
    return open_writer(path, options, false, ret, err);
}

void
writer_finalize(struct writer *w)
{
    for (int kind = 0; kind < 2; kind++) {
        for (int i = 0; i < WRITER_STATEMENTS; i++) {
            (void)sqlite3_finalize(w->statements[kind][i]);
            w->statements[kind][i] = NULL;
        }
    }
    (void)sqlite3_finalize(w->before);
    w->before = NULL;
    words_done(&w->words);
}

static int
count_changes(struct writer *w, struct catalog_report *report, struct err *err)
{
    uint64_t existed = 0;
    for (size_t i = 0; i < w->fate_count; i++) {
        const struct writer_fate *fate = &w->fates[i];
        existed += fate->existed ? 1 : 0;
        report->added += fate->existed ? 0 : 1;
        report->unchanged += fate->existed && fate->before == fate->now ? 1 : 0;
        report->changed += fate->existed && fate->before != fate->now ? 1 : 0;
    }
    if (!w->replace || !w->old) {
        return 0;
    }
    int64_t stored = 0;
    int rc = sql_int(w->old,
                     w->kind == CATALOG_PRODUCTS ? "SELECT count(*) FROM product"
                                                 : "SELECT count(*) FROM article",
                     0, &stored, err);
    report->removed = (uint64_t)stored > existed ? (uint64_t)stored - existed : 0;
    return rc;
}

int
writer_finish(struct writer *w, struct catalog_report *report, struct err *err)
{
    int rc = drain(w, err);
    rc = rc != 0 ? rc : count_changes(w, report, err);
    bool changed = report->added + report->changed + report->removed > 0;
    changed = changed || w->keep_kind || w->translates;
    if (rc != 0 || !changed) {
        return rc;
    }
    rc = writer_codes_flush(w, err);
    rc = rc != 0 ? rc : writer_finish_segments(w, err);
    if (rc == 0 && (w->anew || w->kind == CATALOG_ARTICLES)) {
        rc = article_words_write(w->db, err);
    }
    if (rc != 0) {
        return rc;
    }
    if (w->anew) {
        return writer_finish_new(w, err);
    }
    fault_point("catalog before commit");
    rc = sql_run(w->db, "COMMIT", err);
    fault_point("catalog after commit");
    return rc;
}

/* Closing a connection with a transaction open takes it back. */
static void
close_files(struct writer *w)
{
    writer_finalize(w);
    segment_writer_free(w->segments);
    words_done(&w->split);
    (void)sqlite3_close(w->db);
    (void)sqlite3_close(w->old);
    /* Not ours to remove without the lock: another import may be writing it. */
    if (w->anew && w->new_path && w->lock >= 0) {
        writer_remove_new(w);
    }
}

static void
free_batches(struct writer *w)
{
    for (size_t i = 0; w->batches && i < LANE_SLOTS; i++) {
        struct writer_batch *batch = &w->batches[i];
        arena_done(&batch->arena);
        for (size_t k = 0; k < (size_t)WRITER_BATCH_ROWS * RANK_FIELDS; k++) {
            words_record_done(&batch->words[k / RANK_FIELDS][k % RANK_FIELDS]);
        }
    }
    mem_free(w->batches);
}

void
writer_free(struct writer *w)
{
    if (!w) {
        return;
    }
    lane_free(w->lane);
    close_files(w);
    if (w->lock >= 0) {
        (void)close(w->lock);
    }
    free_batches(w);
    mem_free(w->new_path);
    mem_free(w->fates);
    mem_free(w->gone);
    mem_free(w->codes.items);
    buf_done(&w->codes.text);
    writer_names_done(&w->names);
    writer_ids_done(&w->ids);
    mem_free(w);
}

int
writer_close(struct writer *w, struct err *err)
{
    struct catalog_import options = {.kind = w->kind};
    struct catalog_report report = {0};
    const char *path = w->path;
    bool stale = w->stale;
    writer_free(w);
    if (!stale) {
        return 0;
    }
    AUTO(writer) struct writer *renewing = NULL;
    int rc = open_writer(path, &options, true, &renewing, err);
    if (rc == ERR_BUSY) {
        return 0;
    }
    rc = rc != 0 ? rc : writer_finish(renewing, &report, err);
    return rc == 0 ? 0 : err_wrap(err, "the rows are in, but the index was not made anew");
}
