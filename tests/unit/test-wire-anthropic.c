/* Requests in Anthropic's Messages format: the bodies real clients sent, what settings and blocks
 * become, and what is refused before it is sent. */
#include "anthropic_fixture.h"

#include "base/buf.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "model/wire_anthropic.h"

#define HELLO "{\"role\":\"user\",\"content\":[{\"text\":\"Hello\"}]}"
#define ORDER_TOOL                                                                                 \
    "{\"name\":\"get_order\",\"description\":\"Look up an order.\",\"schema\":{\"type\":"          \
    "\"object\",\"properties\":{\"order_id\":{\"type\":\"string\"}},\"required\":[\"order_id\"]}}"

static struct anthropic_options
options_of(const char *settings, bool invoke, struct arena *a)
{
    struct err err = {0};
    struct anthropic_options o;
    if (anthropic_options_read(STR("shop"), parse(str_c(settings), a), invoke, a, &o, &err) < 0) {
        fail_msg("%s: %s", settings, err.message);
    }
    return o;
}

/* The body of what is ready, as text. */
static int
write_body(const struct anthropic_options *o, const struct model_request *ready, struct arena *a,
           struct str *ret, struct err *err)
{
    AUTO(buf) struct buf out = {0};
    int result = anthropic_body(o, ready, NULL, &out, err);
    if (result == 0) {
        *ret = buf_to_arena(&out, a);
    }
    return result == 0 && !ret->ptr ? err_nomem(err) : result;
}

/* As a provider has it written. */
static struct js *
body_of(const char *settings, bool invoke, const char *request, struct arena *a)
{
    struct anthropic_options o = options_of(settings, invoke, a);
    struct model_request r = request_of(str_c(request), a);
    struct model_request mended;
    struct err err = {0};
    struct str body = {0};
    if (anthropic_ready(&o, &r, NULL, a, &mended, &err) < 0 ||
        write_body(&o, &mended, a, &body, &err) < 0) {
        fail_msg("%s: %s", request, err.message);
    }
    return parse(body, a);
}

/* As it is written where nothing is mended. */
static struct js *
plain_body_of(const char *settings, const char *request, struct arena *a)
{
    struct anthropic_options o = options_of(settings, false, a);
    struct model_request r = request_of(str_c(request), a);
    struct err err = {0};
    struct str body = {0};
    if (write_body(&o, &r, a, &body, &err) < 0) {
        fail_msg("%s: %s", request, err.message);
    }
    return parse(body, a);
}

/* ---- captured requests ---- */

static struct str
replaced(struct str text, const char *from, const char *to, struct arena *a)
{
    size_t at = str_find(text, str_c(from), 0);
    if (at == SIZE_MAX) {
        fail_msg("'%s' is not in %.*s", from, (int)text.len, text.ptr);
    }
    return arena_printf(a, "%.*s%s%.*s", (int)at, text.ptr, to, (int)(text.len - at - strlen(from)),
                        text.ptr + at + strlen(from));
}

#define HELLO_SHORT "\"content\":\"Hello\""
#define HELLO_LONG "\"content\":[{\"type\":\"text\",\"text\":\"Hello\"}]"
#define PLAIN_SETTINGS "{\"id\":\"claude-haiku-4-5-20251001\",\"max_tokens\":256,\"stream\":false"
#define FULL_REQUEST                                                                               \
    "{\"system\":\"You are a support agent.\",\"tools\":[" ORDER_TOOL "],\"messages\":["           \
    "{\"role\":\"user\",\"content\":[{\"text\":\"Où est ma commande A-1001? 📦\"},"             \
    "{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYA"  \
    "AAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\"}}},"                           \
    "{\"document\":{\"format\":\"txt\",\"name\":\"Order confirmation\",\"source\":{\"bytes\":"     \
    "\"b3JkZXIgQS0xMDAxLCAyIGl0ZW1zCg==\"}}}]},"                                                   \
    "{\"role\":\"assistant\",\"content\":[{\"reasoningContent\":{\"reasoningText\":{\"text\":"     \
    "\"Look both up.\",\"signature\":\"ZXhhbXBsZQ==\"}}},{\"text\":\"Let me check.\"},"            \
    "{\"toolUse\":{\"toolUseId\":\"toolu_01A\",\"name\":\"get_order\",\"input\":{\"order_id\":"    \
    "\"A-1001\"}}},{\"toolUse\":{\"toolUseId\":\"toolu_01B\",\"name\":\"get_order\",\"input\":"    \
    "{\"order_id\":\"A-1002\"}}}]},"                                                               \
    "{\"role\":\"user\",\"content\":[{\"toolResult\":{\"toolUseId\":\"toolu_01A\",\"content\":["   \
    "{\"json\":{\"status\":\"shipped\"}}],\"status\":\"success\"}},"                               \
    "{\"toolResult\":{\"toolUseId\":\"toolu_01B\",\"content\":[{\"text\":\"order not found\"}],"   \
    "\"status\":\"error\"}},{\"text\":\"Please hurry.\"}]}]}"
