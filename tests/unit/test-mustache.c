/* The renderer: the specification's cases, strictness, messages, and what must end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "prompt/mustache.h"

/* Partials of one case: an object of texts, compiled when asked for. */
struct partials {
    const struct js *texts;
    struct mustache *made[64];
    struct str names[64];
    size_t count;
    struct err err;
};

static const struct mustache *
find_partial(void *context, struct str name)
{
    struct partials *p = context;
    for (size_t i = 0; i < p->count; i++) {
        if (str_eq(p->names[i], name)) {
            return p->made[i];
        }
    }
    if (!js_has(p->texts, name) || p->count == 64) {
        return NULL;
    }
    if (mustache_compile(name, js_text(js_get(p->texts, name)), 1, &p->made[p->count], &p->err)) {
        return NULL;
    }
    p->names[p->count] = name;
    return p->made[p->count++];
}

static void
partials_done(struct partials *p)
{
    for (size_t i = 0; i < p->count; i++) {
        mustache_free(p->made[i]);
    }
}

/* Compile and render; the text is in ARENA. */
static int
render(struct str template, const struct js *data, const struct js *partials,
       struct mustache_options options, struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(mustache) struct mustache *t = NULL;
    int rc = mustache_compile(STR("t"), template, 1, &t, err);
    if (rc < 0) {
        return rc;
    }
    struct partials p = {.texts = partials};
    options.find = find_partial;
    options.context = &p;
    AUTO(buf) struct buf out;
    buf_init(&out, LIMIT_RENDERED_BYTES);
    rc = mustache_render(t, data, &options, &out, err);
    partials_done(&p);
    *ret = rc < 0 ? (struct str){0} : buf_to_arena(&out, arena);
    return rc;
}

static bool
read_file(const char *path, struct arena *arena, struct str *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    enum { MAX = 1 << 20 };
    char *text = arena_alloc(arena, MAX);
    assert_non_null(text);
    ssize_t got = read(fd, text, MAX);
    close(fd);
    assert_true(got >= 0 && got < MAX);
    *ret = (struct str){text, (size_t)got};
    return true;
}

static bool
spec_case(const struct js *test)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct str got = {0};
    int rc = render(js_get_text(test, "template"), js_get_c(test, "data"),
                    js_get_c(test, "partials"), (struct mustache_options){0}, &arena, &got, &err);
    struct str want = js_get_text(test, "expected");
    if (rc == 0 && str_eq(got, want)) {
        return true;
    }
    struct str name = js_get_text(test, "name");
    printf("  %" STR_FMT ": %s\n    want [%" STR_FMT "]\n    got  [%" STR_FMT "]\n", STR_ARG(name),
           err.message, STR_ARG(want), STR_ARG(got));
    return false;
}

/* How many of FILE's cases hold. */
static size_t
spec_file(const char *file, size_t *ret_all)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    const char *shared = getenv("DESKHAND_SHARED");
    struct str path = arena_printf(&arena, "%s/vectors/mustache/specs/%s.json",
                                   shared ? shared : "../shared", file);
    struct str text;
    if (!read_file(path.ptr, &arena, &text)) {
        printf("SKIP: no shared data\n");
        skip();
    }
    struct js *root = NULL;
    assert_int_equal(js_parse_object(text, file, &arena, &root, &err), 0);
    const struct js *tests = js_get_c(root, "tests");
    size_t good = 0;
    for (size_t i = 0; i < js_count(tests); i++) {
        good += spec_case(js_at(tests, i));
    }
    *ret_all += js_count(tests);
    return good;
}

static void
test_specification(void **state)
{
    (void)state;
    static const char *const files[] = {"comments", "delimiters", "interpolation",
                                        "inverted", "partials",   "sections"};
    size_t all = 0;
    size_t good = 0;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        good += spec_file(files[i], &all);
    }
    size_t inheritance = 0;
    size_t inheritance_good = spec_file("~inheritance", &inheritance);
    size_t dynamic = 0;
    size_t dynamic_good = spec_file("~dynamic-names", &dynamic);
    printf("mustache: %zu of %zu required, inheritance %zu of %zu, dynamic names %zu of %zu\n",
           good, all, inheritance_good, inheritance, dynamic_good, dynamic);
    assert_int_equal(all, 136);
    assert_int_equal(good, all);
    assert_int_equal(inheritance_good, inheritance);
    assert_int_equal(dynamic_good, dynamic);
}

