/* Digests: how one comes to stand for what a model no longer sees, and what happens when none
 * does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "base/json.h"
#include "desk_fixture.h"
#include "memory/digest.h"
#include "model/model.h"
#include "model_scripted.h"
#include "prompt/prompt.h"
#include "store/call_book.h"

struct scene {
    struct call_book book;
    bool closed; /* a brake on spending holds */
    struct desk_fixture f;
    struct model *writer;
    struct prompt *prompt;
    struct digests *digests;
    struct arena arena;
    struct str conversation;
    struct digest_row *rows;
    size_t count;
    struct model_call_row *calls;
    size_t call_count;
    struct message_row *messages;
    size_t message_count;
    unsigned asked; /* by the engine */
    unsigned finished;
    bool written;
};

static void
on_due(void *arg, struct str conversation, int64_t tokens)
{
    struct scene *s = arg;
    assert_true(tokens > 0);
    s->asked++;
    if (s->digests) {
        digests_want(s->digests, conversation, tokens);
        digests_want(s->digests, conversation, tokens); /* asked for once */
        assert_int_equal(digests_active(s->digests), 1);
    }
}

static void
on_finished(void *arg, struct str conversation, bool written)
{
    struct scene *s = arg;
    assert_true(str_eq(conversation, s->conversation));
    s->finished++;
    s->written = written;
    loop_stop(s->f.loop);
}

/* Two millionths a token of input. */
static int
record(struct store_tx *tx, const void *arg, const struct model_call_row *row, struct err *err)
{
    struct model_call_row priced = *row;
    (void)arg;
    priced.micros = row->input_tokens * 2;
    return store_model_call_add(tx, &priced, err);
}

static int
allows(struct store_tx *tx, const void *arg, struct str conversation, struct err *err)
{
    const struct scene *s = arg;
    (void)tx;
    (void)conversation;
    (void)err;
    return s->closed ? CALL_BOOK_CLOSED : 0;
}

/* A desk whose window has room for MESSAGES, and a writer that says SCRIPT. */
static void
scene_open(struct scene *s, size_t messages, const char *script)
{
    struct err err = {0};
    *s = (struct scene){.book = {allows, record, s}};
    desk_fixture_open(&s->f, "[{\"text\":\"I see.\"}]", NULL);
    s->f.parts.memory.messages = messages;
    s->f.parts.memory_due = on_due;
    s->f.parts.memory_arg = s;
    desk_fixture_renew(&s->f);
    assert_int_equal(
        model_scripted_named(s->f.loop, str_c(script), STR("writer"), &s->writer, &err), 0);
    assert_int_equal(prompt_parse(STR("digest"),
                                  STR("{{! digest: sums up.\n    previous \"\" before\n    "
                                      "transcript \"\" what }}\n{{previous}}|{{transcript}}"),
                                  &s->prompt, &err),
                     0);
    const struct digests_parts parts = {.loop = s->f.loop,
                                        .store = s->f.store,
                                        .model = s->writer,
                                        .prompt = s->prompt,
                                        .vars = STR("{\"shop_name\":\"x\"}"),
                                        .messages = messages,
                                        .book = &s->book,
                                        .finished = on_finished,
                                        .arg = s};
    assert_int_equal(digests_new(&parts, &s->digests, &err), 0);
}

static int
read_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct scene *s = arg;
    int result = store_digest_list(tx, s->conversation, &s->arena, &s->rows, &s->count, err);
    if (result == 0) {
        result =
            store_model_call_list(tx, s->conversation, &s->arena, &s->calls, &s->call_count, err);
    }
    return result == 0 ? store_message_list(tx, s->conversation, 0, 0, &s->arena, &s->messages,
                                            &s->message_count, err)
                       : result;
}

static void
scene_read(struct scene *s)
{
    struct err err = {0};
    if (store_read_wait(s->f.store, read_body, s, &err) != 0) {
        fail_msg("read: %s", err.message);
    }
}

static void
say(struct scene *s, const char *text)
{
    struct talk t = {0};
    talk_say(&t, &s->f, s->conversation, text);
    assert_true(str_eq(t.outcome, OUTCOME_ANSWERED));
    s->conversation = arena_str(&s->arena, t.conversation);
    talk_done(&t);
}

static void
wait_for_writer(struct scene *s)
{
    struct err err = {0};
    while (digests_active(s->digests) > 0) {
        assert_int_equal(loop_run(s->f.loop, &err), 0);
    }
}

static void
scene_close(struct scene *s)
{
    digests_free(s->digests);
    model_free(s->writer);
    prompt_free(s->prompt);
    desk_fixture_close(&s->f);
    arena_done(&s->arena);
}

static bool
has(struct str text, const char *part)
{
    return str_find(text, str_c(part), 0) != SIZE_MAX;
}

/* ---- From due to seen ------------------------------------------------------------------------*/

