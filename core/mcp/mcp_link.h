/* mcp_link: the way from a client to its MCP server: a program (mcp_process) or a URL (mcp_http).
 *
 * A link carries messages and sees to its own end; what they mean is the client's business. After
 * start() it is LIVE until it says GONE, once, from the loop; it can be started again then.
 * Messages that are sent to a link that is not live go nowhere.
 *
 * No event comes inside a function of the table, and from every event the functions may be called,
 * except done(). Everything is [loop]. */
#ifndef MCP_MCP_LINK_H
#define MCP_MCP_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct http_header;
struct mcp_link;

/* An answer with an image or two in it; longer is no answer to a customer's question. */
enum { MCP_LINE_MAX = 4 * 1024 * 1024 };

enum mcp_link_state { MCP_LINK_NONE, MCP_LINK_LIVE, MCP_LINK_ENDING, MCP_LINK_DEAD };

enum mcp_end {
    MCP_END_FAULT,   /* it failed: another start may help, later */
    MCP_END_EXPIRED, /* nothing is wrong: it wants to be greeted anew */
    MCP_END_REFUSED, /* another start will not help */
};

struct mcp_link_events {
    /* TEXT, one message or what stands in place of one, is borrowed for the call. Returns the
     * request that it answered; 0: none. */
    int64_t (*message)(struct mcp_link *l, struct str text);
    /* There will be no answer to request ID; WHY completes "its server ...". */
    void (*lost)(struct mcp_link *l, int64_t id, const char *why);
    /* The server did not look at request ID: it may be asked again after the next greeting. */
    void (*unseen)(struct mcp_link *l, int64_t id);
    /* What the server said unasked for a while is lost. */
    void (*missed)(struct mcp_link *l);
    /* It is over. WHY as above. With ops->apart, requests that are still open will be answered or
     * LOST all the same; without, they have no answer. */
    void (*gone)(struct mcp_link *l, enum mcp_end how, const char *why);
};

/* One message to be sent. */
struct mcp_sending {
    struct str text;    /* one line, its LF included */
    int64_t id;         /* of a request; 0: it wants no answer */
    struct str method;  /* empty: an answer */
    struct str version; /* the protocol's revision; empty: not settled yet */
    bool modern;
    bool once;                         /* it must not happen twice */
    struct str tool;                   /* tools/call */
    const struct http_header *headers; /* what a modern server wants beside, of a tools/call */
    size_t header_count;
};

struct mcp_link_ops {
    /* From NONE and DEAD, or LIVE where it is the same as an end and a start. Failing leaves it
     * DEAD, without GONE. */
    int (*start)(struct mcp_link *l, struct err *err);
    /* False: it was not sent, and the link is over or about to be. */
    bool (*send)(struct mcp_link *l, const struct mcp_sending *s);
    /* Nobody waits for request ID any more. It may be unknown. */
    void (*forget)(struct mcp_link *l, int64_t id);
    /* At once: GONE follows. WHY as there; the first one counts. */
    void (*kill)(struct mcp_link *l, const char *why);
    /* Tell the server that nobody will ask any more, for done(). */
    void (*hang_up)(struct mcp_link *l);
    /* Is it told, or cannot be? */
    bool (*has_left)(const struct mcp_link *l);
    /* Without GONE. NONE is fine. */
    void (*done)(struct mcp_link *l);
    /* Each request is on its own: it outlives the link's faults, and to give it up tells a modern
     * server so. */
    bool apart;
};

struct mcp_link {
    const struct mcp_link_ops *ops;
    const struct mcp_link_events *events;
    void *owner; /* the events' */
    enum mcp_link_state state;
    int64_t wait_ms;           /* at GONE: how long the server wants to be left alone */
    char why[ERR_MESSAGE_MAX]; /* why it was ended; empty: its own doing */
    char said[160];            /* the first of what it complained of */
    size_t said_len;
};

static inline void
mcp_link_kill(struct mcp_link *l, const char *why)
{
    l->ops->kill(l, why);
}

#endif
