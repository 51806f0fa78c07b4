/* spending: the desk's prices and brakes, from its configuration, for the engine. */
#ifndef DESKHAND_SPENDING_H
#define DESKHAND_SPENDING_H

#include "base/err.h"
#include "turn/spend.h"

struct app;

/* Everything in APP's arena; the day is that of `desk.timezone`. ERR_NOTFOUND: no such zone. */
int spending_rules(struct app *app, struct spend_rules *ret, struct err *err) WARN_UNUSED;

#endif
