/* registry: the tools of a desk under their names, and who waits for whom. The floor's own header:
 * callers use tool.h. A result is settled here, too, which the checks of `plugins check` do without
 * a registry. [loop], but for tool_result_settle(): [any]. */
#ifndef TOOL_REGISTRY_H
#define TOOL_REGISTRY_H

#include "tool/tool.h"

/* A source's calls. Of the serial ones one runs, and the others stand in line. */
struct tool_queue {
    struct tool_source *source;
    struct tool_call *running;
    struct tool_call *first;
    struct tool_call *last;
    size_t active; /* calls of any kind that are not over */
};

struct tool_entry {
    struct tool_def def;
    struct tool_queue *queue;
    struct tool_entry *next; /* among those that were replaced */
};

struct tool_registry {
    struct loop *loop;
    struct tool_entry **entries; /* each allocated by itself: defs keep their address */
    size_t count;
    size_t capacity;
    struct tool_entry *replaced; /* calls and turns under way may still hold their defs */
    uint64_t generation;         /* grows with each change of what there is */
    struct tool_queue **queues;
    size_t queue_count;
    size_t queue_capacity;
    size_t active; /* calls under way */
};

/* The queue of a def that tool_find() or tool_at() returned. */
struct tool_queue *tool_queue_of(const struct tool_def *def);

/* The name nearest to a wrong NAME; empty when none is near. */
struct str tool_nearest(const struct tool_registry *r, struct str name);

/* What dispatch makes of what a source handed back: *RET has bounded, checked contents, in RESULT's
 * memory or ARENA. */
void tool_result_settle(const struct tool_def *def, const struct tool_result *result,
                        struct arena *arena, struct tool_result *ret);

#endif
