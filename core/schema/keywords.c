#include "schema/compile.h"

const struct type_name type_names[TYPE_COUNT] = {
    {"string", "a string", TYPE_STRING},  {"integer", "an integer", TYPE_INTEGER},
    {"number", "a number", TYPE_NUMBER},  {"boolean", "true or false", TYPE_BOOLEAN},
    {"object", "an object", TYPE_OBJECT}, {"array", "an array", TYPE_ARRAY},
    {"null", "null", TYPE_NULL},
};

static unsigned
type_bit(struct str name)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (str_eq_c(name, type_names[i].name)) {
            return type_names[i].bit;
        }
    }
    return 0;
}

static int
on_type(const struct entry *e)
{
    bool list = js_type(e->value) == JS_ARRAY;
    size_t count = list ? js_count(e->value) : 1;
    for (size_t i = 0; i < count; i++) {
        const struct js *name = list ? js_at(e->value, i) : e->value;
        unsigned bit = type_bit(js_text(name));
        if (bit == 0) {
            return compile_refuse(e->c, &e->at,
                                  "must be one of string, integer, number, boolean, object, "
                                  "array, null, or a list of these");
        }
        e->node->types |= bit;
    }
    return count > 0 ? 0 : compile_refuse(e->c, &e->at, "must not be empty");
}

static int
on_enum(const struct entry *e)
{
    if (js_type(e->value) != JS_ARRAY) {
        return compile_refuse_type(e, "an array of values");
    }
    return read_constants(e, js_count(e->value), false, &e->node->choice);
}

static int
on_const(const struct entry *e)
{
    return read_constants(e, 1, true, &e->node->fixed);
}

static int
on_default(const struct entry *e)
{
    e->node->default_json = js_to_arena(e->value, &e->c->schema->arena);
    return e->node->default_json.ptr ? 0 : err_nomem(e->c->err);
}

#define ON_BOUND(name, member)                                                                     \
    static int on_##name(const struct entry *e)                                                    \
    {                                                                                              \
        struct number_rules *n = read_number_group(e);                                             \
        return n ? read_bound(e, &n->member) : err_nomem(e->c->err);                               \
    }
ON_BOUND(minimum, minimum)
ON_BOUND(maximum, maximum)
ON_BOUND(exclusive_minimum, above)
ON_BOUND(exclusive_maximum, below)

static int
on_multiple_of(const struct entry *e)
{
    struct number_rules *n = read_number_group(e);
    if (!n) {
        return err_nomem(e->c->err);
    }
    int result = read_bound(e, &n->multiple_of);
    if (result == 0 && !decimal_is_divisor(&n->multiple_of.value)) {
        return compile_refuse(e->c, &e->at, "must be above zero, with at most 18 digits");
    }
    return result;
}

#define ON_SIZE(name, group, member)                                                               \
    static int on_##name(const struct entry *e)                                                    \
    {                                                                                              \
        struct group##_rules *g = read_##group##_group(e);                                         \
        return g ? read_size(e, &g->member) : err_nomem(e->c->err);                                \
    }
ON_SIZE(min_length, string, length.min)
ON_SIZE(max_length, string, length.max)
ON_SIZE(min_items, array, length.min)
ON_SIZE(max_items, array, length.max)
ON_SIZE(min_contains, array, matches.min)
ON_SIZE(max_contains, array, matches.max)
ON_SIZE(min_properties, object, size.min)
ON_SIZE(max_properties, object, size.max)

#define ON_NODE(name, group, member)                                                               \
    static int on_##name(const struct entry *e)                                                    \
    {                                                                                              \
        struct group##_rules *g = read_##group##_group(e);                                         \
        return g ? read_node(e, &g->member) : err_nomem(e->c->err);                                \
    }
ON_NODE(contains, array, contains)
ON_NODE(additional_properties, object, additional)
ON_NODE(property_names, object, names)
ON_NODE(not, logic, not )
ON_NODE(if, logic, condition)
ON_NODE(then, logic, then)
ON_NODE(else, logic, otherwise)

#define ON_NODES(name, group, member)                                                              \
    static int on_##name(const struct entry *e)                                                    \
    {                                                                                              \
        struct group##_rules *g = read_##group##_group(e);                                         \
        return g ? read_nodes(e, &g->member) : err_nomem(e->c->err);                               \
    }
ON_NODES(prefix_items, array, prefix)
ON_NODES(all_of, logic, all)
ON_NODES(any_of, logic, any)
ON_NODES(one_of, logic, one)

