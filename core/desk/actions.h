/* actions: what agents do with tickets. Each is one transaction, run inside a write body.
 *
 *   open -> claimed -> waiting (for the customer) -> resolved, and back: a customer's message in
 *   the conversation of a waiting ticket makes it claimed again, of a resolved one open again.
 *
 * Every change is an event with who and when, and grows the ticket's version, so that of two
 * agents who do the same only one does it: the other is told who was first. Claiming makes the
 * conversation the human's in the same transaction; returning gives it back to the bot with a note
 * that the bot is told, resolving leaves it with nobody until the customer writes again.
 *
 * Who may: a ticket's replies, notes, return and resolution are its assignee's. Anybody may claim
 * an open one, or take one over with TAKE. */
#ifndef DESK_ACTIONS_H
#define DESK_ACTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/rows.h"

struct prompt;
struct store_tx;

/* Outcomes, all with nothing written. */
enum {
    DESK_TAKEN = 20,     /* another agent has it: RET's assignee */
    DESK_NOT_YOURS = 21, /* it is not claimed by this agent: claim it first */
    DESK_OVER = 22,      /* it is resolved already */
};

struct desk_action {
    int64_t number;
    struct str
        agent; /* 1 to 40 letters, digits, '_', '.', '-' or blanks between: desk_agent_valid() */
    struct str text; /* reply, note, the note to the bot, the resolution's; may be empty but for
                        reply and note */
    bool take;       /* claim: also from another agent */
    const struct prompt *decided; /* return: the template `decided`; NULL: nothing is said by it */
    struct str line_vars;         /* JSON object for it; the lists are added */
};

bool desk_agent_valid(struct str name);

/* RET is the ticket as it is afterwards (or as it was found, with an outcome), in ARENA.
 * ERR_NOTFOUND for no such ticket, ERR_INVALID for a name or text that will not do. */
int desk_claim(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
               struct ticket_row *ret, struct err *err) WARN_UNUSED;
/* A message to the customer, by name. The ticket waits for the customer then. */
int desk_reply(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
               struct ticket_row *ret, struct err *err) WARN_UNUSED;
/* For colleagues only. */
int desk_note(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
              struct ticket_row *ret, struct err *err) WARN_UNUSED;
/* The bot goes on, told TEXT and that the reason of this hand-over is settled. What agents decided
 * of calls since the hand-over (approval.h), and still stands, is told to the customer in the same
 * breath, by the template: until they write, nobody else would. An agent's own words beside it are
 * not taken for that: we cannot tell what they say. The line belongs to no turn and so is no
 * question that a yes could answer. ERR_INVALID also for a template that cannot be filled. */
int desk_return(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
                struct ticket_row *ret, struct err *err) WARN_UNUSED;
int desk_resolve(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
                 struct ticket_row *ret, struct err *err) WARN_UNUSED;

/* The customer wrote into a conversation that is not the bot's: its newest ticket is claimed (or
 * open) again. Inside the body that stores the message. */
int desk_customer_wrote(struct store_tx *tx, struct str conversation, struct arena *arena,
                        struct err *err) WARN_UNUSED;

#endif
