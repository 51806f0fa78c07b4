#include "events.h"

#include <stdio.h>

static void
add_message_head(const struct reply *r, bool bedrock, struct buf *out)
{
    char id[REPLY_ID];
    reply_id(r->key, 22, id);
    buf_printf(out, "\"id\":\"msg_%s%s\",\"type\":\"message\",\"role\":\"assistant\",\"model\":",
               bedrock ? "bdrk_01" : "01", id);
    reply_text(out, r->model);
}

void
events_message_start(const struct reply *r, bool bedrock, struct buf *out)
{
    buf_add_c(out, "{\"type\":\"message_start\",\"message\":{");
    add_message_head(r, bedrock, out);
    buf_printf(out,
               ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{"
               "\"input_tokens\":%lld,\"output_tokens\":1,\"cache_creation_input_tokens\":0,"
               "\"cache_read_input_tokens\":0}}}",
               (long long)r->input_tokens);
}

/* Without its end: "input":{} or what the caller puts there. */
static void
add_call_head(const struct part *part, bool bedrock, struct buf *out)
{
    char id[REPLY_ID];
    reply_id(part->token, 22, id);
    buf_printf(out,
               "{\"type\":\"tool_use\",\"id\":\"toolu_%s%s\",\"name\":", bedrock ? "bdrk_01" : "01",
               id);
    reply_text(out, part->name);
    buf_add_c(out, ",\"input\":");
}

static void
add_redacted(const struct part *part, struct buf *out)
{
    buf_add_c(out, "{\"type\":\"redacted_thinking\",\"data\":");
    reply_text(out, part->whole);
    buf_add_c(out, "}");
}

void
events_block_start(const struct reply *r, size_t index, bool bedrock, struct buf *out)
{
    const struct part *part = &r->parts[index];
    buf_printf(out, "{\"type\":\"content_block_start\",\"index\":%zu,\"content_block\":", index);
    switch (part->kind) {
    case PART_TEXT:
        buf_add_c(out, "{\"type\":\"text\",\"text\":\"\"}");
        break;
    case PART_REASONING:
        buf_add_c(out, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}");
        break;
    case PART_REDACTED:
        add_redacted(part, out);
        break;
    case PART_TOOL:
        add_call_head(part, bedrock, out);
        buf_add_c(out, "{}}");
        break;
    }
    buf_add_c(out, "}");
}

static void
add_delta(size_t index, const char *open, struct str text, struct buf *out)
{
    buf_printf(out, "{\"type\":\"content_block_delta\",\"index\":%zu,\"delta\":{\"type\":", index);
    buf_add_c(out, open);
    reply_text(out, text);
    buf_add_c(out, "}}");
}

void
events_delta(const struct reply *r, size_t index, struct str text, struct buf *out)
{
    static const char *const opens[] = {
        [PART_TEXT] = "\"text_delta\",\"text\":",
        [PART_REASONING] = "\"thinking_delta\",\"thinking\":",
        [PART_REDACTED] = "",
        [PART_TOOL] = "\"input_json_delta\",\"partial_json\":",
    };
    add_delta(index, opens[r->parts[index].kind], text, out);
}

void
events_signature(const struct reply *r, size_t index, struct buf *out)
{
    add_delta(index, "\"signature_delta\",\"signature\":", r->parts[index].signature, out);
}

void
events_block_stop(size_t index, struct buf *out)
{
    buf_printf(out, "{\"type\":\"content_block_stop\",\"index\":%zu}", index);
}

static const char *
stop_reason(const struct reply *r)
{
    static const char *const names[] = {"end_turn", "tool_use", "max_tokens", "refusal"};
    return names[r->stop];
}

void
events_message_delta(const struct reply *r, struct buf *out)
{
    buf_printf(out,
               "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\","
               "\"stop_sequence\":null},\"usage\":{\"output_tokens\":%lld}}",
               stop_reason(r), (long long)r->output_tokens);
}

void
events_message_stop(const struct reply *r, bool bedrock, struct buf *out)
{
    buf_add_c(out, "{\"type\":\"message_stop\"");
    if (bedrock) {
        buf_printf(out,
                   ",\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":%lld,"
                   "\"outputTokenCount\":%lld,\"invocationLatency\":1531,"
                   "\"firstByteLatency\":402}",
                   (long long)r->input_tokens, (long long)r->output_tokens);
    }
    buf_add_c(out, "}");
}

/* Arguments that are no JSON cannot stand in a message that is: a limit leaves nothing of them,
 * otherwise they are wrapped as the service's documentation proposes. */
static void
add_input(const struct reply *r, const struct part *part, struct buf *out)
{
    if (js_check(part->whole, &(struct err){0}) == 0) {
        buf_add(out, part->whole);
    } else if (r->stop == STOP_MAX_TOKENS) {
        buf_add_c(out, "{}");
    } else {
        buf_add_c(out, "{\"INVALID_JSON\":");
        reply_text(out, part->whole);
        buf_add_c(out, "}");
    }
}

static void
add_block(const struct reply *r, const struct part *part, bool bedrock, struct buf *out)
{
    switch (part->kind) {
    case PART_TEXT:
        buf_add_c(out, "{\"type\":\"text\",\"text\":");
        reply_text(out, part->whole);
        buf_add_c(out, "}");
        break;
    case PART_REASONING:
        buf_add_c(out, "{\"type\":\"thinking\",\"thinking\":");
        reply_text(out, part->whole);
        buf_add_c(out, ",\"signature\":");
        reply_text(out, part->signature);
        buf_add_c(out, "}");
        break;
    case PART_REDACTED:
        add_redacted(part, out);
        break;
    case PART_TOOL:
        add_call_head(part, bedrock, out);
        add_input(r, part, out);
        buf_add_c(out, "}");
        break;
    }
}

void
events_message(const struct reply *r, bool bedrock, struct buf *out)
{
    buf_add_c(out, "{");
    add_message_head(r, bedrock, out);
    buf_add_c(out, ",\"content\":[");
    for (size_t i = 0; i < r->part_count; i++) {
        buf_add_c(out, i > 0 ? "," : "");
        add_block(r, &r->parts[i], bedrock, out);
    }
    buf_printf(out,
               "],\"stop_reason\":\"%s\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":%lld,"
               "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,"
               "\"output_tokens\":%lld}}",
               stop_reason(r), (long long)r->input_tokens, (long long)r->output_tokens);
}
