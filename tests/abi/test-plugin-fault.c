/* Memory and disk that fail once, at each place in turn: loading a plugin and calling it give one
 * clear error or go well, and never leak, hang or leave half of something behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/fault.h"

#include "bench.h"

#define PLUGINS "DESKHAND_TEST_PLUGINS"

static void
arm(const char *kind, unsigned n)
{
    char spec[32];
    (void)snprintf(spec, sizeof(spec), "%s:%u", kind, n);
    assert_true(fault_configure(str_c(spec)));
}

/* A build without the hooks has nothing to show here. */
static void
skip_without_hooks(void)
{
    if (!fault_configure(STR("alloc:1000000"))) {
        skip();
    }
    (void)fault_configure(STR(""));
}

/* True: the N-th failure of KIND came to pass. */
static bool
load_with_failure(const char *kind, unsigned n)
{
    struct bench b;
    struct err err = {0};
    const struct plugin *p = NULL;
    bench_init(&b);
    const char *path = bench_path(&b, PLUGINS, "good").ptr;
    arm(kind, n);
    const struct plugin_wish wish = {.config = STR("{\"size\":1}"),
                                     .cage = b.cage.program ? &b.cage : NULL};
    int result = plugin_load_in(b.set, path, &wish, b.registry, &p, &err);
    bool fired = fault_passed() >= n;
    (void)fault_configure(STR(""));
    if (result < 0) {
        assert_true(fired);
        assert_true(err.code == ERR_NOMEM || err.code == ERR_IO);
        assert_contains(str_c(err.message), "good.so: ");
        assert_null(p);
    } else {
        assert_string_equal(bench_run(&b, "overlaps", "{}")->json.ptr, "{\"most\":0}");
    }
    bench_done(&b);
    return fired;
}

static void
test_loading_survives_each_failure(void **state)
{
    (void)state;
    unsigned allocations = 0;
    unsigned disk = 0;
    skip_without_hooks();
    while (load_with_failure("alloc", allocations + 1)) {
        allocations++;
    }
    while (load_with_failure("io", disk + 1)) {
        disk++;
    }
    assert_true(allocations > 50);
    assert_true(disk > 0);
    print_message("load a plugin: %u allocations and %u reads failed in turn\n", allocations, disk);
}

static void
ignore_result(void *arg, const struct tool_result *result)
{
    struct bench_call *c = arg;
    c->count++;
    c->bench->done++;
    c->result.status = result->status;
    c->result.retryable = result->error_code.len > 0;
    assert_true(result->status == TOOL_OK ? result->json.len > 0 : result->message.len > 0);
}

/* Two calls at once, and one of a tool that is not there. */
static bool
call_with_failure(unsigned n)
{
    static const char *const tools[] = {"echo", "values", "ekko"};
    struct bench b;
    struct tool_scope scope = {.call = STR("x-1")};
    bench_init(&b);
    (void)bench_load(&b, PLUGINS, "good", "");
    size_t started = 0;
    arm("alloc", n);
    for (size_t i = 0; i < 3; i++) {
        struct err err = {0};
        b.calls[i].bench = &b;
        int result = tool_call_start(b.registry, str_c(tools[i]), STR("{\"a\":[1]}"), &scope,
                                     &b.arena, ignore_result, &b.calls[i], &b.calls[i].call, &err);
        assert_true(result == 0 || result == ERR_NOMEM);
        started += result == 0;
    }
    b.call_count = 3;
    bench_wait(&b, started);
    bool fired = fault_passed() >= n;
    (void)fault_configure(STR(""));
    /* Whatever failed, the next call works. */
    assert_int_equal(bench_run(&b, "echo", "{}")->status, TOOL_OK);
    bench_done(&b);
    return fired;
}

static void
test_calls_survive_each_failure(void **state)
{
    (void)state;
    unsigned n = 0;
    skip_without_hooks();
    while (call_with_failure(n + 1)) {
        n++;
    }
    /* A child allocates for itself. */
    assert_true(n > (bench_isolates() ? 10 : 15));
    print_message("call a tool: %u allocations failed in turn\n", n);
}

/* ---- Questions to the desk --------------------------------------------------------------------*/

static const char put_call[] = "{\"do\":\"put\",\"key\":\"k\",\"value\":\"v\"}";

/* What a value is put with, and a figure counted. */
static bool
keep_with_failure(const char *folder, unsigned n)
{
    static const struct plugin_secret secret = {STR_INIT("token"), STR_INIT("hush")};
    struct bench b;
    size_t count;
    const struct plugin_extension *extensions = host_extensions(&count);
    bench_open(&b);
    bench_store(&b, folder);
    bench_set(&b, extensions, count, b.host);
    b.grants = (struct plugin_grants){.secrets = &secret, .secret_count = 1};
    (void)bench_load(&b, PLUGINS, "asks", "");
    /* Threads and instances are there. */
    assert_int_equal(bench_run(&b, "kv", put_call)->status, TOOL_OK);
    arm("alloc", n);
    size_t started = 0;
    for (size_t i = 1; i < 3; i++) {
        static const struct tool_scope scope = {.call = STR_INIT("x-1")};
        struct err err = {0};
        b.calls[i].bench = &b;
        int result =
            tool_call_start(b.registry, i == 1 ? STR("kv") : STR("metric"),
                            i == 1 ? str_c(put_call) : STR("{\"name\":\"n\",\"count\":1}"), &scope,
                            &b.arena, ignore_result, &b.calls[i], &b.calls[i].call, &err);
        assert_true(result == 0 || result == ERR_NOMEM);
        started += result == 0;
    }
    b.call_count = 3;
    bench_wait(&b, 1 + started);
    bool fired = fault_passed() >= n;
    (void)fault_configure(STR(""));
    /* Whatever failed, the next call works, and finds what one of them put. */
    const struct tool_result *r = bench_run(&b, "kv", "{\"do\":\"get\",\"key\":\"k\"}");
    assert_int_equal(r->status, TOOL_OK);
    assert_contains(r->json, "\"code\":0,\"value\":\"v\"");
    assert_contains(bench_run(&b, "secret", "{\"name\":\"token\"}")->json, "hush");
    bench_done(&b);
    return fired;
}

static void
test_questions_survive_each_failure(void **state)
{
    static const char *const files[] = {"desk.db", "desk.db-wal", "desk.db-shm"};
    char folder[] = "/tmp/deskhand-fault-XXXXXX";
    unsigned n = 0;
    (void)state;
    skip_without_hooks();
    assert_non_null(mkdtemp(folder));
    while (keep_with_failure(folder, n + 1)) {
        n++;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        char path[100];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
    assert_true(n > 20);
    print_message("ask the desk: %u allocations failed in turn\n", n);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loading_survives_each_failure),
        cmocka_unit_test(test_calls_survive_each_failure),
        cmocka_unit_test(test_questions_survive_each_failure),
    };
    return cmocka_run_group_tests_name("plugin-fault", tests, NULL, NULL);
}
