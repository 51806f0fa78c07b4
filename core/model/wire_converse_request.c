#include "model/wire_converse.h"

#include "base/buf.h"
#include "base/json.h"
#include "model/settings.h"
#include "model/tools_memo.h"
#include "model/validate.h"

/* ---- Settings --------------------------------------------------------------------------------*/

/* [a-zA-Z0-9\s:_@$#=/+,-.]: the service model's alphabet of request metadata. */
static bool
is_metadata_text(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alphanumeric && str_find_char(STR(" \t\n\r:_@$#=/+,-."), c, 0) == SIZE_MAX) {
            return false;
        }
    }
    return text.len <= 256;
}

static int
check_metadata(struct str name, const struct js *metadata, struct err *err)
{
    struct js_member member;
    for (struct js_iter it = js_iter(metadata); js_next(&it, &member);) {
        if (member.key.len == 0 || !is_metadata_text(member.key) ||
            !is_metadata_text(js_text(member.value))) {
            return err_set(err, ERR_INVALID,
                           "models.%" STR_FMT ".metadata: Bedrock takes letters, digits, blanks "
                           "and :_@$#=/+,-. in names and values",
                           STR_ARG(name));
        }
    }
    return 0;
}

/* An id or an ARN. */
static int
check_guardrail(struct str name, struct str identifier, struct err *err)
{
    bool arn = str_starts(identifier, STR("arn:"));
    for (size_t i = 0; !arn && i < identifier.len; i++) {
        char c = identifier.ptr[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && c != '-') {
            return err_set(err, ERR_INVALID,
                           "models.%" STR_FMT ".guardrail.identifier: '%" STR_FMT
                           "' is neither an id (small letters, digits, -) nor an ARN",
                           STR_ARG(name), STR_ARG(identifier));
        }
    }
    return 0;
}

static int
check_tier(struct str name, struct str tier, struct err *err)
{
    static const char *const tiers[] = {"priority", "default", "flex", "reserved"};
    for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++) {
        if (tier.len == 0 || str_eq_c(tier, tiers[i])) {
            return 0;
        }
    }
    return err_set(err, ERR_INVALID,
                   "models.%" STR_FMT ".service_tier: '%" STR_FMT
                   "' is none of priority, default, flex, reserved",
                   STR_ARG(name), STR_ARG(tier));
}

int
converse_options_read(struct str name, const struct js *settings, struct arena *arena,
                      struct converse_options *ret, struct err *err)
{
    struct converse_options o = {
        .stream = js_get_bool(settings, "stream", true),
        .prefill = js_get_bool(settings, "prefill", false),
        .cache_system = setting_has(settings, "cache", "system"),
        .cache_tools = setting_has(settings, "cache", "tools"),
        .cache_messages = setting_has(settings, "cache", "messages"),
        .cache_ttl = js_get_text(settings, "cache_ttl"),
        .guardrail = js_get_c(settings, "guardrail"),
        .extra = js_get_c(settings, "extra"),
        .metadata = js_get_c(settings, "metadata"),
        .performance = js_get_text(settings, "performance"),
        .service_tier = js_get_text(settings, "service_tier"),
    };
    int result = check_tier(name, o.service_tier, err);
    if (result == 0) {
        result = check_metadata(name, o.metadata, err);
    }
    if (result == 0) {
        result = check_guardrail(name, js_get_text(o.guardrail, "identifier"), err);
    }
    if (result == 0) {
        result = setting_params(settings, arena, &o.params, err);
    }
    if (result == 0) {
        *ret = o;
    }
    return result;
}

/* ---- The request -----------------------------------------------------------------------------*/

/* REQUEST with the model's own parameters beneath its own. */
static struct model_request
with_params(const struct converse_options *o, const struct model_request *request)
{
    struct model_request r = *request;
    r.params = params_over(&o->params, &request->params);
    return r;
}

