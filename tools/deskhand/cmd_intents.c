/* deskhand intents: what customers' messages are about. `intents train` and `intents test` are
 * files of their own. */
#include <limits.h>
#include <stdio.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "command.h"
#include "intents.h"
#include "term.h"

extern const struct command cmd_intents_test;
extern const struct command cmd_intents_train;

enum { GUESSES = 5 };

static int
list_json(const struct intent_model *model, struct str name, struct err *err)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "model", name);
    js_put_double(&out, "accuracy", intent_model_accuracy(model));
    js_key(&out, STR("labels"));
    js_begin_array(&out);
    for (size_t i = 0; i < intent_model_labels(model); i++) {
        js_begin_object(&out);
        js_put_str(&out, "label", intent_model_label(model, i));
        js_put_int(&out, "examples", intent_model_examples(model, i));
        js_end_object(&out);
    }
    js_end_array(&out);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "intents", err);
}

static int
list_text(const struct intent_model *model, struct arena *arena, struct err *err)
{
    static const char *const headings[] = {"LABEL", "EXAMPLES"};
    struct term_table table;
    term_table_init(&table, arena, headings, 2);
    for (size_t i = 0; i < intent_model_labels(model); i++) {
        const struct str cells[] = {
            intent_model_label(model, i),
            arena_printf(arena, "%u", intent_model_examples(model, i)),
        };
        term_table_add(&table, cells);
    }
    if (table.failed) {
        return err_nomem(err);
    }
    term_table_print(&table);
    return 0;
}

static int
run_list(struct app *app, const struct args *args, struct err *err)
{
    AUTO(intent_model) struct intent_model *model = NULL;
    struct str name;
    int result = intents_open(app, args, &model, &name, err);
    if (result < 0) {
        return result;
    }
    return args_flag(args, "json") ? list_json(model, name, err)
                                   : list_text(model, &app->arena, err);
}

/* ---- predict --------------------------------------------------------------------------------*/

static int
join_words(const struct args *args, struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_MESSAGE_BYTES);
    for (size_t i = 0; i < args_count(args); i++) {
        buf_add_c(&text, i > 0 ? " " : "");
        buf_add(&text, args_at(args, i));
    }
    int result = buf_finish(&text, "the message", err);
    *ret = result == 0 ? buf_to_arena(&text, arena) : (struct str){0};
    return result < 0 ? result : ret->ptr ? 0 : err_nomem(err);
}

static int
predict_json(const struct intent_answer *answer, struct err *err)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str_or_null(&out, "intent", answer->none ? STR("") : answer->guesses[0].label);
    js_put_double(&out, "known", answer->known);
    js_key(&out, STR("guesses"));
    js_begin_array(&out);
    for (size_t i = 0; i < answer->count; i++) {
        js_begin_object(&out);
        js_put_str(&out, "label", answer->guesses[i].label);
        js_put_double(&out, "probability", answer->guesses[i].probability);
        js_end_object(&out);
    }
    js_end_array(&out);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "intents", err);
}

static int
predict_text(const struct intent_answer *answer, struct arena *arena, struct err *err)
{
    static const char *const headings[] = {"INTENT", "PROBABILITY"};
    struct term_table table;
    term_table_init(&table, arena, headings, 2);
    for (size_t i = 0; i < answer->count; i++) {
        const struct str cells[] = {
            answer->guesses[i].label,
            arena_printf(arena, "%.3f", answer->guesses[i].probability),
        };
        term_table_add(&table, cells);
    }
    if (table.failed) {
        return err_nomem(err);
    }
    (void)printf("%s (known: %.2f)\n", answer->none ? "none of these" : "about one of these",
                 answer->known);
    term_table_print(&table);
    return 0;
}

static int
run_predict(struct app *app, const struct args *args, struct err *err)
{
    AUTO(intent_model) struct intent_model *model = NULL;
    struct intent_answer answer;
    struct str name;
    struct str text;
    int result = intents_open(app, args, &model, &name, err);
    result = result == 0 ? join_words(args, &app->arena, &text, err) : result;
    result = result == 0 ? intent_predict(model, text, GUESSES, &app->arena, &answer, err) : result;
    if (result < 0) {
        return result;
    }
    return args_flag(args, "json") ? predict_json(&answer, err)
                                   : predict_text(&answer, &app->arena, err);
}

static const struct arg_option options[] = {
    {"model", 0, "MODEL", "this model (default: the desk's intents.model, else the built-in one)"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};

static const struct command cmd_list = {
    .name = "list",
    .summary = "the labels a model knows, and how many examples taught it each",
    .usage = "[--model MODEL] [--json]",
    .example = "deskhand intents list",
    .options = options,
    .run = run_list,
};

static const struct command cmd_predict = {
    .name = "predict",
    .summary = "what a message is about",
    .usage = "\"TEXT\" [--model MODEL] [--json]",
    .details = "Prints the labels that fit best. Their probabilities hold if the message is about "
               "one of\n"
               "the labels at all; how likely that is, `known` says, and where it is below a half, "
               "the\n"
               "message counts as being about none of them: \"intent\" is then null.",
    .example = "deskhand intents predict \"where is my parcel\" --json",
    .options = options,
    .min_args = 1,
    .max_args = UINT_MAX,
    .run = run_predict,
};

static const struct command *const subcommands[] = {
    &cmd_intents_train, &cmd_intents_test, &cmd_list, &cmd_predict, NULL,
};

const struct command cmd_intents = {
    .name = "intents",
    .summary = "what messages are about: train, test and ask the offline classifier",
    .subcommands = subcommands,
    .example = "deskhand intents train labels.tsv",
};
