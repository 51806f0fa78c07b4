/* pattern: the regular expressions of "pattern" and "patternProperties".
 *
 * ECMA-262 is what JSON Schema asks for; PCRE2 runs it, with the differences translated or
 * switched off (see pattern.c). No JIT: patterns come from plugins and other machines. Matching
 * is bounded in steps, depth and memory. A compiled pattern never changes: [any]. */
#ifndef SCHEMA_PATTERN_H
#define SCHEMA_PATTERN_H

#include "base/err.h"
#include "base/str.h"

struct pattern;

/* *RET is owned, free with pattern_free. ERR_INVALID says what is wrong with SOURCE and where;
 * ERR_LIMIT above LIMIT_PATTERN_BYTES; ERR_NOMEM. */
int pattern_compile(struct str source, struct pattern **ret, struct err *err) WARN_UNUSED;
void pattern_free(struct pattern *p);

/* Does P match somewhere in TEXT? 0 yes, PATTERN_NO_MATCH, ERR_LIMIT when it takes too long. */
enum { PATTERN_NO_MATCH = 1 };
int pattern_match(const struct pattern *p, struct str text, struct err *err) WARN_UNUSED;

/* As it was written. */
struct str pattern_source(const struct pattern *p);

#endif
