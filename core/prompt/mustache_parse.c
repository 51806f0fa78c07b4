/* mustache_parse: text to nodes.
 *
 * One pass over the text: find the next tag, read it, decide what of its line belongs to it, add
 * the text before it, add its node. "Alone" means that the line holds nothing but the tag and
 * white space; sections, partials, comments and delimiters then take the whole line away. Parents
 * and blocks enclose text, so their rules differ:
 *
 *   a parent is alone when its opening tag has only white space before it and its closing tag only
 *     white space after it, on whatever lines they stand; what is between them is ignored, blocks
 *     excepted;
 *   a block's opening tag is alone when white space and other opening tags precede it and the line
 *     ends after it. The place it marks is then indented as its own default content is, or, when
 *     that is empty, as the tag is. */
#include "prompt/mustache_nodes.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "prompt/mustache.h"
#include "prompt/mustache_scan.h"

/* An open section, parent or block. */
struct level {
    size_t node;
    size_t body;       /* where its content starts in the text */
    size_t margin;     /* PARENT: the text node of the white space before it, SIZE_MAX: none */
    bool opened_alone; /* PARENT: as far as its opening tag tells; BLOCK */
};

struct parser {
    struct mustache *t;
    struct str text;
    size_t pos;
    size_t line;
    struct delimiters marks;
    struct level levels[LIMIT_TEMPLATE_NESTING];
    size_t depth;
    size_t scope;
    /* The white space that opens the line at `pos`, and whether nothing but opening tags of
     * parents and blocks came after it. */
    struct str margin;
    bool margin_only;
    struct err *err;
};

/* What a tag takes away of the text around it. */
struct span {
    size_t from;
    size_t to;
    bool alone;
};

static struct node *
add_node(struct parser *p, enum node_kind kind, struct str text, size_t line)
{
    struct mustache *t = p->t;
    if (!mem_grow(t->nodes, t->count, t->capacity)) {
        (void)err_nomem(p->err);
        return NULL;
    }
    struct node *n = &t->nodes[t->count++];
    *n = (struct node){.kind = kind, .text = text, .line = line, .scope = p->scope};
    return n;
}

/* The text from `pos` to TO. */
static int
add_text(struct parser *p, size_t to)
{
    if (to <= p->pos) {
        return 0;
    }
    struct node *n = add_node(p, NODE_TEXT, str_sub(p->text, p->pos, to - p->pos), p->line);
    if (!n) {
        return ERR_NOMEM;
    }
    n->line_start = scan_opens_line(p->text, p->pos);
    return 0;
}

/* What the text from `pos` to TO says about the line that the tag at TO stands in. */
static void
note_margin(struct parser *p, size_t to)
{
    size_t blank = scan_blanks_before(p->text, to, p->pos);
    if (blank == p->pos && !scan_opens_line(p->text, blank)) {
        return; /* nothing but blanks since the last tag */
    }
    p->margin_only = scan_opens_line(p->text, blank);
    p->margin = p->margin_only ? str_sub(p->text, blank, to - blank) : (struct str){0};
}

static int
push_level(struct parser *p, const struct tag *tag, struct level level)
{
    if (p->depth == LIMIT_TEMPLATE_NESTING) {
        return TEMPLATE_ERR(p->err, ERR_LIMIT, p->t, tag->line,
                            "more than %d sections within each other", LIMIT_TEMPLATE_NESTING);
    }
    p->levels[p->depth++] = level;
    return 0;
}

static int
open_section(struct parser *p, const struct tag *tag, const struct span *span)
{
    struct str name;
    bool dynamic;
    int rc = scan_name(p->t, tag, false, &name, &dynamic, p->err);
    if (rc < 0) {
        return rc;
    }
    enum node_kind kind = tag->sign == '#' ? NODE_SECTION : NODE_INVERTED;
    if (!add_node(p, kind, name, tag->line)) {
        return ERR_NOMEM;
    }
    p->scope += kind == NODE_SECTION;
    return push_level(p, tag, (struct level){.node = p->t->count - 1, .body = span->to});
}

static int
open_parent(struct parser *p, const struct tag *tag, const struct span *span)
{
    struct level level = {.margin = SIZE_MAX, .body = tag->end};
    struct str name;
    bool dynamic;
    int rc = scan_name(p->t, tag, true, &name, &dynamic, p->err);
    if (rc < 0) {
        return rc;
    }
    level.opened_alone = scan_opens_line(p->text, span->from);
    if (level.opened_alone && span->from < tag->start) {
        /* A node of its own, so that the closing tag can take it away. */
        struct str margin = str_sub(p->text, span->from, tag->start - span->from);
        if (!add_node(p, NODE_TEXT, margin, tag->line)) {
            return ERR_NOMEM;
        }
        level.margin = p->t->count - 1;
        p->t->nodes[level.margin].line_start = true;
    }
    struct node *n = add_node(p, NODE_PARENT, name, tag->line);
    if (!n) {
        return ERR_NOMEM;
    }
    n->dynamic = dynamic;
    level.node = p->t->count - 1;
    return push_level(p, tag, level);
}

