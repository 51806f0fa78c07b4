/* The models of a desk: what its configuration says, who is opened when, who stands in for whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "config/config.h"
#include "io/loop.h"
#include "model/model.h"
#include "model/models.h"

/* Nobody listens on port 1. */
#define NOBODY "base_url: 'http://127.0.0.1:1', key: '${TEST_MODELS_KEY}'"

struct bench {
    struct loop *loop;
    struct config *config;
    struct models *models;
    struct err err;
    int done;
    int result;
    char model[64];
    char words[ERR_MESSAGE_MAX];
};

static int
bench_init(struct bench *b, const char *yaml)
{
    *b = (struct bench){0};
    log_set_level(LOG_NONE);
    assert_int_equal(setenv("TEST_MODELS_KEY", "secret", 1), 0);
    assert_int_equal(loop_new(&b->loop, &b->err), 0);
    if (config_parse(str_c(yaml), STR("desk.yaml"), &b->config, &b->err) < 0) {
        fail_msg("%s", b->err.message);
    }
    const struct models_parts parts = {b->loop, clock_real(), b->config};
    return models_new(&parts, &b->models, &b->err);
}

static void
bench_done(struct bench *b)
{
    models_free(b->models);
    config_free(b->config);
    loop_free(b->loop);
}

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
    struct bench *b = arg;
    b->done++;
    b->result = result;
    if (result == 0) {
        (void)snprintf(b->model, sizeof(b->model), "%" STR_FMT, STR_ARG(reply->model));
    } else {
        (void)snprintf(b->words, sizeof(b->words), "%s", err->message);
    }
}

static void
ask(struct bench *b, struct model *model)
{
    static const struct model_events events = {on_text, on_retracted, on_done};
    struct block block = {
        .kind = BLOCK_TEXT, .raw = STR("{\"text\":\"hello\"}"), .text = STR("hello")};
    const struct message message = {.role = ROLE_USER, .blocks = &block, .count = 1};
    const struct model_request request = {.messages = &message, .message_count = 1};
    struct model_call *call;
    b->done = 0;
    assert_int_equal(model_start(model, &request, &events, b, &call, &b->err), 0);
    while (!b->done) {
        assert_int_equal(loop_step(b->loop, 1000, &b->err), 0);
    }
    assert_int_equal(b->done, 1);
}

static void
test_embedded_is_always_there(void **state)
{
    (void)state;
    struct bench b;
    struct model *model, *same, *alone;
    struct models_entry entry;
    assert_int_equal(bench_init(&b, "model: embedded\n"), 0);
    assert_true(models_at(b.models, 0, &entry));
    assert_true(str_eq_c(entry.name, "embedded"));
    assert_false(models_at(b.models, 1, &entry));
    assert_int_equal(models_get(b.models, STR("embedded"), &model, &b.err), 0);
    assert_int_equal(models_get(b.models, STR("embedded"), &same, &b.err), 0);
    assert_int_equal(models_get_alone(b.models, STR("embedded"), &alone, &b.err), 0);
    assert_ptr_equal(model, same);
    assert_ptr_not_equal(model, alone);
    ask(&b, model);
    assert_int_equal(b.result, 0);
    assert_string_equal(b.model, "embedded");
    bench_done(&b);
}

static void
test_what_the_configuration_says_is_listed(void **state)
{
    (void)state;
    struct bench b;
    struct models_entry entry;
    assert_int_equal(bench_init(&b, "models:\n"
                                    "  big: {provider: anthropic, id: large-1, " NOBODY
                                    ", context_tokens: 128000}\n"
                                    "  small: {provider: anthropic, id: s, " NOBODY "}\n"),
                     0);
    assert_true(models_at(b.models, 1, &entry));
    assert_true(str_eq_c(entry.name, "big"));
    assert_true(str_eq_c(entry.provider, "anthropic"));
    assert_true(str_eq_c(entry.id, "large-1"));
    assert_int_equal(entry.context_tokens, 128000);
    assert_true(models_at(b.models, 2, &entry));
    assert_int_equal(entry.context_tokens, 0);
    assert_false(models_at(b.models, 3, &entry));
    bench_done(&b);
}

static void
test_what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        const char *words;
    } rows[] = {
        {"model.fallback: [nobody]\n", "model.fallback: there is no model called 'nobody'"},
        {"models: {m: {provider: anthropic, id: x, region: eu-west-1}}\n", "models.m"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        assert_int_equal(bench_init(&b, rows[i].yaml), ERR_INVALID);
        assert_non_null(strstr(b.err.message, rows[i].words));
        bench_done(&b);
    }
    struct bench b;
    struct model *model;
    assert_int_equal(bench_init(&b, "models: {m: {provider: anthropic, id: x, " NOBODY "}}\n"), 0);
    assert_int_equal(models_get(b.models, STR("n"), &model, &b.err), ERR_NOTFOUND);
    assert_string_equal(b.err.message,
                        "model: there is no model called 'n'; there is: embedded, m");
    bench_done(&b);
}

