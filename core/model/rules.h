/* rules: what each API takes, as tables and predicates; validate.h applies them.
 *
 * Where the APIs differ the number stands in the table with its source; where they do not, or the
 * strictest serves all, it is in the function. Pure, [any]. */
#ifndef MODEL_RULES_H
#define MODEL_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/message.h"
#include "base/str.h"
#include "model/validate.h"

struct js;

struct dialect_rules {
    const char *name;
    const char *id_marks; /* beside ASCII letters and digits */
    size_t id_max;
    size_t tool_name_max;
    double temperature_max;
    size_t stop_max;  /* sequences; 0: any number */
    bool blank_stops; /* they may be white space */
    size_t images_max;
    size_t image_bytes;
    size_t documents_max; /* in one request */
    size_t document_bytes;
    bool named_documents;  /* names of a small alphabet, no two alike, a text beside each */
    const char *documents; /* formats, separated by blanks */
    bool fetches_s3;       /* reads what lies in S3 itself */
    bool signed_reasoning; /* reasoning without a signature is refused */
    bool needs_tools;      /* tool blocks in the history want tools in the request */
    bool says_none;        /* has a tool choice "none" */
    bool wants_properties; /* a schema's root without properties is refused */
    bool plain_properties; /* their names are of a small alphabet */
};
const struct dialect_rules *dialect_rules(enum validate_dialect dialect);

bool rule_id(const struct dialect_rules *d, struct str id);
bool rule_tool_name(const struct dialect_rules *d, struct str name);
/* Letters, digits, single spaces, -()[], 1 to 200, no space at the ends. */
bool rule_document_name(struct str name);
bool rule_property_name(struct str name);
bool rule_blank(struct str text);

/* Has JSON text (valid otherwise) half a surrogate pair written as \uD800? */
bool rule_lone_surrogate(struct str json);

/* Why the API would refuse the value of an image or document block; NULL: it would not. The words
 * end "an image ...": "of a format nobody reads". */
const char *rule_image(const struct dialect_rules *d, const struct js *image);
const char *rule_document(const struct dialect_rules *d, const struct js *document);

/* Why reasoning (the whole block) may not be sent; NULL: it may. */
const char *rule_reasoning(const struct dialect_rules *d, const struct js *block);

bool rule_cache_point(const struct block *b);

/* Why a schema (parsed) may not be sent; NULL: it may. */
const char *rule_schema(const struct dialect_rules *d, const struct js *schema);

#endif
