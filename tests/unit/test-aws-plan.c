/* Which way to AWS credentials is taken, what is refused in which words, and the decoders of what
 * comes back. Nothing here runs a program or asks a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fault.h"
#include "model/aws_command.h"
#include "model/aws_home.h"
#include "model/aws_plan.h"
#include "model/aws_plan_remote.h"
#include "tests/unit/aws_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Every secret in this file has this word in it; no message may. */
#define SECRET "hunter2"

static const int64_t now_ms = 1768478400000; /* 2026-01-15T12:00:00Z */

#define NOTHING                                                                                    \
    {                                                                                              \
        .profile = { 0 }                                                                           \
    }

/* ---- the order ---- */

struct setting {
    const char *name;
    const char *value;
};

static const char both_files_credentials[] =
    "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = " SECRET "\n"
    "[shop]\naws_access_key_id = AKIDSHOP\naws_secret_access_key = " SECRET "\n"
    "aws_session_token = token" SECRET "\n"
    "[half]\naws_access_key_id = AKIDHALF\n"
    "[quoted]\naws_access_key_id = \"AKID\"\naws_secret_access_key = " SECRET "\n"
    "[both]\naws_access_key_id = AKIDBOTH\naws_secret_access_key = " SECRET "\n";
static const char both_files_config[] =
    "[default]\nregion = eu-west-1\n"
    "[profile shop]\nregion = eu-central-1\n"
    "[profile empty]\nregion = eu-north-1\n"
    "[profile badregion]\nregion = evil.example/\n"
    "[profile inconfig]\naws_access_key_id = AKIDCONFIG\naws_secret_access_key = " SECRET "\n"
    "[profile both]\naws_access_key_id = AKIDOTHER\naws_session_token = x" SECRET "\n"
    "credential_process = /bin/false\n"
    "[profile helper]\ncredential_process = /opt/bin/give \"my shop\" --json\n"
    "[profile badhelper]\ncredential_process = /opt/bin/give \"" SECRET "\n"
    "[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = shop\n"
    "[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n"
    "[profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Shop Bot\n"
    "[profile oldsso]\nsso_start_url = https://corp.example/start\nsso_region = us-east-1\n"
    "sso_account_id = 1\nsso_role_name = r\n"
    "[profile nosession]\nsso_session = gone\nsso_account_id = 1\nsso_role_name = r\n"
    "[profile noaccount]\nsso_session = corp\n"
    "[services local]\nbedrock_runtime =\n  endpoint_url = http://127.0.0.1:9/\n"
    "[profile local]\nservices = local\nendpoint_url = http://127.0.0.1:8\nregion = us-east-1\n"
    "[profile url]\nendpoint_url = http://127.0.0.1:7\n";

