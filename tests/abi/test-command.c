/* Tools that are programs: what they answer, how they fail, how they end; the desk hears of each
 * call once, in time, whatever the program does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <time.h>

#include "base/fault.h"
#include "command_bench.h"

#define SH "#!/bin/sh\n"
#define PYTHON "#!/usr/bin/python3\nimport json, os, sys, time\n"

static const struct {
    const char *name;
    const char *text;
    enum tool_status status;
    const char *code;
    const char *words; /* in the result, or in the error's message */
} ends[] = {
    {"answers", SH "echo ' {\"n\": 1}  '", TOOL_OK, "", "{\"n\": 1}"},
    {"any value", SH "echo '[1,2]'", TOOL_OK, "", "[1,2]"},
    {"no end of line", SH "printf 5", TOOL_OK, "", "5"},
    {"its arguments", SH "printf '\"%s+%s\"' \"$1\" \"$2\"", TOOL_OK, "", "\"one+two words\""},
    {"reads its call", PYTHON "json.dump(json.load(sys.stdin)['arguments'], sys.stdout)", TOOL_OK,
     "", "{\"query\": \"hub\"}"},
    {"reads /dev/stdin", SH "cat /dev/stdin", TOOL_OK, "", "\"idempotency_key\":\"x-1\""},
    {"reads nothing", SH "exec <&-\necho 7", TOOL_OK, "", "7"},
    {"complains and is fine", SH "echo careful >/dev/stderr\necho '{}'", TOOL_OK, "", "{}"},
    {"closes its stdout early", SH "echo 1\nexec >&-\nsleep 0.05", TOOL_OK, "", "1"},
    {"leaves somebody behind", SH "sleep 60 &\necho 2", TOOL_OK, "", "2"},
    {"garbage", SH "echo 'Traceback:\033[1m what'", TOOL_ERROR, "plugin_fault",
     "something that is not JSON (line 1, column 1: expected a value, found 'T'); it begins: "
     "Traceback: what The tool is broken"},
    {"half a value", SH "printf '{\"n\": '", TOOL_ERROR, "plugin_fault", "not JSON"},
    {"two values", SH "echo 1\necho 2", TOOL_ERROR, "plugin_fault", "not JSON"},
    {"bytes", SH "printf '\\377\\376'", TOOL_ERROR, "plugin_fault", "not JSON"},
    {"silence", SH ":", TOOL_ERROR, "plugin_fault", "ended without an answer"},
    {"an error of its own",
     SH "echo '{\"error\":{\"code\":\"not_found\",\"message\":\"No such order.\"}}'\nexit 3",
     TOOL_ERROR, "not_found", "No such order."},
    {"an error without a code", SH "echo '{\"error\":{\"message\":\"No.\"}}'\nexit 1", TOOL_ERROR,
     "failed", "No."},
    {"an error that says nothing", SH "echo '{\"error\":{}}'\nexit 1", TOOL_ERROR, "failed",
     "failed and did not say why"},
    {"a result, but it failed", SH "echo '{\"n\":1}'\nexit 1", TOOL_ERROR, "failed",
     "failed and did not say why"},
    {"fails", PYTHON "raise KeyError('x')", TOOL_ERROR, "failed", "failed and did not say why"},
    {"killed", SH "echo 1\nkill -9 $$", TOOL_ERROR, "plugin_fault", "killed by a signal"},
    {"more than it may", PYTHON "sys.stdout.write('1' * 300000)", TOOL_ERROR, "result_too_large",
     "Ask for less"},
    {"never stops printing", SH "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", TOOL_ERROR,
     "result_too_large", "Ask for less"},
    {"no program", "echo 1", TOOL_ERROR, "unavailable", "could not be started"},
    {"nobody runs it", "#!/no/such/thing\n", TOOL_ERROR, "unavailable", "could not be started"},
};

