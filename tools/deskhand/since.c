#include "since.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

/* A number and a letter. A hundred years back are before every desk. */
static bool
parse_span(struct str text, int64_t *ret_ms)
{
    static const struct {
        char letter;
        int64_t ms;
    } units[] = {
        {'m', 60 * 1000},
        {'h', 60 * 60 * 1000},
        {'d', 24 * 60 * 60 * 1000},
        {'w', 7 * 24 * 60 * 60 * (int64_t)1000},
    };
    int64_t longest = 36525 * (24 * 60 * 60 * (int64_t)1000);
    int64_t count;
    if (text.len < 2 || !str_to_i64(str_sub(text, 0, text.len - 1), &count) || count < 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (text.ptr[text.len - 1] == units[i].letter) {
            *ret_ms = count > longest / units[i].ms ? longest : count * units[i].ms;
            return true;
        }
    }
    return false;
}

int
since_parse(struct str text, const char *option, int64_t now, int64_t *ret, struct err *err)
{
    int64_t moment = 0;
    int64_t span;
    if (parse_span(text, &span)) {
        moment = now - span;
    } else if (text.len > 0 && !clock_parse(text, &moment)) {
        return err_set(err, ERR_INVALID,
                       "%s: '%" STR_FMT "' is no time: write 7d, 24h, a date like 2026-11-21, or "
                       "2026-11-21T09:30:00Z",
                       option, STR_ARG(text));
    }
    *ret = moment > 0 ? moment : 0;
    return 0;
}