static void
write_cache_point(struct js_out *out, const struct converse_options *o)
{
    js_begin_object(out);
    js_key(out, STR("cachePoint"));
    js_begin_object(out);
    js_put_str(out, "type", STR("default"));
    if (o->cache_ttl.len) {
        js_put_str(out, "ttl", o->cache_ttl);
    }
    js_end_object(out);
    js_end_object(out);
}

static void
write_message(struct js_out *out, const struct message *m, const struct converse_options *o,
              bool cached)
{
    js_begin_object(out);
    js_put_str(out, "role", str_c(role_name(m->role)));
    js_key(out, STR("content"));
    js_begin_array(out);
    for (size_t i = 0; i < m->count; i++) {
        js_add_raw(out, m->blocks[i].raw);
    }
    if (cached) {
        write_cache_point(out, o);
    }
    js_end_array(out);
    js_end_object(out);
}

/* What was shown before the stream broke. Blanks at its end would be refused; the router knows that
 * they may come again. */
static void
write_partial(struct js_out *out, struct str partial)
{
    while (partial.len > 0 && str_trim(str_sub(partial, partial.len - 1, 1)).len == 0) {
        partial.len--;
    }
    if (partial.len == 0) {
        return;
    }
    js_begin_object(out);
    js_put_str(out, "role", STR("assistant"));
    js_key(out, STR("content"));
    js_begin_array(out);
    js_begin_object(out);
    js_put_str(out, "text", partial);
    js_end_object(out);
    js_end_array(out);
    js_end_object(out);
}

static void
write_messages(struct js_out *out, const struct model_request *r, const struct converse_options *o)
{
    js_key(out, STR("messages"));
    js_begin_array(out);
    for (size_t i = 0; i < r->message_count; i++) {
        bool last = i + 1 == r->message_count;
        write_message(out, &r->messages[i], o, last && o->cache_messages);
    }
    if (o->prefill) {
        write_partial(out, r->partial);
    }
    js_end_array(out);
}

static void
write_system(struct js_out *out, const struct model_request *r, const struct converse_options *o)
{
    if (r->system.len == 0) {
        return;
    }
    js_key(out, STR("system"));
    js_begin_array(out);
    js_begin_object(out);
    js_put_str(out, "text", r->system);
    js_end_object(out);
    if (o->cache_system) {
        write_cache_point(out, o);
    }
    js_end_array(out);
}

static void
write_inference(struct js_out *out, const struct model_params *p)
{
    if (p->max_tokens == 0 && !p->has_temperature && !p->has_top_p && p->stop_count == 0) {
        return;
    }
    js_key(out, STR("inferenceConfig"));
    js_begin_object(out);
    if (p->max_tokens) {
        js_put_int(out, "maxTokens", p->max_tokens);
    }
    if (p->has_temperature) {
        js_put_double(out, "temperature", p->temperature);
    }
    if (p->has_top_p) {
        js_put_double(out, "topP", p->top_p);
    }
    if (p->stop_count) {
        js_key(out, STR("stopSequences"));
        js_begin_array(out);
        for (size_t i = 0; i < p->stop_count; i++) {
            js_add_str(out, p->stop[i]);
        }
        js_end_array(out);
    }
    js_end_object(out);
}

static void
write_tool(struct js_out *out, const struct model_tool *t)
{
    js_begin_object(out);
    js_key(out, STR("toolSpec"));
    js_begin_object(out);
    js_put_str(out, "name", t->name);
    if (t->description.len) {
        js_put_str(out, "description", t->description);
    }
    js_key(out, STR("inputSchema"));
    js_begin_object(out);
    js_put_raw(out, "json", t->schema);
    js_end_object(out);
    js_end_object(out);
    js_end_object(out);
}

