/* A source of AWS credentials against programs and a server of the test's own: every way gone,
 * renewals shared, in the background and in time, and failures in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fault.h"
#include "tests/unit/aws_rig.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MINUTE = 60 * 1000 };

#define KEYS(key, token, until)                                                                    \
    "{\"AccessKeyId\":\"" key "\",\"SecretAccessKey\":\"" SECRET "\",\"" token                     \
    "\":\"tok\",\"Expiration\":\"" until "\"}"
#define CONTAINER_KEYS(key, until) KEYS(key, "Token", until)

/* ---- without waiting ---- */

static void
test_keys_at_hand(void **state)
{
    struct rig r;
    home_write(*state, ".aws/credentials",
               "[default]\naws_access_key_id = AKID1\naws_secret_access_key = " SECRET "\n"
               "aws_session_token = tok\n");
    rig_open(&r, &(struct aws_options){.region = STR("eu-west-1")});
    assert_null(aws_source_keys(r.source));
    want_key(&r, "AKID1");
    assert_true(str_eq_c(aws_source_keys(r.source)->secret_key, SECRET));
    assert_true(str_eq_c(aws_source_keys(r.source)->session_token, "tok"));
    assert_true(str_eq_c(aws_source_origin(r.source), "profile default"));
    assert_int_equal(aws_source_api_key(r.source).len, 0);
    /* What changes in the file is seen when a server says so. */
    home_write(*state, ".aws/credentials",
               "[default]\naws_access_key_id = AKID2\naws_secret_access_key = " SECRET "\n");
    want_key(&r, "AKID1");
    aws_source_expire(r.source);
    want_key(&r, "AKID1");
    clock_hand_advance(&r.clock, 31000);
    aws_source_expire(r.source);
    want_key(&r, "AKID2");
    assert_int_equal(aws_source_keys(r.source)->session_token.len, 0);
    /* The files are wrong now: said, and mended without a new start. */
    home_write(*state, ".aws/credentials", SECRET);
    clock_hand_advance(&r.clock, 31000);
    aws_source_expire(r.source);
    want_failure(&r, ERR_INVALID, "/.aws/credentials:1: expected [NAME]");
    home_write(*state, ".aws/credentials",
               "[default]\naws_access_key_id = AKID3\naws_secret_access_key = " SECRET "\n");
    want_key(&r, "AKID3");
    rig_close(&r);
}

static void
test_an_api_key(void **state)
{
    (void)state;
    struct rig r;
    struct asker a = {0};
    rig_open(&r, &(struct aws_options){.api_key = STR("api" SECRET)});
    assert_int_equal(ask(&r, &a), 0);
    assert_null(aws_source_keys(r.source));
    assert_true(str_eq_c(aws_source_api_key(r.source), "api" SECRET));
    rig_close(&r);
}

static void
test_options_are_checked(void **state)
{
    (void)state;
    static const struct {
        struct aws_options options;
        const char *words;
    } wrong[] = {
        {{.access_key = STR_INIT("AKID")}, "belong together"},
        {{.secret_key = STR_INIT(SECRET)}, "belong together"},
        {{.region = STR_INIT("a/b")}, "region: 'a/b' is not"},
        {{.base_url = STR_INIT("http://u:" SECRET "@x")}, "base_url: expected"},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct aws_source *source = NULL;
        struct err err = {0};
        assert_int_equal(aws_source_new(&wrong[i].options, &source, &err), ERR_INVALID);
        assert_non_null(strstr(err.message, wrong[i].words));
        assert_null(strstr(err.message, SECRET));
        assert_null(source);
    }
}

static void
test_region_and_address(void **state)
{
    struct rig r;
    struct err err = {0};
    struct str got;
    rig_open(&r, &(struct aws_options){0});
    assert_int_equal(aws_source_endpoint(r.source, &got, &err), ERR_NOTFOUND);
    assert_non_null(strstr(err.message, "no AWS region"));
    home_write(*state, ".aws/config", "[default]\nregion = cn-north-1\n");
    assert_int_equal(aws_source_endpoint(r.source, &got, &err), 0);
    assert_true(str_eq_c(got, "https://bedrock-runtime.cn-north-1.amazonaws.com.cn"));
    assert_int_equal(aws_source_region(r.source, &got, &err), 0);
    assert_true(str_eq_c(got, "cn-north-1"));
    rig_close(&r);
    rig_open(&r, &(struct aws_options){.base_url = STR("http://127.0.0.1:1/x/")});
    assert_int_equal(setenv("AWS_ENDPOINT_URL", "http://other", 1), 0);
    assert_int_equal(aws_source_endpoint(r.source, &got, &err), 0);
    assert_true(str_eq_c(got, "http://127.0.0.1:1/x"));
    rig_close(&r);
}

