#include "arguments.h"

#include "base/utf8.h"

enum { NESTING_MAX = 4 };

static void fill_object(struct js_out *out, const struct js *schema, struct str query, int depth);

/* The first type that SCHEMA allows; "string" when it says nothing. */
static struct str
type_of(const struct js *schema)
{
    struct js *type = js_get_c(schema, "type");
    if (js_type(type) == JS_ARRAY) {
        type = js_at(type, 0);
    }
    if (js_type(type) == JS_STRING) {
        return js_text(type);
    }
    return js_has(schema, STR("properties")) ? STR("object") : STR("string");
}

static void
fill_string(struct js_out *out, const struct js *schema, struct str query)
{
    int64_t max = js_get_int(schema, "maxLength", INT64_MAX);
    /* Characters are at least a byte each. */
    js_add_str(out, max < 0 || (uint64_t)max >= query.len ? query : utf8_cut(query, (size_t)max));
}

static void fill_array(struct js_out *out, const struct js *schema, struct str query, int depth);

static void
fill_value(struct js_out *out, const struct js *schema, struct str query, int depth)
{
    const struct js *choice = js_at(js_get_c(schema, "anyOf"), 0);
    choice = choice ? choice : js_at(js_get_c(schema, "oneOf"), 0);
    schema = choice ? choice : schema;
    struct str type = type_of(schema);
    if (js_count(js_get_c(schema, "enum")) > 0) {
        js_add_value(out, js_at(js_get_c(schema, "enum"), 0));
    } else if (js_has(schema, STR("const"))) {
        js_add_value(out, js_get_c(schema, "const"));
    } else if (str_eq_c(type, "integer") || str_eq_c(type, "number")) {
        js_add_int(out, js_get_int(schema, "minimum", 1));
    } else if (str_eq_c(type, "boolean")) {
        js_add_bool(out, true);
    } else if (str_eq_c(type, "null")) {
        js_add_null(out);
    } else if (str_eq_c(type, "array")) {
        fill_array(out, schema, query, depth);
    } else if (str_eq_c(type, "object")) {
        fill_object(out, schema, query, depth);
    } else {
        fill_string(out, schema, query);
    }
}

static void
fill_array(struct js_out *out, const struct js *schema, struct str query, int depth)
{
    js_begin_array(out);
    if (depth < NESTING_MAX) {
        fill_value(out, js_get_c(schema, "items"), query, depth + 1);
    }
    js_end_array(out);
}

static bool
is_required(const struct js *schema, struct str name)
{
    const struct js *required = js_get_c(schema, "required");
    for (size_t i = 0; i < js_count(required); i++) {
        if (str_eq(js_text(js_at(required, i)), name)) {
            return true;
        }
    }
    return false;
}

static void
fill_object(struct js_out *out, const struct js *schema, struct str query, int depth)
{
    struct js_member member;
    js_begin_object(out);
    if (depth < NESTING_MAX) {
        for (struct js_iter it = js_iter(js_get_c(schema, "properties")); js_next(&it, &member);) {
            if (is_required(schema, member.key) || str_eq_c(member.key, "query")) {
                js_key(out, member.key);
                fill_value(out, member.value, query, depth + 1);
            }
        }
    }
    js_end_object(out);
}

void
arguments_fill(const struct js *schema, struct str query, struct buf *out)
{
    struct js_out json;
    js_out_init(&json, out);
    if (schema) {
        fill_object(&json, schema, query, 0);
        return;
    }
    js_begin_object(&json);
    js_put_str(&json, "query", query);
    js_end_object(&json);
}
