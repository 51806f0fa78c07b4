/* tables: the floor's own list of extension tables, one a file. A desk uses host.h; the child of a
 * plugin takes from here all but dh.desk/1 and dh.log/1: those that only compute, and those that
 * ask by plugin/ask.h, whose other halves are the functions below. The tables are constant and hold
 * no state: [any], for as long as the process lives. Their files name nothing of the desk's. */
#ifndef HOST_TABLES_H
#define HOST_TABLES_H

#include <stdint.h>

#include "base/str.h"
#include "plugins/sdk/deskhand_plugin.h"

struct js;
struct manifest;
struct plugin_ask;
struct plugin_call;

extern const struct dh_clock_1 host_clock_1;
extern const struct dh_desk_1 host_desk_1;
extern const struct dh_http_1 host_http_1;
extern const struct dh_json_1 host_json_1;
extern const struct dh_kv_1 host_kv_1;
extern const struct dh_log_1 host_log_1;
extern const struct dh_metric_1 host_metric_1;
extern const struct dh_secret_1 host_secret_1;

/* What a plugin in a child asks of them: struct plugin_extension's remote. */
int64_t host_desk_remote(void *context, const struct manifest *m, struct plugin_call *call,
                         const struct js *head, struct str body);
int64_t host_log_remote(void *context, const struct manifest *m, struct plugin_call *call,
                        const struct js *head, struct str body);
int64_t host_metric_remote(void *context, const struct manifest *m, struct plugin_call *call,
                           const struct js *head, struct str body);

/* What a plugin asks of them, in either cage: its begin and drop. */
void host_http_begin(void *context, struct plugin_ask *ask);
void host_http_drop(void *context, struct plugin_ask *ask);
void host_kv_begin(void *context, struct plugin_ask *ask);
void host_kv_drop(void *context, struct plugin_ask *ask);

#endif