#define FULL_SETTINGS                                                                              \
    "{\"id\":\"claude-haiku-4-5-20251001\",\"max_tokens\":2048,\"stream\":false,\"stop\":"         \
    "[\"END\"],\"metadata\":{\"user_id\":\"u-123\"},\"cache\":[\"system\"],\"cache_ttl\":\"1h\","  \
    "\"extra\":{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},\"tool_choice\":"       \
    "{\"type\":\"auto\",\"disable_parallel_tool_use\":false}}"
#define HELLO_REQUEST "{\"messages\":[" HELLO "]}"
#define TOOL_REQUEST "{\"messages\":[" HELLO "],\"tools\":[" ORDER_TOOL "]}"
#define SUPPORT_REQUEST                                                                            \
    "{\"system\":\"You are a support agent.\",\"messages\":[" HELLO "],\"tools\":[" ORDER_TOOL "]" \
    "}"

/* The captured body with its short spellings made long, which the server reads alike. */
static const struct capture {
    const char *file;
    bool invoke;
    const char *settings; /* the closing brace comes with the version */
    const char *version;
    const char *request;
    const char *edits[5];
} captures[] = {
    {"anthropic/messages_minimal.json",
     false,
     PLAIN_SETTINGS,
     "2026-10-21",
     HELLO_REQUEST,
     {HELLO_SHORT, HELLO_LONG}},
    {"anthropic/old_2023-06-01_messages_minimal.json",
     false,
     PLAIN_SETTINGS,
     "2023-06-01",
     HELLO_REQUEST,
     {HELLO_SHORT, HELLO_LONG}},
    {"anthropic/messages_beta_header.json",
     false,
     PLAIN_SETTINGS ",\"betas\":[\"x\"]",
     "2026-10-21",
     HELLO_REQUEST,
     {HELLO_SHORT, HELLO_LONG}},
    {"anthropic/messages_stream.json",
     false,
     "{\"id\":\"claude-haiku-4-5-20251001\",\"max_tokens\":256",
     "2026-10-21",
     TOOL_REQUEST,
     {HELLO_SHORT, HELLO_LONG}},
    {"anthropic/old_2023-06-01_messages_stream.json",
     false,
     "{\"id\":\"claude-haiku-4-5-20251001\",\"max_tokens\":256",
     "2023-06-01",
     TOOL_REQUEST,
     {HELLO_SHORT, HELLO_LONG}},
    {"anthropic/messages_tool_choice_tool.json",
     false,
     PLAIN_SETTINGS ",\"tool_choice\":\"get_order\"",
     "2026-10-21",
     TOOL_REQUEST,
     {HELLO_SHORT, HELLO_LONG}},
    {"anthropic/old_2023-06-01_messages_tool_choice_tool.json",
     false,
     PLAIN_SETTINGS ",\"tool_choice\":\"get_order\"",
     "2023-06-01",
     TOOL_REQUEST,
     {HELLO_SHORT, HELLO_LONG}},
    /* One time to live a model: what marks the message there is tested below. */
    {"anthropic/messages_full.json",
     false,
     FULL_SETTINGS,
     "2026-10-21",
     FULL_REQUEST,
     {"\"content\":\"order not found\"",
      "\"content\":[{\"type\":\"text\",\"text\":\"order not found\"}]",
      ",\"cache_control\":{\"type\":\"ephemeral\"}", ""}},
    {"anthropic/old_2023-06-01_messages_full.json",
     false,
     FULL_SETTINGS,
     "2023-06-01",
     FULL_REQUEST,
     {"\"content\":\"order not found\"",
      "\"content\":[{\"type\":\"text\",\"text\":\"order not found\"}]",
      ",\"cache_control\":{\"type\":\"ephemeral\"}", ""}},
    {"anthropic_bedrock/anthropic_bedrock_sdk_id.json",
     true,
     PLAIN_SETTINGS,
     "2026-10-21",
     HELLO_REQUEST,
     {HELLO_SHORT, HELLO_LONG}},
    {"anthropic_bedrock/anthropic_bedrock_sdk_arn_stream.json",
     true,
     "{\"id\":\"x\",\"max_tokens\":256",
     "2026-10-21",
     HELLO_REQUEST,
     {HELLO_SHORT, HELLO_LONG}},
    {"anthropic_bedrock/anthropic_bedrock_sdk_old_id.json",
     true,
     PLAIN_SETTINGS,
     "bedrock-2023-05-31",
     HELLO_REQUEST,
     {HELLO_SHORT, HELLO_LONG}},
    {"anthropic_bedrock/anthropic_bedrock_sdk_old_arn_stream.json",
     true,
     "{\"id\":\"x\",\"max_tokens\":256",
     NULL,
     HELLO_REQUEST,
     {HELLO_SHORT, HELLO_LONG}},
    {"aws/invoke_model.json", true, PLAIN_SETTINGS, NULL, SUPPORT_REQUEST, {NULL}},
    {"aws/invoke_model_guardrail_headers.json",
     true,
     PLAIN_SETTINGS,
     NULL,
     SUPPORT_REQUEST,
     {NULL}},
    {"aws/invoke_model_with_response_stream.json",
     true,
     "{\"id\":\"x\",\"max_tokens\":256",
     NULL,
     SUPPORT_REQUEST,
     {NULL}},
};