static int
open_block(struct parser *p, const struct tag *tag, const struct span *span)
{
    struct str name;
    bool dynamic;
    int rc = scan_name(p->t, tag, false, &name, &dynamic, p->err);
    if (rc < 0) {
        return rc;
    }
    struct node *n = add_node(p, NODE_BLOCK, name, tag->line);
    if (!n) {
        return ERR_NOMEM;
    }
    n->indent = p->margin_only ? p->margin : (struct str){0};
    return push_level(p, tag,
                      (struct level){.node = p->t->count - 1, .body = span->to,
                                     .opened_alone = span->alone});
}

static int
close_level(struct parser *p, const struct tag *tag, struct span *span)
{
    if (p->depth == 0) {
        return TEMPLATE_ERR(p->err, ERR_INVALID, p->t, tag->line,
                            "{{/%" STR_FMT "}} closes nothing", SHOWN(tag->content));
    }
    struct level *level = &p->levels[p->depth - 1];
    struct node *n = &p->t->nodes[level->node];
    struct str name;
    bool dynamic;
    int rc = scan_name(p->t, tag, n->dynamic, &name, &dynamic, p->err);
    if (rc < 0) {
        return rc;
    }
    if (!str_eq(name, n->text) || dynamic != n->dynamic) {
        return TEMPLATE_ERR(p->err, ERR_INVALID, p->t, tag->line,
                            "{{/%" STR_FMT "}} stands where '%" STR_FMT "' of line %zu must be "
                            "closed", SHOWN(tag->content), SHOWN(n->text), n->line);
    }
    if (n->kind == NODE_PARENT) {
        n->alone = level->opened_alone && scan_closes_line(p->text, tag->end, true, &span->to);
        if (n->alone && level->margin != SIZE_MAX) {
            n->indent = p->t->nodes[level->margin].text;
            p->t->nodes[level->margin].text.len = 0;
        }
    }
    if (n->kind == NODE_BLOCK) {
        struct str content = str_sub(p->text, level->body, tag->start - level->body);
        if (level->opened_alone) {
            (void)scan_first_margin(content, &n->indent);
        }
        n->dedent = n->indent.len;
    }
    n->end = p->t->count;
    p->scope -= n->kind == NODE_SECTION;
    p->depth--;
    return 0;
}

static int
add_leaf(struct parser *p, const struct tag *tag, const struct span *span)
{
    struct str name;
    bool dynamic;
    int rc = scan_name(p->t, tag, tag->sign == '>', &name, &dynamic, p->err);
    if (rc < 0) {
        return rc;
    }
    struct node *n = add_node(p, tag->sign == '>' ? NODE_PARTIAL : NODE_VARIABLE, name, tag->line);
    if (!n) {
        return ERR_NOMEM;
    }
    n->dynamic = dynamic;
    n->raw = tag->sign == '{' || tag->sign == '&';
    n->alone = span->alone && tag->sign == '>';
    n->indent = n->alone ? str_sub(p->text, span->from, tag->start - span->from) : (struct str){0};
    return 0;
}

/* The line around a tag that may stand alone: all of it, or nothing but the tag. */
static struct span
line_of(const struct parser *p, const struct tag *tag)
{
    struct span span = {tag->start, tag->end, false};
    size_t from = scan_blanks_before(p->text, tag->start, p->pos);
    size_t to;
    if (scan_opens_line(p->text, from) && scan_closes_line(p->text, tag->end, true, &to)) {
        span = (struct span){from, to, true};
    }
    return span;
}

/* The same for a tag that opens a block: other opening tags may stand before it. */
static struct span
line_of_block(const struct parser *p, const struct tag *tag)
{
    struct span span = {tag->start, tag->end, false};
    size_t to;
    if (p->margin_only && scan_closes_line(p->text, tag->end, false, &to)) {
        span = (struct span){scan_blanks_before(p->text, tag->start, p->pos), to, true};
    }
    return span;
}

