/* mcp_client: an MCP server, a program beside us or behind a URL, as a source of tools.
 *
 * It is started at once; when it has greeted us (both eras of the protocol) and listed its tools,
 * they are in the registry, as NAME_TOOL: the server's name in our configuration, and the
 * tool's, in letters that every provider takes. Calls that come while it starts wait for it, within
 * their deadlines. A tool is as it was first listed: one that the server changes later cannot be
 * called any more, so that nobody can trade a harmless tool for another behind the desk's back.
 *
 * Everything from the server is hostile: lines, pages, tools, names, descriptions and schemas are
 * bounded; what cannot be used is left out, and noted. What a call brings is marked as data from
 * outside, between two lines of a word nobody could know.
 *
 * A server that ends, floods, answers what nobody asked or does not answer at all costs the calls
 * in flight: it is started again, later each time, and after MCP_FAULTS_MAX faults within
 * MCP_FAULTS_MS no more. Behind a URL one call's failure costs that call alone; a server that
 * cannot be reached or says that it is at fault is left alone as long, and after as many faults it
 * is asked again every MCP_REST_MS, for servers elsewhere come back without our doing. One that
 * wants another secret, or redirects, is asked again every MCP_REFUSED_MS. Everything is [loop]. */
#ifndef MCP_MCP_CLIENT_H
#define MCP_MCP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"
#include "mcp/mcp_http.h"

struct loop;
struct mcp_client;
struct tool_registry;

enum {
    MCP_FAULTS_MAX = 5,
    MCP_FAULTS_MS = 10 * 60 * 1000,
    MCP_REST_MS = 60 * 1000,
    MCP_REFUSED_MS = 10 * 60 * 1000,
    MCP_START_MS = 20 * 1000, /* to answer each greeting and each page of tools */
    MCP_PROBE_MS = 3 * 1000,  /* to answer what an older server does not know */
    MCP_TOOLS_MAX = 128,      /* ever, of one server */
    MCP_PAGES_MAX = 64,
    MCP_NOTES_MAX = 32,
};

struct mcp_settings {
    struct str name;         /* [A-Za-z][A-Za-z0-9_-]{0,31} */
    const char *const *argv; /* up to a NULL, like ENV, which is all its environment */
    const char *const *env;  /* NAME=VALUE */
    /* Instead of both: where it is. Its name is the client's own. */
    struct mcp_place place;
    const struct str *allowed; /* the server's names of tools to take; NULL: all of them */
    size_t allowed_count;
    int64_t timeout_ms; /* of a call */
};

/* Start it. SETTINGS is copied; what it holds and R are borrowed until mcp_client_free(). Only
 * running out of memory fails here: a server that cannot be started is a fault. */
int mcp_client_new(struct loop *l, const struct mcp_settings *settings, struct tool_registry *r,
                   struct mcp_client **ret, struct err *err) WARN_UNUSED;
/* Tell the server that it may leave, for when there are several to be freed. */
void mcp_client_hang_up(struct mcp_client *c);
/* Does it know? Where there is a session to be ended, the loop has to turn for that. */
bool mcp_client_has_left(const struct mcp_client *c);
/* Waits for a program's end, half a second at most. No call may be under way and R must be gone or
 * never used again: its tools are the client's. NULL is fine. */
void mcp_client_free(struct mcp_client *c);
AUTO_DEFINE(mcp_client, struct mcp_client *, mcp_client_free)

/* Are its tools there, or has its first start failed? */
bool mcp_client_settled(const struct mcp_client *c);
struct str mcp_client_name(const struct mcp_client *c);
/* "mcp:NAME", which its tools give as their plugin. */
struct str mcp_client_label(const struct mcp_client *c);
/* What it calls itself, and the protocol's revision that is spoken; empty: not known yet. */
struct str mcp_client_title(const struct mcp_client *c);
struct str mcp_client_version(const struct mcp_client *c);
/* Why it is not used at present; empty when it is. */
struct str mcp_client_trouble(const struct mcp_client *c);
/* What went wrong with it since it was ready the last time, though it is tried again; empty:
 * nothing. */
struct str mcp_client_fault(const struct mcp_client *c);
/* What of its tools was left out, and why. False past the end. */
bool mcp_client_note(const struct mcp_client *c, size_t index, struct str *ret);

#endif
