/* What is submitted with a message beside its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/media.h"
#include "desk_fixture.h"
#include "model_scripted.h"

/* ---- A prompt's parameters -------------------------------------------------------------------*/

static void
test_the_model_sees_parameters(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    char words[] = "STOP";
    struct str stop[] = {{words, 4}, STR("END")};
    struct turn_input input = talk_input(STR(""), "hello");
    input.params = (struct model_params){
        .max_tokens = 77,
        .has_temperature = true,
        .temperature = 0.5,
        .has_top_p = true,
        .top_p = 0.25,
        .stop = stop,
        .stop_count = 2,
        .tool_choice = STR("none"),
    };
    desk_fixture_open(&f, "[{\"text\":\"hi\"}]", NULL);
    talk_submit(&t, &f, &input);
    memset(words, 'x', 4); /* it was copied */
    stop[1] = STR("nothing");
    talk_wait(&t);
    talk_done(&t);
    assert_string_equal(
        model_scripted_last_params(f.model).ptr,
        "max_tokens=77 temperature=0.5 top_p=0.25 stop=STOP stop=END tool_choice=none");
    talk_say(&t, &f, t.conversation, "and now without");
    assert_string_equal(model_scripted_last_params(f.model).ptr, "max_tokens=0 tool_choice=");
    desk_fixture_close(&f);
}

static void
test_a_forced_tool_is_forced_once(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    struct turn_input input = talk_input(STR(""), "hello");
    input.params.tool_choice = STR("look");
    desk_fixture_open(&f, "[{\"calls\":[{\"name\":\"look\",\"input\":{}}]},{\"text\":\"there\"}]",
                      NULL);
    talk_submit(&t, &f, &input);
    talk_wait(&t);
    talk_done(&t);
    assert_string_equal(t.outcome.ptr, "answered");
    assert_string_equal(model_scripted_last_params(f.model).ptr, "max_tokens=0 tool_choice=auto");
    desk_fixture_close(&f);
}

/* ---- Attachments -----------------------------------------------------------------------------*/

static struct block
gif(struct arena *arena)
{
    struct err err = {0};
    struct block b = {0};
    if (media_block(MEDIA_IMAGE, STR("a"), STR("GIF89a\x80\x02\xE0\x01\x80\0\0"), arena, &b, &err) <
        0) {
        fail_msg("%s", err.message);
    }
    return b;
}

static struct block
note(struct arena *arena)
{
    struct err err = {0};
    struct block b = {0};
    if (media_block(MEDIA_DOCUMENT, STR("a.txt"), STR("words"), arena, &b, &err) < 0) {
        fail_msg("%s", err.message);
    }
    return b;
}

static void
test_the_model_gets_attachments(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct talk t = {0};
    struct arena mine = {0};
    desk_fixture_open(&f, "[{\"text\":\"a cat\"}]", NULL);
    struct block blocks[] = {gif(&mine), note(&mine)};
    struct turn_input input = talk_input(STR(""), "what is this?");
    input.attachments = blocks;
    input.attachment_count = 2;
    talk_submit(&t, &f, &input);
    arena_done(&mine); /* they were copied */
    talk_wait(&t);
    talk_done(&t);
    assert_string_equal(t.outcome.ptr, "answered");
    assert_string_equal(desk_describe(&f, t.conversation).ptr,
                        "customer:other+other+text bot:text");
    assert_string_equal(
        model_scripted_last_request(f.model).ptr,
        "[{\"role\":\"user\",\"content\":[{\"image\":{\"format\":\"gif\",\"source\":{\"bytes\":"
        "\"R0lGODlhgALgAYAAAA==\"}}},{\"document\":{\"format\":\"txt\",\"name\":\"a\","
        "\"source\":{\"bytes\":\"d29yZHM=\"}}},{\"text\":\"what is this?\"}]}]");
    desk_assert_sound(&f, t.conversation);
    desk_fixture_close(&f);
}

static void
test_what_is_not_taken(void **state)
{
    (void)state;
    struct desk_fixture f;
    desk_fixture_open(&f, "[{\"text\":\"a cat\"}]", NULL);
    struct block image = gif(&f.arena);
    struct block document = note(&f.arena);
    struct block use;
    assert_true(block_tool_use(&f.arena, STR("1"), STR("look"), STR("{}"), &use));
    const struct {
        const char *text;
        const struct block *block;
        bool taken;
    } cases[] = {
        {"  ", &image, true}, {"", &document, false}, {"x", &document, true},
        {"", NULL, false},    {"x", &use, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct talk t = {0};
        struct turn_input input = talk_input(STR(""), cases[i].text);
        input.attachments = cases[i].block;
        input.attachment_count = cases[i].block != NULL;
        talk_submit(&t, &f, &input);
        assert_int_equal(t.submit, cases[i].taken ? 0 : ERR_INVALID);
        if (cases[i].taken) {
            talk_wait(&t);
            desk_assert_sound(&f, t.conversation);
        }
        talk_done(&t);
    }
    desk_fixture_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_model_sees_parameters),
        cmocka_unit_test(test_a_forced_tool_is_forced_once),
        cmocka_unit_test(test_the_model_gets_attachments),
        cmocka_unit_test(test_what_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
