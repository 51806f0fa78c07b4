/* instance: what a plugin's create() made, and the host it was made with.
 *
 * Everything here runs plugin code and is [worker]: it may take long, hang or crash, and the cage
 * around it (plugin_inproc.h, plugin_child.h) decides what that means. */
#ifndef PLUGIN_INSTANCE_H
#define PLUGIN_INSTANCE_H

#include "base/err.h"
#include "base/str.h"
#include "plugin/plugin.h"
#include "plugins/sdk/deskhand_plugin.h"

struct ask_text;
struct manifest;
struct plugin_call;
struct plugin_instance;

/* What an instance is made from; all borrowed for as long as it lives. */
struct plugin_code {
    struct dh_plugin abi; /* our copy, zero where the plugin's own was shorter */
    const struct manifest *manifest;
    const struct plugin_extension *extensions;
    size_t extension_count;
    void *context; /* for the extensions; struct plugin_parts */
    struct str config;
    const struct plugin_grants *grants;
    /* [any] How the plugin tells the desk what belongs to no call (ask.h). NULL: it cannot. */
    void (*tell)(const struct plugin_code *code, const struct ask_text *text);
    void *teller;
};

/* ERR_PLUGIN in the plugin's own words when it refuses; ERR_NOMEM. */
int plugin_instance_new(const struct plugin_code *code, struct plugin_instance **ret,
                        struct err *err) WARN_UNUSED;
/* NULL is fine. */
void plugin_instance_free(struct plugin_instance *i);

void plugin_instance_call(struct plugin_instance *i, struct plugin_call *call);

/* [any] What HOST was made for, and its manifest. */
const struct plugin_code *plugin_instance_code(const struct dh_host *host);
const struct manifest *plugin_instance_manifest(const struct dh_host *host);

#endif
