/* deskhand prompts: the texts the bot speaks by. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "checklist.h"
#include "command.h"
#include "parts.h"
#include "prompt_check.h"
#include "term.h"

/* Of a version people see this much. */
enum { VERSION_SHOWN = 8 };

/* "desk" for a file of the desk's own folder, which is the first of the path. */
static const char *
origin_of(const struct prompt_path *path, struct str file)
{
    return str_starts(file, path->dirs[0]) ? "desk" : "shipped";
}

/* ---- list ------------------------------------------------------------------------------------*/

static void
add_entry_json(struct buf *text, const struct prompt_path *path, const struct prompt_entry *e)
{
    struct js_out out;
    js_out_init(&out, text);
    js_begin_object(&out);
    js_put_str(&out, "name", e->name);
    js_put_str(&out, "from", str_c(origin_of(path, e->file)));
    js_put_str(&out, "file", e->file);
    js_put_str_or_null(&out, "version", str_c(e->hash));
    js_put_str(&out, "purpose", e->purpose);
    js_put_str_or_null(&out, "trouble", e->fault);
    js_end_object(&out);
    buf_add_char(text, '\n');
}

static int
list_json(const struct prompt_path *path, const struct prompt_entry *entries, size_t count,
          struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < count; i++) {
        add_entry_json(&text, path, &entries[i]);
    }
    return term_output(&text, "prompts", err);
}

static int
run_list(struct app *app, const struct args *args, struct err *err)
{
    static const char *const headings[] = {"NAME", "FROM", "VERSION", "PURPOSE"};
    struct prompt_path path;
    struct prompt_entry *entries;
    size_t count = 0;
    int result = parts_prompt_path(app, &path, err);
    if (result == 0) {
        result = prompt_list(&path, &app->arena, &entries, &count, err);
    }
    if (result < 0) {
        return result;
    }
    if (args_flag(args, "json")) {
        return list_json(&path, entries, count, err);
    }
    struct term_table table;
    term_table_init(&table, &app->arena, headings, 4);
    for (size_t i = 0; i < count; i++) {
        const struct prompt_entry *e = &entries[i];
        struct str trouble =
            arena_printf(&app->arena, "DOES NOT LOAD: %" STR_FMT, STR_ARG(e->fault));
        term_table_add(&table, (struct str[]){
                                   e->name,
                                   str_c(origin_of(&path, e->file)),
                                   *e->hash ? str_sub(str_c(e->hash), 0, VERSION_SHOWN) : STR("-"),
                                   e->fault.len ? trouble : e->purpose,
                               });
    }
    term_table_print(&table);
    return 0;
}

/* ---- show ------------------------------------------------------------------------------------*/

/* NAME's file in the first folder of PATH that has it, its text into OUT. Prompts that do not load
 * are shown too: somebody wants to mend them. ERR_NOTFOUND as prompt_load() says it. */
static int
read_prompt(const struct prompt_path *path, struct str name, struct arena *arena, struct str *file,
            struct buf *out, struct err *err)
{
    char piece[4096];
    size_t got;
    FILE *stream = NULL;
    for (size_t i = 0; prompt_name_valid(name) && !stream && i < path->count; i++) {
        *file = arena_printf(arena, "%" STR_FMT "/%" STR_FMT ".mustache", STR_ARG(path->dirs[i]),
                             STR_ARG(name));
        stream = file->ptr ? fopen(file->ptr, "rbe") : NULL;
    }
    if (!stream) {
        AUTO(prompt) struct prompt *none = NULL;
        int result = prompt_load(path, name, &none, err);
        return result < 0 ? result : err_set(err, ERR_IO, "prompt: its file went away meanwhile");
    }
    while ((got = fread(piece, 1, sizeof(piece), stream)) > 0) {
        buf_add(out, (struct str){piece, got});
    }
    int seen = ferror(stream) ? errno : 0;
    (void)fclose(stream);
    return seen ? err_set_errno(err, seen, "read %s", file->ptr) : buf_finish(out, file->ptr, err);
}

static void
add_variables(struct js_out *out, const struct prompt *p)
{
    js_key(out, STR("variables"));
    js_begin_array(out);
    for (size_t i = 0; i < p->variable_count; i++) {
        const struct prompt_variable *v = &p->variables[i];
        js_begin_object(out);
        js_put_str(out, "name", v->name);
        js_put_bool(out, "required", v->required);
        if (!v->required) {
            js_put_str(out, "default", v->fallback);
        }
        js_put_str(out, "meaning", v->meaning);
        js_end_object(out);
    }
    js_end_array(out);
}

static int
show_json(const struct prompt_path *path, struct str name, struct str file, struct str source,
          struct err *err)
{
    AUTO(prompt) struct prompt *p = NULL;
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    int result = prompt_load(path, name, &p, err);
    if (result < 0) {
        return result;
    }
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "name", p->name);
    js_put_str(&out, "from", str_c(origin_of(path, file)));
    js_put_str(&out, "file", file);
    js_put_str(&out, "version", str_c(p->hash));
    js_put_str(&out, "purpose", p->purpose);
    add_variables(&out, p);
    js_put_str(&out, "text", source);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "prompt", err);
}

