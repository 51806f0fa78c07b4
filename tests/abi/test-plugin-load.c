/* What may be loaded and what is refused: each refusal names the rule and what to do, and none of
 * the refused code runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/elf_check.h"
#include "plugin/manifest.h"

#include "bench.h"

#define PLUGINS "DESKHAND_TEST_PLUGINS"
#define SHIPPED "DESKHAND_SHIPPED_PLUGINS"

static void
test_a_sound_plugin_is_loaded(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    const struct plugin *p = bench_load(&b, PLUGINS, "good", "");
    assert_ptr_equal(plugin_at(b.set, 0), p);
    assert_null(plugin_at(b.set, 1));
    assert_true(str_eq_c(plugin_manifest(p)->name, "good"));
    assert_true(str_starts(plugin_path(p), STR("/")));
    assert_int_equal(plugin_trouble(p).len, 0);
    assert_int_equal(tool_count(b.registry), plugin_manifest(p)->tool_count);
    const struct tool_def *late = tool_find(b.registry, STR("late"));
    assert_non_null(late);
    assert_int_equal(late->timeout_ms, 60);
    assert_int_equal(late->effect, EFFECT_READ);
    assert_false(late->parallel);
    assert_true(str_eq_c(late->plugin, "good"));
    assert_true(tool_find(b.registry, STR("echo"))->parallel);
    assert_int_equal(tool_find(b.registry, STR("echo"))->timeout_ms, 10000);
    bench_done(&b);
}

static void
test_a_plugin_can_be_checked_without_a_registry(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    const struct plugin *p;
    bench_init(&b);
    assert_int_equal(
        plugin_load(b.set, bench_path(&b, PLUGINS, "good").ptr, STR(""), NULL, &p, &err), 0);
    assert_int_equal(tool_count(b.registry), 0);
    bench_done(&b);
}

static void
test_each_broken_rule_is_named(void **state)
{
    static const struct {
        const char *name;
        const char *want[3];
    } cases[] = {
        {"bad-magic", {"DH_MAGIC"}},
        {"bad-major", {"ABI 2.0", "has 1.0", "update Deskhand"}},
        {"old-major", {"ABI 0.0", "newer version of the plugin"}},
        {"bad-size", {"20 bytes", "struct_size"}},
        {"bad-entry", {"create"}},
        {"no-entry", {"no entry symbol deskhand_plugin"}},
        {"extra-export", {"exports 1 more", "json_object_get", "-fvisibility=hidden"}},
        {"needs-http", {"requires dh.http/9", "dh.json/1", "update Deskhand"}},
        {"wants-child", {"process of its own"}},
        {"manifest-json", {"manifest", "line 1"}},
        {"manifest-member", {"manifest", "isolaton"}},
        {"manifest-effect", {"/tools/0/effect", "irreversible"}},
        {"manifest-twice", {"tool refused", "two tools"}},
        {"manifest-schema", {"tool refused", "input_schema"}},
        {"manifest-array", {"input_schema", "object"}},
        {"manifest-name", {"/name"}},
        {"clash", {"tool echo is already there", "from plugin good", "rename the tool"}},
        {"same-name", {"a plugin named good is loaded already", "good.so"}},
    };
    (void)state;
    struct bench b;
    bench_init(&b);
    (void)bench_load(&b, PLUGINS, "good", "");
    size_t tools = tool_count(b.registry);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct err err = {0};
        const struct plugin *p = NULL;
        const char *path = bench_path(&b, PLUGINS, cases[i].name).ptr;
        int result = plugin_load(b.set, path, STR(""), b.registry, &p, &err);
        if (result >= 0) {
            fail_msg("%s was loaded", cases[i].name);
        }
        assert_int_equal(result, ERR_INVALID);
        assert_contains(str_c(err.message), cases[i].name);
        for (size_t w = 0; w < 3 && cases[i].want[w]; w++) {
            assert_contains(str_c(err.message), cases[i].want[w]);
        }
        assert_null(p);
    }
    assert_int_equal(tool_count(b.registry), tools);
    assert_null(plugin_at(b.set, 1));
    bench_done(&b);
}

static void
test_a_host_with_fewer_extensions_refuses(void **state)
{
    (void)state;
    struct bench b;
    struct err err = {0};
    const struct plugin *p;
    size_t count;
    const struct plugin_extension *all = host_extensions(&count);
    struct plugin_extension some[8];
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].id, "dh.desk/1") != 0) {
            some[kept++] = all[i];
        }
    }
    assert_int_equal(kept, count - 1);
    bench_init_with(&b, some, kept);
    assert_int_equal(
        plugin_load(b.set, bench_path(&b, SHIPPED, "escalate").ptr, STR(""), b.registry, &p, &err),
        ERR_INVALID);
    assert_contains(str_c(err.message), "requires dh.desk/1");
    (void)bench_load(&b, SHIPPED, "template", "");
    bench_done(&b);
}

static void
test_a_configuration_is_checked(void **state)
{
    static const struct {
        const char *config;
        const char *want;
    } cases[] = {
        {"{\"size\":\"big\"}", "/size"},
        {"{\"sice\":1}", "sice"},
        {"[]", "object"},
        {"{\"size\":", "configuration"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct bench b;
        struct err err = {0};
        const struct plugin *p;
        bench_init(&b);
        assert_int_equal(plugin_load(b.set, bench_path(&b, PLUGINS, "good").ptr,
                                     str_c(cases[i].config), b.registry, &p, &err),
                         ERR_INVALID);
        assert_contains(str_c(err.message), "configuration");
        assert_contains(str_c(err.message), cases[i].want);
        bench_done(&b);
    }
}

/* ---- Files ------------------------------------------------------------------------------------*/

