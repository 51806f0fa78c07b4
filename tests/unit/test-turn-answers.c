/* Answers that were given before: when they are given again, and when not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "base/media.h"
#include "desk_fixture.h"
#include "model_scripted.h"
#include "prompt/prompt.h"

enum { DAY_MS = 24 * 3600 * 1000 };

#define SAYS_HELLO "[{\"text\":\"hello\"}]"

static void
keeping(struct desk_fixture *f, const char *script, int64_t time_ms)
{
    desk_fixture_open(f, script, NULL);
    f->parts.answer_time_ms = time_ms;
    desk_fixture_renew(f);
}

static struct turn_input
question(const char *text)
{
    struct turn_input input = talk_input(STR(""), text);
    input.customer = STR("");
    input.catalog_version = STR("1");
    return input;
}

static struct talk
ask(struct desk_fixture *f, const struct turn_input *input)
{
    struct talk t = {0};
    talk_submit(&t, f, input);
    talk_wait(&t);
    return t;
}

/* Is INPUT answered without the model? */
static bool
is_hit(struct desk_fixture *f, const struct turn_input *input)
{
    size_t before = model_scripted_calls(f->model);
    struct talk t = ask(f, input);
    bool hit = model_scripted_calls(f->model) == before;
    desk_assert_sound(f, t.conversation);
    if (hit) {
        assert_string_equal(t.outcome.ptr, "answered");
        assert_string_equal(t.reply.ptr, "hello");
        assert_true(str_eq(buf_str(&t.text), STR("hello")));
        assert_int_equal(t.input_tokens, 0);
        assert_string_equal(desk_describe(f, t.conversation).ptr, "customer:text bot:text");
    }
    talk_done(&t);
    return hit;
}

static void
test_the_same_question_hits(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct turn_input first = question("Do you have a  smart\nplug? ");
    struct turn_input same = question(" do you have a smart plug?");
    keeping(&f, SAYS_HELLO, DAY_MS);
    assert_false(is_hit(&f, &first));
    assert_true(is_hit(&f, &first));
    assert_true(is_hit(&f, &same));
    desk_fixture_close(&f);
}

static void
test_each_part_of_the_key_counts(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct turn_input first = question("do you have a plug?");
    struct turn_input others[4] = {first, first, first, first};
    others[0].text = STR("do you have a bulb?");
    others[1].system = STR("be rude");
    others[2].catalog_version = STR("2");
    others[3].customer = STR("anna");
    keeping(&f, SAYS_HELLO, DAY_MS);
    assert_false(is_hit(&f, &first));
    for (size_t i = 0; i < 4; i++) {
        if (is_hit(&f, &others[i])) {
            fail_msg("part %zu does not count", i);
        }
        assert_true(is_hit(&f, &others[i]));
    }
    /* Another model. */
    struct err err = {0};
    struct model *old = f.model;
    assert_int_equal(model_scripted_named(f.loop, STR(SAYS_HELLO), STR("other"), &f.model, &err),
                     0);
    f.parts.model = f.model;
    desk_fixture_renew(&f);
    assert_false(is_hit(&f, &first));
    assert_true(is_hit(&f, &first));
    model_free(old);
    desk_fixture_close(&f);
}

static void
test_only_first_questions_and_words(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct err err = {0};
    struct block image;
    struct turn_input first = question("hello?");
    struct turn_input pictured = first;
    keeping(&f, SAYS_HELLO, DAY_MS);
    assert_int_equal(
        media_block(MEDIA_IMAGE, STR("a"), STR("GIF89a\1\0\1\0"), &f.arena, &image, &err), 0);
    pictured.attachments = &image;
    pictured.attachment_count = 1;
    struct talk t = ask(&f, &pictured);
    talk_done(&t);
    assert_false(is_hit(&f, &first));
    assert_false(is_hit(&f, &pictured));
    struct turn_input later = first;
    later.conversation = t.conversation;
    assert_false(is_hit(&f, &later));
    assert_true(is_hit(&f, &first));
    desk_fixture_close(&f);
}

