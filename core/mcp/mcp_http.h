/* mcp_http: a link to an MCP server behind a URL: the protocol's streamable HTTP, in both eras.
 *
 * Each message is a POST of its own; what a request is answered with comes as the POST's body, one
 * JSON text or a stream of events with messages of every kind in it. Of the older era it keeps the
 * session that the greeting's answer names, and sees it off at the end; it listens on a GET for
 * what the server says unasked, where that is offered; and a stream that ends before its answer is
 * taken up again where the server numbers its events. Of the newer era it sends the heads that a
 * request needs; giving a request up closes its stream, which is how such a server is told.
 *
 * One request's failure is that request's alone, LOST. The server itself is at fault, and the link
 * GONE, when it cannot be reached, or says so (5xx, 408, 429; Retry-After is the link's wait_ms).
 * It has REFUSED where it wants another secret or redirects, which is not followed: a secret would
 * go where nobody meant it to. It has EXPIRED where it does not know the session any more.
 *
 * Bounded: one message (MCP_LINE_MAX), what a stream may bring without a message in it, how long a
 * stream may go on behind its answer, how often one is taken up again without news. How long a
 * request may take is the client's to say. Everything is [loop]. */
#ifndef MCP_MCP_HTTP_H
#define MCP_MCP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "io/http_client.h"
#include "io/loop.h"
#include "mcp/mcp_link.h"

struct mcp_exchange;

enum { MCP_HEADERS_MAX = 16 }; /* of one's own, for a server */

/* Where a server is, and what it is to be sent; everything is borrowed as long as the link is. */
struct mcp_place {
    const char *name; /* for the log, and for words on what to set */
    struct str url;
    struct str ca_file;                /* empty: the system's */
    const struct http_header *headers; /* MCP_HEADERS_MAX at most; they may hold secrets */
    size_t header_count;
    /* The client to send through; it costs some milliseconds to make, so it is asked for at the
     * first start. */
    int (*client)(void *arg, struct http_client **ret, struct err *err);
    void *arg;
};

struct mcp_http {
    struct mcp_link link;
    struct loop *loop;
    struct mcp_place place;
    struct http_client *client; /* NULL: not asked for yet */
    struct mcp_exchange *exchanges;
    struct loop_timer timer; /* to what is said of the end, at once */
    enum mcp_end end;
    unsigned depth;                 /* of events under way: nothing is freed meanwhile */
    unsigned session;               /* counts them */
    char session_id[256];           /* empty: the server keeps none */
    char version[16];               /* the older era's, once it is settled */
    struct loop_timer listen_timer; /* to the next try of listening */
    int64_t listen_ms;              /* how long it waits */
    char heard_id[256];             /* the last event's that was listened to */
};

/* Nothing is asked yet. start() says ERR_NOMEM, ERR_NOTFOUND (curl is missing); whatever else is
 * wrong comes later. */
void mcp_http_init(struct mcp_http *h, struct loop *l, const struct mcp_place *place,
                   const struct mcp_link_events *events, void *owner);

#endif
