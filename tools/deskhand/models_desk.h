/* models_desk: the models of a desk, opened for who lists, tests or checks them. Where there is no
 * desk, which is no reason to list nothing, those of an empty one. [loop] */
#ifndef DESKHAND_MODELS_DESK_H
#define DESKHAND_MODELS_DESK_H

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct app;
struct arena;
struct config;
struct loop;
struct models;
struct models_entry;

struct models_desk {
    struct loop *loop;
    const struct config *config;
    struct config *none; /* stands in for a desk's */
    struct models *models;
};

int models_desk_open(struct app *app, struct models_desk *d, struct err *err) WARN_UNUSED;
/* `{0}` is fine. */
void models_desk_close(struct models_desk *d);
AUTO_DEFINE_VALUE(models_desk, struct models_desk, models_desk_close)

/* What NAME is used for, in ARENA: "yes" for the one that answers, then "fallback 1", "summaries",
 * "cheaper"; "-": nothing. */
struct str models_desk_use(const struct models_desk *d, struct str name, struct arena *arena);

#endif
