/* events: the events of the Messages API as JSON. anthropic.c frames them as server-sent events,
 * invoke.c as chunks of an event stream. Each function appends one event's JSON. Stateless. */
#ifndef MOCK_EVENTS_H
#define MOCK_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "asked.h"
#include "base/buf.h"
#include "reply.h"

/* BEDROCK: ids and the last event as Bedrock has them. */
void events_message_start(const struct reply *r, bool bedrock, struct buf *out);
void events_block_start(const struct reply *r, size_t part, bool bedrock, struct buf *out);
void events_delta(const struct reply *r, size_t part, struct str text, struct buf *out);
void events_signature(const struct reply *r, size_t part, struct buf *out);
void events_block_stop(size_t part, struct buf *out);
void events_message_delta(const struct reply *r, struct buf *out);
void events_message_stop(const struct reply *r, bool bedrock, struct buf *out);
/* The message whole, as it is answered without a stream. */
void events_message(const struct reply *r, bool bedrock, struct buf *out);

/* Read BODY as the Messages API does; the path's or the body's model is the caller's to read.
 * VERSION decides what is refused. 0, or 1 with REFUSED filled. */
int events_read(struct asked *a, const struct js *body, struct str version,
                struct refusal *refused);

#endif
