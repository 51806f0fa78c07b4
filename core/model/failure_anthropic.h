/* failure_anthropic: what Anthropic's API says when it refuses, as a failure. MODEL is the model's
 * name in desk.yaml, for the words. */
#ifndef MODEL_FAILURE_ANTHROPIC_H
#define MODEL_FAILURE_ANTHROPIC_H

#include "base/str.h"

struct failure;

/* The answer's status and body, which may be anybody's (a proxy's page). F has status, advice and
 * delay from the head already. */
void failure_anthropic(struct failure *f, struct str model, int status, struct str body);
/* An error with this TYPE and MESSAGE; STATUS is 0 where it came inside a stream. */
void failure_anthropic_error(struct failure *f, struct str model, int status, struct str type,
                             struct str message);

#endif
