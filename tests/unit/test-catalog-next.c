/* An article's `next`: the ids of articles to go to when it did not help, from the import through
 * the search to what a model sees; and the sample shop's links all lead somewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "catalog/catalog.h"
#include "catalog_fixture.h"

static const char articles[] =
    "{\"id\":\"A1\",\"title\":\"The lamp stays dark\",\"steps\":[\"Turn it on.\"],"
    "\"next\":[\"A2\",\"A3\"]}\n"
    "{\"id\":\"A2\",\"title\":\"The fuse is out\",\"steps\":[\"Push it in.\"],\"next\":\"A1|A3\"}\n"
    "{\"id\":\"A3\",\"title\":\"Power cuts\",\"steps\":[\"Wait.\"]}\n";

/* The `next` of the brief of the article that QUERY finds first. */
static void
check_brief(struct catalog *c, const char *query, const char *const *want, size_t count)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf text;
    struct err err = {0};
    struct catalog_hits hits;
    const struct catalog_query q = {.kind = CATALOG_ARTICLES, .text = str_c(query)};
    assert_int_equal(catalog_search(c, &q, &arena, &hits, &err), 0);
    assert_true(hits.count > 0);
    buf_init(&text, 64 * 1024);
    struct js_out out;
    js_out_init(&out, &text);
    assert_int_equal(catalog_write_brief(&hits.items[0], &arena, &out, &err), 0);
    struct js *brief = NULL;
    assert_int_equal(js_parse_object(buf_str(&text), "brief", &arena, &brief, &err), 0);
    const struct js *next = js_get_c(brief, "next");
    assert_int_equal(js_count(next), count);
    for (size_t i = 0; i < count; i++) {
        assert_true(str_eq_c(js_text(js_at(next, i)), want[i]));
    }
}

static void
test_brief(void **state)
{
    (void)state;
    struct folder f;
    struct err err = {0};
    struct catalog *c = NULL;
    folder_make(&f);
    const char *file = folder_file(&f, "a.jsonl", str_c(articles));
    const struct catalog_import options = {.kind = CATALOG_ARTICLES};
    struct catalog_report report;
    assert_int_equal(catalog_import(f.db, &file, 1, &options, &report, &err), 0);
    assert_int_equal(report.added, 3);
    assert_int_equal(catalog_open(f.db, &c, &err), 0);
    check_brief(c, "lamp stays dark", (const char *const[]){"A2", "A3"}, 2);
    check_brief(c, "fuse is out", (const char *const[]){"A1", "A3"}, 2);
    check_brief(c, "power cuts", NULL, 0);
    catalog_free(c);
    folder_remove(&f);
}

/* Every id in the sample's links is an article's, and none leads to itself. */
static void
check_links(struct str text)
{
    AUTO(arena) struct arena arena = {0};
    struct str rest = text;
    size_t links = 0;
    for (struct str line; str_split(&rest, '\n', &line);) {
        struct err err = {0};
        struct js *article = NULL;
        if (line.len == 0) {
            continue;
        }
        assert_int_equal(js_parse_object(line, "article", &arena, &article, &err), 0);
        const struct js *next = js_get_c(article, "next");
        for (size_t i = 0; i < js_count(next); i++) {
            struct str id = js_text(js_at(next, i));
            struct str opening = arena_printf(&arena, "{\"id\": \"%" STR_FMT "\"", STR_ARG(id));
            assert_false(str_eq(id, js_get_text(article, "id")));
            if (str_find(text, opening, 0) == SIZE_MAX) {
                fail_msg("no article %" STR_FMT, STR_ARG(id));
            }
            links++;
        }
    }
    assert_true(links > 20);
}

static void
test_sample_links(void **state)
{
    (void)state;
    static char path[4096];
    static char text[512 * 1024];
    const char *source = getenv("DESKHAND_SOURCE");
    (void)snprintf(path, sizeof(path), "%s/catalog/sample/articles.jsonl", source ? source : ".");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof(text), file);
    (void)fclose(file);
    assert_true(len > 0 && len < sizeof(text));
    check_links((struct str){text, len});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brief),
        cmocka_unit_test(test_sample_links),
    };
    return cmocka_run_group_tests_name("catalog-next", tests, NULL, NULL);
}
