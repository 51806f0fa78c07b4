#include "app.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "install_paths.h"
#include "quarantine.h"
#include "store/store.h"

void
app_done(struct app *app)
{
    store_free(app->store);
    quarantine_notes_free(app->notes);
    config_free(app->config);
    arena_done(&app->arena);
}

struct str
app_join(struct arena *arena, struct str dir, struct str name)
{
    if (name.len > 0 && name.ptr[0] == '/') {
        return arena_str(arena, name);
    }
    return arena_printf(arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(dir), STR_ARG(name));
}

/* A folder that was named must be a desk; said early, it saves a confusing error later. */
static int
check_named(struct str dir, const char *who, struct err *err)
{
    struct stat st;
    char path[4096];
    int len = snprintf(path, sizeof(path), "%" STR_FMT "/desk.yaml", STR_ARG(dir));
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return err_set(err, ERR_INVALID, "%s: the path is too long", who);
    }
    if (stat(path, &st) == 0) {
        return 0;
    }
    if (errno == EACCES) {
        return err_set_errno(err, errno, "%s: %" STR_FMT, who, STR_ARG(dir));
    }
    return err_set(err, ERR_NOTFOUND,
                   "%s: %" STR_FMT ": no desk there: make one with `deskhand init %" STR_FMT "`",
                   who, STR_ARG(dir), STR_ARG(dir));
}

int
app_desk(struct app *app, struct err *err)
{
    if (app->desk.ptr) {
        return 0;
    }
    const char *env = config_env("DESKHAND_DESK");
    bool from_env = app->desk_option.len == 0 && env && *env;
    struct str named = from_env ? str_c(env) : app->desk_option;
    if (named.len > 0) {
        int result = check_named(named, from_env ? "DESKHAND_DESK" : "--desk", err);
        if (result < 0) {
            return result;
        }
        struct str dir = arena_str(&app->arena, named);
        result = dir.ptr ? config_check_trust(dir, err) : err_nomem(err);
        if (result == 0) {
            app->desk = dir;
        }
        return result;
    }
    char here[4096];
    if (!getcwd(here, sizeof(here))) {
        return err_set_errno(err, errno, "current folder");
    }
    return config_find_desk(str_c(here), &app->arena, &app->desk, err);
}

int
app_config(struct app *app, struct err *err)
{
    enum log_level level;
    if (app->config) {
        return 0;
    }
    int result = app_desk(app, err);
    if (result < 0) {
        return result;
    }
    struct str path = app_join(&app->arena, app->desk, STR("desk.yaml"));
    if (!path.ptr) {
        return err_nomem(err);
    }
    result = config_load(path, &app->config, err);
    if (result == 0 && log_level_from_name(config_text(app->config, "log.level"), &level)) {
        log_set_level(level);
    }
    return result;
}

void
app_talks(const struct app *app)
{
    if (isatty(STDERR_FILENO) && config_line(app->config, "log.level") == 0) {
        log_set_level(LOG_NONE);
    }
}

static enum store_sync
sync_of(const struct config *config)
{
    struct str word = config_text(config, "store.sync");
    if (str_eq(word, STR("normal"))) {
        return STORE_SYNC_NORMAL;
    }
    return str_eq(word, STR("off")) ? STORE_SYNC_OFF : STORE_SYNC_FULL;
}

int
app_store(struct app *app, enum app_store_mode mode, struct loop *loop, struct err *err)
{
    int result = app_config(app, err);
    if (result < 0) {
        return result;
    }
    struct store_options options = {
        .path = app->desk,
        .create = mode == APP_WRITE,
        .read_only = mode == APP_READ,
        .sync = sync_of(app->config),
        .readers = (unsigned)config_int(app->config, "store.readers"),
    };
    app->store_loop = loop;
    return store_open_sqlite(&options, loop, &app->store, err);
}

int
app_catalog_path(struct app *app, struct str *ret, struct err *err)
{
    int result = app_config(app, err);
    if (result < 0) {
        return result;
    }
    struct str named = config_text(app->config, "catalog.path");
    *ret = app_join(&app->arena, app->desk, named.len ? named : STR("catalog.db"));
    return ret->ptr ? 0 : err_nomem(err);
}

/* ---- Parts -----------------------------------------------------------------------------------*/

static const struct {
    const char *built; /* from the program's folder in a build tree */
    const char *installed;
} parts[] = {
    [APP_PLUGIN_HOST] = {"../plugin-host", INSTALL_PLUGIN_HOST},
    [APP_PLUGINS] = {"../../plugins", INSTALL_PLUGINS},
    [APP_PROMPTS] = {"../../prompts", INSTALL_PROMPTS},
    [APP_SAMPLE] = {"../../catalog/sample", INSTALL_SAMPLE},
};

int
app_part_dir(struct app *app, enum app_part part, struct str *ret, struct err *err)
{
    char exe[4096];
    char real[PATH_MAX];
    struct stat st;
    ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe));
    if (len < 0 || (size_t)len >= sizeof(exe)) {
        return err_set_errno(err, errno, "where the program stands");
    }
    struct str dir = {exe, (size_t)len};
    while (dir.len > 1 && dir.ptr[dir.len - 1] != '/') {
        dir.len--;
    }
    dir.len--;
    bool built = str_ends(dir, STR("/tools/deskhand"));
    *ret = app_join(&app->arena, dir, str_c(parts[part].built));
    if (!ret->ptr) {
        return err_nomem(err);
    }
    if (!built || stat(ret->ptr, &st) != 0) {
        *ret = app_join(&app->arena, dir, str_c(parts[part].installed));
    }
    /* People are shown these paths: without the way up and down again. */
    if (ret->ptr && realpath(ret->ptr, real)) {
        *ret = arena_str(&app->arena, str_c(real));
    }
    return ret->ptr ? 0 : err_nomem(err);
}
