/* What Bedrock says when it refuses: the recorded answers, and the words a person gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "converse_fixture.h"
#include "io/http_client.h"
#include "model/failure.h"
#include "model/failure_aws.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct failure
answer(int status, struct str name, struct str body)
{
    struct http_header header = {STR("X-Amzn-ErrorType"), name};
    struct http_head head = {status, &header, name.len > 0};
    struct failure f = {.status = status, .retry_after_ms = 1500};
    failure_aws(&f, &fixture_place, &head, body);
    return f;
}

static bool
is_retried(const struct failure *f)
{
    return f->kind == FAILURE_THROTTLED || f->kind == FAILURE_OVERLOADED;
}

static void
test_recorded_answers(void **state)
{
    (void)state;
    glob_t files = fixture_find("captured/aws_errors/error_responses.json");
    AUTO(arena) struct arena a = {0};
    const struct js *cases = js_get_c(fixture_read_json(&a, files.gl_pathv[0]), "cases");
    globfree(&files);
    assert_true(js_count(cases) >= 12);
    for (size_t i = 0; i < js_count(cases); i++) {
        const struct js *c = js_at(cases, i);
        const struct js *body = js_get_c(c, "response_body");
        struct str name = js_get_text(js_get_c(c, "response_headers"), "x-amzn-errortype");
        struct str text = js_type(body) == JS_STRING ? js_text(body) : js_to_arena(body, &a);
        struct str want = js_get_text(c, "sdk_error_name");
        struct failure f = answer((int)js_get_int(c, "status", 0), name, text);
        bool html = str_eq_c(want, "SyntaxError");
        if (!str_eq(str_c(f.name), html ? STR("") : want)) {
            fail_msg("%.*s: named %s", (int)want.len, want.ptr, f.name);
        }
        if (is_retried(&f) != js_get_bool(c, "retried_by_sdk", false)) {
            fail_msg("%.*s: %s", (int)want.len, want.ptr, failure_kind_name(f.kind));
        }
        assert_int_equal(f.status, js_get_int(c, "status", 0));
        assert_int_equal(f.retry_after_ms, 1500);
    }
}

static const struct {
    int status;
    const char *name;
    const char *body;
    enum failure_kind kind;
    const char *says; /* in the message */
    const char *hides;
} answers[] = {
    {400, "ValidationException",
     "{\"message\":\"Invocation of model ID a.model-v1:0 with on-demand throughput "
     "isn\xE2\x80\x99t "
     "supported. Retry your request with the ID or ARN of an inference profile\"}",
     FAILURE_MODEL, "us., eu. or global.", NULL},
    {400, "ValidationException", "{\"message\":\"The provided model identifier is invalid.\"}",
     FAILURE_MODEL, "a.model-v1:0 in us-east-1", NULL},
    {400, "ValidationException", "{\"message\":\"Input is too long for requested model.\"}",
     FAILURE_TOO_LONG, "too long", NULL},
    {400, "ValidationException",
     "{\"message\":\"This model doesn't support tool use in streaming mode.\"}", FAILURE_REQUEST,
     "stream: false", NULL},
    {400, "ValidationException", "{\"message\":\"toolConfig must be defined\\u0007\"}",
     FAILURE_REQUEST, "toolConfig must be defined", "\a"},
    {400, "ServiceQuotaExceededException", "{}", FAILURE_QUOTA, "quota", NULL},
    {403, "AccessDeniedException",
     "{\"message\":\"User: arn:aws:iam::1:user/x is not authorized to perform: "
     "bedrock:InvokeModel\"}",
     FAILURE_ACCESS, "bedrock:InvokeModel* in IAM", NULL},
    {403, "AccessDeniedException",
     "{\"message\":\"Authentication failed: Please make sure your API Key is valid.\"}",
     FAILURE_KEY, "check the credentials", NULL},
    {403, "UnrecognizedClientException:", "{\"message\":\"token SECRET is invalid\"}", FAILURE_KEY,
     "check the credentials", "SECRET"},
    {403, "InvalidSignatureException",
     "{\"message\":\"The Canonical String should have been SECRET\"}", FAILURE_KEY, "secret",
     "SECRET"},
    {403, "InvalidSignatureException",
     "{\"message\":\"Signature expired: 20260115T120000Z is now earlier than SECRET\"}",
     FAILURE_CLOCK, "clock", "SECRET"},
    {403, "",
     "{\"__type\":\"com.amazon.coral.service#ExpiredTokenException\",\"Message\":\"SECRET\"}",
     FAILURE_EXPIRED, "run out", "SECRET"},
    {403, "RequestTimeTooSkewed", "", FAILURE_CLOCK, "clock", NULL},
    {404, "ResourceNotFoundException", "{\"message\":\"Could not resolve the foundation model\"}",
     FAILURE_MODEL, "`id` and `region`", NULL},
    {404, "ResourceNotFoundException",
     "{\"message\":\"Model use case details have not been submitted for this account.\"}",
     FAILURE_ACCESS, "console", NULL},
    {408, "ModelTimeoutException", "{}", FAILURE_ONCE, "too long", NULL},
    {424, "ModelErrorException", "{}", FAILURE_ONCE, "failed", NULL},
    {429, "ThrottlingException", "{\"message\":\"Too many tokens per day, please wait\"}",
     FAILURE_QUOTA, "today", NULL},
    {429, "ThrottlingException", "{\"message\":\"Too many requests\"}", FAILURE_THROTTLED,
     "Too many requests", NULL},
    {429, "ModelNotReadyException", "{}", FAILURE_OVERLOADED, "loaded", NULL},
    {429, "", "slow down", FAILURE_THROTTLED, "too many", NULL},
    {503, "", "<html>upstream</html>", FAILURE_OVERLOADED, "just now", "<html>"},
    {599, "", "", FAILURE_OVERLOADED, "just now", NULL},
    {403, "", "<html>Blocked by policy</html>", FAILURE_FORMAT, "proxy", NULL},
    {404, "", "Not Found", FAILURE_FORMAT, "base_url", NULL},
    {404, "UnknownOperationException", "{}", FAILURE_FORMAT, "base_url", NULL},
    {302, "", "", FAILURE_FORMAT, "proxy", NULL},
    {413, "", "", FAILURE_TOO_LONG, "too long", NULL},
    {418, "TeapotException", "{\"message\":\"short and stout\"}", FAILURE_REQUEST, "stout", NULL},
    {401, "", "{\"message\":\"x\"}", FAILURE_KEY, "credentials", NULL},
};

