/* AWS's two files as they are found in homes, and the address of Bedrock in a region. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/aws_endpoint.h"
#include "model/aws_profile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what a file gives ---- */

static const struct {
    const char *name;
    enum aws_file file;
    const char *text;
    enum aws_section section;
    const char *in;
    const char *key;
    const char *sub;
    const char *want; /* NULL: no such key */
} readings[] = {
    {"plain", AWS_FILE_CONFIG, "[default]\nregion=eu-west-1\n", AWS_PROFILE, "default", "region",
     NULL, "eu-west-1"},
    {"spaces around", AWS_FILE_CONFIG, "[ profile   shop ]\n  region \t=  eu-west-1 \t\n",
     AWS_PROFILE, "shop", "region", NULL, "eu-west-1"},
    {"CRLF", AWS_FILE_CONFIG, "[profile shop]\r\nregion = eu-west-1\r\n\r\n", AWS_PROFILE, "shop",
     "region", NULL, "eu-west-1"},
    {"no newline at the end", AWS_FILE_CREDENTIALS, "[a]\nx = y", AWS_PROFILE, "a", "x", NULL, "y"},
    {"a byte order mark", AWS_FILE_CREDENTIALS, "\xEF\xBB\xBF[a]\nx = y", AWS_PROFILE, "a", "x",
     NULL, "y"},
    {"comments", AWS_FILE_CONFIG,
     "# one\n; two\n[default] ; three\n  # four\nregion = r ; five\n#region = no\n", AWS_PROFILE,
     "default", "region", NULL, "r"},
    {"a mark inside a value is none", AWS_FILE_CREDENTIALS, "[a]\nk = a#b;c=d==\n", AWS_PROFILE,
     "a", "k", NULL, "a#b;c=d=="},
    {"only a comment", AWS_FILE_CREDENTIALS, "[a]\nk = # nothing\n", AWS_PROFILE, "a", "k", NULL,
     ""},
    {"a name in quotes", AWS_FILE_CONFIG, "[profile \"my shop\"]\nk = v\n", AWS_PROFILE, "my shop",
     "k", NULL, "v"},
    {"quotes of a value stay", AWS_FILE_CREDENTIALS, "[a]\nk = \"v\"\n", AWS_PROFILE, "a", "k",
     NULL, "\"v\""},
    {"keys have no case", AWS_FILE_CREDENTIALS, "[a]\nAWS_Session_Token = v\n", AWS_PROFILE, "a",
     "aws_session_token", NULL, "v"},
    {"names have one", AWS_FILE_CREDENTIALS, "[A]\nk = v\n", AWS_PROFILE, "a", "k", NULL, NULL},
    {"the last counts", AWS_FILE_CREDENTIALS, "[a]\nk = 1\nk = 2\n[b]\nk = 4\n[a]\nk = 3\n",
     AWS_PROFILE, "a", "k", NULL, "3"},
    {"sections of one name are one", AWS_FILE_CREDENTIALS, "[a]\nx = 1\n[b]\n[a]\ny = 2\n",
     AWS_PROFILE, "a", "x", NULL, "1"},
    {"config without the word is no profile", AWS_FILE_CONFIG, "[shop]\nk = v\n", AWS_PROFILE,
     "shop", "k", NULL, NULL},
    {"nor is a word that only begins so", AWS_FILE_CONFIG, "[profiles shop]\nk = v\n", AWS_PROFILE,
     "shop", "k", NULL, NULL},
    {"[profile default] beats [default]", AWS_FILE_CONFIG,
     "[profile default]\nx = 1\n[default]\nx = 2\ny = 3\n", AWS_PROFILE, "default", "x", NULL, "1"},
    {"wholly", AWS_FILE_CONFIG, "[profile default]\nx = 1\n[default]\nx = 2\ny = 3\n", AWS_PROFILE,
     "default", "y", NULL, NULL},
    {"single sign-on", AWS_FILE_CONFIG, "[sso-session corp]\nsso_region = r\n", AWS_SSO_SESSION,
     "corp", "sso_region", NULL, "r"},
    {"a sub-key", AWS_FILE_CONFIG,
     "[services s]\nbedrock_runtime =\n  endpoint_url = http://x\ns3 =\n  endpoint_url = "
     "http://y\n",
     AWS_SERVICES, "s", "bedrock_runtime", "endpoint_url", "http://x"},
    {"is no key", AWS_FILE_CONFIG, "[profile a]\ns3 =\n  region = no\n", AWS_PROFILE, "a", "region",
     NULL, NULL},
    {"keys all indented", AWS_FILE_CONFIG, "[default]\n  output = json\n  region = r\n",
     AWS_PROFILE, "default", "region", NULL, "r"},
    {"a value of two lines", AWS_FILE_CONFIG, "[default]\nk = a\n   b\nregion = r\n", AWS_PROFILE,
     "default", "k", NULL, "a\n   b"},
    {"which hold no keys", AWS_FILE_CONFIG, "[default]\nk = a\n   region = b\n", AWS_PROFILE,
     "default", "region", NULL, NULL},
};

