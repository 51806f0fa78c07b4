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

static inline struct import_log
import_text(struct folder *f, enum catalog_kind kind, bool replace, const char *name,
            const char *text)
{
    const char *const files[] = {folder_file(f, name, str_c(text))};
    return import_files(f, kind, replace, files, 1);
}

#endif
