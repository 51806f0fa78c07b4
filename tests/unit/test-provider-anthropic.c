/* The providers anthropic and bedrock-invoke against a server that sends what it is told: what is
 * asked, with which key, and what comes of the answers. */
#include "http_fixture.h"

#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "model/provider.h"

#define KEY "sk-ant-test-0123456789"
#define SECRET "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"

/* One provider of one model, and what an attempt of it came to. */
struct bench {
    struct rig rig;
    struct arena arena;
    struct config *config;
    struct provider *provider;
    struct buf shown;
    char end[ERR_MESSAGE_MAX + 64]; /* "end 3/2", or the failure's kind, status and words */
};

static int
give_http(void *arg, struct http_client **ret, struct err *err)
{
    struct bench *b = arg;
    (void)err;
    *ret = b->rig.client;
    return 0;
}

/* Settings are JSON; %d in them is the server's port. */
static int
bench_open(struct bench *b, const struct provider_ops *ops, const char *settings, struct err *err)
{
    struct js *parsed;
    struct str text = str_c(settings);
    size_t at = str_find(text, STR("%d"), 0);
    if (at != SIZE_MAX) {
        text = arena_printf(&b->arena, "%.*s%d%s", (int)at, settings, b->rig.server.port,
                            settings + at + 2);
    }
    assert_int_equal(js_parse(text, &b->arena, &parsed, err), 0);
    const struct provider_parts parts = {.loop = b->rig.loop,
                                         .clock = clock_real(),
                                         .config = b->config,
                                         .name = STR("mine"),
                                         .settings = parsed,
                                         .http = give_http,
                                         .http_arg = b};
    return ops->open(&parts, &b->provider, err);
}

static void
bench_up(struct bench *b, const char *script)
{
    struct err err = {0};
    *b = (struct bench){0};
    buf_init(&b->shown, 1 << 20);
    rig_up(&b->rig, serve_script, script);
    assert_int_equal(config_default(&b->config, &err), 0);
}

static void
bench_down(struct bench *b)
{
    if (b->provider) {
        b->provider->ops->free(b->provider);
    }
    rig_down(&b->rig);
    config_free(b->config);
    buf_done(&b->shown);
    arena_done(&b->arena);
}

static void
on_text(void *arg, struct str delta)
{
    struct bench *b = arg;
    buf_add(&b->shown, delta);
}

static void
on_end(void *arg, const struct attempt_end *end)
{
    struct bench *b = arg;
    if (end->reply) {
        (void)snprintf(b->end, sizeof(b->end), "%s %d/%d", model_stop_name(end->reply->stop),
                       (int)end->reply->usage.input_tokens, (int)end->reply->usage.output_tokens);
    } else {
        (void)snprintf(b->end, sizeof(b->end), "%s (%d): %s", failure_kind_name(end->failure->kind),
                       end->failure->status, end->failure->err.message);
    }
    loop_stop(b->rig.loop);
}

/* Ask and wait for the end. */
static int
bench_ask(struct bench *b, struct err *err)
{
    static const struct attempt_events events = {on_text, on_end};
    struct message message = {.role = ROLE_USER};
    struct attempt *attempt;
    assert_int_equal(message_parse_content(STR("[{\"text\":\"Hello\"}]"), &b->arena,
                                           &message.blocks, &message.count, err),
                     0);
    struct model_request request = {.messages = &message, .message_count = 1};
    int result = b->provider->ops->start(b->provider, &request, &events, b, &attempt, err);
    if (result == 0) {
        assert_int_equal(loop_run(b->rig.loop, err), 0);
    }
    return result;
}

