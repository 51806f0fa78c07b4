/* The catalogue as its callers see it: search, narrowing, exact numbers, records, JSON views, on
 * the sample shop and on small catalogues made for one question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "catalog_fixture.h"

#include "base/limits.h"

static struct folder shop;

static const char *
source_path(const char *name, char out[400])
{
    const char *source = getenv("DESKHAND_SOURCE");
    (void)snprintf(out, 400, "%s/catalog/sample/%s", source ? source : ".", name);
    return out;
}

static int
make_shop(void **state)
{
    (void)state;
    char products[400];
    char articles[400];
    folder_make(&shop);
    const char *const product_files[] = {source_path("products.jsonl", products)};
    const char *const article_files[] = {source_path("articles.jsonl", articles)};
    struct import_log log = import_files(&shop, CATALOG_PRODUCTS, false, product_files, 1);
    if (log.rc == 0) {
        log = import_files(&shop, CATALOG_ARTICLES, false, article_files, 1);
    }
    if (log.rc != 0 || log.report.rejected > 0) {
        (void)fprintf(stderr, "%s\n", log.rc != 0 ? log.err.message : log.notices[0]);
        return -1;
    }
    return 0;
}

static int
remove_shop(void **state)
{
    (void)state;
    folder_remove(&shop);
    return 0;
}

static struct catalog *
open_shop(void)
{
    struct err err = {0};
    struct catalog *c = NULL;
    assert_int_equal(catalog_open(shop.db, &c, &err), 0);
    return c;
}

static struct catalog_hits
must_search(struct catalog *c, const struct catalog_query *query, struct arena *arena)
{
    struct err err = {0};
    struct catalog_hits hits;
    int rc = catalog_search(c, query, arena, &hits, &err);
    if (rc != 0) {
        fail_msg("search: %s", err.message);
    }
    return hits;
}

static void
test_words_find_the_product(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        const char *first;
    } cases[] = {
        {"hearth hub 2", "HS-HUB-2"}, {"Hubs 2 by Hearth", "HS-HUB-2"},   {"HS-HUB-3", "HS-HUB-3"},
        {"hs hub 3", "HS-HUB-3"},     {"do you have hshub1", "HS-HUB-1"},
    };
    AUTO(catalog) struct catalog *c = open_shop();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query query = {.text = str_c(cases[i].query)};
        struct catalog_hits hits = must_search(c, &query, &arena);
        assert_true(hits.count > 0);
        assert_int_equal(hits.items[0].id.len, strlen(cases[i].first));
        assert_memory_equal(hits.items[0].id.ptr, cases[i].first, hits.items[0].id.len);
        for (size_t k = 1; k < hits.count; k++) {
            assert_true(hits.items[k].score <= hits.items[k - 1].score);
            assert_false(str_eq(hits.items[k].id, hits.items[0].id));
        }
    }
}

static void
test_a_hit_tells_what_a_line_needs(void **state)
{
    (void)state;
    AUTO(catalog) struct catalog *c = open_shop();
    AUTO(arena) struct arena arena = {0};
    struct catalog_query query = {.text = STR("hs-hub-2"), .limit = 1};
    struct catalog_hits hits = must_search(c, &query, &arena);
    assert_int_equal(hits.count, 1);
    const struct catalog_hit *hit = &hits.items[0];
    assert_true(hit->exact);
    assert_true(hit->confidence == 1.0);
    assert_true(hit->price.known);
    assert_int_equal(hit->price.minor, 7990);
    assert_true(str_eq_c(hit->price.currency, "EUR"));
    assert_true(str_eq_c(catalog_price_text(&hit->price, &arena), "79.90"));
    assert_true(str_eq_c(hit->category, "hubs"));
    assert_int_equal(hit->stock, CATALOG_STOCK_IN);
}

static void
test_limits_hold(void **state)
{
    (void)state;
    static const struct {
        size_t limit;
        size_t most;
    } cases[] = {{0, CATALOG_HITS_DEFAULT}, {1, 1}, {25, 25}, {100000, CATALOG_HITS_MAX}};
    AUTO(catalog) struct catalog *c = open_shop();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query query = {.text = STR("zigbee light sensor"), .limit = cases[i].limit};
        struct catalog_hits hits = must_search(c, &query, &arena);
        assert_true(hits.count > 0 && hits.count <= cases[i].most);
    }
}

static void
test_narrowing(void **state)
{
    (void)state;
    AUTO(catalog) struct catalog *c = open_shop();
    static const struct {
        const char *category;
        const char *brand;
        double max_price;
        bool in_stock;
    } cases[] = {
        {"sensors", "", 0, false},
        {"Sensor", "", 0, false},
        {"", "brindlewatt", 0, false},
        {"", "", 20.0, false},
        {"", "", 0, true},
        {"sensors", "Brindlewatt", 15, true},
        {"", "hearth & signal", 0, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query query = {
            .text = STR("zigbee sensor motion light hub"),
            .limit = 100,
            .category = str_c(cases[i].category),
            .brand = str_c(cases[i].brand),
            .max_price = cases[i].max_price,
            .in_stock = cases[i].in_stock,
        };
        struct catalog_hits hits = must_search(c, &query, &arena);
        assert_true(hits.count > 0);
        for (size_t k = 0; k < hits.count; k++) {
            const struct catalog_hit *hit = &hits.items[k];
            assert_true(query.category.len == 0 || str_eq_c(hit->category, "sensors"));
            assert_true(query.brand.len == 0 || str_eq_nocase(hit->brand, query.brand));
            assert_true(query.max_price == 0 ||
                        hit->price.minor <= (int64_t)(query.max_price * 100));
            assert_true(!query.in_stock || hit->stock == CATALOG_STOCK_IN);
        }
    }
    AUTO(arena) struct arena arena = {0};
    struct catalog_query none = {.text = STR("hs-hub-2"), .category = STR("bulbs")};
    struct catalog_hits hits = must_search(c, &none, &arena);
    for (size_t k = 0; k < hits.count; k++) {
        assert_false(hits.items[k].exact);
    }
}

static void
test_a_price_filter_takes_its_own_bound(void **state)
{
    (void)state;
    struct folder f;
    folder_make(&f);
    struct import_log log = import_text(&f, CATALOG_PRODUCTS, false, "p.csv",
                                        "id,name,price,currency\n"
                                        "a,lamp one,49.99,EUR\nb,lamp two,50.00,EUR\n"
                                        "c,lamp three,,\nd,lamp four,50,JPY\n");
    assert_int_equal(log.rc, 0);
    struct err err = {0};
    AUTO(catalog) struct catalog *c = NULL;
    assert_int_equal(catalog_open(f.db, &c, &err), 0);
    AUTO(arena) struct arena arena = {0};
    struct catalog_query query = {.text = STR("lamp"), .max_price = 49.99};
    struct catalog_hits hits = must_search(c, &query, &arena);
    assert_int_equal(hits.count, 1);
    assert_true(str_eq_c(hits.items[0].id, "a"));
    query.max_price = 50;
    assert_int_equal(must_search(c, &query, &arena).count, 3);
    folder_remove(&f);
}

static void
test_an_article_fits_or_says_so(void **state)
{
    (void)state;
    AUTO(catalog) struct catalog *c = open_shop();
    static const struct {
        const char *query;
        const char *first; /* NULL: nothing fits */
    } cases[] = {
        {"my hub won't pair with my phone", "A-HUB-PAIR-PHONE"},
        {"the app says hub is offline", "A-HUB-OFFLINE"},
        {"A-HUB-NO-LIGHT", "A-HUB-NO-LIGHT"},
        {"recipe for banana bread with walnuts", NULL},
        {"mortgage refinancing quarterly dividend", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query query = {.kind = CATALOG_ARTICLES, .text = str_c(cases[i].query)};
        struct catalog_hits hits = must_search(c, &query, &arena);
        if (!cases[i].first) {
            assert_true(hits.count == 0 || hits.items[0].confidence < CATALOG_FITS);
            continue;
        }
        assert_true(hits.count > 0);
        assert_true(str_eq_c(hits.items[0].id, cases[i].first));
        assert_true(hits.items[0].confidence >= CATALOG_FITS);
        assert_true(hits.items[0].confidence <= 1.0);
    }
}

