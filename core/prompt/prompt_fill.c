/* prompt_fill: values to variables, then the renderer.
 *
 * One JSON object with exactly the declared variables is written and rendered strictly. A value is
 * the given one, else the named one, else the offered one, else the default. */
#include "prompt/prompt.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "prompt/mustache.h"
#include "prompt/prompt_build.h"

#define SHOWN(s) STR_ARG(utf8_cut(s, 48))

struct fill {
    const struct prompt *prompt;
    const struct prompt_values *values;
    struct js *given;
    struct js *offered;
    struct arena scratch;
    struct err *err;
};

static void
fill_done(struct fill *f)
{
    arena_done(&f->scratch);
}
AUTO_DEFINE_VALUE(fill, struct fill, fill_done)

static int
parse_values(struct fill *f, struct str text, struct js **ret)
{
    return text.len == 0
               ? 0
               : js_parse_object(text, "prompt variables", &f->scratch, ret, f->err);
}

/* Every given name must be declared. */
static int
check_given(struct fill *f)
{
    const struct prompt *p = f->prompt;
    struct js_member member;
    for (struct js_iter it = js_iter(f->given); js_next(&it, &member);) {
        size_t i = 0;
        while (i < p->variable_count && !str_eq(p->variables[i].name, member.key)) {
            i++;
        }
        if (i < p->variable_count) {
            continue;
        }
        struct str near = prompt_nearest(member.key, &p->variables->name, p->variable_count,
                                         sizeof(*p->variables));
        const char *hint = near.len > 0 ? "; did you mean " : "";
        return err_set(f->err, ERR_INVALID,
                       "prompt '%" STR_FMT "' has no variable '%" STR_FMT "'%s%" STR_FMT,
                       STR_ARG(p->name), SHOWN(member.key), hint, SHOWN(near));
    }
    return 0;
}

/* Is there a value, and, where it is text, any text? */
static bool
has_value(const struct js *value)
{
    enum js_type type = js_type(value);
    return type != JS_NULL && (type != JS_STRING || js_text(value).len > 0);
}

/* The engine's value for variable NAME, or NULL. */
static const struct str *
find_named(const struct prompt_values *values, struct str name)
{
    for (size_t i = 0; i < sizeof(values->named) / sizeof(values->named[0]); i++) {
        const struct prompt_named *n = &values->named[i];
        if (n->name.len > 0 && str_eq(n->name, name)) {
            return &n->value;
        }
    }
    return NULL;
}

static int
write_variable(struct fill *f, const struct prompt_variable *v, struct js_out *out)
{
    const struct js *value = js_get(f->given, v->name);
    const struct str *named = value ? NULL : find_named(f->values, v->name);
    value = value ? value : js_get(f->offered, v->name);
    bool filled = named ? named->len > 0 : has_value(value);
    if (v->required && !filled) {
        return err_set(f->err, ERR_INVALID,
                       "prompt '%" STR_FMT "' needs a value for '%" STR_FMT "': %" STR_FMT,
                       STR_ARG(f->prompt->name), SHOWN(v->name),
                       STR_ARG(utf8_cut(v->meaning, 120)));
    }
    js_key(out, v->name);
    if (named) {
        js_add_str(out, *named);
    } else if (value) {
        js_add_value(out, value);
    } else {
        js_add_str(out, v->fallback);
    }
    return 0;
}

/* The object that the templates see. */
static int
make_data(struct fill *f, struct js **ret)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_JSON_BYTES);
    struct js_out out;
    js_out_init(&out, &text);
    js_begin_object(&out);
    for (size_t i = 0; i < f->prompt->variable_count; i++) {
        int rc = write_variable(f, &f->prompt->variables[i], &out);
        if (rc < 0) {
            return rc;
        }
    }
    js_end_object(&out);
    int rc = buf_finish(&text, "prompt variables", f->err);
    return rc < 0 ? rc : js_parse_object(buf_str(&text), "prompt variables", &f->scratch, ret,
                                         f->err);
}

static const struct mustache *
find_part(void *context, struct str name)
{
    const struct prompt *p = context;
    for (size_t i = 0; i < p->part_count; i++) {
        if (str_eq(p->parts[i].name, name)) {
            return p->parts[i].body;
        }
    }
    return NULL;
}

int
prompt_fill(const struct prompt *p, const struct prompt_values *values, struct arena *arena,
            struct str *ret, struct err *err)
{
    AUTO(fill) struct fill f = {.prompt = p, .values = values, .err = err};
    struct js *data = NULL;
    int rc = parse_values(&f, values->given, &f.given);
    rc = rc < 0 ? rc : parse_values(&f, values->offered, &f.offered);
    rc = rc < 0 ? rc : check_given(&f);
    rc = rc < 0 ? rc : make_data(&f, &data);
    if (rc < 0) {
        return rc;
    }
    struct mustache_options options = {.escape = MUSTACHE_PLAIN, .strict = true,
                                       .find = find_part, .context = (void *)(uintptr_t)p};
    AUTO(buf) struct buf out;
    buf_init(&out, LIMIT_RENDERED_BYTES);
    rc = mustache_render(p->parts[0].body, data, &options, &out, err);
    if (rc < 0) {
        return rc;
    }
    struct str text = arena_str(arena, str_trim(buf_str(&out)));
    if (!text.ptr) {
        return err_nomem(err);
    }
    *ret = text;
    return 0;
}

int
prompt_render(const struct prompt *p, struct str given, struct arena *arena, struct str *ret,
              struct err *err)
{
    return prompt_fill(p, &(struct prompt_values){.given = given}, arena, ret, err);
}

int
prompt_render_with(const struct prompt *p, struct str offered, struct str name, struct str value,
                   struct arena *arena, struct str *ret, struct err *err)
{
    struct prompt_values values = {.offered = offered, .named = {{name, value}}};
    return prompt_fill(p, &values, arena, ret, err);
}
