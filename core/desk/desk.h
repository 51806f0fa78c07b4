/* desk: the human side. Handing a conversation over, and the ticket it becomes.
 *
 * A hand-over is one transaction: the ticket with its summary, the ownership taken from the bot,
 * the line the customer is told. It runs inside the body of whoever decided it (a turn that commits
 * the result of an escalation call; the customer's own /human), so that all of it happens or none.
 * After it the conversation is owned by nobody: it waits in the queue, the bot is silent, and an
 * agent's claim makes it the human's. */
#ifndef DESK_DESK_H
#define DESK_DESK_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct js_out;
struct prompt;
struct store_tx;
struct ticket_row;

/* The words of priority, lowest first; false for any other word. */
bool desk_priority_valid(struct str word);
/* The higher of the two; a word that is none is below all of them. */
struct str desk_priority_higher(struct str a, struct str b);

/* For qsort() over struct ticket_row: the order a queue is worked in: what waits before what is
 * done, then priority, then age. */
int desk_queue_order(const void *a, const void *b);

struct desk_handover {
    struct str conversation;
    int64_t epoch;       /* under which it was decided */
    struct str who;      /* "bot", "customer", "system" */
    struct str reason;   /* for the agent */
    struct str priority; /* empty: medium */
    struct str category;
    const struct prompt *line; /* the template of the customer's line */
    struct str line_vars;      /* JSON object; "ticket" is added, "urgent" where it is */
};

struct desk_ticket {
    int64_t number;
    int64_t epoch;   /* the new one */
    struct str line; /* what the customer is to be told: in ARENA */
};

/* Inside a write body: ticket, summary, its first event, ownership. STORE_STALE when the
 * conversation is no longer at that epoch or not the bot's: nothing was done. The caller stores
 * the line with desk_say(), after whatever has to stand before it. */
int desk_hand_over(struct store_tx *tx, const struct desk_handover *h, struct arena *arena,
                   struct desk_ticket *ret, struct err *err) WARN_UNUSED;

/* Inside a write body: TEXT as a message to the customer from the desk's templates. */
int desk_say(struct store_tx *tx, struct str conversation, struct str turn, struct str text,
             struct arena *arena, struct err *err) WARN_UNUSED;

/* The extractive summary of CONVERSATION as a JSON array of {"kind","text","evidence":[ids]}: each
 * line quotes what was said or found and cites the messages and tool calls it rests on. REASON is
 * the hand-over's. Inside any body. */
int desk_summary(struct store_tx *tx, struct str conversation, struct str reason,
                 struct arena *arena, struct str *ret, struct err *err) WARN_UNUSED;

#endif
