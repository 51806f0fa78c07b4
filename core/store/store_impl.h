/* store_impl: what a database must offer to be a desk's record. For backends only.
 *
 * A backend knows tables, not conversations: store.c implements every typed function of store.h
 * once, over five generic operations on described rows. A table is described by its fields
 * (tables.c), each a name, a type and an offset into the row's struct of rows.h, and by what must
 * hold between rows (parent, unique); SQLite makes its statements from that, memory its
 * comparisons. So a new fact is a struct, a description and a migration, and no backend changes.
 *
 * Threads: one thread at a time uses a connection (the store's lock sees to the writer's, each
 * reader thread has its own); which thread may change between two transactions. open and close
 * come before and after all others. A backend may block. */
#ifndef STORE_STORE_IMPL_H
#define STORE_STORE_IMPL_H

#include "store/store.h"

enum field_type { FIELD_TEXT, FIELD_INT };

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
};

enum table_id {
    TABLE_CONVERSATION,
    TABLE_MESSAGE,
    TABLE_TURN,
    TABLE_MODEL_CALL,
    TABLE_TOOL_CALL,
    TABLE_TICKET,
    TABLE_TICKET_EVENT,
    TABLE_OWNER,
    TABLE_FEEDBACK,
    TABLE_PROMPT,
    TABLE_SPEND,
    TABLE_HOLD,
    TABLE_DIGEST,
    TABLE_ANSWER,
    TABLE_APPROVAL,
    TABLE_TOOL_USE,
    TABLE_PLUGIN_VALUE,
    TABLE_PLUGIN_SPACE,
    TABLE_PLUGIN_METRIC,
    TABLE_PLUGIN_STATE,
    TABLE_COUNTER,
    TABLE_COUNT
};

/* The last number given of a kind: ticket numbers must not come again after a deletion. The one
 * table whose rows callers never see. */
struct counter_row {
    struct str name;
    int64_t value;
};

/* No two rows of a table (where ONLY_IF is set: of those whose field there has that text) have the
 * same values in both fields. */
struct unique {
    size_t offsets[2];
    size_t count;
    size_t only_if_offset;
    const char *only_if; /* NULL: always */
    const char *says;    /* "its conversation has an open turn already" */
};

enum { TABLE_FIELDS_MAX = 32 }; /* a set of fields is a bit mask */

struct table {
    const char *name;
    size_t row_size;
    const struct field *fields; /* fields[0] is the primary key */
    size_t field_count;
    enum table_id parent; /* whose primary key PARENT_OFFSET holds; TABLE_COUNT: none */
    size_t parent_offset;
    const struct unique *unique; /* NULL: the primary key alone */
};
const struct table *table_get(enum table_id id);
/* The field at OFFSET of the row's struct; there must be one. */
const struct field *table_field(const struct table *t, size_t offset);
/* The refusals every backend owes, in the same words. */
int table_err_exists(const struct table *t, const void *row, struct err *err);
int table_err_unique(const struct table *t, const void *row, struct err *err);
int table_err_parent(const struct table *t, const void *row, struct err *err);

enum match_op { MATCH_EQ, MATCH_GE, MATCH_GT, MATCH_LT };

/* One condition on a field; the value of the field's type. */
struct match {
    const struct field *field;
    enum match_op op;
    /* TEXT is a word of rows.h, at most 15 letters: a database may build it into the statement,
     * where an index that holds only such rows needs it. */
    bool constant;
    struct str text;
    int64_t number;
};

enum { MATCH_MAX = 4 };

/* Rows that agree in both fields of ORDER_BY (NULL: none) keep the order they were added in; the
 * whole order is turned round by DESCENDING. */
struct selection {
    const struct match *matches;
    size_t match_count;
    const struct field *order_by[2];
    bool descending;
    size_t limit; /* 0: none */
};

struct backend;    /* one open database */
struct connection; /* the writer's, or one reader's */

struct backend_ops {
    const char *name;
    bool on_disk; /* the desk is a folder: processes take their lock file in it */
    int (*open)(const struct store_options *options, struct backend **ret, struct err *err);
    void (*close)(struct backend *b);
    int (*connect)(struct backend *b, bool writer, struct connection **ret, struct err *err);
    void (*disconnect)(struct connection *c);

    /* Writer: one transaction holds many bodies, each between mark and keep or undo; a body that
     * has the transaction for itself needs neither. */
    int (*begin)(struct connection *c, struct err *err);
    int (*commit)(struct connection *c, struct err *err); /* durable when it returns 0 */
    void (*rollback)(struct connection *c);               /* fine when there is none any more */
    int (*mark)(struct connection *c, struct err *err);
    int (*keep)(struct connection *c, struct err *err);
    void (*undo)(struct connection *c);
    /* Does the transaction still stand? A full disk may have taken it away under a body. */
    bool (*in_transaction)(struct connection *c);
    /* Reader: a snapshot. */
    int (*begin_read)(struct connection *c, struct err *err);
    void (*end_read)(struct connection *c);

    int (*insert)(struct connection *c, const struct table *t, const void *row, struct err *err);
    /* Rows of *RET are an array of t->row_size, texts in ARENA. */
    int (*select)(struct connection *c, const struct table *t, const struct selection *s,
                  struct arena *a, void **ret, size_t *ret_count, struct err *err);
    /* Set FIELDS (bit i: t->fields[i]; never the primary key) of the rows that match to ROW's
     * values; *RET_CHANGED of them were there. */
    int (*update)(struct connection *c, const struct table *t, const void *row, uint32_t fields,
                  const struct match *matches, size_t match_count, size_t *ret_changed,
                  struct err *err);
    int (*remove)(struct connection *c, const struct table *t, const struct match *match,
                  struct err *err);
    /* The largest value of integer FIELD among the rows that match (0 when none). */
    int (*max)(struct connection *c, const struct table *t, const struct field *field,
               const struct match *matches, size_t match_count, int64_t *ret, struct err *err);

    /* store_query(); NULL where there is no SQL. */
    int (*query)(struct connection *c, const struct store_query *q, struct err *err);

    /* A number that changes with every commit made through any other connection. */
    int (*change_count)(struct connection *c, int64_t *ret, struct err *err);
    /* What only the database itself can check; the invariants of the rows are store_check.c's. */
    int (*check)(struct connection *c, struct err *err);
};

/* Build a store on OPS: threads, group commit, watch, process lock. */
int store_open_on(const struct backend_ops *ops, const struct store_options *options,
                  struct loop *loop, struct store **ret, struct err *err) WARN_UNUSED;

#endif
