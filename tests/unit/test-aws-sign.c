/* AWS signatures: the official suite, what AWS's and Anthropic's clients signed, and refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "model/aws_sign.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { HEADERS_MAX = 32, FILE_MAX = 1024 * 1024 };

static struct str
read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fail_msg("%s cannot be read", path);
    }
    char *text = arena_alloc(arena, FILE_MAX);
    assert_non_null(text);
    size_t len = fread(text, 1, FILE_MAX, file);
    (void)fclose(file);
    assert_true(len < FILE_MAX);
    return (struct str){text, len};
}

static struct js *
read_json(struct arena *arena, const char *path)
{
    struct err err = {0};
    struct js *root = NULL;
    assert_int_equal(js_parse_object(read_file(arena, path), path, arena, &root, &err), 0);
    return root;
}

/* The files that PATTERN below the vectors names; skips the test when there are none. */
static glob_t
find_vectors(const char *pattern)
{
    char path[4096]; /* skip() runs no clean-up, so no arena */
    const char *shared = getenv("DESKHAND_SHARED");
    (void)snprintf(path, sizeof(path), "%s/vectors/%s", shared ? shared : "../shared", pattern);
    glob_t files = {0};
    if (glob(path, 0, NULL, &files) != 0) {
        globfree(&files);
        print_message("SKIP: no shared data\n");
        skip();
    }
    return files;
}

static void
expect(const char *name, const char *what, struct str got, struct str want)
{
    if (!str_eq(got, want)) {
        fail_msg("%s: %s:\n%.*s\nwanted:\n%.*s", name, what, (int)got.len, got.ptr, (int)want.len,
                 want.ptr);
    }
}

static int64_t
parse_time(struct str text, const char *format)
{
    char copy[64];
    struct tm tm = {0};
    assert_true(text.len < sizeof(copy));
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    assert_non_null(strptime(copy, format, &tm));
    return (int64_t)timegm(&tm) * 1000;
}

static void
set_target(struct aws_sign_request *r, struct str target)
{
    size_t mark = str_find_char(target, '?', 0);
    r->path = str_sub(target, 0, mark);
    r->query = mark == SIZE_MAX ? (struct str){0} : str_sub(target, mark + 1, SIZE_MAX);
}

/* ---- the official suite ---- */

/* TEXT is a request as HTTP has it, old folded headers included. */
static void
parse_request(struct str text, struct aws_sign_request *r, struct http_header *headers)
{
    struct str rest = text;
    struct str line;
    assert_true(str_split(&rest, '\n', &line));
    size_t space = str_find_char(line, ' ', 0);
    r->method = str_sub(line, 0, space);
    struct str version = STR(" HTTP/1.1");
    assert_true(str_ends(line, version));
    set_target(r, str_sub(line, space + 1, line.len - space - 1 - version.len));
    while (str_split(&rest, '\n', &line) && line.len > 0) {
        if (line.ptr[0] == ' ') {
            struct str *value = &headers[r->header_count - 1].value;
            value->len = (size_t)(line.ptr + line.len - value->ptr);
            continue;
        }
        size_t colon = str_find_char(line, ':', 0);
        assert_true(colon != SIZE_MAX && r->header_count < HEADERS_MAX);
        headers[r->header_count++] =
            (struct http_header){str_sub(line, 0, colon), str_sub(line, colon + 1, SIZE_MAX)};
    }
    r->body = rest;
}

static struct str
case_file(struct arena *arena, const char *folder, const char *name)
{
    return read_file(arena, arena_printf(arena, "%s/%s", folder, name).ptr);
}

