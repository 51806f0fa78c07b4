/* What can be said about a desk without opening its databases. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "app.h"
#include "catalog/catalog.h"
#include "config/config.h"
#include "doctor.h"
#include "intents.h"

/* A day of a busy desk with room to spare; SQLite fails well before zero. */
enum { ROOM_MB = 100 };

int
doctor_settings(struct doctor *d, struct err *err)
{
    struct app *app = d->app;
    struct err why;
    struct str path = app_join(&app->arena, app->desk, STR("desk.yaml"));
    if (!path.ptr) {
        return err_nomem(err);
    }
    if (config_check_trust(app->desk, &why) < 0) {
        checklist_add(&d->list, CHECK_PROBLEM, "desk.yaml", "%s%s", why.message,
                      why.code == ERR_NOTFOUND
                          ? ": write one (an empty one will do: all keys have defaults)"
                          : "");
    } else if (config_load(path, &app->config, &why) < 0) {
        checklist_add(&d->list, CHECK_PROBLEM, "desk.yaml", "%s", why.message);
    } else {
        checklist_add(&d->list, CHECK_OK, "desk.yaml", "trusted, every key is known and valid");
    }
    /* The other checks go on with what every key is by default. */
    return app->config ? 0 : config_default(&app->config, err);
}

static void
check_mode(struct doctor *d, const char *name)
{
    struct stat st;
    struct str path = app_join(&d->app->arena, d->app->desk, str_c(name));
    if (!path.ptr || lstat(path.ptr, &st) != 0) {
        return;
    }
    if (!S_ISREG(st.st_mode)) {
        checklist_add(&d->list, CHECK_PROBLEM, "permissions", "%s is not a regular file", path.ptr);
        return;
    }
    if ((st.st_mode & 077) == 0) {
        return;
    }
    if (!d->mend) {
        checklist_add(&d->list, CHECK_PROBLEM, "permissions",
                      "%s holds customers' words and others may open it (mode %03o): run "
                      "`deskhand doctor --mend`, or: chmod 600 '%s'",
                      path.ptr, st.st_mode & 0777U, path.ptr);
    } else if (chmod(path.ptr, 0600) == 0) {
        checklist_add(&d->list, CHECK_MENDED, "permissions", "%s is now its owner's alone",
                      path.ptr);
    } else {
        checklist_add(&d->list, CHECK_PROBLEM, "permissions", "%s: its mode cannot be changed: %s",
                      path.ptr, strerror(errno));
    }
}

static void
check_room(struct doctor *d)
{
    struct statvfs system;
    struct str path = arena_str(&d->app->arena, d->app->desk);
    if (!path.ptr || statvfs(path.ptr, &system) != 0) {
        checklist_add(&d->list, CHECK_PROBLEM, "disk", "its free space cannot be told: %s",
                      strerror(errno));
        return;
    }
    unsigned long long mb =
        (unsigned long long)system.f_bavail * (unsigned long long)system.f_frsize / 1000000;
    if (system.f_flag & ST_RDONLY) {
        checklist_add(&d->list, CHECK_PROBLEM, "disk",
                      "the file system is read-only: the bot can store nothing, so it answers "
                      "nobody");
    } else if (mb < ROOM_MB) {
        checklist_add(&d->list, CHECK_NOTE, "disk",
                      "only %llu MB are free: make room before the desk cannot store messages", mb);
    } else {
        checklist_add(&d->list, CHECK_OK, "disk", "%llu MB free", mb);
    }
}

/* Which model tells what customers write about. */
static void
check_intents(struct doctor *d)
{
    AUTO(intent_model) struct intent_model *model = NULL;
    struct err why;
    int result = intents_open_desk(d->app, &model, &why);
    bool own = model != NULL;
    if (result == 0 && !own) {
        result = intent_model_builtin(&model, &why);
    }
    if (result < 0) {
        checklist_add(&d->list, CHECK_PROBLEM, "intents",
                      "%s; until then the built-in ones are used", why.message);
    } else {
        checklist_add(&d->list, CHECK_OK, "intents", "%zu labels, %s", intent_model_labels(model),
                      own ? "this desk's own (intents.model)" : "built in");
    }
}

void
doctor_files(struct doctor *d)
{
    static const char *const private[] = {"desk.db", "desk.db-wal", "desk.db-shm"};
    size_t before = d->list.problems + d->list.mended;
    for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
        check_mode(d, private[i]);
    }
    if (d->list.problems + d->list.mended == before) {
        checklist_add(&d->list, CHECK_OK, "permissions", "the record is its owner's alone");
    }
    check_room(d);
    check_intents(d);
    checklist_add(&d->list, CHECK_OK, "library", "SQLite %s", catalog_sqlite_version());
}
