/* What the engine records, written out, taken in by another desk and written out again; and every
 * ticket against docs/ticket.schema.json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "desk/record.h"
#include "desk_fixture.h"
#include "schema/schema.h"

/* One desk, a conversation each with all that a script can make happen. */
static const char *const scripts[] = {
    "[{\"text\":\"Good day.\"}]",
    "[{\"error\":\"no such model\"}]",
    ("[{\"text\":\"a\",\"calls\":[{\"name\":\"look\",\"input\":{\"q\":\"x\"}},{\"name\":\"look\","
     "\"raw\":\"{broken\"},{\"name\":\"look\",\"raw\":\"{\\\"q\\\" : "
     "\\\"y\\\"}\"},{\"name\":\"fail\","
     "\"input\":{}},{\"name\":\"none\",\"input\":{}}]},{\"text\":\"b\"}]"),
    ("[{\"calls\":[{\"name\":\"look\",\"input\":{}},{\"name\":\"human\",\"input\":{\"reason\":"
     "\"asked\",\"priority\":\"high\"}}]}]"),
    "[{\"text\":\"cut\",\"stop\":\"max_tokens\"}]",
};
enum { SCRIPTS = sizeof(scripts) / sizeof(scripts[0]) };

struct moving {
    struct str id;
    struct arena *arena;
    struct record record;
    struct buf text;
    int64_t ticket; /* write this one instead of the whole */
};

static int
write_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct moving *m = arg;
    buf_clear(&m->text);
    int result = record_load(tx, m->id, m->arena, &m->record, err);
    if (result != 0) {
        return result;
    }
    return m->ticket ? record_write_ticket(&m->record, m->ticket, &m->text, err)
                     : record_write(&m->record, &m->text, err);
}

static int
add_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct moving *m = arg;
    return record_store(tx, &m->record, err);
}

static void
must_write(struct store *s, struct moving *m)
{
    struct err err = {0};
    if (store_read_wait(s, write_body, m, &err) != 0) {
        fail_msg("write: %s", err.message);
    }
}

/* ---- Every conversation comes back the same --------------------------------------------------*/

static void
round_trip(const char *script, struct arena *a)
{
    struct desk_fixture f;
    struct talk t = {0};
    struct err err = {0};
    AUTO(store) struct store *other = NULL;
    struct store_options options = {.create = true};
    struct moving m = {.arena = a};
    struct moving again = {.arena = a};
    buf_init(&m.text, LIMIT_JSON_BYTES);
    buf_init(&again.text, LIMIT_JSON_BYTES);
    desk_fixture_open(&f, script, NULL);
    talk_say(&t, &f, STR(""), "a question\x1b[31m, please?");
    m.id = again.id = t.conversation;
    must_write(f.store, &m);
    if (record_read(buf_str(&m.text), a, &m.record, &err) < 0) {
        fail_msg("read: %s\n%s", err.message, m.text.text);
    }
    assert_int_equal(store_open_memory(&options, NULL, &other, &err), 0);
    if (store_write_wait(other, add_body, &m, &err) < 0) {
        fail_msg("store: %s", err.message);
    }
    must_write(other, &again);
    assert_string_equal(m.text.text, again.text.text);
    assert_int_equal(store_check(other, &err), 0);
    /* A second time it is refused, and nothing has changed. */
    assert_int_equal(store_write_wait(other, add_body, &m, &err), ERR_BUSY);
    assert_non_null(strstr(err.message, "is on this desk already: nothing was imported"));
    must_write(other, &again);
    assert_string_equal(m.text.text, again.text.text);
    buf_done(&m.text);
    buf_done(&again.text);
    desk_fixture_close(&f);
}

static void
test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCRIPTS; i++) {
        AUTO(arena) struct arena a = {0};
        round_trip(scripts[i], &a);
    }
}

/* ---- Approvals -------------------------------------------------------------------------------*/

static const struct str approval_states[] = {APPROVAL_PENDING, APPROVAL_APPROVED, APPROVAL_DECLINED,
                                             APPROVAL_LAPSED,  APPROVAL_USED,     APPROVAL_EXPIRED};
enum { APPROVALS = sizeof(approval_states) / sizeof(approval_states[0]) };

/* One in every state, of the conversation's first call. */
static int
approve_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct moving *m = arg;
    struct tool_call_row *calls;
    size_t count;
    int result = store_tool_call_list(tx, m->id, STR(""), m->arena, &calls, &count, err);
    for (size_t i = 0; result == 0 && i < APPROVALS; i++) {
        bool decided = i == 1 || i == 2 || i == 4;
        const struct approval_row row = {
            .id = store_new_id(tx, 'a', m->arena),
            .conversation = m->id,
            .turn = calls[0].turn,
            .call = calls[0].id,
            .tool = STR("refund"),
            .arguments = STR("{\"order\":\"A-1\"}"),
            .summary = STR("Refund \"A-1\""),
            .needs = i == 3 ? APPROVAL_CUSTOMER : APPROVAL_AGENT,
            .state = approval_states[i],
            .ticket = i % 2,
            .decided_by = decided ? STR("agent:Sam") : STR(""),
            .used_by = i == 4 ? calls[0].id : STR(""),
            .created_at = store_now(tx),
            .expires_at = store_now(tx) + 1000,
            .decided_at = decided ? store_now(tx) : 0,
        };
        result = store_approval_add(tx, &row, err);
    }
    return result;
}

