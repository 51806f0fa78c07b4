/* http_client: requests to servers, any number side by side, on the loop. curl behind one door.
 *
 * A call streams its answer: the head once, then the body's bytes as they come, then exactly one
 * done. Nothing is interpreted: a 500 is an answer like a 200, and whether a body is whole is for
 * its own format to say (a server that dies under HTTP/1.1 without a length looks like success).
 *
 * Chosen deliberately (measured): certificates are verified against one file, never a
 * directory (a directory costs some 900 KB and 20 ms a connection); redirects are not followed, for
 * they would carry a key elsewhere; only http and https; no 100-continue wait; no compression; a
 * receive buffer of 1 KB; connections are kept and reused, and recreated after some minutes so
 * that name changes are seen. Names are resolved off the loop. Plain HTTP is HTTP/1.1; https takes
 * HTTP/2 where the server has it, many calls on one connection. The environment's usual variables
 * name a proxy (http_proxy, https_proxy, all_proxy, no_proxy); curl reads them itself.
 *
 * Everything is [loop]. No event comes inside http_start() or http_cancel(), and none from inside
 * curl: whatever this header offers may be called from every event, except freeing the client.
 * Headers that hold credentials are never logged and never in an error. */
#ifndef IO_HTTP_CLIENT_H
#define IO_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct http_call;
struct http_client;
struct loop;

struct http_client_options {
    struct str ca_file;       /* empty: the system's, /etc/ssl/certs/ca-certificates.crt */
    unsigned connections_max; /* kept for reuse; 0: 256 */
    bool public_only;         /* every request is, and they may share connections for it */
};

/* Costs some milliseconds (curl, OpenSSL): make it when the first server is needed. */
int http_client_new(struct loop *l, const struct http_client_options *options,
                    struct http_client **ret, struct err *err) WARN_UNUSED;
/* No call may be under way. NULL is fine. */
void http_client_free(struct http_client *c);
AUTO_DEFINE(http_client, struct http_client *, http_client_free)

struct http_header {
    struct str name;  /* Host, User-Agent, Accept: instead of ours. Content-Length,
                       * Transfer-Encoding, Expect are the client's own: ERR_INVALID */
    struct str value; /* without CR, LF, NUL: ERR_INVALID */
};

/* Borrowed for the call of http_start(), curl copies what it keeps; but for BODY, which it does not
 * copy: borrowed until http_call_has_sent() says so, done or cancel. */
struct http_request {
    struct str method; /* "POST", "GET", "PUT" */
    /* Path and query are sent byte for byte as they stand: what was signed is what is sent.
     * ERR_INVALID for anything but http(s), and for spaces, non-ASCII bytes and fragments. */
    struct str url;
    const struct http_header *headers;
    size_t header_count;
    struct str body;       /* sent with a Content-Length; none with GET and HEAD when empty */
    struct str ca_file;    /* instead of the client's; empty: the client's */
    int64_t connect_ms;    /* 0: 10 s */
    int64_t first_byte_ms; /* until the head is there, from the start; 0: 60 s */
    int64_t stall_ms;      /* without any byte once the head is there; 0: 60 s */
    int64_t total_ms;      /* 0: none */
    /* A kept connection may have died unseen; a request that meets that, without one byte of
     * answer, is sent again on a fresh one. True: not this one, it gets a fresh one at once. For
     * what must not happen twice. */
    bool send_once;
    /* Past any proxy: for addresses of this machine and its cloud, which carry credentials. */
    bool direct;
    /* Only to public addresses (address.h): for a URL that somebody else wrote. What is judged is
     * each address that would be connected to, whatever name led there, before anything is sent;
     * where none is left the call ends with ERR_AUTH. It implies DIRECT, for a proxy would connect
     * elsewhere, and a connection of its own, which no other call uses before or afterwards, unless
     * all of the client's are such. */
    bool public_only;
    size_t answer_max; /* bytes of body; 0: LIMIT_HTTP_ANSWER_BYTES. Above: ERR_LIMIT. */
};

struct http_head {
    int status;
    const struct http_header *headers; /* in their order, names as sent */
    size_t header_count;
};
/* The first header of that name, compared without case; ptr NULL when there is none. */
struct str http_head_get(const struct http_head *head, const char *name);

struct http_events {
    /* The final answer's head (1xx are skipped). Borrowed for the call. May be NULL. */
    void (*head)(void *arg, const struct http_head *head);
    /* Borrowed for the call. May be NULL. */
    void (*data)(void *arg, struct str bytes);
    /* The end, exactly once unless cancelled. RESULT 0: the connection ended the answer properly.
     * <0 with ERR: ERR_TIMEOUT (which one is in the words), ERR_LIMIT, ERR_AUTH (no public
     * address where one had to be), ERR_REMOTE (no such host, refused, reset, TLS: in words for a
     * person, naming the host; `retryable` where another try may help; a certificate that does not
     * verify is not), ERR_NOMEM. The call is dead when it returns. */
    void (*done)(void *arg, int result, const struct err *err);
};

int http_start(struct http_client *c, const struct http_request *request,
               const struct http_events *events, void *arg, struct http_call **ret,
               struct err *err) WARN_UNUSED;
/* No event follows. May be called from inside head and data. CALL is dead when it returns. */
void http_cancel(struct http_call *call);

/* Is the body with the server, and will not be read again? For within head and data: before any
 * byte of answer it may have to be sent once more, on a fresh connection. False: not yet, or nobody
 * knows. */
bool http_call_has_sent(const struct http_call *call);

/* Calls under way. */
size_t http_client_active(const struct http_client *c);

#endif
