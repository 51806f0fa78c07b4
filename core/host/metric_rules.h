/* metric_rules: what both halves of dh.metric/1 know: the table (host_metric.c) passes over what
 * the desk's half (host_metric_desk.c), to which a child may say anything, would not count. [any]
 */
#ifndef HOST_METRIC_RULES_H
#define HOST_METRIC_RULES_H

#include <stdbool.h>

#include "base/str.h"

enum {
    METRIC_NAME_MAX = 40,
    METRIC_NAMES_MAX = 50, /* of a plugin */
};

static inline bool
metric_is_name(struct str name)
{
    bool fits = name.len > 0 && name.len <= METRIC_NAME_MAX;
    for (size_t i = 0; fits && i < name.len; i++) {
        char c = name.ptr[i];
        fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }
    return fits;
}

#endif
