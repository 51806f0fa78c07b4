#include "catalog/writing.h"

enum { MAPPED = -1 /* trust of a field the import names itself */ };

/* The field or specification that the import's own map gives a source column. */
static bool
find_mapped(struct writing *w, struct str name, struct str *ret_field)
{
    for (size_t i = 0; i < w->import->map_count; i++) {
        if (str_eq(w->import->map[i].source, name)) {
            *ret_field = w->import->map[i].field;
            if (w->used) {
                w->used[i]++;
            }
            return true;
        }
    }
    return false;
}

/* Give value I to its field, unless a better-named one has it. */
static void
claim(struct writing *w, size_t i)
{
    size_t count = 0;
    const struct field_row *rows = fields_of(w->import->kind, &count);
    const struct source_value *value = &w->row->values[i];
    struct str name = value->name;
    int trust = 0;
    bool mapped = find_mapped(w, value->name, &name);
    if (w->import->kind == CATALOG_PRODUCTS) {
        w->spec_names[i] = fields_spec_name(name);
    }
    int found = w->spec_names[i].len > 0 ? -1 : fields_find(w->import->kind, name, &trust);
    w->taken[i] = w->spec_names[i].len > 0;
    if (found < 0 || (size_t)found >= count || writing_absent(value)) {
        return;
    }
    struct slot *slot = &w->slots[rows[found].field];
    trust = mapped ? MAPPED : trust;
    if (slot->value && slot->trust <= trust) {
        return;
    }
    if (slot->value) {
        w->taken[slot->value - w->row->values] = false;
    }
    *slot = (struct slot){value, trust};
    w->taken[i] = true;
}

static void
write_extra(struct writing *w)
{
    bool open = false;
    for (size_t i = 0; i < w->row->count; i++) {
        const struct source_value *value = &w->row->values[i];
        if (w->taken[i] || writing_absent(value) || value->name.len == 0) {
            continue;
        }
        if (!open) {
            js_key(&w->json, STR("extra"));
            js_begin_object(&w->json);
            open = true;
        }
        js_key(&w->json, value->name);
        writing_value(w, value);
    }
    if (open) {
        js_end_object(&w->json);
    }
}

static int
check_id(struct writing *w, struct str id)
{
    for (size_t i = 0; i < id.len; i++) {
        if ((unsigned char)id.ptr[i] < 0x20 || id.ptr[i] == 0x7F) {
            return writing_fault_set(w, w->slots[FIELD_ID].value, "id",
                                     "holds a control character");
        }
    }
    if (id.len > RECORD_ID_BYTES) {
        return writing_fault_set(w, w->slots[FIELD_ID].value, "id", "is longer than 200 bytes");
    }
    return 0;
}

/* What every record must have. A product without id is known by its model or SKU. */
static int
check_required(struct writing *w)
{
    bool product = w->import->kind == CATALOG_PRODUCTS;
    struct slot *slots = w->slots;
    if (!slots[FIELD_ID].value && product) {
        slots[FIELD_ID] = slots[FIELD_MODEL];
    }
    struct str id;
    struct str name;
    int rc = writing_text(w, slots[FIELD_ID].value, "id", &id);
    rc = rc != 0 ? rc : check_id(w, id);
    rc = rc != 0 ? rc : writing_text(w, slots[FIELD_NAME].value, product ? "name" : "title", &name);
    if (rc != 0) {
        return rc;
    }
    if (id.len == 0) {
        return writing_fault_set(w, NULL, "id", "missing");
    }
    if (name.len == 0) {
        return writing_fault_set(w, NULL, product ? "name" : "title", "missing");
    }
    w->note->id = id;
    if (name.len > RECORD_NAME_BYTES) {
        return writing_fault_set(w, slots[FIELD_NAME].value, product ? "name" : "title",
                                 "is longer than 2000 bytes");
    }
    if (!product && !slots[FIELD_TEXT].value && !slots[FIELD_STEPS].value) {
        return writing_fault_set(w, NULL, "text", "missing: an article has steps or text");
    }
    return 0;
}

int
record_build(const struct catalog_import *import, const struct source_row *row, struct arena *arena,
             struct buf *out, uint64_t *used, struct record_note *note, struct err *err)
{
    *note = (struct record_note){0};
    struct writing w = {
        .import = import,
        .row = row,
        .arena = arena,
        .used = used,
        .note = note,
        .err = err,
        .spec_names = arena_zero(arena, row->count + 1, sizeof(struct str)),
        .taken = arena_zero(arena, row->count + 1, sizeof(bool)),
    };
    if (!w.spec_names || !w.taken) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < row->count; i++) {
        claim(&w, i);
    }
    int rc = check_required(&w);
    if (rc != 0) {
        return rc;
    }
    js_out_init(&w.json, out);
    js_begin_object(&w.json);
    size_t count = 0;
    const struct field_row *fields = fields_of(import->kind, &count);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = writing_field(&w, &fields[i]);
    }
    if (rc != 0) {
        return rc;
    }
    write_extra(&w);
    js_end_object(&w.json);
    return buf_finish(out, "record", err);
}
