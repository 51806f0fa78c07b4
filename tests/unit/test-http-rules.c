/* Which URLs a plugin's list allows: hosts spelt in every way that another reader might take for
 * another host, ports, schemes, wildcards, and the list's own errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "host/http_rules.h"

enum verdict { ALLOWED, REFUSED, INVALID };

static const char *const list[] = {
    "api.shop.example",
    "*.dhl.com",
    "http://warehouse.local:8080",
    "https://pay.example:8443",
    "198.51.100.7",
    "[2001:DB8::0:1]",
    "http://[::1]:9000",
    "xn--mnchen-3ya.example",
    "http://*.lan",
    "under_score.example",
};

static const struct {
    const char *url;
    enum verdict verdict;
    const char *sent; /* ALLOWED */
} cases[] = {
    {"https://api.shop.example/orders?id=7", ALLOWED, "https://api.shop.example/orders?id=7"},
    {"https://api.shop.example", ALLOWED, "https://api.shop.example/"},
    {"https://api.shop.example?x=1", ALLOWED, "https://api.shop.example/?x=1"},
    {"https://api.shop.example?u=a@b:80/c", ALLOWED, "https://api.shop.example/?u=a@b:80/c"},
    {"https://api.shop.example/a@b", ALLOWED, "https://api.shop.example/a@b"},
    {"https://api.shop.example/../%2e%2E//x", ALLOWED, "https://api.shop.example/../%2e%2E//x"},
    {"HTTPS://API.Shop.EXAMPLE/Path", ALLOWED, "https://api.shop.example/Path"},
    {"https://api.shop.example:443/", ALLOWED, "https://api.shop.example/"},
    {"https://api.shop.example:80/", REFUSED, NULL},
    {"https://api.shop.example:8443/", REFUSED, NULL},
    {"http://api.shop.example/", REFUSED, NULL},
    {"http://api.shop.example:443/", REFUSED, NULL},
    {"https://shop.example/", REFUSED, NULL},
    {"https://www.api.shop.example/", REFUSED, NULL},
    {"https://api.shop.example.evil.com/", REFUSED, NULL},
    {"https://evilapi.shop.example/", REFUSED, NULL},
    {"https://under_score.example/", ALLOWED, "https://under_score.example/"},
    {"https://xn--mnchen-3ya.example/", ALLOWED, "https://xn--mnchen-3ya.example/"},
    /* wildcards */
    {"https://api.dhl.com/x", ALLOWED, "https://api.dhl.com/x"},
    {"https://a.b.dhl.com/", ALLOWED, "https://a.b.dhl.com/"},
    {"https://dhl.com/", REFUSED, NULL},
    {"https://evildhl.com/", REFUSED, NULL},
    {"https://dhl.com.evil.com/", REFUSED, NULL},
    {"https://.dhl.com/", INVALID, NULL},
    {"https://*.dhl.com/", INVALID, NULL},
    {"http://api.dhl.com/", REFUSED, NULL},
    {"https://api.dhl.com:444/", REFUSED, NULL},
    {"http://box.lan/", ALLOWED, "http://box.lan/"},
    {"http://box.lan:8080/", REFUSED, NULL},
    /* ports */
    {"http://warehouse.local:8080/x", ALLOWED, "http://warehouse.local:8080/x"},
    {"http://warehouse.local/x", REFUSED, NULL},
    {"https://warehouse.local:8080/x", REFUSED, NULL},
    {"https://pay.example:8443/", ALLOWED, "https://pay.example:8443/"},
    {"https://pay.example/", REFUSED, NULL},
    {"https://api.shop.example:/", INVALID, NULL},
    {"https://api.shop.example:0443/", INVALID, NULL},
    {"https://api.shop.example:0/", INVALID, NULL},
    {"https://api.shop.example:65979/", INVALID, NULL},
    {"https://api.shop.example:99999999999999999443/", INVALID, NULL},
    {"https://api.shop.example:+443/", INVALID, NULL},
    {"https://api.shop.example:-1/", INVALID, NULL},
    {"https://api.shop.example:4 43/", INVALID, NULL},
    {"https://api.shop.example:443:443/", INVALID, NULL},
    /* users */
    {"https://user@api.shop.example/", INVALID, NULL},
    {"https://user:pass@api.shop.example/", INVALID, NULL},
    {"https://api.shop.example@evil.com/", INVALID, NULL},
    {"https://api.shop.example:443@evil.com/", INVALID, NULL},
    {"https://evil.com\\@api.shop.example/", INVALID, NULL},
    {"https://@api.shop.example/", INVALID, NULL},
    {"https://evil.com#@api.shop.example/", INVALID, NULL},
    {"https://evil.com%23@api.shop.example/", INVALID, NULL},
    /* bytes */
    {"https://api.shop.example\\.evil.com/", INVALID, NULL},
    {"https:\\\\api.shop.example/", INVALID, NULL},
    {"https://api.shop.example/a\\b", INVALID, NULL},
    {"https://api.shop.example/#part", INVALID, NULL},
    {"https://api.shop.example/a b", INVALID, NULL},
    {"https://api.shop.example/a\tb", INVALID, NULL},
    {"https://api.shop.example/a\r\nHost: evil.com", INVALID, NULL},
    {"https://api.shop.ex\xc3\xa4mple/", INVALID, NULL},
    {"https://api.shop.example\xe3\x80\x82/", INVALID, NULL},
    {"https://api.shop.example/\x7f", INVALID, NULL},
    {" https://api.shop.example/", INVALID, NULL},
    {"https://api%2eshop.example/", INVALID, NULL},
    {"https://%61pi.shop.example/", INVALID, NULL},
    {"https://api.shop.example%00.dhl.com/", INVALID, NULL},
    {"https://api.shop.example;evil.dhl.com/", INVALID, NULL},
    {"https://evil.com,api.dhl.com/", INVALID, NULL},
    /* names */
    {"https://api.shop.example./", INVALID, NULL},
    {"https://api.shop.example../", INVALID, NULL},
    {"https://api..shop.example/", INVALID, NULL},
    {"https://-api.dhl.com/", INVALID, NULL},
    {"https://api-.dhl.com/", INVALID, NULL},
    {"https://a--b.dhl.com/", ALLOWED, "https://a--b.dhl.com/"},
    {"https:///api.shop.example/", INVALID, NULL},
    {"https:////api.shop.example/", INVALID, NULL},
    {"https:/api.shop.example/", INVALID, NULL},
    {"https:api.shop.example/", INVALID, NULL},
    {"//api.shop.example/", INVALID, NULL},
    {"api.shop.example", INVALID, NULL},
    {"", INVALID, NULL},
    {"https://", INVALID, NULL},
    {"https://?", INVALID, NULL},
    {"https://:443/", INVALID, NULL},
    {"ftp://api.shop.example/", INVALID, NULL},
    {"file:///etc/passwd", INVALID, NULL},
    {"javascript:alert(1)", INVALID, NULL},
    {"gopher://api.shop.example/", INVALID, NULL},
    /* addresses */
    {"https://198.51.100.7/", ALLOWED, "https://198.51.100.7/"},
    {"https://198.51.100.07/", INVALID, NULL},
    {"https://198.51.25607/", INVALID, NULL},
    {"https://3325256711/", INVALID, NULL},
    {"https://0xc6336407/", INVALID, NULL},
    {"https://0306.063.0144.07/", INVALID, NULL},
    {"https://0x7f.1/", INVALID, NULL},
    {"https://2130706433/", INVALID, NULL},
    {"https://0177.0.0.1/", INVALID, NULL},
    {"https://127.1/", INVALID, NULL},
    {"https://127.0.0.1./", INVALID, NULL},
    {"https://127.0.0.0x1/", INVALID, NULL},
    {"https://127.0.0.0X1/", INVALID, NULL},
    {"https://evil.0x/", INVALID, NULL},
    {"https://1.2.3.4.5/", INVALID, NULL},
    {"https://256.1.1.1/", INVALID, NULL},
    {"https://127.0.0.1/", REFUSED, NULL},
    {"https://5.dhl.com/", ALLOWED, "https://5.dhl.com/"},
    {"https://[2001:db8::1]/", ALLOWED, "https://[2001:db8::1]/"},
    {"https://[2001:0DB8:0:0:0:0:0:1]/x", ALLOWED, "https://[2001:db8::1]/x"},
    {"https://[2001:db8::2]/", REFUSED, NULL},
    {"http://[::1]:9000/", ALLOWED, "http://[::1]:9000/"},
    {"http://[0::0:1]:9000/", ALLOWED, "http://[::1]:9000/"},
    {"http://[::1]/", REFUSED, NULL},
    {"http://[::1]x:9000/", INVALID, NULL},
    {"http://[::1%25lo]:9000/", INVALID, NULL},
    {"http://[::1%lo]:9000/", INVALID, NULL},
    {"http://[::1]:9000:1/", INVALID, NULL},
    {"http://[::1", INVALID, NULL},
    {"http://[]/", INVALID, NULL},
    {"http://]/", INVALID, NULL},
    {"http://[v1.fe80]/", INVALID, NULL},
    {"http://[127.0.0.1]/", INVALID, NULL},
    {"http://::1:9000/", INVALID, NULL},
    {"https://[::ffff:198.51.100.7]/", REFUSED, NULL},
};

