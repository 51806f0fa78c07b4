#include "schema/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "schema/compile.h"

int
compile_refuse(struct compile *c, const struct place *at, const char *format, ...)
{
    char words[ERR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    struct str pointer = place_pointer(at, &c->work);
    if (!pointer.ptr) {
        return err_nomem(c->err);
    }
    return err_set(c->err, ERR_INVALID, "schema: %s: %s",
                   pointer.len > 0 ? pointer.ptr : "at its top", words);
}

int
compile_refuse_type(const struct entry *e, const char *wanted)
{
    return compile_refuse(e->c, &e->at, "must be %s, not %s", wanted,
                          js_type_name(js_type(e->value)));
}

int
compile_node(struct compile *c, const struct js *value, size_t resource, const struct place *at,
             struct node **ret)
{
    struct node *node = arena_zero(&c->schema->arena, 1, sizeof(*node));
    if (!node) {
        return err_nomem(c->err);
    }
    *ret = node;
    enum js_type type = js_type(value);
    if (type == JS_BOOL) {
        node->verdict = js_bool(value, false) ? VERDICT_ALWAYS : VERDICT_NEVER;
        return resolve_add_site(c, value, node, resource);
    }
    if (type != JS_OBJECT) {
        return compile_refuse(c, at, "a schema is an object or a boolean, not %s",
                              js_type_name(type));
    }
    int result = resolve_id(c, value, at, &resource);
    if (result < 0) {
        return result;
    }
    result = resolve_add_site(c, value, node, resource);
    if (result < 0) {
        return result;
    }
    return compile_keywords(c, node, value, resource, at);
}

static int
compile_document(struct compile *c, struct str text)
{
    struct js *root;
    int result = js_parse(text, &c->work, &root, c->err);
    if (result < 0) {
        return err_wrap(c->err, "schema");
    }
    if (!mem_grow(c->resources, c->resource_count, c->resource_capacity)) {
        return err_nomem(c->err);
    }
    c->resources[c->resource_count++] = (struct resource){STR(""), root};
    struct place top = {0};
    result = compile_node(c, root, 0, &top, &c->schema->root);
    return result < 0 ? result : resolve_all(c);
}

int
schema_compile(struct str text, struct schema **ret, struct err *err)
{
    if (text.len > LIMIT_SCHEMA_BYTES) {
        return err_set(err, ERR_LIMIT, "schema: %zu bytes are too many (at most %d)", text.len,
                       LIMIT_SCHEMA_BYTES);
    }
    AUTO(schema) struct schema *schema = mem_zero(1, sizeof(*schema));
    if (!schema) {
        return err_nomem(err);
    }
    struct compile c = {.schema = schema, .err = err};
    int result = compile_document(&c, text);
    mem_free(c.sites);
    mem_free(c.resources);
    mem_free(c.anchors);
    mem_free(c.references);
    arena_done(&c.work);
    if (result == 0) {
        *ret = TAKE(schema);
    }
    return result;
}

void
schema_free(struct schema *s)
{
    if (s) {
        arena_done(&s->arena);
        mem_free(s);
    }
}
