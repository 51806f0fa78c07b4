/* Segments against a model that keeps every record: what is written is what is read, by terms,
 * neighbours, impacts and columns, through removals, additions in place and merging. */
#include "segment_fixture.h"

#include <unistd.h>

#include "catalog/index/spell.h"

static uint64_t
totals_of(sqlite3 *db, struct segment_totals *ret)
{
    struct err err = {0};
    assert_int_equal(segment_totals(db, ret, &err), 0);
    return ret->live;
}

static struct segment_reader *
reader_of(sqlite3 *db)
{
    struct segment_reader *r = NULL;
    struct err err = {0};
    assert_int_equal(segment_reader_open(db, &r, &err), 0);
    return r;
}

static void
test_empty(void **state)
{
    (void)state;
    sqlite3 *db = index_new(":memory:");
    struct segment_totals totals;
    struct err err = {0};
    uint64_t frequency = 7;
    size_t count = 7;
    index_commit(db, index_begin(db));
    struct segment_reader *r = reader_of(db);
    assert_int_equal(segment_read_begin(r, &count, &err), 0);
    assert_int_equal(count, 0);
    assert_int_equal(segment_frequency(r, STR("lamp"), &frequency, &err), 0);
    assert_int_equal(frequency, 0);
    assert_int_equal(segment_docs(r), 0);
    assert_true(segment_averages(r)[0] == 1.0);
    segment_read_end(r);
    assert_int_equal(totals_of(db, &totals), 0);
    assert_int_equal(totals.segments, 0);
    segment_reader_free(r);
    sqlite3_close(db);
}

static void
test_one_segment(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 17, 200, 3500};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct model *m = model_new(i);
        struct segment_totals totals;
        sqlite3 *db = index_new(":memory:");
        struct segment_writer *w = index_begin(db);
        for (size_t k = 0; k < sizes[i]; k++) {
            model_write(model_add(m, (int64_t)k * 3 + 1), w);
        }
        model_freeze(m);
        index_commit(db, w);
        struct segment_reader *r = reader_of(db);
        model_check(m, r);
        assert_int_equal(totals_of(db, &totals), sizes[i]);
        assert_int_equal(totals.averaged, sizes[i]);
        assert_int_equal(totals.segments, 1);
        segment_reader_free(r);
        sqlite3_close(db);
        test_free(m);
    }
}

/* Rows a segment may have: any order, far apart, the same again. */
static void
test_rows(void **state)
{
    (void)state;
    struct model *m = model_new(5);
    struct segment_totals totals;
    struct err err = {0};
    sqlite3 *db = index_new(":memory:");
    struct segment_writer *w = index_begin(db);
    static const int64_t rows[] = {900, 3, 1, 5000000000, 77, 1099511627776, 78};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        model_write(model_add(m, rows[i]), w);
    }
    /* Removed before it was written; removed and added again; added again without removal. */
    assert_int_equal(segment_remove(w, 77, &err), 0);
    model_remove(m, 77);
    assert_int_equal(segment_remove(w, 3, &err), 0);
    model_remove(m, 3);
    model_write(model_add(m, 3), w);
    model_remove(m, 900);
    model_write(model_add(m, 900), w);
    assert_int_equal(segment_remove(w, 123456, &err), 0);
    model_freeze(m);
    index_commit(db, w);
    struct segment_reader *r = reader_of(db);
    model_check(m, r);
    assert_int_equal(totals_of(db, &totals), 6);
    assert_int_equal(totals.gone, 0);
    segment_reader_free(r);
    sqlite3_close(db);
    test_free(m);
}

/* A reader opened before sees what comes after; one in the middle of a read does not yet. */
static void
test_in_place(void **state)
{
    (void)state;
    char path[] = "/tmp/test-segment-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    struct model *m = model_new(11);
    struct segment_totals totals;
    struct err err = {0};
    sqlite3 *db = index_new(path);
    sqlite3 *other = index_open(path);
    struct segment_reader *r = reader_of(other);
    struct segment_writer *w = index_begin(db);
    for (int64_t row = 1; row <= 1000; row++) {
        model_write(model_add(m, row), w);
        if (row % 300 == 0) {
            model_freeze(m);
            assert_int_equal(segment_flush(w, &err), 0);
        }
    }
    index_commit(db, w);
    model_check(m, r);
    size_t held = 0;
    struct segment_reader *holder = reader_of(db);
    assert_int_equal(segment_read_begin(r, &held, &err), 0);
    assert_int_equal(held, 4);
    w = index_begin(db);
    for (int64_t row = 5; row <= 1100; row += 20) {
        assert_int_equal(segment_remove(w, row, &err), 0);
        model_remove(m, row);
        if (row % 3 != 0) {
            model_write(model_add(m, row), w);
        }
    }
    index_commit(db, w);
    assert_false(segment_gone(r, 0, 4));
    segment_read_end(r);
    model_check(m, r);
    model_check(m, holder);
    size_t live = 0;
    for (size_t i = 0; i < m->count; i++) {
        live += m->records[i].live;
    }
    assert_int_equal(totals_of(db, &totals), live);
    assert_int_equal(totals.gone, 50);
    assert_int_equal(totals.averaged, 300);
    assert_int_equal(totals.segments, 5);
    segment_reader_free(holder);
    segment_reader_free(r);
    sqlite3_close(other);
    sqlite3_close(db);
    (void)unlink(path);
    char beside[64];
    (void)snprintf(beside, sizeof(beside), "%s-wal", path);
    (void)unlink(beside);
    (void)snprintf(beside, sizeof(beside), "%s-shm", path);
    (void)unlink(beside);
    test_free(m);
}

