/* dh.http/1 from inside a plugin, in this process and in a child: what is allowed, what is refused,
 * where a secret goes and where it does not, time, size, and many at once. */
#include "tests/unit/http_site_fixture.h"

#include "host/http_errand.h"
#include "plugins/sdk/deskhand_plugin.h"

#include "bench.h"

#define PLUGINS "DESKHAND_TEST_PLUGINS"
#define SECRET "s3cr3t-value-7261"

/* A site that the plugin may reach, and one that it may not. */
struct desk {
    struct bench b;
    struct site site;
    struct site other;
    char server[64];
    struct str servers[2];
    struct plugin_secret secret;
    char text[2048];
};

static void
desk_up_granted(struct desk *d, bool is_private)
{
    size_t count;
    const struct plugin_extension *extensions = host_extensions(&count);
    site_up(&d->site);
    site_up(&d->other);
    (void)snprintf(d->site.elsewhere, sizeof(d->site.elsewhere), "127.0.0.1:%d",
                   d->other.server.port);
    (void)snprintf(d->server, sizeof(d->server), "http://127.0.0.1:%d", d->site.server.port);
    bench_open(&d->b);
    bench_http(&d->b);
    bench_set(&d->b, extensions, count, d->b.host);
    d->servers[0] = str_c(d->server);
    d->servers[1] = STR("*.shop.invalid");
    d->secret = (struct plugin_secret){STR("key"), STR(SECRET)};
    d->b.grants = (struct plugin_grants){.secrets = &d->secret,
                                         .secret_count = 1,
                                         .http = d->servers,
                                         .http_count = 2,
                                         .http_private = is_private};
    (void)bench_load(&d->b, PLUGINS, "fetch", "");
}

static void
desk_up(struct desk *d)
{
    desk_up_granted(d, true);
}

static void
desk_down(struct desk *d)
{
    bench_done(&d->b);
    site_down(&d->site);
    site_down(&d->other);
}

/* The arguments of a request to PATH of the site, with MORE members. */
static const char *
arguments(struct desk *d, const char *path, const char *more)
{
    (void)snprintf(d->text, sizeof(d->text), "{\"url\":\"%s%s\"%s}", d->server, path, more);
    return d->text;
}

/* One request; the result begins with CODE and has WORDS in it. */
static const struct tool_result *
ask(struct desk *d, const char *path, const char *more, unsigned code, const char *words)
{
    char start[32];
    const struct tool_result *r = bench_run(&d->b, "fetch", arguments(d, path, more));
    (void)snprintf(start, sizeof(start), "{\"code\":%u,", code);
    assert_int_equal(r->status, TOOL_OK);
    assert_contains(r->json, start);
    assert_contains(r->json, words);
    assert_true(str_find(r->json, STR(SECRET), 0) == SIZE_MAX);
    return r;
}

static void
test_an_answer(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    const struct tool_result *r = ask(&d, "/x?y=1", "", DH_HTTP_OK, "\"status\":200");
    assert_contains(r->json, "\"body\":\"ok\",\"type\":\"Text/Plain\",\"why\":\"\"");
    assert_true(r->untrusted);
    assert_true(site_heard(&d.site, "GET /x?y=1 HTTP/1.1\r\n"));
    r = ask(&d, "/put",
            ",\"method\":\"PUT\",\"body\":\"{\\\"a\\\":\\\"\\u00e9\\\"}\","
            "\"headers\":{\"X-One\":\"1\",\"Content-Type\":\"application/json\"}",
            DH_HTTP_OK, "\"status\":200");
    assert_true(site_heard(&d.site, "PUT /put HTTP/1.1\r\n"));
    assert_true(site_heard(&d.site, "X-One: 1\r\n"));
    assert_true(site_heard(&d.site, "\r\n\r\n{\"a\":\"\xc3\xa9\"}"));
    r = ask(&d, "/odd", "", DH_HTTP_OK, "\"status\":404");
    assert_true(r->untrusted);
    r = bench_run(&d.b, "quiet", "{}");
    assert_false(r->untrusted);
    desk_down(&d);
}

static const struct {
    const char *url;
    const char *more;
    unsigned code;
    const char *words;
} refusals[] = {
    {"https://evil.example/", "", DH_HTTP_REFUSED, "https://evil.example:443 is none"},
    {"http://127.0.0.1:1/", "", DH_HTTP_REFUSED, "none of the servers"},
    {"http://user:pw@127.0.0.1/", "", DH_HTTP_INVALID, "names a user"},
    {"http://2130706433/", "", DH_HTTP_INVALID, "address"},
    {"https://x.shop.invalid/\xc3\xa9", "", DH_HTTP_INVALID, "outside ASCII"},
    {"https://x.shop.invalid/", ",\"method\":\"TRACE\"", DH_HTTP_INVALID, "method"},
    {"https://x.shop.invalid/", ",\"headers\":{\"Host\":\"a\"}", DH_HTTP_INVALID, "Host"},
    {"https://x.shop.invalid/", ",\"headers\":{\"A\":\"a\\r\\nB: c\"}", DH_HTTP_INVALID, "A holds"},
    {"https://x.shop.invalid/", ",\"secret\":\"other\",\"secret_header\":\"X-Key\"",
     DH_HTTP_INVALID, "no secret of that name"},
    {"https://x.shop.invalid/", ",\"most\":5000000", DH_HTTP_INVALID, "answer_max"},
    {"https://x.shop.invalid/", "", DH_HTTP_FAILED, "no such host"},
};

