/* The tokenizer within FTS5, texts recorded and replayed, the language of a file, failing memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "catalog/query.h"
#include "catalog/words.h"

/* An FTS5 table of some texts, asked as the catalogue asks: by stems and their alternatives. */
struct table {
    sqlite3 *db;
    struct words words;
};

static void
run(sqlite3 *db, const char *text)
{
    char *message = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", text, message);
    }
}

static void
table_open(struct table *t, const char *language)
{
    struct err err = {0};
    AUTO(arena) struct arena arena = {0};
    assert_int_equal(sqlite3_open(":memory:", &t->db), SQLITE_OK);
    assert_int_equal(words_attach(&t->words, t->db, str_c(language), &err), 0);
    struct str make = arena_printf(
        &arena, "CREATE VIRTUAL TABLE t USING fts5(a, b, content='', tokenize='deskhand %s')",
        language);
    run(t->db, make.ptr);
}

static void
table_done(struct table *t)
{
    words_done(&t->words);
    assert_int_equal(sqlite3_close(t->db), SQLITE_OK);
}

static void
table_put(struct table *t, int row, const char *a, const char *b)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(t->db, "INSERT INTO t(a, b, rowid) VALUES (?1, ?2, ?3)", -1, &s, NULL),
        SQLITE_OK);
    (void)sqlite3_bind_text64(s, 1, a, strlen(a), SQLITE_STATIC, SQLITE_UTF8);
    (void)sqlite3_bind_text64(s, 2, b, strlen(b), SQLITE_STATIC, SQLITE_UTF8);
    (void)sqlite3_bind_int(s, 3, row);
    assert_int_equal(sqlite3_step(s), SQLITE_DONE);
    (void)sqlite3_finalize(s);
}

/* The rows that hold every word of the query, in order. */
static const char *
table_find(struct table *t, const char *text, struct arena *arena)
{
    struct err err = {0};
    AUTO(buf) struct buf match;
    AUTO(buf) struct buf rows;
    sqlite3_stmt *s = NULL;
    struct query *query = arena_zero(arena, 1, sizeof(*query));
    buf_init(&match, 8192);
    buf_init(&rows, 1024);
    assert_int_equal(query_read(&t->words, str_c(text), QUERY_STOP_WEIGH, arena, query, &err), 0);
    query_match(query, "AND", &match);
    assert_int_equal(
        sqlite3_prepare_v2(t->db, "SELECT rowid FROM t WHERE t MATCH ?1", -1, &s, NULL), SQLITE_OK);
    (void)sqlite3_bind_text64(s, 1, match.text, match.len, SQLITE_STATIC, SQLITE_UTF8);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        buf_printf(&rows, "%s%d", rows.len > 0 ? " " : "", sqlite3_column_int(s, 0));
    }
    assert_int_equal(rc, SQLITE_DONE);
    (void)sqlite3_finalize(s);
    return rows.len > 0 ? buf_to_arena(&rows, arena).ptr : "";
}

static void
test_one_number_in_many_spellings(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "WH-1000XM4",
        "wh1000xm4",
        "55\" screen",
        "55 inch screen",
        "55in screen",
        "wi-fi 6",
        "wifi 6",
        "2.4 GHz",
        "2.4GHz",
        "hub 2",
        "1 TB disk",
        "1TB disk",
        "the hub's 5",
        "\xE6\x99\xBA\xE8\x83\xBD\xE9\x94\x81",
        "\xE6\x99\xBA\xE8\x83\xBD",
        "D battery",
    };
    static const struct {
        const char *query;
        const char *rows;
    } cases[] = {
        {"WH-1000XM4", "1 2"},
        {"wh1000xm4", "1 2"},
        {"wh 1000xm4", "1 2"},
        {"wh 1000 xm4", "1 2"},
        {"55\"", "3 4 5"},
        {"55 inch", "3 4 5"},
        {"55in screen", "3 4 5"},
        {"55", "3 4"},
        {"wifi", "6 7"},
        {"wi-fi", "6 7"},
        {"2.4ghz", "8 9"},
        {"2.4 GHz", "8 9"},
        {"1tb", "11 12"},
        {"1 tb", "11 12"},
        {"hubs 2", "10"},
        {"\xE6\x99\xBA\xE8\x83\xBD", "14 15"},
        {"\xE8\x83\xBD\xE9\x94\x81", "14"},
        {"\xE9\x94\x81", "14"},
        {"\xE8\x83\xBD", "14 15"},
        {"d", "16"},
        {"d battery", "16"},
        {"\xE9\x94\x81\xE6\x99\xBA", ""},
    };
    struct table t = {0};
    table_open(&t, "en");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        table_put(&t, (int)i + 1, texts[i], "");
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        const char *got = table_find(&t, cases[i].query, &arena);
        if (strcmp(got, cases[i].rows) != 0) {
            fail_msg("'%s' finds '%s', not '%s'", cases[i].query, got, cases[i].rows);
        }
    }
    table_done(&t);
}

