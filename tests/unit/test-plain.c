/* The short way of plain blocks (message.h) and of remembered tools writes the very bytes the long
 * way writes: random histories, and tools that change under way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "memory/repair.h"
#include "model/tools_memo.h"
#include "model/validate.h"
#include "model/wire_anthropic.h"
#include "model/wire_converse.h"
#include "model/wire_openai.h"
#include "validate_fixture.h"

enum { HISTORIES = 6000, MESSAGES = 14 };

static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- Both ways -------------------------------------------------------------------------------*/

/* R's body in each dialect; an error's words where it is refused. */
static struct str
body_of(const struct model_request *r, enum validate_dialect d, struct tools_memo *memo,
        struct arena *a)
{
    static const struct openai_model openai = {.id = STR_INIT("m"), .stream = true};
    static const struct anthropic_options anthropic = {.model = STR_INIT("m"),
                                                       .version = STR_INIT("2023-06-01"),
                                                       .cache_tools = true,
                                                       .cache_messages = true};
    static const struct converse_options converse = {.cache_tools = true};
    AUTO(buf) struct buf out = {0};
    struct err err = {0};
    struct model_request ready;
    int result = 0;
    if (d == DIALECT_CONVERSE) {
        result = converse_body(&converse, r, memo, &out, &err);
    } else if (d == DIALECT_ANTHROPIC) {
        result = anthropic_ready(&anthropic, r, memo, a, &ready, &err);
        result = result < 0 ? result : anthropic_body(&anthropic, &ready, memo, &out, &err);
    } else {
        result = request_ready(r, d, &strict, memo, a, &ready, &err);
        result = result < 0 ? result : openai_body(&openai, &ready, memo, &out, &err);
    }
    struct str text = result < 0 ? arena_str(a, str_c(err.message)) : buf_to_arena(&out, a);
    assert_non_null(text.ptr);
    return text;
}

/* R with no block that is plain. */
static struct model_request
long_way(const struct model_request *r, struct arena *a)
{
    struct model_request copy = *r;
    struct message *messages = arena_zero(a, r->message_count + 1, sizeof(*messages));
    for (size_t i = 0; i < r->message_count; i++) {
        const struct message *m = &r->messages[i];
        messages[i] = *m;
        messages[i].blocks = arena_zero(a, m->count + 1, sizeof(*m->blocks));
        for (size_t b = 0; b < m->count; b++) {
            messages[i].blocks[b] = m->blocks[b];
            messages[i].blocks[b].plain = false;
        }
    }
    copy.messages = messages;
    return copy;
}

static void
assert_same_bodies(const struct model_request *r, struct tools_memo memos[3], struct arena *a)
{
    struct model_request other = long_way(r, a);
    for (size_t d = 0; d < COUNT(dialects); d++) {
        struct str got = body_of(r, dialects[d], &memos[dialects[d]], a);
        struct str want = body_of(&other, dialects[d], NULL, a);
        if (!str_eq(got, want)) {
            fail_msg("%s: got\n%.*s\nwant\n%.*s", dialect_names[d], (int)got.len, got.ptr,
                     (int)want.len, want.ptr);
        }
    }
}

/* ---- Random histories ------------------------------------------------------------------------*/

static const char *const texts[] = {
    "words",
    " ",
    "",
    "caf\xC3\xA9 \xF0\x9F\x93\xA6",
    "a\\nb\\t\\\"q\\\"",
    "sl\\/ash",
    "\\u00e9",
    "\\ud800x",
    "\x7F del",
    "\xC2\x85 nel",
    "\xC2\xA0 space",
    "\\\\u0041x",
    " lead",
    "[Sam, a human colleague] hi",
    "\\nfirst",
};

static const char *const values[] = {
    "{}",
    "{\"a\":1}",
    "{\"a\":1.50,\"b\":-0,\"c\":1e5,\"d\":[]}",
    "{\"a\": 1}",
    "{\"a\":\"b\\\"c\\\\\",\"d\":{\"e\":[1,{\"f\":null},true]}}",
    "{\"a\":\"sl\\/ash\"}",
    "{\"k\\u0000\":\"\\u00e9\"}",
    "{\"a\":\"\\udc00\"}",
    "{\"a\":\"\x7F\"}",
    "{\"a\":\"\xC2\x85\"}",
    "{\"caf\xC3\xA9\":\"\xC2\xA0\"}",
    "{\"a}]\":\"[{\",\"image\":\"\\n\"}",
    "{\"text\":\"\"}",
    "{\"a\":\n[1,2]}",
};