static void
test_a_digest_takes_the_place_of_what_is_older(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 8, "[{\"text\":\"Customer: has a hub.\",\"in\":70}]");
    say(&s, "first words");
    say(&s, "second words");
    say(&s, "third words");
    assert_int_equal(s.asked, 0);
    say(&s, "fourth words"); /* seven of eight are seen */
    assert_int_equal(s.asked, 1);
    wait_for_writer(&s);
    assert_true(s.written);
    scene_read(&s);
    assert_int_equal(s.count, 1);
    assert_string_equal(s.rows[0].text.ptr, "Customer: has a hub.");
    assert_string_equal(s.rows[0].model.ptr, "writer");
    assert_int_equal(s.rows[0].to_seq, 4);
    struct str covers =
        arena_printf(&s.arena, "[\"%s\",\"%s\",\"%s\",\"%s\"]", s.messages[0].id.ptr,
                     s.messages[1].id.ptr, s.messages[2].id.ptr, s.messages[3].id.ptr);
    assert_string_equal(s.rows[0].covers.ptr, covers.ptr);
    /* What it took is on record, of no turn. */
    const struct model_call_row *call = &s.calls[s.call_count - 1];
    assert_int_equal(call->turn.len, 0);
    assert_string_equal(call->model.ptr, "writer");
    assert_int_equal(call->seen_from, 1);
    assert_int_equal(call->input_tokens, 70);
    assert_int_equal(call->micros, 140);
    assert_true(call->estimated_tokens > 0);
    /* The next turn sees it. */
    say(&s, "fifth words");
    struct str request = model_scripted_last_request(s.f.model);
    assert_true(has(request, "Customer: has a hub."));
    assert_true(has(request, s.rows[0].id.ptr));
    assert_false(has(request, "second words"));
    assert_true(has(request, "third words"));
    scene_read(&s);
    call = &s.calls[s.call_count - 1];
    assert_int_equal(call->seen_from, 5);
    assert_true(str_eq(call->digest, s.rows[0].id));
    assert_true(call->estimated_tokens > 50);
    assert_int_equal(s.asked, 1);
    scene_close(&s);
}

static void
test_a_digest_goes_on(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 8, "[{\"text\":\"Summary.\"}]");
    for (int i = 0; i < 12; i++) {
        char words[32];
        (void)snprintf(words, sizeof(words), "words %d", i);
        say(&s, words);
        wait_for_writer(&s);
    }
    scene_read(&s);
    assert_true(s.count >= 2);
    struct js *ids = NULL;
    struct err err = {0};
    for (size_t i = 0; i < s.count; i++) {
        assert_int_equal(js_parse(s.rows[i].covers, &s.arena, &ids, &err), 0);
        assert_int_equal(js_count(ids), s.rows[i].to_seq);
        assert_true(i == 0 || s.rows[i].to_seq > s.rows[i - 1].to_seq);
    }
    /* The one before it is what the writer went on from. */
    size_t named = 0;
    for (size_t i = 0; i < s.call_count; i++) {
        named += s.calls[i].turn.len == 0 && s.calls[i].digest.len > 0;
    }
    assert_int_equal(named, s.count - 1);
    scene_close(&s);
}

static void
test_without_a_digest_the_window_moves_on(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        const char *outcome;
        const char *error;
        size_t recorded; /* calls of the writer */
    } cases[] = {
        {"[{\"error\":\"down\"}]", "error", "down", 3},
        {"[{\"text\":\" \\n\",\"note\":\"big: down\"}]", "ok", "big: down", 3},
        {"[{\"calls\":[{\"name\":\"look\",\"input\":{}}]}]", "ok", "", 3},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene s;
        size_t recorded = 0;
        scene_open(&s, 4, cases[i].script);
        for (int n = 0; n < 5; n++) {
            say(&s, "words");
            wait_for_writer(&s);
            assert_false(s.written);
        }
        scene_read(&s);
        assert_int_equal(s.count, 0);
        assert_int_equal(s.asked, 3);
        for (size_t c = 0; c < s.call_count; c++) {
            if (s.calls[c].turn.len == 0) {
                recorded++;
                assert_string_equal(s.calls[c].model.ptr, "writer");
                assert_string_equal(s.calls[c].outcome.ptr, cases[i].outcome);
                assert_true(str_eq_c(s.calls[c].error, cases[i].error));
            }
        }
        assert_int_equal(recorded, cases[i].recorded);
        assert_int_equal(s.calls[s.call_count - 1 - (cases[i].recorded > 0)].seen_from, 7);
        scene_close(&s);
    }
}

/* Another process was quicker. */
static int
digest_of_others(struct store_tx *tx, void *arg, struct err *err)
{
    struct scene *s = arg;
    const struct digest_row row = {.id = STR("d-other"),
                                   .conversation = s->conversation,
                                   .to_seq = 6,
                                   .covers = STR("[]"),
                                   .text = STR("theirs")};
    return store_digest_add(tx, &row, err);
}