/* A table's own argument is its language, whatever the connection speaks; nonsense is refused, and
 * the tokenizer outlives the struct it came with. */
static void
test_tables_keep_their_language(void **state)
{
    (void)state;
    static const char *const bad[] = {"deskhand E", "deskhand en de", "deskhand abcdefghij"};
    struct table t = {0};
    AUTO(arena) struct arena arena = {0};
    table_open(&t, "de");
    run(t.db, "CREATE VIRTUAL TABLE e USING fts5(a, tokenize='deskhand en');"
              "CREATE VIRTUAL TABLE d USING fts5(a, tokenize='deskhand');"
              "INSERT INTO e VALUES ('relations'); INSERT INTO d VALUES ('Lampen')");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str text =
            arena_printf(&arena, "CREATE VIRTUAL TABLE x USING fts5(a, tokenize='%s')", bad[i]);
        assert_int_not_equal(sqlite3_exec(t.db, text.ptr, NULL, NULL, NULL), SQLITE_OK);
    }
    words_done(&t.words);
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(t.db,
                                        "SELECT (SELECT count(*) FROM e WHERE e MATCH 'related'),"
                                        " (SELECT count(*) FROM d WHERE d MATCH '\"=lamp\"'),"
                                        " (SELECT count(*) FROM d WHERE d MATCH '\"=|nix|lamp\"'),"
                                        " (SELECT count(*) FROM d WHERE d MATCH '\"=\"')",
                                        -1, &s, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    static const int want[] = {1, 1, 1, 0};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(sqlite3_column_int(s, i), want[i]);
    }
    (void)sqlite3_finalize(s);
    table_done(&t);
}

