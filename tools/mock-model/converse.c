/* Bedrock's Converse and ConverseStream: what is sent. */
#include "converse.h"

#include <stdio.h>

#include "frames.h"

static void
tool_id(const struct part *part, char out[64])
{
    char id[REPLY_ID];
    reply_id(part->token, 22, id);
    (void)snprintf(out, 64, "tooluse_%s", id);
}

static void
begin(const struct reply *r, struct buf *out)
{
    (void)r;
    size_t start = frames_begin_event(out, "messageStart");
    buf_add_c(out, "{\"role\":\"assistant\"");
    frames_end_padded(out, start);
}

/* Text and reasoning have no start. */
static void
part_begin(const struct reply *r, size_t index, struct buf *out)
{
    const struct part *part = &r->parts[index];
    if (part->kind != PART_TOOL) {
        return;
    }
    char id[64];
    tool_id(part, id);
    size_t start = frames_begin_event(out, "contentBlockStart");
    buf_printf(out,
               "{\"contentBlockIndex\":%zu,\"start\":{\"toolUse\":{\"toolUseId\":\"%s\",\"name\":",
               index, id);
    reply_text(out, part->name);
    buf_add_c(out, "}}");
    frames_end_padded(out, start);
}

static void
delta(size_t index, const char *open, struct str text, const char *close, struct buf *out)
{
    size_t start = frames_begin_event(out, "contentBlockDelta");
    buf_printf(out, "{\"contentBlockIndex\":%zu,\"delta\":", index);
    buf_add_c(out, open);
    reply_text(out, text);
    buf_add_c(out, close);
    frames_end_padded(out, start);
}

static void
piece(const struct reply *r, size_t index, struct str text, struct buf *out)
{
    switch (r->parts[index].kind) {
    case PART_TEXT:
        delta(index, "{\"text\":", text, "}", out);
        break;
    case PART_REASONING:
        delta(index, "{\"reasoningContent\":{\"text\":", text, "}}", out);
        break;
    case PART_TOOL:
        delta(index, "{\"toolUse\":{\"input\":", text, "}}", out);
        break;
    case PART_REDACTED:
        break;
    }
}

static void
part_end(const struct reply *r, size_t index, struct buf *out)
{
    const struct part *part = &r->parts[index];
    if (part->kind == PART_REASONING) {
        delta(index, "{\"reasoningContent\":{\"signature\":", part->signature, "}}", out);
    } else if (part->kind == PART_REDACTED) {
        delta(index, "{\"reasoningContent\":{\"redactedContent\":", part->whole, "}}", out);
    }
    size_t start = frames_begin_event(out, "contentBlockStop");
    buf_printf(out, "{\"contentBlockIndex\":%zu", index);
    frames_end_padded(out, start);
}

static const char *
stop_reason(const struct reply *r)
{
    static const char *const names[] = {"end_turn", "tool_use", "max_tokens", "content_filtered"};
    return names[r->stop];
}

static void
add_usage(const struct reply *r, struct buf *out)
{
    buf_printf(out,
               "\"metrics\":{\"latencyMs\":1234},\"usage\":{\"inputTokens\":%lld,"
               "\"outputTokens\":%lld,\"totalTokens\":%lld}",
               (long long)r->input_tokens, (long long)r->output_tokens,
               (long long)(r->input_tokens + r->output_tokens));
}

static void
finish(const struct reply *r, struct buf *out)
{
    size_t start = frames_begin_event(out, "messageStop");
    buf_printf(out, "{\"stopReason\":\"%s\"", stop_reason(r));
    frames_end_padded(out, start);
    start = frames_begin_event(out, "metadata");
    buf_add_c(out, "{");
    add_usage(r, out);
    frames_end_padded(out, start);
}

