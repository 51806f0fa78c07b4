/* A plugin's requests against a server of ours: what is refused before anything is sent, what is
 * sent and what comes back, caps, deadlines and turns. */
#include "http_errand_fixture.h"

/* ---- Before anything is sent ------------------------------------------------------------------*/

static const struct {
    const char *name;
    const char *method;
    const char *url; /* NULL: the site's */
    struct http_header header;
    const char *secret;
    const char *secret_header;
    const char *secret_prefix;
    const char *body;
    uint64_t timeout_ms;
    uint64_t answer_max;
    bool dry_run;
    unsigned code;
    const char *why;
} refusals[] = {
    {.name = "method", .method = "TRACE", .code = DH_HTTP_INVALID, .why = "GET, HEAD"},
    {.name = "small method", .method = "get", .code = DH_HTTP_INVALID, .why = "GET, HEAD"},
    {.name = "method with more", .method = "GET /x", .code = DH_HTTP_INVALID, .why = "GET, HEAD"},
    {.name = "a body with HEAD",
     .method = "HEAD",
     .body = "x",
     .code = DH_HTTP_INVALID,
     .why = "no body"},
    {.name = "no URL", .url = "", .code = DH_HTTP_INVALID, .why = "begin with"},
    {.name = "a file", .url = "file:///etc/passwd", .code = DH_HTTP_INVALID, .why = "begin with"},
    {.name = "a user",
     .url = "https://a:pw@shop.invalid/",
     .code = DH_HTTP_INVALID,
     .why = "a user"},
    {.name = "another server",
     .url = "https://evil.example/pw",
     .code = DH_HTTP_REFUSED,
     .why = "https://evil.example:443 is none"},
    {.name = "another port",
     .url = "https://shop.invalid:8443/",
     .code = DH_HTTP_REFUSED,
     .why = "none of the servers"},
    {.name = "another scheme",
     .url = "http://shop.invalid/",
     .code = DH_HTTP_REFUSED,
     .why = "none of the servers"},
    {.name = "an odd number",
     .url = "http://0x7f.1/",
     .code = DH_HTTP_INVALID,
     .why = "reads like an address"},
    {.name = "Host",
     .header = {STR_INIT("hOST"), STR_INIT("evil.example")},
     .code = DH_HTTP_INVALID,
     .why = "hOST is the host's to set"},
    {.name = "Content-Length",
     .header = {STR_INIT("Content-Length"), STR_INIT("3")},
     .code = DH_HTTP_INVALID,
     .why = "Content-Length"},
    {.name = "Transfer-Encoding",
     .header = {STR_INIT("transfer-encoding"), STR_INIT("chunked")},
     .code = DH_HTTP_INVALID,
     .why = "transfer-encoding"},
    {.name = "Connection",
     .header = {STR_INIT("Connection"), STR_INIT("close")},
     .code = DH_HTTP_INVALID,
     .why = "Connection"},
    {.name = "Expect",
     .header = {STR_INIT("Expect"), STR_INIT("100-continue")},
     .code = DH_HTTP_INVALID,
     .why = "Expect"},
    {.name = "Upgrade",
     .header = {STR_INIT("Upgrade"), STR_INIT("h2c")},
     .code = DH_HTTP_INVALID,
     .why = "Upgrade"},
    {.name = "Proxy-",
     .header = {STR_INIT("Proxy-Authorization"), STR_INIT("x")},
     .code = DH_HTTP_INVALID,
     .why = "Proxy-Authorization"},
    {.name = "empty name",
     .header = {STR_INIT(""), STR_INIT("x")},
     .code = DH_HTTP_INVALID,
     .why = "name"},
    {.name = "colon in a name",
     .header = {STR_INIT("X: y"), STR_INIT("x")},
     .code = DH_HTTP_INVALID,
     .why = "name"},
    {.name = "line break",
     .header = {STR_INIT("X"), STR_INIT("pw\r\nHost: evil.example")},
     .code = DH_HTTP_INVALID,
     .why = "X holds a line break"},
    {.name = "NUL",
     .header = {STR_INIT("X"), STR_INIT("pw\0x")},
     .code = DH_HTTP_INVALID,
     .why = "X holds a line break"},
    {.name = "not UTF-8",
     .header = {STR_INIT("X"), STR_INIT("pw\xff")},
     .code = DH_HTTP_INVALID,
     .why = "not UTF-8"},
    {.name = "no such secret",
     .secret = "Key",
     .secret_header = "X-Key",
     .code = DH_HTTP_INVALID,
     .why = "no secret of that name"},
    {.name = "a secret for nowhere",
     .secret = "key",
     .code = DH_HTTP_INVALID,
     .why = "the secret's header"},
    {.name = "a secret as Host",
     .secret = "key",
     .secret_header = "Host",
     .code = DH_HTTP_INVALID,
     .why = "Host is the host's"},
    {.name = "a line break before a secret",
     .secret = "key",
     .secret_header = "X-Key",
     .secret_prefix = "a\r\nX: ",
     .code = DH_HTTP_INVALID,
     .why = "line break"},
    {.name = "a header for no secret",
     .secret_header = "X-Key",
     .code = DH_HTTP_INVALID,
     .why = "has to say which"},
    {.name = "twice",
     .header = {STR_INIT("x-key"), STR_INIT("mine")},
     .secret = "key",
     .secret_header = "X-Key",
     .code = DH_HTTP_INVALID,
     .why = "among the headers"},
    {.name = "an hour", .timeout_ms = UINT64_MAX, .code = DH_HTTP_INVALID, .why = "an hour"},
    {.name = "too much",
     .answer_max = 4 * 1024 * 1024 + 1,
     .code = DH_HTTP_INVALID,
     .why = "answer_max"},
    {.name = "a dry POST",
     .method = "POST",
     .dry_run = true,
     .code = DH_HTTP_REFUSED,
     .why = "dry run"},
    {.name = "a dry DELETE",
     .method = "DELETE",
     .dry_run = true,
     .code = DH_HTTP_REFUSED,
     .why = "dry run"},
};

