/* empty: a plugin whose one tool does nothing, for bench-plugins. */
#include "plugins/sdk/deskhand_plugin.h"

static const char manifest[] =
    "{\"name\":\"empty\",\"version\":\"1\",\"description\":\"does nothing\",\"tools\":[{"
    "\"name\":\"nothing\",\"description\":\"Does nothing.\",\"effect\":\"read\",\"parallel\":true,"
    "\"input_schema\":{\"type\":\"object\"}}]}";

static void *
create(const struct dh_host *host, const struct dh_setup *setup)
{
    (void)setup;
    return (void *)(uintptr_t)host;
}

static void
call(void *instance, const struct dh_call *call)
{
    const struct dh_host *host = instance;
    host->result(call, DH_STR("{}"));
}

static void
destroy(void *instance)
{
    (void)instance;
}

const struct dh_plugin deskhand_plugin = {
    .magic = DH_MAGIC,
    .struct_size = sizeof(struct dh_plugin),
    .abi_major = DH_ABI_MAJOR,
    .abi_minor = DH_ABI_MINOR,
    .manifest = {manifest, sizeof(manifest) - 1},
    .create = create,
    .call = call,
    .destroy = destroy,
};
