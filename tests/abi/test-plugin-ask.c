/* A question of a plugin's to the desk, answered late, or with something odd, or never, because its
 * asker goes away first: the same in both cages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "base/json.h"
#include "bench.h"
#include "plugin/ask.h"

#define PLUGINS "DESKHAND_TEST_PLUGINS"

static struct js *
parsed(struct bench *b, const struct tool_result *r)
{
    struct js *json = NULL;
    struct err err = {0};
    if (r->status != TOOL_OK || js_parse_object(r->json, "result", &b->arena, &json, &err) < 0) {
        fail_msg("%d %" STR_FMT, (int)r->status, STR_ARG(r->message));
    }
    return json;
}

/* ---- Questions that nobody waits for ----------------------------------------------------------*/

/* A desk that answers nothing by itself. */
struct silence {
    struct plugin_ask *open[8];
    size_t count;
    size_t begun;
    size_t dropped;
};

static void
silent_begin(void *context, struct plugin_ask *ask)
{
    struct silence *s = context;
    s->begun++;
    assert_true(s->count < 8);
    s->open[s->count++] = ask;
}

static void
silent_drop(void *context, struct plugin_ask *ask)
{
    struct silence *s = context;
    for (size_t i = 0; i < s->count; i++) {
        if (s->open[i] == ask) {
            s->open[i] = s->open[--s->count];
            s->dropped++;
            return;
        }
    }
    fail_msg("it was never asked");
}

static void
silence_open(struct bench *b, struct silence *s)
{
    static struct plugin_extension extensions[16];
    size_t count;
    const struct plugin_extension *all = host_extensions(&count);
    memcpy(extensions, all, count * sizeof(*all));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].id, DH_KV_1) == 0) {
            extensions[i].begin = silent_begin;
            extensions[i].drop = silent_drop;
        }
    }
    *s = (struct silence){0};
    bench_open(b);
    bench_set(b, extensions, count, s);
    (void)bench_load(b, PLUGINS, "asks", "");
}

static void
wait_begun(struct bench *b, const struct silence *s, size_t count)
{
    for (int i = 0; i < 3000 && s->begun < count; i++) {
        bench_idle(b, 5);
    }
    assert_int_equal(s->begun, count);
}

static void
test_an_answer_may_come_later(void **state)
{
    (void)state;
    struct bench b;
    struct silence s;
    silence_open(&b, &s);
    for (int i = 0; i < BENCH_THREADS; i++) {
        (void)bench_start(&b, "kv", "{\"do\":\"get\",\"key\":\"k\"}");
    }
    wait_begun(&b, &s, BENCH_THREADS);
    bench_idle(&b, 30);
    assert_int_equal(b.done, 0);
    while (s.count > 0) {
        plugin_ask_answer(s.open[--s.count], DH_KV_OK, STR("{\"x\":1}"), STR("late"));
    }
    bench_wait(&b, BENCH_THREADS);
    for (int i = 0; i < BENCH_THREADS; i++) {
        assert_true(str_eq_c(js_get_text(parsed(&b, &b.calls[i].result), "value"), "late"));
        assert_false(b.calls[i].result.untrusted);
    }
    bench_done(&b);
}

static void
test_an_answer_may_be_untrusted_or_too_large(void **state)
{
    (void)state;
    struct bench b;
    struct silence s;
    silence_open(&b, &s);
    struct bench_call *c = bench_start(&b, "kv", "{\"do\":\"get\",\"key\":\"k\"}");
    wait_begun(&b, &s, 1);
    s.open[--s.count]->untrusted = true;
    plugin_ask_answer(s.open[0], DH_KV_OK, STR(""), STR("outside"));
    bench_wait(&b, 1);
    assert_true(c->result.untrusted);
    (void)bench_start(&b, "kv", "{\"do\":\"get\",\"key\":\"k\"}");
    wait_begun(&b, &s, 2);
    char *large = malloc(ASK_ANSWER_MAX + 1);
    assert_non_null(large);
    memset(large, 'x', ASK_ANSWER_MAX + 1);
    plugin_ask_answer(s.open[--s.count], DH_KV_OK, STR(""),
                      (struct str){large, ASK_ANSWER_MAX + 1});
    bench_wait(&b, 2);
    assert_int_equal(js_get_int(parsed(&b, &b.calls[1].result), "code", -1), DH_KV_FAILED);
    (void)bench_start(&b, "kv", "{\"do\":\"get\",\"key\":\"k\"}");
    wait_begun(&b, &s, 3);
    plugin_ask_answer(s.open[--s.count], DH_KV_OK, STR(""), (struct str){large, ASK_ANSWER_MAX});
    bench_wait(&b, 3);
    assert_int_equal(js_get_int(parsed(&b, &b.calls[2].result), "length", -1), 1000);
    free(large);
    bench_done(&b);
}