static void
test_what_is_never_sent(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        char url[512];
        struct http_errand_request r = {
            .method = str_c(refusals[i].method),
            .url = refusals[i].url ? str_c(refusals[i].url) : url_at(&d.here, "/", url),
            .headers = &refusals[i].header,
            .header_count = refusals[i].header.name.ptr != NULL,
            .secret = str_c(refusals[i].secret),
            .secret_header = str_c(refusals[i].secret_header),
            .secret_prefix = str_c(refusals[i].secret_prefix),
            .body = str_c(refusals[i].body),
            .timeout_ms = refusals[i].timeout_ms,
            .answer_max = refusals[i].answer_max,
            .dry_run = refusals[i].dry_run,
        };
        ask(&d, &r);
        if (d.outcome.dones != 0 || d.outcome.code != refusals[i].code ||
            !strstr(d.outcome.why, refusals[i].why) || strstr(d.outcome.why, "pw")) {
            fail_msg("%s: %u, %s", refusals[i].name, d.outcome.code, d.outcome.why);
        }
    }
    assert_int_equal(atomic_load(&d.here.server.connections), 0);
    desk_down(&d);
}

static void
test_too_many_and_too_large(void **state)
{
    (void)state;
    struct desk d;
    char url[512];
    struct http_header headers[HTTP_ERRAND_HEADERS_MAX + 1];
    char *large = calloc(1, HTTP_ERRAND_BODY_BYTES + 1);
    desk_up(&d);
    for (size_t i = 0; i <= HTTP_ERRAND_HEADERS_MAX; i++) {
        headers[i] = (struct http_header){STR("X"), STR("y")};
    }
    struct http_errand_request r = {.url = url_at(&d.here, "/", url), .headers = headers};
    r.header_count = HTTP_ERRAND_HEADERS_MAX + 1;
    ask(&d, &r);
    assert_int_equal(d.outcome.code, DH_HTTP_INVALID);
    r.header_count = HTTP_ERRAND_HEADERS_MAX;
    ask(&d, &r);
    assert_int_equal(d.outcome.code, DH_HTTP_OK);
    memset(large, 'a', HTTP_ERRAND_BODY_BYTES + 1);
    headers[0].value = (struct str){large, HTTP_ERRAND_HEADER_BYTES};
    r.header_count = 1;
    ask(&d, &r);
    assert_int_equal(d.outcome.code, DH_HTTP_INVALID);
    r.header_count = 0;
    r.method = STR("PUT");
    r.body = (struct str){large, HTTP_ERRAND_BODY_BYTES + 1};
    ask(&d, &r);
    assert_int_equal(d.outcome.code, DH_HTTP_INVALID);
    assert_int_equal(atomic_load(&d.here.server.requests), 1);
    free(large);
    desk_down(&d);
}

static void
test_a_plugin_without_grants(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    d.grants = (struct plugin_grants){0};
    get(&d, "/", false);
    assert_int_equal(d.outcome.code, DH_HTTP_REFUSED);
    assert_int_equal(atomic_load(&d.here.server.connections), 0);
    desk_down(&d);
}

