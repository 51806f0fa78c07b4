#include "command_tools.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "command_file.h"
#include "config/config.h"
#include "environment.h"
#include "parts.h"
#include "plugin/command.h"
#include "quarantine.h"
#include "schema/schema.h"
#include "store/store.h"

enum { TIMEOUT_MS = 10 * 1000, TIMEOUT_MAX_MS = 600 * 1000, MIB = 1024 * 1024 };

struct entry {
    struct app *app;
    struct str row; /* its name on record */
    struct command_settings settings;
    struct environment env;
    struct str line;
    struct str trouble; /* of its file */
    struct command_tool *command;
    bool enabled;
};

struct command_tools {
    struct app *app;
    struct arena arena;
    struct str desk; /* absolute */
    struct entry *list;
    size_t count;
};

void
command_tools_close(struct command_tools *t)
{
    if (!t) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        command_free(t->list[i].command);
        environment_done(&t->list[i].env);
    }
    arena_done(&t->arena);
    mem_free(t);
}

/* ---- One entry --------------------------------------------------------------------------------*/

/* "/x/desk.yaml:12: commands.NAME: " before what ERR says. The line is that of `commands`. */
static int
at_entry(const struct command_tools *t, struct str name, struct err *err)
{
    return err_wrap(err, "%" STR_FMT "/desk.yaml:%u: commands.%" STR_FMT, STR_ARG(t->app->desk),
                    config_line(t->app->config, "commands"), STR_ARG(name));
}

static void
release_schema(void *schema)
{
    schema_free(schema);
}

static int
read_schema(struct arena *arena, const struct js *input, struct tool_def *def, struct err *err)
{
    AUTO(schema) struct schema *compiled = NULL;
    if (!str_eq_c(js_get_text(input, "type"), "object")) {
        return err_set(err, ERR_INVALID, "its type must be object");
    }
    def->schema_text = js_to_arena(input, arena);
    if (!def->schema_text.ptr) {
        return err_nomem(err);
    }
    int result = schema_compile(def->schema_text, &compiled, err);
    if (result == 0) {
        result = tool_customer_field(input, arena, &def->customer_field, err);
    }
    if (result < 0) {
        return result;
    }
    def->schema = compiled;
    return arena_defer(arena, release_schema, TAKE(compiled)) < 0 ? err_nomem(err) : 0;
}

static int
read_timeout(const struct js *from, int64_t *ret, struct err *err)
{
    struct str text = js_get_text(from, "timeout");
    *ret = TIMEOUT_MS;
    if (text.len && (!config_duration(text, ret) || *ret < 1 || *ret > TIMEOUT_MAX_MS)) {
        return err_set(err, ERR_INVALID, "timeout: %" STR_FMT " is not within 1ms and 10m",
                       STR_ARG(text));
    }
    return 0;
}

/* Its name is there. */
static int
read_def(struct arena *arena, const struct js *from, struct tool_def *def, struct err *err)
{
    struct str effect = js_get_text(from, "effect");
    def->description = arena_str(arena, js_get_text(from, "description"));
    def->confirm = arena_str(arena, js_get_text(from, "confirm"));
    def->parallel = js_get_bool(from, "parallel", false);
    def->untrusted = !str_eq_c(js_get_text(from, "trust"), "trusted");
    if (!def->description.ptr || !def->confirm.ptr) {
        return err_nomem(err);
    }
    if (effect.len) {
        (void)tool_effect_from_name(effect, &def->effect);
    }
    int result = read_timeout(from, &def->timeout_ms, err);
    if (result == 0 && read_schema(arena, js_get_c(from, "input"), def, err) < 0) {
        result = err_wrap(err, "input");
    }
    return result;
}

