/* Segments in a file that somebody damaged, on a disk of chance: whatever bytes the tables hold,
 * reading and merging end, within the file's memory, with an answer or with words. And segments
 * when memory runs out at each place in turn (needs a build with -Dfault_hooks=true). */
#include "segment_fixture.h"

#include "base/fault.h"
#include "catalog/index/segment_block.h"
#include "catalog/index/spell.h"

enum {
    TRIALS = 800,
    SEGMENTS = 8,
    SEGMENT_ROWS = 60,
};

/* So many small segments that the next import merges them. */
static sqlite3 *
a_file(struct model *m)
{
    struct err err = {0};
    sqlite3 *db = index_new(":memory:");
    for (int i = 0; i < SEGMENTS; i++) {
        struct segment_writer *w = index_begin(db);
        uint32_t ordinal = 0;
        assert_int_equal(
            segment_facet_put(w, SEGMENT_BRAND, STR("acme"), STR("Acme"), &ordinal, &err), 0);
        for (int k = 0; k < SEGMENT_ROWS; k++) {
            model_write(model_add(m, 1 + i * SEGMENT_ROWS + k), w);
        }
        assert_int_equal(segment_remove(w, 1 + i * 30, &err), 0);
        index_commit(db, w);
    }
    return db;
}

static bool
is_answer(int rc)
{
    return rc == 0 || rc == ERR_INVALID || rc == ERR_IO || rc == ERR_LIMIT || rc == ERR_NOMEM;
}

/* Every posting of TERM, with what is known of its record. */
static int
read_term(struct segment_reader *r, size_t segments, struct str term, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    int result = 0;
    for (size_t i = 0; result == 0 && i < segments; i++) {
        struct postings list;
        struct postings_cursor cursor;
        struct segment_attributes a;
        result = segment_postings(r, i, term, &arena, &list, err);
        if (result != 0 || list.count == 0) {
            continue;
        }
        uint32_t steps = 0;
        for (postings_start(&cursor, &list); cursor.doc != POSTINGS_END; postings_next(&cursor)) {
            assert_true(++steps <= list.count);
            (void)segment_gone(r, i, cursor.doc);
            int rc = segment_attributes(r, i, cursor.doc, &a, err);
            assert_true(is_answer(rc));
            result = result != 0 ? result : rc;
            if (rc == 0) {
                assert_true(a.row >= 0 && a.brand <= 1 && a.stock <= CATALOG_STOCK_IN);
            }
        }
    }
    return result;
}

static bool
see(void *arg, uint32_t ordinal, struct str key, struct str name)
{
    (void)key;
    (void)name;
    uint32_t *last = arg;
    assert_int_equal(ordinal, ++*last);
    return true;
}

/* Everything a search asks. Returns the first failure. */
static int
read_all(struct segment_reader *r, struct err *err)
{
    char room[32];
    size_t segments = 0;
    uint32_t facets = 0;
    int first = 0;
    int rc = segment_read_begin(r, &segments, err);
    if (rc != 0) {
        return rc;
    }
    for (int word = 0; word < MODEL_WORDS; word++) {
        uint64_t frequency = 0;
        rc = segment_frequency(r, model_word(word, room), &frequency, err);
        rc = rc != 0 ? rc : read_term(r, segments, model_word(word, room), err);
        first = first != 0 ? first : rc;
        assert_true(is_answer(rc));
    }
    for (size_t i = 0; i < segments; i++) {
        struct str vocabulary;
        struct spell_hit hits[SPELL_HITS];
        rc = segment_vocabulary(r, i, &vocabulary, err);
        if (rc == 0) {
            assert_true(spell_near(vocabulary, STR("lampenschirn"), hits) <= SPELL_HITS);
        }
        first = first != 0 ? first : rc;
    }
    rc = segment_facets(r, SEGMENT_BRAND, see, &facets, err);
    first = first != 0 ? first : rc;
    segment_read_end(r);
    assert_true(is_answer(first));
    return first;
}

/* An import that removes, adds and merges. */
static int
write_all(sqlite3 *db, struct err *err)
{
    AUTO(segment_writer) struct segment_writer *w = NULL;
    int rc = segment_writer_open(db, &model_plan, &w, err);
    for (int64_t row = 1; rc == 0 && row < SEGMENTS * SEGMENT_ROWS; row += 50) {
        struct segment_attributes a = {.row = row, .price = 1};
        rc = segment_remove(w, row, err);
        rc = rc != 0 ? rc : segment_begin(w, &a, err);
        rc = rc != 0 ? rc : segment_token(w, 0, 0, STR("lamp"), err);
        rc = rc != 0 ? rc : segment_token(w, 0, 1, STR("lampe"), err);
        rc = rc != 0 ? rc : segment_end(w, err);
    }
    return rc != 0 ? rc : segment_finish(w, err);
}

