#include "report/format.h"

#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/tz.h"
#include "base/utf8.h"

bool
report_format_parse(struct str word, enum report_format *ret)
{
    static const char *const words[] = {
        [REPORT_TEXT] = "text", [REPORT_JSON] = "json", [REPORT_CSV] = "csv"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq_c(word, words[i])) {
            *ret = (enum report_format)i;
            return true;
        }
    }
    return false;
}

static struct str
unit_of(const struct report_request *r, const struct metric *m)
{
    return m->kind == METRIC_COST ? r->currency : str_c(m->unit);
}

/* ---- JSON ------------------------------------------------------------------------------------*/

/* Counts are whole; sums of money are not. */
static void
put_number(struct js_out *out, const char *key, double value)
{
    if (value == floor(value) && fabs(value) < 9e15) {
        js_put_int(out, key, (int64_t)value);
    } else {
        js_put_double(out, key, value);
    }
}

static void
put_value(struct js_out *out, const char *key, const struct report_line *line, double value)
{
    if (line->has_value) {
        put_number(out, key, value);
    } else {
        js_put_null(out, key);
    }
}

static void
put_time(struct js_out *out, const char *key, int64_t at, int64_t none)
{
    char text[CLOCK_TEXT];
    clock_format(at, text);
    js_put_str_or_null(out, key, at == none ? STR("") : str_c(text));
}

static void
put_numbers(struct js_out *out, const struct report_line *line)
{
    bool time = line->metric->kind == METRIC_TIME;
    put_value(out, time ? "median" : "value", line, line->value);
    if (time) {
        put_value(out, "p90", line, line->p90);
    }
    put_number(out, "numerator", line->numerator);
    put_number(out, "denominator", line->denominator);
}

/* The line at *AT and, where it is a list's, its items; *AT moves behind them. */
static void
put_result(struct js_out *out, const struct report *report, size_t *at)
{
    const struct report_line *line = &report->lines[(*at)++];
    js_begin_object(out);
    js_put_str_or_null(out, "group", line->group);
    put_numbers(out, line);
    if (line->metric->kind == METRIC_LIST) {
        js_key(out, STR("items"));
        js_begin_array(out);
        for (; *at < report->count && report->lines[*at].is_item; ++*at) {
            js_begin_object(out);
            js_put_str(out, "item", report->lines[*at].item);
            put_numbers(out, &report->lines[*at]);
            js_end_object(out);
        }
        js_end_array(out);
    }
    js_end_object(out);
}

static void
write_json(struct buf *buf, const struct report_request *r, const struct report *report)
{
    struct js_out out;
    js_out_init(&out, buf);
    js_begin_object(&out);
    put_time(&out, "since", r->since, 0);
    put_time(&out, "until", r->until, INT64_MAX);
    put_time(&out, "at", r->now, 0);
    js_put_str(&out, "timezone", tz_name(r->tz));
    js_put_str_or_null(&out, "by", str_c(metric_by_name(r->by)));
    js_key(&out, STR("metrics"));
    js_begin_array(&out);
    for (size_t i = 0; i < report->count;) {
        const struct metric *m = report->lines[i].metric;
        js_begin_object(&out);
        js_put_str(&out, "name", str_c(m->name));
        js_put_str(&out, "unit", unit_of(r, m));
        js_key(&out, STR("results"));
        js_begin_array(&out);
        while (i < report->count && report->lines[i].metric == m) {
            put_result(&out, report, &i);
        }
        js_end_array(&out);
        js_end_object(&out);
    }
    js_end_array(&out);
    js_key(&out, STR("unpriced_models"));
    js_begin_array(&out);
    for (size_t i = 0; i < report->unpriced_count; i++) {
        js_add_str(&out, report->unpriced[i]);
    }
    js_end_array(&out);
    js_end_object(&out);
    buf_add_char(buf, '\n');
}

/* ---- CSV -------------------------------------------------------------------------------------*/

/* RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe, its sign for
 * "this is text". */
static void
add_cell(struct buf *out, struct str text, bool last)
{
    bool formula = text.len > 0 && (text.ptr[0] == '=' || text.ptr[0] == '+' ||
                                    text.ptr[0] == '-' || text.ptr[0] == '@' ||
                                    text.ptr[0] == '\t' || text.ptr[0] == '\r');
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        quoted |= text.ptr[i] == ',' || text.ptr[i] == '"' || text.ptr[i] == '\n' ||
                  text.ptr[i] == '\r';
    }
    buf_add_c(out, quoted ? "\"" : "");
    buf_add_c(out, formula ? "'" : "");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') {
            buf_add_char(out, '"');
        }
        buf_add_char(out, text.ptr[i]);
    }
    buf_add_c(out, quoted ? "\"" : "");
    buf_add_char(out, last ? '\n' : ',');
}

static void
add_number_cell(struct buf *out, bool there, double value, bool last)
{
    if (there) {
        buf_printf(out, "%.12g", value);
    }
    buf_add_char(out, last ? '\n' : ',');
}

static void
write_csv(struct buf *out, const struct report_request *r, const struct report *report)
{
    buf_add_c(out, "metric,unit,group,item,value,p90,numerator,denominator\n");
    for (size_t i = 0; i < report->count; i++) {
        const struct report_line *line = &report->lines[i];
        add_cell(out, str_c(line->metric->name), false);
        add_cell(out, unit_of(r, line->metric), false);
        add_cell(out, line->group, false);
        add_cell(out, line->item, false);
        add_number_cell(out, line->has_value, line->value, false);
        bool has_p90 = line->has_value && line->metric->kind == METRIC_TIME;
        add_number_cell(out, has_p90, line->p90, false);
        add_number_cell(out, true, line->numerator, false);
        add_number_cell(out, true, line->denominator, true);
    }
}

/* ---- Text ------------------------------------------------------------------------------------*/

enum { LABEL_WIDTH = 26, VALUE_WIDTH = 26, ITEM_WIDTH = 20, TEXT_MAX = 4096 };

void
report_add_duration(struct buf *out, double ms)
{
    if (ms < 1000) {
        buf_printf(out, "%.0f ms", ms);
        return;
    }
    if (ms < 59950) {
        buf_printf(out, "%.1f s", ms / 1000);
        return;
    }
    int64_t seconds = (int64_t)(ms / 1000 + 0.5);
    int64_t minutes = seconds / 60;
    int64_t hours = minutes / 60;
    if (hours >= 48) {
        buf_printf(out, "%lldd %02lldh", (long long)(hours / 24), (long long)(hours % 24));
    } else if (hours > 0) {
        buf_printf(out, "%lldh %02lldm", (long long)hours, (long long)(minutes % 60));
    } else {
        buf_printf(out, "%lldm %02llds", (long long)minutes, (long long)(seconds % 60));
    }
}

/* Blanks up to WIDTH columns, two at least. */
static void
pad(struct buf *out, size_t start, size_t width)
{
    size_t columns = 0;
    for (size_t i = start; i < out->len; i++) {
        columns += ((unsigned char)out->text[i] & 0xC0) != 0x80;
    }
    do {
        buf_add_char(out, ' ');
    } while (++columns < width);
    buf_add_char(out, ' ');
}

static void
add_value(struct buf *out, const struct report_request *r, const struct report_line *line)
{
    switch (line->metric->kind) {
    case METRIC_RATE:
    case METRIC_LIST:
        buf_printf(out, "%.1f %%", line->value);
        break;
    case METRIC_TIME:
        report_add_duration(out, line->value);
        buf_add_c(out, ", p90 ");
        report_add_duration(out, line->p90);
        break;
    case METRIC_MEAN:
        buf_printf(out, "%.1f %s", line->value, line->metric->unit);
        break;
    case METRIC_COST:
        buf_printf(out, "%.4f %" STR_FMT, line->value, STR_ARG(r->currency));
        break;
    }
}

