/* mcp_server: a desk's tools, articles, products and prompts for any MCP client.
 *
 * The protocol without its pipe: lines in, lines out. Both eras are spoken: a client that says
 * `initialize` gets the handshake and what goes with it until it leaves; a request that names its
 * version in params._meta (server/discover and all others) is answered as the stateless revision
 * wants. Each request has one answer, a cancelled one none. What is wrong with a request is told in
 * words.
 *
 * Tools: those that only read, and that the desk's policy offers alone (tool/policy.h). One that
 * writes, or may end in a hand-over, acts on a conversation and is confirmed and recorded there,
 * and whose data a call may ask for is known there; here there is none, so it is neither listed nor
 * called. A rule's hours hold here, too; its limits count what conversations use. Calls go through
 * the registry's dispatch: arguments checked, deadline kept, results bounded.
 *
 * A client may do its worst: a line is bounded by who cuts it, requests under way by
 * mcp_server_full(), pages by their size. Nothing is asked of the client, ever. [loop] */
#ifndef MCP_MCP_SERVER_H
#define MCP_MCP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct clock;
struct loop;
struct mcp_server;
struct pool;
struct tool_policy;
struct tool_registry;

enum {
    /* A request: a call's arguments, twice escaped, with room around them. */
    MCP_LINE_BYTES = 512 * 1024,
    /* Requests under way at once. */
    MCP_ASKS_MAX = 16,
    /* Items of a list's page, where parts say nothing else. */
    MCP_PAGE_DEFAULT = 100,
    /* A resource's text. */
    MCP_RESOURCE_BYTES = 1024 * 1024,
    /* A whole answer: a page of tools with the largest schemas. */
    MCP_ANSWER_BYTES = 8 * 1024 * 1024,
};

struct mcp_resource {
    struct str uri;
    struct str name; /* for people: clients show it */
};

struct mcp_resource_template {
    struct str uri; /* RFC 6570 */
    struct str name;
    struct str title;
    struct str description;
};

struct mcp_resource_page {
    struct mcp_resource *items;
    size_t count;
    struct str next; /* the next page's cursor; empty: there is none */
};

/* The desk's resources, JSON texts all. The functions run on POOL's threads, several at once, and
 * put what they return into ARENA. */
struct mcp_shelf {
    /* CURSOR is empty for the first page. ERR_INVALID: no cursor of ours. */
    int (*list)(void *arg, struct str cursor, size_t limit, struct arena *arena,
                struct mcp_resource_page *ret, struct err *err);
    /* ERR_NOTFOUND, in words. ERR_INVALID: no URI of ours. */
    int (*read)(void *arg, struct str uri, struct arena *arena, struct str *ret, struct err *err);
    void *arg;
    const struct mcp_resource_template *templates;
    size_t template_count;
    struct pool *pool;
};

struct mcp_prompt_argument {
    struct str name;
    struct str description;
    bool required;
};

struct mcp_prompt {
    struct str name;
    struct str description;
    const struct mcp_prompt_argument *arguments;
    size_t argument_count;
};

struct mcp_prompts {
    const struct mcp_prompt *items;
    size_t count;
    /* [loop] The text of item INDEX, filled with VALUES (a JSON object of strings). ERR_INVALID in
     * words. */
    int (*render)(void *arg, size_t index, struct str values, struct arena *arena, struct str *ret,
                  struct err *err);
    void *arg;
};

/* Everything is borrowed for the server's life. */
struct mcp_server_parts {
    struct loop *loop;
    struct str name; /* who we are: "deskhand" */
    struct str title;
    struct str version;
    struct str instructions; /* for the client's model */
    struct tool_registry *tools;
    const struct tool_policy *policy;  /* NULL: only what tools say of themselves */
    const struct clock *clock;         /* NULL: the real one */
    const struct mcp_shelf *shelf;     /* NULL: no resources */
    const struct mcp_prompts *prompts; /* NULL: none */
    size_t page;                       /* 0: MCP_PAGE_DEFAULT */
    /* A whole line for the client, LF included; borrowed for the call. May come from inside
     * mcp_server_line() and from the loop. */
    void (*send)(void *arg, struct str line);
    /* A request that was under way is over: there may be room for the next. RESULT: 0, or ERR_NOMEM
     * when its answer was lost, after which a server is better ended. */
    void (*settled)(void *arg, int result);
    void *arg;
};

int mcp_server_new(const struct mcp_server_parts *parts, struct mcp_server **ret,
                   struct err *err) WARN_UNUSED;
/* Gives up what is under way, unanswered. After the shelf's pool, before the registry. NULL is
 * fine. */
void mcp_server_free(struct mcp_server *s);
AUTO_DEFINE(mcp_server, struct mcp_server *, mcp_server_free)

/* One line from the client, not while the server is full. What is wrong with it is the client's to
 * hear; only running out of memory fails here. */
int mcp_server_line(struct mcp_server *s, struct str line, struct err *err) WARN_UNUSED;
/* A line was longer than MCP_LINE_BYTES and has been skipped. */
int mcp_server_long_line(struct mcp_server *s, struct err *err) WARN_UNUSED;

/* As many requests are under way as may be: take no line until one has settled. */
bool mcp_server_full(const struct mcp_server *s);
/* How many are under way, cancelled ones that still run included. */
size_t mcp_server_asks(const struct mcp_server *s);

#endif
