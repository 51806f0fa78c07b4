/* plugin: shared objects that bring tools.
 *
 * A set is a desk's plugins, the threads they run on, and the host extensions they may ask for.
 * Loading one means: the file is checked before any of its code runs (elf_check.h), its manifest
 * is read, its wants are compared with what there is, its configuration is checked against its own
 * schema, and its tools go into the registry. No plugin function runs until one of its tools is
 * called. What is loaded is never unloaded.
 *
 * The set does not know what extensions do: the program hands it a table of them.
 *
 * Everything is [loop]. */
#ifndef PLUGIN_PLUGIN_H
#define PLUGIN_PLUGIN_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct loop;
struct manifest;
struct plugin;
struct plugin_set;
struct tool_registry;

/* What a plugin gets for the id: the extension's table of functions (deskhand_plugin.h). */
struct plugin_extension {
    const char *id;
    const void *table;
};

/* All borrowed until plugin_set_free(). */
struct plugin_parts {
    struct loop *loop;
    const struct plugin_extension *extensions;
    size_t extension_count;
    unsigned threads; /* calls that run at once */
};

/* Starts no thread yet. */
int plugin_set_new(const struct plugin_parts *parts, struct plugin_set **ret,
                   struct err *err) WARN_UNUSED;
/* Ends every instance on a thread of its own and waits for that, two seconds at most; what hangs
 * is left behind. No call may be under way, the registry must be gone, and the loop must not be
 * running: it is stepped. NULL is fine. */
void plugin_set_free(struct plugin_set *set);
AUTO_DEFINE(plugin_set, struct plugin_set *, plugin_set_free)

/* Load the plugin in the file PATH with CONFIG (a JSON object; empty stands for {}), and add its
 * tools to R; R NULL: only check that it can be loaded. *RET is the set's. Waits for the disk.
 * Failures leave the desk as it was and open with the path; they say which rule was broken and
 * what to do. */
int plugin_load(struct plugin_set *set, const char *path, struct str config,
                struct tool_registry *r, const struct plugin **ret, struct err *err) WARN_UNUSED;

/* In the order loaded. NULL past the end. */
const struct plugin *plugin_at(const struct plugin_set *set, size_t index);
const struct manifest *plugin_manifest(const struct plugin *p);
struct str plugin_path(const struct plugin *p);
/* Why it is not used at present (disabled after calls that never came back); else empty. */
struct str plugin_trouble(const struct plugin *p);

#endif
