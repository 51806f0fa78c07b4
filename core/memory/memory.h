/* memory: what the model sees this turn.
 *
 * The record holds everything; a model gets the newest part of it, as a history every model API
 * accepts whatever happened before (crashes, cancels, takeovers, retracted replies):
 *   - it opens with a user's message and the roles alternate: neighbours are merged;
 *   - every tool use is answered in the very next message, all of them there and first; one that
 *     has no result gets "outcome unknown";
 *   - no blank text, no empty message, no discarded reply;
 *   - what a human agent wrote is the assistant's, marked with the agent's name.
 *
 * The window is made of exchanges, a customer's message and all that follows until the next one:
 * the newest ones, whole, as many as fit the budget of tokens; the newest always, however large.
 * What is older is seen in two ways. The conversation's digest (digest.h), where there is one,
 * stands for the messages up to its seq: a text in front of the first message, fenced and called a
 * summary. Notes that agents left for the bot are always there, whatever their age.
 *
 * A tool's result that is too large is seen as its beginning, with word of how to read on
 * (preview.h). All of this is done to copies: the record stays as it is.
 *
 * Pure over rows; call it inside a store body. */
#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/message.h"
#include "base/str.h"

struct digest_row;
struct message_row;
struct store_tx;

struct memory_limits {
    size_t messages;     /* at most so many of the record's newest */
    int64_t tokens;      /* of all that is seen, as model/estimate.h counts */
    size_t result_bytes; /* of one tool result; 0: results are seen whole */
};

/* What is seen. */
struct memory_view {
    struct message *messages; /* the last one is the newest user's */
    size_t count;
    int64_t tokens;    /* of them, estimated */
    int64_t seen_from; /* seq of the window's oldest message; notes before it do not count */
    struct str digest; /* id of the one that stands in front; empty: none */
    size_t previews;   /* results of which only the beginning is seen */
    bool due;          /* something is left out, or soon will be: a new digest is wanted */
};

/* The view of CONVERSATION, in ARENA. */
int memory_build(struct store_tx *tx, struct str conversation, const struct memory_limits *limits,
                 struct arena *a, struct memory_view *ret, struct err *err) WARN_UNUSED;

/* The same from rows in hand, for tests and tools. */
struct memory_source {
    const struct message_row *rows; /* behind the digest, by seq */
    size_t count;
    const struct digest_row *digest; /* NULL: none */
    const struct message_row *notes; /* agents' notes older than ROWS, by seq */
    size_t note_count;
};
int memory_from_rows(const struct memory_source *source, const struct memory_limits *limits,
                     struct arena *a, struct memory_view *ret, struct err *err) WARN_UNUSED;

/* What is read for it: the newest digest, at most LAST (0: all) messages behind it, older notes. */
int memory_read(struct store_tx *tx, struct str conversation, size_t last, struct arena *a,
                struct memory_source *ret, struct err *err) WARN_UNUSED;

/* Does HISTORY keep the rules above? ERR_INVALID says which message breaks which. */
int memory_check(const struct message *history, size_t count, struct err *err) WARN_UNUSED;

#endif
