/* The time to sign with: put right by what the servers' refusals say, as the SDK was seen to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/json.h"
#include "tests/unit/aws_rig.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct str
read_shared(const char *name, char *text, size_t size)
{
    char path[1000];
    const char *shared = getenv("DESKHAND_SHARED");
    (void)snprintf(path, sizeof(path), "%s/vectors/captured/aws/%s", shared ? shared : "../shared",
                   name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        puts("SKIP: no shared data");
        skip();
    }
    ssize_t len = read(fd, text, size);
    (void)close(fd);
    assert_true(len > 0);
    return (struct str){text, (size_t)len};
}

/* The x-amz-date that the SDK signed with: "20260115T130000Z". */
static struct str
captured_date(const struct js *request)
{
    const struct js *headers = js_get_c(request, "headers");
    for (size_t i = 0; i < js_count(headers); i++) {
        if (str_eq_c(js_text(js_at(js_at(headers, i), 0)), "x-amz-date")) {
            return js_text(js_at(js_at(headers, i), 1));
        }
    }
    return (struct str){0};
}

static struct str
basic_time(int64_t wall_ms, char out[CLOCK_TEXT])
{
    size_t len = 0;
    char text[CLOCK_TEXT];
    clock_format(wall_ms, text);
    for (size_t i = 0; i < 19; i++) {
        if (text[i] != '-' && text[i] != ':') {
            out[len++] = text[i];
        }
    }
    out[len++] = 'Z';
    return (struct str){out, len};
}

static void
test_the_captured_correction(void **state)
{
    (void)state;
    static char text[2][20000];
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct js *sent[2];
    char date[CLOCK_TEXT];
    struct rig r;
    int64_t there;
    for (size_t i = 0; i < 2; i++) {
        const char *name = i ? "clock_skew_attempt_2.json" : "clock_skew_attempt_1.json";
        struct str all = read_shared(name, text[i], sizeof(text[i]));
        assert_int_equal(js_parse(all, &arena, &sent[i], &err), 0);
    }
    rig_open(&r, &(struct aws_options){0});
    assert_true(clock_parse(js_get_text(sent[0], "clock"), &there));
    assert_int_equal(there, noon);
    assert_true(str_eq(basic_time(aws_source_now_ms(r.source), date), captured_date(sent[0])));
    const struct http_header header = {STR("Date"), js_get_text(sent[0], "server_date_header")};
    const struct http_head head = {403, &header, 1};
    assert_true(aws_source_learn_clock(r.source, &head));
    assert_true(str_eq(basic_time(aws_source_now_ms(r.source), date), captured_date(sent[1])));
    /* Known now: no third attempt. */
    assert_false(aws_source_learn_clock(r.source, &head));
    rig_close(&r);
}

static const struct {
    const char *name;
    const char *date;
    const char *age;
    int64_t want_ms; /* the correction; 0: nothing learnt */
} clocks[] = {
    {"an hour ahead", "Thu, 15 Jan 2026 13:00:00 GMT", NULL, 3600000},
    {"a day behind", "Wed, 14 Jan 2026 12:00:00 GMT", NULL, -86400000},
    {"four minutes", "Thu, 15 Jan 2026 12:04:00 GMT", NULL, 240000},
    {"less is fine", "Thu, 15 Jan 2026 12:03:59 GMT", NULL, 0},
    {"two days ahead", "Sat, 17 Jan 2026 12:00:00 GMT", NULL, 172800000},
    {"more is theirs", "Sat, 17 Jan 2026 12:00:01 GMT", NULL, 0},
    {"years behind", "Thu, 01 Jan 1970 00:00:00 GMT", NULL, 0},
    {"out of a cache", "Thu, 15 Jan 2026 13:00:00 GMT", "3600", 0},
    {"no date", NULL, NULL, 0},
    {"no date that is one", "yesterday", NULL, 0},
};

static void
test_clocks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(clocks); i++) {
        struct rig r;
        struct http_header headers[2];
        struct http_head head = {403, headers, 0};
        rig_open(&r, &(struct aws_options){0});
        if (clocks[i].date) {
            headers[head.header_count++] = (struct http_header){STR("date"), str_c(clocks[i].date)};
        }
        if (clocks[i].age) {
            headers[head.header_count++] = (struct http_header){STR("Age"), str_c(clocks[i].age)};
        }
        assert_int_equal(aws_source_learn_clock(r.source, &head), clocks[i].want_ms != 0);
        assert_int_equal(aws_source_now_ms(r.source) - noon, clocks[i].want_ms);
        rig_close(&r);
    }
    assert_true(aws_is_clock_refusal(STR("RequestTimeTooSkewed")));
    assert_true(aws_is_clock_refusal(STR("InvalidSignatureException")));
    assert_false(aws_is_clock_refusal(STR("AccessDeniedException")));
    assert_false(aws_is_clock_refusal(STR("")));
}

/* Our clock was put right meanwhile: that is learnt as well. */
static void
test_a_clock_that_comes_back(void **state)
{
    (void)state;
    struct rig r;
    struct http_header header = {STR("Date"), STR("Thu, 15 Jan 2026 13:00:00 GMT")};
    const struct http_head head = {403, &header, 1};
    rig_open(&r, &(struct aws_options){0});
    assert_true(aws_source_learn_clock(r.source, &head));
    r.clock.wall = noon + 3600000;
    assert_true(aws_source_learn_clock(r.source, &head));
    assert_int_equal(aws_source_now_ms(r.source), noon + 3600000);
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_captured_correction, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_clocks, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_a_clock_that_comes_back, home_make, home_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