/* Read and written they are the same; a desk that takes them in keeps none alive. */
static void
test_no_approval_comes_in_alive(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    AUTO(store) struct store *other = NULL;
    AUTO(buf) struct buf text;
    const struct store_options options = {.create = true};
    struct desk_fixture f;
    struct talk t = {0};
    struct err err = {0};
    struct moving m = {.arena = &a};
    buf_init(&text, LIMIT_JSON_BYTES);
    buf_init(&m.text, LIMIT_JSON_BYTES);
    desk_fixture_open(&f, scripts[3], NULL);
    talk_say(&t, &f, STR(""), "a person, please");
    m.id = t.conversation;
    assert_int_equal(store_write_wait(f.store, approve_body, &m, &err), 0);
    assert_int_equal(store_check(f.store, &err), 0);
    must_write(f.store, &m);
    if (record_read(buf_str(&m.text), &a, &m.record, &err) < 0) {
        fail_msg("read: %s", err.message);
    }
    assert_int_equal(record_write(&m.record, &text, &err), 0);
    assert_string_equal(text.text, m.text.text);
    assert_int_equal(store_open_memory(&options, NULL, &other, &err), 0);
    assert_int_equal(store_write_wait(other, add_body, &m, &err), 0);
    assert_int_equal(store_check(other, &err), 0);
    must_write(other, &m);
    assert_int_equal(m.record.approval_count, APPROVALS);
    for (size_t i = 0; i < APPROVALS; i++) {
        struct str want = i < 2 ? APPROVAL_EXPIRED : approval_states[i];
        assert_true(str_eq(m.record.approvals[i].state, want));
        assert_true(str_eq(m.record.approvals[i].decided_by,
                           i == 1 || i == 2 || i == 4 ? STR("agent:Sam") : STR("")));
    }
    buf_done(&m.text);
    desk_fixture_close(&f);
}

/* ---- Refused by a desk that has it -----------------------------------------------------------*/

static void
test_number_is_taken(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct desk_fixture f;
    struct desk_fixture other;
    struct talk t = {0};
    struct err err = {0};
    struct moving m = {.arena = &a};
    buf_init(&m.text, LIMIT_JSON_BYTES);
    desk_fixture_open(&f, scripts[3], NULL);
    talk_say(&t, &f, STR(""), "a person, please");
    m.id = t.conversation;
    must_write(f.store, &m);
    desk_fixture_open(&other, scripts[3], NULL);
    talk_say(&t, &other, STR(""), "a person, please");
    assert_int_equal(store_write_wait(other.store, add_body, &m, &err), ERR_BUSY);
    assert_non_null(strstr(err.message, "ticket 1 is on this desk already"));
    m.ticket = 9;
    assert_int_equal(store_read_wait(f.store, write_body, &m, &err), ERR_NOTFOUND);
    m.id = STR("c-none");
    assert_int_equal(store_read_wait(f.store, write_body, &m, &err), STORE_NONE);
    buf_done(&m.text);
    desk_fixture_close(&f);
    desk_fixture_close(&other);
}

/* ---- Tickets fit their schema ----------------------------------------------------------------*/

static struct schema *
ticket_schema(struct arena *a)
{
    const char *root = getenv("DESKHAND_SOURCE");
    struct str path = arena_printf(a, "%s/docs/ticket.schema.json", root ? root : ".");
    struct schema *schema = NULL;
    struct err err = {0};
    char text[LIMIT_SCHEMA_BYTES];
    FILE *f = fopen(path.ptr, "re");
    assert_non_null(f);
    size_t len = fread(text, 1, sizeof(text), f);
    (void)fclose(f);
    if (schema_compile((struct str){text, len}, &schema, &err) < 0) {
        fail_msg("ticket.schema.json: %s", err.message);
    }
    return schema;
}

static void
assert_fits(const struct schema *schema, struct str text, bool want, struct arena *a)
{
    struct schema_report report;
    struct js *value;
    struct err err = {0};
    assert_int_equal(js_parse(text, a, &value, &err), 0);
    int result = schema_check(schema, value, a, &report, &err);
    if (result == SCHEMA_MISMATCH && want) {
        (void)schema_report_err(&report, &err);
        fail_msg("%s in %" STR_FMT, err.message, STR_ARG(text));
    }
    assert_int_equal(result, want ? 0 : SCHEMA_MISMATCH);
}

