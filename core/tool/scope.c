/* Which argument of a tool names the customer. */
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "tool/tool.h"

/* Recursion is bounded by the depth of the tree. */
struct search {
    struct buf path; /* of the object looked at */
    struct str found;
    struct arena *arena;
};

static int look(struct search *s, const struct js *schema, struct err *err);

/* NAME as a part of a JSON pointer. */
static void
add_part(struct buf *path, struct str name)
{
    buf_add_c(path, "/");
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        buf_add(path, c == '~' ? STR("~0") : c == '/' ? STR("~1") : str_sub(name, i, 1));
    }
}

static int
take(struct search *s, const struct js *property, struct err *err)
{
    struct str scope = js_get_text(property, "scope");
    if (!str_eq_c(scope, "customer")) {
        return err_set(err, ERR_INVALID,
                       "%s: \"scope\" can only be \"customer\": the argument names the customer",
                       s->path.text);
    }
    if (!str_eq_c(js_get_text(property, "type"), "string")) {
        return err_set(err, ERR_INVALID,
                       "%s: what names the customer must have \"type\": \"string\"", s->path.text);
    }
    if (s->found.len) {
        return err_set(err, ERR_INVALID, "%s: %" STR_FMT " names the customer already",
                       s->path.text, STR_ARG(s->found));
    }
    s->found = buf_to_arena(&s->path, s->arena);
    return s->found.ptr ? 0 : err_nomem(err);
}

static int
look_at_property(struct search *s, const struct js_member *m, struct err *err)
{
    size_t before = s->path.len;
    int result = 0;
    add_part(&s->path, m->key);
    if (s->path.failed) {
        return err_nomem(err);
    }
    if (js_has(m->value, STR("scope"))) {
        result = take(s, m->value, err);
    }
    if (result == 0) {
        result = look(s, m->value, err);
    }
    buf_truncate(&s->path, before);
    return result;
}

static int
look(struct search *s, const struct js *schema, struct err *err)
{
    const struct js *properties = js_get_c(schema, "properties");
    struct js_member member;
    int result = 0;
    if (js_type(properties) != JS_OBJECT) {
        return 0;
    }
    for (struct js_iter it = js_iter(properties); result == 0 && js_next(&it, &member);) {
        result = look_at_property(s, &member, err);
    }
    return result;
}

/* How often VALUE, a schema or a part of one, says "scope": "customer", wherever it stands. What
 * is a value by itself (a default) says nothing. */
static size_t
count_all(const struct js *value)
{
    size_t count = str_eq_c(js_get_text(value, "scope"), "customer");
    struct js_member m;
    for (struct js_iter it = js_iter(value); js_next(&it, &m);) {
        bool data = str_eq_c(m.key, "default") || str_eq_c(m.key, "const") ||
                    str_eq_c(m.key, "enum") || str_eq_c(m.key, "examples");
        count += data ? 0 : count_all(m.value);
    }
    for (size_t i = 0; js_type(value) == JS_ARRAY && i < js_count(value); i++) {
        count += count_all(js_at(value, i));
    }
    return count;
}

int
tool_customer_field(const struct js *schema, struct arena *arena, struct str *ret, struct err *err)
{
    struct search s = {.arena = arena};
    buf_init(&s.path, LIMIT_MANIFEST_BYTES);
    int result = look(&s, schema, err);
    buf_done(&s.path);
    if (result == 0 && count_all(schema) > (s.found.len > 0)) {
        return err_set(err, ERR_INVALID,
                       "\"scope\": \"customer\" stands where it cannot be heeded: it belongs into "
                       "a property of the arguments or of an object in them, not into a list, a "
                       "choice or a reference");
    }
    if (result == 0) {
        *ret = s.found;
    }
    return result;
}
