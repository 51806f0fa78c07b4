/* provider: one attempt at one server. What the files provider_*.c implement.
 *
 * A provider knows one protocol and one configured model of it. It translates a request, sends it
 * once and hands back what came: text as it streams, then exactly one end. It never retries, never
 * falls back, never waits for a quota: route.c does that, once for all. One file a provider, one
 * row in providers.c.
 *
 * An implementation embeds struct provider first in its object and struct attempt first in its
 * attempts. Everything is [loop]. No event inside start; none after cancel. */
#ifndef MODEL_PROVIDER_H
#define MODEL_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "model/failure.h"
#include "model/model.h"

struct arena;
struct clock;
struct config;
struct http_client;
struct js;
struct loop;
struct models;
struct provider;
struct attempt;

struct attempt_end {
    const struct model_reply *reply; /* NULL: it failed */
    const struct failure *failure;   /* set then */
};

struct attempt_events {
    void (*text)(void *arg, struct str delta);
    /* Exactly once unless cancelled; END borrowed for the call; the attempt is dead after it. */
    void (*done)(void *arg, const struct attempt_end *end);
};

/* What a provider is opened with; all borrowed until it is freed. */
struct provider_parts {
    struct loop *loop;
    const struct clock *clock;
    const struct config *config; /* for secrets: config_secret_from() */
    struct str name;             /* the model's name in desk.yaml */
    const struct js *settings;   /* its map there, checked against the schema; NULL for embedded */
    /* The desk's HTTP client, made when first asked for. */
    int (*http)(void *arg, struct http_client **ret, struct err *err);
    void *http_arg;
};

struct provider_ops {
    const char *name;
    const char *help;     /* one line for `deskhand models list` */
    const char *settings; /* the keys it understands, separated by blanks; see settings.h */
    /* Opens no connection and reads no secret file that is not needed at once. ERR_INVALID says
     * which setting is missing or wrong. */
    int (*open)(const struct provider_parts *parts, struct provider **ret, struct err *err);
    void (*free)(struct provider *p);
    /* Where what it proves itself with comes from, in ARENA: "${OPENAI_API_KEY}", "profile shop,
     * eu-west-1", "no key". It was looked at, as far as no program and no server has to be asked;
     * it is never in the words. Fails as the first request would. NULL: there is nothing to
     * prove. */
    int (*credential)(struct provider *p, struct arena *arena, struct str *ret, struct err *err);
    /* Would this server refuse REQUEST? ERR_INVALID says why, in words. NULL: takes everything, or
     * says so when it is started (those that speak HTTP, which would do the work twice):
     * ERR_INVALID from `start`, or a FAILURE_LOCAL before anything is sent. */
    int (*check)(struct provider *p, const struct model_request *request, struct err *err);
    /* Would this server take ATTACHMENT, an image or a document, in a customer's message? Asked
     * before the message is taken at all: model_carries(). NULL: it takes everything. */
    int (*carries)(const struct block *attachment, struct err *err);
    /* REQUEST and EVENTS are borrowed until done or cancel. */
    int (*start)(struct provider *p, const struct model_request *request,
                 const struct attempt_events *events, void *arg, struct attempt **ret,
                 struct err *err);
    void (*cancel)(struct attempt *attempt);
    /* Does the server go on behind a half assistant's text (request.partial)? NULL: no. */
    bool (*continues)(const struct provider *p);
};

struct provider {
    const struct provider_ops *ops;
};

struct attempt {
    struct provider *provider;
};

/* For `open`: SIZE zeroed bytes, filled by INIT; where that fails RELEASE is called. */
int provider_new(size_t size,
                 int (*init)(struct provider *p, const struct provider_parts *parts,
                             struct err *err),
                 void (*release)(struct provider *p), const struct provider_parts *parts,
                 struct provider **ret, struct err *err) WARN_UNUSED;

/* Of the table in providers.c; NULL where none has that name. */
const struct provider_ops *provider_find(struct str name);

extern const struct provider_ops provider_embedded;
extern const struct provider_ops provider_bedrock;
extern const struct provider_ops provider_bedrock_invoke;
extern const struct provider_ops provider_anthropic;
extern const struct provider_ops provider_openai;

#endif