static void
test_ends_of_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        struct command_bench b;
        commands_init(&b);
        (void)commands_add(&b, commands_settings(&b, "tool"), ends[i].text);
        int64_t before = clock_mono_ms(clock_real());
        const struct tool_result *r = bench_run(&b.bench, "tool", "{\"query\":\"hub\"}");
        int64_t took = clock_mono_ms(clock_real()) - before;
        struct str text = r->status == TOOL_OK ? r->json : r->message;
        if (r->status != ends[i].status || !str_eq_c(r->error_code, ends[i].code) ||
            str_find(text, str_c(ends[i].words), 0) == SIZE_MAX || took > 15000) {
            fail_msg("%s: %d %" STR_FMT ": %" STR_FMT ", after %lld ms", ends[i].name, r->status,
                     STR_ARG(r->error_code), STR_ARG(text), (long long)took);
        }
        commands_done(&b);
    }
}

/* All of the call, in the order the header has it. */
static void
test_what_it_is_told(void **state)
{
    (void)state;
    struct command_bench b;
    commands_init(&b);
    (void)commands_add(&b, commands_settings(&b, "tool"), SH "cat");
    const struct tool_result *r = bench_run(&b.bench, "tool", "{\"a\":\"\\u00e9\"}");
    assert_int_equal(r->status, TOOL_OK);
    assert_contains(r->json,
                    "{\"tool\":\"tool\",\"arguments\":{\"a\":\"\xc3\xa9\"},\"customer\":\"anna\","
                    "\"conversation\":\"c-1\",\"turn\":\"t-1\",\"call\":\"x-1\","
                    "\"idempotency_key\":\"x-1\",\"deadline_ms\":");
    assert_contains(r->json, ",\"dry_run\":false}");
    commands_done(&b);
}

/* The answer comes at the deadline, and no later because the program does not listen. */
static void
test_deadline(void **state)
{
    (void)state;
    static const char *const texts[] = {
        SH "sleep 60",
        SH "trap '' TERM\nsleep 60\nsleep 60",
        SH "(trap '' TERM; sleep 60) &\nsleep 60",
        PYTHON "while True: pass",
        SH "exec >&- 2>&-\nsleep 60",
        SH "while :; do echo x >&2; done",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct command_bench b;
        commands_init(&b);
        struct command_settings s = commands_settings(&b, "tool");
        s.def.timeout_ms = 300;
        (void)commands_add(&b, s, texts[i]);
        int64_t before = clock_mono_ms(clock_real());
        const struct tool_result *r = bench_run(&b.bench, "tool", "{}");
        int64_t took = clock_mono_ms(clock_real()) - before;
        assert_int_equal(r->status, TOOL_TIMEOUT);
        assert_true(r->retryable);
        assert_true(took >= 290 && took < 5000);
        commands_done(&b);
    }
}

/* Each asks whether another one runs; one that was given up counts until it is dead. */
static const char alone[] = PYTHON "here = os.path.join(sys.path[0], 'out', 'running')\n"
                                   "try: os.mkdir(here)\n"
                                   "except FileExistsError: print('\"together\"'); sys.exit()\n"
                                   "import signal\n"
                                   "def leave(*_): time.sleep(0.2); os.rmdir(here); os._exit(0)\n"
                                   "signal.signal(signal.SIGTERM, leave)\n"
                                   "call = json.load(sys.stdin)\n"
                                   "time.sleep(call['arguments'].get('sleep', 0.02))\n"
                                   "os.rmdir(here)\n"
                                   "print('\"alone\"')\n";

static struct command_settings
writing(struct command_bench *b, const char *name)
{
    struct command_settings s = commands_settings(b, name);
    const char **paths = arena_zero(&b->bench.arena, 2, sizeof(*paths));
    paths[0] = arena_printf(&b->bench.arena, "%s/out", b->dir).ptr;
    assert_int_equal(mkdir(paths[0], 0777), 0);
    assert_int_equal(chmod(paths[0], 0777), 0);
    s.cage.write = paths;
    return s;
}

