/* policy_hours: when a tool may be used: "mon-fri 09:00-18:00", by the clock on the desk's wall.
 *
 * DAYS TIMES, each a list with commas and without spaces: sun, mon ... sat or a range of them (it
 * may run over the week's end: "fri-mon"), and 09:00-18:00, the second time excluded. 24:00 is a
 * day's end; "22:00-06:00" runs into the next day and belongs to the one it begins on. Several
 * such texts are one timetable. What the wall's clock skips or repeats when it is changed is
 * skipped or repeated here. For the floor alone. [any] */
#ifndef TOOL_POLICY_HOURS_H
#define TOOL_POLICY_HOURS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct js;

enum { HOURS_WEEK = 7 * 24 * 60 };

/* One bit for each minute of the week; it begins on Sunday. */
struct policy_hours {
    unsigned char open[HOURS_WEEK / 8];
    struct str text; /* as it was written, for messages */
};

/* Open H for what TEXT says, too. False: TEXT is no such text, H is as it was. */
bool policy_hours_add(struct policy_hours *h, struct str text);

/* VALUE: a text or a list of them. In ARENA. ERR_INVALID says which text and how to write one. */
int policy_hours_read(const struct js *value, struct arena *arena, const struct policy_hours **ret,
                      struct err *err) WARN_UNUSED;

bool policy_hours_open(const struct policy_hours *h, unsigned minute);
/* The first open minute from MINUTE on, over the week's end; MINUTE itself if none is. */
unsigned policy_hours_next(const struct policy_hours *h, unsigned minute);

/* "mon 09:05": a minute of the week, in ARENA; ptr NULL when memory ran out. */
struct str policy_hours_clock(unsigned minute, struct arena *arena);

#endif
