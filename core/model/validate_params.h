/* validate_params: the part of validate_request() that is not about messages: tools, parameters,
 * the system prompt. */
#ifndef MODEL_VALIDATE_PARAMS_H
#define MODEL_VALIDATE_PARAMS_H

#include <stdbool.h>

#include "base/err.h"
#include "model/validate.h"

struct dialect_rules;

/* KNOWN_TOOLS: they passed before. ERR_INVALID, ERR_NOMEM. */
int validate_params(const struct model_request *r, const struct dialect_rules *rules,
                    const struct validate_caps *caps, bool known_tools,
                    struct err *err) WARN_UNUSED;

/* validate_request() with that: for request_ready(). In validate.c. */
int validate_prepared(const struct model_request *r, enum validate_dialect dialect,
                      const struct validate_caps *caps, bool known_tools,
                      struct err *err) WARN_UNUSED;

#endif
