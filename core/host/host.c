#include "host/host.h"

#include "host/tables.h"

const struct plugin_extension *
host_extensions(size_t *ret_count)
{
    static const struct plugin_extension extensions[] = {
        {DH_CLOCK_1, &host_clock_1, NULL},
        {DH_DESK_1, &host_desk_1, host_desk_remote},
        {DH_JSON_1, &host_json_1, NULL},
        {DH_LOG_1, &host_log_1, host_log_remote},
    };
    *ret_count = sizeof(extensions) / sizeof(*extensions);
    return extensions;
}
