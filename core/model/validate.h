/* validate: no request is sent that the API would refuse.
 *
 * Two halves. request_prepare() mends at the edge, in copies, what can be mended without changing
 * what anybody said, so that what is stored stays as it is:
 *  - ids of tool uses that are foreign to the API, or used before, become new ones, the same in
 *    every request of the conversation; their results follow them;
 *  - names of tools a model made up, inputs and results that are no objects, failed results without
 *    a word, lone surrogates, blank texts, reasoning without the signature the API wants;
 *  - documents' names, and their being alone; images and documents the API does not take (too many,
 *    too large, of another format, in an assistant's message) become a line that says so;
 *  - tools' schemas whose root is no plain object, descriptions without a word, and the placeholder
 *    tool where the history has tool uses and none is offered;
 *  - a tool choice where no tool is offered.
 * It changes no order and pairs nothing: repair_history() did that.
 *
 * validate_request() refuses what is left: what would be answered with 400 now, and, because the
 * history is sent again, for ever. request_ready() is both, and what the providers call before they
 * write a request; a block that is `plain` (message.h) is not read again for either. The rules and
 * where they come from: reference "What makes Converse reject a history". Pure. */
#ifndef MODEL_VALIDATE_H
#define MODEL_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/model.h"

struct tools_memo;

enum validate_dialect { DIALECT_CONVERSE, DIALECT_ANTHROPIC, DIALECT_OPENAI };

/* What depends on the model and its settings; {0} is the strictest server. */
struct validate_caps {
    bool prefill;          /* goes on behind a final assistant's message, and `partial` */
    bool no_sampling;      /* refuses temperature and top_p, even at their default */
    bool one_sampling;     /* refuses both together */
    unsigned cache_points; /* what the writer adds to those in the history */
};

/* ERR_INVALID names message, block and rule; ERR_NOMEM. */
int validate_request(const struct model_request *r, enum validate_dialect dialect,
                     const struct validate_caps *caps, struct err *err) WARN_UNUSED;

/* R mended, in ARENA; what was sound is shared with R. ERR_NOMEM. */
int request_prepare(const struct model_request *r, enum validate_dialect dialect,
                    struct arena *arena, struct model_request *ret, struct err *err) WARN_UNUSED;

/* request_prepare(), then validate_request(). MEMO, which may be NULL, knows the tools of the
 * request before (always of the same dialect) and spares reading them again; RET may share with it
 * what it knows. */
int request_ready(const struct model_request *r, enum validate_dialect dialect,
                  const struct validate_caps *caps, struct tools_memo *memo, struct arena *arena,
                  struct model_request *ret, struct err *err) WARN_UNUSED;

/* The same into memory of its own: would R be refused? */
int request_check(const struct model_request *r, enum validate_dialect dialect,
                  const struct validate_caps *caps, struct err *err) WARN_UNUSED;

/* About as many bytes as a body of R has, rather more than fewer: to make room at once. */
size_t request_size(const struct model_request *r);

/* Would such a server take ATTACHMENT, an image or a document, in a customer's message? ERR_INVALID
 * says why not. Each is a provider's `carries`. */
int converse_carries(const struct block *attachment, struct err *err) WARN_UNUSED;
int anthropic_carries(const struct block *attachment, struct err *err) WARN_UNUSED;
int openai_carries(const struct block *attachment, struct err *err) WARN_UNUSED;

/* The tool that stands in where an API wants one and none is offered. */
#define PLACEHOLDER_TOOL "no_tool_available"

#endif
