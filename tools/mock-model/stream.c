#include "stream.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"

enum {
    SLOTS = 1024,            /* milliseconds around the wheel */
    QUEUED_MAX = 256 * 1024, /* a client that reads slower than this waits */
    BURST = 64 * 1024,       /* without a pace, so much at a time */
    CHUNK_HEAD = 10,         /* eight digits, CR, LF */
    SLOW_FACTOR = 10,
    SLOW_MIN_MS = 100,
};

LIST_HEAD(slot, stream_state);

struct pacer {
    struct pacer_options options;
    struct event *timer;
    struct slot slots[SLOTS];
    struct slot stalled; /* those that wait for their client to leave */
    int64_t done_ms;     /* slots up to here were run */
    int64_t armed_ms;    /* the timer rings then; 0: not at all */
    size_t waiting, streams;
    uint64_t pieces;
    struct buf out; /* one chunk while it is made */
};

struct stream_state {
    LIST_ENTRY(stream_state) link;
    struct pacer *pacer;
    struct stream *stream;
    struct evhttp_request *request;
    struct evhttp_connection *connection;
    struct bufferevent *bev;
    int fd; /* -1: only through bev (TLS) */
    bool chunked, whole, opened, closing, stalled;
    enum { END_NOT, END_QUEUED, END_FLUSHED } end;
    unsigned delay_ms;
    int64_t due_ms;
    size_t part, piece;
};

enum outcome { GO_ON, DONE, BREAK };

static void run_slots(evutil_socket_t fd, short what, void *pacer);

struct pacer *
pacer_new(struct event_base *base, const struct pacer_options *options)
{
    struct pacer *p = mem_zero(1, sizeof(*p));
    if (!p) {
        return NULL;
    }
    p->options = *options;
    p->done_ms = clock_mono_ms(clock_real());
    buf_init(&p->out, LIMIT_REPLY_BYTES);
    p->timer = evtimer_new(base, run_slots, p);
    if (!p->timer) {
        pacer_free(p);
        return NULL;
    }
    return p;
}

void
pacer_free(struct pacer *p)
{
    if (p) {
        if (p->timer) {
            event_free(p->timer);
        }
        buf_done(&p->out);
        mem_free(p);
    }
}

size_t
pacer_streams(const struct pacer *p)
{
    return p->streams;
}

uint64_t
pacer_pieces(const struct pacer *p)
{
    return p->pieces;
}

struct stream *
stream_new(const struct format *format)
{
    struct stream *s = mem_zero(1, sizeof(*s));
    if (s) {
        s->format = format;
    }
    return s;
}

void
stream_free(struct stream *s)
{
    if (s) {
        mem_free(s->state);
        arena_done(&s->arena);
        mem_free(s);
    }
}

static void
arm(struct pacer *p, int64_t due_ms)
{
    int64_t wait = due_ms - clock_mono_ms(clock_real());
    struct timeval tv = {.tv_sec = wait > 0 ? wait / 1000 : 0,
                         .tv_usec = wait > 0 ? wait % 1000 * 1000 : 0};
    p->armed_ms = due_ms;
    (void)evtimer_add(p->timer, &tv);
}

/* Wait until DUE_MS; what is due already is run in the next millisecond. */
static void
wait_until(struct stream_state *s, int64_t due_ms)
{
    struct pacer *p = s->pacer;
    if (due_ms <= p->done_ms) {
        due_ms = p->done_ms + 1;
    }
    s->due_ms = due_ms;
    LIST_INSERT_HEAD(&p->slots[due_ms % SLOTS], s, link);
    p->waiting++;
    if (p->armed_ms == 0 || due_ms < p->armed_ms) {
        arm(p, due_ms);
    }
}

static void
forget(struct stream_state *s)
{
    s->pacer->streams--;
    stream_free(s->stream);
}

/* The client left. The connection goes after this; the request went its own way when the loop saw
 * the end first, and is then ours to free. */
