#include "schema/compile.h"

#include <string.h>

#include "base/alloc.h"
#include "schema/uri.h"

static size_t
slot_of(const struct compile *c, const struct js *value)
{
    size_t mask = c->site_capacity - 1;
    size_t slot = (size_t)(((uintptr_t)value >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & mask;
    while (c->sites[slot].value && c->sites[slot].value != value) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

const struct site *
resolve_site(const struct compile *c, const struct js *value)
{
    if (!value || c->site_count == 0) {
        return NULL;
    }
    const struct site *site = &c->sites[slot_of(c, value)];
    return site->value ? site : NULL;
}

static bool
grow_sites(struct compile *c)
{
    size_t old_capacity = c->site_capacity;
    struct site *old = c->sites;
    size_t capacity = old_capacity ? old_capacity * 2 : 64;
    struct site *sites = mem_zero(capacity, sizeof(*sites));
    if (!sites) {
        return false;
    }
    c->sites = sites;
    c->site_capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].value) {
            c->sites[slot_of(c, old[i].value)] = old[i];
        }
    }
    mem_free(old);
    return true;
}

int
resolve_add_site(struct compile *c, const struct js *value, struct node *node, size_t resource)
{
    if (c->site_count * 2 >= c->site_capacity && !grow_sites(c)) {
        return err_nomem(c->err);
    }
    c->sites[slot_of(c, value)] = (struct site){value, node, resource};
    c->site_count++;
    return 0;
}

int
resolve_id(struct compile *c, const struct js *value, const struct place *at, size_t *resource)
{
    if (!js_has(value, STR("$id"))) {
        return 0;
    }
    const struct js *id = js_get_c(value, "$id");
    struct place place = place_member(at, STR("$id"));
    struct str fragment;
    struct str reference = uri_split_fragment(js_text(id), &fragment);
    if (js_type(id) != JS_STRING || fragment.len > 0) {
        return compile_refuse(c, &place, "must be a URI without a fragment");
    }
    struct str uri = uri_resolve(c->resources[*resource].uri, reference, &c->work);
    if (!uri.ptr || !mem_grow(c->resources, c->resource_count, c->resource_capacity)) {
        return err_nomem(c->err);
    }
    *resource = c->resource_count;
    c->resources[c->resource_count++] = (struct resource){uri, value};
    return 0;
}

int
resolve_anchor(const struct entry *e)
{
    struct compile *c = e->c;
    if (js_type(e->value) != JS_STRING || js_text(e->value).len == 0) {
        return compile_refuse(c, &e->at, "must be a name");
    }
    if (!mem_grow(c->anchors, c->anchor_count, c->anchor_capacity)) {
        return err_nomem(c->err);
    }
    c->anchors[c->anchor_count++] = (struct anchor){e->resource, js_text(e->value), e->node};
    return 0;
}

int
resolve_note_reference(const struct entry *e)
{
    struct compile *c = e->c;
    if (js_type(e->value) != JS_STRING) {
        return compile_refuse_type(e, "a reference in a string");
    }
    struct str where = place_pointer(&e->at, &c->work);
    if (!where.ptr || !mem_grow(c->references, c->reference_count, c->reference_capacity)) {
        return err_nomem(c->err);
    }
    c->references[c->reference_count++] =
        (struct reference){e->node, js_text(e->value), e->resource, where};
    return 0;
}

static int
refuse_reference(struct compile *c, const struct reference *r, const char *why)
{
    return err_set(c->err, ERR_INVALID, "schema: %s: '%" STR_FMT "' %s", r->where.ptr,
                   STR_ARG(str_sub(r->target, 0, 80)), why);
}