static void
test_bodies_are_those_of_real_clients(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(captures); i++) {
        AUTO(arena) struct arena a = {0};
        const struct capture *c = &captures[i];
        struct str file = captured(c->file, &a);
        if (!file.ptr) {
            print_message("SKIP: no shared data\n");
            skip();
        }
        struct str want = js_get_text(parse(file, &a), "body_utf8");
        for (size_t k = 0; c->edits[k]; k += 2) {
            want = replaced(want, c->edits[k], c->edits[k + 1], &a);
        }
        struct str settings =
            c->version ? arena_printf(&a, "%s,\"version\":\"%s\"}", c->settings, c->version)
                       : arena_printf(&a, "%s}", c->settings);
        assert_json(c->file, body_of(settings.ptr, c->invoke, c->request, &a), parse(want, &a), &a);
    }
}

/* ---- settings ---- */

#define BODY_END                                                                                   \
    "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"                   \
    "\"Hello\"}]}]}"
#define ID "\"id\":\"m\",\"stream\":false"

static const struct {
    const char *name;
    bool invoke;
    const char *settings;
    const char *request;
    const char *want;
} settings_rows[] = {
    {"nothing set: only what the server demands", false, "{" ID "}", HELLO_REQUEST,
     "{\"model\":\"m\",\"max_tokens\":4096," BODY_END},
    {"streams unless told not to", false, "{\"id\":\"m\"}", HELLO_REQUEST,
     "{\"model\":\"m\",\"stream\":true,\"max_tokens\":4096," BODY_END},
    {"sampling where set", false, "{" ID ",\"temperature\":0,\"top_p\":0.9,\"stop\":[\"a\",\"b\"]}",
     HELLO_REQUEST,
     "{\"model\":\"m\",\"max_tokens\":4096,\"temperature\":0,\"top_p\":0.9,\"stop_sequences\":"
     "[\"a\",\"b\"]," BODY_END},
    {"thinking comes on top of the default", false,
     "{" ID ",\"extra\":{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}}}",
     HELLO_REQUEST,
     "{\"model\":\"m\",\"max_tokens\":6096,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":"
     "2000}," BODY_END},
    {"extra wins", false, "{" ID ",\"max_tokens\":5,\"extra\":{\"max_tokens\":7,\"top_k\":3}}",
     HELLO_REQUEST, "{\"model\":\"m\",\"max_tokens\":7,\"top_k\":3," BODY_END},
    {"tier and metadata", false,
     "{" ID ",\"service_tier\":\"standard_only\",\"metadata\":{\"user_id\":\"u\"}}", HELLO_REQUEST,
     "{\"model\":\"m\",\"max_tokens\":4096,\"service_tier\":\"standard_only\",\"metadata\":"
     "{\"user_id\":\"u\"}," BODY_END},
    {"invoke: neither tier nor metadata, but betas", true,
     "{" ID ",\"service_tier\":\"priority\",\"metadata\":{\"a\":\"b\"},\"betas\":[\"x\",\"y\"]}",
     HELLO_REQUEST,
     "{\"anthropic_version\":\"bedrock-2023-05-31\",\"anthropic_beta\":[\"x\",\"y\"],"
     "\"max_tokens\":4096," BODY_END},
    {"no choice where there is no tool", false, "{" ID ",\"tool_choice\":\"any\"}", HELLO_REQUEST,
     "{\"model\":\"m\",\"max_tokens\":4096," BODY_END},
    {"any tool", false, "{" ID ",\"tool_choice\":\"any\"}",
     "{\"messages\":[" HELLO "],\"tools\":[{\"name\":\"t\",\"schema\":{\"type\":\"object\"}}]}",
     "{\"model\":\"m\",\"max_tokens\":4096,\"tools\":[{\"name\":\"t\",\"input_schema\":{\"type\":"
     "\"object\"}}],\"tool_choice\":{\"type\":\"any\"}," BODY_END},
    {"none", false, "{" ID ",\"tool_choice\":\"none\"}",
     "{\"messages\":[" HELLO "],\"tools\":[{\"name\":\"t\",\"schema\":{\"type\":\"object\"}}]}",
     "{\"model\":\"m\",\"max_tokens\":4096,\"tools\":[{\"name\":\"t\",\"input_schema\":{\"type\":"
     "\"object\"}}],\"tool_choice\":{\"type\":\"none\"}," BODY_END},
    {"cache points", false, "{" ID ",\"cache\":[\"system\",\"tools\",\"messages\"]}",
     "{\"system\":\"S\",\"messages\":[" HELLO
     "],\"tools\":[{\"name\":\"t\",\"schema\":{\"type\":\"object\"}},"
     "{\"name\":\"u\",\"schema\":{\"type\":\"object\"}}]}",
     "{\"model\":\"m\",\"max_tokens\":4096,\"system\":[{\"type\":\"text\",\"text\":\"S\","
     "\"cache_control\":{\"type\":\"ephemeral\"}}],\"tools\":[{\"name\":\"t\",\"input_schema\":{"
     "\"type\":\"object\"}},"
     "{\"name\":\"u\",\"input_schema\":{\"type\":\"object\"},\"cache_control\":{\"type\":"
     "\"ephemeral\"}}],"
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hello\","
     "\"cache_control\":{\"type\":\"ephemeral\"}}]}]}"},
    {"cache ttl", false, "{" ID ",\"cache\":[\"messages\"],\"cache_ttl\":\"5m\"}", HELLO_REQUEST,
     "{\"model\":\"m\",\"max_tokens\":4096,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
     "\"text\",\"text\":\"Hello\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"5m\"}}]}]}"},
    {"half an answer, its last white space cut", false, "{" ID ",\"prefill\":true}",
     "{\"messages\":[" HELLO "],\"partial\":\" Dear \\n\"}",
     "{\"model\":\"m\",\"max_tokens\":4096,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
     "\"text\",\"text\":\"Hello\"}]},{\"role\":\"assistant\",\"content\":\" Dear\"}]}"},
    {"a blank half answer is none", false, "{" ID ",\"prefill\":true}",
     "{\"messages\":[" HELLO "],\"partial\":\" \\n\"}",
     "{\"model\":\"m\",\"max_tokens\":4096," BODY_END},
};

