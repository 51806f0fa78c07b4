#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "catalog/fields.h"
#include "catalog/importing.h"

enum {
    PROGRESS_ROWS = 1000,
    MAP_MAX = 64,
};

void
importing_notice(struct importing *im, enum catalog_notice_kind kind, uint64_t line,
                 uint64_t column, const char *reason)
{
    struct catalog_notice notice = {
        .kind = kind,
        .file = im->source.path,
        .line = line,
        .column = column,
        .reason = reason,
    };
    if (im->options->notice) {
        im->options->notice(im->options->arg, &notice);
    }
}

void
importing_reject(struct importing *im, uint64_t line, uint64_t column, const char *reason)
{
    im->report->rejected++;
    importing_notice(im, CATALOG_REJECTED, line, column, reason);
}

static int
show_progress(struct importing *im, struct err *err)
{
    struct catalog_progress progress = {
        .rows = im->report->rows,
        .bytes_done = im->bytes_before + im->source.done,
        .bytes_total = im->bytes_total,
    };
    im->next_progress = im->report->rows + PROGRESS_ROWS;
    if (im->options->progress && !im->options->progress(im->options->arg, &progress)) {
        return err_set(err, ERR_CANCELED, "import: stopped; nothing was changed");
    }
    return 0;
}

int
importing_count(struct importing *im, struct err *err)
{
    im->report->rows++;
    return im->report->rows >= im->next_progress ? show_progress(im, err) : 0;
}

/* Prices that read two ways: one row names them all. */
static void
remark_price(struct importing *im, uint64_t line)
{
    if (im->note.price_guessed && !im->price_remarked) {
        im->price_remarked = true;
        importing_notice(im, CATALOG_REMARK, line, 1,
                         "price: a point or comma before three digits is read as thousands "
                         "('1.299' is 1299), here and below; write 1.30 where cents are meant");
    }
}

int
importing_row(struct importing *im, const struct source_row *row, uint64_t line, struct err *err)
{
    buf_clear(&im->record);
    int rc = record_build(im->options, row, &im->arena, &im->record, im->used, &im->note, err);
    if (rc != 0) {
        return rc == ERR_INVALID ? 1 : rc;
    }
    remark_price(im, line);
    uint64_t earlier = 0;
    rc = writer_put(im->writer, im->note.id, buf_str(&im->record), line, &earlier, err);
    if (rc == 0 && earlier != 0) {
        char reason[96];
        (void)snprintf(reason, sizeof(reason), "id: line %llu has the same; this row counts",
                       (unsigned long long)earlier);
        im->report->duplicates++;
        importing_notice(im, CATALOG_DUPLICATE, line, 1, reason);
    }
    return rc;
}

static bool
ends_with(const char *path, const char *ending)
{
    struct str name = str_c(path);
    struct str end = str_c(ending);
    return name.len >= end.len && str_eq_nocase(str_sub(name, name.len - end.len, end.len), end);
}

/* Which format: what the first byte says, then the name. */
static int
import_source(struct importing *im, struct err *err)
{
    const char *path = im->source.path;
    struct str window = str_trim(source_window(&im->source));
    char first = window.len > 0 ? window.ptr[0] : '\0';
    bool named_json =
        ends_with(path, ".json") || ends_with(path, ".jsonl") || ends_with(path, ".ndjson");
    if (first == '[' && (named_json || (window.len > 1 && window.ptr[1] != ','))) {
        return err_set(err, ERR_INVALID,
                       "import: %s is one JSON array; write one object a line (jq -c '.[]')", path);
    }
    return first == '{' || named_json ? import_jsonl(im, err) : import_csv(im, err);
}

static int
import_file(struct importing *im, const char *path, struct err *err)
{
    int rc = source_open(&im->source, path, err);
    if (rc != 0) {
        return rc;
    }
    rc = import_source(im, err);
    im->bytes_before += im->source.done;
    source_close(&im->source);
    return rc;
}

