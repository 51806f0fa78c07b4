/* check_stubs: the functions that a watched plugin calls instead of libc's; see check_watch.h. */
#ifndef PLUGIN_HOST_CHECK_STUBS_H
#define PLUGIN_HOST_CHECK_STUBS_H

#include <stdbool.h>
#include <stdint.h>

struct check;

/* Before the first of them is called. */
void check_stubs_begin(struct check *c, int64_t fail_at);
bool check_stubs_failed(void);

/* What is called instead of libc's NAME; NULL: libc's own. */
void *check_stub(const char *name);

#endif
