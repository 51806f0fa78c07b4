/* permit: who has agreed to what; the record's side of tool/policy.h.
 *
 * A call that changes something for good, or whose rule asks for it, runs when somebody agreed to
 * exactly this call: the tool, and its arguments in order. Who asks for it first gets a refusal,
 * and an approval waits in the record (store/rows.h):
 *
 *   - The customer is asked in the desk's own words, in the commit that closes the turn. Only the
 *     very next message answers, and only when that question was the last thing said: a plain yes
 *     (nlu/consent.h) agrees, a plain no declines, anything else lets it lapse. What was agreed to
 *     holds for one call, until the customer writes something else than yes.
 *   - An agent is asked by the ticket of a hand-over, and decides at the desk.
 *
 * A call that runs takes the approval with it, in the transaction that commits the call and before
 * it runs: a process that dies in between has used it up, and nothing runs twice.
 *
 * Everything here belongs inside a write body. */
#ifndef TURN_PERMIT_H
#define TURN_PERMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "nlu/consent.h"
#include "tool/policy.h"

struct store_tx;
struct tool_call_row;

/* What one turn's calls are judged by. */
struct permit_rules {
    const struct tool_policy *policy; /* NULL: only what tools say of themselves */
    struct str prompt;
    struct str customer;
};

struct permit {
    struct tool_judgement said;
    struct str content; /* where it may not run: its result, a content array */
};

/* Does it wait for somebody to agree? */
bool permit_asks(const struct permit *p);

/* May CALL, of the tool DEF, run? Takes the approval, counts the use, and where somebody has to be
 * asked adds what is waited for, unless the same is waited for already. */
int permit_judge(struct store_tx *tx, const struct permit_rules *rules, const struct tool_def *def,
                 const struct tool_call_row *call, struct arena *arena, struct permit *ret,
                 struct err *err) WARN_UNUSED;

/* The customer's MESSAGE, stored already, decides what waits for the customer. */
int permit_answer(struct store_tx *tx, struct str conversation, struct str message,
                  enum consent consent, struct err *err) WARN_UNUSED;

/* A turn ended without asking: what waits for the customer lapses. */
int permit_unasked(struct store_tx *tx, struct str conversation, struct err *err) WARN_UNUSED;

/* What waits for an agent is asked for by TICKET. */
int permit_ticket(struct store_tx *tx, struct str conversation, int64_t ticket,
                  struct err *err) WARN_UNUSED;

#endif
