/* Imports of many rows, which go over two lanes: the same outcome as one by one, the index always
 * of just the rows there are, and nothing seen of an import that fails halfway. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "catalog_fixture.h"

#include "base/fault.h"
#include "base/limits.h"

enum { MANY = 2000 };

static int
make_folder(void **state)
{
    struct folder *f = test_calloc(1, sizeof(*f));
    folder_make(f);
    *state = f;
    return 0;
}

static int
remove_folder(void **state)
{
    folder_remove(*state);
    test_free(*state);
    return 0;
}

static size_t
found(const struct folder *f, const char *text)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(catalog) struct catalog *c = NULL;
    struct err err = {0};
    struct catalog_hits hits;
    struct catalog_query query = {.text = str_c(text), .limit = 100, .no_snippets = true};
    if (catalog_open(f->db, &c, &err) != 0) {
        fail_msg("open: %s", err.message);
    }
    if (catalog_search(c, &query, &arena, &hits, &err) != 0) {
        fail_msg("search: %s", err.message);
    }
    return hits.count;
}

/* Rows FROM to TO, each with WORD in its name. */
static void
add_rows(struct buf *text, int from, int to, const char *word)
{
    for (int i = from; i < to; i++) {
        buf_printf(
            text,
            "{\"id\":\"p%d\",\"name\":\"%s lamp %d\",\"brand\":\"Brand %d\",\"sku\":\"S-%d\","
            "\"price\":%d.5,\"description\":\"shines on number%d\"}\n",
            i, word, i, i % 7, i, i, i);
    }
}

/* The import alone runs with the failure SPEC names. */
static struct import_log
import_failing(struct folder *f, bool replace, int from, int to, const char *word, const char *spec)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    add_rows(&text, from, to, word);
    const char *const files[] = {folder_file(f, "rows.jsonl", buf_str(&text))};
    assert_true(fault_configure(str_c(spec)));
    struct import_log log = import_files(f, CATALOG_PRODUCTS, replace, files, 1);
    assert_true(fault_configure((struct str){0}));
    (void)unlink(files[0]);
    return log;
}

static struct import_log
import_rows(struct folder *f, bool replace, int from, int to, const char *word)
{
    return import_failing(f, replace, from, to, word, "");
}

static void
expect_counts(const struct import_log *log, uint64_t added, uint64_t changed, uint64_t unchanged)
{
    if (log->rc != 0) {
        fail_msg("import: %s", log->err.message);
    }
    assert_int_equal(log->report.added, added);
    assert_int_equal(log->report.changed, changed);
    assert_int_equal(log->report.unchanged, unchanged);
}

/* Rows that come again, near and far, and rows that are broken: told in the order of the file, and
 * the last of an id is what is found. Anew, in place and replacing. */
static void
test_rows_that_come_again(void **state)
{
    struct folder *f = *state;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    add_rows(&text, 0, 1000, "first");
    buf_add_c(&text, "{\"id\":\"p999\",\"name\":\"near twin\"}\nbroken\n");
    add_rows(&text, 1000, MANY, "first");
    buf_add_c(&text, "{\"id\":\"p3\",\"name\":\"far twin\"}\n{\"name\":\"nameless\"}\n");
    const char *const files[] = {folder_file(f, "p.jsonl", buf_str(&text))};
    static const char *const want[] = {
        "duplicate 1001:1: id: line 1000 has the same; this row counts",
        "rejected 1002:1: ",
        "duplicate 2003:1: id: line 4 has the same; this row counts",
        "rejected 2004:1: id: missing",
    };
    for (int round = 0; round < 3; round++) {
        struct import_log log = import_files(f, CATALOG_PRODUCTS, round == 2, files, 1);
        expect_counts(&log, round == 0 ? MANY : 0, 0, round == 0 ? 0 : MANY);
        assert_int_equal(log.report.rows, MANY + 4);
        assert_int_equal(log.report.duplicates, 2);
        assert_int_equal(log.count, 4);
        for (size_t i = 0; i < 4; i++) {
            assert_memory_equal(log.notices[i], want[i], strlen(want[i]));
        }
        assert_int_equal(check_segments(f), MANY);
        assert_int_equal(found(f, "twin"), 2);
        assert_int_equal(found(f, "number999"), 0);
        assert_int_equal(found(f, "number998"), 1);
        assert_int_equal(found(f, "S1234"), 1);
    }
}

