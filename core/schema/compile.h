/* compile: the state of one compilation, shared by compile.c, keywords*.c, read.c and resolve.c.
 *
 * The schema's text is parsed into a tree that is thrown away at the end. Each schema in it
 * becomes a node; `sites` remembers which, so that a reference can be followed to it. References
 * are noted on the way and followed when everything has been seen. */
#ifndef SCHEMA_COMPILE_H
#define SCHEMA_COMPILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "schema/place.h"
#include "schema/rules.h"

/* Part of the document with its own $id; the whole document is number 0. */
struct resource {
    struct str uri; /* absolute, or empty for a document without $id */
    const struct js *value;
};

struct site {
    const struct js *value; /* NULL: a free slot */
    struct node *node;
    size_t resource;
};

struct anchor {
    size_t resource;
    struct str name;
    struct node *node;
};

struct reference {
    struct node *from;
    struct str target;
    size_t resource;
    struct str where; /* JSON pointer of the $ref, for messages */
};

struct compile {
    struct schema *schema;
    struct arena work;
    struct err *err;
    struct site *sites; /* open addressing, a power of two */
    size_t site_count;
    size_t site_capacity;
    struct resource *resources;
    size_t resource_count;
    size_t resource_capacity;
    struct anchor *anchors;
    size_t anchor_count;
    size_t anchor_capacity;
    struct reference *references;
    size_t reference_count;
    size_t reference_capacity;
};

/* One keyword's value being compiled. */
struct entry {
    struct compile *c;
    struct node *node;
    size_t resource;
    const struct js *schema; /* the object it stands in */
    const struct js *value;
    struct place at; /* of the keyword */
};

/* Fail with ERR_INVALID at a place of the schema. */
int compile_refuse(struct compile *c, const struct place *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a value of the wrong type: "must be WANTED, not ...". */
int compile_refuse_type(const struct entry *e, const char *wanted);

/* compile.c: VALUE, found at AT inside RESOURCE, as a node in *RET. */
int compile_node(struct compile *c, const struct js *value, size_t resource, const struct place *at,
                 struct node **ret) WARN_UNUSED;

/* keywords.c: everything NODE's object asks. */
int compile_keywords(struct compile *c, struct node *node, const struct js *value, size_t resource,
                     const struct place *at) WARN_UNUSED;

/* read.c: what many keywords share. The groups are made when first asked for, with what holds when
 * nothing is said; NULL when memory ran out. */
struct number_rules *read_number_group(const struct entry *e);
struct string_rules *read_string_group(const struct entry *e);
struct array_rules *read_array_group(const struct entry *e);
struct object_rules *read_object_group(const struct entry *e);
struct logic_rules *read_logic_group(const struct entry *e);
int read_node(const struct entry *e, struct node **ret) WARN_UNUSED;
int read_nodes(const struct entry *e, struct node_list *ret) WARN_UNUSED;
int read_size(const struct entry *e, size_t *ret) WARN_UNUSED;
int read_bound(const struct entry *e, struct bound *ret) WARN_UNUSED;
/* VALUE, found at AT, as a list of member names. */
int read_names(const struct entry *e, const struct js *value, const struct place *at,
               struct str **ret, size_t *ret_count) WARN_UNUSED;
/* SOURCE, found at AT; freed with the schema. */
int read_pattern(const struct entry *e, struct str source, const struct place *at,
                 struct pattern **ret) WARN_UNUSED;
/* The keyword's value when WHOLE, else the COUNT items of it. */
int read_constants(const struct entry *e, size_t count, bool whole,
                   struct constants **ret) WARN_UNUSED;

/* keywords_object.c: the keywords about members, each given its own entry. */
int keyword_properties(const struct entry *e) WARN_UNUSED;
int keyword_pattern_properties(const struct entry *e) WARN_UNUSED;
int keyword_required(const struct entry *e) WARN_UNUSED;
int keyword_dependent_required(const struct entry *e) WARN_UNUSED;
int keyword_dependent_schemas(const struct entry *e) WARN_UNUSED;

/* resolve.c. The site of VALUE, NULL when it is not known as a schema. */
const struct site *resolve_site(const struct compile *c, const struct js *value);
int resolve_add_site(struct compile *c, const struct js *value, struct node *node,
                     size_t resource) WARN_UNUSED;
/* Handle $id: *RESOURCE becomes the new part's number. */
int resolve_id(struct compile *c, const struct js *value, const struct place *at,
               size_t *resource) WARN_UNUSED;
/* Handle $anchor and $ref. */
int resolve_anchor(const struct entry *e) WARN_UNUSED;
int resolve_note_reference(const struct entry *e) WARN_UNUSED;
/* Follow every reference; refuse those that lead nowhere, out of the document, or round in a
 * circle without ever going deeper into the value. */
int resolve_all(struct compile *c) WARN_UNUSED;

#endif
