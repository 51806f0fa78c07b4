/* host: what plugins may ask of the engine, one extension a file.
 *
 * The meaning of each extension is written where plugin authors read it, in
 * plugins/sdk/deskhand_plugin.h; the tables here are its implementation, for any cage that runs
 * plugin calls as struct plugin_call. They are constant and hold no state: what a call needs is
 * kept in the call. [any]
 *
 * An extension that needs the desk (its store, the network) has a second half, which runs on the
 * loop (plugin/ask.h) and works with a struct host: what the program gives the extensions. Without
 * one, or without what it needs in it, it answers that it failed: commands that only look at
 * plugins have no store open.
 *
 * A new extension is a file or two, a line or two in tables.h, one row in host.c and one in
 * plugin-host's extensions.c. */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "plugin/plugin.h"

struct host;
struct http_errands;
struct loop;
struct store;

/* All extensions of this build, for struct plugin_parts. */
const struct plugin_extension *host_extensions(size_t *ret_count);

/* What the extensions may use; all borrowed until host_free(). */
struct host_parts {
    struct loop *loop;
    struct store *store;       /* NULL: none is open */
    struct http_errands *http; /* NULL: no requests are made (http_errand.h) */
};

/* The context of struct plugin_parts. [loop] */
int host_new(const struct host_parts *parts, struct host **ret, struct err *err) WARN_UNUSED;
/* After plugin_set_free() and before the store is closed: writes down what was counted and waits
 * for what is under way. The loop must not be running: it is stepped. NULL is fine. */
void host_free(struct host *h);
AUTO_DEFINE(host, struct host *, host_free)

#endif
