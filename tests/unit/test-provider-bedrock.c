/* The provider bedrock: requests signed as AWS's own signer signs them, and whole attempts against
 * a server that says what Bedrock says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_fixture.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "converse_fixture.h"
#include "http_fixture.h"
#include "model/exchange.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NOON = 1768478400 }; /* 2026-01-15T12:00:00Z, the captures' clock */

/* A provider and what it stands on. */
struct bench {
    struct clock_hand clock;
    struct config *config;
    struct loop *loop;
    struct http_client *client; /* NULL: nobody may ask for it */
    struct provider *provider;
};

static int
give_client(void *arg, struct http_client **ret, struct err *err)
{
    struct bench *b = arg;
    if (!b->client) {
        return err_set(err, ERR_BUG, "no server has to be asked");
    }
    *ret = b->client;
    return 0;
}

static int
bench_open(struct bench *b, const struct js *settings, struct err *err)
{
    struct provider_parts parts = {.loop = b->loop,
                                   .clock = &b->clock.clock,
                                   .config = b->config,
                                   .name = STR("smart"),
                                   .settings = settings,
                                   .http = give_client,
                                   .http_arg = b};
    return provider_bedrock.open(&parts, &b->provider, err);
}

static void
bench_up(struct bench *b, struct loop *loop, struct http_client *client)
{
    struct err err = {0};
    *b = (struct bench){.loop = loop, .client = client};
    clock_hand_init(&b->clock, (int64_t)NOON * 1000);
    assert_int_equal(config_default(&b->config, &err), 0);
}

static void
bench_down(struct bench *b)
{
    if (b->provider) {
        provider_bedrock.free(b->provider);
    }
    config_free(b->config);
}

/* ---- What is written -------------------------------------------------------------------------*/

static void
set_credentials(const struct js *c)
{
    static const char *const names[][2] = {{"accessKeyId", "AWS_ACCESS_KEY_ID"},
                                           {"secretAccessKey", "AWS_SECRET_ACCESS_KEY"},
                                           {"sessionToken", "AWS_SESSION_TOKEN"},
                                           {"bearerToken", "AWS_BEARER_TOKEN_BEDROCK"}};
    for (size_t i = 0; i < COUNT(names); i++) {
        AUTO(arena) struct arena a = {0};
        struct str value = js_get_text(c, names[i][0]);
        if (value.len) {
            assert_int_equal(setenv(names[i][1], arena_str(&a, value).ptr, 1), 0);
        } else {
            assert_int_equal(unsetenv(names[i][1]), 0);
        }
    }
}

static struct str
header_of(const struct js *capture, const char *name)
{
    const struct js *headers = js_get_c(capture, "headers");
    for (size_t i = 0; i < js_count(headers); i++) {
        if (str_eq_nocase(js_text(js_at(js_at(headers, i), 0)), str_c(name))) {
            return js_text(js_at(js_at(headers, i), 1));
        }
    }
    return (struct str){0};
}

static struct js *
settings_of(struct arena *a, const struct js *capture)
{
    struct str host = header_of(capture, "host");
    struct str region = js_get_text(capture, "region");
    bool stream = str_ends(js_get_text(capture, "request_target"), STR("-stream"));
    struct str usual =
        arena_printf(a, "bedrock-runtime.%" STR_FMT ".amazonaws.com", STR_ARG(region));
    struct str id = js_get_text(capture, "model_id");
    struct str text = arena_printf(
        a, "{\"id\":\"%" STR_FMT "\",\"region\":\"%" STR_FMT "\",\"stream\":%s%s%" STR_FMT "%s}",
        STR_ARG(id), STR_ARG(region), stream ? "true" : "false",
        str_eq(host, usual) ? "" : ",\"base_url\":\"https://",
        STR_ARG(str_eq(host, usual) ? STR("") : host), str_eq(host, usual) ? "" : "\"");
    return fixture_parse(a, text);
}

static const struct http_header *
find_header(const struct exchange_request *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++) {
        if (str_eq_nocase(r->headers[i].name, str_c(name))) {
            return &r->headers[i];
        }
    }
    return NULL;
}

