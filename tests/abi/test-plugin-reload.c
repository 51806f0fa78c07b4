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
    return plugin_reload(p->bench.set, old, p->file, &wish, p->bench.registry, ret, err);
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

/* As a folder of releases is changed over. */
static void
test_a_link_that_leads_elsewhere(void **state)
{
    struct place p;
    struct err err = {0};
    char link[80];
    const struct plugin *now = NULL;
    (void)state;
    begin(&p);
    (void)snprintf(link, sizeof(link), "%s/link.so", p.folder);
    assert_int_equal(symlink("changing.so", link), 0);
    const struct plugin_wish wish = {.config = STR("{\"word\":\"two\"}"),
                                     .cage = p.bench.cage.program ? &p.bench.cage : NULL};
    const struct plugin *old = NULL;
    assert_int_equal(plugin_load_in(p.bench.set, link, &wish, p.bench.registry, &old, &err), 0);
    assert_true(str_eq_c(plugin_asked(old), link) && str_eq_c(plugin_path(old), p.file));
    struct str other = bench_path(&p.bench, "DESKHAND_TEST_PLUGINS", "changing-2");
    assert_true(unlink(link) == 0 && symlink(other.ptr, link) == 0);
    assert_int_equal(plugin_reload(p.bench.set, old, link, &wish, p.bench.registry, &now, &err), 0);
    const struct bench_call *c = bench_start(&p.bench, "kept", "{}");
    bench_wait(&p.bench, 1);
    assert_said(c, second_says);
    assert_int_equal(unlink(link), 0);
    end(&p);
}

/* A file that hangs as it is loaded does not hold up those who are answered. */
static void
test_one_that_hangs(void **state)
{
    struct place p;
    struct err err = {0};
    const struct plugin *now = NULL;
    (void)state;
    if (!bench_isolates()) {
        return; /* nothing ends what hangs in this process */
    }
    begin(&p);
    const struct plugin *old = load(&p, "{\"word\":\"one\"}");
    put(&p, "changing-slow", false);
    int64_t began = clock_mono_ms(clock_real());
    assert_int_equal(reload(&p, old, "{}", &now, &err), ERR_TIMEOUT);
    assert_true(clock_mono_ms(clock_real()) - began < 10 * 1000);
    assert_non_null(strstr(err.message, "within 3000 ms"));
    put(&p, "changing-1", false);
    const struct bench_call *c = bench_start(&p.bench, "kept", "{}");
    bench_wait(&p.bench, 1);
    assert_said(c, first_says);
    end(&p);
}

enum { UNDER_WAY = 64, RELOADS = 200 };

struct load {
    struct bench *bench;
    bool over;
    size_t answered;
    struct one {
        struct load *load;
        size_t index;
        struct arena arena;
        struct tool_call *call;
    } calls[UNDER_WAY];
};

static void start_one(struct one *c);

static void
on_answer(void *arg, const struct tool_result *r)
{
    struct one *c = arg;
    assert_int_equal(r->status, TOOL_OK);
    c->call = NULL;
    c->load->answered++;
    if (!c->load->over) {
        start_one(c);
    }
}

/* One in four naps; two of those wait for each other. */
static void
start_one(struct one *c)
{
    struct err err = {0};
    const char *tool = c->index == 0 || c->index == 4 ? "nap"
                       : c->index % 4                 ? "kept"
                                                      : "nap_parallel";
    const struct tool_scope scope = {.call = STR("x"), .conversation = STR("c"), .turn = STR("t")};
    assert_null(c->call);
    arena_done(&c->arena); /* the last call's, which is over */
    assert_int_equal(tool_call_start(c->load->bench->registry, str_c(tool), STR("{}"), &scope,
                                     &c->arena, on_answer, c, &c->call, &err),
                     0);
}

static size_t
under_way(const struct load *l)
{
    size_t count = 0;
    for (size_t i = 0; i < UNDER_WAY; i++) {
        count += l->calls[i].call != NULL;
    }
    return count;
}

/* Again and again under load: each call has its one answer. */
static void
test_many_times_under_load(void **state)
{
    struct place p;
    struct load l = {.bench = &p.bench};
    (void)state;
    begin(&p);
    const struct plugin *old = load(&p, "{}");
    for (size_t i = 0; i < UNDER_WAY; i++) {
        l.calls[i].load = &l;
        l.calls[i].index = i;
        start_one(&l.calls[i]);
    }
    for (int i = 0; i < RELOADS; i++) {
        struct err err = {0};
        const struct plugin *now = NULL;
        put(&p, i % 2 ? "changing-1" : "changing-2", false);
        if (reload(&p, old, "{}", &now, &err) < 0) {
            fail_msg("%s", err.message);
        }
        old = now;
        assert_int_equal(under_way(&l), UNDER_WAY);
        bench_idle(&p.bench, 5);
    }
    l.over = true;
    for (int i = 0; i < 600 && under_way(&l); i++) {
        bench_idle(&p.bench, 100);
    }
    assert_int_equal(under_way(&l), 0);
    assert_true(l.answered > UNDER_WAY);
    print_message("%zu calls in %d reloads\n", l.answered, RELOADS);
    for (size_t i = 0; i < UNDER_WAY; i++) {
        arena_done(&l.calls[i].arena);
    }
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
        cmocka_unit_test(test_a_link_that_leads_elsewhere),
        cmocka_unit_test(test_one_that_hangs),
        cmocka_unit_test(test_many_times_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
