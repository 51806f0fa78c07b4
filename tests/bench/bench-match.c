/* How fast lists of records are read and the best of them found: lists shaped like those of a
 * million products, in eight segments. CPU time of this process.
 *
 *     bench-match [ROUNDS [NAME]]    how often each query is asked, 20 unless told; NAME: only it
 *
 * pruned: match_best(); each: match_each(), a walk over every record found, as counting does; all:
 * match_all(), every record scored one by one. decoded: entries unpacked, of those in the lists. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "catalog/index/match.h"

enum { SEGMENTS = 8, DOCS = 131072, LIMIT = 10, WORDS_MAX = 8, BYTES_MAX = 1 << 24 };
static const double records = (double)SEGMENTS * DOCS;

static double
cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Some order in the numbers, the same in every run: 0 up to 1. */
static double
roll(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) / 9007199254740992.;
}

/* Most impacts are those of a word in a description; a seventh those of one in a name. */
static uint8_t
make_impact(uint64_t *seed)
{
    bool name = roll(seed) < .15;
    double spread = roll(seed) * roll(seed);
    return (uint8_t)(name ? 130 + 100 * spread : 15 + 90 * spread);
}

/* A list of about FREQUENCY of all records' entries, as it falls into one segment. */
static struct postings
make_list(double frequency, uint64_t *seed, struct arena *arena)
{
    double share = frequency / records;
    struct posting *items = calloc(DOCS, sizeof(*items));
    size_t count = 0;
    for (uint32_t doc = 0; items && doc < DOCS; doc++) {
        if (roll(seed) < share) {
            items[count++] = (struct posting){doc, make_impact(seed)};
        }
    }
    struct postings list = {0};
    struct err err = {0};
    AUTO(buf) struct buf bytes;
    buf_init(&bytes, BYTES_MAX);
    if (count > 0) {
        postings_encode(items, count, &bytes);
        if (postings_open(buf_to_arena(&bytes, arena), &list, &err)) {
            (void)fprintf(stderr, "bench-match: %s\n", err.message);
            exit(1);
        }
    }
    free(items);
    return list;
}

static double
rarity(double frequency)
{
    return log(1 + (records - frequency + .5) / (frequency + .5));
}

static struct match_query *
make_query(const double *frequencies, size_t words, uint64_t seed, struct arena *arena)
{
    struct match_query *q = arena_zero(arena, SEGMENTS, sizeof(*q));
    for (size_t s = 0; q && s < SEGMENTS; s++) {
        q[s].slot_count = words;
        q[s].pair_count = words - 1;
        q[s].cover = .5F;
        for (size_t i = 0; i < words; i++) {
            double df = frequencies[i];
            struct match_slot *slot = &q[s].slots[i];
            slot->count = 1;
            slot->worth = (float)rarity(df);
            slot->any[0] = (struct match_list){make_list(df, &seed, arena), 1};
            if (i + 1 < words) {
                double next = frequencies[i + 1];
                double both = df * next / records / 4;
                q[s].pairs[i].worth = (float)(.4 * (rarity(df) + rarity(next)));
                q[s].pairs[i].list = make_list(both + 10, &seed, arena);
            }
        }
    }
    return q;
}

static bool
count_one(void *arg, uint32_t doc, float share)
{
    *(uint64_t *)arg += doc + (share > .5F);
    return true;
}

enum way { PRUNED, EACH, ALL };

static void
ask(struct match *m, const struct match_query *q, enum way way, uint64_t *effort)
{
    struct match_hits hits = {.limit = LIMIT};
    uint64_t sum = 0;
    for (uint32_t s = 0; s < SEGMENTS; s++) {
        bool done = way == PRUNED ? match_best(m, &q[s], s, &hits)
                    : way == EACH ? match_each(m, &q[s], count_one, &sum)
                                  : match_all(m, &q[s], s, &hits);
        *effort += match_effort(m) + !done;
    }
}

static double
time_way(struct match *m, const struct match_query *q, enum way way, int rounds, uint64_t *effort)
{
    double start = cpu_ms();
    for (int i = 0; i < rounds; i++) {
        *effort = 0;
        ask(m, q, way, effort);
    }
    return (cpu_ms() - start) / rounds;
}

static void
measure(struct match *m, const char *name, const double *frequencies, size_t words, int rounds)
{
    AUTO(arena) struct arena arena = {0};
    struct match_query *q = make_query(frequencies, words, words + (size_t)frequencies[0], &arena);
    if (!q) {
        exit(1);
    }
    uint64_t pruned = 0;
    uint64_t each = 0;
    uint64_t all = 0;
    double ms = time_way(m, q, PRUNED, rounds, &pruned);
    double each_ms = time_way(m, q, EACH, 1 + rounds / 4, &each);
    double all_ms = time_way(m, q, ALL, 1 + rounds / 10, &all);
    printf("%-24s %9.3f %9.3f %9.3f %12llu %6.1f %% %9.2f\n", name, ms, each_ms, all_ms,
           (unsigned long long)all, 100. * (double)pruned / (double)all,
           each_ms * 1e6 / (double)each);
}

/* Reading alone: every block of a list, and the size it has. */
static void
measure_reading(double frequency, int rounds)
{
    AUTO(arena) struct arena arena = {0};
    uint64_t seed = 7;
    struct postings list = make_list(frequency, &seed, &arena);
    struct postings_cursor c;
    uint64_t sum = 0;
    uint64_t entries = 0;
    double start = cpu_ms();
    for (entries = 0; entries < (uint64_t)rounds * 500000; entries += list.count) {
        postings_start(&c, &list);
        do {
            sum += c.docs[c.filled - 1] + c.impacts[0];
        } while (postings_more(&c));
    }
    double ns = (cpu_ms() - start) * 1e6 / (double)entries;
    printf("in 1 of %-8.0f %8u entries %6.2f bytes each %6.2f ns each%s\n", records / frequency,
           list.count, (double)list.bytes.len / list.count, ns, sum ? "" : "!");
}

int
main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 20;
    static const double readings[] = {700000, 300000, 60000, 10000, 2000, 200};
    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        measure_reading(readings[i], rounds);
    }
    static const struct {
        const char *name;
        double frequencies[WORDS_MAX];
        size_t words;
    } queries[] = {
        {"five commonest", {700000, 600000, 500000, 400000, 300000}, 5},
        {"one common", {700000}, 1},
        {"two common", {600000, 300000}, 2},
        {"three typical", {60000, 20000, 2000}, 3},
        {"three frequent", {60000, 50000, 40000}, 3},
        {"three seldom", {5000, 3000, 2000}, 3},
        {"common and rare", {700000, 400000, 900}, 3},
        {"common and typical", {500000, 300000, 60000, 30000}, 4},
        {"eight mixed", {600000, 300000, 150000, 60000, 30000, 10000, 3000, 500}, 8},
    };
    struct match *m = match_new();
    if (!m) {
        return 1;
    }
    printf("\n%-24s %9s %9s %9s %12s %8s %9s\n", "query, limit 10; CPU ms", "pruned", "each", "all",
           "entries", "decoded", "each, ns");
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        if (argc < 3 || strcmp(argv[2], queries[i].name) == 0) {
            measure(m, queries[i].name, queries[i].frequencies, queries[i].words, rounds);
        }
    }
    match_free(m);
    return 0;
}
