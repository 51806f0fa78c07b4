/* catalog search --batch: many queries, one answer line each. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "records.h"
#include "term.h"

/* Of a longer line the rest is passed over: a query is cut at LIMIT_QUERY_BYTES anyway. */
enum { LINE_MAX_BYTES = 16 * 1024 };

/* The next line without its end into LINE; false at the end of the file. */
static bool
read_line(FILE *file, struct buf *line)
{
    int c = 0;
    bool any = false;
    buf_clear(line);
    while ((c = getc_unlocked(file)) != EOF && c != '\n') {
        any = true;
        if (line->len < LINE_MAX_BYTES) {
            buf_add_char(line, (char)c);
        }
    }
    if (line->len > 0 && line->text[line->len - 1] == '\r') {
        buf_truncate(line, line->len - 1);
    }
    return any || c == '\n';
}

static int
answer(struct catalog *c, struct str id, const struct catalog_query *query, struct buf *text,
       struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct catalog_hits hits;
    struct js_out out;
    int result = catalog_search(c, query, &arena, &hits, err);
    if (result < 0) {
        return result;
    }
    buf_clear(text);
    js_out_init(&out, text);
    js_begin_object(&out);
    js_put_str(&out, "query", id);
    js_key(&out, STR("results"));
    js_begin_array(&out);
    for (size_t i = 0; i < hits.count; i++) {
        js_begin_object(&out);
        js_put_str(&out, "id", hits.items[i].id);
        js_put_double(&out, "score", hits.items[i].score);
        js_end_object(&out);
    }
    js_end_array(&out);
    if (hits.mended.len > 0) {
        js_put_str(&out, "mended", hits.mended);
    }
    js_end_object(&out);
    buf_add_char(text, '\n');
    result = buf_finish(text, "search", err);
    if (result == 0 && fwrite(text->text, 1, text->len, stdout) != text->len) {
        return err_set_errno(err, errno, "search results: cannot be written");
    }
    return result;
}

static int
run_lines(struct catalog *c, FILE *file, struct str name, const struct catalog_query *narrowing,
          struct err *err)
{
    AUTO(buf) struct buf line;
    AUTO(buf) struct buf text;
    struct catalog_query query = *narrowing;
    unsigned long long number = 0;
    int result = 0;
    buf_init(&line, LINE_MAX_BYTES);
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    while (result == 0 && read_line(file, &line)) {
        struct str rest = buf_str(&line);
        struct str id = {0};
        number++;
        if (buf_finish(&line, "line", err) < 0) {
            return err->code;
        }
        if (rest.len == 0) {
            continue;
        }
        if (str_find_char(rest, '\t', 0) == SIZE_MAX) {
            return err_set(err, ERR_INVALID,
                           "%" STR_FMT
                           ":%llu: no tab in this line: a line is an id, a tab, a query",
                           STR_ARG(name), number);
        }
        (void)str_split(&rest, '\t', &id);
        (void)str_split(&rest, '\t', &query.text);
        result = answer(c, id, &query, &text, err);
    }
    if (result == 0 && ferror(file)) {
        return err_set_errno(err, errno, "read %" STR_FMT, STR_ARG(name));
    }
    return result;
}

int
records_batch(struct catalog *c, struct str name, const struct catalog_query *query,
              struct err *err)
{
    bool standard = str_eq(name, STR("-"));
    FILE *file = standard ? stdin : fopen(name.ptr, "rbe");
    if (!file) {
        int seen = errno;
        (void)err_set_errno(err, seen, "--batch %" STR_FMT, STR_ARG(name));
        return seen == ENOENT ? (err->code = ERR_NOTFOUND, ERR_NOTFOUND) : ERR_IO;
    }
    int result = run_lines(c, file, name, query, err);
    if (!standard) {
        (void)fclose(file);
    }
    if (fflush(stdout) != 0 && errno != EPIPE && result == 0) {
        return err_set_errno(err, errno, "search results: cannot be written");
    }
    return result;
}
