#include "model/model_embedded_facts.h"

#include <string.h>

#include "base/json.h"
#include "model/model_embedded.h"

/* The first object in a result: {"json":{...}}, or a text that is one. NULL when there is none. */
static const struct js *
result_object(struct str content, struct arena *arena)
{
    struct err ignored = {0};
    struct js *root = NULL;
    if (js_parse(content, arena, &root, &ignored) < 0) {
        return NULL;
    }
    for (size_t i = 0; i < js_count(root); i++) {
        const struct js *block = js_at(root, i);
        const struct js *json = js_get_c(block, "json");
        struct str text = js_get_text(block, "text");
        struct js *parsed = NULL;
        if (js_type(json) == JS_OBJECT) {
            return json;
        }
        if (text.len > 0 && js_parse_object(text, "result", arena, &parsed, &ignored) == 0) {
            return parsed;
        }
    }
    return NULL;
}

/* "34.9" as "34.90", "129" as "129.00": the same number as it came. Empty for anything that is no
 * plain decimal number. */
static struct str
price_text(const struct js *value, struct arena *arena, double *ret)
{
    struct str text =
        js_type(value) == JS_STRING ? str_trim(js_text(value)) : js_number_text(value, arena);
    size_t point = str_find_char(text, '.', 0);
    size_t whole = point == SIZE_MAX ? text.len : point;
    size_t cents = point == SIZE_MAX ? 0 : text.len - point - 1;
    for (size_t i = 0; i < text.len; i++) {
        if (i != point && (text.ptr[i] < '0' || text.ptr[i] > '9')) {
            return (struct str){0};
        }
    }
    bool plain = whole >= 1 && whole <= 9 && cents <= 4 && (point == SIZE_MAX || cents >= 1);
    if (!plain || !str_to_double(text, ret)) {
        return (struct str){0};
    }
    const char *filling = point == SIZE_MAX ? ".00" : cents == 1 ? "0" : "";
    return arena_printf(arena, "%" STR_FMT "%s", STR_ARG(text), filling);
}

static struct str
clean_member(const struct js *object, const char *key, size_t max, struct arena *arena)
{
    return say_clean(arena, js_get_text(object, key), max);
}

static void
read_features(const struct js *list, struct arena *arena, struct fact_product *p)
{
    for (size_t i = 0; i < js_count(list) && p->feature_count < FACT_LINES_MAX; i++) {
        struct str line = say_clean(arena, js_text(js_at(list, i)), FACT_LINE_MAX);
        if (line.len > 0) {
            p->features[p->feature_count++] = line;
        }
    }
}

static struct str
scalar_text(const struct js *value, struct arena *arena)
{
    switch (js_type(value)) {
    case JS_STRING:
        return js_text(value);
    case JS_INT:
    case JS_DOUBLE:
        return js_number_text(value, arena);
    case JS_BOOL:
        return js_bool(value, false) ? STR("yes") : STR("no");
    case JS_NULL:
    case JS_ARRAY:
    case JS_OBJECT:
        break;
    }
    return (struct str){0};
}

static void
read_specifications(const struct js *object, struct arena *arena, struct fact_product *p)
{
    if (js_type(object) != JS_OBJECT) {
        return;
    }
    struct js_member member;
    for (struct js_iter it = js_iter(object); js_next(&it, &member);) {
        struct str value = scalar_text(member.value, arena);
        if (p->specification_count == FACT_LINES_MAX) {
            break;
        }
        if (value.len == 0 || member.key.len == 0) {
            continue;
        }
        struct str line =
            arena_printf(arena, "%" STR_FMT ": %" STR_FMT, STR_ARG(member.key), STR_ARG(value));
        line = say_clean(arena, line, FACT_LINE_MAX);
        if (line.len > 0) {
            p->specifications[p->specification_count++] = line;
        }
    }
}

static bool
read_product(const struct js *object, struct arena *arena, struct fact_product *p)
{
    *p = (struct fact_product){
        .id = js_get_text(object, "id"),
        .name = clean_member(object, "name", FACT_NAME_MAX, arena),
        .brand = clean_member(object, "brand", FACT_NAME_MAX, arena),
        .category = clean_member(object, "category", FACT_NAME_MAX, arena),
        .description = clean_member(object, "description", FACT_TEXT_MAX, arena),
        .currency = clean_member(object, "currency", 8, arena),
    };
    p->price = price_text(js_get_c(object, "price"), arena, &p->price_value);
    const struct js *stock = js_get_c(object, "in_stock");
    if (js_type(stock) == JS_BOOL) {
        p->stock = js_bool(stock, false) ? FACT_STOCK_IN : FACT_STOCK_OUT;
    }
    read_features(js_get_c(object, "features"), arena, p);
    read_specifications(js_get_c(object, "specifications"), arena, p);
    return p->name.len > 0;
}

