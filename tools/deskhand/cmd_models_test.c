/* deskhand models test: asks a model for real. */
#include <stdio.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "model/models.h"
#include "models_desk.h"
#include "models_test.h"
#include "term.h"

static void
print_step(void *arg, const char *name, struct str words)
{
    (void)arg;
    (void)printf("  %s%-12s%s ", term_style(stdout, TERM_DIM), name,
                 term_style(stdout, TERM_PLAIN));
    term_text(stdout, words);
    (void)printf("\n");
    (void)fflush(stdout);
}

static void
print_head(const struct models_entry *e)
{
    (void)printf("%s", term_style(stdout, TERM_BOLD));
    term_text(stdout, e->name);
    (void)printf("%s: ", term_style(stdout, TERM_PLAIN));
    term_text(stdout, e->provider);
    if (e->id.len) {
        (void)printf(", ");
        term_text(stdout, e->id);
    }
    (void)printf("\n");
    (void)fflush(stdout);
}

static void
print_end(const struct models_test *t)
{
    if (t->state == MODELS_TEST_FAILED) {
        (void)fflush(stdout);
        term_error(&t->err);
        return;
    }
    (void)printf("  %s%-12s%s %lld in, %lld out\n", term_style(stdout, TERM_DIM), "tokens",
                 term_style(stdout, TERM_PLAIN), (long long)t->input_tokens,
                 (long long)t->output_tokens);
    if (t->warning.len) {
        (void)printf("  %s%-12s%s ", term_style(stdout, TERM_YELLOW), "but",
                     term_style(stdout, TERM_PLAIN));
        term_text(stdout, t->warning);
        (void)printf("\n");
    }
    bool tools = t->state == MODELS_TEST_OK;
    (void)printf("  %s%-12s%s %lld ms in all\n",
                 term_style(stdout, tools ? TERM_GREEN : TERM_YELLOW), tools ? "works" : "no tools",
                 term_style(stdout, TERM_PLAIN), (long long)t->total_ms);
}

static void
put_ms(struct js_out *out, const char *key, int64_t ms)
{
    if (ms < 0) {
        js_put_str_or_null(out, key, STR(""));
    } else {
        js_put_int(out, key, ms);
    }
}

static int
print_json(const struct models_test *t, struct err *err)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    bool failed = t->state == MODELS_TEST_FAILED;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "name", t->entry->name);
    js_put_str(&out, "provider", t->entry->provider);
    js_put_str_or_null(&out, "id", t->entry->id);
    js_put_bool(&out, "ok", !failed);
    js_put_bool(&out, "tools", t->state == MODELS_TEST_OK);
    js_put_str_or_null(&out, "warning", t->warning);
    js_put_str_or_null(&out, "error", failed ? str_c(t->err.message) : STR(""));
    js_put_str_or_null(&out, "key", t->credential);
    js_put_str_or_null(&out, "answer", t->answer);
    put_ms(&out, "first_text_ms", t->first_ms);
    put_ms(&out, "tool_call_ms", t->tool_ms);
    put_ms(&out, "answer_ms", t->answer_ms);
    js_put_int(&out, "pieces", (int64_t)t->pieces);
    js_put_int(&out, "input_tokens", t->input_tokens);
    js_put_int(&out, "output_tokens", t->output_tokens);
    js_put_int(&out, "ms", t->total_ms);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "test", err);
}

/* EXIT_DONE, EXIT_FAILED; ERR_CANCELED ends the whole. */
static int
test_one(struct models_desk *d, const struct models_entry *entry, bool json, struct err *err)
{
    struct models_test t = {
        .loop = d->loop,
        .clock = clock_real(),
        .models = d->models,
        .entry = entry,
        .step = json ? NULL : print_step,
    };
    if (!json) {
        print_head(entry);
    }
    models_test_run(&t);
    int result = t.state == MODELS_TEST_FAILED ? EXIT_FAILED : EXIT_DONE;
    if (result == EXIT_FAILED && t.err.code == ERR_CANCELED) {
        *err = t.err;
        result = err->code;
    } else if (!json) {
        print_end(&t);
    } else if (print_json(&t, err) < 0) {
        result = err->code;
    }
    models_test_done(&t);
    return result;
}

static int
test_all(struct models_desk *d, bool json, struct err *err)
{
    struct models_entry entry;
    int worst = EXIT_DONE;
    for (size_t i = 0; models_at(d->models, i, &entry); i++) {
        int result = test_one(d, &entry, json, err);
        if (result < 0) {
            return result;
        }
        worst = result == EXIT_FAILED ? result : worst;
    }
    return worst;
}

static int
find(const struct models_desk *d, struct str name, struct models_entry *ret, struct err *err)
{
    struct model *ignored;
    for (size_t i = 0; models_at(d->models, i, ret); i++) {
        if (str_eq(ret->name, name)) {
            return 0;
        }
    }
    return models_get_alone(d->models, name, &ignored, err); /* which says what there is */
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    AUTO(models_desk) struct models_desk d = {0};
    struct models_entry entry;
    struct str name = args_at(args, 0);
    bool all = args_flag(args, "all");
    bool json = args_flag(args, "json");
    if (all == (name.len > 0)) {
        (void)err_set(err, ERR_INVALID, "models test: give a model's name, or --all");
        term_error(err);
        return EXIT_USAGE;
    }
    int result = models_desk_open(app, &d, err);
    if (result == 0 && all) {
        return test_all(&d, json, err);
    }
    if (result == 0) {
        result = find(&d, name, &entry, err);
    }
    return result == 0 ? test_one(&d, &entry, json, err) : result;
}

static const struct arg_option options[] = {
    {"all", 0, NULL, "test every model there is"},
    {"json", 0, NULL, "print one JSON object a model"},
    {0},
};

const struct command cmd_models_test = {
    .name = "test",
    .summary = "ask a model for real: does it answer, stream, use a tool, and how fast",
    .usage = "NAME | --all [--json]",
    .details = "Two short calls, some hundred tokens. The model is asked alone: no retry and no "
               "fallback hides what its server says. Exit status 0 where it answers, also where it "
               "does not use tools, which is said; 1 where it does not, with what to do about it.",
    .example = "deskhand models test claude\n"
               "deskhand models test --all --json",
    .options = options,
    .max_args = 1,
    .run = run,
};