#define STREAM(events)                                                                             \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n" events
#define START                                                                                      \
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{"             \
    "\"input_tokens\":3}}}\n\n"
#define TEXT(text)                                                                                 \
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{"  \
    "\"type\":\"text_delta\",\"text\":\"" text "\"}}\n\n"
#define FINISH                                                                                     \
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"          \
    "\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n"                                           \
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
#define WHOLE                                                                                      \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 111\r\n\r\n"             \
    "{\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}],\"stop_reason\":\"end_turn\","             \
    "\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}+"
#define LOCAL "{\"id\":\"m\",\"base_url\":\"http://127.0.0.1:%d\""
#define AWS                                                                                        \
    "{\"id\":\"anthropic.claude-v1:0\",\"region\":\"us-east-1\",\"base_url\":"                     \
    "\"http://127.0.0.1:%d\",\"stream\":false"

static const struct {
    const char *name;
    const struct provider_ops *ops;
    const char *settings;
    const char *script;
    const char *shown;
    const char *end;     /* how it begins */
    const char *sent[5]; /* in the request */
    const char *not_sent;
} asks[] = {
    {"a stream",
     &provider_anthropic,
     LOCAL ",\"key\":\"${TEST_KEY}\"}",
     STREAM(START TEXT("Hel") "~" TEXT("lo") FINISH),
     "Hello",
     "end 3/2",
     {"POST /v1/messages HTTP/1.1\r\n", "x-api-key: " KEY "\r\n",
      "anthropic-version: 2023-06-01\r\n",
      "{\"model\":\"m\",\"stream\":true,\"max_tokens\":4096,\"messages\":[{\"role\":\"user\","
      "\"content\":[{\"type\":\"text\",\"text\":\"Hello\"}]}]}"},
     "uthorization"},
    {"bearer, betas, another version",
     &provider_anthropic,
     LOCAL ",\"key\":\"${TEST_KEY}\",\"auth\":\"bearer\",\"betas\":[\"a\",\"b\"],\"version\":"
           "\"2026-10-21\",\"stream\":false}",
     WHOLE,
     "Hi",
     "end 1/1",
     {"authorization: Bearer " KEY "\r\n", "anthropic-beta: a,b\r\n",
      "anthropic-version: 2026-10-21\r\n", "{\"model\":\"m\",\"max_tokens\""},
     "x-api-key"},
    {"a key in the environment is not for another server",
     &provider_anthropic,
     LOCAL "}",
     STREAM(START FINISH),
     "",
     "end 3/2",
     {"POST"},
     "x-api-key"},
    {"whole where a stream was asked for",
     &provider_anthropic,
     LOCAL "}",
     WHOLE,
     "Hi",
     "end 1/1",
     {"\"stream\":true"},
     NULL},
    {"cut",
     &provider_anthropic,
     LOCAL "}",
     STREAM(START TEXT("Hel")),
     "Hel",
     "cut (0): mine: ",
     {"POST"},
     NULL},
    {"reset behind the end",
     &provider_anthropic,
     LOCAL "}",
     STREAM(START TEXT("Hi") FINISH "^"),
     "Hi",
     "end 3/2",
     {"POST"},
     NULL},
    {"an error in the stream",
     &provider_anthropic,
     LOCAL "}",
     STREAM(START TEXT("Hel") "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
                              "\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"),
     "Hel",
     "overloaded (0): mine: the server is overloaded",
     {"POST"},
     NULL},
    {"refused",
     &provider_anthropic,
     LOCAL ",\"key\":\"${TEST_KEY}\"}",
     "HTTP/1.1 401 Unauthorized\r\nContent-Length: 76\r\n\r\n"
     "{\"error\":{\"type\":\"authentication_error\",\"message\":\"" KEY "\"}}+",
     "",
     "key (401): mine: the server does not accept the key",
     {"POST"},
     NULL},
    {"a page",
     &provider_anthropic,
     LOCAL "}",
     "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>+",
     "",
     "format (200): ",
     {"POST"},
     NULL},
    {"InvokeModel, signed",
     &provider_bedrock_invoke,
     AWS ",\"guardrail\":{\"identifier\":\"gr-abc123\",\"version\":\"1\",\"trace\":\"enabled\"},"
         "\"performance\":\"optimized\",\"service_tier\":\"flex\",\"metadata\":{\"team\":\"a\"}}",
     WHOLE,
     "Hi",
     "end 1/1",
     {"POST /model/anthropic.claude-v1%3A0/invoke HTTP/1.1\r\n",
      "SignedHeaders=accept;content-type;host;x-amz-date;x-amzn-bedrock-guardrailidentifier;"
      "x-amzn-bedrock-guardrailversion;x-amzn-bedrock-performanceconfig-latency;"
      "x-amzn-bedrock-request-metadata;x-amzn-bedrock-service-tier;x-amzn-bedrock-trace,",
      "x-amzn-bedrock-trace: ENABLED\r\n", "x-amzn-bedrock-request-metadata: {\"team\":\"a\"}\r\n",
      "{\"anthropic_version\":\"bedrock-2023-05-31\",\"max_tokens\":4096,\"messages\""},
     "\"model\""},
    {"a Bedrock API key",
     &provider_bedrock_invoke,
     AWS ",\"key\":\"${TEST_KEY}\"}",
     WHOLE,
     "Hi",
     "end 1/1",
     {"authorization: Bearer " KEY "\r\n", "accept: application/json\r\n"},
     "x-amz-date"},
    {"the stream's operation",
     &provider_bedrock_invoke,
     "{\"id\":\"arn:aws:bedrock:us-east-1:1:inference-profile/us.x\",\"region\":\"us-east-1\","
     "\"base_url\":\"http://127.0.0.1:%d\"}",
     WHOLE,
     "Hi",
     "end 1/1",
     {"POST /model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x/"
      "invoke-with-response-stream HTTP/1.1\r\n",
      "x-amzn-bedrock-accept: application/json\r\n"},
     "\naccept: "},
    {"throttled",
     &provider_bedrock_invoke,
     AWS "}",
     "HTTP/1.1 429 Too Many\r\nx-amzn-errortype: ThrottlingException\r\nContent-Length: 18\r\n\r\n"
     "{\"message\":\"slow\"}+",
     "",
     "throttled (429): ",
     {"POST"},
     NULL},
    {"credentials that have run out",
     &provider_bedrock_invoke,
     AWS "}",
     "HTTP/1.1 403 No\r\nx-amzn-errortype: ExpiredTokenException\r\nContent-Length: 15\r\n\r\n"
     "{\"message\":\"x\"}+",
     "",
     "expired (403): ",
     {"POST"},
     NULL},
};

static void
check_ask(size_t i, struct bench *b)
{
    struct str sent = {b->rig.server.request, b->rig.server.request_len};
    if (!str_eq_c(buf_str(&b->shown), asks[i].shown) ||
        strncmp(b->end, asks[i].end, strlen(asks[i].end)) != 0) {
        fail_msg("%s: got '%.*s', %s", asks[i].name, (int)b->shown.len, b->shown.text, b->end);
    }
    for (size_t k = 0; k < 5 && asks[i].sent[k]; k++) {
        if (str_find(sent, str_c(asks[i].sent[k]), 0) == SIZE_MAX) {
            fail_msg("%s: no %s in %.*s", asks[i].name, asks[i].sent[k], (int)sent.len, sent.ptr);
        }
    }
    if (asks[i].not_sent && str_find(sent, str_c(asks[i].not_sent), 0) != SIZE_MAX) {
        fail_msg("%s: %s in %.*s", asks[i].name, asks[i].not_sent, (int)sent.len, sent.ptr);
    }
    assert_null(strstr(b->end, KEY));
    assert_int_equal(str_find(sent, STR(SECRET), 0), SIZE_MAX);
}

static void
test_asks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        struct bench b;
        struct err err = {0};
        bench_up(&b, asks[i].script);
        assert_int_equal(bench_open(&b, asks[i].ops, asks[i].settings, &err), 0);
        if (bench_ask(&b, &err) != 0) {
            fail_msg("%s: %s", asks[i].name, err.message);
        }
        check_ask(i, &b);
        bench_down(&b);
    }
}

