/* What is sent is what the APIs take: preparing mends what it says it mends, and random histories,
 * repaired and prepared, are accepted by all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "base/json.h"
#include "memory/repair.h"
#include "model/validate.h"
#include "validate_fixture.h"

/* ---- Preparing -------------------------------------------------------------------------------*/

static const struct {
    const char *name;
    enum validate_dialect dialect;
    const char *rows[5];
    const char *want[5]; /* NULL: as it was */
} mended[] = {
    {"sound stays",
     DIALECT_CONVERSE,
     {"u[" TEXT("x") "," CACHE "]", "a[" SIGNED "," TEXT("y") "," USE("1") "]",
      "u[" RESULT("1", "[{\"json\":{\"a\":1.50}}]", "success") "]"},
     {NULL}},
    {"a foreign id",
     DIALECT_CONVERSE,
     {"u[" TEXT("x") "]", "a[" USE("a/b") "]", "u[" RES("a/b") "]"},
     {NULL, "a[" USE("call_e620c3190468cf61") "]", "u[" RES("call_e620c3190468cf61") "]"}},
    {"an id used before",
     DIALECT_ANTHROPIC,
     {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" RES("1") "]", "a[" USE("1") "," USE("1") "]",
      "u[" RESULT("1", "[{\"text\":\"b\"}]", "success") "," RESULT("1", "[{\"text\":\"c\"}]",
                                                                   "success") "]"},
     {NULL, NULL, NULL, "a[" USE("call_af63ac4c86019afc") "," USE("call_af63ac4c86019afc_2") "]",
      "u[" RESULT("call_af63ac4c86019afc", "[{\"text\":\"b\"}]", "success") "," RESULT(
          "call_af63ac4c86019afc_2", "[{\"text\":\"c\"}]", "success") "]"}},
    {"a tool the model made up",
     DIALECT_CONVERSE,
     {"u[" TEXT("x") "]",
      "a[{\"toolUse\":{\"toolUseId\":\"1\",\"name\":\"look up!\",\"input\":{}}}]",
      "u[" RES("1") "]"},
     {NULL, "a[{\"toolUse\":{\"toolUseId\":\"1\",\"name\":\"look_up_\",\"input\":{}}}]"}},
    {"results that are no objects",
     DIALECT_CONVERSE,
     {"u[" TEXT("x") "]", "a[" USE("1") "]",
      "u[" RESULT("1", "[{\"json\":[1,2]},{\"json\":null},{\"text\":\" \"},7,\"s\",null]",
                  "success") "]"},
     {NULL, NULL,
      "u[" RESULT("1",
                  "[{\"json\":{\"value\":[1,2]}},{\"json\":{\"value\":null}},"
                  "{\"json\":{\"value\":7}},{\"text\":\"s\"}]",
                  "success") "]"}},
    {"a failure without a word",
     DIALECT_CONVERSE,
     {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" RESULT("1", "[]", "error") "]"},
     {NULL, NULL,
      "u[" RESULT("1", "[{\"text\":\"The call failed, without a word.\"}]", "error") "]"}},
    {"reasoning without a signature",
     DIALECT_CONVERSE,
     {"u[" TEXT("x") "]", "a[" UNSIGNED "," TEXT("y") "]", "u[" TEXT("z") "]"},
     {NULL, "a[" TEXT("y") "]"}},
    {"nothing but that",
     DIALECT_CONVERSE,
     {"u[" TEXT("x") "]", "a[" UNSIGNED "]", "u[" TEXT("z") "]"},
     {NULL, "a[" TEXT("[No answer.]") "]"}},
    {"documents' names",
     DIALECT_CONVERSE,
     {"u[" DOC("r\\u00e9sum\\u00e9  2.pdf") "," DOC("R sum 2") "," DOC("...") "]"},
     {"u[{\"document\":{\"name\":\"r sum 2\",\"format\":\"txt\",\"source\":{\"bytes\":\"b3I=\"}}},"
      "{\"document\":{\"name\":\"R sum 2 "
      "(2)\",\"format\":\"txt\",\"source\":{\"bytes\":\"b3I=\"}}},"
      "{\"document\":{\"name\":\"document\",\"format\":\"txt\",\"source\":{\"bytes\":\"b3I=\"}}}"
      "," TEXT("[The document is attached.]") "]"}},
    {"of six documents the newest stay",
     DIALECT_CONVERSE,
     {"u[" TEXT("x") "," DOC("a") "]", "a[" TEXT("y") "]",
      "u[" TEXT("z") "," DOC("b") "," DOC("c") "," DOC("d") "," DOC("e") "," DOC("f") "]"},
     {"u[" TEXT("x") "," TEXT("[A document of which there were too many was left out.]") "]"}},
    {"an image nobody reads",
     DIALECT_CONVERSE,
     {"u[{\"image\":{\"format\":\"bmp\",\"source\":{\"bytes\":\"AAAA\"}}}]"},
     {"u[" TEXT("[An image of a format that is none of png, jpeg, gif, webp was left out.]") "]"}},
    {"only a cache point",
     DIALECT_CONVERSE,
     {"u[" CACHE "]"},
     {"u[" TEXT("[Nothing readable.]") "]"}},
};