static void
on_close(struct evhttp_connection *connection, void *arg)
{
    struct stream_state *s = arg;
    (void)connection;
    LIST_REMOVE(s, link);
    if (!s->stalled) {
        s->pacer->waiting--;
    }
    if (!evhttp_request_get_connection(s->request)) {
        evhttp_send_reply_end(s->request);
    }
    forget(s);
}

/* Over TLS libevent tells evhttp of a flush later than it happens. Were the reply ended in between,
 * evhttp would take that word for the end's own flush and stop writing with the rest still queued.
 * So the end waits until all is out, and a millisecond more. */
static void
end_reply(struct stream_state *s)
{
    size_t queued = evbuffer_get_length(bufferevent_get_output(s->bev));
    if (s->fd < 0 && s->end != END_FLUSHED) {
        s->end = s->end == END_QUEUED && queued == 0 ? END_FLUSHED : END_QUEUED;
        /* By the clock: slots behind it run without the loop turning in between. */
        wait_until(s, clock_mono_ms(clock_real()) + 1);
        return;
    }
    evhttp_connection_set_closecb(s->connection, NULL, NULL);
    evhttp_send_reply_end(s->request);
    forget(s);
}

static void
break_connection(struct stream_state *s)
{
    evhttp_connection_set_closecb(s->connection, NULL, NULL);
    evhttp_connection_free(s->connection);
    forget(s);
}

