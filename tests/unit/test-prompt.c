/* Prompts: found in order, checked when loaded, versioned by their bytes, filled strictly; and the
 * shipped ones do what the engine expects of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/limits.h"
#include "prompt/prompt.h"

/* A scratch folder with a desk's and a shipped directory. */
struct fixture {
    char root[64];
    struct arena arena;
    struct prompt_path path;
};

static void
fixture_init(struct fixture *f)
{
    *f = (struct fixture){.root = "/tmp/test-prompt-XXXXXX"};
    assert_non_null(mkdtemp(f->root));
    f->path.count = 2;
    f->path.dirs[0] = arena_printf(&f->arena, "%s/desk", f->root);
    f->path.dirs[1] = arena_printf(&f->arena, "%s/shipped", f->root);
    assert_int_equal(mkdir(f->path.dirs[0].ptr, 0700), 0);
    assert_int_equal(mkdir(f->path.dirs[1].ptr, 0700), 0);
}

static void
empty_dir(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir) {
        return;
    }
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char file[512];
        (void)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        (void)remove(file);
    }
    closedir(dir);
    (void)rmdir(path);
}

static void
fixture_done(struct fixture *f)
{
    empty_dir(f->path.dirs[0].ptr);
    empty_dir(f->path.dirs[1].ptr);
    (void)rmdir(f->root);
    arena_done(&f->arena);
}
AUTO_DEFINE_VALUE(fixture, struct fixture, fixture_done)

/* NAME in directory DIR of the path. */
static void
put(struct fixture *f, size_t dir, const char *name, const char *text)
{
    struct str file = arena_printf(&f->arena, "%s/%s", f->path.dirs[dir].ptr, name);
    FILE *out = fopen(file.ptr, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
}

static void
assert_has(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        fail_msg("'%s' is not in '%s'", part, text);
    }
}

static void
test_the_desk_comes_first(void **state)
{
    (void)state;
    AUTO(fixture) struct fixture f;
    fixture_init(&f);
    put(&f, 1, "hello.mustache", "{{! hello: shipped }}\nshipped\n");
    put(&f, 1, "other.mustache", "{{! other: shipped }}\nother\n");
    put(&f, 0, "hello.mustache", "{{! hello: the desk's }}\n\n\ndesk\n\n");
    struct err err = {0};
    struct str text;
    AUTO(prompt) struct prompt *hello = NULL;
    assert_int_equal(prompt_load(&f.path, STR("hello"), &hello, &err), 0);
    assert_int_equal(prompt_render(hello, STR(""), &f.arena, &text, &err), 0);
    assert_string_equal(text.ptr, "desk");
    assert_true(str_eq(hello->purpose, STR("the desk's")));
    assert_has(hello->source.ptr, "/desk/hello.mustache");
    AUTO(prompt) struct prompt *other = NULL;
    assert_int_equal(prompt_load(&f.path, STR("other"), &other, &err), 0);
    AUTO(prompt) struct prompt *none = NULL;
    assert_int_equal(prompt_load(&f.path, STR("helo"), &none, &err), ERR_NOTFOUND);
    assert_string_equal(err.message, "no prompt 'helo'; did you mean 'hello'?");
    assert_int_equal(prompt_load(&f.path, STR("quite_another"), &none, &err), ERR_NOTFOUND);
    assert_int_equal(prompt_load(&f.path, STR("../desk/hello"), &none, &err), ERR_INVALID);
    assert_int_equal(prompt_load(&f.path, STR(""), &none, &err), ERR_INVALID);
    assert_null(none);
}

