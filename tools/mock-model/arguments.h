/* arguments: what a call says, fit for the tool's own schema. Stateless. */
#ifndef MOCK_ARGUMENTS_H
#define MOCK_ARGUMENTS_H

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"

/* An object for SCHEMA (NULL: {"query": QUERY}) to OUT: its required members and one named query;
 * QUERY stands wherever a free string is wanted. Schemas with $ref are not followed. */
void arguments_fill(const struct js *schema, struct str query, struct buf *out);

#endif