static void
test_settings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(settings_rows); i++) {
        AUTO(arena) struct arena a = {0};
        assert_json(settings_rows[i].name,
                    body_of(settings_rows[i].settings, settings_rows[i].invoke,
                            settings_rows[i].request, &a),
                    parse(str_c(settings_rows[i].want), &a), &a);
    }
}

static void
test_a_request_wins_over_the_settings(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct str body;
    struct anthropic_options o =
        options_of("{" ID ",\"max_tokens\":9,\"temperature\":1}", false, &a);
    struct model_request r = request_of(STR(HELLO_REQUEST), &a);
    struct model_request mended;
    r.params = (struct model_params){.max_tokens = 10, .has_temperature = true, .temperature = 0.5};
    assert_int_equal(anthropic_ready(&o, &r, NULL, &a, &mended, &err), 0);
    assert_int_equal(write_body(&o, &mended, &a, &body, &err), 0);
    assert_json("params", parse(body, &a),
                parse(STR("{\"model\":\"m\",\"max_tokens\":10,\"temperature\":0.5," BODY_END), &a),
                &a);
}

/* ---- blocks ---- */

static const struct {
    const char *name;
    const char *role;
    const char *content; /* inside */
    const char *want;    /* the message's content; NULL: the message is left out */
} block_rows[] = {
    {"blank text", "user", "[{\"text\":\" \\n\"},{\"text\":\"a\"}]",
     "[{\"type\":\"text\",\"text\":\"a\"}]"},
    {"only blank text", "user", "[{\"text\":\" \"}]", NULL},
    {"redacted reasoning", "assistant",
     "[{\"reasoningContent\":{\"redactedContent\":\"EmwK\"}},{\"text\":\"a\"}]",
     "[{\"type\":\"redacted_thinking\",\"data\":\"EmwK\"},{\"type\":\"text\",\"text\":\"a\"}]"},
    {"a signature without words", "assistant",
     "[{\"reasoningContent\":{\"reasoningText\":{\"text\":\"\",\"signature\":\"s\"}}}]",
     "[{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"s\"}]"},
    {"reasoning nobody signed", "assistant",
     "[{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\"}}},{\"text\":\"a\"}]",
     "[{\"type\":\"text\",\"text\":\"a\"}]"},
    {"cache points are ours", "user", "[{\"text\":\"a\"},{\"cachePoint\":{\"type\":\"default\"}}]",
     "[{\"type\":\"text\",\"text\":\"a\"}]"},
    {"cited words", "assistant",
     "[{\"citationsContent\":{\"content\":[{\"text\":\"a\"},{\"text\":\"b\"}],\"citations\":[]}}]",
     "[{\"type\":\"text\",\"text\":\"ab\"}]"},
    {"a pdf", "user",
     "[{\"document\":{\"format\":\"pdf\",\"name\":\"n\",\"context\":\"c\",\"citations\":{"
     "\"enabled\":true},\"source\":{\"bytes\":\"JVBERg==\"}}}]",
     "[{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\","
     "\"data\":\"JVBERg==\"},\"title\":\"n\",\"context\":\"c\",\"citations\":{\"enabled\":true}}]"},
    {"a text's words", "user", "[{\"document\":{\"format\":\"txt\",\"source\":{\"text\":\"w\"}}}]",
     "[{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":"
     "\"w\"}}]"},
    {"a text in pieces", "user",
     "[{\"document\":{\"format\":\"txt\",\"source\":{\"content\":[{\"text\":\"a\"},{\"text\":\"b\"}"
     "]}}}]",
     "[{\"type\":\"document\",\"source\":{\"type\":\"content\",\"content\":[{\"type\":\"text\","
     "\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}}]"},
    {"a result that failed", "user",
     "[{\"toolResult\":{\"toolUseId\":\"1\",\"status\":\"error\",\"content\":[{\"text\":\"no\"},"
     "{\"text\":\"\"}]}}]",
     "[{\"type\":\"tool_result\",\"tool_use_id\":\"1\",\"is_error\":true,\"content\":[{\"type\":"
     "\"text\",\"text\":\"no\"}]}]"},
    {"a result with an image and what nobody knows", "user",
     "[{\"toolResult\":{\"toolUseId\":\"1\",\"content\":[{\"image\":{\"format\":\"gif\",\"source\":"
     "{\"bytes\":\"R0lG\"}}},{\"future\":[1.50]}]}}]",
     "[{\"type\":\"tool_result\",\"tool_use_id\":\"1\",\"content\":[{\"type\":\"image\",\"source\":"
     "{\"type\":\"base64\",\"media_type\":\"image/gif\",\"data\":\"R0lG\"}},{\"type\":\"text\","
     "\"text\":\"{\\\"future\\\":[1.50]}\"}]}]"},
    {"numbers keep their spelling", "assistant",
     "[{\"toolUse\":{\"toolUseId\":\"1\",\"name\":\"t\",\"input\":{\"a\":1.50}}}]",
     "[{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"t\",\"input\":{\"a\":1.50}}]"},
};