static size_t
find_resource(const struct compile *c, struct str uri)
{
    for (size_t i = 0; i < c->resource_count; i++) {
        if (str_eq(c->resources[i].uri, uri)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Follow POINTER from a resource's root. A schema met on the way with its own $id changes what
 * relative references in the target are relative to. */
static int
follow_pointer(struct compile *c, const struct reference *r, size_t resource, struct str pointer)
{
    const struct js *value = c->resources[resource].value;
    struct str rest = pointer;
    struct str token;
    while (place_next_token(&rest, &c->work, &token)) {
        int64_t index;
        if (js_type(value) == JS_ARRAY && str_to_i64(token, &index) && index >= 0) {
            value = js_at(value, (size_t)index);
        } else {
            value = js_get(value, token);
        }
        const struct site *site = resolve_site(c, value);
        resource = site ? site->resource : resource;
    }
    if (rest.len > 0 && rest.ptr[0] == '/') {
        return err_nomem(c->err);
    }
    if (rest.len > 0 || !value) {
        return refuse_reference(c, r, "points at nothing in this schema");
    }
    const struct site *known = resolve_site(c, value);
    if (known) {
        r->from->ref = known->node;
        return 0;
    }
    /* Not where schemas usually are ("#/components/x"), but the author says it is one. The list
     * of references may grow, and move, meanwhile. */
    struct node *from = r->from;
    struct place top = {0};
    struct place at = place_member(&top, str_sub(pointer, 1, pointer.len));
    return compile_node(c, value, resource, &at, &from->ref);
}

static int
follow_anchor(struct compile *c, const struct reference *r, size_t resource, struct str name)
{
    for (size_t i = 0; i < c->anchor_count; i++) {
        if (c->anchors[i].resource == resource && str_eq(c->anchors[i].name, name)) {
            r->from->ref = c->anchors[i].node;
            return 0;
        }
    }
    return refuse_reference(c, r, "names an anchor that this schema does not have");
}

static int
follow(struct compile *c, size_t number)
{
    struct reference r = c->references[number];
    struct str fragment;
    struct str target = uri_split_fragment(r.target, &fragment);
    size_t resource = r.resource;
    if (target.len > 0) {
        struct str uri = uri_resolve(c->resources[resource].uri, target, &c->work);
        if (!uri.ptr) {
            return err_nomem(c->err);
        }
        resource = find_resource(c, uri);
    }
    if (resource == SIZE_MAX) {
        return refuse_reference(c, &r,
                                "is in another document; nothing is fetched, so put what "
                                "it describes under $defs");
    }
    struct str plain = uri_unescape(fragment, &c->work);
    if (!plain.ptr) {
        return err_nomem(c->err);
    }
    if (plain.len > 0 && plain.ptr[0] != '/') {
        return follow_anchor(c, &r, resource, plain);
    }
    return follow_pointer(c, &r, resource, plain);
}

/* Does NODE lead back to itself through schemas that look at the same value? Such a check would
 * never end. Every such circle has a $ref in it, so the search starts at those. */
static bool is_endless(struct node *node);

static bool
any_endless(const struct node_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (is_endless(list->items[i])) {
            return true;
        }
    }
    return false;
}

static bool
logic_endless(const struct logic_rules *l)
{
    return any_endless(&l->all) || any_endless(&l->any) || any_endless(&l->one) ||
           is_endless(l->not ) || is_endless(l->condition) || is_endless(l->then) ||
           is_endless(l->otherwise);
}

static bool
dependencies_endless(const struct object_rules *o)
{
    for (size_t i = 0; i < o->dependency_count; i++) {
        if (is_endless(o->dependencies[i].node)) {
            return true;
        }
    }
    return false;
}

static bool
is_endless(struct node *node)
{
    if (!node || node->visit != VISIT_NOT_YET) {
        return node && node->visit == VISIT_NOW;
    }
    node->visit = VISIT_NOW;
    bool endless = is_endless(node->ref) || (node->logic && logic_endless(node->logic)) ||
                   (node->object && dependencies_endless(node->object));
    node->visit = VISIT_DONE;
    return endless;
}

int
resolve_all(struct compile *c)
{
    for (size_t i = 0; i < c->reference_count; i++) {
        int result = follow(c, i);
        if (result < 0) {
            return result;
        }
    }
    for (size_t i = 0; i < c->reference_count; i++) {
        if (is_endless(c->references[i].from)) {
            return refuse_reference(c, &c->references[i],
                                    "leads back to itself without going deeper into the value, "
                                    "so checking it would never end");
        }
    }
    return 0;
}