/* Parse DATA and PARTIALS (may be NULL) and render. */
static int
render_text(const char *template, const char *data, const char *partials,
            struct mustache_options options, struct arena *arena, struct str *ret, struct err *err)
{
    struct js *values = NULL;
    struct js *texts = NULL;
    assert_int_equal(js_parse(str_c(data), arena, &values, err), 0);
    assert_int_equal(js_parse(str_c(partials ? partials : "{}"), arena, &texts, err), 0);
    return render(str_c(template), values, texts, options, arena, ret, err);
}

static void
test_beyond_the_specification(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *template;
        const char *data;
        const char *partials;
        const char *want;
    } cases[] = {
        {"zero is false", "{{#n}}x{{/n}}{{^n}}none{{/n}}", "{\"n\":0}", NULL, "none"},
        {"empty text is false", "{{#s}}x{{/s}}{{^s}}none{{/s}}", "{\"s\":\"\"}", NULL, "none"},
        {"an object is not written", "[{{o}}]", "{\"o\":{\"a\":1}}", NULL, "[]"},
        {"booleans", "{{a}} {{b}}", "{\"a\":true,\"b\":false}", NULL, "true false"},
        {"numbers keep their spelling", "{{n}}", "{\"n\":1.50}", NULL, "1.50"},
        {"no escaping", "{{x}}", "{\"x\":\"<&>\"}", NULL, "<&>"},
        {"a value is no template", "{{x}}", "{\"x\":\"{{y}}{{>p}}\",\"y\":\"Y\"}", "{\"p\":\"P\"}",
         "{{y}}{{>p}}"},
        {"a NUL is kept", "{{x}}", "{\"x\":\"a\\u0000b\"}", NULL, "a"},
        {"blank lines stay blank", "  {{>p}}\n", "{}", "{\"p\":\"a\\n\\nb\\r\\n\\r\\nc\\n\"}",
         "  a\n\n  b\r\n\r\n  c\n"},
        {"indents add up", " {{>p}}\n", "{}", "{\"p\":\"a\\n {{>q}}\\nb\\n\",\"q\":\"1\\n2\\n\"}",
         " a\n  1\n  2\n b\n"},
        {"an included line is indented once", "  {{>p}}\n", "{}",
         "{\"p\":\"{{>q}} x\\n\",\"q\":\"Q\"}", "  Q x\n"},
        {"text behind a parent stays", "  {{<p}}{{/p}} tail\n", "{}", "{\"p\":\"x\"}",
         "  x tail\n"},
        {"an indented parent with a block", "  {{<p}}\n{{$b}}\none\n two\n{{/b}}\n{{/p}}\nend",
         "{}", "{\"p\":\"(\\n  {{$b}}\\n  {{/b}}\\n)\\n\"}", "  (\n    one\n     two\n  )\nend"},
        {"a list in a list", "{{#l}}<{{#.}}{{.}}{{/.}}>{{/l}}", "{\"l\":[[1,2],[]]}", NULL,
         "<12><>"},
        {"null in a list", "{{#l}}({{.}}){{/l}}", "{\"l\":[1,null]}", NULL, "(1)()"},
        {"nothing at all", "", "null", NULL, ""},
        {"a lone brace", "a { b }} {", "{}", NULL, "a { b }} {"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct str got = {0};
        struct mustache_options plain = {.escape = MUSTACHE_PLAIN};
        int rc = render_text(cases[i].template, cases[i].data, cases[i].partials, plain, &arena,
                             &got, &err);
        if (rc != 0 || strcmp(got.ptr, cases[i].want) != 0) {
            fail_msg("%s: %s, got [%s]", cases[i].name, err.message, rc ? "" : got.ptr);
        }
    }
}

