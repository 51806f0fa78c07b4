/* mustache_nodes: what a compiled template is, between mustache_parse.c and mustache_render.c.
 *
 * A template is one array of nodes in the order of the text. A node that encloses others (section,
 * inverted, parent, block) says where they end, so that a tree needs no pointers: its content is
 * the nodes after it up to `end`. All views point into `text`. Immutable once compiled.
 *
 * Layout. Tags that stand alone on a line take the line with them; that is done while parsing.
 * Two things are left for rendering, because they depend on where content lands: lines of a partial
 * that stood alone are indented as its tag was, and an overriding block loses its own indentation
 * (`dedent`) and takes that of the place it replaces (`indent`). */
#ifndef PROMPT_MUSTACHE_NODES_H
#define PROMPT_MUSTACHE_NODES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"

/* Every message about a template: which one, where, what. Returns CODE. */
#define TEMPLATE_ERR(err, code, t, line, format, ...) \
    err_set(err, code, "%s: line %zu: " format, (t)->name, line, ##__VA_ARGS__)
/* A name out of a template, short enough for a message; for STR_FMT. */
#define SHOWN(name) STR_ARG(utf8_cut(name, 48))

enum node_kind {
    NODE_TEXT,
    NODE_VARIABLE,
    NODE_SECTION,
    NODE_INVERTED,
    NODE_PARTIAL,
    NODE_PARENT,
    NODE_BLOCK,
};

struct node {
    enum node_kind kind;
    bool line_start;  /* TEXT: its first byte opens a line of the source */
    bool raw;         /* VARIABLE: never escaped */
    bool dynamic;     /* PARTIAL, PARENT: the name is looked up */
    bool alone;       /* PARTIAL, PARENT: the tag stood alone on its line */
    struct str text;  /* TEXT: the text; else the name */
    struct str indent; /* PARTIAL, PARENT, BLOCK: the white space its content is indented by */
    size_t dedent;    /* BLOCK: columns its content loses when it overrides another */
    size_t end;       /* SECTION, INVERTED, PARENT, BLOCK: the node after its content */
    size_t line;
    size_t scope; /* enclosing sections */
};

struct mustache {
    char *name; /* NUL-terminated, for messages */
    char *text;
    struct node *nodes;
    size_t count;
    size_t capacity;
};

#endif
