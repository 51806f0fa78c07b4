/* report: the metrics of a period, counted. What is measured is in metric.h.
 *
 * report_run() asks the store inside the caller's body and leaves plain lines: a metric, a group
 * (day, prompt, ...), the two numbers and what follows from them; format.h writes them. Everything
 * a report refers to is in the given arena or the caller's. Nothing is kept between two runs. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "report/metric.h"

struct store_tx;
struct tz;

/* What a million tokens of MODEL cost. */
struct report_price {
    struct str model;
    double input;
    double output;
    double cached; /* of the input, what came from the provider's cache */
};

/* PRICES from the JSON of `model.prices`, which has been checked; in ARENA. A model without
 * `cached` pays its input price. */
int report_prices(struct str json, struct arena *arena, struct report_price **ret,
                  size_t *ret_count, struct err *err) WARN_UNUSED;

struct report_request {
    const struct metric *const *metrics;
    size_t metric_count;
    int64_t since; /* conversations opened at or after */
    int64_t until; /* ... and before; INT64_MAX: no end */
    int64_t now;
    enum metric_by by;
    const struct tz *tz;
    const struct report_price *prices;
    size_t price_count;
    struct str currency;
};

/* One number, or one item of a list. Lines stand by metric, then by group; a list's items by how
 * often, after the line that has their sum. */
struct report_line {
    const struct metric *metric;
    struct str group; /* empty: the report is not split */
    bool is_item;
    struct str item;
    double numerator;    /* rates, lists: a count; means: the sum; times: how many there are */
    double denominator;
    bool has_value;      /* false: nothing to divide by */
    double value;        /* %: 0 to 100; times: the median */
    double p90;          /* times */
};

struct report {
    struct report_line *lines;
    size_t count;
    struct str *unpriced; /* models whose calls are in the period and that have no price */
    size_t unpriced_count;
};

enum { REPORT_ITEMS_MAX = 10 }; /* of a list, a group */

/* Inside any body of the store. Splitting by day needs the time zone. */
int report_run(struct store_tx *tx, const struct report_request *r, struct arena *arena,
               struct report *ret, struct err *err) WARN_UNUSED;

/* The conversations in METRIC's two sets, each once, by id. */
struct report_sets {
    struct str *numerator;
    size_t numerator_count;
    struct str *denominator;
    size_t denominator_count;
};
int report_explain(struct store_tx *tx, const struct report_request *r, const struct metric *metric,
                   struct arena *arena, struct report_sets *ret, struct err *err) WARN_UNUSED;

#endif