static void
test_the_version_is_the_bytes(void **state)
{
    (void)state;
    AUTO(fixture) struct fixture f;
    fixture_init(&f);
    struct err err = {0};
    AUTO(prompt) struct prompt *p = NULL;
    put(&f, 0, "v.mustache", "{{! v: a version }}\nabc\n");
    assert_int_equal(prompt_load(&f.path, STR("v"), &p, &err), 0);
    /* printf '{{! v: a version }}\nabc\n' | sha256sum */
    assert_string_equal(p->hash,
                        "e30941acf4583ce51e06078b44193020ccc62e7213865b47f51106b744b4f75c");
    assert_true(str_eq(p->text, STR("{{! v: a version }}\nabc\n")));
}

/* A prompt and what it includes is one version, and comes back from its text alone. */
static void
test_included_prompts_belong_to_the_version(void **state)
{
    (void)state;
    AUTO(fixture) struct fixture f;
    fixture_init(&f);
    struct err err = {0};
    struct str text;
    put(&f, 0, "whole.mustache",
        "{{! whole: all of it\n a \"A\" one }}\n{{a}}\n  {{> part}}\n{{> last}}end\n");
    put(&f, 1, "part.mustache", "{{! part: inside\n b required two }}\n\n{{b}}\n{{> last}}\n");
    put(&f, 1, "last.mustache", "{{! last: at the end\n a \"Z\" one }}\n<{{a}}>");
    AUTO(prompt) struct prompt *p = NULL;
    assert_int_equal(prompt_load(&f.path, STR("whole"), &p, &err), 0);
    assert_int_equal(p->variable_count, 2);
    assert_int_equal(p->part_count, 3);
    assert_int_equal(prompt_render(p, STR("{\"b\":\"B\"}"), &f.arena, &text, &err), 0);
    assert_string_equal(text.ptr, "A\n  B\n  <A><A>end");
    assert_int_equal(prompt_render(p, STR("{}"), &f.arena, &text, &err), ERR_INVALID);
    assert_string_equal(err.message, "prompt 'whole' needs a value for 'b': two");

    AUTO(prompt) struct prompt *again = NULL;
    assert_int_equal(prompt_parse(STR("whole"), p->text, &again, &err), 0);
    assert_string_equal(again->hash, p->hash);
    assert_int_equal(prompt_render(again, STR("{\"b\":\"B\"}"), &f.arena, &text, &err), 0);
    assert_string_equal(text.ptr, "A\n  B\n  <A><A>end");

    put(&f, 1, "last.mustache", "{{! last: at the end\n a \"Z\" one }}\n({{a}})");
    AUTO(prompt) struct prompt *changed = NULL;
    assert_int_equal(prompt_load(&f.path, STR("whole"), &changed, &err), 0);
    assert_string_not_equal(changed->hash, p->hash);
    AUTO(prompt) struct prompt *extra = NULL;
    struct str more = arena_printf(&f.arena, "%s\n{{!@ more}}\n{{! more: x }}", p->text.ptr);
    assert_int_equal(prompt_parse(STR("whole"), more, &extra, &err), ERR_INVALID);
}

