/* wire_converse_reply: what Converse's two kinds of answer have in common. For wire_converse*.c. */
#ifndef MODEL_WIRE_CONVERSE_REPLY_H
#define MODEL_WIRE_CONVERSE_REPLY_H

#include "base/arena.h"
#include "base/str.h"
#include "model/decoder.h"

struct aws_place;
struct js;

/* The reply's end for REASON: 0, or <0 with the failure where the model says itself that it wrote
 * rubbish. */
int converse_stop(struct decoder *d, const struct aws_place *place, struct str reason);
/* `usage` of an answer; what is missing stays as it was. */
void converse_usage(struct assembly *out, const struct js *usage);
/* ERR_NOMEM or ERR_LIMIT of ours as the failure; returns CODE. */
int converse_local(struct decoder *d, const struct aws_place *place, int code);
/* 0, or <0 with the failure where the assembly has met a limit, or no memory. */
int converse_assembled(struct decoder *d, const struct aws_place *place);

#endif
