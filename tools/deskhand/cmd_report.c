/* deskhand report: the numbers, and what they are made of. */
#include <limits.h>
#include <stdio.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/tz.h"
#include "command.h"
#include "config/config.h"
#include "report/format.h"
#include "since.h"
#include "store/store.h"
#include "suggest.h"
#include "term.h"

enum { METRICS_MAX = 64 };

struct work {
    struct report_request request;
    const struct metric *metrics[METRICS_MAX];
    const struct metric *explain; /* NULL: report */
    enum report_format format;
    struct arena arena;
    struct report report;
    struct report_sets sets;
};

static int
find_metric(struct str name, const char *what, const struct metric **ret, struct err *err)
{
    size_t count;
    const struct metric *table = metric_table(&count);
    struct suggestion near = {0};
    *ret = metric_find(name);
    if (*ret) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        suggest(&near, name, str_c(table[i].name));
    }
    if (near.found.len) {
        return err_set(err, ERR_INVALID,
                       "%s: there is no metric '%.80s': did you mean %" STR_FMT "?", what, name.ptr,
                       STR_ARG(near.found));
    }
    return err_set(err, ERR_INVALID,
                   "%s: there is no metric '%.80s': `deskhand report metrics` lists them", what,
                   name.ptr);
}

static int
choose_metrics(const struct args *args, struct work *w, struct err *err)
{
    size_t count;
    const struct metric *table = metric_table(&count);
    if (args_count(args) == 0) {
        for (size_t i = 0; i < count && i < METRICS_MAX; i++) {
            w->metrics[i] = &table[i];
        }
        w->request.metric_count = count;
    }
    int result = 0;
    for (size_t i = 0; result == 0 && i < args_count(args) && i < METRICS_MAX; i++) {
        result = find_metric(args_at(args, i), "report", &w->metrics[i], err);
        w->request.metric_count = i + 1;
    }
    w->request.metrics = w->metrics;
    struct str explain = args_value(args, "explain", "");
    return result == 0 && explain.len ? find_metric(explain, "--explain", &w->explain, err)
                                      : result;
}

static int
choose_form(const struct args *args, struct work *w, struct err *err)
{
    struct str format = args_value(args, "format", args_flag(args, "json") ? "json" : "text");
    struct str by = args_value(args, "by", "");
    if (!report_format_parse(format, &w->format)) {
        return err_set(err, ERR_INVALID, "--format: '%.40s' is none of text, json, csv",
                       format.ptr);
    }
    if (by.len && !metric_by_parse(by, &w->request.by)) {
        return err_set(err, ERR_INVALID,
                       "--by: '%.40s' is none of day, week, prompt, model, tool, channel, topic, "
                       "outcome",
                       by.ptr);
    }
    return 0;
}

/* A date by itself is a day at the desk: --since from its beginning, --until up to its end. */
static bool
is_date(struct str text, const struct tz *tz, unsigned days_later, int64_t *ret)
{
    int64_t year;
    int64_t month;
    int64_t day;
    int64_t checked;
    if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-' ||
        !clock_parse(text, &checked) || !str_to_i64(str_sub(text, 0, 4), &year) ||
        !str_to_i64(str_sub(text, 5, 2), &month) || !str_to_i64(str_sub(text, 8, 2), &day)) {
        return false;
    }
    *ret = tz_midnight(tz, year, (unsigned)month, (unsigned)day + days_later);
    return true;
}

static int
choose_period(const struct args *args, struct work *w, struct err *err)
{
    struct report_request *r = &w->request;
    struct str since = args_value(args, "since", "");
    struct str until = args_value(args, "until", "");
    int result = 0;
    r->now = clock_wall_ms(clock_real());
    r->until = INT64_MAX;
    if (!is_date(since, r->tz, 0, &r->since)) {
        result = since_parse(since, "--since", r->now, &r->since, err);
    }
    if (result == 0 && until.len && !is_date(until, r->tz, 1, &r->until)) {
        result = since_parse(until, "--until", r->now, &r->until, err);
    }
    if (result == 0 && r->until <= r->since) {
        return err_set(err, ERR_INVALID, "--until: lies before --since: there is nothing between");
    }
    return result;
}

/* A report in the wrong zone is better than none, where it says so. */
static int
load_zone(const struct config *c, struct arena *arena, const struct tz **ret, struct err *err)
{
    int result = tz_load(config_text(c, "desk.timezone"), arena, ret, err);
    if (result == ERR_NOTFOUND || result == ERR_INVALID) {
        struct err why = *err;
        (void)err_wrap(&why, "desk.timezone");
        term_error(&why);
        (void)fputs("deskhand: this report's days are those of UTC\n", stderr);
        result = tz_load(STR("UTC"), arena, ret, err);
    }
    return result;
}