static void
test_what_is_wrong_is_said_at_load(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"", "line 1: a prompt opens with {{! bad: what it is for }}"},
        {"Hello", "line 1: a prompt opens with {{! bad: what it is for }}"},
        {"\n\n{{! bad: x", "line 3: the header is never closed with }}"},
        {"{{! bad }}", "line 1: the header opens with {{! bad: what it is for"},
        {"{{! bad: }}", "line 1: the header opens with {{! bad: what it is for"},
        {"{{! good: x }}", "line 1: the header is that of 'good', the file that of 'bad'"},
        {"{{! bad: x\n a required }}", "line 2: 'a' is declared without a word on what it means"},
        {"{{! bad: x\n\n a \"b }}", "line 3: the default has no closing quote"},
        {"{{! bad: x\n a \"\\x\" y }}", "line 2: a default knows"},
        {"{{! bad: x\n a optional y }}",
         "line 2: after 'a' comes required or its default in quotes"},
        {"{{! bad: x\n A required y }}", "line 2: 'A' is no variable name"},
        {"{{! bad: x\n a required y\n a \"\" z }}", "line 3: 'a' is declared twice"},
        {"{{! bad: x\n name required y }}\n{{nam}}",
         "line 3: the header does not declare 'nam'; did you mean 'name'?"},
        {"{{! bad: x }}\n\n\n\n{{#zzzz}}a{{/zzzz}}",
         "line 5: the header does not declare 'zzzz'; add it there"},
        {"{{! bad: x\r\n a required y }}\r\n\r\n{{.}}", "line 4: {{.}} outside any section"},
        {"{{! bad: x }}{{#", "line 1: the tag that starts here is never closed"},
        {"{{! bad: x }}\n{{> nothing_here}}", "line 2: no prompt 'nothing_here'"},
        {"{{! bad: x }}\n{{> ../etc/passwd}}", "line 2: '../etc/passwd' is no prompt name"},
        {"{{! bad: x\n v required y }}\n{{>*v}}", "line 3: a prompt is not included by a value"},
        {"{{! bad: x }}\n{{> bad}}", "line 2: 'bad' includes itself here"},
        {"{{! bad: x }}\n{{> ring}}", "line 2: 'bad' includes itself here"},
        {"{{! bad: x }}\n{{!@ ring}}\n", "a line opens with {{!@, which is kept for the engine"},
        {"{{! bad: x }}\n\xff", "byte 14: not UTF-8 text"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(fixture) struct fixture f;
        fixture_init(&f);
        struct err err = {0};
        AUTO(prompt) struct prompt *p = NULL;
        put(&f, 0, "bad.mustache", cases[i].text);
        put(&f, 1, "ring.mustache", "{{! ring: back }}\n{{> bad}}");
        assert_int_equal(prompt_load(&f.path, STR("bad"), &p, &err), ERR_INVALID);
        assert_null(p);
        assert_has(err.message, cases[i].want);
        assert_has(err.message, ".mustache: ");
    }
}

static void
test_files_that_are_none(void **state)
{
    (void)state;
    AUTO(fixture) struct fixture f;
    fixture_init(&f);
    struct err err = {0};
    AUTO(prompt) struct prompt *p = NULL;
    char file[256];
    (void)snprintf(file, sizeof(file), "%s/pipe.mustache", f.path.dirs[0].ptr);
    assert_int_equal(mkfifo(file, 0600), 0);
    assert_int_equal(prompt_load(&f.path, STR("pipe"), &p, &err), ERR_INVALID);
    assert_has(err.message, "not a regular file");
    (void)snprintf(file, sizeof(file), "%s/folder.mustache", f.path.dirs[0].ptr);
    assert_int_equal(mkdir(file, 0700), 0);
    assert_int_equal(prompt_load(&f.path, STR("folder"), &p, &err), ERR_INVALID);
    (void)snprintf(file, sizeof(file), "%s/huge.mustache", f.path.dirs[0].ptr);
    put(&f, 0, "huge.mustache", "{{! huge: x }}");
    assert_int_equal(truncate(file, LIMIT_TEMPLATE_BYTES + 1), 0);
    assert_int_equal(prompt_load(&f.path, STR("huge"), &p, &err), ERR_LIMIT);
    assert_int_equal(truncate(file, LIMIT_TEMPLATE_BYTES), 0);
    assert_int_equal(prompt_load(&f.path, STR("huge"), &p, &err), ERR_INVALID);
    assert_has(err.message, "not UTF-8 text");
    assert_null(p);
}

static struct prompt *
two_variables(struct fixture *f)
{
    struct prompt *p = NULL;
    struct err err = {0};
    put(f, 0, "two.mustache",
        "\xEF\xBB\xBF{{! two: two variables\n"
        "    shop_name  required        the shop's name\n"
        "    tone       \"a \\\"b\\\"\\n\\\\\"  the manner }}\n"
        "  {{shop_name}}|{{tone}}|{{#tone}}t{{/tone}}\n");
    assert_int_equal(prompt_load(&f->path, STR("two"), &p, &err), 0);
    return p;
}

