/* command: a tool that is a program of its own, in any language.
 *
 *     plugin-host --command SETTINGS PROGRAM ARGUMENT...
 *
 * A desk starts it so for one call. It goes into its cage and becomes PROGRAM, an absolute path,
 * with the standard descriptors it was given: a file with the call, two pipes. SETTINGS is JSON:
 *
 *     parent   the desk's process: nothing is started for one that is gone
 *     dir      where PROGRAM runs
 *     folder, read, write, network, memory, without    see cage.h; folder may be absent
 *     probe    true: instead of becoming PROGRAM, say on stdout what became of the cage:
 *              {"missing": parts of it that are not there, "trouble": why PROGRAM cannot run, or
 * ""}
 *
 * Each variable of the environment stands behind a '+', which is taken off, so that nothing in it
 * means anything to this program before it is in its cage.
 *
 * Where PROGRAM cannot be started a line on stderr says why, behind COMMAND_HOST_SAYS, and the exit
 * status is COMMAND_EXIT_UNSTARTED. */
#ifndef PLUGIN_HOST_COMMAND_H
#define PLUGIN_HOST_COMMAND_H

/* ARGV begins with SETTINGS and ends with a NULL. */
void command_run(char **argv) __attribute__((noreturn));

#endif
