/* Dispatch and time: deadlines, calls that wait for each other, calls that are given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tool_fixture.h"

/* ---- Time -------------------------------------------------------------------------------------*/

static void
test_a_missed_deadline_ends_the_call(void **state)
{
    static const struct {
        enum tool_effect effect;
        bool retryable;
        const char *want;
    } cases[] = {{EFFECT_READ, true, "try once more"}, {EFFECT_WRITE, false, "not known"}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        bench_init(&b);
        struct tool_def def = make_def(&b, &b.a, "slow", (struct fake_tool){.behaviour = NEVER});
        def.timeout_ms = 20;
        def.effect = cases[i].effect;
        add(&b, def);
        (void)call(&b, "slow", GOOD_ARGUMENTS);
        run_until(&b, 1);
        const struct tool_result *r = &b.heard[0].result;
        assert_int_equal(r->status, TOOL_TIMEOUT);
        assert_true(str_eq_c(r->error_code, "timeout"));
        assert_contains(r->message, "20 ms");
        assert_contains(r->message, cases[i].want);
        assert_int_equal(r->retryable, cases[i].retryable);
        assert_in_range(r->ms, 18, 1000);
        assert_int_equal(b.a.late, 1);
        bench_done(&b);
    }
}

static void
test_serial_calls_wait_in_order(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct fake_tool slow = {.delay_ms = 15, .result = good};
    struct fake_tool quick = {.delay_ms = 1, .result = good};
    add(&b, make_def(&b, &b.a, "one", slow));
    add(&b, make_def(&b, &b.a, "two", quick));
    add(&b, make_def(&b, &b.b, "other", quick));
    (void)call(&b, "one", GOOD_ARGUMENTS);
    (void)call(&b, "two", GOOD_ARGUMENTS);
    (void)call(&b, "one", GOOD_ARGUMENTS);
    (void)call(&b, "other", GOOD_ARGUMENTS); /* another source: waits for nobody */
    run_until(&b, 4);
    assert_string_equal(b.a.order, "x-0 x-1 x-2 ");
    assert_int_equal(b.a.most_running, 1);
    assert_string_equal(b.finished, "3 0 1 2 ");
    bench_done(&b);
}

static void
test_parallel_calls_overlap(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct tool_def def =
        make_def(&b, &b.a, "par", (struct fake_tool){.delay_ms = 15, .result = good});
    def.parallel = true;
    add(&b, def);
    add(&b, make_def(&b, &b.a, "ser", (struct fake_tool){.delay_ms = 15, .result = good}));
    (void)call(&b, "ser", GOOD_ARGUMENTS);
    (void)call(&b, "par", GOOD_ARGUMENTS);
    (void)call(&b, "par", GOOD_ARGUMENTS);
    (void)call(&b, "ser", GOOD_ARGUMENTS);
    assert_int_equal(b.a.running, 3);
    run_until(&b, 4);
    assert_string_equal(b.a.order, "x-0 x-1 x-2 x-3 ");
    bench_done(&b);
}

static void
test_waiting_costs_no_deadline(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct tool_def def =
        make_def(&b, &b.a, "one", (struct fake_tool){.delay_ms = 60, .result = good});
    def.timeout_ms = 100;
    add(&b, def);
    for (int i = 0; i < 4; i++) {
        (void)call(&b, "one", GOOD_ARGUMENTS);
    }
    run_until(&b, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(b.heard[i].result.status, TOOL_OK);
    }
    bench_done(&b);
}

static void
test_a_line_survives_what_cannot_start(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct tool_def never = make_def(&b, &b.a, "never", (struct fake_tool){.behaviour = NEVER});
    never.timeout_ms = 20;
    add(&b, never);
    add(&b, make_def(&b, &b.a, "refused", (struct fake_tool){.behaviour = REFUSE_START}));
    add(&b, make_def(&b, &b.a, "gone", (struct fake_tool){.behaviour = UNAVAILABLE}));
    add(&b, make_def(&b, &b.a, "good", (struct fake_tool){.result = good}));
    (void)call(&b, "never", GOOD_ARGUMENTS);
    (void)call(&b, "refused", GOOD_ARGUMENTS);
    (void)call(&b, "gone", GOOD_ARGUMENTS);
    (void)call(&b, "good", GOOD_ARGUMENTS);
    run_until(&b, 4);
    assert_int_equal(b.heard[0].result.status, TOOL_TIMEOUT);
    assert_int_equal(b.heard[3].result.status, TOOL_OK);
    bench_done(&b);
}

/* ---- Cancel -----------------------------------------------------------------------------------*/

static void
test_a_canceled_call_is_silent(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    add(&b, make_def(&b, &b.a, "one", (struct fake_tool){.delay_ms = 10, .result = good}));
    size_t running = call(&b, "one", GOOD_ARGUMENTS);
    size_t waiting = call(&b, "one", GOOD_ARGUMENTS);
    size_t rejected = call(&b, "nothing", GOOD_ARGUMENTS);
    size_t last = call(&b, "one", GOOD_ARGUMENTS);
    tool_call_cancel(b.calls[waiting]);
    tool_call_cancel(b.calls[rejected]);
    tool_call_cancel(b.calls[running]);
    assert_int_equal(b.a.abandoned, 1);
    assert_int_equal(b.a.late, 0);
    run_until(&b, 1);
    assert_int_equal(b.heard[last].count, 1);
    assert_string_equal(b.a.order, "x-0 x-3 ");
    bench_done(&b);
}

