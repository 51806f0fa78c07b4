/* quarantine: which plugins are quarantined, on the desk's record, so that every program that has
 * the desk open leaves them alone and `plugins list` can say why. It is over after FAULTS_HOLD_MS
 * (base/faults.h), when the file is another one, or when `plugins reload` says so. [loop] */
#ifndef DESKHAND_QUARANTINE_H
#define DESKHAND_QUARANTINE_H

#include "base/err.h"
#include "base/str.h"

struct app;
struct plugin;
struct plugin_set;
struct quarantine_note;

/* For struct plugin_parts: ARG is the app, whose store is open on the loop. Failures are logged. */
void quarantine_note(void *arg, const struct plugin *p, struct str why);

/* What the record says of SET's plugins becomes so here. Waits for the database; without a store
 * nothing happens. */
int quarantine_apply(struct app *app, const struct plugin_set *set, struct err *err) WARN_UNUSED;

/* After the store is closed. NULL is fine. */
void quarantine_notes_free(struct quarantine_note *notes);

#endif
