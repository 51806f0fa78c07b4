/* schema: does a JSON value have the shape that was asked for, and if not, what is wrong.
 *
 * JSON Schema draft 2020-12 for tool arguments, plugin configuration and desk.yaml. A schema is
 * compiled once, when a tool or a plugin is loaded, and checked often. Compiling refuses what is
 * broken (wrong keyword types, invalid patterns, a $ref that leads nowhere or never ends) in words
 * for the schema's author; checking answers with findings that a model can repair its call from.
 *
 * Supported: every keyword of the core, applicator, unevaluated and validation vocabularies, and
 * "default" for schema_apply_defaults(). References ($ref, $id, $anchor) reach everywhere inside
 * the schema and nowhere else: nothing is ever fetched, a reference to another document is
 * refused, the meta-schema's included. $dynamicRef is refused. "format" and unknown keywords are
 * notes, as the draft says. "definitions" is known as the older name of "$defs".
 *
 * Numbers are compared as decimals, digit by digit, never as doubles: 0.0075 is a multiple of
 * 0.0001, 1.0 is an integer, 12345678910111213141516171819202122 is too. Lengths of text count
 * code points. Patterns are ECMA-262's as far as PCRE2 can say them (\d and \w are ASCII, \s is
 * not; `$` is the very end); they match anywhere unless anchored and run under limits.
 *
 * A compiled schema holds no JSON tree and never changes: [any], from many threads at once. The
 * value that is checked belongs to the caller's thread. Recursion and work are bounded by
 * LIMIT_SCHEMA_DEPTH and LIMIT_SCHEMA_STEPS. */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct buf;
struct js;
struct schema;

/* Compile TEXT, a JSON object or boolean of at most LIMIT_SCHEMA_BYTES; *RET is owned, free with
 * schema_free. ERR_INVALID names the place in the schema as a JSON pointer and what is wrong
 * there; ERR_LIMIT; ERR_NOMEM. */
int schema_compile(struct str text, struct schema **ret, struct err *err) WARN_UNUSED;
/* NULL is fine. */
void schema_free(struct schema *s);
AUTO_DEFINE(schema, struct schema *, schema_free)

enum { SCHEMA_MISMATCH = 1, SCHEMA_FINDINGS = 5 };

/* One thing that is wrong: "/items/2/price", "an integer", "the string \"two\"". PATH is a JSON
 * pointer into the value, empty for the whole of it. EXPECTED and FOUND complete the sentence
 * "expected ..., got ...". */
struct schema_finding {
    struct str path;
    struct str expected;
    struct str found;
};

struct schema_report {
    struct schema_finding findings[SCHEMA_FINDINGS]; /* the first few, in the value's order */
    size_t count;
};

/* Check VALUE. 0 it fits; SCHEMA_MISMATCH with *RET filled, its texts valid UTF-8 and borrowed
 * until ARENA is cleared; <0: ERR_LIMIT when the check would take too many steps, ERR_NOMEM. */
int schema_check(const struct schema *s, const struct js *value, struct arena *arena,
                 struct schema_report *ret, struct err *err) WARN_UNUSED;

/* One line a finding, joined by newlines: `/items/2/price: expected an integer, got the string
 * "two"`. */
void schema_report_write(const struct schema_report *report, struct buf *out);

/* The finding that tells most: the first, but a member that is misspelt before the one that is
 * missed for it. The report has one. */
const struct schema_finding *schema_report_telling(const struct schema_report *report);

/* The report as a failure: ERR_INVALID with that finding's words. */
int schema_report_err(const struct schema_report *report, struct err *err);

/* Write VALUE to OUT as JSON text with what is absent from its objects filled in from "default",
 * through properties, items and $ref. A member that is absent and has no default stays absent.
 * VALUE need not fit the schema. Failures are OUT's. */
void schema_apply_defaults(const struct schema *s, const struct js *value, struct buf *out);

#endif
