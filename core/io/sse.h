/* sse: server-sent events out of bytes, however they are cut.
 *
 * Takes what the specification says and what servers do: LF, CRLF and lone CR, in any mixture; a
 * byte order mark; comments; no space after the colon; several data lines, joined by LF; fields
 * nobody knows (llama.cpp's bare "error: {...}" line is one: it is handed on as an event of its
 * own name with its value as data). An event that has no data is dropped, as the specification
 * wants. An event left unfinished at the end is not dispatched: sse_end() tells that there was one.
 *
 * Bytes that are no such stream at all (a proxy's JSON or HTML without a field name in front) come
 * out as lines nobody knows: sse_feed hands each line without a known field to `other` where given.
 *
 * Pure; a struct sse belongs to one stream. */
#ifndef IO_SSE_H
#define IO_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct sse_event {
    struct str name; /* "message" where the stream gives none */
    struct str data; /* without the last LF */
    struct str id;   /* the last one seen */
};

struct sse {
    /* Return 0 to go on; anything else ends sse_feed with that value and the rest unread. */
    int (*event)(void *arg, const struct sse_event *event);
    int (*other)(void *arg, struct str line); /* may be NULL */
    void *arg;
    struct buf line; /* an unfinished one */
    struct buf data;
    struct buf name;
    struct buf id;
    bool has_data;
    bool begun;      /* the byte order mark is behind us */
    bool after_cr;
};

/* EVENT_MAX bounds one event's data, and one line. Views in events are borrowed for the call. */
void sse_init(struct sse *s, size_t event_max);
void sse_done(struct sse *s);
/* 0; what a callback returned; ERR_LIMIT, ERR_NOMEM. */
int sse_feed(struct sse *s, struct str bytes, struct err *err) WARN_UNUSED;
/* The stream ended: is there half an event? */
bool sse_unfinished(const struct sse *s);

#endif
