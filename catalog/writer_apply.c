#include <stdlib.h>

#include "catalog/sql.h"
#include "catalog/writer_parts.h"

/* What ROW's id was before this import. */
static int
find_before(struct writer *w, const struct writer_row *row, struct writer_fate *fate,
            struct err *err)
{
    sqlite3 *db = w->anew ? w->old : w->db;
    if (!db) {
        return 0;
    }
    int rc = sql_prepare(db,
                         w->kind == CATALOG_PRODUCTS ? "SELECT hash FROM product WHERE id = ?1"
                                                     : "SELECT hash FROM article WHERE id = ?1",
                         &w->before, err);
    if (rc != 0) {
        return rc;
    }
    sql_text(w->before, 1, row->id);
    rc = sql_step(w->before, "import", err);
    if (rc > 0) {
        fate->existed = true;
        fate->before = (uint64_t)sqlite3_column_int64(w->before, 0);
        (void)sqlite3_reset(w->before);
    }
    return rc < 0 ? rc : 0;
}

static int
note_fate(struct writer *w, const struct writer_row *row, struct err *err)
{
    if (row->ordinal == WRITER_CARRIED) {
        return 0;
    }
    if (!row->again) {
        struct writer_fate fate = {0};
        int rc = find_before(w, row, &fate, err);
        if (rc != 0) {
            return rc;
        }
        if (!mem_grow(w->fates, w->fate_count, w->fate_capacity)) {
            return err_nomem(err);
        }
        w->fates[w->fate_count++] = fate;
    }
    w->fates[row->ordinal].now = row->hash;
    return 0;
}

/* What the file has under ROW's id. */
static int
find_place(struct writer *w, struct writer_row *row, struct err *err)
{
    sqlite3_stmt *s;
    int rc = writer_statement_get(w, row->kind, WRITER_FIND, &s, err);
    if (rc != 0) {
        return rc;
    }
    sql_text(s, 1, row->id);
    rc = sql_step(s, "import", err);
    if (rc <= 0) {
        return rc;
    }
    row->replaces = sqlite3_column_int64(s, 0);
    row->same = !row->prepared && (uint64_t)sqlite3_column_int64(s, 1) == row->hash;
    (void)sqlite3_reset(s);
    return 0;
}

/* Take out what the file has under ROW's id. */
static int
make_way(struct writer *w, const struct writer_row *row, struct err *err)
{
    sqlite3_stmt *s;
    int rc = writer_statement_get(w, row->kind, WRITER_FIND, &s, err);
    if (rc != 0) {
        return rc;
    }
    sql_text(s, 1, row->id);
    rc = sql_step(s, "import", err);
    if (rc <= 0) {
        return rc;
    }
    rc = writer_delete(w, row->kind, sql_column(s, 2), row->replaces, err);
    (void)sqlite3_reset(s);
    return rc;
}

static int
compare_places(const void *a, const void *b)
{
    const struct writer_row *const *x = a;
    const struct writer_row *const *y = b;
    return ((*x)->replaces > (*y)->replaces) - ((*x)->replaces < (*y)->replaces);
}

static int
make_ways(struct writer *w, struct writer_row *rows, size_t count, struct err *err)
{
    const struct writer_row *leaving[WRITER_BATCH_ROWS];
    size_t found = 0;
    int rc = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].replaces != 0 && !rows[i].same) {
            leaving[found++] = &rows[i];
        }
    }
    qsort(leaving, found, sizeof(*leaving), compare_places);
    for (size_t i = 0; rc == 0 && i < found; i++) {
        rc = make_way(w, leaving[i], err);
    }
    return rc;
}

/* Rows of as many ids. FTS5 writes out what it has collected whenever a row number is not beyond
 * the one before, and soon merges all it has written: so what goes, goes first and in order, and
 * what comes has new numbers beyond all of it. */
static int
apply(struct writer *w, struct writer_row *rows, size_t count, struct arena *arena, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = note_fate(w, &rows[i], err);
        if (rc == 0 && (!rows[i].prepared || rows[i].again)) {
            rc = find_place(w, &rows[i], err);
        }
    }
    rc = rc != 0 ? rc : make_ways(w, rows, count, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (!rows[i].same) {
            rc = rows[i].prepared ? 0 : writer_prepare(w, &rows[i], arena, err);
            rc = rc != 0 ? rc : writer_insert(w, &rows[i], err);
        }
    }
    return rc;
}

/* How many of ROWS have ids of their own. */
static size_t
count_distinct(const struct writer_row *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t k = 0; rows[i].again && k < i; k++) {
            if (rows[k].ordinal == rows[i].ordinal) {
                return i;
            }
        }
    }
    return count;
}

int
writer_apply(void *writer, size_t slot, struct err *err)
{
    struct writer *w = writer;
    struct writer_batch *batch = &w->batches[slot];
    int rc = 0;
    for (size_t done = 0; rc == 0 && done < batch->count;) {
        struct writer_row *rows = &batch->rows[done];
        size_t count = count_distinct(rows, batch->count - done);
        rc = apply(w, rows, count, &batch->arena, err);
        done += count;
    }
    return rc;
}
