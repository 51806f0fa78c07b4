/* POST /v1/chat/completions: chat completions as OpenAI has them. */
#include <stdio.h>

#include "openai.h"

/* A fixed day, so that the same request gets the same bytes. */
#define CREATED "1768478400"

static void
add_head(const struct reply *r, const char *object, struct buf *out)
{
    char id[REPLY_ID];
    reply_id(r->key, 29, id);
    buf_printf(out,
               "{\"id\":\"chatcmpl-%s\",\"object\":\"%s\",\"created\":" CREATED ",\"model\":", id,
               object);
    reply_text(out, r->model);
    buf_add_c(out, ",\"system_fingerprint\":\"fp_mock\",\"choices\":[");
}

static void
open_chunk(const struct reply *r, struct buf *out)
{
    buf_add_c(out, "data: ");
    add_head(r, "chat.completion.chunk", out);
    buf_add_c(out, "{\"index\":0,\"delta\":{");
}

/* FINISH is a string in quotes or null. */
static void
close_chunk(const char *finish, struct buf *out)
{
    buf_printf(out, "},\"logprobs\":null,\"finish_reason\":%s}]}\n\n", finish);
}

static void
add_call_start(const struct part *part, bool with_index, struct buf *out)
{
    char id[REPLY_ID];
    reply_id(part->token, 24, id);
    buf_add_c(out, "{");
    if (with_index) {
        buf_printf(out, "\"index\":%zu,", part->tool_index);
    }
    buf_printf(out, "\"id\":\"call_%s\",\"type\":\"function\",\"function\":{\"name\":", id);
    reply_text(out, part->name);
    buf_add_c(out, ",\"arguments\":");
}

static void
begin(const struct reply *r, struct buf *out)
{
    bool call = r->part_count > 0 && r->parts[0].kind == PART_TOOL;
    open_chunk(r, out);
    buf_printf(out, "\"role\":\"assistant\",\"content\":%s,\"refusal\":null",
               call ? "null" : "\"\"");
    close_chunk("null", out);
}

static void
part_begin(const struct reply *r, size_t index, struct buf *out)
{
    const struct part *part = &r->parts[index];
    if (part->kind != PART_TOOL) {
        return;
    }
    open_chunk(r, out);
    buf_add_c(out, "\"tool_calls\":[");
    add_call_start(part, true, out);
    buf_add_c(out, "\"\"}}]");
    close_chunk("null", out);
}

static void
piece(const struct reply *r, size_t index, struct str text, struct buf *out)
{
    const struct part *part = &r->parts[index];
    if (part->kind == PART_REDACTED || (part->kind == PART_TOOL && text.len == 0)) {
        return;
    }
    open_chunk(r, out);
    if (part->kind == PART_TOOL) {
        buf_printf(out,
                   "\"tool_calls\":[{\"index\":%zu,\"function\":{\"arguments\":", part->tool_index);
        reply_text(out, text);
        buf_add_c(out, "}}]");
    } else {
        buf_add_c(out, part->kind == PART_REASONING ? "\"reasoning_content\":"
                       : r->stop == STOP_FILTERED   ? "\"refusal\":"
                                                    : "\"content\":");
        reply_text(out, text);
    }
    close_chunk("null", out);
}

static void
part_end(const struct reply *r, size_t index, struct buf *out)
{
    (void)r;
    (void)index;
    (void)out;
}

static const char *
finish_reason(const struct reply *r)
{
    static const char *const names[] = {"\"stop\"", "\"tool_calls\"", "\"length\"",
                                        "\"content_filter\""};
    return names[r->stop];
}

static void
add_usage(const struct reply *r, struct buf *out)
{
    buf_printf(out,
               "\"usage\":{\"prompt_tokens\":%lld,\"completion_tokens\":%lld,"
               "\"total_tokens\":%lld}",
               (long long)r->input_tokens, (long long)r->output_tokens,
               (long long)(r->input_tokens + r->output_tokens));
}

