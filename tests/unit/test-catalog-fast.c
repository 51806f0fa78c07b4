/* The fast search against the one that scores every match; searches beside an import, stopped ones,
 * and what no person means as a query. */
#include "search_fixture.h"

#include "base/utf8.h"

enum { MANY_ROWS = 12000 };

static struct shelf sample;

static int
make_shelf(void **state)
{
    (void)state;
    shelf_sample(&sample);
    return 0;
}

static int
remove_shelf(void **state)
{
    (void)state;
    shelf_remove(&sample);
    return 0;
}

/* ---- fast and exhaustive ---------------------------------------------------------------------*/

struct places {
    size_t all;
    size_t agreed;
};

static bool
near_to(double a, double b)
{
    double slack = 0.001 * (a > b ? a : b);
    return a - b <= slack && b - a <= slack;
}

/* A place agrees where both ways have the record there; records of one score may stand in any
 * order, told apart by nothing. */
static void
compare(const struct shelf *s, struct str text, struct places *places)
{
    AUTO(arena) struct arena arena = {0};
    struct catalog_query q = {.text = text, .no_snippets = true};
    struct catalog_hits fast = shelf_find(s, &q, &arena);
    q.exhaustive = true;
    struct catalog_hits slow = shelf_find(s, &q, &arena);
    assert_true(str_eq(fast.mended, slow.mended));
    for (size_t i = 0; i < slow.count; i++) {
        bool agrees = i < fast.count && (str_eq(fast.items[i].id, slow.items[i].id) ||
                                         near_to(fast.items[i].score, slow.items[i].score));
        places->all++;
        places->agreed += agrees;
    }
    assert_true(fast.count <= slow.count);
}

static void
check_places(const char *what, struct places places)
{
    print_message("%s: %zu of %zu places agree\n", what, places.agreed, places.all);
    assert_true(places.all > 500);
    if (places.agreed * 100 < places.all * 95) {
        fail_msg("%s: %zu of %zu places agree", what, places.agreed, places.all);
    }
}

static void
test_fast_is_exact_on_the_sample(void **state)
{
    (void)state;
    struct places places = {0};
    for (size_t i = 0; i < sample.count; i++) {
        struct str name = js_get_text(sample.rows[i], "name");
        struct str text = js_get_text(sample.rows[i], "description");
        compare(&sample, name, &places);
        compare(&sample, utf8_cut(text, 60), &places);
        compare(&sample, js_text(js_at(js_get_c(sample.rows[i], "common_issues"), 0)), &places);
    }
    check_places("sample", places);
}

static void
test_fast_is_exact_on_real_products(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct places places = {0};
    struct shelf real;
    char path[512];
    const char *shared = getenv("DESKHAND_SHARED");
    (void)snprintf(path, sizeof(path), "%s/data/product_icecat/products.jsonl",
                   shared ? shared : "../shared");
    struct str rows = file_text(path, &arena);
    (void)snprintf(path, sizeof(path), "%s/data/product_icecat/queries.tsv",
                   shared ? shared : "../shared");
    struct str queries = file_text(path, &arena);
    struct str line;
    struct str id;
    if (rows.len == 0 || queries.len == 0) {
        print_message("SKIP: no shared data\n");
        skip();
    }
    shelf_make(&real, rows, "");
    while (str_split(&queries, '\n', &line)) {
        if (str_split(&line, '\t', &id) && line.len > 0) {
            compare(&real, line, &places);
        }
    }
    check_places("product_icecat", places);
    shelf_remove(&real);
}

/* ---- beside an import ------------------------------------------------------------------------*/

static struct str
many_rows(const char *word, struct arena *arena)
{
    AUTO(buf) struct buf text;
    buf_init(&text, 8UL * 1024 * 1024);
    for (int i = 0; i < MANY_ROWS; i++) {
        buf_printf(&text, "{\"id\":\"N%d\",\"name\":\"%s lamp\",\"brand\":\"Maker%d\"}\n", i, word,
                   i % 50);
    }
    return buf_to_arena(&text, arena);
}

struct beside {
    const struct shelf *shelf;
    size_t searches;
    bool stops; /* when all rows are read */
};

/* While rows are read, what was there is there. */
static bool
search_beside(void *arg, const struct catalog_progress *progress)
{
    struct beside *b = arg;
    AUTO(arena) struct arena arena = {0};
    struct catalog_query q = {.text = STR("copper"), .limit = 5, .facets = true};
    struct catalog_hits hits = shelf_find(b->shelf, &q, &arena);
    assert_int_equal(hits.count, 5);
    assert_int_equal(hits.facets->found, MANY_ROWS);
    b->searches++;
    return !b->stops || progress->rows < MANY_ROWS;
}

