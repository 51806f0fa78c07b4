#include "gauntlet_arguments.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"

enum {
    DEPTH_MAX = 12,
    FOLLOW_MAX = 16,
    ITEMS_MAX = 20,
    TEXT_BUDGET = 40 * 1024, /* of all long texts of one set */
    TEXT_LEAST = 100,
    SET_BYTES = 2 * LIMIT_TOOL_ARGUMENT_BYTES,
    REQUIRED_MAX = 64,
};

/* How a set is made. */
enum style {
    STYLE_LEAST,
    STYLE_ALL,
    STYLE_LONG,
    STYLE_EMPTY,
    STYLE_EMOJI,
    STYLE_NUL,
    STYLE_RIGHT_TO_LEFT,
    STYLE_MARKUP,
    STYLE_LOW,
    STYLE_HIGH,
    STYLE_COUNT,
};

#define PLAIN(label)                                                                               \
    {                                                                                              \
        label, NULL, 0                                                                             \
    }
#define TEXTS(label, text)                                                                         \
    {                                                                                              \
        label, text, sizeof(text) - 1                                                              \
    }
static const struct {
    const char *label;
    const char *text; /* for strings without rules of their own; NULL: as usual */
    size_t length;    /* of it; it may hold a NUL */
} styles[STYLE_COUNT] = {
    [STYLE_LEAST] = PLAIN("the least"),
    [STYLE_ALL] = PLAIN("all members"),
    [STYLE_LONG] = PLAIN("the longest texts"),
    [STYLE_EMPTY] = TEXTS("empty texts", ""),
    /* Of several code points each: joined, a flag, an accent by itself. */
    [STYLE_EMOJI] = TEXTS("emoji", "\U0001F469\u200D\U0001F680 \U0001F1E9\U0001F1EA e\u0301"),
    [STYLE_NUL] = TEXTS("a NUL in each text", "a\0b"),
    [STYLE_RIGHT_TO_LEFT] =
        TEXTS("right-to-left text", "\u202E\u05E9\u05DC\u05D5\u05DD \u0645\u0631\u062D"),
    [STYLE_MARKUP] =
        TEXTS("quotes, percent signs and paths", "'; -- \"%s%n%x\\ ../../etc/passwd\n"),
    [STYLE_LOW] = PLAIN("numbers at their least"),
    [STYLE_HIGH] = PLAIN("numbers at their most"),
};

struct maker {
    const struct js *root;
    struct str customer;
    enum style style;
    struct js_out out;
    size_t strings; /* written */
    size_t long_bytes;
    unsigned index; /* of the item being written, where items differ */
};

void
argument_sets_add(struct argument_sets *sets, struct argument_set set)
{
    if (sets->count == sets->capacity) {
        size_t capacity = sets->capacity ? sets->capacity * 2 : 16;
        struct argument_set *grown = arena_zero(sets->arena, capacity, sizeof(*grown));
        if (!grown) {
            sets->failed = true;
            return;
        }
        for (size_t i = 0; i < sets->count; i++) {
            grown[i] = sets->items[i];
        }
        sets->items = grown;
        sets->capacity = capacity;
    }
    set.label = arena_str(sets->arena, set.label);
    set.text = arena_str(sets->arena, set.text);
    sets->failed = sets->failed || !set.label.ptr || !set.text.ptr;
    sets->items[sets->count] = set;
    sets->count += set.label.ptr && set.text.ptr;
}

/* ---- References -------------------------------------------------------------------------------*/

static const struct js *
step_into(const struct js *from, struct str word)
{
    int64_t index;
    if (js_type(from) == JS_ARRAY) {
        return str_to_i64(word, &index) && index >= 0 ? js_at(from, (size_t)index) : NULL;
    }
    return js_get(from, word);
}

const struct js *
schema_follow(const struct js *root, const struct js *node)
{
    for (int i = 0; i < FOLLOW_MAX && js_has(node, STR("$ref")); i++) {
        struct str rest = js_get_text(node, "$ref");
        struct str word;
        if (!str_starts(rest, STR("#"))) {
            return NULL;
        }
        rest = str_sub(rest, 1, SIZE_MAX);
        node = root;
        (void)str_split(&rest, '/', &word);
        while (node && str_split(&rest, '/', &word)) {
            node = step_into(node, word);
        }
    }
    return node;
}

/* ---- Strings ----------------------------------------------------------------------------------*/

/* TEXT again and again until it has LEAST characters; at most MOST of them. */
static void
add_repeated(struct buf *out, struct str text, size_t least, size_t most)
{
    size_t count = 0;
    size_t pos = 0;
    while (!out->failed && count < most && (count < least || pos < text.len)) {
        char bytes[4];
        pos = pos >= text.len ? 0 : pos;
        if (text.len == 0) {
            buf_add_char(out, 'x');
        } else {
            buf_add(out, (struct str){bytes, utf8_encode(utf8_next(text, &pos), bytes)});
        }
        count++;
    }
}