/* By name or by number, the server is listed: its address is refused. */
static void
test_private_addresses(void **state)
{
    (void)state;
    struct desk d;
    char text[64];
    char url[512];
    desk_up(&d);
    d.grants.http_private = false;
    get(&d, "/", false);
    assert_int_equal(d.outcome.code, DH_HTTP_REFUSED);
    assert_non_null(strstr(d.outcome.why, "public address"));
    assert_false(d.outcome.answered);
    (void)snprintf(text, sizeof(text), "http://localhost:%d", d.here.server.port);
    d.servers[2] = str_c(text);
    (void)snprintf(url, sizeof(url), "%s/x", text);
    struct http_errand_request r = {.url = str_c(url)};
    ask(&d, &r);
    assert_int_equal(d.outcome.code, DH_HTTP_REFUSED);
    assert_int_equal(atomic_load(&d.here.server.connections), 0);
    desk_down(&d);
}

/* ---- What is sent, and what comes back --------------------------------------------------------*/

static void
test_a_request_and_its_answer(void **state)
{
    (void)state;
    struct desk d;
    char url[512];
    static const struct http_header headers[] = {{STR_INIT("X-One"), STR_INIT("1")},
                                                 {STR_INIT("Accept"), STR_INIT("text/plain")}};
    desk_up(&d);
    struct http_errand_request r = {
        .method = STR("PATCH"),
        .url = url_at(&d.here, "/a?b=%20", url),
        .headers = headers,
        .header_count = 2,
        .body = STR("{\"a\":1}"),
        .secret = STR("key"),
        .secret_header = STR("Authorization"),
        .secret_prefix = STR("Bearer "),
    };
    ask(&d, &r);
    assert_int_equal(d.outcome.code, DH_HTTP_OK);
    assert_int_equal(d.outcome.status, 200);
    assert_true(d.outcome.answered);
    assert_string_equal(d.outcome.body.ptr, "ok");
    assert_string_equal(d.outcome.headers[0].name.ptr, "content-type");
    assert_string_equal(d.outcome.headers[0].value.ptr, "Text/Plain");
    assert_true(site_heard(&d.here, "PATCH /a?b=%20 HTTP/1.1\r\n"));
    assert_true(site_heard(&d.here, "\r\nAuthorization: Bearer " SECRET "\r\n"));
    assert_true(site_heard(&d.here, "\r\nX-One: 1\r\n"));
    assert_true(site_heard(&d.here, "\r\n\r\n{\"a\":1}"));
    get(&d, "/odd", false);
    assert_int_equal(d.outcome.status, 404);
    assert_string_equal(d.outcome.headers[0].name.ptr, "x-odd");
    assert_string_equal(d.outcome.headers[0].value.ptr, "a ?");
    desk_down(&d);
}

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

static void
test_every_method(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        char url[512];
        char line[64];
        struct http_errand_request r = {.method = str_c(methods[i]),
                                        .url = url_at(&d.here, "/m", url)};
        r.dry_run = i < 2;
        ask(&d, &r);
        assert_int_equal(d.outcome.code, DH_HTTP_OK);
        assert_string_equal(d.outcome.body.ptr, i == 1 ? "" : "ok");
        (void)snprintf(line, sizeof(line), "%s /m HTTP/1.1\r\n", methods[i]);
        assert_true(site_heard(&d.here, line));
    }
    desk_down(&d);
}

static const struct {
    const char *path;
    uint64_t answer_max;
    unsigned code;
    const char *why;
} caps[] = {
    {"/long", 0, DH_HTTP_TOO_LARGE, "larger than 262144"},
    {"/long", 200 * 2048 - 1, DH_HTTP_TOO_LARGE, "larger than 409599"},
    {"/long", 200 * 2048, DH_HTTP_OK, ""},
    {"/heads", 0, DH_HTTP_TOO_LARGE, "head of its answer"},
    {"/", 1, DH_HTTP_TOO_LARGE, "larger than 1 "},
};

static void
test_caps(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        char url[512];
        struct http_errand_request r = {.url = url_at(&d.here, caps[i].path, url),
                                        .answer_max = caps[i].answer_max};
        ask(&d, &r);
        if (d.outcome.code != caps[i].code || !strstr(d.outcome.why, caps[i].why)) {
            fail_msg("%s: %u, %s", caps[i].path, d.outcome.code, d.outcome.why);
        }
        assert_true(d.outcome.answered);
    }
    desk_down(&d);
}

static void
test_servers_that_do_not_answer(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    struct http_errand_request r = {.url = STR("https://shop.invalid/x")};
    ask(&d, &r);
    assert_int_equal(d.outcome.code, DH_HTTP_FAILED);
    assert_non_null(strstr(d.outcome.why, "shop.invalid"));
    assert_false(d.outcome.answered);
    desk_down(&d);
}