/* Fifty small imports with changes: few segments are left, and they say the same. */
static void
test_merge(void **state)
{
    (void)state;
    struct model *m = model_new(23);
    struct segment_totals totals;
    struct err err = {0};
    sqlite3 *db = index_new(":memory:");
    struct segment_reader *r = reader_of(db);
    for (int round = 0; round < 50; round++) {
        struct segment_writer *w = index_begin(db);
        for (int i = 0; i < 40; i++) {
            int64_t row = 1 + model_random(m, 1200);
            assert_int_equal(segment_remove(w, row, &err), 0);
            model_remove(m, row);
            if (model_random(m, 8) != 0) {
                model_write(model_add(m, row), w);
            }
        }
        model_freeze(m);
        index_commit(db, w);
        (void)totals_of(db, &totals);
        assert_true(totals.segments <= SEGMENT_SMALL_MAX);
        if (round % 12 == 11) {
            model_check(m, r);
        }
    }
    size_t live = 0;
    for (size_t i = 0; i < m->count; i++) {
        live += m->records[i].live;
    }
    assert_int_equal(totals_of(db, &totals), live);
    assert_true(totals.gone < 400);
    model_check(m, r);
    /* What is entirely gone leaves nothing behind. */
    struct segment_writer *w = index_begin(db);
    for (int64_t row = 1; row <= 1200; row++) {
        assert_int_equal(segment_remove(w, row, &err), 0);
    }
    index_commit(db, w);
    assert_int_equal(totals_of(db, &totals), 0);
    assert_int_equal(totals.segments, 0);
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT (SELECT count(*) FROM index_page) + "
                                        "(SELECT count(*) FROM index_part)",
                                        -1, &s, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(s, 0), 0);
    sqlite3_finalize(s);
    segment_reader_free(r);
    sqlite3_close(db);
    test_free(m);
}

/* What is no term is left out, and nobody's neighbour. */
static void
test_odd_words(void **state)
{
    (void)state;
    char longest[127];
    char too_long[128];
    memset(longest, 'l', sizeof(longest));
    memset(too_long, 'l', sizeof(too_long));
    const struct str words[] = {STR("a"),
                                STR("b c"),
                                STR("d"),
                                {longest, sizeof(longest)},
                                {longest, sizeof(longest)},
                                {too_long, sizeof(too_long)},
                                STR("e"),
                                STR("x\ny"),
                                STR("")};
    char both[255];
    memset(both, 'l', sizeof(both));
    both[127] = ' ';
    const struct {
        struct str term;
        uint64_t want;
    } cases[] = {
        {STR("a"), 1},    {STR("b c"), 0},  {STR("a b"), 0}, {STR("a d"), 0},
        {STR("d"), 1},    {words[3], 1},    {words[5], 0},   {{both, sizeof(both)}, 1},
        {STR("e"), 1},    {STR("x\ny"), 0}, {STR(""), 0},    {STR("zzz"), 0},
        {STR("\x01"), 0}, {STR("\xff"), 0},
    };
    struct err err = {0};
    sqlite3 *db = index_new(":memory:");
    struct segment_writer *w = index_begin(db);
    struct segment_attributes attributes = {.row = 1, .price = -1};
    assert_int_equal(segment_begin(w, &attributes, &err), 0);
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_int_equal(segment_token(w, 0, i, words[i], &err), 0);
    }
    assert_int_equal(segment_end(w, &err), 0);
    index_commit(db, w);
    struct segment_reader *r = reader_of(db);
    size_t count = 0;
    assert_int_equal(segment_read_begin(r, &count, &err), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t frequency = 99;
        assert_int_equal(segment_frequency(r, cases[i].term, &frequency, &err), 0);
        assert_int_equal(frequency, cases[i].want);
    }
    assert_true(segment_averages(r)[0] == 9.0);
    segment_read_end(r);
    segment_reader_free(r);
    sqlite3_close(db);
}

