/* metric: what is measured, one table entry a metric.
 *
 * An entry says what a metric is in words and asks for it in SQL; `deskhand report metrics`,
 * docs/metrics.md and the numbers all come from the same rows of metrics.c. Adding a metric is one
 * row there (and its definition in the manual, which a test writes anew).
 *
 * SQL. Each part of a metric (what it counts, and against what) is a SELECT of its own, in what
 * SQLite and PostgreSQL share:
 *
 *   conversation, n [, k [, item]]       cost: conversation, input, k, output, cached
 *
 * N is what a row counts for (1, or tokens, or milliseconds), K the tool or model the fact itself
 * belongs to, ITEM what a list counts. Values: $1 and $2 are the period (opened at or after $1,
 * before $2), $3 the moment before which a conversation has to have fallen silent to be over. A
 * conversation belongs to the moment it was opened: so numerators are parts of their denominators
 * whatever the period.
 *
 * The same part also stands there in pieces: the set of facts it is taken from, the condition on a
 * fact and what is counted of it. Reading facts is what costs, so a report reads each set once for
 * all its metrics (sets.h), by the pieces; `--explain` and the manual have the whole text. Both
 * come from the same macros, and a test holds one against the other. */
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
    BY_TOPIC,
    BY_OUTCOME,
};

/* Facts of one kind, a row each. */
struct metric_set {
    const char *with;         /* what stands before SELECT; "" */
    const char *conversation; /* whose fact it is */
    const char *from;         /* FROM and what follows */
    const char *key;          /* K; NULL: these facts have none */
    enum metric_by by;        /* what K is; BY_NONE */
};

/* What is taken of a set: VALUE of the facts that fulfil WHEN and whose value is not NULL. */
struct metric_part {
    const struct metric_set *set;
    const char *when; /* NULL: all */
    const char *value;
    const char *item;   /* of a list's numerator; NULL elsewhere */
    const char *output; /* of a cost's, and */
    const char *cached; /* ... this */
    const char *sql;    /* the same, to be asked alone */
};

struct metric {
    const char *name;
    enum metric_kind kind;
    const char *sentence;
    const char *formula;
    const char *unit; /* "%", "ms", "tokens", "conversations", "queries"; "" for money */
    struct metric_part numerator;
    struct metric_part denominator;
    bool arguments; /* ITEM is a tool call's arguments: what was asked is in them */
    const char *caveat;
};

/* Every metric there is, in the order of the report. */
const struct metric *metric_table(size_t *ret_count);
/* NULL when there is none of that name. */
const struct metric *metric_find(struct str name);

/* The SQL that tells of each conversation the outcome it has by now: (conversation, word). */
const char *metric_outcome_sql(void);

/* "day" -> BY_DAY; false for any other word. */
bool metric_by_parse(struct str word, enum metric_by *ret);
const char *metric_by_name(enum metric_by by); /* "" for BY_NONE */

/* After how long a silence a conversation is over. */
enum { METRIC_SILENCE_MINUTES = 30 };

/* docs/metrics.md, from the table. */
void metric_write_manual(struct buf *out);

#endif
