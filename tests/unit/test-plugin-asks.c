/* plugin/ask.h, between the two: what is let in, and how much of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "io/loop.h"
#include "plugin/ask.h"
#include "plugin/grants.h"
#include "plugin/instance.h"
#include "plugin/manifest.h"

struct seen {
    unsigned begun;
    unsigned dropped;
    int64_t told;
};

static void
begin(void *context, struct plugin_ask *ask)
{
    struct seen *s = context;
    (void)ask;
    s->begun++;
}

static void
drop(void *context, struct plugin_ask *ask)
{
    struct seen *s = context;
    (void)ask;
    s->dropped++;
}

static int64_t
hear(void *context, const struct manifest *m, struct plugin_call *call, const struct js *head,
     struct str body)
{
    struct seen *s = context;
    (void)m;
    (void)call;
    (void)head;
    s->told += (int64_t)body.len;
    return 7;
}

/* A question, and what became of it. */
struct question {
    struct plugin_ask ask;
    unsigned answers;
    struct ask_answer answer;
};

static void
answered(struct plugin_ask *ask, const struct ask_answer *answer)
{
    struct question *q = OWNER_OF(ask, struct question, ask);
    q->answers++;
    q->answer = *answer;
}

static const struct str listed[] = {STR_INIT("dh.asked/1"), STR_INIT("dh.told/1"),
                                    STR_INIT("dh.missing/1")};
static const struct plugin_extension extensions[] = {
    {.id = "dh.asked/1", .begin = begin, .drop = drop},
    {.id = "dh.told/1", .remote = hear},
    {.id = "dh.unlisted/1", .remote = hear, .begin = begin, .drop = drop},
};

struct bench {
    struct seen seen;
    struct manifest manifest;
    struct plugin_code code;
    struct plugin_asks asks;
};

static void
bench_init(struct bench *b)
{
    *b = (struct bench){
        .manifest = {.name = STR("p"), .requires = listed, .requires_count = 3},
        .code = {.extensions = extensions, .extension_count = 3},
    };
    b->code.manifest = &b->manifest;
    b->code.context = &b->seen;
    b->asks.code = &b->code;
}

static bool
ask(struct bench *b, struct question *q, const char *ext)
{
    *q = (struct question){.ask = {.answered = answered}};
    return asks_begin(&b->asks, &q->ask, str_c(ext));
}

static void
test_only_what_is_listed_and_there(void **state)
{
    (void)state;
    struct bench b;
    struct question q;
    int64_t value = 0;
    bench_init(&b);
    assert_false(ask(&b, &q, "dh.unlisted/1"));
    assert_false(ask(&b, &q, "dh.missing/1"));
    assert_false(ask(&b, &q, "dh.told/1"));
    assert_false(ask(&b, &q, ""));
    assert_int_equal(b.asks.open, 0);
    assert_false(asks_tell(&b.asks, NULL, STR("dh.unlisted/1"), NULL, STR("x"), &value));
    assert_false(asks_tell(&b.asks, NULL, STR("dh.asked/1"), NULL, STR("x"), &value));
    assert_false(asks_hears(&b.asks, STR("dh.asked/1")));
    assert_true(asks_hears(&b.asks, STR("dh.told/1")));
    assert_true(asks_tell(&b.asks, NULL, STR("dh.told/1"), NULL, STR("xyz"), &value));
    assert_int_equal(value, 7);
    assert_int_equal(b.seen.told, 3);
    assert_int_equal(b.seen.begun, 0);
}

static void
test_so_many_are_open_and_no_more(void **state)
{
    (void)state;
    struct bench b;
    struct question q[ASK_OPEN_MAX + 1];
    bench_init(&b);
    for (size_t i = 0; i < ASK_OPEN_MAX; i++) {
        assert_true(ask(&b, &q[i], "dh.asked/1"));
        assert_int_equal(q[i].answers, 0);
    }
    assert_true(ask(&b, &q[ASK_OPEN_MAX], "dh.asked/1"));
    assert_int_equal(q[ASK_OPEN_MAX].answers, 1);
    assert_true(q[ASK_OPEN_MAX].answer.failed);
    assert_int_equal(b.seen.begun, ASK_OPEN_MAX);
    asks_drop(&q[0].ask);
    assert_int_equal(b.seen.dropped, 1);
    plugin_ask_answer(&q[1].ask, 5, STR("{}"), STR("body"));
    assert_int_equal(q[1].answer.value, 5);
    assert_true(str_eq_c(q[1].answer.body, "body"));
    assert_int_equal(b.asks.open, ASK_OPEN_MAX - 2);
    assert_true(ask(&b, &q[0], "dh.asked/1"));
    assert_int_equal(q[0].answers, 0);
}

static void
test_an_answer_has_its_size(void **state)
{
    static char large[ASK_HEAD_MAX + 1];
    (void)state;
    struct bench b;
    struct question q;
    bench_init(&b);
    assert_true(ask(&b, &q, "dh.asked/1"));
    plugin_ask_answer(&q.ask, 1, (struct str){large, ASK_HEAD_MAX + 1}, STR(""));
    assert_true(q.answer.failed);
    assert_true(ask(&b, &q, "dh.asked/1"));
    plugin_ask_answer(&q.ask, 1, (struct str){large, ASK_HEAD_MAX}, STR(""));
    assert_false(q.answer.failed);
}

static void
test_grants_are_a_copy(void **state)
{
    char name[] = "token";
    char value[] = "hush";
    struct str host = STR("api.example");
    const struct plugin_secret secrets[] = {{str_c(name), str_c(value)}, {STR("none"), {0}}};
    const struct plugin_grants from = {secrets, 2, &host, 1, true};
    (void)state;
    struct grants g;
    struct err err = {0};
    assert_int_equal(grants_init(&g, &from, &err), 0);
    name[0] = value[0] = 'X';
    assert_true(str_eq_c(grants_secret(&g.view, STR("token")), "hush"));
    assert_int_equal(grants_secret(&g.view, STR("token")).ptr[4], '\0');
    assert_int_equal(grants_secret(&g.view, STR("none")).len, 0);
    assert_int_equal(grants_secret(&g.view, STR("Xoken")).len, 0);
    assert_int_equal(grants_secret(NULL, STR("token")).len, 0);
    assert_true(str_eq_c(g.view.http[0], "api.example"));
    assert_true(g.view.http_private);
    grants_done(&g);
    assert_int_equal(grants_init(&g, NULL, &err), 0);
    assert_int_equal(g.view.secret_count, 0);
    grants_done(&g);
}

static void
test_secrets_have_their_size(void **state)
{
    static char large[LIMIT_PLUGIN_SECRET_BYTES];
    (void)state;
    struct grants g;
    struct err err = {0};
    memset(large, 's', sizeof(large));
    /* A name's bytes and an end count, too. */
    struct plugin_secret secret = {STR("a"), {large, sizeof(large) - 2}};
    const struct plugin_grants from = {.secrets = &secret, .secret_count = 1};
    assert_int_equal(grants_init(&g, &from, &err), 0);
    grants_done(&g);
    secret.value.len++;
    assert_int_equal(grants_init(&g, &from, &err), ERR_LIMIT);
    grants_done(&g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_is_listed_and_there),
        cmocka_unit_test(test_so_many_are_open_and_no_more),
        cmocka_unit_test(test_an_answer_has_its_size),
        cmocka_unit_test(test_grants_are_a_copy),
        cmocka_unit_test(test_secrets_have_their_size),
    };
    return cmocka_run_group_tests_name("plugin-asks", tests, NULL, NULL);
}