static int
read_paths(struct command_tools *t, const struct js *array, const char *const **ret,
           struct err *err)
{
    size_t count = js_count(array);
    const char **paths = arena_zero(&t->arena, count + 1, sizeof(*paths));
    for (size_t i = 0; paths && i < count; i++) {
        paths[i] = app_join(&t->arena, t->desk, js_text(js_at(array, i))).ptr;
        if (!paths[i]) {
            return err_nomem(err);
        }
    }
    *ret = paths;
    return paths ? 0 : err_nomem(err);
}

static int
read_cage(struct command_tools *t, const struct js *from, struct plugin_cage *cage, struct err *err)
{
    int result = parts_cage(t->app, cage, err);
    cage->network = js_get_bool(from, "network", false);
    cage->memory = js_get_int(from, "memory_mb", cage->memory / MIB) * MIB;
    if (result == 0) {
        result = read_paths(t, js_get_c(from, "read"), &cage->read, err);
    }
    return result == 0 ? read_paths(t, js_get_c(from, "write"), &cage->write, err) : result;
}

/* Its words, the first as a path, and as a line for people. */
static int
read_command(struct command_tools *t, const struct js *words, struct entry *e, struct err *err)
{
    AUTO(buf) struct buf line;
    struct command_settings *s = &e->settings;
    size_t count = js_count(words);
    const char **argv = arena_zero(&t->arena, count + 1, sizeof(*argv));
    buf_init(&line, LIMIT_CONFIG_BYTES);
    for (size_t i = 0; argv && i < count; i++) {
        struct str word = js_text(js_at(words, i));
        buf_printf(&line, "%s%" STR_FMT, i ? " " : "", STR_ARG(word));
        word = i ? arena_str(&t->arena, word)
                 : command_file_find(&t->arena, t->desk, word, e->env.list);
        argv[i] = word.ptr;
        if (!word.ptr) {
            return err_nomem(err);
        }
    }
    e->line = buf_to_arena(&line, &t->arena);
    if (!argv || !e->line.ptr) {
        return err_nomem(err);
    }
    s->argv = argv;
    s->folder = command_file_folder(&t->arena, t->desk, str_c(argv[0])).ptr;
    return 0;
}

/* Its name is there. */
static int
read_entry(struct command_tools *t, const struct js *from, struct entry *e, struct err *err)
{
    struct command_settings *s = &e->settings;
    struct str what = arena_printf(&t->arena, "commands.%" STR_FMT ".env", STR_ARG(s->def.name));
    int result = what.ptr ? read_def(&t->arena, from, &s->def, err) : err_nomem(err);
    if (result == 0 && e->enabled) {
        result = environment_read(t->app, what, js_get_c(from, "env"), &e->env, err);
    }
    if (result == 0) {
        result = read_command(t, js_get_c(from, "command"), e, err);
    }
    if (result == 0) {
        result = read_cage(t, from, &s->cage, err);
    }
    s->env = (const char *const *)e->env.list;
    s->dir = t->desk.ptr;
    return result;
}

/* ---- Quarantine -------------------------------------------------------------------------------*/

/* Which file its program is, in a word that another file's does not have. */
static void
file_text(const struct entry *e, char out[PLUGIN_FILE_TEXT])
{
    struct stat st = {0};
    out[0] = 0;
    if (stat(e->settings.argv[0], &st) == 0) {
        plugin_stat_text(&st, out);
    }
}

static void
on_quarantined(void *arg, struct str why)
{
    const struct entry *e = arg;
    char file[PLUGIN_FILE_TEXT];
    file_text(e, file);
    quarantine_put(e->app, e->row, file, why);
}

static struct entry *
find_row(struct command_tools *t, struct str row_name)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->list[i].command && str_eq(t->list[i].row, row_name)) {
            return &t->list[i];
        }
    }
    return NULL;
}

void
command_tools_heed(void *arg, const struct plugin_state_row *row)
{
    const struct entry *e = find_row(arg, row->plugin);
    char file[PLUGIN_FILE_TEXT];
    if (!e || row->trouble.len == 0 || command_trouble(e->command).len > 0) {
        return;
    }
    file_text(e, file);
    int64_t left = quarantine_left(row, file);
    if (left > 0) {
        command_quarantine(e->command, row->trouble, left);
    }
}

