/* quarantine: which plugins and commands are quarantined, on the desk's record, so that every
 * program that has the desk open leaves them alone and `plugins list` can say why. It is over after
 * FAULTS_HOLD_MS (base/faults.h), when the file is another one, or when `plugins reload` says so.
 * A plugin's row has its name; a command's has QUARANTINE_COMMAND before it. [loop] */
#ifndef DESKHAND_QUARANTINE_H
#define DESKHAND_QUARANTINE_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct app;
struct plugin;
struct plugin_set;
struct plugin_state_row;
struct quarantine_note;

#define QUARANTINE_COMMAND "command:"

/* Put on record that NAME, of a file that FILE tells from others, is quarantined because of WHY, if
 * APP's store is open on the loop. Failures are logged. */
void quarantine_put(struct app *app, struct str name, const char *file, struct str why);
/* The same for struct plugin_parts: ARG is the app. */
void quarantine_note(void *arg, const struct plugin *p, struct str why);

/* For how long ROW holds for what is of FILE; 0: it does not. */
int64_t quarantine_left(const struct plugin_state_row *row, const char *file);
/* What ROW says of a plugin of the set ARG becomes so here. */
void quarantine_heed(void *arg, const struct plugin_state_row *row);

typedef void (*quarantine_heeds)(void *arg, const struct plugin_state_row *row);
/* HEED, for each row of the record. Waits for the database; without a store nothing happens. */
int quarantine_each(struct app *app, quarantine_heeds heed, void *arg, struct err *err) WARN_UNUSED;
/* What the record says of SET's plugins becomes so here, in the same way. */
int quarantine_apply(struct app *app, struct plugin_set *set, struct err *err) WARN_UNUSED;

/* After the store is closed. NULL is fine. */
void quarantine_notes_free(struct quarantine_note *notes);

#endif