static int
prepare(struct app *app, const struct args *args, struct work *w, struct err *err)
{
    int result = app_store(app, APP_READ, NULL, err);
    if (result == 0) {
        result = load_zone(app->config, &w->arena, &w->request.tz, err);
    }
    if (result == 0) {
        result = choose_period(args, w, err);
    }
    if (result < 0) {
        return result;
    }
    struct report_price *prices = NULL;
    w->request.currency = config_text(app->config, "model.currency");
    result = report_prices(config_json(app->config, "model.prices"), &w->arena, &prices,
                           &w->request.price_count, err);
    w->request.prices = prices;
    return result;
}

/* [store thread] */
static int
run_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct work *w = arg;
    return w->explain ? report_explain(tx, &w->request, w->explain, &w->arena, &w->sets, err)
                      : report_run(tx, &w->request, &w->arena, &w->report, err);
}

/* Asked for by name, a metric that cannot be had is an error. */
static int
check_prices(const struct args *args, const struct work *w, struct err *err)
{
    for (size_t i = 0; args_count(args) > 0 && i < w->request.metric_count; i++) {
        if (w->metrics[i]->kind == METRIC_COST && w->request.price_count == 0) {
            return err_set(err, ERR_INVALID,
                           "report: %s: no prices are configured: set model.prices in desk.yaml",
                           w->metrics[i]->name);
        }
    }
    return 0;
}

static int
print(const struct work *w, struct err *err)
{
    AUTO(buf) struct buf out;
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    if (w->explain) {
        report_write_sets(&out, w->explain, &w->sets, w->format);
    } else {
        report_write(&out, &w->request, &w->report, w->format);
    }
    int result = buf_finish(&out, "report", err);
    return result == 0 ? term_output(&out, "report", err) : result;
}

static int
list_metrics(const struct args *args, struct err *err)
{
    AUTO(buf) struct buf out;
    struct work w = {0};
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    if (choose_form(args, &w, err) < 0) {
        term_error(err);
        return EXIT_USAGE;
    }
    report_write_metrics(&out, w.format);
    int result = buf_finish(&out, "metrics", err);
    return result == 0 ? term_output(&out, "metrics", err) : result;
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    struct work w = {0};
    if (args_count(args) == 1 && str_eq(args_at(args, 0), STR("metrics"))) {
        return list_metrics(args, err);
    }
    int result = choose_metrics(args, &w, err);
    if (result == 0) {
        result = choose_form(args, &w, err);
    }
    if (result < 0) {
        term_error(err);
        return EXIT_USAGE;
    }
    result = prepare(app, args, &w, err);
    if (result == 0) {
        result = check_prices(args, &w, err);
    }
    if (result == 0) {
        result = store_read_wait(app->store, run_body, &w, err);
    }
    if (result == 0) {
        result = print(&w, err);
    }
    arena_done(&w.arena);
    return result;
}

static const struct arg_option options[] = {
    {"since", 0, "TIME", "conversations opened since: 7d, 24h, or a date (from its beginning)"},
    {"until", 0, "TIME", "... and before: 24h, or a date (up to its end)"},
    {"by", 0, "WHAT", "split by day, week, prompt, model, tool, channel, topic or outcome"},
    {"format", 0, "FORMAT", "text, json or csv"},
    {"explain", 0, "METRIC", "list the conversations that METRIC's numbers are made of"},
    {"json", 0, NULL, "print one JSON object, as --format json"},
    {0},
};

const struct command cmd_report = {
    .name = "report",
    .summary = "what the recorded conversations come to: rates, times, costs",
    .usage = "[METRIC...] [--since TIME] [--until TIME] [--by WHAT] [--format FORMAT]\n"
             "       deskhand report --explain METRIC\n"
             "       deskhand report metrics",
    .details =
        "Counts the conversations opened in the period, by default all there are, with everything\n"
        "that happened in them since. Without METRIC all are printed; `report metrics` says what\n"
        "each means, how it is computed and what to mind. Every number comes with what it was\n"
        "divided by. Days are those of desk.timezone.",
    .example = "deskhand report --since 7d\n"
               "deskhand report resolution escalation --by day --format csv\n"
               "deskhand report --explain abandonment --since 2026-11-01",
    .options = options,
    .max_args = METRICS_MAX,
    .run = run,
};
