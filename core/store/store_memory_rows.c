/* Rows of the in-memory backend: the generic operations over lists of versions. */
#include "store/store_memory.h"

#include <stdlib.h>
#include <string.h>

static size_t
index_of(const struct table *t)
{
    return (size_t)(t - table_get(0));
}

static bool
visible(const struct connection *c, const struct version *v)
{
    return v->born <= c->snapshot && v->died > c->snapshot;
}

static struct str
text_at(const void *row, size_t offset)
{
    struct str text;
    memcpy(&text, (const char *)row + offset, sizeof(text));
    return text;
}

static int64_t
number_at(const void *row, size_t offset)
{
    int64_t number;
    memcpy(&number, (const char *)row + offset, sizeof(number));
    return number;
}

static int
compare_number(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int
compare_field(const struct field *field, const void *a, const void *b)
{
    return field->type == FIELD_INT
               ? compare_number(number_at(a, field->offset), number_at(b, field->offset))
               : str_cmp(text_at(a, field->offset), text_at(b, field->offset));
}

static bool
matches_row(const void *row, const struct match *matches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct match *m = &matches[i];
        int order = m->field->type == FIELD_INT
                        ? compare_number(number_at(row, m->field->offset), m->number)
                        : str_cmp(text_at(row, m->field->offset), m->text);
        const bool holds[] = {[MATCH_EQ] = order == 0,
                              [MATCH_GE] = order >= 0,
                              [MATCH_GT] = order > 0,
                              [MATCH_LT] = order < 0};
        if (!holds[m->op]) {
            return false;
        }
    }
    return true;
}

/* A version of its own, texts behind the row, in one piece of memory. */
static struct version *
copy_row(const struct table *t, const void *row)
{
    size_t size = sizeof(struct version) + t->row_size;
    for (size_t i = 0; i < t->field_count; i++) {
        if (t->fields[i].type == FIELD_TEXT &&
            __builtin_add_overflow(size, text_at(row, t->fields[i].offset).len, &size)) {
            return NULL;
        }
    }
    struct version *v = mem_alloc(size);
    if (!v) {
        return NULL;
    }
    char *free_space = v->row + t->row_size;
    memcpy(v->row, row, t->row_size);
    for (size_t i = 0; i < t->field_count; i++) {
        struct str text = {0};
        if (t->fields[i].type == FIELD_TEXT) {
            text = text_at(row, t->fields[i].offset);
            if (text.len) {
                memcpy(free_space, text.ptr, text.len);
            }
            text.ptr = free_space;
            free_space += text.len;
            memcpy(v->row + t->fields[i].offset, &text, sizeof(text));
        }
    }
    v->died = VERSION_ALIVE;
    return v;
}

static bool
note(struct backend *b, const struct table *t, struct version *v, bool born)
{
    if (!mem_grow(b->changes, b->change_count, b->change_capacity)) {
        return false;
    }
    b->changes[b->change_count++] = (struct change){v, index_of(t), born};
    return true;
}

/* Make V a row of T; freed when memory runs out. */
static bool
add_version(struct connection *c, const struct table *t, struct version *v)
{
    struct versions *list = &c->backend->tables[index_of(t)];
    if (!v || !mem_grow(list->items, list->count, list->capacity) ||
        !note(c->backend, t, v, true)) {
        mem_free(v);
        return false;
    }
    v->born = c->snapshot;
    list->items[list->count++] = v;
    return true;
}

static bool
kill_version(struct connection *c, const struct table *t, struct version *v)
{
    if (!note(c->backend, t, v, false)) {
        return false;
    }
    v->died = c->snapshot;
    c->backend->dead++;
    return true;
}

/* Is there a row of T, seen by C, with ROW's value in FIELD? */
static bool
has_value(const struct connection *c, const struct table *t, const struct field *field,
          const void *row, const struct field *row_field)
{
    const struct versions *list = &c->backend->tables[index_of(t)];
    struct match m = {.field = field};
    if (field->type == FIELD_INT) {
        m.number = number_at(row, row_field->offset);
    } else {
        m.text = text_at(row, row_field->offset);
    }
    for (size_t i = list->count; i-- > 0;) {
        if (visible(c, list->items[i]) && matches_row(list->items[i]->row, &m, 1)) {
            return true;
        }
    }
    return false;
}

static bool
breaks_unique(const struct connection *c, const struct table *t, const void *row)
{
    const struct unique *u = t->unique;
    const struct versions *list = &c->backend->tables[index_of(t)];
    if (!u || (u->only_if && !str_eq_c(text_at(row, u->only_if_offset), u->only_if))) {
        return false;
    }
    for (size_t i = list->count; i-- > 0;) {
        const void *other = list->items[i]->row;
        bool same = visible(c, list->items[i]) &&
                    (!u->only_if || str_eq_c(text_at(other, u->only_if_offset), u->only_if));
        for (size_t j = 0; same && j < u->count; j++) {
            same = compare_field(table_field(t, u->offsets[j]), row, other) == 0;
        }
        if (same) {
            return true;
        }
    }
    return false;
}

static int
insert_locked(struct connection *c, const struct table *t, const void *row, struct err *err)
{
    if (has_value(c, t, &t->fields[0], row, &t->fields[0])) {
        return table_err_exists(t, row, err);
    }
    if (breaks_unique(c, t, row)) {
        return table_err_unique(t, row, err);
    }
    if (t->parent != TABLE_COUNT) {
        const struct table *parent = table_get(t->parent);
        if (!has_value(c, parent, &parent->fields[0], row, table_field(t, t->parent_offset))) {
            return table_err_parent(t, row, err);
        }
    }
    struct version *v = copy_row(t, row);
    if (!add_version(c, t, v)) {
        return err_nomem(err);
    }
    v->place = ++c->backend->last_place;
    return 0;
}

