/* app: one run of the program. Which desk, its configuration, its store; each opened when it is
 * first needed, so that a command pays only for what it uses. */
#ifndef DESKHAND_APP_H
#define DESKHAND_APP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct config;
struct hosting;
struct loop;
struct quarantine_note;
struct store;

struct app {
    struct arena arena;     /* lives as long as the program */
    struct str desk_option; /* --desk */
    struct str desk;        /* the folder, once found */
    struct config *config;
    struct hosting *hosting; /* NULL: plugins may ask for nothing that needs the desk */
    struct store *store;
    struct loop *store_loop; /* the loop the store was opened on */
    struct quarantine_note *notes;
};

void app_done(struct app *app);

/* The desk's folder: --desk, DESKHAND_DESK, or the nearest desk.yaml upward. ERR_NOTFOUND says how
 * to make one. */
int app_desk(struct app *app, struct err *err) WARN_UNUSED;
/* The same, and its configuration: app->config. Sets the log level. */
int app_config(struct app *app, struct err *err) WARN_UNUSED;

/* For programs that talk with a person: at a terminal no log lines come in between, unless
 * desk.yaml says `log.level`. The configuration is there. */
void app_talks(const struct app *app);

enum app_store_mode { APP_READ, APP_WRITE };
/* The same, and its store: app->store, on LOOP (may be NULL). Once a run. */
int app_store(struct app *app, enum app_store_mode mode, struct loop *loop,
              struct err *err) WARN_UNUSED;

/* The catalogue's database: `catalog.path`, else catalog.db in the desk's folder. */
int app_catalog_path(struct app *app, struct str *ret, struct err *err) WARN_UNUSED;

/* Where the shipped parts are: beside the program in a build tree, else where they were
 * installed. In app->arena. */
enum app_part { APP_PLUGIN_HOST, APP_PLUGINS, APP_PROMPTS, APP_SAMPLE };
int app_part_dir(struct app *app, enum app_part part, struct str *ret, struct err *err) WARN_UNUSED;

/* DIR/NAME in ARENA, NUL-terminated; ptr NULL when memory ran out. */
struct str app_join(struct arena *arena, struct str dir, struct str name);

#endif
