#include "base/tz_rule.h"

enum { DAY_SECONDS = 86400, OFFSET_MAX = 26 * 3600 };

/* ---- Dates -----------------------------------------------------------------------------------
 * Years are counted from March, so that the leap day is a year's last; 400 years are an era. */

int64_t
tz_days_of(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t from_march = ((int64_t)month + 9) % 12;
    int64_t of_year = (153 * from_march + 2) / 5 + (int64_t)day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void
tz_date_of(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day = z - era * 146097;
    int64_t of_era = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    *ret_day = (unsigned)(of_year - (153 * from_march + 2) / 5 + 1);
    *ret_month = (unsigned)(from_march < 10 ? from_march + 3 : from_march - 9);
    *ret_year = of_era + era * 400 + (*ret_month <= 2);
}

static bool
is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* ---- Reading ---------------------------------------------------------------------------------*/

static bool
take(struct str *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c) {
        return false;
    }
    *s = str_sub(*s, 1, s->len);
    return true;
}

static bool
take_number(struct str *s, int max, int *ret)
{
    size_t digits = 0;
    int value = 0;
    while (digits < s->len && digits < 4 && s->ptr[digits] >= '0' && s->ptr[digits] <= '9') {
        value = value * 10 + (s->ptr[digits++] - '0');
    }
    *s = str_sub(*s, digits, s->len);
    *ret = value;
    return digits > 0 && value <= max;
}

/* "[+-]h[h[h]][:mm[:ss]]" in seconds. */
static bool
take_time(struct str *s, int64_t *ret)
{
    int64_t sign = take(s, '-') ? -1 : 1;
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (sign > 0) {
        (void)take(s, '+');
    }
    if (!take_number(s, 167, &hours) || (take(s, ':') && !take_number(s, 59, &minutes)) ||
        (take(s, ':') && !take_number(s, 59, &seconds))) {
        return false;
    }
    *ret = sign * ((int64_t)hours * 3600 + (int64_t)minutes * 60 + seconds);
    return true;
}

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A zone's abbreviation: three letters or more, or anything within < and >. Nobody needs it. */
static bool
skip_name(struct str *s)
{
    size_t len = 0;
    if (take(s, '<')) {
        len = str_find_char(*s, '>', 0);
        if (len == SIZE_MAX) {
            return false;
        }
        *s = str_sub(*s, len + 1, s->len);
        return len >= 3;
    }
    while (len < s->len && is_letter(s->ptr[len])) {
        len++;
    }
    *s = str_sub(*s, len, s->len);
    return len >= 3;
}

/* POSIX counts west of Greenwich. */
static bool
take_offset(struct str *s, int32_t *ret)
{
    int64_t west;
    if (!take_time(s, &west) || west > OFFSET_MAX || west < -OFFSET_MAX) {
        return false;
    }
    *ret = (int32_t)-west;
    return true;
}

static bool
take_day(struct str *s, struct tz_change *ret)
{
    if (take(s, 'J')) {
        ret->kind = TZ_DAY_JULIAN;
        return take_number(s, 365, &ret->day) && ret->day >= 1;
    }
    if (take(s, 'M')) {
        ret->kind = TZ_DAY_MONTH;
        return take_number(s, 12, &ret->month) && ret->month >= 1 && take(s, '.') &&
               take_number(s, 5, &ret->week) && ret->week >= 1 && take(s, '.') &&
               take_number(s, 6, &ret->day);
    }
    ret->kind = TZ_DAY_ZERO;
    return take_number(s, 365, &ret->day);
}

static bool
take_change(struct str *s, struct tz_change *ret)
{
    ret->time = 2 * 3600;
    return take(s, ',') && take_day(s, ret) && (!take(s, '/') || take_time(s, &ret->time));
}

bool
tz_rule_parse(struct str text, struct tz_rule *ret)
{
    struct str rest = text;
    struct tz_rule rule = {.set = text.len > 0};
    if (!rule.set) {
        *ret = rule;
        return true;
    }
    if (!skip_name(&rest) || !take_offset(&rest, &rule.standard)) {
        return false;
    }
    if (rest.len > 0) {
        rule.has_summer = true;
        rule.summer = rule.standard + 3600;
        bool good = skip_name(&rest);
        if (good && rest.len > 0 && rest.ptr[0] != ',') {
            good = take_offset(&rest, &rule.summer);
        }
        if (!good || !take_change(&rest, &rule.to_summer) ||
            !take_change(&rest, &rule.to_standard)) {
            return false;
        }
    }
    *ret = rule;
    return rest.len == 0;
}

/* ---- Asking ----------------------------------------------------------------------------------*/

/* Seconds from the beginning of YEAR, in the zone's own time, to the change. */
static int64_t
change_in(const struct tz_change *c, int64_t year)
{
    int64_t first = tz_days_of(year, 1, 1);
    int64_t day = c->day;
    if (c->kind == TZ_DAY_JULIAN) {
        day = c->day - 1 + (is_leap(year) && c->day >= 60);
    } else if (c->kind == TZ_DAY_MONTH) {
        int64_t month = tz_days_of(year, (unsigned)c->month, 1);
        int64_t next = c->month == 12 ? tz_days_of(year + 1, 1, 1)
                                      : tz_days_of(year, (unsigned)c->month + 1, 1);
        int64_t weekday = ((month + 4) % 7 + 7) % 7; /* 1970 began on a Thursday */
        day = month + (c->day - weekday + 7) % 7 + ((int64_t)c->week - 1) * 7;
        day = (day >= next ? day - 7 : day) - first;
    }
    return day * DAY_SECONDS + c->time;
}

int32_t
tz_rule_offset(const struct tz_rule *rule, int64_t seconds)
{
    if (!rule->has_summer) {
        return rule->standard;
    }
    /* The year by standard time: no zone changes its clock within an hour of the new year. */
    int64_t local = seconds + rule->standard;
    int64_t days = local / DAY_SECONDS - (local % DAY_SECONDS < 0);
    int64_t year;
    unsigned month;
    unsigned day;
    tz_date_of(days, &year, &month, &day);
    int64_t into = seconds - tz_days_of(year, 1, 1) * DAY_SECONDS;
    int64_t summer = change_in(&rule->to_summer, year) - rule->standard;
    int64_t standard = change_in(&rule->to_standard, year) - rule->summer;
    bool is_summer = summer < standard ? into >= summer && into < standard
                                       : into >= summer || into < standard;
    return is_summer ? rule->summer : rule->standard;
}