struct file {
    char *text;
    size_t length;
    char path[64];
};

static void
file_init(struct file *f, const char *from)
{
    int in = open(from, O_RDONLY);
    struct stat st;
    assert_true(in >= 0);
    assert_int_equal(fstat(in, &st), 0);
    f->length = (size_t)st.st_size;
    f->text = malloc(f->length);
    assert_int_equal(read(in, f->text, f->length), f->length);
    (void)close(in);
    (void)snprintf(f->path, sizeof(f->path), "/tmp/deskhand-test-XXXXXX");
    int out = mkstemp(f->path);
    assert_true(out >= 0);
    (void)close(out);
}

static void
file_put(const struct file *f, const char *text, size_t length)
{
    int out = open(f->path, O_WRONLY | O_TRUNC);
    assert_true(out >= 0);
    assert_int_equal(write(out, text, length), length);
    (void)close(out);
}

static void
file_done(struct file *f)
{
    (void)unlink(f->path);
    free(f->text);
}

static void
test_a_file_cut_short_is_refused_at_any_length(void **state)
{
    (void)state;
    struct bench b;
    struct file f;
    struct err err = {0};
    struct elf_entry entry;
    const struct plugin *p;
    bench_init(&b);
    file_init(&f, bench_path(&b, PLUGINS, "good").ptr);
    size_t cut = 0;
    for (size_t length = 0; length < f.length; length += length < 200 ? 1 : 509) {
        file_put(&f, f.text, length);
        assert_int_equal(elf_check(f.path, &entry, &err), ERR_INVALID);
        assert_int_equal(plugin_load(b.set, f.path, STR(""), b.registry, &p, &err), ERR_INVALID);
        cut++;
    }
    file_put(&f, f.text, f.length - 1);
    assert_int_equal(elf_check(f.path, &entry, &err), ERR_INVALID);
    file_put(&f, f.text, f.length);
    assert_int_equal(elf_check(f.path, &entry, &err), 0);
    assert_int_equal(entry.abi_major, 1);
    print_message("truncated plugins: %zu of %zu refused\n", cut, cut);
    file_done(&f);
    bench_done(&b);
}

/* Where a file's own tables promise more than the file has, reading or mapping it would go past its
 * end. */
static void
test_a_file_that_promises_more_than_it_has_is_refused(void **state)
{
    (void)state;
    struct bench b;
    struct file f;
    struct elf_entry entry;
    bench_init(&b);
    file_init(&f, bench_path(&b, PLUGINS, "good").ptr);
    Elf64_Ehdr *head = (Elf64_Ehdr *)(void *)f.text;
    Elf64_Phdr *segments = (Elf64_Phdr *)(void *)(f.text + head->e_phoff);
    Elf64_Shdr *sections = (Elf64_Shdr *)(void *)(f.text + head->e_shoff);
    uint64_t *const lies[] = {&segments[0].p_filesz, &segments[0].p_offset,
                              &segments[head->e_phnum - 1].p_filesz, &sections[1].sh_size,
                              &sections[1].sh_offset};
    for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
        static const uint64_t values[] = {1 << 20, UINT64_MAX, UINT64_MAX - 4096};
        uint64_t truth = *lies[i];
        for (size_t v = 0; v < sizeof(values) / sizeof(*values); v++) {
            struct err err = {0};
            *lies[i] = values[v];
            file_put(&f, f.text, f.length);
            assert_int_equal(elf_check(f.path, &entry, &err), ERR_INVALID);
            assert_contains(str_c(err.message), "cut short or damaged");
        }
        *lies[i] = truth;
    }
    file_done(&f);
    bench_done(&b);
}

/* Damaged headers and tables: any answer but a crash, a hang or a read past the end. */
static void
test_damaged_headers_do_no_harm(void **state)
{
    (void)state;
    struct bench b;
    struct file f;
    struct elf_entry entry;
    bench_init(&b);
    file_init(&f, bench_path(&b, PLUGINS, "good").ptr);
    uint64_t random = 42;
    size_t refused = 0;
    for (int round = 0; round < 2000; round++) {
        struct err err = {0};
        char *copy = malloc(f.length);
        memcpy(copy, f.text, f.length);
        for (int i = 0; i < 4; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            size_t span = round % 2 ? 1024 : f.length;
            copy[(random >> 33) % span] = (char)(random >> 20);
        }
        file_put(&f, copy, f.length);
        refused += elf_check(f.path, &entry, &err) < 0;
        free(copy);
    }
    assert_true(refused > 100);
    file_done(&f);
    bench_done(&b);
}

