/* MCP's messages: however the bytes are cut the same lines come out, and what is no message says
 * how it is to be answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "mcp/mcp_message.h"

static void
test_any_cut_gives_the_same_lines(void **state)
{
    static const char wire[] = "{}\r\n\n  \n12345678\n123456789\n{\"a\":1}\nlast";
    (void)state;
    for (size_t piece = 1; piece <= 9; piece++) {
        AUTO(mcp_lines) struct mcp_lines l;
        AUTO(buf) struct buf got;
        struct str line;
        struct err err = {0};
        enum mcp_line found;
        mcp_lines_init(&l, 8);
        buf_init(&got, 1024);
        struct str all = {wire, sizeof(wire) - 1};
        for (size_t at = 0; at < all.len; at += piece) {
            assert_int_equal(mcp_lines_feed(&l, str_sub(all, at, piece), &err), 0);
            while ((found = mcp_lines_next(&l, &line)) != MCP_LINE_NONE) {
                buf_add(&got, found == MCP_LINE_LONG ? STR("long") : line);
                buf_add_char(&got, '|');
            }
        }
        assert_string_equal(got.text, "{}|12345678|long|{\"a\":1}|");
    }
}

static void
test_what_is_too_long_is_not_kept(void **state)
{
    AUTO(mcp_lines) struct mcp_lines l;
    struct str line;
    struct err err = {0};
    size_t told = 0;
    (void)state;
    mcp_lines_init(&l, 64);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(mcp_lines_feed(&l, STR("0123456789abcdef0123456789abcdef"), &err), 0);
        told += mcp_lines_next(&l, &line) == MCP_LINE_LONG;
        assert_true(l.pending.len <= 130);
    }
    assert_int_equal(told, 1);
    assert_int_equal(mcp_lines_feed(&l, STR("\n{}\n"), &err), 0);
    assert_int_equal(mcp_lines_next(&l, &line), MCP_LINE_READY);
    assert_true(str_eq_c(line, "{}"));
    assert_int_equal(mcp_lines_next(&l, &line), MCP_LINE_NONE);
}

/* Texts, what they are, and how those that are none are to be answered. */
static const struct {
    const char *text;
    enum mcp_kind kind;
    int code; /* of a refusal, or 0 */
    struct mcp_id id;
} cases[] = {
    {"{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"ping\"}", MCP_REQUEST, 0, {.kind = MCP_ID_NUMBER}},
    {"{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0000\",\"method\":\"ping\",\"params\":{}}",
     MCP_REQUEST,
     0,
     {.kind = MCP_ID_TEXT, .text = STR_INIT("a\0")}},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"x\"}", MCP_NOTIFICATION, 0, {0}},
    {"{\"jsonrpc\":\"2.0\",\"id\":-7,\"result\":{}}",
     MCP_RESULT,
     0,
     {.kind = MCP_ID_NUMBER, .number = -7}},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-1,\"message\":\"m\"}}",
     MCP_ERROR,
     0,
     {.kind = MCP_ID_NUMBER, .number = 1}},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-1,\"message\":\"m\"}}",
     MCP_ERROR,
     0,
     {0}},
    {"{", MCP_REQUEST, MCP_PARSE_ERROR, {0}},
    {"", MCP_REQUEST, MCP_PARSE_ERROR, {0}},
    {"{\"id\":1,\"x\":\"\xff\"}", MCP_REQUEST, MCP_PARSE_ERROR, {0}},
    {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", MCP_REQUEST, MCP_INVALID_REQUEST, {0}},
    {"{\"id\":1,\"method\":\"ping\"}",
     MCP_REQUEST,
     MCP_INVALID_REQUEST,
     {.kind = MCP_ID_NUMBER, .number = 1}},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
     MCP_REQUEST,
     MCP_INVALID_REQUEST,
     {0}},
    {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", MCP_REQUEST, MCP_INVALID_REQUEST, {0}},
    {"{\"jsonrpc\":\"2.0\",\"id\":99999999999999999999,\"method\":\"ping\"}",
     MCP_REQUEST,
     MCP_INVALID_REQUEST,
     {0}},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}",
     MCP_REQUEST,
     MCP_INVALID_REQUEST,
     {.kind = MCP_ID_NUMBER, .number = 1}},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"params\":[]}",
     MCP_REQUEST,
     MCP_INVALID_PARAMS,
     {.kind = MCP_ID_NUMBER, .number = 1}},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":[]}",
     MCP_NOTIFICATION,
     MCP_INVALID_PARAMS,
     {0}},
    {"{\"jsonrpc\":\"2.0\",\"method\":7}", MCP_REQUEST, MCP_INVALID_REQUEST, {0}},
    {"{\"jsonrpc\":\"2.0\",\"id\":1}",
     MCP_REQUEST,
     MCP_INVALID_REQUEST,
     {.kind = MCP_ID_NUMBER, .number = 1}},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{}}",
     MCP_ERROR,
     MCP_INVALID_REQUEST,
     {.kind = MCP_ID_NUMBER, .number = 1}},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}",
     MCP_ERROR,
     MCP_INVALID_REQUEST,
     {.kind = MCP_ID_NUMBER, .number = 1}},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"message\":\"m\"}}",
     MCP_ERROR,
     MCP_INVALID_REQUEST,
     {.kind = MCP_ID_NUMBER, .number = 1}},
};