static void
check_beside(bool replace)
{
    AUTO(arena) struct arena arena = {0};
    struct shelf many;
    struct err err = {0};
    struct catalog_report report;
    shelf_make(&many, many_rows("copper", &arena), "");
    struct beside beside = {.shelf = &many};
    struct catalog_import options = {.replace = replace, .progress = search_beside, .arg = &beside};
    const char *const files[] = {folder_file(&many.folder, "q.jsonl", many_rows("brazen", &arena))};
    beside.stops = true;
    assert_int_equal(catalog_import(many.folder.db, files, 1, &options, &report, &err),
                     ERR_CANCELED);
    assert_true(beside.searches >= 5);
    (void)search_beside(&beside, &(struct catalog_progress){0});
    beside.stops = false;
    assert_int_equal(catalog_import(many.folder.db, files, 1, &options, &report, &err), 0);
    assert_int_equal(report.changed + report.added, MANY_ROWS);
    struct catalog_query q = {.text = STR("brazen"), .facets = true};
    assert_int_equal(shelf_find(&many, &q, &arena).facets->found, MANY_ROWS);
    q.text = STR("copper");
    assert_int_equal(shelf_find(&many, &q, &arena).count, 0);
    shelf_remove(&many);
}

static void
test_searches_beside_an_import(void **state)
{
    (void)state;
    check_beside(false);
    check_beside(true);
}

/* ---- stopped ---------------------------------------------------------------------------------*/

static bool
stop_at_once(void *arg)
{
    (*(size_t *)arg)++;
    return true;
}

static void
test_a_search_can_be_stopped(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct shelf many;
    size_t asked = 0;
    shelf_make(&many, many_rows("copper", &arena), "");
    for (int way = 0; way < 3; way++) {
        struct err err = {0};
        struct catalog_hits hits;
        struct catalog_query q = {.text = STR("copper lamp"),
                                  .brand = way == 2 ? STR("Maker7") : (struct str){0},
                                  .facets = way > 0,
                                  .exhaustive = way == 0};
        catalog_set_stop(many.catalog, stop_at_once, &asked);
        assert_int_equal(catalog_search(many.catalog, &q, &arena, &hits, &err), ERR_CANCELED);
        assert_int_equal(err.code, ERR_CANCELED);
        catalog_set_stop(many.catalog, NULL, NULL);
        assert_int_equal(shelf_find(&many, &q, &arena).count, 10);
    }
    assert_true(asked >= 3);
    shelf_remove(&many);
}

/* ---- what nobody means -----------------------------------------------------------------------*/

static void
check_all_ways(const struct shelf *s, struct str text)
{
    for (int way = 0; way < 4; way++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query q = {.text = text,
                                  .category = way == 1 ? text : (struct str){0},
                                  .brand = way == 2 ? text : (struct str){0},
                                  .explain = true,
                                  .facets = true,
                                  .exhaustive = way == 3};
        struct catalog_hits hits = shelf_find(s, &q, &arena);
        assert_true(hits.count <= CATALOG_HITS_DEFAULT);
        assert_true(utf8_valid(hits.mended));
        for (size_t i = 0; i < hits.count; i++) {
            struct err err = {0};
            assert_int_equal(js_check(hits.items[i].why, &err), 0);
            assert_true(utf8_valid(hits.items[i].snippet));
        }
    }
}

static void
test_hostile_queries(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "NEAR( \" * :",
        "\"hub\" OR NEAR(hub lock, 2) * : ^ - +",
        "name:hub AND (category:locks",
        "'; DROP TABLE product; --",
        "{a b} : c",
        "=hub|lock",
        "hub \x01 lock",
        "a",
        "the of and how is",
        "\xF0\x9F\x98\x80 \xF0\x9F\x92\xA1\xE2\x80\x8D\xF0\x9F\x94\xA7",
        "\xD9\x85\xD8\xB1\xD9\x83\xD8\xB2 \xE2\x80\xAE hub",
        "\xE8\x93\x9D\xE7\x89\x99",
        "\xFF\xFE hub \xC3",
        "\xED\xA0\x80\xF4\x90\x80\x80",
        "0",
        "99999999999999999999999999999999999999999999",
        "hub hub hub hub hub hub hub hub hub hub hub hub hub hub hub hub hub hub hub hub hub",
        "h-u-b-2-h-u-b-2-h-u-b-2-h-u-b-2-h-u-b-2-h-u-b-2-h-u-b-2-h-u-b-2-h-u-b-2-h-u-b-2",
        "smartsmartsmartsmartsmartsmartlocklocklocklocklocklocklocklocklocklocklocklocklock",
        "zxqv wqzx kjhgf qwrtp xcvbn mnbvc zzzzz yyyyy wwwww vvvvv ttttt sssss rrrrr",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_all_ways(&sample, str_c(texts[i]));
    }
    check_all_ways(&sample, STR("hub\0lock\0\0camera"));
    check_all_ways(&sample, STR("\0"));
}

