/* exchange: one HTTP request to a model's server and its answer, the same for all that speak HTTP.
 *
 * A provider that speaks HTTP embeds struct http_provider first and gives exchange_start and
 * exchange_cancel as its own `start` and `cancel`. The exchange asks its table to write the
 * request, sends it (what it was made of is let go at once, the body when the answer begins: calls
 * wait long, and there are many), chooses by status and content type between decoder and failure
 * table, feeds, and ends the attempt with the reply or the failure. The body of an answer that is
 * no 200 is collected up to EXCHANGE_ERROR_MAX and handed to the failure table. */
#ifndef MODEL_EXCHANGE_H
#define MODEL_EXCHANGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "io/http_client.h"
#include "model/decoder.h"
#include "model/provider.h"

enum { EXCHANGE_ERROR_MAX = 64 * 1024 };

struct http_provider;

/* Views in the arena given to `write`, or of what lives as long as the provider. */
struct exchange_request {
    struct str url;
    struct http_header headers[24];
    size_t header_count;
    struct buf body; /* owned, free with buf_done(); kept until the server has it */
};
/* Add a header; more than fit is a bug. */
void exchange_header(struct exchange_request *r, const char *name, struct str value);

enum { EXCHANGE_WAIT = 1 };

struct exchange_ops {
    /* Whatever must be there before a request can be written (credentials). 0: is there.
     * EXCHANGE_WAIT: READY(arg) or FAILED comes once, later, on the loop, unless `forget` came
     * first. <0. NULL: nothing is needed. */
    int (*prepare)(struct http_provider *p, void (*ready)(void *arg, const struct failure *failure),
                   void *arg, void **ret_token, struct err *err);
    void (*forget)(struct http_provider *p, void *token);
    /* Write the request, signed, once it was made ready (request_ready()): what the server would
     * refuse is refused here, ERR_INVALID in words, and nothing is sent. */
    int (*write)(struct http_provider *p, const struct model_request *request, struct arena *arena,
                 struct exchange_request *ret, struct err *err);
    /* A decoder for a 200 of this head; NULL when the head is none of an answer that was asked for
     * (FAILURE_FORMAT then), or memory ran out. */
    struct decoder *(*decoder)(struct http_provider *p, const struct http_head *head,
                               struct assembly *out);
    /* An answer that is no 200. F is reset and has its status; headers were read. */
    void (*failure)(struct http_provider *p, const struct http_head *head, struct str body,
                    struct failure *f);
};

struct http_provider {
    struct provider provider;
    const struct exchange_ops *exchange;
    struct provider_parts parts;
    struct http_client *http; /* NULL until the first start */
    /* From the settings, by http_provider_init(): */
    struct str model_id; /* `id` */
    struct str base_url; /* `base_url`, without a slash at its end; may be empty */
    struct str ca_file;
    bool stream; /* `stream`, default true */
    int64_t connect_ms;
    int64_t first_byte_ms;
    int64_t stall_ms;
    struct arena arena; /* its strings */
};

/* Read the settings all HTTP providers share. ERR_INVALID, ERR_NOMEM. */
int http_provider_init(struct http_provider *p, const struct provider_ops *ops,
                       const struct exchange_ops *exchange, const struct provider_parts *parts,
                       struct err *err) WARN_UNUSED;
void http_provider_done(struct http_provider *p);

/* provider_ops.start and .cancel */
int exchange_start(struct provider *p, const struct model_request *request,
                   const struct attempt_events *events, void *arg, struct attempt **ret,
                   struct err *err) WARN_UNUSED;
void exchange_cancel(struct attempt *attempt);

#endif
