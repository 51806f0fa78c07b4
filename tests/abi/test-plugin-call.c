/* A plugin's calls in this process: what it answers, what it stages, what becomes of one that
 * misbehaves or overstays, and what that costs the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "plugin/plugin_inproc.h"

#include "bench.h"

#define PLUGINS "DESKHAND_TEST_PLUGINS"
#define SHIPPED "DESKHAND_SHIPPED_PLUGINS"

static void
start_bench(struct bench *b)
{
    bench_init(b);
    (void)bench_load(b, PLUGINS, "good", "{\"size\":12}");
}

/* Which instance, of all ever made, answers now. */
static int
instance(struct bench *b)
{
    const struct tool_result *r = bench_run(b, "instance", "{}");
    int number = 0;
    assert_int_equal(r->status, TOOL_OK);
    assert_int_equal(sscanf(r->json.ptr, "{\"number\":%d}", &number), 1);
    return number;
}

static void
test_a_call_knows_whom_it_is_for(void **state)
{
    (void)state;
    struct bench b;
    start_bench(&b);
    const struct tool_result *r = bench_run(&b, "echo", "{\"a\":[1,\"x\"]}");
    assert_int_equal(r->status, TOOL_OK);
    assert_string_equal(r->json.ptr,
                        "{\"arguments\":{\"a\":[1,\"x\"]},\"call\":\"x-1\",\"turn\":\"t-1\","
                        "\"conversation\":\"c-1\",\"customer\":\"anna\",\"key\":\"x-1\","
                        "\"flags\":0,\"in_time\":true,\"this_century\":true,\"log\":true,"
                        "\"unheard\":false,\"size\":12}");
    assert_false(r->staged.escalate);
    bench_done(&b);
}

static void
test_each_misbehaviour_is_one_error(void **state)
{
    static const struct {
        const char *tool;
        const char *arguments;
        const char *code;
        const char *want;
        bool retryable;
    } cases[] = {
        {"garbage", "{}", "plugin_fault", "not JSON", false},
        {"twice", "{}", "plugin_fault", "two answers", false},
        {"silent", "{}", "plugin_fault", "without an answer", false},
        {"huge", "{}", "result_too_large", "256 KiB", false},
        {"sorry", "{}", "not_found", "no such thing; try another", true},
        {"stage_and_fail", "{}", "oops", "oops", false},
        {"bad_writer", "{\"how\":\"no_key\"}", "plugin_fault", "not JSON", false},
        {"bad_writer", "{\"how\":\"empty_key\"}", "plugin_fault", "not JSON", false},
        {"bad_writer", "{\"how\":\"open\"}", "plugin_fault", "not JSON", false},
        {"bad_writer", "{\"how\":\"end\"}", "plugin_fault", "not JSON", false},
        {"bad_writer", "{\"how\":\"two\"}", "plugin_fault", "not JSON", false},
        {"bad_writer", "{\"how\":\"json\"}", "plugin_fault", "not JSON", false},
        {"bad_writer", "{\"how\":\"deep\"}", "plugin_fault", "not JSON", false},
    };
    (void)state;
    struct bench b;
    start_bench(&b);
    int number = instance(&b);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct tool_result *r = bench_run(&b, cases[i].tool, cases[i].arguments);
        assert_int_equal(r->status, TOOL_ERROR);
        assert_true(str_eq_c(r->error_code, cases[i].code));
        assert_contains(r->message, cases[i].want);
        assert_int_equal(r->retryable, cases[i].retryable);
        assert_false(r->staged.escalate);
    }
    /* And none of it cost the instance. */
    assert_int_equal(instance(&b), number);
    assert_int_equal(bench_run(&b, "bad_writer", "{\"how\":\"\"}")->status, TOOL_OK);
    bench_done(&b);
}

