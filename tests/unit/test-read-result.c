/* read_result: a result that is too large is seen as its beginning, and read on, by nobody but the
 * conversation it belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fence.h"
#include "base/json.h"
#include "desk_fixture.h"
#include "memory/preview.h"
#include "model_scripted.h"
#include "tool/tool.h"
#include "turn/result_tool.h"

enum { BYTES = 1000, LONG = 3000 };

struct scene {
    struct loop *loop;
    struct store *store;
    struct desk_fixture f;
    struct result_tool *tool;
    struct arena arena;
    struct str conversation;
    struct str call; /* of the large result */
    struct str stored;
    bool done;
    struct tool_result result;
};

/* Once a large look-up and a last word. */
static const char script[] = "[{\"calls\":[{\"name\":\"%s\",\"input\":{\"q\":\"%s\"}}]},"
                             "{\"text\":\"That is all.\",\"in\":500}]";

/* With the fake's TOOL. */
static void
scene_open_on(struct scene *s, size_t bytes, const char *tool)
{
    struct err err = {0};
    struct store_options options = {.create = true};
    char much[LONG + 1];
    memset(much, 'x', LONG);
    much[LONG] = '\0';
    *s = (struct scene){0};
    struct str text = arena_printf(&s->arena, script, tool, much);
    assert_int_equal(loop_new(&s->loop, &err), 0);
    assert_int_equal(store_open_memory(&options, s->loop, &s->store, &err), 0);
    desk_fixture_open_on(&s->f, s->loop, s->store, text.ptr, NULL);
    if (bytes) {
        assert_int_equal(result_tool_new(s->loop, s->store, bytes, &s->tool, &err), 0);
        assert_int_equal(result_tool_register(s->tool, s->f.tools, &err), 0);
    }
    s->f.parts.memory.result_bytes = BYTES;
    desk_fixture_renew(&s->f);
}

static void
scene_open(struct scene *s, size_t bytes)
{
    scene_open_on(s, bytes, "look");
}

static void
scene_close(struct scene *s)
{
    desk_fixture_close(&s->f);
    result_tool_free(s->tool);
    store_free(s->store);
    loop_free(s->loop);
    arena_done(&s->arena);
}

static int
calls_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct scene *s = arg;
    struct tool_call_row *rows;
    size_t count;
    int result = store_tool_call_list(tx, s->conversation, STR(""), &s->arena, &rows, &count, err);
    if (result == 0) {
        s->call = rows[0].id;
        s->stored = rows[0].result;
    }
    return result;
}

static void
say(struct scene *s, const char *text)
{
    struct err err = {0};
    struct talk t = {0};
    talk_say(&t, &s->f, s->conversation, text);
    assert_true(str_eq(t.outcome, OUTCOME_ANSWERED));
    s->conversation = arena_str(&s->arena, t.conversation);
    talk_done(&t);
    assert_int_equal(store_read_wait(s->store, calls_body, s, &err), 0);
}

static bool
has(struct str text, const char *part)
{
    return str_find(text, str_c(part), 0) != SIZE_MAX;
}

static void
test_a_large_result_is_seen_in_part(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, BYTES);
    assert_false(has(model_scripted_last_tools(s.f.model), "read_result"));
    say(&s, "look it up");
    /* The running turn saw the beginning, and what reads on. */
    struct str request = model_scripted_last_request(s.f.model);
    assert_true(request.len < LONG + BYTES + 1500); /* the call's own arguments are whole */
    assert_true(has(request, "Only the beginning of this result follows"));
    assert_true(has(model_scripted_last_tools(s.f.model),
                    "look write fail stuck human cancel page read_result"));
    assert_true(s.stored.len > LONG);
    /* So does the next. */
    say(&s, "and now?");
    request = model_scripted_last_request(s.f.model);
    assert_true(has(request, "Only the beginning of this result follows"));
    assert_true(has(request, s.call.ptr));
    assert_true(has(model_scripted_last_tools(s.f.model), "read_result"));
    /* A conversation without one is not offered it. */
    scene_close(&s);
}

static void
test_without_the_tool_it_is_seen_whole(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 0);
    say(&s, "look it up");
    assert_false(has(model_scripted_last_request(s.f.model), "Only the beginning"));
    assert_true(model_scripted_last_request(s.f.model).len > (size_t)2 * LONG);
    scene_close(&s);
}

static void
test_of_text_from_outside_the_beginning_is_fenced(void **state)
{
    (void)state;
    struct scene s;
    scene_open_on(&s, BYTES, "page");
    say(&s, "look it up");
    struct str request = model_scripted_last_request(s.f.model);
    assert_true(has(request, "Only the beginning of this result follows"));
    size_t label = str_find(request, STR("[What the tool page of fake said. It stands between"), 0);
    assert_true(label != SIZE_MAX);
    size_t at = str_find(request, STR("two lines of "), label);
    struct str word = arena_str(&s.arena, str_sub(request, at + 13, 32));
    /* Named, opened, and closed behind the piece. */
    size_t count = 0;
    for (size_t i = 0; (i = str_find(request, word, i)) != SIZE_MAX; i += word.len) {
        count++;
    }
    assert_int_equal(count, 3);
    assert_true(has(request, arena_printf(&s.arena, "\\n%" STR_FMT "\"}]", STR_ARG(word)).ptr));
    scene_close(&s);
}