static void
test_refusals(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        char code[32];
        (void)snprintf(d.text, sizeof(d.text), "{\"url\":\"%s\"%s}", refusals[i].url,
                       refusals[i].more);
        const struct tool_result *r = bench_run(&d.b, "fetch", d.text);
        (void)snprintf(code, sizeof(code), "{\"code\":%u,", refusals[i].code);
        assert_contains(r->json, code);
        assert_contains(r->json, refusals[i].words);
        assert_false(r->untrusted);
    }
    assert_int_equal(atomic_load(&d.site.server.connections), 0);
    assert_int_equal(atomic_load(&d.other.server.connections), 0);
    desk_down(&d);
}

static void
test_private_addresses(void **state)
{
    (void)state;
    struct desk d;
    desk_up_granted(&d, false);
    const struct tool_result *r = ask(&d, "/", "", DH_HTTP_REFUSED, "no public address");
    assert_false(r->untrusted);
    assert_int_equal(atomic_load(&d.site.server.connections), 0);
    desk_down(&d);
}

static void
test_redirects(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    (void)ask(&d, "/to?/end", "", DH_HTTP_OK, "\"status\":302");
    const struct tool_result *r =
        ask(&d, "/to?/end", ",\"follow\":1", DH_HTTP_OK, "\"status\":200");
    assert_true(r->untrusted);
    r = ask(&d, "/elsewhere", ",\"follow\":1", DH_HTTP_REFUSED, "none of the servers");
    assert_true(r->untrusted); /* where to, another server has said */
    assert_int_equal(atomic_load(&d.other.server.connections), 0);
    (void)ask(&d, "/loop", ",\"follow\":1", DH_HTTP_FAILED, "more than 5 redirects");
    desk_down(&d);
}

static void
test_a_secret(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    (void)ask(&d, "/s",
              ",\"secret\":\"key\",\"secret_header\":\"Authorization\","
              "\"secret_prefix\":\"Bearer \"",
              DH_HTTP_OK, "\"status\":200");
    assert_true(site_heard(&d.site, "\r\nAuthorization: Bearer " SECRET "\r\n"));
    desk_down(&d);
}

static void
test_sizes(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    (void)ask(&d, "/long", "", DH_HTTP_TOO_LARGE, "larger than 262144");
    (void)ask(&d, "/long", ",\"most\":4194304", DH_HTTP_OK, "\"length\":409600");
    (void)ask(&d, "/heads", "", DH_HTTP_TOO_LARGE, "head of its answer");
    const struct tool_result *r = bench_run(&d.b, "sizes", arguments(&d, "/", ""));
    assert_string_equal(r->json.ptr,
                        "{\"newer\":0,\"newer_body\":\"ok\",\"newer_tail\":true,\"older\":0,"
                        "\"older_status\":200,\"older_headers\":true,\"older_tail\":true,"
                        "\"nothing\":1}");
    desk_down(&d);
}

static void
test_time(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    (void)ask(&d, "/never", ",\"timeout\":100", DH_HTTP_TIMEOUT, "not complete in time");
    int64_t before = clock_mono_ms(clock_real());
    const struct tool_result *r = bench_run(&d.b, "fetch_soon", arguments(&d, "/never", ""));
    /* The tool's own deadline: its plugin may still say so in time, or not. */
    assert_true(r->status == TOOL_TIMEOUT || r->status == TOOL_OK);
    assert_in_range(clock_mono_ms(clock_real()) - before, 390, 5000);
    (void)ask(&d, "/", "", DH_HTTP_OK, "\"status\":200");
    desk_down(&d);
}

static void
test_cancelled_meanwhile(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    struct bench_call *c = bench_start(&d.b, "fetch", arguments(&d, "/never", ""));
    while (atomic_load(&d.site.server.requests) == 0) {
        bench_idle(&d.b, 5);
    }
    tool_call_cancel(c->call);
    bench_idle(&d.b, 50);
    assert_int_equal(c->count, 0);
    (void)ask(&d, "/", "", DH_HTTP_OK, "\"status\":200");
    desk_down(&d);
}

enum { MANY = 8 };

static void
test_many_at_once(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    struct bench_call *calls[MANY];
    for (size_t i = 0; i < MANY; i++) {
        calls[i] = bench_start(&d.b, "fetch", arguments(&d, "/slow", ""));
    }
    bench_wait(&d.b, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_contains(calls[i]->result.json, "\"body\":\"slow\"");
    }
    assert_in_range(atomic_load(&d.site.most), 2, HTTP_ERRANDS_AT_ONCE);
    desk_down(&d);
}

static void
test_a_dry_run(void **state)
{
    (void)state;
    struct desk d;
    desk_up(&d);
    d.b.dry_run = true;
    (void)ask(&d, "/dry", "", DH_HTTP_OK, "\"status\":200");
    (void)ask(&d, "/dry", ",\"method\":\"POST\"", DH_HTTP_REFUSED, "a dry run changes nothing");
    assert_int_equal(atomic_load(&d.site.server.requests), 1);
    desk_down(&d);
}

/* A desk whose commands only look: nothing is sent, in words. */
static void
test_without_a_host(void **state)
{
    (void)state;
    struct bench b;
    struct str server = STR("https://x.shop.invalid");
    bench_init(&b);
    b.grants = (struct plugin_grants){.http = &server, .http_count = 1};
    (void)bench_load(&b, PLUGINS, "fetch", "");
    const struct tool_result *r = bench_run(&b, "fetch", "{\"url\":\"https://x.shop.invalid/\"}");
    assert_contains(r->json, "{\"code\":3,");
    assert_contains(r->json, "nothing here makes requests");
    bench_done(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_private_addresses),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_a_secret),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_cancelled_meanwhile),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_a_dry_run),
        cmocka_unit_test(test_without_a_host),
    };
    rig_environment();
    return cmocka_run_group_tests_name("plugin-http", tests, NULL, NULL);
}
