/* gauntlet_arguments: arguments for a tool, made from nothing but its input_schema.
 *
 * Two kinds: texts that fit the schema, plain and hostile, and texts that break one rule of it
 * each. What is made is a guess: keywords that say little about a value (not, if, contains, most
 * patterns) are passed over. Whoever takes a text asks the schema first. Everything lives in the
 * arena that is handed in. [any] */
#ifndef DESKHAND_GAUNTLET_ARGUMENTS_H
#define DESKHAND_GAUNTLET_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

struct buf;
struct js;

struct argument_set {
    struct str label; /* "all members", "order: missing" */
    struct str text;  /* JSON */
    bool hostile;     /* not what a model would send */
};

struct argument_sets {
    struct argument_set *items;
    size_t count;
    size_t capacity;
    struct arena *arena;
    bool failed; /* memory ran out: there may be more */
};

/* Copied. */
void argument_sets_add(struct argument_sets *sets, struct argument_set set);

/* What may fit SCHEMA, the plainest first: the least, all members, then hostile texts and numbers.
 * CUSTOMER is put where the schema wants the conversation's customer. */
void arguments_make(const struct js *schema, struct str customer, struct argument_sets *sets);

/* BASE, which fits SCHEMA, broken in one place each time. */
void arguments_break(const struct js *schema, const struct js *base, struct argument_sets *sets);

/* NODE, or what its $ref leads to within ROOT; NULL: nowhere. */
const struct js *schema_follow(const struct js *root, const struct js *node);

/* Some text that matches PATTERN into OUT (gauntlet_pattern.c); false: it is beyond this. */
bool pattern_sample(struct str pattern, struct buf *out);

#endif
