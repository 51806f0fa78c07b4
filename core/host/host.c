#include "host/host.h"

#include "host/tables.h"

const struct plugin_extension *
host_extensions(size_t *ret_count)
{
    static const struct plugin_extension extensions[] = {
        {.id = DH_CLOCK_1, .table = &host_clock_1},
        {.id = DH_DESK_1, .table = &host_desk_1, .remote = host_desk_remote},
        {.id = DH_JSON_1, .table = &host_json_1},
        {.id = DH_LOG_1, .table = &host_log_1, .remote = host_log_remote},
    };
    *ret_count = sizeof(extensions) / sizeof(*extensions);
    return extensions;
}