static void
assert_row(const char *name, const struct message *got, const char *want, struct arena *a)
{
    struct err err = {0};
    struct js *g = NULL;
    struct js *w = NULL;
    struct str text = message_content_json(got->blocks, got->count, a);
    assert_int_equal(js_parse(text, a, &g, &err), 0);
    assert_int_equal(js_parse(str_c(want + 1), a, &w, &err), 0);
    if (!js_equal(g, w)) {
        fail_msg("%s: got %" STR_FMT "\nwant %s", name, STR_ARG(text), want + 1);
    }
}

static void
test_what_is_mended(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mended); i++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        const char *rows[6] = {0};
        struct model_request prepared;
        memcpy(rows, mended[i].rows, sizeof(mended[i].rows));
        struct model_request r = request(&a, rows);
        assert_int_equal(request_prepare(&r, mended[i].dialect, &a, &prepared, &err), 0);
        for (size_t m = 0; m < prepared.message_count; m++) {
            bool same = mended[i].want[m] == NULL;
            const char *want = same ? mended[i].rows[m] : mended[i].want[m];
            assert_row(mended[i].name, &prepared.messages[m], want, &a);
            assert_row("what was given", &r.messages[m], mended[i].rows[m], &a);
        }
        if (validate_request(&prepared, mended[i].dialect, &strict, &err) < 0) {
            fail_msg("%s: %s", mended[i].name, err.message);
        }
    }
}

static const struct {
    const char *schema;
    enum validate_dialect dialect;
    const char *want; /* NULL: the same text */
} schemas[] = {
    {SCHEMA, DIALECT_OPENAI, NULL},
    {"{\"type\":\"object\"}", DIALECT_CONVERSE, NULL},
    {"{\"type\":\"object\"}", DIALECT_OPENAI, SCHEMA},
    {"", DIALECT_CONVERSE, SCHEMA},
    {"{}", DIALECT_CONVERSE, SCHEMA},
    {"{\"type\":[\"object\",\"null\"],\"title\":\"t\"}", DIALECT_CONVERSE,
     "{\"type\":\"object\",\"properties\":{},\"title\":\"t\"}"},
    {"{\"oneOf\":[{\"properties\":{\"a\":{\"type\":\"string\"}}},{\"properties\":{\"a\":{},\"b\":{}"
     "}}],\"anyOf\":[{\"required\":[\"a\"]},{\"properties\":{\"b\":{\"x\":1},\"c\":{}}}]}",
     DIALECT_ANTHROPIC,
     "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{},\"c\":{}}}"},
    {"{\"type\":\"array\"}", DIALECT_CONVERSE, NULL},
    {"{\"half\":", DIALECT_CONVERSE, NULL},
};

static void
test_schemas_are_mended(void **state)
{
    (void)state;
    static const char *const hello[] = {"u[" TEXT("hello") "]", NULL};
    for (size_t i = 0; i < COUNT(schemas); i++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct model_request prepared;
        struct model_tool tool = {STR("t"), STR(" \n"), str_c(schemas[i].schema)};
        struct model_request r = request(&a, hello);
        r.tools = &tool;
        assert_int_equal(request_prepare(&r, schemas[i].dialect, &a, &prepared, &err), 0);
        const char *want = schemas[i].want ? schemas[i].want : schemas[i].schema;
        if (!str_eq_c(prepared.tools[0].schema, want)) {
            fail_msg("%s: %" STR_FMT, schemas[i].schema, STR_ARG(prepared.tools[0].schema));
        }
        assert_int_equal(prepared.tools[0].description.len, 0);
    }
}

static void
test_choices_are_mended(void **state)
{
    (void)state;
    static const char *const hello[] = {"u[" TEXT("hello") "]", NULL};
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct model_request prepared;
    struct model_request r = request(&a, hello);
    r.params.tool_choice = STR("none");
    assert_int_equal(request_prepare(&r, DIALECT_CONVERSE, &a, &prepared, &err), 0);
    assert_int_equal(prepared.tool_count, 0);
    assert_int_equal(prepared.params.tool_choice.len, 0);
    assert_int_equal(request_prepare(&r, DIALECT_ANTHROPIC, &a, &prepared, &err), 0);
    assert_int_equal(prepared.tool_count, 1);
    assert_true(str_eq_c(prepared.params.tool_choice, "none"));
    r.params.tool_choice = STR("any");
    r.tool_count = 0;
    assert_int_equal(request_prepare(&r, DIALECT_OPENAI, &a, &prepared, &err), 0);
    assert_int_equal(prepared.params.tool_choice.len, 0);
    assert_int_equal(validate_request(&prepared, DIALECT_OPENAI, &strict, &err), 0);
}

