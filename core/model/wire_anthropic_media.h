/* wire_anthropic_media: an image or a document of the inside format as one of the Messages format.
 * For wire_anthropic_blocks.c alone. [any] */
#ifndef MODEL_WIRE_ANTHROPIC_MEDIA_H
#define MODEL_WIRE_ANTHROPIC_MEDIA_H

#include "base/err.h"

struct js;
struct js_out;

/* Write the members of an object that the caller has begun. ERR_INVALID: a format, or a place for
 * the bytes, that the server does not take; what was written then is half. */
int anthropic_image_write(struct js_out *out, const struct js *image, struct err *err) WARN_UNUSED;
int anthropic_document_write(struct js_out *out, const struct js *document,
                             struct err *err) WARN_UNUSED;

#endif