static void
finish(const struct reply *r, struct buf *out)
{
    open_chunk(r, out);
    close_chunk(finish_reason(r), out);
    if (r->include_usage) {
        buf_add_c(out, "data: ");
        add_head(r, "chat.completion.chunk", out);
        buf_add_c(out, "],");
        add_usage(r, out);
        buf_add_c(out, "}\n\n");
    }
    buf_add_c(out, "data: [DONE]\n\n");
}

static void
broken(struct buf *out)
{
    buf_add_c(out, "data: {\"error\":{\"message\":\"The server had an error while processing your "
                   "request\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n");
}

/* The text of the part of KIND if it is WANTED here and there is one, else null. */
static void
add_parts(const struct reply *r, enum part_kind kind, bool wanted, struct buf *out)
{
    for (size_t i = 0; i < r->part_count; i++) {
        if (wanted && r->parts[i].kind == kind) {
            reply_text(out, r->parts[i].whole);
            return;
        }
    }
    buf_add_c(out, "null");
}

static void
add_calls(const struct reply *r, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < r->part_count; i++) {
        if (r->parts[i].kind == PART_TOOL) {
            buf_add_c(out, any ? "," : ",\"tool_calls\":[");
            add_call_start(&r->parts[i], false, out);
            reply_text(out, r->parts[i].whole);
            buf_add_c(out, "}}");
            any = true;
        }
    }
    buf_add_c(out, any ? "]" : "");
}

static void
whole(const struct reply *r, struct buf *out)
{
    bool filtered = r->stop == STOP_FILTERED;
    add_head(r, "chat.completion", out);
    buf_add_c(out, "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":");
    add_parts(r, PART_TEXT, !filtered, out);
    buf_add_c(out, ",\"refusal\":");
    add_parts(r, PART_TEXT, filtered, out);
    if (r->part_count > 0 && r->parts[0].kind == PART_REASONING) {
        buf_add_c(out, ",\"reasoning_content\":");
        add_parts(r, PART_REASONING, true, out);
    }
    add_calls(r, out);
    buf_printf(out, "},\"logprobs\":null,\"finish_reason\":%s}],", finish_reason(r));
    add_usage(r, out);
    buf_add_c(out, "}");
}

static int
refuse_request(const struct refusal *refused, const char *request_id, struct buf *out,
               const char **ret_type)
{
    static const struct {
        int status;
        const char *type, *code, *words;
    } kinds[REFUSAL_KINDS] = {
        [REFUSED_INVALID] = {400, "invalid_request_error", "", "Invalid request"},
        [REFUSED_NO_KEY] = {401, "invalid_request_error", "invalid_api_key",
                            "Incorrect API key provided"},
        [REFUSED_BAD_SIGNATURE] = {401, "invalid_request_error", "invalid_api_key",
                                   "Incorrect API key provided"},
        [REFUSED_ACCESS] = {403, "invalid_request_error", "",
                            "You are not allowed to sample from this model"},
        [REFUSED_NOT_FOUND] = {404, "invalid_request_error", "model_not_found",
                               "The model does not exist"},
        [REFUSED_THROTTLED] = {429, "requests", "rate_limit_exceeded", "Rate limit reached"},
        [REFUSED_ERROR] = {500, "server_error", "", "The server had an error"},
        [REFUSED_OVERLOADED] = {503, "server_error", "", "The engine is currently overloaded"},
    };
    struct js_out json;
    (void)request_id;
    *ret_type = NULL;
    js_out_init(&json, out);
    js_begin_object(&json);
    js_key(&json, STR("error"));
    js_begin_object(&json);
    js_put_str(&json, "message", refusal_words(refused, kinds[refused->kind].words));
    js_put_str(&json, "type", str_c(kinds[refused->kind].type));
    js_put_null(&json, "param");
    js_put_str_or_null(&json, "code", str_c(kinds[refused->kind].code));
    js_end_object(&json);
    js_end_object(&json);
    return kinds[refused->kind].status;
}

const struct format format_openai = {
    .stream_type = "text/event-stream; charset=utf-8",
    .request_id_header = "x-request-id",
    .read = openai_read,
    .whole = whole,
    .begin = begin,
    .part_begin = part_begin,
    .piece = piece,
    .part_end = part_end,
    .finish = finish,
    .broken = broken,
    .refuse = refuse_request,
};
