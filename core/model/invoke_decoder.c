/* One frame a chunk: {"bytes":"BASE64","p":"padding"}. The base64 is one event of Anthropic's. A
 * frame may also be an exception, or an error of the framing itself. */
#include "model/invoke_decoder.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/aws_eventstream.h"
#include "model/decoder.h"
#include "model/wire_anthropic_events.h"

struct invoke_decoder {
    struct decoder decoder;
    const struct aws_place *place;
    struct anthropic_events events;
    struct eventstream stream;
    struct buf event; /* the one being decoded */
    struct arena scratch;
};

/* The text between the quotes behind {"bytes": in place; false: it is spelled otherwise. Base64 has
 * nothing to be escaped, so its end is the next quote. */
static bool
find_bytes(struct str payload, struct str *ret)
{
    static const struct str head = STR_INIT("{\"bytes\":\"");
    size_t end = str_find_char(payload, '"', head.len);
    if (!str_starts(payload, head) || end == SIZE_MAX) {
        return false;
    }
    *ret = str_sub(payload, head.len, end - head.len);
    return true;
}

static int
take_chunk(struct invoke_decoder *d, struct str payload)
{
    struct str text;
    buf_clear(&d->event);
    if (!find_bytes(payload, &text) || !base64_decode(text, &d->event)) {
        struct err err = {0};
        struct js *json = NULL;
        arena_clear(&d->scratch);
        buf_clear(&d->event);
        int result = js_parse(payload, &d->scratch, &json, &err);
        if (result == ERR_NOMEM) {
            d->decoder.out->failed = ERR_NOMEM;
        } else if (result < 0 || !base64_decode(js_get_text(json, "bytes"), &d->event)) {
            return anthropic_events_broken(&d->events);
        }
    }
    if (d->event.failed) {
        d->decoder.out->failed = d->event.failed;
    }
    int result = anthropic_events_result(&d->events);
    return result ? result : anthropic_event(&d->events, (struct str){0}, buf_str(&d->event));
}

static int
take_exception(struct invoke_decoder *d, struct str name, struct str payload)
{
    struct err ignored = {0};
    struct js *json = NULL;
    arena_clear(&d->scratch);
    struct str message = {0};
    if (js_parse(payload, &d->scratch, &json, &ignored) == 0) {
        message = js_get_text(json, "message");
    }
    failure_aws_event(&d->decoder.failure, d->place, name, message);
    return d->decoder.failure.err.code;
}

static int
on_message(void *arg, const struct eventstream_message *m)
{
    struct invoke_decoder *d = arg;
    struct str kind = eventstream_text(m, ":message-type");
    if (str_eq_c(kind, "exception")) {
        return take_exception(d, eventstream_text(m, ":exception-type"), m->payload);
    }
    if (str_eq_c(kind, "error")) {
        failure_aws_event(&d->decoder.failure, d->place, eventstream_text(m, ":error-code"),
                          eventstream_text(m, ":error-message"));
        return d->decoder.failure.err.code;
    }
    /* Events nobody knows are left out. */
    return str_eq_c(eventstream_text(m, ":event-type"), "chunk") ? take_chunk(d, m->payload) : 0;
}

static int
invoke_feed(struct decoder *decoder, struct str bytes)
{
    struct invoke_decoder *d = (struct invoke_decoder *)(void *)decoder;
    struct err err = {0};
    if (d->decoder.out->ended) {
        return DECODER_END;
    }
    int result = eventstream_feed(&d->stream, bytes, &err);
    if (result == ERR_REMOTE && d->decoder.failure.kind == FAILURE_NONE) {
        failure_set(&d->decoder.failure, FAILURE_CUT, "%" STR_FMT ": %s", STR_ARG(d->place->model),
                    err.message);
    } else if (result < 0 && d->decoder.failure.kind == FAILURE_NONE) {
        failure_from_err(&d->decoder.failure, &err);
    }
    return result;
}

static int
invoke_finish(struct decoder *decoder)
{
    return anthropic_events_finish(&((struct invoke_decoder *)(void *)decoder)->events);
}

static void
invoke_free(struct decoder *decoder)
{
    struct invoke_decoder *d = (struct invoke_decoder *)(void *)decoder;
    anthropic_events_done(&d->events);
    eventstream_done(&d->stream);
    buf_done(&d->event);
    arena_done(&d->scratch);
    mem_free(d);
}

struct decoder *
invoke_decoder_new(const struct aws_place *place, struct assembly *out)
{
    static const struct decoder_ops ops = {invoke_feed, invoke_finish, invoke_free};
    struct invoke_decoder *d = mem_zero(1, sizeof(*d));
    if (!d) {
        return NULL;
    }
    d->decoder.ops = &ops;
    d->decoder.out = out;
    d->place = place;
    anthropic_events_init(&d->events, place->model, out, &d->decoder.failure);
    eventstream_init(&d->stream);
    d->stream.message = on_message;
    d->stream.arg = d;
    buf_init(&d->event, (size_t)LIMIT_REPLY_BYTES * 2);
    return &d->decoder;
}
