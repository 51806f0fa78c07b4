/* Whatever is typed is a query: hostile, absurd and empty ones find something or nothing, quickly,
 * and are never an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <time.h>

#include "catalog_fixture.h"

#include "base/limits.h"
#include "catalog/query.h"

static struct folder shelf;
static struct catalog *catalog;

static const char products[] =
    "{\"id\":\"h1\",\"name\":\"Sony WH-1000XM4 headphones\",\"model\":\"WH-1000XM4\","
    "\"brand\":\"Sony\"}\n"
    "{\"id\":\"b1\",\"name\":\"Battery D cell\",\"description\":\"NOT for toys, NEAR heat\"}\n"
    "{\"id\":\"c1\",\"name\":\"Caf\xC3\xA9 machine\",\"features\":[\"55\\\" steam\"]}\n"
    "{\"id\":\"r1\",\"name\":\"\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D lamp\"}\n"
    "{\"id\":\"who\",\"name\":\"The Who: Who are you\"}\n";

static const char articles[] =
    "{\"id\":\"a1\",\"title\":\"What is a scene?\",\"text\":\"A scene sets several lights.\"}\n"
    "{\"id\":\"a2\",\"title\":\"Light blinks\",\"steps\":[\"Turn it off\",\"Don't open it\"]}\n";

static int
make_shelf(void **state)
{
    (void)state;
    struct err err = {0};
    folder_make(&shelf);
    struct import_log log = import_text(&shelf, CATALOG_PRODUCTS, false, "p.jsonl", products);
    assert_int_equal(log.rc, 0);
    assert_int_equal(import_text(&shelf, CATALOG_ARTICLES, false, "a.jsonl", articles).rc, 0);
    return catalog_open(shelf.db, &catalog, &err);
}

static int
remove_shelf(void **state)
{
    (void)state;
    catalog_free(catalog);
    folder_remove(&shelf);
    return 0;
}

/* Ids found for TEXT, with a space between. */
static const char *
ask(enum catalog_kind kind, struct str text, struct arena *arena)
{
    struct err err = {0};
    struct catalog_hits hits;
    AUTO(buf) struct buf ids;
    struct catalog_query query = {
        .kind = kind, .text = text, .product = text, .category = {0}, .brand = {0}};
    int rc = catalog_search(catalog, &query, arena, &hits, &err);
    if (rc != 0) {
        fail_msg("%s", err.message);
    }
    buf_init(&ids, 4096);
    for (size_t i = 0; i < hits.count; i++) {
        buf_printf(&ids, "%s%.*s", i > 0 ? " " : "", (int)hits.items[i].id.len,
                   hits.items[i].id.ptr);
    }
    return ids.len > 0 ? buf_to_arena(&ids, arena).ptr : "";
}

static void
test_what_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"", ""},
        {"   \t\n", ""},
        {"\"", ""},
        {"'''", ""},
        {"* : ^ ( ) { } - + NEAR( \" * :", "b1"},
        {"NEAR(", "b1"},
        {"NOT", "b1"},
        {"AND OR NOT", "b1"},
        {"name:battery", "b1"},
        {"rowid", ""},
        {"battery*", "b1"},
        {"batter", "b1"},
        {"d", "b1"},
        {"d battery", "b1"},
        {"BATTERIES", "b1"},
        {"cafe", "c1"},
        {"CAF\xC3\x89", "c1"},
        {"55\"", "c1"},
        {"sony's headphone", "h1"},
        {"wh1000xm4", "h1"},
        {"wh 1000xm4", "h1"},
        {"do you have the WH-1000-XM4?", "h1"},
        {"\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D", "r1"},
        {"\xF0\x9F\x98\x80\xF0\x9F\x92\xA1", ""},
        {"the who", "who"},
        {"who", "who"},
        {"; DROP TABLE product; --", ""},
        {"battery\"; DROP TABLE product; --", "b1"},
        {"\xFF\xFE battery \xC3", "b1"},
        {"-----", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        const char *got = ask(CATALOG_PRODUCTS, str_c(cases[i].text), &arena);
        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("'%s' finds '%s', not '%s'", cases[i].text, got, cases[i].want);
        }
        (void)ask(CATALOG_ARTICLES, str_c(cases[i].text), &arena);
    }
}

static void
test_nul_bytes_are_spaces(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    assert_string_equal(ask(CATALOG_PRODUCTS, STR("battery\0cell\0\0"), &arena), "b1");
    assert_string_equal(ask(CATALOG_PRODUCTS, STR("\0"), &arena), "");
}

