/* What no API takes is refused: each rule has its breach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "model/validate.h"
#include "validate_fixture.h"

/* ---- Each rule has a breach ------------------------------------------------------------------*/

#define DOCS5 DOC("a") "," DOC("b") "," DOC("c") "," DOC("d") "," DOC("e")
#define PNG5 PNG "," PNG "," PNG "," PNG "," PNG

static const struct {
    const char *name;
    const char *rows[5];
    const char *dialects; /* those that refuse: c, a, o */
    const char *word;     /* in the message */
} breaches[] = {
    {"nothing", {NULL}, "cao", "without any message"},
    {"first is the assistant's", {"a[" TEXT("x") "]"}, "cao", "not a user's"},
    {"roles twice", {"u[" TEXT("x") "]", "u[" TEXT("y") "]"}, "cao", "alternate"},
    {"empty message", {"u[]"}, "cao", "empty"},
    {"empty text", {"u[" TEXT("") "]"}, "cao", "blank"},
    {"blank text", {"u[" TEXT("x") "," TEXT(" \\n\\t") "]"}, "cao", "blank"},
    {"unanswered", {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" TEXT("y") "]"}, "cao", "answered"},
    {"unanswered at the end", {"u[" TEXT("x") "]", "a[" USE("1") "]"}, "cao", "nobody answered"},
    {"half answered",
     {"u[" TEXT("x") "]", "a[" USE("1") "," USE("2") "]", "u[" RES("1") "]"},
     "cao",
     "answered"},
    {"answered twice",
     {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" RES("1") "," RES("1") "]"},
     "cao",
     "answered"},
    {"another answered",
     {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" RES("2") "]"},
     "cao",
     "not answered"},
    {"answers nothing", {"u[" RES("1") "]"}, "cao", "answers nothing"},
    {"text before a result",
     {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" TEXT("y") "," RES("1") "]"},
     "cao",
     "behind something else"},
    {"text behind a use",
     {"u[" TEXT("x") "]", "a[" USE("1") "," TEXT("y") "]", "u[" RES("1") "]"},
     "cao",
     "behind a tool use"},
    {"one id twice in a message",
     {"u[" TEXT("x") "]", "a[" USE("1") "," USE("1") "]", "u[" RES("1") "," RES("1") "]"},
     "cao",
     "twice"},
    {"one id twice in a history",
     {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" RES("1") "]", "a[" USE("1") "]",
      "u[" RES("1") "]"},
     "cao",
     "twice"},
    {"an id of foreign characters",
     {"u[" TEXT("x") "]", "a[" USE("1/2") "]", "u[" RES("1/2") "]"},
     "cao",
     "id of a tool use"},
    {"an id with a dot and a colon",
     {"u[" TEXT("x") "]", "a[" USE("1.2:3") "]", "u[" RES("1.2:3") "]"},
     "ao",
     "id of a tool use"},
    {"a long id",
     {"u[" TEXT("x") "]",
      "a[" USE("12345678901234567890123456789012345678901234567890123456789012345") "]",
      "u[" RES("12345678901234567890123456789012345678901234567890123456789012345") "]"},
     "cao",
     "id of a tool use"},
    {"a tool's name of foreign characters",
     {"u[" TEXT("x") "]",
      "a[{\"toolUse\":{\"toolUseId\":\"1\",\"name\":\"look up\",\"input\":{}}}]",
      "u[" RES("1") "]"},
     "cao",
     "name of a tool use"},
    {"a failure without a word",
     {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" RESULT("1", "[]", "error") "]"},
     "cao",
     "says nothing"},
    {"a result that is an array",
     {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" RESULT("1", "[{\"json\":[1]}]", "success") "]"},
     "cao",
     "no object"},
    {"a result that is null",
     {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" RESULT("1", "[{\"json\":null}]", "success") "]"},
     "cao",
     "no object"},
    {"a result's blank text",
     {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" RESULT("1", "[{\"text\":\" \"}]", "success") "]"},
     "cao",
     "blank"},
    {"a result's item is no block",
     {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" RESULT("1", "[1]", "success") "]"},
     "cao",
     "no block"},
    {"a use by the user", {"u[" TEXT("x") "," USE("1") "]"}, "cao", "assistant's"},
    {"a result by the assistant",
     {"u[" TEXT("x") "]", "a[" RES("1") "]", "u[" TEXT("y") "]"},
     "cao",
     "user's"},
    {"reasoning of the user", {"u[" SIGNED "," TEXT("x") "]"}, "cao", "assistant's"},
    {"reasoning without a signature",
     {"u[" TEXT("x") "]", "a[" UNSIGNED "," TEXT("y") "]", "u[" TEXT("z") "]"},
     "ca",
     "signature"},
    {"an image by the assistant",
     {"u[" TEXT("x") "]", "a[" TEXT("y") "," PNG "]", "u[" TEXT("z") "]"},
     "cao",
     "user's"},
    {"an image of another format",
     {"u[{\"image\":{\"format\":\"bmp\",\"source\":{\"bytes\":\"AAAA\"}}}]"},
     "cao",
     "format"},
    {"an image without base64",
     {"u[{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"A&AA\"}}}]"},
     "cao",
     "base64"},
    {"an image without content",
     {"u[{\"image\":{\"format\":\"png\",\"source\":{}}}]"},
     "cao",
     "without any"},
    {"21 images", {"u[" PNG5 "," PNG5 "," PNG5 "," PNG5 "," PNG "]"}, "c", "20 images"},
    {"6 documents",
     {"u[" TEXT("x") "," DOCS5 "]", "a[" TEXT("y") "]", "u[" TEXT("z") "," DOC("f") "]"},
     "c",
     "5 documents"},
    {"a document's dot", {"u[" TEXT("x") "," DOC("a.txt") "]"}, "c", "name"},
    {"a document's two spaces", {"u[" TEXT("x") "," DOC("a  b") "]"}, "c", "name"},
    {"a document's name twice", {"u[" TEXT("x") "," DOC("a") "," DOC("A") "]"}, "c", "twice"},
    {"a document of another format",
     {"u[" TEXT("x") ",{\"document\":{\"format\":\"exe\",\"name\":\"a\",\"source\":{\"bytes\":"
                     "\"AAAA\"}}}]"},
     "cao",
     "format"},
    {"a document alone", {"u[" DOC("a") "]"}, "c", "no text"},
    {"a final assistant", {"u[" TEXT("x") "]", "a[" TEXT("y") "]"}, "cao", "does not go on"},
    {"a cache point first", {"u[" CACHE "," TEXT("x") "]"}, "cao", "nothing before"},
    {"five cache points",
     {"u[" TEXT("x") "," CACHE "," CACHE "," CACHE "," CACHE "," CACHE "]"},
     "cao",
     "4 cache points"},
};

static void
test_breaches_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(breaches); i++) {
        for (size_t d = 0; d < COUNT(dialects); d++) {
            AUTO(arena) struct arena a = {0};
            struct err err = {0};
            const char *rows[6] = {0};
            memcpy(rows, breaches[i].rows, sizeof(breaches[i].rows));
            struct model_request r = request(&a, rows);
            bool refused = strchr(breaches[i].dialects, dialect_names[d][0]) != NULL;
            int result = validate_request(&r, dialects[d], &strict, &err);
            if (result != (refused ? ERR_INVALID : 0)) {
                fail_msg("%s, %s: %d %s", breaches[i].name, dialect_names[d], result, err.message);
            }
            if (refused && !strstr(err.message, breaches[i].word)) {
                fail_msg("%s: '%s' has no '%s'", breaches[i].name, err.message, breaches[i].word);
            }
        }
    }
}

/* Blocks that no reading of JSON gives: made by hand. */
static void
test_broken_blocks_are_refused(void **state)
{
    (void)state;
    static const struct block broken[] = {
        {.kind = BLOCK_TEXT, .raw = STR_INIT("{\"text\":\"\\uD83D\"}"), .text = STR_INIT("x")},
        {.kind = BLOCK_TEXT,
         .raw = STR_INIT("{\"text\":\"\\uDCA6\\uD83D\"}"),
         .text = STR_INIT("x")},
        {.kind = BLOCK_TEXT, .raw = STR_INIT("{\"text\":\"\xC3\"}"), .text = STR_INIT("x")},
        {.kind = BLOCK_TEXT, .raw = STR_INIT("\"x\""), .text = STR_INIT("x")},
        {.kind = BLOCK_OTHER, .raw = STR_INIT("{\"half\":")},
        {.kind = BLOCK_OTHER, .raw = STR_INIT("")},
        {.kind = BLOCK_OTHER, .raw = STR_INIT("[]")},
    };
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct err err = {0};
        struct block b = broken[i];
        struct message m = {.role = ROLE_USER, .blocks = &b, .count = 1};
        struct model_request r = {.messages = &m, .message_count = 1};
        if (validate_request(&r, DIALECT_CONVERSE, &strict, &err) != ERR_INVALID) {
            fail_msg("case %zu was taken", i);
        }
    }
    struct err err = {0};
    struct block whole = {.kind = BLOCK_TEXT,
                          .raw = STR_INIT("{\"text\":\"\\uD83D\\uDCE6\"}"),
                          .text = STR_INIT("x")};
    struct message m = {.role = ROLE_USER, .blocks = &whole, .count = 1};
    struct model_request r = {.messages = &m, .message_count = 1};
    assert_int_equal(validate_request(&r, DIALECT_CONVERSE, &strict, &err), 0);
}

