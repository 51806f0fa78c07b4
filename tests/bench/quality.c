/* How good is what a search finds? Prints, for the three real sets in DESKHAND_SHARED/data, the
 * measures beside their marks: as asked, with typing errors (five seeds, their mean), and for the
 * products as the reference ranks that scores every match. Not a test: it fails only when it cannot
 * run.
 *
 *     bench-quality [DIR]        catalogues are made in DIR (default /tmp), and removed
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "catalog/catalog.h"
#include "misspell.h"

enum {
    DEPTH = 10,
    QUERIES_MAX = 4096,
    RATINGS_MAX = 65536,
};

struct rating {
    struct str query;
    struct str id;
    int grade;
};

struct rated_query {
    struct str id;
    struct str text;
};

struct judged {
    struct arena arena;
    struct rated_query *queries;
    size_t query_count;
    struct rating *ratings;
    size_t rating_count;
};

struct figures {
    double ndcg;
    double recall1;
    double recall5;
    double recall10;
    double mrr;
    size_t counted;
    double *times; /* milliseconds a query */
    size_t time_count;
};

static double
now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
fail(const char *what, const struct err *err)
{
    (void)fprintf(stderr, "bench-quality: %s: %s\n", what, err ? err->message : "failed");
    exit(1);
}

static struct str
read_file(const char *path, struct arena *arena)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    FILE *file = fopen(path, "r");
    if (!file) {
        fail(path, NULL);
    }
    char chunk[65536];
    size_t got;
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        buf_add(&text, (struct str){chunk, got});
    }
    (void)fclose(file);
    return buf_to_arena(&text, arena);
}

static void
add_query(struct judged *j, struct str id, struct str text)
{
    if (j->query_count < QUERIES_MAX) {
        j->queries[j->query_count++] = (struct rated_query){id, text};
    }
}

static void
add_rating(struct judged *j, struct str query, struct str id, int grade)
{
    if (j->rating_count < RATINGS_MAX) {
        j->ratings[j->rating_count++] = (struct rating){query, id, grade};
    }
}

/* queries.tsv: id, text, and for the article sets the one right document. */
static void
load_queries(struct judged *j, const char *path)
{
    struct str rest = read_file(path, &j->arena);
    struct str line;
    while (str_split(&rest, '\n', &line)) {
        struct str id = {0};
        struct str text = {0};
        struct str gold = {0};
        if (!str_split(&line, '\t', &id) || !str_split(&line, '\t', &text)) {
            continue;
        }
        add_query(j, id, text);
        if (str_split(&line, '\t', &gold)) {
            add_rating(j, id, str_trim(gold), 1);
        }
    }
}

static void
load_ratings(struct judged *j, const char *path)
{
    struct str rest = read_file(path, &j->arena);
    struct str line;
    while (str_split(&rest, '\n', &line)) {
        struct str query = {0};
        struct str id = {0};
        struct str grade = {0};
        int64_t value = 0;
        if (str_split(&line, '\t', &query) && str_split(&line, '\t', &id) &&
            str_split(&line, '\t', &grade) && str_to_i64(str_trim(grade), &value)) {
            add_rating(j, query, id, (int)value);
        }
    }
}

static int
grade_of(const struct judged *j, struct str query, struct str id)
{
    for (size_t i = 0; i < j->rating_count; i++) {
        if (str_eq(j->ratings[i].query, query) && str_eq(j->ratings[i].id, id)) {
            return j->ratings[i].grade;
        }
    }
    return 0;
}

static int
descending(const void *a, const void *b)
{
    return *(const int *)b - *(const int *)a;
}

/* The best gain there could be, and how many documents have a positive grade. */
static double
ideal_gain(const struct judged *j, struct str query, size_t *ret_positive)
{
    static int grades[RATINGS_MAX];
    size_t count = 0;
    double gain = 0;
    for (size_t i = 0; i < j->rating_count; i++) {
        if (j->ratings[i].grade > 0 && str_eq(j->ratings[i].query, query)) {
            grades[count++] = j->ratings[i].grade;
        }
    }
    qsort(grades, count, sizeof(grades[0]), descending);
    for (size_t i = 0; i < count && i < DEPTH; i++) {
        gain += (exp2(grades[i]) - 1) / log2((double)i + 2);
    }
    *ret_positive = count;
    return gain;
}

