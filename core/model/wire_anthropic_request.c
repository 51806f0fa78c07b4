#include "base/buf.h"
#include "base/json.h"
#include "model/tools_memo.h"
#include "model/validate.h"
#include "model/wire_anthropic.h"
#include "model/wire_anthropic_blocks.h"

/* What the servers take, each with its own error beyond: 32 MB at Anthropic, 25,000,000 bytes at
 * Bedrock. */
enum { BODY_MAX = 32000000, INVOKE_BODY_MAX = 25000000 };

struct body {
    const struct anthropic_options *o;
    const struct model_request *r;
    struct tools_memo *memo;
    struct str cache; /* the value of cache_control */
    struct js_out *out;
};

/* May a member of ours be written? Not where `extra` has one: it wins, and JSON has each once. */
static bool
is_ours(const struct body *b, const char *key)
{
    return !js_has(b->o->extra, str_c(key));
}

/* Thinking is paid for out of max_tokens: what extra.thinking may use comes on top. */
static int64_t
max_tokens(const struct body *b)
{
    int64_t thinking = js_get_int(js_get_c(b->o->extra, "thinking"), "budget_tokens", 0);
    if (b->r->params.max_tokens) {
        return b->r->params.max_tokens;
    }
    return ANTHROPIC_MAX_TOKENS + (thinking > 0 && thinking < 1000000 ? thinking : 0);
}

static void
put_cache(struct body *b, bool wanted)
{
    if (wanted) {
        js_put_raw(b->out, "cache_control", b->cache);
    }
}

static void
write_system(struct body *b)
{
    if (str_trim(b->r->system).len == 0) {
        return;
    }
    if (!b->o->cache_system) {
        js_put_str(b->out, "system", b->r->system);
        return;
    }
    js_key(b->out, STR("system"));
    js_begin_array(b->out);
    js_begin_object(b->out);
    js_put_str(b->out, "type", STR("text"));
    js_put_str(b->out, "text", b->r->system);
    put_cache(b, true);
    js_end_object(b->out);
    js_end_array(b->out);
}

/* ---- Messages ---------------------------------------------------------------------------------*/

/* The text to go on behind. The server refuses white space at its end. */
static struct str
prefill_of(const struct model_request *r)
{
    struct str text = r->partial;
    while (text.len && str_trim(str_sub(text, text.len - 1, 1)).len == 0) {
        text.len--;
    }
    return text;
}

static void
write_prefill(struct body *b)
{
    struct str text = prefill_of(b->r);
    if (str_trim(text).len == 0) {
        return;
    }
    js_begin_object(b->out);
    js_put_str(b->out, "role", STR("assistant"));
    js_put_str(b->out, "content", text);
    js_end_object(b->out);
}

static int
write_message(struct body *b, const struct message *m, bool last, struct err *err)
{
    struct str cache = last && b->o->cache_messages ? b->cache : (struct str){0};
    js_begin_object(b->out);
    js_put_str(b->out, "role", str_c(role_name(m->role)));
    js_key(b->out, STR("content"));
    int result = anthropic_blocks_write(m, cache, b->out, err);
    js_end_object(b->out);
    return result;
}

static int
write_messages(struct body *b, struct err *err)
{
    js_key(b->out, STR("messages"));
    js_begin_array(b->out);
    for (size_t i = 0; i < b->r->message_count; i++) {
        const struct message *m = &b->r->messages[i];
        int result = anthropic_blocks_any(m, err);
        if (result == ANTHROPIC_ANY) {
            result = write_message(b, m, i + 1 == b->r->message_count, err);
        }
        if (result < 0) {
            return err_wrap(err, "message %zu", i + 1);
        }
    }
    write_prefill(b);
    js_end_array(b->out);
    return 0;
}

/* ---- Tools ------------------------------------------------------------------------------------*/

static void
write_tool(struct body *b, const struct model_tool *tool, bool last)
{
    js_begin_object(b->out);
    js_put_str(b->out, "name", tool->name);
    if (str_trim(tool->description).len) {
        js_put_str(b->out, "description", tool->description);
    }
    js_put_raw(b->out, "input_schema",
               tool->schema.len ? tool->schema : STR("{\"type\":\"object\"}"));
    put_cache(b, last && b->o->cache_tools);
    js_end_object(b->out);
}

static void
write_choice(struct body *b, struct str choice)
{
    bool word = str_eq_c(choice, "auto") || str_eq_c(choice, "any") || str_eq_c(choice, "none");
    if (choice.len == 0) {
        return;
    }
    js_key(b->out, STR("tool_choice"));
    js_begin_object(b->out);
    js_put_str(b->out, "type", word ? choice : STR("tool"));
    if (!word) {
        js_put_str(b->out, "name", choice);
    }
    js_end_object(b->out);
}