static void
test_what_a_file_gives(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(readings); i++) {
        AUTO(aws_profiles) struct aws_profiles p = {0};
        struct err err = {0};
        if (aws_profiles_add(&p, readings[i].file, STR("f"), str_c(readings[i].text), &err) != 0) {
            fail_msg("%s: %s", readings[i].name, err.message);
        }
        struct str in = str_c(readings[i].in);
        struct str got = readings[i].sub
                             ? aws_profiles_get_sub(&p, readings[i].section, in, readings[i].key,
                                                    readings[i].sub)
                             : aws_profiles_get(&p, readings[i].section, in, readings[i].key);
        bool right = readings[i].want ? got.ptr && str_eq_c(got, readings[i].want) : !got.ptr;
        if (!right) {
            fail_msg("%s: got '%.*s'", readings[i].name, (int)got.len, got.ptr ? got.ptr : "-");
        }
    }
}

static const struct {
    const char *name;
    const char *text;
    const char *want;
} refusals[] = {
    {"a key before any section", "\n# x\nregion = r\n", "f:3: expected [NAME] before"},
    {"no equals sign", "[a]\nhunter2\n", "f:2: expected KEY = VALUE"},
    {"no key", "[a]\n= hunter2\n", "f:2: expected KEY = VALUE"},
    {"an open bracket", "[a\nk = v\n", "f:1: expected [NAME]"},
    {"an empty name", "[ ]\n", "f:1: expected [NAME]"},
    {"more behind the bracket", "[a] k = v\n", "f:1: expected [NAME]"},
    {"a sub-key without value", "[a]\ns3 =\n  hunter2\n", "f:3: expected KEY = VALUE below"},
};

static void
test_what_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        AUTO(aws_profiles) struct aws_profiles p = {0};
        struct err err = {0};
        int got =
            aws_profiles_add(&p, AWS_FILE_CREDENTIALS, STR("f"), str_c(refusals[i].text), &err);
        if (got != ERR_INVALID || !strstr(err.message, refusals[i].want)) {
            fail_msg("%s: %d %s", refusals[i].name, got, err.message);
        }
        assert_null(strstr(err.message, "hunter2"));
        assert_int_equal(p.count, 0);
        /* The other file can still be read. */
        assert_int_equal(aws_profiles_add(&p, AWS_FILE_CONFIG, STR("g"), STR("[default]\n"), &err),
                         0);
    }
}

static void
test_two_files(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(aws_profiles) struct aws_profiles p = {0};
    struct str shop = STR("shop");
    assert_int_equal(aws_profiles_add(&p, AWS_FILE_CREDENTIALS, STR("credentials"),
                                      STR("[shop]\nregion = first\n"), &err),
                     0);
    assert_int_equal(aws_profiles_add(&p, AWS_FILE_CONFIG, STR("config"),
                                      STR("[profile shop]\nregion = second\noutput = json\n"),
                                      &err),
                     0);
    assert_true(str_eq_c(aws_profiles_get(&p, AWS_PROFILE, shop, "region"), "first"));
    assert_true(str_eq_c(aws_profiles_get(&p, AWS_PROFILE, shop, "output"), "json"));
    struct str second = aws_profiles_get_from(&p, AWS_FILE_CONFIG, AWS_PROFILE, shop, "region");
    assert_true(str_eq_c(second, "second"));
    assert_true(aws_profiles_has(&p, AWS_PROFILE, shop));
    assert_false(aws_profiles_has(&p, AWS_SSO_SESSION, shop));
    assert_false(aws_profiles_has(&p, AWS_PROFILE, STR("sho")));
}

