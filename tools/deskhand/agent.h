/* agent: a human agent's actions on tickets, for the console and for scripts alike. Blocking. */
#ifndef DESKHAND_AGENT_H
#define DESKHAND_AGENT_H

#include "base/arena.h"
#include "base/err.h"
#include "desk/actions.h"
#include "desk/approval.h"

struct app;
struct args;
struct store;

typedef int (*agent_fn)(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
                        struct ticket_row *ret, struct err *err);

/* Do it. What stands in the way is an error in words: ERR_BUSY somebody else has the ticket (and
 * who), ERR_AUTH it is not claimed, ERR_INVALID it is resolved. RET lives in ARENA. */
int agent_act(struct store *s, agent_fn fn, const struct desk_action *a, struct arena *arena,
              struct ticket_row *ret, struct err *err) WARN_UNUSED;

/* desk_return() so, with the desk's template for what was decided. APP's store must be open; a
 * template that will not load is an error, and nothing is done. */
int agent_return(struct app *app, struct desk_action *a, struct arena *arena,
                 struct ticket_row *ret, struct err *err) WARN_UNUSED;

/* The same for a decision, as desk_decide() does it. DESK_WHICH. */
int agent_decide(struct store *s, const struct desk_decision *d, struct arena *arena,
                 struct desk_decided *ret, struct err *err) WARN_UNUSED;

/* The agent's name: --agent, else DESKHAND_AGENT, else the login name. Checked. */
int agent_name(const struct args *args, struct str *ret, struct err *err) WARN_UNUSED;

/* "3", "#3": a ticket's number. */
int agent_number(struct str word, int64_t *ret, struct err *err) WARN_UNUSED;

#endif