/* The length of the object TEXT begins with; 0 when its end is not there. */
static size_t
object_length(struct str text)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
            continue;
        }
        quoted = c == '"';
        depth += c == '{';
        depth -= c == '}';
        if (depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* Of a result too large to be seen whole only the beginning is here: the products in it that are
 * whole. */
static bool
read_beginning(struct str content, struct arena *arena, struct fact_products *found)
{
    struct err ignored = {0};
    struct js *root = NULL;
    struct str opening = STR("\"products\":[");
    if (js_parse(content, arena, &root, &ignored) < 0) {
        return false;
    }
    struct str text = js_get_text(js_at(root, 0), "text");
    size_t at = str_find(text, opening, 0);
    if (at == SIZE_MAX) {
        return false;
    }
    text = str_sub(text, at + opening.len, SIZE_MAX);
    while (found->count < FACT_PRODUCTS_MAX && text.len > 0 && text.ptr[0] == '{') {
        struct js *object = NULL;
        size_t len = object_length(text);
        bool whole = len > 0 && js_parse_object(str_sub(text, 0, len), "product", arena, &object,
                                                &ignored) == 0;
        if (!whole) {
            break;
        }
        found->count += read_product(object, arena, &found->items[found->count]);
        text = str_sub(text, len, SIZE_MAX);
        text = str_sub(text, str_starts(text, STR(",")), SIZE_MAX);
    }
    return found->count > 0;
}

struct fact_products
fact_read_products(struct str content, struct arena *arena)
{
    struct fact_products found = {0};
    const struct js *list = js_get_c(result_object(content, arena), "products");
    if (js_type(list) != JS_ARRAY) {
        found.items = arena_zero(arena, FACT_PRODUCTS_MAX, sizeof(*found.items));
        found.readable = found.items && read_beginning(content, arena, &found);
        return found;
    }
    found.items = arena_zero(arena, FACT_PRODUCTS_MAX, sizeof(*found.items));
    found.readable = found.items != NULL;
    for (size_t i = 0; found.items && i < js_count(list) && found.count < FACT_PRODUCTS_MAX; i++) {
        if (read_product(js_at(list, i), arena, &found.items[found.count])) {
            found.count++;
        }
    }
    return found;
}

bool
fact_read_product(struct str content, struct arena *arena, struct fact_product *ret)
{
    const struct js *object = result_object(content, arena);
    const struct js *inner = js_get_c(object, "product");
    return read_product(js_type(inner) == JS_OBJECT ? inner : object, arena, ret);
}

static void
read_alternatives(const struct js *list, struct arena *arena, struct fact_article *a)
{
    for (size_t i = 0; i < js_count(list) && a->alternative_count < FACT_ALTERNATIVES_MAX; i++) {
        struct str title = clean_member(js_at(list, i), "title", FACT_NAME_MAX, arena);
        if (title.len > 0 && !str_eq(title, a->title)) {
            a->alternatives[a->alternative_count++] = title;
        }
    }
}

static void
read_next(const struct js *list, struct arena *arena, struct fact_article *a)
{
    for (size_t i = 0; i < js_count(list) && a->next_count < FACT_NEXT_MAX; i++) {
        struct str id = say_clean(arena, js_text(js_at(list, i)), FACT_NAME_MAX);
        if (id.len > 0 && !str_eq(id, a->id)) {
            a->next[a->next_count++] = id;
        }
    }
}

bool
fact_read_article(struct str content, struct arena *arena, struct fact_article *ret)
{
    const struct js *object = result_object(content, arena);
    const struct js *article = js_get_c(object, "article");
    memset(ret, 0, sizeof(*ret));
    ret->id = clean_member(article, "id", FACT_NAME_MAX, arena);
    ret->title = clean_member(article, "title", FACT_NAME_MAX, arena);
    ret->call_human_when = clean_member(article, "call_human_when", FACT_TEXT_MAX, arena);
    ret->confidence = js_get_double(object, "confidence", 1);
    const struct js *steps = js_get_c(article, "steps");
    for (size_t i = 0; i < js_count(steps) && ret->step_count < FACT_STEPS_MAX; i++) {
        struct str step = say_clean(arena, js_text(js_at(steps, i)), FACT_STEP_MAX);
        if (step.len > 0) {
            ret->steps[ret->step_count++] = step;
        }
    }
    read_next(js_get_c(article, "next"), arena, ret);
    read_alternatives(js_get_c(object, "alternatives"), arena, ret);
    bool found = js_get_bool(object, "found", false);
    return found && ret->title.len > 0 && ret->step_count > 0;
}
