/* deskhand intents test: how good a model is on examples that it has not seen. */
#include <stdio.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "intents.h"
#include "term.h"

enum { CONFUSIONS_TEXT = 10, CONFUSIONS_JSON = 100 };

static void
put_share(struct js_out *out, const char *key, size_t part, size_t all)
{
    if (all > 0) {
        js_put_double(out, key, (double)part / (double)all);
    } else {
        js_put_str_or_null(out, key, STR(""));
    }
}

static int
print_json(const struct intent_figures *f, const struct intent_set *set, struct str model,
           struct err *err)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "model", model);
    js_put_int(&out, "rows", (int64_t)set->count);
    js_put_int(&out, "oos", (int64_t)f->strange);
    js_put_int(&out, "left_out", (int64_t)set->fault_count);
    js_put_int(&out, "unknown_labels", (int64_t)f->foreign);
    if (f->known > 0) {
        js_put_double(&out, "accuracy", f->accuracy);
        js_put_double(&out, "macro_f1", f->macro_f1);
    } else {
        js_put_str_or_null(&out, "accuracy", STR(""));
        js_put_str_or_null(&out, "macro_f1", STR(""));
    }
    if (f->has_auc) {
        js_put_double(&out, "auc", f->auc);
    } else {
        js_put_str_or_null(&out, "auc", STR(""));
    }
    put_share(&out, "oos_refused", f->strange_refused, f->strange);
    put_share(&out, "known_refused", f->known_refused, f->known);
    js_key(&out, STR("confusions"));
    js_begin_array(&out);
    for (size_t i = 0; i < f->confusion_count && i < CONFUSIONS_JSON; i++) {
        js_begin_object(&out);
        js_put_str(&out, "label", f->confusions[i].label);
        js_put_str(&out, "taken_for", f->confusions[i].taken_for);
        js_put_int(&out, "count", (int64_t)f->confusions[i].count);
        js_end_object(&out);
    }
    js_end_array(&out);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "test", err);
}

static void
add_refused(struct buf *text, const struct intent_figures *f)
{
    if (f->strange > 0) {
        buf_printf(text, "said to be none of the labels: %.1f %% of %zu %s rows\n",
                   100 * (double)f->strange_refused / (double)f->strange, f->strange, INTENT_OOS);
    }
    if (f->known > 0) {
        buf_printf(text, "known rows said to be so, wrongly: %.1f %% of %zu\n",
                   100 * (double)f->known_refused / (double)f->known, f->known);
    }
}

static int
print_confusions(const struct intent_figures *f, struct arena *arena, struct err *err)
{
    static const char *const headings[] = {"ROWS", "LABEL", "TAKEN FOR"};
    struct term_table table;
    if (f->confusion_count == 0) {
        return 0;
    }
    term_table_init(&table, arena, headings, 3);
    for (size_t i = 0; i < f->confusion_count && i < CONFUSIONS_TEXT; i++) {
        const struct str cells[] = {arena_printf(arena, "%zu", f->confusions[i].count),
                                    f->confusions[i].label, f->confusions[i].taken_for};
        term_table_add(&table, cells);
    }
    if (table.failed) {
        return err_nomem(err);
    }
    (void)printf("\nmost often confused:\n");
    term_table_print(&table);
    return 0;
}

static int
print_text(const struct intent_figures *f, struct str model, struct arena *arena, struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    buf_printf(&text, "model: %" STR_FMT "\n", STR_ARG(model));
    if (f->known > 0) {
        buf_printf(&text, "accuracy %.3f   macro-F1 %.3f   on %zu rows\n", f->accuracy, f->macro_f1,
                   f->known);
    }
    if (f->has_auc) {
        buf_printf(&text, "known told from %s: AUC %.3f\n", INTENT_OOS, f->auc);
    }
    add_refused(&text, f);
    if (f->foreign > 0) {
        buf_printf(&text, "labels that the model does not know: %zu; their rows count as wrong\n",
                   f->foreign);
    }
    int result = term_output(&text, "test", err);
    return result == 0 ? print_confusions(f, arena, err) : result;
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    AUTO(intent_model) struct intent_model *model = NULL;
    struct intent_set set;
    struct intent_figures figures;
    struct str name;
    int result = intents_open(app, args, &model, &name, err);
    result = result == 0 ? intents_read(app, args_at(args, 0), &set, err) : result;
    result = result == 0 ? intent_evaluate(model, &set, &app->arena, &figures, err) : result;
    if (result < 0) {
        return result;
    }
    return args_flag(args, "json") ? print_json(&figures, &set, name, err)
                                   : print_text(&figures, name, &app->arena, err);
}

static const struct arg_option options[] = {
    {"model", 0, "MODEL", "this model (default: the desk's intents.model, else the built-in one)"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};

const struct command cmd_intents_test = {
    .name = "test",
    .summary = "how good a model is on examples that it has not seen",
    .usage = "FILE [--model MODEL] [--json]",
    .details = "FILE is as for `intents train`. Prints the share of rows whose label was found "
               "(accuracy),\n"
               "the mean of the labels' F1, and which labels are confused most often. Where rows "
               "have\n"
               "the label `oos`, also the area under the ROC curve of known rows against those.",
    .example = "deskhand intents test held-back.tsv\n"
               "deskhand intents test held-back.tsv --model /tmp/try.model --json",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
