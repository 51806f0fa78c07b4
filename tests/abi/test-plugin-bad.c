/* Plugins that are bad on purpose, each in a child: whatever one does, its call gets one answer in
 * time, the next call works, and the desk is none the worse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include "base/faults.h"
#include "plugin/cage.h"
#include "plugin/plugin_child.h"

#include "bench.h"

#define PLUGINS "DESKHAND_TEST_PLUGINS"

static const struct plugin *
start_bench(struct bench *b, const char *name)
{
    bench_init(b);
    b->cage.memory = 64 * 1024 * 1024; /* is soon filled, where that is what it does */
    return bench_load(b, PLUGINS, name, "");
}

/* What this machine and this build leave out of a plugin's cage. */
static unsigned
missing(const struct plugin *p)
{
    unsigned parts = 0;
    assert_true(plugin_isolated(p, &parts));
    return parts;
}

static void
test_each_costs_its_call_alone(void **state)
{
    enum { HASTE = 1 << 30 }; /* a slow machine may not get it done in time */
    static const struct {
        const char *plugin;
        enum tool_status status;
        const char *want; /* in the result or the message */
        unsigned needs;   /* parts of the cage, else nothing is said about the outcome */
    } cases[] = {
        /* A sanitizer, which wants to be without limits, ends it in its own way. */
        {"bad-segfault", TOOL_ERROR, "signal 11", CAGE_LIMITS},
        {"bad-abort", TOOL_ERROR, "signal 6", 0},
        {"bad-exit", TOOL_ERROR, "ended by itself, with exit status", 0},
        {"bad-loop", TOOL_TIMEOUT, "1500 ms", 0},
        {"bad-stubborn", TOOL_TIMEOUT, "1500 ms", 0},
        {"bad-fork-bomb", TOOL_OK, "{\"forked\":false}", CAGE_CALLS},
        {"bad-output", TOOL_OK, "{\"written\":true}", HASTE},
        {"bad-flood", TOOL_ERROR, "something else than messages", HASTE},
        {"bad-forged", TOOL_ERROR, "made no sense", 0},
        {"bad-lines", TOOL_OK, "{}", HASTE},
        {"bad-twice", TOOL_ERROR, "two answers", 0},
        {"bad-late", TOOL_TIMEOUT, "1500 ms", 0},
        {"bad-wrong-json", TOOL_ERROR, "not JSON", 0},
        {"bad-lying-size", TOOL_OK, "{\"size\":true}", 0},
        {"bad-stdout", TOOL_OK, "{\"said\":true}", 0},
        /* It ends itself when it finds that the desk is gone; a slow one is killed before. */
        {"bad-close", TOOL_ERROR, "was lost: its process ", 0},
        {"bad-leak", TOOL_OK, "{\"bounded\":true}", CAGE_LIMITS | HASTE},
        {"bad-memory", TOOL_OK, "{\"bounded\":true}", CAGE_LIMITS | HASTE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct bench b;
        const struct plugin *p = start_bench(&b, cases[i].plugin);
        const struct tool_result *r = bench_run(&b, "bad", "{}");
        bool in_time = !(cases[i].needs & HASTE) || r->status != TOOL_TIMEOUT;
        bool sure = in_time && (missing(p) & cases[i].needs) == 0;
        struct str said = r->status == TOOL_OK ? r->json : r->message;
        if (sure &&
            (r->status != cases[i].status || str_find(said, str_c(cases[i].want), 0) == SIZE_MAX)) {
            fail_msg("%s: %d, %" STR_FMT, cases[i].plugin, (int)r->status, STR_ARG(said));
        }
        assert_true(said.len > 0);
        /* Whatever it was: the next call is answered, and nothing is held against the plugin. */
        r = bench_run(&b, "fine", "{}");
        if (r->status != TOOL_OK) {
            fail_msg("%s: fine: %" STR_FMT, cases[i].plugin, STR_ARG(r->message));
        }
        assert_int_equal(plugin_trouble(p).len, 0);
        bench_done(&b);
    }
}

static void
test_faults_again_and_again_end_in_quarantine(void **state)
{
    (void)state;
    struct bench b;
    const struct plugin *p = start_bench(&b, "bad-abort");
    for (int i = 0; i < FAULTS_MAX; i++) {
        assert_int_equal(plugin_trouble(p).len, 0);
        assert_contains(bench_run(&b, "bad", "{}")->message, "signal 6");
    }
    assert_contains(plugin_trouble(p), "quarantined after 5 faults");
    assert_contains(plugin_trouble(p), "signal 6");
    const struct tool_result *r = bench_run(&b, "fine", "{}");
    assert_int_equal(r->status, TOOL_ERROR);
    assert_true(str_eq_c(r->error_code, "unavailable"));
    assert_contains(r->message, "quarantined");
    bench_done(&b);
}

static void
test_a_crash_at_the_start_is_told_to_all_who_wait(void **state)
{
    (void)state;
    struct bench b;
    (void)start_bench(&b, "bad-create-crash");
    (void)bench_start(&b, "fine", "{}");
    (void)bench_start(&b, "fine", "{}");
    bench_wait(&b, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(b.calls[i].result.status, TOOL_ERROR);
        assert_contains(b.calls[i].result.message, "could not be started: its process");
        assert_contains(b.calls[i].result.message, "signal 6");
    }
    bench_done(&b);
}

static void
test_calls_beside_a_crash_are_lost_once(void **state)
{
    (void)state;
    struct bench b;
    (void)start_bench(&b, "bad-segfault");
    (void)bench_run(&b, "fine", "{}");
    for (int i = 0; i < 20; i++) {
        (void)bench_start(&b, i == 10 ? "bad" : "fine", "{}");
    }
    bench_wait(&b, 21);
    for (size_t i = 0; i < b.call_count; i++) {
        assert_int_equal(b.calls[i].count, 1);
    }
    assert_int_equal(bench_run(&b, "fine", "{}")->status, TOOL_OK);
    bench_done(&b);
}

/* good.c's naps are serial, and long enough for any machine. */
static void
test_a_call_that_was_called_off_holds_nobody_up(void **state)
{
    (void)state;
    struct bench b;
    const struct plugin *p = start_bench(&b, "good");
    (void)bench_run(&b, "nap", "{\"ms\":1}");
    assert_string_equal(bench_run(&b, "overlaps", "{}")->json.ptr, "{\"most\":1}");
    struct bench_call *c = bench_start(&b, "nap", "{\"ms\":9000}");
    bench_idle(&b, 50);
    tool_call_cancel(c->call);
    /* One that does not is left to itself: who comes next has another process, where nobody napped
     * yet, and nothing is held against the plugin. */
    assert_string_equal(bench_run(&b, "overlaps", "{}")->json.ptr, "{\"most\":0}");
    assert_int_equal(c->count, 0);
    assert_int_equal(plugin_trouble(p).len, 0);
    bench_done(&b);
}

static void
test_a_late_call_takes_its_process_along(void **state)
{
    (void)state;
    struct bench b;
    const struct plugin *p = start_bench(&b, "good");
    (void)bench_run(&b, "nap", "{\"ms\":1}");
    const struct tool_result *r = bench_run(&b, "late", "{\"ms\":9000}");
    assert_int_equal(r->status, TOOL_TIMEOUT);
    assert_false(r->staged.escalate);
    assert_string_equal(bench_run(&b, "overlaps", "{}")->json.ptr, "{\"most\":0}");
    assert_string_equal(bench_run(&b, "taken_late", "{}")->json.ptr, "{\"taken\":0}");
    assert_int_equal(plugin_trouble(p).len, 0);
    bench_done(&b);
}

/* ---- The cage ---------------------------------------------------------------------------------*/

/* The file that bad.c makes where it can: true when there was one. */
static bool
remove_escaped(void)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/tmp/deskhand-escape-%d", (int)getpid());
    return unlink(path) == 0;
}