static int
run_show(struct app *app, const struct args *args, struct err *err)
{
    AUTO(buf) struct buf source;
    struct prompt_path path;
    struct str file = {0};
    struct str name = args_at(args, 0);
    buf_init(&source, LIMIT_TEMPLATE_BYTES);
    int result = parts_prompt_path(app, &path, err);
    if (result == 0) {
        result = read_prompt(&path, name, &app->arena, &file, &source, err);
    }
    if (result < 0) {
        return result;
    }
    if (args_flag(args, "json")) {
        return show_json(&path, name, file, buf_str(&source), err);
    }
    if (!term_is_terminal(stdout)) {
        return term_output(&source, "prompt", err); /* as it is: it may become a file */
    }
    term_text(stdout, buf_str(&source));
    return 0;
}

/* ---- check -----------------------------------------------------------------------------------*/

static void
check_one(struct app *app, const struct prompt_path *path, struct str vars, struct str name,
          struct checklist *list)
{
    struct err err;
    struct str word = arena_str(&app->arena, name);
    bool in_use = prompt_check_in_use(app, name);
    if (prompt_check(app, path, vars, name, &err) < 0) {
        checklist_add(list, CHECK_PROBLEM, word.ptr ? word.ptr : "prompt", "%s", err.message);
        return;
    }
    checklist_add(list, CHECK_OK, word.ptr ? word.ptr : "prompt", "%s",
                  in_use ? "loads, and renders with this desk's variables"
                         : "loads and renders (not in use just now)");
}

static int
run_check(struct app *app, const struct args *args, struct err *err)
{
    struct checklist list = {.json = args_flag(args, "json")};
    struct prompt_path path;
    struct prompt_entry *entries;
    size_t count = 0;
    struct str vars;
    struct str one = args_at(args, 0);
    int result = parts_prompt_path(app, &path, err);
    if (result == 0) {
        result = parts_vars(app, STR(""), &vars, err);
    }
    if (result == 0) {
        result = prompt_list(&path, &app->arena, &entries, &count, err);
    }
    if (result < 0) {
        return result;
    }
    bool found = one.len == 0;
    for (size_t i = 0; i < count; i++) {
        if (one.len == 0 || str_eq(one, entries[i].name)) {
            found = true;
            check_one(app, &path, vars, entries[i].name, &list);
        }
    }
    if (!found) {
        AUTO(prompt) struct prompt *none = NULL;
        result = prompt_load(&path, one, &none, err);
        return result < 0 ? result : err_set(err, ERR_IO, "prompt: its file came just now");
    }
    return checklist_end(&list, err);
}

/* ---- render ----------------------------------------------------------------------------------*/

static int
render_json(const struct prompt *p, struct str rendered, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "name", p->name);
    js_put_str(&out, "version", str_c(p->hash));
    js_put_str(&out, "text", rendered);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "prompt", err);
}

static int
run_render(struct app *app, const struct args *args, struct err *err)
{
    AUTO(prompt) struct prompt *p = NULL;
    struct prompt_path path;
    struct prompt_values values = {0};
    struct str rendered;
    int result = parts_given_vars(args, &app->arena, &values.given, err);
    if (result < 0) {
        term_error(err);
        return EXIT_USAGE;
    }
    result = parts_prompt_path(app, &path, err);
    if (result == 0) {
        result = parts_vars(app, values.given, &values.offered, err);
    }
    if (result == 0) {
        result = prompt_load(&path, args_at(args, 0), &p, err);
    }
    if (result == 0) {
        result = prompt_fill(p, &values, &app->arena, &rendered, err);
    }
    if (result < 0) {
        return result;
    }
    if (args_flag(args, "json")) {
        return render_json(p, rendered, err);
    }
    term_text(stdout, rendered);
    (void)printf("\n");
    return 0;
}

/* ---- The rows --------------------------------------------------------------------------------*/

static const struct arg_option json_object[] = {
    {"json", 0, NULL, "print one JSON object"},
    {0},
};
static const struct arg_option json_lines[] = {
    {"json", 0, NULL, "print one JSON object a prompt"},
    {0},
};
static const struct arg_option render_options[] = {
    {"var", 0, "NAME=VALUE", "a variable of the prompt; may be repeated"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};

static const struct command cmd_list = {
    .name = "list",
    .summary = "every prompt, where it is from, what it is for",
    .usage = "[--json]",
    .details = "A prompt of the desk's own prompts/ goes before the shipped one of the same name.",
    .example = "deskhand prompts list",
    .options = json_lines,
    .run = run_list,
};
static const struct command cmd_show = {
    .name = "show",
    .summary = "show a prompt's file, its variables on top",
    .usage = "NAME [--json]",
    .example = "deskhand prompts show greeting > prompts/greeting.mustache",
    .options = json_object,
    .min_args = 1,
    .max_args = 1,
    .run = run_show,
};
static const struct command cmd_check = {
    .name = "check",
    .summary = "are the prompts sound?",
    .usage = "[NAME] [--json]",
    .details = "Loads and renders all of them, or NAME. Exit status 1 when one is wrong.",
    .example = "deskhand prompts check",
    .options = json_lines,
    .max_args = 1,
    .run = run_check,
};
static const struct command cmd_render = {
    .name = "render",
    .summary = "what a prompt says on this desk",
    .usage = "NAME [--var NAME=VALUE]... [--json]",
    .example = "deskhand prompts render greeting --var shop_name=\"Lumen & Sons\"",
    .options = render_options,
    .min_args = 1,
    .max_args = 1,
    .run = run_render,
};

static const struct command *const subcommands[] = {
    &cmd_list, &cmd_show, &cmd_check, &cmd_render, NULL,
};

const struct command cmd_prompts = {
    .name = "prompts",
    .summary = "the texts the bot speaks by: list, show, check, render",
    .subcommands = subcommands,
    .example = "deskhand prompts list",
};
