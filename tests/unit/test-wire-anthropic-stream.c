/* Answers in Anthropic's Messages format: captured streams whole and byte by byte, what servers and
 * proxies do besides, whole answers, and refusals. */
#include "anthropic_fixture.h"

#include "base/fault.h"
#include "model/assembly.h"
#include "model/decoder.h"
#include "model/failure.h"
#include "model/failure_anthropic.h"
#include "model/wire_anthropic.h"

/* What came of one answer; everything in the arena. */
struct outcome {
    int result;  /* of the first call that was not 0, at last of finish */
    bool marked; /* feed said DECODER_END */
    struct failure failure;
    struct model_reply reply;
    struct buf shown;
};

static void
on_text(void *arg, struct str delta)
{
    buf_add(arg, delta);
}

/* Feed BODY in pieces of PIECE bytes. */
static struct outcome
decode(bool sse, struct str body, size_t piece, struct arena *a)
{
    struct outcome o = {0};
    struct assembly in;
    struct err err = {0};
    buf_init(&o.shown, 100000);
    assembly_init(&in, on_text, &o.shown);
    struct decoder *d =
        sse ? anthropic_sse_new(STR("shop"), &in) : anthropic_whole_new(STR("shop"), &in);
    assert_non_null(d);
    for (size_t at = 0; at < body.len && o.result == 0; at += piece) {
        int result = decoder_feed(d, str_sub(body, at, piece));
        o.marked = o.marked || result == DECODER_END;
        o.result = result < 0 ? result : 0;
    }
    if (o.result == 0) {
        o.result = decoder_finish(d);
    }
    if (o.result == 0) {
        assert_int_equal(assembly_reply(&in, a, &o.reply, &err), 0);
    }
    o.failure = d->failure;
    decoder_free(d);
    assembly_done(&in);
    return o;
}

/* The reply as the captured final messages spell one. */
static struct js *
content_of(const struct model_reply *reply, struct arena *a)
{
    AUTO(buf) struct buf out = {0};
    struct js_out js;
    buf_init(&out, 100000);
    js_out_init(&js, &out);
    js_begin_array(&js);
    for (size_t i = 0; i < reply->part_count; i++) {
        const struct model_part *p = &reply->parts[i];
        js_begin_object(&js);
        if (p->kind == MODEL_PART_TEXT) {
            js_put_str(&js, "type", STR("text"));
            js_put_str(&js, "text", p->text);
        } else if (p->kind == MODEL_PART_TOOL_USE) {
            js_put_str(&js, "type", STR("tool_use"));
            js_put_str(&js, "id", p->id);
            js_put_str(&js, "name", p->name);
            js_put_raw(&js, "input", p->input.len ? p->input : STR("{}"));
        } else {
            const struct js *r = js_get_c(parse(p->raw, a), "reasoningContent");
            const struct js *text = js_get_c(r, "reasoningText");
            js_put_str(&js, "type", text ? STR("thinking") : STR("redacted_thinking"));
            if (text) {
                js_put_str(&js, "thinking", js_get_text(text, "text"));
                js_put_str(&js, "signature", js_get_text(text, "signature"));
            } else {
                js_put_str(&js, "data", js_get_text(r, "redactedContent"));
            }
        }
        js_end_object(&js);
    }
    js_end_array(&js);
    return parse(buf_to_arena(&out, a), a);
}

/* ---- captured streams ---- */

static const struct vector {
    const char *name;
    enum model_stop stop;
    enum failure_kind failure;
    const char *words; /* in the failure */
} vectors[] = {
    {"text", MODEL_STOP_END, FAILURE_NONE, NULL},
    {"tool_use", MODEL_STOP_TOOL_USE, FAILURE_NONE, NULL},
    {"thinking", MODEL_STOP_END, FAILURE_NONE, NULL},
    {"stop_sequence", MODEL_STOP_END, FAILURE_NONE, NULL},
    {"refusal", MODEL_STOP_FILTERED, FAILURE_NONE, NULL},
    {"crlf_comments_multiline", MODEL_STOP_END, FAILURE_NONE, NULL},
    {"unknown_event", MODEL_STOP_END, FAILURE_NONE, NULL},
    {"error_first", 0, FAILURE_OVERLOADED, "shop: the server failed: Internal server error"},
    {"error_overloaded_midstream", 0, FAILURE_OVERLOADED, "shop: the server is overloaded"},
    {"truncated", 0, FAILURE_CUT, "shop: the server's answer broke off before its end"},
};

