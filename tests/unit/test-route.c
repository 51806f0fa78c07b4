/* A call on its way through retries and fallbacks to exactly one end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "model/route_call.h"
#include "route_fixture.h"

/* ---- One attempt -----------------------------------------------------------------------------*/

static void
test_a_reply_is_handed_on(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.entries[0].params.max_tokens = 77;
    ENTRY(&b, {.text = "Hel|lo|", .tool = true, .stop = MODEL_STOP_MAX_TOKENS});
    struct heard *h = run(&b);
    assert_int_equal(h->result, 0);
    assert_string_equal(h->model, "first");
    assert_string_equal(h->reply, "Hello");
    assert_int_equal(h->tool_parts, 1);
    assert_int_equal(h->stop, MODEL_STOP_MAX_TOKENS);
    assert_int_equal(b.providers[0].max_tokens, 77);
    assert_true(str_eq_c(model_name(b.model), "first"));
    bench_done(&b);
}

static void
test_the_requests_params_win(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.entries[0].params.max_tokens = 77;
    b.request.params.max_tokens = 5;
    ENTRY(&b, {.text = "x"});
    (void)run(&b);
    assert_int_equal(b.providers[0].max_tokens, 5);
    bench_done(&b);
}

/* Sums of them are made for years, and brakes on spending rest on them. */
static void
test_counts_of_a_server_are_bounded(void **state)
{
    (void)state;
    static const struct {
        struct model_usage said;
        struct model_usage want;
    } cases[] = {
        {{120, 30, 100, 20}, {120, 30, 100, 20}},
        {{INT64_MAX, INT64_MAX, 1, 1}, {MODEL_TOKENS_MAX, MODEL_TOKENS_MAX, 1, 1}},
        {{-5, INT64_MIN, -1, -1}, {0, 0, 0, 0}},
        {{100, 1, 300, 300}, {100, 1, 100, 0}}, /* no more cached than read */
        {{100, 1, 90, 20}, {100, 1, 90, 10}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct bench b;
        bench_init(&b);
        struct scripted_step step = {.text = "x", .usage = cases[i].said};
        provider_scripted_init(&b.providers[b.count++], b.loop, &step, 1);
        struct heard *h = run(&b);
        assert_memory_equal(&h->usage, &cases[i].want, sizeof(h->usage));
        bench_done(&b);
    }
}

/* ---- Again -----------------------------------------------------------------------------------*/

static void
test_what_is_transient_is_tried_again(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.fails = FAILURE_NETWORK}, {.fails = FAILURE_OVERLOADED}, {.fails = FAILURE_CUT},
          {.text = "there"});
    struct heard *h = run(&b);
    assert_string_equal(h->reply, "there");
    assert_int_equal(h->retracted, 0);
    assert_int_equal(b.providers[0].attempts, 4);
    bench_done(&b);
}

static void
test_shown_text_is_withdrawn(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.text = "One |two ", .fails = FAILURE_CUT}, {.text = "Three"});
    struct heard *h = run(&b);
    assert_string_equal(h->reply, "Three");
    assert_int_equal(h->retracted, 1);
    assert_int_equal(b.providers[0].partials, 0);
    bench_done(&b);
}

/* ---- Continued -------------------------------------------------------------------------------*/

/* The pieces before the break and after it, and what they come to. */
static void
test_a_broken_reply_is_continued(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        const char *after;
        const char *partial;
        const char *reply;
    } rows[] = {
        {"Hello |wor", "ld.| Bye", "Hello wor", "Hello world. Bye"},
        {"Hello ", "world", "Hello", "Hello world"},
        {"Hello ", " world", "Hello", "Hello world"},
        {"Hello\n", " |\n| world", "Hello", "Hello\nworld"},
        {"Hello", " world", "Hello", "Hello world"},
        {"Hello", "|\n\nworld", "Hello", "Hello\n\nworld"},
        {"Hello ", "", "Hello", "Hello "},
        {"Hello. ", " ", "Hello.", "Hello. "},
        {" Hello", "!", " Hello", " Hello!"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int tool = 0; tool < 2; tool++) {
            struct bench b;
            bench_init(&b);
            struct scripted_step steps[] = {{.text = rows[i].before, .fails = FAILURE_CUT},
                                            {.text = rows[i].after, .tool = tool}};
            provider_scripted_init(&b.providers[b.count++], b.loop, steps, 2);
            b.providers[0].continues = true;
            struct heard *h = run(&b);
            assert_string_equal(b.providers[0].partial, rows[i].partial);
            assert_string_equal(h->reply, rows[i].reply);
            assert_int_equal(h->text_parts, 1);
            assert_int_equal(h->tool_parts, tool);
            assert_int_equal(h->retracted, 0);
            bench_done(&b);
        }
    }
}

