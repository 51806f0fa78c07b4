/* gauntlet: a plugin's file, run through everything that a desk may do to it.
 *
 * Each step runs in a throw-away process (plugin-host --check, see its check_wire.h), so that
 * whatever the plugin does costs that step and is told. What is asked of it needs no desk and
 * reaches nothing: extensions are stand-ins, calls of tools that write are dry runs unless WRITE.
 * Everything is [loop]. */
#ifndef DESKHAND_GAUNTLET_H
#define DESKHAND_GAUNTLET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "gauntlet_arguments.h"
#include "gauntlet_report.h"
#include "plugin/manifest.h"
#include "plugin/plugin.h"

struct js;
struct loop;

/* What the gauntlet knows of a tool by and by. */
struct gauntlet_tool {
    const struct manifest_tool *def;
    const struct js *schema;
    struct argument_sets fit; /* those that the registry let through, as it writes them */
    size_t plain;             /* how many of them, the first, are not hostile */
    struct str *alone;        /* what each of FIT was answered with; ptr NULL: with an error */
    int64_t slowest_ms;       /* of the plain ones */
    bool asks;                /* canceled() */
    bool broken;              /* it was lost in a call: not to be called for other reasons */
};

struct gauntlet {
    struct loop *loop;
    struct arena *arena;
    const struct manifest *manifest;
    struct str path;
    struct str config; /* defaults filled in */
    const struct plugin_cage *cage;
    bool quick;
    bool write;
    struct gauntlet_report report;
    struct gauntlet_tool *tools;    /* as many as the manifest has */
    struct gauntlet_report manners; /* what it did besides answering: one group, told at last */
    unsigned misdeeds;              /* those that were told, as bits */
    unsigned missing;               /* parts of the cage */
    bool starts;                    /* an instance can be made */
};

/* Run it; failures are the report's. Negative: our own. */
int gauntlet_run(struct gauntlet *g, struct err *err) WARN_UNUSED;

/* ---- Arguments (gauntlet_schema.c) -----------------------------------------------------------*/

/* Is what the manifest says of use to a model? */
void gauntlet_words(struct gauntlet *g);
/* Make arguments, break them, and see that a registry refuses the broken ones before the plugin
 * hears of them. */
int gauntlet_arguments(struct gauntlet *g, struct err *err) WARN_UNUSED;

/* ---- Steps (gauntlet_step.c) -----------------------------------------------------------------*/

struct gauntlet_call {
    size_t tool;
    size_t set; /* of its FIT */
    int64_t timeout_ms;
    int64_t cancel_ms; /* -1: never */
};

struct gauntlet_step {
    const char *kind; /* CHECK_CALLS, ... */
    const struct gauntlet_call *calls;
    size_t count;
    int64_t limit_ms;
    int64_t cycles;
    /* What a line is good for besides what every step makes of it; may be NULL. */
    void (*line)(struct gauntlet *g, const struct gauntlet_step *step, const struct js *line);
    void *arg;
};

/* Run STEP in processes of its own. What every step fails by is said in the report's open group. */
int gauntlet_step(struct gauntlet *g, const struct gauntlet_step *step,
                  struct err *err) WARN_UNUSED;
/* The same under valgrind, once. *RET_OUTPUT, in the arena, is what it and the step printed;
 * empty: it came to no end; ptr NULL: it is not installed. */
int gauntlet_valgrind(struct gauntlet *g, const struct gauntlet_step *step, struct str *ret_output,
                      struct err *err) WARN_UNUSED;

/* "order_status, all members" */
struct str gauntlet_name(struct gauntlet *g, const struct gauntlet_call *call);
/* Is this one made for real? */
bool gauntlet_dry(const struct gauntlet *g, const struct gauntlet_tool *tool);

/* A number that changes when a file at one of PATHS, or in a folder of them, does
 * (gauntlet_files.c). What is below folders in folders is not looked at. */
uint64_t gauntlet_files(const char *const *paths);

/* ---- Groups (gauntlet_calls.c, gauntlet_stress.c) --------------------------------------------*/

int gauntlet_group_calls(struct gauntlet *g, struct err *err) WARN_UNUSED;
int gauntlet_group_cancel(struct gauntlet *g, struct err *err) WARN_UNUSED;
int gauntlet_group_parallel(struct gauntlet *g, struct err *err) WARN_UNUSED;
int gauntlet_group_memory(struct gauntlet *g, struct err *err) WARN_UNUSED;
int gauntlet_group_rounds(struct gauntlet *g, struct err *err) WARN_UNUSED;
int gauntlet_group_valgrind(struct gauntlet *g, struct err *err) WARN_UNUSED;

#endif
