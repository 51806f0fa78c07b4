/* parts: the desk's prompts, variables and plugins, from where they are. */
#ifndef DESKHAND_PARTS_H
#define DESKHAND_PARTS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "plugin/plugin.h"
#include "prompt/prompt.h"

struct app;
struct arena;
struct args;
struct loop;
struct tool_registry;

/* The desk's own prompts, then the shipped ones. Borrowed from APP. */
int parts_prompt_path(struct app *app, struct prompt_path *ret, struct err *err) WARN_UNUSED;

/* --var NAME=VALUE ... as a JSON object in ARENA. ERR_INVALID names the word. */
int parts_given_vars(const struct args *args, struct arena *arena, struct str *ret,
                     struct err *err) WARN_UNUSED;

/* The variables every prompt of this desk is offered: `prompt.vars`, the shop's name, and GIVEN
 * (a JSON object) above them. */
int parts_vars(struct app *app, struct str given, struct str *ret, struct err *err) WARN_UNUSED;

/* The configured plugins, loaded, their tools in R. */
int parts_plugins(struct app *app, struct loop *l, struct tool_registry *r, struct plugin_set **ret,
                  struct err *err) WARN_UNUSED;

/* Is NAME a shipped plugin that searches the catalogue? Its configuration then is
 * {"catalog":PATH}, filled in where desk.yaml says nothing. */
bool parts_plugin_searches(struct str name);

/* One configured plugin: its file and its configuration. */
struct parts_plugin {
    struct str path;   /* NUL-terminated */
    struct str config; /* JSON object */
    bool enabled;
    bool isolated; /* runs in a process of its own, in CAGE */
    struct plugin_cage cage;
    struct plugin_grants grants;
    const struct err *trouble; /* NULL, or why it is not to be loaded: what is granted is amiss */
};
/* As configured: the shipped three where the configuration names none. In APP's arena. What one
 * plugin is granted and is not there is that plugin's trouble, and found when it is loaded. */
int parts_plugin_list(struct app *app, struct parts_plugin **ret, size_t *ret_count,
                      struct err *err) WARN_UNUSED;
/* The cage of a plugin that was granted nothing. In APP's arena. */
int parts_cage(struct app *app, struct plugin_cage *ret, struct err *err) WARN_UNUSED;
/* Load it where it belongs. As plugin_load(), and its trouble. */
int parts_plugin_load(struct plugin_set *set, const struct parts_plugin *wanted,
                      struct tool_registry *r, const struct plugin **ret,
                      struct err *err) WARN_UNUSED;
/* The same in the place of OLD. As plugin_reload(). */
int parts_plugin_reload(struct plugin_set *set, const struct plugin *old,
                        const struct parts_plugin *wanted, struct tool_registry *r,
                        const struct plugin **ret, struct err *err) WARN_UNUSED;

#endif
