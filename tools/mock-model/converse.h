/* converse: the two halves of Bedrock's Converse (converse_check.c reads, converse.c writes), and
 * what InvokeModel has in common with it. Stateless. */
#ifndef MOCK_CONVERSE_H
#define MOCK_CONVERSE_H

#include "asked.h"
#include "reply.h"

/* struct format's read and refuse. */
int converse_read(struct asked *a, struct refusal *refused);
int converse_refuse(const struct refusal *refused, const char *request_id, struct buf *out,
                    const char **ret_type);

#endif