/* TEXT on one line, safe for a terminal. */
static void
add_label(struct buf *out, struct str text)
{
    AUTO(arena) struct arena scratch = {0};
    struct str clean = utf8_for_terminal(&scratch, utf8_cut(text, TEXT_MAX));
    for (size_t i = 0; i < clean.len; i++) {
        buf_add_char(out, clean.ptr[i] == '\n' || clean.ptr[i] == '\t' ? ' ' : clean.ptr[i]);
    }
}

/* An item's text may be long, so it stands last. */
static void
add_item_line(struct buf *out, const struct report_line *line, const char *indent)
{
    size_t start = out->len;
    buf_printf(out, "%s%.0f of %.0f", indent, line->numerator, line->denominator);
    pad(out, start, ITEM_WIDTH);
    buf_printf(out, "%5.1f %%  ", line->value);
    add_label(out, line->item);
    buf_add_char(out, '\n');
}

static void
add_text_line(struct buf *out, const struct report_request *r, const struct report_line *line,
              const char *indent, struct str label)
{
    size_t start = out->len;
    buf_add_c(out, indent);
    add_label(out, label);
    pad(out, start, LABEL_WIDTH);
    start = out->len;
    if (line->has_value) {
        add_value(out, r, line);
    } else {
        buf_add_c(out, "-");
    }
    pad(out, start, VALUE_WIDTH);
    buf_printf(out, line->metric->kind == METRIC_COST ? "%.4f of %.0f\n" : "%.0f of %.0f\n",
               line->numerator, line->denominator);
}

static void
add_period(struct buf *out, const struct report_request *r)
{
    struct tz_date date;
    buf_add_c(out, "Conversations opened ");
    if (r->since > 0) {
        tz_local(r->tz, r->since, &date);
        buf_printf(out, "from %04lld-%02u-%02u %02u:%02u ", (long long)date.year, date.month,
                   date.day, date.hour, date.minute);
    }
    tz_local(r->tz, r->until == INT64_MAX ? r->now : r->until, &date);
    buf_printf(out, "up to %04lld-%02u-%02u %02u:%02u, time zone %" STR_FMT "\n\n",
               (long long)date.year, date.month, date.day, date.hour, date.minute,
               STR_ARG(tz_name(r->tz)));
}

static void
write_text(struct buf *out, const struct report_request *r, const struct report *report)
{
    const struct metric *last = NULL;
    add_period(out, r);
    if (report->count == 0) {
        buf_add_c(out, "There is nothing to report.\n");
    }
    for (size_t i = 0; i < report->count; i++) {
        const struct report_line *line = &report->lines[i];
        bool split = r->by != BY_NONE;
        if (split && line->metric != last) {
            buf_printf(out, "%s%s\n", last ? "\n" : "", line->metric->name);
        }
        last = line->metric;
        if (line->is_item) {
            add_item_line(out, line, split ? "    " : "  ");
        } else {
            add_text_line(out, r, line, split ? "  " : "",
                          split ? line->group : str_c(line->metric->name));
        }
    }
    for (size_t i = 0; i < report->unpriced_count; i++) {
        AUTO(arena) struct arena scratch = {0};
        struct str name = utf8_for_terminal(&scratch, utf8_cut(report->unpriced[i], TEXT_MAX));
        buf_printf(out, "%sno price is configured for the model %" STR_FMT ": its calls cost "
                        "nothing here\n",
                   i == 0 ? "\n" : "", STR_ARG(name));
    }
}

void
report_write(struct buf *out, const struct report_request *r, const struct report *report,
             enum report_format format)
{
    switch (format) {
    case REPORT_TEXT:
        write_text(out, r, report);
        break;
    case REPORT_JSON:
        write_json(out, r, report);
        break;
    case REPORT_CSV:
        write_csv(out, r, report);
        break;
    }
}
