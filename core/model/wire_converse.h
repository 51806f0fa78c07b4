/* wire_converse: Bedrock's Converse and ConverseStream. A request becomes a JSON body; an answer,
 * whole or as frames of an event stream, becomes an assembly. Pure: no socket, no key.
 *
 * The inside format is Converse's own, so blocks go out as they are stored, unknown ones and
 * signatures of reasoning included; what Converse would refuse is mended or refused by
 * request_ready(), which converse_body() calls. Sent only where set. A tool choice "none", which
 * Converse does not have, offers no tool. `extra` is additionalModelRequestFields.
 *
 * Of an answer: blocks are keyed by contentBlockIndex and begun by their first delta, for text and
 * reasoning have no start; input_tokens counts cache reads and writes in, as Converse does not;
 * unknown events, deltas and members are passed over; a stream without messageStop is cut
 * (FAILURE_CUT), however it ended. What the model itself marks as malformed is FAILURE_ONCE. */
#ifndef MODEL_WIRE_CONVERSE_H
#define MODEL_WIRE_CONVERSE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/model.h"

struct assembly;
struct aws_place;
struct buf;
struct decoder;
struct js;
struct tools_memo;

/* Bedrock takes requests of up to 25,000,000 bytes. */
enum { CONVERSE_BODY_MAX = 25000000 };

/* What a model's settings say; views in them or in the arena they were read into. */
struct converse_options {
    bool stream;
    bool prefill;
    bool cache_system;
    bool cache_tools;
    bool cache_messages;
    struct str cache_ttl;       /* may be empty: the server's five minutes */
    const struct js *guardrail; /* these three: maps or NULL */
    const struct js *extra;
    const struct js *metadata;
    struct str performance;
    struct str service_tier;
    struct model_params params;
};

/* Read SETTINGS of the model NAME. ERR_INVALID: a service tier, guardrail or metadata that Bedrock
 * would refuse; ERR_NOMEM. */
int converse_options_read(struct str name, const struct js *settings, struct arena *arena,
                          struct converse_options *ret, struct err *err) WARN_UNUSED;

/* Append the body of a REQUEST as it comes to OUT, initialised here, free with buf_done() in any
 * case. MEMO may be NULL. ERR_INVALID in words: Bedrock would refuse it. ERR_LIMIT above
 * CONVERSE_BODY_MAX; ERR_NOMEM. */
int converse_body(const struct converse_options *o, const struct model_request *request,
                  struct tools_memo *memo, struct buf *out, struct err *err) WARN_UNUSED;

/* Decoders of an application/vnd.amazon.eventstream and of an application/json answer; PLACE lives
 * longer. NULL when memory ran out. */
struct decoder *converse_stream_new(const struct aws_place *place, struct assembly *out);
struct decoder *converse_whole_new(const struct aws_place *place, struct assembly *out);

#endif
