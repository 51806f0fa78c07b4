/* message: one message inside Deskhand, in the shape of Bedrock's Converse.
 *
 * A message is a role and content blocks. Providers translate at the edge; the store keeps the
 * content as JSON text; everything between uses this. Each block keeps `raw`, the JSON text it came
 * from or was made as, so that members we do not know (citations, cache points, signatures of
 * reasoning) survive a round trip untouched; the other fields are read out of it for our use.
 *
 * The JSON of a content array, Converse's spelling:
 *   {"text":"..."}
 *   {"toolUse":{"toolUseId":"...","name":"...","input":{...}}}
 *   {"toolResult":{"toolUseId":"...","content":[{"json":{...}}|{"text":"..."}],
 *                  "status":"success"|"error"}}
 *   {"image":...} {"document":...} {"reasoningContent":...} anything else: BLOCK_OTHER, kept as raw
 *
 * All views are borrowed from the arena the message was made in. [any] */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct buf;

enum role { ROLE_USER, ROLE_ASSISTANT };

enum block_kind {
    BLOCK_TEXT,
    BLOCK_IMAGE,
    BLOCK_DOCUMENT,
    BLOCK_TOOL_USE,
    BLOCK_TOOL_RESULT,
    BLOCK_REASONING,
    BLOCK_OTHER,
};

struct block {
    enum block_kind kind;
    struct str raw;         /* JSON of the whole block, always there */
    struct str text;        /* TEXT: the text */
    struct str tool_use_id; /* TOOL_USE, TOOL_RESULT */
    struct str name;        /* TOOL_USE */
    struct str json;        /* TOOL_USE: the input object; TOOL_RESULT: the content array */
    bool error;             /* TOOL_RESULT: status is "error" */
    /* Set by message_parse_content() alone, and true of TEXT, TOOL_USE and TOOL_RESULT only: there
     * is nothing about the JSON of this block that has to be looked at again. RAW passed js_check()
     * and is spelled as block_text() and its like spell it, without any \u. A result's content is
     * one {"json":{..}} or one {"text":".."} that is not blank, spelled as a js_out would down to
     * its last byte; see message_plain_item(). Whoever changes a block makes a new one. */
    bool plain;
};

struct message {
    enum role role;
    struct str id; /* the store's; empty for one not stored */
    struct block *blocks;
    size_t count;
};

const char *role_name(enum role role);

/* Make blocks. False when memory ran out. INPUT and CONTENT are JSON text that was checked. */
bool block_text(struct arena *a, struct str text, struct block *ret);
bool block_tool_use(struct arena *a, struct str id, struct str name, struct str input,
                    struct block *ret);
bool block_tool_result(struct arena *a, struct str id, struct str content, bool error,
                       struct block *ret);

/* M in A, without its id. False when memory ran out. */
bool message_copy(struct arena *a, const struct message *m, struct message *ret);

/* Read a content array. ERR_INVALID names the block's index. Unknown blocks are kept; a member that
 * is null counts as absent; a block with two known members is refused. */
int message_parse_content(struct str json, struct arena *a, struct block **ret_blocks,
                          size_t *ret_count, struct err *err) WARN_UNUSED;
/* Write the content array; errors are the buf's. */
void message_write_content(const struct block *blocks, size_t count, struct buf *out);
/* The same as text in ARENA; ptr NULL when memory ran out. */
struct str message_content_json(const struct block *blocks, size_t count, struct arena *a);

/* What the one item of a plain result's content holds: an object's JSON, or a JSON string with its
 * quotes. A view of B. */
struct str message_plain_item(const struct block *b);

/* All text blocks joined by newlines: what a person reads. */
struct str message_text(const struct message *m, struct arena *a);
bool message_has(const struct message *m, enum block_kind kind);

#endif
