/* What the three catalogue tests share: a folder that goes away, files with given contents, and an
 * import that collects what it was told. */
#ifndef TEST_CATALOG_FIXTURE_H
#define TEST_CATALOG_FIXTURE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "catalog/index/segment.h"

struct folder {
    char path[64];
    char db[96];
    char files[8][96];
    size_t file_count;
};

enum { NOTICES = 64 };

struct import_log {
    struct catalog_report report;
    struct err err;
    int rc;
    char notices[NOTICES][300]; /* "rejected 3:14: price: ..." */
    size_t count;
    uint64_t progress_calls;
    uint64_t stop_at; /* stop at that row; 0: never */
};

static inline void
folder_make(struct folder *f)
{
    memset(f, 0, sizeof(*f));
    (void)snprintf(f->path, sizeof(f->path), "/tmp/test-catalog-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    (void)snprintf(f->db, sizeof(f->db), "%s/catalog.db", f->path);
}

static inline void
folder_remove(struct folder *f)
{
    DIR *dir = opendir(f->path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        char name[400];
        (void)snprintf(name, sizeof(name), "%s/%s", f->path, entry->d_name);
        (void)unlink(name);
    }
    if (dir) {
        (void)closedir(dir);
    }
    (void)rmdir(f->path);
}

static inline size_t
folder_count(const struct folder *f)
{
    size_t count = 0;
    DIR *dir = opendir(f->path);
    while (dir && readdir(dir)) {
        count++;
    }
    if (dir) {
        (void)closedir(dir);
    }
    return count - 2;
}

static inline const char *
folder_file(struct folder *f, const char *name, struct str text)
{
    char *path = f->files[f->file_count++ % 8];
    char folder[64];
    memcpy(folder, f->path, sizeof(folder));
    (void)snprintf(path, 96, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline void
on_notice(void *arg, const struct catalog_notice *notice)
{
    static const char *const kinds[] = {"rejected", "duplicate", "remark"};
    struct import_log *log = arg;
    if (log->count < NOTICES) {
        (void)snprintf(log->notices[log->count], sizeof(log->notices[0]), "%s %llu:%llu: %s",
                       kinds[notice->kind], (unsigned long long)notice->line,
                       (unsigned long long)notice->column, notice->reason);
    }
    log->count++;
}

static inline bool
on_progress(void *arg, const struct catalog_progress *progress)
{
    struct import_log *log = arg;
    log->progress_calls++;
    return log->stop_at == 0 || progress->rows < log->stop_at;
}

static inline struct import_log
import_files(struct folder *f, enum catalog_kind kind, bool replace, const char *const *files,
             size_t count)
{
    struct import_log log = {0};
    struct catalog_import options = {.kind = kind,
                                     .replace = replace,
                                     .notice = on_notice,
                                     .progress = on_progress,
                                     .arg = &log};
    log.rc = catalog_import(f->db, files, count, &options, &log.report, &log.err);
    return log;
}

/* The products' segments hold every row of the table once, and nothing else. Returns how many. */
static inline size_t
check_segments(const struct folder *f)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    struct err err = {0};
    struct segment_totals totals;
    assert_int_equal(sqlite3_open_v2(f->db, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(*), total(doc = ?1) FROM product", -1, &s, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    size_t rows = (size_t)sqlite3_column_int64(s, 0);
    assert_int_equal(segment_totals(db, &totals, &err), 0);
    assert_int_equal(totals.live, rows);
    struct segment_reader *reader = NULL;
    size_t segments = 0;
    assert_int_equal(segment_reader_open(db, &reader, &err), 0);
    assert_int_equal(segment_read_begin(reader, &segments, &err), 0);
    size_t doc = 0;
    size_t found = 0;
    for (size_t i = 0; i < segments; i++) {
        for (uint32_t k = 0; doc < segment_docs(reader) && k < SEGMENT_DOCS; k++, doc++) {
            struct segment_attributes attributes;
            if (segment_attributes(reader, i, k, &attributes, &err) != 0) {
                break;
            }
            (void)sqlite3_reset(s);
            (void)sqlite3_bind_int64(s, 1, attributes.row);
            assert_int_equal(sqlite3_step(s), SQLITE_ROW);
            bool there = sqlite3_column_int64(s, 1) == 1;
            assert_true(there || segment_gone(reader, i, k));
            found += segment_gone(reader, i, k) ? 0 : 1;
        }
    }
    assert_int_equal(found, rows);
    segment_read_end(reader);
    segment_reader_free(reader);
    (void)sqlite3_finalize(s);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return rows;
}

static inline struct import_log
import_text(struct folder *f, enum catalog_kind kind, bool replace, const char *name,
            const char *text)
{
    const char *const files[] = {folder_file(f, name, str_c(text))};
    return import_files(f, kind, replace, files, 1);
}

#endif
