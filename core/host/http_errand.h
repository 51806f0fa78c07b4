/* http_errand: one request of a plugin, carried through to its one outcome.
 *
 * It checks all that the plugin wrote, asks the plugin's grants whether the server is allowed, puts
 * the secret in, sends the request, follows redirects where that was asked for, and judges each of
 * their targets like the first. What changes something is sent once, on a fresh connection; GET and
 * HEAD take one that a request of the same plugin left open, and are sent again where it is dead.
 * Addresses that are not public are refused unless `http_private` was granted, and proxies are then
 * not used (io/http_client.h). Four requests of one plugin are under way at once; further ones
 * wait, within their own time.
 *
 * Words for what went wrong name a server and a rule, never a URL's path, a header's value or a
 * secret. Everything is [loop]. No outcome comes inside http_errand_start() or
 * http_errand_cancel(). */
#ifndef HOST_HTTP_ERRAND_H
#define HOST_HTTP_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"
#include "io/http_client.h"

struct http_errand;
struct http_errands;
struct loop;
struct plugin_grants;

enum {
    HTTP_ERRANDS_AT_ONCE = 4, /* of one plugin */
    HTTP_ERRAND_HEADERS_MAX = 40,
    HTTP_ERRAND_HEADER_BYTES = 16 * 1024, /* names and values together, of a request */
    HTTP_ERRAND_BODY_BYTES = 1024 * 1024,
    HTTP_ERRAND_ANSWER_BYTES = 256 * 1024, /* where the request names no maximum */
    HTTP_ERRAND_ANSWER_MAX = 4 * 1024 * 1024,
    HTTP_ERRAND_ANSWER_HEAD = 24 * 1024, /* names and values together */
    HTTP_ERRAND_REDIRECTS = 5,
};

/* All errands of a desk. CA_FILE: whom they trust; empty: the system's. What sends them is made
 * when a plugin's first request comes. */
int http_errands_new(struct loop *l, struct str ca_file, struct http_errands **ret,
                     struct err *err) WARN_UNUSED;
/* No errand may be under way. NULL is fine. */
void http_errands_free(struct http_errands *e);
AUTO_DEFINE(http_errands, struct http_errands *, http_errands_free)

/* Borrowed for the call of http_errand_start(). */
struct http_errand_request {
    const void *plugin;                 /* whose it is: only compared, never anybody else's */
    const struct plugin_grants *grants; /* NULL: nothing is allowed. Until the outcome */
    struct str method;                  /* empty: GET */
    struct str url;
    const struct http_header *headers;
    size_t header_count;
    struct str body;
    struct str secret; /* its name */
    struct str secret_header;
    struct str secret_prefix;
    bool follow;
    bool dry_run;
    uint64_t timeout_ms; /* 0: until DEADLINE_MS */
    uint64_t answer_max; /* 0: HTTP_ERRAND_ANSWER_BYTES */
    int64_t deadline_ms; /* monotonic */
};

/* Borrowed for the call of the function that gets it. */
struct http_errand_result {
    unsigned code; /* DH_HTTP_OK or another of the plugin's header */
    int status;
    const struct http_header *headers; /* names in lower case, values valid UTF-8 in one line */
    size_t header_count;
    struct str body;
    struct str why; /* unless DH_HTTP_OK */
    bool answered;  /* a server was heard, of which the plugin may know */
};

typedef void (*http_errand_done)(void *arg, const struct http_errand_result *result);

/* 0: it is under way, and DONE is called once. Negative: it is over already. */
int http_errand_start(struct http_errands *e, const struct http_errand_request *request,
                      http_errand_done done, void *arg, struct http_errand **ret,
                      struct err *err) WARN_UNUSED;
/* Forget it; what was sent is sent. ERRAND is dead when it returns. */
void http_errand_cancel(struct http_errand *errand);

/* What a plugin is told (DH_HTTP_*) of a failure: ERR_INVALID is DH_HTTP_INVALID, ERR_AUTH
 * DH_HTTP_REFUSED, ERR_TIMEOUT and ERR_LIMIT as named, all others DH_HTTP_FAILED. [any] */
unsigned http_errand_code(int result);

#endif
