/* call: one call of a plugin's tool, and what the plugin does with it.
 *
 * The call owns copies of its inputs and takes in the plugin's answer; it knows no thread, pool or
 * child, so that every cage works with the same one. It lives from plugin_call_init() until
 * plugin_call_done(), and whoever runs it owns it in between: [worker] unless marked. The plugin
 * holds &call->abi as its handle; host extensions find the call behind it.
 *
 * A dead call is one nobody waits for any more: what the plugin still asks of it does nothing. */
#ifndef PLUGIN_CALL_H
#define PLUGIN_CALL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "plugins/sdk/deskhand_plugin.h"
#include "tool/tool.h"

struct ask_answer;
struct ask_text;
struct js;

struct plugin_call {
    uint32_t magic;
    struct dh_call abi;
    struct arena arena;         /* inputs, and what extensions keep for the call */
    const struct js *arguments; /* parsed on first use; in ARENA */
    atomic_bool dead;
    atomic_int answers;
    bool failed; /* the answer is an error: ANSWER is its message */
    bool retryable;
    char code[65];
    struct buf answer;
    struct tool_staged staged; /* texts in ARENA */
    bool untrusted;            /* text from outside came to the plugin by an answer (ask.h) */
    /* How it asks the desk (ask.h): 0 with the answer in ARENA, ASK_DEAD or ASK_FAILED. Both are
     * set by whoever runs the call; NULL: it cannot ask. */
    int (*ask)(struct plugin_call *call, const struct ask_text *text, struct ask_answer *ret);
    void *asker;
    atomic_bool asking;
};

/* Copies of all that RUN says, for the plugin. */
int plugin_call_init(struct plugin_call *call, const struct tool_run *run,
                     struct err *err) WARN_UNUSED;
void plugin_call_done(struct plugin_call *call);

/* [any] Nobody waits any more. */
void plugin_call_kill(struct plugin_call *call);

/* What came of it, after the plugin's call() returned: one answer, or a fault. Borrowed from CALL.
 */
void plugin_call_settle(const struct plugin_call *call, struct tool_result *ret);

/* What a child says came of it. */
struct plugin_answer {
    int count; /* answers that it gave */
    struct str text;
    bool failed;
    struct str code;
    bool retryable;
    bool nomem; /* there was no memory for it */
};
/* The answer of a call that ran elsewhere, as if it had been given here. Once, and CALL is not
 * dead. */
void plugin_call_answered(struct plugin_call *call, const struct plugin_answer *answer);

/* [any] The call behind a plugin's handle, dead ones included: for extensions that only read and
 * compute. NULL when there is none. */
struct plugin_call *plugin_call_of(const struct dh_call *handle);
/* [any] The same, but NULL for a dead one: for whatever has an effect. */
struct plugin_call *plugin_call_live(const struct dh_call *handle);

/* [any] The functions of struct dh_host. */
void plugin_call_result(const struct dh_call *handle, struct dh_str json);
void plugin_call_fail(const struct dh_call *handle, struct dh_str code, struct dh_str message,
                      uint32_t retryable);
uint32_t plugin_call_canceled(const struct dh_call *handle);

/* Between the ABI's text and ours. A length without bytes is empty. */
struct str str_from_dh(struct dh_str s);
struct dh_str dh_from_str(struct str s);

#endif
