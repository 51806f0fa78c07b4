/* A plugin built for ABI 1.0 (v1.0/), on today's host: everything it was promised is there, in
 * either cage; what its host lacks it is not given, or the host refuses it in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "plugins/sdk/deskhand_plugin.h"

#include "bench.h"

#define PLUGINS "DESKHAND_TEST_PLUGINS"

static const char *const ids[] = {DH_CLOCK_1, DH_DESK_1,   DH_HTTP_1, DH_JSON_1,
                                  DH_KV_1,    DH_METRIC_1, DH_LOG_1,  DH_SECRET_1};
enum { IDS = sizeof(ids) / sizeof(*ids) };

static void
test_the_words_are_what_they_were(void **state)
{
    (void)state;
    assert_string_equal(DH_JSON_1, "dh.json/1");
    assert_string_equal(DH_CLOCK_1, "dh.clock/1");
    assert_string_equal(DH_LOG_1, "dh.log/1");
    assert_string_equal(DH_DESK_1, "dh.desk/1");
    assert_string_equal(DH_SECRET_1, "dh.secret/1");
    assert_string_equal(DH_KV_1, "dh.kv/1");
    assert_string_equal(DH_METRIC_1, "dh.metric/1");
    assert_string_equal(DH_HTTP_1, "dh.http/1");
}

static void
expect_ok(struct bench *b, const char *tool, const char *arguments, const char *want)
{
    const struct tool_result *r = bench_run(b, tool, arguments);
    if (r->status != TOOL_OK) {
        fail_msg("%s: %" STR_FMT, tool, STR_ARG(r->message));
    }
    if (want) {
        char got[1024];
        (void)snprintf(got, sizeof(got), "%" STR_FMT, STR_ARG(r->json));
        assert_string_equal(got, want);
    }
}

static void
test_a_call_is_told_everything(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    (void)bench_load(&b, PLUGINS, "v1", "{\"size\":12}");
    expect_ok(&b, "call", "{\"a\":[1,2.50]}",
              "{\"whole\":true,\"flags\":0,\"tool\":\"call\",\"arguments\":{\"a\":[1,2.50]},"
              "\"call\":\"x-1\",\"turn\":\"t-1\",\"conversation\":\"c-1\",\"customer\":\"anna\","
              "\"key\":\"x-1\",\"deadline\":true,\"host\":true,\"later\":false,\"size\":12}");
    bench_done(&b);
}

static void
test_the_old_extensions_do_what_they_did(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    (void)bench_load(&b, PLUGINS, "v1", "");
    expect_ok(&b, "json", "{\"in\":[null,true,7,2.5,\"x\",[1],{\"a\":1}]}",
              "{\"read\":[[0,\"\",-1,-0.5,true,0],[1,\"\",-1,-0.5,true,0],[2,\"\",7,7,true,0],"
              "[3,\"\",-1,2.5,true,0],[4,\"x\",-1,-0.5,true,0],[5,\"\",-1,-0.5,true,1],"
              "[6,\"\",-1,-0.5,true,1],null],\"wrong\":false}");
    expect_ok(&b, "clock", "{}", "{\"left\":true,\"century\":true}");
    expect_ok(&b, "log", "{}", "{\"lines\":4}");
    expect_ok(&b, "desk", "{}", "{\"first\":0,\"second\":1}");
    const struct tool_result *r = &b.calls[b.call_count - 1].result;
    assert_true(str_eq_c(r->staged.reason, "why"));
    r = bench_run(&b, "fail", "{}");
    assert_int_equal(r->status, TOOL_ERROR);
    assert_true(str_eq_c(r->error_code, "by_design"));
    assert_true(str_eq_c(r->message, "It always fails."));
    assert_true(r->retryable);
    r = bench_run(&b, "wait", "{}");
    assert_int_equal(r->status, TOOL_TIMEOUT);
    bench_done(&b);
}

/* What these do where a desk stands behind them their own tests say; a call is answered all the
 * same, whatever this host has of them. */
static void
test_the_others_answer_or_are_not_there(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    (void)bench_load(&b, PLUGINS, "v1", "");
    expect_ok(&b, "secret", "{}", "{\"length\":0}");
    expect_ok(&b, "metric", "{}", "{}");
    expect_ok(&b, "kv", "{}", NULL);
    expect_ok(&b, "http", "{}", NULL);
    assert_contains(b.calls[b.call_count - 1].result.json,
                    "\"status\":0,\"headers\":0,\"body\":0,\"why\":true");
    bench_done(&b);
}

/* ---- Hosts with fewer extensions --------------------------------------------------------------*/

/* Tables for all ids but WITHOUT: the host's own, and where it has none something that is never
 * called. */
