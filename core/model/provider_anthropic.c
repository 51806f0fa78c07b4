#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "config/config.h"
#include "model/exchange.h"
#include "model/failure_anthropic.h"
#include "model/settings.h"
#include "model/tools_memo.h"
#include "model/validate.h"
#include "model/wire_anthropic.h"

/* The provider `anthropic`: one POST to BASE/v1/messages.
 *
 * Without base_url it is Anthropic itself, which wants a key: ANTHROPIC_API_KEY's where none is
 * set. A server of another name is asked without one unless `key` says so: a key must not go where
 * nobody sent it. */
enum { ANTHROPIC_MAGIC = 0x616e7468 };

#define ANTHROPIC_URL "https://api.anthropic.com"

struct anthropic {
    struct http_provider http;
    unsigned magic;
    struct anthropic_options options;
    struct tools_memo memo;
    bool keyless; /* none is set and none is needed */
    bool bearer;
    struct str url;
    struct str betas;   /* "a,b" */
    struct secret *key; /* NULL until the first request, and when keyless */
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
prepare(struct http_provider *p, void (*ready)(void *arg, const struct failure *failure), void *arg,
        void **ret_token, struct err *err)
{
    struct anthropic *a = anthropic_of(p);
    (void)ready;
    (void)arg;
    (void)ret_token;
    if (a->key || a->keyless) {
        return 0;
    }
    int result =
        setting_secret(p->parts.config, p->parts.name, p->parts.settings, "key", &a->key, err);
    if (result != CONFIG_UNSET) {
        return result;
    }
    struct str what = arena_printf(&a->arena, "models.%" STR_FMT ".key", STR_ARG(p->parts.name));
    return what.ptr ? config_secret_from(p->parts.config, what.ptr, STR("${ANTHROPIC_API_KEY}"),
                                         &a->key, err)
                    : err_nomem(err);
}

static void
wipe(void *text)
{
    explicit_bzero(text, strlen(text));
}

static int
add_key(const struct anthropic *a, struct arena *arena, struct exchange_request *r, struct err *err)
{
    if (!a->key) {
        return 0;
    }
    if (!a->bearer) {
        exchange_header(r, "x-api-key", secret_reveal(a->key));
        return 0;
    }
    struct str value = arena_printf(arena, "Bearer %" STR_FMT, STR_ARG(secret_reveal(a->key)));
    if (!value.ptr || arena_defer(arena, wipe, (char *)(uintptr_t)value.ptr) < 0) {
        return err_nomem(err);
    }
    exchange_header(r, "authorization", value);
    return 0;
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
    .prepare = prepare,
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
    const struct http_provider *p = &a->http;
    const struct js *s = p->parts.settings;
    struct str base = p->base_url.len ? p->base_url : STR(ANTHROPIC_URL);
    int result = anthropic_options_read(p->parts.name, s, false, &a->arena, &a->options, err);
    if (result < 0) {
        return result;
    }
    a->keyless = p->base_url.len > 0 && js_get_text(s, "key").len == 0;
    a->bearer = str_eq_c(js_get_text(s, "auth"), "bearer");
    a->url = arena_printf(&a->arena, "%" STR_FMT "/v1/messages", STR_ARG(base));
    a->betas = join_betas(a->options.betas, &a->arena);
    return a->arena.starved ? err_nomem(err) : 0;
}

static void
free_anthropic(struct anthropic *a)
{
    secret_free(a->key);
    http_provider_done(&a->http);
    tools_memo_done(&a->memo);
    arena_done(&a->arena);
    mem_free(a);
}

static int
anthropic_open(const struct provider_parts *parts, struct provider **ret, struct err *err)
{
    struct anthropic *a = mem_zero(1, sizeof(*a));
    if (!a) {
        return err_nomem(err);
    }
    a->magic = ANTHROPIC_MAGIC;
    int result = http_provider_init(&a->http, &provider_anthropic, &exchange, parts, err);
    if (result == 0) {
        result = read_settings(a, err);
    }
    if (result < 0) {
        free_anthropic(a);
        return result;
    }
    *ret = &a->http.provider;
    return 0;
}

static void
anthropic_free(struct provider *p)
{
    free_anthropic(anthropic_of((struct http_provider *)(void *)p));
}

/* Only where `prefill` says so: newer models refuse half an answer to go on behind. */
static bool
continues(const struct provider *p)
{
    return ((const struct anthropic *)(const void *)p)->options.prefill;
}

static int
credential(struct provider *provider, struct arena *arena, struct str *ret, struct err *err)
{
    const struct anthropic *a = anthropic_of((struct http_provider *)(void *)provider);
    const struct provider_parts *p = &a->http.parts;
    return setting_credential(p->config, p->name, p->settings, STR("${ANTHROPIC_API_KEY}"),
                              a->keyless, arena, ret, err);
}

const struct provider_ops provider_anthropic = {
    .name = "anthropic",
    .help = "Claude at Anthropic, and servers that speak its Messages API",
    .settings = "id base_url key auth version betas ca_file stream prefill extra service_tier "
                "metadata cache cache_ttl connect_timeout first_byte_timeout stall_timeout",
    .open = anthropic_open,
    .free = anthropic_free,
    .carries = anthropic_carries,
    .credential = credential,
    .start = exchange_start,
    .cancel = exchange_cancel,
    .continues = continues,
};