/* Write the request that CAPTURE is one of; SIGNED: the signature is to be the same, too. */
static void
check_written(const struct js *capture, bool is_signed, struct loop *loop)
{
    AUTO(arena) struct arena a = {0};
    struct bench b;
    struct err err = {0};
    struct exchange_request out = {0};
    struct block hello;
    void *token = NULL;
    struct str target = js_get_text(capture, "request_target");
    bench_up(&b, loop, NULL);
    set_credentials(js_get_c(capture, "credentials"));
    assert_int_equal(bench_open(&b, settings_of(&a, capture), &err), 0);
    assert_true(block_text(&a, STR("Hello"), &hello));
    struct message m = {.role = ROLE_USER, .blocks = &hello, .count = 1};
    struct model_request r = {.messages = &m, .message_count = 1};
    struct http_provider *p = (struct http_provider *)(void *)b.provider;
    assert_int_equal(p->exchange->prepare(p, NULL, NULL, &token, &err), 0);
    assert_int_equal(p->exchange->write(p, &r, &a, &out, &err), 0);
    struct str url = arena_printf(&a, "https://%" STR_FMT "%" STR_FMT,
                                  STR_ARG(header_of(capture, "host")), STR_ARG(target));
    if (!str_eq(out.url, url)) {
        fail_msg("%.*s: %.*s", (int)target.len, target.ptr, (int)out.url.len, out.url.ptr);
    }
    static const char *const names[] = {"authorization", "x-amz-date", "x-amz-security-token",
                                        "content-type"};
    for (size_t i = 0; is_signed && i < COUNT(names); i++) {
        const struct http_header *got = find_header(&out, names[i]);
        struct str want = header_of(capture, names[i]);
        if (!str_eq(got ? got->value : STR(""), want)) {
            fail_msg("%.*s: %s differs", (int)target.len, target.ptr, names[i]);
        }
    }
    if (is_signed) {
        assert_true(str_eq(buf_str(&out.body), js_get_text(capture, "body_utf8")));
    }
    buf_done(&out.body);
    bench_down(&b);
}

/* Only headers that we send, too, and a path that is encoded as ours. */
static bool
is_like_ours(const struct js *c)
{
    static const char *const ours[] = {"host", "content-type", "x-amz-date", "x-amz-security-token",
                                       "authorization"};
    struct str target = js_get_text(c, "request_target");
    const struct js *headers = js_get_c(c, "headers");
    bool like = str_find(target, STR("/converse"), 0) != SIZE_MAX &&
                str_find(target, STR(":"), 0) == SIZE_MAX &&
                str_find(js_get_text(c, "body_utf8"), STR("Hello"), 0) != SIZE_MAX;
    for (size_t i = 0; i < js_count(headers); i++) {
        bool known = false;
        for (size_t k = 0; k < COUNT(ours); k++) {
            known = known || str_eq_c(js_text(js_at(js_at(headers, i), 0)), ours[k]);
        }
        like = like && known;
    }
    return like;
}

static void
test_signed_as_by_awss_signer(void **state)
{
    (void)state;
    glob_t files = fixture_find("captured/aws_signer/minimal_headers.json");
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct loop *loop = NULL;
    size_t checked = 0;
    const struct js *cases = js_get_c(fixture_read_json(&a, files.gl_pathv[0]), "cases");
    globfree(&files);
    assert_int_equal(loop_new(&loop, &err), 0);
    for (size_t i = 0; i < js_count(cases); i++) {
        if (is_like_ours(js_at(cases, i))) {
            check_written(js_at(cases, i), true, loop);
            checked++;
        }
    }
    loop_free(loop);
    assert_true(checked >= 14);
}

