/* decoder: a server's answer, bytes in, an assembly filled. One implementation a protocol; none
 * holds a socket, so all can be fuzzed.
 *
 * feed() takes the body in any pieces. It returns 0 to go on, DECODER_END when the protocol's end
 * marker was read (later bytes may still bring usage: go on feeding), or <0 with `failure` filled:
 * an error event in the stream, broken framing, a limit. finish() says what the end of the body
 * means: 0 when the reply is whole, else <0 with `failure` (FAILURE_CUT and the like). A stream
 * that ends without its end marker is a failure, whatever the socket said. */
#ifndef MODEL_DECODER_H
#define MODEL_DECODER_H

#include "base/str.h"
#include "model/assembly.h"
#include "model/failure.h"

struct decoder;

struct decoder_ops {
    int (*feed)(struct decoder *d, struct str bytes);
    int (*finish)(struct decoder *d);
    void (*free)(struct decoder *d);
};

struct decoder {
    const struct decoder_ops *ops;
    struct assembly *out;
    struct failure failure;
};

enum { DECODER_END = 1 };

static inline int
decoder_feed(struct decoder *d, struct str bytes)
{
    return d->ops->feed(d, bytes);
}

static inline int
decoder_finish(struct decoder *d)
{
    return d->ops->finish(d);
}

static inline void
decoder_free(struct decoder *d)
{
    if (d) {
        d->ops->free(d);
    }
}

#endif
