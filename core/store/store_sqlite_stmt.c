/* Statements, made from the tables' descriptions.
 *
 * Each shape of operation is prepared once a connection and kept: a desk uses some forty. Values
 * are always bound, never written into the text, except the one constant a match may carry: a
 * partial index is used only where the statement says the same word. */
#include "store/store_sqlite.h"

#include <string.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/must.h"

enum { SQL_MAX = 4096 };

static struct shape
shape_of(enum shape_kind kind, const struct table *t, const struct match *matches, size_t count)
{
    struct shape shape;
    must(count <= MATCH_MAX);
    memset(&shape, 0, sizeof(shape)); /* compared whole, padding included */
    shape.kind = (uint8_t)kind;
    shape.table = (uint8_t)(t - table_get(0));
    shape.match_count = (uint8_t)count;
    shape.order[0] = SHAPE_NO_FIELD;
    shape.order[1] = SHAPE_NO_FIELD;
    shape.constant_at = MATCH_MAX;
    for (size_t i = 0; i < count; i++) {
        shape.match_fields[i] = (uint8_t)(matches[i].field - t->fields);
        shape.match_ops[i] = (uint8_t)matches[i].op;
        if (matches[i].constant) {
            must(shape.constant_at == MATCH_MAX && matches[i].text.len < SHAPE_CONSTANT);
            shape.constant_at = (uint8_t)i;
            memcpy(shape.constant, matches[i].text.ptr, matches[i].text.len);
        }
    }
    return shape;
}

static void
add_names(struct buf *sql, const struct table *t, const char *after_each)
{
    for (size_t i = 0; i < t->field_count; i++) {
        buf_printf(sql, "%s%s%s", i ? ", " : "", t->fields[i].name, after_each);
    }
}

static void
add_where(struct buf *sql, const struct table *t, const struct shape *shape)
{
    static const char *const words[] = {
        [MATCH_EQ] = "=", [MATCH_GE] = ">=", [MATCH_GT] = ">", [MATCH_LT] = "<"};
    for (size_t i = 0; i < shape->match_count; i++) {
        buf_printf(sql, "%s%s %s ", i ? " AND " : " WHERE ", t->fields[shape->match_fields[i]].name,
                   words[shape->match_ops[i]]);
        if (i == shape->constant_at) {
            buf_printf(sql, "'%s'", shape->constant);
        } else {
            buf_add_c(sql, "?");
        }
    }
}

static void
add_insert(struct buf *sql, const struct table *t)
{
    buf_printf(sql, "INSERT INTO %s (", t->name);
    add_names(sql, t, "");
    buf_add_c(sql, ") VALUES (");
    for (size_t i = 0; i < t->field_count; i++) {
        buf_add_c(sql, i ? ", ?" : "?");
    }
    buf_add_c(sql, ")");
}

static void
add_select(struct buf *sql, const struct table *t, const struct shape *shape)
{
    const char *way = shape->descending ? " DESC" : "";
    buf_add_c(sql, "SELECT ");
    add_names(sql, t, "");
    buf_printf(sql, " FROM %s", t->name);
    add_where(sql, t, shape);
    /* The row id grows with each insert. */
    if (shape->order[0] != SHAPE_NO_FIELD) {
        buf_printf(sql, " ORDER BY %s%s", t->fields[shape->order[0]].name, way);
        if (shape->order[1] != SHAPE_NO_FIELD) {
            buf_printf(sql, ", %s%s", t->fields[shape->order[1]].name, way);
        }
        buf_printf(sql, ", rowid%s", way);
    }
    buf_add_c(sql, " LIMIT ?");
}

static void
add_update(struct buf *sql, const struct table *t, const struct shape *shape)
{
    const char *separator = " SET ";
    buf_printf(sql, "UPDATE %s", t->name);
    for (size_t i = 0; i < t->field_count; i++) {
        if (shape->fields >> i & 1) {
            buf_printf(sql, "%s%s = ?", separator, t->fields[i].name);
            separator = ", ";
        }
    }
    add_where(sql, t, shape);
}

static void
add_sql(struct buf *sql, const struct table *t, const struct shape *shape)
{
    switch ((enum shape_kind)shape->kind) {
    case SHAPE_INSERT:
        add_insert(sql, t);
        return;
    case SHAPE_SELECT:
        add_select(sql, t, shape);
        return;
    case SHAPE_UPDATE:
        add_update(sql, t, shape);
        return;
    case SHAPE_REMOVE:
        buf_printf(sql, "DELETE FROM %s", t->name);
        add_where(sql, t, shape);
        return;
    case SHAPE_MAX:
        buf_printf(sql, "SELECT max(%s) FROM %s", t->fields[shape->fields].name, t->name);
        add_where(sql, t, shape);
        return;
    }
    unreachable();
}