/* Keys that the desk names win over the environment's. */
static void
test_keys_of_the_desk(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct loop *loop = NULL;
    struct bench b;
    struct exchange_request out = {0};
    struct block hello;
    void *token = NULL;
    assert_int_equal(loop_new(&loop, &err), 0);
    bench_up(&b, loop, NULL);
    assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT", 1), 0);
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "other", 1), 0);
    assert_int_equal(unsetenv("AWS_BEARER_TOKEN_BEDROCK"), 0);
    assert_int_equal(setenv("SHOP_AWS_KEY", "AKIDSHOP", 1), 0);
    assert_int_equal(setenv("SHOP_AWS_SECRET", "secret", 1), 0);
    assert_int_equal(setenv("SHOP_AWS_TOKEN", "session", 1), 0);
    struct js *settings = fixture_parse(
        &a, STR("{\"id\":\"m\",\"region\":\"eu-west-1\",\"access_key\":\"${SHOP_AWS_KEY}\","
                "\"secret_key\":\"${SHOP_AWS_SECRET}\",\"session_token\":\"${SHOP_AWS_TOKEN}\"}"));
    assert_int_equal(bench_open(&b, settings, &err), 0);
    assert_true(block_text(&a, STR("Hello"), &hello));
    struct message m = {.role = ROLE_USER, .blocks = &hello, .count = 1};
    struct model_request r = {.messages = &m, .message_count = 1};
    struct http_provider *p = (struct http_provider *)(void *)b.provider;
    assert_int_equal(p->exchange->prepare(p, NULL, NULL, &token, &err), 0);
    assert_int_equal(p->exchange->write(p, &r, &a, &out, &err), 0);
    struct str proof = find_header(&out, "authorization")->value;
    assert_true(str_find(proof, STR("Credential=AKIDSHOP/"), 0) != SIZE_MAX);
    assert_true(str_eq(find_header(&out, "x-amz-security-token")->value, STR("session")));
    buf_done(&out.body);
    bench_down(&b);
    loop_free(loop);
}

/* AWS's client signs headers of its own, so only address and key can be the same. */
static void
test_addressed_as_by_awss_client(void **state)
{
    (void)state;
    glob_t files = fixture_find("captured/aws/converse_*.json");
    struct err err = {0};
    struct loop *loop = NULL;
    assert_int_equal(loop_new(&loop, &err), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        AUTO(arena) struct arena a = {0};
        const struct js *capture = fixture_read_json(&a, files.gl_pathv[i]);
        if (!strstr(files.gl_pathv[i], "prompt_arn")) {
            check_written(capture, strstr(files.gl_pathv[i], "bearer") != NULL, loop);
        }
    }
    loop_free(loop);
    globfree(&files);
}

static void
test_settings_are_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "{\"id\":\"arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:2\"}",
        "{\"id\":\"m\",\"service_tier\":\"gold\"}",
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct bench b;
        bench_up(&b, NULL, NULL);
        assert_int_equal(bench_open(&b, fixture_parse(&a, str_c(refused[i])), &err), ERR_INVALID);
        assert_non_null(strstr(err.message, "models.smart."));
        bench_down(&b);
    }
}

/* ---- Whole attempts --------------------------------------------------------------------------*/

struct attempted {
    struct loop *loop;
    struct buf text;
    struct failure failure; /* NONE: a reply */
    enum model_stop stop;
    size_t parts;
    int64_t input_tokens;
    int dones;
};

static void
on_attempt_text(void *arg, struct str delta)
{
    struct attempted *t = arg;
    buf_add(&t->text, delta);
}

static void
on_attempt_done(void *arg, const struct attempt_end *end)
{
    struct attempted *t = arg;
    t->dones++;
    if (end->reply) {
        t->stop = end->reply->stop;
        t->parts = end->reply->part_count;
        t->input_tokens = end->reply->usage.input_tokens;
    } else {
        t->failure = *end->failure;
    }
    loop_stop(t->loop);
}

static void
attempt(struct bench *b, struct attempted *ret)
{
    static const struct attempt_events events = {on_attempt_text, on_attempt_done};
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct block hello;
    struct attempt *running;
    *ret = (struct attempted){.loop = b->loop};
    buf_init(&ret->text, 65536);
    assert_true(block_text(&a, STR("Hello"), &hello));
    struct message m = {.role = ROLE_USER, .blocks = &hello, .count = 1};
    struct model_request r = {.messages = &m, .message_count = 1};
    int result = provider_bedrock.start(b->provider, &r, &events, ret, &running, &err);
    if (result < 0) {
        fail_msg("start: %s", err.message);
    }
    assert_int_equal(ret->dones, 0);
    assert_int_equal(loop_run(b->loop, &err), 0);
    assert_int_equal(ret->dones, 1);
}

/* What the server sends: a head, then bytes that may hold anything. */
struct canned {
    const char *head;
    struct str body;
};

