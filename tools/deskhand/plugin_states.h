/* plugin_states: what the desk's record knows of its plugins and commands, for the bodies that
 * read and change it: quarantine.h and reloading.h say what it means. */
#ifndef DESKHAND_PLUGIN_STATES_H
#define DESKHAND_PLUGIN_STATES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/rows.h"

struct store_tx;

/* All rows, in the arena; `{0}` at first, arena_done() at the end. */
struct plugin_states {
    struct arena arena;
    struct plugin_state_row *rows;
    size_t count;
};

/* A read body: ARG is a struct plugin_states, which is filled afresh. */
int plugin_states_read(struct store_tx *tx, void *arg, struct err *err);

/* Inside a write body: the row of NAME, in ARENA, to be changed and set again; a new one where
 * there is none. */
int plugin_states_get(struct store_tx *tx, struct str name, struct arena *arena,
                      struct plugin_state_row *ret, struct err *err) WARN_UNUSED;

#endif
