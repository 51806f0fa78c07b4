/* catalog search and articles search: one query. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/limits.h"
#include "command.h"
#include "records.h"
#include "term.h"

const char *
records_command(enum catalog_kind kind)
{
    return kind == CATALOG_PRODUCTS ? "catalog" : "articles";
}

int
records_open(struct app *app, enum catalog_kind kind, struct catalog **ret, struct err *err)
{
    struct str path;
    int result = app_catalog_path(app, &path, err);
    if (result < 0) {
        return result;
    }
    result = catalog_open(path.ptr, ret, err);
    if (result == ERR_NOTFOUND) {
        return err_set(err, ERR_NOTFOUND,
                       "%s: %" STR_FMT " is not there yet: import something first: deskhand %s "
                       "import FILE",
                       records_command(kind), STR_ARG(path), records_command(kind));
    }
    if (result < 0 && !strstr(err->message, path.ptr)) {
        return err_wrap(err, "%s", path.ptr);
    }
    return result;
}

/* The words of the query, given with or without quotes. */
static int
query_text(const struct args *args, struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < args_count(args); i++) {
        buf_add_c(&text, i ? " " : "");
        buf_add(&text, args_at(args, i));
    }
    int result = buf_finish(&text, "query", err);
    *ret = buf_to_arena(&text, arena);
    return result == 0 && !ret->ptr ? err_nomem(err) : result;
}

/* A price of the command line; 0 where NAME was not given. */
static int
read_price(const struct args *args, const char *name, double *ret, struct err *err)
{
    struct str text = args_value(args, name, NULL);
    *ret = 0;
    if (text.ptr && (!str_to_double(text, ret) || !(*ret > 0))) {
        return err_set(err, ERR_INVALID, "--%s: '%" STR_FMT "' is no price: write it as 49.90",
                       name, STR_ARG(text));
    }
    return 0;
}

static int
read_narrowing(const struct args *args, struct catalog_query *query, struct err *err)
{
    if (query->kind == CATALOG_ARTICLES) {
        query->product = args_value(args, "product", "");
        return 0;
    }
    query->category = args_value(args, "category", "");
    query->brand = args_value(args, "brand", "");
    query->in_stock = args_flag(args, "in-stock");
    query->facets = args_flag(args, "facets");
    int result = read_price(args, "min-price", &query->min_price, err);
    if (result == 0) {
        result = read_price(args, "max-price", &query->max_price, err);
    }
    if (result == 0 && query->max_price > 0 && query->min_price > query->max_price) {
        return err_set(err, ERR_INVALID, "--min-price is above --max-price: nothing costs that");
    }
    return result;
}

static int
read_query(struct app *app, const struct args *args, struct catalog_query *query, struct err *err)
{
    int64_t limit;
    bool batch = args_flag(args, "batch");
    const char *command = records_command(query->kind);
    int result = args_number(args, "limit", CATALOG_HITS_DEFAULT, 1, CATALOG_HITS_MAX, &limit, err);
    query->limit = (size_t)limit;
    query->explain = args_flag(args, "explain");
    if (result == 0) {
        result = query_text(args, &app->arena, &query->text, err);
    }
    if (result == 0 && batch == (args_count(args) > 0)) {
        return err_set(err, ERR_INVALID, "%s search: give %s: see `deskhand %s search --help`",
                       command, batch ? "a query or --batch, not both" : "a query, or --batch FILE",
                       command);
    }
    result = result == 0 ? read_narrowing(args, query, err) : result;
    if (result == 0 && batch && (query->explain || query->facets)) {
        return err_set(err, ERR_INVALID, "%s search: --batch has no %s: ask for one query", command,
                       query->explain ? "--explain" : "--facets");
    }
    return result;
}

/* How the words were understood, for whoever typed them. */
static void
tell_mended(struct str mended)
{
    if (mended.len > 0) {
        (void)fputs("Showing results for: ", stderr);
        term_text(stderr, mended);
        (void)fputs("\n", stderr);
    }
}

static int
search_one(struct catalog *c, const struct catalog_query *query, bool json, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct catalog_hits hits;
    int result = catalog_search(c, query, &arena, &hits, err);
    if (result < 0) {
        return result;
    }
    if (json) {
        return records_print_json(&hits, err);
    }
    if (hits.count == 0) {
        (void)fprintf(stderr, "Nothing found. Try fewer or other words.\n");
        return 0;
    }
    tell_mended(hits.mended);
    if (hits.widened) {
        (void)fprintf(stderr, "Nothing about that product fits; these are about others.\n");
    }
    result = records_print_hits(&hits, query->kind, &arena, err);
    if (result == 0 && hits.facets) {
        records_print_facets(hits.facets);
    }
    return result;
}

int
records_search(struct app *app, const struct args *args, enum catalog_kind kind, struct err *err)
{
    AUTO(catalog) struct catalog *c = NULL;
    bool batch = args_flag(args, "batch");
    bool json = args_flag(args, "json");
    struct catalog_query query = {.kind = kind};
    int result = read_query(app, args, &query, err);
    if (result == ERR_INVALID) {
        term_error(err);
        return EXIT_USAGE;
    }
    if (result < 0) {
        return result;
    }
    query.no_snippets = batch || !(json || query.explain || term_is_terminal(stdout));
    result = records_open(app, kind, &c, err);
    if (result < 0) {
        return result;
    }
    return batch ? records_batch(c, args_value(args, "batch", ""), &query, err)
                 : search_one(c, &query, json, err);
}
