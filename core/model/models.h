/* models: the models a desk has, by name, as its configuration says.
 *
 * `models` in desk.yaml maps a name to a provider and its settings; "embedded" is always there.
 * models_get() gives a model ready to be asked: in front of its provider stand its quotas (a call
 * waits its turn), its retries, its circuit breaker, and behind it the list `model.fallback`, down
 * to whatever stands last there. One http client, one set of quotas and breakers serve all models
 * and turns of the process.
 *
 * Opening reads and checks settings and nothing else: no connection, no secret of a model that is
 * not asked for. Everything is [loop]. */
#ifndef MODEL_MODELS_H
#define MODEL_MODELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct arena;
struct clock;
struct config;
struct loop;
struct model;
struct models;

struct models_parts { /* all borrowed until models_free() */
    struct loop *loop;
    const struct clock *clock;
    const struct config *config;
};

/* ERR_INVALID names the model and the setting. */
int models_new(const struct models_parts *parts, struct models **ret, struct err *err) WARN_UNUSED;
/* Frees the models it gave, too: no call may be under way. NULL is fine. */
void models_free(struct models *m);
AUTO_DEFINE(models, struct models *, models_free)

/* The model NAME with the desk's fallbacks behind it; owned by M. ERR_NOTFOUND lists what there
 * is; ERR_INVALID. */
int models_get(struct models *m, struct str name, struct model **ret, struct err *err) WARN_UNUSED;
/* The same, asked once and never replaced: for `models test`. */
int models_get_alone(struct models *m, struct str name, struct model **ret,
                     struct err *err) WARN_UNUSED;

/* Could NAME be asked? Its settings are right and what it proves itself with could be read; no
 * server is asked. *RET says in ARENA where that comes from ("${OPENAI_API_KEY}", "profile shop,
 * eu-west-1"); empty: it needs nothing. Fails as the first call would, in its words. */
int models_check(struct models *m, struct str name, struct arena *arena, struct str *ret,
                 struct err *err) WARN_UNUSED;

/* The name at INDEX of `model.fallback`; empty behind the last. */
struct str models_fallback(const struct models *m, size_t index);

struct models_entry {
    struct str name;
    struct str provider;
    struct str id;               /* the provider's name for it; empty: embedded */
    const char *help;            /* of the provider */
    int64_t context_tokens;      /* 0: not said */
    bool extra; /* `extra` is set: what it sends may ask for longer replies */
    int64_t requests_per_minute; /* 0: no limit */
    int64_t tokens_per_minute;   /* likewise */
};
/* False behind the last. Embedded is the first. */
bool models_at(const struct models *m, size_t index, struct models_entry *ret);

#endif
