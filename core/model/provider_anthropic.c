#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "config/config.h"
#include "model/api_key.h"
#include "model/failure_anthropic.h"
#include "model/settings.h"
#include "model/tools_memo.h"
#include "model/validate.h"
#include "model/wire_anthropic.h"

/* The provider `anthropic`: one POST to BASE/v1/messages.
 *
 * Without base_url it is Anthropic itself. Whose key goes where: api_key.h. */
enum { ANTHROPIC_MAGIC = 0x616e7468 };

#define ANTHROPIC_URL "https://api.anthropic.com"

struct anthropic {
    struct api_provider api;
    unsigned magic;
    struct anthropic_options options;
    struct tools_memo memo;
    bool bearer;
    struct str url;
    struct str betas;   /* "a,b" */
    struct arena arena; /* strings */
};

static struct anthropic *
anthropic_of(struct http_provider *p)
{
    struct anthropic *a = (struct anthropic *)(void *)p;
    MUST_MAGIC(a, ANTHROPIC_MAGIC);
    return a;
}

/* ---- A request --------------------------------------------------------------------------------*/

static int
add_key(const struct anthropic *a, struct arena *arena, struct exchange_request *r, struct err *err)
{
    if (!a->api.key) {
        return 0;
    }
    if (!a->bearer) {
        exchange_header(r, "x-api-key", secret_reveal(a->api.key));
        return 0;
    }
    return api_bearer(secret_reveal(a->api.key), arena, r, err);
}

static int
write_request(struct http_provider *p, const struct model_request *request, struct arena *arena,
              struct exchange_request *r, struct err *err)
{
    struct anthropic *a = anthropic_of(p);
    AUTO(arena) struct arena scratch = {0};
    struct model_request ready;
    int result = anthropic_ready(&a->options, request, &a->memo, &scratch, &ready, err);
    if (result == 0) {
        result = anthropic_body(&a->options, &ready, &a->memo, &r->body, err);
    }
    if (result < 0) {
        return result;
    }
    r->url = a->url;
    exchange_header(r, "content-type", STR("application/json"));
    exchange_header(r, "accept", STR("application/json")); /* as its own clients, streams too */
    exchange_header(r, "anthropic-version", a->options.version);
    if (a->betas.len) {
        exchange_header(r, "anthropic-beta", a->betas);
    }
    return add_key(a, arena, r, err);
}

/* ---- The answer -------------------------------------------------------------------------------*/

/* By what the server says it is: some answer whole although a stream was asked for. */
static struct decoder *
new_decoder(struct http_provider *p, const struct http_head *head, struct assembly *out)
{
    struct str type = http_head_get(head, "content-type");
    type = str_trim(str_sub(type, 0, str_find_char(type, ';', 0)));
    if (str_eq_nocase(type, STR("text/event-stream"))) {
        return anthropic_sse_new(p->parts.name, out);
    }
    return str_eq_nocase(type, STR("application/json")) ? anthropic_whole_new(p->parts.name, out)
                                                        : NULL;
}

static void
fill_failure(struct http_provider *p, const struct http_head *head, struct str body,
             struct failure *f)
{
    failure_anthropic(f, p->parts.name, head->status, body);
}

static const struct exchange_ops exchange = {
    .prepare = api_prepare,
    .write = write_request,
    .decoder = new_decoder,
    .failure = fill_failure,
};

/* ---- Opening ----------------------------------------------------------------------------------*/

static struct str
join_betas(const struct js *betas, struct arena *arena)
{
    AUTO(buf) struct buf out = {0};
    buf_init(&out, LIMIT_CONFIG_BYTES);
    for (size_t i = 0; i < js_count(betas); i++) {
        buf_add_c(&out, i ? "," : "");
        buf_add(&out, js_text(js_at(betas, i)));
    }
    return out.len ? buf_to_arena(&out, arena) : (struct str){0};
}

static int
read_settings(struct anthropic *a, struct err *err)
{
    const struct http_provider *p = &a->api.http;
    const struct js *s = p->parts.settings;
    struct str base = p->base_url.len ? p->base_url : STR(ANTHROPIC_URL);
    int result = anthropic_options_read(p->parts.name, s, false, &a->arena, &a->options, err);
    if (result < 0) {
        return result;
    }
    a->bearer = str_eq_c(js_get_text(s, "auth"), "bearer");
    a->url = arena_printf(&a->arena, "%" STR_FMT "/v1/messages", STR_ARG(base));
    a->betas = join_betas(a->options.betas, &a->arena);
    return a->arena.starved ? err_nomem(err) : 0;
}

static void
anthropic_free(struct provider *p)
{
    struct anthropic *a = anthropic_of((struct http_provider *)(void *)p);
    api_provider_done(&a->api);
    tools_memo_done(&a->memo);
    arena_done(&a->arena);
    mem_free(a);
}

static int
init(struct provider *p, const struct provider_parts *parts, struct err *err)
{
    struct anthropic *a = (struct anthropic *)(void *)p;
    a->magic = ANTHROPIC_MAGIC;
    int result = api_provider_init(&a->api, &provider_anthropic, &exchange, parts,
                                   STR("${ANTHROPIC_API_KEY}"), err);
    return result == 0 ? read_settings(a, err) : result;
}

static int
anthropic_open(const struct provider_parts *parts, struct provider **ret, struct err *err)
{
    return provider_new(sizeof(struct anthropic), init, anthropic_free, parts, ret, err);
}

/* Only where `prefill` says so: newer models refuse half an answer to go on behind. */
static bool
continues(const struct provider *p)
{
    return ((const struct anthropic *)(const void *)p)->options.prefill;
}

const struct provider_ops provider_anthropic = {
    .name = "anthropic",
    .help = "Claude at Anthropic, and servers that speak its Messages API",
    .settings = "id base_url key auth version betas ca_file stream prefill extra service_tier "
                "metadata cache cache_ttl connect_timeout first_byte_timeout stall_timeout",
    .open = anthropic_open,
    .free = anthropic_free,
    .carries = anthropic_carries,
    .credential = api_credential,
    .start = exchange_start,
    .cancel = exchange_cancel,
    .continues = continues,
};
