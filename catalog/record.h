/* record: one row of somebody's export, as we keep it.
 *
 * A source row is names and values as the file had them; record_build() turns it into the stored
 * record: our field names in a fixed order, values checked and brought into shape, what no field
 * takes under "extra". Equal rows give equal bytes, which is how an import knows what changed.
 * entry_read() goes the other way: from a stored record to what the tables and the index hold. It
 * is the only way there, because taking a row out of a contentless index needs the very words that
 * went in. Whoever changes what it yields raises RECORD_VERSION; the next import then rebuilds. */
#ifndef CATALOG_RECORD_H
#define CATALOG_RECORD_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "catalog/catalog.h"
#include "catalog/rank.h"

enum {
    RECORD_VERSION = 3,
    /* An id is something people type and scripts pass around. */
    RECORD_ID_BYTES = 200,
    RECORD_NAME_BYTES = 2000,
    /* Columns of a row. */
    RECORD_COLUMNS = 4096,
};

/* A value as the file had it: text (CSV) or JSON. */
struct source_value {
    struct str name;
    struct str text;
    const struct js *json; /* NULL: TEXT counts */
    uint64_t line;
    uint64_t column;
};

struct source_row {
    const struct source_value *values;
    size_t count;
};

/* What comes with a written record, or with a refused one. */
struct record_note {
    struct str id;                    /* in the arena */
    const struct source_value *fault; /* the value that broke the rule; NULL: the row as a whole */
    bool price_guessed;               /* "1.299" of a currency that is written so was 1299 */
};

/* Append the stored record to OUT. USED (may be NULL) counts, for each of the import's mapped
 * sources, the rows that had it. ERR_INVALID with the note's fault set: this row cannot be kept
 * ("price: 'call us' is no price"); ERR_NOMEM, ERR_LIMIT. ARENA is scratch. */
int record_build(const struct catalog_import *import, const struct source_row *row,
                 struct arena *arena, struct buf *out, uint64_t *used, struct record_note *note,
                 struct err *err) WARN_UNUSED;

enum { ENTRY_CODES = 6 };

/* What is stored and indexed of one record; views live in the arena. */
struct entry {
    enum catalog_kind kind;
    struct str id;
    struct str name;
    struct str brand;
    struct str category;
    struct catalog_price price;
    enum catalog_stock stock;
    struct str codes[ENTRY_CODES]; /* as compared: query_code() */
    size_t code_count;
    struct str *products; /* an article's list */
    size_t product_count;
    struct str columns[RANK_FIELDS]; /* of the index, in the order of schema.c */
    struct str record;
};

/* RECORD is stored text; what is missing stays empty. ERR_INVALID when it is no JSON object. */
int entry_read(enum catalog_kind kind, struct str record, struct arena *arena, struct entry *ret,
               struct err *err) WARN_UNUSED;

#endif
