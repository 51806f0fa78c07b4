#include "plugin/instance.h"

#include <stddef.h>

#include "base/alloc.h"
#include "base/fault.h"
#include "base/must.h"
#include "io/loop.h"
#include "plugin/call.h"
#include "plugin/manifest.h"

enum { INSTANCE_MAGIC = 0x696e7374 };

struct plugin_instance {
    uint32_t magic;
    struct dh_host host;
    const struct plugin_code *code;
    void *state; /* the plugin's */
};

/* A setup handle and where its refusal goes. */
struct setup {
    struct dh_setup abi;
    struct err *err;
    bool refused;
};

static struct plugin_instance *
instance_of(const struct dh_host *host)
{
    struct plugin_instance *i = OWNER_OF((struct dh_host *)host, struct plugin_instance, host);
    MUST_MAGIC(i, INSTANCE_MAGIC);
    return i;
}

const struct plugin_code *
plugin_instance_code(const struct dh_host *host)
{
    return instance_of(host)->code;
}

const struct manifest *
plugin_instance_manifest(const struct dh_host *host)
{
    return instance_of(host)->code->manifest;
}

static const void *
get_extension(const struct dh_host *host, const char *id)
{
    const struct plugin_code *code = instance_of(host)->code;
    if (!id || !manifest_lists(code->manifest, str_c(id))) {
        return NULL;
    }
    for (size_t i = 0; i < code->extension_count; i++) {
        if (str_eq_c(str_c(id), code->extensions[i].id)) {
            return code->extensions[i].table;
        }
    }
    return NULL;
}

static void
refuse(const struct dh_setup *handle, struct dh_str why)
{
    struct setup *setup = OWNER_OF((struct dh_setup *)handle, struct setup, abi);
    (void)err_set(setup->err, ERR_PLUGIN, "%" STR_FMT, STR_ARG(str_from_dh(why)));
    setup->refused = true;
}

int
plugin_instance_new(const struct plugin_code *code, struct plugin_instance **ret, struct err *err)
{
    struct plugin_instance *i = mem_zero(1, sizeof(*i));
    if (!i) {
        return err_nomem(err);
    }
    i->magic = INSTANCE_MAGIC;
    i->code = code;
    i->host = (struct dh_host){
        .struct_size = sizeof(i->host),
        .get_extension = get_extension,
        .refuse = refuse,
        .result = plugin_call_result,
        .fail = plugin_call_fail,
        .canceled = plugin_call_canceled,
    };
    struct setup setup = {
        .abi = {.struct_size = sizeof(setup.abi), .config = dh_from_str(code->config)},
        .err = err,
    };
    i->state = code->abi.create(&i->host, &setup.abi);
    if (!i->state) {
        mem_free(i);
        return setup.refused ? ERR_PLUGIN
                             : err_set(err, ERR_PLUGIN, "it could not start and did not say why");
    }
    *ret = i;
    return 0;
}

void
plugin_instance_free(struct plugin_instance *i)
{
    if (i) {
        i->code->abi.destroy(i->state);
        i->magic = 0;
        mem_free(i);
    }
}

void
plugin_instance_call(struct plugin_instance *i, struct plugin_call *call)
{
    fault_point("plugin.call.before");
    i->code->abi.call(i->state, &call->abi);
    fault_point("plugin.call.after");
}