/* Ids cited are ids that are there. */
static void
assert_evidence(struct str text, struct arena *a)
{
    struct js *ticket;
    struct err err = {0};
    assert_int_equal(js_parse(text, a, &ticket, &err), 0);
    const struct js *lines = js_get_c(js_get_c(ticket, "summary"), "lines");
    assert_true(js_count(lines) > 0);
    for (size_t i = 0; i < js_count(lines); i++) {
        const struct js *evidence = js_get_c(js_at(lines, i), "evidence");
        assert_true(js_count(evidence) > 0);
        for (size_t k = 0; k < js_count(evidence); k++) {
            struct str id = js_text(js_at(evidence, k));
            bool found = false;
            const struct js *rows[] = {js_get_c(ticket, "transcript"),
                                       js_get_c(ticket, "tool_calls")};
            for (size_t r = 0; r < 2; r++) {
                for (size_t m = 0; m < js_count(rows[r]); m++) {
                    found |= str_eq(js_get_text(js_at(rows[r], m), "id"), id);
                }
            }
            assert_true(found);
        }
    }
}

/* TEXT with the first OLD replaced. */
static struct str
changed(struct arena *a, struct str text, const char *old, const char *new)
{
    size_t at = str_find(text, str_c(old), 0);
    assert_int_not_equal(at, SIZE_MAX);
    return arena_printf(a, "%" STR_FMT "%s%" STR_FMT, STR_ARG(str_sub(text, 0, at)), new,
                        STR_ARG(str_sub(text, at + strlen(old), SIZE_MAX)));
}

static void
test_ticket_fits_schema(void **state)
{
    (void)state;
    static const struct {
        const char *old;
        const char *new;
    } breaks[] = {
        {"\"ticket\":\"1\"", "\"ticket\":1"},
        {"\"assignee\":null", "\"assignee\":\"\""},
        {"\"assignee\":null,", ""},
        {"\"status\":\"open\"", "\"status\":\"new\""},
        {"\"priority\":", "\"urgency\":\"high\",\"priority\":"},
        {"\"created_at\":\"", "\"created_at\":\"on "},
        {"\"role\":\"user\"", "\"role\":\"system\""},
        {"\"evidence\":[", "\"evidence\":[null,"},
        {"\"arguments\":{", "\"arguments\":[],\"x\":{"},
        {"\"author\":\"system\"", "\"author\":\"somebody\""},
        {"\"untrusted\":false", "\"untrusted\":0"},
        {"\"needs\":\"agent\"", "\"needs\":\"both\""},
        {"\"state\":\"pending\"", "\"state\":\"open\""},
        {"\"used_by\":null,", ""},
    };
    AUTO(arena) struct arena a = {0};
    AUTO(schema) struct schema *schema = ticket_schema(&a);
    struct desk_fixture f;
    struct talk t = {0};
    struct err err = {0};
    struct moving m = {.arena = &a, .ticket = 1};
    buf_init(&m.text, LIMIT_JSON_BYTES);
    desk_fixture_open(&f, scripts[3], NULL);
    talk_say(&t, &f, STR(""), "a person, please");
    m.id = t.conversation;
    assert_int_equal(store_write_wait(f.store, approve_body, &m, &err), 0);
    must_write(f.store, &m);
    struct str text = buf_str(&m.text);
    assert_fits(schema, text, true, &a);
    assert_evidence(text, &a);
    for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
        assert_fits(schema, changed(&a, text, breaks[i].old, breaks[i].new), false, &a);
    }
    buf_done(&m.text);
    desk_fixture_close(&f);
}

/* The record is a file that may be damaged: said with its place, not passed on. */
static void
test_broken_record(void **state)
{
    (void)state;
    AUTO(buf) struct buf out;
    struct err err = {0};
    buf_init(&out, LIMIT_JSON_BYTES);
    struct message_row message = {
        .id = STR("m-1"), .role = STR("user"), .author = AUTHOR_CUSTOMER, .content = STR("[{")};
    struct record r = {.messages = &message, .message_count = 1};
    r.conversation.id = STR("c-1");
    assert_int_equal(record_write(&r, &out, &err), ERR_INVALID);
    assert_true(str_starts(str_c(err.message), STR("conversation c-1: message 1: content: ")));
    /* JSON of several lines is written on one. */
    message.content = STR("[\n{\"text\" : \"\"}\n]");
    buf_clear(&out);
    assert_int_equal(record_write(&r, &out, &err), 0);
    assert_null(strchr(out.text, '\n'));
    buf_done(&out);
    buf_init(&out, 100);
    assert_int_equal(record_write(&r, &out, &err), ERR_LIMIT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_no_approval_comes_in_alive),
        cmocka_unit_test(test_number_is_taken), cmocka_unit_test(test_ticket_fits_schema),
        cmocka_unit_test(test_broken_record),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