static const struct {
    const char *name;
    struct model_tool tools[2];
    size_t count;
    const char *dialects;
    const char *word;
} tool_breaches[] = {
    {"a name", {{STR_INIT("a.b"), STR_INIT(""), STR_INIT(SCHEMA)}}, 1, "cao", "letters"},
    {"no name", {{STR_INIT(""), STR_INIT(""), STR_INIT(SCHEMA)}}, 1, "cao", "letters"},
    {"a long name",
     {{STR_INIT("12345678901234567890123456789012345678901234567890123456789012345"), STR_INIT(""),
       STR_INIT(SCHEMA)}},
     1,
     "cao",
     "letters"},
    {"twice",
     {{STR_INIT("a"), STR_INIT(""), STR_INIT(SCHEMA)},
      {STR_INIT("a"), STR_INIT(""), STR_INIT(SCHEMA)}},
     2,
     "cao",
     "two tools"},
    {"blank description", {{STR_INIT("a"), STR_INIT(" "), STR_INIT(SCHEMA)}}, 1, "cao", "blank"},
    {"no schema", {{STR_INIT("a"), STR_INIT(""), STR_INIT("")}}, 1, "cao", "schema"},
    {"empty schema", {{STR_INIT("a"), STR_INIT(""), STR_INIT("{}")}}, 1, "cao", "root's type"},
    {"an array's schema",
     {{STR_INIT("a"), STR_INIT(""), STR_INIT("{\"type\":\"array\"}")}},
     1,
     "cao",
     "root's type"},
    {"a composed root",
     {{STR_INIT("a"), STR_INIT(""),
       STR_INIT("{\"type\":\"object\",\"properties\":{},\"oneOf\":[]}")}},
     1,
     "cao",
     "composed"},
    {"no properties",
     {{STR_INIT("a"), STR_INIT(""), STR_INIT("{\"type\":\"object\"}")}},
     1,
     "o",
     "no properties"},
    {"a property's name",
     {{STR_INIT("a"), STR_INIT(""), STR_INIT("{\"type\":\"object\",\"properties\":{\"b c\":{}}}")}},
     1,
     "ca",
     "property's name"},
};

