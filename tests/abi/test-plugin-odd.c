/* A child that is the plugin's altogether and says what it likes: the desk believes nothing that
 * makes no sense, and no call is left without its one answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench.h"
#include "host/tables.h"
#include "odd-child.h"

static int
load_odd(struct bench *b, enum odd what, struct err *err)
{
    const struct plugin *p;
    bench_init(b);
    b->cage.program = getenv("DESKHAND_TEST_ODD");
    assert_non_null(b->cage.program);
    b->cage.memory = what;
    return plugin_load_in(b->set, bench_path(b, "DESKHAND_TEST_PLUGINS", "good").ptr,
                          &(struct plugin_wish){.cage = &b->cage}, b->registry, &p, err);
}

static void
test_what_it_says_of_itself_is_checked(void **state)
{
    static const struct {
        enum odd what;
        enum err_code code;
        const char *want;
    } cases[] = {
        {ODD_HELLO_AGAIN, ERR_PLUGIN, "made no sense"},
        {ODD_NO_MANIFEST, ERR_INVALID, "manifest: line 1"},
        {ODD_EARLY, ERR_PLUGIN, "made no sense"},
        {ODD_NO_JSON, ERR_PLUGIN, "something else than messages"},
        {ODD_NO_OBJECT, ERR_PLUGIN, "something else than messages"},
        {ODD_REFUSES, ERR_INVALID, "today"},
        {ODD_LONG_HEAD, ERR_PLUGIN, "something else than messages"},
        {ODD_LONG_BODY, ERR_PLUGIN, "something else than messages"},
        {ODD_LEAVES, ERR_PLUGIN, "exit status 0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct bench b;
        struct err err = {0};
        int result = load_odd(&b, cases[i].what, &err);
        if (result != (int)cases[i].code) {
            fail_msg("%d: %d, %s", (int)cases[i].what, result, err.message);
        }
        assert_contains(str_c(err.message), cases[i].want);
        assert_null(strchr(err.message, 0x1b));
        assert_int_equal(tool_count(b.registry), 0);
        bench_done(&b);
    }
}

static void
test_what_it_says_of_calls_is_checked(void **state)
{
    static const struct {
        enum odd what;
        const char *want;
    } cases[] = {
        {ODD_COUNT, "made no sense"},           {ODD_MANY, "made no sense"},
        {ODD_ASKS_UNLISTED, "made no sense"},   {ODD_ASKS_NOTHING, "made no sense"},
        {ODD_TELLS_OF_OTHERS, "made no sense"}, {ODD_UNKNOWN, "made no sense"},
        {ODD_STAGES_AND_FAILS, "no"},           {ODD_TELLS_WHAT_IS_ASKED, "made no sense"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct bench b;
        struct err err = {0};
        assert_int_equal(load_odd(&b, cases[i].what, &err), 0);
        const struct tool_result *r = bench_run(&b, "odd", "{}");
        assert_int_equal(r->status, TOOL_ERROR);
        assert_contains(r->message, cases[i].want);
        assert_false(r->staged.escalate);
        /* It writes: nobody is told to try again. */
        assert_false(r->retryable);
        bench_done(&b);
    }
}

/* A desk that never answers dh.kv/1. */
static void
silent_begin(void *context, struct plugin_ask *ask)
{
    (void)context;
    (void)ask;
}

static void
silent_drop(void *context, struct plugin_ask *ask)
{
    unsigned *dropped = context;
    (void)ask;
    (*dropped)++;
}

