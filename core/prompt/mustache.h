/* mustache: logic-less templates over JSON data.
 *
 * The language is that of github.com/mustache/spec: interpolation, sections, inverted sections,
 * comments, delimiters, partials, and of its optional modules inheritance ({{<parent}} with
 * {{$block}}) and dynamic names ({{>*name}}). No lambdas: data here is data.
 *
 * A template is compiled once and never changes after: any number of threads may render it at the
 * same time, each with a data tree of its own (a struct js belongs to one thread). What a value
 * holds is written out and never read as a template again, so a customer who types {{x}} gets {{x}}
 * back.
 *
 * What the specification leaves open: null, false, 0, "" and [] make a section false; an object or
 * list that is interpolated gives nothing (an error when strict); blank lines of an indented
 * partial stay blank.
 *
 * Everything is bounded (limits.h): bytes, nesting, partials within partials, and the work of one
 * rendering, so that a template that includes itself twice ends with an error and not with the
 * machine. Messages name template, line and what was found. */
#ifndef PROMPT_MUSTACHE_H
#define PROMPT_MUSTACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct buf;
struct js;
struct mustache;

/* Compile TEXT, which is copied. NAME opens every message about it; FIRST_LINE is the number of its
 * first line there (1 unless TEXT is the rest of a file). Owned, free with mustache_free().
 * ERR_INVALID: not a template; ERR_LIMIT; ERR_NOMEM. [any] */
int mustache_compile(struct str name, struct str text, size_t first_line, struct mustache **ret,
                     struct err *err) WARN_UNUSED;
/* NULL is fine. */
void mustache_free(struct mustache *t);
AUTO_DEFINE(mustache, struct mustache *, mustache_free)

enum mustache_escape { MUSTACHE_HTML, MUSTACHE_PLAIN };

struct mustache_options {
    enum mustache_escape escape; /* of {{x}}; {{{x}}} and {{&x}} are never escaped */
    /* A variable, partial or parent that is not there is an error and not the empty string. A
     * section still may ask for what is not there. */
    bool strict;
    /* The partial or parent NAME; NULL when there is none. May itself be NULL. The answer must stay
     * valid until the rendering is over. */
    const struct mustache *(*find)(void *context, struct str name);
    void *context;
};

/* Append the text that T makes of DATA (NULL: JSON null) to OUT. On failure OUT holds a part of it.
 * ERR_INVALID: strict and something missing; ERR_LIMIT: too deep, too much work, or OUT's maximum;
 * ERR_NOMEM. [any], see above. */
int mustache_render(const struct mustache *t, const struct js *data,
                    const struct mustache_options *options, struct buf *out,
                    struct err *err) WARN_UNUSED;

/* What a template refers to, for checks before any data is there. */
enum mustache_kind {
    MUSTACHE_VARIABLE,
    MUSTACHE_SECTION,
    MUSTACHE_INVERTED,
    MUSTACHE_PARTIAL,
    MUSTACHE_PARENT,
    MUSTACHE_BLOCK,
};

struct mustache_tag {
    enum mustache_kind kind;
    struct str name; /* as written, "a.b" and "." too; of a dynamic one, without its '*' */
    bool dynamic;    /* NAME is looked up in the data */
    size_t line;
    size_t scope; /* in how many sections it stands, inverted ones not counted */
};

/* The next tag at or after *POSITION (start with 0), in the order of the text; false at the end.
 * Views are borrowed from T. [any] */
bool mustache_next_tag(const struct mustache *t, size_t *position, struct mustache_tag *ret);

#endif
