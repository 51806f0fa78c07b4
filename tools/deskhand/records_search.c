/* catalog search and articles search: one query. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
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
    struct str price = args_value(args, "max-price", NULL);
    if (price.ptr && (!str_to_double(price, &query->max_price) || query->max_price <= 0)) {
        return err_set(err, ERR_INVALID,
                       "--max-price: '%" STR_FMT "' is no price: write it as 49.90",
                       STR_ARG(price));
    }
    return 0;
}

static int
read_query(struct app *app, const struct args *args, struct catalog_query *query, struct err *err)
{
    int64_t limit;
    bool batch = args_flag(args, "batch");
    const char *command = records_command(query->kind);
    int result = args_number(args, "limit", CATALOG_HITS_DEFAULT, 1, CATALOG_HITS_MAX, &limit, err);
    query->limit = (size_t)limit;
    if (result == 0) {
        result = query_text(args, &app->arena, &query->text, err);
    }
    if (result == 0 && batch == (args_count(args) > 0)) {
        return err_set(err, ERR_INVALID, "%s search: give %s: see `deskhand %s search --help`",
                       command, batch ? "a query or --batch, not both" : "a query, or --batch FILE",
                       command);
    }
    return result == 0 ? read_narrowing(args, query, err) : result;
}

static int
print_json(const struct catalog_hits *hits, struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < hits->count; i++) {
        struct js_out out;
        js_out_init(&out, &text);
        catalog_write_hit(&hits->items[i], &out);
        buf_add_char(&text, '\n');
    }
    return term_output(&text, "search", err);
}

static struct str
price_cell(const struct catalog_hit *hit, struct arena *arena)
{
    if (!hit->price.known) {
        return STR("-");
    }
    struct str amount = catalog_price_text(&hit->price, arena);
    return arena_printf(arena, "%" STR_FMT "%s%" STR_FMT, STR_ARG(amount),
                        hit->price.currency.len ? " " : "", STR_ARG(hit->price.currency));
}

static void
print_table(const struct catalog_hits *hits, enum catalog_kind kind, struct arena *arena)
{
    static const char *const product_headings[] = {"ID", "PRICE", "STOCK", "NAME"};
    static const char *const article_headings[] = {"ID", "TITLE"};
    static const struct str stock[] = {
        [CATALOG_STOCK_UNKNOWN] = STR_INIT("-"),
        [CATALOG_STOCK_OUT] = STR_INIT("out"),
        [CATALOG_STOCK_IN] = STR_INIT("yes"),
    };
    bool products = kind == CATALOG_PRODUCTS;
    struct term_table table;
    term_table_init(&table, arena, products ? product_headings : article_headings,
                    products ? 4 : 2);
    for (size_t i = 0; i < hits->count; i++) {
        const struct catalog_hit *hit = &hits->items[i];
        if (products) {
            term_table_add(&table, (struct str[]){hit->id, price_cell(hit, arena),
                                                  stock[hit->stock], hit->name});
        } else {
            term_table_add(&table, (struct str[]){hit->id, hit->name});
        }
    }
    term_table_print(&table);
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
        return print_json(&hits, err);
    }
    if (hits.count == 0) {
        (void)fprintf(stderr, "Nothing found. Try fewer or other words.\n");
        return 0;
    }
    if (hits.widened) {
        (void)fprintf(stderr, "Nothing about that product fits; these are about others.\n");
    }
    print_table(&hits, query->kind, &arena);
    return 0;
}

int
records_search(struct app *app, const struct args *args, enum catalog_kind kind, struct err *err)
{
    AUTO(catalog) struct catalog *c = NULL;
    bool batch = args_flag(args, "batch");
    bool json = args_flag(args, "json");
    struct catalog_query query = {.kind = kind, .no_snippets = batch || !json};
    int result = read_query(app, args, &query, err);
    if (result == ERR_INVALID) {
        term_error(err);
        return EXIT_USAGE;
    }
    if (result < 0) {
        return result;
    }
    result = records_open(app, kind, &c, err);
    if (result < 0) {
        return result;
    }
    return batch ? records_batch(c, args_value(args, "batch", ""), &query, err)
                 : search_one(c, &query, json, err);
}
