/* mcp_client_inside: the insides of a client, for the files of mcp_client. [loop] */
#ifndef MCP_MCP_CLIENT_INSIDE_H
#define MCP_MCP_CLIENT_INSIDE_H

#include "base/arena.h"
#include "mcp/mcp_client.h"
#include "mcp/mcp_http.h"
#include "mcp/mcp_link.h"
#include "mcp/mcp_message.h"
#include "mcp/mcp_process.h"
#include "tool/tool.h"

struct js;
struct schema;

enum mcp_state {
    MCP_OFF,      /* no link; a start may be due */
    MCP_PROBING,  /* server/discover is asked: is it a modern one? */
    MCP_GREETING, /* initialize is asked */
    MCP_LISTING,  /* tools/list is asked for the first time since the start */
    MCP_READY,
};

enum mcp_era { MCP_ERA_UNKNOWN, MCP_ERA_MODERN, MCP_ERA_LEGACY };

/* One of the server's tools. What is in the registry points into it: it stays. */
struct mcp_tool {
    struct str theirs; /* its name over there */
    struct tool_def def;
    unsigned listing; /* the last one that had it */
    bool changed;
    bool annotated; /* its calls have headers of their own over HTTP */
};

struct mcp_call {
    struct mcp_call *next;
    struct tool_run *run;
    int64_t id;  /* of its request; 0: it waits */
    bool unseen; /* it was sent once, and not looked at */
};

struct mcp_client {
    struct tool_source source;
    struct mcp_settings settings;
    struct loop *loop;
    struct tool_registry *registry;
    char *name;     /* settings.name */
    char label[40]; /* its tools' "plugin": mcp:NAME */
    enum mcp_state state;
    enum mcp_era era;
    bool settled;
    bool given_up;
    struct mcp_link *link; /* one of the two */
    struct mcp_process process;
    struct mcp_http http;
    struct loop_timer timer; /* OFF: the next start; else until when an answer is due, or READY: the
                                next listing */
    int64_t last_id;
    int64_t asked;          /* the greeting's or the listing's request; 0: none is open */
    int64_t listening;      /* the request that a modern server tells of changes by; 0: none */
    int64_t listen_ms;      /* how long the next try of it waits; 0: there will be none */
    struct mcp_call *calls; /* oldest first */
    size_t unasked;         /* bytes heard since the last answer to a call, or since: */
    int64_t unasked_since_ms;
    unsigned junk;     /* messages since the start that were none */
    unsigned silent;   /* calls in a row that were late or lost while nothing was heard */
    unsigned renewals; /* greetings in a row for want of a session, without a call answered */
    bool list_again;   /* when the list that is being asked for is there, or later */
    unsigned listing;
    unsigned pages;
    struct arena arena; /* of tools and of what stands below */
    struct mcp_tool *tools[MCP_TOOLS_MAX];
    size_t tool_count;
    char notes[MCP_NOTES_MAX][ERR_MESSAGE_MAX];
    size_t note_count;
    char title[120];
    char version[16];
    int64_t faults[MCP_FAULTS_MAX];
    size_t fault_count;
    char trouble[ERR_MESSAGE_MAX + 100];
    char fault[ERR_MESSAGE_MAX]; /* the last one, until it is ready again */
};

/* ---- mcp_client.c -----------------------------------------------------------------------------*/

/* Whoever waits is sent. */
void mcp_client_ready(struct mcp_client *c);
/* Take the call of request ID out of the client; NULL: there is none. */
struct mcp_call *mcp_client_take(struct mcp_client *c, int64_t id);

/* CALL, out of the client, hears WHY. */
void mcp_client_fail_call(struct mcp_client *c, struct mcp_call *call, const char *why);
/* Those in flight, or ALL, do. */
void mcp_client_fail_calls(struct mcp_client *c, bool all, const char *why);

/* ---- mcp_client_link.c ------------------------------------------------------------------------*/

/* The settings are there: make the link, and start it. */
int mcp_client_open(struct mcp_client *c, struct err *err) WARN_UNUSED;
/* The server is of no use, now and later: WHY completes "MCP server NAME ". */
void mcp_client_give_up(struct mcp_client *c, const char *why);

/* ---- mcp_client_talk.c ------------------------------------------------------------------------*/

/* The link is there: begin. */
void mcp_client_greet(struct mcp_client *c);
/* The greeting's answer is overdue. */
void mcp_client_overdue(struct mcp_client *c);
void mcp_client_list(struct mcp_client *c, struct str cursor, bool has_cursor);
void mcp_client_send_call(struct mcp_client *c, struct mcp_call *call);
void mcp_client_send_cancel(struct mcp_client *c, int64_t id, bool late);
void mcp_client_ask_initialize(struct mcp_client *c);
/* Ask a modern server to tell of changes. */
void mcp_client_listen(struct mcp_client *c);
void mcp_client_tell(struct mcp_client *c, const char *method, struct str params);
/* Answer the request M of the server's. */
void mcp_client_answer(struct mcp_client *c, const struct mcp_message *m);

/* ---- mcp_client_hear.c ------------------------------------------------------------------------*/

/* A message of the server's, or what stands in place of one. The request it answers, or 0. */
int64_t mcp_client_hear(struct mcp_client *c, struct str line);
/* Request ID is lost, if it is the greeting's, a listing's or listening. False: it is none. */
bool mcp_client_lost_ours(struct mcp_client *c, int64_t id, const char *why);
/* The list may have changed. */
void mcp_client_list_again(struct mcp_client *c);

/* ---- mcp_client_tools.c -----------------------------------------------------------------------*/

/* A new listing begins: forget the notes. */
void mcp_client_list_begin(struct mcp_client *c);
/* The tools of one page; those that are new go into the registry. */
void mcp_client_list_page(struct mcp_client *c, const struct js *page);
/* The listing is whole. */
void mcp_client_list_end(struct mcp_client *c);
/* Why TOOL cannot be called; empty when it can. */
struct str mcp_client_tool_trouble(const struct mcp_client *c, const struct mcp_tool *tool);

/* ---- mcp_client_result.c ----------------------------------------------------------------------*/

/* What a model is told of ANSWER, the answer to a call of CLIENT's. In ARENA. */
struct tool_result mcp_client_result(const struct mcp_client *c, const struct tool_def *def,
                                     const struct mcp_message *answer, struct arena *arena);

#endif