static void
test_blanks_alone_are_not_continued(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.text = " |\n", .fails = FAILURE_CUT}, {.text = "Hello"});
    b.providers[0].continues = true;
    struct heard *h = run(&b);
    assert_int_equal(b.providers[0].partials, 0);
    assert_int_equal(h->retracted, 1);
    assert_string_equal(h->reply, "Hello");
    bench_done(&b);
}

static void
test_a_continuation_is_tried_once(void **state)
{
    (void)state;
    static const enum failure_kind kinds[] = {FAILURE_CUT, FAILURE_REQUEST, FAILURE_OVERLOADED};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct bench b;
        bench_init(&b);
        struct scripted_step steps[] = {{.text = "One ", .fails = FAILURE_TIMEOUT},
                                        {.text = "two ", .fails = kinds[i]},
                                        {.text = "Three"}};
        provider_scripted_init(&b.providers[b.count++], b.loop, steps, 3);
        b.providers[0].continues = true;
        struct heard *h = run(&b);
        assert_int_equal(b.providers[0].partials, 1);
        assert_string_equal(b.providers[0].partial, "");
        assert_int_equal(h->retracted, 1);
        assert_string_equal(h->reply, "Three");
        bench_done(&b);
    }
}

/* ---- The next --------------------------------------------------------------------------------*/

static void
test_what_no_repetition_mends_goes_to_the_next(void **state)
{
    (void)state;
    static const enum failure_kind kinds[] = {
        FAILURE_REQUEST, FAILURE_TOO_LONG, FAILURE_KEY,    FAILURE_ACCESS,
        FAILURE_MODEL,   FAILURE_QUOTA,    FAILURE_FORMAT, FAILURE_LOCAL,
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct bench b;
        bench_init(&b);
        struct scripted_step steps[] = {{.text = "half", .fails = kinds[i]}};
        provider_scripted_init(&b.providers[b.count++], b.loop, steps, 1);
        ENTRY(&b, {.text = "whole"});
        b.providers[0].continues = true;
        struct heard *h = run(&b);
        assert_int_equal(b.providers[0].attempts, 1);
        assert_string_equal(h->model, "second");
        assert_int_equal(h->retracted, 1);
        assert_string_equal(h->reply, "whole");
        assert_string_equal(b.providers[1].partial, "");
        bench_done(&b);
    }
}

static void
test_the_preferred_is_asked_first(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.text = "a"});
    ENTRY(&b, {.text = "b"}, {.fails = FAILURE_KEY});
    ENTRY(&b, {.text = "c"});
    b.request.prefer = STR("second");
    assert_string_equal(run(&b)->model, "second");
    struct heard *h = finish(&b, start(&b, 1));
    assert_string_equal(h->model, "third");
    assert_string_equal(h->note, "no answer from second: scripted: key");
    assert_int_equal(b.providers[0].attempts, 0);
    b.request.prefer = STR("nobody");
    assert_string_equal(finish(&b, start(&b, 2))->model, "first");
    bench_done(&b);
}

static void
test_all_fail_in_words(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.fails = FAILURE_KEY});
    ENTRY(&b, {.fails = FAILURE_OVERLOADED});
    ENTRY(&b, {.text = "never"});
    b.providers[2].refuses = "takes no images";
    struct heard *h = run(&b);
    assert_int_equal(h->result, ERR_AUTH);
    assert_false(h->err.retryable);
    assert_string_equal(h->err.message, "scripted: key; second: scripted: overloaded; third: takes "
                                        "no images");
    assert_int_equal(b.providers[1].attempts, RETRY_ATTEMPTS);
    assert_int_equal(b.providers[2].attempts, 0);
    bench_done(&b);
}

static void
test_long_words_leave_room(void **state)
{
    (void)state;
    struct bench b;
    char words[400];
    memset(words, 'w', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    bench_init(&b);
    ENTRY(&b, {.text = "never"});
    ENTRY(&b, {.text = "never"});
    ENTRY(&b, {.fails = FAILURE_KEY});
    b.providers[0].refuses = words;
    b.providers[1].refuses = words;
    struct heard *h = run(&b);
    assert_int_equal(h->result, ERR_INVALID);
    assert_non_null(strstr(h->err.message, "...; second: ww"));
    assert_true(strlen(h->err.message) < ERR_MESSAGE_MAX);
    bench_done(&b);
}

/* What the record is told of a reply that did not come at once. */
static void
test_a_reply_has_a_note(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.text = "at once"}, {.fails = FAILURE_NETWORK}, {.text = "again"},
          {.fails = FAILURE_KEY});
    ENTRY(&b, {.fails = FAILURE_CUT}, {.fails = FAILURE_OVERLOADED}, {.text = "b"});
    assert_string_equal(run(&b)->note, "");
    assert_string_equal(finish(&b, start(&b, 1))->note,
                        "first answered at attempt 2, after: scripted: network");
    assert_string_equal(finish(&b, start(&b, 2))->note,
                        "no answer from first: scripted: key; second answered at attempt 3, after: "
                        "scripted: overloaded");
    bench_done(&b);
}