/* "none" is no taste: it keeps a tool that only stands in from being used. */
static bool
is_forbidden(const struct body *b)
{
    return str_eq_c(b->r->params.tool_choice, "none");
}

static void
write_tool_list(void *arg)
{
    struct body *b = arg;
    js_begin_array(b->out);
    for (size_t i = 0; i < b->r->tool_count; i++) {
        write_tool(b, &b->r->tools[i], i + 1 == b->r->tool_count);
    }
    js_end_array(b->out);
}

static void
write_tools(struct body *b)
{
    if (b->r->tool_count == 0) {
        return;
    }
    js_key(b->out, STR("tools"));
    tools_memo_write(b->memo, b->r, b->out, write_tool_list, b);
    if (is_ours(b, "tool_choice") || is_forbidden(b)) {
        write_choice(b, b->r->params.tool_choice);
    }
}

/* ---- The rest ---------------------------------------------------------------------------------*/

static void
write_params(struct body *b)
{
    if (is_ours(b, "max_tokens")) {
        js_put_int(b->out, "max_tokens", max_tokens(b));
    }
    if (b->r->params.has_temperature && is_ours(b, "temperature")) {
        js_put_double(b->out, "temperature", b->r->params.temperature);
    }
    if (b->r->params.has_top_p && is_ours(b, "top_p")) {
        js_put_double(b->out, "top_p", b->r->params.top_p);
    }
    if (b->r->params.stop_count && is_ours(b, "stop_sequences")) {
        js_key(b->out, STR("stop_sequences"));
        js_begin_array(b->out);
        for (size_t i = 0; i < b->r->params.stop_count; i++) {
            js_add_str(b->out, b->r->params.stop[i]);
        }
        js_end_array(b->out);
    }
}

static void
write_invoke_members(struct body *b)
{
    if (is_ours(b, "anthropic_version")) {
        js_put_str(b->out, "anthropic_version", b->o->version);
    }
    if (js_count(b->o->betas) && is_ours(b, "anthropic_beta")) {
        js_key(b->out, STR("anthropic_beta"));
        js_add_value(b->out, b->o->betas);
    }
}

static void
write_api_members(struct body *b)
{
    js_put_str(b->out, "model", b->o->model);
    if (b->o->stream) {
        js_put_bool(b->out, "stream", true);
    }
    if (js_count(b->o->metadata) && is_ours(b, "metadata")) {
        js_key(b->out, STR("metadata"));
        js_add_value(b->out, b->o->metadata);
    }
    if (b->o->service_tier.len && is_ours(b, "service_tier")) {
        js_put_str(b->out, "service_tier", b->o->service_tier);
    }
}

static void
write_extra(struct body *b)
{
    struct js_member member;
    for (struct js_iter it = js_iter(b->o->extra); js_next(&it, &member);) {
        bool choice = str_eq_c(member.key, "tool_choice");
        if (choice && (b->r->tool_count == 0 || is_forbidden(b))) {
            continue; /* refused where there are no tools */
        }
        js_key(b->out, member.key);
        js_add_value(b->out, member.value);
    }
}

static int
write_body(struct body *b, struct err *err)
{
    js_begin_object(b->out);
    if (b->o->invoke) {
        write_invoke_members(b);
    } else {
        write_api_members(b);
    }
    write_params(b);
    write_system(b);
    write_tools(b);
    int result = write_messages(b, err);
    write_extra(b);
    js_end_object(b->out);
    return result;
}

/* What the setting cache_ttl may be, as cache_control says it; unset is the server's default. */
static struct str
cache_value(struct str ttl)
{
    if (str_eq_c(ttl, "1h")) {
        return STR("{\"type\":\"ephemeral\",\"ttl\":\"1h\"}");
    }
    return str_eq_c(ttl, "5m") ? STR("{\"type\":\"ephemeral\",\"ttl\":\"5m\"}")
                               : STR("{\"type\":\"ephemeral\"}");
}

int
anthropic_body(const struct anthropic_options *o, const struct model_request *ready,
               struct tools_memo *memo, struct buf *out, struct err *err)
{
    struct js_out js;
    buf_init(out, o->invoke ? INVOKE_BODY_MAX : BODY_MAX);
    buf_reserve(out, request_size(ready));
    js_out_init(&js, out);
    struct body b = {
        .o = o,
        .r = ready,
        .memo = memo,
        .cache = cache_value(o->cache_ttl),
        .out = &js,
    };
    int result = write_body(&b, err);
    return result == 0 ? buf_finish(out, "the request", err) : result;
}
