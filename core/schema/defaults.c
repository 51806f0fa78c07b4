#include "schema/schema.h"

#include "base/buf.h"
#include "base/json.h"
#include "schema/rules.h"

/* References are followed this far; compiling has made sure that they end. */
enum { REF_CHAIN = 32 };

static void write_value(struct js_out *out, const struct node *node, const struct js *value);

/* The node that says what NODE's members or items are: itself, or what it refers to. */
static const struct node *
structural(const struct node *node)
{
    for (int i = 0; node && i < REF_CHAIN; i++) {
        if (!node->ref || node->object || node->array) {
            return node;
        }
        node = node->ref;
    }
    return node;
}

static struct str
default_of(const struct node *node)
{
    for (int i = 0; node && i < REF_CHAIN; i++) {
        if (node->default_json.ptr) {
            return node->default_json;
        }
        node = node->ref;
    }
    return (struct str){0};
}

static void
write_object(struct js_out *out, const struct object_rules *o, const struct js *value)
{
    struct js_member m;
    js_begin_object(out);
    for (struct js_iter it = js_iter(value); js_next(&it, &m);) {
        const struct node *node = rules_property(o, m.key);
        js_key(out, m.key);
        write_value(out, node ? node : o->additional, m.value);
    }
    for (size_t i = 0; i < o->property_count; i++) {
        struct str text = default_of(o->properties[i].node);
        if (text.ptr && !js_has(value, o->properties[i].name)) {
            js_key(out, o->properties[i].name);
            js_add_raw(out, text);
        }
    }
    js_end_object(out);
}

static void
write_array(struct js_out *out, const struct array_rules *a, const struct js *value)
{
    js_begin_array(out);
    for (size_t i = 0; i < js_count(value); i++) {
        write_value(out, i < a->prefix.count ? a->prefix.items[i] : a->items, js_at(value, i));
    }
    js_end_array(out);
}

static void
write_value(struct js_out *out, const struct node *node, const struct js *value)
{
    node = structural(node);
    if (node && node->object && js_type(value) == JS_OBJECT) {
        write_object(out, node->object, value);
    } else if (node && node->array && js_type(value) == JS_ARRAY) {
        write_array(out, node->array, value);
    } else {
        js_add_value(out, value);
    }
}

void
schema_apply_defaults(const struct schema *s, const struct js *value, struct buf *out)
{
    struct js_out writer;
    js_out_init(&writer, out);
    write_value(&writer, s->root, value);
}