static const struct {
    const char *name;
    struct setting env[4];
    struct aws_given given;
    enum aws_method method;
    const char *origin;
    const char *access_key; /* or the API key */
    const char *url;
} ways[] = {
    {"nothing set: default", {{0}}, NOTHING, AWS_BY_HAND, "profile default", "AKIDDEFAULT", NULL},
    {"an API key beats all",
     {{"AWS_BEARER_TOKEN_BEDROCK", "api" SECRET}, {"AWS_PROFILE", "shop"}},
     {.access_key = STR_INIT("AKIDGIVEN"), .secret_key = STR_INIT(SECRET)},
     AWS_BY_HAND,
     "AWS_BEARER_TOKEN_BEDROCK",
     "api" SECRET,
     NULL},
    {"its own setting first",
     {{"AWS_BEARER_TOKEN_BEDROCK", "api" SECRET}},
     {.api_key = STR_INIT("own" SECRET)},
     AWS_BY_HAND,
     "key",
     "own" SECRET,
     NULL},
    {"keys given",
     {{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", SECRET}},
     {.access_key = STR_INIT("AKIDGIVEN"),
      .secret_key = STR_INIT(SECRET),
      .profile = STR_INIT("shop")},
     AWS_BY_HAND,
     "desk.yaml",
     "AKIDGIVEN",
     NULL},
    {"a profile given beats the environment",
     {{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", SECRET}},
     {.profile = STR_INIT("shop")},
     AWS_BY_HAND,
     "profile shop",
     "AKIDSHOP",
     NULL},
    {"the environment beats AWS_PROFILE",
     {{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", SECRET}, {"AWS_PROFILE", "shop"}},
     NOTHING,
     AWS_BY_HAND,
     "the environment",
     "AKIDENV",
     NULL},
    {"AWS_PROFILE",
     {{"AWS_PROFILE", "shop"}},
     NOTHING,
     AWS_BY_HAND,
     "profile shop",
     "AKIDSHOP",
     NULL},
    {"keys in config",
     {{0}},
     {.profile = STR_INIT("inconfig")},
     AWS_BY_HAND,
     "profile inconfig",
     "AKIDCONFIG",
     NULL},
    {"all of one file, credentials first",
     {{0}},
     {.profile = STR_INIT("both")},
     AWS_BY_HAND,
     "profile both",
     "AKIDBOTH",
     NULL},
    {"a program",
     {{0}},
     {.profile = STR_INIT("helper")},
     AWS_BY_PROCESS,
     "profile helper",
     NULL,
     NULL},
    {"a profile without, then the container",
     {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x?id=1"}},
     {.profile = STR_INIT("empty")},
     AWS_BY_CONTAINER,
     "the container's agent",
     NULL,
     "http://169.254.170.2/v2/x?id=1"},
    {"the container's full address",
     {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://[fd00:ec2::23]/v1/credentials"},
      {"AWS_PROFILE", "empty"}},
     NOTHING,
     AWS_BY_CONTAINER,
     "the container's agent",
     NULL,
     "http://[fd00:ec2::23]/v1/credentials"},
    {"the machine",
     {{"AWS_EC2_METADATA_DISABLED", ""}, {"AWS_PROFILE", "empty"}},
     NOTHING,
     AWS_BY_MACHINE,
     "EC2's metadata service",
     NULL,
     "http://169.254.169.254"},
    {"the machine elsewhere",
     {{"AWS_EC2_METADATA_DISABLED", "false"},
      {"AWS_PROFILE", "noaccount"},
      {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/"}},
     NOTHING,
     AWS_BY_MACHINE,
     "EC2's metadata service",
     NULL,
     "http://127.0.0.1:1338"},
};

static void
set_environment(const struct setting *env, int value)
{
    for (size_t i = 0; i < 4 && env[i].name; i++) {
        assert_int_equal(value ? setenv(env[i].name, env[i].value, 1) : unsetenv(env[i].name), 0);
    }
    if (!value) {
        assert_int_equal(setenv("AWS_EC2_METADATA_DISABLED", "true", 1), 0);
    }
}

static void
write_files(const char *home)
{
    home_write(home, ".aws/credentials", both_files_credentials);
    home_write(home, ".aws/config", both_files_config);
}

static void
check_way(size_t i)
{
    AUTO(aws_plan) struct aws_plan plan = {0};
    struct err err = {0};
    if (aws_plan_make(&ways[i].given, now_ms, &plan, &err) != 0) {
        fail_msg("%s: %s", ways[i].name, err.message);
    }
    const struct aws_found *f = &plan.found;
    struct str key = f->api_key.len ? aws_text_str(&f->api_key) : aws_text_str(&f->access_key);
    bool right = plan.method == ways[i].method && str_eq_c(plan.origin, ways[i].origin) &&
                 (!ways[i].access_key || str_eq_c(key, ways[i].access_key)) &&
                 (!ways[i].url || str_eq_c(plan.url, ways[i].url));
    if (!right) {
        fail_msg("%s: method %d of %s with %.*s", ways[i].name, (int)plan.method, plan.origin.ptr,
                 (int)plan.url.len, plan.url.ptr ? plan.url.ptr : "");
    }
}

static void
test_the_order(void **state)
{
    write_files(*state);
    for (size_t i = 0; i < COUNT(ways); i++) {
        set_environment(ways[i].env, 1);
        check_way(i);
        set_environment(ways[i].env, 0);
    }
}

static void
test_what_a_way_holds(void **state)
{
    write_files(*state);
    struct err err = {0};
    AUTO(aws_plan) struct aws_plan plan = {0};
    struct aws_given given = {.profile = STR("shop")};
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), 0);
    assert_true(str_eq_c(aws_text_str(&plan.found.secret_key), SECRET));
    assert_true(str_eq_c(aws_text_str(&plan.found.session_token), "token" SECRET));
    assert_int_equal(plan.found.expires_ms, 0);
    aws_plan_done(&plan);
    /* The token of another file belongs to another key. */
    given.profile = STR("both");
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), 0);
    assert_int_equal(plan.found.session_token.len, 0);
    aws_plan_done(&plan);
    given.profile = STR("helper");
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), 0);
    assert_string_equal(plan.argv[0], "/opt/bin/give");
    assert_string_equal(plan.argv[1], "my shop");
    assert_string_equal(plan.argv[2], "--json");
    assert_null(plan.argv[3]);
}

/* ---- what is refused ---- */

static const struct {
    const char *name;
    struct setting env[4];
    struct aws_given given;
    int want;
    const char *words;
} refusals[] = {
    {"nothing at all", {{"AWS_PROFILE", "empty"}}, NOTHING, ERR_AUTH, "aws configure"},
    {"and it says which profile was looked at",
     {{"AWS_PROFILE", "empty"}},
     NOTHING,
     ERR_AUTH,
     "no AWS credentials (profile empty has none): set AWS_ACCESS_KEY_ID"},
    {"no such profile", {{0}}, {.profile = STR_INIT("gone")}, ERR_NOTFOUND, "profile gone: stands"},
    {"none of AWS_PROFILE's",
     {{"AWS_PROFILE", "gone"}},
     NOTHING,
     ERR_NOTFOUND,
     "AWS_PROFILE: profile gone: stands"},
    {"half a key in the environment",
     {{"AWS_ACCESS_KEY_ID", "AKID"}},
     NOTHING,
     ERR_AUTH,
     "the environment: has an access key, but not its secret"},
    {"the other half",
     {{"AWS_SECRET_ACCESS_KEY", SECRET}},
     NOTHING,
     ERR_AUTH,
     "the environment: has a secret, but not its access key"},
    {"half a key in a profile",
     {{0}},
     {.profile = STR_INIT("half")},
     ERR_AUTH,
     "profile half: has"},
    {"quotes", {{0}}, {.profile = STR_INIT("quoted")}, ERR_AUTH, "profile quoted: the access key"},
    {"a header in a key",
     {{0}},
     {.api_key = STR_INIT("a\r\nx: " SECRET)},
     ERR_AUTH,
     "key: the API"},
    {"a header in a token",
     {{0}},
     {.access_key = STR_INIT("A"),
      .secret_key = STR_INIT(SECRET),
      .session_token = STR_INIT("a\nb" SECRET)},
     ERR_AUTH,
     "desk.yaml: the session token"},
    {"a role",
     {{0}},
     {.profile = STR_INIT("role")},
     ERR_INVALID,
     "aws configure export-credentials --profile role --format process"},
    {"web identity",
     {{"AWS_PROFILE", "empty"}, {"AWS_WEB_IDENTITY_TOKEN_FILE", "/x"}},
     NOTHING,
     ERR_INVALID,
     "web identity is not supported"},
    {"a program's open quote",
     {{0}},
     {.profile = STR_INIT("badhelper")},
     ERR_INVALID,
     "profile badhelper: credential_process: a quote is not closed"},
    {"single sign-on, nobody logged in",
     {{0}},
     {.profile = STR_INIT("sso")},
     ERR_AUTH,
     "profile sso: nobody is logged in; run: aws sso login --profile sso"},
    {"single sign-on without session",
     {{0}},
     {.profile = STR_INIT("nosession")},
     ERR_INVALID,
     "there is no [sso-session gone]"},
    {"a container's address elsewhere",
     {{"AWS_PROFILE", "empty"}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example/x"}},
     NOTHING,
     ERR_INVALID,
     "AWS_CONTAINER_CREDENTIALS_FULL_URI: expected https://"},
    {"a container's address that is no path",
     {{"AWS_PROFILE", "empty"}, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example/x"}},
     NOTHING,
     ERR_INVALID,
     "expected a path"},
    {"a container's token with a line break",
     {{"AWS_PROFILE", "empty"},
      {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"},
      {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\n" SECRET}},
     NOTHING,
     ERR_INVALID,
     "AWS_CONTAINER_AUTHORIZATION_TOKEN: has"},
    {"a container's token file that is not there",
     {{"AWS_PROFILE", "empty"},
      {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"},
      {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nonexistent/token"}},
     NOTHING,
     ERR_NOTFOUND,
     "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: open /nonexistent/token"},
    {"a metadata service that is no address",
     {{"AWS_PROFILE", "empty"},
      {"AWS_EC2_METADATA_DISABLED", ""},
      {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "169.254.169.254"}},
     NOTHING,
     ERR_INVALID,
     "AWS_EC2_METADATA_SERVICE_ENDPOINT: expected"},
};

static void
test_what_is_refused(void **state)
{
    write_files(*state);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct aws_plan plan = {0};
        struct err err = {0};
        set_environment(refusals[i].env, 1);
        int got = aws_plan_make(&refusals[i].given, now_ms, &plan, &err);
        set_environment(refusals[i].env, 0);
        if (got != refusals[i].want || !strstr(err.message, refusals[i].words)) {
            fail_msg("%s: %d %s", refusals[i].name, got, err.message);
        }
        assert_null(strstr(err.message, SECRET));
        assert_null(plan.found.access_key.ptr);
        assert_null(plan.arena.blocks);
    }
}

static void
test_files_that_cannot_be_read(void **state)
{
    struct err err = {0};
    AUTO(aws_plan) struct aws_plan plan = {0};
    const struct aws_given given = {0};
    /* None at all is no fault of the files. */
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), ERR_AUTH);
    home_write(*state, ".aws/config", "[default]\n" SECRET "\n");
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "/.aws/config:2: expected KEY = VALUE"));
    assert_null(strstr(err.message, SECRET));
    /* Elsewhere, and a folder. */
    home_write(*state, "other", "[default]\naws_access_key_id=A\naws_secret_access_key=b\n");
    assert_int_equal(setenv("AWS_SHARED_CREDENTIALS_FILE", "~/other", 1), 0);
    assert_int_equal(setenv("AWS_CONFIG_FILE", "/nonexistent", 1), 0);
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), 0);
    aws_plan_done(&plan);
    assert_int_equal(setenv("AWS_CONFIG_FILE", *state, 1), 0);
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "is not a regular file"));
}

/* ---- single sign-on ---- */

/* sha1 of "corp" and of the start URL, as `aws sso login` names its files. */
static const char corp_cache[] = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

static void
test_single_sign_on(void **state)
{
    write_files(*state);
    struct err err = {0};
    AUTO(aws_plan) struct aws_plan plan = {0};
    const struct aws_given given = {.profile = STR("sso")};
    home_write(*state, corp_cache,
               "{\"accessToken\":\"t" SECRET "\",\"expiresAt\":\"2026-01-15T12:00:01Z\"}");
    if (aws_plan_make(&given, now_ms, &plan, &err) != 0) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(plan.method, AWS_BY_SSO);
    assert_string_equal(plan.url.ptr,
                        "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials"
                        "?role_name=Shop%20Bot&account_id=123456789012");
    assert_true(str_eq_c(aws_text_str(&plan.token), "t" SECRET));
    aws_plan_done(&plan);
    assert_int_equal(aws_plan_make(&given, now_ms + 1000, &plan, &err), ERR_AUTH);
    assert_non_null(strstr(err.message, "the login has expired; run: aws sso login"));
    home_write(*state, corp_cache, "{\"accessToken\":\"" SECRET "\"}");
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), ERR_INVALID);
    home_write(*state, corp_cache, SECRET);
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), ERR_INVALID);
    assert_null(strstr(err.message, SECRET));
}

