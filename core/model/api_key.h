/* api_key: what the providers have in common whose servers know a caller by one key.
 *
 * At the service itself (no base_url) a key is wanted: the service's own variable's where `key` is
 * not set. A server of another name is asked without one unless `key` says so: a key must not go
 * where nobody sent it. It is read when the first request is prepared, never at opening.
 *
 * A provider embeds struct api_provider first and gives api_prepare to its exchange's table and
 * api_credential to its own. Everything is [loop]. */
#ifndef MODEL_API_KEY_H
#define MODEL_API_KEY_H

#include "model/exchange.h"

struct secret;

struct api_provider {
    struct http_provider http;
    struct str variable; /* "${OPENAI_API_KEY}": the service's own */
    bool keyless;        /* none is set and none is needed */
    struct secret *key;  /* NULL until the first request, and when keyless */
};

/* http_provider_init(). VARIABLE lives as long as P. ERR_INVALID, ERR_NOMEM. */
int api_provider_init(struct api_provider *p, const struct provider_ops *ops,
                      const struct exchange_ops *exchange, const struct provider_parts *parts,
                      struct str variable, struct err *err) WARN_UNUSED;
/* Wipes the key. */
void api_provider_done(struct api_provider *p);

/* exchange_ops.prepare: the key is there, or none is wanted. */
int api_prepare(struct http_provider *p, void (*ready)(void *arg, const struct failure *failure),
                void *arg, void **ret_token, struct err *err) WARN_UNUSED;
/* provider_ops.credential: the key can be read; its reference is the words. */
int api_credential(struct provider *p, struct arena *arena, struct str *ret,
                   struct err *err) WARN_UNUSED;

/* The header "authorization: Bearer KEY", its value in ARENA and wiped with it. ERR_NOMEM. */
int api_bearer(struct str key, struct arena *arena, struct exchange_request *r,
               struct err *err) WARN_UNUSED;

#endif
