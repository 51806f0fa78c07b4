/* room: one child of a plugin, from its greeting to its end, and the calls in its hands. For
 * plugin_child.c. Everything is [loop]. */
#ifndef PLUGIN_ROOM_H
#define PLUGIN_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "plugin/call.h"
#include "plugin/cell.h"
#include "plugin/plugin_child.h"

struct room_ask;

struct child_call {
    struct plugin_call call;
    struct room_ask *ask;    /* what it asks at present; NULL: nothing */
    struct tool_run *run;    /* NULL: nobody waits for it */
    struct child_call *next; /* in line, or among those of its room */
    int64_t id;
    bool serial;
    bool late;
    int64_t give_up_ms; /* only when nobody waits */
    uint64_t round;     /* in line: which attempt to make an instance it waits for */
};

enum room_state { ROOM_GREETING, ROOM_LOADING, ROOM_LOADED, ROOM_CREATING, ROOM_READY };

struct room;

struct room_ops {
    /* It has said what it is. MANIFEST is borrowed for the call. */
    void (*loaded)(struct room *r, struct str manifest, unsigned missing);
    /* Its instance is there; or (WHY not NULL) its plugin refused, and may be asked again. */
    void (*created)(struct room *r, const char *why);
    /* A call is over; the room has forgotten it. */
    void (*done)(struct room *r, struct child_call *c);
    /* The process is dead, and WHY completes "its process ..."; its calls are still in CALLS. */
    void (*gone)(struct room *r, const char *why);
};

struct room {
    struct room *next; /* among the old ones */
    struct cell cell;
    const struct room_ops *ops;
    const struct child_parts *parts;
    void *owner;
    enum room_state state;
    struct child_call *calls;
    bool cancels; /* what it is able to */
    bool overlaps;
    bool refused;     /* its file could not be loaded; the cell's WHY is the reason */
    bool ends;        /* it was asked to, or nobody cares: no fault */
    bool retired;     /* takes no more calls */
    int64_t due_ms;   /* to be ready, or to have ended; INT64_MAX: no matter */
    int64_t lines_ms; /* the second that these count in */
    unsigned lines;
    unsigned told;
};

/* Start one; it goes on to ROOM_LOADED by itself. */
int room_new(const struct child_parts *parts, const struct room_ops *ops, void *owner,
             struct room **ret, struct err *err) WARN_UNUSED;
/* Its calls must be gone. Kills it. NULL is fine. */
void room_free(struct room *r);

/* ROOM_LOADED -> ROOM_CREATING. */
void room_create(struct room *r);
/* May C be handed to it now? */
bool room_takes(const struct room *r, const struct child_call *c);
/* C is the room's until DONE or GONE. */
void room_call(struct room *r, struct child_call *c);
/* Tell it that nobody waits for C; what C asks is dropped. */
void room_cancel(struct room *r, struct child_call *c);
/* Have it end by itself. */
void room_end(struct room *r);

#endif
