/* Search in a catalogue of a million products, beside the marks it is held to: how long queries
 * take, how far the answers agree with scoring every match, how fast an import is beside FTS5
 * alone, what a thousand changed rows cost, and how much room the index takes.
 *
 *     bench-search [--rows N] [--folder DIR] [--sample N] [--file PRODUCTS.jsonl] [--db FILE]
 *
 * --rows    how many products (1,000,000; 20,000 take less than a minute)
 * --folder  where files are made and removed (/tmp; a million rows take some 5 GB)
 * --sample  how many queries are also answered by scoring every match
 * --file    rows made before, by make_catalogue.py with the same --rows
 * --db      queries and sizes alone, on a catalogue made before
 *
 * Not a test: it fails only when it cannot run. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "search_parts.h"

static struct timing
timing_now(clockid_t processor)
{
    struct timespec wall;
    struct timespec cpu;
    (void)clock_gettime(CLOCK_MONOTONIC, &wall);
    (void)clock_gettime(processor, &cpu);
    return (struct timing){(double)wall.tv_sec + (double)wall.tv_nsec / 1e9,
                           (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9};
}

struct timing
timing_thread(void)
{
    return timing_now(CLOCK_THREAD_CPUTIME_ID);
}

struct timing
timing_process(void)
{
    return timing_now(CLOCK_PROCESS_CPUTIME_ID);
}

struct timing
timing_since(struct timing start, struct timing end)
{
    return (struct timing){end.wall - start.wall, end.cpu - start.cpu};
}

void
figure_print(const char *what, const char *mark, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    printf("%-30s %s%s%s\n", what, text, mark ? "   mark: " : "", mark ? mark : "");
    (void)fflush(stdout);
}

void
bench_fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench-search: %s: %s\n", what, why);
    exit(1);
}

/* What this was measured on ------------------------------------------------------------------- */

/* The rest of the first line of PATH that begins with PREFIX. */
static bool
line_of(const char *path, const char *prefix, char *out, size_t size)
{
    char line[512];
    bool found = false;
    FILE *file = fopen(path, "r");
    while (file && !found && fgets(line, sizeof(line), file)) {
        found = strncmp(line, prefix, strlen(prefix)) == 0;
    }
    if (file) {
        (void)fclose(file);
    }
    if (found) {
        line[strcspn(line, "\n")] = '\0';
        (void)snprintf(out, size, "%s", line + strlen(prefix));
    }
    return found;
}

static void
print_machine(const char *when)
{
    char model[256] = "an unknown processor";
    char load[128] = "unknown";
    if (line_of("/proc/cpuinfo", "model name", model, sizeof(model))) {
        memmove(model, model + strspn(model, "\t :"), strlen(model + strspn(model, "\t :")) + 1);
    }
    (void)line_of("/proc/loadavg", "", load, sizeof(load));
    figure_print(when, NULL, "%ld cores, %s, load average %s, SQLite %s",
                 sysconf(_SC_NPROCESSORS_ONLN), model, load, catalog_sqlite_version());
}

static void
print_memory(const char *when)
{
    char now[64] = "?";
    char most[64] = "?";
    (void)line_of("/proc/self/status", "VmRSS:", now, sizeof(now));
    (void)line_of("/proc/self/status", "VmHWM:", most, sizeof(most));
    figure_print(when, NULL, "%s now, %s at most", now + strspn(now, "\t "),
                 most + strspn(most, "\t "));
    /* The most from here on; where the kernel does not let us, the most of all. */
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file) {
        (void)fputs("5", file);
        (void)fclose(file);
    }
}

/* Files --------------------------------------------------------------------------------------- */

static void
make_rows(const struct bench *b, const char *file, size_t change)
{
    char rows[32];
    char changes[32];
    (void)snprintf(rows, sizeof(rows), "%zu", b->rows);
    (void)snprintf(changes, sizeof(changes), "%zu", change);
    pid_t child = fork();
    if (child == 0) {
        (void)execlp("python3", "python3", MAKE_CATALOGUE, "--rows", rows, "--change", changes,
                     "-o", file, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        bench_fail(MAKE_CATALOGUE, "did not make the rows");
    }
}

static void
remove_catalogue(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".lock", ".new"};
    char name[SEARCH_PATH + 16];
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        (void)unlink(name);
    }
}