#define NAMED(name, value) {STR_INIT(name), STR_INIT(value)}

static void
test_filling_is_strict(void **state)
{
    (void)state;
    AUTO(fixture) struct fixture f;
    fixture_init(&f);
    AUTO(prompt) struct prompt *p = two_variables(&f);
    static const struct {
        struct prompt_values values;
        const char *want; /* NULL: fails with MESSAGE */
        const char *message;
    } cases[] = {
        {{.given = STR_INIT("{\"shop_name\":\"S\"}")}, "S|a \"b\"\n\\|t", NULL},
        {{.given = STR_INIT("{\"shop_name\":\"S\",\"tone\":\"\"}")}, "S||", NULL},
        {{.given = STR_INIT("{\"shop_name\":7,\"tone\":null}")}, "7|a \"b\"\n\\|t", NULL},
        {{.given = STR_INIT("{\"shop_name\":\"{{tone}} <&>\",\"tone\":\"x\"}")},
         "{{tone}} <&>|x|t", NULL},
        {{.given = STR_INIT("{\"shop_name\":\"G\"}"),
          .offered = STR_INIT("{\"shop_name\":\"O\",\"tone\":\"o\",\"unknown\":1}")},
         "G|o|t", NULL},
        {{.offered = STR_INIT("{\"tone\":\"o\"}"), .named = {NAMED("shop_name", "N")}},
         "N|o|t", NULL},
        {{.offered = STR_INIT("{\"shop_name\":\"O\"}"), .named = {NAMED("tone", "n")}},
         "O|n|t", NULL},
        {{.offered = STR_INIT("{\"shop_name\":\"O\"}"), .named = {NAMED("ticket", "4")}},
         "O|a \"b\"\n\\|t", NULL},
        {{.named = {NAMED("tone", "n"), NAMED("shop_name", "N")}}, "N|n|t", NULL},
        {{.given = {0}}, NULL, "prompt 'two' needs a value for 'shop_name': the shop's name"},
        {{.given = STR_INIT("{\"shop_name\":\"\"}")}, NULL,
         "prompt 'two' needs a value for 'shop_name': the shop's name"},
        {{.given = STR_INIT("{\"shop_name\":null}")}, NULL,
         "prompt 'two' needs a value for 'shop_name': the shop's name"},
        {{.given = STR_INIT("{\"shop_nam\":\"S\"}")}, NULL,
         "prompt 'two' has no variable 'shop_nam'; did you mean shop_name"},
        {{.given = STR_INIT("{\"weather\":\"S\"}")}, NULL,
         "prompt 'two' has no variable 'weather'"},
        {{.given = STR_INIT("{\"shop_name\":{\"a\":1}}")}, NULL,
         "line 4: 'shop_name' is an object and cannot be written as text"},
        {{.given = STR_INIT("[1]")}, NULL, "prompt variables"},
        {{.given = STR_INIT("{")}, NULL, "prompt variables"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        struct str text = {0};
        int rc = prompt_fill(p, &cases[i].values, &f.arena, &text, &err);
        if (cases[i].want) {
            assert_string_equal(rc == 0 ? text.ptr : err.message, cases[i].want);
        } else {
            assert_int_equal(rc, ERR_INVALID);
            assert_has(err.message, cases[i].message);
        }
    }
}

static void
test_lists_show_faults(void **state)
{
    (void)state;
    AUTO(fixture) struct fixture f;
    fixture_init(&f);
    put(&f, 0, "b.mustache", "{{! b: mine }}");
    put(&f, 0, "Not One.mustache", "{{! x: y }}");
    put(&f, 0, "notes.txt", "no prompt");
    put(&f, 1, "b.mustache", "{{! b: theirs }}");
    put(&f, 1, "a.mustache", "nothing");
    f.path.dirs[f.path.count++] = STR("/nonexistent/place");
    struct prompt_entry *entries = NULL;
    size_t count = 0;
    struct err err = {0};
    assert_int_equal(prompt_list(&f.path, &f.arena, &entries, &count, &err), 0);
    assert_int_equal(count, 3);
    assert_string_equal(entries[0].name.ptr, "Not One");
    assert_has(entries[0].fault.ptr, "is no prompt name");
    assert_string_equal(entries[1].name.ptr, "a");
    assert_has(entries[1].fault.ptr, "a prompt opens with");
    assert_string_equal(entries[1].hash, "");
    assert_string_equal(entries[2].purpose.ptr, "mine");
    assert_int_equal(entries[2].fault.len, 0);
    assert_int_equal(strlen(entries[2].hash), 64);
}

/* The directory of the shipped prompts. */
static struct prompt_path
shipped(struct arena *arena)
{
    const char *source = getenv("DESKHAND_SOURCE");
    struct str dir = arena_printf(arena, "%s/prompts", source ? source : ".");
    return (struct prompt_path){.dirs = {dir}, .count = 1};
}

static void
test_shipped_prompts_load_and_render(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct prompt_path path = shipped(&arena);
    struct prompt_entry *entries = NULL;
    size_t count = 0;
    struct err err = {0};
    assert_int_equal(prompt_list(&path, &arena, &entries, &count, &err), 0);
    assert_true(count >= 8);
    for (size_t i = 0; i < count; i++) {
        struct str text = {0};
        AUTO(prompt) struct prompt *p = NULL;
        if (prompt_load(&path, entries[i].name, &p, &err) < 0 ||
            prompt_render(p, STR("{\"shop_name\":\"Lumen & Sons\"}"), &arena, &text, &err) < 0) {
            fail_msg("%s: %s", entries[i].name.ptr, err.message);
        }
        assert_has(text.ptr, "Lumen & Sons");
        assert_null(strstr(text.ptr, "{{"));
        assert_int_equal(prompt_render(p, STR("{}"), &arena, &text, &err), 0);
        assert_null(strstr(text.ptr, "  \n"));
        assert_null(strstr(text.ptr, "\n\n\n"));
    }
    printf("prompts: %zu of %zu shipped load and render\n", count, count);
}

/* Every file is in the list that installs them. */
static void
test_shipped_prompts_are_installed(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct prompt_path path = shipped(&arena);
    struct prompt_entry *entries = NULL;
    size_t count = 0;
    struct err err = {0};
    char list[8192] = "";
    FILE *file = fopen(arena_printf(&arena, "%s/meson.build", path.dirs[0].ptr).ptr, "r");
    assert_non_null(file);
    (void)!fread(list, 1, sizeof(list) - 1, file);
    fclose(file);
    assert_int_equal(prompt_list(&path, &arena, &entries, &count, &err), 0);
    for (size_t i = 0; i < count; i++) {
        assert_has(list, arena_printf(&arena, "'%s.mustache'", entries[i].name.ptr).ptr);
    }
}

static void
test_needed_prompts_take_what_is_offered(void **state)
{
    (void)state;
    static const struct {
        const char *prompt;
        const char *name;
        const char *value;
        const char *want;
    } cases[] = {
        {"greeting", "", "", "automated assistant"},
        {"handoff", "ticket", "42", "Your ticket number is 42."},
        {"limit_reached", "reason", "it rained", "because it rained,"},
        {"apology", "", "", "sorry"},
        {"confirm", "actions", "- {{hello}}", "\n- {{hello}}\nShall I do this?"},
        {"decided", "approved", "Cancel {{it}}", "have agreed to this: Cancel {{it}}. Write"},
        {"summary", "transcript", "[m-1] {{hello}}", "\n[m-1] {{hello}}"},
        {"digest", "transcript", "[m-1] {{hello}}", "\n[m-1] {{hello}}"},
    };
    AUTO(arena) struct arena arena = {0};
    struct prompt_path path = shipped(&arena);
    for (size_t i = 0; i < PROMPT_NEEDED; i++) {
        struct err err = {0};
        struct str text = {0};
        AUTO(prompt) struct prompt *p = NULL;
        assert_true(str_eq_c(prompt_needed[i], cases[i].prompt));
        assert_int_equal(prompt_load(&path, prompt_needed[i], &p, &err), 0);
        assert_int_equal(prompt_render_with(p, STR("{\"shop_name\":\"Lumen\",\"other\":\"x\"}"),
                                            str_c(cases[i].name), str_c(cases[i].value), &arena,
                                            &text, &err),
                         0);
        assert_has(text.ptr, cases[i].want);
        assert_has(text.ptr, "Lumen");
        bool one_line = !strchr(text.ptr, '\n');
        bool lines = strcmp(cases[i].name, "transcript") == 0 || cases[i].value[0] == '-';
        assert_int_equal(one_line, !lines);
    }
}

/* Load and fill what includes another, with SPEC ("alloc:3") armed meanwhile. */
static int
load_with_fault(struct fixture *f, const char *spec, bool *ret_fired, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(prompt) struct prompt *p = NULL;
    struct prompt_entry *entries;
    struct str text = {0};
    size_t count;
    unsigned long at = strtoul(strchr(spec, ':') + 1, NULL, 10);
    assert_true(fault_configure(str_c(spec)));
    int rc = prompt_load(&f->path, STR("whole"), &p, err);
    rc = rc < 0 ? rc : prompt_render(p, STR("{\"b\":\"B\"}"), &arena, &text, err);
    rc = rc < 0 ? rc : prompt_list(&f->path, &arena, &entries, &count, err);
    *ret_fired = fault_passed() >= at;
    assert_true(fault_configure(STR("")));
    return rc;
}

/* Fail each allocation and each read in turn: an error in words, nothing lost. Allocations that
 * json-c makes are not ours to fail. */
static void
test_every_failure_is_one_error(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        int want;
    } cases[] = {{"alloc", ERR_NOMEM}, {"io", ERR_IO}};
    if (!fault_configure(STR("alloc:1000000"))) {
        skip(); /* a build without fault hooks */
    }
    AUTO(fixture) struct fixture f;
    fixture_init(&f);
    put(&f, 0, "whole.mustache", "{{! whole: all\n a \"A\" one }}\n{{a}}{{> part}}\n");
    put(&f, 0, "part.mustache", "{{! part: inside\n b required two }}\n{{b}}\n");
    for (size_t i = 0; i < 2; i++) {
        bool fired = true;
        for (unsigned n = 1; fired; n++) {
            char spec[32];
            struct err err = {0};
            (void)snprintf(spec, sizeof(spec), "%s:%u", cases[i].kind, n);
            int rc = load_with_fault(&f, spec, &fired, &err);
            /* prompt_list() reports a file that cannot be read as that file's fault. */
            bool good = rc == 0 || rc == cases[i].want;
            if (!good || (rc < 0) != (err.message[0] != '\0')) {
                fail_msg("%s: %d %s", spec, rc, err.message);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_desk_comes_first),
        cmocka_unit_test(test_the_version_is_the_bytes),
        cmocka_unit_test(test_included_prompts_belong_to_the_version),
        cmocka_unit_test(test_what_is_wrong_is_said_at_load),
        cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_filling_is_strict),
        cmocka_unit_test(test_lists_show_faults),
        cmocka_unit_test(test_shipped_prompts_load_and_render),
        cmocka_unit_test(test_shipped_prompts_are_installed),
        cmocka_unit_test(test_needed_prompts_take_what_is_offered),
        cmocka_unit_test(test_every_failure_is_one_error),
    };
    return cmocka_run_group_tests_name("prompt", tests, NULL, NULL);
}