static void
run_sql(sqlite3 *db, const char *text)
{
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
}

/* Some bytes of one blob of the tables, changed: bits, a shorter or a longer end, zeros. */
static void
damage_blob(sqlite3 *db, struct model *m)
{
    const char *table = model_random(m, 3) == 0 ? "index_page" : "index_part";
    char text[160];
    sqlite3_stmt *s = NULL;
    (void)snprintf(text, sizeof(text),
                   "SELECT id, bytes FROM %s ORDER BY id LIMIT 1 OFFSET %u %% "
                   "(SELECT count(*) FROM %s)",
                   table, model_random(m, 1000), table);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    sqlite3_int64 id = sqlite3_column_int64(s, 0);
    size_t len = (size_t)sqlite3_column_bytes(s, 1);
    char *bytes = test_calloc(1, len + 64);
    if (len > 0) {
        memcpy(bytes, sqlite3_column_blob(s, 1), len);
    }
    sqlite3_finalize(s);
    uint32_t way = model_random(m, 4);
    for (uint32_t i = 0; len > 0 && way < 2 && i < 1 + way * 8; i++) {
        size_t at = model_random(m, model_random(m, 2) == 0 && len > 24 ? 24 : (uint32_t)len);
        bytes[at] =
            (char)(way == 0 ? bytes[at] ^ 1 << model_random(m, 8) : (int)model_random(m, 256));
    }
    len = way == 2 ? model_random(m, (uint32_t)len + 1) : way == 3 ? len + 1 : len;
    (void)snprintf(text, sizeof(text), "UPDATE %s SET bytes = ?1 WHERE id = ?2", table);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
    sqlite3_bind_blob(s, 1, bytes, (int)len, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, id);
    assert_int_equal(sqlite3_step(s), SQLITE_DONE);
    sqlite3_finalize(s);
    test_free(bytes);
}

static void
damage_row(sqlite3 *db, struct model *m)
{
    static const char *const ways[] = {
        "UPDATE index_segment SET docs = docs + 1 WHERE id = 3",
        "UPDATE index_segment SET docs = 1 WHERE id = 3",
        "UPDATE index_segment SET docs = 131072",
        "UPDATE index_segment SET docs = -1",
        "UPDATE index_segment SET docs = 4294967297",
        "UPDATE index_segment SET gone = docs WHERE id = 2",
        "UPDATE index_segment SET gone = 5",
        "UPDATE index_segment SET row = -5",
        "UPDATE index_segment SET row = 9223372036854775807",
        "UPDATE index_segment SET lists = lists + 4048",
        "UPDATE index_segment SET lists = 0",
        "UPDATE index_segment SET lists = 99999999999",
        "UPDATE index_segment SET blocks = 0",
        "UPDATE index_segment SET blocks = 16000000",
        "UPDATE index_segment SET id = 1099511627776 WHERE id = 4",
        "DELETE FROM index_segment WHERE id = 5",
        "DELETE FROM index_page WHERE id % 3 = 0",
        "DELETE FROM index_part WHERE id % 5 = 0",
        "UPDATE index_part SET bytes = 'text'",
        "UPDATE index_part SET bytes = 17",
        "UPDATE index_page SET bytes = 17",
        "UPDATE index_page SET bytes = zeroblob(100000)",
        "UPDATE index_page SET bytes = zeroblob(4048)",
        "UPDATE index_state SET value = zeroblob(64) WHERE name = 'averages'",
        "UPDATE index_state SET value = x'00' WHERE name = 'averages'",
        "UPDATE index_state SET value = 1 WHERE name = 'next'",
        "UPDATE index_state SET value = -7 WHERE name = 'next'",
        "UPDATE index_state SET value = 9223372036854775807",
        "DELETE FROM index_state",
        "UPDATE index_facet SET ordinal = 4000000000",
        "UPDATE index_facet SET key = ''",
        "DELETE FROM index_facet",
        "DROP TABLE index_page",
        "DROP TABLE index_segment",
    };
    run_sql(db, ways[model_random(m, sizeof(ways) / sizeof(ways[0]))]);
}

