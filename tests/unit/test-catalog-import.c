/* Imports: every shape of row, mistakes and their words, what a second import does, and that
 * nothing but a finished import is ever seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "catalog_fixture.h"

#include "base/fault.h"
#include "base/limits.h"

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

static struct catalog *
must_open(const struct folder *f)
{
    struct err err = {0};
    struct catalog *c = NULL;
    if (catalog_open(f->db, &c, &err) != 0) {
        fail_msg("open: %s", err.message);
    }
    return c;
}

/* The stored record of ID, or "" when there is none. */
static const char *
stored(struct catalog *c, enum catalog_kind kind, const char *id, struct arena *arena)
{
    struct err err = {0};
    struct str json = {0};
    int rc = catalog_get(c, kind, str_c(id), arena, &json, &err);
    assert_true(rc == 0 || rc == CATALOG_NONE);
    return rc == 0 ? json.ptr : "";
}

static size_t
found(struct catalog *c, enum catalog_kind kind, const char *text)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct catalog_hits hits;
    struct catalog_query query = {.kind = kind, .text = str_c(text), .limit = 100};
    assert_int_equal(catalog_search(c, &query, &arena, &hits, &err), 0);
    return hits.count;
}

static void
expect_report(const struct import_log *log, uint64_t added, uint64_t changed, uint64_t unchanged,
              uint64_t removed, uint64_t rejected)
{
    if (log->rc != 0) {
        fail_msg("import: %s", log->err.message);
    }
    assert_int_equal(log->report.added, added);
    assert_int_equal(log->report.changed, changed);
    assert_int_equal(log->report.unchanged, unchanged);
    assert_int_equal(log->report.removed, removed);
    assert_int_equal(log->report.rejected, rejected);
}

