/* The two search plugins over the sample shop: what a model gets to see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/json.h"
#include "catalog/catalog.h"

#include "bench.h"

#define SHIPPED "DESKHAND_SHIPPED_PLUGINS"

static char shop_folder[] = "/tmp/deskhand-shop-XXXXXX";

static const char *
shop_path(void)
{
    static char path[64];
    (void)snprintf(path, sizeof(path), "%s/catalog.db", shop_folder);
    return path;
}

static void
import(const char *file, enum catalog_kind kind)
{
    struct err err = {0};
    struct catalog_import options = {.kind = kind};
    struct catalog_report report;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/catalog/sample/%s", getenv("DESKHAND_SOURCE"), file);
    const char *files[] = {path};
    if (catalog_import(shop_path(), files, 1, &options, &report, &err) < 0) {
        fail_msg("%s", err.message);
    }
}

static int
make_shop(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(shop_folder));
    import("products.jsonl", CATALOG_PRODUCTS);
    import("articles.jsonl", CATALOG_ARTICLES);
    return 0;
}

static int
remove_shop(void **state)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    (void)state;
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
        char path[80];
        (void)snprintf(path, sizeof(path), "%s%s", shop_path(), endings[i]);
        (void)unlink(path);
    }
    (void)rmdir(shop_folder);
    return 0;
}

static void
open_shop(struct bench *b, const char *catalog)
{
    char config[128];
    (void)snprintf(config, sizeof(config), "{\"catalog\":\"%s\"}", catalog);
    bench_init(b);
    (void)bench_load(b, SHIPPED, "catalog_search", config);
    (void)bench_load(b, SHIPPED, "troubleshooting", config);
}

/* The parsed result of a call that must succeed. */
static struct js *
ask(struct bench *b, const char *tool, const char *arguments)
{
    struct err err = {0};
    struct js *root = NULL;
    const struct tool_result *r = bench_run(b, tool, arguments);
    if (r->status != TOOL_OK) {
        fail_msg("%s", r->message.ptr);
    }
    assert_int_equal(js_parse_object(r->json, "result", &b->arena, &root, &err), 0);
    return root;
}

static void
test_products_are_found_with_their_facts(void **state)
{
    (void)state;
    struct bench b;
    open_shop(&b, shop_path());
    struct js *r = ask(&b, "search_product_catalog", "{\"query\":\"hub\",\"limit\":3}");
    struct js *products = js_get_c(r, "products");
    assert_true(js_get_bool(r, "found", false));
    assert_in_range(js_count(products), 1, 3);
    struct js *first = js_at(products, 0);
    static const char *const members[] = {"id", "name", "brand", "category", "currency"};
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
        assert_true(js_get_text(first, members[i]).len > 0);
    }
    assert_true(js_get_double(first, "price", -1) > 0);
    assert_true(js_count(js_get_c(first, "features")) > 0);
    bench_done(&b);
}

static void
test_filters_narrow_the_search(void **state)
{
    (void)state;
    struct bench b;
    open_shop(&b, shop_path());
    struct js *r = ask(&b, "search_product_catalog",
                       "{\"query\":\"hub\",\"max_price\":40,\"limit\":10,\"category\":\"hubs\"}");
    struct js *products = js_get_c(r, "products");
    assert_true(js_count(products) > 0);
    for (size_t i = 0; i < js_count(products); i++) {
        assert_true(js_get_double(js_at(products, i), "price", 1e9) <= 40);
        assert_true(str_eq_c(js_get_text(js_at(products, i), "category"), "hubs"));
    }
    bench_done(&b);
}

