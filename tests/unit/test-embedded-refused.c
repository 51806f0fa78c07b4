/* What the built-in assistant tells a customer of a call that policy refused: the words of the one
 * and the reading of the other, held together. */
#include "policy_fixture.h"

#include "base/limits.h"
#include "config/config.h"
#include "io/loop.h"
#include "model/model.h"
#include "model/models.h"

struct heard {
    struct arena arena;
    struct str text;
    bool done;
};

static void
on_text(void *arg, struct str delta)
{
    (void)arg;
    (void)delta;
}

static void
on_retracted(void *arg)
{
    (void)arg;
}

static void
on_done(void *arg, int result, const struct model_reply *reply, const struct err *err)
{
    struct heard *h = arg;
    (void)err;
    h->done = true;
    assert_int_equal(result, 0);
    assert_int_equal(reply->parts[0].kind, MODEL_PART_TEXT);
    h->text = arena_str(&h->arena, reply->parts[0].text);
}

struct bench {
    struct loop *loop;
    struct config *config;
    struct models *models;
    struct model *model;
    struct desk desk;
    struct heard heard;
};

static void
bench_open(struct bench *b)
{
    struct err err = {0};
    *b = (struct bench){0};
    assert_int_equal(loop_new(&b->loop, &err), 0);
    assert_int_equal(config_default(&b->config, &err), 0);
    const struct models_parts parts = {b->loop, clock_real(), b->config};
    assert_int_equal(models_new(&parts, &b->models, &err), 0);
    assert_int_equal(models_get(b->models, STR("embedded"), &b->model, &err), 0);
    desk_init(&b->desk);
}

static void
bench_close(struct bench *b)
{
    arena_done(&b->heard.arena);
    desk_done(&b->desk);
    models_free(b->models);
    config_free(b->config);
    loop_free(b->loop);
}

/* The assistant's answer to a customer's WORDS, once TOOL was refused with MESSAGE. */
static struct str
answer(struct bench *b, const char *words, struct str tool, struct str message)
{
    static const struct model_events events = {on_text, on_retracted, on_done};
    struct arena *arena = &b->desk.arena;
    struct block blocks[3];
    struct err err = {0};
    struct model_call *call;
    const struct tool_result refusal = {.status = TOOL_REJECTED, .message = message};
    const struct model_tool tools[] = {{tool, STR("a tool"), STR("{\"type\":\"object\"}")}};
    assert_true(block_text(arena, str_c(words), &blocks[0]));
    assert_true(block_tool_use(arena, STR("x-1"), tool, STR("{\"query\":\"lamp\"}"), &blocks[1]));
    struct str content = tool_result_content(&refusal, arena);
    assert_true(block_tool_result(arena, STR("x-1"), content, true, &blocks[2]));
    const struct message messages[] = {
        {.role = ROLE_USER, .blocks = &blocks[0], .count = 1},
        {.role = ROLE_ASSISTANT, .blocks = &blocks[1], .count = 1},
        {.role = ROLE_USER, .blocks = &blocks[2], .count = 1},
    };
    const struct model_request request = {
        .messages = messages, .message_count = 3, .tools = tools, .tool_count = 1};
    b->heard.done = false;
    assert_int_equal(model_start(b->model, &request, &events, &b->heard, &call, &err), 0);
    for (int i = 0; i < 10 && !b->heard.done; i++) {
        assert_int_equal(loop_step(b->loop, 0, &err), 0);
    }
    assert_true(b->heard.done);
    return b->heard.text;
}

static const struct {
    const char *tool;
    const char *words;
    const char *rules;
    const char *customer_field;
    const char *customer;
    const char *wants;
} cases[] = {
    {"search_product_catalog", "I am looking for a lamp", "{\"*\":{\"enabled\":false}}", "", "",
     "the search in our catalogue is not possible in this conversation."},
    {"search_product_catalog", "I am looking for a lamp",
     "{\"*\":{\"hours\":[\"tue-fri 9:00-18:00\",\"sat 10:00-12:00\"]}}", "", "",
     "the search in our catalogue is possible at these times only: tue-fri 9:00-18:00; sat "
     "10:00-12:00 (Europe/Berlin). The next time is tue 09:00."},
    {"search_product_catalog", "I am looking for a lamp", "{\"*\":{\"per_day\":1}}", "", "",
     "is possible only so often, and that is used up. It is possible again tomorrow."},
    {"get_product", "tell me more about the lamp", "{\"*\":{\"per_minute\":1}}", "", "",
     "looking at that product is possible only so often, and that is used up. It is possible again "
     "in a minute."},
    {"lookup_troubleshooting_steps", "my lamp is broken", "{\"*\":{\"enabled\":false}}", "", "",
     "looking up help is not possible in this conversation."},
    {"lookup_troubleshooting_steps", "my lamp is broken", "{}", "/customer", "",
     "for looking up help I have to know who you are: please sign in, and begin a new "
     "conversation."},
    {"lookup_troubleshooting_steps", "my lamp is broken", "{}", "/order", "anna",
     "I can only look at what is your own."},
    {"escalate_to_human", "a human please", "{\"*\":{\"enabled\":false}}", "", "",
     "bringing in a human colleague is not possible in this conversation."},
};

static void
test_refusals_are_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench b;
        bench_open(&b);
        struct desk *d = &b.desk;
        d->def.name = str_c(cases[i].tool);
        d->def.customer_field = str_c(cases[i].customer_field);
        d->customer = str_c(cases[i].customer);
        desk_rules(d, cases[i].rules);
        if (desk_ask(d)[0] == '\0') {
            assert_string_not_equal(desk_ask(d), ""); /* the limit is used up now */
        }
        struct str text = answer(&b, cases[i].words, d->def.name, d->said.message);
        assert_has(text, cases[i].wants);
        assert_int_equal(str_find(text, STR("did not work"), 0), SIZE_MAX);
        assert_int_equal(str_find(text, STR("try again"), 0), SIZE_MAX);
        bench_close(&b);
    }
}

/* A failure is none, nor is what begins like a refusal and goes on like nothing. */
static void
test_other_errors_are_failures(void **state)
{
    static const char *const texts[] = {
        "the disk is gone",
        "search_product_catalog",
        "search_product_catalog can be used",
        "search_product_catalog can be used at night only (time zone Mars); the next time is never",
        "search_product_catalog can be used  only (time zone ); the next time is . Nothing",
        "search_product_catalog was not run: it may be used never",
        "search_product_catalog was not run: its argument is odd",
        "another was not run: it needs to know who the customer is",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct bench b;
        bench_open(&b);
        struct str text =
            answer(&b, "I am looking for a lamp", STR("search_product_catalog"), str_c(texts[i]));
        assert_has(text, "the search in our catalogue did not work just now.");
        bench_close(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals_are_explained),
        cmocka_unit_test(test_other_errors_are_failures),
    };
    return cmocka_run_group_tests_name("embedded-refused", tests, NULL, NULL);
}