static void
run_suite_case(const char *folder)
{
    AUTO(arena) struct arena arena = {0};
    struct http_header headers[HEADERS_MAX];
    struct aws_sign_request r = {.headers = headers, .explain = true};
    struct aws_signature sig = {0};
    struct err err = {0};
    const struct js *context =
        read_json(&arena, arena_printf(&arena, "%s/context.json", folder).ptr);
    const struct js *keys = js_get_c(context, "credentials");
    struct aws_credentials credentials = {.access_key = js_get_text(keys, "access_key_id"),
                                          .secret_key = js_get_text(keys, "secret_access_key"),
                                          .session_token = js_get_text(keys, "token")};
    parse_request(case_file(&arena, folder, "request.txt"), &r, headers);
    r.credentials = &credentials;
    r.region = js_get_text(context, "region");
    r.service = js_get_text(context, "service");
    r.normalize_path = js_get_bool(context, "normalize", false);
    r.send_payload_hash = js_get_bool(context, "sign_body", false);
    r.omit_session_token = js_get_bool(context, "omit_session_token", false);
    r.wall_ms = parse_time(js_get_text(context, "timestamp"), "%Y-%m-%dT%H:%M:%SZ");
    if (aws_sign(&r, &arena, &sig, &err) != 0) {
        fail_msg("%s: %s", folder, err.message);
    }
    expect(folder, "canonical request", sig.canonical_request,
           case_file(&arena, folder, "header-canonical-request.txt"));
    expect(folder, "string to sign", sig.string_to_sign,
           case_file(&arena, folder, "header-string-to-sign.txt"));
    expect(folder, "signature", sig.signature, case_file(&arena, folder, "header-signature.txt"));
    struct str request = case_file(&arena, folder, "header-signed-request.txt");
    assert_true(str_find(request, sig.headers[0].value, 0) != SIZE_MAX);
    assert_int_equal(sig.header_count,
                     2 + (credentials.session_token.len > 0) + r.send_payload_hash);
}

static void
test_official_suite(void **state)
{
    (void)state;
    glob_t folders = find_vectors("aws-sigv4/*-*");
    for (size_t i = 0; i < folders.gl_pathc; i++) {
        run_suite_case(folders.gl_pathv[i]);
    }
    print_message("aws-sigv4: %zu cases\n", folders.gl_pathc);
    assert_int_equal(folders.gl_pathc, 38);
    globfree(&folders);
}

/* ---- recorded requests ---- */

static bool
is_listed(const struct js *names, struct str name)
{
    for (size_t i = 0; i < js_count(names); i++) {
        if (str_eq_nocase(js_text(js_at(names, i)), name)) {
            return true;
        }
    }
    return false;
}

/* The headers of RECORDED that were signed there, without those the signer makes. The date and the
 * authorization are handed out. */
static void
take_recorded(const struct js *recorded, const struct js *names, struct aws_sign_request *r,
              struct http_header *headers, struct str *ret_authorization)
{
    for (size_t i = 0; i < js_count(recorded); i++) {
        struct str name = js_text(js_at(js_at(recorded, i), 0));
        struct str value = js_text(js_at(js_at(recorded, i), 1));
        if (str_eq(name, STR("x-amz-date"))) {
            r->wall_ms = parse_time(value, "%Y%m%dT%H%M%SZ");
        } else if (str_eq(name, STR("authorization"))) {
            *ret_authorization = value;
        } else if (str_eq(name, STR("x-amz-content-sha256"))) {
            r->send_payload_hash = is_listed(names, name);
        } else if (is_listed(names, name) && !str_eq(name, STR("x-amz-security-token"))) {
            assert_true(r->header_count < HEADERS_MAX);
            headers[r->header_count++] = (struct http_header){name, value};
        }
    }
}

/* Sign what was recorded in ONE again. False when it was not signed. */
static bool
replay(const char *name, const struct js *one)
{
    AUTO(arena) struct arena arena = {0};
    const struct js *wanted = js_get_c(one, "sigv4");
    if (!wanted) {
        return false;
    }
    struct http_header headers[HEADERS_MAX];
    const struct js *keys = js_get_c(one, "credentials");
    struct aws_credentials credentials = {.access_key = js_get_text(keys, "accessKeyId"),
                                          .secret_key = js_get_text(keys, "secretAccessKey"),
                                          .session_token = js_get_text(keys, "sessionToken")};
    struct aws_sign_request r = {.method = js_get_text(one, "method"),
                                 .headers = headers,
                                 .body = js_get_text(one, "body_utf8"),
                                 .region = js_get_text(one, "region"),
                                 .service = js_get_text(one, "service"),
                                 .credentials = &credentials,
                                 .normalize_path = true,
                                 .explain = true};
    struct aws_signature sig = {0};
    struct err err = {0};
    struct str authorization = {0};
    set_target(&r, js_get_text(one, "request_target"));
    take_recorded(js_get_c(one, "headers"), js_get_c(wanted, "signed_headers"), &r, headers,
                  &authorization);
    if (aws_sign(&r, &arena, &sig, &err) != 0) {
        fail_msg("%s: %s", name, err.message);
    }
    expect(name, "canonical request", sig.canonical_request,
           js_get_text(wanted, "canonical_request"));
    expect(name, "string to sign", sig.string_to_sign, js_get_text(wanted, "string_to_sign"));
    expect(name, "signature", sig.signature, js_get_text(wanted, "signature"));
    expect(name, "authorization", sig.headers[0].value, authorization);
    return true;
}

