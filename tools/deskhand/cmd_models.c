/* deskhand models: who can write the bot's words. */
#include <stddef.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "config/config.h"
#include "io/loop.h"
#include "model/models.h"
#include "term.h"

/* The desk's models. Where there is no desk, which is no reason to list nothing, those of an empty
 * one. */
struct listing {
    struct loop *loop;
    struct config *none; /* stands in for a desk's */
    struct models *models;
    struct str chosen; /* empty: no desk */
};

static void
listing_done(struct listing *l)
{
    models_free(l->models);
    config_free(l->none);
    loop_free(l->loop);
}
AUTO_DEFINE_VALUE(listing, struct listing, listing_done)

static int
listing_open(struct app *app, struct listing *l, struct err *err)
{
    int result = app_config(app, err);
    struct models_parts parts = {.clock = clock_real(), .config = app->config};
    if (result == 0) {
        l->chosen = config_text(app->config, "model");
    } else if (result == ERR_NOTFOUND && app->desk_option.len == 0) {
        result = config_default(&l->none, err);
        parts.config = l->none;
    }
    if (result == 0) {
        result = loop_new(&l->loop, err);
    }
    parts.loop = l->loop;
    return result < 0 ? result : models_new(&parts, &l->models, err);
}

static int
list_json(const struct listing *l, struct err *err)
{
    AUTO(buf) struct buf text;
    struct models_entry entry;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; models_at(l->models, i, &entry); i++) {
        struct js_out out;
        js_out_init(&out, &text);
        js_begin_object(&out);
        js_put_str(&out, "name", entry.name);
        js_put_str(&out, "provider", entry.provider);
        js_put_str_or_null(&out, "id", entry.id);
        js_put_str(&out, "help", str_c(entry.help));
        js_put_bool(&out, "configured", str_eq(l->chosen, entry.name));
        js_end_object(&out);
        buf_add_char(&text, '\n');
    }
    return term_output(&text, "models", err);
}

static int
run_list(struct app *app, const struct args *args, struct err *err)
{
    static const char *const headings[] = {"NAME", "IN USE", "PROVIDER", "MODEL"};
    AUTO(listing) struct listing l = {0};
    struct term_table table;
    struct models_entry entry;
    int result = listing_open(app, &l, err);
    if (result < 0) {
        return result;
    }
    if (args_flag(args, "json")) {
        return list_json(&l, err);
    }
    term_table_init(&table, &app->arena, headings, 4);
    for (size_t i = 0; models_at(l.models, i, &entry); i++) {
        term_table_add(
            &table, (struct str[]){entry.name, str_eq(l.chosen, entry.name) ? STR("yes") : STR("-"),
                                   entry.provider, entry.id.len ? entry.id : str_c(entry.help)});
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
    .details = "Name them in `models:` of desk.yaml, choose one with `model:`.",
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
