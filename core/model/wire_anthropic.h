/* wire_anthropic: Anthropic's Messages format, for two providers: its own API and Bedrock's
 * InvokeModel. A request becomes a JSON body; an answer becomes an assembly (its events, however
 * they are wrapped, in wire_anthropic_events.h). Pure: no socket, no key.
 *
 * Out of the inside format: text, images and documents with their bytes, tool uses, tool results
 * (JSON in them as text), reasoning with its signature verbatim. Left out: text that is blank,
 * cache points (the setting `cache` makes its own), reasoning without a signature (another
 * provider's; the server would refuse it). What the format cannot carry is refused while it is
 * written. A request is to be made ready first.
 *
 * Sent only where set: everything but max_tokens, which the server demands. [any] */
#ifndef MODEL_WIRE_ANTHROPIC_H
#define MODEL_WIRE_ANTHROPIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/model.h"

struct assembly;
struct buf;
struct decoder;
struct js;
struct tools_memo;

/* Where max_tokens is not set: what the oldest model still served can write. Thinking that `extra`
 * asks for is added. */
enum { ANTHROPIC_MAX_TOKENS = 4096 };

/* What a model's settings say; views in them or in the arena they were read into. */
struct anthropic_options {
    bool invoke; /* InvokeModel: version and betas in the body, no model, no stream */
    bool stream;
    bool prefill;
    bool cache_system;
    bool cache_tools;
    bool cache_messages;
    struct str cache_ttl; /* may be empty: the server's five minutes */
    struct str name;      /* the model's in desk.yaml, for messages */
    struct str model;     /* the server's id */
    struct str version;
    struct str service_tier;   /* these three are not the body's business with InvokeModel */
    const struct js *betas;    /* array of texts or NULL */
    const struct js *metadata; /* map or NULL */
    const struct js *extra;    /* members that go into the body, and win there; or NULL */
    struct model_params params;
};

/* Read SETTINGS of the model NAME. ERR_INVALID: `extra` holds what it may not (messages, system,
 * tools, model, stream), or prefill with thinking; sampling parameters with a version that refuses
 * them. ERR_NOMEM. */
int anthropic_options_read(struct str name, const struct js *settings, bool invoke,
                           struct arena *arena, struct anthropic_options *ret,
                           struct err *err) WARN_UNUSED;

/* REQUEST with the settings' parameters, made ready by request_ready() with MEMO (may be NULL) in
 * ARENA. ERR_INVALID in words: the server would refuse it. ERR_NOMEM. */
int anthropic_ready(const struct anthropic_options *o, const struct model_request *request,
                    struct tools_memo *memo, struct arena *arena, struct model_request *ret,
                    struct err *err) WARN_UNUSED;

/* Append the body of a ready request to OUT, initialised here, free with buf_done() in any case.
 * ERR_INVALID: it holds what the format cannot carry, in words. ERR_LIMIT: larger than the server
 * takes. ERR_NOMEM. */
int anthropic_body(const struct anthropic_options *o, const struct model_request *ready,
                   struct tools_memo *memo, struct buf *out, struct err *err) WARN_UNUSED;

/* Decoders of a text/event-stream and of an application/json answer; MODEL lives longer. NULL when
 * memory ran out. */
struct decoder *anthropic_sse_new(struct str model, struct assembly *out);
struct decoder *anthropic_whole_new(struct str model, struct assembly *out);

#endif