static const char two_articles[] =
    "{\"id\":\"lock\",\"title\":\"The light blinks red\",\"products\":[\"KH-1\"],"
    "\"steps\":[\"Change the batteries\"]}\n"
    "{\"id\":\"hub\",\"title\":\"The light blinks red\",\"products\":[\"hubs\"],"
    "\"steps\":[\"Restart the router\"]}\n";

static void
test_the_product_narrows_first_then_widens(void **state)
{
    (void)state;
    struct folder f;
    folder_make(&f);
    assert_int_equal(import_text(&f, CATALOG_ARTICLES, false, "a.jsonl", two_articles).rc, 0);
    assert_int_equal(import_text(&f, CATALOG_PRODUCTS, false, "p.jsonl",
                                 "{\"id\":\"HS-2\",\"name\":\"Hearth Hub 2\",\"category\":\"hubs\"}"
                                 "\n{\"id\":\"KH-1\",\"name\":\"Keldhasp One\","
                                 "\"category\":\"locks\"}\n")
                         .rc,
                     0);
    struct err err = {0};
    AUTO(catalog) struct catalog *c = NULL;
    assert_int_equal(catalog_open(f.db, &c, &err), 0);
    static const struct {
        const char *query;
        const char *product;
        const char *first;
        size_t count;
        bool widened;
    } cases[] = {
        {"light blinks red", "HS-2", "hub", 1, false},
        {"light blinks red", "hearth hub", "hub", 1, false},
        {"light blinks red", "Hub", "hub", 1, false},
        {"light blinks red", "keldhasp", "lock", 1, false},
        {"light blinks red", "toaster", "lock", 2, true},
        {"change batteries", "HS-2", "lock", 1, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query query = {.kind = CATALOG_ARTICLES,
                                      .text = str_c(cases[i].query),
                                      .product = str_c(cases[i].product)};
        struct catalog_hits hits = must_search(c, &query, &arena);
        assert_int_equal(hits.count, cases[i].count);
        assert_true(str_eq_c(hits.items[0].id, cases[i].first));
        assert_int_equal(hits.widened, cases[i].widened);
    }
    folder_remove(&f);
}

static void
test_get_by_id_and_by_model(void **state)
{
    (void)state;
    struct folder f;
    folder_make(&f);
    assert_int_equal(import_text(&f, CATALOG_PRODUCTS, false, "p.jsonl",
                                 "{\"sku\":\"WH-1000XM4\",\"id\":7,\"title\":\"Phones\","
                                 "\"attrs\":{\"Color\":\"b\\u0000k\"},\"price_cents\":34900,"
                                 "\"warehouse\":{\"row\":[1,2.50]}}\n")
                         .rc,
                     0);
    struct err err = {0};
    AUTO(catalog) struct catalog *c = NULL;
    AUTO(arena) struct arena arena = {0};
    assert_int_equal(catalog_open(f.db, &c, &err), 0);
    static const char want[] = "{\"id\":\"7\",\"name\":\"Phones\",\"model\":\"WH-1000XM4\","
                               "\"price\":349.00,"
                               "\"specifications\":{\"Color\":\"b\\u0000k\"},"
                               "\"extra\":{\"warehouse\":{\"row\":[1,2.50]}}}";
    static const char *const ids[] = {"7", "WH-1000XM4", "wh1000xm4", " wh 1000 xm4"};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct str json = {0};
        assert_int_equal(catalog_get(c, CATALOG_PRODUCTS, str_c(ids[i]), &arena, &json, &err), 0);
        assert_string_equal(json.ptr, want);
    }
    struct str json = {0};
    assert_int_equal(catalog_get(c, CATALOG_PRODUCTS, STR("8"), &arena, &json, &err), CATALOG_NONE);
    assert_int_equal(catalog_get(c, CATALOG_PRODUCTS, STR(""), &arena, &json, &err), CATALOG_NONE);
    assert_int_equal(catalog_get(c, CATALOG_ARTICLES, STR("7"), &arena, &json, &err), CATALOG_NONE);
    folder_remove(&f);
}

