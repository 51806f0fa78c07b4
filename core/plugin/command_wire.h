/* command_wire: how plugin-host, started for a command tool, says that it could not become the
 * tool's program: by an exit status and the first words of stderr, together, for the program itself
 * may use either. Constants of both sides and nothing else; what they say to each other otherwise
 * is in tools/plugin-host/command.h and plugin/command.h. [any] */
#ifndef PLUGIN_COMMAND_WIRE_H
#define PLUGIN_COMMAND_WIRE_H

enum { COMMAND_EXIT_UNSTARTED = 126 };

/* How stderr begins then; why follows. */
#define COMMAND_HOST_SAYS "cannot be started: "

#endif
