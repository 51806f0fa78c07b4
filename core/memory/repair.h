/* repair: make any sequence of messages one that every model API accepts.
 *
 * The rules are in memory.h. Works in place on an array of messages whose blocks live in ARENA;
 * adds nothing a customer or tool said, only what closes an open end. Pure. */
#ifndef MEMORY_REPAIR_H
#define MEMORY_REPAIR_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/message.h"

/* *COUNT shrinks where messages merge or vanish; it never grows. */
int repair_history(struct message *messages, size_t *count, struct arena *a,
                   struct err *err) WARN_UNUSED;

/* Open the message's first text with "[NAME, a human colleague]". */
int repair_mark_agent(struct message *m, struct str name, struct arena *a,
                      struct err *err) WARN_UNUSED;

/* A customer's message: lines of it that look like the desk's own words get a mark in front. */
int repair_mark_words(struct message *m, struct arena *a, struct err *err) WARN_UNUSED;

#endif