static void
score_query(const struct judged *j, const struct rated_query *query,
            const struct catalog_hits *hits, struct figures *f)
{
    size_t positive = 0;
    double ideal = ideal_gain(j, query->id, &positive);
    if (positive == 0) {
        return;
    }
    double gain = 0;
    double first = 0;
    size_t found = 0;
    size_t found1 = 0;
    size_t found5 = 0;
    for (size_t i = 0; i < hits->count && i < DEPTH; i++) {
        int grade = grade_of(j, query->id, hits->items[i].id);
        if (grade <= 0) {
            continue;
        }
        gain += (exp2(grade) - 1) / log2((double)i + 2);
        first = first > 0 ? first : 1.0 / (double)(i + 1);
        found++;
        found1 += i < 1 ? 1 : 0;
        found5 += i < 5 ? 1 : 0;
    }
    double reachable = (double)(positive < DEPTH ? positive : DEPTH);
    f->ndcg += gain / ideal;
    f->recall1 += (double)found1 / (positive < 1 ? 1.0 : 1.0);
    f->recall5 += (double)found5 / (positive < 5 ? (double)positive : 5.0);
    f->recall10 += (double)found / reachable;
    f->mrr += first;
    f->counted++;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How the queries of a set are asked. */
struct way {
    const char *name;
    unsigned seeds; /* of typing errors; 0: as they are */
    bool exhaustive;
};

static void
run_query(struct catalog *c, enum catalog_kind kind, const struct judged *j, size_t i, bool all,
          uint64_t *seed, struct figures *f)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct catalog_hits hits;
    struct str text = j->queries[i].text;
    struct catalog_query query = {
        .kind = kind,
        .text = seed ? misspell(text, &arena, seed) : text,
        .limit = DEPTH,
        .no_snippets = true,
        .exhaustive = all,
    };
    double start = now_ms();
    if (catalog_search(c, &query, &arena, &hits, &err) != 0) {
        fail("search", &err);
    }
    f->times[f->time_count++] = now_ms() - start;
    score_query(j, &j->queries[i], &hits, f);
}

static void
run_queries(struct catalog *c, enum catalog_kind kind, const struct judged *j,
            const struct way *way, struct figures *f)
{
    unsigned rounds = way->seeds > 0 ? way->seeds : 1;
    f->times = mem_zero(j->query_count * rounds + 1, sizeof(double));
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t seed = round + 1;
        for (size_t i = 0; i < j->query_count; i++) {
            run_query(c, kind, j, i, way->exhaustive, way->seeds > 0 ? &seed : NULL, f);
        }
    }
    qsort(f->times, f->time_count, sizeof(double), by_value);
}

/* A measure and what it is held against; MARK 0: for interest. */
struct mark {
    const char *measure;
    double mark;
};

static double
measured(const struct figures *f, const char *measure)
{
    double sum = strcmp(measure, "NDCG@10") == 0    ? f->ndcg
                 : strcmp(measure, "recall@1") == 0 ? f->recall1
                 : strcmp(measure, "recall@5") == 0 ? f->recall5
                                                    : f->mrr;
    return sum / (f->counted > 0 ? (double)f->counted : 1);
}

static void
print_figures(const char *set, const struct way *way, const struct mark *marks,
              const struct figures *f)
{
    for (size_t i = 0; marks[i].measure; i++) {
        double value = measured(f, marks[i].measure);
        char mark[40] = "";
        if (marks[i].mark > 0) {
            (void)snprintf(mark, sizeof(mark), "%.2f   %s", marks[i].mark,
                           value >= marks[i].mark ? "met" : "MISSED");
        }
        printf("%-16s %-20s %-9s %.3f   %-14s", i == 0 ? set : "", i == 0 ? way->name : "",
               marks[i].measure, value, mark);
        if (i == 0) {
            printf("%zu queries, median %.2f ms, worst %.2f ms", f->counted,
                   f->times[f->time_count / 2], f->times[f->time_count - 1]);
        }
        printf("\n");
    }
}