static void
test_tools_are_refused(void **state)
{
    (void)state;
    static const char *const hello[] = {"u[" TEXT("hello") "]", NULL};
    for (size_t i = 0; i < COUNT(tool_breaches); i++) {
        for (size_t d = 0; d < COUNT(dialects); d++) {
            AUTO(arena) struct arena a = {0};
            struct err err = {0};
            struct model_request r = request(&a, hello);
            r.tools = tool_breaches[i].tools;
            r.tool_count = tool_breaches[i].count;
            bool refused = strchr(tool_breaches[i].dialects, dialect_names[d][0]) != NULL;
            int result = validate_request(&r, dialects[d], &strict, &err);
            if (result != (refused ? ERR_INVALID : 0) ||
                (refused && !strstr(err.message, tool_breaches[i].word))) {
                fail_msg("%s, %s: %d %s", tool_breaches[i].name, dialect_names[d], result,
                         err.message);
            }
        }
    }
}

static const struct str blank_stop = STR_INIT(" ");
static const struct str empty_stop = STR_INIT("");

static const struct {
    const char *name;
    struct model_params params;
    struct validate_caps caps;
    const char *dialects;
} param_breaches[] = {
    {"tokens", {.max_tokens = -1}, {0}, "cao"},
    {"temperature", {.has_temperature = true, .temperature = 1.5}, {0}, "ca"},
    {"hot", {.has_temperature = true, .temperature = 2.5}, {0}, "cao"},
    {"top_p", {.has_top_p = true, .top_p = 1.5}, {0}, "cao"},
    {"none wanted", {.has_top_p = true, .top_p = 1}, {.no_sampling = true}, "cao"},
    {"not both",
     {.has_top_p = true, .top_p = 1, .has_temperature = true, .temperature = 1},
     {.one_sampling = true},
     "cao"},
    {"blank stop", {.stop = &blank_stop, .stop_count = 1}, {0}, "ca"},
    {"empty stop", {.stop = &empty_stop, .stop_count = 1}, {0}, "cao"},
    {"no such tool", {.tool_choice = STR_INIT("feel")}, {0}, "cao"},
    {"no tool", {.tool_choice = STR_INIT("none")}, {0}, "c"},
    {"this tool", {.tool_choice = STR_INIT("look")}, {0}, ""},
    {"any tool", {.tool_choice = STR_INIT("any")}, {0}, ""},
    {"cache points", {0}, {.cache_points = 5}, "cao"},
};