/* AWS's client puts a model's id into the path as aws_path_segment() does. */
static void
compare_path(const char *name, const struct js *one)
{
    AUTO(arena) struct arena arena = {0};
    struct str segment = aws_path_segment(&arena, js_get_text(one, "model_id"));
    struct str path = arena_printf(&arena, "/model/%" STR_FMT "/", STR_ARG(segment));
    struct str target = js_get_text(one, "request_target");
    expect(name, "path", str_sub(target, 0, path.len), path);
}

static void
test_what_a_small_client_signs(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    glob_t files = find_vectors("captured/aws_signer/minimal_headers.json");
    const struct js *cases = js_get_c(read_json(&arena, files.gl_pathv[0]), "cases");
    for (size_t i = 0; i < js_count(cases); i++) {
        const char *label = js_get_text(js_at(cases, i), "label").ptr;
        assert_true(replay(label, js_at(cases, i)));
        if (js_get_text(js_at(cases, i), "model_id").len > 0) {
            compare_path(label, js_at(cases, i));
        }
    }
    print_message("minimal_headers: %zu cases\n", js_count(cases));
    assert_int_equal(js_count(cases), 25);
    globfree(&files);
}

static size_t
replay_folder(const char *folder, bool paths)
{
    char pattern[256];
    size_t count = 0;
    (void)snprintf(pattern, sizeof(pattern), "captured/%s/*.json", folder);
    glob_t files = find_vectors(pattern);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        AUTO(arena) struct arena arena = {0};
        const struct js *one = read_json(&arena, files.gl_pathv[i]);
        count += replay(files.gl_pathv[i], one);
        if (paths) {
            compare_path(files.gl_pathv[i], one);
        }
    }
    print_message("%s: %zu requests, %zu of them signed\n", folder, files.gl_pathc, count);
    globfree(&files);
    return count;
}

static void
test_what_real_clients_signed(void **state)
{
    (void)state;
    assert_int_equal(replay_folder("aws", true), 21);
    assert_int_equal(replay_folder("anthropic_bedrock", false), 8);
}

/* ---- a request of our own ---- */

