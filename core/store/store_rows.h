/* store_rows: one step between the typed functions of store.h and a backend's operations. Private
 * to this floor.
 *
 * Fields are named by table and offset: AT(TABLE_TURN, turn_row, state). A transaction of
 * store_read() is refused whatever writes. */
#ifndef STORE_STORE_ROWS_H
#define STORE_STORE_ROWS_H

#include "store/store_private.h"

#define AT(table, row, member) table_field(table_get(table), offsetof(struct row, member))

static inline struct match
match_text(const struct field *field, struct str text)
{
    return (struct match){.field = field, .text = text};
}

/* TEXT is one of the words of rows.h. */
static inline struct match
match_word(const struct field *field, struct str text)
{
    return (struct match){.field = field, .text = text, .constant = true};
}

static inline struct match
match_int(const struct field *field, enum match_op op, int64_t number)
{
    return (struct match){.field = field, .op = op, .number = number};
}

int rows_add(struct store_tx *tx, enum table_id table, const void *row,
             struct err *err) WARN_UNUSED;
/* The row whose primary key matches KEY, into *RET_ROW. STORE_NONE. */
int rows_get(struct store_tx *tx, enum table_id table, const struct match *key, struct arena *a,
             void *ret_row, struct err *err) WARN_UNUSED;
/* RET_ROWS is the address of a pointer to rows of the table. */
int rows_list(struct store_tx *tx, enum table_id table, const struct selection *s, struct arena *a,
              void *ret_rows, size_t *ret_count, struct err *err) WARN_UNUSED;
/* The rows that match OF, ordered by ORDER. */
int rows_list_of(struct store_tx *tx, enum table_id table, const struct match *of,
                 const struct field *order, struct arena *a, void *ret_rows, size_t *ret_count,
                 struct err *err) WARN_UNUSED;

/* What to set, where; MATCHES[0] is the primary key, the others are what the caller believes the
 * row to be still. */
struct row_change {
    enum table_id table;
    const void *row;
    const struct field *const *fields;
    size_t field_count;
    const struct match *matches;
    size_t match_count;
};
/* STORE_STALE: the row is there and does not match; STORE_NONE: it is not there. */
int rows_change(struct store_tx *tx, const struct row_change *change, struct err *err) WARN_UNUSED;

/* The fields of TABLE from index FROM on; how many. */
size_t rows_fields_from(enum table_id table, size_t from,
                        const struct field *ret[TABLE_FIELDS_MAX]);

int rows_remove(struct store_tx *tx, enum table_id table, const struct match *match,
                struct err *err) WARN_UNUSED;
int rows_max(struct store_tx *tx, enum table_id table, const struct field *field,
             const struct match *of, int64_t *ret, struct err *err) WARN_UNUSED;

#endif