static void
test_damage(void **state)
{
    (void)state;
    struct model *m = model_new(77);
    sqlite3 *whole = a_file(m);
    sqlite3_int64 size = 0;
    unsigned char *image = sqlite3_serialize(whole, "main", &size, 0);
    assert_non_null(image);
    size_t told = 0;
    for (int i = 0; i < TRIALS; i++) {
        struct err err = {0};
        sqlite3 *db = index_open(":memory:");
        unsigned char *copy = sqlite3_malloc64((sqlite3_uint64)size);
        assert_non_null(copy);
        memcpy(copy, image, (size_t)size);
        assert_int_equal(
            sqlite3_deserialize(db, "main", copy, size, size,
                                SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE),
            SQLITE_OK);
        if (i % 4 == 0) {
            damage_row(db, m);
        } else {
            damage_blob(db, m);
        }
        struct segment_reader *r = NULL;
        assert_int_equal(segment_reader_open(db, &r, &err), 0);
        int rc = read_all(r, &err);
        told += rc != 0;
        assert_true(rc == 0 || err.message[0] != '\0');
        run_sql(db, "BEGIN");
        rc = write_all(db, &err);
        assert_true(is_answer(rc));
        run_sql(db, rc == 0 ? "COMMIT" : "ROLLBACK");
        (void)read_all(r, &err);
        segment_reader_free(r);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
    /* Not every bit is noticed, but most damage is, or this test damages nothing. */
    assert_true(told > TRIALS / 4 && told < TRIALS);
    sqlite3_free(image);
    sqlite3_close(whole);
    test_free(m);
}

/* A block of entries that says something else with each byte changed to each value. */
static void
test_block_bytes(void **state)
{
    (void)state;
    char bytes[4 * BLOCK_ENTRY_BYTES];
    char list[] = {8, 3};
    struct block_entry here = {.list = {list, sizeof(list)}};
    struct block_entry far = {.count = 700, .offset = 5000, .length = 900};
    struct block_entry got;
    char term[BLOCK_TERM_BYTES];
    memset(term, 'x', sizeof(term));
    size_t len = block_put(bytes, 0, STR("lamp"), 0, &here);
    len = block_put(bytes, len, STR("lampe"), 4, &far);
    len = block_put(bytes, len, (struct str){term, sizeof(term)}, 0, &here);
    struct str whole = {bytes, len};
    assert_int_equal(block_find(whole, STR("lamp"), &got), BLOCK_ENTRY);
    assert_memory_equal(got.list.ptr, list, sizeof(list));
    assert_int_equal(block_find(whole, STR("lampe"), &got), BLOCK_ENTRY);
    assert_int_equal(got.count, 700);
    assert_int_equal(got.offset, 5000);
    assert_int_equal(got.length, 900);
    assert_int_equal(block_find(whole, (struct str){term, sizeof(term)}, &got), BLOCK_ENTRY);
    assert_int_equal(block_find(whole, STR("lam"), &got), BLOCK_END);
    assert_int_equal(block_find(whole, STR("lampen"), &got), BLOCK_END);
    assert_int_equal(block_find(whole, STR("zzz"), &got), BLOCK_END);
    for (size_t at = 0; at < len; at++) {
        for (int value = 0; value < 256; value++) {
            /* Exactly as long as its memory, for the sanitizers to see the end. */
            char *copy = test_malloc(len - at / 2);
            size_t part = len - at / 2;
            memcpy(copy, bytes, part);
            if (at < part) {
                copy[at] = (char)value;
            }
            struct block_walk walk;
            size_t steps = 0;
            block_start(&walk, (struct str){copy, part});
            while (block_next(&walk) == BLOCK_ENTRY) {
                steps++;
                assert_true(walk.len <= BLOCK_TERM_BYTES);
            }
            assert_true(steps <= part);
            (void)block_find((struct str){copy, part}, STR("lampe"), &got);
            test_free(copy);
        }
    }
}

/* One life of an index, ended by the first failure. */
static int
live(sqlite3 *db, struct err *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < SEGMENTS + 2; i++) {
        rc = write_all(db, err);
    }
    struct segment_reader *r = NULL;
    rc = rc != 0 ? rc : segment_reader_open(db, &r, err);
    rc = rc != 0 ? rc : read_all(r, err);
    segment_reader_free(r);
    return rc;
}

static void
test_out_of_memory(void **state)
{
    (void)state;
    if (!fault_configure(STR("alloc:1000000000"))) {
        print_message("SKIP: needs -Dfault_hooks=true\n");
        return;
    }
    unsigned long failures = 0;
    for (unsigned long n = 1;; n++) {
        struct err err = {0};
        char spec[32];
        sqlite3 *db = index_new(":memory:");
        (void)snprintf(spec, sizeof(spec), "alloc:%lu", n);
        assert_true(fault_configure(str_c(spec)));
        int rc = live(db, &err);
        bool fired = fault_passed() >= n;
        assert_true(fault_configure(STR("")));
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        if (!fired) {
            assert_int_equal(rc, 0);
            break;
        }
        assert_int_equal(rc, ERR_NOMEM);
        assert_string_equal(err.message, "out of memory");
        failures++;
    }
    assert_true(failures > 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_bytes),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
