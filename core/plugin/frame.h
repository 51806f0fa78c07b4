/* frame: messages over a stream of bytes, between a desk and a plugin's child.
 *
 * A frame is eight bytes of two lengths (little-endian, head and body), the head, a JSON object,
 * and the body, any bytes. Texts that a plugin wrote or a model sent travel as bodies: as JSON
 * inside JSON they would be escaped and read twice for each call, and what is no UTF-8 would
 * arrive mended, so that one cage would accept what the other refuses.
 *
 * Reading knows no descriptors: bytes are fed as they come and frames are taken out. The other
 * side is hostile: lengths are checked before anything is kept for them. One user at a time. */
#ifndef PLUGIN_FRAME_H
#define PLUGIN_FRAME_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { FRAME_LENGTHS = 8, FRAME_NONE = 0, FRAME_READY = 1 };

struct frame {
    struct str head;
    struct str body;
};

struct frames {
    struct buf bytes;
    size_t at; /* what lies before was taken */
    size_t body_max;
};

/* Bodies above BODY_MAX are refused; heads have LIMIT_FRAME_HEAD_BYTES. */
void frames_init(struct frames *f, size_t body_max);
void frames_done(struct frames *f);
AUTO_DEFINE_VALUE(frames, struct frames, frames_done)

/* Keep BYTES. Views of earlier frames are dead. ERR_NOMEM; ERR_LIMIT when frames are fed and not
 * taken. */
int frames_feed(struct frames *f, struct str bytes, struct err *err) WARN_UNUSED;
/* FRAME_READY: *RET is the next frame, borrowed until the next feed. FRAME_NONE: it is not whole
 * yet. ERR_INVALID: these are no frames, for good. */
int frames_next(struct frames *f, struct frame *ret, struct err *err) WARN_UNUSED;

/* Append a frame to OUT. Failures are OUT's. */
void frame_add(struct buf *out, struct str head, struct str body);
/* The eight bytes alone, for who sends in pieces. */
void frame_lengths(struct str head, struct str body, unsigned char ret[FRAME_LENGTHS]);

#endif