static struct str
format_sample(struct str format)
{
    static const struct {
        const char *format;
        const char *sample;
    } known[] = {
        {"date", "2026-11-21"},          {"date-time", "2026-11-21T10:00:00Z"},
        {"time", "10:00:00Z"},           {"email", "anna@example.com"},
        {"uri", "https://example.com/"}, {"uuid", "123e4567-e89b-42d3-a456-426614174000"},
        {"ipv4", "192.0.2.1"},           {"hostname", "example.com"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (str_eq_c(format, known[i].format)) {
            return str_c(known[i].sample);
        }
    }
    return (struct str){0};
}

static void
make_string(struct maker *m, const struct js *node)
{
    AUTO(buf) struct buf text;
    size_t least = (size_t)js_get_int(node, "minLength", 0);
    size_t most = (size_t)js_get_int(node, "maxLength", INT64_MAX);
    struct str pattern = js_get_text(node, "pattern");
    struct str format = format_sample(js_get_text(node, "format"));
    buf_init(&text, LIMIT_TOOL_ARGUMENT_BYTES);
    m->strings++;
    if (pattern.len) {
        (void)pattern_sample(pattern, &text);
    } else if (str_eq_c(js_get_text(node, "scope"), "customer")) {
        buf_add(&text, m->customer);
    } else if (format.len) {
        buf_add(&text, format);
    } else if (m->style == STYLE_LONG) {
        add_repeated(&text, STR("x"), most < m->long_bytes ? most : m->long_bytes, most);
    } else if (styles[m->style].text) {
        struct str wanted = {styles[m->style].text, styles[m->style].length};
        add_repeated(&text, wanted, least, most);
    } else {
        add_repeated(&text, STR("text"), least, most);
    }
    if (m->index && !pattern.len && !format.len) {
        buf_printf(&text, "%u", m->index);
    }
    js_add_str(&m->out, buf_str(&text));
}

/* ---- Numbers ----------------------------------------------------------------------------------*/

static void
make_integer(struct maker *m, const struct js *node)
{
    int64_t least = js_get_int(node, "minimum", js_get_int(node, "exclusiveMinimum", INT64_MIN));
    int64_t most = js_get_int(node, "maximum", js_get_int(node, "exclusiveMaximum", INT64_MAX));
    int64_t step = js_get_int(node, "multipleOf", 1);
    least += js_has(node, STR("exclusiveMinimum")) && !js_has(node, STR("minimum"));
    most -= js_has(node, STR("exclusiveMaximum")) && !js_has(node, STR("maximum"));
    step = step > 0 ? step : 1;
    int64_t value = least > 1 ? least : most < 1 ? most : 1;
    if (m->style == STYLE_LOW || m->style == STYLE_HIGH) {
        value = m->style == STYLE_LOW ? least : most;
    } else {
        value = value <= INT64_MAX - m->index ? value + m->index : value;
    }
    if (value % step != 0) {
        value = value > most - step || m->style == STYLE_HIGH ? value - value % step
                                                              : value + (step - value % step);
    }
    js_add_int(&m->out, value);
}

static void
make_number(struct maker *m, const struct js *node)
{
    const double huge = 1e300;
    double least = js_get_double(node, "minimum", js_get_double(node, "exclusiveMinimum", -huge));
    double most = js_get_double(node, "maximum", js_get_double(node, "exclusiveMaximum", huge));
    bool open = js_has(node, STR("exclusiveMinimum")) || js_has(node, STR("exclusiveMaximum"));
    double value = least > 1 ? least : most < 1 ? most : 1;
    if (m->style == STYLE_LOW || m->style == STYLE_HIGH) {
        value = m->style == STYLE_LOW ? least : most;
    }
    if (open && (value <= least || value >= most)) {
        value = least / 2 + most / 2;
    }
    js_add_double(&m->out, value + m->index);
}

/* ---- Objects and arrays -----------------------------------------------------------------------*/

static void make(struct maker *m, const struct js *node, unsigned depth);

static bool
is_required(const struct js *node, struct str name)
{
    const struct js *required = js_get_c(node, "required");
    for (size_t i = 0; i < js_count(required); i++) {
        if (str_eq(js_text(js_at(required, i)), name)) {
            return true;
        }
    }
    return false;
}

static void
make_object(struct maker *m, const struct js *node, unsigned depth)
{
    const struct js *properties = js_get_c(node, "properties");
    const struct js *required = js_get_c(node, "required");
    struct js_member member;
    js_begin_object(&m->out);
    for (struct js_iter it = js_iter(properties); js_next(&it, &member);) {
        bool wanted = m->style != STYLE_LEAST && depth < DEPTH_MAX;
        if (wanted || is_required(node, member.key)) {
            js_key(&m->out, member.key);
            make(m, member.value, depth + 1);
        }
    }
    for (size_t i = 0; i < js_count(required) && i < REQUIRED_MAX; i++) {
        struct str name = js_text(js_at(required, i));
        if (!js_has(properties, name)) {
            js_key(&m->out, name);
            js_add_str(&m->out, STR("text"));
        }
    }
    js_end_object(&m->out);
}

static void
make_array(struct maker *m, const struct js *node, unsigned depth)
{
    int64_t least = js_get_int(node, "minItems", 0);
    int64_t most = js_get_int(node, "maxItems", ITEMS_MAX);
    int64_t count = m->style == STYLE_LEAST ? least : least > 1 ? least : 1;
    const struct js *prefix = js_get_c(node, "prefixItems");
    unsigned before = m->index;
    count = m->style == STYLE_LONG || m->style == STYLE_HIGH ? most : count;
    count = count > ITEMS_MAX ? ITEMS_MAX : count > most ? most : count;
    js_begin_array(&m->out);
    for (int64_t i = 0; i < count && depth < DEPTH_MAX; i++) {
        const struct js *item = js_at(prefix, (size_t)i);
        m->index = js_get_bool(node, "uniqueItems", false) ? (unsigned)i : before;
        make(m, item ? item : js_get_c(node, "items"), depth + 1);
    }
    m->index = before;
    js_end_array(&m->out);
}

/* ---- Anything ---------------------------------------------------------------------------------*/

/* What NODE asks for, from "type" or from what only one type has. */
static struct str
type_of(const struct js *node)
{
    static const struct {
        const char *keyword;
        const char *type;
    } signs[] = {
        {"properties", "object"}, {"required", "object"}, {"items", "array"},
        {"prefixItems", "array"}, {"minimum", "number"},  {"maximum", "number"},
    };
    const struct js *type = js_get_c(node, "type");
    if (js_type(type) == JS_ARRAY) {
        struct str first = js_text(js_at(type, 0));
        return str_eq_c(first, "null") && js_count(type) > 1 ? js_text(js_at(type, 1)) : first;
    }
    if (type) {
        return js_text(type);
    }
    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
        if (js_has(node, str_c(signs[i].keyword))) {
            return str_c(signs[i].type);
        }
    }
    return STR("string");
}

