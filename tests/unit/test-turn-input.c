/* What is submitted with a message beside its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_model_sees_parameters),
        cmocka_unit_test(test_a_forced_tool_is_forced_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
