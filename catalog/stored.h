/* stored: a stored record's text, read from front to back without a tree.
 *
 * For JSON that record_build() wrote: keys in order, hardly any escape. An import and every hit of
 * a search read a record once, and building a tree for that costs three times the reading. The
 * text comes out of a file that may be damaged: nothing here reads beyond it, whatever it holds,
 * and what is no JSON sets `broken` and reads as nothing. Not a check of the grammar: js_parse()
 * is.
 *
 * A `struct stored` stands before one value; copies of it are bookmarks. */
#ifndef CATALOG_STORED_H
#define CATALOG_STORED_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

struct stored {
    const char *at;
    const char *end;
    struct arena *arena; /* of texts that held escapes */
    bool broken;
    bool starved; /* memory ran out; what was to be read is empty */
};

struct stored stored_open(struct str text, struct arena *arena);

/* What kind of value follows; JS_NULL also where none does. Numbers are JS_DOUBLE. */
enum js_type stored_type(const struct stored *s);
/* Step into an object or array; false for anything else, which is then stepped over. */
bool stored_enter(struct stored *s);
/* The next member's key, its value following; false at the object's end, which is stepped over. */
bool stored_member(struct stored *s, struct str *ret_key);
/* Is there another item? False at the array's end, which is stepped over. */
bool stored_item(struct stored *s);
/* The value that follows, stepped over: a string's text (a view of the record, or in the arena), a
 * number's spelling; another type's value is the empty text or false. */
struct str stored_text(struct stored *s);
struct str stored_number(struct stored *s);
bool stored_bool(struct stored *s);
void stored_skip(struct stored *s);

#endif
