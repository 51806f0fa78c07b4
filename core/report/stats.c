/* Two ranks of many values are wanted, and sorting for them would take longer than reading the
 * values did. So this is Hoare's FIND: part the values around one of them, go on in the side
 * that has the rank. The one is picked by chance, the same in every run, so that no order of values
 * that a desk might have is slow. */
#include "report/stats.h"

#include "base/must.h"

static int64_t
pick(const int64_t *values, size_t from, size_t to, uint64_t *chance)
{
    *chance = *chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return values[from + (size_t)(*chance >> 33) % (to - from)];
}

static void
swap(int64_t *a, int64_t *b)
{
    int64_t kept = *a;
    *a = *b;
    *b = kept;
}

/* Reorder VALUES so that the one of RANK (0: the smallest) stands in its place, none greater before
 * it and none smaller behind it. */
static int64_t
select_rank(int64_t *values, size_t count, size_t rank)
{
    uint64_t chance = count;
    size_t from = 0;
    size_t to = count;
    while (to - from > 1) {
        int64_t middle = pick(values, from, to, &chance);
        size_t low = from;
        size_t high = from;
        /* [from, low) smaller, [low, high) equal, [high, end) not looked at, [end, to) greater. */
        for (size_t end = to; high < end;) {
            if (values[high] < middle) {
                swap(&values[low++], &values[high++]);
            } else if (values[high] > middle) {
                swap(&values[high], &values[--end]);
            } else {
                high++;
            }
        }
        if (rank >= low && rank < high) {
            break;
        }
        from = rank < low ? from : high;
        to = rank < low ? low : to;
    }
    return values[rank];
}

double
stats_median(int64_t *values, size_t count)
{
    must(count > 0);
    size_t middle = count / 2;
    double upper = (double)select_rank(values, count, middle);
    return count % 2 ? upper : ((double)select_rank(values, count, middle - 1) + upper) / 2;
}

int64_t
stats_percentile(int64_t *values, size_t count, unsigned percent)
{
    must(count > 0 && percent <= 100);
    size_t rank = (count * percent + 99) / 100;
    return select_rank(values, count, rank ? rank - 1 : 0);
}
