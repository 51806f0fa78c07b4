#include "model/aws_request.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/must.h"
#include "config/config.h"
#include "model/api_key.h"
#include "model/aws_credentials.h"
#include "model/aws_plan.h"
#include "model/aws_sign.h"
#include "model/failure_aws.h"
#include "model/settings.h"

/* A request that waits for credentials: exchange's token. */
struct aws_pending {
    struct aws_provider *provider;
    struct aws_wait *wait;
    void (*ready)(void *arg, const struct failure *failure);
    void *arg;
};

static struct aws_provider *
aws_of(struct http_provider *p)
{
    return (struct aws_provider *)(void *)p;
}

int
aws_provider_init(struct aws_provider *p, const struct provider_ops *ops,
                  const struct exchange_ops *exchange, const struct provider_parts *parts,
                  struct err *err)
{
    p->source = NULL;
    return http_provider_init(&p->http, ops, exchange, parts, err);
}

void
aws_provider_done(struct aws_provider *p)
{
    aws_source_free(p->source);
    p->source = NULL;
    http_provider_done(&p->http);
}

/* ---- Credentials ------------------------------------------------------------------------------*/

static int
read_secret(const struct aws_provider *p, const char *setting, struct secret **ret, struct err *err)
{
    const struct provider_parts *parts = &p->http.parts;
    return setting_secret(parts->config, parts->name, parts->settings, setting, ret, err);
}

static struct str
reveal(const struct secret *s)
{
    return s ? secret_reveal(s) : (struct str){0};
}

static int
make_source(struct aws_provider *p, struct err *err)
{
    const struct provider_parts *parts = &p->http.parts;
    AUTO(secret) struct secret *key = NULL;
    AUTO(secret) struct secret *access_key = NULL;
    AUTO(secret) struct secret *secret_key = NULL;
    AUTO(secret) struct secret *session_token = NULL;
    int result = read_secret(p, "key", &key, err);
    result = result < 0 ? result : read_secret(p, "access_key", &access_key, err);
    result = result < 0 ? result : read_secret(p, "secret_key", &secret_key, err);
    result = result < 0 ? result : read_secret(p, "session_token", &session_token, err);
    if (result < 0) {
        return result;
    }
    const struct aws_options options = {
        .api_key = reveal(key),
        .access_key = reveal(access_key),
        .secret_key = reveal(secret_key),
        .session_token = reveal(session_token),
        .profile = js_get_text(parts->settings, "profile"),
        .region = js_get_text(parts->settings, "region"),
        .base_url = p->http.base_url,
        .loop = parts->loop,
        .clock = parts->clock,
        .http = parts->http,
        .http_arg = parts->http_arg,
    };
    return aws_source_new(&options, &p->source, err);
}

static void
on_ready(void *arg, const struct err *err)
{
    struct aws_pending pending = *(struct aws_pending *)arg;
    struct failure failure = {0};
    mem_free(arg);
    if (err) {
        failure_from_err(&failure, err);
    }
    pending.ready(pending.arg, err ? &failure : NULL);
}

int
aws_prepare(struct http_provider *http, void (*ready)(void *arg, const struct failure *failure),
            void *arg, void **ret_token, struct err *err)
{
    struct aws_provider *p = aws_of(http);
    int result = p->source ? 0 : make_source(p, err);
    if (result < 0) {
        return result;
    }
    struct aws_pending *pending = mem_zero(1, sizeof(*pending));
    if (!pending) {
        return err_nomem(err);
    }
    *pending = (struct aws_pending){.provider = p, .ready = ready, .arg = arg};
    result = aws_source_get(p->source, on_ready, pending, &pending->wait, err);
    if (result != AWS_WAIT) {
        mem_free(pending);
        return result;
    }
    *ret_token = pending;
    return EXCHANGE_WAIT;
}

void
aws_forget(struct http_provider *http, void *token)
{
    struct aws_pending *pending = token;
    aws_source_forget(aws_of(http)->source, pending->wait);
    mem_free(pending);
}

/* The words for where credentials would come from. */
static int
find_origin(const struct aws_provider *p, struct arena *arena, struct str *ret, struct err *err)
{
    const struct js *settings = p->http.parts.settings;
    AUTO(aws_plan) struct aws_plan plan = {0};
    struct str key = js_get_text(settings, "key");
    key = key.len ? key : js_get_text(settings, "access_key");
    const struct aws_given given = {.profile = js_get_text(settings, "profile")};
    if (key.len) {
        *ret = key;
        return 0;
    }
    int result = aws_plan_make(&given, clock_wall_ms(p->http.parts.clock), &plan, err);
    if (result == 0) {
        bool asks = plan.method == AWS_BY_CONTAINER || plan.method == AWS_BY_MACHINE;
        *ret =
            arena_printf(arena, "%" STR_FMT "%s", STR_ARG(plan.origin), asks ? " (not asked)" : "");
        result = ret->ptr ? 0 : err_nomem(err);
    }
    return result;
}

