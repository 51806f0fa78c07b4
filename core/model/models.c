/* What is read when: models_new() reads names and settings and refuses what is wrong with them;
 * a provider is opened when its model is first asked for, alone or behind another; the HTTP client
 * is made when the first provider sends something. */
#include "model/models.h"

#include <sys/random.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/must.h"
#include "config/config.h"
#include "io/http_client.h"
#include "model/breaker.h"
#include "model/provider.h"
#include "model/quota.h"
#include "model/route.h"
#include "model/settings.h"

struct entry {
    struct str name;
    const struct provider_ops *ops;
    const struct js *settings; /* NULL: embedded, which has none */
    /* Once it was asked for: */
    struct provider *provider;
    struct breaker breaker;
    struct quota *quota;
    struct route_entry route;
    struct model *model; /* with the fallbacks */
    struct model *alone;
};

struct models {
    struct models_parts parts;
    struct arena arena;
    struct http_client *http; /* NULL until somebody needs it */
    struct entry *entries;    /* embedded, then desk.yaml's in their order */
    size_t count;
    struct js *fallback; /* names */
};

static struct entry *
find(struct models *m, struct str name)
{
    for (size_t i = 0; i < m->count; i++) {
        if (str_eq(m->entries[i].name, name)) {
            return &m->entries[i];
        }
    }
    return NULL;
}

/* ---- Reading ---------------------------------------------------------------------------------*/

static int
read_entry(struct entry *e, const struct js_member *member, struct err *err)
{
    struct str provider = js_get_text(member->value, "provider");
    *e = (struct entry){
        .name = member->key,
        .ops = provider_find(provider),
        .settings = member->value,
    };
    if (!e->ops) {
        return err_set(err, ERR_INVALID,
                       "models.%" STR_FMT ": provider: there is none called %" STR_FMT,
                       STR_ARG(e->name), STR_ARG(provider));
    }
    return settings_check(e->name, e->settings, e->ops, err);
}

static int
read_entries(struct models *m, struct err *err)
{
    struct js *models;
    struct js_member member;
    int result = js_parse(config_json(m->parts.config, "models"), &m->arena, &models, err);
    if (result < 0) {
        return result;
    }
    m->entries = arena_zero(&m->arena, js_count(models) + 1, sizeof(*m->entries));
    if (!m->entries) {
        return err_nomem(err);
    }
    m->entries[m->count++] = (struct entry){.name = STR("embedded"), .ops = &provider_embedded};
    for (struct js_iter it = js_iter(models); js_next(&it, &member);) {
        result = read_entry(&m->entries[m->count], &member, err);
        if (result < 0) {
            return result;
        }
        m->count++;
    }
    return 0;
}

/* "embedded, claude, local" */
static int
refuse_name(const struct models *m, const char *what, struct str name, enum err_code code,
            struct err *err)
{
    AUTO(buf) struct buf names;
    buf_init(&names, ERR_MESSAGE_MAX);
    for (size_t i = 0; i < m->count; i++) {
        buf_printf(&names, "%s%" STR_FMT, i ? ", " : "", STR_ARG(m->entries[i].name));
    }
    struct str list = buf_str(&names);
    return err_set(err, code, "%s: there is no model called '%" STR_FMT "'; there is: %" STR_FMT,
                   what, STR_ARG(name), STR_ARG(list));
}

static int
read_fallback(struct models *m, struct err *err)
{
    struct str text = config_json(m->parts.config, "model.fallback");
    int result = js_parse(text, &m->arena, &m->fallback, err);
    for (size_t i = 0; result == 0 && i < js_count(m->fallback); i++) {
        struct str name = js_text(js_at(m->fallback, i));
        if (!find(m, name)) {
            result = refuse_name(m, "model.fallback", name, ERR_INVALID, err);
        }
    }
    return result;
}

int
models_new(const struct models_parts *parts, struct models **ret, struct err *err)
{
    AUTO(models) struct models *m = mem_zero(1, sizeof(*m));
    if (!m) {
        return err_nomem(err);
    }
    m->parts = *parts;
    int result = read_entries(m, err);
    if (result == 0) {
        result = read_fallback(m, err);
    }
    if (result < 0) {
        return result;
    }
    *ret = TAKE(m);
    return 0;
}

static void
close_entry(struct entry *e)
{
    quota_free(e->quota);
    if (e->provider) {
        e->ops->free(e->provider);
    }
}

void
models_free(struct models *m)
{
    if (!m) {
        return;
    }
    /* A model leads to other entries' providers and quotas: all models go first. */
    for (size_t i = 0; i < m->count; i++) {
        model_free(m->entries[i].model);
        model_free(m->entries[i].alone);
    }
    for (size_t i = 0; i < m->count; i++) {
        close_entry(&m->entries[i]);
    }
    http_client_free(m->http);
    arena_done(&m->arena);
    mem_free(m);
}

/* ---- Opening ---------------------------------------------------------------------------------*/

static int
get_http(void *arg, struct http_client **ret, struct err *err)
{
    struct models *m = arg;
    if (!m->http) {
        int result =
            http_client_new(m->parts.loop, &(struct http_client_options){0}, &m->http, err);
        if (result < 0) {
            return result;
        }
    }
    *ret = m->http;
    return 0;
}

