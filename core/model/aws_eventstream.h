/* aws_eventstream: messages in AWS's binary framing, application/vnd.amazon.eventstream.
 *
 * A frame is its length, its headers' length, a checksum of these, headers with typed values, a
 * payload, and a checksum of everything. The decoder takes the bytes in any pieces and hands on
 * each message that is wholly sound: checksums first, then lengths and limits, then every header
 * (names and strings UTF-8, no name twice). After the first fault nothing is read any more: a
 * stream of lengths that cannot be trusted has no next frame. What a message means (`:event-type`,
 * exceptions, the payload's JSON) is not looked at here.
 *
 * A frame that lies whole within the bytes fed is not copied. Pure: [any], one stream, one user. */
#ifndef MODEL_AWS_EVENTSTREAM_H
#define MODEL_AWS_EVENTSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum eventstream_type { /* the numbers on the wire */
    EVENTSTREAM_TRUE,
    EVENTSTREAM_FALSE,
    EVENTSTREAM_INT8,
    EVENTSTREAM_INT16,
    EVENTSTREAM_INT32,
    EVENTSTREAM_INT64,
    EVENTSTREAM_BYTES,
    EVENTSTREAM_STRING,
    EVENTSTREAM_TIMESTAMP, /* milliseconds since 1970 */
    EVENTSTREAM_UUID,      /* 16 bytes */
    EVENTSTREAM_TYPE_COUNT
};

struct eventstream_header {
    struct str name;
    enum eventstream_type type;
    int64_t number;   /* of the integers, the timestamp, and 1 or 0 */
    struct str bytes; /* of BYTES, STRING and UUID */
};

/* Views into the frame, borrowed for the callback. */
struct eventstream_message {
    struct str headers; /* as on the wire, checked: for eventstream_next() */
    struct str payload;
};

struct eventstream {
    /* Return 0 to go on; anything else ends the stream: eventstream_feed returns it, the rest
     * unread. It must not touch the struct eventstream. */
    int (*message)(void *arg, const struct eventstream_message *m);
    void *arg;
    struct buf frame; /* an unfinished one */
    size_t total;     /* its length; 0: not known yet */
    int ended;        /* what eventstream_feed returned when it was not 0: it stays so */
};

/* The callback is set by the caller afterwards. */
void eventstream_init(struct eventstream *es);
void eventstream_done(struct eventstream *es);
AUTO_DEFINE_VALUE(eventstream, struct eventstream, eventstream_done)

/* BYTES in any pieces. 0; what the callback returned, ERR then being its own business; ERR_REMOTE:
 * damaged, or no event stream at all; ERR_LIMIT: a frame larger than LIMIT_EVENTSTREAM_FRAME, or
 * more headers than anybody sends; ERR_NOMEM. */
int eventstream_feed(struct eventstream *es, struct str bytes, struct err *err) WARN_UNUSED;
/* The stream ended: is there part of a frame? Then it was cut. */
bool eventstream_unfinished(const struct eventstream *es);

/* Cut the next header off REST, which starts as a message's `headers`. False at the end.
 *     for (struct str rest = m->headers; eventstream_next(&rest, &header);) */
bool eventstream_next(struct str *rest, struct eventstream_header *ret);
/* The string header NAME; ptr NULL when there is none or it is no string. */
struct str eventstream_text(const struct eventstream_message *m, const char *name);

/* Append one frame to OUT. ERR_INVALID: a name is empty or longer than 255 bytes, a value longer
 * than 32767, a UUID not 16, a number too large for its type; OUT is then unchanged. OUT's own
 * failure stays in OUT. */
int eventstream_write(struct buf *out, const struct eventstream_header *headers, size_t count,
                      struct str payload, struct err *err) WARN_UNUSED;

#endif
