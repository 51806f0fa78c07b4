/* deskhand plugins metrics: the figures that plugins count (dh.metric/1), by day. */
#include <inttypes.h>
#include <stdio.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "since.h"
#include "store/store.h"
#include "term.h"

enum { DAY_LEN = 10 }; /* "2026-11-21" */

struct figures {
    struct arena *arena;
    struct str plugin;
    struct plugin_metric_row *rows;
    size_t count;
};

static int
body_list(struct store_tx *tx, void *arg, struct err *err)
{
    struct figures *f = arg;
    return store_plugin_metric_list(tx, f->plugin, f->arena, &f->rows, &f->count, err);
}

/* Those of DAY and later. */
static void
keep_since(struct figures *f, struct str day)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (str_cmp(f->rows[i].day, day) >= 0) {
            f->rows[kept++] = f->rows[i];
        }
    }
    f->count = kept;
}

static bool
is_value(const struct plugin_metric_row *row)
{
    return str_eq(row->kind, PLUGIN_METRIC_VALUE);
}

static int
print_json(const struct figures *f, struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < f->count; i++) {
        const struct plugin_metric_row *row = &f->rows[i];
        struct js_out out;
        js_out_init(&out, &text);
        js_begin_object(&out);
        js_put_str(&out, "day", row->day);
        js_put_str(&out, "plugin", row->plugin);
        js_put_str(&out, "name", row->name);
        js_put_str(&out, "kind", row->kind);
        js_put_int(&out, "count", row->count);
        if (is_value(row)) {
            js_put_int(&out, "sum", row->sum);
            js_put_int(&out, "least", row->least);
            js_put_int(&out, "most", row->most);
        }
        js_end_object(&out);
        buf_add_char(&text, '\n');
    }
    return term_output(&text, "metrics", err);
}

static struct str
number_cell(struct arena *arena, bool there, int64_t number)
{
    return there ? arena_printf(arena, "%" PRId64, number) : STR("-");
}

static void
print_table(const struct figures *f)
{
    static const char *const headings[] = {"DAY",  "PLUGIN", "NAME", "COUNT",
                                           "MEAN", "LEAST",  "MOST"};
    struct term_table table;
    term_table_init(&table, f->arena, headings, 7);
    for (size_t i = 0; i < f->count; i++) {
        const struct plugin_metric_row *row = &f->rows[i];
        bool value = is_value(row);
        double mean = row->count ? (double)row->sum / (double)row->count : 0;
        term_table_add(&table, (struct str[]){
                                   row->day,
                                   row->plugin,
                                   row->name,
                                   number_cell(f->arena, true, row->count),
                                   value ? arena_printf(f->arena, "%.1f", mean) : STR("-"),
                                   number_cell(f->arena, value, row->least),
                                   number_cell(f->arena, value, row->most),
                               });
    }
    term_table_print(&table);
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    struct figures f = {.arena = &app->arena, .plugin = args_at(args, 0)};
    int64_t since = 0;
    char day[CLOCK_TEXT];
    int result = since_parse(args_value(args, "since", ""), "--since", clock_wall_ms(clock_real()),
                             &since, err);
    if (result == 0) {
        result = app_store(app, APP_READ, NULL, err);
    }
    if (result == 0) {
        result = store_read_wait(app->store, body_list, &f, err);
    }
    if (result < 0) {
        return result;
    }
    clock_format(since, day);
    keep_since(&f, (struct str){day, DAY_LEN});
    if (args_flag(args, "json")) {
        return print_json(&f, err);
    }
    if (f.count == 0) {
        (void)printf("No plugin has counted anything%s.\n", since ? " since then" : "");
        return 0;
    }
    print_table(&f);
    return 0;
}

static const struct arg_option options[] = {
    {"since", 0, "TIME", "from when on: 7d, 24h, 2026-11-21 (default: the beginning)"},
    {"json", 0, NULL, "print one JSON object a figure and day"},
    {0},
};

const struct command cmd_plugins_metrics = {
    .name = "metrics",
    .summary = "what plugins count, by day",
    .usage = "[NAME] [--since TIME] [--json]",
    .details = "Plugins count and measure what they like (dh.metric/1). Days are UTC's. COUNT is "
               "what was counted,\nor how often something was measured; then there are its MEAN, "
               "LEAST and MOST, too. What a running\ndesk counts is here a second later.",
    .example = "deskhand plugins metrics order_status --since 7d",
    .options = options,
    .max_args = 1,
    .run = run,
};
