/* tree: a YAML or JSON document as maps, lists and scalars that know their line.
 *
 * The strict subset that a configuration needs: no aliases, anchors, tags, duplicate members or
 * second documents. Everything lives in the given arena. */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct js_out;

enum tree_kind { TREE_SCALAR, TREE_MAP, TREE_LIST };

struct tree {
    enum tree_kind kind;
    struct str key;     /* of a map's member */
    unsigned line;      /* of the key where there is one, from 1 */
    struct str text;    /* a scalar's */
    bool plain;         /* a scalar without quotes */
    struct tree *first; /* children, in the document's order */
    struct tree *next;  /* sibling */
    size_t count;
};

/* *RET is NULL for an empty document. ERR_INVALID "desk.yaml:3: ...": FILE names the text. */
int tree_parse(struct str text, struct str file, struct arena *arena, struct tree **ret,
               struct err *err) WARN_UNUSED;

/* null, ~ or nothing at all, without quotes. */
bool tree_is_null(const struct tree *node);
/* As JSON; failures are the writer's. */
void tree_write_json(const struct tree *node, struct js_out *out);
/* The line of what POINTER (a JSON pointer) names, or of the nearest thing above it. 0: memory
 * ran out. */
unsigned tree_line(const struct tree *node, struct str pointer, struct arena *arena);

#endif
