#include "base/clock.h"
#include "host/tables.h"

static int64_t
wall_ms(const struct dh_host *host)
{
    (void)host;
    return clock_wall_ms(clock_real());
}

static int64_t
mono_ms(const struct dh_host *host)
{
    (void)host;
    return clock_mono_ms(clock_real());
}

const struct dh_clock_1 host_clock_1 = {
    .struct_size = sizeof(host_clock_1),
    .wall_ms = wall_ms,
    .mono_ms = mono_ms,
};
