/* reloading: has a running desk load its plugins anew when `deskhand plugins reload` asks for it.
 *
 * The wish is a row of the record (plugin_state.reload grows), so that every program that has the
 * desk open sees it, within a quarter of a second. The plugin's entry is read from desk.yaml as it
 * is then; nothing else of the configuration changes. Calls under way end where they began. What
 * cannot be loaded is logged, and the plugin stays what it was. A command (quarantine.h has its
 * name) is read when a program starts; for it the wish ends a quarantine.
 *
 * What other programs put into quarantine is left alone here, too, from the same moment on.
 *
 * Everything is [loop]. */
#ifndef DESKHAND_RELOADING_H
#define DESKHAND_RELOADING_H

#include "base/err.h"
#include "base/str.h"

struct app;
struct command_tools;
struct plugin_set;
struct reloading;
struct tool_registry;

/* From now on. APP's store is open on the loop; SET, COMMANDS and TOOLS are borrowed until
 * reloading_stop(). Waits for the database: the loop must not be running. */
int reloading_open(struct app *app, struct plugin_set *set, struct command_tools *commands,
                   struct tool_registry *tools, struct reloading **ret,
                   struct err *err) WARN_UNUSED;
/* No more. NULL is fine. */
void reloading_stop(struct reloading *r);
/* After the store and SET are gone: reloaded plugins borrow from it. NULL is fine. */
void reloading_free(struct reloading *r);

/* Tell every program that has APP's desk open to load plugin NAME anew, and that its quarantine is
 * over; NAME is that of a row, a command's too. APP's store is open for writing; waits for the
 * database. */
int reloading_ask(struct app *app, struct str name, struct err *err) WARN_UNUSED;

#endif