/* The server's clock shows noon of yesterday: that is said once, and the next request has its
 * date. */
static void
test_a_wrong_clock_is_put_right(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    time_t yesterday = time(NULL) - 24 * 60 * 60;
    struct tm day;
    char date[64];
    char script[256];
    char dated[64];
    assert_non_null(gmtime_r(&yesterday, &day));
    assert_true(strftime(date, sizeof(date), "%a, %d %b %Y 12:00:00 GMT", &day) > 0);
    assert_true(strftime(dated, sizeof(dated), "x-amz-date: %Y%m%dT1200", &day) > 0);
    (void)snprintf(script, sizeof(script),
                   "HTTP/1.1 403 No\r\nx-amzn-errortype: InvalidSignatureException\r\n"
                   "Date: %s\r\nContent-Length: 15\r\n\r\n{\"message\":\"x\"}+",
                   date);
    bench_up(&b, script);
    assert_int_equal(bench_open(&b, &provider_bedrock_invoke, AWS "}", &err), 0);
    assert_int_equal(bench_ask(&b, &err), 0);
    assert_int_equal(strncmp(b.end, "clock (403): mine: ", 19), 0);
    assert_int_equal(bench_ask(&b, &err), 0);
    struct str sent = {b.rig.server.request, b.rig.server.request_len};
    assert_int_not_equal(str_find(sent, str_c(dated), 0), SIZE_MAX);
    assert_int_equal(strncmp(b.end, "key (403): ", 11), 0);
    bench_down(&b);
}