/* ---- a container ---- */

static void
test_a_container(void **state)
{
    (void)state;
    static const struct page pages[] = {{"GET /creds?id=1 HTTP", "authorization: Basic abc\r\n",
                                         200, CONTAINER_KEYS("AKIDC", "2026-01-15T13:00:00Z")},
                                        {0}};
    struct server server = {0};
    struct rig r;
    /* Nobody is there: who asks a proxy for these credentials gets none. */
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    server_start(&server, pages);
    point_at("AWS_CONTAINER_CREDENTIALS_FULL_URI", &server, "/creds?id=1");
    assert_int_equal(setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc", 1), 0);
    rig_open(&r, &(struct aws_options){0});
    want_key(&r, "AKIDC");
    want_key(&r, "AKIDC");
    assert_true(str_eq_c(aws_source_origin(r.source), "the container's agent"));
    assert_int_equal(server.asked, 1);
    assert_int_equal(server.refused, 0);
    rig_close(&r);
    server_stop(&server);
    assert_int_equal(unsetenv("http_proxy"), 0);
}

static void
test_one_renewal_for_all(void **state)
{
    (void)state;
    static const struct page pages[] = {
        {"GET /", NULL, 200, CONTAINER_KEYS("AKIDC", "2026-01-15T13:00:00Z")}, {0}};
    struct server server = {.delay_ms = 50};
    struct asker askers[4] = {[1] = {.again = true}};
    struct rig r;
    server_start(&server, pages);
    point_at("AWS_CONTAINER_CREDENTIALS_FULL_URI", &server, "/");
    rig_open(&r, &(struct aws_options){0});
    for (size_t i = 0; i < COUNT(askers); i++) {
        assert_int_equal(ask(&r, &askers[i]), AWS_WAIT);
    }
    aws_source_forget(r.source, askers[2].wait);
    wait_told(&r, &askers[3]);
    assert_int_equal(askers[0].told, 1);
    assert_int_equal(askers[1].told, 1);
    assert_int_equal(askers[2].told, 0);
    assert_string_equal(askers[0].key, "AKIDC");
    assert_int_equal(server.asked, 1);
    rig_close(&r);
    /* Given up while the server thinks. */
    rig_open(&r, &(struct aws_options){0});
    assert_int_equal(ask(&r, &askers[0]), AWS_WAIT);
    pass_ms(&r, 20);
    aws_source_forget(r.source, askers[0].wait);
    rig_close(&r);
    server_stop(&server);
}

static void
test_a_shared_failure(void **state)
{
    (void)state;
    static const struct page pages[] = {{"GET /", NULL, 500, SECRET}, {0}};
    static const struct page mended[] = {
        {"GET /", NULL, 200, CONTAINER_KEYS("AKIDC", "2026-01-15T13:00:00Z")}, {0}};
    struct server server = {0};
    struct asker askers[2] = {{0}, {0}};
    struct rig r;
    server_start(&server, pages);
    point_at("AWS_CONTAINER_CREDENTIALS_FULL_URI", &server, "/");
    rig_open(&r, &(struct aws_options){0});
    assert_int_equal(ask(&r, &askers[0]), AWS_WAIT);
    assert_int_equal(ask(&r, &askers[1]), AWS_WAIT);
    wait_told(&r, &askers[1]);
    for (size_t i = 0; i < COUNT(askers); i++) {
        assert_int_equal(askers[i].err.code, ERR_REMOTE);
        assert_true(askers[i].err.retryable);
        assert_non_null(strstr(askers[i].err.message, "the container's agent: it answered with"));
        assert_null(strstr(askers[i].err.message, SECRET));
    }
    assert_int_equal(server.asked, 1);
    server.pages = mended;
    want_key(&r, "AKIDC");
    rig_close(&r);
    server_stop(&server);
}

/* ---- time ---- */

static void
test_renewal_in_time(void **state)
{
    (void)state;
    static const struct page first[] = {
        {"GET /", NULL, 200, CONTAINER_KEYS("AKID1", "2026-01-15T13:00:00Z")}, {0}};
    static const struct page broken[] = {{"GET /", NULL, 503, ""}, {0}};
    static const struct page second[] = {
        {"GET /", NULL, 200, CONTAINER_KEYS("AKID2", "2026-01-15T14:00:00Z")}, {0}};
    struct server server = {0};
    struct rig r;
    server_start(&server, first);
    point_at("AWS_CONTAINER_CREDENTIALS_FULL_URI", &server, "/");
    rig_open(&r, &(struct aws_options){0});
    want_key(&r, "AKID1");
    server.pages = broken;
    /* Never earlier than 15 minutes before the end, always from 5 on. */
    clock_hand_advance(&r.clock, 44 * MINUTE);
    want_key(&r, "AKID1");
    pass_ms(&r, 50);
    assert_int_equal(server.asked, 1);
    clock_hand_advance(&r.clock, 11 * MINUTE);
    want_key(&r, "AKID1");
    pass_ms(&r, 100);
    assert_int_equal(server.asked, 2);
    /* It failed: nobody hears of it, and a minute passes before the next. */
    clock_hand_advance(&r.clock, MINUTE / 2);
    want_key(&r, "AKID1");
    pass_ms(&r, 50);
    assert_int_equal(server.asked, 2);
    clock_hand_advance(&r.clock, MINUTE / 2);
    want_key(&r, "AKID1");
    pass_ms(&r, 100);
    assert_int_equal(server.asked, 3);
    /* Expired, it is told. */
    clock_hand_advance(&r.clock, 4 * MINUTE);
    want_failure(&r, ERR_REMOTE, "HTTP status 503");
    server.pages = second;
    want_key(&r, "AKID2");
    /* And in the background it is there without waiting. */
    server.pages = first;
    clock_hand_advance(&r.clock, 55 * MINUTE);
    want_key(&r, "AKID2");
    pass_ms(&r, 100);
    want_key(&r, "AKID1");
    rig_close(&r);
    server_stop(&server);
}

static void
test_expired_says_the_server(void **state)
{
    (void)state;
    static const struct page first[] = {
        {"GET /", NULL, 200, CONTAINER_KEYS("AKID1", "2026-01-15T13:00:00Z")}, {0}};
    static const struct page second[] = {
        {"GET /", NULL, 200, CONTAINER_KEYS("AKID2", "2026-01-15T13:00:00Z")}, {0}};
    struct server server = {0};
    struct rig r;
    server_start(&server, first);
    point_at("AWS_CONTAINER_CREDENTIALS_FULL_URI", &server, "/");
    rig_open(&r, &(struct aws_options){0});
    want_key(&r, "AKID1");
    server.pages = second;
    clock_hand_advance(&r.clock, MINUTE);
    aws_source_expire(r.source);
    want_key(&r, "AKID2");
    /* The second request that was refused for AKID1 is told so late. */
    aws_source_expire(r.source);
    want_key(&r, "AKID2");
    assert_int_equal(server.asked, 2);
    rig_close(&r);
    server_stop(&server);
}

/* Credentials that come expired (a clock is wrong, or theirs) are tried for a while; those with a
 * short life are used for half of it. */
static void
test_odd_lives(void **state)
{
    (void)state;
    static const struct page old[] = {
        {"GET /", NULL, 200, CONTAINER_KEYS("AKID1", "2026-01-15T11:00:00Z")}, {0}};
    static const struct page brief[] = {
        {"GET /", NULL, 200, CONTAINER_KEYS("AKID2", "2026-01-15T12:10:00Z")}, {0}};
    struct server server = {0};
    struct rig r;
    server_start(&server, old);
    point_at("AWS_CONTAINER_CREDENTIALS_FULL_URI", &server, "/");
    rig_open(&r, &(struct aws_options){0});
    want_key(&r, "AKID1");
    want_key(&r, "AKID1");
    assert_int_equal(server.asked, 1);
    server.pages = brief;
    clock_hand_advance(&r.clock, 5 * MINUTE);
    want_key(&r, "AKID2");
    want_key(&r, "AKID2");
    pass_ms(&r, 50);
    assert_int_equal(server.asked, 2);
    clock_hand_advance(&r.clock, 3 * MINUTE);
    want_key(&r, "AKID2");
    pass_ms(&r, 100);
    assert_int_equal(server.asked, 3);
    rig_close(&r);
    server_stop(&server);
}

/* ---- a machine ---- */

#define ROLES "/latest/meta-data/iam/security-credentials/"
static const struct page machine[] = {
    {"PUT /latest/api/token HTTP", "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", 200, "tok=="},
    {"GET " ROLES " HTTP", "x-aws-ec2-metadata-token: tok==\r\n", 200, "shop-role\n"},
    {"GET " ROLES "shop-role HTTP", "x-aws-ec2-metadata-token: tok==\r\n", 200,
     CONTAINER_KEYS("AKIDM", "2026-01-15T18:00:00Z")},
    {0}};
static const struct page no_role[] = {
    {"PUT /latest/api/token HTTP", NULL, 200, "tok=="}, {"GET " ROLES " HTTP", NULL, 404, ""}, {0}};
static const struct page odd_role[] = {{"PUT /latest/api/token HTTP", NULL, 200, "tok=="},
                                       {"GET " ROLES " HTTP", NULL, 200, "../" SECRET},
                                       {0}};
static const struct page odd_token[] = {{"PUT /latest/api/token HTTP", NULL, 200, "a\r\nb" SECRET},
                                        {0}};
static const struct page refused_role[] = {
    {"PUT /latest/api/token HTTP", NULL, 200, "tok=="},
    {"GET " ROLES " HTTP", NULL, 200, "shop-role"},
    {"GET " ROLES "shop-role HTTP", NULL, 200, "{\"Code\":\"Failed\",\"Message\":\"" SECRET "\"}"},
    {0}};
static const struct page switched_off[] = {{"PUT /latest/api/token HTTP", NULL, 403, ""}, {0}};

static void
test_a_machine(void **state)
{
    (void)state;
    static const struct {
        const struct page *pages;
        int code; /* 0: AKIDM */
        const char *words;
    } cases[] = {
        {machine, 0, ""},
        {no_role, ERR_AUTH, "; this machine has no role"},
        {odd_role, ERR_REMOTE, "EC2's metadata service: its role's name makes no sense"},
        {odd_token, ERR_REMOTE, "EC2's metadata service: its token makes no sense"},
        {refused_role, ERR_AUTH, "EC2's metadata service: refused: Failed"},
        {switched_off, ERR_AUTH, "EC2's metadata service: it answered with HTTP status 403"},
    };
    struct server server = {0};
    server_start(&server, machine);
    point_at("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server, "/");
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rig r;
        server.pages = cases[i].pages;
        rig_open(&r, &(struct aws_options){0});
        if (cases[i].code == 0) {
            want_key(&r, "AKIDM");
        } else {
            want_failure(&r, cases[i].code, cases[i].words);
        }
        rig_close(&r);
    }
    assert_int_equal(server.refused, 0);
    server_stop(&server);
}

static void
test_no_machine(void **state)
{
    (void)state;
    struct server server = {0};
    struct rig r;
    server_start(&server, machine);
    point_at("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server, "");
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    /* Too slow: a second is all it gets. */
    server.delay_ms = 1300;
    rig_open(&r, &(struct aws_options){0});
    want_failure(&r, ERR_AUTH, "no AWS credentials: set AWS_ACCESS_KEY_ID");
    server_stop(&server);
    /* And nobody there. */
    want_failure(&r, ERR_AUTH, "no AWS credentials: set AWS_ACCESS_KEY_ID");
    rig_close(&r);
}

/* ---- programs ---- */

static void
test_a_program(void **state)
{
    struct rig r;
    char config[1000];
    const char *home = *state;
    (void)snprintf(config, sizeof(config),
                   "[profile p]\ncredential_process = %s/give \"two words\"\n"
                   "[profile gone]\ncredential_process = %s/gone\n",
                   home, home);
    home_write(home, ".aws/config", config);
    home_write_mode(home, "give",
                    "#!/bin/sh\n[ \"$1\" = 'two words' ] || exit 9\n"
                    "echo '{\"Version\":1,\"AccessKeyId\":\"AKIDP\",\"SecretAccessKey\":\"" SECRET
                    "\"}'\n",
                    0700);
    rig_open(&r, &(struct aws_options){.profile = STR("p")});
    want_key(&r, "AKIDP");
    assert_true(str_eq_c(aws_source_origin(r.source), "profile p"));
    rig_close(&r);

    home_write_mode(home, "give", "#!/bin/sh\necho " SECRET "\necho 'log in first' >&2\nexit 3\n",
                    0700);
    rig_open(&r, &(struct aws_options){.profile = STR("p")});
    want_failure(&r, ERR_AUTH, "profile p: credential_process: ");
    home_write_mode(home, "give", "#!/bin/sh\necho " SECRET "\n", 0700);
    want_failure(&r, ERR_REMOTE, "profile p: its answer is not a JSON object");
    rig_close(&r);

    rig_open(&r, &(struct aws_options){.profile = STR("gone")});
    want_failure(&r, ERR_NOTFOUND, "profile gone: credential_process: ");
    rig_close(&r);

    /* Given up while it runs. */
    struct asker a = {0};
    home_write_mode(home, "give", "#!/bin/sh\nexec sleep 30\n", 0700);
    rig_open(&r, &(struct aws_options){.profile = STR("p")});
    assert_int_equal(ask(&r, &a), AWS_WAIT);
    pass_ms(&r, 20);
    aws_source_forget(r.source, a.wait);
    rig_close(&r);
}

/* ---- single sign-on ---- */

static void
test_single_sign_on(void **state)
{
#define PORTAL "GET /federation/credentials?role_name=bot&account_id=1 HTTP"
    static const struct page good[] = {
        {PORTAL, "x-amz-sso_bearer_token: t" SECRET "\r\n", 200,
         "{\"roleCredentials\":{\"accessKeyId\":\"AKIDS\",\"secretAccessKey\":\"" SECRET
         "\",\"sessionToken\":\"tok\",\"expiration\":1768482000000}}"},
        {0}};
    static const struct page out[] = {{PORTAL, NULL, 401, "{\"message\":\"" SECRET "\"}"}, {0}};
    static const struct page no[] = {{PORTAL, NULL, 403, "{\"message\":\"" SECRET "\"}"}, {0}};
    struct server server = {0};
    struct rig r;
    home_write(*state, ".aws/config",
               "[sso-session corp]\nsso_start_url = https://x/start\nsso_region = eu-west-1\n"
               "[profile p]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = bot\n");
    home_write(*state, ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
               "{\"accessToken\":\"t" SECRET "\",\"expiresAt\":\"2026-01-15T12:30:00Z\"}");
    server_start(&server, out);
    point_at("AWS_ENDPOINT_URL_SSO", &server, "");
    rig_open(&r, &(struct aws_options){.profile = STR("p")});
    want_failure(&r, ERR_AUTH, "profile p: the login is no longer valid; run: aws sso login");
    server.pages = no;
    want_failure(&r, ERR_AUTH, "check sso_role_name and sso_account_id");
    server.pages = good;
    want_key(&r, "AKIDS");
    rig_close(&r);
    server_stop(&server);
}

#ifdef DESKHAND_FAULT_HOOKS
/* Each allocation between asking and being told failed in turn: told so, or done without. */
static void
test_every_failed_allocation_is_told(void **state)
{
    (void)state;
    struct server server = {0};
    bool fired = true;
    server_start(&server, machine);
    point_at("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server, "");
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    for (unsigned long n = 1; fired; n++) {
        struct rig r;
        struct asker a = {0};
        char spec[32];
        rig_open(&r, &(struct aws_options){0});
        (void)snprintf(spec, sizeof(spec), "alloc:%lu", n);
        assert_true(fault_configure(str_c(spec)));
        if (ask(&r, &a) == AWS_WAIT) {
            wait_told(&r, &a);
        }
        fired = fault_passed() >= n;
        assert_true(fault_configure((struct str){0}));
        assert_true(a.err.code == 0 || (a.err.code == ERR_NOMEM && fired));
        want_key(&r, "AKIDM");
        rig_close(&r);
    }
    server_stop(&server);
}
#endif

int
main(void)
{
#define IN_A_HOME(test) cmocka_unit_test_setup_teardown(test, home_make, home_remove)
    const struct CMUnitTest tests[] = {
        IN_A_HOME(test_keys_at_hand),
        IN_A_HOME(test_an_api_key),
        cmocka_unit_test(test_options_are_checked),
        IN_A_HOME(test_region_and_address),
        IN_A_HOME(test_a_container),
        IN_A_HOME(test_one_renewal_for_all),
        IN_A_HOME(test_a_shared_failure),
        IN_A_HOME(test_renewal_in_time),
        IN_A_HOME(test_expired_says_the_server),
        IN_A_HOME(test_odd_lives),
        IN_A_HOME(test_a_machine),
        IN_A_HOME(test_no_machine),
        IN_A_HOME(test_a_program),
        IN_A_HOME(test_single_sign_on),
#ifdef DESKHAND_FAULT_HOOKS
        IN_A_HOME(test_every_failed_allocation_is_told),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
