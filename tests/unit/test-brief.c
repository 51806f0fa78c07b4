/* Briefs: which lines of a model's summary are believed, and how one comes to stand on a ticket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "desk/brief.h"
#include "desk_fixture.h"
#include "model_scripted.h"
#include "prompt/prompt.h"
#include "store/call_book.h"

/* ---- What is believed ------------------------------------------------------------------------*/

#define TEXT(words) "[{\"text\":\"" words "\"}]"

static const struct message_row messages[] = {
    {.id = STR_INIT("m-1"),
     .author = STR_INIT("customer"),
     .state = STR_INIT("sent"),
     .content = STR_INIT(TEXT("my hub HX-200 shows error 4711"))},
    {.id = STR_INIT("m-2"),
     .author = STR_INIT("bot"),
     .state = STR_INIT("sent"),
     .content = STR_INIT(TEXT("We will send you a new one."))},
    {.id = STR_INIT("m-3"),
     .author = STR_INIT("bot"),
     .state = STR_INIT("discarded"),
     .content = STR_INIT(TEXT("never shown"))},
};
static const struct tool_call_row calls[] = {
    {.id = STR_INIT("x-1"),
     .message = STR_INIT("m-2"),
     .name = STR_INIT("look"),
     .arguments = STR_INIT("{\"q\":\"hub\"}"),
     .status = STR_INIT("ok"),
     .result = STR_INIT("[{\"json\":{\"price\":34.90}}]")},
};
static const struct brief_source source = {messages, 3, calls, 1};

#define LINE(kind, text, evidence)                                                                 \
    "{\"kind\":\"" kind "\",\"text\":\"" text "\",\"evidence\":[" evidence "]}"
#define WANTS LINE("wants", "a working hub", "\"m-1\"")

struct line_case {
    const char *name;
    const char *line;
    bool holds;
};

static const struct line_case lines[] = {
    {"a fact from a tool", LINE("fact", "costs 34.90", "\"x-1\""), true},
    {"a fact from the customer's word", LINE("fact", "the hub is broken", "\"m-1\""), false},
    {"a claim of the customer's", LINE("claim", "error 4711", "\"m-1\""), true},
    {"a claim of the bot's", LINE("claim", "sends a new one", "\"m-2\""), false},
    {"a promise of the bot's", LINE("promise", "a new one is sent", "\"m-2\""), true},
    {"a promise of the customer's", LINE("promise", "pays soon", "\"m-1\""), false},
    {"two sources", LINE("open", "4711, 34.90", "\"m-1\",\"x-1\""), true},
    {"a number nobody said", LINE("claim", "error 4712", "\"m-1\""), false},
    {"a number of something not cited", LINE("claim", "costs 34.90", "\"m-1\""), false},
    {"no evidence", LINE("open", "who pays", ""), false},
    {"an id of nobody", LINE("open", "who pays", "\"m-9\""), false},
    {"one good id, one bad", LINE("open", "who pays", "\"m-1\",\"m-9\""), false},
    {"a discarded message", LINE("next", "ask", "\"m-3\""), false},
    {"an empty id", LINE("next", "ask", "\"\""), false},
    {"a number for an id", LINE("next", "ask", "7"), false},
    {"blank text", LINE("next", "  ", "\"m-1\""), false},
    {"an unknown kind", LINE("mood", "angry", "\"m-1\""), false},
    {"no line at all", "\"text\"", false},
};

static void
test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct str summary = {0};
        size_t refused = 0;
        struct str answer = arena_printf(&arena, "{\"lines\":[" WANTS ",%s]}", lines[i].line);
        assert_int_equal(brief_check(answer, &source, &arena, &summary, &refused, &err), 0);
        if ((refused == 0) != lines[i].holds) {
            fail_msg("%s: %s", lines[i].name, summary.ptr);
        }
    }
}

static void
test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        bool usable;
    } answers[] = {
        {"{\"lines\":[" WANTS "]}", true},
        {"```json\n{\"lines\":[" WANTS "]}\n```\nThere you are.", true},
        {"{\"lines\":[" LINE("open", "who pays", "\"m-1\"") "]}", false},
        {"{\"lines\":[]}", false},
        {"{\"lines\":7}", false},
        {"I am sorry, I can't do that.", false},
        {"{\"lines\":[" WANTS, false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct str summary = {0};
        size_t refused = 0;
        int result =
            brief_check(str_c(answers[i].answer), &source, &arena, &summary, &refused, &err);
        if ((result == 0) != answers[i].usable) {
            fail_msg("%s: %d %s", answers[i].answer, result, err.message);
        }
    }
}