static const char *
pick_text(uint64_t *seed)
{
    return texts[next_random(seed) % COUNT(texts)];
}

static const char *
pick_value(uint64_t *seed)
{
    return values[next_random(seed) % COUNT(values)];
}

static struct str
random_content(struct arena *a, uint64_t *seed)
{
    switch (next_random(seed) % 8) {
    case 0:
    case 1:
    case 2:
        return arena_printf(a, "[{\"json\":%s}]", pick_value(seed));
    case 3:
    case 4:
        return arena_printf(a, "[{\"text\":\"%s\"}]", pick_text(seed));
    case 5:
        return arena_printf(a, "[{\"json\":%s},{\"text\":\"%s\"}]", pick_value(seed),
                            pick_text(seed));
    case 6:
        return arena_printf(a, "[{\"json\":%s,\"text\":\"%s\"}]", pick_value(seed),
                            pick_text(seed));
    default:
        return next_random(seed) % 2 ? STR("[]") : STR("[{\"json\":[1]},{\"image\":{}}, 7]");
    }
}

static struct str
random_block(struct arena *a, uint64_t *seed, enum role role)
{
    static const char *const ids[] = {"1", "2", "call_3", "a/b", "tooluse_Abc-123_x"};
    const char *id = ids[next_random(seed) % COUNT(ids)];
    if (next_random(seed) % 3 == 0) {
        return arena_printf(a, "{\"text\":\"%s\"}", pick_text(seed));
    }
    if (role == ROLE_ASSISTANT) {
        return arena_printf(a, "{\"toolUse\":{\"toolUseId\":\"%s\",\"name\":\"%s\",\"input\":%s}}",
                            id, next_random(seed) % 8 ? "look" : "look up", pick_value(seed));
    }
    struct str content = random_content(a, seed);
    return arena_printf(
        a, "{\"toolResult\":{\"toolUseId\":\"%s\",\"content\":%.*s,\"status\":\"%s\"}}", id,
        (int)content.len, content.ptr, next_random(seed) % 3 ? "success" : "error");
}

static size_t
count_plain(const struct message *m)
{
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++) {
        count += m->blocks[i].plain;
    }
    return count;
}

static void
random_message(struct arena *a, uint64_t *seed, enum role role, struct message *m)
{
    AUTO(buf) struct buf content = {0};
    struct err err = {0};
    size_t count = 1 + next_random(seed) % 3;
    buf_init(&content, 1 << 16);
    buf_add_c(&content, "[");
    for (size_t i = 0; i < count; i++) {
        buf_add_c(&content, i ? "," : "");
        buf_add(&content, random_block(a, seed, role));
    }
    buf_add_c(&content, "]");
    *m = (struct message){.role = role};
    if (message_parse_content(buf_str(&content), a, &m->blocks, &m->count, &err) < 0) {
        fail_msg("%s: %s", content.text, err.message);
    }
}

/* The tools of history H: a few sets, each for some requests in a row. */
static struct model_tool
tool_of(uint64_t h)
{
    static const char *const schemas[] = {SCHEMA, "{\"type\":\"object\"}", "{}",
                                          "{\"type\":\"object\",\"properties\":{\"a\":{}}}"};
    return (struct model_tool){STR("look"), h / 40 % 2 ? STR("Looks.") : STR(" "),
                               str_c(schemas[h / 20 % COUNT(schemas)])};
}

static void
test_the_short_way_writes_the_same(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    struct tools_memo memos[3] = {{{0}, NULL, NULL, 0, {0}}};
    size_t plain = 0;
    for (uint64_t h = 0; h < HISTORIES; h++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct message messages[MESSAGES + 1];
        size_t count = next_random(&seed) % MESSAGES;
        for (size_t i = 0; i < count; i++) {
            random_message(&a, &seed, i % 2 ? ROLE_ASSISTANT : ROLE_USER, &messages[i]);
            plain += count_plain(&messages[i]);
        }
        struct block last;
        assert_true(block_text(&a, STR("What now?"), &last));
        messages[count++] = (struct message){.role = ROLE_USER, .blocks = &last, .count = 1};
        assert_int_equal(repair_history(messages, &count, &a, &err), 0);
        struct model_tool tool = tool_of(h);
        struct model_request r = {.system = STR("be kind"),
                                  .messages = messages,
                                  .message_count = count,
                                  .tools = &tool,
                                  .tool_count = next_random(&seed) % 4 > 0};
        r.params.tool_choice = next_random(&seed) % 5 ? STR("") : STR("none");
        assert_same_bodies(&r, memos, &a);
    }
    for (size_t i = 0; i < COUNT(memos); i++) {
        tools_memo_done(&memos[i]);
    }
    printf("%zu plain blocks in %d histories\n", plain, HISTORIES);
    assert_true(plain > HISTORIES);
}