/* Each allocation failed in turn: said so, and nothing half done. */
static void
test_memory_may_run_out(void **state)
{
    (void)state;
    static const char *const rows[] = {"u[" TEXT("x") "," DOC("a.b") "," DOC("a b") "]",
                                       "a[" UNSIGNED "," USE("1") "]",
                                       "u[" RESULT("1", "[{\"json\":[1]}]", "success") "]",
                                       "a[" USE("1") "]",
                                       "u[" RES("1") "]",
                                       NULL};
    if (!fault_configure(STR("alloc:1"))) {
        skip();
    }
    int result = ERR_NOMEM;
    unsigned failed = 0;
    for (unsigned n = 1; result == ERR_NOMEM; n++) {
        char spec[32];
        AUTO(arena) struct arena a = {0};
        AUTO(arena) struct arena b = {0};
        struct err err = {0};
        struct model_request prepared = {0};
        (void)fault_configure(STR(""));
        struct model_request r = request(&a, rows);
        (void)snprintf(spec, sizeof(spec), "alloc:%u", n);
        assert_true(fault_configure(str_c(spec)));
        result = request_prepare(&r, DIALECT_CONVERSE, &b, &prepared, &err);
        if (result == 0) {
            result = validate_request(&prepared, DIALECT_CONVERSE, &strict, &err);
        }
        (void)fault_configure(STR(""));
        assert_true(result == 0 || (result == ERR_NOMEM && err.code == ERR_NOMEM));
        failed += result < 0;
    }
    assert_int_equal(result, 0);
    assert_true(failed > 10);
}

/* ---- Random histories ------------------------------------------------------------------------*/

enum { HISTORIES = 20000, MESSAGES = 14 };

static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static bool
random_text(struct arena *a, uint64_t *seed, struct block *ret)
{
    static const struct str texts[] = {STR_INIT("words"),
                                       STR_INIT(" \n\t"),
                                       STR_INIT(""),
                                       STR_INIT("caf\xC3\xA9 \xF0\x9F\x93\xA6"),
                                       STR_INIT("bro\xC3ken\xFF"),
                                       STR_INIT("\"q\"\\"),
                                       STR_INIT("[Sam, a human colleague] on it"),
                                       STR_INIT("[note] internal")};
    return block_text(a, texts[next_random(seed) % COUNT(texts)], ret);
}

static struct str
random_id(uint64_t *seed)
{
    static const struct str ids[] = {
        STR_INIT("1"),
        STR_INIT("2"),
        STR_INIT("tooluse_Abc-123_x"),
        STR_INIT("call/7"),
        STR_INIT("a.b:c"),
        STR_INIT("\xC3\xA9t\xC3\xA9"),
        STR_INIT("with space"),
        STR_INIT("0123456789012345678901234567890123456789012345678901234567890123456789")};
    return ids[next_random(seed) % COUNT(ids)];
}

/* A call as models write them: whole, cut, no object, of a tool nobody has. */
static bool
random_use(struct arena *a, uint64_t *seed, struct block *ret)
{
    static const struct str inputs[] = {STR_INIT("{}"),
                                        STR_INIT("{\"q\":\"x\"}"),
                                        STR_INIT(""),
                                        STR_INIT("{\"order_id\": \"A-1"),
                                        STR_INIT("[1,2]"),
                                        STR_INIT("null"),
                                        STR_INIT("{\"a\":\"\\ud800\"}")};
    static const struct str names[] = {STR_INIT("look"), STR_INIT("made up!"), STR_INIT(""),
                                       STR_INIT("functions.look")};
    struct str id = random_id(seed);
    struct str name = names[next_random(seed) % COUNT(names)];
    return block_tool_use(a, id, name, inputs[next_random(seed) % COUNT(inputs)], ret);
}

static bool
random_result(struct arena *a, uint64_t *seed, struct block *ret)
{
    static const struct str contents[] = {STR_INIT("[]"),
                                          STR_INIT("[{\"text\":\"fine\"}]"),
                                          STR_INIT("[{\"text\":\"  \"}]"),
                                          STR_INIT("[{\"json\":{\"a\":1}}]"),
                                          STR_INIT("[{\"json\":[1]},{\"json\":null}]"),
                                          STR_INIT("[1,\"x\",null,{}]"),
                                          STR_INIT("[{\"text\":\"\\udc00\"}]"),
                                          STR_INIT("[" DOC("in.pdf") "," PNG "]"),
                                          STR_INIT("[{\"image\":{\"format\":\"tiff\"}}]"),
                                          STR_INIT("{\"json\":{}}"),
                                          STR_INIT("[{\"text\":\"cut")};
    struct str id = random_id(seed);
    bool error = next_random(seed) % 3 == 0;
    return block_tool_result(a, id, contents[next_random(seed) % COUNT(contents)], error, ret);
}

