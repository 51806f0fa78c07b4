/* tz_rule: the rule at the end of a time zone's file, as POSIX writes it:
 * "CET-1CEST,M3.5.0,M10.5.0/3". For tz.c alone. [any] */
#ifndef BASE_TZ_RULE_H
#define BASE_TZ_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum tz_day_kind { TZ_DAY_JULIAN, TZ_DAY_ZERO, TZ_DAY_MONTH };

/* The day and time of day of a change. */
struct tz_change {
    enum tz_day_kind kind;
    int day;     /* JULIAN: 1 to 365, never 29 February; ZERO: 0 to 365; MONTH: weekday 0 to 6 */
    int month;   /* MONTH: 1 to 12 */
    int week;    /* MONTH: 1 to 5, 5 = the last */
    int64_t time; /* seconds after midnight; may be negative or beyond a day */
};

struct tz_rule {
    bool set;
    bool has_summer;
    int32_t standard; /* seconds east of Greenwich */
    int32_t summer;
    struct tz_change to_summer;
    struct tz_change to_standard;
};

/* False when TEXT is no such rule; an empty TEXT gives a rule that is not set. */
bool tz_rule_parse(struct str text, struct tz_rule *ret);
/* Seconds east of Greenwich at SECONDS since 1970 UTC. */
int32_t tz_rule_offset(const struct tz_rule *rule, int64_t seconds);

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back. */
int64_t tz_days_of(int64_t year, unsigned month, unsigned day);
void tz_date_of(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day);

#endif
