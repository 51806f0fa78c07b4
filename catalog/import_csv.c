#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "catalog/csv.h"
#include "catalog/fields.h"
#include "catalog/importing.h"

struct table {
    struct importing *im;
    char separator;
    struct csv_record record;
    struct arena header_arena;
    struct str *names;
    size_t columns;
};

/* Line and column of OFFSET in the record at the start of the window. */
static void
find_place(const struct table *t, size_t offset, uint64_t *ret_line, uint64_t *ret_column)
{
    struct str window = source_window(&t->im->source);
    *ret_line = t->im->source.line;
    *ret_column = offset + 1;
    for (size_t i = 0; i < offset && i < window.len; i++) {
        if (window.ptr[i] == '\n') {
            (*ret_line)++;
            *ret_column = offset - i;
        }
    }
}

/* Report what is wrong at OFFSET and go on at the next line behind it. A quote that nothing closes
 * is a slip in its own line: the lines it would swallow are rows. */
static int
skip_broken(struct table *t, size_t offset, const char *reason, struct err *err)
{
    uint64_t line;
    uint64_t column;
    find_place(t, offset, &line, &column);
    importing_reject(t->im, line, column, reason);
    source_step(&t->im->source, offset);
    return source_skip_line(&t->im->source, err);
}

/* The next record into t->record. 0; 1 the end; 2 it was broken and is reported. */
static int
read_record(struct table *t, struct err *err)
{
    struct source *s = &t->im->source;
    for (;;) {
        enum csv_result result = csv_read(source_window(s), s->eof, t->separator, RECORD_COLUMNS,
                                          &t->im->arena, &t->record);
        int rc = 0;
        switch (result) {
        case CSV_RECORD:
            return 0;
        case CSV_END:
            return 1;
        case CSV_NOMEM:
            return err_nomem(err);
        case CSV_BAD:
            rc = skip_broken(t, t->record.fault, t->record.reason, err);
            return rc != 0 ? rc : 2;
        case CSV_SHORT:
            rc = source_more(s, err);
            break;
        }
        if (rc < 0) {
            return rc;
        }
        if (rc > 0) {
            rc = skip_broken(t, t->record.fault, "the row is longer than 8 MB", err);
            return rc != 0 ? rc : 2;
        }
    }
}

/* Has the header an id (or what may stand for it) and a name? */
static int
check_header(const struct table *t, struct err *err)
{
    const struct catalog_import *options = t->im->options;
    bool has_id = false;
    bool has_name = false;
    size_t count = 0;
    const struct field_row *rows = fields_of(options->kind, &count);
    for (size_t i = 0; i < t->columns; i++) {
        struct str name = t->names[i];
        for (size_t k = 0; k < options->map_count; k++) {
            name = str_eq(options->map[k].source, t->names[i]) ? options->map[k].field : name;
        }
        int trust = 0;
        int found = fields_find(options->kind, name, &trust);
        enum field field = found >= 0 ? rows[found].field : FIELD_COUNT;
        has_id = has_id || field == FIELD_ID || field == FIELD_MODEL;
        has_name = has_name || field == FIELD_NAME;
    }
    if (has_id && has_name) {
        return 0;
    }
    return err_set(
        err, ERR_INVALID,
        "import: %s: no column of the header is known as %s; name it with --map %s=COLUMN",
        t->im->source.path, has_id ? "a name or title" : "an id", has_id ? rows[1].names[0] : "id");
}

static int
read_header(struct table *t, struct err *err)
{
    int rc = read_record(t, err);
    if (rc != 0) {
        return rc < 0 ? rc
                      : err_set(err, ERR_INVALID, "import: %s: no header line", t->im->source.path);
    }
    t->columns = t->record.count;
    t->names = arena_zero(&t->header_arena, t->columns + 1, sizeof(struct str));
    for (size_t i = 0; t->names && i < t->columns; i++) {
        struct str name = str_trim(t->record.fields[i].text);
        if (!utf8_valid(name)) {
            return err_set(err, ERR_INVALID, "import: %s:1: column %zu of the header is not UTF-8",
                           t->im->source.path, i + 1);
        }
        t->names[i] = arena_str(&t->header_arena, name);
        if (!t->names[i].ptr) {
            return err_nomem(err);
        }
    }
    if (!t->names) {
        return err_nomem(err);
    }
    source_step(&t->im->source, t->record.used);
    return check_header(t, err);
}

/* What no field may hold; NULL when it is fine. */
static const char *
text_fault(struct str text)
{
    if (!utf8_valid(text)) {
        return "is not valid UTF-8";
    }
    return text.len > 0 && memchr(text.ptr, '\0', text.len) ? "holds a NUL byte" : NULL;
}

/* Check a record against the header and make it a row. False: reported. */
static bool
read_row(struct table *t, struct source_row *ret, struct source_value *values)
{
    char reason[160];
    uint64_t line;
    uint64_t column;
    const struct csv_record *record = &t->record;
    if (record->count != t->columns) {
        size_t place = record->count > t->columns ? record->fields[t->columns].offset : 0;
        find_place(t, place, &line, &column);
        (void)snprintf(reason, sizeof(reason), "has %zu fields where the header has %zu",
                       record->count, t->columns);
        importing_reject(t->im, line, column, reason);
        return false;
    }
    for (size_t i = 0; i < t->columns; i++) {
        const char *fault = text_fault(record->fields[i].text);
        if (fault) {
            find_place(t, record->fields[i].offset, &line, &column);
            (void)snprintf(reason, sizeof(reason), "%" STR_FMT ": %s",
                           STR_ARG(str_sub(t->names[i], 0, 60)), fault);
            importing_reject(t->im, line, column, reason);
            return false;
        }
        values[i] = (struct source_value){.name = t->names[i], .text = record->fields[i].text};
    }
    *ret = (struct source_row){values, t->columns};
    return true;
}

static int
import_record(struct table *t, struct err *err)
{
    struct importing *im = t->im;
    struct source_row row;
    struct source_value *values = arena_zero(&im->arena, t->columns + 1, sizeof(*values));
    if (!values) {
        return err_nomem(err);
    }
    if (!read_row(t, &row, values)) {
        return 0;
    }
    int rc = importing_row(im, &row, im->source.line, err);
    if (rc > 0) {
        uint64_t line;
        uint64_t column;
        const struct source_value *fault = im->note.fault;
        find_place(t, fault ? t->record.fields[fault - values].offset : 0, &line, &column);
        importing_reject(im, line, column, err->message);
        rc = 0;
    }
    return rc;
}

static bool
is_blank(const struct csv_record *record)
{
    return record->count == 1 && str_trim(record->fields[0].text).len == 0;
}

static int
import_rows(struct table *t, struct err *err)
{
    for (;;) {
        arena_clear(&t->im->arena);
        int rc = read_record(t, err);
        if (rc == 1 || rc < 0) {
            return rc < 0 ? rc : 0;
        }
        bool blank = rc == 0 && is_blank(&t->record);
        int counted = blank ? 0 : importing_count(t->im, err);
        if (counted != 0) {
            return counted;
        }
        if (rc == 2) {
            continue;
        }
        rc = blank ? 0 : import_record(t, err);
        source_step(&t->im->source, t->record.used);
        if (rc != 0) {
            return rc;
        }
    }
}

int
import_csv(struct importing *im, struct err *err)
{
    struct table t = {.im = im, .separator = csv_separator(source_window(&im->source))};
    arena_clear(&im->arena);
    int rc = read_header(&t, err);
    if (rc == 0) {
        rc = import_rows(&t, err);
    }
    csv_done(&t.record);
    arena_done(&t.header_arena);
    return rc;
}
