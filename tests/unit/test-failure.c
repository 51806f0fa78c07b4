/* Failures: codes by kind, what headers say, names made safe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "io/http_client.h"
#include "model/failure.h"
#include "model/http_date.h"

static void
test_each_kind_has_a_name_and_a_code(void **state)
{
    (void)state;
    static const struct {
        enum failure_kind kind;
        const char *name;
        enum err_code code;
        bool retryable;
    } rows[] = {
        {FAILURE_NETWORK, "network", ERR_REMOTE, true},
        {FAILURE_CUT, "cut", ERR_REMOTE, true},
        {FAILURE_TIMEOUT, "timeout", ERR_TIMEOUT, true},
        {FAILURE_THROTTLED, "throttled", ERR_REMOTE, true},
        {FAILURE_OVERLOADED, "overloaded", ERR_REMOTE, true},
        {FAILURE_ONCE, "once", ERR_REMOTE, true},
        {FAILURE_REQUEST, "request", ERR_INVALID, false},
        {FAILURE_TOO_LONG, "too_long", ERR_LIMIT, false},
        {FAILURE_KEY, "key", ERR_AUTH, false},
        {FAILURE_EXPIRED, "expired", ERR_AUTH, false},
        {FAILURE_CLOCK, "clock", ERR_AUTH, false},
        {FAILURE_ACCESS, "access", ERR_AUTH, false},
        {FAILURE_MODEL, "model", ERR_NOTFOUND, false},
        {FAILURE_QUOTA, "quota", ERR_LIMIT, false},
        {FAILURE_FORMAT, "format", ERR_REMOTE, false},
        {FAILURE_LOCAL, "local", ERR_INVALID, false},
    };
    assert_int_equal(sizeof(rows) / sizeof(rows[0]), FAILURE_KIND_COUNT - 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct failure f = {0};
        failure_set(&f, rows[i].kind, "model %s: no", "m");
        assert_string_equal(failure_kind_name(rows[i].kind), rows[i].name);
        assert_int_equal(f.kind, rows[i].kind);
        assert_int_equal(f.err.code, rows[i].code);
        assert_int_equal(f.err.retryable, rows[i].retryable);
        assert_string_equal(f.err.message, "model m: no");
        assert_int_equal(f.retry_after_ms, -1);
        assert_non_null(strstr(f.err.file, "test-failure.c"));
    }
}

static void
test_what_the_head_said_stays(void **state)
{
    (void)state;
    struct failure f = {.status = 429, .retry_after_ms = 1500, .advice = ADVICE_RETRY};
    failure_set_name(&f, STR("Old"));
    failure_set(&f, FAILURE_THROTTLED, "slow down\x1b[31m\nnow");
    assert_int_equal(f.status, 429);
    assert_int_equal(f.retry_after_ms, 1500);
    assert_int_equal(f.advice, ADVICE_RETRY);
    assert_string_equal(f.name, "");
    assert_null(strpbrk(f.err.message, "\x1b\n"));
}

static void
test_long_words_are_cut(void **state)
{
    (void)state;
    char words[2000];
    struct failure f = {0};
    memset(words, 'x', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    failure_set(&f, FAILURE_REQUEST, "%s", words);
    assert_int_equal(strlen(f.err.message), ERR_MESSAGE_MAX - 1);
    assert_string_equal(f.err.message + ERR_MESSAGE_MAX - 4, "...");
}

static void
test_a_name_is_made_safe(void **state)
{
    (void)state;
    struct failure f = {0};
    char name[200];
    memset(name, 'n', sizeof(name));
    failure_set_name(&f, (struct str){name, sizeof(name)});
    assert_int_equal(strlen(f.name), sizeof(f.name) - 1);
    failure_set_name(&f, STR(" Throttling\nException "));
    assert_string_equal(f.name, "Throttling Exception");
    failure_set_name(&f, (struct str){0});
    assert_string_equal(f.name, "");
}

static void
test_failures_of_the_http_client(void **state)
{
    (void)state;
    static const struct {
        enum err_code code;
        bool retryable;
        enum failure_kind kind;
        enum failure_advice advice;
    } rows[] = {
        {ERR_TIMEOUT, false, FAILURE_TIMEOUT, ADVICE_BY_KIND},
        {ERR_REMOTE, true, FAILURE_NETWORK, ADVICE_BY_KIND},
        {ERR_REMOTE, false, FAILURE_NETWORK, ADVICE_GIVE_UP},
        {ERR_LIMIT, false, FAILURE_LOCAL, ADVICE_BY_KIND},
        {ERR_NOMEM, false, FAILURE_LOCAL, ADVICE_BY_KIND},
        {ERR_IO, false, FAILURE_LOCAL, ADVICE_BY_KIND},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct failure f = {.status = 5, .name = "x"};
        struct err err = {0};
        (void)err_set(&err, rows[i].code, "words");
        err.retryable = rows[i].retryable;
        failure_from_http(&f, rows[i].code, &err);
        assert_int_equal(f.kind, rows[i].kind);
        assert_int_equal(f.advice, rows[i].advice);
        assert_string_equal(f.err.message, "words");
        assert_int_equal(f.status, 0);
        assert_string_equal(f.name, "");
        failure_from_err(&f, &err);
        assert_int_equal(f.kind, rows[i].kind);
    }
    struct failure f = {0};
    struct err err = {0};
    (void)err_set(&err, ERR_AUTH, "no key");
    failure_from_err(&f, &err);
    assert_int_equal(f.kind, FAILURE_KEY);
}

/* Header lines that are there, what they come to. */
static void
test_headers(void **state)
{
    (void)state;
    static const struct {
        const char *after_ms;
        const char *after;
        const char *date;
        const char *should;
        int64_t want;
        enum failure_advice advice;
    } rows[] = {
        {NULL, NULL, NULL, NULL, -1, ADVICE_BY_KIND},
        {"250", "9", NULL, NULL, 250, ADVICE_BY_KIND},
        {"250.7", NULL, NULL, NULL, 250, ADVICE_BY_KIND},
        {"soon", "9", NULL, NULL, 9000, ADVICE_BY_KIND},
        {"-1", NULL, NULL, NULL, -1, ADVICE_BY_KIND},
        {NULL, " 2 ", NULL, "true", 2000, ADVICE_RETRY},
        {NULL, "0.5", NULL, "False", 500, ADVICE_GIVE_UP},
        {NULL, "1e300", NULL, "maybe", 31536000000, ADVICE_BY_KIND},
        {NULL, "nan", NULL, NULL, -1, ADVICE_BY_KIND},
        {NULL, "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:30 GMT", NULL, 7000,
         ADVICE_BY_KIND},
        {NULL, "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:00 GMT", NULL, 0,
         ADVICE_BY_KIND},
        {NULL, "Sun, 06 Nov 1994 08:49:37 GMT", NULL, NULL, -1, ADVICE_BY_KIND},
        {NULL, "Sun, 06 Nix 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:30 GMT", NULL, -1,
         ADVICE_BY_KIND},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_header headers[4];
        struct http_head head = {.status = 429, .headers = headers};
        const char *const names[] = {"Retry-After-Ms", "retry-after", "Date", "X-Should-Retry"};
        const char *const values[] = {rows[i].after_ms, rows[i].after, rows[i].date,
                                      rows[i].should};
        for (size_t n = 0; n < 4; n++) {
            if (values[n]) {
                headers[head.header_count++] =
                    (struct http_header){str_c(names[n]), str_c(values[n])};
            }
        }
        struct failure f = {.retry_after_ms = 77, .advice = ADVICE_RETRY};
        failure_read_headers(&f, &head);
        assert_int_equal(f.retry_after_ms, rows[i].want);
        assert_int_equal(f.advice, rows[i].advice);
    }
}

static void
test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t want;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", true, 784111777000},
        {" Thu, 01 Jan 1970 00:00:00 GMT ", true, 0},
        {"Sun, 31 Nov 1994 08:49:37 GMT", false, 0},
        {"Sun, 06 Nov 1994 24:49:37 GMT", false, 0},
        {"Sun, 06 Nov 1994 08:49:37 UTC", false, 0},
        {"Sunday, 06-Nov-94 08:49:37 GMT", false, 0},
        {"Sun Nov  6 08:49:37 1994", false, 0},
        {"Sun, 06 Nov -994 08:49:37 GMT", false, 0},
        {"Sun, 06 ovD 1994 08:49:37 GMT", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t got = 0;
        assert_int_equal(http_date_parse(str_c(rows[i].text), &got), rows[i].good);
        assert_int_equal(got, rows[i].want);
    }
    int64_t got = 5;
    assert_false(http_date_parse((struct str){0}, &got));
    assert_int_equal(got, 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_has_a_name_and_a_code),
        cmocka_unit_test(test_what_the_head_said_stays),
        cmocka_unit_test(test_long_words_are_cut),
        cmocka_unit_test(test_a_name_is_made_safe),
        cmocka_unit_test(test_failures_of_the_http_client),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
