/* Server-sent events: the specification's cases, recorded streams, and every way to cut them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "io/sse.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { EVENT_MAX = 64 * 1024, TEXT_MAX = 1024 * 1024 };

/* What a stream gave, as text: [name|id|data] for an event, {line} for a line nobody knows. */
struct record {
    struct buf text;
    size_t events;
    size_t stop_at; /* the event that ends the stream; 0: none */
};

static int
record_event(void *arg, const struct sse_event *e)
{
    struct record *r = arg;
    buf_add_char(&r->text, '[');
    buf_add(&r->text, e->name);
    buf_add_char(&r->text, '|');
    buf_add(&r->text, e->id);
    buf_add_char(&r->text, '|');
    buf_add(&r->text, e->data);
    buf_add_char(&r->text, ']');
    return ++r->events == r->stop_at ? 77 : 0;
}

static int
record_other(void *arg, struct str line)
{
    struct record *r = arg;
    buf_add_char(&r->text, '{');
    buf_add(&r->text, line);
    buf_add_char(&r->text, '}');
    return 0;
}

/* TEXT in pieces of PIECE bytes, each in storage of its own so that a view kept too long is seen;
 * what was recorded is added to R. */
static int
feed(struct str text, size_t piece, size_t max, struct record *r, bool *ret_unfinished,
     struct err *err)
{
    struct sse s;
    int result = 0;
    sse_init(&s, max);
    s.event = record_event;
    s.other = record_other;
    s.arg = r;
    for (size_t at = 0; at < text.len && result == 0; at += piece) {
        struct str part = str_sub(text, at, piece);
        char *copy = malloc(part.len);
        assert_non_null(copy);
        memcpy(copy, part.ptr, part.len);
        result = sse_feed(&s, (struct str){copy, part.len}, err);
        free(copy);
    }
    *ret_unfinished = sse_unfinished(&s);
    sse_done(&s);
    return result;
}

/* The same whole, byte by byte, and in pieces of 2 to 7: the record of all, which R gets. */
static size_t
feed_every_way(const char *name, struct str text, struct record *r, bool *ret_unfinished)
{
    struct err err = {0};
    assert_int_equal(feed(text, text.len + 1, EVENT_MAX, r, ret_unfinished, &err), 0);
    for (size_t piece = 1; piece <= 7; piece++) {
        struct record other = {0};
        bool unfinished;
        buf_init(&other.text, TEXT_MAX);
        assert_int_equal(feed(text, piece, EVENT_MAX, &other, &unfinished, &err), 0);
        if (!str_eq(buf_str(&other.text), buf_str(&r->text)) || unfinished != *ret_unfinished) {
            fail_msg("%s: pieces of %zu:\n%s\nwhole:\n%s", name, piece, other.text.text,
                     r->text.text);
        }
        buf_done(&other.text);
    }
    return 8;
}

