/* check: the state of one check, shared by check.c, check_array.c, check_object.c, check_logic.c
 * and report.c.
 *
 * A check runs quietly first and stops at the first thing that does not fit; most values fit, and
 * those pay for no words. Only a value that does not is gone through again with a report, which
 * collects a few findings. Every function here returns 0, SCHEMA_MISMATCH or a failure. */
#ifndef SCHEMA_CHECK_H
#define SCHEMA_CHECK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "schema/place.h"
#include "schema/rules.h"
#include "schema/schema.h"

struct check {
    const struct schema *schema;
    struct arena *arena;          /* freed at the end of the check */
    struct schema_report *report; /* NULL: quiet */
    size_t steps;
    size_t depth;
    bool out_of_memory;     /* some words could not be made: the next finding fails */
    size_t wrong_constants; /* findings of const and enum, to tell which alternative was meant */
    struct err *err;
};

/* Which members or items of one value have been evaluated, for the unevaluated keywords. `bits` is
 * NULL where nobody asks. */
struct marks {
    unsigned char *bits;
    size_t count;
};

/* One node being checked against one value. */
struct frame {
    const struct node *node;
    const struct js *value;
    const struct place *at;
    struct marks marks;
};

/* check.c. VALUE against NODE; what it evaluated is added to OUTER when it fits (NULL: nobody
 * asks). */
int check_node(struct check *c, const struct node *node, const struct js *value,
               const struct place *at, struct marks *outer) WARN_UNUSED;
/* Does it fit? Without a word. */
int check_quietly(struct check *c, const struct node *node, const struct js *value,
                  const struct place *at, struct marks *outer) WARN_UNUSED;
/* Pay for WORK; ERR_LIMIT when there have been too many steps. */
int check_charge(struct check *c, size_t work) WARN_UNUSED;
/* Take GOT into *RESULT; true when it is time to return *RESULT: a failure, or a mismatch and
 * nothing more to collect. */
bool check_settled(const struct check *c, int *result, int got);
static inline bool
marks_has(const struct marks *m, size_t index)
{
    return m->bits && index < m->count && (m->bits[index / 8] >> (index % 8)) & 1;
}
void marks_set(struct marks *m, size_t index);

/* check_array.c, check_object.c, check_logic.c: the parts of a frame. */
int check_array(struct check *c, struct frame *f) WARN_UNUSED;
int check_unevaluated_items(struct check *c, struct frame *f) WARN_UNUSED;
int check_object(struct check *c, struct frame *f) WARN_UNUSED;
int check_unevaluated_properties(struct check *c, struct frame *f) WARN_UNUSED;
int check_logic(struct check *c, struct frame *f) WARN_UNUSED;

/* report.c. Record "expected FORMAT..., got VALUE"; SCHEMA_MISMATCH, also when quiet, or
 * ERR_NOMEM. */
int report_value(struct check *c, const struct place *at, const struct js *value,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same with FOUND in words. */
int report_words(struct check *c, const struct place *at, struct str found, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int report_finding(struct check *c, struct schema_finding finding) WARN_UNUSED;
/* What NODE's types, enum or const ask for ("a string or null"); empty when it has none, and
 * when quiet. */
struct str report_describe_node(struct check *c, const struct node *node);

#endif