static size_t
all_but(const char *without, struct plugin_extension ret[IDS])
{
    static const struct dh_log_1 unused = {.struct_size = sizeof(unused)};
    size_t own;
    size_t count = 0;
    const struct plugin_extension *extensions = host_extensions(&own);
    for (size_t i = 0; i < IDS; i++) {
        struct plugin_extension e = {.id = ids[i], .table = &unused};
        for (size_t j = 0; j < own; j++) {
            e = strcmp(extensions[j].id, ids[i]) == 0 ? extensions[j] : e;
        }
        if (!without || strcmp(without, ids[i]) != 0) {
            ret[count++] = e;
        }
    }
    return count;
}

static void
test_a_host_that_lacks_what_is_required_says_so(void **state)
{
    (void)state;
    for (size_t i = 0; i <= IDS; i++) {
        const char *without = i < IDS ? ids[i] : NULL;
        struct plugin_extension some[IDS];
        struct bench b;
        struct err err = {0};
        const struct plugin *p = NULL;
        char want[64];
        bench_init_with(&b, some, all_but(without, some));
        const struct plugin_wish wish = {.cage = b.cage.program ? &b.cage : NULL};
        int result = plugin_load_in(b.set, bench_path(&b, PLUGINS, "v1-requires-all").ptr, &wish,
                                    b.registry, &p, &err);
        (void)snprintf(want, sizeof(want), "requires %s", without ? without : "nothing");
        if (without) {
            assert_int_equal(result, ERR_INVALID);
            assert_contains(str_c(err.message), want);
            assert_contains(str_c(err.message), "update Deskhand");
            assert_null(p);
            assert_int_equal(tool_count(b.registry), 0);
        } else {
            assert_int_equal(result, 0);
        }
        bench_done(&b);
    }
}

static void
test_what_is_optional_is_null_where_it_is_not(void **state)
{
    (void)state;
    size_t own;
    const struct plugin_extension *extensions = host_extensions(&own);
    for (size_t gone = 0; gone <= own; gone++) {
        struct plugin_extension some[IDS];
        struct bench b;
        size_t count = 0;
        assert_true(own <= IDS);
        for (size_t i = 0; i < own; i++) {
            if (i != gone || strcmp(extensions[i].id, DH_JSON_1) == 0) {
                some[count++] = extensions[i];
            }
        }
        bench_init_with(&b, some, count);
        (void)bench_load(&b, PLUGINS, "v1", "");
        expect_ok(&b, "extensions", "{}", NULL);
        for (size_t i = 0; i < own; i++) {
            bool there = i != gone || strcmp(extensions[i].id, DH_JSON_1) == 0;
            char want[64];
            (void)snprintf(want, sizeof(want), "\"%s\":%s", extensions[i].id,
                           there ? "true" : "false");
            assert_contains(b.calls[b.call_count - 1].result.json, want);
        }
        bench_done(&b);
    }
}

/* ---- Entries of other lengths -----------------------------------------------------------------*/

static void
test_a_later_entry_is_taken_for_what_it_shares(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    (void)bench_load(&b, PLUGINS, "v1-later", "{\"size\":3}");
    expect_ok(&b, "call", "{}", NULL);
    assert_contains(b.calls[b.call_count - 1].result.json, "\"size\":3");
    bench_done(&b);
}

static void
test_an_entry_shorter_than_the_first_is_refused(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    const struct plugin *p = NULL;
    bench_init(&b);
    const struct plugin_wish wish = {.cage = b.cage.program ? &b.cage : NULL};
    assert_int_equal(plugin_load_in(b.set, bench_path(&b, PLUGINS, "v1-shorter").ptr, &wish,
                                    b.registry, &p, &err),
                     ERR_INVALID);
    assert_contains(str_c(err.message), "its entry is 48 bytes, and ABI 1 has at least 56");
    bench_done(&b);
}

/* A host of then in the eyes of a plugin of now, the other way round, is what DH_HAS() is for. */
static void
test_members_are_there_as_far_as_the_writer_knew(void **state)
{
    (void)state;
    struct dh_call call = {.struct_size = offsetof(struct dh_call, deadline_ms)};
    assert_true(DH_HAS(&call, idempotency_key));
    assert_false(DH_HAS(&call, deadline_ms));
    call.struct_size = sizeof(call) - 1;
    assert_false(DH_HAS(&call, deadline_ms));
    call.struct_size = sizeof(call);
    assert_true(DH_HAS(&call, deadline_ms));
    call.struct_size = 0;
    assert_false(DH_HAS(&call, struct_size));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_words_are_what_they_were),
        cmocka_unit_test(test_a_call_is_told_everything),
        cmocka_unit_test(test_the_old_extensions_do_what_they_did),
        cmocka_unit_test(test_the_others_answer_or_are_not_there),
        cmocka_unit_test(test_a_host_that_lacks_what_is_required_says_so),
        cmocka_unit_test(test_what_is_optional_is_null_where_it_is_not),
        cmocka_unit_test(test_a_later_entry_is_taken_for_what_it_shares),
        cmocka_unit_test(test_an_entry_shorter_than_the_first_is_refused),
        cmocka_unit_test(test_members_are_there_as_far_as_the_writer_knew),
    };
    return cmocka_run_group_tests_name("plugin-v1", tests, NULL, NULL);
}