static void
test_one_question_at_a_time(void **state)
{
    static const enum odd cases[] = {ODD_ASKS_TWICE, ODD_ENDS_ASKING};
    static const struct plugin_extension silent[] = {
        {.id = DH_DESK_1, .table = &host_desk_1, .remote = host_desk_remote},
        {.id = DH_KV_1, .table = &host_kv_1, .begin = silent_begin, .drop = silent_drop},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct bench b;
        struct err err = {0};
        const struct plugin *p;
        unsigned dropped = 0;
        bench_open(&b);
        bench_set(&b, silent, 2, &dropped);
        b.cage.program = getenv("DESKHAND_TEST_ODD");
        b.cage.memory = cases[i];
        assert_int_equal(plugin_load_in(b.set, bench_path(&b, "DESKHAND_TEST_PLUGINS", "good").ptr,
                                        &(struct plugin_wish){.cage = &b.cage}, b.registry, &p,
                                        &err),
                         0);
        const struct tool_result *r = bench_run(&b, "odd", "{}");
        assert_int_equal(r->status, TOOL_ERROR);
        assert_contains(r->message, "made no sense");
        assert_int_equal(dropped, 1);
        bench_done(&b);
    }
}

static void
test_questions_without_sense_are_answered_so(void **state)
{
    (void)state;
    for (int what = ODD_KV; what <= ODD_KV_LAST; what++) {
        struct bench b;
        struct err err = {0};
        assert_int_equal(load_odd(&b, (enum odd)what, &err), 0);
        const struct tool_result *r = bench_run(&b, "odd", "{}");
        assert_int_equal(r->status, TOOL_OK);
        assert_string_equal(r->json.ptr, "{\"odd\":4}"); /* DH_KV_INVALID */
        bench_done(&b);
    }
}

static void
test_secrets_go_to_nobody_who_did_not_list_them(void **state)
{
    static const struct plugin_secret secret = {STR_INIT("token"), STR_INIT("hush")};
    const struct plugin_grants grants = {.secrets = &secret, .secret_count = 1};
    (void)state;
    struct bench b;
    struct err err = {0};
    const struct plugin *p;
    bench_init(&b);
    b.cage.program = getenv("DESKHAND_TEST_ODD");
    b.cage.memory = ODD_SECRETS;
    const struct plugin_wish wish = {.cage = &b.cage, .grants = &grants};
    assert_int_equal(plugin_load_in(b.set, bench_path(&b, "DESKHAND_TEST_PLUGINS", "good").ptr,
                                    &wish, b.registry, &p, &err),
                     0);
    assert_string_equal(bench_run(&b, "odd", "{}")->json.ptr, "{\"odd\":0}");
    bench_done(&b);
}

static void
test_a_second_answer_ends_it_and_counts_for_nobody(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    assert_int_equal(load_odd(&b, ODD_TWICE, &err), 0);
    struct bench_call *first = bench_start(&b, "odd", "{}");
    struct bench_call *second = bench_start(&b, "odd", "{}");
    bench_wait(&b, 2);
    assert_int_equal(first->count, 1);
    assert_int_equal(second->count, 1);
    assert_string_equal(first->result.json.ptr, "{\"odd\":true}");
    /* In the old process, which was ended, or in a new one. */
    assert_true(second->result.status == TOOL_ERROR ||
                str_eq_c(second->result.json, "{\"odd\":true}"));
    bench_done(&b);
}

static void
test_the_same_child_without_oddities_works(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    assert_int_equal(load_odd(&b, ODD_SOUND, &err), 0);
    /* It cannot overlap, and is not asked to. */
    for (int i = 0; i < 3; i++) {
        (void)bench_start(&b, "odd", "{}");
    }
    bench_wait(&b, 3);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(b.calls[i].result.json.ptr, "{\"odd\":true}");
    }
    bench_done(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_says_of_itself_is_checked),
        cmocka_unit_test(test_what_it_says_of_calls_is_checked),
        cmocka_unit_test(test_one_question_at_a_time),
        cmocka_unit_test(test_questions_without_sense_are_answered_so),
        cmocka_unit_test(test_secrets_go_to_nobody_who_did_not_list_them),
        cmocka_unit_test(test_a_second_answer_ends_it_and_counts_for_nobody),
        cmocka_unit_test(test_the_same_child_without_oddities_works),
    };
    return cmocka_run_group_tests_name("plugin-odd", tests, NULL, NULL);
}
