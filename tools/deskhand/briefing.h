/* briefing: has tickets summed up by the desk's model, where it has a real one.
 *
 * Chat asks for a brief of what it hands over, the console for whatever it finds in the queue with
 * the extractive summary still on it (an `ask` that handed over was gone before). A desk whose
 * model is the built-in assistant has no briefing. */
#ifndef DESKHAND_BRIEFING_H
#define DESKHAND_BRIEFING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"

struct app;
struct briefing;
struct loop;
struct models;

/* *RET is NULL where the desk has no real model. MODELS may be NULL: then it opens its own.
 * FINISHED may be NULL. APP's store is open and outlives it. [loop] */
int briefing_open(struct app *app, struct loop *loop, struct models *models,
                  void (*finished)(void *arg, int64_t ticket, bool written), void *arg,
                  struct briefing **ret, struct err *err) WARN_UNUSED;
/* NULL is fine, here and below. The loop must not be running. */
void briefing_close(struct briefing *b);
AUTO_DEFINE(briefing, struct briefing *, briefing_close)

void briefing_want(struct briefing *b, int64_t ticket);

#endif
