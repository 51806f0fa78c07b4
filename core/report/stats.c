#include "report/stats.h"

#include <stdlib.h>

#include "base/must.h"

static int
compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

void
stats_sort(int64_t *values, size_t count)
{
    if (count > 1) {
        qsort(values, count, sizeof(*values), compare);
    }
}

double
stats_median(const int64_t *values, size_t count)
{
    must(count > 0);
    size_t middle = count / 2;
    return count % 2 ? (double)values[middle]
                     : ((double)values[middle - 1] + (double)values[middle]) / 2;
}

int64_t
stats_percentile(const int64_t *values, size_t count, unsigned percent)
{
    must(count > 0 && percent <= 100);
    size_t rank = (count * percent + 99) / 100;
    return values[rank ? rank - 1 : 0];
}