/* ---- region and address ---- */

static const struct {
    const char *name;
    struct setting env[4];
    const char *given;
    const char *profile;
    int want;
    const char *region; /* or words of the failure */
} regions[] = {
    {"given", {{"AWS_REGION", "a"}}, "eu-south-1", "", 0, "eu-south-1"},
    {"AWS_REGION", {{"AWS_REGION", "a"}, {"AWS_DEFAULT_REGION", "b"}}, "", "shop", 0, "a"},
    {"AWS_DEFAULT_REGION", {{"AWS_DEFAULT_REGION", "b"}}, "", "shop", 0, "b"},
    {"the profile's", {{0}}, "", "shop", 0, "eu-central-1"},
    {"AWS_PROFILE's", {{"AWS_PROFILE", "empty"}}, "", "", 0, "eu-north-1"},
    {"the default's", {{0}}, "", "", 0, "eu-west-1"},
    {"none", {{0}}, "", "helper", ERR_NOTFOUND, "no AWS region: set `region` of the model"},
    {"one that is none", {{"AWS_REGION", "evil.example/"}}, "", "", ERR_INVALID, "AWS_REGION: '"},
    {"nor in a file", {{0}}, "", "badregion", ERR_INVALID, "~/.aws/config: region: '"},
};

static void
test_region(void **state)
{
    write_files(*state);
    for (size_t i = 0; i < COUNT(regions); i++) {
        AUTO(arena) struct arena arena = {0};
        struct str got = {0};
        struct err err = {0};
        set_environment(regions[i].env, 1);
        int result =
            aws_home_region(str_c(regions[i].given), str_c(regions[i].profile), &arena, &got, &err);
        set_environment(regions[i].env, 0);
        bool right = result == 0 ? str_eq_c(got, regions[i].region)
                                 : strstr(err.message, regions[i].region) != NULL;
        if (result != regions[i].want || !right) {
            fail_msg("%s: %d %.*s %s", regions[i].name, result, (int)got.len,
                     got.ptr ? got.ptr : "", err.message);
        }
    }
}