static void
test_ten_thousand_words(void **state)
{
    (void)state;
    AUTO(buf) struct buf same;
    AUTO(buf) struct buf all;
    buf_init(&same, 1024 * 1024);
    buf_init(&all, 1024 * 1024);
    for (int i = 0; i < 10000; i++) {
        buf_add_c(&same, "sensor ");
        buf_printf(&all, "wrod%d sensr%c ", i, 'a' + i % 26);
    }
    check_all_ways(&sample, buf_str(&same));
    check_all_ways(&sample, buf_str(&all));
}

static void
test_chinese_and_japanese(void **state)
{
    (void)state;
    static const char chinese[] =
        "{\"id\":\"z1\",\"name\":\"\xE6\x97\xA0\xE7\xBA\xBF\xE8\x93\x9D\xE7\x89\x99"
        "\xE9\x9F\xB3\xE7\xAE\xB1\"}\n" /* wireless bluetooth speaker */
        "{\"id\":\"z2\",\"name\":\"\xE6\x97\xA0\xE7\xBA\xBF\xE9\xBC\xA0\xE6\xA0\x87\"}\n";
    static const char japanese[] =
        "{\"id\":\"j1\",\"name\":\"\xE3\x82\xB3\xE3\x83\xBC\xE3\x83\x89\xE3\x83\xAC\xE3\x82\xB9"
        "\xE6\x8E\x83\xE9\x99\xA4\xE6\xA9\x9F\"}\n" /* cordless vacuum cleaner */
        "{\"id\":\"j2\",\"name\":\"\xE7\x82\x8A\xE9\xA3\xAF\xE5\x99\xA8\"}\n";
    static const struct {
        bool japanese;
        const char *text;
        const char *ids;
    } cases[] = {
        {false, "\xE8\x93\x9D\xE7\x89\x99", "z1"},            /* bluetooth */
        {false, "\xE9\xBC\xA0\xE6\xA0\x87", "z2"},            /* mouse */
        {false, "\xE6\x97\xA0\xE7\xBA\xBF", "z2 z1"},         /* wireless */
        {false, "\xE9\xBC\xA0", "z2"},                        /* one character */
        {true, "\xE6\x8E\x83\xE9\x99\xA4", "j1"},             /* to sweep */
        {true, "\xE6\x8E\x83\xE9\x99\xA4\xE6\xA9\x9F", "j1"}, /* vacuum cleaner */
        {true, "\xE7\x82\x8A\xE9\xA3\xAF", "j2"},             /* to cook rice */
        {true, "\xE9\x9F\xB3\xE7\xAE\xB1", ""},               /* not sold there */
    };
    struct shelf shelves[2];
    shelf_make(&shelves[0], str_c(chinese), "zh");
    shelf_make(&shelves[1], str_c(japanese), "ja");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        const struct shelf *s = &shelves[cases[i].japanese ? 1 : 0];
        assert_string_equal(shelf_ids(s, cases[i].text, 0, &arena), cases[i].ids);
        check_all_ways(s, str_c(cases[i].text));
    }
    shelf_remove(&shelves[0]);
    shelf_remove(&shelves[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fast_is_exact_on_the_sample),
        cmocka_unit_test(test_fast_is_exact_on_real_products),
        cmocka_unit_test(test_searches_beside_an_import),
        cmocka_unit_test(test_a_search_can_be_stopped),
        cmocka_unit_test(test_hostile_queries),
        cmocka_unit_test(test_ten_thousand_words),
        cmocka_unit_test(test_chinese_and_japanese),
    };
    return cmocka_run_group_tests_name("catalog-fast", tests, make_shelf, remove_shelf);
}