static void
test_size_is_bounded(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(aws_profiles) struct aws_profiles p = {0};
    char *text = mem_alloc(LIMIT_AWS_FILE_BYTES + 1);
    assert_non_null(text);
    memset(text, '\n', LIMIT_AWS_FILE_BYTES + 1);
    struct str whole = {text, LIMIT_AWS_FILE_BYTES + 1};
    assert_int_equal(aws_profiles_add(&p, AWS_FILE_CONFIG, STR("c"), whole, &err), ERR_LIMIT);
    whole.len--;
    assert_int_equal(aws_profiles_add(&p, AWS_FILE_CONFIG, STR("c"), whole, &err), 0);
    mem_free(text);
}

/* ---- addresses ---- */

/* The case's answer; empty when it is not for us: FIPS, dual stack, an address given. */
static struct str
wanted_address(const struct js *test_case, struct str *ret_region)
{
    const struct js *params = js_get_c(test_case, "params");
    bool ours = js_has(params, STR("Region")) && !js_get_bool(params, "UseFIPS", false) &&
                !js_get_bool(params, "UseDualStack", false) && !js_has(params, STR("Endpoint"));
    *ret_region = js_get_text(params, "Region");
    const struct js *endpoint = js_get_c(js_get_c(test_case, "expect"), "endpoint");
    return ours ? js_get_text(endpoint, "url") : (struct str){0};
}

static void
test_addresses_as_aws_has_them(void **state)
{
    (void)state;
    static char text[LIMIT_CONFIG_BYTES];
    char path[1000];
    const char *shared = getenv("DESKHAND_SHARED");
    (void)snprintf(path, sizeof(path), "%s/vectors/bedrock-model/endpoint-tests-1.json",
                   shared ? shared : "../shared");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        puts("SKIP: no shared data");
        skip();
    }
    ssize_t len = read(fd, text, sizeof(text));
    (void)close(fd);
    assert_true(len > 0);
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct js *root = NULL;
    assert_int_equal(js_parse((struct str){text, (size_t)len}, &arena, &root, &err), 0);
    const struct js *cases = js_get_c(root, "testCases");
    size_t seen = 0;
    for (size_t i = 0; i < js_count(cases); i++) {
        struct str region;
        struct str want = wanted_address(js_at(cases, i), &region);
        if (want.len > 0) {
            assert_int_equal(aws_region_check(region, "test", &err), 0);
            assert_true(str_eq(aws_endpoint_of(region, &arena), want));
            seen++;
        }
    }
    assert_int_equal(seen, 5);
}

static void
test_regions(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "us-east-1.evil.example/",
        "US-EAST-1",
        "-a",
        "a-",
        "a b",
        "eu-west-1 ",
        "a\n",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    struct err err = {0};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(aws_region_check(str_c(wrong[i]), "AWS_REGION", &err), ERR_INVALID);
        assert_non_null(strstr(err.message, "AWS_REGION: "));
    }
}

static void
test_given_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *want; /* NULL: refused */
    } cases[] = {
        {"https://example.com", "https://example.com"},
        {"http://127.0.0.1:8080/", "http://127.0.0.1:8080"},
        {"https://example.com/bedrock//", "https://example.com/bedrock"},
        {"http://[::1]:80", "http://[::1]:80"},
        {"", NULL},
        {"https://", NULL},
        {"https:///", NULL},
        {"example.com", NULL},
        {"file:///etc/passwd", NULL},
        {"https://user:hunter2@example.com", NULL},
        {"https://example.com/?a=b", NULL},
        {"https://example.com/a b", NULL},
        {"https://example.com/\r\nx", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = {0};
        struct str got = {0};
        int result = aws_endpoint_check(str_c(cases[i].url), "base_url", &got, &err);
        assert_int_equal(result, cases[i].want ? 0 : ERR_INVALID);
        assert_true(!cases[i].want || str_eq_c(got, cases[i].want));
        assert_null(strstr(err.message, "hunter2"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_file_gives),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_two_files),
        cmocka_unit_test(test_size_is_bounded),
        cmocka_unit_test(test_addresses_as_aws_has_them),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_given_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