static void
test_what_is_no_plugin_is_refused(void **state)
{
    static const char script[] = "#!/bin/sh\necho hello\n"
                                 "# a comment to make this longer than an ELF header is, by far\n";
    (void)state;
    struct bench b;
    struct file f;
    struct err err = {0};
    const struct plugin *p;
    bench_init(&b);
    file_init(&f, bench_path(&b, PLUGINS, "good").ptr);
    file_put(&f, script, sizeof(script) - 1);
    assert_int_equal(plugin_load(b.set, f.path, STR(""), b.registry, &p, &err), ERR_INVALID);
    assert_contains(str_c(err.message), "not a shared object");
    assert_int_equal(plugin_load(b.set, "/tmp", STR(""), b.registry, &p, &err), ERR_INVALID);
    assert_contains(str_c(err.message), "not a regular file");
    assert_int_equal(plugin_load(b.set, "/dev/zero", STR(""), b.registry, &p, &err), ERR_INVALID);
    assert_int_equal(plugin_load(b.set, "no-such-file.so", STR(""), b.registry, &p, &err),
                     ERR_NOTFOUND);
    assert_contains(str_c(err.message), "no-such-file.so: there is no such file");
    assert_int_equal(plugin_load(b.set, "", STR(""), b.registry, &p, &err), ERR_NOTFOUND);
    /* A program: an ELF file with a table of symbols, but no plugin. */
    assert_int_equal(plugin_load(b.set, "/proc/self/exe", STR(""), b.registry, &p, &err),
                     ERR_INVALID);
    /* Built for another machine. */
    f.text[18] = 0x28; /* e_machine: 32-bit ARM */
    f.text[19] = 0;
    file_put(&f, f.text, f.length);
    assert_int_equal(plugin_load(b.set, f.path, STR(""), b.registry, &p, &err), ERR_INVALID);
    assert_contains(str_c(err.message), "another kind of machine");
    file_done(&f);
    bench_done(&b);
}

static void
test_a_fifo_does_not_hang(void **state)
{
    (void)state;
    struct err err = {0};
    struct elf_entry entry;
    char path[] = "/tmp/deskhand-fifo-XXXXXX";
    (void)close(mkstemp(path));
    (void)unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(elf_check(path, &entry, &err), ERR_INVALID);
    (void)unlink(path);
}

static void
test_a_file_that_others_may_write_is_refused(void **state)
{
    (void)state;
    struct bench b;
    struct file f;
    struct err err = {0};
    struct elf_entry entry;
    char folder[] = "/tmp/deskhand-folder-XXXXXX";
    char inside[64];
    bench_init(&b);
    file_init(&f, bench_path(&b, PLUGINS, "good").ptr);
    file_put(&f, f.text, f.length);
    assert_int_equal(chmod(f.path, 0602), 0);
    assert_int_equal(elf_check(f.path, &entry, &err), ERR_AUTH);
    assert_contains(str_c(err.message), "chmod o-w");
    assert_int_equal(chmod(f.path, 0600), 0);
    assert_int_equal(elf_check(f.path, &entry, &err), 0);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(inside, sizeof(inside), "%s/p.so", folder);
    assert_int_equal(rename(f.path, inside), 0);
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(elf_check(inside, &entry, &err), ERR_AUTH);
    assert_contains(str_c(err.message), "folder");
    assert_int_equal(chmod(folder, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(inside, 12345, 12345), 0);
        assert_int_equal(elf_check(inside, &entry, &err), ERR_AUTH);
        assert_contains(str_c(err.message), "12345");
    }
    (void)unlink(inside);
    (void)rmdir(folder);
    file_done(&f);
    bench_done(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sound_plugin_is_loaded),
        cmocka_unit_test(test_a_plugin_can_be_checked_without_a_registry),
        cmocka_unit_test(test_each_broken_rule_is_named),
        cmocka_unit_test(test_a_host_with_fewer_extensions_refuses),
        cmocka_unit_test(test_a_configuration_is_checked),
        cmocka_unit_test(test_a_file_cut_short_is_refused_at_any_length),
        cmocka_unit_test(test_a_file_that_promises_more_than_it_has_is_refused),
        cmocka_unit_test(test_damaged_headers_do_no_harm),
        cmocka_unit_test(test_what_is_no_plugin_is_refused),
        cmocka_unit_test(test_a_fifo_does_not_hang),
        cmocka_unit_test(test_a_file_that_others_may_write_is_refused),
    };
    return cmocka_run_group_tests_name("plugin-load", tests, NULL, NULL);
}