static struct segment_totals
totals_of(const struct folder *f)
{
    sqlite3 *db = NULL;
    struct err err = {0};
    struct segment_totals totals;
    assert_int_equal(sqlite3_open_v2(f->db, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(segment_totals(db, &totals, &err), 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return totals;
}

static void
test_changed_rows_are_found_at_once(void **state)
{
    struct folder *f = *state;
    struct import_log log = import_rows(f, false, 0, MANY, "old");
    expect_counts(&log, MANY, 0, 0);
    static const char *const words[] = {"crimson", "tangerine", "olive",
                                        "magenta", "turquoise", "ivory"};
    for (size_t round = 0; round < sizeof(words) / sizeof(words[0]); round++) {
        log = import_rows(f, false, 10, 60, words[round]);
        expect_counts(&log, 0, 50, 0);
        assert_int_equal(found(f, words[round]), 50);
        assert_int_equal(check_segments(f), MANY);
    }
    assert_int_equal(found(f, "crimson"), 0);
    log = import_rows(f, false, MANY, MANY + 30, "added");
    expect_counts(&log, 30, 0, 0);
    assert_int_equal(found(f, "added"), 30);
    assert_int_equal(check_segments(f), MANY + 30);
}

/* In how many pieces FTS5 has the products' words: the number of one is in its pages' ids. */
static int
pieces_of(const struct folder *f)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open_v2(f->db, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT count(DISTINCT id >> 37) FROM product_fts_data"
                                        " WHERE id > 10",
                                        -1, &s, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int pieces = sqlite3_column_int(s, 0);
    assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return pieces;
}

/* A piece a batch, not a piece a row: FTS5 merges what is many. Whatever the rows' order. */
static void
test_changed_rows_are_written_together(void **state)
{
    enum { CHANGED = 500, PIECES = 5 };
    struct folder *f = *state;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    struct import_log log = import_rows(f, false, 0, MANY, "old");
    expect_counts(&log, MANY, 0, 0);
    int before = pieces_of(f);
    for (int i = CHANGED; i > 0; i--) {
        add_rows(&text, i - 1, i, "new");
    }
    const char *const files[] = {folder_file(f, "p.jsonl", buf_str(&text))};
    log = import_files(f, CATALOG_PRODUCTS, false, files, 1);
    expect_counts(&log, 0, CHANGED, 0);
    assert_in_range(pieces_of(f), before + 1, before + PIECES);
    assert_int_equal(check_segments(f), MANY);
}

/* What is measured by rows that are few by now, or hardly there any more, is made anew. */
static void
test_an_index_that_grows_stale_is_made_anew(void **state)
{
    struct folder *f = *state;
    struct import_log log = import_rows(f, false, 0, 10, "old");
    expect_counts(&log, 10, 0, 0);
    log = import_rows(f, false, 10, 310, "more");
    expect_counts(&log, 300, 0, 0);
    assert_int_equal(check_segments(f), 310);
    assert_int_equal(totals_of(f).averaged, 310);
    assert_int_equal(found(f, "old"), 10);
    for (int round = 0; round < 3; round++) {
        log = import_rows(f, false, 0, 310, round == 1 ? "odd" : "even");
        expect_counts(&log, 0, 310, 0);
        assert_int_equal(check_segments(f), 310);
        assert_true(totals_of(f).gone <= 310);
    }
    assert_int_equal(found(f, "odd"), 0);
    assert_int_equal(found(f, "even"), 100);
}

/* Articles replaced: every product goes over into the new file, over the lanes too. */
static void
test_products_are_carried_over(void **state)
{
    struct folder *f = *state;
    struct import_log log = import_rows(f, false, 0, MANY, "old");
    expect_counts(&log, MANY, 0, 0);
    log = import_text(f, CATALOG_ARTICLES, true, "a.csv", "id,title,text\nt,peel,gently\n");
    expect_counts(&log, 1, 0, 0);
    assert_int_equal(check_segments(f), MANY);
    assert_int_equal(found(f, "number17"), 1);
    log = import_rows(f, false, 0, MANY, "old");
    expect_counts(&log, 0, 0, MANY);
}

static void
test_the_language_of_a_catalogue(void **state)
{
    struct folder *f = *state;
    struct import_log log = {0};
    static const char text[] = "id,name\n1,H\xC3\xA4user\n2,Lampe\n";
    static const struct {
        const char *language;
        bool replace;
        int rc;
        size_t found; /* of "Haus" */
    } cases[] = {
        {"german!", false, ERR_INVALID, 0},
        {"de", false, 0, 1},
        {"de", false, 0, 1},
        {"", false, 0, 1},
        {"en", false, ERR_INVALID, 1},
        {"none", true, 0, 0},
        {"", true, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const files[] = {folder_file(f, "p.csv", str_c(text))};
        struct catalog_import options = {.replace = cases[i].replace,
                                         .language = str_c(cases[i].language)};
        assert_int_equal(catalog_import(f->db, files, 1, &options, &log.report, &log.err),
                         cases[i].rc);
        if (i > 0) {
            assert_int_equal(found(f, "Haus"), cases[i].found);
        }
    }
    assert_int_equal(check_segments(f), 2);
}

struct reading {
    const struct folder *f;
    size_t searches;
};

static bool
search_within(void *arg, const struct catalog_progress *progress)
{
    struct reading *r = arg;
    (void)progress;
    r->searches++;
    assert_int_equal(found(r->f, "number5"), 1);
    return true;
}

static void
test_readers_are_never_blocked(void **state)
{
    struct folder *f = *state;
    struct import_log log = import_rows(f, false, 0, MANY, "old");
    expect_counts(&log, MANY, 0, 0);
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    add_rows(&text, 0, 4 * MANY, "new");
    const char *const files[] = {folder_file(f, "p.jsonl", buf_str(&text))};
    for (int replace = 0; replace < 2; replace++) {
        struct reading reading = {f, 0};
        struct catalog_import options = {
            .replace = replace == 1, .progress = search_within, .arg = &reading};
        assert_int_equal(catalog_import(f->db, files, 1, &options, &log.report, &log.err), 0);
        assert_true(reading.searches >= 8);
    }
    assert_int_equal(check_segments(f), 4 * MANY);
}

/* The disk is full before the import is through: whoever notices, the old file stays. */
static void
test_a_full_disk(void **state)
{
    struct folder *f = *state;
    struct import_log log = import_rows(f, false, 0, 200, "old");
    expect_counts(&log, 200, 0, 0);
    for (int replace = 0; replace < 2; replace++) {
        pid_t child = fork();
        if (child == 0) {
            struct stat st;
            struct rlimit limit = {0};
            (void)signal(SIGXFSZ, SIG_IGN);
            (void)stat(f->db, &st);
            limit.rlim_cur = limit.rlim_max = (rlim_t)st.st_size + 600000;
            AUTO(buf) struct buf text;
            buf_init(&text, LIMIT_OUTPUT_BYTES);
            add_rows(&text, 0, 5 * MANY, "new");
            const char *const files[] = {folder_file(f, "p.jsonl", buf_str(&text))};
            (void)setrlimit(RLIMIT_FSIZE, &limit);
            log = import_files(f, CATALOG_PRODUCTS, replace == 1, files, 1);
            _exit(log.rc == ERR_IO && log.err.message[0] != '\0' ? 0 : 1);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        assert_int_equal(check_segments(f), 200);
        assert_int_equal(found(f, "new"), 0);
    }
}

/* A line without end comes through a pipe: told once, by its place, the memory bounded. */
static void
test_a_huge_line_of_a_pipe(void **state)
{
    enum { MEGABYTES = 300, MEMORY_KB = 100 * 1024 };
    struct folder *f = *state;
    char pipe_path[128];
    (void)snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", f->path);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        static char chunk[1024 * 1024];
        FILE *out = fopen(pipe_path, "w");
        memset(chunk, 'x', sizeof(chunk));
        (void)fputs("{\"id\":\"a\",\"name\":\"n\"}\n{\"id\":\"b\",\"name\":\"", out);
        for (int i = 0; i < MEGABYTES; i++) {
            (void)fwrite(chunk, 1, sizeof(chunk), out);
        }
        (void)fputs("\"}\n{\"id\":\"c\",\"name\":\"n\"}\n{\"id\":\"d\",\"na", out);
        _exit(fclose(out) == 0 ? 0 : 1);
    }
    struct rusage before;
    struct rusage after;
    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    const char *const files[] = {pipe_path};
    struct import_log log = import_files(f, CATALOG_PRODUCTS, false, files, 1);
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
    expect_counts(&log, 2, 0, 0);
    assert_int_equal(log.count, 2);
    assert_string_equal(log.notices[0], "rejected 2:8388609: the line is longer than 8 MB");
    assert_memory_equal(log.notices[1], "rejected 4:", 11);
    assert_true(after.ru_maxrss - before.ru_maxrss < MEMORY_KB);
    assert_int_equal(check_segments(f), 2);
}

static void
test_failing_memory_and_files(void **state)
{
    struct folder *f = *state;
#ifndef DESKHAND_FAULT_HOOKS
    (void)f;
    skip();
#else
    static const char *const kinds[] = {"alloc", "io"};
    struct import_log log = import_rows(f, false, 0, 300, "old");
    expect_counts(&log, 300, 0, 0);
    for (size_t kind = 0; kind < 4; kind++) {
        bool replace = kind >= 2;
        int n = 1;
        /* The first hundred one by one, then further apart: there are thousands. */
        for (bool done = false; !done; n += n < 100 ? 1 : n / 20) {
            char spec[32];
            (void)snprintf(spec, sizeof(spec), "%s:%d", kinds[kind % 2], n);
            log = import_failing(f, replace, 0, 400, "new", spec);
            done = log.rc == 0;
            assert_true(done || log.err.message[0] != '\0');
            bool in_place = !done && (strstr(log.err.message, "is in place") != NULL ||
                                      strstr(log.err.message, "the rows are in") != NULL);
            assert_int_equal(check_segments(f), done || in_place ? 400 : 300);
            assert_int_equal(found(f, "old"), done || in_place ? 0 : 100);
            if (in_place) {
                log = import_rows(f, true, 0, 300, "old");
                assert_int_equal(log.rc, 0);
            }
        }
        printf("import: failures of %s survived up to %d\n", kinds[kind % 2], n);
        assert_true(n > (kind % 2 == 0 ? 100 : 1));
        log = import_rows(f, true, 0, 300, "old");
        assert_int_equal(log.rc, 0);
    }
#endif
}

static void
test_a_kill_at_every_point(void **state)
{
    struct folder *f = *state;
#ifndef DESKHAND_FAULT_HOOKS
    (void)f;
    skip();
#else
    int points = 0;
    for (int mode = 0; mode < 3; mode++) {
        int n = 1;
        for (bool killed = true; killed; n++) {
            char spec[32];
            struct import_log log = import_rows(f, true, 0, 100, "old");
            assert_int_equal(log.rc, 0);
            (void)snprintf(spec, sizeof(spec), "kill:%d", n);
            pid_t child = fork();
            if (child == 0) {
                /* In place, replacing, and so many that the index is made anew behind it. */
                log = import_failing(f, mode == 1, 0, mode == 2 ? 700 : 150, "new", spec);
                _exit(log.rc == 0 ? 0 : 1);
            }
            int status = 0;
            assert_int_equal(waitpid(child, &status, 0), child);
            killed = WIFSIGNALED(status);
            assert_true(killed || WEXITSTATUS(status) == 0);
            size_t rows = check_segments(f);
            assert_true(rows == 100 || rows == (mode == 2 ? 700 : 150));
            assert_int_equal(found(f, "old"), rows == 100 ? 100 : 0);
            assert_int_equal(found(f, "new"), rows == 100 ? 0 : 100);
        }
        points += n - 2;
    }
    printf("import: killed at %d points\n", points);
    assert_true(points >= 8);
#endif
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_rows_that_come_again),
        IN_FOLDER(test_changed_rows_are_found_at_once),
        IN_FOLDER(test_changed_rows_are_written_together),
        IN_FOLDER(test_an_index_that_grows_stale_is_made_anew),
        IN_FOLDER(test_products_are_carried_over),
        IN_FOLDER(test_the_language_of_a_catalogue),
        IN_FOLDER(test_readers_are_never_blocked),
        IN_FOLDER(test_a_full_disk),
        IN_FOLDER(test_a_huge_line_of_a_pipe),
        IN_FOLDER(test_failing_memory_and_files),
        IN_FOLDER(test_a_kill_at_every_point),
    };
    return cmocka_run_group_tests_name("catalog-bulk", tests, NULL, NULL);
}