static double
now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
test_huge_queries_are_cut(void **state)
{
    (void)state;
    static const char *const units[] = {"battery ",          "a ",  "x9 ",      "\" OR ",
                                        "\xF0\x9F\x98\x80 ", "(((", "1234567 ", "w\xC3\xB6rd"};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(buf) struct buf text;
        buf_init(&text, 4 * 1024 * 1024);
        for (int k = 0; k < 10000; k++) {
            buf_add_c(&text, units[i]);
            if (i == 2) {
                buf_printf(&text, "%d ", k);
            }
        }
        double start = now_ms();
        (void)ask(CATALOG_PRODUCTS, buf_str(&text), &arena);
        (void)ask(CATALOG_ARTICLES, buf_str(&text), &arena);
        /* A bound that holds under valgrind too; the benchmark has the real figure. */
        assert_true(now_ms() - start < 5000);
    }
}

/* Every pair of the characters that mean something to FTS5 or SQL. */
static void
test_pairs_of_signs(void **state)
{
    (void)state;
    static const char signs[] = "\"'*:^(){}[]+-,.;%_\\/`~@#&|<>=!?\x01\x7F\x80\xC3\xFF"
                                "aN9 ";
    for (size_t i = 0; i < sizeof(signs); i++) {
        for (size_t k = 0; k < sizeof(signs); k++) {
            AUTO(arena) struct arena arena = {0};
            char text[] = {signs[i], signs[k], ' ', 'd', signs[k], signs[i]};
            (void)ask(CATALOG_PRODUCTS, (struct str){text, sizeof(text)}, &arena);
            (void)ask(CATALOG_ARTICLES, (struct str){text, sizeof(text)}, &arena);
        }
    }
}

struct word_case {
    const char *text;
    enum query_stop stop;
    const char *match;
};

static void
test_how_a_query_is_read(void **state)
{
    (void)state;
    static const struct word_case cases[] = {
        {"how do i pair the hub", QUERY_STOP_DROP, "\"=pair\" AND \"=hub\""},
        {"how do i", QUERY_STOP_DROP, "\"=how\" AND \"=do\" AND \"=i\""},
        {"what is pairing", QUERY_STOP_WEIGH, "\"=what\" AND \"=is\" AND \"=pair\""},
        {"hub hubs HUB", QUERY_STOP_DROP, "\"=hub\""},
        {"it won't pair", QUERY_STOP_DROP, "\"=pair\""},
        {"john's lamp", QUERY_STOP_DROP, "\"=john\" AND \"=lamp\""},
        {"john\xE2\x80\x99s lamp", QUERY_STOP_DROP, "\"=john\" AND \"=lamp\""},
        {"s", QUERY_STOP_DROP, "\"=s\""},
        {"wi-fi \"6\"", QUERY_STOP_DROP,
         "(\"=wi\" OR \"=wifi\") AND (\"=fi\" OR \"=wifi\") AND (\"=6\" OR \"=6in\")"},
        {"55\" tv", QUERY_STOP_DROP, "(\"=55\" OR \"=55in\") AND \"=tv\""},
        {"wh-1000xm4", QUERY_STOP_DROP,
         "(\"=wh\" OR \"=wh1000xm4\") AND (\"=1000xm4\" OR \"=wh1000xm4\")"},
    };
    sqlite3 *db = NULL;
    struct words words = {0};
    struct err err = {0};
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(words_init(&words, db, &err), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(buf) struct buf match;
        struct query query;
        buf_init(&match, 4096);
        assert_int_equal(
            query_read(&words, str_c(cases[i].text), cases[i].stop, &arena, &query, &err), 0);
        query_match(&query, "AND", &match);
        assert_string_equal(match.text, cases[i].match);
    }
    words_done(&words);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
test_codes_in_a_query(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *codes;
    } cases[] = {
        {"WH-1000XM4", "wh1000xm4"},
        {"sony wh 1000xm4", "sonywh1000xm4 1000xm4 wh1000xm4"},
        {"usb hub", ""},
        {"abc-def", "abcdef"},
        {"iphone 11 case", "iphone11case iphone11 11case"},
        {"4000", "4000"},
        {"2 x 4", "2x4"},
        {"!!!", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct query query = {.text = str_c(cases[i].text)};
        char codes[QUERY_CODES][QUERY_CODE_BYTES];
        char joined[QUERY_CODES * QUERY_CODE_BYTES] = "";
        size_t count = query_codes(&query, codes);
        for (size_t k = 0; k < count; k++) {
            (void)snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s%s",
                           k > 0 ? " " : "", codes[k]);
        }
        assert_string_equal(joined, cases[i].codes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_found),        cmocka_unit_test(test_nul_bytes_are_spaces),
        cmocka_unit_test(test_huge_queries_are_cut), cmocka_unit_test(test_pairs_of_signs),
        cmocka_unit_test(test_how_a_query_is_read),  cmocka_unit_test(test_codes_in_a_query),
    };
    return cmocka_run_group_tests_name("catalog-query", tests, make_shelf, remove_shelf);
}
