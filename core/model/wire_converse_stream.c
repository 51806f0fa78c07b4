/* ConverseStream: frames, each an event or an exception. A text delta is what a customer waits for,
 * so its payload, as Bedrock writes it, is read without building a tree; anything else goes through
 * js_parse into an arena that is cleared event by event. */
#include "model/wire_converse.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "model/aws_eventstream.h"
#include "model/decoder.h"
#include "model/failure_aws.h"
#include "model/wire_converse_reply.h"

struct stream {
    struct decoder decoder;
    const struct aws_place *place;
    struct eventstream frames;
    struct arena arena; /* one event's */
};

static int
fail(struct stream *s, enum failure_kind kind, const char *words, const char *detail)
{
    failure_set(&s->decoder.failure, kind, "%" STR_FMT ": %s%s", STR_ARG(s->place->model), words,
                detail);
    return s->decoder.failure.err.code;
}

/* ---- Deltas ----------------------------------------------------------------------------------*/

/* Take LITERAL off REST. */
static bool
take(struct str *rest, struct str literal)
{
    if (!str_starts(*rest, literal)) {
        return false;
    }
    *rest = str_sub(*rest, literal.len, rest->len);
    return true;
}

/* Take plain characters up to the next quote, and the quote. */
static bool
take_plain(struct str *rest, struct str *ret)
{
    size_t i = 0;
    while (i < rest->len && rest->ptr[i] != '"') {
        if (rest->ptr[i] == '\\' || (unsigned char)rest->ptr[i] < 0x20) {
            return false;
        }
        i++;
    }
    if (i == rest->len) {
        return false;
    }
    *ret = str_sub(*rest, 0, i);
    *rest = str_sub(*rest, i + 1, rest->len);
    return utf8_valid(*ret);
}

/* {"contentBlockIndex":0,"delta":{"text":"..."},"p":"..."}, the padding left out or not, and
 * nothing else: false. */
static bool
read_plain_text(struct str payload, int64_t *ret_key, struct str *ret_text)
{
    struct str padding;
    size_t digit = sizeof("{\"contentBlockIndex\":") - 1;
    if (payload.len <= digit || !take(&payload, STR("{\"contentBlockIndex\":")) ||
        payload.ptr[0] < '0' || payload.ptr[0] > '9') {
        return false;
    }
    *ret_key = payload.ptr[0] - '0';
    payload = str_sub(payload, 1, payload.len);
    if (!take(&payload, STR(",\"delta\":{\"text\":\"")) || !take_plain(&payload, ret_text) ||
        !take(&payload, STR("}"))) {
        return false;
    }
    if (take(&payload, STR(",\"p\":\"")) && !take_plain(&payload, &padding)) {
        return false;
    }
    return str_eq_c(payload, "}");
}

/* Fragments of a blob are base64 each for itself: behind padding the bytes are joined, not the
 * texts. */
static void
add_redacted(struct assembly *out, struct assembly_part *part, struct str fragment)
{
    if (!str_ends(buf_str(&part->redacted), STR("="))) {
        assembly_add(out, &part->redacted, fragment);
        return;
    }
    AUTO(buf) struct buf bytes;
    AUTO(buf) struct buf text;
    buf_init(&bytes, LIMIT_REPLY_BYTES);
    buf_init(&text, (size_t)LIMIT_REPLY_BYTES * 2);
    if (base64_decode(buf_str(&part->redacted), &bytes) && base64_decode(fragment, &bytes)) {
        base64_encode(buf_str(&bytes), &text);
        buf_clear(&part->redacted);
        out->failed = bytes.failed ? bytes.failed : text.failed;
        assembly_add(out, &part->redacted, buf_str(&text));
    }
}

static void
take_reasoning(struct assembly *out, int64_t key, const struct js *delta)
{
    struct assembly_part *part = assembly_part(out, key, MODEL_PART_REASONING);
    if (part) {
        assembly_add(out, &part->text, js_get_text(delta, "text"));
        assembly_add(out, &part->signature, js_get_text(delta, "signature"));
        add_redacted(out, part, js_get_text(delta, "redactedContent"));
    }
}

static void
take_delta(struct assembly *out, int64_t key, const struct js *delta)
{
    const struct js *use = js_get_c(delta, "toolUse");
    const struct js *reasoning = js_get_c(delta, "reasoningContent");
    assembly_add_text(out, key, js_get_text(delta, "text"));
    if (use) {
        assembly_add_input(out, assembly_part(out, key, MODEL_PART_TOOL_USE),
                           js_get_text(use, "input"));
    }
    if (reasoning) {
        take_reasoning(out, key, reasoning);
    }
}

/* ---- Events ----------------------------------------------------------------------------------*/

static int
on_block_start(struct stream *s, const struct js *event)
{
    struct assembly *out = s->decoder.out;
    const struct js *use = js_get_c(js_get_c(event, "start"), "toolUse");
    if (!use) {
        return 0;
    }
    struct assembly_part *part =
        assembly_begin(out, js_get_int(event, "contentBlockIndex", 0), MODEL_PART_TOOL_USE);
    if (part) {
        assembly_add(out, &part->id, js_get_text(use, "toolUseId"));
        assembly_add(out, &part->name, js_get_text(use, "name"));
    }
    return 0;
}