/* What got out of a cage without the parts WITHOUT, as bad.c's bits; *RET_MISSING as it says. */
static unsigned
escaped(unsigned without, unsigned *ret_missing)
{
    struct bench b;
    unsigned through = 0;
    bench_init(&b);
    b.cage.without = without;
    *ret_missing = missing(bench_load(&b, PLUGINS, "bad-escape", ""));
    const struct tool_result *r = bench_run(&b, "bad", "{}");
    assert_int_equal(r->status, TOOL_OK);
    assert_int_equal(sscanf(r->json.ptr, "{\"through\":\"%u\"}", &through), 1);
    assert_int_equal(remove_escaped(), (through & 4) != 0);
    bench_done(&b);
    return through;
}

static void
test_nothing_gets_out_of_the_cage(void **state)
{
    enum { NET = 1, FILE_READ = 2, FILE_WRITE = 4, SIGNAL = 8, ROOT = 16, SPACE = 32, RUN = 64 };
    static const struct {
        unsigned part;
        unsigned holds; /* with that part alone nothing of this gets through */
    } cases[] = {
        {CAGE_CALLS, NET | FILE_WRITE | SIGNAL | RUN},
        {CAGE_PATHS, FILE_READ | FILE_WRITE | RUN},
        {CAGE_LIMITS, SPACE},
        {CAGE_USER, ROOT},
    };
    (void)state;
    unsigned lacks = 0;
    unsigned through = escaped(0, &lacks);
    assert_int_equal(through & 128, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (!(lacks & cases[i].part)) {
            assert_int_equal(through & cases[i].holds, 0);
            unsigned others = 0;
            /* Landlock wants no_new_privs where it is not root. */
            unsigned without = CAGE_ALL & ~(cases[i].part | CAGE_PRIVILEGES);
            assert_int_equal(escaped(without, &others) & cases[i].holds, 0);
            assert_int_equal(others & without, without);
            assert_int_equal(others & cases[i].part, 0);
        }
    }
    /* A kernel with nothing to offer: it runs, and says so. */
    (void)escaped(CAGE_ALL, &lacks);
    assert_int_equal(lacks, CAGE_ALL);
}

