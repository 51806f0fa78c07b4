/* stream: sends replies at a model's pace, thousands at once.
 *
 * One timer drives all of them: a stream waits in the slot of the millisecond in which its next
 * piece is due. On a plain connection with nothing queued a piece goes out by one send(), past
 * libevent's buffers; otherwise it queues behind what is there. Measured, that is most of what a
 * piece costs. A stream belongs to its pacer from stream_send() on and is freed when it ended or
 * its client left. One thread. */
#ifndef MOCK_STREAM_H
#define MOCK_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "reply.h"

struct event_base;
struct evhttp_request;
struct pacer;

struct pacer_options {
    unsigned token_ms; /* between two pieces; 0: as fast as the client reads */
    bool stamp;        /* pieces of text are the time at which they are sent */
};

struct stream {
    struct arena arena; /* what the reply is made of */
    struct reply reply;
    const struct format *format;
    struct stream_state *state; /* the pacer's */
};

/* NULL when there is no memory. */
struct pacer *pacer_new(struct event_base *base, const struct pacer_options *options);
/* After the last connection is gone. */
void pacer_free(struct pacer *p);
/* Streams under way, and pieces sent so far. */
size_t pacer_streams(const struct pacer *p);
uint64_t pacer_pieces(const struct pacer *p);

struct stream *stream_new(const struct format *format);
void stream_free(struct stream *s);
/* Answer REQUEST with S, *taken*. WHOLE: as one body, after the time that a stream would have
 * taken. The response headers are set; status 200. */
void stream_send_take(struct pacer *p, struct stream *s, struct evhttp_request *request,
                      bool whole);

#endif
