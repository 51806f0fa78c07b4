#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"

static int64_t
read_ms(clockid_t which)
{
    struct timespec now;
    /* Cannot fail for these two clocks. */
    (void)clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t
real_wall(const struct clock *c)
{
    (void)c;
    return read_ms(CLOCK_REALTIME);
}

static int64_t
real_mono(const struct clock *c)
{
    (void)c;
    return read_ms(CLOCK_MONOTONIC);
}

const struct clock *
clock_real(void)
{
    static const struct clock real = {real_wall, real_mono};
    return &real;
}

static int64_t
hand_wall(const struct clock *c)
{
    return ((const struct clock_hand *)c)->wall;
}

static int64_t
hand_mono(const struct clock *c)
{
    return ((const struct clock_hand *)c)->mono;
}

void
clock_hand_init(struct clock_hand *c, int64_t wall_ms)
{
    *c = (struct clock_hand){{hand_wall, hand_mono}, wall_ms, 1000};
}

void
clock_hand_advance(struct clock_hand *c, int64_t ms)
{
    c->wall += ms;
    c->mono += ms;
}

/* Days since 1970-01-01 of a Gregorian date, counted in years that start in March so that the
 * leap day comes last. */
static int64_t
days_from_date(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void
clock_format(int64_t wall_ms, char out[CLOCK_TEXT])
{
    int64_t ms = wall_ms % 1000;
    int64_t seconds = wall_ms / 1000;
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    time_t when = (time_t)seconds;
    struct tm tm;
    if (!gmtime_r(&when, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099) {
        memcpy(out, "0000-00-00T00:00:00.000Z", CLOCK_TEXT);
        return;
    }
    (void)snprintf(out, CLOCK_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                   (unsigned)(tm.tm_year + 1900) % 10000U, (unsigned)(tm.tm_mon + 1) % 100U,
                   (unsigned)tm.tm_mday % 100U, (unsigned)tm.tm_hour % 100U,
                   (unsigned)tm.tm_min % 100U, (unsigned)tm.tm_sec % 100U, (unsigned)ms % 1000U);
}

struct str
clock_to_arena(int64_t wall_ms, struct arena *arena)
{
    char text[CLOCK_TEXT];
    clock_format(wall_ms, text);
    return arena_str(arena, (struct str){text, CLOCK_TEXT - 1});
}

/* COUNT digits at *POS as a number within LOW..HIGH. */
static bool
take_digits(struct str s, size_t *pos, size_t count, int64_t low, int64_t high, int64_t *ret)
{
    struct str part = str_sub(s, *pos, count);
    int64_t value;
    if (part.len != count || part.ptr[0] == '-' || !str_to_i64(part, &value) || value < low ||
        value > high) {
        return false;
    }
    *pos += count;
    *ret = value;
    return true;
}

static bool
take_char(struct str s, size_t *pos, const char *any_of)
{
    if (*pos >= s.len || !s.ptr[*pos] || !strchr(any_of, s.ptr[*pos])) {
        return false;
    }
    (*pos)++;
    return true;
}

static bool
take_date(struct str s, size_t *pos, int64_t *ret_days)
{
    int64_t year, month, day;
    if (!take_digits(s, pos, 4, 0, 9999, &year) || !take_char(s, pos, "-") ||
        !take_digits(s, pos, 2, 1, 12, &month) || !take_char(s, pos, "-") ||
        !take_digits(s, pos, 2, 1, 31, &day)) {
        return false;
    }
    int64_t days = days_from_date(year, month, day);
    int64_t month_end = month == 12 ? days_from_date(year + 1, 1, 1)
                                    : days_from_date(year, month + 1, 1);
    *ret_days = days;
    return days < month_end;
}

/* Digits after the point, of which the first three count. */
static bool
take_fraction(struct str s, size_t *pos, int64_t *ret_ms)
{
    int64_t scale = 100;
    size_t start = *pos;
    *ret_ms = 0;
    while (*pos < s.len && s.ptr[*pos] >= '0' && s.ptr[*pos] <= '9') {
        *ret_ms += (s.ptr[(*pos)++] - '0') * scale;
        scale /= 10;
    }
    return *pos > start;
}

static bool
take_offset(struct str s, size_t *pos, int64_t *ret_minutes)
{
    *ret_minutes = 0;
    if (take_char(s, pos, "Zz")) {
        return true;
    }
    int64_t sign = *pos < s.len && s.ptr[*pos] == '-' ? -1 : 1;
    int64_t hours, minutes;
    if (!take_char(s, pos, "+-") || !take_digits(s, pos, 2, 0, 23, &hours) ||
        !take_char(s, pos, ":") || !take_digits(s, pos, 2, 0, 59, &minutes)) {
        return false;
    }
    *ret_minutes = sign * (hours * 60 + minutes);
    return true;
}

bool
clock_parse(struct str s, int64_t *ret_wall_ms)
{
    size_t pos = 0;
    int64_t days, hour = 0, minute = 0, second = 0, ms = 0, offset = 0;
    if (!take_date(s, &pos, &days)) {
        return false;
    }
    if (pos < s.len) {
        bool time_ok = take_char(s, &pos, "Tt ") && take_digits(s, &pos, 2, 0, 23, &hour) &&
                       take_char(s, &pos, ":") && take_digits(s, &pos, 2, 0, 59, &minute) &&
                       take_char(s, &pos, ":") && take_digits(s, &pos, 2, 0, 60, &second);
        if (!time_ok || (take_char(s, &pos, ".") && !take_fraction(s, &pos, &ms)) ||
            !take_offset(s, &pos, &offset) || pos != s.len) {
            return false;
        }
    }
    *ret_wall_ms = (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + ms;
    return true;
}
