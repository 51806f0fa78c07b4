/* failure: why an attempt at a model's server came to nothing, and what that means for the next.
 *
 * The err is for a person: what happened, to which model, what to do (wrong key, no access, wrong
 * region, clock off). The kind is for the machine: retry.c decides by it. Filled by the tables of
 * each protocol: failure_aws.c, failure_anthropic.c, failure_openai.c. Never holds a credential,
 * never the customer's text. */
#ifndef MODEL_FAILURE_H
#define MODEL_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct http_head;

enum failure_kind {
    FAILURE_NONE,
    FAILURE_NETWORK,    /* no connection, reset, name not found */
    FAILURE_CUT,        /* the stream ended without its end marker, or broke its framing */
    FAILURE_TIMEOUT,    /* nothing came in time */
    FAILURE_THROTTLED,  /* too many requests: the whole model backs off, not one turn */
    FAILURE_OVERLOADED, /* the server failed or is starting: 5xx, 529 */
    FAILURE_ONCE,       /* worth one more try, no more: ModelTimeout, ModelError */
    FAILURE_REQUEST,    /* refused for what the request says */
    FAILURE_TOO_LONG,   /* refused for its length: less history may help */
    FAILURE_KEY,        /* wrong or missing key */
    FAILURE_EXPIRED,    /* credentials have run out: fresh ones, once */
    FAILURE_CLOCK,      /* our clock and theirs differ: corrected, once */
    FAILURE_ACCESS,     /* the key is good, the model not allowed */
    FAILURE_MODEL,      /* no such model here: wrong id, wrong region, needs an inference profile */
    FAILURE_QUOTA,      /* the account's money or allowance is used up: no retry helps */
    FAILURE_FORMAT,     /* the answer is not what the protocol says: a proxy's page */
    FAILURE_LOCAL,      /* ours: memory, a limit, refused before it was sent */
    FAILURE_KIND_COUNT
};
/* "throttled": for logs, JSON and `models test`. */
const char *failure_kind_name(enum failure_kind kind);

enum failure_advice { ADVICE_BY_KIND, ADVICE_RETRY, ADVICE_GIVE_UP }; /* the server's own word */

struct failure {
    enum failure_kind kind;
    enum failure_advice advice;
    int status;             /* HTTP, 0 when there was none */
    int64_t retry_after_ms; /* as the server asked; -1: it did not */
    char name[64];          /* the server's name for it: "ThrottlingException"; may be empty */
    struct err err;
};

/* Fill F: KIND, words, and a code by kind (THROTTLED and the like are ERR_REMOTE and retryable, KEY
 * and ACCESS ERR_AUTH, ...). The name is emptied; status, advice and retry_after_ms stay, for they
 * were read from the head before: F is `{0}` at first. */
#define failure_set(f, kind, ...) failure_set_at(f, kind, __FILE__, __LINE__, __VA_ARGS__)
void failure_set_at(struct failure *f, enum failure_kind kind, const char *file, int line,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* From a result (<0) and err of http_client; resets everything. A certificate that does not verify
 * is FAILURE_NETWORK with ADVICE_GIVE_UP. */
void failure_from_http(struct failure *f, int result, const struct err *err);
/* From an err of ours, also of what fetches credentials: ERR_AUTH is FAILURE_KEY, ERR_REMOTE and
 * ERR_TIMEOUT are as from http_client, all else is FAILURE_LOCAL; resets everything. */
void failure_from_err(struct failure *f, const struct err *err);
/* retry-after-ms, retry-after (seconds or a date against the answer's own Date), x-should-retry. */
void failure_read_headers(struct failure *f, const struct http_head *head);

/* The server's own name for it: cut to fit, control characters out. (Its message goes through
 * failure_set() as "%.*s", which does the same: a server's words are hostile like everybody's.) */
void failure_set_name(struct failure *f, struct str name);

#endif
