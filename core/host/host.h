/* host: what plugins may ask of the engine, one extension a file.
 *
 * The meaning of each extension is written where plugin authors read it, in
 * plugins/sdk/deskhand_plugin.h; the tables here are its implementation, for any cage that runs
 * plugin calls as struct plugin_call. They are constant and hold no state: what a call needs is
 * kept in the call. A new extension is one file, one line in tables.h, one row in host.c. [any] */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stddef.h>

#include "plugin/plugin.h"

/* All extensions of this build, for struct plugin_parts. */
const struct plugin_extension *host_extensions(size_t *ret_count);

#endif