static const struct {
    const char *name;
    struct setting env[4];
    const char *profile;
    int want;
    const char *url;
} addresses[] = {
    {"nobody's", {{0}}, "", 0, ""},
    {"Bedrock's own first",
     {{"AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://a/"}, {"AWS_ENDPOINT_URL", "http://b"}},
     "local",
     0,
     "http://a"},
    {"that of all services", {{"AWS_ENDPOINT_URL", "http://b"}}, "local", 0, "http://b"},
    {"a profile's for Bedrock", {{0}}, "local", 0, "http://127.0.0.1:9"},
    {"a profile's for all", {{0}}, "url", 0, "http://127.0.0.1:7"},
    {"none wanted",
     {{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"}, {"AWS_ENDPOINT_URL", "http://b"}},
     "local",
     0,
     ""},
    {"one that is none",
     {{"AWS_ENDPOINT_URL", "b"}},
     "",
     ERR_INVALID,
     "AWS_ENDPOINT_URL: expected"},
};

static void
test_address(void **state)
{
    write_files(*state);
    for (size_t i = 0; i < COUNT(addresses); i++) {
        AUTO(arena) struct arena arena = {0};
        struct str got = {0};
        struct err err = {0};
        set_environment(addresses[i].env, 1);
        int result = aws_home_endpoint(str_c(addresses[i].profile), &arena, &got, &err);
        set_environment(addresses[i].env, 0);
        bool right = result == 0 ? str_eq_c(got, addresses[i].url)
                                 : strstr(err.message, addresses[i].url) != NULL;
        if (result != addresses[i].want || !right) {
            fail_msg("%s: %d %.*s %s", addresses[i].name, result, (int)got.len,
                     got.ptr ? got.ptr : "", err.message);
        }
    }
}

/* ---- the container's rule ---- */

static void
test_where_a_container_may_ask(void **state)
{
    (void)state;
    static const char *const fine[] = {
        "https://agent.example/x",      "http://127.0.0.1:80/x",  "http://127.9.8.7/x",
        "http://169.254.170.2/v2",      "http://169.254.170.23/", "http://localhost:1/x",
        "http://[::1]:8080/x",          "http://[fd00:ec2::23]",  "http://169.254.170.23",
        "http://[FD00:EC2:0:0::23]/v1",
    };
    static const char *const wrong[] = {
        "http://169.254.169.254/x",
        "http://evil.example/x",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://[::1].evil.example",
        "http://[::1",
        "http://[fd00:ec2::24]/",
        "http://localhost\\@evil",
        "http://0x7f.1/",
        "http://1270.0.0.1/",
        "ftp://127.0.0.1/",
        "https://",
        "http://",
        "http:///x",
        "",
        "http://127.0.0.1\r\n/",
        "http://localhost#@e/",
        "http://localhost?.evil.example/",
    };
    for (size_t i = 0; i < COUNT(fine); i++) {
        if (!aws_container_url_allowed(str_c(fine[i]))) {
            fail_msg("%s", fine[i]);
        }
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        if (aws_container_url_allowed(str_c(wrong[i]))) {
            fail_msg("%s", wrong[i]);
        }
    }
}

static void
test_the_containers_token(void **state)
{
    struct err err = {0};
    AUTO(aws_plan) struct aws_plan plan = {0};
    const struct aws_given given = {0};
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/token", (const char *)*state);
    home_write(*state, "token", "first" SECRET "\n");
    (void)setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/x", 1);
    (void)setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic other", 1);
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), 0);
    assert_true(str_eq_c(aws_text_str(&plan.token), "Basic other"));
    aws_plan_done(&plan);
    (void)setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path, 1);
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), 0);
    assert_true(str_eq_c(aws_text_str(&plan.token), "first" SECRET));
    aws_plan_done(&plan);
    home_write(*state, "token", "second" SECRET);
    assert_int_equal(aws_plan_make(&given, now_ms, &plan, &err), 0);
    assert_true(str_eq_c(aws_text_str(&plan.token), "second" SECRET));
}