/* ---- Time and turns ---------------------------------------------------------------------------*/

static void
test_time(void **state)
{
    (void)state;
    struct desk d;
    char url[512];
    desk_up(&d);
    int64_t before = clock_mono_ms(clock_real());
    struct http_errand_request r = {.url = url_at(&d.here, "/never", url), .timeout_ms = 200};
    ask(&d, &r);
    assert_int_equal(d.outcome.code, DH_HTTP_TIMEOUT);
    assert_false(d.outcome.answered);
    r.timeout_ms = 3600000;
    r.deadline_ms = clock_mono_ms(clock_real()) + 200;
    ask(&d, &r);
    assert_int_equal(d.outcome.code, DH_HTTP_TIMEOUT);
    assert_in_range(clock_mono_ms(clock_real()) - before, 400, 3000);
    r.deadline_ms = clock_mono_ms(clock_real()) - 1;
    ask(&d, &r);
    assert_int_equal(d.outcome.code, DH_HTTP_TIMEOUT);
    assert_int_equal(d.outcome.dones, 0);
    desk_down(&d);
}

enum { MANY = 8 };

static void
test_four_at_once(void **state)
{
    (void)state;
    struct desk d;
    char url[512];
    struct outcome *outcomes = calloc(MANY + 1, sizeof(*outcomes));
    desk_up(&d);
    for (int i = 0; i < MANY; i++) {
        struct http_errand_request r = {.url = url_at(&d.here, "/slow", url)};
        start(&d, &r, &outcomes[i]);
    }
    /* Another plugin does not wait for these. */
    struct http_errand_request other = {.plugin = &url, .url = url_at(&d.there, "/slow", url)};
    start(&d, &other, &outcomes[MANY]);
    wait_all(&d);
    for (int i = 0; i <= MANY; i++) {
        assert_int_equal(outcomes[i].code, DH_HTTP_OK);
        assert_string_equal(outcomes[i].body.ptr, "slow");
        arena_done(&outcomes[i].arena);
    }
    assert_int_equal(atomic_load(&d.here.most), HTTP_ERRANDS_AT_ONCE);
    free(outcomes);
    desk_down(&d);
}

static void
test_waiting_takes_time_too(void **state)
{
    (void)state;
    struct desk d;
    char url[512];
    struct outcome *outcomes = calloc(MANY, sizeof(*outcomes));
    desk_up(&d);
    for (int i = 0; i < MANY; i++) {
        struct http_errand_request r = {.url = url_at(&d.here, "/slow", url),
                                        .timeout_ms = i < 4 ? 0 : 150};
        start(&d, &r, &outcomes[i]);
    }
    wait_all(&d);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(outcomes[i].code, i < 4 ? DH_HTTP_OK : DH_HTTP_TIMEOUT);
        assert_true(i < 4 || strstr(outcomes[i].why, "other requests"));
        arena_done(&outcomes[i].arena);
    }
    assert_int_equal(atomic_load(&d.here.server.requests), 4);
    free(outcomes);
    desk_down(&d);
}

static void
test_cancelling(void **state)
{
    (void)state;
    struct desk d;
    char url[512];
    struct outcome *outcomes = calloc(MANY, sizeof(*outcomes));
    desk_up(&d);
    for (int i = 0; i < MANY; i++) {
        struct http_errand_request r = {.url = url_at(&d.here, i < 4 ? "/never" : "/", url)};
        start(&d, &r, &outcomes[i]);
    }
    for (int i = 0; i < 5; i++) { /* those under way, and one that waits */
        http_errand_cancel(outcomes[i].errand);
        d.open--;
    }
    wait_all(&d);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(outcomes[i].dones, i >= 5);
        assert_int_equal(outcomes[i].code, DH_HTTP_OK);
        arena_done(&outcomes[i].arena);
    }
    free(outcomes);
    desk_down(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_never_sent),
        cmocka_unit_test(test_too_many_and_too_large),
        cmocka_unit_test(test_a_plugin_without_grants),
        cmocka_unit_test(test_private_addresses),
        cmocka_unit_test(test_a_request_and_its_answer),
        cmocka_unit_test(test_every_method),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_servers_that_do_not_answer),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_four_at_once),
        cmocka_unit_test(test_waiting_takes_time_too),
        cmocka_unit_test(test_cancelling),
    };
    rig_environment();
    return cmocka_run_group_tests_name("http-errand", tests, NULL, NULL);
}