/* A user's word around it, for no message may stand alone. */
static void
test_blocks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(block_rows); i++) {
        AUTO(arena) struct arena a = {0};
        struct str request = arena_printf(
            &a, "{\"messages\":[" HELLO ",{\"role\":\"%s\",\"content\":%s}," HELLO "]}",
            block_rows[i].role, block_rows[i].content);
        const struct js *messages =
            js_get_c(plain_body_of("{" ID "}", request.ptr, &a), "messages");
        if (!block_rows[i].want) {
            assert_int_equal(js_count(messages), 2);
            continue;
        }
        assert_int_equal(js_count(messages), 3);
        assert_json(block_rows[i].name, js_get_c(js_at(messages, 1), "content"),
                    parse(str_c(block_rows[i].want), &a), &a);
    }
}

/* A stand-in that must not be used is not made to be by the settings. */
static void
test_none_is_none(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct str body;
    struct anthropic_options o =
        options_of("{" ID ",\"extra\":{\"tool_choice\":{\"type\":\"any\"}}}", false, &a);
    struct model_request r = request_of(STR(TOOL_REQUEST), &a);
    assert_int_equal(write_body(&o, &r, &a, &body, &err), 0);
    const struct js *choice = js_get_c(parse(body, &a), "tool_choice");
    assert_true(str_eq_c(js_get_text(choice, "type"), "any"));
    r.params.tool_choice = STR("none");
    assert_int_equal(write_body(&o, &r, &a, &body, &err), 0);
    choice = js_get_c(parse(body, &a), "tool_choice");
    assert_true(str_eq_c(js_get_text(choice, "type"), "none"));
    r.tool_count = 0;
    assert_int_equal(write_body(&o, &r, &a, &body, &err), 0);
    assert_false(js_has(parse(body, &a), STR("tool_choice")));
}

