/* tz: which day it was at the desk.
 *
 * Time zones come from the machine's own files (TZif, RFC 9636, in /usr/share/zoneinfo), read here
 * and not by libc, whose zone is a global of the process. What lies beyond a file's last change
 * follows the rule at its end. A zone never changes once loaded: [any]. */
#ifndef BASE_TZ_H
#define BASE_TZ_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct tz;

/* The zone NAME ("Europe/Berlin"), owned by ARENA. "UTC" and the empty name need no file.
 * ERR_NOTFOUND: no such zone here; ERR_INVALID: its file is damaged; ERR_IO; ERR_NOMEM. */
int tz_load(struct str name, struct arena *arena, const struct tz **ret,
            struct err *err) WARN_UNUSED;
/* The same from the BYTES of a TZif file. */
int tz_parse(struct str bytes, struct str name, struct arena *arena, const struct tz **ret,
             struct err *err) WARN_UNUSED;
struct str tz_name(const struct tz *tz);

/* Seconds east of Greenwich at WALL_MS (milliseconds since 1970 UTC). */
int32_t tz_offset(const struct tz *tz, int64_t wall_ms);

struct tz_date {
    int64_t year;
    unsigned month;   /* 1 to 12 */
    unsigned day;     /* 1 to 31 */
    unsigned weekday; /* 0 Sunday to 6 */
    unsigned hour;
    unsigned minute;
};
void tz_local(const struct tz *tz, int64_t wall_ms, struct tz_date *ret);
/* The year and number of DATE's week as ISO 8601 counts: weeks begin on Monday, the first one has
 * the year's first Thursday. */
void tz_week(const struct tz_date *date, int64_t *ret_year, unsigned *ret_week);
/* When the day began there, in milliseconds since 1970 UTC; a DAY behind the month's end is one of
 * the next month. Where midnight was skipped, the first moment of the day. */
int64_t tz_midnight(const struct tz *tz, int64_t year, unsigned month, unsigned day);

#endif