static void
test_what_the_specification_says(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *want;
        bool unfinished;
    } rows[] = {
        {STR_INIT(""), "", false},
        {STR_INIT("data: a\n\n"), "[message||a]", false},
        {STR_INIT("data: YHOO\ndata: +2\ndata: 10\n\n"), "[message||YHOO\n+2\n10]", false},
        {STR_INIT(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
                  "data:  third event"),
         "[message|1|first event][message||second event]", true},
        {STR_INIT("data\n\ndata\ndata\n\ndata:"), "[message||][message||\n]", true},
        {STR_INIT("data:test\n\ndata: test\n\n"), "[message||test][message||test]", false},
        {STR_INIT("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n"),
         "[add||73857293][remove||2153]", false},
        {STR_INIT("event: a\nevent: b\ndata: x\n\ndata: y\n\n"), "[b||x][message||y]", false},
        {STR_INIT("event: gone\n\ndata: x\n\n"), "[message||x]", false},
        {STR_INIT("event:\ndata: x\n\n"), "[message||x]", false},
        {STR_INIT("data: a\r\n\r\ndata: b\r\rdata: c\n\ndata: d\r\n\ndata: e\n\r"),
         "[message||a][message||b][message||c][message||d][message||e]", false},
        {STR_INIT("data: a\r\rdata: b\r\r"), "[message||a][message||b]", false},
        {STR_INIT("\xEF\xBB\xBF"
                  "data: a\n\n"),
         "[message||a]", false},
        {STR_INIT("\xEF\xBB\xBF\xEF\xBB\xBF"
                  "data: a\n\ndata: b\n\n"),
         "{\xEF\xBB\xBF"
         "data: a}[message||b]",
         false},
        {STR_INIT("data: a\n\xEF\xBB\xBF"
                  "data: b\n\n"),
         "{\xEF\xBB\xBF"
         "data: b}[message||a]",
         false},
        {STR_INIT("data:\ta:b: c \n\n"), "[message||\ta:b: c ]", false},
        {STR_INIT("id: 1\ndata: a\n\nid: 2\n\ndata: b\n\nid: x\0y\ndata: c\n\n"),
         "[message|1|a][message|2|b][message|2|c]", false},
        {STR_INIT("Data: a\ndata : b\n data: c\ndatab: d\n\n"),
         "{Data: a}{data : b}{ data: c}{datab: d}", false},
        {STR_INIT("retry: 3000\nretry: x\n:\n:: a\n\n"), "", false},
        {STR_INIT(": half a comment"), "", false},
        {STR_INIT("event: half"), "", true},
        {STR_INIT("event: half\n"), "", true},
        {STR_INIT("data: half\n"), "", true},
        {STR_INIT("data: a\n\nid: 3\n"), "[message||a]", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct record r = {0};
        bool unfinished;
        buf_init(&r.text, TEXT_MAX);
        (void)feed_every_way(rows[i].want, rows[i].text, &r, &unfinished);
        assert_string_equal(r.text.len ? r.text.text : "", rows[i].want);
        assert_int_equal(unfinished, rows[i].unfinished);
        buf_done(&r.text);
    }
}

static void
test_what_servers_send_instead(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *want;
    } rows[] = {
        {STR_INIT("error: {\"code\":400}\n\ndata: [DONE]\n\n"),
         "[error||{\"code\":400}][message||[DONE]]"},
        {STR_INIT("data: half\nerror: {}\ndata: event\n\n"), "[error||{}][message||half\nevent]"},
        {STR_INIT("error:\nerror\n"), "{error:}{error}"},
        {STR_INIT("{\"error\": {\n  \"code\": 1}}\n"), "{{\"error\": {}{  \"code\": 1}}}"},
        {STR_INIT("<html>\r\n<h1>502: Bad Gateway</h1>\r\n"),
         "{<html>}{<h1>502: Bad Gateway</h1>}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct record r = {0};
        bool unfinished;
        buf_init(&r.text, TEXT_MAX);
        (void)feed_every_way(rows[i].want, rows[i].text, &r, &unfinished);
        assert_string_equal(r.text.text, rows[i].want);
        assert_false(unfinished);
        buf_done(&r.text);
    }
}

/* ---- limits, ends ---- */

/* RESULT and EVENTS whatever the pieces. */
static void
expect_end(struct str text, size_t max, size_t stop_at, int result, size_t events)
{
    for (size_t piece = 1; piece <= text.len + 1; piece++) {
        struct record r = {.stop_at = stop_at};
        struct err err = {0};
        bool unfinished;
        buf_init(&r.text, TEXT_MAX);
        assert_int_equal(feed(text, piece, max, &r, &unfinished, &err), result);
        assert_int_equal(r.events, events);
        assert_true(result >= 0 || strstr(err.message, "event stream: "));
        buf_done(&r.text);
    }
}

