/* deskhand intents train: from a shop's own examples to its own model. */
#include <stdio.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "intents.h"
#include "outfile.h"
#include "progress.h"
#include "term.h"

struct training_view {
    struct progress progress;
    size_t examples;
};

static bool
on_progress(void *arg, unsigned done, unsigned all)
{
    struct training_view *v = arg;
    progress_show(&v->progress, v->examples, done, all);
    return true;
}

/* -o, else the desk's own. */
static int
choose_path(struct app *app, const struct args *args, struct str *ret, struct err *err)
{
    *ret = args_value(args, "output", "");
    if (ret->len > 0) {
        return 0;
    }
    int result = intents_desk_path(app, ret, err);
    return result == ERR_NOTFOUND ? err_wrap(err, "no -o says where to write the model") : result;
}

static int
write_model(struct app *app, struct str path, const struct buf *model, struct err *err)
{
    AUTO(outfile) struct outfile out = {0};
    int result = outfile_open(&out, path, &app->arena, err);
    result = result == 0 ? outfile_write(&out, buf_str(model), err) : result;
    result = result == 0 ? outfile_finish(&out, err) : result;
    return result == OUTFILE_CLOSED
               ? err_set(err, ERR_IO, "%" STR_FMT ": nobody reads it any more", STR_ARG(path))
               : result;
}

static int
print_json(const struct intent_report *r, const struct intent_set *set, struct str path,
           size_t bytes, double seconds, struct err *err)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "model", path);
    js_put_int(&out, "labels", (int64_t)r->labels);
    js_put_int(&out, "examples", (int64_t)r->examples);
    js_put_int(&out, "oos", (int64_t)r->none);
    js_put_int(&out, "left_out", (int64_t)set->fault_count);
    js_put_int(&out, "features", (int64_t)r->features);
    js_put_int(&out, "bytes", (int64_t)bytes);
    js_put_double(&out, "accuracy", r->accuracy);
    js_put_double(&out, "auc", r->auc);
    js_put_double(&out, "seconds", seconds);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "training", err);
}

static int
print_text(const struct intent_report *r, struct str path, size_t bytes, double seconds,
           struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    buf_printf(&text,
               "%" STR_FMT ": %zu labels from %zu examples in %.1f s, %zu KB\n"
               "by cross-validation: %.1f %% of the examples right; known messages told from "
               "others: AUC %.3f\n",
               STR_ARG(path), r->labels, r->examples, seconds, (bytes + 1023) / 1024,
               r->accuracy * 100, r->auc);
    if (r->none > 0) {
        buf_printf(&text, "and %zu examples of none of them (%s)\n", r->none, INTENT_OOS);
    }
    return term_output(&text, "training", err);
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    AUTO(buf) struct buf model;
    struct training_view view;
    struct intent_set set;
    struct intent_report report;
    struct str path;
    buf_init(&model, INTENT_MODEL_BYTES);
    int result = choose_path(app, args, &path, err);
    result = result == 0 ? intents_read(app, args_at(args, 0), &set, err) : result;
    if (result < 0) {
        return result;
    }
    struct intent_training how = {on_progress, &view};
    int64_t start = clock_mono_ms(clock_real());
    view.examples = set.count;
    progress_begin(&view.progress, "learning", "examples");
    result = intent_train(&set, &how, &model, &report, err);
    progress_clear(&view.progress);
    double seconds = (double)(clock_mono_ms(clock_real()) - start) / 1000;
    result = result == 0 ? write_model(app, path, &model, err) : result;
    if (result < 0 || str_eq(path, STR("-"))) {
        return result;
    }
    return args_flag(args, "json") ? print_json(&report, &set, path, model.len, seconds, err)
                                   : print_text(&report, path, model.len, seconds, err);
}

static const struct arg_option options[] = {
    {"output", 'o', "MODEL", "write the model there (default: the desk's intents.model)"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};

const struct command cmd_intents_train = {
    .name = "train",
    .summary = "learn your own labels from examples",
    .usage = "FILE [-o MODEL] [--json]",
    .details =
        "FILE has one example a line: a sentence, a tab, its label; further columns are ignored,\n"
        "- is standard input. Twenty examples a label are a beginning, a hundred are plenty. The\n"
        "label `oos` marks sentences that are about none of the labels: few or none will do, the\n"
        "model learns what is strange by leaving labels out and guessing. Lines that cannot be\n"
        "used are told and left out. The same file makes the same model, to the byte. A desk's\n"
        "own labels are the topics of `report --by topic`; those called as the built-in ones are\n"
        "(greeting, product, trouble, order, ...) lead the built-in assistant as well. Programs\n"
        "that run see them when they start anew.",
    .example = "deskhand intents train labels.tsv\n"
               "deskhand intents train labels.tsv -o /tmp/try.model --json",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
