/* approval: what agents decide of the calls that may not run before somebody agreed.
 *
 * A turn that meets such a call leaves a pending approval behind (rows.h) and tells the customer;
 * an agent finds it at the ticket, approves or declines it, and gives the conversation back. The
 * bot learns of it by a note among the messages and may then make exactly this call, once.
 *
 * An approval belongs to a conversation. It is shown and decided at any ticket of it: which
 * hand-over asked for it is of no use to whoever has the conversation in hand now. Any agent may
 * decide, not only the assignee: a second pair of eyes is what approvals are for. What an agent
 * approved and no call has used yet may be declined still, by any of them.
 *
 * Nothing waits for ever: past expires_at a pending or approved one is expired, whether or not
 * anybody wrote it down; readers ask desk_approval_state(). Deciding gives an approved one
 * DESK_APPROVED_MS from then on. */
#ifndef DESK_APPROVAL_H
#define DESK_APPROVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/rows.h"

struct store_tx;

/* The customer has a day to come back to it. */
#define DESK_APPROVED_MS (INT64_C(24) * 60 * 60 * 1000)

/* Outcome, with nothing written: several wait at this ticket, or, to decline where none waits,
 * several were approved there and may be taken back; `waiting` lists them. */
enum { DESK_WHICH = 30 };

struct desk_decision {
    struct str approval; /* its id; empty: the one that waits at the ticket, else to decline the
                            one that was approved there and is not used */
    int64_t number;      /* the ticket; 0: only with an id */
    struct str agent;    /* desk_agent_valid() */
    bool approved;       /* else declined */
    struct str reason;   /* for the bot and the record; may be empty */
};

struct desk_decided {
    struct approval_row row;      /* as it is now */
    struct ticket_row ticket;     /* where it was noted; number 0: the conversation has none */
    struct str owner;             /* who has the conversation: OWNER_* */
    struct approval_row *waiting; /* with DESK_WHICH; all of one state */
    size_t waiting_count;
};

/* Decide one: state, who and when, an event of the ticket ("approved" or "declined"), and the note
 * to the bot, all in this write body. ERR_NOTFOUND no such ticket or approval, none that waits, or
 * one of another conversation than the ticket's; ERR_AUTH, in words, for one that is not an agent's
 * to decide, was decided (by whom and when, and when it was used), or has expired; ERR_INVALID for
 * a name or text that will not do. RET lives in ARENA. */
int desk_decide(struct store_tx *tx, const struct desk_decision *d, struct arena *arena,
                struct desk_decided *ret, struct err *err) WARN_UNUSED;

/* The state a reader sees at NOW: APPROVAL_EXPIRED for a pending or approved one that is over. */
struct str desk_approval_state(const struct approval_row *row, int64_t now);

/* What waits at NOW for an agent, oldest first: in CONVERSATION, or on the whole desk when it is
 * empty. Inside any body; in ARENA. */
int desk_approval_waiting(struct store_tx *tx, struct str conversation, int64_t now,
                          struct arena *arena, struct approval_row **ret, size_t *ret_count,
                          struct err *err) WARN_UNUSED;

/* "approved by Sam", "waits for an agent", "expired": the state at NOW for people; in ARENA. ptr
 * NULL when memory ran out. */
struct str desk_approval_words(const struct approval_row *row, int64_t now, struct arena *arena);

#endif
