/* invoke_decoder: an InvokeModelWithResponseStream, whose frames hold Anthropic's events in base64.
 * Pure. */
#ifndef MODEL_INVOKE_DECODER_H
#define MODEL_INVOKE_DECODER_H

#include "model/failure_aws.h"

struct assembly;
struct decoder;

/* PLACE lives longer. NULL when memory ran out. */
struct decoder *invoke_decoder_new(const struct aws_place *place, struct assembly *out);

#endif
