#include "host/tables.h"
#include "plugin/call.h"
#include "plugin/grants.h"
#include "plugin/instance.h"

static struct dh_str
get(const struct dh_host *host, const char *name)
{
    return host && name
               ? dh_from_str(grants_secret(plugin_instance_code(host)->grants, str_c(name)))
               : (struct dh_str){0};
}

const struct dh_secret_1 host_secret_1 = {
    .struct_size = sizeof(host_secret_1),
    .get = get,
};
