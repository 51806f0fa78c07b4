/* inside: what the actions of agents are made of. Not for callers: actions.h and approval.h. Each
 * runs inside a write body. */
#ifndef DESK_INSIDE_H
#define DESK_INSIDE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct desk_action;
struct store_tx;
struct ticket_row;

/* ERR_NOTFOUND in words. */
int desk_ticket_find(struct store_tx *tx, int64_t number, struct arena *arena,
                     struct ticket_row *ret, struct err *err) WARN_UNUSED;
/* Write the ticket and its event WHAT, and take the version along. ERR_BUSY: changed meanwhile. */
int desk_ticket_save(struct store_tx *tx, struct ticket_row *ticket, struct str who,
                     const char *what, struct str detail, struct arena *arena,
                     struct err *err) WARN_UNUSED;
/* "agent:NAME"; ptr NULL when memory ran out. */
struct str desk_agent_author(struct str name, struct arena *arena);
/* TEXT as a message of CONVERSATION, now. */
int desk_message_add(struct store_tx *tx, struct str conversation, const char *role,
                     struct str author, struct str text, struct arena *arena,
                     struct err *err) WARN_UNUSED;
/* TEXT on one line, fit to be shown, without the mark at its end, for our sentence brings a full
 * stop, and without brackets, which are a note's. ptr NULL when memory ran out. */
struct str desk_one_line(struct str text, struct arena *arena);
/* What agents decided at TICKET, told to the customer from A's template; nothing where nothing was,
 * or where A has none. */
int desk_tell_decided(struct store_tx *tx, const struct desk_action *a,
                      const struct ticket_row *ticket, struct arena *arena,
                      struct err *err) WARN_UNUSED;

#endif
