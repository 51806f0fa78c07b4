/* Brands and categories: few, so the writer keeps them all, and looks none up in the file. */
#include <string.h>

#include "catalog/index/segment_parts.h"
#include "catalog/sql.h"

enum { SLOTS_FIRST = 256 };

void
segment_facets_done(struct segment_writer *w)
{
    for (int i = 0; i < 2; i++) {
        mem_free(w->facets[i].rows);
        mem_free(w->facets[i].slots);
        w->facets[i] = (struct segment_facet_table){0};
    }
}

/* The slot of KEY, or the free one where it belongs. */
static uint32_t *
find_slot(const struct segment_facet_table *t, struct str key)
{
    size_t at = (size_t)str_hash(key) & (t->slot_count - 1);
    while (t->slots[at] != 0 && !str_eq(t->rows[t->slots[at] - 1].key, key)) {
        at = (at + 1) & (t->slot_count - 1);
    }
    return &t->slots[at];
}

static int
grow(struct segment_facet_table *t, struct err *err)
{
    if (t->count * 2 < t->slot_count) {
        return 0;
    }
    size_t count = t->slot_count == 0 ? SLOTS_FIRST : t->slot_count * 2;
    uint32_t *slots = mem_zero(count, sizeof(*slots));
    if (!slots) {
        return err_nomem(err);
    }
    mem_free(t->slots);
    t->slots = slots;
    t->slot_count = count;
    for (size_t i = 0; i < t->count; i++) {
        *find_slot(t, t->rows[i].key) = (uint32_t)i + 1;
    }
    return 0;
}

static int
add(struct segment_writer *w, struct segment_facet_table *t, struct str key, struct str name,
    uint32_t *ret, struct err *err)
{
    int rc = grow(t, err);
    if (rc != 0) {
        return rc;
    }
    uint32_t *slot = find_slot(t, key);
    if (*slot == 0) {
        struct str own_key = arena_str(&w->arena, key);
        struct str own_name = arena_str(&w->arena, name);
        if (!own_key.ptr || !own_name.ptr || !mem_grow(t->rows, t->count, t->capacity)) {
            return err_nomem(err);
        }
        t->rows[t->count++] = (struct segment_facet_row){own_key, own_name};
        *slot = (uint32_t)t->count;
    }
    *ret = *slot;
    return 0;
}

int
segment_facet_put(struct segment_writer *w, enum segment_facet facet, struct str key,
                  struct str name, uint32_t *ret, struct err *err)
{
    if (key.len == 0) {
        *ret = 0;
        return 0;
    }
    return add(w, &w->facets[facet], key, name, ret, err);
}

/* 1: EACH ended the walk. */
static int
walk(sqlite3 *db, enum segment_facet facet, segment_facet_each each, void *arg, struct err *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sql_prepare(
        db, "SELECT ordinal, key, name FROM index_facet WHERE facet = ?1 ORDER BY ordinal", &s,
        err);
    if (rc == 0) {
        (void)sqlite3_bind_int(s, 1, (int)facet);
    }
    int64_t expected = 0;
    bool more = true;
    while (rc == 0 && more && (rc = sql_step(s, "read the index", err)) > 0) {
        /* Who counts by ordinal relies on it: they have no gaps. */
        if (sqlite3_column_int64(s, 0) != ++expected || expected > UINT32_MAX ||
            sqlite3_column_bytes(s, 1) == 0) {
            rc = segment_damaged("brands or categories", err);
            break;
        }
        more = each(arg, (uint32_t)expected, sql_column(s, 1), sql_column(s, 2));
        rc = 0;
    }
    (void)sqlite3_finalize(s);
    return rc != 0 ? rc : !more;
}

struct loading {
    struct segment_writer *w;
    struct segment_facet_table *table;
    int rc;
    struct err *err;
};

static bool
load_row(void *arg, uint32_t ordinal, struct str key, struct str name)
{
    struct loading *l = arg;
    uint32_t given = 0;
    l->rc = add(l->w, l->table, key, name, &given, l->err);
    if (l->rc == 0 && given != ordinal) {
        l->rc = segment_damaged("a brand or category stands twice", l->err);
    }
    return l->rc == 0;
}

int
segment_facets_open(struct segment_writer *w, struct err *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < 2; i++) {
        struct loading l = {w, &w->facets[i], 0, err};
        rc = walk(w->db, (enum segment_facet)i, load_row, &l, err);
        rc = rc > 0 ? l.rc : rc;
        w->facets[i].written = w->facets[i].count;
    }
    return rc;
}

static int
write_rows(struct segment_writer *w, enum segment_facet facet, sqlite3_stmt **insert,
           struct err *err)
{
    struct segment_facet_table *t = &w->facets[facet];
    int rc = 0;
    while (rc == 0 && t->written < t->count) {
        const struct segment_facet_row *row = &t->rows[t->written];
        rc = sql_prepare(w->db, "INSERT INTO index_facet VALUES(?1, ?2, ?3, ?4)", insert, err);
        if (rc != 0) {
            break;
        }
        (void)sqlite3_bind_int(*insert, 1, (int)facet);
        (void)sqlite3_bind_int64(*insert, 2, (int64_t)t->written + 1);
        (void)sqlite3_bind_text64(*insert, 3, row->key.ptr, row->key.len, SQLITE_STATIC,
                                  SQLITE_UTF8);
        (void)sqlite3_bind_text64(*insert, 4, row->name.ptr, row->name.len, SQLITE_STATIC,
                                  SQLITE_UTF8);
        rc = sql_finish(*insert, "write the index", err);
        t->written += rc == 0;
    }
    return rc;
}

int
segment_facets_write(struct segment_writer *w, struct err *err)
{
    sqlite3_stmt *insert = NULL;
    int rc = write_rows(w, SEGMENT_BRAND, &insert, err);
    rc = rc != 0 ? rc : write_rows(w, SEGMENT_CATEGORY, &insert, err);
    (void)sqlite3_finalize(insert);
    return rc;
}

int
segment_facets_count(sqlite3 *db, enum segment_facet facet, uint32_t *ret, struct err *err)
{
    int64_t count = 0;
    int rc =
        sql_int(db,
                facet == SEGMENT_BRAND ? "SELECT max(ordinal) FROM index_facet WHERE facet = 0"
                                       : "SELECT max(ordinal) FROM index_facet WHERE facet = 1",
                0, &count, err);
    if (rc == 0) {
        *ret = count < 0 ? 0 : count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
    }
    return rc;
}

int
segment_facets_walk(sqlite3 *db, enum segment_facet facet, segment_facet_each each, void *arg,
                    struct err *err)
{
    int rc = walk(db, facet, each, arg, err);
    return rc < 0 ? rc : 0;
}
