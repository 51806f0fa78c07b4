/* digesting: has the older messages of long conversations summed up by the desk's model, where it
 * has a real one and `memory.summary` says so. */
#ifndef DESKHAND_DIGESTING_H
#define DESKHAND_DIGESTING_H

#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct app;
struct digesting;
struct loop;
struct models;
struct spend_rules;

/* *RET is NULL where nothing is to be summed up. All is borrowed, APP's store is open. [loop] */
int digesting_open(struct app *app, struct loop *loop, struct models *models,
                   const struct spend_rules *spend, struct digesting **ret,
                   struct err *err) WARN_UNUSED;
/* NULL is fine. The loop must not be running. */
void digesting_close(struct digesting *d);
AUTO_DEFINE(digesting, struct digesting *, digesting_close)

/* For engine_parts.memory_due, with D, which may be NULL, as its argument. */
void digesting_want(void *d, struct str conversation, int64_t tokens);

#endif