static void
test_language_of_a_file(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        const char *language; /* NULL: damaged */
    } cases[] = {
        {"SELECT 1", "en"},
        {"CREATE TABLE meta(name TEXT PRIMARY KEY, value)", "en"},
        {"CREATE TABLE meta(name, value); INSERT INTO meta VALUES ('language', 'de')", "de"},
        {"CREATE TABLE meta(name, value); INSERT INTO meta VALUES ('language', 'none')", "none"},
        {"CREATE TABLE meta(name, value); INSERT INTO meta VALUES ('language', NULL)", NULL},
        {"CREATE TABLE meta(name, value); INSERT INTO meta VALUES ('language', 'a''b')", NULL},
        {"CREATE TABLE meta(name, value); INSERT INTO meta VALUES ('language', "
         "'abcdefghijklmnopq')",
         NULL},
        {"CREATE TABLE meta(name, value); INSERT INTO meta VALUES ('language', zeroblob(99999))",
         NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sqlite3 *db = NULL;
        char language[WORDS_LANGUAGE_BYTES];
        AUTO(words) struct words words = {0};
        struct err err = {0};
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        run(db, cases[i].sql);
        int rc = words_language(db, language, &err);
        assert_int_equal(rc, cases[i].language ? 0 : ERR_INVALID);
        if (cases[i].language) {
            assert_string_equal(language, cases[i].language);
        }
        assert_int_equal(words_init(&words, db, &err), rc);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
}

struct comparing {
    const struct words_record *record;
    size_t at;
};

static bool
compare(void *arg, const struct words_token *token)
{
    struct comparing *c = arg;
    assert_true(c->at < c->record->count);
    struct words_token kept = words_record_token(c->record, c->at++);
    assert_true(str_eq(kept.stem, token->stem));
    assert_int_equal(kept.start, token->start);
    assert_int_equal(kept.end, token->end);
    assert_int_equal(kept.position, token->position);
    assert_int_equal(kept.span, token->span);
    assert_int_equal(kept.kind, token->kind);
    return true;
}

static void
test_records(void **state)
{
    (void)state;
    static const char *const texts[] = {"",    "Pairing the WH-1000XM4, 55\" and wi-fi",
                                        "hub", "\xE6\x99\xBA\xE8\x83\xBD\xE9\x94\x81",
                                        "...", "2.4 GHz"};
    AUTO(words) struct words words = {0};
    AUTO(words_record) struct words_record record = {0};
    struct err err = {0};
    assert_int_equal(words_open(&words, STR("en"), &err), 0);
    for (size_t i = 0; i < 2 * sizeof(texts) / sizeof(texts[0]); i++) {
        struct str text = str_c(texts[i / 2]);
        assert_int_equal(words_record_text(&words, text, &record, &err), 0);
        struct comparing comparing = {.record = &record};
        assert_int_equal(words_split(&words, text, compare, &comparing, &err), 0);
        assert_int_equal(comparing.at, record.count);
    }
}

/* FTS5 gets what was recorded for the text, not what the text says: seen by recording another
 * text's tokens under its name. Other texts, and those after the end, are split. */
static void
test_replay(void **state)
{
    (void)state;
    struct table t = {0};
    struct err err = {0};
    struct words_record records[2] = {0};
    AUTO(arena) struct arena arena = {0};
    table_open(&t, "en");
    assert_int_equal(words_record_text(&t.words, STR("apple"), &records[0], &err), 0);
    assert_int_equal(words_record_text(&t.words, STR("WH-1000XM4"), &records[1], &err), 0);
    records[0].text = STR("lamp");
    records[1].text = STR("tower");
    words_replay(&t.words, records, 2);
    table_put(&t, 1, "lamp", "tower");
    table_put(&t, 2, "tower", "lamp");
    table_put(&t, 3, "tow", "lamps");
    words_replay(&t.words, NULL, 0);
    table_put(&t, 4, "lamp", "tower");
    assert_string_equal(table_find(&t, "apple", &arena), "1 2");
    assert_string_equal(table_find(&t, "wh1000xm4", &arena), "1 2");
    assert_string_equal(table_find(&t, "lamp", &arena), "3 4");
    assert_string_equal(table_find(&t, "tower", &arena), "4");
    words_record_done(&records[0]);
    words_record_done(&records[1]);
    table_done(&t);
}

#ifdef DESKHAND_FAULT_HOOKS
static bool
stop_at_third(void *arg, const struct words_token *token)
{
    (void)token;
    return ++*(int *)arg < 3;
}
#endif

/* Every allocation fails once: an error in words, nothing leaked. */
static void
test_failing_memory(void **state)
{
    (void)state;
#ifndef DESKHAND_FAULT_HOOKS
    skip();
#else
    int rc = -1;
    unsigned long n = 0;
    while (rc != 0 && n < 100) {
        char spec[32];
        struct err err = {0};
        struct words words = {0};
        AUTO(words_record) struct words_record record = {0};
        sqlite3 *db = NULL;
        int told = 0;
        (void)snprintf(spec, sizeof(spec), "alloc:%lu", ++n);
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        assert_true(fault_configure(str_c(spec)));
        rc = words_attach(&words, db, STR("en"), &err);
        rc = rc != 0 ? rc : words_record_text(&words, STR("WH-1000XM4 lamps"), &record, &err);
        rc = rc != 0 ? rc : words_split_query(&words, STR("wh 1000"), stop_at_third, &told, &err);
        assert_true(fault_configure((struct str){0}));
        assert_true(rc == 0 || (rc == ERR_NOMEM && err.message[0] != '\0'));
        words_done(&words);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
    assert_int_equal(rc, 0);
    assert_true(n > 3);
#endif
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_number_in_many_spellings),
        cmocka_unit_test(test_tables_keep_their_language),
        cmocka_unit_test(test_language_of_a_file),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests_name("words-index", tests, NULL, NULL);
}
