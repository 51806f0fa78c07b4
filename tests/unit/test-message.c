/* Messages: blocks made and read back, unknown ones kept, broken ones named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "base/message.h"

static void
assert_text(struct str got, const char *want)
{
    if (!str_eq_c(got, want)) {
        fail_msg("got '%" STR_FMT "', want '%s'", STR_ARG(got), want);
    }
}

static void
assert_block(const struct block *got, const struct block *want)
{
    assert_int_equal(got->kind, want->kind);
    assert_true(str_eq(got->raw, want->raw));
    assert_true(str_eq(got->text, want->text));
    assert_true(str_eq(got->tool_use_id, want->tool_use_id));
    assert_true(str_eq(got->name, want->name));
    assert_true(str_eq(got->json, want->json));
    assert_int_equal(got->error, want->error);
}

static void
test_made_blocks_read_back(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct block made[5];
    assert_true(block_text(&a, STR("Hello \"you\"\n\0\xC3\xA9"), &made[0]));
    assert_true(
        block_tool_use(&a, STR("x-1"), STR("get_product"), STR("{\"id\":\"p1\"}"), &made[1]));
    assert_true(
        block_tool_result(&a, STR("x-1"), STR("[{\"json\":{\"price\":19.90}}]"), false, &made[2]));
    assert_true(block_tool_result(&a, STR("x-2"), STR(""), true, &made[3]));
    assert_true(block_tool_use(&a, STR("x-3"), STR("t"), STR(""), &made[4]));
    assert_text(made[1].raw, "{\"toolUse\":{\"toolUseId\":\"x-1\",\"name\":\"get_product\","
                             "\"input\":{\"id\":\"p1\"}}}");
    assert_text(made[3].raw, "{\"toolResult\":{\"toolUseId\":\"x-2\",\"content\":[],"
                             "\"status\":\"error\"}}");
    assert_text(made[4].json, "{}");
    struct str json = message_content_json(made, 5, &a);
    struct block *read = NULL;
    size_t count = 0;
    struct err err = {0};
    assert_int_equal(message_parse_content(json, &a, &read, &count, &err), 0);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        assert_block(&read[i], &made[i]);
    }
}

static void
test_copy_stands_alone(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    AUTO(arena) struct arena gone = {0};
    struct block blocks[3];
    struct block wanted[3];
    struct arena *homes[] = {&gone, &a};
    struct block *made[] = {blocks, wanted};
    for (size_t i = 0; i < 2; i++) {
        assert_true(block_text(homes[i], STR("Hello"), &made[i][0]));
        assert_true(block_tool_use(homes[i], STR("x-1"), STR("t"), STR("{}"), &made[i][1]));
        made[i][2] = (struct block){.kind = BLOCK_REASONING, .raw = STR("{\"r\":1}")};
    }
    struct message m = {.role = ROLE_ASSISTANT, .id = STR("m-1"), .blocks = blocks, .count = 3};
    struct message copy;
    assert_true(message_copy(&a, &m, &copy));
    arena_clear(&gone);
    assert_int_equal(copy.role, ROLE_ASSISTANT);
    assert_int_equal(copy.id.len, 0);
    assert_int_equal(copy.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_block(&copy.blocks[i], &wanted[i]);
    }
    struct str json = copy.blocks[1].json;
    struct str raw = copy.blocks[1].raw;
    assert_true(json.ptr > raw.ptr && json.ptr < raw.ptr + raw.len); /* one copy is enough */
}

