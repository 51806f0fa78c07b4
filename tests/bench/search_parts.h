/* search_parts: what the files of bench-search share.
 *
 * Times are wall clock and processor: other work on the machine lengthens the first only. A step
 * that cannot run ends the program with a line that says why; a slow one never does. */
#ifndef BENCH_SEARCH_PARTS_H
#define BENCH_SEARCH_PARTS_H

#include <sqlite3.h>

#include "base/err.h"
#include "base/str.h"

enum {
    SEARCH_QUERIES = 400,
    SEARCH_SPECIALS = 24,
    SEARCH_PLACES = 10,
    SEARCH_CHANGES = 1000,
    SEARCH_COMMON = 5,
    SEARCH_PATH = 1024,
};

struct timing {
    double wall; /* seconds */
    double cpu;
};

/* Of this thread, of the whole process. */
struct timing timing_thread(void);
struct timing timing_process(void);
struct timing timing_since(struct timing start, struct timing end);

/* "what   figures   mark: so and so"; MARK NULL: none. */
void figure_print(const char *what, const char *mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
_Noreturn void bench_fail(const char *what, const char *why);

struct bench {
    const char *shared;
    const char *rows_file;   /* the products, JSON Lines */
    const char *change_file; /* some of them, changed */
    const char *db;
    const char *bare_db; /* with a number behind it */
    size_t rows;
    size_t sample; /* queries whose exhaustive answer is asked for */
    double import_seconds;
    double import_cpu;
    /* The real queries, and the words most records hold. */
    struct str queries[SEARCH_QUERIES];
    size_t query_count;
    char common[SEARCH_COMMON][64];
};

/* search_bare.c: FTS5 alone on the same texts, what the file is made of, its commonest words. */
void bare_run(const struct bench *b);
void sizes_print(const struct bench *b);
void common_words_find(struct bench *b);

/* search_queries.c: times, and agreement with scoring everything. */
void queries_read(struct bench *b);
void queries_run(const struct bench *b);

/* search_change.c: changed rows into the catalogue, beside a reader. */
void change_run(const struct bench *b);

#endif