static void
test_rows_of_many_shapes(void **state)
{
    struct folder *f = *state;
    static const struct {
        const char *file;
        const char *text;
        const char *id;
        const char *want;
    } cases[] = {
        {"a.jsonl", "{\"id\":\"a\",\"title\":\" Lamp \",\"price\":\"1.299,00 \xE2\x82\xAC\"}\n",
         "a", "{\"id\":\"a\",\"name\":\"Lamp\",\"price\":1299.00,\"currency\":\"EUR\"}"},
        {"b.jsonl", "{\"sku\":\"X-9\",\"Product Name\":\"Lamp\",\"In Stock\":\"sold out\"}", "X-9",
         "{\"id\":\"X-9\",\"name\":\"Lamp\",\"model\":\"X-9\",\"in_stock\":false}"},
        {"c.jsonl",
         "{\"id\":\"c\",\"name\":\"L\",\"attributes\":[{\"name\":\"w\",\"value\":3}],"
         "\"features\":\"a | b\",\"mood\":null,\"colour\":\"red\"}",
         "c",
         "{\"id\":\"c\",\"name\":\"L\",\"features\":[\"a\",\"b\"],\"specifications\":{\"w\":3},"
         "\"extra\":{\"colour\":\"red\"}}"},
        {"d.csv",
         "\xEF\xBB\xBFid,name,features,specifications,spec.weight,description\r\n"
         "d,\"Lamp, \"\"big\"\" 17\"\"\",\"a;b\",\"colour: red; hue=9\",2 kg,\"two\r\nlines\"\r\n",
         "d",
         "{\"id\":\"d\",\"name\":\"Lamp, \\\"big\\\" 17\\\"\",\"description\":\"two\\r\\nlines\","
         "\"features\":[\"a\",\"b\"],\"specifications\":{\"colour\":\"red\",\"hue\":\"9\","
         "\"weight\":\"2 kg\"}}"},
        {"e.csv", "id;name;price\ne;Lamp;12,50\n", "e",
         "{\"id\":\"e\",\"name\":\"Lamp\",\"price\":12.50}"},
        {"f.csv", "id\tname\tfeatures\nf\tMonitor 17\" wide\t[\"x;y\",\"z\"]", "f",
         "{\"id\":\"f\",\"name\":\"Monitor 17\\\" wide\",\"features\":[\"x;y\",\"z\"]}"},
        {"g.txt",
         "{\"id\":\"g\",\"name\":\"by content\",\"categories\":[\"A\",\"B\"],"
         "\"title\":\"kept\"}\n",
         "g",
         "{\"id\":\"g\",\"name\":\"by content\",\"category\":\"A, B\","
         "\"extra\":{\"title\":\"kept\"}}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct import_log log =
            import_text(f, CATALOG_PRODUCTS, false, cases[i].file, cases[i].text);
        expect_report(&log, 1, 0, 0, 0, 0);
        AUTO(catalog) struct catalog *c = must_open(f);
        assert_string_equal(stored(c, CATALOG_PRODUCTS, cases[i].id, &arena), cases[i].want);
    }
}

static void
test_articles_of_other_makes(void **state)
{
    struct folder *f = *state;
    AUTO(arena) struct arena arena = {0};
    struct import_log log =
        import_text(f, CATALOG_ARTICLES, false, "a.csv",
                    "id,question,answer,symptoms,steps\n"
                    "a,Why?,Because,\"blinks; beeps\",\"Look, then wait; twice\nPress it\"\n");
    expect_report(&log, 1, 0, 0, 0, 0);
    AUTO(catalog) struct catalog *c = must_open(f);
    assert_string_equal(
        stored(c, CATALOG_ARTICLES, "a", &arena),
        "{\"id\":\"a\",\"title\":\"Why?\",\"symptoms\":[\"blinks\",\"beeps\"],"
        "\"steps\":[\"Look, then wait; twice\",\"Press it\"],\"text\":\"Because\"}");
}

static void
test_mistakes_are_told_by_place(void **state)
{
    struct folder *f = *state;
    static const struct {
        const char *file;
        enum catalog_kind kind;
        const char *text;
        const char *want;
    } cases[] = {
        {"p.jsonl", CATALOG_PRODUCTS, "{\"id\":\"x\",\"name\":\"n\",\"price\":\"call us\"}",
         "rejected 2:22: price: 'call us' is no price"},
        {"p.jsonl", CATALOG_PRODUCTS, "{\"id\":\"x\",\"name\":\"n\",\"price\":-5}",
         "rejected 2:22: price: '-5' is negative"},
        {"p.jsonl", CATALOG_PRODUCTS,
         "{\"id\":\"x\",\"name\":\"n\",\"price\":\"5 EUR\",\"currency\":\"USD\"}",
         "rejected 2:22: price: is in EUR while the currency is USD"},
        {"p.jsonl", CATALOG_PRODUCTS, "{\"id\":\"x\",\"name\":\"n\",\"currency\":\"XXZ\"}",
         "rejected 2:22: currency: 'XXZ' is no currency known here"},
        {"p.jsonl", CATALOG_PRODUCTS, "{\"id\":\"x\",\"name\":\"n\",\"in_stock\":\"perhaps\"}",
         "rejected 2:22: in_stock: 'perhaps' is neither yes nor no"},
        {"p.jsonl", CATALOG_PRODUCTS, "{\"name\":\"n\"}", "rejected 2:1: id: missing"},
        {"p.jsonl", CATALOG_PRODUCTS, "{\"id\":\"x\",\"name\":\"  \"}",
         "rejected 2:1: name: missing"},
        {"p.jsonl", CATALOG_PRODUCTS, "{\"id\":\"x\",\"name\":{}}",
         "rejected 2:11: name: must be text, is an object"},
        {"p.jsonl", CATALOG_PRODUCTS, "{\"id\":\"a\\u0007\",\"name\":\"n\"}",
         "rejected 2:2: id: holds a control character"},
        {"p.jsonl", CATALOG_PRODUCTS, "[1]", "rejected 2:1: a row must be a JSON object"},
        {"p.csv", CATALOG_PRODUCTS, "x,n", "rejected 2:1: has 2 fields where the header has 3"},
        {"p.csv", CATALOG_PRODUCTS, "x,n,1,2", "rejected 2:7: has 4 fields where the header has 3"},
        {"p.csv", CATALOG_PRODUCTS, "x,\"n\nm\",cheap", "rejected 3:4: price: 'cheap' is no price"},
        {"p.csv", CATALOG_PRODUCTS, "x,\"n\" y,1",
         "rejected 2:6: text stands behind a closing quote"},
        {"p.csv", CATALOG_PRODUCTS, "x,n\xFF,1", "rejected 2:3: name: is not valid UTF-8"},
        {"p.csv", CATALOG_PRODUCTS, "x,\"n,1", "rejected 2:3: a quoted field is not closed"},
        {"a.jsonl", CATALOG_ARTICLES, "{\"id\":\"x\",\"title\":\"n\"}",
         "rejected 2:1: text: missing: an article has steps or text"},
        {"a.jsonl", CATALOG_ARTICLES, "{\"id\":\"x\",\"title\":\"n\",\"steps\":{\"1\":\"a\"}}",
         "rejected 2:23: steps: must be an array, is an object"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool csv = cases[i].file[2] == 'c';
        AUTO(arena) struct arena arena = {0};
        /* The broken row between two good ones, which both go in. */
        struct str text = arena_printf(
            &arena, "%s\n%s\n%s\n",
            csv ? "id,name,price" : "{\"id\":\"good\",\"name\":\"n\",\"text\":\"t\"}",
            cases[i].text, csv ? "last,name,1" : "{\"id\":\"last\",\"name\":\"n\",\"text\":\"t\"}");
        const char *const files[] = {folder_file(f, cases[i].file, text)};
        struct import_log log = import_files(f, cases[i].kind, true, files, 1);
        assert_int_equal(log.rc, 0);
        assert_int_equal(log.report.rejected, 1);
        assert_int_equal(log.count, 1);
        assert_string_equal(log.notices[0], cases[i].want);
        AUTO(catalog) struct catalog *c = must_open(f);
        assert_true(stored(c, cases[i].kind, "last", &arena)[0] == '{');
    }
}

static void
test_broken_json_is_told_with_its_column(void **state)
{
    struct folder *f = *state;
    struct import_log log = import_text(f, CATALOG_PRODUCTS, false, "p.jsonl",
                                        "{\"id\":\"a\",\"name\":\"n\"}\n\n{\"id\":\"b\",,}\n");
    expect_report(&log, 1, 0, 0, 0, 1);
    assert_int_equal(log.report.rows, 2);
    assert_memory_equal(log.notices[0], "rejected 3:11: ", 15);
}

static void
test_files_that_are_no_export(void **state)
{
    struct folder *f = *state;
    static const struct {
        const char *file;
        struct str text;
        const char *words;
    } cases[] = {
        {"empty.jsonl", STR_INIT(""), "no usable row"},
        {"empty.csv", STR_INIT(""), "no header line"},
        {"header.csv", STR_INIT("id,name\n"), "no usable row"},
        {"other.csv", STR_INIT("id,weight\n1,2\n"), "--map name=COLUMN"},
        {"other2.csv", STR_INIT("weight,name\n1,2\n"), "--map id=COLUMN"},
        {"array.json", STR_INIT("[\n{\"id\":1}\n]"), "one JSON array"},
        {"wide.csv", STR_INIT("\xFF\xFEi\0d\0"), "UTF-16"},
        {"bad.jsonl", STR_INIT("{\n\"id\": 1\n}\n"), "no usable row"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const files[] = {folder_file(f, cases[i].file, cases[i].text)};
        struct import_log log = import_files(f, CATALOG_PRODUCTS, false, files, 1);
        assert_int_equal(log.rc, ERR_INVALID);
        if (!strstr(log.err.message, cases[i].words)) {
            fail_msg("'%s' does not say '%s'", log.err.message, cases[i].words);
        }
        assert_int_equal(access(f->db, F_OK), -1);
    }
    const char *const missing[] = {"/nonexistent/products.jsonl"};
    struct import_log log = import_files(f, CATALOG_PRODUCTS, false, missing, 1);
    assert_int_equal(log.rc, ERR_NOTFOUND);
    const char *const folder[] = {f->path};
    log = import_files(f, CATALOG_PRODUCTS, false, folder, 1);
    assert_int_equal(log.rc, ERR_INVALID);
}

static void
test_the_last_of_equal_ids_counts(void **state)
{
    struct folder *f = *state;
    static const char text[] =
        "{\"id\":\"a\",\"name\":\"first\"}\n{\"id\":\"b\",\"name\":\"other\"}\n"
        "{\"id\":\"a\",\"name\":\"last\"}\n";
    for (int round = 0; round < 3; round++) {
        /* Anew, in place, and replacing: the same outcome each time. */
        AUTO(arena) struct arena arena = {0};
        struct import_log log = import_text(f, CATALOG_PRODUCTS, round == 2, "p.jsonl", text);
        expect_report(&log, round == 0 ? 2 : 0, 0, round == 0 ? 0 : 2, 0, 0);
        assert_int_equal(log.report.duplicates, 1);
        assert_string_equal(log.notices[0],
                            "duplicate 3:1: id: line 1 has the same; this row counts");
        AUTO(catalog) struct catalog *c = must_open(f);
        assert_string_equal(stored(c, CATALOG_PRODUCTS, "a", &arena),
                            "{\"id\":\"a\",\"name\":\"last\"}");
        assert_int_equal(found(c, CATALOG_PRODUCTS, "first"), 0);
        assert_int_equal(found(c, CATALOG_PRODUCTS, "last"), 1);
    }
}

static void
file_identity(const struct folder *f, struct stat *ret, unsigned char *head)
{
    assert_int_equal(stat(f->db, ret), 0);
    int fd = open(f->db, O_RDONLY);
    assert_int_equal(read(fd, head, 4096), 4096);
    (void)close(fd);
}

static void
test_the_same_file_again_changes_nothing(void **state)
{
    struct folder *f = *state;
    unsigned char head[2][4096];
    struct stat st[2];
    static const char text[] = "{\"id\":\"a\",\"name\":\"one\"}\n{\"id\":\"b\",\"name\":\"two\"}\n";
    struct import_log log = import_text(f, CATALOG_PRODUCTS, false, "p.jsonl", text);
    expect_report(&log, 2, 0, 0, 0, 0);
    file_identity(f, &st[0], head[0]);
    for (int replace = 0; replace < 2; replace++) {
        log = import_text(f, CATALOG_PRODUCTS, replace == 1, "p.jsonl", text);
        expect_report(&log, 0, 0, 2, 0, 0);
        file_identity(f, &st[1], head[1]);
        assert_int_equal(st[0].st_ino, st[1].st_ino);
        assert_memory_equal(head[0], head[1], 4096);
    }
    assert_int_equal(folder_count(f), 3); /* the file, its lock, the export */
}

static void
test_update_and_replace(void **state)
{
    struct folder *f = *state;
    struct import_log log =
        import_text(f, CATALOG_PRODUCTS, false, "p.jsonl",
                    "{\"id\":\"a\",\"name\":\"apple\",\"model\":\"QX100\"}\n"
                    "{\"id\":\"b\",\"name\":\"banana\"}\n{\"id\":\"c\",\"name\":\"cherry\"}\n");
    expect_report(&log, 3, 0, 0, 0, 0);
    log = import_text(f, CATALOG_ARTICLES, false, "a.jsonl",
                      "{\"id\":\"t\",\"title\":\"peel\",\"text\":\"carefully\"}");
    expect_report(&log, 1, 0, 0, 0, 0);
    AUTO(catalog) struct catalog *c = must_open(f);
    log = import_text(f, CATALOG_PRODUCTS, false, "p.jsonl",
                      "{\"id\":\"a\",\"name\":\"apricot\",\"model\":\"ZY200\"}\n"
                      "{\"id\":\"b\",\"name\":\"banana\"}\n{\"id\":\"d\",\"name\":\"date\"}\n");
    expect_report(&log, 1, 1, 1, 0, 0);
    /* The open handle sees it at once. */
    assert_int_equal(found(c, CATALOG_PRODUCTS, "apple"), 0);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "QX100"), 0);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "apricot"), 1);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "ZY200"), 1);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "cherry"), 1);
    log =
        import_text(f, CATALOG_PRODUCTS, true, "p.jsonl",
                    "{\"id\":\"b\",\"name\":\"banana\"}\n{\"id\":\"c\",\"name\":\"cherimoya\"}\n");
    expect_report(&log, 0, 1, 1, 2, 0);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "apricot"), 0);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "cherimoya"), 1);
    assert_int_equal(found(c, CATALOG_ARTICLES, "peel"), 1);
}

