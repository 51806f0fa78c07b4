/* A value that fits is written again with one thing changed. The change hangs on a rule of the
 * schema that every such value is under: behind properties, items, $ref and allOf, not behind anyOf
 * and the like, where breaking one branch proves nothing. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "gauntlet_arguments.h"
#include "schema/schema.h"

enum { DEPTH_MAX = 8, BREAKS_MAX = 200, PLACE_MAX = 120, LENGTH_MAX = 20000, ITEMS_MAX = 200 };

/* What becomes of TARGET in BASE. */
struct change {
    const struct js *target;
    struct str raw;   /* JSON instead of it; ptr NULL: it stays */
    struct str drop;  /* its member of this name goes */
    const char *more; /* a member of this name comes to it */
};

struct breaker {
    const struct js *root;
    const struct js *base;
    struct argument_sets *sets;
};

/* ---- Writing ----------------------------------------------------------------------------------*/

static void
write_changed(struct js_out *out, const struct js *value, const struct change *change)
{
    bool here = value == change->target;
    struct js_member member;
    if (here && change->raw.ptr) {
        js_add_raw(out, change->raw);
    } else if (js_type(value) == JS_OBJECT) {
        js_begin_object(out);
        for (struct js_iter it = js_iter(value); js_next(&it, &member);) {
            if (!here || !change->drop.ptr || !str_eq(member.key, change->drop)) {
                js_key(out, member.key);
                write_changed(out, member.value, change);
            }
        }
        if (here && change->more) {
            js_put_str(out, change->more, STR("x"));
        }
        js_end_object(out);
    } else if (js_type(value) == JS_ARRAY) {
        js_begin_array(out);
        for (size_t i = 0; i < js_count(value); i++) {
            write_changed(out, js_at(value, i), change);
        }
        js_end_array(out);
    } else {
        js_add_value(out, value);
    }
}

/* "order: " and what FORMAT says is wrong with it. */
static void __attribute__((format(printf, 4, 5)))
add(struct breaker *b, const char *place, const struct change *change, const char *format, ...)
{
    AUTO(buf) struct buf text;
    AUTO(buf) struct buf label;
    char what[PLACE_MAX];
    struct js_out out;
    va_list args;
    buf_init(&text, 2 * LIMIT_TOOL_ARGUMENT_BYTES);
    buf_init(&label, 2 * PLACE_MAX + 4);
    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    buf_printf(&label, "%s%s%s", place, *place ? ": " : "", what);
    js_out_init(&out, &text);
    write_changed(&out, b->base, change);
    if (!text.failed && b->sets->count < BREAKS_MAX) {
        argument_sets_add(b->sets,
                          (struct argument_set){.label = buf_str(&label), .text = buf_str(&text)});
    }
}

static void
replace(struct breaker *b, const char *place, const struct js *value, const char *raw,
        const char *what)
{
    const struct change change = {.target = value, .raw = str_c(raw)};
    add(b, place, &change, "%s", what);
}

/* ---- Rules ------------------------------------------------------------------------------------*/

static bool
allows(const struct js *type, const char *word)
{
    if (js_type(type) != JS_ARRAY) {
        return str_eq_c(js_text(type), word);
    }
    for (size_t i = 0; i < js_count(type); i++) {
        if (str_eq_c(js_text(js_at(type, i)), word)) {
            return true;
        }
    }
    return false;
}

static void
break_type(struct breaker *b, const char *place, const struct js *node, const struct js *value)
{
    static const struct {
        const char *type;
        const char *raw;
        const char *what;
    } others[] = {
        {"string", "\"two\"", "a text"}, {"number", "2.5", "a number"}, {"boolean", "true", "true"},
        {"array", "[]", "a list"},       {"object", "{}", "an object"}, {"null", "null", "null"},
    };
    const struct js *type = js_get_c(node, "type");
    for (size_t i = 0; type && i < sizeof(others) / sizeof(*others); i++) {
        if (!allows(type, others[i].type)) {
            replace(b, place, value, others[i].raw, others[i].what);
        }
    }
}