static int
on_block_delta(struct stream *s, const struct js *event)
{
    take_delta(s->decoder.out, js_get_int(event, "contentBlockIndex", 0), js_get_c(event, "delta"));
    return 0;
}

static int
on_message_stop(struct stream *s, const struct js *event)
{
    return converse_stop(&s->decoder, s->place, js_get_text(event, "stopReason"));
}

static int
on_metadata(struct stream *s, const struct js *event)
{
    converse_usage(s->decoder.out, js_get_c(event, "usage"));
    return 0;
}

static const struct {
    const char *type;
    int (*take)(struct stream *s, const struct js *event);
} events[] = {
    {"contentBlockDelta", on_block_delta},
    {"contentBlockStart", on_block_start},
    {"messageStop", on_message_stop},
    {"metadata", on_metadata},
};

static int
parse(struct stream *s, struct str payload, struct js **ret)
{
    struct err err = {0};
    arena_clear(&s->arena);
    int result = js_parse_object(payload, "event", &s->arena, ret, &err);
    if (result == ERR_NOMEM) {
        return converse_local(&s->decoder, s->place, result);
    }
    return result < 0
               ? fail(s, FAILURE_FORMAT, "an event of Bedrock's stream is no JSON: ", err.message)
               : 0;
}

static int
on_event(struct stream *s, struct str type, struct str payload)
{
    struct js *event;
    int64_t key;
    struct str text;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (!str_eq_c(type, events[i].type)) {
            continue;
        }
        if (events[i].take == on_block_delta && read_plain_text(payload, &key, &text)) {
            assembly_add_text(s->decoder.out, key, text);
            return converse_assembled(&s->decoder, s->place);
        }
        int result = parse(s, payload, &event);
        result = result < 0 ? result : events[i].take(s, event);
        return result < 0 ? result : converse_assembled(&s->decoder, s->place);
    }
    return 0; /* messageStart, contentBlockStop, and whatever there will be */
}

static int
on_exception(struct stream *s, struct str type, struct str payload)
{
    struct js *event = NULL;
    arena_clear(&s->arena);
    int result = js_parse_object(payload, "exception", &s->arena, &event, &(struct err){0});
    struct str message = result == 0 ? js_get_text(event, "message") : (struct str){0};
    failure_aws_event(&s->decoder.failure, s->place, type,
                      message.len ? message : js_get_text(event, "Message"));
    return s->decoder.failure.err.code;
}

/* Behind the reply's end only what it cost is of interest, and nothing is a failure. */
static int
on_tail(struct stream *s, const struct eventstream_message *m)
{
    struct js *event = NULL;
    arena_clear(&s->arena);
    if (str_eq_c(eventstream_text(m, ":event-type"), "metadata") &&
        js_parse_object(m->payload, "event", &s->arena, &event, &(struct err){0}) == 0) {
        converse_usage(s->decoder.out, js_get_c(event, "usage"));
    }
    return 0;
}

static int
on_message(void *arg, const struct eventstream_message *m)
{
    struct stream *s = arg;
    struct str type = eventstream_text(m, ":message-type");
    if (s->decoder.out->ended) {
        return on_tail(s, m);
    }
    if (str_eq_c(type, "event")) {
        return on_event(s, eventstream_text(m, ":event-type"), m->payload);
    }
    if (str_eq_c(type, "exception")) {
        return on_exception(s, eventstream_text(m, ":exception-type"), m->payload);
    }
    if (str_eq_c(type, "error")) {
        failure_aws_event(&s->decoder.failure, s->place, eventstream_text(m, ":error-code"),
                          eventstream_text(m, ":error-message"));
        return s->decoder.failure.err.code;
    }
    return 0;
}

/* ---- The decoder -----------------------------------------------------------------------------*/

static int
stream_feed(struct decoder *d, struct str bytes)
{
    struct stream *s = (struct stream *)(void *)d;
    struct err err = {0};
    int result = eventstream_feed(&s->frames, bytes, &err);
    if (d->out->ended && d->failure.kind == FAILURE_NONE) {
        return DECODER_END; /* damage behind the end costs the usage, not the reply */
    }
    if (result < 0 && d->failure.kind == FAILURE_NONE) {
        if (result == ERR_NOMEM || result == ERR_LIMIT) {
            return converse_local(d, s->place, result);
        }
        return fail(s, FAILURE_CUT, "Bedrock's stream is damaged: ", err.message);
    }
    return result;
}

static int
stream_finish(struct decoder *d)
{
    struct stream *s = (struct stream *)(void *)d;
    if (d->failure.kind != FAILURE_NONE) {
        return d->failure.err.code;
    }
    return d->out->ended ? 0 : fail(s, FAILURE_CUT, "Bedrock's stream broke off", "");
}

static void
stream_free(struct decoder *d)
{
    struct stream *s = (struct stream *)(void *)d;
    eventstream_done(&s->frames);
    arena_done(&s->arena);
    mem_free(s);
}

struct decoder *
converse_stream_new(const struct aws_place *place, struct assembly *out)
{
    static const struct decoder_ops ops = {stream_feed, stream_finish, stream_free};
    struct stream *s = mem_zero(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    s->decoder.ops = &ops;
    s->decoder.out = out;
    s->place = place;
    eventstream_init(&s->frames);
    s->frames.message = on_message;
    s->frames.arg = s;
    return &s->decoder;
}