static void
test_views_are_json_and_bounded(void **state)
{
    (void)state;
    AUTO(catalog) struct catalog *c = open_shop();
    for (int kind = 0; kind < 2; kind++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query query = {
            .kind = (enum catalog_kind)kind, .text = STR("hub phone light"), .limit = 100};
        struct catalog_hits hits = must_search(c, &query, &arena);
        assert_true(hits.count > 10);
        for (size_t i = 0; i < hits.count; i++) {
            AUTO(buf) struct buf text;
            struct js_out out;
            struct err err = {0};
            struct js *object;
            buf_init(&text, LIMIT_TOOL_RESULT_BYTES);
            js_out_init(&out, &text);
            assert_int_equal(catalog_write_brief(&hits.items[i], &arena, &out, &err), 0);
            assert_int_equal(js_parse_object(buf_str(&text), "brief", &arena, &object, &err), 0);
            assert_true(text.len <= CATALOG_BRIEF_BYTES);
            assert_true(js_count(js_get_c(object, kind == 0 ? "features" : "steps")) > 0);
            buf_clear(&text);
            js_out_init(&out, &text);
            catalog_write_hit(&hits.items[i], &out);
            assert_int_equal(js_parse_object(buf_str(&text), "hit", &arena, &object, &err), 0);
            assert_true(js_has(object, STR("id")) && js_has(object, STR("score")));
            assert_true(js_has(object, kind == 0 ? STR("name") : STR("title")));
        }
    }
}