static const struct aws_credentials keys = {
    .access_key = STR_INIT("AKIDEXAMPLE"),
    .secret_key = STR_INIT("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    .session_token = STR_INIT("token"),
};
static const struct http_header plain_headers[] = {
    {STR_INIT("Content-Type"), STR_INIT("application/json")},
    {STR_INIT("Host"), STR_INIT("example.com")},
};

static struct aws_sign_request
request(void)
{
    return (struct aws_sign_request){.method = STR("POST"),
                                     .path = STR("/model/a%3A0/converse"),
                                     .headers = plain_headers,
                                     .header_count = COUNT(plain_headers),
                                     .body = STR("{}"),
                                     .region = STR("us-east-1"),
                                     .service = STR("bedrock"),
                                     .wall_ms = INT64_C(1768478400123),
                                     .credentials = &keys,
                                     .normalize_path = true,
                                     .explain = true};
}

static void
test_canonical_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *query;
        bool normalize;
        const char *want; /* both lines */
    } rows[] = {
        {"", "", true, "/\n"},
        {"/model/a%3A0/x", "", true, "/model/a%253A0/x\n"},
        {"/a%2Fb:c/", "", true, "/a%252Fb%3Ac/\n"},
        {"/../../a/./b/..//c/.", "", true, "/a/c\n"},
        {"/..", "", true, "/\n"},
        {"/../..//", "", false, "/../..//\n"},
        {"/.../..a/a..", "", true, "/.../..a/a..\n"},
        {"/", "b&a&=c&&a=&a=b=c", true, "/\n=c&a=&a=&a=b%3Dc&b="},
        {"/", "a=%2d%2D%zz%4&b=+ %c3%9f", true, "/\na=--%25zz%254&b=%2B%20%C3%9F"},
        {"/", "a=2&a=10&A=1&ab=0", true, "/\nA=1&a=10&a=2&ab=0"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(arena) struct arena arena = {0};
        struct aws_sign_request r = request();
        struct aws_signature sig;
        struct err err = {0};
        r.path = str_c(rows[i].path);
        r.query = str_c(rows[i].query);
        r.normalize_path = rows[i].normalize;
        assert_int_equal(aws_sign(&r, &arena, &sig, &err), 0);
        struct str want = arena_printf(&arena, "POST\n%s\ncontent-type:", rows[i].want);
        expect(rows[i].path, "canonical request", str_sub(sig.canonical_request, 0, want.len),
               want);
    }
}

static void
test_headers_that_change_on_the_way_are_not_signed(void **state)
{
    (void)state;
    static const struct http_header all[] = {
        {STR_INIT("Expect"), STR_INIT("")},
        {STR_INIT("HOST"), STR_INIT("\t example.com ")},
        {STR_INIT("User-Agent"), STR_INIT("x")},
        {STR_INIT("Authorization"), STR_INIT("x")},
        {STR_INIT("Connection"), STR_INIT("close")},
        {STR_INIT("TE"), STR_INIT("trailers")},
        {STR_INIT("Transfer-Encoding"), STR_INIT("chunked")},
        {STR_INIT("Trailer"), STR_INIT("x")},
        {STR_INIT("Upgrade"), STR_INIT("x")},
        {STR_INIT("X-Amzn-Trace-Id"), STR_INIT("x")},
        {STR_INIT("Proxy-Anything"), STR_INIT("x")},
        {STR_INIT("Sec-Fetch-Mode"), STR_INIT("x")},
        {STR_INIT("content-type"), STR_INIT("application/json")},
    };
    AUTO(arena) struct arena arena = {0};
    struct aws_sign_request r = request();
    struct aws_signature plain;
    struct aws_signature sig;
    struct err err = {0};
    assert_int_equal(aws_sign(&r, &arena, &plain, &err), 0);
    r.headers = all;
    r.header_count = COUNT(all);
    assert_int_equal(aws_sign(&r, &arena, &sig, &err), 0);
    expect("all", "canonical request", sig.canonical_request, plain.canonical_request);
    expect("all", "authorization", sig.headers[0].value, plain.headers[0].value);
}

static void
test_what_is_to_be_sent(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct aws_sign_request r = request();
    struct aws_signature first;
    struct aws_signature again;
    struct err err = {0};
    r.send_payload_hash = true;
    r.explain = false;
    assert_int_equal(aws_sign(&r, &arena, &first, &err), 0);
    static const char *const names[] = {"authorization", "x-amz-date", "x-amz-security-token",
                                        "x-amz-content-sha256"};
    assert_int_equal(first.header_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_true(str_eq_c(first.headers[i].name, names[i]));
    }
    assert_true(str_eq_c(first.headers[1].value, "20260115T120000Z"));
    assert_true(str_eq_c(first.headers[2].value, "token"));
    assert_true(str_eq(first.headers[3].value, first.payload_hash));
    assert_null(first.canonical_request.ptr);
    assert_null(first.string_to_sign.ptr);
    /* Signed again with the hash that is known. */
    r.payload_hash = first.payload_hash;
    r.body = (struct str){0};
    assert_int_equal(aws_sign(&r, &arena, &again, &err), 0);
    expect("again", "authorization", again.headers[0].value, first.headers[0].value);
}