static void
test_transcript(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct str text;
    assert_int_equal(brief_transcript(&source, &arena, &text, &err), 0);
    assert_string_equal(text.ptr,
                        "[m-1] customer: my hub HX-200 shows error 4711\n\n"
                        "[m-2] bot: We will send you a new one.\n\n"
                        "[x-1] tool look {\"q\":\"hub\"}, ok: [{\"json\":{\"price\":34.90}}]\n\n");
}

/* ---- On a ticket -----------------------------------------------------------------------------*/

struct scene {
    struct desk_fixture f;
    struct model *model;
    struct prompt *prompt;
    struct briefs *briefs;
    struct arena arena;
    struct ticket_row ticket;
    struct model_call_row *calls;
    size_t model_calls;
    bool finished;
    bool written;
};

static void
on_finished(void *arg, int64_t ticket, bool written)
{
    struct scene *s = arg;
    assert_int_equal(ticket, 1);
    s->finished = true;
    s->written = written;
    loop_stop(s->f.loop);
}

/* A ticket, and briefs written by a model that says SCRIPT. */
static void
scene_open(struct scene *s, const char *script)
{
    struct err err = {0};
    struct talk t = {0};
    *s = (struct scene){0};
    desk_fixture_open(&s->f, "[{\"calls\":[{\"name\":\"human\",\"input\":{}}]}]", NULL);
    talk_say(&t, &s->f, STR(""), "my hub shows error 4711");
    assert_int_equal(t.ticket, 1);
    assert_int_equal(model_scripted_named(s->f.loop, str_c(script), STR("writer"), &s->model, &err),
                     0);
    assert_int_equal(prompt_parse(STR("summary"),
                                  STR("{{! summary: sums up.\n    reason \"\" why\n    transcript "
                                      "\"\" what }}\n{{reason}}: {{transcript}}"),
                                  &s->prompt, &err),
                     0);
    const struct briefs_parts parts = {
        s->f.loop, s->f.store,  s->model, s->prompt, STR("{\"shop_name\":\"x\"}"),
        NULL,      on_finished, s};
    assert_int_equal(briefs_new(&parts, &s->briefs, &err), 0);
}

static int
ticket_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct scene *s = arg;
    int result = store_ticket_get(tx, 1, &s->arena, &s->ticket, err);
    return result == 0 ? store_model_call_list(tx, s->ticket.conversation, &s->arena, &s->calls,
                                               &s->model_calls, err)
                       : result;
}

static void
scene_read(struct scene *s)
{
    struct err err = {0};
    assert_int_equal(store_read_wait(s->f.store, ticket_body, s, &err), 0);
}

static void
scene_run(struct scene *s)
{
    struct err err = {0};
    briefs_want(s->briefs, 1);
    briefs_want(s->briefs, 1); /* asked for once */
    assert_int_equal(briefs_active(s->briefs), 1);
    while (!s->finished) {
        assert_int_equal(loop_run(s->f.loop, &err), 0);
    }
    assert_int_equal(briefs_active(s->briefs), 0);
    scene_read(s);
}

static void
scene_close(struct scene *s)
{
    briefs_free(s->briefs);
    model_free(s->model);
    prompt_free(s->prompt);
    arena_done(&s->arena);
    desk_fixture_close(&s->f);
}

/* The script has to cite the id the message really got: the model is asked twice, the second time
 * with it. */
