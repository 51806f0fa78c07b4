#include "config/tree.h"

#include <yaml.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "schema/place.h"

/* libyaml's events, never its documents: those resolve aliases, and ten lines of aliases can name
 * a billion nodes. */
enum { DEPTH_MAX = 32, MEMBERS_MAX = 1000 };

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    struct str text;
    struct str file;
    struct arena *arena;
    struct err *err;
};

static int
refuse(struct reader *r, size_t line, const char *why)
{
    return err_set(r->err, ERR_INVALID, "%" STR_FMT ":%zu: %s", STR_ARG(r->file), line + 1, why);
}

static size_t
line_at(struct str text, size_t offset)
{
    size_t lines = 0;
    for (size_t at = 0; (at = str_find_char(text, '\n', at)) < offset; at++) {
        lines++;
    }
    return lines;
}

/* Is LINE, the first being 0, indented with a tab? */
static bool
has_tab(struct str text, size_t line)
{
    size_t at = 0;
    for (; line > 0 && at < text.len; at++) {
        line -= text.ptr[at] == '\n';
    }
    while (at < text.len && text.ptr[at] == ' ') {
        at++;
    }
    return at < text.len && text.ptr[at] == '\t';
}

/* What libyaml says of a slip, and what a person does about it. */
static const char *
advice(const struct reader *r, const char *problem)
{
    static const struct {
        const char *problem;
        const char *advice;
    } slips[] = {
        {"did not find expected key", ": are these lines indented alike?"},
        {"did not find expected '-' indicator", ": are these lines indented alike?"},
        {"mapping values are not allowed", ": indent it by its parent, and put text with a colon "
                                           "in quotes"},
        {"did not find expected alphabetic", ": text that begins with * or & needs quotes"},
        {"found unexpected end of stream", ": is a quote or a bracket left open?"},
    };
    if (has_tab(r->text, r->parser.problem_mark.line)) {
        return ": indent with spaces, not with tabs";
    }
    for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
        if (str_starts(str_c(problem), str_c(slips[i].problem))) {
            return slips[i].advice;
        }
    }
    return "";
}

static int
refuse_syntax(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR) {
        return err_nomem(r->err);
    }
    if (p->error == YAML_READER_ERROR) {
        return refuse(r, line_at(r->text, p->problem_offset), p->problem);
    }
    const char *problem = p->problem ? p->problem : "not YAML";
    size_t line = p->problem_mark.line;
    const char *what_to_do = advice(r, problem);
    if (!p->context) {
        return err_set(r->err, ERR_INVALID, "%" STR_FMT ":%zu: %s%s", STR_ARG(r->file), line + 1,
                       problem, what_to_do);
    }
    return err_set(r->err, ERR_INVALID, "%" STR_FMT ":%zu: %s, %s (line %zu)%s", STR_ARG(r->file),
                   line + 1, problem, p->context, p->context_mark.line + 1, what_to_do);
}

static int
next_event(struct reader *r)
{
    if (r->has_event) {
        yaml_event_delete(&r->event);
        r->has_event = false;
    }
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        return refuse_syntax(r);
    }
    r->has_event = true;
    return 0;
}

static size_t
event_line(const struct reader *r)
{
    return r->event.start_mark.line;
}

/* What we do not take, wherever it stands. */
static int
check_event(struct reader *r)
{
    const yaml_event_t *e = &r->event;
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;
    switch (e->type) {
    case YAML_ALIAS_EVENT:
        return refuse(r, event_line(r), "aliases (*name) are not taken; write the value out");
    case YAML_SCALAR_EVENT:
        anchor = e->data.scalar.anchor;
        tag = e->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = e->data.sequence_start.anchor;
        tag = e->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = e->data.mapping_start.anchor;
        tag = e->data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor) {
        return refuse(r, event_line(r), "anchors (&name) are not taken");
    }
    if (tag) {
        return refuse(r, event_line(r), "tags (!name) are not taken");
    }
    return 0;
}

static int
new_node(struct reader *r, struct tree **ret)
{
    *ret = arena_zero(r->arena, 1, sizeof(**ret));
    if (!*ret) {
        return err_nomem(r->err);
    }
    (*ret)->line = (unsigned)event_line(r) + 1;
    return 0;
}

static int
copy_scalar(struct reader *r, struct str *ret)
{
    struct str text = {(const char *)r->event.data.scalar.value, r->event.data.scalar.length};
    *ret = arena_str(r->arena, text);
    return ret->ptr ? 0 : err_nomem(r->err);
}

static int read_node(struct reader *r, unsigned depth, struct tree **ret);

static int
check_duplicate(struct reader *r, const struct tree *map, struct str key, unsigned line)
{
    for (const struct tree *m = map->first; m; m = m->next) {
        if (str_eq(m->key, key)) {
            return err_set(r->err, ERR_INVALID,
                           "%" STR_FMT ":%u: '%" STR_FMT "' is there already, on line %u",
                           STR_ARG(r->file), line, STR_ARG(str_sub(key, 0, 80)), m->line);
        }
    }
    return 0;
}

/* The event is a member's key. */
static int
read_member(struct reader *r, const struct tree *map, unsigned depth, struct tree **ret)
{
    struct str key;
    size_t line = event_line(r);
    if (r->event.type != YAML_SCALAR_EVENT) {
        return refuse(r, line, "the name of a member must be a plain text");
    }
    if (map->count == MEMBERS_MAX) {
        return refuse(r, line, "more than 1000 members in one map");
    }
    int result = copy_scalar(r, &key);
    result = result < 0 ? result : check_duplicate(r, map, key, (unsigned)line + 1);
    result = result < 0 ? result : next_event(r);
    result = result < 0 ? result : read_node(r, depth, ret);
    if (result == 0) {
        (*ret)->key = key;
        (*ret)->line = (unsigned)line + 1;
    }
    return result;
}