static void
test_the_cache_point_is_behind_the_last_block_that_can_have_one(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    const struct js *body = plain_body_of(
        "{" ID ",\"cache\":[\"messages\"]}",
        "{\"messages\":[" HELLO ",{\"role\":\"user\",\"content\":[{\"text\":\"a\"},"
        "{\"toolResult\":{\"toolUseId\":\"1\",\"content\":[]}},{\"text\":\" \"},"
        "{\"cachePoint\":{\"type\":\"default\"}},{\"reasoningContent\":{\"redactedContent\":"
        "\"x\"}}]}]}",
        &a);
    struct js *content = js_get_c(js_at(js_get_c(body, "messages"), 1), "content");
    assert_int_equal(js_count(content), 3);
    assert_null(js_get_c(js_at(content, 0), "cache_control"));
    assert_non_null(js_get_c(js_at(content, 1), "cache_control"));
    assert_null(js_get_c(js_at(content, 2), "cache_control"));
}

/* ---- refused ---- */

static const struct {
    const char *settings;
    const char *want;
} refused_settings[] = {
    {"{" ID ",\"extra\":{\"messages\":[]}}", "extra must not hold messages"},
    {"{" ID ",\"extra\":{\"stream\":null}}", "extra must not hold stream"},
    {"{" ID ",\"prefill\":true,\"extra\":{\"thinking\":{\"type\":\"adaptive\"}}}",
     "prefill and extra.thinking exclude each other"},
    {"{" ID ",\"version\":\"2026-10-21\",\"temperature\":1}", "takes no temperature"},
    {"{" ID ",\"version\":\"2026-10-21\",\"top_p\":1}", "takes no top_p"},
    {"{" ID ",\"version\":\"2027-01-01\",\"extra\":{\"top_k\":1}}", "takes no top_k"},
};

