#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/must.h"
#include "config/config.h"
#include "model/api_key.h"
#include "model/settings.h"
#include "model/tools_memo.h"
#include "model/validate.h"
#include "model/wire_openai.h"

/* The provider `openai`: one POST to BASE/chat/completions.
 *
 * Without base_url it is OpenAI itself; anything else is Ollama, llama.cpp, vLLM, a gateway. Whose
 * key goes where: api_key.h.
 *
 * max_tokens_field: OpenAI's reasoning models refuse max_tokens and all its models take
 * max_completion_tokens; Ollama ignores the latter and older servers refuse it. So that is what is
 * sent to OpenAI, Azure and Bedrock, and max_tokens to everybody else. */
enum { OPENAI_MAGIC = 0x6f706169 };

#define OPENAI_URL "https://api.openai.com/v1"

struct openai {
    struct api_provider api;
    unsigned magic;
    struct str url; /* of chat completions */
    struct openai_model model;
    struct tools_memo memo;
    struct arena arena; /* strings */
};

static struct openai *
openai_of(struct http_provider *p)
{
    struct openai *o = (struct openai *)(void *)p;
    MUST_MAGIC(o, OPENAI_MAGIC);
    return o;
}

/* ---- A request ---- */

static int
write_request(struct http_provider *p, const struct model_request *request, struct arena *arena,
              struct exchange_request *r, struct err *err)
{
    struct openai *o = openai_of(p);
    const struct validate_caps caps = {.prefill = o->model.prefill};
    AUTO(arena) struct arena scratch = {0};
    struct model_request ready;
    int result = request_ready(request, DIALECT_OPENAI, &caps, &o->memo, &scratch, &ready, err);
    if (result == 0) {
        result = openai_body(&o->model, &ready, &o->memo, &r->body, err);
    }
    if (result < 0) {
        return result;
    }
    r->url = o->url;
    exchange_header(r, "content-type", STR("application/json"));
    exchange_header(r, "accept",
                    o->model.stream ? STR("text/event-stream") : STR("application/json"));
    return o->api.key ? api_bearer(secret_reveal(o->api.key), arena, r, err) : 0;
}

static struct decoder *
new_decoder(struct http_provider *p, const struct http_head *head, struct assembly *out)
{
    return openai_decoder_new(&openai_of(p)->model, http_head_get(head, "content-type"), out);
}

static void
fill_failure(struct http_provider *p, const struct http_head *head, struct str body,
             struct failure *f)
{
    openai_failure(&openai_of(p)->model, head->status, body, f);
}

static const struct exchange_ops exchange = {
    .prepare = api_prepare,
    .write = write_request,
    .decoder = new_decoder,
    .failure = fill_failure,
};

/* ---- Opening ---- */

/* The host and port of URL, without a user name: for words. */
static struct str
host_of(struct str url)
{
    size_t scheme = str_find(url, STR("://"), 0);
    struct str rest = scheme == SIZE_MAX ? url : str_sub(url, scheme + 3, SIZE_MAX);
    for (size_t i = 0; i < rest.len; i++) {
        if (strchr("/?#", rest.ptr[i])) {
            rest.len = i;
        }
    }
    size_t at = str_find_char(rest, '@', 0);
    return at == SIZE_MAX ? rest : str_sub(rest, at + 1, SIZE_MAX);
}

static bool
wants_completion_tokens(struct str host, struct str field)
{
    static const char *const hosts[] = {"api.openai.com", ".openai.azure.com", ".amazonaws.com",
                                        ".api.aws"};
    bool fits = false;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        fits = fits || str_ends(host, str_c(hosts[i]));
    }
    return field.len ? str_eq_c(field, "max_completion_tokens") : fits;
}

static int
read_settings(struct openai *o, struct err *err)
{
    const struct http_provider *p = &o->api.http;
    const struct js *s = p->parts.settings;
    struct str base = p->base_url.len ? p->base_url : STR(OPENAI_URL);
    o->url = arena_printf(&o->arena, "%" STR_FMT "/chat/completions", STR_ARG(base));
    o->model = (struct openai_model){
        .name = p->parts.name,
        .id = p->model_id,
        .host = host_of(base),
        .stream = p->stream,
        .prefill = js_get_bool(s, "prefill", false),
        .has_key = !o->api.keyless,
        .extra = js_get_c(s, "extra"),
    };
    o->model.completion_tokens =
        wants_completion_tokens(o->model.host, js_get_text(s, "max_tokens_field"));
    int result = openai_check_extra(p->parts.name, o->model.extra, err);
    if (result == 0) {
        result = setting_params(s, &o->arena, &o->model.params, err);
    }
    return result == 0 && o->arena.starved ? err_nomem(err) : result;
}

static void
openai_free(struct provider *p)
{
    struct openai *o = openai_of((struct http_provider *)(void *)p);
    api_provider_done(&o->api);
    tools_memo_done(&o->memo);
    arena_done(&o->arena);
    mem_free(o);
}

static int
init(struct provider *p, const struct provider_parts *parts, struct err *err)
{
    struct openai *o = (struct openai *)(void *)p;
    o->magic = OPENAI_MAGIC;
    int result = api_provider_init(&o->api, &provider_openai, &exchange, parts,
                                   STR("${OPENAI_API_KEY}"), err);
    return result == 0 ? read_settings(o, err) : result;
}

static int
openai_open(const struct provider_parts *parts, struct provider **ret, struct err *err)
{
    return provider_new(sizeof(struct openai), init, openai_free, parts, ret, err);
}

static bool
openai_continues(const struct provider *p)
{
    return ((const struct openai *)(const void *)p)->model.prefill;
}

const struct provider_ops provider_openai = {
    .name = "openai",
    .help = "OpenAI, and all that speak its chat completions: Ollama, llama.cpp, vLLM, Bedrock",
    .settings = "id base_url key ca_file stream max_tokens_field prefill extra connect_timeout "
                "first_byte_timeout stall_timeout",
    .open = openai_open,
    .free = openai_free,
    .carries = openai_carries,
    .credential = api_credential,
    .start = exchange_start,
    .cancel = exchange_cancel,
    .continues = openai_continues,
};