static void
test_unknown_members_survive(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    const char *json =
        "[{\"text\":\"a\",\"citations\":[1.50]},{\"cachePoint\":{\"type\":\"default\"}},"
        "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"t\",\"signature\":\"c2ln\"}}},"
        "{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"aGk=\"}}},{\"document\":{}},"
        "{\"toolUse\":{\"toolUseId\":\"1\",\"name\":\"n\",\"input\":{\"x\":1e2},\"type\":\"y\"}},"
        "{\"toolResult\":{\"toolUseId\":\"1\",\"content\":[{\"image\":{}}],\"new\":0}},{},"
        "{\"k\\u0000\":-0}]";
    static const enum block_kind kinds[] = {
        BLOCK_TEXT,     BLOCK_OTHER,       BLOCK_REASONING, BLOCK_IMAGE, BLOCK_DOCUMENT,
        BLOCK_TOOL_USE, BLOCK_TOOL_RESULT, BLOCK_OTHER,     BLOCK_OTHER,
    };
    struct message m = {.role = ROLE_ASSISTANT};
    struct err err = {0};
    assert_int_equal(message_parse_content(str_c(json), &a, &m.blocks, &m.count, &err), 0);
    assert_int_equal(m.count, sizeof(kinds) / sizeof(kinds[0]));
    for (size_t i = 0; i < m.count; i++) {
        assert_int_equal(m.blocks[i].kind, kinds[i]);
    }
    assert_text(message_content_json(m.blocks, m.count, &a), json);
    assert_text(m.blocks[5].json, "{\"x\":1e2}");
    assert_text(m.blocks[6].json, "[{\"image\":{}}]");
    assert_false(m.blocks[6].error);
    assert_true(message_has(&m, BLOCK_IMAGE));
    m.count = 2;
    assert_false(message_has(&m, BLOCK_IMAGE));
}

static void
test_null_members_are_absent(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct block *blocks = NULL;
    size_t count = 0;
    struct err err = {0};
    const char *json = "[{\"text\":\"a\",\"toolUse\":null},"
                       "{\"toolUse\":{\"toolUseId\":\"1\",\"name\":\"n\",\"input\":null}},"
                       "{\"toolResult\":{\"toolUseId\":\"1\",\"status\":\"odd\"}}]";
    assert_int_equal(message_parse_content(str_c(json), &a, &blocks, &count, &err), 0);
    assert_int_equal(blocks[0].kind, BLOCK_TEXT);
    assert_text(blocks[1].json, "{}");
    assert_text(blocks[2].json, "[]");
    assert_false(blocks[2].error);
    assert_int_equal(message_parse_content(STR("[]"), &a, &blocks, &count, &err), 0);
    assert_int_equal(count, 0);
}

static void
test_broken_content_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *message;
    } rows[] = {
        {"", "message content: line 1, column 1: expected a value, found the end of the text"},
        {"null", "message content must be an array, is null"},
        {"{\"text\":\"a\"}", "message content must be an array, is object"},
        {"[\"a\"]", "message content: block 0: must be an object, is string"},
        {"[{\"text\":\"a\"},null]", "message content: block 1: must be an object, is null"},
        {"[{\"text\":5}]", "message content: block 0: text must be a string, is integer"},
        {"[{\"text\":\"a\",\"toolUse\":{\"toolUseId\":\"1\",\"name\":\"n\"}}]",
         "message content: block 0: holds both text and toolUse"},
        {"[{\"toolUse\":[]}]",
         "message content: block 0: toolUse needs a toolUseId and a name, both text"},
        {"[{\"toolUse\":{\"toolUseId\":1,\"name\":\"n\"}}]",
         "message content: block 0: toolUse needs a toolUseId and a name, both text"},
        {"[{\"toolUse\":{\"toolUseId\":\"1\",\"name\":\"n\",\"input\":\"{}\"}}]",
         "message content: block 0: toolUse: input must be an object, is string"},
        {"[{\"toolResult\":{\"content\":[]}}]",
         "message content: block 0: toolResult needs a toolUseId, which is text"},
        {"[{\"toolResult\":{\"toolUseId\":\"1\",\"content\":{}}}]",
         "message content: block 0: toolResult: content must be an array, is object"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(arena) struct arena a = {0};
        struct block *blocks = NULL;
        size_t count = 7;
        struct err err = {0};
        assert_int_equal(message_parse_content(str_c(rows[i].json), &a, &blocks, &count, &err),
                         ERR_INVALID);
        assert_string_equal(err.message, rows[i].message);
        assert_null(blocks);
        assert_int_equal(count, 7);
    }
}

