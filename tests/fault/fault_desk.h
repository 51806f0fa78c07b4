/* fault_desk: a desk as the program opens one, for tests that break it: a store, a scripted model
 * (fakes/model_scripted.h), and tools of real plugins on their threads: effects.c and escalate.so.
 *
 * Unlike the fixture of the unit tests it asserts nothing: what fails comes back as an error, for
 * failing is what these tests are about. [loop] */
#ifndef FAULT_FAULT_DESK_H
#define FAULT_FAULT_DESK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "store/store.h"
#include "turn/turn.h"

struct loop;
struct plugin_set;

struct fault_desk_options {
    const char *folder; /* the desk's, with its effects in it */
    bool memory;        /* a store in memory instead of FOLDER/desk.db */
    const char *script;
    enum store_sync sync;
    bool recover; /* close what dead processes left, as `deskhand ask` does at its start */
};

struct fault_desk {
    struct loop *loop;
    struct store *store;
    struct model *model;
    struct tool_registry *tools;
    struct plugin_set *plugins;
    struct prompt *prompts[4];
    struct engine_parts parts;
    struct engine *engine;
    struct fault_kept *kept; /* texts of the talks */
};

/* FOLDER/desk.db and FOLDER/effects are the desk's files. On failure D is closed again. */
int fault_desk_open(struct fault_desk *d, const struct fault_desk_options *options,
                    struct err *err) WARN_UNUSED;
/* A desk that is half open is fine. */
void fault_desk_close(struct fault_desk *d);

/* One message and what came of it. Views live as long as the desk, end in NUL, and are no
 * allocations of base/alloc.h: what is under test may run out of memory, its observer may not. */
struct fault_talk {
    struct fault_desk *desk;
    uint64_t id;
    bool started;
    bool done;
    unsigned tools_started;
    unsigned tools_finished;
    unsigned retracted;
    const char *text; /* the customer's */
    struct str conversation;
    struct str outcome;
    struct str reply;
    struct str reason;
    int64_t ticket;
    int error;
    /* Called after each event with its name: "started", "text", "tool", "finished", "retracted",
     * "handed_over", "done". NULL: nobody listens. */
    void (*event)(struct fault_talk *t, const char *name);
    void *arg;
};

/* Submit TEXT to CONVERSATION (empty: a new one); DONE comes while the loop runs. */
int fault_talk_start(struct fault_talk *t, struct fault_desk *d, struct str conversation,
                     const char *text, struct err *err) WARN_UNUSED;
/* The same, and run the loop until it is done. ERR_TIMEOUT when that does not come for a minute;
 * the desk cannot be closed then. */
int fault_talk_say(struct fault_talk *t, struct fault_desk *d, struct str conversation,
                   const char *text, struct err *err) WARN_UNUSED;

/* Note what the customer of T was told by event NAME in FOLDER/acks (verify.h). For `event`. */
void fault_talk_acknowledge(const struct fault_talk *t, const char *name, const char *folder);

/* Make a folder for a test's desks, below $TMPDIR or /tmp, and remove it with all that is in it. */
int fault_scratch_make(char *path, size_t size, const char *name, struct err *err) WARN_UNUSED;
void fault_scratch_remove(const char *path);
/* FOLDER is emptied, or made where there is none. */
int fault_folder_fresh(const char *folder, struct err *err) WARN_UNUSED;

#endif
