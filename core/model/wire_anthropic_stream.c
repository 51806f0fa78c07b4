/* The two shapes an answer of Anthropic's own API comes in: server-sent events, and one message. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "io/sse.h"
#include "model/decoder.h"
#include "model/wire_anthropic.h"
#include "model/wire_anthropic_events.h"

/* One event, or a whole answer: a reply and as much again for escapes and what is around it. */
enum { EVENT_MAX = LIMIT_REPLY_BYTES * 2 };

/* ---- Decoder of a stream ----------------------------------------------------------------------*/

struct sse_decoder {
    struct decoder decoder;
    struct anthropic_events events;
    struct sse sse;
};

static int
on_event(void *arg, const struct sse_event *event)
{
    struct sse_decoder *d = arg;
    /* The end, too, ends the reading: nothing behind it is ours. */
    return anthropic_event(&d->events, event->name, event->data);
}

/* A line of no field: not a stream but a proxy's page, or an error without its frame. */
static int
on_other(void *arg, struct str line)
{
    struct sse_decoder *d = arg;
    line = str_trim(line);
    if (str_starts(line, STR("{"))) {
        struct err err = {0};
        struct js *json = NULL;
        arena_clear(&d->events.scratch);
        if (js_parse(line, &d->events.scratch, &json, &err) == 0 && js_get_c(json, "error")) {
            return anthropic_events_error(&d->events, json);
        }
    }
    return str_starts(line, STR("{")) || str_starts(line, STR("<"))
               ? anthropic_events_broken(&d->events)
               : 0;
}

static int
sse_decoder_feed(struct decoder *decoder, struct str bytes)
{
    struct sse_decoder *d = (struct sse_decoder *)(void *)decoder;
    struct err err = {0};
    if (d->decoder.out->ended) {
        return DECODER_END;
    }
    int result = sse_feed(&d->sse, bytes, &err);
    if (result < 0 && d->decoder.failure.kind == FAILURE_NONE) {
        failure_from_err(&d->decoder.failure, &err);
    }
    return result;
}

static int
sse_decoder_finish(struct decoder *decoder)
{
    struct sse_decoder *d = (struct sse_decoder *)(void *)decoder;
    /* A proxy's page, or an unframed error, need not end in a newline. */
    int result = d->decoder.out->ended ? 0 : on_other(d, buf_str(&d->sse.line));
    return result < 0 ? result : anthropic_events_finish(&d->events);
}

static void
sse_decoder_free(struct decoder *decoder)
{
    struct sse_decoder *d = (struct sse_decoder *)(void *)decoder;
    anthropic_events_done(&d->events);
    sse_done(&d->sse);
    mem_free(d);
}

struct decoder *
anthropic_sse_new(struct str model, struct assembly *out)
{
    static const struct decoder_ops ops = {sse_decoder_feed, sse_decoder_finish, sse_decoder_free};
    struct sse_decoder *d = mem_zero(1, sizeof(*d));
    if (!d) {
        return NULL;
    }
    d->decoder.ops = &ops;
    d->decoder.out = out;
    anthropic_events_init(&d->events, model, out, &d->decoder.failure);
    sse_init(&d->sse, EVENT_MAX);
    d->sse.event = on_event;
    d->sse.other = on_other;
    d->sse.arg = d;
    return &d->decoder;
}

/* ---- Decoder of a whole answer ----------------------------------------------------------------*/

struct whole_decoder {
    struct decoder decoder;
    struct anthropic_events events;
    struct buf body;
};

static int
whole_feed(struct decoder *decoder, struct str bytes)
{
    struct whole_decoder *d = (struct whole_decoder *)(void *)decoder;
    buf_add(&d->body, bytes);
    if (d->body.failed) {
        d->decoder.out->failed = d->body.failed;
    }
    return anthropic_events_result(&d->events);
}

static int
whole_finish(struct decoder *decoder)
{
    struct whole_decoder *d = (struct whole_decoder *)(void *)decoder;
    int result = anthropic_message(&d->events, buf_str(&d->body));
    return result < 0 ? result : 0;
}

static void
whole_free(struct decoder *decoder)
{
    struct whole_decoder *d = (struct whole_decoder *)(void *)decoder;
    anthropic_events_done(&d->events);
    buf_done(&d->body);
    mem_free(d);
}

struct decoder *
anthropic_whole_new(struct str model, struct assembly *out)
{
    static const struct decoder_ops ops = {whole_feed, whole_finish, whole_free};
    struct whole_decoder *d = mem_zero(1, sizeof(*d));
    if (!d) {
        return NULL;
    }
    d->decoder.ops = &ops;
    d->decoder.out = out;
    anthropic_events_init(&d->events, model, out, &d->decoder.failure);
    buf_init(&d->body, EVENT_MAX);
    return &d->decoder;
}
