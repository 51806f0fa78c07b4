/* aws_request: what the providers at Bedrock have in common: address, credentials, the signature,
 * and what a refusal for expired credentials or a wrong clock sets right.
 *
 * A provider embeds struct aws_provider first, gives aws_prepare, aws_forget and aws_failure to its
 * exchange's table, and ends its `write` with aws_authorize(). Settings read here: region, profile,
 * base_url and key (a Bedrock API key: sent as it is, nothing is signed).
 *
 * Files, environment and secrets are read when the first request is prepared, never at opening.
 * Everything is [loop]. */
#ifndef MODEL_AWS_REQUEST_H
#define MODEL_AWS_REQUEST_H

#include "model/exchange.h"
#include "model/failure_aws.h"

struct aws_source;

struct aws_provider {
    struct http_provider http;
    struct aws_source *source; /* NULL until the first request */
};

/* http_provider_init(); it owns no more than that until the first request. ERR_INVALID,
 * ERR_NOMEM. */
int aws_provider_init(struct aws_provider *p, const struct provider_ops *ops,
                      const struct exchange_ops *exchange, const struct provider_parts *parts,
                      struct err *err) WARN_UNUSED;
void aws_provider_done(struct aws_provider *p);

/* exchange_ops.prepare and .forget: a key or credentials that will do for the next request. */
int aws_prepare(struct http_provider *p, void (*ready)(void *arg, const struct failure *failure),
                void *arg, void **ret_token, struct err *err) WARN_UNUSED;
void aws_forget(struct http_provider *p, void *token);

/* provider_ops.credential: reads environment and files; asks no program and no server. */
int aws_credential(struct provider *p, struct arena *arena, struct str *ret,
                   struct err *err) WARN_UNUSED;

/* "https://bedrock-runtime.REGION.amazonaws.com/model/ID/OPERATION", the id one path label, in
 * ARENA. Only after aws_prepare(). ERR_NOTFOUND: nobody names a region; ERR_INVALID; ERR_NOMEM. */
int aws_model_url(struct aws_provider *p, const char *operation, struct arena *arena,
                  struct str *ret, struct err *err) WARN_UNUSED;

/* Prove who asks. R is complete (url, body, every other header) and gets host, date and
 * authorization: signed, or with the API key. */
int aws_authorize(struct aws_provider *p, struct arena *arena, struct exchange_request *r,
                  struct err *err) WARN_UNUSED;

/* For the words of failures; the region is empty before the first request. */
struct aws_place aws_place_of(struct aws_provider *p);

/* exchange_ops.failure: failure_aws's table, then its consequences: expired credentials are left
 * (FAILURE_EXPIRED), a clock that differs is corrected for every later request (FAILURE_CLOCK). */
void aws_failure(struct http_provider *p, const struct http_head *head, struct str body,
                 struct failure *f);

#endif