static void
test_every_filter_is_kept(void **state)
{
    (void)state;
    struct bench b;
    open_shop(&b, shop_path());
    struct js *r = ask(&b, "search_product_catalog",
                       "{\"query\":\"zigbee\",\"brand\":\"Hearth & Signal\",\"min_price\":20,"
                       "\"max_price\":80,\"in_stock\":true,\"limit\":10}");
    struct js *products = js_get_c(r, "products");
    assert_true(js_count(products) > 2);
    for (size_t i = 0; i < js_count(products); i++) {
        const struct js *product = js_at(products, i);
        double price = js_get_double(product, "price", -1);
        assert_true(price >= 20 && price <= 80 && js_get_bool(product, "in_stock", false));
        assert_true(str_eq_c(js_get_text(product, "brand"), "Hearth & Signal"));
    }
    r = ask(&b, "search_product_catalog",
            "{\"query\":\"zigbee\",\"min_price\":80,\"max_price\":20}");
    assert_false(js_get_bool(r, "found", true));
    assert_int_equal(js_count(js_get_c(r, "products")), 0);
    bench_done(&b);
}

/* Counts come along where more fits than is shown, and say no more than five names each. */
static void
test_counts_where_more_fits(void **state)
{
    (void)state;
    struct bench b;
    open_shop(&b, shop_path());
    struct js *r = ask(&b, "search_product_catalog", "{\"query\":\"zigbee\",\"limit\":3}");
    const struct js *facets = js_get_c(r, "facets");
    assert_int_equal(js_count(js_get_c(r, "products")), 3);
    assert_true(js_get_int(facets, "found", 0) > 3);
    assert_int_equal(js_count(js_get_c(facets, "brands")), 5);
    assert_int_equal(js_count(js_get_c(facets, "categories")), 5);
    assert_true(js_get_text(js_at(js_get_c(facets, "brands"), 0), "name").len > 0);
    assert_true(js_get_int(js_at(js_get_c(facets, "brands"), 0), "count", 0) > 1);
    assert_true(js_get_double(facets, "lowest_price", 0) > 0);
    r = ask(&b, "search_product_catalog", "{\"query\":\"HS-HUB-2\",\"limit\":10}");
    assert_true(js_count(js_get_c(r, "products")) > 0);
    assert_null(js_get_c(r, "facets"));
    bench_done(&b);
}

static void
test_what_was_meant_is_told(void **state)
{
    (void)state;
    struct bench b;
    open_shop(&b, shop_path());
    struct js *r = ask(&b, "search_product_catalog", "{\"query\":\"motion sensr\"}");
    assert_true(js_get_bool(r, "found", false));
    assert_true(str_eq_c(js_get_text(r, "mended"), "motion sensor"));
    r = ask(&b, "search_product_catalog", "{\"query\":\"motion sensor\"}");
    assert_true(js_get_bool(r, "found", false));
    assert_null(js_get_c(r, "mended"));
    bench_done(&b);
}

static void
test_what_is_not_sold_is_not_found(void **state)
{
    (void)state;
    struct bench b;
    open_shop(&b, shop_path());
    struct js *r = ask(&b, "search_product_catalog", "{\"query\":\"diesel locomotive\"}");
    assert_false(js_get_bool(r, "found", true));
    assert_int_equal(js_count(js_get_c(r, "products")), 0);
    r = ask(&b, "get_product", "{\"id\":\"NO-SUCH-ID\"}");
    assert_false(js_get_bool(r, "found", true));
    r = ask(&b, "lookup_troubleshooting_steps", "{\"issue\":\"translate a poem into Latin\"}");
    assert_false(js_get_bool(r, "found", true));
    bench_done(&b);
}

static void
test_a_product_is_shown_whole(void **state)
{
    (void)state;
    struct bench b;
    open_shop(&b, shop_path());
    struct js *r = ask(&b, "get_product", "{\"id\":\"HS-HUB-1\"}");
    struct js *product = js_get_c(r, "product");
    assert_true(js_get_bool(r, "found", false));
    assert_true(str_eq_c(js_get_text(product, "id"), "HS-HUB-1"));
    assert_true(js_count(js_get_c(product, "specifications")) > 3);
    assert_true(js_count(js_get_c(product, "common_issues")) > 0);
    bench_done(&b);
}

