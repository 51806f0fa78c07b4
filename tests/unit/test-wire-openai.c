/* Chat completions, the request: bodies against captured ones and in their details; and what errors
 * mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "model/wire_openai.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct js *
parse(struct arena *arena, struct str text)
{
    struct err err = {0};
    struct js *value = NULL;
    if (js_parse(text, arena, &value, &err) != 0) {
        fail_msg("%.*s: %s", (int)text.len, text.ptr, err.message);
    }
    return value;
}

static struct message
message_of(struct arena *arena, enum role role, const char *content)
{
    struct message m = {.role = role};
    struct err err = {0};
    if (message_parse_content(str_c(content), arena, &m.blocks, &m.count, &err) != 0) {
        fail_msg("%s: %s", content, err.message);
    }
    return m;
}

/* A request made of texts: content arrays, a user's first. */
struct sample {
    struct message messages[8];
    struct model_request request;
};

static void
sample_init(struct sample *s, struct arena *arena, const char *const *contents, size_t count)
{
    *s = (struct sample){0};
    for (size_t i = 0; i < count; i++) {
        s->messages[i] = message_of(arena, i % 2 ? ROLE_ASSISTANT : ROLE_USER, contents[i]);
    }
    s->request.messages = s->messages;
    s->request.message_count = count;
}

static struct str
body_of(const struct openai_model *m, const struct model_request *r, struct arena *arena)
{
    AUTO(buf) struct buf out = {0};
    struct err err = {0};
    if (openai_body(m, r, NULL, &out, &err) != 0) {
        fail_msg("%s", err.message);
    }
    return buf_to_arena(&out, arena);
}

static void
check_json(struct arena *arena, const char *name, struct str got, struct str want)
{
    if (!js_equal(parse(arena, got), parse(arena, want))) {
        fail_msg("%s: wanted\n%.*s\ngot\n%.*s", name, (int)want.len, want.ptr, (int)got.len,
                 got.ptr);
    }
}

/* ---- The captured bodies ---- */

static struct str
read_shared(struct arena *arena, const char *name)
{
    const char *dir = getenv("DESKHAND_SHARED");
    struct str path =
        arena_printf(arena, "%s/vectors/captured/openai/%s.json", dir ? dir : "../shared", name);
    FILE *file = fopen(path.ptr, "rb");
    if (!file) {
        return (struct str){0};
    }
    enum { FILE_MAX = 64 * 1024 };
    char *text = arena_alloc(arena, FILE_MAX);
    size_t len = fread(text, 1, FILE_MAX, file);
    (void)fclose(file);
    return (struct str){text, len};
}

/* The body of a captured request, without what is said there explicitly and is the default. */
static struct str
captured_body(struct arena *arena, const char *name)
{
    static const char *const defaults[] = {",\"detail\":\"auto\"", "\"strict\":false,"};
    struct str text = read_shared(arena, name);
    if (!text.ptr) {
        return text;
    }
    struct str body = js_get_text(parse(arena, text), "body_utf8");
    for (size_t i = 0; i < COUNT(defaults); i++) {
        struct str cut = str_c(defaults[i]);
        size_t at = str_find(body, cut, 0);
        if (at != SIZE_MAX) {
            struct str rest = str_sub(body, at + cut.len, SIZE_MAX);
            body = arena_printf(arena, "%.*s%.*s", (int)at, body.ptr, (int)rest.len, rest.ptr);
        }
    }
    return body;
}

#define PIXEL                                                                                      \
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJ"  \
    "ggg=="

