/* metric: what is measured, one table entry a metric.
 *
 * An entry says what a metric is in words and asks for it in SQL; `deskhand report metrics`,
 * docs/metrics.md and the numbers all come from the same rows of metrics.c. Adding a metric is one
 * row there (and its definition in the manual, which a test writes anew).
 *
 * SQL. Both texts select the facts of a set, in what SQLite and PostgreSQL share:
 *
 *   conversation, n [, k [, item]]       cost: conversation, input, k, output, cached
 *
 * N is what a row counts for (1, or tokens, or milliseconds), K the tool or model the fact itself
 * belongs to (metric.key says which), ITEM what a list counts. Values: $1 and $2 are the period
 * (opened at or after $1, before $2), $3 the moment before which a conversation has to have fallen
 * silent to be over. A conversation belongs to the moment it was opened: so numerators are parts of
 * their denominators whatever the period. */
#ifndef REPORT_METRIC_H
#define REPORT_METRIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf;

enum metric_kind {
    METRIC_RATE, /* numerator / denominator, in percent */
    METRIC_TIME, /* median and p90 of the numerator's values; the denominator: how many there might
                    have been */
    METRIC_MEAN, /* sum of the numerator's values / denominator */
    METRIC_COST, /* the same, tokens turned into money */
    METRIC_LIST, /* the numerator's items counted, against the denominator */
};

/* How a report may be split. */
enum metric_by {
    BY_NONE,
    BY_DAY,
    BY_WEEK,
    BY_PROMPT,
    BY_MODEL,
    BY_TOOL,
    BY_CHANNEL,
    BY_OUTCOME,
};

struct metric {
    const char *name;
    enum metric_kind kind;
    const char *sentence;
    const char *formula;
    const char *unit; /* "%", "ms", "tokens", "conversations", "queries"; "" for money */
    const char *numerator;
    const char *denominator;
    /* Where a set is of whole conversations: its condition on a row of facts, "f", so that one
     * pass can ask for many sets (facts.h). A list so counted counts outcomes. NULL elsewhere. */
    const char *numerator_when;
    const char *denominator_when;
    enum metric_by key; /* what K is; BY_NONE: there is none */
    bool arguments;     /* ITEM is a tool call's arguments: what was asked is in them */
    const char *caveat;
};

/* Every metric there is, in the order of the report. */
const struct metric *metric_table(size_t *ret_count);
/* NULL when there is none of that name. */
const struct metric *metric_find(struct str name);

/* The SQL that tells of each conversation the outcome it has by now: (conversation, word). */
const char *metric_outcome_sql(void);
/* How a query of (conversation, outcome, ...) over f begins, up to its further columns; they and
 * " FROM f" follow. The second is for sums by outcome and says no conversation. */
const char *metric_facts_sql(void);
const char *metric_facts_sum_sql(void);

/* "day" -> BY_DAY; false for any other word. */
bool metric_by_parse(struct str word, enum metric_by *ret);
const char *metric_by_name(enum metric_by by); /* "" for BY_NONE */

/* After how long a silence a conversation is over. */
enum { METRIC_SILENCE_MINUTES = 30 };

/* docs/metrics.md, from the table. */
void metric_write_manual(struct buf *out);

#endif
