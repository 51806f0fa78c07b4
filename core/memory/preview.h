/* preview: the beginning of a tool result that is too large to be seen whole.
 *
 * A result has a text: what it is made of, without the array around it. A model sees the text's
 * first piece, with a word in front that says how much there is and how to read on: by the tool
 * RESULT_TOOL, which gives piece after piece of the same text. Pieces are cut so that what carries
 * them to the model stays below the size at which a result would be cut itself. Of text from
 * outside (base/fence.h) they are pieces of what stands within the fence, and each gets one of its
 * own. */
#ifndef MEMORY_PREVIEW_H
#define MEMORY_PREVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct block;
struct message;

#define RESULT_TOOL STR("read_result")

/* The text of CONTENT, a result's content array. What is no array of ours is its own text. */
int preview_text(struct str content, struct arena *a, struct str *ret, struct err *err) WARN_UNUSED;

/* The piece of TEXT that begins at FROM (moved back to a character's start), for results of at most
 * BYTES; at least one character while there is one. */
struct str preview_piece(struct str text, size_t from, size_t bytes);

/* What is left of BYTES for a piece that a fence stands around. */
size_t preview_fenced_bytes(size_t bytes);

/* Replace what is larger than BYTES (0: nothing is) in the results of M by its preview; *COUNT
 * grows by how many there were. */
int preview_results(struct message *m, size_t bytes, struct arena *a, size_t *count,
                    struct err *err) WARN_UNUSED;

#endif