static const char *const history[] = {
    "[{\"text\":\"O\xC3\xB9 est ma commande A-1001? \xF0\x9F\x93\xA6\"},"
    "{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"" PIXEL "\"}}}]",
    "[{\"toolUse\":{\"toolUseId\":\"call_A\",\"name\":\"get_order\",\"input\":{\"order_id\":"
    "\"A-1001\"}}},{\"toolUse\":{\"toolUseId\":\"call_B\",\"name\":\"get_order\",\"input\":"
    "{\"order_id\":\"A-1002\"}}}]",
    "[{\"toolResult\":{\"toolUseId\":\"call_A\",\"content\":[{\"json\":{\"status\":\"shipped\"}}],"
    "\"status\":\"success\"}},{\"toolResult\":{\"toolUseId\":\"call_B\",\"content\":[{\"text\":"
    "\"order not found\"}],\"status\":\"error\"}}]",
};
static const char *const hello[] = {"[{\"text\":\"Hello\"}]"};
static const char *const where[] = {"[{\"text\":\"Where is A-1001?\"}]"};
static const char *const classify[] = {"[{\"text\":\"classify\"}]"};

static const struct model_tool get_order = {
    .name = STR_INIT("get_order"),
    .description = STR_INIT("Look up an order."),
    .schema = STR_INIT("{\"type\":\"object\",\"properties\":{\"order_id\":{\"type\":\"string\"}},"
                       "\"required\":[\"order_id\"]}"),
};
static const struct str end_words[] = {STR_INIT("END")};

static const struct {
    const char *name;
    const char *const *contents;
    size_t count;
    struct openai_model model;
    struct model_request request;
    const char *extra;
} captured[] = {
    {.name = "chat_minimal",
     .contents = hello,
     .count = COUNT(hello),
     .model = {.id = STR_INIT("gpt-4o")}},
    {.name = "bedrock_openai_endpoint_path",
     .contents = hello,
     .count = COUNT(hello),
     .model = {.id = STR_INIT("openai.gpt-oss-20b-1:0")}},
    {.name = "chat_json_schema",
     .contents = classify,
     .count = COUNT(classify),
     .model = {.id = STR_INIT("gpt-4o")},
     .extra =
         "{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"intent\","
         "\"strict\":true,\"schema\":{\"type\":\"object\",\"properties\":{\"intent\":{\"type\":"
         "\"string\",\"enum\":[\"refund\",\"status\"]}},\"required\":[\"intent\"],"
         "\"additionalProperties\":false}}}}"},
    {.name = "chat_stream_include_usage",
     .contents = history,
     .count = COUNT(history),
     .model = {.id = STR_INIT("gpt-4o"), .stream = true},
     .request = {.system = STR_INIT("You are a support agent."),
                 .tools = &get_order,
                 .tool_count = 1}},
    {.name = "chat_tool_choice_named",
     .contents = where,
     .count = COUNT(where),
     .model = {.id = STR_INIT("gpt-4o"), .params = {.tool_choice = STR_INIT("get_order")}},
     .request = {.tools = &get_order, .tool_count = 1}},
    {.name = "chat_tools_history_image",
     .contents = history,
     .count = COUNT(history),
     .model = {.id = STR_INIT("gpt-4o"),
               .completion_tokens = true,
               .params = {.max_tokens = 99,
                          .stop = end_words,
                          .stop_count = 1,
                          .tool_choice = STR_INIT("auto")}},
     .request = {.system = STR_INIT("You are a support agent."),
                 .tools = &get_order,
                 .tool_count = 1,
                 .params = {.max_tokens = 512, .has_temperature = true, .temperature = 0.2}},
     .extra = "{\"parallel_tool_calls\":true,\"user\":\"u-123\"}"},
};

static void
test_captured(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(captured); i++) {
        AUTO(arena) struct arena arena = {0};
        struct sample s;
        struct openai_model m = captured[i].model;
        struct model_request r = captured[i].request;
        struct str want = captured_body(&arena, captured[i].name);
        if (!want.ptr) {
            print_message("SKIP: no shared data\n");
            skip();
        }
        sample_init(&s, &arena, captured[i].contents, captured[i].count);
        r.messages = s.messages;
        r.message_count = captured[i].count;
        m.extra = captured[i].extra ? parse(&arena, str_c(captured[i].extra)) : NULL;
        check_json(&arena, captured[i].name, body_of(&m, &r, &arena), want);
    }
}