static void
check_usage(const char *name, const struct model_usage *got, const struct js *usage)
{
    int64_t read = js_get_int(usage, "cache_read_input_tokens", 0);
    int64_t written = js_get_int(usage, "cache_creation_input_tokens", 0);
    if (got->input_tokens != js_get_int(usage, "input_tokens", 0) + read + written ||
        got->output_tokens != js_get_int(usage, "output_tokens", 0) || got->cached_tokens != read ||
        got->written_tokens != written) {
        fail_msg("%s: usage", name);
    }
}

static void
check_vector(const struct vector *v, struct str body, const struct js *expected, size_t piece,
             struct arena *a)
{
    struct outcome o = decode(true, body, piece, a);
    const struct js *message = js_get_c(expected, "final_message");
    if (v->failure != FAILURE_NONE) {
        assert_null(message);
        assert_int_equal(o.failure.kind, v->failure);
        assert_string_equal(o.failure.err.message, v->words);
    } else {
        if (o.result != 0) {
            fail_msg("%s: %s", v->name, o.failure.err.message);
        }
        assert_true(o.marked);
        assert_int_equal(o.reply.stop, v->stop);
        assert_json(v->name, content_of(&o.reply, a), js_get_c(message, "content"), a);
        check_usage(v->name, &o.reply.usage, js_get_c(message, "usage"));
    }
    buf_done(&o.shown);
}

static void
test_captured_streams(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        AUTO(arena) struct arena a = {0};
        const struct vector *v = &vectors[i];
        struct str body = captured(arena_printf(&a, "anthropic_sse/%s.sse", v->name).ptr, &a);
        if (!body.ptr) {
            print_message("SKIP: no shared data\n");
            skip();
        }
        struct str expected =
            captured(arena_printf(&a, "anthropic_sse/%s.expected.json", v->name).ptr, &a);
        struct js *json = parse(expected, &a);
        check_vector(v, body, json, SIZE_MAX / 2, &a);
        check_vector(v, body, json, 1, &a);
        check_vector(v, body, json, 7, &a);
    }
}

/* The one where the client that was captured is no model: it shows {} for what was cut. */
static void
test_a_cut_tool_use_stays_as_it_came(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct str body = captured("anthropic_sse/max_tokens_mid_tool.sse", &a);
    if (!body.ptr) {
        print_message("SKIP: no shared data\n");
        skip();
    }
    for (size_t piece = 1; piece < 2000; piece += 1998) {
        struct outcome o = decode(true, body, piece, &a);
        assert_int_equal(o.result, 0);
        assert_int_equal(o.reply.stop, MODEL_STOP_MAX_TOKENS);
        assert_int_equal(o.reply.part_count, 1);
        assert_true(str_eq_c(o.reply.parts[0].input, "{\"order_id\": \"A-1"));
        assert_int_equal(o.reply.usage.output_tokens, 256);
        buf_done(&o.shown);
    }
}

/* ---- what else comes ---- */

#define EVENT(json) "data: " json "\n\n"
#define START                                                                                      \
    EVENT("{\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"content\":[],\"usage\":{"    \
          "\"input_tokens\":5,\"output_tokens\":1,\"cache_creation_input_tokens\":10,"             \
          "\"cache_read_input_tokens\":100}}}")
#define TEXT_BEGIN(n)                                                                              \
    EVENT("{\"type\":\"content_block_start\",\"index\":" n ",\"content_block\":{\"type\":"         \
          "\"text\",\"text\":\"\"}}")
#define TEXT(n, text, tail)                                                                        \
    EVENT("{\"type\":\"content_block_delta\",\"index\":" n ",\"delta\":{\"type\":\"text_delta\","  \
          "\"text\":\"" text "\"" tail)
#define DELTA(json) EVENT("{\"type\":\"message_delta\"," json "}")
#define END_TURN DELTA("\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":7}")
#define STOP EVENT("{\"type\":\"message_stop\"}")