static void
test_a_note_is_bounded(void **state)
{
    (void)state;
    struct route_words words = {0};
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    (void)err_set(&err, ERR_REMOTE, "%0400d", 0);
    for (int i = 0; i < 10; i++) {
        route_words_add(&words, STR("model"), &err);
    }
    route_words_again(&words, &err);
    struct str note = route_words_note(&words, STR("model"), STR("last"), &arena);
    assert_true(note.len > ERR_MESSAGE_MAX && note.len < 3 * ERR_MESSAGE_MAX);
}

static void
test_what_does_not_start(void **state)
{
    (void)state;
    static const struct {
        enum err_code code;
        size_t attempts;
        const char *model; /* NULL: it fails */
    } rows[] = {
        {ERR_INVALID, 1, "second"},
        {ERR_AUTH, 1, "second"},
        {ERR_TIMEOUT, RETRY_ATTEMPTS, "second"},
        {ERR_NOMEM, 1, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        bench_init(&b);
        struct scripted_step steps[] = {{.start_fails = rows[i].code}};
        provider_scripted_init(&b.providers[b.count++], b.loop, steps, 1);
        ENTRY(&b, {.text = "b"});
        struct heard *h = run(&b);
        assert_int_equal(b.providers[0].attempts, rows[i].attempts);
        assert_int_equal(h->result, rows[i].model ? 0 : rows[i].code);
        assert_string_equal(h->model, rows[i].model ? rows[i].model : "");
        bench_done(&b);
    }
}

static void
test_an_open_breaker_is_passed_by(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.fails = FAILURE_OVERLOADED});
    ENTRY(&b, {.text = "b"});
    /* Four attempts, then the fifth failure opens it in the middle of the second call. */
    (void)run(&b);
    (void)finish(&b, start(&b, 1));
    assert_int_equal(b.providers[0].attempts, BREAKER_FAILURES);
    struct heard *h = finish(&b, start(&b, 2));
    assert_int_equal(b.providers[0].attempts, BREAKER_FAILURES);
    assert_string_equal(h->model, "second");
    /* Cooled down, one call tries it, another does not wait for that. */
    clock_hand_advance(&b.clock, BREAKER_COOL_MS);
    struct heard *probe = start(&b, 3);
    h = finish(&b, start(&b, 4));
    assert_string_equal(h->model, "second");
    (void)finish(&b, probe);
    assert_int_equal(b.providers[0].attempts, BREAKER_FAILURES + 1);
    bench_done(&b);
}

static void
test_an_open_breaker_alone_fails_at_once(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ENTRY(&b, {.fails = FAILURE_OVERLOADED});
    (void)run(&b);
    (void)finish(&b, start(&b, 1));
    struct heard *h = finish(&b, start(&b, 2));
    assert_int_equal(h->result, ERR_REMOTE);
    assert_true(h->err.retryable);
    assert_non_null(strstr(h->err.message, "first"));
    assert_non_null(strstr(h->err.message, "10 s"));
    bench_done(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reply_is_handed_on),
        cmocka_unit_test(test_the_requests_params_win),
        cmocka_unit_test(test_counts_of_a_server_are_bounded),
        cmocka_unit_test(test_what_is_transient_is_tried_again),
        cmocka_unit_test(test_shown_text_is_withdrawn),
        cmocka_unit_test(test_a_broken_reply_is_continued),
        cmocka_unit_test(test_blanks_alone_are_not_continued),
        cmocka_unit_test(test_a_continuation_is_tried_once),
        cmocka_unit_test(test_what_no_repetition_mends_goes_to_the_next),
        cmocka_unit_test(test_the_preferred_is_asked_first),
        cmocka_unit_test(test_all_fail_in_words),
        cmocka_unit_test(test_long_words_leave_room),
        cmocka_unit_test(test_a_reply_has_a_note),
        cmocka_unit_test(test_a_note_is_bounded),
        cmocka_unit_test(test_what_does_not_start),
        cmocka_unit_test(test_an_open_breaker_is_passed_by),
        cmocka_unit_test(test_an_open_breaker_alone_fails_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