static void
test_a_brief_replaces_the_extract(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, "[{\"text\":\"x\"}]");
    scene_read(&s);
    assert_string_equal(s.ticket.summary_by.ptr, "extractive");
    size_t at = str_find(s.ticket.summary, STR("\"evidence\":[\""), 0) + 13;
    struct str id = str_sub(s.ticket.summary, at, str_find_char(s.ticket.summary, '"', at) - at);
    struct str script = arena_printf(
        &s.arena,
        "[{\"text\":\"{\\\"lines\\\":[{\\\"kind\\\":\\\"wants\\\",\\\"text\\\":\\\"error 4711 "
        "gone\\\",\\\"evidence\\\":[\\\"%" STR_FMT
        "\\\"]},{\\\"kind\\\":\\\"claim\\\",\\\"text\\\":"
        "\\\"paid 99\\\",\\\"evidence\\\":[\\\"%" STR_FMT "\\\"]}]}\"}]",
        STR_ARG(id), STR_ARG(id));
    struct err err = {0};
    briefs_free(s.briefs);
    model_free(s.model);
    assert_int_equal(model_scripted_named(s.f.loop, script, STR("writer"), &s.model, &err), 0);
    const struct briefs_parts parts = {s.f.loop,  s.f.store, s.model,     s.prompt,
                                       STR("{}"), NULL,      on_finished, &s};
    assert_int_equal(briefs_new(&parts, &s.briefs, &err), 0);
    size_t calls_before = s.model_calls;
    scene_run(&s);
    assert_true(s.written);
    assert_string_equal(s.ticket.summary_by.ptr, "writer");
    assert_true(str_find(s.ticket.summary, STR("error 4711 gone"), 0) != SIZE_MAX);
    assert_true(str_find(s.ticket.summary, STR("paid 99"), 0) == SIZE_MAX);
    assert_int_equal(s.model_calls, calls_before + 1);
    scene_close(&s);
}

#define OF_NOBODY                                                                                  \
    "[{\"text\":\"{\\\"lines\\\":[{\\\"kind\\\":\\\"wants\\\",\\\"text\\\":\\\"all\\\","           \
    "\\\"evidence\\\":[\\\"m-1\\\"]}]}\"}]"

static void
test_the_extract_stays(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        const char *outcome;
        const char *error;
    } cases[] = {
        {"[{\"text\":\"I would rather not.\",\"note\":\"big: down\"}]", "ok", "big: down"},
        {"[{\"error\":\"down\"}]", "error", "down"},
        {OF_NOBODY, "ok", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene s;
        scene_open(&s, cases[i].script);
        scene_run(&s);
        const struct model_call_row *call = &s.calls[s.model_calls - 1];
        assert_int_equal(call->turn.len, 0);
        assert_string_equal(call->model.ptr, "writer");
        assert_string_equal(call->outcome.ptr, cases[i].outcome);
        assert_true(str_eq_c(call->error, cases[i].error));
        assert_true(call->estimated_tokens > 0);
        assert_false(s.written);
        assert_string_equal(s.ticket.summary_by.ptr, "extractive");
        scene_close(&s);
    }
}

static int
closed(struct store_tx *tx, const void *arg, struct str conversation, struct err *err)
{
    (void)tx;
    (void)arg;
    (void)conversation;
    (void)err;
    return CALL_BOOK_CLOSED;
}

static void
test_a_brake_asks_nobody(void **state)
{
    (void)state;
    struct scene s;
    struct err err = {0};
    const struct call_book book = {.allows = closed};
    scene_open(&s, "[{\"text\":\"never\"}]");
    briefs_free(s.briefs);
    const struct briefs_parts parts = {s.f.loop,  s.f.store, s.model,     s.prompt,
                                       STR("{}"), &book,     on_finished, &s};
    assert_int_equal(briefs_new(&parts, &s.briefs, &err), 0);
    scene_run(&s);
    assert_false(s.written);
    assert_int_equal(model_scripted_calls(s.model), 0);
    assert_string_equal(s.ticket.summary_by.ptr, "extractive");
    scene_close(&s);
}

static void
test_closing_while_it_is_written(void **state)
{
    (void)state;
    struct err err = {0};
    for (int steps = 0; steps < 4; steps++) {
        struct scene s;
        scene_open(&s, "[{\"text\":\"so\",\"hang\":true}]");
        briefs_want(s.briefs, 1);
        for (int i = 0; i < steps; i++) {
            assert_int_equal(loop_step(s.f.loop, 20, &err), 0);
        }
        scene_close(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_transcript),
        cmocka_unit_test(test_a_brief_replaces_the_extract),
        cmocka_unit_test(test_the_extract_stays),
        cmocka_unit_test(test_a_brake_asks_nobody),
        cmocka_unit_test(test_closing_while_it_is_written),
    };
    return cmocka_run_group_tests_name("brief", tests, NULL, NULL);
}
