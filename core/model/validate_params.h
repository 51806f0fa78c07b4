/* validate_params: the part of validate_request() that is not about messages: tools, parameters,
 * the system prompt. */
#ifndef MODEL_VALIDATE_PARAMS_H
#define MODEL_VALIDATE_PARAMS_H

#include "base/err.h"

struct dialect_rules;
struct model_request;
struct validate_caps;

/* ERR_INVALID, ERR_NOMEM. */
int validate_params(const struct model_request *r, const struct dialect_rules *rules,
                    const struct validate_caps *caps, struct err *err) WARN_UNUSED;

#endif