static void
test_what_is_granted_gets_through(void **state)
{
    static const char *const read[] = {"/etc/passwd", NULL};
    static const char *const write[] = {"/tmp", NULL};
    (void)state;
    struct bench b;
    unsigned through = 0;
    bench_init(&b);
    b.cage.read = read;
    b.cage.write = write;
    b.cage.network = true;
    (void)bench_load(&b, PLUGINS, "bad-escape", "");
    const struct tool_result *r = bench_run(&b, "bad", "{}");
    assert_int_equal(r->status, TOOL_OK);
    assert_int_equal(sscanf(r->json.ptr, "{\"through\":\"%u\"}", &through), 1);
    assert_int_equal(through & 7, 7);
    assert_true(remove_escaped());
    bench_done(&b);
}

static void
test_a_grant_that_is_not_there_is_told(void **state)
{
    static const char *const paths[] = {"/no/such/folder", NULL};
    (void)state;
    struct bench b;
    struct err err = {0};
    const struct plugin *p = NULL;
    unsigned lacks = 0;
    bench_init(&b);
    (void)escaped(0, &lacks);
    b.cage.read = paths;
    const struct plugin_wish wish = {.cage = &b.cage};
    int result =
        plugin_load_in(b.set, bench_path(&b, PLUGINS, "bad-exit").ptr, &wish, b.registry, &p, &err);
    if (!(lacks & CAGE_PATHS)) {
        assert_int_equal(result, ERR_INVALID);
        assert_contains(str_c(err.message), "/no/such/folder");
        assert_null(p);
    }
    b.cage.program = "/no/such/program";
    assert_int_equal(
        plugin_load_in(b.set, bench_path(&b, PLUGINS, "bad-loop").ptr, &wish, b.registry, &p, &err),
        ERR_NOTFOUND);
    assert_contains(str_c(err.message), "/no/such/program");
    /* A program that is no child at all. */
    b.cage.program = "/bin/true";
    assert_int_equal(
        plugin_load_in(b.set, bench_path(&b, PLUGINS, "bad-loop").ptr, &wish, b.registry, &p, &err),
        ERR_PLUGIN);
    assert_contains(str_c(err.message), "exit status 0");
    bench_done(&b);
}

/* Children of this process, zombies included. */
static int
children(void)
{
    char path[64];
    char text[4096] = "";
    int count = 0;
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "r");
    if (!f) {
        return 0;
    }
    size_t len = fread(text, 1, sizeof(text) - 1, f);
    (void)fclose(f);
    for (size_t i = 0; i < len; i++) {
        count += text[i] == ' ';
    }
    return count;
}

static int
descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir)) {
        count++;
    }
    (void)closedir(dir);
    return count;
}

static void
test_nothing_is_left_behind(void **state)
{
    (void)state;
    int before = descriptors();
    for (int i = 0; i < 5; i++) {
        struct bench b;
        (void)start_bench(&b, "bad-segfault");
        (void)bench_run(&b, i % 2 ? "bad" : "fine", "{}");
        bench_done(&b);
    }
    /* In the middle of a call, and before there was one. */
    struct bench b;
    (void)start_bench(&b, "bad-loop");
    tool_call_cancel(bench_start(&b, "bad", "{}")->call);
    struct bench_call *c = bench_start(&b, "bad", "{}");
    bench_idle(&b, 50);
    tool_call_cancel(c->call);
    bench_done(&b);
    (void)start_bench(&b, "bad-loop");
    bench_done(&b);
    assert_int_equal(descriptors(), before);
    assert_int_equal(children(), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_costs_its_call_alone),
        cmocka_unit_test(test_faults_again_and_again_end_in_quarantine),
        cmocka_unit_test(test_a_crash_at_the_start_is_told_to_all_who_wait),
        cmocka_unit_test(test_calls_beside_a_crash_are_lost_once),
        cmocka_unit_test(test_a_call_that_was_called_off_holds_nobody_up),
        cmocka_unit_test(test_a_late_call_takes_its_process_along),
        cmocka_unit_test(test_nothing_gets_out_of_the_cage),
        cmocka_unit_test(test_what_is_granted_gets_through),
        cmocka_unit_test(test_a_grant_that_is_not_there_is_told),
        cmocka_unit_test(test_nothing_is_left_behind),
    };
    return cmocka_run_group_tests_name("plugin-bad", tests, NULL, NULL);
}