static void
test_off_and_too_old(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct turn_input first = question("hello?");
    keeping(&f, SAYS_HELLO, 0);
    assert_false(is_hit(&f, &first));
    assert_false(is_hit(&f, &first));
    f.parts.answer_time_ms = 1;
    desk_fixture_renew(&f);
    assert_false(is_hit(&f, &first));
    struct timespec pause = {0, 5000000};
    (void)nanosleep(&pause, NULL);
    /* Too old; the new one takes its place. */
    assert_false(is_hit(&f, &first));
    f.parts.answer_time_ms = DAY_MS;
    desk_fixture_renew(&f);
    assert_true(is_hit(&f, &first));
    desk_fixture_close(&f);
}

static void
test_what_is_not_kept(void **state)
{
    (void)state;
#define CALL(name, input) "{\"calls\":[{\"name\":\"" name "\",\"input\":" input "}]}"
    static const struct {
        const char *script;
        bool kept;
    } cases[] = {
        {"[" CALL("look", "{}") ",{\"text\":\"hello\"}]", true},
        {"[" CALL("write", "{}") ",{\"text\":\"hello\"}]", false},
        {"[" CALL("page", "{}") ",{\"text\":\"hello\"}]", false},
        {"[" CALL("fail", "{}") ",{\"text\":\"hello\"}]", false},
        {"[" CALL("nosuch", "{}") ",{\"text\":\"hello\"}]", false},
        {"[" CALL("human", "{}") "]", false},
        {"[{\"text\":\"hello\",\"stop\":\"max_tokens\"}]", false},
        {"[{\"text\":\"hello\",\"stop\":\"filtered\"}]", false},
        {"[{\"text\":\"hel\",\"error\":\"the model is on fire\"}]", false},
        {"[{\"text\":\"wait\",\"calls\":[{\"name\":\"look\",\"input\":{}}]},{\"text\":\"hello\"}]",
         false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct desk_fixture f;
        struct turn_input first = question("hello?");
        keeping(&f, cases[i].script, DAY_MS);
        struct talk t = ask(&f, &first);
        talk_done(&t);
        if (is_hit(&f, &first) != cases[i].kept) {
            fail_msg("%s", cases[i].script);
        }
        desk_fixture_close(&f);
    }
}

struct look {
    struct str conversation;
    struct str model; /* of the last turn */
    struct arena *arena;
    int64_t hits;
    bool delete;
};

static int
read_hits(struct store_tx *tx, void *arg, struct err *err)
{
    struct look *l = arg;
    struct turn_row *turns = NULL;
    size_t count = 0;
    char id[PROMPT_HASH_TEXT];
    struct answer_row row;
    int result = l->delete ? store_conversation_delete(tx, l->conversation, err) : 0;
    if (result == 0) {
        result = prompt_hash(STR("6:hello?7:be kind1:18:scripted0:"), id, err);
    }
    if (result == 0) {
        result = store_answer_get(tx, str_c(id), l->arena, &row, err);
    }
    l->hits = result == 0 ? row.hits : -1;
    if (result >= 0 && !l->delete) {
        result = store_turn_list(tx, l->conversation, l->arena, &turns, &count, err);
        l->model = result == 0 && count ? turns[count - 1].model : STR("none");
    }
    return result < 0 ? result : 0;
}

static void
test_counted_and_gone_with_its_conversation(void **state)
{
    (void)state;
    struct desk_fixture f;
    struct err err = {0};
    struct turn_input first = question("hello?");
    keeping(&f, SAYS_HELLO, DAY_MS);
    struct talk given = ask(&f, &first);
    talk_done(&given);
    assert_true(is_hit(&f, &first));
    struct talk again = ask(&f, &first);
    talk_done(&again);
    struct look l = {.conversation = again.conversation, .arena = &f.arena};
    assert_int_equal(store_read_wait(f.store, read_hits, &l, &err), 0);
    assert_int_equal(l.hits, 2);
    assert_true(str_eq(l.model, STR("cache")));
    l = (struct look){.conversation = given.conversation, .arena = &f.arena, .delete = true};
    assert_int_equal(store_write_wait(f.store, read_hits, &l, &err), 0);
    assert_int_equal(l.hits, -1);
    assert_false(is_hit(&f, &first));
    desk_fixture_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_question_hits),
        cmocka_unit_test(test_each_part_of_the_key_counts),
        cmocka_unit_test(test_only_first_questions_and_words),
        cmocka_unit_test(test_off_and_too_old),
        cmocka_unit_test(test_what_is_not_kept),
        cmocka_unit_test(test_counted_and_gone_with_its_conversation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