static void
serve_canned(struct peer *p)
{
    const struct canned *c = p->server->arg;
    char head[1024];
    while (peer_read_request(p)) {
        int len = snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n",
                           c->head, c->body.len);
        if (!peer_write(p, head, (size_t)len) || !peer_write(p, c->body.ptr, c->body.len)) {
            return;
        }
    }
}

static void
serve_cut(struct peer *p)
{
    const struct canned *c = p->server->arg;
    if (peer_read_request(p)) {
        (void)(peer_write(p, c->head, strlen(c->head)) && peer_write(p, c->body.ptr, c->body.len));
    }
}

/* A server, a client and a provider that asks it. */
static void
up(struct rig *rig, struct bench *b, void (*serve)(struct peer *), struct canned *canned,
   struct arena *a)
{
    struct err err = {0};
    rig_environment();
    rig_up(rig, serve, NULL);
    rig->server.arg = canned;
    bench_up(b, rig->loop, rig->client);
    assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1), 0);
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "secret", 1), 0);
    assert_int_equal(unsetenv("AWS_SESSION_TOKEN"), 0);
    assert_int_equal(unsetenv("AWS_BEARER_TOKEN_BEDROCK"), 0);
    struct str settings = arena_printf(a,
                                       "{\"id\":\"a.model-v1:0\",\"region\":\"us-east-1\","
                                       "\"base_url\":\"http://127.0.0.1:%d/\"}",
                                       rig->server.port);
    assert_int_equal(bench_open(b, fixture_parse(a, settings), &err), 0);
}

static void
down(struct rig *rig, struct bench *b)
{
    bench_down(b);
    rig_down(rig);
}

#define STREAM_TYPE "Content-Type: application/vnd.amazon.eventstream"
#define JSON_TYPE "Content-Type: application/json"

static void
test_a_recorded_stream(void **state)
{
    (void)state;
    glob_t files = fixture_find("captured/eventstream/text.bin");
    AUTO(arena) struct arena a = {0};
    struct canned canned = {"200 OK\r\n" STREAM_TYPE, fixture_read(&a, files.gl_pathv[0])};
    globfree(&files);
    struct rig rig;
    struct bench b;
    struct attempted got;
    up(&rig, &b, serve_canned, &canned, &a);
    for (int i = 0; i < 3; i++) {
        attempt(&b, &got);
        assert_int_equal(got.failure.kind, FAILURE_NONE);
        assert_true(str_ends(buf_str(&got.text), STR("arrive le 17 janvier.\n")));
        assert_int_equal(got.stop, MODEL_STOP_END);
        assert_int_equal(got.input_tokens, 568);
        buf_done(&got.text);
    }
    assert_int_equal(atomic_load(&rig.server.connections), 1);
    rig.server.request[rig.server.request_len] = '\0';
    assert_non_null(strstr(rig.server.request, "POST /model/a.model-v1%3A0/converse-stream HTTP"));
    down(&rig, &b);
}

static void
test_a_whole_answer(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct canned canned = {
        "200 OK\r\n" JSON_TYPE "; charset=utf-8",
        STR("{\"output\":{\"message\":{\"content\":[{\"text\":\"hi\"}],\"role\":\"assistant\"}},"
            "\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":2,\"outputTokens\":1}}")};
    struct rig rig;
    struct bench b;
    struct attempted got;
    up(&rig, &b, serve_canned, &canned, &a);
    attempt(&b, &got);
    assert_int_equal(got.failure.kind, FAILURE_NONE);
    assert_string_equal(got.text.text, "hi");
    assert_int_equal(got.parts, 1);
    buf_done(&got.text);
    down(&rig, &b);
}

static const struct {
    const char *head;
    const char *body;
    enum failure_kind kind;
    int64_t retry_after_ms;
} refusals[] = {
    {"429 Too Many\r\nx-amzn-errortype: ThrottlingException\r\nRetry-After: 2\r\n" JSON_TYPE,
     "{\"message\":\"Too many requests\"}", FAILURE_THROTTLED, 2000},
    {"403 Forbidden\r\n" JSON_TYPE,
     "{\"__type\":\"com.amazon.coral.service#ExpiredTokenException\",\"Message\":\"expired\"}",
     FAILURE_EXPIRED, -1},
    {"502 Bad Gateway\r\nContent-Type: text/html", "<html>", FAILURE_OVERLOADED, -1},
    {"200 OK\r\nContent-Type: text/html", "<html>log in</html>", FAILURE_FORMAT, -1},
    {"200 OK\r\n" STREAM_TYPE, "<html>log in to the proxy</html>", FAILURE_CUT, -1},
    {"200 OK\r\n" STREAM_TYPE, "", FAILURE_CUT, -1},
    {"200 OK\r\n" JSON_TYPE, "{\"output\":", FAILURE_CUT, -1},
};

