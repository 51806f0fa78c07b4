/* memory: what the model sees this turn.
 *
 * The record holds everything; a model gets the newest part of it, as a history every model API
 * accepts whatever happened before (crashes, cancels, takeovers, retracted replies):
 *   - it opens with a user's message and the roles alternate: neighbours are merged;
 *   - every tool use is answered in the very next message, all of them there and first; one that
 *     has no result gets "outcome unknown";
 *   - no blank text, no empty message, no discarded reply;
 *   - what a human agent wrote is the assistant's, marked with the agent's name.
 * The newest exchanges are kept whole, tool pairs never split; what does not fit the window is
 * left out from the old end.
 *
 * Pure over rows; call it inside a store body. */
#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/message.h"
#include "base/str.h"

struct message_row;
struct store_tx;

struct memory_limits {
    size_t messages; /* at most so many of the record's newest */
    size_t bytes;    /* of their content */
};

/* The history of CONVERSATION in ARENA; its last message is the newest user's. */
int memory_build(struct store_tx *tx, struct str conversation, const struct memory_limits *limits,
                 struct arena *a, struct message **ret, size_t *ret_count,
                 struct err *err) WARN_UNUSED;

/* The same from rows in hand (by seq), for tests and tools. */
int memory_from_rows(const struct message_row *rows, size_t row_count,
                     const struct memory_limits *limits, struct arena *a, struct message **ret,
                     size_t *ret_count, struct err *err) WARN_UNUSED;

/* Does HISTORY keep the rules above? ERR_INVALID says which message breaks which. */
int memory_check(const struct message *history, size_t count, struct err *err) WARN_UNUSED;

#endif