/* ---- Messages in detail ---- */

static const struct {
    const char *name;
    enum role role;
    const char *content;
    const char *want; /* the messages */
} messages[] = {
    {"texts are one text", ROLE_USER, "[{\"text\":\"a\"},{\"text\":\"b\"}]",
     "[{\"role\":\"user\",\"content\":\"a\\nb\"}]"},
    {"results stand before the user's words", ROLE_USER,
     "[{\"text\":\"and?\"},{\"toolResult\":{\"toolUseId\":\"x\",\"content\":[{\"text\":\"1\"}]}},"
     "{\"toolResult\":{\"toolUseId\":\"y\",\"content\":[]}}]",
     "[{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":\"1\"},"
     "{\"role\":\"tool\",\"tool_call_id\":\"y\",\"content\":\"\"},"
     "{\"role\":\"user\",\"content\":\"and?\"}]"},
    {"a result of several things", ROLE_USER,
     "[{\"toolResult\":{\"toolUseId\":\"x\",\"content\":[{\"json\":[1,2.50]},{\"text\":"
     "\"a\\u0000b\"},"
     "{\"image\":{}},{\"json\":null}]}}]",
     "[{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":"
     "\"[1,2.50]\\na\\u0000b\\n[something that is no text]\\nnull\"}]"},
    {"a failed result", ROLE_USER,
     "[{\"toolResult\":{\"toolUseId\":\"x\",\"status\":\"error\",\"content\":[{\"json\":{\"a\":1}}]"
     "}}]",
     "[{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":\"error: {\\\"a\\\":1}\"}]"},
    {"an image alone", ROLE_USER,
     "[{\"image\":{\"format\":\"jpeg\",\"source\":{\"bytes\":\"AAAA\"}}}]",
     "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
     "{\"url\":\"data:image/jpeg;base64,AAAA\"}}]}]"},
    {"a document", ROLE_USER,
     "[{\"text\":\"look\"},{\"document\":{\"format\":\"csv\",\"name\":\"orders\",\"source\":"
     "{\"bytes\":\"YSxiCjEsMgo=\"}}}]",
     "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"look\"},{\"type\":\"text\","
     "\"text\":\"[document orders.csv]\\na,b\\n1,2\\n\\n[end of the document]\"}]}]"},
    {"a document given as text", ROLE_USER,
     "[{\"document\":{\"format\":\"txt\",\"name\":\"n\",\"source\":{\"text\":\"hi\"}}}]",
     "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
     "\"[document n.txt]\\nhi\\n[end of the document]\"}]}]"},
    {"what is not sent", ROLE_USER, "[{\"text\":\"a\"},{\"cachePoint\":{\"type\":\"default\"}}]",
     "[{\"role\":\"user\",\"content\":\"a\"}]"},
    {"nothing to send", ROLE_USER, "[{\"cachePoint\":{\"type\":\"default\"}}]", "[]"},
    {"reasoning, text and a call", ROLE_ASSISTANT,
     "[{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\",\"signature\":\"s\"}}},"
     "{\"text\":\"I look.\"},{\"toolUse\":{\"toolUseId\":\"x\",\"name\":\"f\"}}]",
     "[{\"role\":\"assistant\",\"content\":\"I look.\",\"tool_calls\":[{\"id\":\"x\",\"type\":"
     "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}]"},
    {"an assistant's text", ROLE_ASSISTANT, "[{\"text\":\"a\"}]",
     "[{\"role\":\"assistant\",\"content\":\"a\"}]"},
    {"only reasoning", ROLE_ASSISTANT,
     "[{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\"}}}]",
     "[{\"role\":\"assistant\",\"content\":\"\"}]"},
};