static struct http_rule
rule_of(const char *text)
{
    struct http_rule rule;
    struct err err = {0};
    if (http_rule_parse(str_c(text), &rule, &err) != 0) {
        fail_msg("%s: %s", text, err.message);
    }
    return rule;
}

static bool
list_allows(const struct http_origin *origin)
{
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        struct http_rule rule = rule_of(list[i]);
        if (http_rule_allows(&rule, origin)) {
            return true;
        }
    }
    return false;
}

static enum verdict
judge(struct str url, char *ret_sent, size_t size)
{
    struct http_target target;
    struct err err = {0};
    AUTO(buf) struct buf out = {0};
    buf_init(&out, LIMIT_URL_BYTES * 2);
    ret_sent[0] = '\0';
    if (http_target_parse(url, &target, &err) < 0) {
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.message, "the URL"));
        assert_null(strstr(err.message, "pass")); /* nothing of it is repeated */
        return INVALID;
    }
    http_target_url(&target, &out);
    assert_false(out.failed);
    (void)snprintf(ret_sent, size, "%s", out.text);
    return list_allows(&target.origin) ? ALLOWED : REFUSED;
}

static void
test_a_list_and_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char sent[512];
        enum verdict verdict = judge(str_c(cases[i].url), sent, sizeof(sent));
        if (verdict != cases[i].verdict) {
            fail_msg("%s: %d, wanted %d", cases[i].url, verdict, cases[i].verdict);
        }
        if (verdict == ALLOWED) {
            assert_string_equal(sent, cases[i].sent);
        }
    }
}

