/* aws_request: what the providers at Bedrock have in common: region and address, credentials, the
 * signature, and what a refusal for expired credentials or a wrong clock sets right.
 *
 * A provider embeds struct aws_provider first, gives aws_prepare and aws_forget as its exchange's
 * `prepare` and `forget`, ends its `write` with aws_authorize() and its `failure` with
 * aws_failure(). Settings read here: region, profile, key (a Bedrock API key: sent as it is,
 * nothing is signed), base_url.
 *
 * A secret is read when the first request is prepared, never at opening. Everything is [loop]. */
#ifndef MODEL_AWS_REQUEST_H
#define MODEL_AWS_REQUEST_H

#include "model/exchange.h"

struct aws_credentials;
struct secret;

struct aws_provider {
    struct http_provider http;
    struct aws_credentials *credentials; /* NULL until the first request, and with a key */
    struct secret *key;                  /* the API key; NULL until the first request */
    struct str region;                   /* empty until the first request, where not configured */
    int64_t skew_ms;                     /* the server's clock minus ours, as its refusals told */
    struct arena arena;                  /* region and such, found at the first request */
};

/* Read the settings, http_provider_init() included. ERR_INVALID, ERR_NOMEM. */
int aws_provider_init(struct aws_provider *p, const struct provider_ops *ops,
                      const struct exchange_ops *exchange, const struct provider_parts *parts,
                      struct err *err) WARN_UNUSED;
void aws_provider_done(struct aws_provider *p);

/* exchange_ops.prepare and .forget: a key or credentials that will do for the next request. */
int aws_prepare(struct http_provider *p, void (*ready)(void *arg, const struct failure *failure),
                void *arg, void **ret_token, struct err *err) WARN_UNUSED;
void aws_forget(struct http_provider *p, void *token);

/* "https://bedrock-runtime.REGION.amazonaws.com/model/ID/OPERATION", the id one path label, in
 * ARENA; ptr NULL when memory ran out. Only after aws_prepare(). */
struct str aws_model_url(const struct aws_provider *p, const char *operation, struct arena *arena);

/* Prove who asks. R is complete (url, body, every header) but for host, date and authorization,
 * which are added: signed, or with the API key. */
int aws_authorize(struct aws_provider *p, struct arena *arena, struct exchange_request *r,
                  struct err *err) WARN_UNUSED;

/* exchange_ops.failure: fill F by failure_aws's table, then draw the consequences: expired
 * credentials are forgotten, and a clock that differs by four minutes or more is corrected
 * (FAILURE_CLOCK) for every request from now on. */
void aws_failure(struct http_provider *p, const struct http_head *head, struct str body,
                 struct failure *f);
/* The same consequence for a failure that came inside a stream. */
void aws_stream_failed(struct aws_provider *p, const struct failure *f);

#endif