static void
test_messages_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO(arena) struct arena arena = {0};
        struct mcp_message m;
        struct err err = {0};
        int want = cases[i].code ? ERR_INVALID : 0;
        if (mcp_message_read(str_c(cases[i].text), &arena, &m, &err) != want) {
            fail_msg("%s: %s", cases[i].text, err.message);
        }
        assert_int_equal(m.kind, cases[i].kind);
        assert_int_equal(m.id.kind, cases[i].id.kind);
        assert_int_equal(m.id.number, cases[i].id.number);
        assert_true(str_eq(m.id.text, cases[i].id.text));
        if (want) {
            assert_int_equal(m.code, cases[i].code);
            assert_non_null(strstr(err.message, "message"));
        }
    }
}

static void
test_what_is_written_can_be_read(void **state)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf out;
    AUTO(mcp_lines) struct mcp_lines l;
    struct mcp_message m;
    struct str line;
    struct err err = {0};
    struct mcp_id id = {.kind = MCP_ID_TEXT, .text = STR("q\n\"1")};
    (void)state;
    buf_init(&out, 4096);
    mcp_lines_init(&l, 2048);
    mcp_write_request(&out, &id, STR("tools/call"), STR("{\n \"name\":\r\n\"x\"}"));
    mcp_write_notification(&out, STR("n"), STR(""));
    mcp_write_result(&out, &id, STR("{\"a\":\n[]}"));
    mcp_write_error(&out, &(struct mcp_id){0}, MCP_PARSE_ERROR, STR("a\nb\x7f"), STR("[1]"));
    assert_int_equal(buf_finish(&out, "out", &err), 0);
    assert_int_equal(mcp_lines_feed(&l, buf_str(&out), &err), 0);
    assert_int_equal(mcp_lines_next(&l, &line), MCP_LINE_READY);
    assert_int_equal(mcp_message_read(line, &arena, &m, &err), 0);
    assert_int_equal(m.kind, MCP_REQUEST);
    assert_true(mcp_id_eq(&m.id, &id));
    assert_true(str_eq_c(js_get_text(m.params, "name"), "x"));
    assert_int_equal(mcp_lines_next(&l, &line), MCP_LINE_READY);
    assert_true(str_eq_c(line, "{\"jsonrpc\":\"2.0\",\"method\":\"n\"}"));
    assert_int_equal(mcp_lines_next(&l, &line), MCP_LINE_READY);
    assert_int_equal(mcp_message_read(line, &arena, &m, &err), 0);
    assert_int_equal(m.kind, MCP_RESULT);
    assert_int_equal(mcp_lines_next(&l, &line), MCP_LINE_READY);
    assert_int_equal(mcp_message_read(line, &arena, &m, &err), 0);
    assert_int_equal(m.code, MCP_PARSE_ERROR);
    assert_true(str_eq_c(m.words, "a\nb\x7f"));
    assert_int_equal(js_count(m.data), 1);
    assert_int_equal(mcp_lines_next(&l, &line), MCP_LINE_NONE);
}

static void
test_ids_of_two_kinds_differ(void **state)
{
    struct mcp_id none = {0};
    struct mcp_id number = mcp_id_number(1);
    struct mcp_id text = {.kind = MCP_ID_TEXT, .text = STR("1")};
    (void)state;
    assert_true(mcp_id_eq(&number, &number));
    assert_true(mcp_id_eq(&text, &text));
    assert_false(mcp_id_eq(&number, &text));
    assert_false(mcp_id_eq(&none, &none));
    assert_true(mcp_version_legacy(STR("2024-11-05")));
    assert_false(mcp_version_legacy(STR(MCP_VERSION_MODERN)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_cut_gives_the_same_lines),
        cmocka_unit_test(test_what_is_too_long_is_not_kept),
        cmocka_unit_test(test_messages_are_told_apart),
        cmocka_unit_test(test_what_is_written_can_be_read),
        cmocka_unit_test(test_ids_of_two_kinds_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
