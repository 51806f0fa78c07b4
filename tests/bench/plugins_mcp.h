/* plugins_mcp: the same empty call by an MCP server on stdio, for bench-plugins. */
#ifndef TESTS_PLUGINS_MCP_H
#define TESTS_PLUGINS_MCP_H

#include <stddef.h>
#include <sys/types.h>

/* One call's round trips, in microseconds. */
struct mcp_figures {
    double wall;       /* the median of calls one after another */
    double processor;  /* the server's own, for each of them */
    double per_second; /* with FLIGHT calls at once */
    long resident_kib;
};

/* Start ARGV, greet it, call its tool "empty" COUNT times alone and COUNT times with FLIGHT at
 * once. WALLS has room for COUNT. 0: it did not answer; *RET_WHY says at what. */
int mcp_measure(char *const argv[], size_t count, size_t flight, double *walls,
                struct mcp_figures *ret, const char **ret_why);

/* What PID has in memory; 0: nobody knows. */
long process_kib(pid_t pid);

#endif
