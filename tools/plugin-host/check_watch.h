/* check_watch: what a plugin calls of libc, seen from between the two.
 *
 * The entries of the plugin's own tables of imported functions are led to functions here, which
 * count, fail or report, and do what libc does where that harms nobody. Only calls from the
 * plugin's object come this way: not the host's, not those of other libraries. What a plugin calls
 * while it is being mapped (constructors) is over by then; check_state.h sees what that leaves.
 *
 * One plugin a process: what is watched is a static, which its calls have no other way to. [any] */
#ifndef PLUGIN_HOST_CHECK_WATCH_H
#define PLUGIN_HOST_CHECK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct check;

/* Watch the object that ADDRESS lies in. Allocation FAIL_AT (from 1) fails, 0: none. False: it has
 * no tables that can be read. */
bool check_watch(struct check *c, const void *address, int64_t fail_at);

/* Did one fail? */
bool check_watch_failed(void);

#endif