static void
test_a_line_can_be_canceled_from_its_end(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    add(&b, make_def(&b, &b.a, "one", (struct fake_tool){.behaviour = NEVER}));
    for (int i = 0; i < 3; i++) {
        (void)call(&b, "one", GOOD_ARGUMENTS);
    }
    for (int i = 2; i >= 0; i--) {
        tool_call_cancel(b.calls[i]);
    }
    assert_int_equal(b.a.started, 1);
    run_until(&b, 0);
    bench_done(&b);
}

/* ---- Replacing a source's tools ---------------------------------------------------------------*/

/* Source a's tools "one" and "two" become source b's "two" and "three". What a had begun and what
 * stood in its line ends where it began. */
static void
test_a_source_is_replaced_under_its_calls(void **state)
{
    static struct fake c;
    struct bench b;
    struct err err = {0};
    struct fake_tool slow = {.behaviour = ANSWER, .delay_ms = 30, .result = good};
    struct fake_tool quick = {.behaviour = ANSWER, .result = good};
    (void)state;
    bench_init(&b);
    c = (struct fake){.source.ops = &fake_ops, .loop = b.loop};
    add(&b, make_def(&b, &b.a, "one", slow));
    add(&b, make_def(&b, &b.a, "two", slow));
    add(&b, make_def(&b, &c, "other", quick));
    uint64_t generation = tool_generation(b.registry);
    (void)call(&b, "one", GOOD_ARGUMENTS);
    (void)call(&b, "two", GOOD_ARGUMENTS);
    assert_int_equal(tool_source_active(b.registry, &b.a.source), 2);
    const struct tool_def defs[] = {make_def(&b, &b.b, "three", quick),
                                    make_def(&b, &b.b, "two", quick)};
    assert_int_equal(tool_registry_replace(b.registry, &b.a.source, defs, 2, &err), 0);
    assert_true(tool_generation(b.registry) != generation);
    assert_int_equal(tool_count(b.registry), 3);
    assert_true(str_eq_c(tool_at(b.registry, 0)->name, "two"));
    assert_true(str_eq_c(tool_at(b.registry, 1)->name, "other"));
    assert_null(tool_find(b.registry, STR("one")));
    assert_ptr_equal(tool_find(b.registry, STR("two"))->source, &b.b.source);
    (void)call(&b, "three", GOOD_ARGUMENTS);
    run_until(&b, 3);
    assert_string_equal(b.finished, "2 0 1 ");
    assert_string_equal(b.a.order, "x-0 x-1 ");
    assert_string_equal(b.b.order, "x-2 ");
    assert_int_equal(tool_source_active(b.registry, &b.a.source), 0);
    bench_done(&b);
}

/* All or nothing. */
static void
test_a_replacement_that_cannot_be_changes_nothing(void **state)
{
    static struct fake c;
    struct bench b;
    struct err err = {0};
    struct fake_tool quick = {.behaviour = ANSWER, .result = good};
    (void)state;
    bench_init(&b);
    c = (struct fake){.source.ops = &fake_ops, .loop = b.loop};
    add(&b, make_def(&b, &b.a, "one", quick));
    add(&b, make_def(&b, &c, "other", quick));
    const struct tool_def *before = tool_find(b.registry, STR("one"));
    const struct tool_def taken[] = {make_def(&b, &b.b, "one", quick),
                                     make_def(&b, &b.b, "other", quick)};
    uint64_t generation = tool_generation(b.registry);
    assert_int_equal(tool_registry_replace(b.registry, &b.a.source, taken, 2, &err), ERR_INVALID);
    assert_contains(str_c(err.message), "other is already there");
    assert_ptr_equal(tool_find(b.registry, STR("one")), before);
    assert_int_equal(tool_generation(b.registry), generation);
    assert_int_equal(tool_registry_replace(b.registry, &b.a.source, NULL, 0, &err), 0);
    assert_int_equal(tool_count(b.registry), 1);
    (void)call(&b, "one", GOOD_ARGUMENTS);
    run_until(&b, 1);
    assert_string_equal(b.heard[0].result.error_code.ptr, "unknown_tool");
    bench_done(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_missed_deadline_ends_the_call),
        cmocka_unit_test(test_serial_calls_wait_in_order),
        cmocka_unit_test(test_parallel_calls_overlap),
        cmocka_unit_test(test_waiting_costs_no_deadline),
        cmocka_unit_test(test_a_line_survives_what_cannot_start),
        cmocka_unit_test(test_a_canceled_call_is_silent),
        cmocka_unit_test(test_a_line_can_be_canceled_from_its_end),
        cmocka_unit_test(test_a_source_is_replaced_under_its_calls),
        cmocka_unit_test(test_a_replacement_that_cannot_be_changes_nothing),
    };
    return cmocka_run_group_tests_name("tool-time", tests, NULL, NULL);
}
