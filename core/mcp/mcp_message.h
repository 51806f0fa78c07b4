/* mcp_message: JSON-RPC 2.0 as the Model Context Protocol speaks it, read and written.
 *
 * On a pipe a message is one line. `struct mcp_lines` cuts bytes into lines, however they come; a
 * line longer than the maximum is not kept: it is reported once and skipped to its end. Blank lines
 * are nothing. mcp_message_read() takes one message apart; over HTTP the line is the body.
 *
 * The mcp_write_ functions append one whole line, its LF included, to a buf whose sticky failure is
 * the caller's to ask for. Raw JSON that they are handed may hold line breaks between its values,
 * which become spaces. Everything here is pure. [any] */
#ifndef MCP_MCP_MESSAGE_H
#define MCP_MCP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct js;

/* The revision without a handshake, and the newest that has one. */
#define MCP_VERSION_MODERN "2026-07-28"
#define MCP_VERSION_LEGACY "2025-11-25"
/* Is it a revision with `initialize` that both our sides can speak? */
bool mcp_version_legacy(struct str version);

/* What a modern request says of itself in params._meta. */
#define MCP_META_VERSION "io.modelcontextprotocol/protocolVersion"
#define MCP_META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define MCP_META_CLIENT "io.modelcontextprotocol/clientInfo"

/* The protocol's error codes. */
enum mcp_code {
    MCP_PARSE_ERROR = -32700,
    MCP_INVALID_REQUEST = -32600,
    MCP_UNKNOWN_METHOD = -32601,
    MCP_INVALID_PARAMS = -32602,
    MCP_INTERNAL = -32603,
    MCP_NO_RESOURCE = -32002, /* legacy; modern servers say MCP_INVALID_PARAMS */
    MCP_HEADER_MISMATCH = -32020,
    MCP_MISSING_CAPABILITY = -32021,
    MCP_BAD_VERSION = -32022,
};

/* ---- Ids -------------------------------------------------------------------------------------*/

/* The longest text id we take; clients use numbers or UUIDs. */
enum { MCP_ID_BYTES = 256 };

enum mcp_id_kind { MCP_ID_NONE, MCP_ID_NUMBER, MCP_ID_TEXT };

struct mcp_id {
    enum mcp_id_kind kind;
    int64_t number;
    struct str text; /* borrowed */
};

struct mcp_id mcp_id_number(int64_t number);
/* 1 and "1" are two ids. NONE equals nothing. */
bool mcp_id_eq(const struct mcp_id *a, const struct mcp_id *b);
/* VALUE as an id; false (and NONE) when it is none: null, fractions, numbers beyond int64, text
 * longer than MCP_ID_BYTES. Borrowed from VALUE. */
bool mcp_id_read(const struct js *value, struct mcp_id *ret);

/* ---- Lines -----------------------------------------------------------------------------------*/

struct mcp_lines {
    struct buf pending; /* unread bytes begin at `at`; those up to `searched` hold no LF */
    size_t at;
    size_t searched;
    size_t max;
    bool skipping; /* the rest of a line that is too long */
};

enum mcp_line { MCP_LINE_NONE, MCP_LINE_READY, MCP_LINE_LONG };

/* MAX bounds one line. */
void mcp_lines_init(struct mcp_lines *l, size_t max);
void mcp_lines_done(struct mcp_lines *l);
AUTO_DEFINE_VALUE(mcp_lines, struct mcp_lines, mcp_lines_done)
/* Take BYTES in. Ask mcp_lines_next() until it says NONE before the next feed: what is held then
 * stays under the maximum and one feed. ERR_NOMEM; ERR_LIMIT when that was not done. */
int mcp_lines_feed(struct mcp_lines *l, struct str bytes, struct err *err) WARN_UNUSED;
/* READY: *RET is a line that is not blank, without its end, borrowed until the next feed. LONG:
 * one was too long and is being skipped. */
enum mcp_line mcp_lines_next(struct mcp_lines *l, struct str *ret);

/* ---- Reading ---------------------------------------------------------------------------------*/

enum mcp_kind { MCP_REQUEST, MCP_NOTIFICATION, MCP_RESULT, MCP_ERROR };

struct mcp_message {
    enum mcp_kind kind;
    struct mcp_id id;  /* NONE: a notification, or an error that answers nothing readable */
    struct str method; /* requests and notifications */
    struct js *params; /* of those: an object, or NULL */
    struct js *result; /* MCP_RESULT: an object */
    int64_t code;      /* MCP_ERROR */
    struct str words;  /* MCP_ERROR: its message; as hostile as everything else here */
    struct js *data;   /* MCP_ERROR: anything, or NULL */
};

/* One message out of TEXT; everything in *RET is ARENA's. ERR_INVALID says what is wrong, and then
 * RET->code is the error to answer with and RET->id whom, where that could be read; RET->kind is
 * MCP_REQUEST when the sender may wait for an answer; what was a notification or an answer itself
 * must get none. ERR_NOMEM. */
int mcp_message_read(struct str text, struct arena *arena, struct mcp_message *ret,
                     struct err *err) WARN_UNUSED;

/* ---- Writing ---------------------------------------------------------------------------------*/

/* PARAMS, RESULT and DATA are JSON; PARAMS and DATA may be empty and are then left out. */
void mcp_write_request(struct buf *out, const struct mcp_id *id, struct str method,
                       struct str params);
void mcp_write_notification(struct buf *out, struct str method, struct str params);
void mcp_write_result(struct buf *out, const struct mcp_id *id, struct str result);
/* An id of NONE is left out, as the protocol's schema has it. */
void mcp_write_error(struct buf *out, const struct mcp_id *id, enum mcp_code code, struct str words,
                     struct str data);

#endif
