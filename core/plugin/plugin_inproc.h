/* plugin_inproc: the cage that is none. A plugin's calls run on the worker pool of this process.
 *
 * An instance is made on a worker when a tool is first called. A call that overstays cannot be
 * stopped: it is disowned together with its instance, which is quarantined (the next call gets a
 * new one), and its thread is lost until it returns. A plugin that holds INPROC_LOST_MAX threads
 * lost is not called while it does; if it got there by missing deadlines, never again.
 *
 * Everything is [loop]. */
#ifndef PLUGIN_PLUGIN_INPROC_H
#define PLUGIN_PLUGIN_INPROC_H

#include <stdbool.h>

#include "base/err.h"
#include "plugin/instance.h"
#include "tool/tool.h"

struct ask_text;
struct inproc;
struct loop;
struct pool;

enum { INPROC_LOST_MAX = 3 };

/* CODE and POOL are borrowed for as long as the source lives. */
int inproc_new(struct loop *l, struct pool *pool, const struct plugin_code *code,
               struct inproc **ret, struct err *err) WARN_UNUSED;
/* End the instances that are not busy, on workers; inproc_idle() tells when all have ended. Busy
 * ones (calls that were given up) are looked at again each time this is called. No call may come
 * after. */
void inproc_close(struct inproc *s);
bool inproc_idle(const struct inproc *s);
/* What is not idle is left behind, and with it CODE must be. NULL is fine. */
void inproc_free(struct inproc *s);

/* [any] What the plugin tells the desk: struct plugin_code's TELL, whose TELLER is the source. */
void inproc_tell(const struct plugin_code *code, const struct ask_text *text);

struct tool_source *inproc_source(struct inproc *s);
/* Why it is not called at present; empty when it is. */
struct str inproc_trouble(const struct inproc *s);

#endif
