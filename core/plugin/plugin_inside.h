/* plugin_inside: a set and its plugins, for plugin.c and plugin_load.c. */
#ifndef PLUGIN_PLUGIN_INSIDE_H
#define PLUGIN_PLUGIN_INSIDE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "io/loop.h"
#include "plugin/grants.h"
#include "plugin/instance.h"
#include "plugin/manifest.h"
#include "plugin/plugin.h"
#include "plugin/plugin_child.h"
#include "plugin/plugin_inproc.h"

struct pool;

struct plugin {
    struct plugin *next;
    struct plugin_set *set;
    char *path;
    char *asked; /* what led to it */
    struct stat file; /* as it was loaded */
    unsigned edition; /* see plugin_code_open() */
    char *config;
    struct manifest manifest;
    struct plugin_code code;
    struct grants grants;
    struct plugin_cage cage;
    struct child_parts child_parts;
    struct plugin_child *child; /* one of the two */
    struct inproc *inproc;
    const struct tool_registry *replaced; /* whose calls it still answers; NULL: it is in use */
};

struct plugin_set {
    struct plugin_parts parts;
    struct pool *pool;
    struct plugin *first;
    unsigned editions;       /* given so far */
    struct loop_timer sweep; /* while there are replaced ones with something to end */
};

void plugin_free(struct plugin *p);
AUTO_DEFINE(plugin, struct plugin *, plugin_free)

struct tool_source *plugin_source(const struct plugin *p);
/* P takes no calls any more: its instances end when those it has are over. */
void plugin_replaced(struct plugin_set *set, struct plugin *p, const struct tool_registry *r);

#endif