static void
test_mapped_fields(void **state)
{
    struct folder *f = *state;
    struct import_log log = {0};
    struct catalog_map map[4];
    static const char *const texts[] = {"id=Nr", "name=Bezeichnung", "specifications.colour=Farbe",
                                        "brand=Marke"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(catalog_map_parse(CATALOG_PRODUCTS, str_c(texts[i]), &map[i], &log.err),
                         0);
    }
    const char *const files[] = {
        folder_file(f, "p.csv", STR("Nr;Bezeichnung;Farbe;name\n1;Lampe;rot;internal\n"))};
    struct catalog_import options = {.map = map, .map_count = 4, .notice = on_notice, .arg = &log};
    assert_int_equal(catalog_import(f->db, files, 1, &options, &log.report, &log.err), 0);
    assert_int_equal(log.count, 1);
    assert_string_equal(log.notices[0],
                        "remark 0:0: no row has the field 'Marke' that is mapped to brand");
    AUTO(catalog) struct catalog *c = must_open(f);
    AUTO(arena) struct arena arena = {0};
    assert_string_equal(stored(c, CATALOG_PRODUCTS, "1", &arena),
                        "{\"id\":\"1\",\"name\":\"Lampe\",\"specifications\":{\"colour\":\"rot\"},"
                        "\"extra\":{\"name\":\"internal\"}}");
    assert_int_equal(catalog_map_parse(CATALOG_PRODUCTS, STR("nmae=x"), map, &log.err),
                     ERR_INVALID);
    assert_non_null(strstr(log.err.message, "there is no field 'nmae'; there are id, name, brand"));
    assert_int_equal(catalog_map_parse(CATALOG_PRODUCTS, STR("name"), map, &log.err), ERR_INVALID);
}

