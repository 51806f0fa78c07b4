/* A thousand changed rows into the catalogue while somebody searches it: how long the import
 * takes, how long a search had to wait for it, and whether a reader that was open before finds
 * what is new at once. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "catalog/catalog.h"
#include "search_parts.h"

enum { LINE = 1 << 20 };

/* Searches on its own, a short rest between two, until told to stop. */
struct reader {
    const struct bench *bench;
    atomic_bool stop;
    size_t searches;
    double longest; /* seconds of one search */
    double waited;  /* longest time of one search that was no work of its own */
    double cpu;
};

static void
reader_search(struct reader *r, struct catalog *c)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct catalog_hits hits;
    struct catalog_query query = {
        .kind = CATALOG_PRODUCTS,
        .text = r->bench->queries[r->searches % r->bench->query_count],
    };
    struct timing start = timing_thread();
    if (catalog_search(c, &query, &arena, &hits, &err) != 0) {
        bench_fail("a search beside the import", err.message);
    }
    struct timing took = timing_since(start, timing_thread());
    r->searches++;
    r->longest = took.wall > r->longest ? took.wall : r->longest;
    r->waited = took.wall - took.cpu > r->waited ? took.wall - took.cpu : r->waited;
}

static void *
reader_run(void *arg)
{
    struct reader *r = arg;
    struct err err = {0};
    AUTO(catalog) struct catalog *c = NULL;
    if (catalog_open(r->bench->db, &c, &err) != 0) {
        bench_fail(r->bench->db, err.message);
    }
    while (!atomic_load(&r->stop)) {
        const struct timespec rest = {0, 2000000};
        reader_search(r, c);
        (void)nanosleep(&rest, NULL);
    }
    r->cpu = timing_thread().cpu;
    return NULL;
}

static void
reader_start(struct reader *r, const struct bench *b, pthread_t *thread)
{
    r->bench = b;
    atomic_init(&r->stop, false);
    if (pthread_create(thread, NULL, reader_run, r) != 0) {
        bench_fail("reader", "no thread");
    }
}

static void
reader_end(struct reader *r, pthread_t thread)
{
    atomic_store(&r->stop, true);
    (void)pthread_join(thread, NULL);
}

/* The last of the changed rows: its id, and the word at the end of its title. */
static void
read_last(const char *path, char id[64], char word[64])
{
    static char line[LINE];
    static char last[LINE];
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct js *row = NULL;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file)) {
        memcpy(last, line, strlen(line) + 1);
    }
    if (!file || js_parse(str_c(last), &arena, &row, &err) != 0) {
        bench_fail(path, "the last row cannot be read");
    }
    (void)fclose(file);
    struct str title = js_get_text(row, "title");
    struct str part;
    (void)snprintf(id, 64, "%.*s", STR_ARG(js_get_text(row, "id")));
    while (str_split(&title, ' ', &part)) {
        (void)snprintf(word, 64, "%.*s", STR_ARG(part));
    }
}

static bool
finds(struct catalog *c, const char *word, const char *id, struct timing *took)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct catalog_hits hits;
    struct catalog_query query = {.kind = CATALOG_PRODUCTS, .text = str_c(word)};
    struct timing start = timing_thread();
    if (catalog_search(c, &query, &arena, &hits, &err) != 0) {
        bench_fail("search for what is new", err.message);
    }
    *took = timing_since(start, timing_thread());
    return hits.count > 0 && str_eq_c(hits.items[0].id, id) &&
           str_find(hits.items[0].name, str_c(word), 0) != SIZE_MAX;
}

static struct timing
import_changes(const struct bench *b, struct catalog_report *report)
{
    struct err err = {0};
    struct catalog_import options = {.kind = CATALOG_PRODUCTS};
    const char *const files[] = {b->change_file};
    struct timing start = timing_process();
    if (catalog_import(b->db, files, 1, &options, report, &err) != 0) {
        bench_fail(b->change_file, err.message);
    }
    return timing_since(start, timing_process());
}

/* The same searches with no import beside them, for as long. */
static void
print_calm(const struct bench *b, double seconds)
{
    struct reader calm = {0};
    pthread_t thread;
    const struct timespec rest = {(time_t)seconds,
                                  (long)((seconds - (double)(time_t)seconds) * 1e9)};
    reader_start(&calm, b, &thread);
    (void)nanosleep(&rest, NULL);
    reader_end(&calm, thread);
    figure_print("  a reader without import", NULL, "%zu searches, longest %.1f ms, waited %.1f ms",
                 calm.searches, calm.longest * 1e3, calm.waited * 1e3);
}

void
change_run(const struct bench *b)
{
    char id[64] = "";
    char word[64] = "";
    struct err err = {0};
    struct timing took;
    struct reader beside = {0};
    pthread_t thread;
    struct catalog_report report;
    AUTO(catalog) struct catalog *before = NULL;
    read_last(b->change_file, id, word);
    if (catalog_open(b->db, &before, &err) != 0) {
        bench_fail(b->db, err.message);
    }
    bool early = finds(before, word, id, &took);
    reader_start(&beside, b, &thread);
    struct timing import = import_changes(b, &report);
    bool found = finds(before, word, id, &took);
    reader_end(&beside, thread);
    figure_print("changed rows", "0.5 s for 1,000", "%llu in %.2f s (%.2f s of processor)",
                 (unsigned long long)report.changed, import.wall, import.cpu - beside.cpu);
    figure_print("  a reader opened before", "at once", "%s '%s' %.1f ms after the import%s",
                 found ? "finds" : "DOES NOT FIND", word, took.wall * 1e3,
                 early ? ", AND DID BEFORE IT" : "");
    figure_print("  a reader beside the import", "never blocked",
                 "%zu searches, longest %.1f ms, waited %.1f ms", beside.searches,
                 beside.longest * 1e3, beside.waited * 1e3);
    print_calm(b, import.wall);
}
