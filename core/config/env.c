#include "config/config_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

static const struct config_variable variables[] = {
    {"DESKHAND_AGENT", "Your name as a human agent, where --agent is not given."},
    {"DESKHAND_DESK", "The desk's directory, where --desk is not given."},
    {"DESKHAND_FAULT", "Failures on purpose, in a build with fault hooks: kill:N, alloc:N, io:N."},
    {"EDITOR", "The editor for longer texts."},
    {"NO_COLOR", "Set to anything: no colours."},
    {"TERM", "The terminal's kind; dumb: no colours, no movement."},
};

const struct config_variable *
config_variables(size_t *ret_count)
{
    *ret_count = sizeof(variables) / sizeof(variables[0]);
    return variables;
}

const char *
env_get(const char *name)
{
    return getenv(name);
}

const char *
config_env(const char *name)
{
    bool known = false;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        known = known || strcmp(variables[i].name, name) == 0;
    }
    must(known);
    return env_get(name);
}
