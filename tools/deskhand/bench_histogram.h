/* bench_histogram: many durations in little memory.
 *
 * Microseconds, counted in buckets that are an eightieth or less of their value wide: percentiles
 * are exact to 1.3 %, the greatest is exact. One thread. */
#ifndef DESKHAND_BENCH_HISTOGRAM_H
#define DESKHAND_BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    /* A power of two is cut into 128 buckets; below 128 each value has its own. */
    BENCH_CUTS_BITS = 7,
    BENCH_POWERS = 34, /* up to 2^40 us, twelve days */
    BENCH_BUCKETS = (BENCH_POWERS + 1) << BENCH_CUTS_BITS,
};

struct bench_histogram {
    uint64_t count;
    int64_t greatest;
    uint64_t buckets[BENCH_BUCKETS];
};

/* Negative durations count as 0. */
void bench_histogram_add(struct bench_histogram *h, int64_t us);
/* The duration that a share of PERCENT (0 to 100) does not exceed; 0 where there is none. */
int64_t bench_histogram_at(const struct bench_histogram *h, double percent);

#endif