int
memory_insert(struct connection *c, const struct table *t, const void *row, struct err *err)
{
    (void)pthread_mutex_lock(&c->backend->lock);
    int result = insert_locked(c, t, row, err);
    (void)pthread_mutex_unlock(&c->backend->lock);
    return result;
}

static int
in_order(const void *a, const void *b, void *arg)
{
    const struct selection *s = arg;
    const struct version *x = *(struct version *const *)a;
    const struct version *y = *(struct version *const *)b;
    int order = 0;
    for (size_t i = 0; i < 2 && s->order_by[i] && order == 0; i++) {
        order = compare_field(s->order_by[i], x->row, y->row);
    }
    if (order == 0) {
        order = x->place < y->place ? -1 : x->place > y->place;
    }
    return s->descending ? -order : order;
}

static int
copy_out(const struct table *t, struct version *const *found, size_t count, struct arena *a,
         void **ret, struct err *err)
{
    char *rows = arena_zero(a, count, t->row_size);
    bool complete = rows != NULL;
    for (size_t i = 0; complete && i < count; i++) {
        char *row = rows + i * t->row_size;
        memcpy(row, found[i]->row, t->row_size);
        for (size_t j = 0; complete && j < t->field_count; j++) {
            if (t->fields[j].type == FIELD_TEXT) {
                struct str text = arena_str(a, text_at(row, t->fields[j].offset));
                memcpy(row + t->fields[j].offset, &text, sizeof(text));
                complete = text.ptr != NULL;
            }
        }
    }
    *ret = rows;
    return complete ? 0 : err_nomem(err);
}

static int
select_locked(struct connection *c, const struct table *t, const struct selection *s,
              struct arena *a, void **ret, size_t *ret_count, struct err *err)
{
    const struct versions *list = &c->backend->tables[index_of(t)];
    AUTO(mem) struct version **found = mem_alloc(list->count * sizeof(*found));
    size_t count = 0;
    if (!found) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (visible(c, list->items[i]) &&
            matches_row(list->items[i]->row, s->matches, s->match_count)) {
            found[count++] = list->items[i];
        }
    }
    qsort_r(found, count, sizeof(struct version *), in_order, (void *)s);
    *ret_count = s->limit && s->limit < count ? s->limit : count;
    return copy_out(t, found, *ret_count, a, ret, err);
}

int
memory_select(struct connection *c, const struct table *t, const struct selection *s,
              struct arena *a, void **ret, size_t *ret_count, struct err *err)
{
    (void)pthread_mutex_lock(&c->backend->lock);
    int result = select_locked(c, t, s, a, ret, ret_count, err);
    (void)pthread_mutex_unlock(&c->backend->lock);
    return result;
}

/* Replace V by a version with FIELDS of ROW. */
static bool
replace(struct connection *c, const struct table *t, struct version *v, const void *row,
        uint32_t fields)
{
    AUTO(mem) char *merged = mem_alloc(t->row_size);
    if (!merged) {
        return false;
    }
    memcpy(merged, v->row, t->row_size);
    for (size_t i = 0; i < t->field_count; i++) {
        if (fields >> i & 1) {
            size_t size = t->fields[i].type == FIELD_INT ? sizeof(int64_t) : sizeof(struct str);
            memcpy(merged + t->fields[i].offset, (const char *)row + t->fields[i].offset, size);
        }
    }
    uint64_t place = v->place;
    struct version *next = copy_row(t, merged);
    if (!add_version(c, t, next)) {
        return false;
    }
    next->place = place;
    return kill_version(c, t, v);
}

/* No update touches a unique field or a parent, so neither is looked at. */
int
memory_update(struct connection *c, const struct table *t, const void *row, uint32_t fields,
              const struct match *matches, size_t match_count, size_t *ret_changed, struct err *err)
{
    struct versions *list = &c->backend->tables[index_of(t)];
    bool complete = true;
    (void)pthread_mutex_lock(&c->backend->lock);
    size_t count = list->count; /* new versions come behind */
    *ret_changed = 0;
    for (size_t i = 0; complete && i < count; i++) {
        struct version *v = list->items[i];
        if (visible(c, v) && matches_row(v->row, matches, match_count)) {
            complete = replace(c, t, v, row, fields);
            ++*ret_changed;
        }
    }
    (void)pthread_mutex_unlock(&c->backend->lock);
    return complete ? 0 : err_nomem(err);
}

int
memory_remove(struct connection *c, const struct table *t, const struct match *match,
              struct err *err)
{
    struct versions *list = &c->backend->tables[index_of(t)];
    bool complete = true;
    (void)pthread_mutex_lock(&c->backend->lock);
    for (size_t i = 0; complete && i < list->count; i++) {
        if (visible(c, list->items[i]) && matches_row(list->items[i]->row, match, 1)) {
            complete = kill_version(c, t, list->items[i]);
        }
    }
    (void)pthread_mutex_unlock(&c->backend->lock);
    return complete ? 0 : err_nomem(err);
}

int
memory_max(struct connection *c, const struct table *t, const struct field *field,
           const struct match *matches, size_t match_count, int64_t *ret, struct err *err)
{
    const struct versions *list = &c->backend->tables[index_of(t)];
    bool any = false;
    (void)err;
    *ret = 0;
    (void)pthread_mutex_lock(&c->backend->lock);
    for (size_t i = 0; i < list->count; i++) {
        const struct version *v = list->items[i];
        if (visible(c, v) && matches_row(v->row, matches, match_count)) {
            int64_t number = number_at(v->row, field->offset);
            *ret = any && *ret > number ? *ret : number;
            any = true;
        }
    }
    (void)pthread_mutex_unlock(&c->backend->lock);
    return 0;
}