static void
test_a_nul_and_great_lengths(void **state)
{
    (void)state;
    char sent[512];
    char url[LIMIT_URL_BYTES + 2];
    struct str nul = STR("https://api.shop.example\0.dhl.com/");
    assert_int_equal(judge(nul, sent, sizeof(sent)), INVALID);
    memset(url, 'a', sizeof(url));
    memcpy(url, "https://api.dhl.com/", 20);
    assert_int_equal(judge((struct str){url, LIMIT_URL_BYTES}, sent, sizeof(sent)), ALLOWED);
    assert_int_equal(judge((struct str){url, LIMIT_URL_BYTES + 1}, sent, sizeof(sent)), INVALID);
    for (size_t len = 60; len < 600; len++) { /* one label of that length */
        memset(url, 'a', sizeof(url));
        memcpy(url, "https://", 8);
        memcpy(url + 8 + len, ".dhl.com", 8);
        assert_int_equal(judge((struct str){url, 8 + len + 8}, sent, sizeof(sent)),
                         len <= 63 ? ALLOWED : INVALID);
    }
    for (size_t len = 200; len < 300; len++) { /* many */
        for (size_t i = 0; i < len; i++) {
            url[8 + i] = i % 2 ? '.' : 'a';
        }
        memcpy(url + 8 + len - 8, ".dhl.com", 8);
        url[8 + len - 9] = 'a';
        url[8 + len - 10] = 'a';
        assert_int_equal(judge((struct str){url, 8 + len}, sent, sizeof(sent)),
                         len <= 253 ? ALLOWED : INVALID);
    }
}

static const struct {
    const char *text;
    const char *words; /* in the error */
} bad_rules[] = {
    {"", "missing"},
    {"*", "every server"},
    {"https://*", "every server"},
    {"*.", "missing"},
    {"*.*.example", "may hold"},
    {"a.*.example", "may hold"},
    {"*example.com", "may hold"},
    {"https://a.example/", "may hold"},
    {"a.example/orders", "may hold"},
    {"a.example?x", "may hold"},
    {"user@a.example", "may hold"},
    {"ftp://a.example", "port"},
    {"a.example:", "port"},
    {"a.example:https", "port"},
    {"a.example:70000", "port"},
    {"a.example.", "dot"},
    {".example", "may hold"},
    {"b\xc3\xbc"
     "cher.example",
     "xn--"},
    {"127.1", "address"},
    {"0x7f000001", "address"},
    {"*.10.0.0.1", "below"},
    {"*.[::1]", "below"},
    {"[::1", "]"},
    {"[x]", "IPv6"},
    {"a b.example", "may hold"},
};

static void
test_entries_that_make_no_sense(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_rules) / sizeof(bad_rules[0]); i++) {
        struct http_rule rule;
        struct err err = {0};
        int result = http_rule_parse(str_c(bad_rules[i].text), &rule, &err);
        if (result != ERR_INVALID || !strstr(err.message, bad_rules[i].words)) {
            fail_msg("'%s': %d, %s", bad_rules[i].text, result, err.message);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_and_urls),
        cmocka_unit_test(test_a_nul_and_great_lengths),
        cmocka_unit_test(test_entries_that_make_no_sense),
    };
    return cmocka_run_group_tests_name("http-rules", tests, NULL, NULL);
}