/* Sizes of all files; 0 as soon as one has none. */
static uint64_t
total_bytes(const char *const *files, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        struct stat st;
        if (stat(files[i], &st) != 0 || !S_ISREG(st.st_mode)) {
            return 0;
        }
        total += (uint64_t)st.st_size;
    }
    return total;
}

/* A mapped source that no row had is a misspelling more often than not. */
static void
remark_unused(struct importing *im, const char *file)
{
    im->source.path = file;
    for (size_t i = 0; i < im->options->map_count; i++) {
        char reason[160];
        if (im->used[i] > 0) {
            continue;
        }
        (void)snprintf(reason, sizeof(reason),
                       "no row has the field '%" STR_FMT "' that is mapped to %" STR_FMT,
                       STR_ARG(str_sub(im->options->map[i].source, 0, 60)),
                       STR_ARG(str_sub(im->options->map[i].field, 0, 40)));
        importing_notice(im, CATALOG_REMARK, 0, 0, reason);
    }
    im->source.path = NULL;
}

static int
import_all(struct importing *im, const char *const *files, size_t count, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = import_file(im, files[i], err);
    }
    if (rc != 0) {
        return rc;
    }
    remark_unused(im, files[0]);
    if (im->report->rows == im->report->rejected) {
        return err_set(err, ERR_INVALID, "import: %s: no usable row; nothing was changed",
                       files[0]);
    }
    /* The last chance to stop it: behind this the rows are in. */
    rc = show_progress(im, err);
    return rc != 0 ? rc : writer_finish(im->writer, im->report, err);
}

int
catalog_import(const char *path, const char *const *files, size_t count,
               const struct catalog_import *options, struct catalog_report *report, struct err *err)
{
    *report = (struct catalog_report){0};
    if (count == 0 || options->map_count > MAP_MAX) {
        return err_set(err, ERR_INVALID, "import: %s",
                       count == 0 ? "no file is named" : "more than 64 fields are mapped");
    }
    uint64_t used[MAP_MAX] = {0};
    AUTO(writer) struct writer *writer = NULL;
    AUTO(buf) struct buf record;
    buf_init(&record, (size_t)2 * LIMIT_IMPORT_LINE);
    int rc = writer_open(path, options, &writer, err);
    if (rc != 0) {
        return rc;
    }
    struct importing im = {
        .options = options,
        .report = report,
        .writer = writer,
        .record = record,
        .used = used,
        .bytes_total = total_bytes(files, count),
    };
    rc = import_all(&im, files, count, err);
    rc = rc != 0 ? rc : writer_close(TAKE(writer), err);
    record = im.record;
    arena_done(&im.arena);
    return rc;
}

int
catalog_map_parse(enum catalog_kind kind, struct str text, struct catalog_map *ret, struct err *err)
{
    size_t count = 0;
    const struct field_row *rows = fields_of(kind, &count);
    size_t equals = str_find_char(text, '=', 0);
    struct str field = str_trim(str_sub(text, 0, equals == SIZE_MAX ? text.len : equals));
    struct str source = equals == SIZE_MAX ? (struct str){0} : str_sub(text, equals + 1, SIZE_MAX);
    if (field.len == 0 || source.len == 0) {
        return err_set(err, ERR_INVALID, "map: '%" STR_FMT "' is not FIELD=SOURCE",
                       STR_ARG(str_sub(text, 0, 60)));
    }
    bool known = kind == CATALOG_PRODUCTS && fields_spec_name(field).len > 0;
    for (size_t i = 0; i < count; i++) {
        known = known || str_eq_c(field, rows[i].names[0]);
    }
    if (known) {
        *ret = (struct catalog_map){field, source};
        return 0;
    }
    char names[200] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof(names); i++) {
        int len = snprintf(names + used, sizeof(names) - used, "%s%s", i > 0 ? ", " : "",
                           rows[i].names[0]);
        used += len > 0 ? (size_t)len : 0;
    }
    return err_set(err, ERR_INVALID, "map: there is no field '%" STR_FMT "'; there are %s",
                   STR_ARG(str_sub(field, 0, 30)), names);
}
