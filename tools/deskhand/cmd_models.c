/* deskhand models: who can write the bot's words. `models test` is a file of its own. */
#include <inttypes.h>
#include <stdio.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "model/models.h"
#include "models_desk.h"
#include "term.h"

extern const struct command cmd_models_test;

/* A model and whether it could be asked. */
struct listed {
    struct models_entry entry;
    struct str use;
    struct str key; /* where it comes from; empty: nothing is needed */
    bool ready;
    struct err err; /* when it is not */
};

static void
look_at(struct models_desk *d, struct arena *arena, const struct models_entry *entry,
        struct listed *ret)
{
    *ret = (struct listed){.entry = *entry, .use = models_desk_use(d, entry->name, arena)};
    ret->ready = models_check(d->models, entry->name, arena, &ret->key, &ret->err) == 0;
}

static void
write_json(const struct listed *l, struct buf *text)
{
    struct js_out out;
    js_out_init(&out, text);
    js_begin_object(&out);
    js_put_str(&out, "name", l->entry.name);
    js_put_str(&out, "provider", l->entry.provider);
    js_put_str_or_null(&out, "id", l->entry.id);
    js_put_str(&out, "help", str_c(l->entry.help));
    js_put_bool(&out, "configured", str_starts(l->use, STR("yes")));
    js_put_str_or_null(&out, "use", str_eq_c(l->use, "-") ? STR("") : l->use);
    js_put_str_or_null(&out, "key", l->key);
    js_put_bool(&out, "ready", l->ready);
    js_put_str_or_null(&out, "problem", l->ready ? STR("") : str_c(l->err.message));
    js_put_int(&out, "requests_per_minute", l->entry.requests_per_minute);
    js_put_int(&out, "tokens_per_minute", l->entry.tokens_per_minute);
    js_put_int(&out, "context_tokens", l->entry.context_tokens);
    js_end_object(&out);
    buf_add_char(text, '\n');
}

static int
list_json(struct models_desk *d, struct arena *arena, struct err *err)
{
    AUTO(buf) struct buf text;
    struct models_entry entry;
    struct listed l;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; models_at(d->models, i, &entry); i++) {
        look_at(d, arena, &entry, &l);
        write_json(&l, &text);
    }
    return term_output(&text, "models", err);
}

/* "60 calls, 90000 tokens a minute" */
static struct str
limits_text(const struct models_entry *e, struct arena *arena)
{
    AUTO(buf) struct buf text;
    buf_init(&text, 200);
    if (e->requests_per_minute) {
        buf_printf(&text, "%" PRId64 " calls", e->requests_per_minute);
    }
    if (e->tokens_per_minute) {
        buf_printf(&text, "%s%" PRId64 " tokens", text.len ? ", " : "", e->tokens_per_minute);
    }
    buf_add_c(&text, text.len ? " a minute" : "-");
    return buf_to_arena(&text, arena);
}

static void
print_problem(const struct listed *l)
{
    (void)printf("%snot ready%s ", term_style(stdout, TERM_YELLOW), term_style(stdout, TERM_PLAIN));
    term_text(stdout, l->entry.name);
    (void)printf(": ");
    term_text(stdout, str_c(l->err.message));
    (void)printf("\n");
}

static int
list_text(struct models_desk *d, struct arena *arena, struct err *err)
{
    static const char *const headings[] = {"NAME", "IN USE", "PROVIDER", "KEY", "LIMITS", "MODEL"};
    struct term_table table;
    struct models_entry entry;
    struct listed l;
    term_table_init(&table, arena, headings, 6);
    for (size_t i = 0; models_at(d->models, i, &entry); i++) {
        look_at(d, arena, &entry, &l);
        struct str key = l.key.len ? l.key : STR("-");
        const struct str cells[] = {
            entry.name,
            l.use,
            entry.provider,
            l.ready ? key : STR("not ready"),
            limits_text(&entry, arena),
            entry.id.len ? entry.id : str_c(entry.help),
        };
        term_table_add(&table, cells);
    }
    if (table.failed) {
        return err_nomem(err);
    }
    term_table_print(&table);
    for (size_t i = 0; models_at(d->models, i, &entry); i++) {
        look_at(d, arena, &entry, &l);
        if (!l.ready) {
            print_problem(&l);
        }
    }
    return 0;
}

static int
run_list(struct app *app, const struct args *args, struct err *err)
{
    AUTO(models_desk) struct models_desk d = {0};
    int result = models_desk_open(app, &d, err);
    if (result < 0) {
        return result;
    }
    return args_flag(args, "json") ? list_json(&d, &app->arena, err)
                                   : list_text(&d, &app->arena, err);
}

static const struct arg_option options[] = {
    {"json", 0, NULL, "print one JSON object a model"},
    {0},
};

static const struct command cmd_list = {
    .name = "list",
    .summary = "the models there are, which one answers, and whether its key is there",
    .usage = "[--json]",
    .details =
        "Name them in `models:` of desk.yaml, choose one with `model:`, and those that stand "
        "in for it with `model.fallback:`. No server is asked: `models test` does that.",
    .example = "deskhand models list",
    .options = options,
    .run = run_list,
};

static const struct command *const subcommands[] = {&cmd_list, &cmd_models_test, NULL};

const struct command cmd_models = {
    .name = "models",
    .summary = "who can write the bot's answers",
    .subcommands = subcommands,
    .example = "deskhand models list",
};
