#include "bench_histogram.h"

enum { CUTS = 1 << BENCH_CUTS_BITS };

static unsigned
bucket_of(uint64_t us)
{
    if (us < CUTS) {
        return (unsigned)us;
    }
    unsigned shift = 63 - (unsigned)__builtin_clzll(us) - BENCH_CUTS_BITS;
    unsigned bucket = (unsigned)((shift << BENCH_CUTS_BITS) + (us >> shift));
    return bucket < BENCH_BUCKETS ? bucket : BENCH_BUCKETS - 1;
}

/* The greatest duration that falls into BUCKET. */
static int64_t
end_of(unsigned bucket)
{
    if (bucket < 2 * CUTS) {
        return bucket;
    }
    unsigned shift = (bucket >> BENCH_CUTS_BITS) - 1;
    uint64_t first = (uint64_t)(bucket - (shift << BENCH_CUTS_BITS)) << shift;
    return (int64_t)(first + (1ULL << shift) - 1);
}

void
bench_histogram_add(struct bench_histogram *h, int64_t us)
{
    us = us < 0 ? 0 : us;
    h->count++;
    h->greatest = us > h->greatest ? us : h->greatest;
    h->buckets[bucket_of((uint64_t)us)]++;
}

int64_t
bench_histogram_at(const struct bench_histogram *h, double percent)
{
    double wanted = (double)h->count * percent / 100;
    uint64_t seen = 0;
    for (unsigned i = 0; i < BENCH_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen > 0 && (double)seen >= wanted) {
            int64_t end = end_of(i);
            return end < h->greatest ? end : h->greatest;
        }
    }
    return h->greatest;
}