static void
test_params_are_refused(void **state)
{
    (void)state;
    static const char *const hello[] = {"u[" TEXT("hello") "]", NULL};
    for (size_t i = 0; i < COUNT(param_breaches); i++) {
        for (size_t d = 0; d < COUNT(dialects); d++) {
            AUTO(arena) struct arena a = {0};
            struct err err = {0};
            struct model_request r = request(&a, hello);
            r.params = param_breaches[i].params;
            bool refused = strchr(param_breaches[i].dialects, dialect_names[d][0]) != NULL;
            int result = validate_request(&r, dialects[d], &param_breaches[i].caps, &err);
            if (result != (refused ? ERR_INVALID : 0)) {
                fail_msg("%s, %s: %d %s", param_breaches[i].name, dialect_names[d], result,
                         err.message);
            }
        }
    }
}

static void
test_going_on_wants_a_model_that_can(void **state)
{
    (void)state;
    static const char *const hello[] = {"u[" TEXT("hello") "]", NULL};
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct validate_caps prefill = {.prefill = true};
    struct model_request r = request(&a, hello);
    r.partial = STR("Half an ans");
    assert_int_equal(validate_request(&r, DIALECT_CONVERSE, &strict, &err), ERR_INVALID);
    assert_int_equal(validate_request(&r, DIALECT_CONVERSE, &prefill, &err), 0);
}

static void
test_history_with_tools_wants_tools(void **state)
{
    (void)state;
    static const char *const rows[] = {"u[" TEXT("x") "]", "a[" USE("1") "]", "u[" RES("1") "]",
                                       NULL};
    for (size_t d = 0; d < COUNT(dialects); d++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct model_request prepared;
        struct model_request r = request(&a, rows);
        r.tools = NULL;
        r.tool_count = 0;
        bool wants = dialects[d] != DIALECT_OPENAI;
        assert_int_equal(validate_request(&r, dialects[d], &strict, &err), wants ? ERR_INVALID : 0);
        assert_int_equal(request_prepare(&r, dialects[d], &a, &prepared, &err), 0);
        assert_int_equal(prepared.tool_count, wants);
        assert_int_equal(validate_request(&prepared, dialects[d], &strict, &err), 0);
    }
}

/* ---- Attachments -----------------------------------------------------------------------------*/

static void
test_what_servers_carry(void **state)
{
    (void)state;
#define IN_S3(what, format)                                                                        \
    "[{\"" what "\":{\"format\":\"" format "\",\"name\":\"a\",\"source\":{\"s3Location\":{"        \
    "\"uri\":\"s3://bucket/a." format "\"}}}}]"
#define IN_MESSAGE(what, format)                                                                   \
    "[{\"" what "\":{\"format\":\"" format "\",\"name\":\"a\",\"source\":{\"bytes\":\"YWJj\"}}}]"
    static const struct {
        const char *content;
        bool converse;
        bool anthropic;
        bool openai;
    } cases[] = {
        {IN_MESSAGE("image", "png"), true, true, true},
        {IN_MESSAGE("image", "tiff"), false, false, false},
        {IN_S3("image", "png"), true, false, false},
        {IN_MESSAGE("document", "pdf"), true, true, false},
        {IN_MESSAGE("document", "docx"), true, false, false},
        {IN_MESSAGE("document", "md"), true, true, true},
        {IN_S3("document", "pdf"), true, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct block *b = NULL;
        size_t count = 0;
        assert_int_equal(message_parse_content(str_c(cases[i].content), &arena, &b, &count, &err),
                         0);
        bool right = (converse_carries(b, &err) == 0) == cases[i].converse &&
                     (anthropic_carries(b, &err) == 0) == cases[i].anthropic &&
                     (openai_carries(b, &err) == 0) == cases[i].openai;
        if (!right) {
            fail_msg("%s: %s", cases[i].content, err.message);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_servers_carry),
        cmocka_unit_test(test_breaches_are_refused),
        cmocka_unit_test(test_broken_blocks_are_refused),
        cmocka_unit_test(test_tools_are_refused),
        cmocka_unit_test(test_params_are_refused),
        cmocka_unit_test(test_going_on_wants_a_model_that_can),
        cmocka_unit_test(test_history_with_tools_wants_tools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
