/* stats: the middle and the far end of a set of numbers, exactly, from all of them. [any] */
#ifndef REPORT_STATS_H
#define REPORT_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Sort VALUES, smallest first, in place. */
void stats_sort(int64_t *values, size_t count);
/* Of COUNT > 0 sorted values: the middle one, or the mean of the two in the middle. */
double stats_median(const int64_t *values, size_t count);
/* The smallest value that PERCENT of all do not exceed (nearest rank): one that was measured. */
int64_t stats_percentile(const int64_t *values, size_t count, unsigned percent);

#endif