bool
command_tools_pardon(struct command_tools *t, struct str row_name)
{
    const struct entry *e = find_row(t, row_name);
    if (e) {
        command_pardon(e->command);
    }
    return e != NULL;
}

/* ---- All of them ------------------------------------------------------------------------------*/

static int
open_entry(struct command_tools *t, struct entry *e, struct loop *l, struct tool_registry *r,
           struct err *err)
{
    struct err why;
    const struct command_settings *s = &e->settings;
    if (!e->enabled) {
        return 0;
    }
    if (command_file_check(str_c(s->argv[0]), &why) < 0) {
        e->trouble = arena_str(&t->arena, str_c(why.message));
        log_line(LOG_WARN, "command", STR(""), "%" STR_FMT " is left out: %s", STR_ARG(s->def.name),
                 why.message);
        return e->trouble.ptr ? 0 : err_nomem(err);
    }
    return command_new(l, s, r, &e->command, err);
}

static int
open_all(struct command_tools *t, struct loop *l, struct tool_registry *r, const struct js *map,
         struct err *err)
{
    struct js_member member;
    int result = 0;
    t->list = arena_zero(&t->arena, js_count(map) + 1, sizeof(*t->list));
    if (!t->list) {
        return err_nomem(err);
    }
    for (struct js_iter it = js_iter(map); result == 0 && js_next(&it, &member);) {
        struct entry *e = &t->list[t->count++];
        e->enabled = js_get_bool(member.value, "enabled", true);
        e->app = t->app;
        e->settings.quarantined = on_quarantined;
        e->settings.arg = e;
        e->settings.def.name = arena_str(&t->arena, member.key);
        e->row = arena_printf(&t->arena, QUARANTINE_COMMAND "%" STR_FMT, STR_ARG(member.key));
        if (!e->settings.def.name.ptr || !e->row.ptr) {
            return err_nomem(err);
        }
        result = read_entry(t, member.value, e, err);
        if (result == 0) {
            result = open_entry(t, e, l, r, err);
        }
        if (result == ERR_INVALID) {
            result = at_entry(t, member.key, err);
        }
    }
    return result;
}

/* What is granted, and where programs run, does not depend on where Deskhand was started. */
static int
find_desk(struct command_tools *t, struct err *err)
{
    char real[PATH_MAX];
    int result = app_config(t->app, err);
    if (result < 0) {
        return result;
    }
    t->desk = arena_str(&t->arena, realpath(t->app->desk.ptr, real) ? str_c(real) : t->app->desk);
    return t->desk.ptr ? 0 : err_nomem(err);
}

int
command_tools_open(struct app *app, struct loop *l, struct tool_registry *r,
                   struct command_tools **ret, struct err *err)
{
    AUTO(command_tools) struct command_tools *t = mem_zero(1, sizeof(*t));
    struct js *map;
    if (!t) {
        return err_nomem(err);
    }
    t->app = app;
    int result = find_desk(t, err);
    if (result == 0) {
        result = js_parse(config_json(app->config, "commands"), &t->arena, &map, err);
    }
    if (result == 0) {
        result = open_all(t, l, r, map, err);
    }
    if (result == 0) {
        result = quarantine_each(app, command_tools_heed, t, err);
    }
    if (result == 0) {
        *ret = TAKE(t);
    }
    return result;
}

bool
command_tools_at(const struct command_tools *t, size_t index, struct command_listed *ret)
{
    if (!t || index >= t->count) {
        return false;
    }
    const struct entry *e = &t->list[index];
    *ret = (struct command_listed){
        .def = e->settings.def,
        .line = e->line,
        .trouble = e->command ? command_trouble(e->command) : e->trouble,
        .command = e->command,
        .enabled = e->enabled,
    };
    return true;
}
