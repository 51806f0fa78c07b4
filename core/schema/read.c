#include "schema/compile.h"

#include "base/utf8.h"

enum { SHOWN_MAX = 60 };

/* ---- groups: made when the first keyword of theirs is met ---- */

#define GROUP(e, member)                                                                           \
    ((e)->node->member ? (e)->node->member                                                         \
                       : ((e)->node->member =                                                      \
                              arena_zero(&(e)->c->schema->arena, 1, sizeof(*(e)->node->member))))

struct string_rules *
read_string_group(const struct entry *e)
{
    bool fresh = !e->node->string;
    struct string_rules *s = GROUP(e, string);
    if (s && fresh) {
        s->length.max = SIZE_MAX;
    }
    return s;
}

struct array_rules *
read_array_group(const struct entry *e)
{
    bool fresh = !e->node->array;
    struct array_rules *a = GROUP(e, array);
    if (a && fresh) {
        a->length.max = SIZE_MAX;
        a->matches = (struct range){1, SIZE_MAX};
    }
    return a;
}

struct object_rules *
read_object_group(const struct entry *e)
{
    bool fresh = !e->node->object;
    struct object_rules *o = GROUP(e, object);
    if (o && fresh) {
        o->size.max = SIZE_MAX;
    }
    return o;
}

struct logic_rules *
read_logic_group(const struct entry *e)
{
    return GROUP(e, logic);
}

struct number_rules *
read_number_group(const struct entry *e)
{
    return GROUP(e, number);
}

/* ---- values that many keywords share ---- */

int
read_node(const struct entry *e, struct node **ret)
{
    return compile_node(e->c, e->value, e->resource, &e->at, ret);
}

int
read_nodes(const struct entry *e, struct node_list *ret)
{
    size_t count = js_count(e->value);
    if (js_type(e->value) != JS_ARRAY || count == 0) {
        return compile_refuse(e->c, &e->at, "must be an array of schemas, and not empty");
    }
    ret->items = arena_zero(&e->c->schema->arena, count, sizeof(*ret->items));
    if (!ret->items) {
        return err_nomem(e->c->err);
    }
    for (size_t i = 0; i < count; i++) {
        struct place at = place_item(&e->at, i);
        int result = compile_node(e->c, js_at(e->value, i), e->resource, &at, &ret->items[i]);
        if (result < 0) {
            return result;
        }
    }
    ret->count = count;
    return 0;
}

static bool
is_number(const struct js *value)
{
    return js_type(value) == JS_INT || js_type(value) == JS_DOUBLE;
}

int
read_size(const struct entry *e, size_t *ret)
{
    struct decimal d;
    struct str text = js_number_text(e->value, &e->c->work);
    if (is_number(e->value) && !text.ptr) {
        return err_nomem(e->c->err);
    }
    if (!decimal_read(text, &d) || !decimal_to_size(&d, ret)) {
        return compile_refuse(e->c, &e->at, "must be a whole number, 0 or more");
    }
    return 0;
}

int
read_bound(const struct entry *e, struct bound *ret)
{
    struct str text = js_number_text(e->value, &e->c->work);
    if (is_number(e->value) && !text.ptr) {
        return err_nomem(e->c->err);
    }
    if (!decimal_read(text, &ret->value)) {
        return compile_refuse_type(e, "a number");
    }
    ret->shown = arena_str(&e->c->schema->arena, text);
    return ret->shown.ptr ? 0 : err_nomem(e->c->err);
}

int
read_names(const struct entry *e, const struct js *value, const struct place *at, struct str **ret,
           size_t *ret_count)
{
    if (js_type(value) != JS_ARRAY) {
        return compile_refuse(e->c, at, "must be an array of member names");
    }
    size_t count = js_count(value);
    *ret = arena_zero(&e->c->schema->arena, count, sizeof(**ret));
    if (!*ret) {
        return err_nomem(e->c->err);
    }
    for (size_t i = 0; i < count; i++) {
        const struct js *name = js_at(value, i);
        if (js_type(name) != JS_STRING) {
            return compile_refuse(e->c, at, "must hold member names only, not %s",
                                  js_type_name(js_type(name)));
        }
        (*ret)[i] = arena_str(&e->c->schema->arena, js_text(name));
        if (!(*ret)[i].ptr) {
            return err_nomem(e->c->err);
        }
    }
    *ret_count = count;
    return 0;
}

static void
release_pattern(void *pattern)
{
    pattern_free(pattern);
}

int
read_pattern(const struct entry *e, struct str source, const struct place *at, struct pattern **ret)
{
    struct err reason = {0};
    int result = pattern_compile(source, ret, &reason);
    if (result == ERR_NOMEM) {
        return err_nomem(e->c->err);
    }
    if (result < 0) {
        return compile_refuse(e->c, at, "%s", reason.message);
    }
    result = arena_defer(&e->c->schema->arena, release_pattern, *ret);
    return result < 0 ? err_nomem(e->c->err) : 0;
}

static int
read_constant(const struct entry *e, const struct js *value, struct constant *ret)
{
    ret->canonical = js_canonical(value, &e->c->schema->arena);
    struct str text = js_to_arena(value, &e->c->work);
    if (!ret->canonical.ptr || !text.ptr) {
        return err_nomem(e->c->err);
    }
    struct str cut = utf8_cut(text, SHOWN_MAX);
    ret->shown = arena_printf(&e->c->schema->arena, "%" STR_FMT "%s", STR_ARG(cut),
                              cut.len < text.len ? "..." : "");
    return ret->shown.ptr ? 0 : err_nomem(e->c->err);
}

int
read_constants(const struct entry *e, size_t count, bool whole, struct constants **ret)
{
    struct arena *arena = &e->c->schema->arena;
    struct constants *constants = arena_zero(arena, 1, sizeof(*constants));
    struct constant *items = arena_zero(arena, count, sizeof(*items));
    if (!constants || !items) {
        return err_nomem(e->c->err);
    }
    for (size_t i = 0; i < count; i++) {
        int result = read_constant(e, whole ? e->value : js_at(e->value, i), &items[i]);
        if (result < 0) {
            return result;
        }
    }
    *constants = (struct constants){items, count};
    *ret = constants;
    return 0;
}