static void
test_a_line_without_end_is_passed_over(void **state)
{
    struct folder *f = *state;
    static const struct {
        const char *file;
        const char *head;
        const char *tail;
        const char *want;
    } cases[] = {
        {"p.jsonl", "{\"id\":\"a\",\"name\":\"n\"}\n{\"id\":\"b\",\"name\":\"",
         "\"}\n{\"id\":\"c\",\"name\":\"n\"}\n",
         "rejected 2:8388609: the line is longer than 8 MB"},
        {"p.csv", "id,name\na,n\nb,", "\nc,n\n", "rejected 3:3: the row is longer than 8 MB"},
        {"p.csv", "id,name\na,n\nb,\"", "\nc,n\n", "rejected 3:3: "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(buf) struct buf text;
        buf_init(&text, LIMIT_OUTPUT_BYTES);
        buf_add_c(&text, cases[i].head);
        static char chunk[1024 * 1024];
        memset(chunk, 'x', sizeof(chunk));
        for (int k = 0; k < 20; k++) {
            buf_add(&text, (struct str){chunk, sizeof(chunk)});
        }
        buf_add_c(&text, cases[i].tail);
        const char *const files[] = {folder_file(f, cases[i].file, buf_str(&text))};
        struct import_log log = import_files(f, CATALOG_PRODUCTS, true, files, 1);
        assert_int_equal(log.rc, 0);
        assert_int_equal(log.report.rejected, 1);
        assert_memory_equal(log.notices[0], cases[i].want, strlen(cases[i].want));
        AUTO(catalog) struct catalog *c = must_open(f);
        struct catalog_stats stats;
        assert_int_equal(catalog_stats(c, &stats, &log.err), 0);
        assert_int_equal(stats.products, 2);
    }
}

static void
test_progress_stops_an_import(void **state)
{
    struct folder *f = *state;
    AUTO(buf) struct buf text;
    buf_init(&text, 1024 * 1024);
    for (int i = 0; i < 5000; i++) {
        buf_printf(&text, "{\"id\":\"p%d\",\"name\":\"n\"}\n", i);
    }
    const char *const files[] = {folder_file(f, "p.jsonl", buf_str(&text))};
    struct import_log log = {.stop_at = 3000};
    struct catalog_import options = {.progress = on_progress, .arg = &log};
    assert_int_equal(catalog_import(f->db, files, 1, &options, &log.report, &log.err),
                     ERR_CANCELED);
    assert_int_equal(access(f->db, F_OK), -1);
    log = import_files(f, CATALOG_PRODUCTS, false, files, 1);
    expect_report(&log, 5000, 0, 0, 0, 0);
    assert_true(log.progress_calls >= 5);
}

/* The child imports and is killed at its third progress call: rows are in, nothing is committed. */
static bool
die_here(void *arg, const struct catalog_progress *progress)
{
    (void)arg;
    if (progress->rows >= 3000) {
        (void)kill(getpid(), SIGKILL);
    }
    return true;
}

static void
test_a_killed_import_leaves_the_old_index_whole(void **state)
{
    struct folder *f = *state;
    struct import_log log = import_text(f, CATALOG_PRODUCTS, false, "old.jsonl",
                                        "{\"id\":\"p1\",\"name\":\"the old one\"}\n");
    expect_report(&log, 1, 0, 0, 0, 0);
    AUTO(buf) struct buf text;
    buf_init(&text, 1024 * 1024);
    for (int i = 0; i < 5000; i++) {
        buf_printf(&text, "{\"id\":\"p%d\",\"name\":\"brand new\"}\n", i);
    }
    const char *const files[] = {folder_file(f, "p.jsonl", buf_str(&text))};
    for (int replace = 0; replace < 2; replace++) {
        AUTO(catalog) struct catalog *before = must_open(f);
        pid_t child = fork();
        if (child == 0) {
            struct catalog_import options = {.replace = replace == 1, .progress = die_here};
            int rc = catalog_import(f->db, files, 1, &options, &log.report, &log.err);
            _exit(rc == 0 ? 0 : 1);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(found(before, CATALOG_PRODUCTS, "old"), 1);
        AUTO(catalog) struct catalog *after = must_open(f);
        assert_int_equal(found(after, CATALOG_PRODUCTS, "old"), 1);
        assert_int_equal(found(after, CATALOG_PRODUCTS, "brand new"), 0);
    }
    /* The lock died with its holder, and what was left behind is in nobody's way. */
    log = import_files(f, CATALOG_PRODUCTS, true, files, 1);
    expect_report(&log, 4999, 1, 0, 0, 0);
    AUTO(catalog) struct catalog *c = must_open(f);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "old"), 0);
}

