/* deskhand models: who can write the bot's words. */
#include <stddef.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "config/config.h"
#include "model/model.h"
#include "term.h"

/* The configured one; empty where there is no desk, which is no reason to list nothing. */
static int
configured(struct app *app, struct str *ret, struct err *err)
{
    int result = app_config(app, err);
    if (result == ERR_NOTFOUND && app->desk_option.len == 0) {
        *ret = STR("");
        return 0;
    }
    if (result == 0) {
        *ret = config_text(app->config, "model");
    }
    return result;
}

static int
list_json(struct str chosen, struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; model_provider_name(i); i++) {
        struct js_out out;
        js_out_init(&out, &text);
        js_begin_object(&out);
        js_put_str(&out, "name", str_c(model_provider_name(i)));
        js_put_str(&out, "help", str_c(model_provider_help(i)));
        js_put_bool(&out, "configured", str_eq_c(chosen, model_provider_name(i)));
        js_end_object(&out);
        buf_add_char(&text, '\n');
    }
    return term_output(&text, "models", err);
}

static int
run_list(struct app *app, const struct args *args, struct err *err)
{
    static const char *const headings[] = {"NAME", "IN USE", "WHAT IT IS"};
    struct str chosen;
    struct term_table table;
    int result = configured(app, &chosen, err);
    if (result < 0) {
        return result;
    }
    if (args_flag(args, "json")) {
        return list_json(chosen, err);
    }
    term_table_init(&table, &app->arena, headings, 3);
    for (size_t i = 0; model_provider_name(i); i++) {
        struct str name = str_c(model_provider_name(i));
        term_table_add(&table, (struct str[]){name, str_eq(chosen, name) ? STR("yes") : STR("-"),
                                              str_c(model_provider_help(i))});
    }
    term_table_print(&table);
    return 0;
}

static const struct arg_option options[] = {
    {"json", 0, NULL, "print one JSON object a model"},
    {0},
};

static const struct command cmd_list = {
    .name = "list",
    .summary = "the models there are, and which one answers",
    .usage = "[--json]",
    .details = "Choose one with `model:` in desk.yaml.",
    .example = "deskhand models list",
    .options = options,
    .run = run_list,
};

static const struct command *const subcommands[] = {&cmd_list, NULL};

const struct command cmd_models = {
    .name = "models",
    .summary = "who can write the bot's answers",
    .subcommands = subcommands,
    .example = "deskhand models list",
};