static void
test_settings_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused_settings); i++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct anthropic_options o;
        int result = anthropic_options_read(
            STR("shop"), parse(str_c(refused_settings[i].settings), &a), false, &a, &o, &err);
        assert_int_equal(result, ERR_INVALID);
        if (!strstr(err.message, refused_settings[i].want)) {
            fail_msg("%s", err.message);
        }
    }
    AUTO(arena) struct arena a = {0};
    (void)options_of("{" ID ",\"temperature\":1}", true, &a);
    (void)options_of("{" ID ",\"prefill\":true,\"extra\":{\"thinking\":{\"type\":\"disabled\"}}}",
                     false, &a);
}

static const struct {
    const char *settings;
    const char *content; /* of the message */
    const char *want;
} refused_blocks[] = {
    {"{" ID "}", "[{\"image\":{\"format\":\"tiff\",\"source\":{\"bytes\":\"AAAA\"}}}]",
     "message 1: an image of format 'tiff' cannot be sent"},
    {"{" ID "}",
     "[{\"image\":{\"format\":\"png\",\"source\":{\"s3Location\":{\"uri\":\"s3://b\"}}}}]",
     "an image without its bytes"},
    {"{" ID "}", "[{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"A\"}}}]",
     "the bytes of an image are not base64"},
    {"{" ID "}", "[{\"document\":{\"format\":\"docx\",\"source\":{\"bytes\":\"AAAA\"}}}]",
     "a document of format 'docx' cannot be sent"},
    {"{" ID "}", "[{\"document\":{\"format\":\"txt\",\"source\":{\"bytes\":\"////\"}}}]",
     "is not UTF-8"},
    {"{" ID "}", "[{\"document\":{\"format\":\"csv\",\"source\":{\"bytes\":\"/\"}}}]",
     "a document without its bytes"},
    {"{" ID "}", "[{\"video\":{\"format\":\"mp4\"}}]", "a block of this kind cannot be sent"},
    {"{" ID "}",
     "[{\"toolResult\":{\"toolUseId\":\"1\",\"content\":[{\"image\":{\"format\":\"bmp\"}}]}}]",
     "an image of format 'bmp'"},
    {"{" ID "}", "[{\"toolResult\":{\"toolUseId\":\"1\",\"content\":[{\"video\":{}}]}}]",
     "video or audio"},
};

static void
test_blocks_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused_blocks); i++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct str body;
        struct anthropic_options o = options_of(refused_blocks[i].settings, false, &a);
        struct str request = arena_printf(&a, "{\"messages\":[{\"role\":\"user\",\"content\":%s}]}",
                                          refused_blocks[i].content);
        struct model_request r = request_of(request, &a);
        assert_int_equal(write_body(&o, &r, &a, &body, &err), ERR_INVALID);
        if (!strstr(err.message, refused_blocks[i].want)) {
            fail_msg("%s", err.message);
        }
    }
}

