#include "intents.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "config/config.h"
#include "term.h"

int
intents_desk_path(struct app *app, struct str *ret, struct err *err)
{
    int result = app_desk(app, err);
    if (result < 0) {
        return result;
    }
    *ret = app_join(&app->arena, app->desk, STR("intents.model"));
    return ret->ptr ? 0 : err_nomem(err);
}

/* Nobody named a desk, so it is no fault that there is none. */
static bool
is_desk_named(const struct app *app)
{
    const char *env = config_env("DESKHAND_DESK");
    return app->desk_option.len > 0 || (env && *env);
}

int
intents_open_desk(struct app *app, struct intent_model **ret, struct err *err)
{
    struct str path;
    *ret = NULL;
    int result = intents_desk_path(app, &path, err);
    bool there = result == 0 && access(path.ptr, F_OK) == 0;
    return there ? intent_model_open(path.ptr, ret, err) : result;
}

static int
open_desk_model(struct app *app, struct intent_model **ret, struct str *ret_name, struct err *err)
{
    struct str path;
    int result = intents_desk_path(app, &path, err);
    if (result < 0 && !(result == ERR_NOTFOUND && !is_desk_named(app))) {
        return result;
    }
    if (result == 0 && access(path.ptr, F_OK) == 0) {
        *ret_name = path;
        return intent_model_open(path.ptr, ret, err);
    }
    *ret_name = STR("built in");
    return intent_model_builtin(ret, err);
}

int
intents_open(struct app *app, const struct args *args, struct intent_model **ret,
             struct str *ret_name, struct err *err)
{
    struct str named = args_value(args, "model", "");
    if (named.len == 0) {
        return open_desk_model(app, ret, ret_name, err);
    }
    *ret_name = arena_str(&app->arena, named);
    return ret_name->ptr ? intent_model_open(ret_name->ptr, ret, err) : err_nomem(err);
}

static int
read_stream(FILE *stream, struct str name, struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(buf) struct buf text;
    char piece[65536];
    size_t got;
    /* One byte more than may be, so that more is seen. */
    buf_init(&text, INTENT_SET_BYTES + 1);
    while (text.len <= INTENT_SET_BYTES && (got = fread(piece, 1, sizeof(piece), stream)) > 0) {
        size_t room = INTENT_SET_BYTES + 1 - text.len;
        buf_add(&text, (struct str){piece, got < room ? got : room});
    }
    if (ferror(stream)) {
        return err_set_errno(err, errno, "read %" STR_FMT, STR_ARG(name));
    }
    if (text.len == 0) {
        *ret = STR("");
        return 0;
    }
    *ret = buf_to_arena(&text, arena);
    return ret->ptr ? 0 : err_nomem(err);
}

static void
tell_faults(const struct intent_set *set, struct str name)
{
    size_t told = set->fault_count < INTENT_FAULTS_MAX ? set->fault_count : INTENT_FAULTS_MAX;
    for (size_t i = 0; i < told; i++) {
        term_text(stderr, name);
        (void)fprintf(stderr, ":%zu: %s: line left out\n", set->faults[i].line, set->faults[i].why);
    }
    if (set->fault_count > told) {
        term_text(stderr, name);
        (void)fprintf(stderr, ": %zu more lines left out\n", set->fault_count - told);
    }
}

int
intents_read(struct app *app, struct str file, struct intent_set *ret, struct err *err)
{
    bool standard = str_eq(file, STR("-"));
    struct str name = standard ? STR("standard input") : file;
    struct str text = {0};
    FILE *stream = standard ? stdin : fopen(file.ptr, "rbe");
    if (!stream) {
        int seen = errno;
        (void)err_set_errno(err, seen, "%" STR_FMT, STR_ARG(file));
        return seen == ENOENT ? (err->code = ERR_NOTFOUND, ERR_NOTFOUND) : ERR_IO;
    }
    int result = read_stream(stream, name, &app->arena, &text, err);
    if (!standard) {
        (void)fclose(stream);
    }
    result = result == 0 ? intent_set_read(text, name, &app->arena, ret, err) : result;
    if (result == 0) {
        tell_faults(ret, name);
    }
    return result;
}
