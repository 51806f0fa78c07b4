/* fields: what the columns of somebody's export mean.
 *
 * Our fields, one table a kind, each with the names other shops give it. A name is compared
 * without case and punctuation ("Product Name", "product_name"). Where two columns claim one
 * field, the earlier name in the table wins and the other column is kept as it came. */
#ifndef CATALOG_FIELDS_H
#define CATALOG_FIELDS_H

#include <stddef.h>

#include "base/str.h"
#include "catalog/catalog.h"

enum field {
    FIELD_ID,
    FIELD_NAME, /* an article's title */
    FIELD_BRAND,
    FIELD_CATEGORY,
    FIELD_MODEL,
    FIELD_PRICE,
    FIELD_PRICE_MINOR, /* becomes FIELD_PRICE */
    FIELD_CURRENCY,
    FIELD_STOCK,
    FIELD_DESCRIPTION,
    FIELD_FEATURES,
    FIELD_SPECS,
    FIELD_ISSUES,
    FIELD_SECTION,
    FIELD_SYMPTOMS,
    FIELD_PRODUCTS,
    FIELD_STEPS,
    FIELD_TEXT,
    FIELD_HUMAN,
    FIELD_NEXT, /* articles to go to when this one did not help: their ids */
    FIELD_COUNT,
};

enum shape {
    SHAPE_TEXT,
    SHAPE_LIST,  /* of texts; a text is split at line breaks, '|' or ';' */
    SHAPE_LINES, /* of sentences; a text is split at line breaks or '|' */
    SHAPE_MEMBERS,
    SHAPE_PRICE,
    SHAPE_PRICE_MINOR,
    SHAPE_CURRENCY,
    SHAPE_STOCK,
};

enum { FIELD_NAMES = 14 };

struct field_row {
    enum field field;
    enum shape shape;
    /* names[0] is ours, spelled as in the stored record; the rest in order of trust, in lower case
     * without punctuation. NULL ends. */
    const char *names[FIELD_NAMES];
};

/* The fields of KIND in the order they are stored. */
const struct field_row *fields_of(enum catalog_kind kind, size_t *ret_count);

/* Which row of fields_of() a source column called NAME fills: its index, and in *RET_TRUST how
 * sure the name is (0 best). -1: none. */
int fields_find(enum catalog_kind kind, struct str name, int *ret_trust);

/* "specifications.colour", "attrs:colour", "spec_colour": the part after the prefix; else empty. */
struct str fields_spec_name(struct str name);

#endif