static void
test_readers_go_on_through_a_swap(void **state)
{
    struct folder *f = *state;
    struct import_log log =
        import_text(f, CATALOG_PRODUCTS, false, "p.jsonl", "{\"id\":\"a\",\"name\":\"alpha\"}\n");
    expect_report(&log, 1, 0, 0, 0, 0);
    /* A plain connection in the middle of a read: what a search under way is. */
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open_v2(f->db, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM product", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    AUTO(catalog) struct catalog *c = must_open(f);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "alpha"), 1);
    for (int i = 0; i < 5; i++) {
        char row[64];
        (void)snprintf(row, sizeof(row), "{\"id\":\"a\",\"name\":\"beta%d\"}\n", i);
        log = import_text(f, CATALOG_PRODUCTS, true, "p.jsonl", row);
        expect_report(&log, 0, 1, 0, i > 0 ? 1 : 0, 0);
        (void)snprintf(row, sizeof(row), "beta%d", i);
        assert_int_equal(found(c, CATALOG_PRODUCTS, row), 1);
        /* An update through the new file's own journal, with the old reader still there. */
        log = import_text(f, CATALOG_PRODUCTS, false, "p.jsonl",
                          "{\"id\":\"b\",\"name\":\"gamma\"}\n");
        expect_report(&log, 1, 0, 0, 0, 0);
        assert_int_equal(found(c, CATALOG_PRODUCTS, "gamma"), 1);
    }
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "alpha");
    assert_int_equal(sqlite3_step(s), SQLITE_DONE);
    assert_int_equal(sqlite3_reset(s), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "alpha");
    assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "gamma"), 1);
    assert_int_equal(sqlite3_open_v2(f->db, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "ok");
    assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

struct nested {
    struct folder *folder;
    const char *file;
    int rc;
};

static bool
import_within(void *arg, const struct catalog_progress *progress)
{
    (void)progress;
    struct nested *nested = arg;
    struct catalog_import options = {0};
    struct catalog_report report;
    struct err err = {0};
    nested->rc = catalog_import(nested->folder->db, &nested->file, 1, &options, &report, &err);
    return true;
}

/* A file whose words were made by another version of the code: the next import makes it anew and
 * keeps every record. */
static void
test_an_outdated_index_is_rebuilt(void **state)
{
    struct folder *f = *state;
    struct import_log log = import_text(f, CATALOG_PRODUCTS, false, "p.csv", "id,name\n1,apple\n");
    expect_report(&log, 1, 0, 0, 0, 0);
    log = import_text(f, CATALOG_ARTICLES, false, "a.csv", "id,title,text\nt,peel,gently\n");
    expect_report(&log, 1, 0, 0, 0, 0);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "UPDATE meta SET value = 0 WHERE name = 'record_version'; DELETE FROM code;",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    log = import_text(f, CATALOG_PRODUCTS, false, "p.csv", "id,name\n1,apple\n2,pear\n");
    expect_report(&log, 1, 0, 1, 0, 0);
    AUTO(catalog) struct catalog *c = must_open(f);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "apple"), 1);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "pear"), 1);
    assert_int_equal(found(c, CATALOG_PRODUCTS, "1"), 1);
    assert_int_equal(found(c, CATALOG_ARTICLES, "peel"), 1);
}