static const struct {
    const char *name;
    const char *body;
    const char *text; /* shown; NULL: it fails */
    enum failure_kind failure;
    enum model_stop stop;
    const char *words;
} streams[] = {
    {"no names, only types", START TEXT_BEGIN("0") TEXT("0", "Hi", "}}") END_TURN STOP, "Hi",
     FAILURE_NONE, MODEL_STOP_END, NULL},
    {"blanks as padding", START TEXT_BEGIN("0") TEXT("0", "Hi", "}     }  ") END_TURN STOP, "Hi",
     FAILURE_NONE, MODEL_STOP_END, NULL},
    {"escapes", START TEXT_BEGIN("0") TEXT("0", "a\\n\\\"\\u00e9", "}}") END_TURN STOP,
     "a\n\"\xc3\xa9", FAILURE_NONE, MODEL_STOP_END, NULL},
    {"members nobody knows",
     START TEXT_BEGIN("0") TEXT("0", "a", ",\"x\":[1]},\"p\":\"ab\"}") END_TURN STOP, "a",
     FAILURE_NONE, MODEL_STOP_END, NULL},
    {"a block that was never begun", START TEXT("3", "Hi", "}}") END_TURN STOP, "Hi", FAILURE_NONE,
     MODEL_STOP_END, NULL},
    {"a done marker of another protocol", START TEXT("0", "a", "}}") END_TURN EVENT("[DONE]") STOP,
     "a", FAILURE_NONE, MODEL_STOP_END, NULL},
    {"what comes behind the end is not read",
     START TEXT("0", "a", "}}") END_TURN STOP EVENT("{\"type\":\"error\",\"error\":{}}") "<html>",
     "a", FAILURE_NONE, MODEL_STOP_END, NULL},
    {"context window",
     START DELTA("\"delta\":{\"stop_reason\":\"model_context_window_exceeded\"}") STOP, "",
     FAILURE_NONE, MODEL_STOP_MAX_TOKENS, NULL},
    {"paused", START DELTA("\"delta\":{\"stop_reason\":\"pause_turn\"}") STOP, "", FAILURE_NONE,
     MODEL_STOP_OTHER, NULL},
    {"a guardrail's text",
     START TEXT("0", "No.", "}}") END_TURN EVENT(
         "{\"type\":\"message_stop\",\"amazon-bedrock-guardrailAction\":\"INTERVENED\"}"),
     "No.", FAILURE_NONE, MODEL_STOP_FILTERED, NULL},
    {"a reason from the future", START DELTA("\"delta\":{\"stop_reason\":\"tired\"}") STOP, "",
     FAILURE_NONE, MODEL_STOP_OTHER, NULL},
    {"all said but for the end", START TEXT("0", "a", "}}") END_TURN, NULL, FAILURE_CUT, 0,
     "broke off"},
    {"half an event", START TEXT("0", "a", "}}") END_TURN "data: {\"type\":\"message_stop\"}\n",
     NULL, FAILURE_CUT, 0, "broke off"},
    {"nothing", "", NULL, FAILURE_CUT, 0, "broke off"},
    {"an event that is no JSON", "event: message_start\ndata: {\"type\n\n", NULL, FAILURE_FORMAT, 0,
     "breaks Anthropic's protocol"},
    {"bytes that are no UTF-8", START TEXT("0", "\xff", "}}") END_TURN STOP, NULL, FAILURE_FORMAT,
     0, "breaks"},
    {"a proxy's page", "<html>\n<body>Bad gateway</body>\n</html>\n", NULL, FAILURE_FORMAT, 0,
     "proxy"},
    {"a proxy's page in one line", "<html>", NULL, FAILURE_FORMAT, 0, "proxy"},
    {"an error without its frame",
     "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow\"}}", NULL,
     FAILURE_THROTTLED, 0, "too many requests or tokens a minute: slow"},
    {"an error in a line of its own",
     "{\"error\":{\"type\":\"authentication_error\",\"message\":\"sk-ant-1\"}}\n", NULL,
     FAILURE_KEY, 0, "does not accept the key"},
    {"an error of a type nobody knows",
     START EVENT("{\"type\":\"error\",\"error\":{\"type\":\"cosmic_error\",\"message\":\"ray\"}}"),
     NULL, FAILURE_OVERLOADED, 0, "the server failed: ray"},
    {"an error in words only", START "event: error\ndata: {\"error\":\"boom\"}\n\n", NULL,
     FAILURE_OVERLOADED, 0, "the server failed"},
};