static void
test_text_for_a_person(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct block blocks[3];
    assert_true(block_text(&a, STR("one"), &blocks[0]));
    assert_true(block_tool_use(&a, STR("1"), STR("n"), STR("{}"), &blocks[1]));
    assert_true(block_text(&a, STR("two"), &blocks[2]));
    struct message m = {.role = ROLE_USER, .blocks = blocks, .count = 3};
    assert_text(message_text(&m, &a), "one\ntwo");
    m.count = 0;
    assert_text(message_text(&m, &a), "");
    assert_non_null(message_text(&m, &a).ptr);
    assert_string_equal(role_name(ROLE_USER), "user");
    assert_string_equal(role_name(ROLE_ASSISTANT), "assistant");
}

/* The short way for what we write ourselves and the long way come to the same, or the same refusal.
 */
static void
test_both_readers_read_alike(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "[{\"text\":\"plain words\"}]",
        "[{\"text\":\"\"}]",
        "[{\"text\":\"caf\xC3\xA9\"}]",
        "[{\"text\":\"\xC3\"}]",
        "[{\"text\":\"a\nb\"}]",
        "[{\"text\":\"a\\u0041\"}]",
        "[{\"text\":\"a\"},{\"text\":\"b\"}]",
        "[{\"text\":\"a\\n\\t\\\"\\\\ b\"}]",
        "[{\"text\":\"a\",\"more\":1}]",
        "[{\"text\":\"a\"},]",
        "[{\"text\":\"a\"}] ",
        "[{\"text\":\"a\"}]]",
        "[{\"toolUse\":{\"toolUseId\":\"x-1\",\"name\":\"n\",\"input\":{\"q\":\"}]\\\"\",\"a\":[{}]"
        "}}}]",
        "[{\"toolUse\":{\"toolUseId\":\"x-1\",\"name\":\"n\",\"input\":{}}},{\"text\":\"b\"}]",
        "[{\"toolUse\":{\"toolUseId\":\"\",\"name\":\"n\",\"input\":{}}}]",
        "[{\"toolUse\":{\"toolUseId\":\"x\\u0041\",\"name\":\"n\",\"input\":{}}}]",
        "[{\"toolUse\":{\"toolUseId\":\"x\",\"name\":\"n\",\"input\":[]}}]",
        "[{\"toolUse\":{\"toolUseId\":\"x\",\"name\":\"n\",\"input\":{},\"more\":1}}]",
        "[{\"toolResult\":{\"toolUseId\":\"x-1\",\"content\":[{\"json\":{\"a\":\"]\"}}],"
        "\"status\":\"success\"}}]",
        "[{\"toolResult\":{\"toolUseId\":\"x-1\",\"content\":[],\"status\":\"error\"}},"
        "{\"text\":\"b\"}]",
        "[{\"toolResult\":{\"toolUseId\":\"x-1\",\"content\":[],\"status\":\"other\"}}]",
        "[{\"toolResult\":{\"toolUseId\":\"x-1\",\"content\":{},\"status\":\"error\"}}]",
    };
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct block *plain = NULL, *spaced = NULL;
        size_t plain_count = 0, spaced_count = 0;
        struct str other = arena_printf(&arena, " %s", contents[i]);
        int a = message_parse_content(str_c(contents[i]), &arena, &plain, &plain_count, &err);
        int b = message_parse_content(other, &arena, &spaced, &spaced_count, &err);
        assert_int_equal(a, b);
        assert_int_equal(plain_count, spaced_count);
        for (size_t k = 0; a == 0 && k < plain_count; k++) {
            assert_int_equal(plain[k].kind, spaced[k].kind);
            assert_true(str_eq(plain[k].text, spaced[k].text));
            assert_true(str_eq(plain[k].tool_use_id, spaced[k].tool_use_id));
            assert_true(str_eq(plain[k].name, spaced[k].name));
            assert_true(str_eq(plain[k].json, spaced[k].json));
            assert_int_equal(plain[k].error, spaced[k].error);
            assert_true(str_eq(plain[k].raw, spaced[k].raw));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_blocks_read_back),
        cmocka_unit_test(test_copy_stands_alone),
        cmocka_unit_test(test_unknown_members_survive),
        cmocka_unit_test(test_null_members_are_absent),
        cmocka_unit_test(test_broken_content_is_named),
        cmocka_unit_test(test_text_for_a_person),
        cmocka_unit_test(test_both_readers_read_alike),
    };
    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
