/* A plugin's file and configuration change while its calls are under way: none is lost, and the
 * next ones are the new plugin's. In both cages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "plugin/manifest.h"

struct place {
    struct bench bench;
    char folder[40];
    char file[60];
};

/* Module NAME becomes the plugin's file: put in its place, or written over it. */
static void
put(struct place *p, const char *name, bool over)
{
    char command[400];
    struct str from = bench_path(&p->bench, "DESKHAND_TEST_PLUGINS", name);
    (void)snprintf(command, sizeof(command),
                   over ? "cat '%s' > '%s'" : "cp '%s' '%s.new' && mv '%s.new' '%s'", from.ptr,
                   p->file, p->file, p->file);
    assert_int_equal(system(command), 0);
}

static const struct plugin *
load(struct place *p, const char *config)
{
    struct err err = {0};
    const struct plugin *loaded = NULL;
    const struct plugin_wish wish = {.config = str_c(config),
                                     .cage = p->bench.cage.program ? &p->bench.cage : NULL};
    if (plugin_load_in(p->bench.set, p->file, &wish, p->bench.registry, &loaded, &err) < 0) {
        fail_msg("%s", err.message);
    }
    return loaded;
}

static int
reload(struct place *p, const struct plugin *old, const char *config, const struct plugin **ret,
       struct err *err)
{
    const struct plugin_wish wish = {.config = str_c(config),
                                     .cage = p->bench.cage.program ? &p->bench.cage : NULL};
    return plugin_reload(p->bench.set, old, &wish, p->bench.registry, ret, err);
}

static void
begin(struct place *p)
{
    memset(p, 0, sizeof(*p));
    bench_init(&p->bench);
    (void)snprintf(p->folder, sizeof(p->folder), "/tmp/test-reload-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    assert_int_equal(chmod(p->folder, 0755), 0); /* a child of root's is somebody else */
    (void)snprintf(p->file, sizeof(p->file), "%s/changing.so", p->folder);
    put(p, "changing-1", false);
}

static void
end(struct place *p)
{
    bench_done(&p->bench);
    (void)unlink(p->file);
    assert_int_equal(rmdir(p->folder), 0);
}

static void
assert_said(const struct bench_call *c, const char *json)
{
    assert_int_equal(c->count, 1);
    assert_int_equal(c->result.status, TOOL_OK);
    assert_string_equal(c->result.json.ptr, json);
}

static const char first_says[] = "{\"edition\":1,\"word\":\"one\"}";
static const char second_says[] = "{\"edition\":2,\"word\":\"two\"}";

/* Two calls run, two more stand in line when the file changes. */
static void
test_no_call_is_lost(void **state)
{
    struct place p;
    struct err err = {0};
    const struct plugin *now = NULL;
    (void)state;
    begin(&p);
    const struct plugin *old = load(&p, "{\"word\":\"one\"}");
    const struct bench_call *calls[4];
    for (size_t i = 0; i < 4; i++) {
        calls[i] = bench_start(&p.bench, i % 2 ? "nap" : "nap_parallel", "{}");
    }
    bench_idle(&p.bench, 50);
    put(&p, "changing-2", false);
    assert_int_equal(reload(&p, old, "{\"word\":\"two\"}", &now, &err), 0);
    assert_true(str_eq_c(plugin_manifest(now)->version, "2"));
    assert_ptr_equal(plugin_at(p.bench.set, 0), now);
    assert_null(plugin_at(p.bench.set, 1));
    assert_null(tool_find(p.bench.registry, STR("old_only")));
    const struct bench_call *kept = bench_start(&p.bench, "kept", "{}");
    const struct bench_call *fresh = bench_start(&p.bench, "new_only", "{}");
    const struct bench_call *gone = bench_start(&p.bench, "old_only", "{}");
    bench_wait(&p.bench, 7);
    for (size_t i = 0; i < 4; i++) {
        assert_said(calls[i], first_says);
    }
    assert_said(kept, second_says);
    assert_said(fresh, second_says);
    assert_string_equal(gone->result.error_code.ptr, "unknown_tool");
    bench_idle(&p.bench, 250); /* the old one ends by itself */
    end(&p);
}

static void
test_a_configuration_changes_alone(void **state)
{
    struct place p;
    struct err err = {0};
    const struct plugin *now = NULL;
    (void)state;
    begin(&p);
    const struct plugin *old = load(&p, "{\"word\":\"zero\"}");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(reload(&p, old, "{\"word\":\"one\"}", &now, &err), 0);
        old = now;
        const struct bench_call *c = bench_start(&p.bench, "kept", "{}");
        bench_wait(&p.bench, (size_t)i + 1);
        assert_said(c, first_says);
    }
    assert_int_equal(tool_count(p.bench.registry), 4);
    end(&p);
}

/* What cannot be loaded leaves the desk with what it had. */
static void
test_a_failure_changes_nothing(void **state)
{
    static const struct {
        const char *module;
        const char *config;
        const char *want;
    } cases[] = {
        {"changing-1", "{\"word\":5}", "configuration"},
        {"changing-1", "{\"wird\":\"x\"}", "wird"},
        {"changing-named", "{}", "another plugin now"},
        {"bad-magic", "{}", "plugin"},
    };
    struct place p;
    (void)state;
    begin(&p);
    const struct plugin *old = load(&p, "{\"word\":\"one\"}");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct err err = {0};
        const struct plugin *now = NULL;
        put(&p, cases[i].module, false);
        assert_true(reload(&p, old, cases[i].config, &now, &err) < 0);
        if (!strstr(err.message, cases[i].want) || !strstr(err.message, p.file)) {
            fail_msg("%s", err.message);
        }
        put(&p, "changing-1", false);
        const struct bench_call *c = bench_start(&p.bench, "kept", "{}");
        bench_wait(&p.bench, i + 1);
        assert_said(c, first_says);
        assert_ptr_equal(plugin_at(p.bench.set, 0), old);
    }
    end(&p);
}

/* Code that is mapped into this process is not exchanged under it; a child's may be. */
static void
test_a_file_that_was_written_over(void **state)
{
    struct place p;
    struct err err = {0};
    const struct plugin *now = NULL;
    (void)state;
    begin(&p);
    const struct plugin *old = load(&p, "{\"word\":\"one\"}");
    put(&p, "changing-2", bench_isolates());
    if (bench_isolates()) {
        assert_int_equal(reload(&p, old, "{\"word\":\"two\"}", &now, &err), 0);
    } else {
        struct stat was;
        assert_int_equal(stat(p.file, &was), 0);
        assert_int_equal(reload(&p, old, "{\"word\":\"two\"}", &now, &err), 0);
        old = now;
        const struct timespec touched[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
        assert_int_equal(utimensat(AT_FDCWD, p.file, touched, 0), 0);
        assert_int_equal(reload(&p, old, "{\"word\":\"two\"}", &now, &err), ERR_INVALID);
        assert_non_null(strstr(err.message, "written over"));
    }
    const struct bench_call *c = bench_start(&p.bench, "kept", "{}");
    bench_wait(&p.bench, 1);
    assert_said(c, second_says);
    end(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_call_is_lost),
        cmocka_unit_test(test_a_configuration_changes_alone),
        cmocka_unit_test(test_a_failure_changes_nothing),
        cmocka_unit_test(test_a_file_that_was_written_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
