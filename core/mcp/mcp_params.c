#include "mcp/mcp_params.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"

#define KEY "x-mcp-header"

enum { NAME_MAX = 100, VALUE_MAX = 4096, NESTING_MAX = 32 };

/* ---- Annotations ------------------------------------------------------------------------------*/

struct found {
    struct str names[MCP_PARAMS_MAX];
    size_t count;
    struct err *err;
};

/* RFC 9110's token. */
static bool
is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool
is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!is_name_char(name.ptr[i])) {
            return false;
        }
    }
    return name.len > 0 && name.len <= NAME_MAX;
}

static int
take(struct found *f, const struct js *schema)
{
    struct str type = js_get_text(schema, "type");
    struct str name = js_get_text(schema, KEY);
    if (!is_name(name)) {
        return err_set(f->err, ERR_INVALID, "its " KEY " is no name of a header");
    }
    if (!str_eq_c(type, "string") && !str_eq_c(type, "integer") && !str_eq_c(type, "boolean")) {
        return err_set(f->err, ERR_INVALID,
                       "its " KEY
                       " stands on something else than a string, an integer or a boolean");
    }
    for (size_t i = 0; i < f->count; i++) {
        if (str_eq_nocase(f->names[i], name)) {
            return err_set(f->err, ERR_INVALID, "its " KEY " names one header twice");
        }
    }
    if (f->count == MCP_PARAMS_MAX) {
        return err_set(f->err, ERR_LIMIT, "its " KEY " names more than %d headers", MCP_PARAMS_MAX);
    }
    f->names[f->count++] = name;
    return 0;
}

static int visit(struct found *f, const struct js *schema, bool allowed, unsigned depth);

/* MAP holds schemas under names of their own. */
static int
visit_map(struct found *f, const struct js *map, bool allowed, unsigned depth)
{
    struct js_member member;
    int result = 0;
    if (js_type(map) != JS_OBJECT) {
        return 0;
    }
    for (struct js_iter it = js_iter(map); result == 0 && js_next(&it, &member);) {
        result = visit(f, member.value, allowed, depth);
    }
    return result;
}

/* What stands below SCHEMA without being a property: none of it may be annotated. */
static int
visit_others(struct found *f, const struct js *schema, unsigned depth)
{
    static const char *const single[] = {
        "items",         "contains", "additionalProperties", "unevaluatedProperties",
        "propertyNames", "not",      "unevaluatedItems",     "if",
        "then",          "else",     "prefixItems",          "oneOf",
        "anyOf",         "allOf",
    };
    static const char *const maps[] = {"patternProperties", "dependentSchemas", "$defs",
                                       "definitions"};
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof(single) / sizeof(single[0]); i++) {
        const struct js *below = js_get_c(schema, single[i]);
        size_t count = js_type(below) == JS_ARRAY ? js_count(below) : 0;
        result = visit(f, below, false, depth);
        for (size_t j = 0; result == 0 && j < count; j++) {
            result = visit(f, js_at(below, j), false, depth);
        }
    }
    for (size_t i = 0; result == 0 && i < sizeof(maps) / sizeof(maps[0]); i++) {
        result = visit_map(f, js_get_c(schema, maps[i]), false, depth);
    }
    return result;
}

static int
visit(struct found *f, const struct js *schema, bool allowed, unsigned depth)
{
    int result = 0;
    if (js_type(schema) != JS_OBJECT) {
        return 0;
    }
    if (depth > NESTING_MAX) {
        return err_set(f->err, ERR_LIMIT, "its inputSchema is nested too deep");
    }
    if (js_has(schema, STR(KEY))) {
        result = allowed && depth > 0
                     ? take(f, schema)
                     : err_set(f->err, ERR_INVALID,
                               "its " KEY " stands elsewhere than on a property of properties");
    }
    if (result == 0) {
        result = visit_map(f, js_get_c(schema, "properties"), allowed, depth + 1);
    }
    return result == 0 ? visit_others(f, schema, depth + 1) : result;
}

int
mcp_params_check(const struct js *schema, struct err *err)
{
    struct found found = {.err = err};
    return visit(&found, schema, true, 0);
}

/* ---- Values -----------------------------------------------------------------------------------*/

static bool
is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((c < ' ' && c != '\t') || c > '~') {
            return false;
        }
    }
    bool marked = str_starts(text, STR("=?base64?")) && str_ends(text, STR("?="));
    return text.len > 0 && !marked && str_trim(text).len == text.len;
}

struct str
mcp_header_value(struct str text, struct arena *arena)
{
    AUTO(buf) struct buf b;
    buf_init(&b, text.len * 2 + 64);
    if (is_plain(text)) {
        return text;
    }
    buf_add_c(&b, "=?base64?");
    base64_encode(text, &b);
    buf_add_c(&b, "?=");
    return buf_to_arena(&b, arena);
}

/* VALUE as text; ptr NULL: it has no header, or, with the arena starved, memory ran out. */
static struct str
text_of(const struct js *value, struct arena *arena)
{
    switch (js_type(value)) {
    case JS_STRING:
        return js_text(value).len <= VALUE_MAX ? mcp_header_value(js_text(value), arena)
                                               : (struct str){0};
    case JS_BOOL:
        return js_bool(value, false) ? STR("true") : STR("false");
    default:
        break;
    }
    int64_t number = js_int(value, INT64_MIN);
    return number != INT64_MIN ? arena_printf(arena, "%" PRId64, number) : (struct str){0};
}

struct collecting {
    struct arena *arena;
    struct http_header *headers;
    int count;
};

static void
collect(struct collecting *c, const struct js *schema, const struct js *arguments)
{
    const struct js *properties = js_get_c(schema, "properties");
    struct js_member member;
    if (js_type(properties) != JS_OBJECT || js_type(arguments) != JS_OBJECT) {
        return;
    }
    for (struct js_iter it = js_iter(properties); js_next(&it, &member);) {
        const struct js *value = js_get(arguments, member.key);
        struct str name = js_get_text(member.value, KEY);
        struct str text = name.len && value ? text_of(value, c->arena) : (struct str){0};
        if (text.ptr && c->count < MCP_PARAMS_MAX) {
            c->headers[c->count++] = (struct http_header){
                arena_printf(c->arena, "Mcp-Param-%" STR_FMT, STR_ARG(name)), text};
        }
        collect(c, member.value, value);
    }
}

int
mcp_params_headers(const struct js *schema, const struct js *arguments, struct arena *arena,
                   struct http_header ret[MCP_PARAMS_MAX], struct err *err)
{
    struct collecting c = {.arena = arena, .headers = ret};
    collect(&c, schema, arguments);
    return arena->starved ? err_nomem(err) : c.count;
}