static int
open_quota(struct models *m, struct entry *e, struct err *err)
{
    const struct quota_limits limits = {
        .requests_per_minute = js_get_int(e->settings, "requests_per_minute", 0),
        .tokens_per_minute = js_get_int(e->settings, "tokens_per_minute", 0),
        .waiting = js_get_int(e->settings, "waiting", QUOTA_WAITING),
    };
    if (e->quota || (limits.requests_per_minute == 0 && limits.tokens_per_minute == 0)) {
        return 0;
    }
    return quota_new(m->parts.loop, m->parts.clock, e->name, &limits, &e->quota, err);
}

static int
open_provider(struct models *m, struct entry *e, struct err *err)
{
    const struct provider_parts parts = {
        .loop = m->parts.loop,
        .clock = m->parts.clock,
        .config = m->parts.config,
        .name = e->name,
        .settings = e->settings,
        .http = get_http,
        .http_arg = m,
    };
    breaker_init(&e->breaker, m->parts.clock);
    return e->ops->open(&parts, &e->provider, err);
}

/* Make E ready to be asked; does nothing the second time. */
static int
open_entry(struct models *m, struct entry *e, struct err *err)
{
    struct model_params params;
    if (e->provider) {
        return 0;
    }
    int result = setting_params(e->settings, &m->arena, &params, err);
    if (result == 0) {
        result = open_quota(m, e, err);
    }
    if (result == 0) {
        result = open_provider(m, e, err);
    }
    if (result < 0) {
        return result;
    }
    e->route = (struct route_entry){
        .name = e->name,
        .provider = e->provider,
        .params = params,
        .breaker = &e->breaker,
        .quota = e->quota,
        .rules =
            {
                .attempts = (int)js_get_int(e->settings, "attempts", RETRY_ATTEMPTS),
                .time_ms = setting_ms(e->settings, "retry_time", RETRY_TIME_MS),
            },
    };
    return 0;
}

static int
make_route(struct models *m, const struct route_entry *entries, size_t count, struct model **ret,
           struct err *err)
{
    struct route_parts parts = {.loop = m->parts.loop, .clock = m->parts.clock};
    uint64_t seed;
    /* Under 256 bytes it neither fails nor returns short once the kernel is seeded. */
    must(getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed));
    retry_random_init(&parts.random, seed);
    return route_new(&parts, entries, count, ret, err);
}

/* E and whoever stands in for it. Embedded needs nobody: it has nothing that could fail. */
static int
make_model(struct models *m, struct entry *e, struct err *err)
{
    size_t count = 0;
    size_t fallbacks = e->settings ? js_count(m->fallback) : 0;
    struct route_entry *entries = arena_zero(&m->arena, fallbacks + 1, sizeof(*entries));
    if (!entries) {
        return err_nomem(err);
    }
    entries[count++] = e->route;
    for (size_t i = 0; i < fallbacks; i++) {
        struct entry *other = find(m, js_text(js_at(m->fallback, i)));
        if (other == e) {
            continue;
        }
        int result = open_entry(m, other, err);
        if (result < 0) {
            (void)err_wrap(err, "model.fallback");
            return result;
        }
        entries[count++] = other->route;
    }
    return make_route(m, entries, count, &e->model, err);
}

static int
get(struct models *m, struct str name, struct entry **ret, struct err *err)
{
    struct entry *e = find(m, name);
    if (!e) {
        return refuse_name(m, "model", name, ERR_NOTFOUND, err);
    }
    int result = open_entry(m, e, err);
    if (result == 0) {
        *ret = e;
    }
    return result;
}

int
models_get(struct models *m, struct str name, struct model **ret, struct err *err)
{
    struct entry *e = NULL;
    int result = get(m, name, &e, err);
    if (result == 0 && !e->model) {
        result = make_model(m, e, err);
    }
    if (result == 0) {
        *ret = e->model;
    }
    return result;
}

/* The quota stands, the breaker does not: who tests wants to hear what the server says. */
int
models_get_alone(struct models *m, struct str name, struct model **ret, struct err *err)
{
    struct entry *e = NULL;
    int result = get(m, name, &e, err);
    if (result == 0 && !e->alone) {
        struct route_entry alone = e->route;
        alone.breaker = NULL;
        alone.rules.attempts = 1;
        result = make_route(m, &alone, 1, &e->alone, err);
    }
    if (result == 0) {
        *ret = e->alone;
    }
    return result;
}

int
models_check(struct models *m, struct str name, struct arena *arena, struct str *ret,
             struct err *err)
{
    struct entry *e = NULL;
    int result = get(m, name, &e, err);
    if (result < 0) {
        return result;
    }
    *ret = (struct str){0};
    return e->ops->credential ? e->ops->credential(e->provider, arena, ret, err) : 0;
}

struct str
models_fallback(const struct models *m, size_t index)
{
    return js_text(js_at(m->fallback, index));
}

bool
models_at(const struct models *m, size_t index, struct models_entry *ret)
{
    if (index >= m->count) {
        return false;
    }
    const struct entry *e = &m->entries[index];
    *ret = (struct models_entry){
        .name = e->name,
        .provider = str_c(e->ops->name),
        .id = js_get_text(e->settings, "id"),
        .help = e->ops->help,
        .context_tokens = js_get_int(e->settings, "context_tokens", 0),
        .extra = js_get_c(e->settings, "extra") != NULL,
        .requests_per_minute = js_get_int(e->settings, "requests_per_minute", 0),
        .tokens_per_minute = js_get_int(e->settings, "tokens_per_minute", 0),
    };
    return true;
}
