/* plugin_child: the cage that is one. A plugin's calls run in a process of their own (plugin-host),
 * which gives up what it can before the plugin's file is mapped (cage.h).
 *
 * The process is started when the plugin is loaded, to say what it is, and again when a call comes
 * and there is none. Whatever it does, each call gets its one answer from the loop: it costs the
 * calls in its hands when it crashes, ends, sends nonsense or has to be killed, and the next call
 * gets a new process, a little later after each fault. A plugin with FAULTS_MAX faults in
 * FAULTS_MS (base/faults.h) is quarantined: not called for FAULTS_HOLD_MS.
 *
 * A call that nobody waits for any more is told so. One that missed its deadline has CHILD_GRACE_MS
 * to end by itself, then its process gets SIGTERM, and SIGKILL. One whose turn was called off may
 * go on to its deadline; serial calls behind it get another process after CHILD_GRACE_MS.
 *
 * Everything is [loop]. */
#ifndef PLUGIN_PLUGIN_CHILD_H
#define PLUGIN_PLUGIN_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "plugin/instance.h"
#include "plugin/plugin.h"
#include "tool/tool.h"

struct loop;
struct plugin_asks;
struct plugin_child;

enum {
    CHILD_GRACE_MS = 250,
};

struct child_parts {
    struct loop *loop;
    const struct plugin_cage *cage;
    const char *path;               /* the plugin's file */
    const struct plugin_code *code; /* what calls are answered with; filled in after loading */
    unsigned threads;               /* calls at once, where tools allow it */
    int64_t load_ms;                /* to wait in child_new(); 0: CHILD_LOAD_MS */
    struct plugin_asks *asks;       /* the source's own */
    /* It is quarantined from now on. May be NULL. */
    void (*quarantined)(void *arg, const char *why);
    void *arg;
};

/* Start the process and have it load the file; waits for that. PARTS, and
 * all it points to, is borrowed for as long as the source lives. *RET_MANIFEST is borrowed from
 * *RET. ERR_PLUGIN with the child's words; ERR_NOTFOUND, ERR_TIMEOUT, ERR_NOMEM, ERR_IO. */
int child_new(const struct child_parts *parts, struct plugin_child **ret, struct str *ret_manifest,
              struct err *err) WARN_UNUSED;
/* Have the instances end, as inproc_close(). */
void child_close(struct plugin_child *s);
bool child_idle(const struct plugin_child *s);
/* Kills what is left. NULL is fine. */
void child_free(struct plugin_child *s);

struct tool_source *child_source(struct plugin_child *s);
/* Why it is not called at present; empty when it is. */
struct str child_trouble(struct plugin_child *s);
/* It is not called for FOR_MS, because of WHY, which another process found out. */
void child_quarantine(struct plugin_child *s, struct str why, int64_t for_ms);
/* Parts of the cage (cage.h) that this kernel did not give it. */
unsigned child_missing(const struct plugin_child *s);

enum {
    CHILD_LOAD_MS = 20 * 1000,
    CHILD_RELOAD_MS = 3 * 1000, /* under a desk that answers customers meanwhile */
};

#endif
