/* The provider openai against a server that sends what it is told: what is asked, with which key,
 * and what comes of the answers. */
#include "http_fixture.h"

#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "model/provider.h"

#define KEY "sk-test-0123456789"

/* One provider of one model, and what an attempt of it came to. */
struct bench {
    struct rig rig;
    struct arena arena;
    struct config *config;
    struct provider *provider;
    struct buf shown;
    char end[ERR_MESSAGE_MAX + 64]; /* "end 3/2", or the failure's kind and words */
    bool cancel;                    /* at the first text */
    struct attempt *attempt;
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
bench_open(struct bench *b, const char *settings, struct err *err)
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
    return provider_openai.open(&parts, &b->provider, err);
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
    if (b->cancel) {
        b->provider->ops->cancel(b->attempt);
        loop_stop(b->rig.loop);
    }
}

static void
on_end(void *arg, const struct attempt_end *end)
{
    struct bench *b = arg;
    assert_false(b->cancel);
    if (end->reply) {
        (void)snprintf(b->end, sizeof(b->end), "%s %d/%d", model_stop_name(end->reply->stop),
                       (int)end->reply->usage.input_tokens, (int)end->reply->usage.output_tokens);
    } else {
        (void)snprintf(b->end, sizeof(b->end), "%s (%d): %s", failure_kind_name(end->failure->kind),
                       end->failure->status, end->failure->err.message);
    }
    loop_stop(b->rig.loop);
}

static struct message
hello(struct arena *arena)
{
    struct message m = {.role = ROLE_USER};
    struct err err = {0};
    assert_int_equal(
        message_parse_content(STR("[{\"text\":\"Hello\"}]"), arena, &m.blocks, &m.count, &err), 0);
    return m;
}

/* Ask and wait for the end. */
static int
bench_ask(struct bench *b, struct err *err)
{
    static const struct attempt_events events = {on_text, on_end};
    struct message message = hello(&b->arena);
    struct model_request request = {.messages = &message, .message_count = 1};
    int result = b->provider->ops->start(b->provider, &request, &events, b, &b->attempt, err);
    if (result == 0) {
        assert_int_equal(loop_run(b->rig.loop, err), 0);
    }
    return result;
}

#define STREAM(events) "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" events
#define TEXT(text) "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define FINISH                                                                                     \
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":"                    \
    "{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n"
#define LOCAL "{\"id\":\"m\",\"base_url\":\"http://127.0.0.1:%d/v1/\""

static const struct {
    const char *name;
    const char *settings;
    const char *script;
    const char *shown;
    const char *end;  /* how it begins */
    const char *sent; /* in the request */
    const char *not_sent;
} asks[] = {
    {"a stream, without a key", LOCAL "}", STREAM(TEXT("Hel") "~" TEXT("lo") FINISH), "Hello",
     "end 3/2", "POST /v1/chat/completions HTTP/1.1\r\n", "uthorization"},
    {"what is asked", LOCAL ",\"max_tokens\":9}", STREAM(FINISH), "", "end 3/2",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"max_tokens\":9,"
     "\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
     NULL},
    {"with a key", LOCAL ",\"key\":\"${TEST_KEY}\"}", STREAM(FINISH), "", "end 3/2",
     "authorization: Bearer " KEY "\r\n", NULL},
    {"the other name of max_tokens",
     LOCAL ",\"max_tokens\":9,\"max_tokens_field\":\"max_completion_tokens\"}", STREAM(FINISH), "",
     "end 3/2", "\"max_completion_tokens\":9", "\"max_tokens\""},
    {"not streamed", LOCAL ",\"stream\":false}",
     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 77\r\n\r\n"
     "{\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}            +",
     "Hi", "end 0/0", "accept: application/json\r\n", "stream"},
    {"cut", LOCAL "}", STREAM(TEXT("Hel")), "Hel", "cut (0): 127.0.0.1:", "POST", NULL},
    {"reset behind the finish", LOCAL "}", STREAM(TEXT("Hi") FINISH "^"), "Hi", "end 3/2", "POST",
     NULL},
    {"refused", LOCAL ",\"key\":\"${TEST_KEY}\"}",
     "HTTP/1.1 401 Unauthorized\r\nContent-Length: 84\r\n\r\n"
     "{\"error\":{\"message\":\"Incorrect API key provided: " KEY "\",\"type\":\"a\"}}         +",
     "", "key (401): 127.0.0.1:", "POST", NULL},
    {"a page", LOCAL "}",
     "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>+", "",
     "format (200): ", "POST", NULL},
};

