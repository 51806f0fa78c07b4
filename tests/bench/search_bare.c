/* FTS5 alone: the texts that the index holds, put into a bare table under the pragmas of an
 * import, nothing else in the time; and what the catalogue's file is made of. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "catalog/record.h"
#include "search_parts.h"

enum {
    COLUMNS = 8,
    BATCH = 1000,
    /* Rows that are looked at for the commonest words. */
    COMMON_ROWS = 5000,
};

#define BARE_COLUMNS "name, code, brand, category, features, specs, issues, description"

struct bare {
    const char *name;
    const char *mark;
    const char *tokenize;
    sqlite3 *db;
    sqlite3_stmt *insert;
    struct timing took;
    char path[SEARCH_PATH + 8];
};

static void
check(sqlite3 *db, int rc, const char *what)
{
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) {
        bench_fail(what, sqlite3_errmsg(db));
    }
}

static sqlite3 *
open_catalogue(const char *path)
{
    sqlite3 *db = NULL;
    check(db, sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), path);
    return db;
}

static void
bare_open(struct bare *bare)
{
    char sql[512];
    check(bare->db, sqlite3_open(bare->path, &bare->db), bare->path);
    (void)snprintf(sql, sizeof(sql),
                   "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                   "PRAGMA locking_mode = EXCLUSIVE; PRAGMA secure_delete = OFF;"
                   "PRAGMA cache_size = -65536; BEGIN;"
                   "CREATE VIRTUAL TABLE bare USING fts5(" BARE_COLUMNS
                   ", content='', tokenize='%s')",
                   bare->tokenize);
    check(bare->db, sqlite3_exec(bare->db, sql, NULL, NULL, NULL), "bare table");
    check(bare->db,
          sqlite3_prepare_v2(bare->db,
                             "INSERT INTO bare(" BARE_COLUMNS
                             ", rowid) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                             -1, &bare->insert, NULL),
          "bare insert");
}

static void
bare_add(struct bare *bare, const struct entry *entries, size_t count, int64_t first)
{
    struct timing start = timing_thread();
    for (size_t i = 0; i < count; i++) {
        for (int k = 0; k < COLUMNS; k++) {
            struct str text = entries[i].columns[k];
            (void)sqlite3_bind_text(bare->insert, k + 1, text.ptr ? text.ptr : "", (int)text.len,
                                    SQLITE_STATIC);
        }
        (void)sqlite3_bind_int64(bare->insert, COLUMNS + 1, first + (int64_t)i);
        check(bare->db, sqlite3_step(bare->insert), "bare insert");
        (void)sqlite3_reset(bare->insert);
    }
    struct timing took = timing_since(start, timing_thread());
    bare->took.wall += took.wall;
    bare->took.cpu += took.cpu;
}

static void
bare_commit(struct bare *bare)
{
    struct timing start = timing_thread();
    check(bare->db, sqlite3_exec(bare->db, "COMMIT", NULL, NULL, NULL), "commit");
    struct timing took = timing_since(start, timing_thread());
    bare->took.wall += took.wall;
    bare->took.cpu += took.cpu;
}

/* Up to BATCH records as the index sees them; their texts live in ARENA. */
static size_t
read_batch(sqlite3_stmt *rows, struct arena *arena, struct entry entries[BATCH])
{
    size_t count = 0;
    struct err err = {0};
    while (count < BATCH && sqlite3_step(rows) == SQLITE_ROW) {
        struct str record = {(const char *)sqlite3_column_text(rows, 0),
                             (size_t)sqlite3_column_bytes(rows, 0)};
        record = arena_str(arena, record);
        if (entry_read(CATALOG_PRODUCTS, record, arena, &entries[count], &err) != 0) {
            bench_fail("a record", err.message);
        }
        count++;
    }
    return count;
}

/* Every record (at most LIMIT) into each of the tables. */
static size_t
fill(const char *path, struct bare *bare, size_t bare_count, int64_t limit)
{
    static struct entry entries[BATCH];
    sqlite3 *db = open_catalogue(path);
    sqlite3_stmt *rows = NULL;
    check(
        db,
        sqlite3_prepare_v2(db, "SELECT record FROM product ORDER BY doc LIMIT ?1", -1, &rows, NULL),
        "read the records");
    (void)sqlite3_bind_int64(rows, 1, limit);
    size_t total = 0;
    size_t count = BATCH;
    while (count == BATCH) {
        AUTO(arena) struct arena arena = {0};
        count = read_batch(rows, &arena, entries);
        for (size_t i = 0; i < bare_count; i++) {
            bare_add(&bare[i], entries, count, (int64_t)total + 1);
        }
        total += count;
    }
    (void)sqlite3_finalize(rows);
    (void)sqlite3_close(db);
    return total;
}

static double
megabytes(sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    double bytes = 0;
    if (sqlite3_prepare_v2(db,
                           "SELECT page_count * page_size FROM pragma_page_count,"
                           " pragma_page_size",
                           -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW) {
        bytes = sqlite3_column_double(s, 0);
    }
    (void)sqlite3_finalize(s);
    return bytes / 1e6;
}

static void
bare_print(const struct bench *b, const struct bare *bare, size_t rows)
{
    figure_print(
        bare->name, NULL, "%zu rows in %.1f s (%.1f s of processor): %.0f rows a second, %.0f MB",
        rows, bare->took.wall, bare->took.cpu, (double)rows / bare->took.wall, megabytes(bare->db));
    double share = bare->took.wall / b->import_seconds * (double)b->rows / (double)rows;
    double cpu = bare->took.cpu / b->import_cpu * (double)b->rows / (double)rows;
    figure_print("  import beside it", bare->mark, "%.2f of its rate (%.2f by processor time)",
                 share, cpu);
}

void
bare_run(const struct bench *b)
{
    struct bare bare[] = {
        {.name = "FTS5 alone, porter",
         .mark = "0.6",
         .tokenize = "porter unicode61 remove_diacritics 2"},
        {.name = "FTS5 alone, as it comes", .mark = "0.6", .tokenize = "unicode61"},
    };
    enum { COUNT = sizeof(bare) / sizeof(bare[0]) };
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(bare[i].path, sizeof(bare[i].path), "%s%zu", b->bare_db, i);
        (void)unlink(bare[i].path);
        bare_open(&bare[i]);
    }
    size_t rows = fill(b->db, bare, COUNT, -1);
    for (size_t i = 0; i < COUNT; i++) {
        bare_commit(&bare[i]);
        bare_print(b, &bare[i], rows);
        (void)sqlite3_finalize(bare[i].insert);
        (void)sqlite3_close(bare[i].db);
        (void)unlink(bare[i].path);
    }
}

/* The words most records hold ----------------------------------------------------------------- */

void
common_words_find(struct bench *b)
{
    struct bare bare = {.tokenize = "unicode61", .path = ":memory:"};
    sqlite3_stmt *s = NULL;
    bare_open(&bare);
    (void)fill(b->db, &bare, 1, COMMON_ROWS);
    bare_commit(&bare);
    check(bare.db,
          sqlite3_exec(bare.db, "CREATE VIRTUAL TABLE v USING fts5vocab(bare, row)", NULL, NULL,
                       NULL),
          "commonest words");
    check(bare.db,
          sqlite3_prepare_v2(bare.db,
                             "SELECT term FROM v WHERE term NOT GLOB '*[^a-z]*' AND length(term)"
                             " > 3 AND term NOT IN ('with', 'this', 'that', 'from', 'your')"
                             " ORDER BY doc DESC, term LIMIT ?1",
                             -1, &s, NULL),
          "commonest words");
    (void)sqlite3_bind_int(s, 1, SEARCH_COMMON);
    for (size_t i = 0; i < SEARCH_COMMON && sqlite3_step(s) == SQLITE_ROW; i++) {
        (void)snprintf(b->common[i], sizeof(b->common[i]), "%s",
                       (const char *)sqlite3_column_text(s, 0));
    }
    (void)sqlite3_finalize(s);
    (void)sqlite3_finalize(bare.insert);
    (void)sqlite3_close(bare.db);
}

/* Room ---------------------------------------------------------------------------------------- */

static const struct {
    const char *prefix;
    const char *what;
} parts[] = {
    {"product_fts", "FTS5"}, {"product", "records"}, {"sqlite_autoindex_product", "ids"},
    {"code", "codes"},       {"index_", "segments"}, {"", "the rest"},
};
enum { PARTS = sizeof(parts) / sizeof(parts[0]), RECORDS = 1 };

static size_t
part_of(const char *table)
{
    size_t i = 0;
    while (strncmp(table, parts[i].prefix, strlen(parts[i].prefix)) != 0) {
        i++; /* the last fits all */
    }
    return i;
}

void
sizes_print(const struct bench *b)
{
    double bytes[PARTS] = {0};
    double all = 0;
    sqlite3 *db = open_catalogue(b->db);
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, "SELECT name, sum(pgsize) FROM dbstat GROUP BY name", -1, &s,
                           NULL) != SQLITE_OK) {
        figure_print("file", NULL, "%.0f MB; this SQLite has no dbstat, so no parts",
                     megabytes(db));
        (void)sqlite3_close(db);
        return;
    }
    while (sqlite3_step(s) == SQLITE_ROW) {
        double size = sqlite3_column_double(s, 1);
        bytes[part_of((const char *)sqlite3_column_text(s, 0))] += size;
        all += size;
    }
    (void)sqlite3_finalize(s);
    (void)sqlite3_close(db);
    figure_print("index without records", "900 MB", "%.0f MB (dbstat: all tables but product)",
                 (all - bytes[RECORDS]) / 1e6);
    for (size_t i = 0; i < PARTS; i++) {
        if (bytes[i] > 0) {
            char what[64];
            (void)snprintf(what, sizeof(what), "  %s", parts[i].what);
            figure_print(what, NULL, "%.1f MB", bytes[i] / 1e6);
        }
    }
}
