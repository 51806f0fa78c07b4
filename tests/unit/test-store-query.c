/* store_query(): what comes through the store's one door for SQL, and what does not. */
#include "store_fixture.h"

struct seen {
    char text[512];
    size_t rows;
    size_t stop_after;
};

static int
note_row(void *arg, const struct store_value *row, size_t columns, struct err *err)
{
    struct seen *seen = arg;
    char *at = seen->text + strlen(seen->text);
    size_t room = sizeof(seen->text) - strlen(seen->text);
    (void)err;
    for (size_t i = 0; i < columns; i++) {
        int wrote = 0;
        switch (row[i].type) {
        case STORE_NULL:
            wrote = snprintf(at, room, "null;");
            break;
        case STORE_INT:
            wrote = snprintf(at, room, "%lld;", (long long)row[i].number);
            break;
        case STORE_REAL:
            wrote = snprintf(at, room, "%.2f;", row[i].real);
            break;
        case STORE_TEXT:
            wrote = snprintf(at, room, "'%.*s';", STR_ARG(row[i].text));
            break;
        }
        at += wrote;
        room -= (size_t)wrote;
    }
    seen->rows++;
    return seen->rows == seen->stop_after ? 7 : 0;
}

static const struct store_value values[] = {
    {.type = STORE_INT, .number = 15},
    {.type = STORE_TEXT, .text = STR_INIT("it's")},
    {.type = STORE_REAL, .real = 0.25},
    {.type = STORE_NULL},
};

struct question {
    const char *sql;
    struct seen seen;
};

static int
ask(struct store_tx *tx, void *arg, struct err *err)
{
    struct question *q = arg;
    const struct store_query query = {
        .sql = str_c(q->sql),
        .values = values,
        .value_count = sizeof(values) / sizeof(values[0]),
        .row = note_row,
        .arg = &q->seen,
    };
    return store_query(tx, &query, err);
}

static int
add_two(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    struct conversation_row first = a_conversation("c-1", 10);
    struct conversation_row second = a_conversation("c-2", 20);
    int result = store_conversation_add(tx, &first, err);
    return result == 0 ? store_conversation_add(tx, &second, err) : result;
}

static struct store *
open_desk(struct scratch *f)
{
    struct store *s = NULL;
    struct err err = {0};
    const struct store_options options = {
        .path = str_c(f->path), .create = true, .sync = STORE_SYNC_OFF};
    assert_int_equal(store_open_sqlite(&options, NULL, &s, &err), 0);
    assert_int_equal(store_write_wait(s, add_two, NULL, &err), 0);
    return s;
}

static void
test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        const char *want;
    } cases[] = {
        {"SELECT id, created_at FROM conversation WHERE created_at > $1", "'c-2';20;"},
        {"SELECT $3, $2, $1, $4, $1 + $1", "0.25;'it's';15;null;30;"},
        {"SELECT id FROM conversation WHERE id = 'none'", ""},
        {"WITH x AS (SELECT 1 AS a) SELECT a FROM x ;\n ", "1;"},
        {"SELECT count(*), sum(created_at), avg(created_at) FROM conversation", "2;30;15.00;"},
    };
    struct scratch f;
    scratch_make(&f);
    AUTO(store) struct store *s = open_desk(&f);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct question q = {.sql = cases[i].sql};
        struct err err = {0};
        assert_int_equal(store_read_wait(s, ask, &q, &err), 0);
        assert_string_equal(q.seen.text, cases[i].want);
    }
    scratch_remove(&f);
}

static void
test_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        int want;
    } cases[] = {
        {"DELETE FROM conversation", ERR_INVALID},
        {"INSERT INTO counter VALUES ('a', 1) RETURNING value", ERR_INVALID},
        {"SELECT 1; DELETE FROM conversation", ERR_INVALID},
        {"", ERR_INVALID},
        {"-- nothing", ERR_INVALID},
        {"BEGIN", ERR_INVALID},
        {"SELECT 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,"
         "31,32,33", ERR_LIMIT},
        {"SELECT nothing FROM nowhere", ERR_BUG},
    };
    struct scratch f;
    scratch_make(&f);
    AUTO(store) struct store *s = open_desk(&f);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct question q = {.sql = cases[i].sql};
        struct err err = {0};
        assert_int_equal(store_read_wait(s, ask, &q, &err), cases[i].want);
        assert_int_equal(store_write_wait(s, ask, &q, &err), cases[i].want);
        assert_int_equal(q.seen.rows, 0);
    }
    struct question all = {.sql = "SELECT count(*) FROM conversation"};
    assert_int_equal(store_read_wait(s, ask, &all, &(struct err){0}), 0);
    assert_string_equal(all.seen.text, "2;");
    scratch_remove(&f);
}

static void
test_a_row_may_end_it(void **state)
{
    (void)state;
    struct scratch f;
    scratch_make(&f);
    AUTO(store) struct store *s = open_desk(&f);
    struct question q = {.sql = "SELECT id FROM conversation ORDER BY id",
                         .seen = {.stop_after = 1}};
    assert_int_equal(store_read_wait(s, ask, &q, &(struct err){0}), 7);
    assert_string_equal(q.seen.text, "'c-1';");
    scratch_remove(&f);
}

static void
test_memory_says_no(void **state)
{
    (void)state;
    AUTO(store) struct store *s = NULL;
    struct err err = {0};
    const struct store_options options = {.create = true};
    assert_int_equal(store_open_memory(&options, NULL, &s, &err), 0);
    struct question q = {.sql = "SELECT 1"};
    assert_int_equal(store_read_wait(s, ask, &q, &err), ERR_INVALID);
    assert_string_equal(err.message, "query: the memory store understands no SQL");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_a_row_may_end_it),
        cmocka_unit_test(test_memory_says_no),
    };
    return cmocka_run_group_tests_name("store-query", tests, NULL, NULL);
}
