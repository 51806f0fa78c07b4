#include "model/http_date.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { DATE_LENGTH = 29 };

/* "Nov" -> 11; 0: none. */
static int
month_number(const char *name)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++) {
        if (memcmp(name, months + (ptrdiff_t)3 * i, 3) == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* The shape alone: digits, ranges and the days of a month are clock_parse's. */
bool
http_date_parse(struct str text, int64_t *ret_wall_ms)
{
    text = str_trim(text);
    const char *p = text.ptr;
    if (text.len != DATE_LENGTH || memcmp(p + 3, ", ", 2) != 0 || p[7] != ' ' || p[11] != ' ' ||
        p[16] != ' ' || memcmp(p + 25, " GMT", 4) != 0) {
        return false;
    }
    char rfc3339[32];
    int month = month_number(p + 8);
    int length = snprintf(rfc3339, sizeof(rfc3339), "%.4s-%02u-%.2sT%.8sZ", p + 12,
                          (unsigned)month % 100U, p + 5, p + 17);
    return month > 0 && length > 0 &&
           clock_parse(str_sub(str_c(rfc3339), 0, (size_t)length), ret_wall_ms);
}
