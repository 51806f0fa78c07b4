/* json_impl: what the json*.c files share. Nobody else includes it.
 *
 * A `struct js` is a json-c object under another name. Its tree is built by json_build.c, never by
 * json-c's tokener, so two things hold for every tree:
 *  - The key of every member points at `lookup` inside a struct js_key in the tree's arena.
 *    json-c's keys end at a NUL; `lookup` is the key with NUL replaced by an escape (an escape
 *    sign, then '0'), which keeps "k\u0000z" and "k" apart; `shown` is the key as it is.
 *  - A number whose value does not give back its spelling (every double, and -0) carries the
 *    spelling as json-c user data, a C string in the arena. */
#ifndef BASE_JSON_IMPL_H
#define BASE_JSON_IMPL_H

#include <json-c/json.h>

#include "base/json.h"
#include "base/limits.h"

struct js_key {
    struct str shown;
    char lookup[];
};

/* The escape sign in `lookup`: U+FDD0, a character that is no character. It is itself escaped
 * (sign, then '1'), so that no key can pretend to hold a NUL. */
#define JS_ESCAPE "\xEF\xB7\x90"
enum { JS_ESCAPE_LEN = 3 };

static inline struct json_object *
js_object(const struct js *value)
{
    return (struct json_object *)value;
}

static inline const struct js_key *
js_key_of(const struct lh_entry *entry)
{
    const char *lookup = lh_entry_k(entry);
    return (const struct js_key *)(const void *)(lookup - offsetof(struct js_key, lookup));
}

/* Does KEY differ from its `lookup`? */
bool js_key_is_special(struct str key);

/* How many bytes at P are plain string text: printable ASCII but quote and backslash. */
size_t js_plain_prefix(const unsigned char *p, size_t len);

/* Is TEXT exactly RFC 8259, within the limits? As js_check(). */
int js_scan(struct str text, struct err *err) WARN_UNUSED;
/* Build the tree of a TEXT that js_scan() accepted; *RET is NULL for the text "null". ERR_NOMEM
 * leaves nothing behind. The caller owns the reference, the tree borrows from ARENA. */
int js_build(struct str text, struct arena *arena, struct json_object **ret) WARN_UNUSED;

/* A number's spelling; SPACE is used where the tree holds none. Not for other types. */
enum { JS_INT_TEXT = 24 };
struct str js_spelling(const struct js *number, char space[JS_INT_TEXT]);

/* More than a tree can be written as: DEL becomes six bytes, "1e23" and its comma become 25 when
 * canonical, everything else grows less. */
#define JS_WRITTEN_MAX ((size_t)LIMIT_JSON_BYTES * 8)

#endif
