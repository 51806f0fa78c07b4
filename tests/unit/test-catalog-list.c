/* Records one after the other: every page begins where the one before ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/list.h"
#include "catalog_fixture.h"

static void
test_pages_hold_everything_once(void **state)
{
    static const char rows[] = "{\"id\":\"b\",\"name\":\"Two\"}\n{\"id\":\"B\",\"name\":\"One\"}\n"
                               "{\"id\":\"\xc3\xa4 %\",\"name\":\"Four\"}\n"
                               "{\"id\":\"b2\",\"name\":\"Three\"}\n";
    static const char *const want[] = {"B One", "b Two", "b2 Three", "\xc3\xa4 % Four"};
    (void)state;
    struct folder f;
    folder_make(&f);
    const char *file = folder_file(&f, "rows.jsonl", str_c(rows));
    assert_int_equal(import_files(&f, CATALOG_PRODUCTS, false, &file, 1).rc, 0);
    for (size_t limit = 0; limit <= 5; limit++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(catalog) struct catalog *c = NULL;
        struct err err = {0};
        struct str after = STR("");
        struct catalog_listed *items;
        size_t seen = 0;
        size_t count = 0;
        assert_int_equal(catalog_open(f.db, &c, &err), 0);
        do {
            assert_int_equal(
                catalog_list(c, CATALOG_PRODUCTS, after, limit, &arena, &items, &count, &err), 0);
            assert_true(count <= limit);
            for (size_t i = 0; i < count; i++) {
                struct str got = arena_printf(&arena, "%" STR_FMT " %" STR_FMT,
                                              STR_ARG(items[i].id), STR_ARG(items[i].name));
                assert_true(seen < 4);
                assert_string_equal(got.ptr, want[seen++]);
                after = items[i].id;
            }
        } while (count > 0);
        assert_int_equal(seen, limit ? 4 : 0);
        /* Of the other kind there are none. */
        assert_int_equal(
            catalog_list(c, CATALOG_ARTICLES, STR(""), limit, &arena, &items, &count, &err), 0);
        assert_int_equal(count, 0);
    }
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_hold_everything_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
