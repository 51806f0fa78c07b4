/* Where redirects may lead a plugin's request, and what they take along. */
#include "http_errand_fixture.h"

#include "base/fault.h"

static const struct {
    const char *path;
    bool follow;
    unsigned code;
    int status;
    const char *heard; /* by the site */
    const char *why;
} redirects[] = {
    {"/to?/end", false, DH_HTTP_OK, 302, "GET /to?/end", ""},
    {"/to?/end", true, DH_HTTP_OK, 200, "GET /end ", ""},
    {"/to?/end?a=b", true, DH_HTTP_OK, 200, "GET /end?a=b ", ""},
    {"/part", true, DH_HTTP_OK, 200, "GET /whole ", ""},
    {"/to?near", true, DH_HTTP_OK, 200, "GET /near ", ""},
    {"/to?./a/../b/./c/.", true, DH_HTTP_OK, 200, "GET /b/c/ ", ""},
    {"/to?../../x/..", true, DH_HTTP_OK, 200, "GET / ", ""},
    {"/to?/to?/to?/twice", true, DH_HTTP_OK, 200, "GET /twice ", ""},
    {"/to?/to?/to?/to?/to?/five", true, DH_HTTP_OK, 200, "GET /five ", ""},
    {"/to?/to?/to?/to?/to?/to?/six", true, DH_HTTP_FAILED, 0, "GET /to?/six", "more than 5"},
    {"/loop", true, DH_HTTP_FAILED, 0, "GET /loop ", "more than 5 redirects"},
    {"/lost", true, DH_HTTP_OK, 302, "GET /lost ", ""},
    {"/to?https://evil.example/x", true, DH_HTTP_REFUSED, 0, "", "https://evil.example:443"},
    {"/to?//evil.example/x", true, DH_HTTP_REFUSED, 0, "", "http://evil.example:80"},
    {"/to?http://127.0.0.1:1/x", true, DH_HTTP_REFUSED, 0, "", "none of the servers"},
    {"/to?http://user@127.0.0.1/x", true, DH_HTTP_REFUSED, 0, "", "names a user"},
    {"/to?http://0x7f000001/x", true, DH_HTTP_REFUSED, 0, "", "reads like an address"},
    {"/to?file:///etc/passwd", true, DH_HTTP_REFUSED, 0, "", "begin with"},
    {"/to?javascript:1", true, DH_HTTP_REFUSED, 0, "", "begin with"},
    {"/slash", true, DH_HTTP_REFUSED, 0, "", "backslash"},
};

static void
test_redirects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(redirects) / sizeof(redirects[0]); i++) {
        struct desk d;
        desk_up(&d);
        get(&d, redirects[i].path, redirects[i].follow);
        if (d.outcome.code != redirects[i].code || d.outcome.status != redirects[i].status ||
            !strstr(d.outcome.why, redirects[i].why) || !site_heard(&d.here, redirects[i].heard)) {
            fail_msg("%s: %u, status %d, %s; %s", redirects[i].path, d.outcome.code,
                     d.outcome.status, d.outcome.why, d.here.log.text);
        }
        assert_true(d.outcome.answered);
        desk_down(&d);
    }
}