static void
test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(messages); i++) {
        AUTO(arena) struct arena arena = {0};
        struct openai_model m = {.id = STR("m")};
        struct message message = message_of(&arena, messages[i].role, messages[i].content);
        struct model_request r = {.messages = &message, .message_count = 1};
        const struct js *body = parse(&arena, body_of(&m, &r, &arena));
        check_json(&arena, messages[i].name, js_to_arena(js_get_c(body, "messages"), &arena),
                   str_c(messages[i].want));
    }
}

static const struct {
    const char *content;
    const char *want; /* in the error; NULL: none */
} checks[] = {
    {"[{\"text\":\"a\"}]", NULL},
    {"[{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"AAAA\"}}}]", NULL},
    {"[{\"image\":{\"format\":\"tiff\",\"source\":{\"bytes\":\"AAAA\"}}}]", "'tiff'"},
    {"[{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"AAA\"}}}]", "as base64"},
    {"[{\"image\":{\"format\":\"png\",\"source\":{\"s3Location\":{\"uri\":\"s3://a\"}}}}]",
     "in the message itself"},
    {"[{\"document\":{\"format\":\"md\",\"name\":\"n\",\"source\":{\"bytes\":\"AAAA\"}}}]", NULL},
    {"[{\"document\":{\"format\":\"pdf\",\"name\":\"n\",\"source\":{\"bytes\":\"AAAA\"}}}]",
     "'pdf' cannot be sent"},
    {"[{\"document\":{\"format\":\"md\",\"name\":\"n\",\"source\":{}}}]", "in the message itself"},
};

static void
test_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(checks); i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(buf) struct buf out = {0};
        struct err err = {0};
        struct openai_model m = {.id = STR("m")};
        struct message message = message_of(&arena, ROLE_USER, checks[i].content);
        struct model_request r = {.messages = &message, .message_count = 1};
        int want = checks[i].want ? ERR_INVALID : 0;
        assert_int_equal(openai_body(&m, &r, NULL, &out, &err), want);
        if (want && !strstr(err.message, checks[i].want)) {
            fail_msg("%s: %s", checks[i].content, err.message);
        }
    }
}

/* ---- What stands beside the messages ---- */

#define BODY(members) "{\"model\":\"m\",\"messages\":[]" members "}"

static const struct {
    const char *name;
    struct openai_model model;
    struct model_request request;
    const char *extra;
    const char *want;
} params[] = {
    {.name = "nothing unset is sent", .want = BODY("")},
    {.name = "max_tokens",
     .model = {.params = {.max_tokens = 5}},
     .want = BODY(",\"max_tokens\":5")},
    {.name = "a request's wins",
     .model = {.params = {.max_tokens = 5}, .completion_tokens = true},
     .request = {.params = {.max_tokens = 6}},
     .want = BODY(",\"max_completion_tokens\":6")},
    {.name = "extra wins over both names",
     .model = {.params = {.max_tokens = 5}},
     .extra = "{\"max_completion_tokens\":7}",
     .want = BODY(",\"max_completion_tokens\":7")},
    {.name = "zeros that are set",
     .model = {.params = {.has_temperature = true, .has_top_p = true}},
     .want = BODY(",\"temperature\":0,\"top_p\":0")},
    {.name = "no choice without tools",
     .model = {.params = {.tool_choice = STR_INIT("any")}},
     .want = BODY("")},
    {.name = "a choice that must be",
     .model = {.params = {.tool_choice = STR_INIT("any")}},
     .request = {.tools = &(struct model_tool){.name = STR_INIT("f")}, .tool_count = 1},
     .want = BODY(",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":"
                  "\"\",\"parameters\":{\"type\":\"object\"}}}],\"tool_choice\":\"required\"")},
    {.name = "none",
     .model = {.params = {.tool_choice = STR_INIT("none")}},
     .request = {.tools = &(struct model_tool){.name = STR_INIT("f")}, .tool_count = 1},
     .want = BODY(",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":"
                  "\"\",\"parameters\":{\"type\":\"object\"}}}],\"tool_choice\":\"none\"")},
    {.name = "null takes out",
     .model = {.stream = true, .params = {.has_temperature = true}},
     .extra = "{\"stream_options\":null,\"temperature\":null,\"seed\":1.50}",
     .want = BODY(",\"stream\":true,\"seed\":1.5")},
    {.name = "a half answer is left out",
     .request = {.partial = STR_INIT("half")},
     .want = BODY("")},
};

