/* mustache_render: nodes and data to text.
 *
 * A walk over the nodes. What changes on the way down is a `struct place`: which template the nodes
 * belong to, how its lines are indented and how much of their own margin they lose. Indentation is
 * a chain of views on the C stack, outermost last, so that nested partials copy nothing. The
 * overriding blocks of all open parents are kept in the order the parents were entered: the
 * outermost wins. Every node, look-up and piece of text costs a step. */
#include "prompt/mustache_nodes.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "prompt/mustache.h"

enum { TEXT_PER_STEP = 256 };

struct indent {
    struct str blanks;
    const struct indent *outer;
};

struct place {
    const struct mustache *t;
    const struct indent *indent; /* NULL: none */
    size_t dedent;
};

/* The content of an open parent tag: blocks that override those of the same name. */
struct overrides {
    const struct mustache *t;
    size_t first;
    size_t end;
};

struct renderer {
    const struct mustache_options *options;
    struct buf *out;
    struct err *err;
    const struct js *data[LIMIT_RENDER_LEVELS + 1]; /* innermost last */
    size_t data_count;
    struct overrides overrides[LIMIT_TEMPLATE_DEPTH];
    size_t overrides_count;
    size_t levels;
    size_t partials;
    size_t steps;
    bool line_start; /* template text so far ended with a newline */
};

static int render_nodes(struct renderer *r, const struct place *place, size_t first, size_t end);

static int
spend(struct renderer *r, const struct place *place, const struct node *n, size_t steps)
{
    r->steps += steps;
    if (r->steps > LIMIT_RENDER_STEPS) {
        return TEMPLATE_ERR(r->err, ERR_LIMIT, place->t, n->line,
                            "more than %d steps to render; do partials include each other?",
                            LIMIT_RENDER_STEPS);
    }
    return r->out->failed ? buf_finish(r->out, place->t->name, r->err) : 0;
}

static void
add_indent(struct renderer *r, const struct indent *indent)
{
    if (indent) {
        add_indent(r, indent->outer);
        buf_add(r->out, indent->blanks);
    }
}

/* What is not template text ends the line's start, and needs the indentation before it. */
static void
leave_line_start(struct renderer *r, const struct place *place)
{
    if (r->line_start) {
        add_indent(r, place->indent);
        r->line_start = false;
    }
}

/* One line, or the part of one; WHOLE: it opens a line of its source. */
static void
add_line(struct renderer *r, const struct place *place, struct str line, bool whole)
{
    size_t cut = 0;
    while (whole && cut < place->dedent && cut < line.len &&
           (line.ptr[cut] == ' ' || line.ptr[cut] == '\t')) {
        cut++;
    }
    line = str_sub(line, cut, SIZE_MAX);
    if (line.len == 0) {
        return;
    }
    bool empty = line.ptr[0] == '\n' || str_starts(line, STR("\r\n"));
    if (!empty) {
        leave_line_start(r, place);
    }
    buf_add(r->out, line);
    r->line_start = line.ptr[line.len - 1] == '\n';
}

static int
render_text(struct renderer *r, const struct place *place, const struct node *n)
{
    struct str text = n->text;
    int rc = spend(r, place, n, text.len / TEXT_PER_STEP);
    if (rc < 0 || text.len == 0) {
        return rc;
    }
    if (!place->indent && place->dedent == 0) {
        buf_add(r->out, text);
        r->line_start = text.ptr[text.len - 1] == '\n';
        return 0;
    }
    bool whole = n->line_start;
    for (size_t at = 0; at < text.len; whole = true) {
        size_t end = str_find_char(text, '\n', at);
        end = end == SIZE_MAX ? text.len : end + 1;
        add_line(r, place, str_sub(text, at, end - at), whole);
        at = end;
    }
    return 0;
}

/* NAME in the data, from the innermost context outwards; false when it is not there. A name with
 * dots is found by its first part and then followed. */
static bool
look_up(struct renderer *r, struct str name, const struct js **ret)
{
    *ret = r->data[r->data_count - 1];
    if (str_eq_c(name, ".")) {
        return true;
    }
    struct str part;
    (void)str_split(&name, '.', &part);
    size_t i = r->data_count;
    while (i > 0 && !js_has(r->data[i - 1], part)) {
        i--;
        r->steps++;
    }
    if (i == 0) {
        return false;
    }
    *ret = js_get(r->data[i - 1], part);
    while (str_split(&name, '.', &part)) {
        if (!js_has(*ret, part)) {
            return false;
        }
        *ret = js_get(*ret, part);
        r->steps++;
    }
    return true;
}

