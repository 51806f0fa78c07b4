/* POST /v1/messages: the Messages API with server-sent events. */
#include "check.h"
#include "events.h"
#include "reply.h"

static void
open_event(struct buf *out, const char *name)
{
    buf_add_c(out, "event: ");
    buf_add_c(out, name);
    buf_add_c(out, "\ndata: ");
}

static void
close_event(struct buf *out)
{
    buf_add_c(out, "\n\n");
}

static void
begin(const struct reply *r, struct buf *out)
{
    open_event(out, "message_start");
    events_message_start(r, false, out);
    close_event(out);
}

static void
part_begin(const struct reply *r, size_t part, struct buf *out)
{
    open_event(out, "content_block_start");
    events_block_start(r, part, false, out);
    close_event(out);
    if (part == 0) {
        buf_add_c(out, "event: ping\ndata: {\"type\":\"ping\"}\n\n");
    }
}

static void
piece(const struct reply *r, size_t part, struct str text, struct buf *out)
{
    open_event(out, "content_block_delta");
    events_delta(r, part, text, out);
    close_event(out);
}

static void
part_end(const struct reply *r, size_t part, struct buf *out)
{
    if (r->parts[part].kind == PART_REASONING) {
        open_event(out, "content_block_delta");
        events_signature(r, part, out);
        close_event(out);
    }
    open_event(out, "content_block_stop");
    events_block_stop(part, out);
    close_event(out);
}

static void
finish(const struct reply *r, struct buf *out)
{
    open_event(out, "message_delta");
    events_message_delta(r, out);
    close_event(out);
    open_event(out, "message_stop");
    events_message_stop(r, false, out);
    close_event(out);
}

static void
broken(struct buf *out)
{
    open_event(out, "error");
    buf_add_c(out, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
                   "\"message\":\"Overloaded\"},\"request_id\":\"req_1\"}");
    close_event(out);
}

static void
whole(const struct reply *r, struct buf *out)
{
    events_message(r, false, out);
}

static int
read_request(struct asked *a, struct refusal *refused)
{
    const struct js *body;
    struct str auth = asked_header(a, "authorization");
    struct str version = asked_header(a, "anthropic-version");
    if (asked_header(a, "x-api-key").len == 0 && auth.len == 0) {
        return refuse(refused, REFUSED_NO_KEY, "x-api-key header is required");
    }
    if (asked_header(a, "x-api-key").len == 0 &&
        (!str_starts(auth, STR("Bearer ")) || auth.len == 7)) {
        return refuse(refused, REFUSED_NO_KEY, "Invalid bearer token");
    }
    if (version.len == 0) {
        return refuse(refused, REFUSED_INVALID, "anthropic-version: header is required");
    }
    if (check_body(a, &body, refused)) {
        return 1;
    }
    a->model = js_get_text(body, "model");
    a->stream = js_get_bool(body, "stream", false);
    if (a->model.len == 0) {
        return refuse(refused, REFUSED_INVALID, "model: Field required");
    }
    return events_read(a, body, version, refused);
}

static int
refuse_request(const struct refusal *refused, const char *request_id, struct buf *out,
               const char **ret_type)
{
    static const struct {
        int status;
        const char *type;
        const char *words;
    } kinds[REFUSAL_KINDS] = {
        [REFUSED_INVALID] = {400, "invalid_request_error", "Invalid request"},
        [REFUSED_NO_KEY] = {401, "authentication_error", "invalid x-api-key"},
        [REFUSED_BAD_SIGNATURE] = {401, "authentication_error", "invalid x-api-key"},
        [REFUSED_ACCESS] = {403, "permission_error",
                            "Your API key does not have permission to use the specified resource."},
        [REFUSED_NOT_FOUND] = {404, "not_found_error", "model: no such model"},
        [REFUSED_THROTTLED] = {429, "rate_limit_error",
                               "This request would exceed your account's rate limit. Please try "
                               "again later."},
        [REFUSED_ERROR] = {500, "api_error", "Internal server error"},
        [REFUSED_OVERLOADED] = {529, "overloaded_error", "Overloaded"},
    };
    struct js_out json;
    *ret_type = NULL;
    js_out_init(&json, out);
    js_begin_object(&json);
    js_put_str(&json, "type", STR("error"));
    js_key(&json, STR("error"));
    js_begin_object(&json);
    js_put_str(&json, "type", str_c(kinds[refused->kind].type));
    js_put_str(&json, "message", refusal_words(refused, kinds[refused->kind].words));
    js_end_object(&json);
    js_put_str(&json, "request_id", str_c(request_id));
    js_end_object(&json);
    return kinds[refused->kind].status;
}

const struct format format_anthropic = {
    .stream_type = "text/event-stream; charset=utf-8",
    .request_id_header = "request-id",
    .read = read_request,
    .whole = whole,
    .begin = begin,
    .part_begin = part_begin,
    .piece = piece,
    .part_end = part_end,
    .finish = finish,
    .broken = broken,
    .refuse = refuse_request,
};
