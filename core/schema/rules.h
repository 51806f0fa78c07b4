/* rules: a compiled schema, inside this floor only.
 *
 * A node is one schema object or boolean. What it asks is grouped by the type it asks it of; a
 * group that asks nothing is NULL, so that most nodes are small. Everything lives in the schema's
 * arena and is written by compile.c and keywords.c only; checking reads. */
#ifndef SCHEMA_RULES_H
#define SCHEMA_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"
#include "schema/decimal.h"
#include "schema/pattern.h"

struct js;

/* The words of "type", as bits. */
enum type_bit {
    TYPE_NULL = 1,
    TYPE_BOOLEAN = 2,
    TYPE_INTEGER = 4,
    TYPE_NUMBER = 8,
    TYPE_STRING = 16,
    TYPE_ARRAY = 32,
    TYPE_OBJECT = 64,
};

struct type_name {
    const char *name;   /* as schemas write it */
    const char *phrase; /* as people do */
    unsigned bit;
};
enum { TYPE_COUNT = 7 };
extern const struct type_name type_names[TYPE_COUNT];

/* A value of "const" or "enum" as js_canonical writes it: equal values have equal text, and text,
 * unlike trees, may be read by several threads. */
struct constant {
    struct str canonical;
    struct str shown; /* as the author wrote it, cut */
};

struct constants {
    struct constant *items;
    size_t count;
};

struct node_list {
    struct node **items;
    size_t count;
};

/* One limit on a number, with its spelling for messages. Absent: shown.len is 0. */
struct bound {
    struct decimal value;
    struct str shown;
};

struct number_rules {
    struct bound minimum;
    struct bound maximum;
    struct bound above; /* exclusiveMinimum */
    struct bound below; /* exclusiveMaximum */
    struct bound multiple_of;
};

/* Absent: {0, SIZE_MAX}. */
struct range {
    size_t min;
    size_t max;
};

struct string_rules {
    struct range length;
    struct pattern *pattern;
};

struct array_rules {
    struct range length;
    struct range matches; /* of contains: {1, SIZE_MAX} unless told */
    struct node_list prefix;
    struct node *items;
    struct node *contains;
    bool unique;
};

struct property {
    struct str name;
    struct node *node;
};

struct pattern_property {
    struct pattern *pattern;
    struct node *node;
};

/* "When NAME is there, so must these be", and the same with a schema. */
struct dependency {
    struct str name;
    struct str *required;
    size_t required_count;
    struct node *node;
};

struct object_rules {
    struct range size;
    struct property *properties; /* sorted by name */
    size_t property_count;
    struct pattern_property *patterns;
    size_t pattern_count;
    struct node *additional;
    struct node *names;
    struct str *required;
    size_t required_count;
    struct dependency *dependencies;
    size_t dependency_count;
};

struct logic_rules {
    struct node_list all;
    struct node_list any;
    struct node_list one;
    struct node * not ;
    struct node *condition; /* if */
    struct node *then;
    struct node *otherwise; /* else */
};

enum verdict { VERDICT_RULES, VERDICT_ALWAYS, VERDICT_NEVER };
enum visit { VISIT_NOT_YET, VISIT_NOW, VISIT_DONE };

struct node {
    enum verdict verdict;
    enum visit visit; /* while compiling, in the search for endless references */
    unsigned types;   /* 0: any */
    struct node *ref;
    struct constants *choice; /* enum */
    struct constants *fixed;  /* const */
    struct number_rules *number;
    struct string_rules *string;
    struct array_rules *array;
    struct object_rules *object;
    struct logic_rules *logic;
    struct node *unevaluated_items;
    struct node *unevaluated_properties;
    struct str default_json; /* ptr NULL: none */
};

struct schema {
    struct arena arena;
    struct node *root;
    bool tracks; /* some node asks what was evaluated; most schemas do not and pay nothing */
};

/* The node of property NAME; NULL when the schema has none. */
struct node *rules_property(const struct object_rules *o, struct str name);

#endif