static void
test_two_writers(void **state)
{
    (void)state;
    struct scene s;
    struct err err = {0};
    scene_open(&s, 8, "[{\"text\":\"ours\",\"delay_ms\":30}]");
    for (int i = 0; i < 4; i++) {
        say(&s, "words");
    }
    assert_int_equal(digests_active(s.digests), 1);
    assert_int_equal(loop_step(s.f.loop, 10, &err), 0);
    assert_int_equal(loop_step(s.f.loop, 10, &err), 0);
    assert_int_equal(store_write_wait(s.f.store, digest_of_others, &s, &err), 0);
    wait_for_writer(&s);
    assert_false(s.written);
    scene_read(&s);
    assert_int_equal(s.count, 1);
    assert_string_equal(s.rows[0].text.ptr, "theirs");
    scene_close(&s);
}

static void
test_nothing_to_do(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 8, "[{\"text\":\"never\"}]");
    say(&s, "words");
    digests_want(s.digests, s.conversation, 1000000);
    digests_want(s.digests, s.conversation, 1000000);
    wait_for_writer(&s);
    assert_int_equal(s.finished, 1);
    assert_false(s.written);
    assert_int_equal(model_scripted_calls(s.writer), 0);
    char name[200];
    memset(name, 'c', sizeof(name));
    digests_want(s.digests, (struct str){name, sizeof(name)}, 10);
    assert_int_equal(digests_active(s.digests), 0);
    scene_close(&s);
}

static void
test_a_brake_asks_nobody(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 8, "[{\"text\":\"never\"}]");
    s.closed = true;
    for (int i = 0; i < 10; i++) {
        say(&s, "some words about a hub");
    }
    wait_for_writer(&s);
    assert_true(s.finished > 0);
    assert_int_equal(model_scripted_calls(s.writer), 0);
    scene_close(&s);
}

static void
test_closing_while_it_is_written(void **state)
{
    (void)state;
    struct err err = {0};
    for (int steps = 0; steps < 5; steps++) {
        struct scene s;
        scene_open(&s, 2, "[{\"text\":\"so\",\"hang\":true}]");
        say(&s, "words");
        say(&s, "words");
        for (int i = 0; i < steps; i++) {
            assert_int_equal(loop_step(s.f.loop, 20, &err), 0);
        }
        scene_close(&s);
    }
}

/* ---- Without memory --------------------------------------------------------------------------*/

#define TEXT(words) "[{\"text\":\"" words "\"}]"

static void
test_every_failure_is_one_error(void **state)
{
    (void)state;
    static const struct digest_row digest = {
        .id = STR_INIT("d-1"), .to_seq = 0, .covers = STR_INIT("[]"), .text = STR_INIT("before")};
    static const char result[] = "[{\"toolResult\":{\"toolUseId\":\"x\",\"content\":[{\"text\":\""
                                 "0123456789012345678901234567890123456789\"}]}}]";
    const struct message_row rows[] = {
        {.id = STR("m-1"), .seq = 1, .author = AUTHOR_CUSTOMER, .content = STR(TEXT("q"))},
        {.id = STR("m-2"),
         .seq = 2,
         .role = STR("assistant"),
         .author = AUTHOR_BOT,
         .content = STR("[{\"toolUse\":{\"toolUseId\":\"x\",\"name\":\"look\",\"input\":{}}}]")},
        {.id = STR("m-3"), .seq = 3, .author = AUTHOR_TOOL, .content = str_c(result)},
        {.id = STR("m-4"), .seq = 4, .author = AUTHOR_NOTE, .content = STR(TEXT("note"))},
        {.id = STR("m-5"), .seq = 5, .author = AUTHOR_CUSTOMER, .content = STR(TEXT("x"))},
    };
    const struct memory_source source = {.rows = rows, .count = 5, .digest = &digest};
    const struct memory_limits limits = {4, 10000, 20};
    if (!fault_configure(STR("alloc:1000000"))) {
        skip(); /* a build without fault hooks */
    }
    unsigned n = 0;
    int outcome = ERR_NOMEM;
    while (outcome != 0) {
        AUTO(arena) struct arena arena = {0};
        char spec[32];
        struct err err = {0};
        struct memory_view view;
        struct digest_plan plan;
        (void)snprintf(spec, sizeof(spec), "alloc:%u", ++n);
        assert_true(fault_configure(str_c(spec)));
        outcome = memory_from_rows(&source, &limits, &arena, &view, &err);
        if (outcome == 0) {
            outcome = digest_plan(&source, &limits, &arena, &plan, &err);
        }
        assert_true(outcome == 0 || (outcome == ERR_NOMEM && err.message[0]));
        assert_true(fault_configure(STR("")));
        if (outcome == 0) {
            assert_int_equal(plan.count, 4);
        }
    }
    assert_true(n > 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_digest_takes_the_place_of_what_is_older),
        cmocka_unit_test(test_a_digest_goes_on),
        cmocka_unit_test(test_without_a_digest_the_window_moves_on),
        cmocka_unit_test(test_two_writers),
        cmocka_unit_test(test_nothing_to_do),
        cmocka_unit_test(test_a_brake_asks_nobody),
        cmocka_unit_test(test_closing_while_it_is_written),
        cmocka_unit_test(test_every_failure_is_one_error),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
