/* mcp_serving: the inside of the server, between mcp_server.c (who asks, in which era, and how an
 * answer leaves) and mcp_methods.c (what is answered). */
#ifndef MCP_MCP_SERVING_H
#define MCP_MCP_SERVING_H

#include "base/json.h"
#include "io/worker.h"
#include "mcp/mcp_message.h"
#include "mcp/mcp_server.h"

struct mcp_ask;
struct tool_call;

/* Answers sent in one era may hold what another does not know. */
enum mcp_era {
    MCP_ERA_NONE,
    MCP_ERA_EARLY,  /* up to 2025-03-26: no structured content, no titles */
    MCP_ERA_LEGACY, /* 2025-06-18 and 2025-11-25 */
    MCP_ERA_MODERN,
};

struct mcp_server {
    struct mcp_server_parts parts;
    enum mcp_era era; /* what `initialize` made of it; NONE before */
    struct mcp_ask *asks;
    size_t ask_count;
    uint64_t calls; /* so far: names for calls */
};

/* One request, from its line to its answer. */
struct mcp_ask {
    struct mcp_server *server;
    struct mcp_ask *next;
    struct arena arena;
    struct mcp_message message;
    enum mcp_era era;
    bool cancelled; /* nobody waits for the answer */
    struct tool_call *call;
    struct job job;    /* the shelf's errands: */
    struct str wanted; /* the cursor or the URI */
    struct mcp_resource_page page;
    struct str text;
    int result;
    struct err err;
};

/* What a method left behind: it has answered, or will. */
enum { MCP_ANSWERED = 0, MCP_UNDER_WAY = 1 };
typedef int (*mcp_method)(struct mcp_ask *ask, struct err *err);

/* What answers ASK, by its method and era; NULL: nothing does. */
mcp_method mcp_method_find(const struct mcp_ask *ask);

/* Answers. Each sends one line, unless ASK was cancelled; negative: memory ran out.
 *
 * mcp_answer_begin opens the result object in OUT over TEXT (an empty buf of the caller's) with
 * what every result of the era has; CACHED: and with how long it holds. mcp_answer_end closes and
 * sends. */
void mcp_answer_begin(struct mcp_ask *ask, bool cached, struct js_out *out, struct buf *text);
int mcp_answer_end(struct mcp_ask *ask, struct js_out *out, struct err *err) WARN_UNUSED;
/* DATA: JSON or empty. */
int mcp_refuse(struct mcp_ask *ask, enum mcp_code code, struct str words, struct str data,
               struct err *err) WARN_UNUSED;

/* The same for what is wrong with the parameters; ptr NULL: memory ran out over the words. */
int mcp_refuse_params(struct mcp_ask *ask, struct str words, struct err *err) WARN_UNUSED;

/* Pages of a list that is at hand, of COUNT items. Where the one that is asked for begins; false:
 * that is no cursor of ours, and mcp_bad_cursor() says so. mcp_put_next names the page at NEXT. */
bool mcp_page_start(const struct mcp_ask *ask, size_t count, size_t *ret);
int mcp_bad_cursor(struct mcp_ask *ask, struct err *err) WARN_UNUSED;
void mcp_put_next(struct js_out *out, size_t next, size_t count);

/* mcp_offers.c's methods. */
int mcp_list_resources(struct mcp_ask *ask, struct err *err) WARN_UNUSED;
int mcp_read_resource(struct mcp_ask *ask, struct err *err) WARN_UNUSED;
int mcp_list_templates(struct mcp_ask *ask, struct err *err) WARN_UNUSED;
int mcp_list_prompts(struct mcp_ask *ask, struct err *err) WARN_UNUSED;
int mcp_get_prompt(struct mcp_ask *ask, struct err *err) WARN_UNUSED;

/* ASK, which was under way, is over; RESULT is what its last answer returned. */
void mcp_ask_settle(struct mcp_ask *ask, int result);

/* What this server can do, as `capabilities`, and who it is. */
void mcp_put_capabilities(struct js_out *out, const struct mcp_server *s);
void mcp_put_implementation(struct js_out *out, const struct mcp_ask *ask, const char *key);

#endif
