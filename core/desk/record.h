/* record: everything a desk knows of one conversation, as rows and as JSON.
 *
 * Two JSON texts are made from it, and one is read:
 *
 *   a conversation  {"conversation","customer","channel","topic",
 *                    "prompt":{"name","version","vars","text"},
 *                    "owner","epoch","created_at","updated_at","messages":[...],
 *                    "tool_calls":[...],"approvals":[...],
 *                    "tickets":[{...,"events":[...]}],"turns":[...],"model_calls":[...],
 *                    "ownership":[...],"feedback":[...]}
 *                   written and read; what is read and written again is the same text, byte for
 *                   byte, on whatever desk (but for approvals, below).
 *   a ticket        as docs/ticket.schema.json describes it; written only.
 *
 * The members of the rows stand in one table (record_fields.c) that writer and reader share. Ids
 * are strings, ticket numbers too; times RFC 3339 UTC with milliseconds; what is absent is null;
 * JSON that the record keeps as text (blocks, results, variables) is JSON here. A tool call's
 * "arguments" is the object; "arguments_text" is the model's own spelling where that is another (or
 * is broken).
 *
 * Images and documents are not written out: a text, "[image, png, 640x480, 12 KB]", stands for
 * each.
 *
 * Reading takes hostile text: everything is typed, bounded and checked, every reference must lead
 * to a row of the same text, members nobody knows are refused. Only "conversation", "owner",
 * "messages" and what names and dates each row have to be there. An open turn, or a call without
 * its result, is refused: whoever runs it is not here.
 *
 * An approval lets a call through that cannot be taken back, so none comes in alive: what a desk
 * takes in as pending or approved it keeps as expired (record_store()). Who agreed did so on the
 * desk it came from, and a text that anybody may have written is no agreement. What is decided for
 * good (declined, lapsed, used, expired) stays as it was.
 *
 * Values are plain data in the arena they were read into; no threads, no files. */
#ifndef DESK_RECORD_H
#define DESK_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/rows.h"

struct buf;
struct store_tx;

struct record_ticket {
    struct ticket_row row; /* first: a list of these reads and writes as a list of rows */
    struct ticket_event_row *events;
    size_t event_count;
};

struct record {
    struct conversation_row conversation;
    struct str prompt_text; /* of its version; empty: not kept */
    struct message_row *messages;
    size_t message_count;
    struct tool_call_row *calls;
    size_t call_count;
    struct approval_row *approvals;
    size_t approval_count;
    struct record_ticket *tickets;
    size_t ticket_count;
    struct turn_row *turns;
    size_t turn_count;
    struct model_call_row *model_calls;
    size_t model_call_count;
    struct owner_row *owners;
    size_t owner_count;
    struct feedback_row *feedback;
    size_t feedback_count;
};

/* Everything of conversation ID, in ARENA. Inside any body. STORE_NONE. */
int record_load(struct store_tx *tx, struct str id, struct arena *arena, struct record *ret,
                struct err *err) WARN_UNUSED;

/* Add everything of R to the desk, approvals that are alive as expired. Inside a write body.
 * ERR_BUSY, with what to do, when its id, a ticket's number or another row's id is there already;
 * nothing may be kept of a body that failed. */
int record_store(struct store_tx *tx, const struct record *r, struct err *err) WARN_UNUSED;

/* R as one JSON object at the end of OUT, without a newline. ERR_INVALID where the record holds
 * broken JSON (names the row), ERR_LIMIT above OUT's maximum, ERR_NOMEM. */
int record_write(const struct record *r, struct buf *out, struct err *err) WARN_UNUSED;

/* The same for ticket NUMBER of R. ERR_NOTFOUND when R has none of that number. */
int record_write_ticket(const struct record *r, int64_t number, struct buf *out,
                        struct err *err) WARN_UNUSED;

/* TEXT, one conversation as record_write() writes it, into ARENA. ERR_INVALID names the place
 * ("messages[3].role") and what belongs there; ERR_LIMIT, ERR_NOMEM. */
int record_read(struct str text, struct arena *arena, struct record *ret,
                struct err *err) WARN_UNUSED;

/* Where in a stream one JSON value ends: JSON Lines, values written over several lines, and
 * values behind each other all split alike. Whether it is JSON at all is record_read()'s to say;
 * what is no object ends with its line. `{0}` begins. */
struct record_split {
    size_t line;  /* lines seen so far */
    size_t begin; /* the line, from 1, on which the value begins */
    size_t depth;
    bool started;
    bool in_string;
    bool escaped;
};
/* Take a piece of the stream; how many bytes of it belong to this value and the white space before
 * it. True in *RET_WHOLE: the value ended there, and the next begins with the rest. At the end of
 * the stream a value that `started` has its end missing or is the last. */
size_t record_split(struct record_split *s, struct str piece, bool *ret_whole);

#endif