static void
test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct failure f =
            answer(answers[i].status, str_c(answers[i].name), str_c(answers[i].body));
        const char *got = f.err.message;
        if (f.kind != answers[i].kind || !strstr(got, answers[i].says) ||
            (answers[i].hides && strstr(got, answers[i].hides)) || !strstr(got, "smart")) {
            fail_msg("%d %s: %s: %s", answers[i].status, answers[i].name, failure_kind_name(f.kind),
                     got);
        }
    }
}

static void
test_exceptions_in_a_stream(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum failure_kind kind;
        const char *shown;
    } events[] = {
        {"internalServerException", FAILURE_OVERLOADED, "InternalServerException"},
        {"modelStreamErrorException", FAILURE_ONCE, "ModelStreamErrorException"},
        {"throttlingException", FAILURE_THROTTLED, "ThrottlingException"},
        {"serviceUnavailableException", FAILURE_OVERLOADED, "ServiceUnavailableException"},
        {"validationException", FAILURE_REQUEST, "ValidationException"},
        {"modelTimeoutException", FAILURE_ONCE, "ModelTimeoutException"},
        {"weirdNewException", FAILURE_ONCE, "WeirdNewException"},
        {"", FAILURE_ONCE, ""},
    };
    for (size_t i = 0; i < COUNT(events); i++) {
        struct failure f = {0};
        failure_aws_event(&f, &fixture_place, str_c(events[i].name), STR("words"));
        assert_int_equal(f.kind, events[i].kind);
        assert_string_equal(f.name, events[i].shown);
        assert_int_equal(f.status, 0);
        assert_int_equal(f.retry_after_ms, -1);
        assert_non_null(strstr(f.err.message, "words"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_answers),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_exceptions_in_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
