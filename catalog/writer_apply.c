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

/* Take out what the file has under ROW's id. *RET_SAME: it is ROW itself and stays. */
static int
make_way(struct writer *w, const struct writer_row *row, bool *ret_same, struct err *err)
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
    *ret_same = !row->prepared && (uint64_t)sqlite3_column_int64(s, 1) == row->hash;
    rc = *ret_same ? 0
                   : writer_delete(w, row->kind, sql_column(s, 2), sqlite3_column_int64(s, 0), err);
    (void)sqlite3_reset(s);
    return rc;
}

static int
apply(struct writer *w, struct writer_row *row, struct arena *arena, struct err *err)
{
    bool same = false;
    int rc = note_fate(w, row, err);
    if (rc == 0 && (!row->prepared || row->again)) {
        rc = make_way(w, row, &same, err);
    }
    if (rc != 0 || same) {
        return rc;
    }
    rc = row->prepared ? 0 : writer_prepare(w, row, arena, err);
    return rc != 0 ? rc : writer_insert(w, row, err);
}

int
writer_apply(void *writer, size_t slot, struct err *err)
{
    struct writer *w = writer;
    struct writer_batch *batch = &w->batches[slot];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < batch->count; i++) {
        rc = apply(w, &batch->rows[i], &batch->arena, err);
    }
    return rc;
}