/* False when the call cannot be written: its arguments are no JSON. */
static bool
add_block(struct js_out *json, const struct part *part)
{
    char id[64];
    bool valid = js_check(part->whole, &(struct err){0}) == 0;
    if (part->kind == PART_TOOL && !valid) {
        return false;
    }
    js_begin_object(json);
    switch (part->kind) {
    case PART_TEXT:
        js_put_str(json, "text", part->whole);
        break;
    case PART_REASONING:
    case PART_REDACTED:
        js_key(json, STR("reasoningContent"));
        js_begin_object(json);
        if (part->kind == PART_REASONING) {
            js_key(json, STR("reasoningText"));
            js_begin_object(json);
            js_put_str(json, "signature", part->signature);
            js_put_str(json, "text", part->whole);
            js_end_object(json);
        } else {
            js_put_str(json, "redactedContent", part->whole);
        }
        js_end_object(json);
        break;
    case PART_TOOL:
        tool_id(part, id);
        js_key(json, STR("toolUse"));
        js_begin_object(json);
        js_put_raw(json, "input", part->whole);
        js_put_str(json, "name", part->name);
        js_put_str(json, "toolUseId", str_c(id));
        js_end_object(json);
        break;
    }
    js_end_object(json);
    return true;
}

static void
whole(const struct reply *r, struct buf *out)
{
    struct js_out json;
    bool lost = false;
    buf_add_c(out, "{");
    add_usage(r, out);
    buf_add_c(out, ",\"output\":{\"message\":{\"content\":");
    js_out_init(&json, out);
    js_begin_array(&json);
    for (size_t i = 0; i < r->part_count; i++) {
        lost = !add_block(&json, &r->parts[i]) || lost;
    }
    js_end_array(&json);
    buf_printf(out, ",\"role\":\"assistant\"}},\"stopReason\":\"%s\"}",
               lost && r->stop == STOP_TOOL ? "malformed_tool_use" : stop_reason(r));
}

int
converse_refuse(const struct refusal *refused, const char *request_id, struct buf *out,
                const char **ret_type)
{
    static const struct {
        int status;
        const char *type;
        const char *words;
    } kinds[REFUSAL_KINDS] = {
        [REFUSED_INVALID] = {400,
                             "ValidationException:http://internal.amazon.com/coral/"
                             "com.amazon.bedrock/",
                             "The provided request is not valid"},
        [REFUSED_NO_KEY] = {403, "MissingAuthenticationTokenException",
                            "Missing Authentication Token"},
        [REFUSED_BAD_SIGNATURE] = {403, "InvalidSignatureException:",
                                   "The security token included in the request is invalid."},
        [REFUSED_ACCESS] = {403, "AccessDeniedException",
                            "You don't have access to the model with the specified model ID."},
        [REFUSED_NOT_FOUND] = {404, "ResourceNotFoundException",
                               "Could not resolve the foundation model from the provided model "
                               "identifier."},
        [REFUSED_THROTTLED] = {429, "ThrottlingException",
                               "Too many tokens, please wait before trying again."},
        [REFUSED_ERROR] = {500, "InternalServerException",
                           "The system encountered an unexpected error during processing. Try "
                           "your request again."},
        [REFUSED_OVERLOADED] = {503, "ServiceUnavailableException",
                                "Bedrock is unable to process your request."},
    };
    struct js_out json;
    (void)request_id;
    js_out_init(&json, out);
    js_begin_object(&json);
    js_put_str(&json, "message", refusal_words(refused, kinds[refused->kind].words));
    js_end_object(&json);
    *ret_type = kinds[refused->kind].type;
    return kinds[refused->kind].status;
}

const struct format format_converse = {
    .stream_type = "application/vnd.amazon.eventstream",
    .request_id_header = "x-amzn-requestid",
    .read = converse_read,
    .whole = whole,
    .begin = begin,
    .part_begin = part_begin,
    .piece = piece,
    .part_end = part_end,
    .finish = finish,
    .broken = frames_throttled,
    .refuse = converse_refuse,
};