/* ---- Reading on ------------------------------------------------------------------------------*/

static void
on_done(void *arg, const struct tool_result *result)
{
    struct scene *s = arg;
    s->result = *result;
    s->result.json = arena_str(&s->arena, result->json);
    s->result.error_code = arena_str(&s->arena, result->error_code);
    s->result.source = arena_str(&s->arena, result->source);
    s->done = true;
    loop_stop(s->loop);
}

static struct js *
read_from(struct scene *s, struct str conversation, struct str call, const char *from)
{
    struct err err = {0};
    struct tool_call *running = NULL;
    struct js *json = NULL;
    const struct tool_scope scope = {.call = STR("x-now"), .conversation = conversation};
    struct str arguments =
        arena_printf(&s->arena, "{\"call\":\"%" STR_FMT "\",\"from\":%s}", STR_ARG(call), from);
    s->done = false;
    assert_int_equal(tool_call_start(s->f.tools, RESULT_TOOL, arguments, &scope, &s->arena, on_done,
                                     s, &running, &err),
                     0);
    while (!s->done) {
        assert_int_equal(loop_run(s->loop, &err), 0);
    }
    if (s->result.status == TOOL_OK) {
        assert_int_equal(js_parse(s->result.json, &s->arena, &json, &err), 0);
    }
    return json;
}

static void
read_it(const char *tool, bool outside)
{
    struct scene s;
    struct err err = {0};
    struct str whole;
    struct str what;
    AUTO(buf) struct buf got;
    scene_open_on(&s, BYTES, tool);
    say(&s, "look it up");
    assert_int_equal(preview_text(s.stored, &s.arena, &whole, &err), 0);
    assert_int_equal(fence_open(whole, &what, &whole), outside);
    buf_init(&got, 100000);
    size_t pieces = 0;
    do {
        char from[24];
        (void)snprintf(from, sizeof(from), "%zu", got.len);
        struct js *piece = read_from(&s, s.conversation, s.call, from);
        assert_int_equal(js_get_int(piece, "from", -1), got.len);
        assert_int_equal(js_get_int(piece, "of", -1), whole.len);
        buf_add(&got, js_get_text(piece, "text"));
        assert_int_equal(js_get_int(piece, "to", -1), got.len);
        /* It is never cut itself. */
        assert_true(tool_result_content(&s.result, &s.arena).len <= BYTES);
        pieces++;
    } while (got.len < whole.len);
    assert_true(str_eq(buf_str(&got), whole));
    assert_true(outside ? pieces > 20 : pieces > 5 && pieces < 12);
    assert_int_equal(s.result.untrusted, outside);
    struct js *end = read_from(&s, s.conversation, s.call, "999999");
    assert_int_equal(js_get_text(end, "text").len, 0);
    assert_int_equal(js_get_int(end, "to", -1), whole.len);
    scene_close(&s);
}

static void
test_it_is_read_piece_by_piece(void **state)
{
    (void)state;
    read_it("look", false);
}

/* Each piece counts as from outside, and stands behind a fence of its own. */
static void
test_so_is_text_from_outside(void **state)
{
    (void)state;
    read_it("page", true);
}

static void
test_what_is_refused(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, BYTES);
    say(&s, "look it up");
    struct str own = s.conversation;
    struct str call = s.call;
    s.conversation = (struct str){0};
    say(&s, "somebody else");
    assert_false(str_eq(own, s.conversation));
    const struct {
        struct str conversation;
        struct str call;
        const char *from;
        const char *code;
    } cases[] = {
        {s.conversation, call, "0", "not_found"},
        {STR("c-none"), call, "0", "not_found"},
        {own, STR("x-none"), "0", "not_found"},
        {own, STR(""), "0", "invalid_arguments"},
        {own, call, "-1", "invalid_arguments"},
        {own, call, "0.5", "invalid_arguments"},
        {own, call, "0,\"conversation\":\"c-1\"", "invalid_arguments"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(read_from(&s, cases[i].conversation, cases[i].call, cases[i].from));
        assert_string_equal(s.result.error_code.ptr, cases[i].code);
    }
    assert_non_null(read_from(&s, own, call, "0"));
    scene_close(&s);
}

static void
test_giving_up_a_read(void **state)
{
    (void)state;
    struct scene s;
    struct err err = {0};
    struct tool_call *running = NULL;
    scene_open(&s, BYTES);
    say(&s, "look it up");
    const struct tool_scope scope = {.conversation = s.conversation};
    struct str arguments =
        arena_printf(&s.arena, "{\"call\":\"%" STR_FMT "\",\"from\":0}", STR_ARG(s.call));
    assert_int_equal(tool_call_start(s.f.tools, RESULT_TOOL, arguments, &scope, &s.arena, on_done,
                                     &s, &running, &err),
                     0);
    tool_call_cancel(running);
    assert_false(s.done);
    scene_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_large_result_is_seen_in_part),
        cmocka_unit_test(test_without_the_tool_it_is_seen_whole),
        cmocka_unit_test(test_of_text_from_outside_the_beginning_is_fenced),
        cmocka_unit_test(test_it_is_read_piece_by_piece),
        cmocka_unit_test(test_so_is_text_from_outside),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_giving_up_a_read),
    };
    return cmocka_run_group_tests_name("read-result", tests, NULL, NULL);
}