static void
test_what_servers_and_proxies_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(streams); i++) {
        for (size_t piece = 1; piece < 10000; piece += 9998) {
            AUTO(arena) struct arena a = {0};
            struct outcome o = decode(true, str_c(streams[i].body), piece, &a);
            if (o.failure.kind != streams[i].failure && streams[i].words) {
                fail_msg("%s: %s: %s", streams[i].name, failure_kind_name(o.failure.kind),
                         o.failure.err.message);
            }
            if (streams[i].words && !strstr(o.failure.err.message, streams[i].words)) {
                fail_msg("%s: %s", streams[i].name, o.failure.err.message);
            }
            if (streams[i].text) {
                assert_int_equal(o.result, 0);
                assert_int_equal(o.reply.stop, streams[i].stop);
                assert_string_equal(o.shown.text ? o.shown.text : "", streams[i].text);
            }
            assert_null(strstr(o.failure.err.message, "sk-ant"));
            buf_done(&o.shown);
        }
    }
}

static void
test_usage_is_cumulative(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct outcome o = decode(true, STR(START END_TURN STOP), 10000, &a);
    assert_int_equal(o.reply.usage.input_tokens, 115);
    assert_int_equal(o.reply.usage.output_tokens, 7);
    assert_int_equal(o.reply.usage.cached_tokens, 100);
    assert_int_equal(o.reply.usage.written_tokens, 10);
    buf_done(&o.shown);
    o = decode(true,
               STR(START DELTA("\"usage\":{\"input_tokens\":6,\"cache_read_input_tokens\":null,"
                               "\"output_tokens\":-3}")
                       DELTA("\"usage\":{\"output_tokens\":9000000000000000000}") STOP),
               10000, &a);
    assert_int_equal(o.reply.usage.input_tokens, 116);
    assert_int_equal(o.reply.usage.output_tokens, 1000000000000);
    buf_done(&o.shown);
}

/* A server's own tool is not ours to run; what belongs to it does not get into another's input. */
static void
test_blocks_nobody_knows(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct outcome o = decode(
        true,
        STR(START EVENT("{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
                        "\"server_tool_use\",\"id\":\"s\",\"name\":\"web\",\"input\":{}}}")
                EVENT("{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                      "\"input_json_delta\",\"partial_json\":\"{\\\"q\"}}")
                    EVENT("{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{"
                          "\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"ours\",\"input\":{}}}")
                        EVENT("{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
                              "\"citations_delta\",\"citation\":{}}}") END_TURN STOP),
        10000, &a);
    assert_int_equal(o.result, 0);
    assert_int_equal(o.reply.part_count, 1);
    assert_true(str_eq_c(o.reply.parts[0].name, "ours"));
    assert_int_equal(o.reply.parts[0].input.len, 0);
    buf_done(&o.shown);
}

static void
test_a_reply_too_long_is_said(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    AUTO(buf) struct buf body = {0};
    buf_init(&body, 3000000);
    char text[1001];
    memset(text, 'a', 1000);
    text[1000] = '\0';
    for (int i = 0; i < 1200; i++) {
        buf_printf(&body,
                   "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                   "\"text_delta\",\"text\":\"%s\"}}\n\n",
                   text);
    }
    struct outcome o = decode(true, buf_str(&body), 4096, &a);
    assert_int_equal(o.result, ERR_LIMIT);
    assert_int_equal(o.failure.kind, FAILURE_LOCAL);
    assert_string_equal(o.failure.err.message, "shop: the reply is longer than we take");
    buf_done(&o.shown);
}

/* ---- answers that are not streamed ---- */

static const struct {
    const char *name;
    const char *body;
    const char *content; /* NULL: it fails */
    enum failure_kind failure;
} wholes[] = {
    {"all kinds",
     "{\"type\":\"message\",\"model\":\"m\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"h\","
     "\"signature\":\"s\"},{\"type\":\"redacted_thinking\",\"data\":\"d\"},{\"type\":\"text\","
     "\"text\":\"a\"},{\"type\":\"tool_use\",\"id\":\"i\",\"name\":\"n\",\"input\":{\"k\":1.50}}],"
     "\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}",
     "[{\"type\":\"thinking\",\"thinking\":\"h\",\"signature\":\"s\"},{\"type\":"
     "\"redacted_thinking\",\"data\":\"d\"},{\"type\":\"text\",\"text\":\"a\"},{\"type\":"
     "\"tool_use\",\"id\":\"i\",\"name\":\"n\",\"input\":{\"k\":1.50}}]",
     FAILURE_NONE},
    {"nothing said", "{\"content\":[],\"stop_reason\":\"end_turn\"}", "[]", FAILURE_NONE},
    {"an error", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}", NULL,
     FAILURE_OVERLOADED},
    {"cut", "{\"content\":[", NULL, FAILURE_CUT},
    {"empty", "", NULL, FAILURE_FORMAT},
    {"another's answer", "{\"choices\":[]}", NULL, FAILURE_FORMAT},
};