static void
import_rows(struct bench *b)
{
    struct err err = {0};
    struct catalog_report report;
    struct catalog_import options = {.kind = CATALOG_PRODUCTS, .replace = true};
    const char *const files[] = {b->rows_file};
    struct timing start = timing_process();
    if (catalog_import(b->db, files, 1, &options, &report, &err) != 0) {
        bench_fail(b->rows_file, err.message);
    }
    struct timing took = timing_since(start, timing_process());
    b->rows = (size_t)report.added;
    b->import_seconds = took.wall;
    b->import_cpu = took.cpu;
    figure_print("import", NULL, "%zu rows in %.1f s (%.1f s of processor): %.0f rows a second",
                 b->rows, took.wall, took.cpu, (double)b->rows / took.wall);
    print_memory("memory, import");
}

static void
run_all(struct bench *b, const char *folder)
{
    char rows_file[SEARCH_PATH];
    char change_file[SEARCH_PATH];
    char db[SEARCH_PATH];
    char bare_db[SEARCH_PATH];
    int pid = (int)getpid();
    bool made = !b->rows_file;
    (void)snprintf(rows_file, sizeof(rows_file), "%s/bench-search-%d.jsonl", folder, pid);
    (void)snprintf(change_file, sizeof(change_file), "%s/bench-search-%d-new.jsonl", folder, pid);
    (void)snprintf(db, sizeof(db), "%s/bench-search-%d.db", folder, pid);
    (void)snprintf(bare_db, sizeof(bare_db), "%s/bench-search-%d-bare", folder, pid);
    b->change_file = change_file;
    b->db = db;
    b->bare_db = bare_db;
    if (made) {
        struct timing start = timing_process();
        b->rows_file = rows_file;
        make_rows(b, rows_file, 0);
        figure_print("rows made", NULL, "in %.1f s", timing_since(start, timing_process()).wall);
    }
    make_rows(b, change_file, b->rows < SEARCH_CHANGES ? b->rows : SEARCH_CHANGES);
    import_rows(b);
    if (made) {
        (void)unlink(rows_file);
    }
    common_words_find(b);
    sizes_print(b);
    queries_run(b);
    print_memory("memory, queries");
    change_run(b);
    print_memory("memory, changes");
    bare_run(b);
    (void)unlink(change_file);
    remove_catalogue(db);
}

static size_t
number_of(const char *text)
{
    int64_t value = 0;
    if (!str_to_i64(str_c(text), &value) || value < 1 || value > 100000000) {
        bench_fail(text, "a number from 1 is wanted");
    }
    return (size_t)value;
}

int
main(int argc, char **argv)
{
    static struct bench b = {.rows = 1000000};
    const char *folder = "/tmp";
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (value && strcmp(argv[i], "--rows") == 0) {
            b.rows = number_of(value);
        } else if (value && strcmp(argv[i], "--sample") == 0) {
            b.sample = number_of(value);
        } else if (value && strcmp(argv[i], "--folder") == 0) {
            folder = value;
        } else if (value && strcmp(argv[i], "--file") == 0) {
            b.rows_file = value;
        } else if (value && strcmp(argv[i], "--db") == 0) {
            b.db = value;
        } else {
            bench_fail(argv[i], "usage: bench-search [--rows N] [--folder DIR] [--sample N]"
                                " [--file PRODUCTS.jsonl] [--db FILE]");
        }
    }
    b.shared = getenv("DESKHAND_SHARED");
    b.shared = b.shared ? b.shared : "../shared";
    if (access(b.shared, R_OK) != 0) {
        printf("SKIP: no shared data at %s\n", b.shared);
        return 0;
    }
    print_machine("measured on");
    queries_read(&b);
    if (b.db) {
        common_words_find(&b);
        sizes_print(&b);
        queries_run(&b);
        print_memory("memory, queries");
    } else {
        run_all(&b, folder);
    }
    print_machine("and at the end");
    return 0;
}
