/* catalog search and articles search: what is printed of the results. */
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "records.h"
#include "term.h"

#define MARGIN "    "
#define NEW_LINE "\n" MARGIN

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

/* ---- a snippet, wrapped, the query's words in bold -------------------------------------------*/

/* Is POS the first byte of a mark, or the first one behind it? */
static bool
is_edge(const struct catalog_hit *hit, size_t pos)
{
    for (size_t i = 0; i < hit->mark_count; i++) {
        if (hit->marks[i].start == pos || hit->marks[i].start + hit->marks[i].len == pos) {
            return true;
        }
    }
    return false;
}

static bool
is_marked(const struct catalog_hit *hit, size_t pos)
{
    for (size_t i = 0; i < hit->mark_count; i++) {
        if (pos >= hit->marks[i].start && pos < hit->marks[i].start + hit->marks[i].len) {
            return true;
        }
    }
    return false;
}

/* The word of the snippet from START to END, in pieces of one style. */
static void
print_word(const struct catalog_hit *hit, size_t start, size_t end)
{
    while (start < end) {
        size_t stop = start + 1;
        while (stop < end && !is_edge(hit, stop)) {
            stop++;
        }
        bool marked = is_marked(hit, start);
        (void)fputs(marked ? term_style(stdout, TERM_BOLD) : "", stdout);
        term_text(stdout, str_sub(hit->snippet, start, stop - start));
        (void)fputs(marked ? term_style(stdout, TERM_PLAIN) : "", stdout);
        start = stop;
    }
}

static void
print_snippet(const struct catalog_hit *hit)
{
    size_t width = term_width(stdout) - (sizeof(MARGIN) - 1);
    size_t used = 0;
    size_t end;
    for (size_t start = 0; start < hit->snippet.len; start = end + 1) {
        end = str_find_char(hit->snippet, ' ', start);
        end = end == SIZE_MAX ? hit->snippet.len : end;
        size_t length = utf8_count(str_sub(hit->snippet, start, end - start));
        bool fits = used > 0 && used + 1 + length <= width;
        (void)fputs(fits ? " " : used > 0 ? NEW_LINE : MARGIN, stdout);
        print_word(hit, start, end);
        used = fits ? used + 1 + length : length;
    }
    (void)fputs(used > 0 ? "\n" : "", stdout);
}

/* ---- the table -------------------------------------------------------------------------------*/

int
records_print_hits(const struct catalog_hits *hits, enum catalog_kind kind, struct arena *arena,
                   struct err *err)
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
    if (table.failed) {
        return err_nomem(err);
    }
    term_table_head(&table);
    for (size_t i = 0; i < table.rows; i++) {
        term_table_row(&table, i);
        if (term_is_terminal(stdout)) {
            print_snippet(&hits->items[i]);
        }
        int result = records_print_why(&hits->items[i], arena, err);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

/* ---- facets ----------------------------------------------------------------------------------*/

static void
print_facet(const char *label, const struct catalog_facet *list, size_t count)
{
    if (count == 0) {
        return;
    }
    (void)printf("%s:", label);
    for (size_t i = 0; i < count; i++) {
        (void)fputs(i > 0 ? ", " : " ", stdout);
        term_text(stdout, list[i].name);
        (void)printf(" (%llu)", (unsigned long long)list[i].count);
    }
    (void)fputs(count == CATALOG_FACETS_MAX ? ", ...\n" : "\n", stdout);
}

void
records_print_facets(const struct catalog_facets *facets)
{
    unsigned long long found = (unsigned long long)facets->found;
    (void)printf("\nFound: %llu\n", found);
    print_facet("Brands", facets->brands, facets->brand_count);
    print_facet("Categories", facets->categories, facets->category_count);
    if (facets->priced > 0) {
        (void)printf("Prices: %.2f to %.2f\n", facets->lowest, facets->highest);
    }
    (void)printf("In stock: %llu\n", (unsigned long long)facets->in_stock);
}

/* ---- JSON ------------------------------------------------------------------------------------*/

int
records_print_json(const struct catalog_hits *hits, struct err *err)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < hits->count; i++) {
        js_out_init(&out, &text);
        catalog_write_hit(&hits->items[i], &out);
        buf_add_char(&text, '\n');
    }
    if (hits->facets) {
        js_out_init(&out, &text);
        js_begin_object(&out);
        js_key(&out, STR("facets"));
        catalog_write_facets(hits->facets, CATALOG_FACETS_MAX, &out);
        if (hits->mended.len > 0) {
            js_put_str(&out, "mended", hits->mended);
        }
        js_end_object(&out);
        buf_add_char(&text, '\n');
    }
    return term_output(&text, "search", err);
}
