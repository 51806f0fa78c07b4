/* sse: server-sent events out of bytes, however they are cut.
 *
 * Takes what the specification says and what servers do: LF, CRLF and lone CR, in any mixture; a
 * byte order mark; comments; no space after the colon; several data lines, joined by LF. An event
 * that has no data is dropped, as the specification wants. An event left unfinished at the end is
 * not dispatched: sse_unfinished() tells that there was one. Bytes are not checked to be UTF-8.
 *
 * Lines without a known field (a proxy's JSON or HTML in place of the stream) go to `other` where
 * given. One is an error all the same: llama.cpp's bare "error: {...}" comes at once as an
 * event of that name with its value as data, whatever event is under way.
 *
 * What lies whole within the bytes fed is neither copied nor allocated for; what does not is copied
 * once. Pure; a struct sse belongs to one stream. */
#ifndef IO_SSE_H
#define IO_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct sse_event {
    struct str name; /* "message" where the stream gives none */
    struct str data; /* without the last LF */
    struct str id;   /* the last one seen */
};

struct sse {
    /* Return 0 to go on; anything else ends the stream: sse_feed returns it, the rest unread. They
     * must not touch the struct sse. */
    int (*event)(void *arg, const struct sse_event *event);
    int (*other)(void *arg, struct str line); /* may be NULL */
    void *arg;
    struct buf line; /* an unfinished one */
    struct buf data;
    struct buf name;
    struct buf id;
    int64_t retry_ms; /* the last `retry`, how long to wait before coming again; 0: none */
    bool has_data;
    bool begun; /* the byte order mark is behind us */
    bool after_cr;
    int ended; /* what sse_feed returned when it was not 0: it stays so */
};

/* EVENT_MAX bounds one event's data, and one line. The callbacks are set by the caller afterwards.
 * Views in events are borrowed for the callback. */
void sse_init(struct sse *s, size_t event_max);
void sse_done(struct sse *s);
/* BYTES in any pieces. 0; what a callback returned, ERR then being its own business; ERR_LIMIT,
 * ERR_NOMEM. */
int sse_feed(struct sse *s, struct str bytes, struct err *err) WARN_UNUSED;
/* The stream ended: is there half an event? */
bool sse_unfinished(const struct sse *s);

#endif
