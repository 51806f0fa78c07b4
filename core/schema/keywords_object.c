#include "schema/compile.h"

#include <stdlib.h>
#include <string.h>

static int
by_name(const void *a, const void *b)
{
    return str_cmp(((const struct property *)a)->name, ((const struct property *)b)->name);
}

struct node *
rules_property(const struct object_rules *o, struct str name)
{
    struct property wanted = {name, NULL};
    const struct property *found =
        o->property_count > 0
            ? bsearch(&wanted, o->properties, o->property_count, sizeof(wanted), by_name)
            : NULL;
    return found ? found->node : NULL;
}

int
keyword_properties(const struct entry *e)
{
    struct object_rules *o = read_object_group(e);
    if (js_type(e->value) != JS_OBJECT) {
        return compile_refuse_type(e, "an object of schemas");
    }
    struct arena *arena = &e->c->schema->arena;
    struct property *list =
        o ? arena_zero(arena, js_count(e->value), sizeof(*o->properties)) : NULL;
    if (!list) {
        return err_nomem(e->c->err);
    }
    size_t count = 0;
    struct js_member member;
    for (struct js_iter it = js_iter(e->value); js_next(&it, &member); count++) {
        struct place at = place_member(&e->at, member.key);
        list[count].name = arena_str(arena, member.key);
        if (!list[count].name.ptr) {
            return err_nomem(e->c->err);
        }
        int result = compile_node(e->c, member.value, e->resource, &at, &list[count].node);
        if (result < 0) {
            return result;
        }
    }
    if (count > 0) {
        qsort(list, count, sizeof(*list), by_name);
    }
    o->properties = list;
    o->property_count = count;
    return 0;
}

int
keyword_pattern_properties(const struct entry *e)
{
    struct object_rules *o = read_object_group(e);
    if (js_type(e->value) != JS_OBJECT) {
        return compile_refuse_type(e, "an object of schemas");
    }
    struct pattern_property *list =
        o ? arena_zero(&e->c->schema->arena, js_count(e->value), sizeof(*list)) : NULL;
    if (!list) {
        return err_nomem(e->c->err);
    }
    size_t count = 0;
    struct js_member member;
    for (struct js_iter it = js_iter(e->value); js_next(&it, &member); count++) {
        struct place at = place_member(&e->at, member.key);
        int result = read_pattern(e, member.key, &at, &list[count].pattern);
        if (result == 0) {
            result = compile_node(e->c, member.value, e->resource, &at, &list[count].node);
        }
        if (result < 0) {
            return result;
        }
    }
    o->patterns = list;
    o->pattern_count = count;
    return 0;
}

int
keyword_required(const struct entry *e)
{
    struct object_rules *o = read_object_group(e);
    return o ? read_names(e, e->value, &e->at, &o->required, &o->required_count)
             : err_nomem(e->c->err);
}

/* dependentRequired and dependentSchemas fill one list. */
static int
add_dependencies(const struct entry *e, bool schemas)
{
    struct object_rules *o = read_object_group(e);
    if (js_type(e->value) != JS_OBJECT) {
        return compile_refuse_type(e, "an object");
    }
    struct arena *arena = &e->c->schema->arena;
    size_t count = o ? o->dependency_count : 0;
    struct dependency *list =
        o ? arena_zero(arena, count + js_count(e->value), sizeof(*list)) : NULL;
    if (!list) {
        return err_nomem(e->c->err);
    }
    if (count > 0) {
        memcpy(list, o->dependencies, count * sizeof(*list));
    }
    struct js_member member;
    for (struct js_iter it = js_iter(e->value); js_next(&it, &member); count++) {
        struct dependency *d = &list[count];
        struct place at = place_member(&e->at, member.key);
        d->name = arena_str(arena, member.key);
        if (!d->name.ptr) {
            return err_nomem(e->c->err);
        }
        int result = schemas ? compile_node(e->c, member.value, e->resource, &at, &d->node)
                             : read_names(e, member.value, &at, &d->required, &d->required_count);
        if (result < 0) {
            return result;
        }
    }
    o->dependencies = list;
    o->dependency_count = count;
    return 0;
}

int
keyword_dependent_required(const struct entry *e)
{
    return add_dependencies(e, false);
}

int
keyword_dependent_schemas(const struct entry *e)
{
    return add_dependencies(e, true);
}
