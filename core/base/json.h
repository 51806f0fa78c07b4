/* json: the one door to JSON. No other file includes json-c.
 *
 * Reading. js_parse() takes exactly RFC 8259: a strict scan runs before anything is built, because
 * json-c's own strict mode accepts NaN, -01, 2.e3, single-quoted keys and overlong UTF-8 (measured
 * against JSONTestSuite). Text must be valid UTF-8; nesting, size, the number of values and the
 * length of a number are bounded by limits.h. The tree is json-c's, but not built by its tokener,
 * which cuts keys at a NUL and saturates integers. A NUL written \u0000 in a string or key is kept
 * whole: every text here has a length, and the key "k\u0000z" is not the key "k". A lone surrogate
 * \ud800 becomes U+FFFD. The last of duplicate keys wins, in the place of the first. Integers
 * outside int64 are doubles; a number's spelling is kept, so that parsing and writing again changes
 * no digit.
 *
 * A `struct js` is one value inside a parsed tree, borrowed until its root is freed. Getters are
 * forgiving where that is safe: a missing member, a NULL value or another type gives the default,
 * so that hostile input needs no ladder of checks; js_type() tells what is really there. A tree
 * belongs to one thread at a time (json-c's reference counts are not atomic, and reading
 * materialises caches): text crosses threads, trees never do.
 *
 * Writing. A `struct js_out` writes straight into a buf: no tree, no copies, keys in the order
 * written, no white space. Strings must be valid UTF-8; invalid bytes are written as U+FFFD, so
 * that what we send is always valid JSON. DEL and the C1 controls are escaped like those JSON
 * names: some terminals obey them. More than 64 open levels are a bug; js_add_value and js_add_raw
 * do not count what they add. Errors are the buf's sticky failure.
 *
 * Prefix js_, because json_ belongs to the library. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Opaque; a JSON null is a NULL pointer inside json-c, so "absent" and "null" differ only through
 * js_has(). */
struct js;

enum js_type { JS_NULL, JS_BOOL, JS_INT, JS_DOUBLE, JS_STRING, JS_ARRAY, JS_OBJECT };

/* Parse TEXT whole (surrounding white space allowed). The root is *owned by ARENA*: freed with it,
 * like everything the getters return. ERR_INVALID names line and column and what was expected;
 * ERR_LIMIT; ERR_NOMEM. */
int js_parse(struct str text, struct arena *arena, struct js **ret, struct err *err) WARN_UNUSED;
/* The same, and refuse anything but an object. WHAT opens the message ("tool arguments"). */
int js_parse_object(struct str text, const char *what, struct arena *arena, struct js **ret,
                    struct err *err) WARN_UNUSED;
/* Is TEXT acceptable to js_parse? Builds nothing. */
int js_check(struct str text, struct err *err) WARN_UNUSED;

enum js_type js_type(const struct js *value);
const char *js_type_name(enum js_type type);

/* Objects. Members in the order of the text. js_get: NULL when absent, null, or OBJECT is none. */
struct js *js_get(const struct js *object, struct str key);
struct js *js_get_c(const struct js *object, const char *key);
bool js_has(const struct js *object, struct str key);

struct js_member {
    struct str key; /* borrowed from the tree's arena */
    struct js *value;
};
/* An iterator over members, `{0}`-initialised with its object:
 *     for (struct js_iter it = js_iter(object); js_next(&it, &member);) */
struct js_iter {
    const void *position;
    const void *object;
};
struct js_iter js_iter(const struct js *object);
bool js_next(struct js_iter *it, struct js_member *ret);

/* Arrays (js_count also counts an object's members; anything else has 0). */
size_t js_count(const struct js *value);
struct js *js_at(const struct js *array, size_t index);

/* Scalars. The default is returned for another type; js_double also takes an integer (a number
 * beyond double's range is an infinity), js_int also a double without a fraction up to 2^53: 5.0 is
 * an integer to JSON Schema, so it is one here. js_text: a string's bytes, NULs included, or the
 * empty view. */
struct str js_text(const struct js *value);
int64_t js_int(const struct js *value, int64_t fallback);
double js_double(const struct js *value, double fallback);
bool js_bool(const struct js *value, bool fallback);
/* A number's spelling as it stood in the text ("1.50", "1e400"); empty for other types. */
struct str js_number_text(const struct js *value, struct arena *arena);

/* js_text(js_get_c(object, key)) and friends: the four that everyone writes. */
struct str js_get_text(const struct js *object, const char *key);
int64_t js_get_int(const struct js *object, const char *key, int64_t fallback);
double js_get_double(const struct js *object, const char *key, double fallback);
bool js_get_bool(const struct js *object, const char *key, bool fallback);

/* Deep equality as JSON Schema means it: 1 equals 1.0, objects regardless of order. Numbers are
 * compared as they are spelled, so 9007199254740993 is not 9007199254740992.0. */
bool js_equal(const struct js *a, const struct js *b);

/* How many bytes TEXT begins with that stand for themselves in a JSON string: printable ASCII but
 * quote and backslash. For readers that want no tree. */
size_t js_plain(struct str text);

/* Writing. */
struct js_out {
    struct buf *buf;
    uint64_t has_items; /* one bit a level: is a comma due */
    unsigned depth;
    bool after_key;
};

void js_out_init(struct js_out *out, struct buf *buf);
void js_begin_object(struct js_out *out);
void js_end_object(struct js_out *out);
void js_begin_array(struct js_out *out);
void js_end_array(struct js_out *out);
void js_key(struct js_out *out, struct str key);
/* Values: an array's next item, the value of the key just written, or the whole document. */
void js_add_str(struct js_out *out, struct str text);
void js_add_int(struct js_out *out, int64_t value);
/* The shortest spelling that reads back the same; NaN and infinities are written as null. */
void js_add_double(struct js_out *out, double value);
void js_add_bool(struct js_out *out, bool value);
void js_add_null(struct js_out *out);
/* TEXT is JSON already (checked by whoever made it) and is written as it stands; empty = null. */
void js_add_raw(struct js_out *out, struct str text);
/* A parsed value, numbers in their own spelling. */
void js_add_value(struct js_out *out, const struct js *value);

/* Key and value in one. */
void js_put_str(struct js_out *out, const char *key, struct str text);
void js_put_int(struct js_out *out, const char *key, int64_t value);
void js_put_double(struct js_out *out, const char *key, double value);
void js_put_bool(struct js_out *out, const char *key, bool value);
void js_put_null(struct js_out *out, const char *key);
void js_put_raw(struct js_out *out, const char *key, struct str text);
/* TEXTS up to their NULL as an array; TEXTS itself may be NULL. */
void js_put_texts(struct js_out *out, const char *key, const char *const *texts);
/* The text, or null when the view is empty. */
void js_put_str_or_null(struct js_out *out, const char *key, struct str text);

/* VALUE as text in ARENA; ptr NULL when memory ran out. js_canonical sorts members by key at every
 * level and spells equal numbers equally: equal values give equal text, for hashing and for "the
 * same call with the same arguments". */
struct str js_to_arena(const struct js *value, struct arena *arena);
struct str js_canonical(const struct js *value, struct arena *arena);

#endif
