#include "model/api_key.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "config/config.h"

int
api_provider_init(struct api_provider *p, const struct provider_ops *ops,
                  const struct exchange_ops *exchange, const struct provider_parts *parts,
                  struct str variable, struct err *err)
{
    int result = http_provider_init(&p->http, ops, exchange, parts, err);
    p->variable = variable;
    p->keyless = p->http.base_url.len > 0 && js_get_text(parts->settings, "key").len == 0;
    return result;
}

void
api_provider_done(struct api_provider *p)
{
    secret_free(p->key);
    p->key = NULL;
    http_provider_done(&p->http);
}

/* SPEC: where it comes from. */
static int
read_key(const struct api_provider *p, struct str spec, struct secret **ret, struct err *err)
{
    char what[128];
    (void)snprintf(what, sizeof(what), "models.%" STR_FMT ".key", STR_ARG(p->http.parts.name));
    return config_secret_from(p->http.parts.config, what, spec, ret, err);
}

static struct str
spec_of(const struct api_provider *p)
{
    struct str spec = js_get_text(p->http.parts.settings, "key");
    return spec.len ? spec : p->variable;
}

int
api_prepare(struct http_provider *http, void (*ready)(void *arg, const struct failure *failure),
            void *arg, void **ret_token, struct err *err)
{
    struct api_provider *p = (struct api_provider *)(void *)http;
    (void)ready;
    (void)arg;
    (void)ret_token;
    return p->key || p->keyless ? 0 : read_key(p, spec_of(p), &p->key, err);
}

int
api_credential(struct provider *provider, struct arena *arena, struct str *ret, struct err *err)
{
    const struct api_provider *p = (const struct api_provider *)(void *)provider;
    AUTO(secret) struct secret *key = NULL;
    if (p->keyless) {
        *ret = STR("no key");
        return 0;
    }
    int result = read_key(p, spec_of(p), &key, err);
    if (result < 0) {
        return result;
    }
    *ret = arena_str(arena, spec_of(p));
    return ret->ptr ? 0 : err_nomem(err);
}

static void
wipe(void *text)
{
    explicit_bzero(text, strlen(text));
}

int
api_bearer(struct str key, struct arena *arena, struct exchange_request *r, struct err *err)
{
    struct str value = arena_printf(arena, "Bearer %" STR_FMT, STR_ARG(key));
    if (!value.ptr || arena_defer(arena, wipe, (char *)(uintptr_t)value.ptr) < 0) {
        return err_nomem(err);
    }
    exchange_header(r, "authorization", value);
    return 0;
}