static void
test_params(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(params); i++) {
        AUTO(arena) struct arena arena = {0};
        struct openai_model m = params[i].model;
        m.id = STR("m");
        m.extra = params[i].extra ? parse(&arena, str_c(params[i].extra)) : NULL;
        check_json(&arena, params[i].name, body_of(&m, &params[i].request, &arena),
                   str_c(params[i].want));
    }
}

static void
test_prefill(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct openai_model m = {.id = STR("m"), .prefill = true};
    struct model_request r = {.partial = STR("half")};
    check_json(
        &arena, "prefill", body_of(&m, &r, &arena),
        STR("{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"half\"}]}"));
}

static void
test_extra(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    const struct js *bad = parse(&arena, STR("{\"a\":1,\"stream\":null}"));
    assert_int_equal(openai_check_extra(STR("x"), NULL, &err), 0);
    assert_int_equal(openai_check_extra(STR("x"), parse(&arena, STR("{\"a\":1}")), &err), 0);
    assert_int_equal(openai_check_extra(STR("x"), bad, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "models.x.extra: stream"));
}

/* ---- Failures ---- */

static const struct openai_model local = {
    .name = STR_INIT("local"), .id = STR_INIT("llama3.2"), .host = STR_INIT("127.0.0.1:11434")};
static const struct openai_model cloud = {.name = STR_INIT("gpt"),
                                          .id = STR_INIT("gpt-4o"),
                                          .host = STR_INIT("api.openai.com"),
                                          .has_key = true};

static const struct {
    enum failure_kind kind;
    const char *words;
} captured_errors[] = {
    {FAILURE_REQUEST, "An assistant message with 'tool_calls' must be followed"},
    {FAILURE_KEY, "models.gpt.key"},
    {FAILURE_MODEL, "models.gpt.id"},
    {FAILURE_TOO_LONG, "too long for gpt-4o"},
    {FAILURE_THROTTLED, "too many requests"},
    {FAILURE_QUOTA, "billing"},
    {FAILURE_OVERLOADED, "The server had an error"},
    {FAILURE_OVERLOADED, "The engine is currently overloaded"},
    {FAILURE_MODEL, "models.gpt.id"},
    {FAILURE_OVERLOADED, "still loading"},
    {FAILURE_OVERLOADED, "Internal Server Error"},
};

static void
check_failure(const char *name, const struct failure *f, enum failure_kind kind, const char *words)
{
    if (f->kind != kind || !strstr(f->err.message, words)) {
        fail_msg("%s: wanted %s with '%s', got %s: %s", name, failure_kind_name(kind), words,
                 failure_kind_name(f->kind), f->err.message);
    }
}

static void
test_captured_errors(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct str text = read_shared(&arena, "error_responses");
    if (!text.ptr) {
        print_message("SKIP: no shared data\n");
        skip();
    }
    const struct js *cases = js_get_c(parse(&arena, text), "cases");
    assert_int_equal(js_count(cases), COUNT(captured_errors));
    for (size_t i = 0; i < js_count(cases); i++) {
        const struct js *item = js_at(cases, i);
        const struct js *body = js_get_c(item, "body");
        struct str raw = js_type(body) == JS_STRING ? js_text(body) : js_to_arena(body, &arena);
        struct failure f = {.status = 1, .retry_after_ms = 5};
        openai_failure(&cloud, (int)js_get_int(item, "status", 0), raw, &f);
        check_failure(raw.ptr, &f, captured_errors[i].kind, captured_errors[i].words);
        assert_int_equal(f.retry_after_ms, 5);
        assert_int_equal(f.status, 1);
    }
}