static void
test_path_segments(void **state)
{
    (void)state;
    static const struct {
        struct str label;
        const char *want;
    } rows[] = {
        {STR_INIT(""), ""},
        {STR_INIT("AZaz09-._~"), "AZaz09-._~"},
        {STR_INIT("a:b/c%d e+f"), "a%3Ab%2Fc%25d%20e%2Bf"},
        {STR_INIT("\0\xFF\xC3\x9F"), "%00%FF%C3%9F"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(arena) struct arena arena = {0};
        assert_string_equal(aws_path_segment(&arena, rows[i].label).ptr, rows[i].want);
    }
}

/* ---- refusals ---- */

static void
expect_refusal(struct aws_sign_request r, const char *words)
{
    AUTO(arena) struct arena arena = {0};
    struct aws_signature sig = {.header_count = 77};
    struct err err = {0};
    assert_int_equal(aws_sign(&r, &arena, &sig, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, words));
    assert_null(strstr(err.message, "EXAMPLEKEY"));
    assert_int_equal(sig.header_count, 77);
}

static void
test_what_cannot_be_signed(void **state)
{
    (void)state;
    struct aws_sign_request r = request();
    r.header_count = 1;
    expect_refusal(r, "no host header");
    static const char *const ours[] = {"X-Amz-Date", "x-amz-security-token",
                                       "X-AMZ-CONTENT-SHA256"};
    for (size_t i = 0; i < COUNT(ours); i++) {
        struct http_header header = {str_c(ours[i]), STR("x")};
        r = request();
        r.headers = &header;
        r.header_count = 1;
        expect_refusal(r, "is made here");
    }
    r = request();
    r.path = STR("model");
    expect_refusal(r, "begin with a slash");
    r = request();
    r.region = (struct str){0};
    expect_refusal(r, "region");
    r = request();
    r.payload_hash = STR("UNSIGNED");
    expect_refusal(r, "hash");
    static const int64_t times[] = {-1, INT64_MIN, INT64_MAX, INT64_C(253402300800000)};
    for (size_t i = 0; i < COUNT(times); i++) {
        r = request();
        r.wall_ms = times[i];
        expect_refusal(r, "clock");
    }
    struct aws_credentials wrong = keys;
    wrong.secret_key = (struct str){0};
    r = request();
    r.credentials = &wrong;
    expect_refusal(r, "empty");
    char many[257];
    memset(many, 'x', sizeof(many));
    wrong.secret_key = (struct str){many, sizeof(many)};
    expect_refusal(r, "at most 256");
}

static void
test_a_failed_allocation_is_said(void **state)
{
    (void)state;
    if (!fault_configure(STR("alloc:1"))) {
        print_message("SKIP: built without fault hooks\n");
        skip();
    }
    /* Long enough for many blocks of the arena. */
    static char body[100000];
    memset(body, '/', sizeof(body));
    for (size_t n = 1;; n++) {
        AUTO(arena) struct arena arena = {0};
        struct aws_sign_request r = request();
        struct aws_signature sig = {.header_count = 77};
        struct err err = {0};
        char spec[32];
        r.path = (struct str){body, 5000};
        r.query = (struct str){body, 20000};
        (void)snprintf(spec, sizeof(spec), "alloc:%zu", n);
        (void)fault_configure(str_c(spec));
        int result = aws_sign(&r, &arena, &sig, &err);
        (void)fault_configure(STR(""));
        assert_true(result == 0 || (result == ERR_NOMEM && sig.header_count == 77));
        if (result == 0) {
            assert_true(n > 5);
            return;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_official_suite),
        cmocka_unit_test(test_what_a_small_client_signs),
        cmocka_unit_test(test_what_real_clients_signed),
        cmocka_unit_test(test_canonical_spelling),
        cmocka_unit_test(test_headers_that_change_on_the_way_are_not_signed),
        cmocka_unit_test(test_what_is_to_be_sent),
        cmocka_unit_test(test_path_segments),
        cmocka_unit_test(test_what_cannot_be_signed),
        cmocka_unit_test(test_a_failed_allocation_is_said),
    };
    return cmocka_run_group_tests_name("aws-sign", tests, NULL, NULL);
}