/* What the author wrote down for us; NULL: nothing. */
static const struct js *
given_value(const struct maker *m, const struct js *node)
{
    bool hostile = m->style > STYLE_ALL;
    const struct js *choices = js_get_c(node, "enum");
    const struct js *examples = js_get_c(node, "examples");
    if (js_has(node, STR("const"))) {
        return js_get_c(node, "const");
    }
    if (js_count(choices)) {
        return js_at(choices, m->style == STYLE_LEAST ? 0 : js_count(choices) - 1);
    }
    if (!hostile && js_count(examples)) {
        return js_at(examples, m->style == STYLE_LEAST ? 0 : js_count(examples) - 1);
    }
    return hostile ? NULL : js_get_c(node, "default");
}

static void
make_plain(struct maker *m, const struct js *node, unsigned depth)
{
    struct str type = type_of(node);
    if (str_eq_c(type, "object")) {
        make_object(m, node, depth);
    } else if (str_eq_c(type, "array")) {
        make_array(m, node, depth);
    } else if (str_eq_c(type, "integer")) {
        make_integer(m, node);
    } else if (str_eq_c(type, "number")) {
        make_number(m, node);
    } else if (str_eq_c(type, "boolean")) {
        js_add_bool(&m->out, m->style != STYLE_LEAST);
    } else if (str_eq_c(type, "null")) {
        js_add_null(&m->out);
    } else {
        make_string(m, node);
    }
}

static void
make(struct maker *m, const struct js *node, unsigned depth)
{
    static const char *const branches[] = {"anyOf", "oneOf", "allOf"};
    node = schema_follow(m->root, node);
    const struct js *given = given_value(m, node);
    if (given) {
        js_add_value(&m->out, given);
        return;
    }
    bool plain = js_has(node, STR("type")) || js_has(node, STR("properties"));
    for (size_t i = 0; i < 3 && !plain && depth < DEPTH_MAX; i++) {
        const struct js *list = js_get_c(node, branches[i]);
        if (js_count(list)) {
            make(m, js_at(list, m->style == STYLE_ALL ? js_count(list) - 1 : 0), depth + 1);
            return;
        }
    }
    make_plain(m, node, depth);
}

void
arguments_make(const struct js *schema, struct str customer, struct argument_sets *sets)
{
    size_t strings = 0;
    for (int style = 0; style < STYLE_COUNT; style++) {
        AUTO(buf) struct buf text;
        struct maker m = {.root = schema, .customer = customer, .style = (enum style)style};
        m.long_bytes = strings ? TEXT_BUDGET / strings : TEXT_LEAST;
        buf_init(&text, SET_BYTES);
        js_out_init(&m.out, &text);
        make(&m, schema, 0);
        strings = style == STYLE_ALL ? m.strings : strings;
        bool known = text.failed != 0;
        for (size_t i = 0; i < sets->count && !known; i++) {
            known = str_eq(sets->items[i].text, buf_str(&text));
        }
        if (!known) {
            argument_sets_add(sets, (struct argument_set){str_c(styles[style].label),
                                                          buf_str(&text), style > STYLE_ALL});
        }
    }
}
