/* frames: writes application/vnd.amazon.eventstream, and base64.
 *
 * Written apart from core/model's reader and writer on purpose: two encoders that agree prove more
 * than one that agrees with itself. Stateless; buf's sticky failure is the only one. */
#ifndef MOCK_FRAMES_H
#define MOCK_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* zlib's CRC-32 of S, continued from CRC (0 at the start). */
uint32_t frames_crc(uint32_t crc, struct str s);

/* Start a frame at the end of OUT, with the headers of an event or an exception of type TYPE and
 * a JSON payload, which the caller appends next. Returns what frames_end() wants to know. */
size_t frames_begin_event(struct buf *out, const char *type);
size_t frames_begin_exception(struct buf *out, const char *type);
/* The payload is complete: lengths and checksums are filled in. */
void frames_end(struct buf *out, size_t start);

/* The same for a JSON object that is still open: it gets a last member of random length, which
 * every event has against those who count bytes on the wire. */
void frames_end_padded(struct buf *out, size_t start);
/* The exception by which Bedrock ends a stream that asked for too much. */
void frames_throttled(struct buf *out);

/* S in base64 with its padding. */
void frames_base64(struct buf *out, struct str s);

#endif
