/* prepare_tools: the part of request_prepare() that is about the tools that are offered. */
#ifndef MODEL_PREPARE_TOOLS_H
#define MODEL_PREPARE_TOOLS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

struct dialect_rules;
struct model_request;
struct tools_memo;

/* Is no tool offered although R has some: because nobody is to use any, which this API cannot say
 * otherwise? */
bool prepare_tools_withheld(const struct dialect_rules *rules, const struct model_request *r);

/* Fill in RET, a copy of R, its tools and its tool choice. HAS_TOOL_BLOCKS: the history has tool
 * uses or results. Schemas become plain objects: what a composed root (oneOf, anyOf, allOf) names
 * in its branches is offered as optional properties. What MEMO (may be NULL) knows is taken from
 * there. ERR_NOMEM. */
int prepare_tools(const struct dialect_rules *rules, const struct model_request *r,
                  bool has_tool_blocks, const struct tools_memo *memo, struct arena *arena,
                  struct model_request *ret, struct err *err) WARN_UNUSED;

#endif
