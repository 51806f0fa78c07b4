/* record_fields: the members of a record's JSON, in their order, for its writer and its reader.
 *
 * Not for callers: record.h. A new column of rows.h is one line in record_fields.c; what is
 * written is then read, and checked by its kind. */
#ifndef DESK_RECORD_FIELDS_H
#define DESK_RECORD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum record_kind {
    RECORD_ID,   /* an id; must be there */
    RECORD_REF,  /* an id or null */
    RECORD_TEXT, /* any text or null */
    RECORD_WORD, /* one of `words`; absent: `fallback`, or an error where that is empty */
    RECORD_WORD_OR_NULL,
    RECORD_BOOL, /* true or false; 1 or 0 here; absent: false */
    RECORD_INT,  /* within 0..2^53; absent: `number` */
    RECORD_TIME, /* must be there */
    RECORD_TIME_OR_NULL,
    RECORD_NUMBER,         /* a ticket's: an integer here, text there; must be there */
    RECORD_NUMBER_OR_NULL, /* likewise; 0: none */
    RECORD_BLOCKS,         /* JSON text: the blocks of a message */
    RECORD_RESULT,         /* JSON text: the blocks of a tool's result; null while there is none */
    RECORD_OBJECT,         /* JSON text: an object or null */
    RECORD_ARGUMENTS,      /* the object that the text is; null where it is none */
    RECORD_ARGUMENTS_TEXT, /* the text, where that is not how we spell the object */
    RECORD_SUMMARY,        /* {"by","lines"}: two columns of struct ticket_row */
    RECORD_PART,           /* an object of the members `of`, in the same struct */
    RECORD_LIST,           /* an array of `of`: a pointer at `offset`, a count at `count_offset` */
};

struct record_object;

struct record_field {
    const char *name;
    enum record_kind kind;
    size_t offset;
    size_t count_offset;
    const struct record_object *of;
    const struct str *words; /* ends with an empty one */
    struct str fallback;
    int64_t number;
    bool inner; /* not in a ticket's own JSON */
};

struct record_object {
    const char *what; /* "message", for people */
    size_t size;      /* of its struct */
    const struct record_field *fields;
    size_t count;
};

extern const struct record_object record_conversation; /* struct record */
extern const struct record_object record_message;
extern const struct record_object record_call;
extern const struct record_object record_approval;
extern const struct record_object record_ticket; /* struct record_ticket */
extern const struct record_object record_event;

/* The column of FIELD in ROW, which is of the type its kind says. */
static inline void *
record_at(const void *row, const struct record_field *field)
{
    return (char *)row + field->offset;
}

#endif