static void
put_out(struct stream_state *s, struct str bytes)
{
    if (s->fd >= 0 && evbuffer_get_length(bufferevent_get_output(s->bev)) == 0) {
        ssize_t sent = send(s->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        /* An error shows itself again to the loop, which ends the connection. */
        bytes = str_sub(bytes, sent > 0 ? (size_t)sent : 0, SIZE_MAX);
    }
    if (bytes.len > 0) {
        (void)bufferevent_write(s->bev, bytes.ptr, bytes.len);
    }
}

static void
open_chunk(struct pacer *p)
{
    buf_clear(&p->out);
    buf_add(&p->out, (struct str){"          ", CHUNK_HEAD});
}

/* What was appended since open_chunk() goes out as one chunk. */
static void
close_chunk(struct stream_state *s)
{
    struct buf *out = &s->pacer->out;
    size_t length = out->len - CHUNK_HEAD;
    if (out->failed || length == 0) {
        return;
    }
    if (!s->chunked) {
        put_out(s, str_sub(buf_str(out), CHUNK_HEAD, SIZE_MAX));
        return;
    }
    char head[CHUNK_HEAD + 8];
    int digits = snprintf(head, sizeof(head), "%zx\r\n", length);
    size_t start = CHUNK_HEAD - (size_t)digits;
    memcpy(out->text + start, head, (size_t)digits);
    buf_add_c(out, "\r\n");
    put_out(s, str_sub(buf_str(out), start, SIZE_MAX));
}

static struct str
piece_text(const struct stream_state *s, const struct part *part, char stamp[16])
{
    if (part->pieces) {
        return part->pieces[s->piece];
    }
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t us = ((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000) % 100000000000;
    (void)snprintf(stamp, 16, "w%011lld", (long long)us);
    return str_c(stamp);
}

static bool
breaks_here(const struct stream_state *s)
{
    const struct reply *r = &s->stream->reply;
    return r->ending != ENDING_WHOLE && s->part == r->break_part && s->piece == r->break_piece;
}

/* The next piece, with everything that needs no time before and behind it. */
static enum outcome
advance(struct stream_state *s, struct buf *out)
{
    const struct reply *r = &s->stream->reply;
    const struct format *format = s->stream->format;
    char stamp[16];
    bool sent = false;
    while (s->part < r->part_count) {
        const struct part *part = &r->parts[s->part];
        if (!s->opened) {
            format->part_begin(r, s->part, out);
            s->opened = true;
        }
        if (breaks_here(s)) {
            return sent ? GO_ON : BREAK;
        }
        if (s->piece < part->piece_count) {
            if (sent) {
                return GO_ON;
            }
            format->piece(r, s->part, piece_text(s, part, stamp), out);
            s->piece++;
            s->pacer->pieces++;
            sent = true;
            continue;
        }
        format->part_end(r, s->part, out);
        s->part++;
        s->piece = 0;
        s->opened = false;
    }
    format->finish(r, out);
    return DONE;
}

/* Hold still until the client leaves. */
static void
stall(struct stream_state *s)
{
    s->stalled = true;
    LIST_INSERT_HEAD(&s->pacer->stalled, s, link);
}

/* Half of the frame that would come next, and then the connection breaks. */
static void
begin_reset(struct stream_state *s)
{
    struct buf *out = &s->pacer->out;
    const struct part *part = &s->stream->reply.parts[s->part];
    char stamp[16];
    size_t before = out->len;
    s->stream->format->piece(&s->stream->reply, s->part, piece_text(s, part, stamp), out);
    buf_truncate(out, before + (out->len - before) / 2);
    close_chunk(s);
    s->closing = true;
    wait_until(s, s->pacer->done_ms + 1);
}

static void
end_badly(struct stream_state *s)
{
    switch (s->stream->reply.ending) {
    case ENDING_BROKEN:
        s->stream->format->broken(&s->pacer->out);
        close_chunk(s);
        end_reply(s);
        break;
    case ENDING_RESET:
        begin_reset(s);
        break;
    case ENDING_STALL:
        close_chunk(s);
        stall(s);
        break;
    case ENDING_CUT:
    case ENDING_WHOLE:
        close_chunk(s);
        end_reply(s);
        break;
    }
}

static void
step_stream(struct stream_state *s)
{
    struct pacer *p = s->pacer;
    enum outcome outcome;
    open_chunk(p);
    do {
        outcome = advance(s, &p->out);
    } while (outcome == GO_ON && s->delay_ms == 0 && p->out.len < BURST);
    if (outcome == BREAK) {
        end_badly(s);
        return;
    }
    close_chunk(s);
    if (outcome == DONE) {
        end_reply(s);
        return;
    }
    int64_t next = s->due_ms + s->delay_ms;
    wait_until(s, next > p->done_ms ? next : p->done_ms + 1);
}

/* Half of the body under the length of all of it, and then the connection breaks. */
static void
send_half(struct stream_state *s, struct evbuffer *body)
{
    char length[32];
    size_t all = evbuffer_get_length(body);
    struct evbuffer *half = evbuffer_new();
    (void)snprintf(length, sizeof(length), "%zu", all);
    (void)evhttp_add_header(evhttp_request_get_output_headers(s->request), "Content-Length",
                            length);
    evhttp_send_reply_start(s->request, 200, "OK");
    if (half && evbuffer_remove_buffer(body, half, all / 2) >= 0) {
        evhttp_send_reply_chunk(s->request, half);
    }
    if (half) {
        evbuffer_free(half);
    }
    s->closing = true;
    wait_until(s, s->pacer->done_ms + 1);
}

static void
send_whole(struct stream_state *s)
{
    struct buf *out = &s->pacer->out;
    const struct reply *r = &s->stream->reply;
    struct evbuffer *body = evbuffer_new();
    buf_clear(out);
    s->stream->format->whole(r, out);
    if (!body || out->failed || evbuffer_add(body, out->text, out->len)) {
        break_connection(s);
    } else if (r->ending == ENDING_STALL) {
        stall(s);
    } else if (r->ending == ENDING_CUT || r->ending == ENDING_RESET) {
        send_half(s, body);
    } else {
        evhttp_connection_set_closecb(s->connection, NULL, NULL);
        evhttp_send_reply(s->request, 200, "OK", body);
        forget(s);
    }
    if (body) {
        evbuffer_free(body);
    }
}

static void
run_stream(struct stream_state *s)
{
    size_t queued = evbuffer_get_length(bufferevent_get_output(s->bev));
    if (s->end != END_NOT) {
        end_reply(s);
    } else if (s->closing && queued == 0) {
        break_connection(s);
    } else if (s->closing || queued > QUEUED_MAX) {
        wait_until(s, s->pacer->done_ms + 1);
    } else if (s->whole) {
        send_whole(s);
    } else {
        step_stream(s);
    }
}

static void
run_slot(struct pacer *p, int64_t at_ms)
{
    struct slot due = LIST_HEAD_INITIALIZER(due);
    struct slot *slot = &p->slots[at_ms % SLOTS];
    struct stream_state *s;
    if ((due.lh_first = slot->lh_first) != NULL) {
        due.lh_first->link.le_prev = &due.lh_first;
        LIST_INIT(slot);
    }
    p->done_ms = at_ms;
    while ((s = LIST_FIRST(&due)) != NULL) {
        LIST_REMOVE(s, link);
        if (s->due_ms > at_ms) { /* due one turn of the wheel later */
            LIST_INSERT_HEAD(slot, s, link);
            continue;
        }
        p->waiting--;
        run_stream(s);
    }
}

static void
run_slots(evutil_socket_t fd, short what, void *pacer)
{
    struct pacer *p = pacer;
    int64_t now = clock_mono_ms(clock_real());
    (void)fd;
    (void)what;
    p->armed_ms = INT64_MIN; /* nobody arms while slots run */
    for (int64_t at = p->done_ms + 1; at <= now; at++) {
        run_slot(p, at);
    }
    p->armed_ms = 0;
    for (int64_t at = p->done_ms + 1; p->waiting > 0 && at <= p->done_ms + SLOTS; at++) {
        if (!LIST_EMPTY(&p->slots[at % SLOTS])) {
            arm(p, at);
            return;
        }
    }
}

/* How long the whole answer takes to think up. */
static int64_t
thinking_ms(const struct stream_state *s)
{
    const struct reply *r = &s->stream->reply;
    int64_t pieces = 0;
    for (size_t i = 0; i < r->part_count; i++) {
        pieces += (int64_t)r->parts[i].piece_count;
    }
    return pieces * s->delay_ms;
}

static void
start_stream(struct stream_state *s)
{
    evhttp_send_reply_start(s->request, 200, "OK");
    s->chunked = evhttp_find_header(evhttp_request_get_output_headers(s->request),
                                    "Transfer-Encoding") != NULL;
    open_chunk(s->pacer);
    s->stream->format->begin(&s->stream->reply, &s->pacer->out);
    /* Behind the header, which evhttp queued. */
    close_chunk(s);
}

void
stream_send_take(struct pacer *p, struct stream *stream, struct evhttp_request *request, bool whole)
{
    struct stream_state *s = mem_zero(1, sizeof(*s));
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    if (!s) {
        stream_free(stream);
        evhttp_connection_free(connection);
        return;
    }
    stream->state = s;
    *s = (struct stream_state){.pacer = p,
                               .stream = stream,
                               .request = request,
                               .connection = connection,
                               .bev = evhttp_connection_get_bufferevent(connection),
                               .whole = whole,
                               .delay_ms = p->options.token_ms};
    s->fd = bufferevent_openssl_get_ssl(s->bev) ? -1 : bufferevent_getfd(s->bev);
    if (stream->reply.slow) {
        s->delay_ms =
            s->delay_ms * SLOW_FACTOR > SLOW_MIN_MS ? s->delay_ms * SLOW_FACTOR : SLOW_MIN_MS;
    }
    p->streams++;
    if (p->waiting == 0) {
        p->done_ms = clock_mono_ms(clock_real()); /* the wheel stood still */
    }
    evhttp_connection_set_closecb(connection, on_close, s);
    int64_t now = clock_mono_ms(clock_real());
    if (whole) {
        wait_until(s, now + thinking_ms(s));
    } else {
        start_stream(s);
        wait_until(s, now + s->delay_ms);
    }
}
