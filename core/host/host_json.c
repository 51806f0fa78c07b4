#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/json.h"
#include "host/json_out.h"
#include "host/tables.h"
#include "plugin/call.h"

/* A struct dh_json is a struct js under another name. */

struct dh_json_doc {
    struct arena arena;
    struct js *root;
};

static const struct dh_json *
to_dh(const struct js *value)
{
    return (const struct dh_json *)(const void *)value;
}

static const struct js *
to_js(const struct dh_json *value)
{
    return (const struct js *)(const void *)value;
}

static const struct dh_json *
arguments(const struct dh_call *handle)
{
    struct plugin_call *call = plugin_call_of(handle);
    struct err err = {0};
    struct js *root;
    if (!call) {
        return NULL;
    }
    if (!call->arguments &&
        js_parse(str_from_dh(call->abi.arguments), &call->arena, &root, &err) == 0) {
        call->arguments = root;
    }
    return to_dh(call->arguments);
}

static struct dh_json_doc *
open_doc(const struct dh_host *host, struct dh_str text)
{
    struct err err = {0};
    struct dh_json_doc *doc = mem_zero(1, sizeof(*doc));
    (void)host;
    if (doc && js_parse(str_from_dh(text), &doc->arena, &doc->root, &err) < 0) {
        arena_done(&doc->arena);
        mem_free(doc);
        doc = NULL;
    }
    return doc;
}

static const struct dh_json *
root_of(const struct dh_json_doc *doc)
{
    return doc ? to_dh(doc->root) : NULL;
}

static void
close_doc(struct dh_json_doc *doc)
{
    if (doc) {
        arena_done(&doc->arena);
        mem_free(doc);
    }
}

/* ---- Reading ----------------------------------------------------------------------------------*/

enum { KEY_MAX = 4096 };

/* ~1 is a slash and ~0 a tilde. The decoded token, in SPACE; false: it is none. Nothing here may
 * run out of memory: what is there would then look as if it were not. */
static bool
decode_token(struct str token, char space[KEY_MAX], struct str *ret)
{
    size_t len = 0;
    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];
        if (c == '~') {
            char code = i + 1 < token.len ? token.ptr[++i] : '\0';
            if (code != '0' && code != '1') {
                return false;
            }
            c = code == '0' ? '~' : '/';
        }
        if (len == KEY_MAX) {
            return false;
        }
        space[len++] = c;
    }
    *ret = (struct str){space, len};
    return true;
}

static const struct js *
child(const struct js *value, struct str token)
{
    if (js_type(value) == JS_ARRAY) {
        int64_t index;
        bool plain = token.len == 1 || (token.len > 1 && token.ptr[0] != '0');
        return plain && str_to_i64(token, &index) && index >= 0 ? js_at(value, (size_t)index)
                                                                : NULL;
    }
    char space[KEY_MAX];
    struct str key;
    return decode_token(token, space, &key) ? js_get(value, key) : NULL;
}

static const struct dh_json *
find(const struct dh_json *value, const char *pointer)
{
    const struct js *at = to_js(value);
    struct str rest = str_c(pointer);
    struct str token;
    if (rest.len == 0) {
        return value;
    }
    if (rest.ptr[0] != '/') {
        return NULL;
    }
    rest = str_sub(rest, 1, rest.len);
    while (at && str_split(&rest, '/', &token)) {
        at = child(at, token);
    }
    return to_dh(at);
}

static uint32_t
type_of(const struct dh_json *value)
{
    static const uint32_t types[] = {
        [JS_NULL] = DH_JSON_NULL,     [JS_BOOL] = DH_JSON_BOOL,     [JS_INT] = DH_JSON_INT,
        [JS_DOUBLE] = DH_JSON_DOUBLE, [JS_STRING] = DH_JSON_STRING, [JS_ARRAY] = DH_JSON_ARRAY,
        [JS_OBJECT] = DH_JSON_OBJECT,
    };
    return types[js_type(to_js(value))];
}

static struct dh_str
text_of(const struct dh_json *value)
{
    return dh_from_str(js_text(to_js(value)));
}

static int64_t
integer_of(const struct dh_json *value, int64_t fallback)
{
    const double limit = 9007199254740992.0; /* whole numbers are exact up to 2^53 */
    if (js_type(to_js(value)) != JS_DOUBLE) {
        return js_int(to_js(value), fallback);
    }
    double number = js_double(to_js(value), 0);
    return trunc(number) == number && fabs(number) <= limit ? (int64_t)number : fallback;
}

static double
number_of(const struct dh_json *value, double fallback)
{
    return js_double(to_js(value), fallback);
}

static uint32_t
boolean_of(const struct dh_json *value, uint32_t fallback)
{
    return js_type(to_js(value)) == JS_BOOL ? js_bool(to_js(value), false) : fallback;
}

static uint64_t
count_of(const struct dh_json *value)
{
    return js_count(to_js(value));
}

/* state[1] is 0 before the first step. For arrays state[0] is the next index; for objects the two
 * are a struct js_iter. */
static uint32_t
next_item(const struct js *array, struct dh_json_iter *iter)
{
    size_t index = (size_t)iter->state[0];
    if (index >= js_count(array)) {
        return 0;
    }
    iter->state[0] = index + 1;
    iter->state[1] = 1;
    iter->key = (struct dh_str){0};
    iter->value = to_dh(js_at(array, index));
    return 1;
}

static uint32_t
next_member(const struct js *object, struct dh_json_iter *iter)
{
    struct js_iter it = js_iter(object);
    struct js_member member;
    if (iter->state[1] != 0) {
        it.position = (const void *)(uintptr_t)iter->state[0];
    }
    bool more = js_next(&it, &member);
    iter->state[0] = (uint64_t)(uintptr_t)it.position;
    iter->state[1] = 1;
    if (more) {
        iter->key = dh_from_str(member.key);
        iter->value = to_dh(member.value);
    }
    return more;
}

static uint32_t
next(const struct dh_json *container, struct dh_json_iter *iter)
{
    const struct js *js = to_js(container);
    if (!iter) {
        return 0;
    }
    return js_type(js) == JS_OBJECT ? next_member(js, iter) : next_item(js, iter);
}

const struct dh_json_1 host_json_1 = {
    .struct_size = sizeof(host_json_1),
    .arguments = arguments,
    .open = open_doc,
    .root = root_of,
    .close = close_doc,
    .find = find,
    .type = type_of,
    .text = text_of,
    .integer = integer_of,
    .number = number_of,
    .boolean = boolean_of,
    .count = count_of,
    .next = next,
    .write = json_out_new,
    .put_object = json_out_object,
    .put_array = json_out_array,
    .end = json_out_end,
    .put_text = json_out_text,
    .put_integer = json_out_integer,
    .put_number = json_out_number,
    .put_boolean = json_out_boolean,
    .put_null = json_out_null,
    .put_json = json_out_json,
    .finish = json_out_finish,
};