/* The text of the value NAME. Strict: it must be there and be text, number or boolean. */
static int
value_text(struct renderer *r, const struct place *place, const struct node *n,
           struct arena *scratch, struct str *ret)
{
    const struct js *value;
    bool found = look_up(r, n->text, &value);
    enum js_type type = found ? js_type(value) : JS_NULL;
    *ret = (struct str){0};
    switch (type) {
    case JS_STRING:
        *ret = js_text(value);
        return 0;
    case JS_BOOL:
        *ret = js_bool(value, false) ? STR("true") : STR("false");
        return 0;
    case JS_INT:
    case JS_DOUBLE:
        *ret = js_number_text(value, scratch);
        return ret->ptr ? 0 : err_nomem(r->err);
    default:
        break;
    }
    if (!r->options->strict) {
        return 0;
    }
    if (type == JS_NULL) {
        return TEMPLATE_ERR(r->err, ERR_INVALID, place->t, n->line,
                            "no value for '%" STR_FMT "'", SHOWN(n->text));
    }
    return TEMPLATE_ERR(r->err, ERR_INVALID, place->t, n->line,
                        "'%" STR_FMT "' is an %s and cannot be written as text", SHOWN(n->text),
                        js_type_name(type));
}

static void
add_escaped(struct buf *out, struct str text)
{
    size_t done = 0;
    for (size_t i = 0; i < text.len && !out->failed; i++) {
        const char *entity = text.ptr[i] == '&'    ? "&amp;"
                             : text.ptr[i] == '<'  ? "&lt;"
                             : text.ptr[i] == '>'  ? "&gt;"
                             : text.ptr[i] == '"'  ? "&quot;"
                             : text.ptr[i] == '\'' ? "&#39;"
                                                   : NULL;
        if (entity) {
            buf_add(out, str_sub(text, done, i - done));
            buf_add_c(out, entity);
            done = i + 1;
        }
    }
    buf_add(out, str_sub(text, done, SIZE_MAX));
}

static int
render_variable(struct renderer *r, const struct place *place, const struct node *n)
{
    AUTO(arena) struct arena scratch = {0};
    struct str text;
    int rc = value_text(r, place, n, &scratch, &text);
    if (rc < 0) {
        return rc;
    }
    leave_line_start(r, place);
    if (n->raw || r->options->escape == MUSTACHE_PLAIN) {
        buf_add(r->out, text);
    } else {
        add_escaped(r->out, text);
    }
    return spend(r, place, n, text.len / TEXT_PER_STEP);
}

/* The nodes between FIRST and END, one level deeper. */
static int
render_inside(struct renderer *r, const struct place *place, const struct node *n, size_t first,
              size_t end)
{
    if (r->levels == LIMIT_RENDER_LEVELS) {
        return TEMPLATE_ERR(r->err, ERR_LIMIT, place->t, n->line,
                            "more than %d levels of sections and partials", LIMIT_RENDER_LEVELS);
    }
    r->levels++;
    int rc = render_nodes(r, place, first, end);
    r->levels--;
    return rc;
}

static int
render_with(struct renderer *r, const struct place *place, size_t at, const struct js *value)
{
    const struct node *n = &place->t->nodes[at];
    if (r->data_count == LIMIT_RENDER_LEVELS + 1) {
        return TEMPLATE_ERR(r->err, ERR_LIMIT, place->t, n->line,
                            "more than %d levels of sections and partials", LIMIT_RENDER_LEVELS);
    }
    r->data[r->data_count++] = value;
    int rc = render_inside(r, place, n, at + 1, n->end);
    r->data_count--;
    return rc;
}

static bool
is_true(const struct js *value)
{
    switch (js_type(value)) {
    case JS_NULL:
        return false;
    case JS_BOOL:
        return js_bool(value, false);
    case JS_INT:
    case JS_DOUBLE:
        return js_double(value, 1) != 0;
    case JS_STRING:
        return js_text(value).len > 0;
    case JS_ARRAY:
        return js_count(value) > 0;
    default:
        return true;
    }
}

