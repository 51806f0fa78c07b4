/* tables: the floor's own list of extension tables; callers use host.h. [any] */
#ifndef HOST_TABLES_H
#define HOST_TABLES_H

#include "plugins/sdk/deskhand_plugin.h"

extern const struct dh_clock_1 host_clock_1;
extern const struct dh_desk_1 host_desk_1;
extern const struct dh_json_1 host_json_1;
extern const struct dh_log_1 host_log_1;

#endif