static int
prepare(struct connection *c, const struct table *t, const struct shape *shape, sqlite3_stmt **ret,
        struct err *err)
{
    AUTO(buf) struct buf sql;
    buf_init(&sql, SQL_MAX);
    add_sql(&sql, t, shape);
    int result = buf_finish(&sql, t->name, err);
    if (result < 0) {
        return result;
    }
    if (!mem_grow(c->cache, c->cache_count, c->cache_capacity)) {
        return err_nomem(err);
    }
    int code =
        sqlite3_prepare_v3(c->db, sql.text, (int)sql.len + 1, SQLITE_PREPARE_PERSISTENT, ret, NULL);
    if (code != SQLITE_OK) {
        return sqlite_fail(c, code, t->name, err);
    }
    c->cache[c->cache_count++] = (struct cached_statement){*shape, *ret};
    return 0;
}

static int
statement_for(struct connection *c, const struct table *t, const struct shape *shape,
              sqlite3_stmt **ret, struct err *err)
{
    for (size_t i = 0; i < c->cache_count; i++) {
        if (memcmp(&c->cache[i].shape, shape, sizeof(*shape)) == 0) {
            *ret = c->cache[i].statement;
            return 0;
        }
    }
    return prepare(c, t, shape, ret, err);
}

void
sqlite_forget_statements(struct connection *c)
{
    for (size_t i = 0; i < c->cache_count; i++) {
        (void)sqlite3_finalize(c->cache[i].statement);
    }
    for (size_t i = 0; i < CONTROL_COUNT; i++) {
        (void)sqlite3_finalize(c->controls[i]);
    }
    mem_free(c->cache);
    c->cache = NULL;
    c->cache_count = 0;
}

static int
bind_text(sqlite3_stmt *st, int at, struct str text)
{
    return sqlite3_bind_text64(st, at, text.ptr ? text.ptr : "", text.len, SQLITE_STATIC,
                               SQLITE_UTF8);
}

/* The bytes stay where they are until the statement is done: they need no copy. */
static int
bind_field(sqlite3_stmt *st, int at, const struct field *field, const void *row)
{
    const char *value = (const char *)row + field->offset;
    if (field->type == FIELD_INT) {
        int64_t number;
        memcpy(&number, value, sizeof(number));
        return sqlite3_bind_int64(st, at, number);
    }
    struct str text;
    memcpy(&text, value, sizeof(text));
    return bind_text(st, at, text);
}

/* Bind what MATCHES compare with, from parameter *AT on. */
static int
bind_matches(sqlite3_stmt *st, int *at, const struct match *matches, size_t count)
{
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < count; i++) {
        const struct match *m = &matches[i];
        if (!m->constant) {
            code = m->field->type == FIELD_INT ? sqlite3_bind_int64(st, *at, m->number)
                                               : bind_text(st, *at, m->text);
            (*at)++;
        }
    }
    return code;
}

int
sqlite_step(sqlite3_stmt *statement)
{
    return fault_io("store.step") ? SQLITE_IOERR : sqlite3_step(statement);
}

/* Run ST, which yields no rows, and make it ready for the next time. */
static int
finish(sqlite3_stmt *st, int code)
{
    if (code == SQLITE_OK) {
        code = sqlite_step(st);
    }
    (void)sqlite3_reset(st);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
constraint_broken(struct connection *c, int code, const struct table *t, const void *row,
                  struct err *err)
{
    switch (code) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
        return table_err_exists(t, row, err);
    case SQLITE_CONSTRAINT_UNIQUE:
        return table_err_unique(t, row, err);
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return table_err_parent(t, row, err);
    default:
        return sqlite_fail(c, code, t->name, err);
    }
}

int
sqlite_insert(struct connection *c, const struct table *t, const void *row, struct err *err)
{
    sqlite3_stmt *st;
    struct shape shape = shape_of(SHAPE_INSERT, t, NULL, 0);
    int result = statement_for(c, t, &shape, &st, err);
    if (result < 0) {
        return result;
    }
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < t->field_count; i++) {
        code = bind_field(st, (int)i + 1, &t->fields[i], row);
    }
    code = finish(st, code);
    return code == SQLITE_OK ? 0 : constraint_broken(c, code, t, row, err);
}

/* Copy the row ST stands on to ROW. False when memory ran out. */
static bool
read_row(sqlite3_stmt *st, const struct table *t, struct arena *a, char *row)
{
    for (size_t i = 0; i < t->field_count; i++) {
        char *at = row + t->fields[i].offset;
        if (t->fields[i].type == FIELD_INT) {
            int64_t number = sqlite3_column_int64(st, (int)i);
            memcpy(at, &number, sizeof(number));
            continue;
        }
        const char *bytes = (const char *)sqlite3_column_text(st, (int)i);
        struct str text = {bytes, (size_t)sqlite3_column_bytes(st, (int)i)};
        text = bytes ? arena_str(a, text) : (struct str){0};
        if (!text.ptr) {
            return false;
        }
        memcpy(at, &text, sizeof(text));
    }
    return true;
}