static bool
random_known(struct arena *a, uint64_t *seed, struct block *ret)
{
    static const char *const known[] = {
        "[" PNG "]",
        "[" DOC("report.pdf") "]",
        "[" DOC("report") "]",
        "[" DOC("") "]",
        "[" SIGNED "]",
        "[" UNSIGNED "]",
        "[" CACHE "]",
        "[{\"novelty\":{\"a\":1}}]",
        "[{\"reasoningContent\":{\"redactedContent\":\"b3A=\"}}]",
        "[{\"image\":{\"format\":\"bmp\",\"source\":{\"bytes\":\"AAAA\"}}}]",
        "[{\"document\":{\"format\":\"zip\",\"name\":\"a\",\"source\":{}}}]"};
    struct block *blocks;
    size_t count;
    struct str json = str_c(known[next_random(seed) % COUNT(known)]);
    if (message_parse_content(json, a, &blocks, &count, &(struct err){0}) < 0) {
        return false;
    }
    *ret = blocks[0];
    return true;
}

/* As the record holds them: no call by the customer, no result by the assistant. */
static void
random_message(struct arena *a, uint64_t *seed, struct message *m)
{
    *m = (struct message){.role = next_random(seed) % 2 ? ROLE_USER : ROLE_ASSISTANT};
    size_t count = next_random(seed) % 6;
    m->blocks = arena_zero(a, count + 1, sizeof(*m->blocks));
    while (m->count < count) {
        struct block *b = &m->blocks[m->count++];
        uint64_t pick = next_random(seed) % 4;
        bool made = pick == 0              ? random_text(a, seed, b)
                    : pick == 1            ? random_known(a, seed, b)
                    : m->role == ROLE_USER ? random_result(a, seed, b)
                                           : random_use(a, seed, b);
        assert_true(made);
    }
}

static struct model_tool
random_tool(uint64_t *seed)
{
    static const struct str texts[] = {STR_INIT("Looks."), STR_INIT(""), STR_INIT("  "),
                                       STR_INIT("bro\xFFken")};
    static const struct str roots[] = {
        STR_INIT(SCHEMA),
        STR_INIT("{}"),
        STR_INIT(""),
        STR_INIT("{\"type\":\"object\"}"),
        STR_INIT("{\"anyOf\":[{\"properties\":{\"a\":{}}},{\"required\":[\"a\"]}]}"),
        STR_INIT("{\"type\":\"object\",\"enum\":[{}],\"not\":{}}")};
    return (struct model_tool){STR("look"), texts[next_random(seed) % COUNT(texts)],
                               roots[next_random(seed) % COUNT(roots)]};
}

/* Validity is not all: each dialect gets every result behind its own call. */
static void
check_history(struct arena *a, const struct model_request *r, uint64_t number)
{
    struct err err = {0};
    struct model_request prepared;
    for (size_t d = 0; d < COUNT(dialects); d++) {
        if (request_prepare(r, dialects[d], a, &prepared, &err) < 0 ||
            validate_request(&prepared, dialects[d], &strict, &err) < 0) {
            fail_msg("history %llu, %s: %s", (unsigned long long)number, dialect_names[d],
                     err.message);
        }
        assert_int_equal(prepared.message_count, r->message_count);
    }
}

static void
test_random_histories_are_accepted(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    size_t accepted = 0;
    size_t messages_in_all = 0;
    for (uint64_t h = 0; h < HISTORIES; h++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct message messages[MESSAGES + 1];
        struct model_tool tool = random_tool(&seed);
        size_t count = next_random(&seed) % MESSAGES;
        for (size_t i = 0; i < count; i++) {
            random_message(&a, &seed, &messages[i]);
        }
        struct block last;
        assert_true(block_text(&a, STR("What now?"), &last));
        messages[count++] = (struct message){.role = ROLE_USER, .blocks = &last, .count = 1};
        assert_int_equal(repair_history(messages, &count, &a, &err), 0);
        struct model_request r = {.system = STR("be kind\xFF"),
                                  .messages = messages,
                                  .message_count = count,
                                  .tools = &tool,
                                  .tool_count = next_random(&seed) % 2};
        check_history(&a, &r, h);
        accepted += COUNT(dialects);
        messages_in_all += count;
    }
    printf("%zu random histories of %zu messages accepted\n", accepted / COUNT(dialects),
           messages_in_all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_mended),
        cmocka_unit_test(test_schemas_are_mended),
        cmocka_unit_test(test_choices_are_mended),
        cmocka_unit_test(test_memory_may_run_out),
        cmocka_unit_test(test_random_histories_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
