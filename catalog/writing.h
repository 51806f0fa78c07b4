/* writing: a source row on its way to a stored record; for record.c (which value is which field)
 * and record_values.c (a value in the shape of its field). */
#ifndef CATALOG_WRITING_H
#define CATALOG_WRITING_H

#include "catalog/fields.h"
#include "catalog/record.h"

/* Which value fills each field of this row. */
struct slot {
    const struct source_value *value;
    int trust;
};

struct writing {
    const struct catalog_import *import;
    const struct source_row *row;
    struct arena *arena;
    struct js_out json;
    struct slot slots[FIELD_COUNT];
    struct str *spec_names; /* one a value; set where the value is a single specification */
    bool *taken;            /* one a value: a field has it */
    uint64_t *used;
    struct record_note *note;
    struct err *err;
};

/* Name VALUE (NULL: the row) as what broke FIELD's rule. Returns ERR_INVALID. */
int writing_fault_set(struct writing *w, const struct source_value *value, const char *field,
                      const char *reason);
/* Nothing there: no value, null, or blank text. */
bool writing_absent(const struct source_value *value);
/* The value as one text, empty when absent. */
int writing_text(struct writing *w, const struct source_value *value, const char *field,
                 struct str *ret) WARN_UNUSED;
/* The value as it came. */
void writing_value(struct writing *w, const struct source_value *value);
/* The member of the record that FIELD is, nothing when it is absent. */
int writing_field(struct writing *w, const struct field_row *field) WARN_UNUSED;

#endif
