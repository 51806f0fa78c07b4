/* stats: the middle and the far end of a set of numbers, exactly, from all of them. [any]
 *
 * Both put VALUES into another order on the way, which does not change what they find next. */
#ifndef REPORT_STATS_H
#define REPORT_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Of COUNT > 0 values: the middle one, or the mean of the two in the middle. */
double stats_median(int64_t *values, size_t count);
/* The smallest value that PERCENT of all do not exceed (nearest rank): one that was measured. */
int64_t stats_percentile(int64_t *values, size_t count, unsigned percent);

#endif