/* ---- the words of a command ---- */

static const struct {
    const char *command;
    const char *words[5]; /* the first NULL: refused */
} commands[] = {
    {"a", {"a"}},
    {"  a\tb \n c  ", {"a", "b", "c"}},
    {"/x/y \"a b\" 'c d'", {"/x/y", "a b", "c d"}},
    {"a\"b c\"d'e f'", {"ab cde f"}},
    {"a \"\" ''", {"a", "", ""}},
    {"a \\\"b \\\\ c\\ d", {"a", "\"b", "\\", "c d"}},
    {"a \"b\\\"c\\\\d\\e\"", {"a", "b\"c\\d\\e"}},
    {"a 'b\\'", {"a", "b\\"}},
    {"a $HOME `id` ;x", {"a", "$HOME", "`id`", ";x"}},
    {"a \\", {"a", "\\"}},
    {"", {NULL}},
    {"  ", {NULL}},
    {"\"\" a", {NULL}},
    {"a \"b", {NULL}},
    {"a 'b", {NULL}},
};

static void
test_words_of_a_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(commands); i++) {
        AUTO(arena) struct arena arena = {0};
        const char *const *words = NULL;
        struct err err = {0};
        int result = aws_command_split(str_c(commands[i].command), &arena, &words, &err);
        assert_int_equal(result, commands[i].words[0] ? 0 : ERR_INVALID);
        for (size_t w = 0; result == 0 && w < 5; w++) {
            if (!commands[i].words[w]) {
                assert_null(words[w]);
                break;
            }
            assert_non_null(words[w]);
            assert_string_equal(words[w], commands[i].words[w]);
        }
    }
    AUTO(arena) struct arena arena = {0};
    char many[200];
    const char *const *words = NULL;
    struct err err = {0};
    memset(many, ' ', sizeof(many));
    for (size_t i = 0; i < 65; i++) {
        many[2 * i] = 'x';
    }
    struct str all = {many, 2 * 64};
    assert_int_equal(aws_command_split(all, &arena, &words, &err), 0);
    assert_null(words[64]);
    all.len++;
    assert_int_equal(aws_command_split(all, &arena, &words, &err), ERR_LIMIT);
    assert_int_equal(aws_command_split((struct str){"a\0b", 3}, &arena, &words, &err), ERR_INVALID);
}

