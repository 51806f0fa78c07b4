/* What a number is made of, and what the metrics are, written out. */
#include "base/json.h"
#include "report/format.h"

/* ---- Sets ------------------------------------------------------------------------------------*/

static void
put_ids(struct js_out *out, const char *key, const struct str *ids, size_t count)
{
    js_key(out, str_c(key));
    js_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        js_add_str(out, ids[i]);
    }
    js_end_array(out);
}

static bool
is_in(struct str id, const struct str *ids, size_t count)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(ids[middle], id);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

/* The denominator's ids; WANTED: those that are in the numerator, or those that are not. */
static void
add_ids(struct buf *out, const struct report_sets *sets, const char *title, bool wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < sets->denominator_count; i++) {
        count += is_in(sets->denominator[i], sets->numerator, sets->numerator_count) == wanted;
    }
    buf_printf(out, "\n%s (%zu)\n", title, count);
    for (size_t i = 0; i < sets->denominator_count; i++) {
        if (is_in(sets->denominator[i], sets->numerator, sets->numerator_count) == wanted) {
            buf_printf(out, "  %" STR_FMT "\n", STR_ARG(sets->denominator[i]));
        }
    }
}

static void
add_csv_ids(struct buf *out, const char *set, const struct str *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%s,%" STR_FMT "\n", set, STR_ARG(ids[i]));
    }
}

void
report_write_sets(struct buf *out, const struct metric *metric, const struct report_sets *sets,
                  enum report_format format)
{
    struct js_out json;
    switch (format) {
    case REPORT_JSON:
        js_out_init(&json, out);
        js_begin_object(&json);
        js_put_str(&json, "metric", str_c(metric->name));
        put_ids(&json, "numerator", sets->numerator, sets->numerator_count);
        put_ids(&json, "denominator", sets->denominator, sets->denominator_count);
        js_end_object(&json);
        buf_add_char(out, '\n');
        break;
    case REPORT_CSV:
        buf_add_c(out, "set,conversation\n");
        add_csv_ids(out, "numerator", sets->numerator, sets->numerator_count);
        add_csv_ids(out, "denominator", sets->denominator, sets->denominator_count);
        break;
    case REPORT_TEXT:
        buf_printf(out, "%s: %s\n  = %s\n", metric->name, metric->sentence, metric->formula);
        add_ids(out, sets, "in the numerator and the denominator", true);
        add_ids(out, sets, "in the denominator only", false);
        break;
    }
}

/* ---- The table -------------------------------------------------------------------------------*/

static const char *
shown_unit(const struct metric *m)
{
    return m->kind == METRIC_COST ? "money" : m->unit;
}

static void
write_metrics_json(struct buf *out)
{
    struct js_out json;
    size_t count;
    const struct metric *table = metric_table(&count);
    js_out_init(&json, out);
    js_begin_array(&json);
    for (size_t i = 0; i < count; i++) {
        js_begin_object(&json);
        js_put_str(&json, "name", str_c(table[i].name));
        js_put_str(&json, "meaning", str_c(table[i].sentence));
        js_put_str(&json, "formula", str_c(table[i].formula));
        js_put_str(&json, "unit", str_c(shown_unit(&table[i])));
        js_put_str(&json, "caveat", str_c(table[i].caveat));
        js_put_str(&json, "numerator_sql", str_c(table[i].numerator.sql));
        js_put_str(&json, "denominator_sql", str_c(table[i].denominator.sql));
        js_end_object(&json);
    }
    js_end_array(&json);
    buf_add_char(out, '\n');
}

/* TEXT broken into lines of at most WIDTH, each behind INDENT. */
static void
add_wrapped(struct buf *out, const char *indent, const char *text)
{
    enum { WIDTH = 92 };
    struct str rest = str_c(text);
    while (rest.len > 0) {
        size_t len = rest.len;
        if (len > WIDTH) {
            len = WIDTH;
            while (len > 0 && rest.ptr[len] != ' ') {
                len--;
            }
            len = len ? len : WIDTH;
        }
        buf_printf(out, "%s%" STR_FMT "\n", indent, STR_ARG(str_sub(rest, 0, len)));
        rest = str_trim(str_sub(rest, len, rest.len));
    }
}

void
report_write_metrics(struct buf *out, enum report_format format)
{
    size_t count;
    const struct metric *table = metric_table(&count);
    if (format == REPORT_JSON) {
        write_metrics_json(out);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%s%s (%s)\n", i ? "\n" : "", table[i].name, shown_unit(&table[i]));
        add_wrapped(out, "  ", table[i].sentence);
        add_wrapped(out, "  = ", table[i].formula);
        add_wrapped(out, "  ! ", table[i].caveat);
    }
}

static const char *const kinds[] = {
    [METRIC_RATE] = "a rate, printed with both its numbers",
    [METRIC_TIME] = "the median and the 90th percentile of all values, with their number",
    [METRIC_MEAN] = "a mean, printed with the sum and the number of conversations",
    [METRIC_COST] = "a mean, printed with the sum and the number of conversations",
    [METRIC_LIST] = "a list, most frequent first, each item with its count and what it is part of",
};

void
metric_write_manual(struct buf *out)
{
    size_t count;
    const struct metric *table = metric_table(&count);
    buf_add_c(out,
              "# Metrics\n\n"
              "What `deskhand report` says, and what it does not. This page is written from the "
              "table in\n`core/report/metrics.c`; `deskhand report metrics` prints the same.\n\n"
              "A metric is two sets of recorded facts. Both are selected by the SQL given with it, "
              "and\n`deskhand report --explain METRIC` lists the conversations in them. `$1` and "
              "`$2` are the\nperiod, `$3` is 30 minutes ago.\n\n"
              "What a report counts are the conversations that were *opened* in its period, with "
              "all that\nhappened in them since, so the numbers of the last hours still change. "
              "Days and weeks are\nthose of `desk.timezone`; a week begins on Monday. Split by "
              "model or tool, a conversation\nis in every group it used, unless what is counted "
              "(a turn, a call) has a model or tool of\nits own. Medians and percentiles are "
              "exact, over all values: the median of an even number\nis the mean of the two in "
              "the middle, the 90th percentile a value that was measured.\n\n"
              "Of the conversations the bot was in, each is handed over, open, resolved or "
              "abandoned, and\nonly one of these: escalation, resolution and abandonment and what "
              "is still open add up to\n100 %.\n");
    for (size_t i = 0; i < count; i++) {
        const struct metric *m = &table[i];
        buf_printf(out, "\n## %s\n\n%s\n\n", m->name, m->sentence);
        buf_printf(out, "- Formula: %s\n- Unit: %s; %s\n- Mind: %s\n", m->formula, shown_unit(m),
                   kinds[m->kind], m->caveat);
        buf_printf(out, "\n```sql\n-- numerator\n%s\n-- denominator\n%s\n```\n", m->numerator.sql,
                   m->denominator.sql);
    }
}