enum { WAYS = 3, MARKS = 4 };

struct set {
    const char *name;
    const char *docs;
    bool rated; /* has qrels.tsv */
    enum catalog_kind kind;
    struct {
        struct way way;
        struct mark marks[MARKS];
    } asked[WAYS];
};

static const struct set sets[] = {
    {"product_icecat",
     "products.jsonl",
     true,
     CATALOG_PRODUCTS,
     {{{"as typed", 0, false}, {{"NDCG@10", .78}, {"MRR@10", 0}}},
      {{"with typing errors", 5, false}, {{"NDCG@10", .72}}},
      {{"every match scored", 0, true}, {{"NDCG@10", 0}}}}},
    {"faq_emanual_tv",
     "docs.jsonl",
     false,
     CATALOG_ARTICLES,
     {{{"as typed", 0, false}, {{"MRR@10", .75}, {"recall@1", .66}, {"recall@5", 0}}},
      {{"with typing errors", 5, false}, {{"MRR@10", 0}}}}},
    {"faq_stackfaq",
     "docs.jsonl",
     false,
     CATALOG_ARTICLES,
     {{{"as typed", 0, false}, {{"MRR@10", .84}, {"recall@1", 0}, {"recall@5", 0}}},
      {{"with typing errors", 5, false}, {{"MRR@10", 0}}}}},
};

static void
remove_catalog(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock", ".new"};
    char name[1200];
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        (void)unlink(name);
    }
}

/* The set's records as a catalogue at PATH. */
static void
import_set(const struct set *set, const char *shared, const char *path)
{
    char docs[1100];
    struct err err = {0};
    struct catalog_report report;
    struct catalog_import options = {.kind = set->kind};
    (void)snprintf(docs, sizeof(docs), "%s/data/%s/%s", shared, set->name, set->docs);
    const char *const files[] = {docs};
    if (catalog_import(path, files, 1, &options, &report, &err) != 0) {
        fail(docs, &err);
    }
}

static void
load_judged(const struct set *set, const char *shared, struct judged *ret)
{
    char file[1100];
    ret->queries = mem_zero(QUERIES_MAX, sizeof(struct rated_query));
    ret->ratings = mem_zero(RATINGS_MAX, sizeof(struct rating));
    (void)snprintf(file, sizeof(file), "%s/data/%s/queries.tsv", shared, set->name);
    load_queries(ret, file);
    if (set->rated) {
        (void)snprintf(file, sizeof(file), "%s/data/%s/qrels.tsv", shared, set->name);
        load_ratings(ret, file);
    }
}

static void
run_set(const struct set *set, const char *shared, const char *folder)
{
    char path[1100];
    struct err err = {0};
    struct judged judged = {0};
    AUTO(catalog) struct catalog *c = NULL;
    (void)snprintf(path, sizeof(path), "%s/bench-quality-%d.db", folder, (int)getpid());
    import_set(set, shared, path);
    if (catalog_open(path, &c, &err) != 0) {
        fail(path, &err);
    }
    load_judged(set, shared, &judged);
    for (size_t i = 0; i < WAYS && set->asked[i].way.name; i++) {
        struct figures figures = {0};
        run_queries(c, set->kind, &judged, &set->asked[i].way, &figures);
        print_figures(i == 0 ? set->name : "", &set->asked[i].way, set->asked[i].marks, &figures);
        mem_free(figures.times);
    }
    mem_free(judged.queries);
    mem_free(judged.ratings);
    arena_done(&judged.arena);
    remove_catalog(path);
}

int
main(int argc, char **argv)
{
    const char *shared = getenv("DESKHAND_SHARED");
    shared = shared ? shared : "../shared";
    if (access(shared, R_OK) != 0) {
        printf("SKIP: no shared data at %s\n", shared);
        return 0;
    }
    printf("%-16s %-20s %-9s %-7s %s\n", "set", "queries", "measure", "value", "mark");
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        run_set(&sets[i], shared, argc > 1 ? argv[1] : "/tmp");
    }
    return 0;
}