static void
check_ask(size_t i, struct bench *b)
{
    struct str sent = {b->rig.server.request, b->rig.server.request_len};
    if (!str_eq_c(buf_str(&b->shown), asks[i].shown) ||
        strncmp(b->end, asks[i].end, strlen(asks[i].end)) != 0) {
        fail_msg("%s: got '%.*s', %s", asks[i].name, (int)b->shown.len, b->shown.text, b->end);
    }
    if (str_find(sent, str_c(asks[i].sent), 0) == SIZE_MAX ||
        (asks[i].not_sent && str_find(sent, str_c(asks[i].not_sent), 0) != SIZE_MAX)) {
        fail_msg("%s: sent %.*s", asks[i].name, (int)sent.len, sent.ptr);
    }
    assert_null(strstr(b->end, KEY));
}

static void
test_asks(void **state)
{
    (void)state;
    (void)setenv("TEST_KEY", KEY, 1);
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        struct bench b;
        struct err err = {0};
        bench_up(&b, asks[i].script);
        assert_int_equal(bench_open(&b, asks[i].settings, &err), 0);
        if (bench_ask(&b, &err) != 0) {
            fail_msg("%s: %s", asks[i].name, err.message);
        }
        check_ask(i, &b);
        bench_down(&b);
    }
}

static void
test_cancel(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    bench_up(&b, STREAM(TEXT("Hel") TEXT("lo") "$" FINISH));
    assert_int_equal(bench_open(&b, LOCAL "}", &err), 0);
    b.cancel = true;
    assert_int_equal(bench_ask(&b, &err), 0);
    assert_true(str_eq(buf_str(&b.shown), STR("Hel")));
    bench_down(&b);
}

/* What is no stream is read when all of it is there: its text comes from within the end. */
static void
test_cancel_within_a_whole_answer(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    bench_up(&b, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
                 "{\"model\":\"m\",\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\","
                 "\"text\":\"Hel\"},{\"type\":\"text\",\"text\":\"lo\"}]},\"finish_reason\":"
                 "\"stop\"}]}");
    assert_int_equal(bench_open(&b, LOCAL ",\"stream\":false}", &err), 0);
    b.cancel = true;
    assert_int_equal(bench_ask(&b, &err), 0);
    assert_true(str_eq(buf_str(&b.shown), STR("Hel")));
    bench_down(&b);
}

/* OpenAI itself wants a key; nothing is sent without one. */
static void
test_default_key(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    (void)unsetenv("OPENAI_API_KEY");
    bench_up(&b, "");
    assert_int_equal(bench_open(&b, "{\"id\":\"gpt-4o\"}", &err), 0);
    assert_int_equal(bench_ask(&b, &err), ERR_NOTFOUND);
    assert_non_null(strstr(err.message, "models.mine.key"));
    assert_non_null(strstr(err.message, "OPENAI_API_KEY"));
    assert_false(b.provider->ops->continues(b.provider));
    bench_down(&b);
}

static void
test_bad_settings(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    bench_up(&b, "");
    assert_int_equal(bench_open(&b, LOCAL ",\"extra\":{\"messages\":[]}}", &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "models.mine.extra: messages"));
    assert_null(b.provider);
    assert_int_equal(bench_open(&b, LOCAL ",\"prefill\":true}", &err), 0);
    assert_true(b.provider->ops->continues(b.provider));
    bench_down(&b);
}

/* What the server would refuse is refused before anything is sent. */
static void
test_what_would_be_refused_is_not_sent(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    struct attempt *attempt = NULL;
    static const struct attempt_events events = {on_text, on_end};
    bench_up(&b, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n+");
    assert_int_equal(bench_open(&b, LOCAL "}", &err), 0);
    struct message said[2] = {hello(&b.arena), hello(&b.arena)};
    struct model_request request = {.messages = said, .message_count = 2};
    assert_int_equal(b.provider->ops->start(b.provider, &request, &events, &b, &attempt, &err),
                     ERR_INVALID);
    assert_non_null(strstr(err.message, "roles do not alternate"));
    assert_int_equal(b.rig.server.connections, 0);
    bench_down(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_within_a_whole_answer),
        cmocka_unit_test(test_default_key),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_what_would_be_refused_is_not_sent),
    };
    rig_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