static void
test_another_stands_in(void **state)
{
    (void)state;
    struct bench b;
    struct model *model;
    assert_int_equal(bench_init(&b, "models:\n"
                                    "  one: {provider: anthropic, id: x, " NOBODY
                                    ", retry_time: 1ms, requests_per_minute: 10}\n"
                                    "  two: {provider: anthropic, id: x, " NOBODY ", attempts: 1}\n"
                                    "model.fallback: [one, two, embedded]\n"),
                     0);
    assert_int_equal(models_get(b.models, STR("one"), &model, &b.err), 0);
    assert_true(str_eq_c(model_name(model), "one"));
    ask(&b, model);
    assert_string_equal(b.model, "embedded");
    assert_int_equal(models_get_alone(b.models, STR("one"), &model, &b.err), 0);
    ask(&b, model);
    assert_int_equal(b.result, ERR_REMOTE);
    assert_non_null(strstr(b.words, "127.0.0.1"));
    assert_null(strstr(b.words, "two"));
    bench_done(&b);
}

/* Whether a model could be asked, and where its key is; never the key. */
static void
test_what_a_model_needs_is_looked_at(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *words; /* of the key, or of the failure */
        int result;
    } rows[] = {
        {"embedded", "", 0},
        {"there", "${TEST_MODELS_KEY}", 0},
        {"keyless", "no key", 0},
        {"missing", "models.missing.key: the environment variable TEST_MODELS_NONE is not set",
         ERR_NOTFOUND},
        {"signed", "the environment, eu-west-1", 0},
        {"nowhere", "region", ERR_NOTFOUND},
    };
    struct bench b;
    AUTO(arena) struct arena arena = {0};
    struct str words;
    assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "AKID", 1), 0);
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "hidden", 1), 0);
    assert_int_equal(setenv("HOME", "/nonexistent", 1), 0);
    assert_int_equal(unsetenv("AWS_REGION") | unsetenv("AWS_DEFAULT_REGION"), 0);
    assert_int_equal(bench_init(&b, "model.fallback: [keyless, embedded]\nmodels:\n"
                                    "  there: {provider: openai, id: x, " NOBODY "}\n"
                                    "  keyless: {provider: anthropic, id: x, base_url: "
                                    "'http://127.0.0.1:1'}\n"
                                    "  missing: {provider: openai, id: x, key: "
                                    "'${TEST_MODELS_NONE}'}\n"
                                    "  signed: {provider: bedrock, id: x, region: eu-west-1}\n"
                                    "  nowhere: {provider: bedrock-invoke, id: anthropic.x}\n"),
                     0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        int result = models_check(b.models, str_c(rows[i].name), &arena, &words, &err);
        struct str said = result == 0 ? words : str_c(err.message);
        assert_int_equal(result, rows[i].result);
        assert_true(rows[i].words[0] ? str_find(said, str_c(rows[i].words), 0) != SIZE_MAX
                                     : said.len == 0);
        assert_true(str_find(said, STR("secret"), 0) == SIZE_MAX);
        assert_true(str_find(said, STR("hidden"), 0) == SIZE_MAX);
    }
    assert_true(str_eq_c(models_fallback(b.models, 0), "keyless"));
    assert_int_equal(models_fallback(b.models, 2).len, 0);
    bench_done(&b);
}

static void
test_any_allocation_may_fail(void **state)
{
    (void)state;
    bool fired = true;
    for (int n = 1; fired; n++) {
        struct bench b;
        struct model *model;
        char spec[32];
        assert_int_equal(bench_init(&b, "models: {m: {provider: anthropic, id: x, " NOBODY
                                        ", tokens_per_minute: 1000}}\n"
                                        "model.fallback: [embedded]\n"),
                         0);
        models_free(b.models);
        b.models = NULL;
        const struct models_parts parts = {b.loop, clock_real(), b.config};
        (void)snprintf(spec, sizeof(spec), "alloc:%d", n);
        if (!fault_configure(str_c(spec))) {
            bench_done(&b);
            skip();
        }
        int result = models_new(&parts, &b.models, &b.err);
        result = result < 0 ? result : models_get(b.models, STR("m"), &model, &b.err);
        fired = fault_passed() >= (unsigned long)n;
        assert_int_equal(result, fired ? ERR_NOMEM : 0);
        (void)fault_configure(STR(""));
        bench_done(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_embedded_is_always_there),
        cmocka_unit_test(test_what_the_configuration_says_is_listed),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_another_stands_in),
        cmocka_unit_test(test_what_a_model_needs_is_looked_at),
        cmocka_unit_test(test_any_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
