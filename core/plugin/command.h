/* command: a tool that is a program which reads JSON and writes JSON, in whatever language.
 *
 * Each call is a process: plugin-host goes into a cage (cage.h) and becomes the program. Its stdin
 * is a file with one JSON object:
 *
 *     {"tool":..., "arguments":{...}, "customer":... or null, "conversation":..., "turn":...,
 *      "call":..., "idempotency_key":..., "deadline_ms": how many are left, "dry_run":...}
 *
 * Exit status 0: stdout, one JSON value, is the result. Another: the call failed, and stdout may
 * say why as {"error":{"code":..., "message":..., "retryable":...}}. stderr goes to the log. More
 * than LIMIT_TOOL_RESULT_BYTES on stdout, and it is killed. What it leaves running when it ends is
 * killed.
 *
 * At its deadline, and when nobody waits any more, its group gets SIGTERM, and SIGKILL
 * COMMAND_GRACE_MS later; serial calls behind it wait for its end. A program that was killed by a
 * signal of its own doing, printed something else, could not be started or was deaf to SIGTERM is
 * at fault: the next one starts a little later, and after FAULTS_MAX faults in FAULTS_MS none is
 * started for FAULTS_HOLD_MS (base/faults.h).
 *
 * Everything is [loop]. */
#ifndef PLUGIN_COMMAND_H
#define PLUGIN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"
#include "plugin/plugin.h"
#include "tool/tool.h"

struct command_tool;
struct loop;

enum {
    COMMAND_GRACE_MS = 500,
    COMMAND_AT_ONCE_MAX = 64, /* processes of one command; further parallel calls wait */
};

struct command_settings {
    /* Its name, description, schema, effect, time, and what else a tool says of itself; source,
     * source_data and plugin are filled in. Borrowed with all that it points to, like the rest but
     * ENV, as long as the command lives. */
    struct tool_def def;
    const char *const *argv; /* up to a NULL; the first is an absolute path */
    const char *const *env;  /* NAME=VALUE up to a NULL: all of it. Copied, and wiped at the end */
    const char *dir;         /* where it runs; NULL: where we do */
    const char *folder;      /* may be read, and what is in it started; NULL: none */
    struct plugin_cage cage;
    /* It is quarantined from now on, because of WHY. May be NULL. */
    void (*quarantined)(void *arg, struct str why);
    void *arg;
};

/* Put the tool into R. Nothing is started. ERR_INVALID as tool_registry_add(); ERR_NOMEM. */
int command_new(struct loop *l, const struct command_settings *settings, struct tool_registry *r,
                struct command_tool **ret, struct err *err) WARN_UNUSED;
/* Kills what still runs. No call may be under way; R must be gone or never be used again. NULL is
 * fine. */
void command_free(struct command_tool *c);
AUTO_DEFINE(command_tool, struct command_tool *, command_free)

/* Why it is not called at present; empty when it is. */
struct str command_trouble(struct command_tool *c);
/* It is not called for FOR_MS, because of WHY, which another process found out. */
void command_quarantine(struct command_tool *c, struct str why, int64_t for_ms);
/* Its faults are forgotten, and a quarantine is over. */
void command_pardon(struct command_tool *c);

/* Can it be started? Goes into its cage and looks, starting nothing; steps the loop, PROBE_MS at
 * most. ERR_PLUGIN says why not. *RET_MISSING: the parts of its cage (cage.h) that this kernel does
 * not offer. No call may be under way. */
enum { COMMAND_PROBE_MS = 10 * 1000 };
int command_probe(struct command_tool *c, unsigned *ret_missing, struct err *err) WARN_UNUSED;

/* What came of a call: RESULT, OUTPUT and COMPLAINT as child_done() and child_complaint() have
 * them. *RET is borrowed from OUTPUT and ARENA. True: the program is at fault, and *RET_WHY,
 * static, says what it did, completing "it ...". */
bool command_settle(const struct tool_def *def, int result, struct str output, struct str complaint,
                    struct arena *arena, struct tool_result *ret, const char **ret_why);

#endif