struct seen {
    size_t count;
    char text[200];
};

static bool
see(void *arg, uint32_t ordinal, struct str key, struct str name)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->text);
    (void)snprintf(seen->text + len, sizeof(seen->text) - len, "%u:%" STR_FMT "=%" STR_FMT ";",
                   ordinal, STR_ARG(key), STR_ARG(name));
    return ++seen->count < 3;
}

static uint32_t
put(struct segment_writer *w, enum segment_facet facet, const char *key, const char *name)
{
    struct err err = {0};
    uint32_t ordinal = 99;
    assert_int_equal(segment_facet_put(w, facet, str_c(key), str_c(name), &ordinal, &err), 0);
    return ordinal;
}

static void
test_facets(void **state)
{
    (void)state;
    struct err err = {0};
    size_t count = 0;
    sqlite3 *db = index_new(":memory:");
    struct segment_writer *w = index_begin(db);
    assert_int_equal(put(w, SEGMENT_BRAND, "acme", "Acme"), 1);
    assert_int_equal(put(w, SEGMENT_BRAND, "bolt", "Bolt"), 2);
    assert_int_equal(put(w, SEGMENT_BRAND, "acme", "ACME"), 1);
    assert_int_equal(put(w, SEGMENT_CATEGORY, "acme", "Acme"), 1);
    assert_int_equal(put(w, SEGMENT_BRAND, "", ""), 0);
    struct segment_attributes attributes = {.row = 4, .brand = 2, .category = 1, .price = 1.5};
    assert_int_equal(segment_begin(w, &attributes, &err), 0);
    assert_int_equal(segment_end(w, &err), 0);
    index_commit(db, w);
    w = index_begin(db);
    assert_int_equal(put(w, SEGMENT_BRAND, "bolt", "Bolt"), 2);
    for (int i = 0; i < 1000; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "brand %d", i);
        assert_int_equal(put(w, SEGMENT_BRAND, key, key), 3 + i);
    }
    attributes = (struct segment_attributes){.row = 5, .brand = 1002, .price = (double)NAN};
    assert_int_equal(segment_begin(w, &attributes, &err), 0);
    assert_int_equal(segment_end(w, &err), 0);
    index_commit(db, w);
    struct segment_reader *r = reader_of(db);
    struct seen seen = {0};
    assert_int_equal(segment_read_begin(r, &count, &err), 0);
    assert_int_equal(segment_facets(r, SEGMENT_BRAND, see, &seen, &err), 0);
    assert_string_equal(seen.text, "1:acme=Acme;2:bolt=Bolt;3:brand 0=brand 0;");
    struct segment_attributes got;
    assert_int_equal(segment_attributes(r, 0, 0, &got, &err), 0);
    assert_int_equal(got.row, 4);
    assert_int_equal(got.brand, 2);
    assert_int_equal(got.category, 1);
    assert_true(got.price == 1.5);
    assert_int_equal(segment_attributes(r, 1, 0, &got, &err), 0);
    assert_int_equal(got.row, 5);
    assert_int_equal(got.brand, 1002);
    assert_true(got.price < 0);
    assert_int_equal(segment_attributes(r, 1, 1, &got, &err), ERR_INVALID);
    assert_true(segment_gone(r, 1, 1));
    segment_read_end(r);
    segment_reader_free(r);
    sqlite3_close(db);
}

static void
test_vocabulary(void **state)
{
    (void)state;
    struct model *m = model_new(31);
    struct err err = {0};
    struct str vocabulary;
    size_t count = 0;
    struct spell_hit hits[SPELL_HITS];
    sqlite3 *db = index_new(":memory:");
    struct segment_writer *w = index_begin(db);
    for (int64_t row = 1; row <= 300; row++) {
        model_write(model_add(m, row), w);
    }
    index_commit(db, w);
    struct segment_reader *r = reader_of(db);
    assert_int_equal(segment_read_begin(r, &count, &err), 0);
    assert_int_equal(segment_vocabulary(r, 0, &vocabulary, &err), 0);
    size_t found = spell_near(vocabulary, STR("lampenschirn"), hits);
    assert_int_equal(found, 1);
    assert_int_equal(hits[0].len, strlen("lampenschirm"));
    uint64_t frequency = 0;
    assert_int_equal(segment_frequency(r, STR("lampenschirm"), &frequency, &err), 0);
    assert_int_equal(hits[0].count, frequency);
    segment_read_end(r);
    segment_reader_free(r);
    sqlite3_close(db);
    test_free(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),  cmocka_unit_test(test_one_segment),
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_merge),  cmocka_unit_test(test_odd_words),
        cmocka_unit_test(test_facets), cmocka_unit_test(test_vocabulary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