/* LENGTH characters of one kind, quoted. */
static void
break_length(struct breaker *b, const char *place, const struct js *value, int64_t length,
             const char *what)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LENGTH_MAX + 8);
    buf_add_char(&text, '"');
    for (int64_t i = 0; i < length; i++) {
        buf_add_char(&text, 'x');
    }
    buf_add_char(&text, '"');
    if (!text.failed) {
        replace(b, place, value, text.text, what);
    }
}

/* With the first of some texts that the pattern by itself refuses; one that takes them all asks for
 * next to nothing. */
static void
break_pattern(struct breaker *b, const char *place, const struct js *node, const struct js *value)
{
    static const char *const texts[] = {"\"\"", "\" \"", "\"\\u0001 ~\\u0001\"", "\"x\"", "\"7\""};
    AUTO(arena) struct arena arena = {0};
    AUTO(schema) struct schema *alone = NULL;
    struct str pattern = js_to_arena(js_get_c(node, "pattern"), &arena);
    struct str text = arena_printf(&arena, "{\"pattern\":%" STR_FMT "}", STR_ARG(pattern));
    struct schema_report report;
    struct err err;
    if (!pattern.ptr || !text.ptr || schema_compile(text, &alone, &err) < 0) {
        return;
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct js *candidate;
        if (js_parse(str_c(texts[i]), &arena, &candidate, &err) == 0 &&
            schema_check(alone, candidate, &arena, &report, &err) == SCHEMA_MISMATCH) {
            replace(b, place, value, texts[i], "against its pattern");
            return;
        }
    }
}

static void
break_string(struct breaker *b, const char *place, const struct js *node, const struct js *value)
{
    int64_t least = js_get_int(node, "minLength", 0);
    int64_t most = js_get_int(node, "maxLength", LENGTH_MAX);
    if (least > 0 && least < LENGTH_MAX) {
        break_length(b, place, value, least - 1, "too short");
    }
    if (most < LENGTH_MAX) {
        break_length(b, place, value, most + 1, "too long");
    }
    if (js_has(node, STR("pattern"))) {
        break_pattern(b, place, node, value);
    }
}

static void
break_bound(struct breaker *b, const char *place, const struct js *node, const struct js *value,
            const char *keyword, double by, const char *what)
{
    const struct js *bound = js_get_c(node, keyword);
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, 64);
    js_out_init(&out, &text);
    if (js_type(bound) == JS_INT && js_int(bound, 0) != INT64_MIN &&
        js_int(bound, 0) != INT64_MAX) {
        js_add_int(&out, js_int(bound, 0) + (int64_t)by);
    } else {
        js_add_double(&out, js_double(bound, 0) + by);
    }
    if (bound && !text.failed) {
        replace(b, place, value, text.text, what);
    }
}

static void
break_number(struct breaker *b, const char *place, const struct js *node, const struct js *value)
{
    break_bound(b, place, node, value, "minimum", -1, "below its minimum");
    break_bound(b, place, node, value, "maximum", 1, "above its maximum");
    break_bound(b, place, node, value, "exclusiveMinimum", 0, "its exclusive minimum");
    break_bound(b, place, node, value, "exclusiveMaximum", 0, "its exclusive maximum");
    if (allows(js_get_c(node, "type"), "integer")) {
        replace(b, place, value, "1.5", "half a number");
    }
}

static void break_node(struct breaker *b, const char *place, const struct js *node,
                       const struct js *value, unsigned depth);

/* COUNT times the item that stands for VALUE's. */
static void
break_items(struct breaker *b, const char *place, const struct js *value, int64_t count,
            const char *what)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_TOOL_ARGUMENT_BYTES);
    js_out_init(&out, &text);
    js_begin_array(&out);
    for (int64_t i = 0; i < count; i++) {
        js_add_value(&out, js_at(value, (size_t)i % js_count(value)));
    }
    js_end_array(&out);
    if (!text.failed) {
        replace(b, place, value, text.text, what);
    }
}

