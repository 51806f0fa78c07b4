#include <string.h>

#include "base/limits.h"
#include "catalog/price.h"
#include "catalog/schema.h"
#include "catalog/writer_parts.h"

enum { NAMES_FIRST = 256 };

static struct writer_name *
find_name(const struct writer_names *names, uint64_t hash, enum segment_facet facet,
          struct str name)
{
    size_t i = (size_t)hash & (names->capacity - 1);
    while (names->slots[i].hash != 0 &&
           (names->slots[i].hash != hash || names->slots[i].facet != facet ||
            !str_eq(names->slots[i].name, name))) {
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
            *find_name(names, old[i].hash, old[i].facet, old[i].name) = old[i];
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

/* A name met for the first time: its key, and its ordinal in the index. */
static int
make_name(struct writer *w, struct writer_name *made, struct str name, struct err *err)
{
    made->name = arena_str(&w->names.arena, name);
    if (!made->name.ptr) {
        return err_nomem(err);
    }
    int rc = make_key(&w->split, name, &w->names.arena, &made->key, err);
    if (rc != 0 || made->key.len == 0) {
        return rc;
    }
    return segment_facet_put(w->segments, made->facet, made->key, made->name, &made->ordinal, err);
}

/* The key of a brand or category, borrowed from the writer, and its ordinal. */
static int
name_key(struct writer *w, enum segment_facet facet, struct str name, struct str *ret,
         uint32_t *ret_ordinal, struct err *err)
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
    struct writer_name *slot = find_name(names, hash, facet, name);
    if (slot->hash == 0) {
        struct writer_name made = {.hash = hash, .facet = facet};
        rc = make_name(w, &made, name, err);
        if (rc != 0) {
            return rc;
        }
        *slot = made;
        names->count++;
    }
    *ret = slot->key;
    *ret_ordinal = slot->ordinal;
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

static int
add_tokens(struct writer *w, int field, const struct words_record *record, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < record->count; i++) {
        struct words_token token = words_record_token(record, i);
        rc = segment_token(w->segments, field, token.position, token.stem, err);
    }
    return rc;
}

/* ROW's words among those that wait to be a segment. */
static int
add_to_segment(struct writer *w, const struct writer_row *row,
               const struct segment_attributes *attributes, struct err *err)
{
    int rc = segment_begin(w->segments, attributes, err);
    for (int i = 0; rc == 0 && i < schema_product_plan.count; i++) {
        rc = add_tokens(w, i, &row->words[i], err);
    }
    return rc != 0 ? rc : segment_end(w->segments, err);
}

static int
prepare_product(struct writer *w, struct writer_row *row, struct err *err)
{
    struct writer_entry *e = &row->entry;
    const struct catalog_price *price = &e->entry.price;
    struct segment_attributes attributes = {
        .row = row->doc,
        .price = price->known ? (double)price->minor / (double)price_units(price->currency) : -1,
        .stock = e->entry.stock,
    };
    int rc = name_key(w, SEGMENT_BRAND, e->entry.brand, &e->brand_key, &attributes.brand, err);
    rc = rc != 0 ? rc
                 : name_key(w, SEGMENT_CATEGORY, e->entry.category, &e->category_key,
                            &attributes.category, err);
    /* On the caller's thread there is room: see add_row(). */
    if (rc == 0 && segment_full(w->segments)) {
        rc = segment_flush(w->segments, err);
    }
    return rc != 0 ? rc : add_to_segment(w, row, &attributes, err);
}

int
writer_prepare(struct writer *w, struct writer_row *row, struct arena *arena, struct err *err)
{
    struct writer_entry *e = &row->entry;
    int rc = writer_read(&w->split, row->kind, row->record, arena, e, err);
    for (size_t i = 0; rc == 0 && i < RANK_FIELDS; i++) {
        rc = words_record_text(&w->split, e->entry.columns[i], &row->words[i], err);
    }
    if (rc != 0) {
        return rc;
    }
    row->doc = ++w->last_doc[row->kind];
    row->prepared = true;
    return row->kind == CATALOG_PRODUCTS ? prepare_product(w, row, err) : 0;
}