static void
test_steps_are_found_for_a_problem(void **state)
{
    (void)state;
    struct bench b;
    open_shop(&b, shop_path());
    struct js *r = ask(&b, "lookup_troubleshooting_steps",
                       "{\"issue\":\"my hub won't pair with my phone\",\"product\":\"hub\"}");
    struct js *article = js_get_c(r, "article");
    assert_true(js_get_bool(r, "found", false));
    assert_true(str_eq_c(js_get_text(article, "id"), "A-HUB-PAIR-PHONE"));
    assert_true(js_count(js_get_c(article, "steps")) >= 3);
    assert_true(js_get_text(article, "call_human_when").len > 0);
    assert_true(js_get_double(r, "confidence", -1) >= CATALOG_FITS);
    assert_true(js_type(js_get_c(r, "alternatives")) == JS_ARRAY);
    bench_done(&b);
}

static void
test_searches_run_side_by_side(void **state)
{
    (void)state;
    struct bench b;
    open_shop(&b, shop_path());
    for (int i = 0; i < BENCH_CALLS; i++) {
        (void)bench_start(&b, i % 2 ? "lookup_troubleshooting_steps" : "search_product_catalog",
                          i % 2 ? "{\"issue\":\"bulb flickers\"}" : "{\"query\":\"bulb\"}");
    }
    bench_wait(&b, BENCH_CALLS);
    for (int i = 0; i < BENCH_CALLS; i++) {
        assert_int_equal(b.calls[i].result.status, TOOL_OK);
        assert_string_equal(b.calls[i].result.json.ptr, b.calls[i % 2].result.json.ptr);
    }
    bench_done(&b);
}

static void
test_hostile_queries_are_words(void **state)
{
    static const char *const arguments[] = {
        "{\"query\":\"'; DROP TABLE products; --\"}",
        "{\"query\":\"\\\"hub\\\" OR NEAR(a b) *:^\"}",
        "{\"query\":\"\\u0000\\u001b[2J\"}",
        "{\"query\":\"\\ud83d\\ude00\"}",
    };
    (void)state;
    struct bench b;
    open_shop(&b, shop_path());
    for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++) {
        (void)ask(&b, "search_product_catalog", arguments[i]);
    }
    bench_done(&b);
}

static void
test_a_missing_catalogue_is_told_without_its_path(void **state)
{
    (void)state;
    struct bench b;
    open_shop(&b, "/nonexistent/catalog.db");
    const struct tool_result *r = bench_run(&b, "get_product", "{\"id\":\"a\"}");
    assert_int_equal(r->status, TOOL_ERROR);
    assert_true(str_eq_c(r->error_code, "catalog_unavailable"));
    assert_int_equal(str_find(r->message, STR("nonexistent"), 0), SIZE_MAX);
    bench_done(&b);
}

static void
test_the_catalogue_must_be_configured(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    const struct plugin *p;
    bench_init(&b);
    assert_int_equal(plugin_load(b.set, bench_path(&b, SHIPPED, "catalog_search").ptr, STR(""),
                                 b.registry, &p, &err),
                     ERR_INVALID);
    assert_contains(str_c(err.message), "catalog");
    bench_done(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products_are_found_with_their_facts),
        cmocka_unit_test(test_filters_narrow_the_search),
        cmocka_unit_test(test_every_filter_is_kept),
        cmocka_unit_test(test_counts_where_more_fits),
        cmocka_unit_test(test_what_was_meant_is_told),
        cmocka_unit_test(test_what_is_not_sold_is_not_found),
        cmocka_unit_test(test_a_product_is_shown_whole),
        cmocka_unit_test(test_steps_are_found_for_a_problem),
        cmocka_unit_test(test_searches_run_side_by_side),
        cmocka_unit_test(test_hostile_queries_are_words),
        cmocka_unit_test(test_a_missing_catalogue_is_told_without_its_path),
        cmocka_unit_test(test_the_catalogue_must_be_configured),
    };
    return cmocka_run_group_tests_name("plugin-search", tests, make_shop, remove_shop);
}
