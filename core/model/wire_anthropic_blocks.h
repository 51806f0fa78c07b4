/* wire_anthropic_blocks: content blocks of the inside format as blocks of the Messages format. For
 * wire_anthropic*.c alone. [any] */
#ifndef MODEL_WIRE_ANTHROPIC_BLOCKS_H
#define MODEL_WIRE_ANTHROPIC_BLOCKS_H

#include "base/err.h"
#include "base/message.h"
#include "base/str.h"

struct js_out;

/* Write MESSAGE's content array. CACHE, JSON, becomes the member cache_control of the last block
 * that may have one; empty for none. ERR_INVALID: a block that the format cannot carry. ERR_NOMEM.
 * What was written then is half. */
int anthropic_blocks_write(const struct message *message, struct str cache, struct js_out *out,
                           struct err *err) WARN_UNUSED;

/* Does anything remain of MESSAGE when what need not be sent is left out? 0: no; ANTHROPIC_ANY;
 * ERR_NOMEM. */
enum { ANTHROPIC_ANY = 1 };
int anthropic_blocks_any(const struct message *message, struct err *err) WARN_UNUSED;

#endif