static void
test_a_huge_record_gives_a_small_brief(void **state)
{
    (void)state;
    struct folder f;
    folder_make(&f);
    AUTO(buf) struct buf row;
    buf_init(&row, 1024 * 1024);
    buf_add_c(&row, "{\"id\":\"big\",\"name\":\"Lamp\",\"description\":\"");
    for (int i = 0; i < 20000; i++) {
        buf_add_c(&row, "\\u0001\\\"");
    }
    buf_add_c(&row, "\",\"features\":[");
    for (int i = 0; i < 500; i++) {
        buf_add_c(&row, "\"\\u0002\\u0002\\u0002\\u0002\\u0002\\u0002 feature\",");
    }
    buf_add_c(&row, "\"last\"],\"specifications\":{\"a\":\"b\"}}\n");
    assert_int_equal(import_text(&f, CATALOG_PRODUCTS, false, "p.jsonl", row.text).rc, 0);
    struct err err = {0};
    AUTO(catalog) struct catalog *c = NULL;
    AUTO(arena) struct arena arena = {0};
    assert_int_equal(catalog_open(f.db, &c, &err), 0);
    struct catalog_query query = {.text = STR("lamp")};
    struct catalog_hits hits = must_search(c, &query, &arena);
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_TOOL_RESULT_BYTES);
    js_out_init(&out, &text);
    assert_int_equal(catalog_write_brief(&hits.items[0], &arena, &out, &err), 0);
    assert_true(text.len <= CATALOG_BRIEF_BYTES);
    assert_int_equal(js_check(buf_str(&text), &err), 0);
    assert_true(str_find(buf_str(&text), STR("\"more\""), 0) != SIZE_MAX);
    folder_remove(&f);
}

static void
test_stats(void **state)
{
    (void)state;
    AUTO(catalog) struct catalog *c = open_shop();
    struct catalog_stats stats;
    struct err err = {0};
    assert_int_equal(catalog_stats(c, &stats, &err), 0);
    assert_true(stats.products >= 60);
    assert_true(stats.articles >= 40);
    assert_int_equal(stats.priced, stats.products);
    assert_true(stats.in_stock > 0 && stats.in_stock < stats.products);
    assert_true(stats.brands > 1 && stats.categories > 1 && stats.bytes > 0);
}