static void
test_a_question_open_at_the_deadline_is_dropped(void **state)
{
    (void)state;
    struct bench b;
    struct silence s;
    silence_open(&b, &s);
    for (size_t i = 1; i <= 5; i++) {
        struct bench_call *c = bench_start(&b, "kv_short", "{\"do\":\"get\",\"key\":\"k\"}");
        bench_wait(&b, i);
        assert_true(c->result.status == TOOL_TIMEOUT ||
                    js_get_int(parsed(&b, &c->result), "code", -1) == DH_KV_REFUSED);
        bench_idle(&b, 50);
        assert_int_equal(s.begun, i);
        assert_int_equal(s.dropped, i);
    }
    /* Its threads came back, and its process lives. */
    assert_int_equal(plugin_trouble(plugin_at(b.set, 0)).len, 0);
    struct bench_call *c = bench_start(&b, "kv", "{\"do\":\"get\",\"key\":\"k\"}");
    wait_begun(&b, &s, 6);
    plugin_ask_answer(s.open[--s.count], DH_KV_OK, STR(""), STR("v"));
    bench_wait(&b, 6);
    assert_int_equal(c->result.status, TOOL_OK);
    bench_done(&b);
}

static void
test_a_question_of_a_cancelled_call_is_dropped(void **state)
{
    (void)state;
    struct bench b;
    struct silence s;
    silence_open(&b, &s);
    struct bench_call *c = bench_start(&b, "kv", "{\"do\":\"put\",\"key\":\"k\"}");
    wait_begun(&b, &s, 1);
    tool_call_cancel(c->call);
    assert_int_equal(s.dropped, 1);
    bench_idle(&b, 100);
    c = bench_start(&b, "kv", "{\"do\":\"get\",\"key\":\"k\"}");
    wait_begun(&b, &s, 2);
    plugin_ask_answer(s.open[--s.count], DH_KV_NONE, STR(""), STR(""));
    bench_wait(&b, 1);
    assert_int_equal(c->result.status, TOOL_OK);
    bench_done(&b);
}

static void
test_the_desk_ends_while_it_is_asked(void **state)
{
    (void)state;
    struct bench b;
    struct silence s;
    int64_t before = clock_mono_ms(clock_real());
    silence_open(&b, &s);
    struct bench_call *first = bench_start(&b, "kv", "{\"do\":\"get\",\"key\":\"k\"}");
    wait_begun(&b, &s, 1);
    struct bench_call *second = bench_start(&b, "kv", "{\"do\":\"get\",\"key\":\"k\"}");
    /* It asks a loop that does not look any more. */
    (void)usleep(100 * 1000);
    tool_call_cancel(first->call);
    tool_call_cancel(second->call);
    bench_done(&b);
    assert_int_equal(s.begun, s.dropped);
    assert_true(clock_mono_ms(clock_real()) - before < 8000);
}

/* The only child of this process. */
static pid_t
child_pid(void)
{
    char text[64] = {0};
    FILE *f = fopen("/proc/thread-self/children", "r");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof(text), f));
    (void)fclose(f);
    return (pid_t)strtol(text, NULL, 10);
}

static void
test_its_process_is_killed_while_it_asks(void **state)
{
    (void)state;
    struct bench b;
    struct silence s;
    if (!bench_isolates()) {
        return; /* there is none */
    }
    silence_open(&b, &s);
    struct bench_call *c = bench_start(&b, "kv", "{\"do\":\"get\",\"key\":\"k\"}");
    wait_begun(&b, &s, 1);
    assert_int_equal(kill(child_pid(), SIGKILL), 0);
    bench_wait(&b, 1);
    assert_int_equal(c->result.status, TOOL_ERROR);
    assert_true(str_eq_c(c->result.error_code, "plugin_fault"));
    assert_int_equal(s.dropped, 1);
    c = bench_start(&b, "kv", "{\"do\":\"get\",\"key\":\"k\"}");
    wait_begun(&b, &s, 2);
    plugin_ask_answer(s.open[--s.count], DH_KV_NONE, STR(""), STR(""));
    bench_wait(&b, 2);
    assert_int_equal(c->result.status, TOOL_OK);
    bench_done(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_may_come_later),
        cmocka_unit_test(test_an_answer_may_be_untrusted_or_too_large),
        cmocka_unit_test(test_a_question_open_at_the_deadline_is_dropped),
        cmocka_unit_test(test_a_question_of_a_cancelled_call_is_dropped),
        cmocka_unit_test(test_the_desk_ends_while_it_is_asked),
        cmocka_unit_test(test_its_process_is_killed_while_it_asks),
    };
    return cmocka_run_group_tests_name("plugin-ask", tests, NULL, NULL);
}