/* ---- answers ---- */

static const struct {
    const char *name;
    enum aws_answer kind;
    const char *text;
    int want;
    const char *words; /* of the failure */
    int64_t expires_ms;
} answers[] = {
    {"a program's", AWS_ANSWER_PROCESS,
     "{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"" SECRET
     "\",\"SessionToken\":\"tok\",\"Expiration\":\"2026-01-15T13:00:00+00:00\"}",
     0, NULL, 1768482000000},
    {"that never ends", AWS_ANSWER_PROCESS,
     "{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"" SECRET "\"}", 0, NULL, 0},
    {"null is unset", AWS_ANSWER_PROCESS,
     "{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"" SECRET
     "\",\"SessionToken\":null,\"Expiration\":null}",
     0, NULL, 0},
    {"another version", AWS_ANSWER_PROCESS,
     "{\"Version\":2,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"" SECRET "\"}", ERR_REMOTE,
     "here: its answer does not say \"Version\": 1", 0},
    {"half", AWS_ANSWER_PROCESS, "{\"Version\":1,\"SecretAccessKey\":\"" SECRET "\"}", ERR_AUTH,
     "here: has a secret, but not its access key", 0},
    {"a time that is none", AWS_ANSWER_PROCESS,
     "{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"" SECRET
     "\",\"Expiration\":\"" SECRET "\"}",
     ERR_REMOTE, "here: its answer's Expiration is not a time", 0},
    {"no JSON", AWS_ANSWER_PROCESS, SECRET, ERR_REMOTE, "here: its answer is not a JSON object", 0},
    {"no object", AWS_ANSWER_METADATA, "[\"" SECRET "\"]", ERR_REMOTE, "is not a JSON object", 0},
    {"empty", AWS_ANSWER_METADATA, "", ERR_REMOTE, "is not a JSON object", 0},
    {"a machine's", AWS_ANSWER_METADATA,
     "{\"Code\":\"Success\",\"LastUpdated\":\"x\",\"Type\":\"AWS-HMAC\",\"AccessKeyId\":\"AKID\","
     "\"SecretAccessKey\":\"" SECRET
     "\",\"Token\":\"tok\",\"Expiration\":\"2026-01-15T13:00:00Z\"}",
     0, NULL, 1768482000000},
    {"a container's", AWS_ANSWER_METADATA,
     "{\"RoleArn\":\"arn\",\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"" SECRET
     "\",\"Token\":\"tok\",\"Expiration\":\"2026-01-15T13:00:00Z\"}",
     0, NULL, 1768482000000},
    {"refused", AWS_ANSWER_METADATA,
     "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"" SECRET "\"}", ERR_AUTH,
     "here: refused: AssumeRoleUnauthorizedAccess", 0},
    {"refused in odd words", AWS_ANSWER_METADATA, "{\"Code\":\"no " SECRET "\"}", ERR_AUTH,
     "here: refused", 0},
    {"keys of a wrong type", AWS_ANSWER_METADATA, "{\"AccessKeyId\":1,\"SecretAccessKey\":[]}",
     ERR_AUTH, "here: has no access key", 0},
    {"single sign-on's", AWS_ANSWER_SSO,
     "{\"roleCredentials\":{\"accessKeyId\":\"AKID\",\"secretAccessKey\":\"" SECRET
     "\",\"sessionToken\":\"tok\",\"expiration\":1768482000000}}",
     0, NULL, 1768482000000},
    {"single sign-on's without", AWS_ANSWER_SSO, "{\"message\":\"" SECRET "\"}", ERR_AUTH,
     "here: has no access key", 0},
};

