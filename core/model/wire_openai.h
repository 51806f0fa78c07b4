/* wire_openai: chat completions as OpenAI defined them and Ollama, llama.cpp, vLLM, Bedrock's
 * /openai/v1 and many others speak them, each with its own deviations.
 *
 * Pure: a request becomes a body, bytes become an assembly, an error's body becomes a failure. No
 * socket, no key. What is done about the deviations is said where it is done.
 *
 * Not sent: reasoning (no server takes it back), cache points, blocks nobody knows. Documents whose
 * format is text (txt, md, csv, html) are sent as labelled text; others are refused by
 * openai_body(), as are images that are not inline. A tool's result is one plain string (a list
 * makes Ollama forget which call it answers); "error: " opens that of a failed call.
 *
 * Reasoning a server sends is dropped: it is not shown and must not be sent back. [any] */
#ifndef MODEL_WIRE_OPENAI_H
#define MODEL_WIRE_OPENAI_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/message.h"
#include "base/str.h"
#include "model/decoder.h"
#include "model/failure.h"
#include "model/model.h"

struct buf;
struct js;
struct tools_memo;

/* One configured model; lives as long as what is made for it. */
struct openai_model {
    struct str name; /* in desk.yaml, for words */
    struct str id;   /* the server's name for it */
    struct str host; /* of its address, with the port, for words */
    bool stream;
    bool completion_tokens; /* the longest reply is max_completion_tokens, not max_tokens */
    bool prefill;           /* the server goes on behind an assistant's message (llama.cpp) */
    bool has_key;           /* one is sent: for words */
    struct model_params params;
    const struct js *extra; /* further members of the body, or NULL; see openai_check_extra() */
};

/* ---- The request ---- */

/* EXTRA's members win over ours, and null leaves ours out; but what a request is made of (model,
 * messages, tools, stream) is not for settings: ERR_INVALID. NAME is the model's. */
int openai_check_extra(struct str name, const struct js *extra, struct err *err) WARN_UNUSED;
/* Append the body of a request that request_ready() made with MEMO (may be NULL) to OUT,
 * initialised here, free with buf_done() in any case. ERR_INVALID: it holds an image or a document
 * that no server would take, in words; ERR_LIMIT, ERR_NOMEM. */
int openai_body(const struct openai_model *m, const struct model_request *r,
                struct tools_memo *memo, struct buf *out, struct err *err) WARN_UNUSED;

/* An image or a document of a message, read: wire_openai_media.c. */
struct openai_media {
    bool is_image;
    struct str uri;  /* image: "data:image/png;base64,..." */
    struct str text; /* document: with its label */
};
int openai_media(const struct block *b, struct arena *arena, struct openai_media *ret,
                 struct err *err) WARN_UNUSED;
/* A toolResult's content as a plain text; ptr NULL when memory ran out. */
struct str openai_result_text(const struct block *b, struct arena *arena);

/* ---- The answer ---- */

/* For a 200 of CONTENT_TYPE (may be empty), owned, free with decoder_free(). M and OUT are borrowed
 * until then. NULL: such an answer is none (a page), or memory ran out. */
struct decoder *openai_decoder_new(const struct openai_model *m, struct str content_type,
                                   struct assembly *out);

/* The shortcut for the chunk that comes a thousand times: is DATA a chunk that holds a piece of
 * text, and beside it nothing anybody would act upon? Builds no tree. True: *RET is the text (may
 * be empty), a view of DATA or of SCRATCH. False: unusual, broken or neither; read it properly.
 * What it accepts, js_parse() accepts. */
bool openai_chunk_text(struct str data, struct buf *scratch, struct str *ret);

/* ---- Failures ---- */

/* An answer with STATUS that is no 200. F's status and headers were read; kind, name and words are
 * set. The server's words are quoted only where they say what is wrong with a request. */
void openai_failure(const struct openai_model *m, int status, struct str body, struct failure *f);
/* An error within an answer whose status was 200. */
void openai_stream_failure(const struct openai_model *m, const struct js *error, struct failure *f);

#endif