static int
render_section(struct renderer *r, const struct place *place, size_t at)
{
    const struct node *n = &place->t->nodes[at];
    const struct js *value = NULL;
    bool holds = look_up(r, n->text, &value) && is_true(value);
    if (n->kind == NODE_INVERTED) {
        return holds ? 0 : render_inside(r, place, n, at + 1, n->end);
    }
    if (!holds) {
        return 0;
    }
    if (js_type(value) != JS_ARRAY) {
        return render_with(r, place, at, value);
    }
    size_t count = js_count(value);
    for (size_t i = 0; i < count; i++) {
        int rc = spend(r, place, n, 1);
        rc = rc < 0 ? rc : render_with(r, place, at, js_at(value, i));
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

/* The template that a partial or parent tag names; *RET NULL: there is none, and that is fine. */
static int
find_template(struct renderer *r, const struct place *place, const struct node *n,
              const struct mustache **ret)
{
    AUTO(arena) struct arena scratch = {0};
    struct str name = n->text;
    *ret = NULL;
    if (n->dynamic) {
        int rc = value_text(r, place, n, &scratch, &name);
        if (rc < 0 || name.len == 0) {
            return rc;
        }
    }
    *ret = r->options->find ? r->options->find(r->options->context, name) : NULL;
    if (!*ret && r->options->strict) {
        return TEMPLATE_ERR(r->err, ERR_INVALID, place->t, n->line,
                            "there is no template '%" STR_FMT "' to include", SHOWN(name));
    }
    return 0;
}

static int
render_partial(struct renderer *r, const struct place *place, const struct node *n)
{
    const struct mustache *found;
    int rc = find_template(r, place, n, &found);
    if (rc < 0 || !found) {
        return rc;
    }
    if (r->partials == LIMIT_TEMPLATE_DEPTH) {
        return TEMPLATE_ERR(r->err, ERR_LIMIT, place->t, n->line,
                            "'%" STR_FMT "': more than %d partials within each other",
                            SHOWN(n->text), LIMIT_TEMPLATE_DEPTH);
    }
    struct indent indent = {str_sub(n->indent, place->dedent, SIZE_MAX), place->indent};
    if (!n->alone) {
        leave_line_start(r, place);
    }
    struct place inner = {.t = found, .indent = n->alone ? &indent : NULL};
    r->partials++;
    rc = render_inside(r, &inner, n, 0, found->count);
    r->partials--;
    return rc;
}

static int
render_parent(struct renderer *r, const struct place *place, size_t at)
{
    const struct node *n = &place->t->nodes[at];
    if (r->overrides_count == LIMIT_TEMPLATE_DEPTH) {
        return TEMPLATE_ERR(r->err, ERR_LIMIT, place->t, n->line,
                            "'%" STR_FMT "': more than %d parents within each other",
                            SHOWN(n->text), LIMIT_TEMPLATE_DEPTH);
    }
    r->overrides[r->overrides_count++] = (struct overrides){place->t, at + 1, n->end};
    int rc = render_partial(r, place, n);
    r->overrides_count--;
    return rc;
}

/* The block of SET that is named NAME; NULL when there is none. */
static const struct node *
find_override(struct renderer *r, const struct overrides *set, struct str name)
{
    for (size_t i = set->first; i < set->end;) {
        const struct node *n = &set->t->nodes[i];
        r->steps++;
        if (n->kind == NODE_BLOCK && str_eq(n->text, name)) {
            return n;
        }
        i = n->end ? n->end : i + 1;
    }
    return NULL;
}

static int
render_block(struct renderer *r, const struct place *place, size_t at)
{
    const struct node *n = &place->t->nodes[at];
    for (size_t i = 0; i < r->overrides_count; i++) {
        const struct mustache *t = r->overrides[i].t;
        const struct node *found = find_override(r, &r->overrides[i], n->text);
        if (found) {
            struct indent indent = {str_sub(n->indent, place->dedent, SIZE_MAX), place->indent};
            struct place inner = {t, &indent, found->dedent};
            return render_inside(r, &inner, n, (size_t)(found - t->nodes) + 1, found->end);
        }
    }
    return render_inside(r, place, n, at + 1, n->end);
}

static int
render_node(struct renderer *r, const struct place *place, size_t at)
{
    const struct node *n = &place->t->nodes[at];
    switch (n->kind) {
    case NODE_TEXT:
        return render_text(r, place, n);
    case NODE_VARIABLE:
        return render_variable(r, place, n);
    case NODE_SECTION:
    case NODE_INVERTED:
        return render_section(r, place, at);
    case NODE_PARTIAL:
        return render_partial(r, place, n);
    case NODE_PARENT:
        return render_parent(r, place, at);
    case NODE_BLOCK:
        return render_block(r, place, at);
    }
    return err_set(r->err, ERR_BUG, "%s: a node of kind %d", place->t->name, (int)n->kind);
}

static int
render_nodes(struct renderer *r, const struct place *place, size_t first, size_t end)
{
    for (size_t i = first; i < end;) {
        const struct node *n = &place->t->nodes[i];
        int rc = spend(r, place, n, 1);
        rc = rc < 0 ? rc : render_node(r, place, i);
        if (rc < 0) {
            return rc;
        }
        i = n->end ? n->end : i + 1;
    }
    return 0;
}

int
mustache_render(const struct mustache *t, const struct js *data,
                const struct mustache_options *options, struct buf *out, struct err *err)
{
    struct renderer r = {.options = options, .out = out, .err = err, .line_start = true};
    r.data[r.data_count++] = data;
    struct place place = {.t = t};
    int rc = render_nodes(&r, &place, 0, t->count);
    return rc < 0 ? rc : buf_finish(out, t->name, err);
}
