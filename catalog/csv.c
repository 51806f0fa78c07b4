#include "catalog/csv.h"

#include <string.h>

#include "base/alloc.h"

struct reader {
    struct str bytes;
    bool whole;
    char separator;
    size_t at;
    struct arena *arena;
    struct csv_record *record;
};

static enum csv_result
bad(struct reader *r, size_t at, const char *reason)
{
    r->record->fault = at;
    r->record->reason = reason;
    return CSV_BAD;
}

/* A copy of S with each doubled quote single. */
static struct str
undouble(struct arena *arena, struct str s)
{
    struct str copy = arena_str(arena, s);
    if (!copy.ptr) {
        return copy;
    }
    char *out = (char *)copy.ptr;
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        out[len++] = s.ptr[i];
        i += s.ptr[i] == '"' ? 1 : 0;
    }
    copy.len = len;
    return copy;
}

/* A quoted field whose quote is at r->at; r->at ends behind its closing quote. */
static enum csv_result
read_quoted(struct reader *r, struct str *ret)
{
    size_t open = r->at;
    size_t at = open + 1;
    bool doubled = false;
    for (;;) {
        at = str_find_char(r->bytes, '"', at);
        if (at == SIZE_MAX) {
            return r->whole ? bad(r, open, "a quoted field is not closed") : CSV_SHORT;
        }
        if (at + 1 == r->bytes.len && !r->whole) {
            return CSV_SHORT;
        }
        if (at + 1 >= r->bytes.len || r->bytes.ptr[at + 1] != '"') {
            break;
        }
        doubled = true;
        at += 2;
    }
    *ret = str_sub(r->bytes, open + 1, at - open - 1);
    r->at = at + 1;
    if (doubled) {
        *ret = undouble(r->arena, *ret);
        return ret->ptr ? CSV_RECORD : CSV_NOMEM;
    }
    return CSV_RECORD;
}

static void
read_plain(struct reader *r, struct str *ret)
{
    size_t start = r->at;
    while (r->at < r->bytes.len && r->bytes.ptr[r->at] != r->separator &&
           r->bytes.ptr[r->at] != '\n') {
        r->at++;
    }
    size_t end = r->at;
    bool at_break = end == r->bytes.len || r->bytes.ptr[end] == '\n';
    end -= at_break && end > start && r->bytes.ptr[end - 1] == '\r' ? 1 : 0;
    *ret = str_sub(r->bytes, start, end - start);
}

/* Behind a field: true when the record ends here (its line break is stepped over). */
static enum csv_result
read_border(struct reader *r, bool *ret_last)
{
    *ret_last = true;
    if (r->at == r->bytes.len) {
        return r->whole ? CSV_RECORD : CSV_SHORT;
    }
    char c = r->bytes.ptr[r->at];
    if (c == r->separator) {
        r->at++;
        *ret_last = false;
        return CSV_RECORD;
    }
    if (c == '\r') {
        if (r->at + 1 == r->bytes.len) {
            r->at++;
            return r->whole ? CSV_RECORD : CSV_SHORT;
        }
        if (r->bytes.ptr[r->at + 1] == '\n') {
            r->at += 2;
            return CSV_RECORD;
        }
    }
    if (c == '\n') {
        r->at++;
        return CSV_RECORD;
    }
    return bad(r, r->at, "text stands behind a closing quote");
}

static enum csv_result
read_field(struct reader *r, bool *ret_last)
{
    struct csv_record *record = r->record;
    struct csv_field field = {.offset = r->at};
    record->fault = r->at;
    if (r->at < r->bytes.len && r->bytes.ptr[r->at] == '"') {
        enum csv_result result = read_quoted(r, &field.text);
        if (result != CSV_RECORD) {
            return result;
        }
    } else {
        read_plain(r, &field.text);
    }
    if (!mem_grow(record->fields, record->count, record->capacity)) {
        return CSV_NOMEM;
    }
    record->fields[record->count++] = field;
    return read_border(r, ret_last);
}

enum csv_result
csv_read(struct str bytes, bool whole, char separator, size_t max_fields, struct arena *arena,
         struct csv_record *record)
{
    struct reader r = {bytes, whole, separator, 0, arena, record};
    record->count = 0;
    record->used = 0;
    if (bytes.len == 0) {
        return whole ? CSV_END : CSV_SHORT;
    }
    bool last = false;
    while (!last) {
        if (record->count == max_fields) {
            return bad(&r, r.at, "more fields than anyone needs");
        }
        enum csv_result result = read_field(&r, &last);
        if (result != CSV_RECORD) {
            return result;
        }
    }
    record->used = r.at;
    return CSV_RECORD;
}

void
csv_done(struct csv_record *record)
{
    mem_free(record->fields);
    *record = (struct csv_record){0};
}

char
csv_separator(struct str bytes)
{
    static const char candidates[] = ",;\t";
    size_t counts[3] = {0};
    bool quoted = false;
    for (size_t i = 0; i < bytes.len && (quoted || bytes.ptr[i] != '\n'); i++) {
        char c = bytes.ptr[i];
        quoted = c == '"' ? !quoted : quoted;
        for (size_t k = 0; k < 3 && !quoted; k++) {
            counts[k] += c == candidates[k] ? 1 : 0;
        }
    }
    size_t best = 0;
    for (size_t k = 1; k < 3; k++) {
        best = counts[k] > counts[best] ? k : best;
    }
    return candidates[best];
}