static void
test_lines_and_events_are_bounded(void **state)
{
    (void)state;
    struct str fits = STR("data: a\n\ndata: 6789\n\n");
    struct str line = STR("data: a\n\ndata: 67890\n\n");
    struct str open_line = STR("data: a\n\n: 34567890a");
    struct str joined = STR("data: a\n\ndata:12345\ndata:1234\n\n");
    struct str too_many = STR("data: a\n\ndata:12345\ndata:12345\n\n");
    expect_end(fits, 10, 0, 0, 2);
    expect_end(line, 10, 0, ERR_LIMIT, 1);
    expect_end(open_line, 10, 0, ERR_LIMIT, 1);
    expect_end(joined, 10, 0, 0, 2);
    expect_end(too_many, 10, 0, ERR_LIMIT, 1);
}

static void
test_a_callback_ends_the_stream(void **state)
{
    (void)state;
    expect_end(STR("data: a\n\ndata: b\n\ndata: c\n\n"), EVENT_MAX, 2, 77, 2);
    struct record r = {.stop_at = 1};
    struct err err = {0};
    struct sse s;
    buf_init(&r.text, TEXT_MAX);
    sse_init(&s, 10);
    s.event = record_event;
    s.arg = &r;
    assert_int_equal(sse_feed(&s, (struct str){0}, &err), 0);
    assert_int_equal(sse_feed(&s, STR("data: a\n\ndata: b"), &err), 77);
    assert_int_equal(sse_feed(&s, STR("\n\n"), &err), 77);
    assert_int_equal(r.events, 1);
    sse_done(&s);
    sse_init(&s, 10);
    s.event = record_event;
    s.arg = &r;
    assert_int_equal(sse_feed(&s, STR("nobody listens to this"), &err), ERR_LIMIT);
    assert_int_equal(sse_feed(&s, STR("\n\n"), &err), ERR_LIMIT);
    sse_done(&s);
    buf_done(&r.text);
}

/* ---- recorded streams ---- */

static struct str
read_file(const char *path, struct arena *arena)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = arena_alloc(arena, TEXT_MAX);
    assert_non_null(text);
    size_t len = fread(text, 1, TEXT_MAX, file);
    (void)fclose(file);
    assert_true(len < TEXT_MAX);
    return (struct str){text, len};
}

/* The events the SDK of the service gave, which hides pings and makes errors an exception. */
struct listed {
    struct arena arena;
    const struct js *events;
    size_t next;
};

static int
compare_event(void *arg, const struct sse_event *e)
{
    struct listed *l = arg;
    struct err err = {0};
    struct js *value = NULL;
    if (str_eq_c(e->name, "ping") || str_eq_c(e->name, "error")) {
        return 0;
    }
    assert_int_equal(js_parse(e->data, &l->arena, &value, &err), 0);
    assert_true(str_eq(js_get_text(value, "type"), e->name));
    assert_true(js_equal(value, js_at(l->events, l->next)));
    l->next++;
    return 0;
}

/* The text of PATH with its .sse replaced: what was expected. */
static size_t
compare_with_listed(const char *path, struct str text)
{
    struct listed l = {0};
    struct err err = {0};
    struct sse s;
    struct js *root = NULL;
    struct str name = arena_printf(&l.arena, "%.*s.expected.json", (int)strlen(path) - 4, path);
    assert_int_equal(
        js_parse_object(read_file(name.ptr, &l.arena), "expected", &l.arena, &root, &err), 0);
    l.events = js_get_c(root, "raw_iteration_events");
    sse_init(&s, EVENT_MAX);
    s.event = compare_event;
    s.arg = &l;
    assert_int_equal(sse_feed(&s, text, &err), 0);
    assert_int_equal(l.next, js_count(l.events));
    size_t count = l.next;
    sse_done(&s);
    arena_done(&l.arena);
    return count;
}

