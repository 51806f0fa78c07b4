#include "store/store_rows.h"

#include <string.h>

static int
check_writer(struct store_tx *tx, struct err *err)
{
    return tx->writer ? 0
                      : err_set(err, ERR_BUG,
                                "a body given to store_read() or to a read-only desk "
                                "tried to write");
}

int
rows_add(struct store_tx *tx, enum table_id table, const void *row, struct err *err)
{
    int result = check_writer(tx, err);
    return result < 0 ? result : tx->ops->insert(tx->connection, table_get(table), row, err);
}

int
rows_list(struct store_tx *tx, enum table_id table, const struct selection *s, struct arena *a,
          void *ret_rows, size_t *ret_count, struct err *err)
{
    void *rows = NULL;
    size_t count = 0;
    int result = tx->ops->select(tx->connection, table_get(table), s, a, &rows, &count, err);
    if (result == 0) {
        memcpy(ret_rows, &rows, sizeof(rows));
        *ret_count = count;
    }
    return result;
}

int
rows_list_of(struct store_tx *tx, enum table_id table, const struct match *of,
             const struct field *order, struct arena *a, void *ret_rows, size_t *ret_count,
             struct err *err)
{
    struct selection s = {.matches = of, .match_count = 1, .order_by = {order}};
    return rows_list(tx, table, &s, a, ret_rows, ret_count, err);
}

int
rows_get(struct store_tx *tx, enum table_id table, const struct match *key, struct arena *a,
         void *ret_row, struct err *err)
{
    void *rows;
    size_t count;
    struct selection s = {.matches = key, .match_count = 1, .limit = 1};
    int result = rows_list(tx, table, &s, a, &rows, &count, err);
    if (result != 0 || count == 0) {
        return result ? result : STORE_NONE;
    }
    memcpy(ret_row, rows, table_get(table)->row_size);
    return 0;
}

int
rows_change(struct store_tx *tx, const struct row_change *change, struct err *err)
{
    const struct table *t = table_get(change->table);
    uint32_t fields = 0;
    size_t changed = 0;
    int result = check_writer(tx, err);
    for (size_t i = 0; i < change->field_count; i++) {
        fields |= UINT32_C(1) << (change->fields[i] - t->fields);
    }
    if (result == 0) {
        result = tx->ops->update(tx->connection, t, change->row, fields, change->matches,
                                 change->match_count, &changed, err);
    }
    if (result != 0 || changed > 0) {
        return result;
    }
    void *rows;
    size_t count;
    struct selection s = {.matches = change->matches, .match_count = 1, .limit = 1};
    result = rows_list(tx, change->table, &s, &tx->scratch, &rows, &count, err);
    return result != 0 ? result : count == 0 ? STORE_NONE : STORE_STALE;
}

size_t
rows_fields_from(enum table_id table, size_t from, const struct field *ret[TABLE_FIELDS_MAX])
{
    const struct table *t = table_get(table);
    size_t count = 0;
    for (size_t i = from; i < t->field_count; i++) {
        ret[count++] = &t->fields[i];
    }
    return count;
}

int
rows_remove(struct store_tx *tx, enum table_id table, const struct match *match, struct err *err)
{
    int result = check_writer(tx, err);
    return result < 0 ? result : tx->ops->remove(tx->connection, table_get(table), match, err);
}

int
rows_max(struct store_tx *tx, enum table_id table, const struct field *field,
         const struct match *of, int64_t *ret, struct err *err)
{
    return tx->ops->max(tx->connection, table_get(table), field, of, of ? 1 : 0, ret, err);
}