/* What TAG takes of its line, as far as the tag itself decides it. */
static struct span
span_of(const struct parser *p, const struct tag *tag)
{
    struct span whole = line_of(p, tag);
    struct span only = {tag->start, tag->end, false};
    struct span before = only;
    before.from = scan_blanks_before(p->text, tag->start, p->pos);
    before.from = scan_opens_line(p->text, before.from) ? before.from : tag->start;
    if (tag->sign == '$') {
        return line_of_block(p, tag);
    }
    if (tag->sign == '<') {
        return before;
    }
    if (!memchr("#^/!>=", tag->sign, 6)) {
        return only;
    }
    if (tag->sign != '/' || p->depth == 0) {
        return whole;
    }
    enum node_kind closed = p->t->nodes[p->levels[p->depth - 1].node].kind;
    if (closed == NODE_PARENT) {
        return only;
    }
    /* What follows an overriding block inside its parent is ignored: only the margin counts. */
    bool overrides = closed == NODE_BLOCK && p->depth > 1 &&
                     p->t->nodes[p->levels[p->depth - 2].node].kind == NODE_PARENT;
    return overrides ? before : whole;
}

/* Add what TAG means. A closing tag may widen SPAN. */
static int
add_tag(struct parser *p, const struct tag *tag, struct span *span)
{
    switch (tag->sign) {
    case '!':
        return 0;
    case '=':
        return scan_delimiters(p->t, tag, &p->marks, p->err);
    case '#':
    case '^':
        return open_section(p, tag, span);
    case '<':
        return open_parent(p, tag, span);
    case '$':
        return open_block(p, tag, span);
    case '/':
        return close_level(p, tag, span);
    default:
        return add_leaf(p, tag, span);
    }
}

/* One tag and the text before it. */
static int
step(struct parser *p, size_t start)
{
    struct str before = str_sub(p->text, p->pos, start - p->pos);
    struct tag tag = {.start = start, .line = p->line + scan_count_lines(before)};
    int rc = scan_tag(p->t, p->text, &p->marks, &tag, p->err);
    if (rc < 0) {
        return rc;
    }
    note_margin(p, tag.start);
    struct span span = span_of(p, &tag);
    rc = add_text(p, span.from);
    rc = rc < 0 ? rc : add_tag(p, &tag, &span);
    if (rc < 0) {
        return rc;
    }
    p->line += scan_count_lines(str_sub(p->text, p->pos, span.to - p->pos));
    p->pos = span.to;
    if (scan_opens_line(p->text, p->pos)) {
        p->margin_only = true;
        p->margin = (struct str){0};
    } else if (tag.sign != '<' && tag.sign != '$') {
        p->margin_only = false;
    }
    return 0;
}

static int
parse(struct parser *p)
{
    for (size_t at = str_find(p->text, p->marks.open, 0); at != SIZE_MAX;
         at = str_find(p->text, p->marks.open, p->pos)) {
        int rc = step(p, at);
        if (rc < 0) {
            return rc;
        }
    }
    if (p->depth > 0) {
        const struct node *n = &p->t->nodes[p->levels[p->depth - 1].node];
        return TEMPLATE_ERR(p->err, ERR_INVALID, p->t, n->line,
                            "'%" STR_FMT "', opened here, is never closed", SHOWN(n->text));
    }
    return add_text(p, p->text.len);
}

int
mustache_compile(struct str name, struct str text, size_t first_line, struct mustache **ret,
                 struct err *err)
{
    AUTO(mustache) struct mustache *t = mem_zero(1, sizeof(*t));
    if (!t || !(t->name = mem_str(name)) || !(t->text = mem_str(text))) {
        return err_nomem(err);
    }
    if (text.len > LIMIT_TEMPLATE_BYTES) {
        return err_set(err, ERR_LIMIT, "%s: %zu bytes; a template has at most %d", t->name,
                       text.len, LIMIT_TEMPLATE_BYTES);
    }
    struct parser p = {.t = t, .text = {t->text, text.len}, .line = first_line,
                       .marks = {STR("{{"), STR("}}")}, .margin_only = true, .err = err};
    int rc = parse(&p);
    if (rc < 0) {
        return rc;
    }
    *ret = TAKE(t);
    return 0;
}

void
mustache_free(struct mustache *t)
{
    if (!t) {
        return;
    }
    mem_free(t->name);
    mem_free(t->text);
    mem_free(t->nodes);
    mem_free(t);
}

bool
mustache_next_tag(const struct mustache *t, size_t *position, struct mustache_tag *ret)
{
    static const enum mustache_kind kinds[] = {
        [NODE_VARIABLE] = MUSTACHE_VARIABLE, [NODE_SECTION] = MUSTACHE_SECTION,
        [NODE_INVERTED] = MUSTACHE_INVERTED, [NODE_PARTIAL] = MUSTACHE_PARTIAL,
        [NODE_PARENT] = MUSTACHE_PARENT,     [NODE_BLOCK] = MUSTACHE_BLOCK,
    };
    while (*position < t->count) {
        const struct node *n = &t->nodes[(*position)++];
        if (n->kind != NODE_TEXT) {
            *ret = (struct mustache_tag){kinds[n->kind], n->text, n->dynamic, n->line, n->scope};
            return true;
        }
    }
    return false;
}