/* {"auto":{}}, {"any":{}} or {"tool":{"name":..}} */
static void
write_choice(struct js_out *out, struct str choice)
{
    bool word = str_eq_c(choice, "auto") || str_eq_c(choice, "any");
    if (choice.len == 0) {
        return;
    }
    js_key(out, STR("toolChoice"));
    js_begin_object(out);
    js_key(out, word ? choice : STR("tool"));
    js_begin_object(out);
    if (!word) {
        js_put_str(out, "name", choice);
    }
    js_end_object(out);
    js_end_object(out);
}

struct tool_list {
    struct js_out *out;
    const struct model_request *r;
    const struct converse_options *o;
};

static void
write_tool_list(void *arg)
{
    const struct tool_list *list = arg;
    js_begin_array(list->out);
    for (size_t i = 0; i < list->r->tool_count; i++) {
        write_tool(list->out, &list->r->tools[i]);
    }
    if (list->o->cache_tools) {
        write_cache_point(list->out, list->o);
    }
    js_end_array(list->out);
}

static void
write_tools(struct js_out *out, const struct model_request *r, const struct converse_options *o,
            struct tools_memo *memo)
{
    struct tool_list list = {out, r, o};
    if (r->tool_count == 0) {
        return;
    }
    js_key(out, STR("toolConfig"));
    js_begin_object(out);
    js_key(out, STR("tools"));
    tools_memo_write(memo, r, out, write_tool_list, &list);
    write_choice(out, r->params.tool_choice);
    js_end_object(out);
}

static void
put_if(struct js_out *out, const char *key, struct str value)
{
    if (value.len) {
        js_put_str(out, key, value);
    }
}

static void
write_guardrail(struct js_out *out, const struct converse_options *o)
{
    if (!o->guardrail) {
        return;
    }
    js_key(out, STR("guardrailConfig"));
    js_begin_object(out);
    js_put_str(out, "guardrailIdentifier", js_get_text(o->guardrail, "identifier"));
    js_put_str(out, "guardrailVersion", js_get_text(o->guardrail, "version"));
    put_if(out, "trace", js_get_text(o->guardrail, "trace"));
    if (o->stream) {
        put_if(out, "streamProcessingMode", js_get_text(o->guardrail, "stream_mode"));
    }
    js_end_object(out);
}

/* KEY: {MEMBER: VALUE} where there is a value. */
static void
write_single(struct js_out *out, const char *key, const char *member, struct str value)
{
    if (value.len) {
        js_key(out, str_c(key));
        js_begin_object(out);
        js_put_str(out, member, value);
        js_end_object(out);
    }
}

static void
write_body(struct js_out *out, const struct converse_options *o, const struct model_request *r,
           struct tools_memo *memo)
{
    js_begin_object(out);
    write_messages(out, r, o);
    write_system(out, r, o);
    write_inference(out, &r->params);
    write_tools(out, r, o, memo);
    write_guardrail(out, o);
    if (js_count(o->extra) > 0) {
        js_key(out, STR("additionalModelRequestFields"));
        js_add_value(out, o->extra);
    }
    if (js_count(o->metadata) > 0) {
        js_key(out, STR("requestMetadata"));
        js_add_value(out, o->metadata);
    }
    write_single(out, "performanceConfig", "latency", o->performance);
    write_single(out, "serviceTier", "type", o->service_tier);
    js_end_object(out);
}

int
converse_body(const struct converse_options *o, const struct model_request *request,
              struct tools_memo *memo, struct buf *out, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct model_request merged = with_params(o, request);
    struct model_request r;
    struct js_out js;
    const struct validate_caps caps = {
        .prefill = o->prefill,
        .cache_points =
            (unsigned)o->cache_system + (unsigned)o->cache_tools + (unsigned)o->cache_messages,
    };
    buf_init(out, CONVERSE_BODY_MAX);
    int result = request_ready(&merged, DIALECT_CONVERSE, &caps, memo, &arena, &r, err);
    if (result < 0) {
        return result;
    }
    buf_reserve(out, request_size(&r));
    js_out_init(&js, out);
    write_body(&js, o, &r, memo);
    return buf_finish(out, "the request to Bedrock", err);
}
