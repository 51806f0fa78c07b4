/* check_wire: what `deskhand plugins check` and `plugin-host --check` say to each other.
 *
 * The desk writes one JSON object, the step, to the child's stdin, and reads lines of JSON from its
 * stdout. The process that was started maps no plugin: it makes a process of its own for each run
 * of the step, passes on what that one says, and adds how it ended. A run that dies or hangs costs
 * the call that it was at; the next run goes on behind it.
 *
 * The step: path, folder, read, write, network, memory, without (as in child_wire.h); name, granted
 * (ids of extensions), threads; config (a text); kind, one of those below; limit_ms for all of it;
 * cycles; alone: there is one run and it is this process, as valgrind wants it; calls, each with
 * tool, arguments (a text), dry_run, timeout_ms, parallel, cancel_ms (-1: never).
 *
 * The lines, by "e":
 *
 *     run       n: the next run; for "memory", the number of the allocation that fails
 *     refused   at ("load" or "create"), why
 *     at        where: create, destroy, or the number of a call as `i`
 *     answer    i; status, code, message, bytes, text; ms; asked: how often it called canceled()
 *     deaf      i: it was still running a second after nobody waited for it any more
 *     found     what: what was done that no plugin may do, one word; detail
 *     failed    n, function, in: the allocation that was made to fail, and where
 *     end       failed: an allocation was; bytes: what a cycle left behind
 *     died      signal or status, of the process
 *     stopped   limit_ms were over
 */
#ifndef PLUGIN_HOST_CHECK_WIRE_H
#define PLUGIN_HOST_CHECK_WIRE_H

enum {
    CHECK_STEP_BYTES = 16 * 1024 * 1024,
    CHECK_LINES_BYTES = 512 * 1024, /* of one step */
    CHECK_AT_ONCE = 8,
    CHECK_CANCEL_MS = 1000, /* after which who was cancelled has ended */
    CHECK_TEXT_BYTES = 300, /* of a text in a line */
    CHECK_CALLS_MAX = 1024,
    CHECK_CYCLES_MAX = 64,
    CHECK_LINES_MAX = 100,   /* in the log, by one call */
    CHECK_EXIT_CLOSED = 9,   /* the process cannot report: its descriptors are gone */
    CHECK_EXIT_STARVED = 10, /* it could have no thread, or no memory */
};

/* Kinds of a step. */
#define CHECK_CALLS "calls"   /* create, each call after the other, destroy */
#define CHECK_MEMORY "memory" /* the same, again and again, another allocation failing */
#define CHECK_PARALLEL                                                                             \
    "parallel"                /* parallel calls CHECK_AT_ONCE times at once, serial ones beside */
#define CHECK_CYCLES "cycles" /* create, calls and destroy, CYCLES times */

#endif