static void
test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        AUTO(arena) struct arena a = {0};
        struct canned canned = {refusals[i].head, str_c(refusals[i].body)};
        struct rig rig;
        struct bench b;
        struct attempted got;
        up(&rig, &b, serve_canned, &canned, &a);
        attempt(&b, &got);
        if (got.failure.kind != refusals[i].kind ||
            got.failure.retry_after_ms != refusals[i].retry_after_ms) {
            fail_msg("%s: %s: %s", refusals[i].head, failure_kind_name(got.failure.kind),
                     got.failure.err.message);
        }
        buf_done(&got.text);
        down(&rig, &b);
    }
}

static void
test_a_connection_that_ends_early(void **state)
{
    (void)state;
    glob_t files = fixture_find("captured/eventstream/truncated_after_frame.bin");
    AUTO(arena) struct arena a = {0};
    struct canned canned = {"HTTP/1.1 200 OK\r\n" STREAM_TYPE "\r\nConnection: close\r\n\r\n",
                            fixture_read(&a, files.gl_pathv[0])};
    globfree(&files);
    struct rig rig;
    struct bench b;
    struct attempted got;
    up(&rig, &b, serve_cut, &canned, &a);
    attempt(&b, &got);
    assert_int_equal(got.failure.kind, FAILURE_CUT);
    assert_string_equal(got.text.text, "Half an ans");
    buf_done(&got.text);
    down(&rig, &b);
}

/* The captured sequence: refused for the time, signed with the server's, once. */
static void
test_a_clock_that_is_off(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct canned canned = {"403 Forbidden\r\nDate: Thu, 15 Jan 2026 13:00:00 GMT\r\n"
                            "x-amzn-errortype: InvalidSignatureException\r\n" JSON_TYPE,
                            STR("{\"message\":\"Signature expired: now earlier\"}")};
    struct rig rig;
    struct bench b;
    struct attempted got;
    up(&rig, &b, serve_canned, &canned, &a);
    attempt(&b, &got);
    assert_int_equal(got.failure.kind, FAILURE_CLOCK);
    assert_string_equal(got.failure.name, "InvalidSignatureException");
    rig.server.request[rig.server.request_len] = '\0';
    assert_non_null(strstr(rig.server.request, "20260115T120000Z"));
    buf_done(&got.text);
    attempt(&b, &got);
    rig.server.request[rig.server.request_len] = '\0';
    assert_non_null(strstr(rig.server.request, "20260115T130000Z"));
    buf_done(&got.text);
    down(&rig, &b);
}

static void
test_cancelled(void **state)
{
    (void)state;
    static const struct attempt_events events = {on_attempt_text, on_attempt_done};
    AUTO(arena) struct arena a = {0};
    struct canned canned = {"200 OK\r\n" STREAM_TYPE, STR("")};
    struct err err = {0};
    struct rig rig;
    struct bench b;
    struct attempt *running;
    struct attempted got = {0};
    struct block hello;
    up(&rig, &b, serve_canned, &canned, &a);
    assert_true(block_text(&a, STR("Hello"), &hello));
    struct message m = {.role = ROLE_USER, .blocks = &hello, .count = 1};
    struct model_request r = {.messages = &m, .message_count = 1};
    assert_int_equal(provider_bedrock.start(b.provider, &r, &events, &got, &running, &err), 0);
    provider_bedrock.cancel(running);
    assert_int_equal(got.dones, 0);
    down(&rig, &b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_signed_as_by_awss_signer, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_addressed_as_by_awss_client, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_keys_of_the_desk, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_settings_are_refused, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_a_recorded_stream, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_a_whole_answer, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_refusals, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_a_connection_that_ends_early, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_a_clock_that_is_off, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_cancelled, home_make, home_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
