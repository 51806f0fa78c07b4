/* What is sent is what the APIs take: random histories repaired and prepared are accepted, each
 * rule's breach is refused, and preparing mends what it says it mends. */
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

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SCHEMA "{\"type\":\"object\",\"properties\":{}}"
#define PNG "{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"iVBORw0KGgo=\"}}}"
#define DOC(name)                                                                                  \
    "{\"document\":{\"format\":\"txt\",\"name\":\"" name "\",\"source\":{\"bytes\":\"b3I=\"}}}"
#define TEXT(t) "{\"text\":\"" t "\"}"
#define USE(id) "{\"toolUse\":{\"toolUseId\":\"" id "\",\"name\":\"look\",\"input\":{}}}"
#define RES(id)                                                                                    \
    "{\"toolResult\":{\"toolUseId\":\"" id "\",\"content\":[{\"text\":\"ok\"}],\"status\":"        \
    "\"success\"}}"
#define RESULT(id, content, status)                                                                \
    "{\"toolResult\":{\"toolUseId\":\"" id "\",\"content\":" content ",\"status\":\"" status "\"}" \
    "}"
#define SIGNED "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\",\"signature\":\"c2ln\"}}}"
#define UNSIGNED "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\"}}}"
#define CACHE "{\"cachePoint\":{\"type\":\"default\"}}"

static const enum validate_dialect dialects[] = {DIALECT_CONVERSE, DIALECT_ANTHROPIC,
                                                 DIALECT_OPENAI};
static const char *const dialect_names[] = {"converse", "anthropic", "openai"};
static const struct validate_caps strict = {0};

static struct model_tool look = {STR_INIT("look"), STR_INIT("Looks."), STR_INIT(SCHEMA)};

/* "u[..]" and "a[..]": a role and a content array each, one after the other in an array of C
 * strings that ends with NULL. */
static struct model_request
request(struct arena *a, const char *const *rows)
{
    struct err err = {0};
    size_t count = 0;
    while (rows[count]) {
        count++;
    }
    struct message *m = arena_zero(a, count + 1, sizeof(*m));
    for (size_t i = 0; i < count; i++) {
        m[i].role = rows[i][0] == 'u' ? ROLE_USER : ROLE_ASSISTANT;
        if (message_parse_content(str_c(rows[i] + 1), a, &m[i].blocks, &m[i].count, &err) < 0) {
            fail_msg("%s: %s", rows[i], err.message);
        }
    }
    return (struct model_request){
        .messages = m, .message_count = count, .tools = &look, .tool_count = 1};
}

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
        cmocka_unit_test(test_breaches_are_refused),
        cmocka_unit_test(test_broken_blocks_are_refused),
        cmocka_unit_test(test_tools_are_refused),
        cmocka_unit_test(test_params_are_refused),
        cmocka_unit_test(test_going_on_wants_a_model_that_can),
        cmocka_unit_test(test_history_with_tools_wants_tools),
        cmocka_unit_test(test_what_is_mended),
        cmocka_unit_test(test_schemas_are_mended),
        cmocka_unit_test(test_choices_are_mended),
        cmocka_unit_test(test_memory_may_run_out),
        cmocka_unit_test(test_random_histories_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
