/* wire_anthropic_events: the events of one answer in the Messages format, unwrapped of what carried
 * them (SSE in wire_anthropic_stream.c, event-stream chunks in invoke_decoder.c), into an
 * assembly. Events, blocks and deltas nobody knows are left out; what breaks the protocol is a
 * failure. A reply is whole when message_stop came. [any] */
#ifndef MODEL_WIRE_ANTHROPIC_EVENTS_H
#define MODEL_WIRE_ANTHROPIC_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct assembly;
struct failure;
struct js;

struct anthropic_events {
    struct assembly *out;
    struct failure *failure;
    struct str model; /* its name in desk.yaml, for words; lives longer */
    struct arena scratch;
    int64_t input; /* tokens: cumulative, the latest counts */
    int64_t created;
    int64_t read;
    int64_t output;
    bool intervened; /* a guardrail of Bedrock's */
};

/* OUT and FAILURE are borrowed until done. */
void anthropic_events_init(struct anthropic_events *e, struct str model, struct assembly *out,
                           struct failure *failure);
void anthropic_events_done(struct anthropic_events *e);

/* All return 0 to go on, DECODER_END once the message is whole, <0 with the failure filled. */

/* One event: JSON, and the NAME its carrier gave it, which may be empty. */
int anthropic_event(struct anthropic_events *e, struct str name, struct str json) WARN_UNUSED;
/* An answer that was not streamed. */
int anthropic_message(struct anthropic_events *e, struct str json) WARN_UNUSED;
/* How it stands: for who put bytes or a failure into the assembly himself. */
int anthropic_events_result(struct anthropic_events *e) WARN_UNUSED;
/* {"error":{"type","message"}} came. <0. */
int anthropic_events_error(struct anthropic_events *e, const struct js *event) WARN_UNUSED;
/* What came is not the protocol: FAILURE_FORMAT. <0. */
int anthropic_events_broken(struct anthropic_events *e) WARN_UNUSED;
/* The body ended: 0 when the message is whole, else <0 and FAILURE_CUT. */
int anthropic_events_finish(struct anthropic_events *e) WARN_UNUSED;

#endif