/* ---- What is plain ---------------------------------------------------------------------------*/

static const struct {
    const char *block;
    bool plain;
} blocks[] = {
    {TEXT("x"), true},
    {TEXT("\\u0041"), false},
    {USE("1"), true},
    {"{\"toolUse\":{\"toolUseId\":\"1\",\"name\":\"n\",\"input\":{\"a\":\"\\ud800\"}}}", false},
    {RES("1"), true},
    {RESULT("1", "[{\"json\":{\"a\":[{\"b\":\"}]\"}]}}]", "error"), true},
    {RESULT("1", "[{\"json\":{\"a\": 1}}]", "success"), false},
    {RESULT("1", "[{\"json\":[]}]", "success"), false},
    {RESULT("1", "[{\"json\":{},\"text\":\"\"}]", "success"), false},
    {RESULT("1", "[{\"json\":{}},{\"text\":\"x\"}]", "success"), false},
    {RESULT("1", "[{\"text\":\" x\"}]", "success"), false},
    {RESULT("1", "[{\"text\":\"\"}]", "success"), false},
    {RESULT("1", "[{\"text\":\"\\/\"}]", "success"), false},
    {RESULT("1", "[{\"text\":\"a\\/\"}]", "success"), false},
    {RESULT("1", "[{\"text\":\"a\x7F\"}]", "success"), false},
    {RESULT("1", "[{\"text\":\"a\xC2\x80\"}]", "success"), false},
    {RESULT("1", "[{\"text\":\"a\xC2\xA0\"}]", "success"), true},
    {RESULT("1", "[]", "success"), false},
    {CACHE, false},
    {PNG, false},
};

static void
test_what_is_plain(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(blocks); i++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct block *got;
        size_t count;
        struct str content = arena_printf(&a, "[%s]", blocks[i].block);
        assert_int_equal(message_parse_content(content, &a, &got, &count, &err), 0);
        if (got->plain != blocks[i].plain) {
            fail_msg("%s", blocks[i].block);
        }
    }
}

/* ---- Remembered tools ------------------------------------------------------------------------*/

/* Bytes decide, wherever they stand; a set that was refused is not learned. */
static void
test_tools_are_remembered_by_their_bytes(void **state)
{
    (void)state;
    static const char *const hello[] = {"u[" TEXT("hello") "]", NULL};
    static const char *const rows[][3] = {
        {"look", "Looks.", "{}"},  {"look", "Looks.", "{}"},  {"look", "Looks", "{}"},
        {"loot", "Looks", "{}"},   {"loot", "Looks", SCHEMA}, {"loot", "Looks", "[]"},
        {"loot", "Looks", SCHEMA}, {"loot", "Looks", "{}"},
    };
    struct tools_memo memos[3] = {{{0}, NULL, NULL, 0, {0}}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(arena) struct arena a = {0};
        struct model_request r = request(&a, hello);
        char name[8];
        (void)snprintf(name, sizeof(name), "%s", rows[i][0]);
        struct model_tool tool = {str_c(name), str_c(rows[i][1]), str_c(rows[i][2])};
        r.tools = &tool;
        assert_same_bodies(&r, memos, &a);
        name[0] = 'x'; /* what is remembered is a copy */
        assert_same_bodies(&r, memos, &a);
        r.params.tool_choice = STR("none");
        assert_same_bodies(&r, memos, &a);
        r.tool_count = 0;
        assert_same_bodies(&r, memos, &a);
    }
    for (size_t i = 0; i < COUNT(memos); i++) {
        tools_memo_done(&memos[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_plain),
        cmocka_unit_test(test_the_short_way_writes_the_same),
        cmocka_unit_test(test_tools_are_remembered_by_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
