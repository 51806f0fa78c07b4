/* assembly: a streamed reply put together from its pieces, the same for every protocol.
 *
 * A decoder names a part by the key the protocol gives it (contentBlockIndex, index, tool_calls
 * index) and adds to it in any order; parts come out in the order they were begun. Text deltas are
 * handed on as they are added. Everything is bounded: parts by ASSEMBLY_PARTS_MAX, bytes by
 * LIMIT_REPLY_BYTES and LIMIT_TOOL_ARGUMENT_BYTES; what is above is a sticky failure (ERR_LIMIT),
 * as is memory (ERR_NOMEM). Nothing is trusted or judged here. [loop] */
#ifndef MODEL_ASSEMBLY_H
#define MODEL_ASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/model.h"

enum { ASSEMBLY_PARTS_MAX = 256 };

struct assembly_part {
    int64_t key;
    enum model_part_kind kind;
    struct buf text;      /* TEXT: the text; TOOL_USE: the input; REASONING: the text */
    struct buf id;        /* TOOL_USE */
    struct buf name;      /* TOOL_USE */
    struct buf signature; /* REASONING */
    struct buf redacted;  /* REASONING: base64 or opaque data */
    /* REASONING: the inside format's block as JSON, where the decoder knows better than
     * {"reasoningContent":{"reasoningText":{"text","signature"}}} or
     * {"reasoningContent":{"redactedContent"}} made of the above. */
    struct buf raw;
};

struct assembly {
    void (*text)(void *arg, struct str delta); /* NULL: nobody watches */
    void *arg;
    struct assembly_part *parts;
    size_t count;
    size_t capacity;
    size_t bytes;
    enum model_stop stop;
    bool stopped; /* a stop reason came */
    bool ended;   /* the protocol's end marker came: the reply is whole */
    struct model_usage usage;
    struct buf model; /* as the server named it */
    int failed;       /* sticky: ERR_LIMIT, ERR_NOMEM */
};

void assembly_init(struct assembly *a, void (*text)(void *arg, struct str delta), void *arg);
void assembly_done(struct assembly *a);

/* The part of that key; NULL when there is none. */
struct assembly_part *assembly_find(struct assembly *a, int64_t key);
/* The same, begun where there is none; a part of the key but another kind is left and a new one
 * begun. NULL: failed. */
struct assembly_part *assembly_part(struct assembly *a, int64_t key, enum model_part_kind kind);
/* A new part even where KEY is known (it then is the one KEY means). NULL: failed. */
struct assembly_part *assembly_begin(struct assembly *a, int64_t key, enum model_part_kind kind);

/* Append; adding nothing is fine. add_text also hands DELTA on. */
void assembly_add_text(struct assembly *a, int64_t key, struct str delta);
void assembly_add_input(struct assembly *a, struct assembly_part *part, struct str fragment);
void assembly_add(struct assembly *a, struct buf *to, struct str bytes);

void assembly_stop(struct assembly *a, enum model_stop stop);
/* REASON as Anthropic and Bedrock write it; MODEL_STOP_OTHER for what is none of theirs. */
enum model_stop assembly_stop_of(struct str reason);

/* The reply, its views in ARENA. Parts that stayed empty (blank text, reasoning without anything)
 * are left out. ERR_LIMIT, ERR_NOMEM. Whether it is whole is for the caller to ask (`ended`). */
int assembly_reply(const struct assembly *a, struct arena *arena, struct model_reply *ret,
                   struct err *err) WARN_UNUSED;

#endif
