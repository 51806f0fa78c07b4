#include <string.h>

#include "base/limits.h"
#include "catalog/writer_parts.h"

enum { NAMES_FIRST = 256 };

static struct writer_name *
find_name(const struct writer_names *names, uint64_t hash, struct str name)
{
    size_t i = (size_t)hash & (names->capacity - 1);
    while (names->slots[i].hash != 0 &&
           (names->slots[i].hash != hash || !str_eq(names->slots[i].name, name))) {
        i = (i + 1) & (names->capacity - 1);
    }
    return &names->slots[i];
}

static int
grow_names(struct writer_names *names, struct err *err)
{
    if (names->count * 2 < names->capacity) {
        return 0;
    }
    struct writer_name *old = names->slots;
    size_t before = names->capacity;
    size_t capacity = before == 0 ? NAMES_FIRST : before * 2;
    struct writer_name *grown = mem_zero(capacity, sizeof(*grown));
    if (!grown) {
        return err_nomem(err);
    }
    names->slots = grown;
    names->capacity = capacity;
    for (size_t i = 0; i < before; i++) {
        if (old[i].hash != 0) {
            *find_name(names, old[i].hash, old[i].name) = old[i];
        }
    }
    mem_free(old);
    return 0;
}

void
writer_names_done(struct writer_names *names)
{
    mem_free(names->slots);
    arena_done(&names->arena);
    *names = (struct writer_names){0};
}

/* The stems of TEXT in ARENA. */
static int
make_key(const struct words *words, struct str text, struct arena *arena, struct str *ret,
         struct err *err)
{
    AUTO(buf) struct buf key;
    buf_init(&key, LIMIT_IMPORT_LINE);
    int rc = words_key(words, text, &key, err);
    if (rc != 0) {
        return rc;
    }
    *ret = key.len > 0 ? buf_to_arena(&key, arena) : (struct str){0};
    return key.len > 0 && !ret->ptr ? err_nomem(err) : 0;
}

/* The key of a brand or category, borrowed from the writer. */
static int
name_key(struct writer *w, struct str name, struct str *ret, struct err *err)
{
    struct writer_names *names = &w->names;
    if (name.len == 0) {
        return 0;
    }
    int rc = grow_names(names, err);
    if (rc != 0) {
        return rc;
    }
    uint64_t hash = str_hash(name) | 1;
    struct writer_name *slot = find_name(names, hash, name);
    if (slot->hash == 0) {
        struct writer_name made = {.hash = hash, .name = arena_str(&names->arena, name)};
        rc = made.name.ptr ? make_key(&w->split, name, &names->arena, &made.key, err)
                           : err_nomem(err);
        if (rc != 0) {
            return rc;
        }
        *slot = made;
        names->count++;
    }
    *ret = slot->key;
    return 0;
}

static int
read_product_keys(const struct words *words, struct writer_entry *e, struct arena *arena,
                  struct err *err)
{
    size_t count = e->entry.product_count;
    struct str *keys = arena_zero(arena, count + 1, sizeof(*keys));
    if (!keys) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        struct str name = str_sub(e->entry.products[i], 0, RECORD_NAME_BYTES);
        int rc = make_key(words, name, arena, &keys[i], err);
        if (rc != 0) {
            return rc;
        }
    }
    e->keys = keys;
    e->key_count = count;
    return 0;
}

int
writer_read(const struct words *words, enum catalog_kind kind, struct str record,
            struct arena *arena, struct writer_entry *ret, struct err *err)
{
    *ret = (struct writer_entry){0};
    int rc = entry_read(kind, record, arena, &ret->entry, err);
    if (rc != 0) {
        return rc;
    }
    if (kind == CATALOG_ARTICLES) {
        return read_product_keys(words, ret, arena, err);
    }
    ret->keys = ret->entry.codes;
    ret->key_count = ret->entry.code_count;
    return 0;
}

int
writer_prepare(struct writer *w, struct writer_row *row, struct arena *arena, struct err *err)
{
    struct writer_entry *e = &row->entry;
    int rc = writer_read(&w->split, row->kind, row->record, arena, e, err);
    rc = rc != 0 ? rc : name_key(w, e->entry.brand, &e->brand_key, err);
    rc = rc != 0 ? rc : name_key(w, e->entry.category, &e->category_key, err);
    for (size_t i = 0; rc == 0 && i < RANK_FIELDS; i++) {
        rc = words_record_text(&w->split, e->entry.columns[i], &row->words[i], err);
    }
    if (rc != 0) {
        return rc;
    }
    row->doc = ++w->last_doc[row->kind];
    row->prepared = true;
    return row->kind == CATALOG_PRODUCTS ? writer_add_to_segment(w, row, err) : 0;
}