static void
test_whole_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wholes); i++) {
        for (size_t piece = 1; piece < 10000; piece += 9998) {
            AUTO(arena) struct arena a = {0};
            struct outcome o = decode(false, str_c(wholes[i].body), piece, &a);
            assert_int_equal(o.failure.kind, wholes[i].failure);
            if (wholes[i].content) {
                assert_int_equal(o.result, 0);
                assert_json(wholes[i].name, content_of(&o.reply, &a),
                            parse(str_c(wholes[i].content), &a), &a);
            }
            buf_done(&o.shown);
        }
    }
}

/* ---- refusals ---- */

static const struct {
    int status;
    enum failure_kind kind;
    bool retryable;
    const char *words;
} refusals[] = {
    {400, FAILURE_REQUEST, false, "shop: the server refused the request: messages.2: "},
    {401, FAILURE_KEY, false,
     "shop: the server does not accept the key: check the model's setting key, or "
     "ANTHROPIC_API_KEY"},
    {402, FAILURE_QUOTA, false, "shop: the account cannot pay: billing: look at billing"},
    {403, FAILURE_ACCESS, false, "shop: the key may not use this model: no: ask for access"},
    {404, FAILURE_MODEL, false, "shop: the server does not know the model: model: nope: check"},
    {413, FAILURE_TOO_LONG, false, "shop: the request is larger than the server takes: send less"},
    {429, FAILURE_THROTTLED, true, "shop: too many requests or tokens a minute: slow down: wait"},
    {500, FAILURE_OVERLOADED, true, "shop: the server failed: Internal server error"},
    {504, FAILURE_OVERLOADED, true, "shop: the server gave up on the request: timed out"},
    {529, FAILURE_OVERLOADED, true, "shop: the server is overloaded"},
};

static void
test_captured_refusals(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct str file = captured("anthropic/error_responses.json", &a);
    if (!file.ptr) {
        print_message("SKIP: no shared data\n");
        skip();
    }
    const struct js *cases = js_get_c(parse(file, &a), "cases");
    assert_int_equal(js_count(cases), COUNT(refusals));
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const struct js *c = js_at(cases, i);
        struct failure f = {0};
        assert_int_equal(js_get_int(c, "status", 0), refusals[i].status);
        failure_anthropic(&f, STR("shop"), refusals[i].status,
                          js_to_arena(js_get_c(c, "body"), &a));
        assert_int_equal(f.kind, refusals[i].kind);
        assert_int_equal(f.err.retryable, refusals[i].retryable);
        assert_int_equal(f.err.retryable, js_get_bool(c, "retried_by_sdk", false));
        assert_true(str_eq_c(js_get_text(c, "sdk_type"), f.name));
        if (!str_starts(str_c(f.err.message), str_c(refusals[i].words))) {
            fail_msg("%d: %s", refusals[i].status, f.err.message);
        }
    }
}

#define INVALID(message)                                                                           \
    "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"" message     \
    "\"}}"