static void
test_errors_name_template_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *template;
        const char *data;
        const char *want;
    } cases[] = {
        {"a\n{{b", "{}", "t: line 2: the tag that starts here is never closed with '}}'"},
        {"a\n{{{b}}", "{}", "t: line 2: the tag that starts here is never closed with '}}'"},
        {"\n\n{{#b}}\nx", "{}", "t: line 3: 'b', opened here, is never closed"},
        {"{{/b}}", "{}", "t: line 1: {{/b}} closes nothing"},
        {"{{#a}}\n{{#b}}{{/a}}", "{}",
         "t: line 2: {{/a}} stands where 'b' of line 2 must be closed"},
        {"x{{}}", "{}", "t: line 1: a tag without a name"},
        {"{{a b}}", "{}", "t: line 1: 'a b' is not a name"},
        {"{{a..b}}", "{}", "t: line 1: 'a..b' is not a name"},
        {"{{.a}}", "{}", "t: line 1: '.a' is not a name"},
        {"{{=a=}}", "{}",
         "t: line 1: delimiters are two words like {{=<% %>=}}, without '='"},
        {"{{=1234567890123456789 x=}}", "{}",
         "t: line 1: delimiters are two words like {{=<% %>=}}, without '='"},
        {"{{! long\nlong }}\n{{x}}\n{{y}}", "{\"x\":1}", "t: line 4: no value for 'y'"},
        {"{{x}}", "{\"x\":null}", "t: line 1: no value for 'x'"},
        {"{{x.y}}", "{\"x\":{}}", "t: line 1: no value for 'x.y'"},
        {"{{x}}", "{\"x\":[1]}", "t: line 1: 'x' is an array and cannot be written as text"},
        {"{{>p}}", "{}", "t: line 1: there is no template 'p' to include"},
        {"{{>*p}}", "{\"p\":\"q\"}", "t: line 1: there is no template 'q' to include"},
        {"{{<p}}{{/p}}", "{}", "t: line 1: there is no template 'p' to include"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct str got = {0};
        int rc = render_text(cases[i].template, cases[i].data, NULL,
                             (struct mustache_options){.strict = true}, &arena, &got, &err);
        assert_int_equal(rc, ERR_INVALID);
        assert_string_equal(err.message, cases[i].want);
    }
}

/* What would never end, or take all memory, ends with ERR_LIMIT. */
static void
test_bombs_end(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *template;
        const char *partials;
    } cases[] = {
        {"a partial of itself", "{{>p}}", "{\"p\":\"{{>p}}\"}"},
        {"a partial of itself, twice", "{{>p}}", "{\"p\":\"{{>p}}{{>p}}\"}"},
        {"31 levels of two", "{{>a}}",
         "{\"a\":\"{{>b}}{{>b}}\",\"b\":\"{{>c}}{{>c}}\",\"c\":\"{{>d}}{{>d}}\","
         "\"d\":\"{{>e}}{{>e}}{{>e}}{{>e}}{{>e}}{{>e}}{{>e}}{{>e}}\","
         "\"e\":\"{{>f}}{{>f}}{{>f}}{{>f}}{{>f}}{{>f}}{{>f}}{{>f}}\","
         "\"f\":\"{{>g}}{{>g}}{{>g}}{{>g}}{{>g}}{{>g}}{{>g}}{{>g}}\","
         "\"g\":\"{{>h}}{{>h}}{{>h}}{{>h}}{{>h}}{{>h}}{{>h}}{{>h}}\","
         "\"h\":\"{{>i}}{{>i}}{{>i}}{{>i}}{{>i}}{{>i}}{{>i}}{{>i}}\",\"i\":\"\"}"},
        {"a block in its own override", "{{<p}}{{$b}}{{$b}}{{/b}}{{/b}}{{/p}}",
         "{\"p\":\"{{$b}}{{/b}}\"}"},
        {"text that doubles", "{{>a}}",
         "{\"a\":\"{{>b}}{{>b}}{{>b}}{{>b}}{{>b}}{{>b}}{{>b}}{{>b}}\","
         "\"b\":\"{{>c}}{{>c}}{{>c}}{{>c}}{{>c}}{{>c}}{{>c}}{{>c}}\","
         "\"c\":\"{{x}}{{x}}{{x}}{{x}}{{x}}{{x}}{{x}}{{x}}\"}"},
    };
    AUTO(buf) struct buf data;
    buf_init(&data, 1 << 20);
    buf_add(&data, STR("{\"x\":\""));
    for (int i = 0; i < 4000; i++) {
        buf_add(&data, STR("xxxx"));
    }
    buf_add(&data, STR("\"}"));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct str got = {0};
        int rc = render_text(cases[i].template, data.text, cases[i].partials,
                             (struct mustache_options){0}, &arena, &got, &err);
        if (rc != ERR_LIMIT) {
            fail_msg("%s: %d %s", cases[i].name, rc, err.message);
        }
    }
}