static bool
always(void *arg)
{
    (*(int *)arg)++;
    return true;
}

static void
test_a_search_can_be_stopped(void **state)
{
    (void)state;
    AUTO(catalog) struct catalog *c = open_shop();
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct catalog_hits hits;
    int asked = 0;
    struct catalog_query query = {.text = STR("hub light sensor phone zigbee"), .limit = 100};
    catalog_set_stop(c, always, &asked);
    int rc = catalog_search(c, &query, &arena, &hits, &err);
    /* A search of few steps may be done before it is asked. */
    assert_true(asked > 0 ? rc == ERR_CANCELED : rc == 0);
    catalog_set_stop(c, NULL, NULL);
    assert_int_equal(catalog_search(c, &query, &arena, &hits, &err), 0);
}

static void
expect_open(const char *path, int code, const char *words)
{
    struct err err = {0};
    struct catalog *c = NULL;
    assert_int_equal(catalog_open(path, &c, &err), code);
    assert_null(c);
    if (!strstr(err.message, words)) {
        fail_msg("'%s' does not say '%s'", err.message, words);
    }
}

static void
test_what_is_no_catalogue_is_refused_in_words(void **state)
{
    (void)state;
    struct folder f;
    folder_make(&f);
    expect_open(f.db, ERR_NOTFOUND, "there is no");
    expect_open(f.path, ERR_INVALID, "is not a file");
    expect_open(folder_file(&f, "text.db", STR("this is not a database at all, it is prose")),
                ERR_INVALID, "damaged");
    expect_open(folder_file(&f, "empty.db", (struct str){"", 0}), ERR_INVALID, "no catalogue");
    assert_int_equal(import_text(&f, CATALOG_ARTICLES, false, "a.jsonl", two_articles).rc, 0);
    struct err err = {0};
    int fd = open(f.db, O_RDWR);
    assert_true(fd >= 0);
    static const unsigned char newer[] = {0, 0, 0, 99};
    assert_int_equal(pwrite(fd, newer, 4, 60), 4); /* user_version in SQLite's header */
    expect_open(f.db, ERR_INVALID, "newer deskhand");
    static const unsigned char same[] = {0, 0, 0, 1};
    assert_int_equal(pwrite(fd, same, 4, 60), 4);
    assert_int_equal(ftruncate(fd, 6000), 0);
    (void)close(fd);
    struct catalog *c = NULL;
    int rc = catalog_open(f.db, &c, &err);
    if (rc == 0) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_hits hits;
        struct catalog_query query = {.kind = CATALOG_ARTICLES, .text = STR("light")};
        rc = catalog_search(c, &query, &arena, &hits, &err);
        catalog_free(c);
    }
    assert_int_equal(rc, ERR_INVALID);
    assert_non_null(strstr(err.message, "damaged"));
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_find_the_product),
        cmocka_unit_test(test_a_hit_tells_what_a_line_needs),
        cmocka_unit_test(test_limits_hold),
        cmocka_unit_test(test_narrowing),
        cmocka_unit_test(test_a_price_filter_takes_its_own_bound),
        cmocka_unit_test(test_an_article_fits_or_says_so),
        cmocka_unit_test(test_the_product_narrows_first_then_widens),
        cmocka_unit_test(test_get_by_id_and_by_model),
        cmocka_unit_test(test_views_are_json_and_bounded),
        cmocka_unit_test(test_a_huge_record_gives_a_small_brief),
        cmocka_unit_test(test_stats),
        cmocka_unit_test(test_a_search_can_be_stopped),
        cmocka_unit_test(test_what_is_no_catalogue_is_refused_in_words),
    };
    return cmocka_run_group_tests_name("catalog", tests, make_shop, remove_shop);
}