/* Anthropic itself wants a key; nothing is sent without one. */
static void
test_the_key_that_is_missing_is_named(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    bench_up(&b, "");
    (void)unsetenv("ANTHROPIC_API_KEY");
    assert_int_equal(bench_open(&b, &provider_anthropic, "{\"id\":\"m\"}", &err), 0);
    assert_int_equal(bench_ask(&b, &err), ERR_NOTFOUND);
    assert_non_null(strstr(err.message, "models.mine.key"));
    assert_non_null(strstr(err.message, "ANTHROPIC_API_KEY"));
    assert_false(b.provider->ops->continues(b.provider));
    (void)setenv("ANTHROPIC_API_KEY", KEY, 1);
    bench_down(&b);
}

static const struct {
    const struct provider_ops *ops;
    const char *settings;
    const char *want;
} refused[] = {
    {&provider_anthropic, LOCAL ",\"extra\":{\"tools\":[]}}", "extra must not hold tools"},
    {&provider_bedrock_invoke, LOCAL ",\"version\":\"2026-10-21\",\"top_p\":1}", "takes no top_p"},
    {&provider_bedrock_invoke,
     LOCAL ",\"guardrail\":{\"identifier\":\"g\",\"version\":\"1\",\"stream_mode\":\"sync\"}}",
     "guardrail.stream_mode is Converse's"},
};

static void
test_settings_refused(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    bench_up(&b, "");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(bench_open(&b, refused[i].ops, refused[i].settings, &err), ERR_INVALID);
        assert_non_null(strstr(err.message, refused[i].want));
        assert_null(b.provider);
    }
    assert_int_equal(bench_open(&b, &provider_bedrock_invoke, LOCAL ",\"prefill\":true}", &err), 0);
    assert_true(b.provider->ops->continues(b.provider));
    bench_down(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks),
        cmocka_unit_test(test_a_wrong_clock_is_put_right),
        cmocka_unit_test(test_the_key_that_is_missing_is_named),
        cmocka_unit_test(test_settings_refused),
    };
    rig_environment();
    (void)setenv("TEST_KEY", KEY, 1);
    (void)setenv("ANTHROPIC_API_KEY", KEY, 1);
    (void)setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
    (void)setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
    (void)setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
    (void)unsetenv("AWS_SESSION_TOKEN");
    (void)unsetenv("AWS_PROFILE");
    (void)unsetenv("AWS_BEARER_TOKEN_BEDROCK");
    return cmocka_run_group_tests_name("provider-anthropic", tests, NULL, NULL);
}