static void
replay(const char *folder, bool listed)
{
    AUTO(arena) struct arena arena = {0};
    char pattern[4096]; /* skip() runs no clean-up, so not from the arena */
    const char *shared = getenv("DESKHAND_SHARED");
    (void)snprintf(pattern, sizeof(pattern), "%s/vectors/captured/%s/*.sse",
                   shared ? shared : "../shared", folder);
    glob_t files = {0};
    if (glob(pattern, 0, NULL, &files) != 0) {
        globfree(&files);
        print_message("SKIP: no shared data\n");
        skip();
    }
    size_t events = 0;
    size_t ways = 0;
    size_t compared = 0;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct str text = read_file(files.gl_pathv[i], &arena);
        struct record r = {0};
        bool unfinished;
        buf_init(&r.text, TEXT_MAX);
        ways += feed_every_way(files.gl_pathv[i], text, &r, &unfinished);
        events += r.events;
        assert_true(r.events > 0);
        compared += listed ? compare_with_listed(files.gl_pathv[i], text) : 0;
        buf_done(&r.text);
    }
    print_message("%s: %zu files, %zu events, the same in %zu readings, %zu as listed\n", folder,
                  files.gl_pathc, events, ways, compared);
    globfree(&files);
}

static void
test_anthropic_streams(void **state)
{
    (void)state;
    replay("anthropic_sse", true);
}

static void
test_openai_streams(void **state)
{
    (void)state;
    replay("openai_sse", false);
}

/* ---- memory ---- */

static void
test_a_failed_allocation_is_said(void **state)
{
    (void)state;
    if (!fault_configure(STR("alloc:1"))) {
        print_message("SKIP: built without fault hooks\n");
        skip();
    }
    struct str text = STR("id: 1\nevent: e\ndata: first\ndata: second\n\ndata: half");
    for (size_t n = 1;; n++) {
        struct record r = {0};
        struct err err = {0};
        struct sse s;
        buf_init(&r.text, TEXT_MAX);
        sse_init(&s, EVENT_MAX);
        s.event = record_event;
        s.arg = &r;
        buf_add(&r.text, STR("begun"));
        char spec[32];
        (void)snprintf(spec, sizeof(spec), "alloc:%zu", n);
        (void)fault_configure(str_c(spec));
        int result = 0;
        for (size_t i = 0; i < text.len && result == 0; i += 3) {
            result = sse_feed(&s, str_sub(text, i, 3), &err);
        }
        (void)fault_configure(STR(""));
        assert_true(result == 0 || result == ERR_NOMEM);
        sse_done(&s);
        buf_done(&r.text);
        if (result == 0) {
            assert_true(n > 4);
            return;
        }
    }
}

/* A stream whose events lie whole in the pieces takes no memory at all. */
static void
test_whole_events_take_no_memory(void **state)
{
    (void)state;
    struct record r = {0};
    struct err err = {0};
    struct sse s;
    buf_init(&r.text, TEXT_MAX);
    sse_init(&s, EVENT_MAX);
    s.event = record_event;
    s.arg = &r;
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(sse_feed(&s, STR("event: a\r\ndata: b\r\n\r\ndata: c\n\n"), &err), 0);
    }
    assert_int_equal(r.events, 20);
    assert_null(s.line.text);
    assert_null(s.data.text);
    assert_null(s.name.text);
    assert_null(s.id.text);
    sse_done(&s);
    buf_done(&r.text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_specification_says),
        cmocka_unit_test(test_what_servers_send_instead),
        cmocka_unit_test(test_lines_and_events_are_bounded),
        cmocka_unit_test(test_a_callback_ends_the_stream),
        cmocka_unit_test(test_anthropic_streams),
        cmocka_unit_test(test_openai_streams),
        cmocka_unit_test(test_a_failed_allocation_is_said),
        cmocka_unit_test(test_whole_events_take_no_memory),
    };
    return cmocka_run_group_tests_name("sse", tests, NULL, NULL);
}
