/* deskhand doctor: what is wrong with this desk, and how to mend it. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "args.h"
#include "base/log.h"
#include "command.h"
#include "config/config.h"
#include "doctor.h"

static bool
is_desk(struct arena *arena, struct str dir)
{
    struct stat st;
    struct str yaml = app_join(arena, dir, STR("desk.yaml"));
    struct str record = app_join(arena, dir, STR("desk.db"));
    return yaml.ptr && record.ptr && (lstat(yaml.ptr, &st) == 0 || lstat(record.ptr, &st) == 0);
}

/* The nearest folder upward that looks like a desk, even a broken one. */
static int
search_upward(struct app *app, struct err *err)
{
    char here[4096];
    if (!getcwd(here, sizeof(here))) {
        return err_set_errno(err, errno, "current folder");
    }
    struct str dir = arena_str(&app->arena, str_c(here));
    if (!dir.ptr) {
        return err_nomem(err);
    }
    while (!is_desk(&app->arena, dir) && dir.len > 1) {
        while (dir.len > 1 && dir.ptr[dir.len - 1] != '/') {
            dir.len--;
        }
        dir.len -= dir.len > 1;
    }
    if (!is_desk(&app->arena, dir)) {
        return err_set(err, ERR_NOTFOUND,
                       "doctor: no desk in %s or above it: make one with `deskhand init`, or name "
                       "one with --desk DIR",
                       here);
    }
    app->desk = arena_str(&app->arena, dir);
    return app->desk.ptr ? 0 : err_nomem(err);
}

/* Not app_desk(): that refuses what is to be examined here. */
static int
find_desk(struct app *app, struct err *err)
{
    const char *env = config_env("DESKHAND_DESK");
    struct str named = app->desk_option.len ? app->desk_option : str_c(env);
    struct stat st;
    if (named.len == 0) {
        return search_upward(app, err);
    }
    app->desk = arena_str(&app->arena, named);
    if (!app->desk.ptr) {
        return err_nomem(err);
    }
    if (stat(app->desk.ptr, &st) != 0) {
        int seen = errno;
        (void)err_set_errno(err, seen, "doctor: %s", app->desk.ptr);
        return seen == ENOENT ? (err->code = ERR_NOTFOUND, ERR_NOTFOUND) : ERR_IO;
    }
    return 0;
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    struct doctor d = {
        .app = app,
        .list = {.json = args_flag(args, "json")},
        .mend = args_flag(args, "mend"),
    };
    int result = find_desk(app, err);
    if (result == 0) {
        result = doctor_settings(&d, err);
    }
    if (result < 0) {
        return result;
    }
    log_set_level(LOG_ERROR); /* what is only worth a warning has a line of its own here */
    doctor_files(&d);
    doctor_store(&d);
    doctor_catalog(&d);
    doctor_model(&d);
    doctor_plugins(&d);
    doctor_commands(&d);
    doctor_mcp(&d);
    doctor_policy(&d);
    doctor_prompts(&d);
    return checklist_end(&d.list, err);
}

static const struct arg_option options[] = {
    {"mend", 0, NULL, "mend what can be mended without losing anything"},
    {"json", 0, NULL, "print one JSON object a check"},
    {0},
};

const struct command cmd_doctor = {
    .name = "doctor",
    .summary = "what is wrong with this desk, and how to mend it",
    .usage = "[--mend] [--json]",
    .details = "One line a check: ok, mended, note or problem, and what to do. Exit status 1 while "
               "a problem remains.\n--mend takes others' eyes off desk.db, closes turns whose "
               "process died, removes their lock files,\nbrings an older database up to date, and "
               "makes an empty one where there is none.",
    .example = "deskhand doctor --mend",
    .options = options,
    .run = run,
};