/* What a user sees who may read the folder and nothing more. 0 as it should be. */
static int
read_as_nobody(const struct folder *f)
{
    enum { NOBODY = 65534 };
    struct catalog *c = NULL;
    struct err err = {0};
    if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0 || catalog_open(f->db, &c, &err) != 0) {
        return 1;
    }
    if (found(c, CATALOG_PRODUCTS, "apple") != 1) {
        return 2;
    }
    catalog_free(c);
    const char *const files[] = {f->files[0]};
    struct catalog_import options = {0};
    struct catalog_report report;
    return catalog_import(f->db, files, 1, &options, &report, &err) == ERR_IO ? 0 : 3;
}

static void
test_a_folder_that_may_only_be_read(void **state)
{
    struct folder *f = *state;
    struct import_log log = import_text(f, CATALOG_PRODUCTS, false, "p.csv", "id,name\n1,apple\n");
    expect_report(&log, 1, 0, 0, 0, 0);
    if (getuid() != 0) {
        skip();
    }
    assert_int_equal(chmod(f->path, 0555), 0);
    pid_t child = fork();
    if (child == 0) {
        _exit(read_as_nobody(f));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_one_import_at_a_time(void **state)
{
    struct folder *f = *state;
    struct nested nested = {f, folder_file(f, "p.csv", STR("id,name\n1,a\n")), 0};
    struct catalog_import options = {.progress = import_within, .arg = &nested};
    struct catalog_report report;
    struct err err = {0};
    assert_int_equal(catalog_import(f->db, &nested.file, 1, &options, &report, &err), 0);
    assert_int_equal(nested.rc, ERR_BUSY);
}

static void
test_a_damaged_catalogue_is_not_overwritten(void **state)
{
    struct folder *f = *state;
    const char *path =
        folder_file(f, "catalog.db", STR("somebody else's file, long enough to read"));
    assert_string_equal(path, f->db);
    struct import_log log = import_text(f, CATALOG_PRODUCTS, true, "p.csv", "id,name\n1,a\n");
    assert_int_equal(log.rc, ERR_INVALID);
    assert_non_null(strstr(log.err.message, "move it away"));
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
    struct import_log log = import_text(f, CATALOG_PRODUCTS, false, "old.csv", "id,name\n1,old\n");
    expect_report(&log, 1, 0, 0, 0, 0);
    const char *const files[] = {folder_file(f, "p.csv", STR("id,name\n1,\"a \"\"b\"\"\"\n2,c\n"))};
    for (size_t kind = 0; kind < 2; kind++) {
        int n = 1;
        for (bool done = false; !done; n++) {
            char spec[32];
            (void)snprintf(spec, sizeof(spec), "%s:%d", kinds[kind], n);
            assert_true(fault_configure(str_c(spec)));
            log = import_files(f, CATALOG_PRODUCTS, true, files, 1);
            assert_true(fault_configure((struct str){0}));
            done = log.rc == 0;
            if (!done) {
                assert_true(log.err.message[0] != '\0');
                AUTO(catalog) struct catalog *c = must_open(f);
                bool in_place = strstr(log.err.message, "is in place") != NULL;
                assert_int_equal(found(c, CATALOG_PRODUCTS, "old"), in_place ? 0 : 1);
            }
        }
        printf("import: %d failures of %s survived\n", n - 2, kinds[kind]);
        assert_true(n > 2);
        log = import_text(f, CATALOG_PRODUCTS, true, "old.csv", "id,name\n1,old\n");
        assert_int_equal(log.rc, 0);
    }
#endif
}

/* A kill at every point where something becomes durable: after it the catalogue is the old one or
 * the new one, never anything else, and the next import works. */
static void
test_a_kill_at_every_point(void **state)
{
    struct folder *f = *state;
#ifndef DESKHAND_FAULT_HOOKS
    (void)f;
    skip();
#else
    int points = 0;
    for (int replace = 0; replace < 2; replace++) {
        int n = 1;
        for (bool killed = true; killed; n++) {
            struct import_log log =
                import_text(f, CATALOG_PRODUCTS, true, "old.csv", "id,name\n1,old\n2,old\n");
            assert_int_equal(log.rc, 0);
            const char *const files[] = {folder_file(f, "p.csv", STR("id,name\n1,new\n2,new\n"))};
            char spec[32];
            (void)snprintf(spec, sizeof(spec), "kill:%d", n);
            pid_t child = fork();
            if (child == 0) {
                (void)fault_configure(str_c(spec));
                log = import_files(f, CATALOG_PRODUCTS, replace == 1, files, 1);
                _exit(log.rc == 0 ? 0 : 1);
            }
            int status = 0;
            assert_int_equal(waitpid(child, &status, 0), child);
            killed = WIFSIGNALED(status);
            assert_true(killed || WEXITSTATUS(status) == 0);
            AUTO(catalog) struct catalog *c = must_open(f);
            size_t old = found(c, CATALOG_PRODUCTS, "old");
            assert_true(old == 0 || old == 2);
            assert_int_equal(found(c, CATALOG_PRODUCTS, "new"), 2 - old);
        }
        points += n - 2;
    }
    printf("import: killed at %d points\n", points);
    assert_true(points >= 4);
#endif
}

static void
test_real_exports_need_no_map(void **state)
{
    struct folder *f = *state;
    static const struct {
        const char *file;
        enum catalog_kind kind;
        uint64_t rows;
    } cases[] = {
        {"product_icecat/products.jsonl", CATALOG_PRODUCTS, 19406},
        {"faq_emanual_tv/docs.jsonl", CATALOG_ARTICLES, 261},
        {"faq_stackfaq/docs.jsonl", CATALOG_ARTICLES, 125},
    };
    const char *shared = getenv("DESKHAND_SHARED");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[600];
        (void)snprintf(path, sizeof(path), "%s/data/%s", shared ? shared : "../shared",
                       cases[i].file);
        if (access(path, R_OK) != 0) {
            skip();
        }
        const char *const files[] = {path};
        struct import_log log = import_files(f, cases[i].kind, true, files, 1);
        assert_int_equal(log.rc, 0);
        assert_int_equal(log.report.rows, cases[i].rows);
        assert_int_equal(log.report.added + log.report.duplicates, cases[i].rows);
        assert_int_equal(log.report.rejected, 0);
        printf("%s: %llu rows, %llu added, %llu duplicates\n", cases[i].file,
               (unsigned long long)log.report.rows, (unsigned long long)log.report.added,
               (unsigned long long)log.report.duplicates);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_rows_of_many_shapes),
        IN_FOLDER(test_articles_of_other_makes),
        IN_FOLDER(test_mistakes_are_told_by_place),
        IN_FOLDER(test_broken_json_is_told_with_its_column),
        IN_FOLDER(test_files_that_are_no_export),
        IN_FOLDER(test_the_last_of_equal_ids_counts),
        IN_FOLDER(test_the_same_file_again_changes_nothing),
        IN_FOLDER(test_update_and_replace),
        IN_FOLDER(test_mapped_fields),
        IN_FOLDER(test_a_line_without_end_is_passed_over),
        IN_FOLDER(test_progress_stops_an_import),
        IN_FOLDER(test_a_killed_import_leaves_the_old_index_whole),
        IN_FOLDER(test_readers_go_on_through_a_swap),
        IN_FOLDER(test_an_outdated_index_is_rebuilt),
        IN_FOLDER(test_a_folder_that_may_only_be_read),
        IN_FOLDER(test_one_import_at_a_time),
        IN_FOLDER(test_a_damaged_catalogue_is_not_overwritten),
        IN_FOLDER(test_failing_memory_and_files),
        IN_FOLDER(test_a_kill_at_every_point),
        IN_FOLDER(test_real_exports_need_no_map),
    };
    return cmocka_run_group_tests_name("catalog-import", tests, NULL, NULL);
}