static void
test_values_are_read_by_path(void **state)
{
    static const struct {
        const char *arguments;
        const char *want;
    } cases[] = {
        {"{\"path\":\"/a/1/b\",\"in\":{\"a\":[0,{\"b\":\"x\"}]}}",
         "{\"type\":4,\"text\":\"x\",\"integer\":-1,\"number\":-0.5,\"boolean\":true,\"count\":0,"
         "\"items\":[null]}"},
        {"{\"path\":\"/a~1b~0c\",\"in\":{\"a/b~c\":7}}",
         "{\"type\":2,\"text\":\"\",\"integer\":7,\"number\":7,\"boolean\":true,\"count\":0,"
         "\"items\":[null]}"},
        {"{\"path\":\"\",\"in\":2.0}",
         "{\"type\":3,\"text\":\"\",\"integer\":2,\"number\":2,\"boolean\":true,\"count\":0,"
         "\"items\":[null]}"},
        {"{\"path\":\"\",\"in\":2.5}",
         "{\"type\":3,\"text\":\"\",\"integer\":-1,\"number\":2.5,\"boolean\":true,\"count\":0,"
         "\"items\":[null]}"},
        {"{\"path\":\"\",\"in\":false}",
         "{\"type\":1,\"text\":\"\",\"integer\":-1,\"number\":-0.5,\"boolean\":false,\"count\":0,"
         "\"items\":[null]}"},
        {"{\"path\":\"\",\"in\":{\"k\":[],\"l\":null,\"m\":{}}}",
         "{\"type\":6,\"text\":\"\",\"integer\":-1,\"number\":-0.5,\"boolean\":true,\"count\":3,"
         "\"items\":[\"k\",5,\"l\",0,\"m\",6,null]}"},
        {"{\"path\":\"\",\"in\":[true,\"a\"]}",
         "{\"type\":5,\"text\":\"\",\"integer\":-1,\"number\":-0.5,\"boolean\":true,\"count\":2,"
         "\"items\":[\"\",1,\"\",4,null]}"},
        /* What is not there is nothing: no member, no index, no pointer. */
        {"{\"path\":\"/2\",\"in\":[1,2]}", "{\"type\":0,"},
        {"{\"path\":\"/01\",\"in\":[1,2]}", "{\"type\":0,"},
        {"{\"path\":\"/-1\",\"in\":[1,2]}", "{\"type\":0,"},
        {"{\"path\":\"/a/b\",\"in\":{\"a\":1}}", "{\"type\":0,"},
        {"{\"path\":\"a\",\"in\":{\"a\":1}}", "{\"type\":0,"},
        {"{\"path\":\"/a~2\",\"in\":{\"a~2\":1}}", "{\"type\":0,"},
        {"{\"path\":\"/a~\",\"in\":{\"a~\":1}}", "{\"type\":0,"},
        {"{\"path\":\"/\",\"in\":{\"\":1}}", "{\"type\":2,"},
        {"{}", "{\"type\":0,"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct bench b;
        start_bench(&b);
        const struct tool_result *r = bench_run(&b, "values", cases[i].arguments);
        assert_int_equal(r->status, TOOL_OK);
        if (!str_starts(r->json, str_c(cases[i].want))) {
            fail_msg("%s gives %s, not %s", cases[i].arguments, r->json.ptr, cases[i].want);
        }
        bench_done(&b);
    }
}

static void
test_a_staged_effect_comes_with_the_one_result(void **state)
{
    (void)state;
    struct bench b;
    start_bench(&b);
    const struct tool_result *r = bench_run(&b, "stage", "{}");
    assert_int_equal(r->status, TOOL_OK);
    assert_true(r->staged.escalate);
    assert_string_equal(r->staged.reason.ptr, "why");
    assert_string_equal(r->staged.priority.ptr, "high");
    assert_string_equal(r->staged.category.ptr, "billing");
    r = bench_run(&b, "stage_wrongly", "{}");
    assert_string_equal(r->json.ptr, "{\"refused\":5}");
    assert_string_equal(r->staged.reason.ptr, "why");
    bench_done(&b);
}

static void
test_a_refusal_to_start_is_told(void **state)
{
    static const struct {
        const char *config;
        const char *want;
    } cases[] = {
        {"{\"refuse\":\"the stock is closed\"}", "could not be started: the stock is closed"},
        {"{\"refuse\":\"x\",\"mute\":true}", "did not say why"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct bench b;
        bench_init(&b);
        (void)bench_load(&b, PLUGINS, "good", cases[i].config);
        /* Three at once and one later: each hears of it, none waits for ever. */
        (void)bench_start(&b, "echo", "{}");
        (void)bench_start(&b, "echo", "{}");
        (void)bench_start(&b, "silent", "{}");
        bench_wait(&b, 3);
        (void)bench_run(&b, "instance", "{}");
        for (size_t c = 0; c < b.call_count; c++) {
            assert_int_equal(b.calls[c].count, 1);
            assert_int_equal(b.calls[c].result.status, TOOL_ERROR);
            assert_contains(b.calls[c].result.message, cases[i].want);
        }
        bench_done(&b);
    }
}

/* ---- Side by side -----------------------------------------------------------------------------*/

static void
test_serial_calls_never_overlap_and_parallel_ones_do(void **state)
{
    static const struct {
        const char *tool;
        const char *want;
    } cases[] = {{"nap", "{\"most\":1}"}, {"nap_parallel", "{\"most\":3}"}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        start_bench(&b);
        /* The first call made the instance and left one idle thread. */
        (void)bench_run(&b, "overlaps", "{}");
        for (int c = 0; c < BENCH_THREADS; c++) {
            (void)bench_start(&b, cases[i].tool, "{\"ms\":150}");
        }
        bench_wait(&b, 1 + BENCH_THREADS);
        assert_string_equal(bench_run(&b, "overlaps", "{}")->json.ptr, cases[i].want);
        bench_done(&b);
    }
}

static void
test_many_calls_each_get_their_own_answer(void **state)
{
    (void)state;
    struct bench b;
    start_bench(&b);
    for (int i = 0; i < BENCH_CALLS; i++) {
        char arguments[32];
        (void)snprintf(arguments, sizeof(arguments), "{\"n\":%d}", i);
        (void)bench_start(&b, "echo", arguments);
    }
    bench_wait(&b, BENCH_CALLS);
    for (int i = 0; i < BENCH_CALLS; i++) {
        char want[32];
        (void)snprintf(want, sizeof(want), "\"arguments\":{\"n\":%d}", i);
        assert_int_equal(b.calls[i].count, 1);
        assert_contains(b.calls[i].result.json, want);
    }
    bench_done(&b);
}

/* What follows from a thread that cannot be stopped; a process can (test-plugin-bad.c). */
static void
skip_in_child(void)
{
    if (bench_isolates()) {
        skip();
    }
}

/* ---- Late -------------------------------------------------------------------------------------*/

static void
test_a_late_call_is_disowned_with_its_instance(void **state)
{
    (void)state;
    skip_in_child();
    struct bench b;
    start_bench(&b);
    int number = instance(&b);
    const struct tool_result *r = bench_run(&b, "late", "{\"ms\":200}");
    assert_int_equal(r->status, TOOL_TIMEOUT);
    assert_true(r->ms >= 55);
    assert_false(r->staged.escalate);
    /* The next call does not wait for it: another instance, another thread. */
    assert_int_equal(instance(&b), number + 1);
    /* It comes back, answers twice and escalates: nobody hears. */
    bench_idle(&b, 250);
    assert_int_equal(b.done, 3);
    assert_string_equal(bench_run(&b, "taken_late", "{}")->json.ptr, "{\"taken\":0}");
    assert_int_equal(plugin_trouble(plugin_at(b.set, 0)).len, 0);
    assert_int_equal(instance(&b), number + 1);
    bench_done(&b);
}

static void
test_a_call_can_see_that_it_is_late(void **state)
{
    (void)state;
    struct bench b;
    start_bench(&b);
    /* It ends itself at the deadline, without an answer: late, and no fault. */
    const struct tool_result *r = bench_run(&b, "polite", "{}");
    assert_int_equal(r->status, TOOL_TIMEOUT);
    assert_contains(r->message, "60 ms");
    bench_idle(&b, 30);
    assert_int_equal(bench_run(&b, "echo", "{}")->status, TOOL_OK);
    bench_done(&b);
}

static void
test_a_plugin_that_keeps_losing_threads_is_disabled(void **state)
{
    (void)state;
    skip_in_child();
    struct bench b;
    start_bench(&b);
    for (int i = 0; i < INPROC_LOST_MAX; i++) {
        assert_int_equal(bench_run(&b, "late", "{\"ms\":700}")->status, TOOL_TIMEOUT);
    }
    const struct tool_result *r = bench_run(&b, "echo", "{}");
    assert_int_equal(r->status, TOOL_ERROR);
    assert_true(str_eq_c(r->error_code, "unavailable"));
    assert_contains(r->message, "disabled");
    assert_contains(plugin_trouble(plugin_at(b.set, 0)), "disabled");
    /* For good: also when they came back. */
    bench_idle(&b, 800);
    assert_int_equal(bench_run(&b, "echo", "{}")->status, TOOL_ERROR);
    bench_done(&b);
}

/* The leak checker's, where it is linked: what a thread still holds is left behind on purpose. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static void
test_a_thread_may_come_back_after_the_end(void **state)
{
    (void)state;
    skip_in_child();
    struct bench b;
    if (__lsan_disable) {
        __lsan_disable();
    }
    start_bench(&b);
    assert_int_equal(bench_run(&b, "late", "{\"ms\":2600}")->status, TOOL_TIMEOUT);
    int64_t before = clock_mono_ms(clock_real());
    bench_done(&b);
    assert_in_range(clock_mono_ms(clock_real()) - before, 1900, 2500);
    (void)usleep(900 * 1000);
    if (__lsan_enable) {
        __lsan_enable();
    }
}

/* ---- Canceled ---------------------------------------------------------------------------------*/

static void
test_a_canceled_call_leaves_no_trace(void **state)
{
    (void)state;
    skip_in_child();
    struct bench b;
    start_bench(&b);
    /* While its instance is being made; while it runs; while it waits for a thread. */
    tool_call_cancel(bench_start(&b, "echo", "{}")->call);
    int number = instance(&b);
    struct bench_call *running[BENCH_THREADS + 1];
    for (int i = 0; i <= BENCH_THREADS; i++) {
        running[i] = bench_start(&b, "nap_parallel", "{\"ms\":80}");
    }
    bench_idle(&b, 20);
    for (int i = BENCH_THREADS; i >= 0; i--) {
        tool_call_cancel(running[i]->call);
    }
    size_t done = b.done;
    bench_idle(&b, 120);
    assert_int_equal(b.done, done);
    /* Parallel tools share their instance with anybody: it is kept. */
    assert_int_equal(instance(&b), number);
    /* A serial one may not: its instance is busy with nobody's call. */
    struct bench_call *serial = bench_start(&b, "nap", "{\"ms\":80}");
    bench_idle(&b, 20);
    tool_call_cancel(serial->call);
    assert_int_equal(instance(&b), number + 1);
    assert_int_equal(serial->count, 0);
    bench_done(&b);
}

static void
test_calls_given_up_are_counted_while_they_run(void **state)
{
    (void)state;
    skip_in_child();
    struct bench b;
    start_bench(&b);
    for (int i = 0; i < INPROC_LOST_MAX; i++) {
        struct bench_call *c = bench_start(&b, "nap", "{\"ms\":600}");
        bench_idle(&b, 20);
        tool_call_cancel(c->call);
    }
    const struct tool_result *r = bench_run(&b, "echo", "{}");
    assert_int_equal(r->status, TOOL_ERROR);
    assert_contains(r->message, "still busy");
    bench_idle(&b, 700);
    assert_int_equal(bench_run(&b, "echo", "{}")->status, TOOL_OK);
    bench_done(&b);
}

/* ---- What is shipped --------------------------------------------------------------------------*/

static void
test_the_template_greets(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    (void)bench_load(&b, SHIPPED, "template", "{\"greeting\":\"Gr\u00fc\u00df Gott\"}");
    assert_string_equal(bench_run(&b, "say_hello", "{\"name\":\"Anna\"}")->json.ptr,
                        "{\"greeting\":\"Gr\u00fc\u00df Gott\",\"name\":\"Anna\"}");
    const struct tool_result *r = bench_run(&b, "say_hello", "{\"name\":\"nobody\"}");
    assert_true(str_eq_c(r->error_code, "no_such_person"));
    r = bench_run(&b, "say_hello", "{\"nome\":\"Anna\"}");
    assert_int_equal(r->status, TOOL_REJECTED);
    bench_done(&b);
}

static void
test_escalate_stages_a_hand_over(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    (void)bench_load(&b, SHIPPED, "escalate", "");
    const struct tool_def *def = tool_find(b.registry, STR("escalate_to_human"));
    assert_int_equal(def->effect, EFFECT_WRITE);
    assert_true(def->hands_over);
    const struct tool_result *r = bench_run(
        &b, "escalate_to_human", "{\"reason\":\"The hub smells burnt.\",\"priority\":\"urgent\"}");
    assert_int_equal(r->status, TOOL_OK);
    assert_string_equal(r->json.ptr, "{\"handed_over\":true,\"priority\":\"urgent\"}");
    assert_string_equal(r->staged.reason.ptr, "The hub smells burnt.");
    assert_string_equal(r->staged.priority.ptr, "urgent");
    r = bench_run(&b, "escalate_to_human", "{\"reason\":\"a\",\"priority\":\"now\"}");
    assert_int_equal(r->status, TOOL_REJECTED);
    assert_contains(r->message, "/priority");
    r = bench_run(&b, "escalate_to_human", "{\"reason\":\" \",\"priority\":\"low\"}");
    assert_int_equal(r->status, TOOL_REJECTED);
    bench_done(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_knows_whom_it_is_for),
        cmocka_unit_test(test_each_misbehaviour_is_one_error),
        cmocka_unit_test(test_values_are_read_by_path),
        cmocka_unit_test(test_a_staged_effect_comes_with_the_one_result),
        cmocka_unit_test(test_a_refusal_to_start_is_told),
        cmocka_unit_test(test_serial_calls_never_overlap_and_parallel_ones_do),
        cmocka_unit_test(test_many_calls_each_get_their_own_answer),
        cmocka_unit_test(test_a_late_call_is_disowned_with_its_instance),
        cmocka_unit_test(test_a_call_can_see_that_it_is_late),
        cmocka_unit_test(test_a_plugin_that_keeps_losing_threads_is_disabled),
        cmocka_unit_test(test_a_thread_may_come_back_after_the_end),
        cmocka_unit_test(test_a_canceled_call_leaves_no_trace),
        cmocka_unit_test(test_calls_given_up_are_counted_while_they_run),
        cmocka_unit_test(test_the_template_greets),
        cmocka_unit_test(test_escalate_stages_a_hand_over),
    };
    return cmocka_run_group_tests_name("plugin-call", tests, NULL, NULL);
}
