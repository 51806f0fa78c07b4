/* clock: what time it is, from an object, so that a test can wind it by hand.
 *
 * Wall time is milliseconds since 1970 UTC and is recorded; monotonic time is milliseconds since
 * some start and is what deadlines are made of. `clock_real()` is immutable and [any]; a hand-wound
 * clock belongs to one thread. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/str.h"

struct arena;

struct clock {
    int64_t (*wall_ms)(const struct clock *c);
    int64_t (*mono_ms)(const struct clock *c);
};

const struct clock *clock_real(void);

/* A clock that stands still until clock_hand_advance(). Wall and monotonic move together. */
struct clock_hand {
    struct clock clock; /* pass &hand.clock; must stay first */
    int64_t wall;
    int64_t mono;
};
void clock_hand_init(struct clock_hand *c, int64_t wall_ms);
void clock_hand_advance(struct clock_hand *c, int64_t ms);

static inline int64_t
clock_wall_ms(const struct clock *c)
{
    return c->wall_ms(c);
}

static inline int64_t
clock_mono_ms(const struct clock *c)
{
    return c->mono_ms(c);
}

/* RFC 3339 in UTC with milliseconds: "2026-11-21T09:34:00.125Z", 24 characters and a NUL. Years
 * outside 0..9999 give "0000-00-00T00:00:00.000Z". */
enum { CLOCK_TEXT = 25 };
void clock_format(int64_t wall_ms, char out[CLOCK_TEXT]);
struct str clock_to_arena(int64_t wall_ms, struct arena *arena);

/* The reverse. Takes any RFC 3339 date-time, offsets and further fraction digits included, and a
 * bare date "2026-11-21" (midnight UTC). False when it is none; *RET is then untouched. */
bool clock_parse(struct str text, int64_t *ret_wall_ms);

#endif