int
aws_credential(struct provider *provider, struct arena *arena, struct str *ret, struct err *err)
{
    struct aws_provider *p = (struct aws_provider *)(void *)provider;
    struct str origin = {0};
    struct str region = {0};
    int result = p->source ? 0 : make_source(p, err);
    if (result == 0) {
        result = find_origin(p, arena, &origin, err);
    }
    if (result == 0) {
        result = aws_source_region(p->source, &region, err);
    }
    if (result < 0) {
        return result;
    }
    *ret = arena_printf(arena, "%" STR_FMT ", %" STR_FMT, STR_ARG(origin), STR_ARG(region));
    return ret->ptr ? 0 : err_nomem(err);
}

/* ---- A request --------------------------------------------------------------------------------*/

int
aws_model_url(struct aws_provider *p, const char *operation, struct arena *arena, struct str *ret,
              struct err *err)
{
    struct str base;
    int result = aws_source_endpoint(p->source, &base, err);
    if (result < 0) {
        return result;
    }
    struct str id = aws_path_segment(arena, p->http.model_id);
    struct str url = arena_printf(arena, "%" STR_FMT "/model/%" STR_FMT "/%s", STR_ARG(base),
                                  STR_ARG(id), operation);
    if (!id.ptr || !url.ptr) {
        return err_nomem(err);
    }
    *ret = url;
    return 0;
}

/* What of URL goes into the head of a request. */
static void
split_url(struct str url, struct str *ret_host, struct str *ret_path, struct str *ret_query)
{
    size_t scheme = str_find(url, STR("://"), 0);
    struct str rest = str_sub(url, scheme == SIZE_MAX ? 0 : scheme + 3, SIZE_MAX);
    size_t slash = str_find_char(rest, '/', 0);
    struct str path = str_sub(rest, slash, SIZE_MAX);
    size_t mark = str_find_char(path, '?', 0);
    *ret_host = str_sub(rest, 0, slash);
    *ret_path = str_sub(path, 0, mark);
    *ret_query = mark == SIZE_MAX ? (struct str){0} : str_sub(path, mark + 1, SIZE_MAX);
}

static int
add_signature(struct aws_provider *p, const struct aws_credentials *keys, struct arena *arena,
              struct exchange_request *r, struct err *err)
{
    struct aws_signature signature;
    struct aws_sign_request request = {
        .method = STR("POST"),
        .body = buf_str(&r->body),
        .service = STR("bedrock"),
        .wall_ms = aws_source_now_ms(p->source),
        .credentials = keys,
        .normalize_path = true,
    };
    int result = aws_source_region(p->source, &request.region, err);
    if (result < 0) {
        return result;
    }
    struct str host;
    split_url(r->url, &host, &request.path, &request.query);
    /* Sent as it was signed, whatever the client would make of the URL. */
    exchange_header(r, "host", host);
    request.headers = r->headers;
    request.header_count = r->header_count;
    result = aws_sign(&request, arena, &signature, err);
    for (size_t i = 0; result == 0 && i < signature.header_count; i++) {
        must(r->header_count < sizeof(r->headers) / sizeof(r->headers[0]));
        r->headers[r->header_count++] = signature.headers[i];
    }
    return result;
}

int
aws_authorize(struct aws_provider *p, struct arena *arena, struct exchange_request *r,
              struct err *err)
{
    struct str key = aws_source_api_key(p->source);
    const struct aws_credentials *keys = aws_source_keys(p->source);
    if (key.len) {
        return api_bearer(key, arena, r, err);
    }
    must(keys);
    return add_signature(p, keys, arena, r, err);
}

/* ---- A refusal --------------------------------------------------------------------------------*/

struct aws_place
aws_place_of(struct aws_provider *p)
{
    struct err ignored = {0};
    struct aws_place place = {.model = p->http.parts.name, .id = p->http.model_id};
    if (!p->source || aws_source_region(p->source, &place.region, &ignored) < 0) {
        place.region = (struct str){0};
    }
    return place;
}

void
aws_failure(struct http_provider *http, const struct http_head *head, struct str body,
            struct failure *f)
{
    struct aws_provider *p = aws_of(http);
    struct aws_place place = aws_place_of(p);
    failure_aws(f, &place, head, body);
    if (f->kind == FAILURE_EXPIRED) {
        aws_source_expire(p->source);
    } else if (aws_is_clock_refusal(str_c(f->name)) && aws_source_learn_clock(p->source, head)) {
        char name[sizeof(f->name)];
        memcpy(name, f->name, sizeof(name));
        failure_set(f, FAILURE_CLOCK,
                    "%" STR_FMT ": this machine's clock is minutes off Bedrock's: set it; until "
                    "then requests are signed with Bedrock's time",
                    STR_ARG(place.model));
        failure_set_name(f, str_c(name));
    }
}