static const struct {
    const struct openai_model *model;
    int status;
    const char *body;
    enum failure_kind kind;
    const char *words;
} errors[] = {
    {&local, 404, "{\"error\":\"model 'llama3.2' not found\"}", FAILURE_MODEL,
     "`ollama pull llama3.2`"},
    {&local, 404,
     "{\"error\":{\"message\":\"model \\\"llama3.2\\\" not found, try pulling it first\"}}",
     FAILURE_MODEL, "`ollama pull llama3.2`"},
    {&local, 404, "404 page not found", FAILURE_MODEL, "models.local.base_url"},
    {&local, 404, "{\"detail\":\"Not Found\"}", FAILURE_MODEL, "models.local.base_url"},
    {&local, 401, "", FAILURE_KEY, "wants a key"},
    {&cloud, 400, "[{\"error\":{\"code\":400,\"message\":\"API key not valid.\"}}]", FAILURE_KEY,
     "models.gpt.key"},
    {&cloud, 403, "{\"error\":{\"message\":\"no\"}}", FAILURE_ACCESS, "gpt-4o"},
    {&cloud, 402, "{}", FAILURE_QUOTA, "billing"},
    {&cloud, 413, "", FAILURE_TOO_LONG, "too long"},
    {&cloud, 429,
     "{\"error\":{\"message\":\"Request too large for gpt-4o\",\"code\":"
     "\"rate_limit_exceeded\"}}",
     FAILURE_TOO_LONG, "too long"},
    {&local, 400,
     "{\"error\":{\"code\":400,\"message\":\"the request exceeds the available context "
     "size\",\"type\":\"exceed_context_size_error\"}}",
     FAILURE_TOO_LONG, "too long"},
    {&cloud, 400,
     "{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens' is not supported with this "
     "model. Use 'max_completion_tokens' instead.\",\"code\":\"unsupported_parameter\"}}",
     FAILURE_REQUEST, "models.gpt.max_tokens_field to max_completion_tokens"},
    {&cloud, 400,
     "{\"message\":\"[{'type': 'missing', 'msg': 'Field required', 'input': {'a': 'secret'}}]\"}",
     FAILURE_REQUEST, "'Field required',"},
    {&cloud, 400, "", FAILURE_REQUEST, "it does not say why"},
    {&cloud, 502, "<html><body>Bad gateway</body></html>", FAILURE_OVERLOADED,
     "api.openai.com (502)"},
    {&cloud, 408, "", FAILURE_TIMEOUT, "gave up waiting"},
    {&cloud, 302, "", FAILURE_FORMAT, "models.gpt.base_url"},
    {&cloud, 400, "{\"error\":{\"message\":\"a\\u001b[31mb\\nsecond\"}}", FAILURE_REQUEST, ": a"},
    {&cloud, 500, "\xFF\xFE", FAILURE_OVERLOADED, "(500)"},
    {&cloud, 500, "{\"error\":{\"error\":[]}}", FAILURE_OVERLOADED, "(500)"},
    {&cloud, 500, "[]", FAILURE_OVERLOADED, "(500)"},
};

static void
test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(errors); i++) {
        struct failure f = {0};
        openai_failure(errors[i].model, errors[i].status, str_c(errors[i].body), &f);
        check_failure(errors[i].body, &f, errors[i].kind, errors[i].words);
        assert_null(strchr(f.err.message, '\x1b'));
        assert_null(strstr(f.err.message, "secret"));
        assert_null(strstr(f.err.message, "second"));
        assert_null(strstr(f.err.message, "<html>"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captured),        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_check),           cmocka_unit_test(test_params),
        cmocka_unit_test(test_prefill),         cmocka_unit_test(test_extra),
        cmocka_unit_test(test_captured_errors), cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
