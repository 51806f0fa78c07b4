#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "model/aws_request.h"
#include "model/invoke_decoder.h"
#include "model/tools_memo.h"
#include "model/validate.h"
#include "model/wire_anthropic.h"

/* The provider `bedrock-invoke`: Anthropic's format at Bedrock, through InvokeModel and
 * InvokeModelWithResponseStream. For what Converse does not carry: betas, members of the newest
 * version. What the API takes in its body, metadata and service tier, are headers here. */
enum { INVOKE_MAGIC = 0x696e766b };

struct invoke {
    struct aws_provider aws;
    unsigned magic;
    struct anthropic_options options;
    struct tools_memo memo;
    struct aws_place place; /* of the last request: its region is not known before */
    struct str metadata;    /* JSON; may be empty */
    const struct js *guardrail;
    struct str performance;
    struct arena arena; /* strings */
};

static struct invoke *
invoke_of(struct http_provider *p)
{
    struct invoke *v = (struct invoke *)(void *)p;
    MUST_MAGIC(v, INVOKE_MAGIC);
    return v;
}

/* ---- A request --------------------------------------------------------------------------------*/

static void
add_header(struct exchange_request *r, const char *name, struct str value)
{
    if (value.len) {
        exchange_header(r, name, value);
    }
}

/* enabled, disabled and enabled_full in the header's capitals. */
static struct str
trace_value(struct str trace)
{
    static const struct {
        const char *setting;
        struct str value;
    } traces[] = {
        {"enabled", STR_INIT("ENABLED")},
        {"disabled", STR_INIT("DISABLED")},
        {"enabled_full", STR_INIT("ENABLED_FULL")},
    };
    for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
        if (str_eq_c(trace, traces[i].setting)) {
            return traces[i].value;
        }
    }
    return (struct str){0};
}

static void
add_headers(const struct invoke *v, struct exchange_request *r)
{
    exchange_header(r, "content-type", STR("application/json"));
    exchange_header(r, v->options.stream ? "x-amzn-bedrock-accept" : "accept",
                    STR("application/json"));
    add_header(r, "x-amzn-bedrock-guardrailidentifier", js_get_text(v->guardrail, "identifier"));
    add_header(r, "x-amzn-bedrock-guardrailversion", js_get_text(v->guardrail, "version"));
    add_header(r, "x-amzn-bedrock-trace", trace_value(js_get_text(v->guardrail, "trace")));
    add_header(r, "x-amzn-bedrock-performanceconfig-latency", v->performance);
    add_header(r, "x-amzn-bedrock-service-tier", v->options.service_tier);
    add_header(r, "x-amzn-bedrock-request-metadata", v->metadata);
}

static int
write_request(struct http_provider *p, const struct model_request *request, struct arena *arena,
              struct exchange_request *r, struct err *err)
{
    struct invoke *v = invoke_of(p);
    AUTO(arena) struct arena scratch = {0};
    struct model_request ready;
    const char *operation = v->options.stream ? "invoke-with-response-stream" : "invoke";
    int result = anthropic_ready(&v->options, request, &v->memo, &scratch, &ready, err);
    if (result == 0) {
        result = anthropic_body(&v->options, &ready, &v->memo, &r->body, err);
    }
    if (result == 0) {
        result = aws_model_url(&v->aws, operation, arena, &r->url, err);
    }
    if (result < 0) {
        return result;
    }
    v->place = aws_place_of(&v->aws);
    add_headers(v, r);
    return aws_authorize(&v->aws, arena, r, err);
}

/* ---- The answer -------------------------------------------------------------------------------*/

static struct decoder *
new_decoder(struct http_provider *p, const struct http_head *head, struct assembly *out)
{
    struct invoke *v = invoke_of(p);
    struct str type = http_head_get(head, "content-type");
    type = str_trim(str_sub(type, 0, str_find_char(type, ';', 0)));
    if (str_eq_nocase(type, STR("application/vnd.amazon.eventstream"))) {
        return invoke_decoder_new(&v->place, out);
    }
    return str_eq_nocase(type, STR("application/json")) ? anthropic_whole_new(p->parts.name, out)
                                                        : NULL;
}

static const struct exchange_ops exchange = {
    .prepare = aws_prepare,
    .forget = aws_forget,
    .write = write_request,
    .decoder = new_decoder,
    .failure = aws_failure,
};

/* ---- Opening ----------------------------------------------------------------------------------*/

static int
check_guardrail(const struct invoke *v, struct err *err)
{
    if (js_get_c(v->guardrail, "stream_mode")) {
        return err_set(err, ERR_INVALID,
                       "models.%" STR_FMT ": guardrail.stream_mode is Converse's: leave it out, or "
                       "set provider: bedrock",
                       STR_ARG(v->options.name));
    }
    return 0;
}

static int
read_settings(struct invoke *v, struct err *err)
{
    const struct provider_parts *parts = &v->aws.http.parts;
    const struct js *s = parts->settings;
    int result = anthropic_options_read(parts->name, s, true, &v->arena, &v->options, err);
    if (result < 0) {
        return result;
    }
    v->place = aws_place_of(&v->aws);
    v->guardrail = js_get_c(s, "guardrail");
    v->performance = js_get_text(s, "performance");
    if (js_count(v->options.metadata)) {
        v->metadata = js_to_arena(v->options.metadata, &v->arena);
        v->arena.starved = v->arena.starved || !v->metadata.ptr;
    }
    result = check_guardrail(v, err);
    return result == 0 && v->arena.starved ? err_nomem(err) : result;
}

static void
invoke_free(struct provider *p)
{
    struct invoke *v = invoke_of((struct http_provider *)(void *)p);
    aws_provider_done(&v->aws);
    tools_memo_done(&v->memo);
    arena_done(&v->arena);
    mem_free(v);
}

static int
init(struct provider *p, const struct provider_parts *parts, struct err *err)
{
    struct invoke *v = (struct invoke *)(void *)p;
    v->magic = INVOKE_MAGIC;
    int result = aws_provider_init(&v->aws, &provider_bedrock_invoke, &exchange, parts, err);
    return result == 0 ? read_settings(v, err) : result;
}

static int
invoke_open(const struct provider_parts *parts, struct provider **ret, struct err *err)
{
    return provider_new(sizeof(struct invoke), init, invoke_free, parts, ret, err);
}

/* Only where `prefill` says so, as at Anthropic's own API. */
static bool
continues(const struct provider *p)
{
    return ((const struct invoke *)(const void *)p)->options.prefill;
}

const struct provider_ops provider_bedrock_invoke = {
    .name = "bedrock-invoke",
    .help = "Claude at Bedrock through InvokeModel: Anthropic's own format, betas included",
    .settings = "access_key secret_key session_token "
                "id base_url key region profile version betas ca_file stream prefill guardrail "
                "extra performance service_tier metadata cache cache_ttl connect_timeout "
                "first_byte_timeout stall_timeout",
    .open = invoke_open,
    .free = invoke_free,
    .carries = anthropic_carries,
    .credential = aws_credential,
    .start = exchange_start,
    .cancel = exchange_cancel,
    .continues = continues,
};