static void
add_times(struct buf *b, struct str text, int times)
{
    for (int i = 0; i < times; i++) {
        buf_add(b, text);
    }
}

static void
test_nesting_and_size_are_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *open;
        const char *close;
        int times;
        int want;
    } cases[] = {
        {"{{#a}}", "{{/a}}", LIMIT_TEMPLATE_NESTING, 0},
        {"{{#a}}", "{{/a}}", LIMIT_TEMPLATE_NESTING + 1, ERR_LIMIT},
        {"x", "y", LIMIT_TEMPLATE_BYTES / 2, 0},
        {"x", "y", LIMIT_TEMPLATE_BYTES / 2 + 1, ERR_LIMIT},
        {"{{aaaaaaaa}}", "", LIMIT_TEMPLATE_BYTES / 12, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(buf) struct buf text;
        struct err err = {0};
        struct str got = {0};
        buf_init(&text, 1 << 20);
        add_times(&text, str_c(cases[i].open), cases[i].times);
        add_times(&text, str_c(cases[i].close), cases[i].times);
        int rc = render_text(text.text, "{\"a\":true}", NULL, (struct mustache_options){0}, &arena,
                             &got, &err);
        assert_int_equal(rc, cases[i].want);
    }
}

enum { THREADS = 4, ROUNDS = 200 };

static void *
render_often(void *context)
{
    const struct mustache *t = context;
    for (int i = 0; i < ROUNDS; i++) {
        AUTO(arena) struct arena arena = {0};
        struct js *data = NULL;
        struct err err = {0};
        AUTO(buf) struct buf out;
        buf_init(&out, 1000);
        struct mustache_options options = {.strict = true};
        if (js_parse(STR("{\"l\":[1,2,3],\"x\":\"y\"}"), &arena, &data, &err) < 0 ||
            mustache_render(t, data, &options, &out, &err) < 0 ||
            !str_eq(buf_str(&out), STR("1y2y3y"))) {
            return (void *)1;
        }
    }
    return NULL;
}

static void
test_one_template_many_threads(void **state)
{
    (void)state;
    AUTO(mustache) struct mustache *t = NULL;
    struct err err = {0};
    assert_int_equal(mustache_compile(STR("t"), STR("{{#l}}{{.}}{{x}}{{/l}}"), 1, &t, &err), 0);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, render_often, t), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

static void
test_tags_are_listed(void **state)
{
    (void)state;
    static const struct mustache_tag want[] = {
        {MUSTACHE_VARIABLE, STR_INIT("a.b"), false, 1, 0},
        {MUSTACHE_SECTION, STR_INIT("s"), false, 2, 0},
        {MUSTACHE_INVERTED, STR_INIT("i"), false, 2, 1},
        {MUSTACHE_VARIABLE, STR_INIT("."), false, 2, 1},
        {MUSTACHE_PARTIAL, STR_INIT("p"), true, 3, 0},
        {MUSTACHE_PARENT, STR_INIT("q"), false, 3, 0},
        {MUSTACHE_BLOCK, STR_INIT("k"), false, 3, 0},
    };
    AUTO(mustache) struct mustache *t = NULL;
    struct err err = {0};
    struct str text =
        STR("{{a.b}}\n{{#s}}{{^i}}{{.}}{{/i}}{{/s}}\n{{>*p}}{{<q}}{{$k}}{{/k}}{{/q}}");
    assert_int_equal(mustache_compile(STR("t"), text, 1, &t, &err), 0);
    struct mustache_tag tag;
    size_t position = 0;
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_true(mustache_next_tag(t, &position, &tag));
        assert_int_equal(tag.kind, want[i].kind);
        assert_true(str_eq(tag.name, want[i].name));
        assert_int_equal(tag.dynamic, want[i].dynamic);
        assert_int_equal(tag.line, want[i].line);
        assert_int_equal(tag.scope, want[i].scope);
    }
    assert_false(mustache_next_tag(t, &position, &tag));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specification),
        cmocka_unit_test(test_beyond_the_specification),
        cmocka_unit_test(test_errors_name_template_and_line),
        cmocka_unit_test(test_bombs_end),
        cmocka_unit_test(test_nesting_and_size_are_bounded),
        cmocka_unit_test(test_one_template_many_threads),
        cmocka_unit_test(test_tags_are_listed),
    };
    return cmocka_run_group_tests_name("mustache", tests, NULL, NULL);
}
