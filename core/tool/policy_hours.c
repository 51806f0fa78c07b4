#include "tool/policy_hours.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"

enum { DAY = 24 * 60 };

static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static bool
read_day(struct str text, unsigned *ret)
{
    for (unsigned i = 0; i < 7; i++) {
        if (str_eq_nocase(text, str_c(days[i]))) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* Digits alone: no sign. */
static bool
read_number(struct str text, size_t least, int64_t max, unsigned *ret)
{
    int64_t value;
    if (text.len < least || text.len > 2 || text.ptr[0] == '-' || !str_to_i64(text, &value) ||
        value > max) {
        return false;
    }
    *ret = (unsigned)value;
    return true;
}

/* "9:05", "24:00" in minutes. */
static bool
read_time(struct str text, unsigned *ret)
{
    size_t colon = str_find_char(text, ':', 0);
    unsigned hour;
    unsigned minute;
    if (colon == SIZE_MAX || !read_number(str_sub(text, 0, colon), 1, 24, &hour) ||
        !read_number(str_sub(text, colon + 1, text.len), 2, 59, &minute)) {
        return false;
    }
    *ret = hour * 60 + minute;
    return *ret <= DAY;
}

/* "A-B" taken apart; B is empty where there is no dash. */
static struct str
cut_range(struct str *text)
{
    size_t dash = str_find_char(*text, '-', 0);
    struct str to = {0};
    if (dash != SIZE_MAX) {
        to = str_sub(*text, dash + 1, text->len);
        text->len = dash;
    }
    return to;
}

/* Each part of the list TEXT goes to TAKE; false when one is refused, or there is none. */
static bool
each(struct str text, bool (*take)(void *arg, struct str part), void *arg)
{
    struct str part;
    if (text.len == 0) {
        return false;
    }
    while (str_split(&text, ',', &part)) {
        if (!take(arg, part)) {
            return false;
        }
    }
    return true;
}

static bool
take_days(void *arg, struct str part)
{
    bool *wanted = arg;
    bool range = str_find_char(part, '-', 0) != SIZE_MAX;
    struct str to = cut_range(&part);
    unsigned first;
    unsigned last;
    if (!read_day(part, &first) || !read_day(range ? to : part, &last)) {
        return false;
    }
    for (unsigned day = first;; day = (day + 1) % 7) {
        wanted[day] = true;
        if (day == last) {
            return true;
        }
    }
}

struct marking {
    bool days[7];
    unsigned char open[HOURS_WEEK / 8];
};

static bool
take_times(void *arg, struct str part)
{
    struct marking *m = arg;
    struct str to = cut_range(&part);
    unsigned from;
    unsigned until;
    if (!read_time(part, &from) || !read_time(to, &until) || from == until || from == DAY) {
        return false;
    }
    unsigned length = until > from ? until - from : until + DAY - from;
    for (unsigned day = 0; day < 7; day++) {
        for (unsigned i = 0; m->days[day] && i < length; i++) {
            unsigned minute = (day * DAY + from + i) % HOURS_WEEK;
            m->open[minute / 8] |= (unsigned char)(1U << minute % 8);
        }
    }
    return true;
}

bool
policy_hours_add(struct policy_hours *h, struct str text)
{
    struct marking m = {0};
    text = str_trim(text);
    size_t space = str_find_char(text, ' ', 0);
    if (space == SIZE_MAX || !each(str_sub(text, 0, space), take_days, m.days) ||
        !each(str_trim(str_sub(text, space, text.len)), take_times, &m)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(m.open); i++) {
        h->open[i] |= m.open[i];
    }
    return true;
}

static int
add_text(struct policy_hours *h, struct buf *words, const struct js *value, struct err *err)
{
    struct str text = js_text(value);
    if (js_type(value) != JS_STRING || !policy_hours_add(h, text)) {
        return err_set(err, ERR_INVALID,
                       "'%" STR_FMT "' are no hours: write them as in mon-fri 09:00-18:00, or "
                       "sat,sun 10:00-12:00,13:00-16:00",
                       STR_ARG(str_sub(text, 0, 80)));
    }
    buf_add_c(words, words->len ? "; " : "");
    buf_add(words, str_trim(text));
    return 0;
}

int
policy_hours_read(const struct js *value, struct arena *arena, const struct policy_hours **ret,
                  struct err *err)
{
    AUTO(buf) struct buf words = {0};
    struct policy_hours *h = arena_zero(arena, 1, sizeof(*h));
    bool is_list = js_type(value) == JS_ARRAY;
    size_t count = is_list ? js_count(value) : 1;
    int result = h ? 0 : err_nomem(err);
    buf_init(&words, LIMIT_CONFIG_BYTES);
    if (result == 0 && count == 0) {
        return err_set(err, ERR_INVALID,
                       "an empty list would close the tool for ever: enabled: false does that");
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        result = add_text(h, &words, is_list ? js_at(value, i) : value, err);
    }
    if (result < 0) {
        return result;
    }
    h->text = buf_to_arena(&words, arena);
    if (!h->text.ptr) {
        return err_nomem(err);
    }
    *ret = h;
    return 0;
}

bool
policy_hours_open(const struct policy_hours *h, unsigned minute)
{
    minute %= HOURS_WEEK;
    return (h->open[minute / 8] >> minute % 8 & 1) != 0;
}

unsigned
policy_hours_next(const struct policy_hours *h, unsigned minute)
{
    for (unsigned i = 0; i < HOURS_WEEK; i++) {
        if (policy_hours_open(h, minute + i)) {
            return (minute + i) % HOURS_WEEK;
        }
    }
    return minute;
}

struct str
policy_hours_clock(unsigned minute, struct arena *arena)
{
    minute %= HOURS_WEEK;
    return arena_printf(arena, "%s %02u:%02u", days[minute / DAY], minute % DAY / 60, minute % 60);
}