/* Room for one more row behind COUNT in an array of the arena's that doubles. */
static bool
make_room(const struct table *t, struct arena *a, size_t count, size_t *capacity, char **rows)
{
    enum { FIRST = 8 };
    if (count < *capacity) {
        return true;
    }
    size_t wanted = *capacity ? *capacity * 2 : FIRST;
    char *grown = arena_zero(a, wanted, t->row_size);
    if (!grown) {
        return false;
    }
    if (count) {
        memcpy(grown, *rows, count * t->row_size);
    }
    *rows = grown;
    *capacity = wanted;
    return true;
}

static int
read_rows(struct connection *c, sqlite3_stmt *st, const struct table *t, const struct selection *s,
          struct arena *a, char **ret, size_t *ret_count, struct err *err)
{
    size_t capacity = 0;
    if (s->limit == 1) {
        capacity = 1;
        *ret = arena_zero(a, 1, t->row_size);
        if (!*ret) {
            return err_nomem(err);
        }
    }
    int code = sqlite_step(st);
    for (; code == SQLITE_ROW; code = sqlite_step(st)) {
        if (!make_room(t, a, *ret_count, &capacity, ret) ||
            !read_row(st, t, a, *ret + *ret_count * t->row_size)) {
            return err_nomem(err);
        }
        ++*ret_count;
    }
    return code == SQLITE_DONE ? 0 : sqlite_fail(c, code, t->name, err);
}

int
sqlite_select(struct connection *c, const struct table *t, const struct selection *s,
              struct arena *a, void **ret, size_t *ret_count, struct err *err)
{
    sqlite3_stmt *st;
    struct shape shape = shape_of(SHAPE_SELECT, t, s->matches, s->match_count);
    shape.descending = s->descending;
    for (size_t i = 0; i < 2 && s->order_by[i]; i++) {
        shape.order[i] = (uint8_t)(s->order_by[i] - t->fields);
    }
    int result = statement_for(c, t, &shape, &st, err);
    if (result < 0) {
        return result;
    }
    int at = 1;
    char *rows = NULL;
    int code = bind_matches(st, &at, s->matches, s->match_count);
    if (code == SQLITE_OK) {
        code =
            sqlite3_bind_int64(st, at, s->limit && s->limit < INT64_MAX ? (int64_t)s->limit : -1);
    }
    *ret_count = 0;
    result = code == SQLITE_OK ? read_rows(c, st, t, s, a, &rows, ret_count, err)
                               : sqlite_fail(c, code, t->name, err);
    (void)sqlite3_reset(st);
    *ret = rows;
    return result;
}

int
sqlite_update(struct connection *c, const struct table *t, const void *row, uint32_t fields,
              const struct match *matches, size_t match_count, size_t *ret_changed, struct err *err)
{
    sqlite3_stmt *st;
    struct shape shape = shape_of(SHAPE_UPDATE, t, matches, match_count);
    shape.fields = fields;
    must(fields != 0 && !(fields & 1));
    int result = statement_for(c, t, &shape, &st, err);
    if (result < 0) {
        return result;
    }
    int at = 1;
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < t->field_count; i++) {
        if (fields >> i & 1) {
            code = bind_field(st, at++, &t->fields[i], row);
        }
    }
    if (code == SQLITE_OK) {
        code = bind_matches(st, &at, matches, match_count);
    }
    code = finish(st, code);
    if (code != SQLITE_OK) {
        return constraint_broken(c, code, t, row, err);
    }
    *ret_changed = (size_t)sqlite3_changes64(c->db);
    return 0;
}

int
sqlite_remove(struct connection *c, const struct table *t, const struct match *match,
              struct err *err)
{
    sqlite3_stmt *st;
    struct shape shape = shape_of(SHAPE_REMOVE, t, match, 1);
    int result = statement_for(c, t, &shape, &st, err);
    if (result < 0) {
        return result;
    }
    int at = 1;
    int code = finish(st, bind_matches(st, &at, match, 1));
    return code == SQLITE_OK ? 0 : sqlite_fail(c, code, t->name, err);
}

int
sqlite_max(struct connection *c, const struct table *t, const struct field *field,
           const struct match *matches, size_t match_count, int64_t *ret, struct err *err)
{
    sqlite3_stmt *st;
    struct shape shape = shape_of(SHAPE_MAX, t, matches, match_count);
    shape.fields = (uint32_t)(field - t->fields);
    int result = statement_for(c, t, &shape, &st, err);
    if (result < 0) {
        return result;
    }
    int at = 1;
    int code = bind_matches(st, &at, matches, match_count);
    code = code == SQLITE_OK ? sqlite_step(st) : code;
    if (code == SQLITE_ROW) {
        *ret = sqlite3_column_int64(st, 0); /* NULL, of no rows, reads as 0 */
    }
    (void)sqlite3_reset(st);
    return code == SQLITE_ROW ? 0 : sqlite_fail(c, code, t->name, err);
}