static int
on_items(const struct entry *e)
{
    struct array_rules *a = read_array_group(e);
    if (js_type(e->value) == JS_ARRAY) {
        return compile_refuse(e->c, &e->at,
                              "an array of schemas is called prefixItems since "
                              "draft 2020-12");
    }
    return a ? read_node(e, &a->items) : err_nomem(e->c->err);
}

static int
on_unique_items(const struct entry *e)
{
    struct array_rules *a = read_array_group(e);
    if (js_type(e->value) != JS_BOOL) {
        return compile_refuse_type(e, "true or false");
    }
    if (!a) {
        return err_nomem(e->c->err);
    }
    a->unique = js_bool(e->value, false);
    return 0;
}

static int
on_unevaluated_items(const struct entry *e)
{
    e->c->schema->tracks = true;
    return read_node(e, &e->node->unevaluated_items);
}

static int
on_unevaluated_properties(const struct entry *e)
{
    e->c->schema->tracks = true;
    return read_node(e, &e->node->unevaluated_properties);
}

static int
on_pattern(const struct entry *e)
{
    struct string_rules *s = read_string_group(e);
    if (js_type(e->value) != JS_STRING) {
        return compile_refuse_type(e, "a regular expression in a string");
    }
    return s ? read_pattern(e, js_text(e->value), &e->at, &s->pattern) : err_nomem(e->c->err);
}

/* Schemas that are only there to be referred to. */
static int
on_defs(const struct entry *e)
{
    if (js_type(e->value) != JS_OBJECT) {
        return compile_refuse_type(e, "an object of schemas");
    }
    struct js_member member;
    for (struct js_iter it = js_iter(e->value); js_next(&it, &member);) {
        struct place at = place_member(&e->at, member.key);
        struct node *node;
        int result = compile_node(e->c, member.value, e->resource, &at, &node);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

static int
on_dynamic(const struct entry *e)
{
    return compile_refuse(e->c, &e->at, "dynamic references are not supported; use $ref");
}

static const struct {
    const char *name;
    int (*compile)(const struct entry *e);
} keywords[] = {
    {"$anchor", resolve_anchor},
    {"$defs", on_defs},
    {"$dynamicAnchor", resolve_anchor}, /* without $dynamicRef it is a plain anchor */
    {"$dynamicRef", on_dynamic},
    {"$recursiveRef", on_dynamic},
    {"$ref", resolve_note_reference},
    {"additionalProperties", on_additional_properties},
    {"allOf", on_all_of},
    {"anyOf", on_any_of},
    {"const", on_const},
    {"contains", on_contains},
    {"default", on_default},
    {"definitions", on_defs},
    {"dependentRequired", keyword_dependent_required},
    {"dependentSchemas", keyword_dependent_schemas},
    {"else", on_else},
    {"enum", on_enum},
    {"exclusiveMaximum", on_exclusive_maximum},
    {"exclusiveMinimum", on_exclusive_minimum},
    {"if", on_if},
    {"items", on_items},
    {"maxContains", on_max_contains},
    {"maxItems", on_max_items},
    {"maxLength", on_max_length},
    {"maxProperties", on_max_properties},
    {"maximum", on_maximum},
    {"minContains", on_min_contains},
    {"minItems", on_min_items},
    {"minLength", on_min_length},
    {"minProperties", on_min_properties},
    {"minimum", on_minimum},
    {"multipleOf", on_multiple_of},
    {"not", on_not},
    {"oneOf", on_one_of},
    {"pattern", on_pattern},
    {"patternProperties", keyword_pattern_properties},
    {"prefixItems", on_prefix_items},
    {"properties", keyword_properties},
    {"propertyNames", on_property_names},
    {"required", keyword_required},
    {"then", on_then},
    {"type", on_type},
    {"unevaluatedItems", on_unevaluated_items},
    {"unevaluatedProperties", on_unevaluated_properties},
    {"uniqueItems", on_unique_items},
};

static int
compile_keyword(struct entry *e, struct str name)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (str_eq_c(name, keywords[i].name)) {
            return keywords[i].compile(e);
        }
    }
    return 0;
}

int
compile_keywords(struct compile *c, struct node *node, const struct js *value, size_t resource,
                 const struct place *at)
{
    struct js_member member;
    for (struct js_iter it = js_iter(value); js_next(&it, &member);) {
        struct entry e = {c, node, resource, value, member.value, place_member(at, member.key)};
        int result = compile_keyword(&e, member.key);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}
