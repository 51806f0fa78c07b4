/* csv: RFC 4180 records out of bytes.
 *
 * Quoted fields may hold separators, line breaks and doubled quotes; lines end in LF or CRLF; a
 * quote inside an unquoted field is just a character (17" is what shops write). Holds no file and
 * no state between records, so that it can be fuzzed. [any] */
#ifndef CATALOG_CSV_H
#define CATALOG_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct csv_field {
    struct str text; /* a view of the bytes, or in the arena where quotes were doubled */
    size_t offset;   /* of its first byte, a quote included, from the record's start */
};

struct csv_record {
    struct csv_field *fields;
    size_t count;
    size_t capacity;
    size_t used;        /* bytes the record took, its line break included */
    const char *reason; /* CSV_BAD */
    size_t fault;       /* CSV_BAD: offset of what is wrong; CSV_SHORT: of the field that goes on */
};

enum csv_result {
    CSV_RECORD,
    CSV_END,   /* no bytes left */
    CSV_SHORT, /* the record goes on behind these bytes; call again with more */
    CSV_BAD,   /* broken at `fault`; go on at the next line behind it */
    CSV_NOMEM,
};

/* Read one record from the start of BYTES. WHOLE: nothing follows them. A line with nothing in it
 * gives a record of one empty field. RECORD is reused from call to call, its fields with
 * csv_done(); ARENA holds texts. */
enum csv_result csv_read(struct str bytes, bool whole, char separator, size_t max_fields,
                         struct arena *arena, struct csv_record *record);
void csv_done(struct csv_record *record);

/* ',' ';' or tab: what the first line of BYTES has most of. */
char csv_separator(struct str bytes);

#endif
