#include <stdio.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "catalog/importing.h"

enum { READ_LINE = 0, READ_END = 1, READ_TOO_LONG = 2 };

/* The next line, without its break, borrowed until the source moves on. */
static int
read_line(struct importing *im, struct str *ret, size_t *ret_bytes, struct err *err)
{
    struct source *s = &im->source;
    size_t looked = 0;
    for (;;) {
        struct str window = source_window(s);
        size_t end = str_find_char(window, '\n', looked);
        if (end != SIZE_MAX || (s->eof && window.len > 0)) {
            *ret_bytes = end == SIZE_MAX ? window.len : end + 1;
            *ret = str_sub(window, 0, end == SIZE_MAX ? window.len : end);
            return READ_LINE;
        }
        if (s->eof) {
            return READ_END;
        }
        looked = window.len;
        int rc = source_more(s, err);
        if (rc != 0) {
            return rc < 0 ? rc : READ_TOO_LONG;
        }
    }
}

/* js_parse() says "line 1, column 17: what"; a row is one line, so the column alone is news. */
static void
reject_broken(struct importing *im, uint64_t line, const struct err *parse)
{
    unsigned long column = 1;
    int offset = 0;
    if (sscanf(parse->message, "line 1, column %lu: %n", &column, &offset) != 1) {
        column = 1;
        offset = 0;
    }
    importing_reject(im, line, column, parse->message + offset);
}

/* Where a value's name stands in its line. */
static uint64_t
find_column(struct str line, const struct source_value *value)
{
    char quoted[80];
    if (!value || value->name.len > 64) {
        return 1;
    }
    int len = snprintf(quoted, sizeof(quoted), "\"%" STR_FMT "\"", STR_ARG(value->name));
    size_t at = str_find(line, (struct str){quoted, len > 0 ? (size_t)len : 0}, 0);
    return at == SIZE_MAX ? 1 : at + 1;
}

static int
import_object(struct importing *im, const struct js *object, struct str line, uint64_t number,
              struct err *err)
{
    size_t count = js_count(object);
    struct source_value *values = arena_zero(&im->arena, count + 1, sizeof(*values));
    if (!values) {
        return err_nomem(err);
    }
    size_t i = 0;
    struct js_member member;
    for (struct js_iter it = js_iter(object); i < count && js_next(&it, &member); i++) {
        values[i] = (struct source_value){.name = member.key, .json = member.value};
    }
    struct source_row row = {values, i};
    int rc = importing_row(im, &row, number, err);
    if (rc > 0) {
        importing_reject(im, number, find_column(line, im->note.fault), err->message);
        rc = 0;
    }
    return rc;
}

static int
import_line(struct importing *im, struct str line, uint64_t number, struct err *err)
{
    struct js *object = NULL;
    struct err parse = {0};
    arena_clear(&im->arena);
    if (js_parse(line, &im->arena, &object, &parse) != 0) {
        if (parse.code == ERR_NOMEM) {
            *err = parse;
            return ERR_NOMEM;
        }
        reject_broken(im, number, &parse);
        return 0;
    }
    if (js_type(object) != JS_OBJECT || js_count(object) > RECORD_COLUMNS) {
        importing_reject(im, number, 1,
                         js_type(object) != JS_OBJECT ? "a row must be a JSON object"
                                                      : "more than 4096 fields");
        return 0;
    }
    return import_object(im, object, line, number, err);
}

int
import_jsonl(struct importing *im, struct err *err)
{
    for (;;) {
        struct str line;
        size_t bytes = 0;
        int rc = read_line(im, &line, &bytes, err);
        if (rc < 0 || rc == READ_END) {
            return rc < 0 ? rc : 0;
        }
        uint64_t number = im->source.line;
        bool blank = rc == READ_LINE && str_trim(line).len == 0;
        int counted = blank ? 0 : importing_count(im, err);
        if (counted != 0) {
            return counted;
        }
        if (rc == READ_TOO_LONG) {
            importing_reject(im, number, LIMIT_IMPORT_LINE + 1, "the line is longer than 8 MB");
            rc = source_skip_line(&im->source, err);
        } else {
            rc = blank ? 0 : import_line(im, line, number, err);
            source_step(&im->source, bytes);
        }
        if (rc != 0) {
            return rc;
        }
    }
}
