/* import_lane: a second thread for an import, which works off what the first prepares.
 *
 * A ring of slots whose contents belong to the user of this file. The caller fills lane_slot() and
 * sends it; WORK gets the slots in the order they were sent, one at a time. At any moment a slot
 * belongs to one of the two. The thread begins with the second batch of an import that has one and
 * only where there is a second processor; without it WORK runs within lane_send(), in the same
 * order and with the same outcome. All functions are the caller's thread's. */
#ifndef CATALOG_IMPORT_LANE_H
#define CATALOG_IMPORT_LANE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"

enum { LANE_SLOTS = 6 };

struct lane;

/* [lane] <0 with ERR filled ends the import: no further slot is worked on. */
typedef int (*lane_work)(void *arg, size_t slot, struct err *err);

int lane_new(lane_work work, void *arg, struct lane **ret, struct err *err) WARN_UNUSED;
/* Waits for the slot under work; those behind it are dropped. */
void lane_free(struct lane *l);
AUTO_DEFINE(lane, struct lane *, lane_free)

/* The slot that is the caller's to fill. */
size_t lane_slot(const struct lane *l);
/* Send it, and wait until the next one is free. MORE: others will follow. <0: WORK failed, on this
 * or an earlier slot; ERR is what it said. */
int lane_send(struct lane *l, bool more, struct err *err) WARN_UNUSED;
/* Wait until everything sent is done; then nothing of it is anybody else's. Fails as lane_send().
 */
int lane_drain(struct lane *l, struct err *err) WARN_UNUSED;

#endif
