/* Bedrock's InvokeModel with an Anthropic body: the events of the Messages API, each in base64 in
 * one chunk of an event stream, without pings. */
#include "base/limits.h"
#include "check.h"
#include "converse.h"
#include "events.h"
#include "frames.h"
#include "reply.h"

/* JSON, made by the caller, goes out as one chunk; it is done with here. */
static void
add_chunk(struct buf *out, struct buf *json)
{
    size_t start = frames_begin_event(out, "chunk");
    buf_add_c(out, "{\"bytes\":\"");
    frames_base64(out, buf_str(json));
    buf_add_c(out, "\"");
    frames_end_padded(out, start);
    if (json->failed) {
        out->failed = json->failed;
    }
}

static void
begin(const struct reply *r, struct buf *out)
{
    AUTO(buf) struct buf json;
    buf_init(&json, LIMIT_REPLY_BYTES);
    events_message_start(r, true, &json);
    add_chunk(out, &json);
}

static void
part_begin(const struct reply *r, size_t part, struct buf *out)
{
    AUTO(buf) struct buf json;
    buf_init(&json, LIMIT_REPLY_BYTES);
    events_block_start(r, part, true, &json);
    add_chunk(out, &json);
}

static void
piece(const struct reply *r, size_t part, struct str text, struct buf *out)
{
    AUTO(buf) struct buf json;
    buf_init(&json, LIMIT_REPLY_BYTES);
    events_delta(r, part, text, &json);
    add_chunk(out, &json);
}

static void
part_end(const struct reply *r, size_t part, struct buf *out)
{
    AUTO(buf) struct buf json;
    buf_init(&json, LIMIT_REPLY_BYTES);
    if (r->parts[part].kind == PART_REASONING) {
        events_signature(r, part, &json);
        add_chunk(out, &json);
        buf_clear(&json);
    }
    events_block_stop(part, &json);
    add_chunk(out, &json);
}

static void
finish(const struct reply *r, struct buf *out)
{
    AUTO(buf) struct buf json;
    buf_init(&json, LIMIT_REPLY_BYTES);
    events_message_delta(r, &json);
    add_chunk(out, &json);
    buf_clear(&json);
    events_message_stop(r, true, &json);
    add_chunk(out, &json);
}

static void
whole(const struct reply *r, struct buf *out)
{
    events_message(r, true, out);
}

static int
read_request(struct asked *a, struct refusal *refused)
{
    static const char *const extra[] = {"model", "stream"};
    const struct js *body;
    if (check_aws_auth(a, refused) || check_body(a, &body, refused)) {
        return 1;
    }
    struct str version = js_get_text(body, "anthropic_version");
    if (version.len == 0) {
        return refuse(refused, REFUSED_INVALID, "anthropic_version: Field required");
    }
    for (size_t i = 0; i < sizeof(extra) / sizeof(*extra); i++) {
        if (js_has(body, str_c(extra[i]))) {
            return refuse(refused, REFUSED_INVALID, "%s: Extra inputs are not permitted", extra[i]);
        }
    }
    return events_read(a, body, version, refused);
}

const struct format format_invoke = {
    .stream_type = "application/vnd.amazon.eventstream",
    .request_id_header = "x-amzn-requestid",
    .read = read_request,
    .whole = whole,
    .begin = begin,
    .part_begin = part_begin,
    .piece = piece,
    .part_end = part_end,
    .finish = finish,
    .broken = frames_throttled,
    .refuse = converse_refuse,
};
