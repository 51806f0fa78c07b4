/* mcp_http_inside: the insides of a link over HTTP, for the files of mcp_http. [loop] */
#ifndef MCP_MCP_HTTP_INSIDE_H
#define MCP_MCP_HTTP_INSIDE_H

#include "base/buf.h"
#include "io/sse.h"
#include "mcp/mcp_http.h"

enum mcp_purpose {
    MCP_ASKING,    /* a request is POSTed */
    MCP_TELLING,   /* a notification, or an answer to the server */
    MCP_LISTENING, /* GET: what the server says unasked */
    MCP_LEAVING,   /* DELETE of the session */
};

enum mcp_form { MCP_NO_BODY, MCP_ONE_JSON, MCP_EVENTS, MCP_COMPLAINT };

/* One message and what comes of it: a POST and, where its stream is taken up again, GETs. */
struct mcp_exchange {
    struct mcp_exchange *next;
    struct mcp_http *link;
    enum mcp_purpose purpose;
    int64_t id;   /* MCP_ASKING: the request's */
    bool greets;  /* it is `initialize` */
    bool greeted; /* it is the notification that ends the greeting */
    bool calls;   /* it is tools/call */
    bool modern;
    bool answered;
    bool over;              /* freed once no event is under way */
    bool lost;              /* over, and LOST is still to be said of it */
    bool in_session;        /* it names one */
    unsigned session;       /* the link's then */
    struct http_call *call; /* NULL: none is under way */
    struct buf body;        /* what is POSTed; the call's while it is sent */
    int status;
    enum mcp_form form;
    struct buf answer;       /* MCP_ONE_JSON, MCP_COMPLAINT */
    struct sse events;       /* MCP_EVENTS */
    size_t noise;            /* bytes since the last message */
    int64_t wait_ms;         /* Retry-After */
    unsigned resumed;        /* times in a row without a message */
    char last_id[256];       /* the last event's */
    struct loop_timer timer; /* until it is taken up again or, answered, cut off */
};

/* ---- mcp_http.c -------------------------------------------------------------------------------*/

/* The link is over, for the reason WHY; GONE follows. */
void mcp_http_end(struct mcp_http *h, enum mcp_end end, const char *why);
/* Listen to what the server says unasked. */
void mcp_http_listen(struct mcp_http *h);
/* That stream is over: try again, later each time. */
void mcp_http_listen_again(struct mcp_http *h);
/* TEXT came from the server. */
void mcp_http_hear(struct mcp_http *h, struct str text);
/* Nothing more comes of X: its connection is cut, it is freed when no event is under way. */
void mcp_http_drop(struct mcp_exchange *x);
/* The same; a request that is not answered yet is LOST. For events. */
void mcp_http_lose(struct mcp_exchange *x, const char *why);
/* Events are under way between these two. */
void mcp_http_enter(struct mcp_http *h);
void mcp_http_leave(struct mcp_http *h);

/* ---- mcp_http_exchange.c ----------------------------------------------------------------------*/

/* Send S, which is NULL for MCP_LISTENING and MCP_LEAVING. NULL: it could not be sent, and WHY says
 * why, as for GONE. */
struct mcp_exchange *mcp_exchange_new(struct mcp_http *h, enum mcp_purpose purpose,
                                      const struct mcp_sending *s, char why[ERR_MESSAGE_MAX]);
/* Take X's stream up where it ended, in a moment. False: that cannot be done. */
bool mcp_exchange_resume(struct mcp_exchange *x);
void mcp_exchange_cut(struct mcp_exchange *x);
void mcp_exchange_free(struct mcp_exchange *x);

/* ---- mcp_http_answer.c ------------------------------------------------------------------------*/

/* What an exchange's calls tell; their argument is the exchange. */
extern const struct http_events mcp_exchange_events;

#endif
