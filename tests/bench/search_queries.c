/* Queries: 400 real ones, drawn from the log by a seed, and those that hurt; how long they take,
 * and how far their answers are what scoring every match gives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "catalog/catalog.h"
#include "search_parts.h"

enum {
    LOG_MAX = 8192,
    ROUNDS = 3,
    /* Queries answered by scoring everything where nobody says how many: a million rows take a
     * second each. */
    SAMPLE_LARGE = 100,
    ROWS_LARGE = 200000,
};

static uint32_t
draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((*seed >> 33) % below);
}

/* The log lives as long as the program. */
void
queries_read(struct bench *b)
{
    static char text[1 << 20];
    static struct str all[LOG_MAX];
    char path[SEARCH_PATH];
    (void)snprintf(path, sizeof(path), "%s/data/query_log_bestbuy/queries.tsv", b->shared);
    FILE *file = fopen(path, "r");
    if (!file) {
        bench_fail(path, "cannot be read");
    }
    struct str rest = {text, fread(text, 1, sizeof(text), file)};
    (void)fclose(file);
    size_t count = 0;
    struct str line;
    while (count < LOG_MAX && str_split(&rest, '\n', &line)) {
        struct str query;
        if (str_split(&line, '\t', &query) && query.len > 0) {
            all[count++] = query;
        }
    }
    uint64_t seed = 1;
    while (b->query_count < SEARCH_QUERIES && count > 0) {
        uint32_t at = draw(&seed, (uint32_t)count);
        b->queries[b->query_count++] = all[at];
        all[at] = all[--count];
    }
}

static size_t
search(struct catalog *c, struct str text, bool exhaustive, bool snippets, struct arena *arena,
       struct catalog_hits *ret, struct timing *took)
{
    struct err err = {0};
    struct catalog_query query = {.kind = CATALOG_PRODUCTS,
                                  .text = text,
                                  .limit = SEARCH_PLACES,
                                  .no_snippets = !snippets,
                                  .exhaustive = exhaustive};
    struct timing start = timing_thread();
    if (catalog_search(c, &query, arena, ret, &err) != 0) {
        bench_fail("search", err.message);
    }
    *took = timing_since(start, timing_thread());
    return ret->count;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double
middle(double *values, size_t count)
{
    qsort(values, count, sizeof(values[0]), by_value);
    return values[count / 2];
}

/* The middle of ROUNDS, and the slowest of them. */
static struct timing
time_query(struct catalog *c, struct str text, bool snippets, size_t *ret_hits, double *worst)
{
    double wall[ROUNDS];
    double cpu[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_hits hits;
        struct timing took;
        *ret_hits = search(c, text, false, snippets, &arena, &hits, &took);
        wall[i] = took.wall;
        cpu[i] = took.cpu;
        *worst = took.wall > *worst ? took.wall : *worst;
    }
    return (struct timing){middle(wall, ROUNDS), middle(cpu, ROUNDS)};
}

static void
print_times(const char *what, const double *values, size_t count, const char *marks[3])
{
    static const char *const names[] = {"p50", "p99", "worst"};
    const size_t places[] = {count / 2, count * 99 / 100, count - 1};
    for (size_t i = 0; i < 3; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "%s, %s", what, names[i]);
        figure_print(name, marks[i], "%8.2f ms", values[places[i]] * 1e3);
    }
}

static void
run_real(struct catalog *c, const struct bench *b, bool snippets)
{
    static double wall[SEARCH_QUERIES];
    static double cpu[SEARCH_QUERIES];
    const char *marks[] = {"3 ms", "20 ms", "100 ms"};
    const char *none[] = {NULL, NULL, NULL};
    double worst = 0;
    size_t found = 0;
    size_t slowest = 0;
    for (size_t i = 0; i < b->query_count; i++) {
        size_t hits = 0;
        struct timing took = time_query(c, b->queries[i], snippets, &hits, &worst);
        wall[i] = took.wall;
        cpu[i] = took.cpu;
        found += hits > 0;
        slowest = wall[i] > wall[slowest] ? i : slowest;
    }
    figure_print(snippets ? "queries, with snippets" : "queries, without snippets", NULL,
                 "%zu real ones, %zu find something; middle of %d rounds, warm; slowest '%.*s';"
                 " slowest single round %.2f ms",
                 b->query_count, found, ROUNDS, STR_ARG(b->queries[slowest]), worst * 1e3);
    qsort(wall, b->query_count, sizeof(wall[0]), by_value);
    qsort(cpu, b->query_count, sizeof(cpu[0]), by_value);
    print_times("  wall", wall, b->query_count, marks);
    print_times("  processor", cpu, b->query_count, none);
}

/* Queries that hurt --------------------------------------------------------------------------- */

struct special {
    const char *name;
    struct str text;
};

/* More than is read; what is beyond the cut must cost nothing. */
static struct str
many_words(const struct bench *b)
{
    enum { WORD_BYTES = 12 };
    static char text[10000 * WORD_BYTES];
    size_t len = 0;
    uint64_t seed = 2;
    for (size_t i = 0; i < 10000; i++) {
        struct str query = b->queries[draw(&seed, (uint32_t)b->query_count)];
        struct str word;
        if (str_split(&query, ' ', &word)) {
            word = str_sub(word, 0, WORD_BYTES - 1);
            memcpy(text + len, word.ptr, word.len);
            text[len + word.len] = ' ';
            len += word.len + 1;
        }
    }
    return (struct str){text, len};
}

