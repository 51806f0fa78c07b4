/* mcp_params: what a modern server over HTTP wants in the head of a call, beside its body: the
 * arguments whose schema is annotated "x-mcp-header", so that what stands between can route by
 * them. Pure. [any] */
#ifndef MCP_MCP_PARAMS_H
#define MCP_MCP_PARAMS_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"
#include "io/http_client.h"

struct arena;
struct js;

enum { MCP_PARAMS_MAX = 16 };

/* Are the annotations of SCHEMA, a tool's inputSchema, what the protocol allows? They stand on
 * texts, integers and booleans that are properties of properties, and nowhere else; their values
 * are names of headers, each once; there are MCP_PARAMS_MAX at most. ERR_INVALID, ERR_LIMIT. */
int mcp_params_check(const struct js *schema, struct err *err) WARN_UNUSED;
/* The headers for ARGUMENTS, in ARENA: how many, at most MCP_PARAMS_MAX. ERR_NOMEM. What is absent
 * or of another type than the schema says has none. SCHEMA has been checked. */
int mcp_params_headers(const struct js *schema, const struct js *arguments, struct arena *arena,
                       struct http_header ret[MCP_PARAMS_MAX], struct err *err) WARN_UNUSED;
/* TEXT as the value of a header: as it stands where every server reads it so, else marked and in
 * base64. In ARENA or TEXT; ptr NULL when memory ran out. */
struct str mcp_header_value(struct str text, struct arena *arena);

#endif
