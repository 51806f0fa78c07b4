#include "age.h"

struct str
age_text(struct arena *arena, int64_t from, int64_t to)
{
    int64_t minutes = (to - from) / 60000;
    if (minutes < 60) {
        return arena_printf(arena, "%lldm", (long long)(minutes < 0 ? 0 : minutes));
    }
    return minutes < 48 * 60 ? arena_printf(arena, "%lldh", (long long)(minutes / 60))
                             : arena_printf(arena, "%lldd", (long long)(minutes / 1440));
}
