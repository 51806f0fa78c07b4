#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json_impl.h"

int
js_check(struct str text, struct err *err)
{
    return js_scan(text, err);
}

static void
release_tree(void *root)
{
    (void)json_object_put(root);
}

int
js_parse(struct str text, struct arena *arena, struct js **ret, struct err *err)
{
    int result = js_scan(text, err);
    if (result < 0) {
        return result;
    }
    struct json_object *root = NULL;
    if (js_build(text, arena, &root) < 0) {
        return err_nomem(err);
    }
    if (root && arena_defer(arena, release_tree, root) < 0) {
        return err_nomem(err);
    }
    *ret = (struct js *)root;
    return 0;
}

int
js_parse_object(struct str text, const char *what, struct arena *arena, struct js **ret,
                struct err *err)
{
    struct js *value = NULL;
    if (js_parse(text, arena, &value, err) < 0) {
        return err_wrap(err, "%s", what);
    }
    if (js_type(value) != JS_OBJECT) {
        return err_set(err, ERR_INVALID, "%s: must be a JSON object, is %s", what,
                       js_type_name(js_type(value)));
    }
    *ret = value;
    return 0;
}

enum js_type
js_type(const struct js *value)
{
    switch (json_object_get_type(js_object(value))) {
    case json_type_boolean:
        return JS_BOOL;
    case json_type_int:
        return JS_INT;
    case json_type_double:
        return JS_DOUBLE;
    case json_type_string:
        return JS_STRING;
    case json_type_array:
        return JS_ARRAY;
    case json_type_object:
        return JS_OBJECT;
    default:
        return JS_NULL;
    }
}

const char *
js_type_name(enum js_type type)
{
    static const char *const names[] = {
        [JS_NULL] = "null",     [JS_BOOL] = "boolean",  [JS_INT] = "integer",
        [JS_DOUBLE] = "number", [JS_STRING] = "string", [JS_ARRAY] = "array",
        [JS_OBJECT] = "object",
    };
    return (size_t)type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

struct js_iter
js_iter(const struct js *object)
{
    struct js_iter it = {.object = object};
    if (js_type(object) == JS_OBJECT) {
        it.position = lh_table_head(json_object_get_object(js_object(object)));
    }
    return it;
}

bool
js_next(struct js_iter *it, struct js_member *ret)
{
    const struct lh_entry *entry = it->position;
    if (!entry) {
        return false;
    }
    ret->key = js_key_of(entry)->shown;
    ret->value = (struct js *)lh_entry_v(entry);
    it->position = lh_entry_next(entry);
    return true;
}

/* Keys that json-c cannot be asked for as they are: looked for one by one. */
static bool
find_slowly(const struct js *object, struct str key, struct js **ret)
{
    struct js_member member;
    for (struct js_iter it = js_iter(object); js_next(&it, &member);) {
        if (str_eq(member.key, key)) {
            *ret = member.value;
            return true;
        }
    }
    return false;
}

static bool
find(const struct js *object, struct str key, struct js **ret)
{
    enum { COPIED = 128 };
    if (js_type(object) != JS_OBJECT) {
        return false;
    }
    char text[COPIED];
    if (key.len >= sizeof(text) || js_key_is_special(key)) {
        return find_slowly(object, key, ret);
    }
    if (key.len) {
        memcpy(text, key.ptr, key.len);
    }
    text[key.len] = '\0';
    struct json_object *value = NULL;
    bool found = json_object_object_get_ex(js_object(object), text, &value);
    *ret = (struct js *)value;
    return found;
}

struct js *
js_get(const struct js *object, struct str key)
{
    struct js *value = NULL;
    return find(object, key, &value) ? value : NULL;
}

struct js *
js_get_c(const struct js *object, const char *key)
{
    return js_get(object, str_c(key));
}

bool
js_has(const struct js *object, struct str key)
{
    struct js *value = NULL;
    return find(object, key, &value);
}

size_t
js_count(const struct js *value)
{
    switch (js_type(value)) {
    case JS_ARRAY:
        return json_object_array_length(js_object(value));
    case JS_OBJECT:
        return (size_t)json_object_object_length(js_object(value));
    default:
        return 0;
    }
}

struct js *
js_at(const struct js *array, size_t index)
{
    if (js_type(array) != JS_ARRAY) {
        return NULL;
    }
    return (struct js *)json_object_array_get_idx(js_object(array), index);
}

struct str
js_text(const struct js *value)
{
    if (js_type(value) != JS_STRING) {
        return (struct str){0};
    }
    struct json_object *string = js_object(value);
    return (struct str){json_object_get_string(string), (size_t)json_object_get_string_len(string)};
}

int64_t
js_int(const struct js *value, int64_t fallback)
{
    const double exact = 9007199254740992.0; /* 2^53: up to here no two integers share a double */
    if (js_type(value) == JS_INT) {
        return json_object_get_int64(js_object(value));
    }
    double number = js_double(value, NAN);
    bool whole = number >= -exact && number <= exact && trunc(number) == number;
    return whole ? (int64_t)number : fallback;
}

double
js_double(const struct js *value, double fallback)
{
    enum js_type type = js_type(value);
    bool number = type == JS_INT || type == JS_DOUBLE;
    return number ? json_object_get_double(js_object(value)) : fallback;
}

bool
js_bool(const struct js *value, bool fallback)
{
    return js_type(value) == JS_BOOL ? json_object_get_boolean(js_object(value)) : fallback;
}

struct str
js_spelling(const struct js *number, char space[JS_INT_TEXT])
{
    const char *kept = json_object_get_userdata(js_object(number));
    if (kept) {
        return str_c(kept);
    }
    int length = snprintf(space, JS_INT_TEXT, "%" PRId64, js_int(number, 0));
    return (struct str){space, (size_t)length};
}

struct str
js_number_text(const struct js *value, struct arena *arena)
{
    enum js_type type = js_type(value);
    if (type != JS_INT && type != JS_DOUBLE) {
        return (struct str){0};
    }
    char space[JS_INT_TEXT];
    struct str text = js_spelling(value, space);
    return text.ptr == space ? arena_str(arena, text) : text;
}

struct str
js_get_text(const struct js *object, const char *key)
{
    return js_text(js_get_c(object, key));
}

int64_t
js_get_int(const struct js *object, const char *key, int64_t fallback)
{
    return js_int(js_get_c(object, key), fallback);
}

double
js_get_double(const struct js *object, const char *key, double fallback)
{
    return js_double(js_get_c(object, key), fallback);
}

bool
js_get_bool(const struct js *object, const char *key, bool fallback)
{
    return js_bool(js_get_c(object, key), fallback);
}
