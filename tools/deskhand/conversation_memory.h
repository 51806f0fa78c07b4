/* conversation_memory: what models saw of one conversation, what it cost, and what one would be
 * sent now, for `conversations show ID --memory`. */
#ifndef DESKHAND_CONVERSATION_MEMORY_H
#define DESKHAND_CONVERSATION_MEMORY_H

#include <stdbool.h>

#include "base/err.h"

struct app;
struct record;

/* RECORD is APP's, whose store and configuration are open. The tools' share of a request is not in
 * it: no plugin is loaded to show a conversation. */
int conversation_memory_show(struct app *app, const struct record *record, bool json,
                             struct err *err) WARN_UNUSED;

#endif
