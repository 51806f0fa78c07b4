/* tables: the floor's own list of extension tables, one a file. A desk uses host.h; the child of a
 * plugin takes from here those that only compute, and brings its own for the rest, which send what
 * they are asked to the functions below. The tables are constant and hold no state: [any], for as
 * long as the process lives. */
#ifndef HOST_TABLES_H
#define HOST_TABLES_H

#include <stdint.h>

#include "base/str.h"
#include "plugins/sdk/deskhand_plugin.h"

struct js;
struct manifest;
struct plugin_call;

extern const struct dh_clock_1 host_clock_1;
extern const struct dh_desk_1 host_desk_1;
extern const struct dh_json_1 host_json_1;
extern const struct dh_log_1 host_log_1;

/* What a plugin in a child asks of them: struct plugin_extension's remote. */
int64_t host_desk_remote(void *context, const struct manifest *m, struct plugin_call *call,
                         const struct js *head, struct str body);
int64_t host_log_remote(void *context, const struct manifest *m, struct plugin_call *call,
                        const struct js *head, struct str body);

#endif