/* Made ready and written: 0, or who refused it. */
static int
make(const struct anthropic_options *o, const struct model_request *r, struct arena *a,
     struct err *err)
{
    struct model_request ready;
    struct str body;
    int result = anthropic_ready(o, r, NULL, a, &ready, err);
    return result == 0 ? write_body(o, &ready, a, &body, err) : result;
}

/* Ours, and what all protocols refuse, of the request as it would be sent. */
static void
test_requests_refused(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct anthropic_options o = options_of("{" ID ",\"version\":\"2026-10-21\"}", false, &a);
    struct model_request r = request_of(STR(TOOL_REQUEST), &a);
    assert_int_equal(make(&o, &r, &a, &err), 0);
    r.params.has_top_p = true;
    assert_int_equal(make(&o, &r, &a, &err), ERR_INVALID);
    r.params = (struct model_params){.tool_choice = STR("other")};
    assert_int_equal(make(&o, &r, &a, &err), ERR_INVALID);
    r.params = (struct model_params){0};
    r.partial = STR("Dear");
    assert_int_equal(make(&o, &r, &a, &err), ERR_INVALID);
    o = options_of("{" ID ",\"prefill\":true}", false, &a);
    assert_int_equal(make(&o, &r, &a, &err), 0);
    r = request_of(STR("{\"messages\":[{\"role\":\"user\",\"content\":[{\"video\":{}}]}]}"), &a);
    assert_int_equal(make(&o, &r, &a, &err), ERR_INVALID);
}

static void
test_a_request_too_large_is_said(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct str body;
    enum { LEN = 26000000 };
    char *text = arena_alloc(&a, LEN);
    memset(text, 'a', LEN);
    struct block block = {.kind = BLOCK_TEXT, .text = {text, LEN}, .raw = STR("{}")};
    struct message message = {.role = ROLE_USER, .blocks = &block, .count = 1};
    struct model_request r = {.messages = &message, .message_count = 1};
    struct anthropic_options o = options_of("{" ID "}", true, &a);
    assert_int_equal(write_body(&o, &r, &a, &body, &err), ERR_LIMIT);
    o = options_of("{" ID "}", false, &a);
    assert_int_equal(write_body(&o, &r, &a, &body, &err), 0);
}

static void
test_every_failed_allocation_is_said(void **state)
{
    (void)state;
    if (!fault_configure(STR("alloc:1"))) {
        print_message("SKIP: built without fault hooks\n");
        skip();
    }
    (void)fault_configure(STR(""));
    AUTO(arena) struct arena a = {0};
    struct anthropic_options o = options_of(FULL_SETTINGS "}", false, &a);
    struct model_request r = request_of(STR(FULL_REQUEST), &a);
    for (unsigned n = 1;; n++) {
        AUTO(arena) struct arena scratch = {0};
        struct err err = {0};
        struct str body;
        char spec[32];
        (void)snprintf(spec, sizeof(spec), "alloc:%u", n);
        assert_true(fault_configure(str_c(spec)));
        struct model_request mended;
        int result = anthropic_ready(&o, &r, NULL, &scratch, &mended, &err);
        if (result == 0) {
            result = write_body(&o, &mended, &scratch, &body, &err);
        }
        bool fired = fault_passed() >= n;
        (void)fault_configure(STR(""));
        if (!fired) {
            assert_int_equal(result, 0);
            break;
        }
        assert_int_equal(result, ERR_NOMEM);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_are_those_of_real_clients),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_a_request_wins_over_the_settings),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_none_is_none),
        cmocka_unit_test(test_the_cache_point_is_behind_the_last_block_that_can_have_one),
        cmocka_unit_test(test_settings_refused),
        cmocka_unit_test(test_blocks_refused),
        cmocka_unit_test(test_requests_refused),
        cmocka_unit_test(test_a_request_too_large_is_said),
        cmocka_unit_test(test_every_failed_allocation_is_said),
    };
    return cmocka_run_group_tests_name("wire-anthropic", tests, NULL, NULL);
}