static void
break_array(struct breaker *b, const char *place, const struct js *node, const struct js *value,
            unsigned depth)
{
    char inside[PLACE_MAX];
    int64_t most = js_get_int(node, "maxItems", INT64_MAX);
    if (js_get_int(node, "minItems", 0) > 0) {
        replace(b, place, value, "[]", "too few");
    }
    if (js_count(value) == 0) {
        return;
    }
    if (most < ITEMS_MAX) {
        break_items(b, place, value, most + 1, "too many");
    }
    if (js_get_bool(node, "uniqueItems", false)) {
        break_items(b, place, value, (int64_t)js_count(value) + 1, "the same twice");
    }
    if (js_has(node, STR("items"))) {
        (void)snprintf(inside, sizeof(inside), "%s[0]", place);
        break_node(b, inside, js_get_c(node, "items"), js_at(value, 0), depth + 1);
    }
}

static void
break_object(struct breaker *b, const char *place, const struct js *node, const struct js *value,
             unsigned depth)
{
    const struct js *required = js_get_c(node, "required");
    const struct js *properties = js_get_c(node, "properties");
    struct js_member member;
    char inside[PLACE_MAX];
    for (size_t i = 0; i < js_count(required); i++) {
        const struct change gone = {.target = value, .drop = js_text(js_at(required, i))};
        add(b, place, &gone, "%" STR_FMT " missing", STR_ARG(gone.drop));
    }
    if (!js_get_bool(node, "additionalProperties", true) ||
        !js_get_bool(node, "unevaluatedProperties", true)) {
        const struct change more = {.target = value, .more = "not_in_the_schema"};
        add(b, place, &more, "a member that it does not know");
    }
    for (struct js_iter it = js_iter(properties); js_next(&it, &member);) {
        if (js_get(value, member.key)) {
            (void)snprintf(inside, sizeof(inside), "%s%s%" STR_FMT, place, *place ? "." : "",
                           STR_ARG(str_sub(member.key, 0, 40)));
            break_node(b, inside, member.value, js_get(value, member.key), depth + 1);
        }
    }
}

/* VALUE was made for NODE, and is no null: that is nowhere in a tree. */
static void
break_node(struct breaker *b, const char *place, const struct js *node, const struct js *value,
           unsigned depth)
{
    node = schema_follow(b->root, node);
    const struct js *all = js_get_c(node, "allOf");
    if (!value || depth > DEPTH_MAX) {
        return;
    }
    for (size_t i = 0; i < js_count(all); i++) {
        break_node(b, place, js_at(all, i), value, depth + 1);
    }
    break_type(b, place, node, value);
    if (js_has(node, STR("enum")) || js_has(node, STR("const"))) {
        replace(b, place, value, "\"none of those\"", "not among its values");
    } else if (js_type(value) == JS_STRING) {
        break_string(b, place, node, value);
    } else if (js_type(value) == JS_INT || js_type(value) == JS_DOUBLE) {
        break_number(b, place, node, value);
    }
    if (js_type(value) == JS_ARRAY) {
        break_array(b, place, node, value, depth);
    } else if (js_type(value) == JS_OBJECT) {
        break_object(b, place, node, value, depth);
    }
}

void
arguments_break(const struct js *schema, const struct js *base, struct argument_sets *sets)
{
    struct breaker b = {.root = schema, .base = base, .sets = sets};
    argument_sets_add(sets,
                      (struct argument_set){.label = STR("no JSON"), .text = STR("{\"half\":")});
    argument_sets_add(sets,
                      (struct argument_set){.label = STR("no UTF-8"), .text = STR("{\"\xff\":1}")});
    break_node(&b, "", schema, base, 0);
}