/* What is for one server only stays there, also when the way leads back. */
static void
test_what_a_redirect_takes_along(void **state)
{
    (void)state;
    struct desk d;
    char url[512];
    char path[256];
    static const struct http_header headers[] = {
        {STR_INIT("X-Plain"), STR_INIT("plain-1")},
        {STR_INIT("authorization"), STR_INIT("Basic mine-2")},
        {STR_INIT("Cookie"), STR_INIT("session=mine-3")},
        {STR_INIT("X-Own"), STR_INIT("in it: " SECRET "!")},
    };
    desk_up(&d);
    struct http_errand_request r = {.url = url_at(&d.here, "/to?/elsewhere", url),
                                    .headers = headers,
                                    .header_count = 4,
                                    .secret = STR("key"),
                                    .secret_header = STR("X-Key"),
                                    .follow = true};
    ask(&d, &r);
    assert_int_equal(d.outcome.code, DH_HTTP_OK);
    assert_true(site_heard(&d.here, "X-Key: " SECRET));
    assert_true(site_heard(&d.here, "mine-2") && site_heard(&d.here, "mine-3"));
    assert_true(site_heard(&d.there, "GET /echo ") && site_heard(&d.there, "X-Plain: plain-1"));
    assert_false(site_heard(&d.there, SECRET) || site_heard(&d.there, "mine-"));
    assert_false(site_heard(&d.there, "Referer"));
    /* On the same server all of it comes along. */
    site_forget(&d.there);
    (void)snprintf(path, sizeof(path), "/to?http://127.0.0.1:%d/to?http://127.0.0.1:%d/back",
                   d.here.server.port, d.there.server.port);
    r.url = url_at(&d.there, "/to?/last", url);
    ask(&d, &r);
    assert_true(site_heard(&d.there, "GET /last "));
    assert_true(site_heard(&d.there, SECRET));
    /* There and back. */
    site_forget(&d.here);
    r.url = url_at(&d.there, path, url);
    ask(&d, &r);
    assert_string_equal(d.outcome.why, "");
    assert_true(site_heard(&d.here, "GET /to?"));
    assert_false(site_heard(&d.here, SECRET));
    desk_down(&d);
}

static void
test_what_is_not_followed(void **state)
{
    (void)state;
    struct desk d;
    char url[512];
    desk_up(&d);
    struct http_errand_request r = {
        .method = STR("POST"), .url = url_at(&d.here, "/to?/end", url), .follow = true};
    ask(&d, &r);
    assert_int_equal(d.outcome.status, 302);
    assert_string_equal(d.outcome.body.ptr, "no");
    assert_int_equal(atomic_load(&d.here.server.requests), 1);
    r.method = STR("HEAD");
    ask(&d, &r);
    assert_int_equal(d.outcome.status, 200);
    assert_true(site_heard(&d.here, "HEAD /end "));
    desk_down(&d);
}

/* Each allocation in turn, from the first request of a desk to the end of its redirect. */
static void
test_every_failed_allocation_is_said(void **state)
{
    (void)state;
    struct desk d;
    struct err err = {0};
    char url[512];
    static const struct http_header header = {STR_INIT("X-Plain"), STR_INIT("1")};
    if (!fault_configure(STR("alloc:1000000"))) {
        skip();
    }
    desk_up(&d);
    buf_reserve(&d.here.log, 1024 * 1024); /* its threads' allocations are none of these */
    for (unsigned n = 1;; n++) {
        char spec[32];
        struct http_errand_request r = {.url = url_at(&d.here, "/to?/end", url),
                                        .headers = &header,
                                        .header_count = 1,
                                        .secret = STR("key"),
                                        .secret_header = STR("X-Key"),
                                        .follow = true};
        http_errands_free(d.errands);
        assert_int_equal(http_errands_new(d.loop, STR(""), &d.errands, &err), 0);
        site_forget(&d.here);
        (void)snprintf(spec, sizeof(spec), "alloc:%u", n);
        assert_true(fault_configure(str_c(spec)));
        ask(&d, &r);
        bool fired = fault_passed() >= n;
        assert_true(fault_configure((struct str){0}));
        assert_true(d.outcome.code == DH_HTTP_OK || (fired && d.outcome.code == DH_HTTP_FAILED));
        if (!fired) {
            print_message("a request and its redirect: %u allocations failed in turn\n", n - 1);
            assert_true(n > 20);
            break;
        }
    }
    desk_down(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_what_a_redirect_takes_along),
        cmocka_unit_test(test_what_is_not_followed),
        cmocka_unit_test(test_every_failed_allocation_is_said),
    };
    rig_environment();
    return cmocka_run_group_tests_name("http-redirect", tests, NULL, NULL);
}