static const struct {
    int status;
    const char *body;
    enum failure_kind kind;
} other_refusals[] = {
    {400, INVALID("prompt is too long: 250000 tokens > 200000 maximum"), FAILURE_TOO_LONG},
    {400, INVALID("input length and `max_tokens` exceed context limit: 1 + 2 > 2"),
     FAILURE_TOO_LONG},
    {400, INVALID("Your credit balance is too low to access the API"), FAILURE_QUOTA},
    {400, "<html>bad request</html>", FAILURE_FORMAT},
    {403, "<html>blocked</html>", FAILURE_FORMAT},
    {404, "not found", FAILURE_FORMAT},
    {302, "", FAILURE_FORMAT},
    {408, "", FAILURE_TIMEOUT},
    {409, "{\"error\":{\"message\":\"conflict\"}}", FAILURE_OVERLOADED},
    {418, "{\"error\":{\"type\":\"teapot\"}}", FAILURE_REQUEST},
    {429, "", FAILURE_THROTTLED},
    {502, "<html>bad gateway</html>", FAILURE_OVERLOADED},
    {503, "{\"error\":{\"type\":\"service_unavailable\",\"message\":\"later\"}}",
     FAILURE_OVERLOADED},
    {529, "", FAILURE_OVERLOADED},
    /* The type is the server's own word. */
    {400, "{\"error\":{\"type\":\"overloaded_error\"}}", FAILURE_OVERLOADED},
};

static void
test_other_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(other_refusals); i++) {
        struct failure f = {.retry_after_ms = 1500, .status = other_refusals[i].status};
        failure_anthropic(&f, STR("shop"), other_refusals[i].status, str_c(other_refusals[i].body));
        if (f.kind != other_refusals[i].kind) {
            fail_msg("row %zu: %s: %s", i, failure_kind_name(f.kind), f.err.message);
        }
        assert_int_equal(f.retry_after_ms, 1500);
        assert_int_equal(f.status, other_refusals[i].status);
    }
}

/* A server's words are cut at a character's border and cleaned. */
static void
test_a_refusal_is_one_clean_line(void **state)
{
    (void)state;
    struct failure f = {0};
    char body[2000];
    (void)snprintf(
        body, sizeof(body), "{\"error\":{\"type\":\"x\\u001b[31m\",\"message\":\"\\n%s%s\"}}",
        "\\u001b[2J\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
    failure_anthropic(&f, STR("shop"), 400, str_c(body));
    assert_int_equal(f.kind, FAILURE_REQUEST);
    assert_null(strchr(f.err.message, '\x1b'));
    assert_null(strchr(f.err.message, '\n'));
    assert_null(strchr(f.err.message, '?'));
    assert_null(strchr(f.name, '\x1b'));
}

/* ---- memory ---- */

static void
test_every_failed_allocation_is_said(void **state)
{
    (void)state;
    if (!fault_configure(STR("alloc:1"))) {
        print_message("SKIP: built without fault hooks\n");
        skip();
    }
    (void)fault_configure(STR(""));
    const struct str body =
        STR(START TEXT_BEGIN("0") TEXT("0", "Hi", "}}") TEXT("0", "a\\nb", "}}") EVENT(
            "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":"
            "\"tool_use\",\"id\":\"t\",\"name\":\"ours\",\"input\":{\"k\":1}}}") END_TURN STOP);
    for (unsigned n = 1;; n++) {
        struct assembly in;
        char spec[32];
        assembly_init(&in, NULL, NULL);
        struct decoder *d = anthropic_sse_new(STR("shop"), &in);
        (void)snprintf(spec, sizeof(spec), "alloc:%u", n);
        assert_true(fault_configure(str_c(spec)));
        int result = decoder_feed(d, str_sub(body, 0, 200));
        if (result == 0) {
            result = decoder_feed(d, str_sub(body, 200, SIZE_MAX));
        }
        bool fired = fault_passed() >= n;
        (void)fault_configure(STR(""));
        enum failure_kind kind = d->failure.kind;
        decoder_free(d);
        assembly_done(&in);
        if (!fired) {
            assert_int_equal(result, DECODER_END);
            break;
        }
        assert_int_equal(result, ERR_NOMEM);
        assert_int_equal(kind, FAILURE_LOCAL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captured_streams),
        cmocka_unit_test(test_a_cut_tool_use_stays_as_it_came),
        cmocka_unit_test(test_what_servers_and_proxies_do),
        cmocka_unit_test(test_usage_is_cumulative),
        cmocka_unit_test(test_blocks_nobody_knows),
        cmocka_unit_test(test_a_reply_too_long_is_said),
        cmocka_unit_test(test_whole_answers),
        cmocka_unit_test(test_captured_refusals),
        cmocka_unit_test(test_other_refusals),
        cmocka_unit_test(test_a_refusal_is_one_clean_line),
        cmocka_unit_test(test_every_failed_allocation_is_said),
    };
    return cmocka_run_group_tests_name("wire-anthropic-stream", tests, NULL, NULL);
}