static void
test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        AUTO(aws_found) struct aws_found found = {0};
        struct err err = {0};
        int got = aws_answer_read(answers[i].kind, str_c(answers[i].text), "here", &found, &err);
        bool right = got == answers[i].want && found.expires_ms == answers[i].expires_ms;
        right = right && (got == 0 ? str_eq_c(aws_text_str(&found.access_key), "AKID") &&
                                         str_eq_c(aws_text_str(&found.secret_key), SECRET)
                                   : strstr(err.message, answers[i].words) != NULL);
        if (!right) {
            fail_msg("%s: %d %s", answers[i].name, got, err.message);
        }
        assert_null(strstr(err.message, SECRET));
        assert_true(got == 0 || !found.access_key.ptr);
    }
}

#ifdef DESKHAND_FAULT_HOOKS
/* Each allocation of a plan failed in turn: said, and nothing left behind. */
static void
test_every_failed_allocation_is_said(void **state)
{
    static const char *const profiles[] = {"shop", "helper", "sso", "inconfig"};
    write_files(*state);
    home_write(*state, corp_cache,
               "{\"accessToken\":\"t\",\"expiresAt\":\"2026-01-15T12:00:01Z\"}");
    for (size_t p = 0; p < COUNT(profiles); p++) {
        int result = ERR_NOMEM;
        for (int n = 1; result != 0; n++) {
            AUTO(aws_plan) struct aws_plan plan = {0};
            const struct aws_given given = {.profile = str_c(profiles[p])};
            struct err err = {0};
            char spec[32];
            (void)snprintf(spec, sizeof(spec), "alloc:%d", n);
            assert_true(fault_configure(str_c(spec)));
            result = aws_plan_make(&given, now_ms, &plan, &err);
            assert_true(fault_configure((struct str){0}));
            assert_true(result == 0 || result == ERR_NOMEM);
            assert_true(result == 0 || err.code == ERR_NOMEM);
        }
    }
}
#endif

int
main(void)
{
#define IN_A_HOME(test) cmocka_unit_test_setup_teardown(test, home_make, home_remove)
    const struct CMUnitTest tests[] = {
        IN_A_HOME(test_the_order),
        IN_A_HOME(test_what_a_way_holds),
        IN_A_HOME(test_what_is_refused),
        IN_A_HOME(test_files_that_cannot_be_read),
        IN_A_HOME(test_single_sign_on),
        IN_A_HOME(test_region),
        IN_A_HOME(test_address),
        cmocka_unit_test(test_where_a_container_may_ask),
        IN_A_HOME(test_the_containers_token),
        cmocka_unit_test(test_words_of_a_command),
        cmocka_unit_test(test_answers),
#ifdef DESKHAND_FAULT_HOOKS
        IN_A_HOME(test_every_failed_allocation_is_said),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