static size_t
make_specials(const struct bench *b, struct special list[SEARCH_SPECIALS])
{
    static char five[SEARCH_COMMON * 65];
    static char letters[] = "a";
    for (size_t i = 0; i < SEARCH_COMMON; i++) {
        (void)snprintf(five + strlen(five), sizeof(five) - strlen(five), "%s%s", i > 0 ? " " : "",
                       b->common[i]);
    }
    const struct special all[] = {
        {"five commonest words", str_c(five)},
        {"commonest word", str_c(b->common[0])},
        {"second commonest word", str_c(b->common[1])},
        {"one letter", str_c(letters)},
        {"one digit", STR("1")},
        {"stop words only", STR("how do i get the one that is for my")},
        {"10,000 words", many_words(b)},
        {"operators", STR("NEAR( \" * :")},
        {"operators and words", STR("cable AND (usb OR \"black) NOT NEAR(a b, 10) ^x name:y*")},
        {"emoji", STR("\xF0\x9F\x92\xA1 lamp \xF0\x9F\x94\x8B")},
        {"right to left", STR("\xD7\x9E\xD7\x93\xD7\xA4\xD7\xA1\xD7\xAA \xD8\xB7\xD8\xA7\xD8\xA8"
                              "\xD8\xB9\xD8\xA9 hp")},
        {"Chinese", STR("\xE6\x89\x93\xE5\x8D\xB0\xE6\x9C\xBA \xE7\x94\xB5\xE7\xBC\x86")},
        {"every word mistyped", STR("orginal blakc catridge cmopatible prnter laserjett")},
        {"long words mistyped", STR("kartrigde rechargable mulitfunctoin compatibilty")},
        {"empty", {0}},
    };
    memcpy(list, all, sizeof(all));
    return sizeof(all) / sizeof(all[0]);
}

static void
run_specials(struct catalog *c, const struct bench *b)
{
    struct special list[SEARCH_SPECIALS];
    size_t count = make_specials(b, list);
    for (size_t i = 0; i < count; i++) {
        char name[64];
        size_t hits = 0;
        double worst = 0;
        struct timing took = time_query(c, list[i].text, true, &hits, &worst);
        (void)snprintf(name, sizeof(name), "  %s", list[i].name);
        figure_print(name, "100 ms", "%8.2f ms, %8.2f of processor, slowest %.2f; %zu hits",
                     took.wall * 1e3, took.cpu * 1e3, worst * 1e3, hits);
    }
    figure_print("  (the five)", NULL, "%.*s", STR_ARG(list[0].text));
}

/* Agreement ----------------------------------------------------------------------------------- */

struct agreement {
    size_t places;
    size_t same;     /* the same record at the place */
    size_t among;    /* of the ten, wherever */
    size_t searches; /* that agree in all places */
    size_t count;
    double slowest;
    double all;
};

static void
compare(struct catalog *c, struct str text, struct agreement *a)
{
    AUTO(arena) struct arena arena = {0};
    struct catalog_hits fast;
    struct catalog_hits full;
    struct timing took;
    (void)search(c, text, false, false, &arena, &fast, &took);
    (void)search(c, text, true, false, &arena, &full, &took);
    size_t places = fast.count > full.count ? fast.count : full.count;
    size_t same = 0;
    for (size_t i = 0; i < full.count; i++) {
        for (size_t k = 0; k < fast.count; k++) {
            bool equal = str_eq(full.items[i].id, fast.items[k].id);
            same += equal && i == k;
            a->among += equal;
        }
    }
    a->places += places;
    a->same += same;
    a->searches += same == places;
    a->count++;
    a->all += took.wall;
    a->slowest = took.wall > a->slowest ? took.wall : a->slowest;
}

static void
run_agreement(struct catalog *c, const struct bench *b)
{
    struct agreement a = {0};
    struct special list[SEARCH_SPECIALS];
    size_t sample = b->sample;
    if (sample == 0) {
        sample = b->rows > ROWS_LARGE ? SAMPLE_LARGE : SEARCH_QUERIES;
    }
    for (size_t i = 0; i < b->query_count && i < sample; i++) {
        compare(c, b->queries[i], &a);
    }
    struct agreement real = a;
    size_t specials = make_specials(b, list);
    for (size_t i = 0; i < specials; i++) {
        compare(c, list[i].text, &a);
    }
    double places = real.places > 0 ? (double)real.places : 1;
    figure_print("agreement of the top ten", "95 %",
                 "%.2f %% of %zu places (%.2f %% wherever in the ten; %zu of %zu real queries in"
                 " all)",
                 100 * (double)real.same / places, real.places, 100 * (double)real.among / places,
                 real.searches, real.count);
    figure_print("  those that hurt as well", NULL, "%.2f %% of %zu places",
                 100 * (double)a.same / (a.places > 0 ? (double)a.places : 1), a.places);
    figure_print("  scoring every match", NULL, "%.1f ms on average, %.1f ms at worst",
                 a.all / (double)a.count * 1e3, a.slowest * 1e3);
}

void
queries_run(const struct bench *b)
{
    struct err err = {0};
    AUTO(catalog) struct catalog *c = NULL;
    if (catalog_open(b->db, &c, &err) != 0) {
        bench_fail(b->db, err.message);
    }
    for (size_t i = 0; i < b->query_count; i++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_hits hits;
        struct timing took;
        (void)search(c, b->queries[i], false, true, &arena, &hits, &took);
    }
    run_real(c, b, false);
    run_real(c, b, true);
    figure_print("queries that hurt", NULL, "middle of %d rounds, with snippets", ROUNDS);
    run_specials(c, b);
    run_agreement(c, b);
}