/* Children of NODE up to END; the event is the one that opened it. */
static int
read_children(struct reader *r, struct tree *node, unsigned depth, yaml_event_type_t end)
{
    struct tree **tail = &node->first;
    if (depth == DEPTH_MAX) {
        return refuse(r, event_line(r), "more than 32 levels of maps and lists");
    }
    for (;;) {
        int result = next_event(r);
        result = result < 0 ? result : check_event(r);
        if (result < 0 || r->event.type == end) {
            return result;
        }
        result = node->kind == TREE_MAP ? read_member(r, node, depth + 1, tail)
                                        : read_node(r, depth + 1, tail);
        if (result < 0) {
            return result;
        }
        tail = &(*tail)->next;
        node->count++;
    }
}

/* The event is the node's first. */
static int
read_node(struct reader *r, unsigned depth, struct tree **ret)
{
    struct tree *node;
    int result = check_event(r);
    result = result < 0 ? result : new_node(r, &node);
    if (result < 0) {
        return result;
    }
    if (r->event.type == YAML_MAPPING_START_EVENT) {
        node->kind = TREE_MAP;
        result = read_children(r, node, depth, YAML_MAPPING_END_EVENT);
    } else if (r->event.type == YAML_SEQUENCE_START_EVENT) {
        node->kind = TREE_LIST;
        result = read_children(r, node, depth, YAML_SEQUENCE_END_EVENT);
    } else {
        node->plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        result = copy_scalar(r, &node->text);
    }
    *ret = result < 0 ? NULL : node;
    return result;
}

static int
read_document(struct reader *r, struct tree **ret)
{
    int result = next_event(r); /* the stream's start */
    result = result < 0 ? result : next_event(r);
    if (result < 0 || r->event.type == YAML_STREAM_END_EVENT) {
        return result;
    }
    result = next_event(r);
    result = result < 0 ? result : read_node(r, 0, ret);
    result = result < 0 ? result : next_event(r); /* the document's end */
    result = result < 0 ? result : next_event(r);
    if (result == 0 && r->event.type != YAML_STREAM_END_EVENT) {
        return refuse(r, event_line(r), "a second document begins; there can be only one");
    }
    return result;
}

int
tree_parse(struct str text, struct str file, struct arena *arena, struct tree **ret,
           struct err *err)
{
    struct reader r = {.text = text, .file = file, .arena = arena, .err = err};
    size_t valid = utf8_valid_prefix(text);
    *ret = NULL;
    if (text.len > LIMIT_CONFIG_BYTES) {
        return err_set(err, ERR_LIMIT, "%" STR_FMT ": %zu bytes are too many (at most %d)",
                       STR_ARG(file), text.len, LIMIT_CONFIG_BYTES);
    }
    if (valid < text.len) {
        return refuse(&r, line_at(text, valid), "this is not UTF-8 text");
    }
    if (!yaml_parser_initialize(&r.parser)) {
        return err_nomem(err);
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.ptr ? text.ptr : ""),
                                 text.len);
    int result = read_document(&r, ret);
    if (r.has_event) {
        yaml_event_delete(&r.event);
    }
    yaml_parser_delete(&r.parser);
    return result;
}

bool
tree_is_null(const struct tree *node)
{
    return node->kind == TREE_SCALAR && node->plain &&
           (node->text.len == 0 || str_eq_c(node->text, "~") || str_eq_c(node->text, "null"));
}

static void
write_scalar(const struct tree *node, struct js_out *out)
{
    struct str text = node->text;
    bool number =
        text.len > 0 && (text.ptr[0] == '-' || (text.ptr[0] >= '0' && text.ptr[0] <= '9'));
    if (tree_is_null(node)) {
        js_add_null(out);
    } else if (node->plain && (str_eq_c(text, "true") || str_eq_c(text, "false"))) {
        js_add_bool(out, text.ptr[0] == 't');
    } else if (node->plain && number && js_check(text, &(struct err){0}) == 0) {
        js_add_raw(out, text);
    } else {
        js_add_str(out, text);
    }
}

void
tree_write_json(const struct tree *node, struct js_out *out)
{
    if (node->kind == TREE_SCALAR) {
        write_scalar(node, out);
        return;
    }
    bool map = node->kind == TREE_MAP;
    map ? js_begin_object(out) : js_begin_array(out);
    for (const struct tree *child = node->first; child; child = child->next) {
        if (map) {
            js_key(out, child->key);
        }
        tree_write_json(child, out);
    }
    map ? js_end_object(out) : js_end_array(out);
}

static const struct tree *
child_of(const struct tree *node, struct str token)
{
    int64_t index = -1;
    if (node->kind == TREE_LIST && !str_to_i64(token, &index)) {
        return NULL;
    }
    for (const struct tree *child = node->first; child; child = child->next) {
        if (node->kind == TREE_MAP ? str_eq(child->key, token) : index-- == 0) {
            return child;
        }
    }
    return NULL;
}

unsigned
tree_line(const struct tree *node, struct str pointer, struct arena *arena)
{
    struct str token;
    while (place_next_token(&pointer, arena, &token)) {
        const struct tree *child = child_of(node, token);
        if (!child) {
            return node->line;
        }
        node = child;
    }
    return pointer.len > 0 && pointer.ptr[0] == '/' ? 0 : node->line;
}