static void
test_serial_calls_do_not_overlap(void **state)
{
    (void)state;
    struct command_bench b;
    commands_init(&b);
    struct command_settings s = writing(&b, "tool");
    s.def.timeout_ms = 1500;
    (void)commands_add(&b, s, alone);
    for (int i = 0; i < 6; i++) {
        (void)bench_start(&b.bench, "tool", i == 2 ? "{\"sleep\":60}" : "{}");
    }
    bench_wait(&b.bench, 6);
    for (int i = 0; i < 6; i++) {
        const struct tool_result *r = &b.bench.calls[i].result;
        assert_int_equal(b.bench.calls[i].count, 1);
        assert_int_equal(r->status, i == 2 ? TOOL_TIMEOUT : TOOL_OK);
        assert_true(i == 2 || str_eq_c(r->json, "\"alone\""));
    }
    commands_done(&b);
}

static void
test_many_at_once(void **state)
{
    (void)state;
    struct command_bench b;
    commands_init(&b);
    struct command_settings s = commands_settings(&b, "tool");
    s.def.parallel = true;
    (void)commands_add(&b, s, SH "sleep 0.5\necho 1");
    int64_t before = clock_mono_ms(clock_real());
    for (int i = 0; i < BENCH_CALLS; i++) {
        (void)bench_start(&b.bench, "tool", "{}");
    }
    bench_wait(&b.bench, BENCH_CALLS);
    for (int i = 0; i < BENCH_CALLS; i++) {
        assert_int_equal(b.bench.calls[i].result.status, TOOL_OK);
    }
    /* One behind the other they take half a minute. */
    assert_true(clock_mono_ms(clock_real()) - before < 20000);
    commands_done(&b);
}

/* Called off before it began, while it runs, and when it is deaf; no answer comes, and the next
 * call is answered. */
static void
test_cancel(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct command_bench b;
        commands_init(&b);
        (void)commands_add(&b, commands_settings(&b, "tool"),
                           SH "grep -q slow || { echo 1; exit; }\ntrap '' TERM\nsleep 60\n");
        struct bench_call *slow = bench_start(&b.bench, "tool", "{\"slow\":1}");
        struct bench_call *waiting = bench_start(&b.bench, "tool", "{\"slow\":1}");
        bench_idle(&b.bench, i * 100);
        tool_call_cancel(waiting->call);
        tool_call_cancel(slow->call);
        assert_int_equal(bench_run(&b.bench, "tool", "{}")->status, TOOL_OK);
        assert_int_equal(slow->count + waiting->count, 0);
        commands_done(&b);
    }
}

/* A loop that was held up does not take for deaf who ended at once. */
static void
test_called_off_under_a_loop_that_is_held_up(void **state)
{
    (void)state;
    struct command_bench b;
    commands_init(&b);
    struct command_tool *c = commands_add(&b, commands_settings(&b, "tool"), SH "exec sleep 60\n");
    for (int i = 0; i < 5; i++) {
        const struct timespec held = {.tv_nsec = (COMMAND_GRACE_MS + 50) * 1000000L};
        struct bench_call *call = bench_start(&b.bench, "tool", "{}");
        bench_idle(&b.bench, 100 + (50 << i)); /* one at fault would start later each time */
        tool_call_cancel(call->call);
        (void)nanosleep(&held, NULL);
        bench_idle(&b.bench, 100);
    }
    assert_int_equal(command_trouble(c).len, 0);
    commands_done(&b);
}

static void
test_faults_end_in_quarantine(void **state)
{
    (void)state;
    struct command_bench b;
    commands_init(&b);
    struct command_tool *c = commands_add(&b, commands_settings(&b, "tool"), SH "kill -SEGV $$\n");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(command_trouble(c).len, 0);
        assert_contains(bench_run(&b.bench, "tool", "{}")->error_code, "plugin_fault");
    }
    assert_contains(command_trouble(c), "quarantined after 5 faults; the last: it was killed");
    const struct tool_result *r = bench_run(&b.bench, "tool", "{}");
    assert_contains(r->error_code, "unavailable");
    assert_contains(r->message, "quarantined");
    commands_done(&b);
}

