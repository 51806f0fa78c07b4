/* format: a report as text for people, JSON for programs, CSV for spreadsheets. [any]
 *
 * Text from customers and models is made safe for where it goes: terminals get no control
 * characters, spreadsheets no formulas. Failures are the buf's. */
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#include "base/buf.h"
#include "report/report.h"

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_CSV };

/* "text", "json", "csv"; false for any other word. */
bool report_format_parse(struct str word, enum report_format *ret);

void report_write(struct buf *out, const struct report_request *r, const struct report *report,
                  enum report_format format);
void report_write_sets(struct buf *out, const struct metric *metric, const struct report_sets *sets,
                       enum report_format format);
/* The table of metrics: names and what they mean. */
void report_write_metrics(struct buf *out, enum report_format format);

/* One conversation's or a report's duration in words: "850 ms", "12.3 s", "4m 10s", "2h 05m". */
void report_add_duration(struct buf *out, double ms);

#endif