/* Those in line when the last fault comes are told as well. */
static void
test_quarantine_with_a_line(void **state)
{
    (void)state;
    struct command_bench b;
    commands_init(&b);
    struct command_settings s = commands_settings(&b, "tool");
    s.def.parallel = true;
    (void)commands_add(&b, s, SH "kill -SEGV $$\n");
    assert_int_equal(bench_run(&b.bench, "tool", "{}")->status, TOOL_ERROR);
    for (int i = 0; i < 20; i++) {
        (void)bench_start(&b.bench, "tool", "{}"); /* they wait: the first fault is a moment ago */
    }
    bench_wait(&b.bench, 21);
    for (int i = 0; i <= 20; i++) {
        assert_int_equal(b.bench.calls[i].result.status, TOOL_ERROR);
    }
    commands_done(&b);
}

/* A write that was lost is not to be made again. */
static void
test_a_lost_write(void **state)
{
    (void)state;
    struct command_bench b;
    commands_init(&b);
    struct command_settings s = commands_settings(&b, "tool");
    s.def.effect = EFFECT_WRITE;
    (void)commands_add(&b, s, SH "kill -9 $$\n");
    const struct tool_result *r = bench_run(&b.bench, "tool", "{}");
    assert_contains(r->message, "do not call it again");
    assert_false(r->retryable);
    commands_done(&b);
}

static void
test_closed_with_calls_under_way(void **state)
{
    (void)state;
    struct command_bench b;
    commands_init(&b);
    (void)commands_add(&b, commands_settings(&b, "tool"), SH "trap '' TERM\nsleep 60\n");
    struct bench_call *call = bench_start(&b.bench, "tool", "{}");
    bench_idle(&b.bench, 100);
    tool_call_cancel(call->call);
    commands_done(&b); /* the process is killed here */
}

static void
test_no_host(void **state)
{
    (void)state;
    struct command_bench b;
    commands_init(&b);
    struct command_settings s = commands_settings(&b, "tool");
    s.cage.program = "/nowhere/plugin-host";
    (void)commands_add(&b, s, SH "echo 1");
    const struct tool_result *r = bench_run(&b.bench, "tool", "{}");
    assert_int_equal(r->status, TOOL_ERROR);
    assert_contains(r->message, "/nowhere/plugin-host");
    commands_done(&b);
}

/* Each allocation of a call failed once: it ends with one answer, or was not begun, and nothing of
 * it is left. */
static void
test_no_memory(void **state)
{
    (void)state;
#ifndef DESKHAND_FAULT_HOOKS
    skip();
#endif
    for (int n = 1;; n++) {
        struct command_bench b;
        struct err err;
        char spec[32];
        commands_init(&b);
        (void)commands_add(&b, commands_settings(&b, "tool"), SH "cat; echo x >&2");
        struct bench_call *c = &b.bench.calls[0];
        struct tool_scope scope = {.call = STR("x-1"), .conversation = STR("c-1")};
        c->bench = &b.bench;
        (void)snprintf(spec, sizeof(spec), "alloc:%d", n);
        assert_true(fault_configure(str_c(spec)));
        int result = tool_call_start(b.bench.registry, STR("tool"), STR("{\"a\":1}"), &scope,
                                     &b.bench.arena, bench_on_done, c, &c->call, &err);
        if (result == 0) {
            bench_wait(&b.bench, 1);
        }
        bool fired = fault_passed() >= (unsigned long)n;
        assert_true(fault_configure((struct str){0}));
        assert_true(result == 0 ? c->count == 1 : result == ERR_NOMEM && fired);
        assert_true(fired || c->result.status == TOOL_OK);
        commands_done(&b);
        if (!fired) {
            assert_true(n > 5);
            break;
        }
    }
}

int
main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)alarm(300);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_of_every_kind),
        cmocka_unit_test(test_what_it_is_told),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_serial_calls_do_not_overlap),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_called_off_under_a_loop_that_is_held_up),
        cmocka_unit_test(test_faults_end_in_quarantine),
        cmocka_unit_test(test_quarantine_with_a_line),
        cmocka_unit_test(test_a_lost_write),
        cmocka_unit_test(test_closed_with_calls_under_way),
        cmocka_unit_test(test_no_host),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
