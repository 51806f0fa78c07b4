/* A route of up to three scripted providers, and what a caller hears of it. Include after cmocka.h.
 */
#ifndef UNIT_ROUTE_FIXTURE_H
#define UNIT_ROUTE_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "io/loop.h"
#include "model/breaker.h"
#include "model/quota.h"
#include "model/route.h"
#include "provider_scripted.h"

enum { ENTRIES = 3, CALLS = 8 };

struct heard {
    struct model_call *call;
    struct buf text; /* since the last retraction */
    int retracted;
    int done;
    int result;
    struct err err;
    char model[32];
    char note[800];
    char reply[512]; /* its text parts one after another */
    size_t text_parts;
    size_t tool_parts;
    enum model_stop stop;
    struct model_usage usage;
    size_t cancel_at; /* text events until it cancels itself; 0: never */
    bool cancel_when_retracted;
    bool canceled;
};

struct bench {
    struct loop *loop;
    struct clock_hand clock;
    struct provider_scripted providers[ENTRIES];
    struct breaker breakers[ENTRIES];
    struct route_entry entries[ENTRIES];
    size_t count;
    uint64_t chance;
    struct quota *quota; /* the first's, or NULL */
    struct model *model;
    struct model_request request;
    struct message message;
    struct block block;
    struct heard heard[CALLS];
};

static uint64_t
no_chance(struct retry_random *r)
{
    (void)r;
    return 0;
}

static inline void
bench_init(struct bench *b)
{
    static const char *const names[ENTRIES] = {"first", "second", "third"};
    struct err err = {0};
    *b = (struct bench){0};
    log_set_level(LOG_NONE);
    assert_int_equal(loop_new(&b->loop, &err), 0);
    clock_hand_init(&b->clock, 0);
    for (size_t i = 0; i < ENTRIES; i++) {
        breaker_init(&b->breakers[i], &b->clock.clock);
        b->entries[i] = (struct route_entry){
            .name = str_c(names[i]),
            .provider = &b->providers[i].provider,
            .breaker = &b->breakers[i],
            .rules = {RETRY_ATTEMPTS, RETRY_TIME_MS},
        };
    }
    b->block = (struct block){.kind = BLOCK_TEXT, .raw = STR("{\"text\":\"hello\"}")};
    b->message = (struct message){.role = ROLE_USER, .blocks = &b->block, .count = 1};
    b->request = (struct model_request){
        .conversation = STR("c"), .messages = &b->message, .message_count = 1};
    for (size_t i = 0; i < CALLS; i++) {
        buf_init(&b->heard[i].text, LIMIT_REPLY_BYTES);
    }
}

#define ENTRY(b, ...)                                                                              \
    do {                                                                                           \
        static const struct scripted_step steps_[] = {__VA_ARGS__};                                \
        provider_scripted_init(&(b)->providers[(b)->count++], (b)->loop, steps_,                   \
                               sizeof(steps_) / sizeof(steps_[0]));                                \
    } while (0)

static inline void
make_model(struct bench *b)
{
    struct err err = {0};
    const struct route_parts parts = {b->loop, &b->clock.clock, {.next = no_chance}};
    if (!b->model) {
        assert_int_equal(route_new(&parts, b->entries, b->count, &b->model, &err), 0);
    }
}

static inline void
bench_done(struct bench *b)
{
    for (size_t i = 0; i < CALLS; i++) {
        buf_done(&b->heard[i].text);
    }
    for (size_t i = 0; i < ENTRIES; i++) {
        assert_int_equal(b->providers[i].under_way, 0);
        assert_true(b->providers[i].most_under_way <= CALLS);
    }
    model_free(b->model);
    quota_free(b->quota);
    loop_free(b->loop);
}

static void
on_text(void *arg, struct str delta)
{
    struct heard *h = arg;
    assert_false(h->done || h->canceled);
    assert_true(delta.len > 0);
    buf_add(&h->text, delta);
    if (h->cancel_at && --h->cancel_at == 0) {
        h->canceled = true;
        model_cancel(h->call);
    }
}

static void
on_retracted(void *arg)
{
    struct heard *h = arg;
    assert_false(h->done || h->canceled);
    assert_true(h->text.len > 0);
    buf_clear(&h->text);
    h->retracted++;
    if (h->cancel_when_retracted) {
        h->canceled = true;
        model_cancel(h->call);
    }
}

static void
on_done(void *arg, int result, const struct model_reply *reply, const struct err *err)
{
    struct heard *h = arg;
    assert_false(h->canceled);
    h->done++;
    h->result = result;
    if (result != 0) {
        assert_null(reply);
        h->err = *err;
        assert_int_equal(err->code, result);
        return;
    }
    (void)snprintf(h->model, sizeof(h->model), "%" STR_FMT, STR_ARG(reply->model));
    (void)snprintf(h->note, sizeof(h->note), "%" STR_FMT, STR_ARG(reply->note));
    h->stop = reply->stop;
    h->usage = reply->usage;
    for (size_t i = 0; i < reply->part_count; i++) {
        const struct model_part *p = &reply->parts[i];
        size_t used = strlen(h->reply);
        h->text_parts += p->kind == MODEL_PART_TEXT;
        h->tool_parts += p->kind == MODEL_PART_TOOL_USE;
        if (p->kind == MODEL_PART_TEXT) {
            (void)snprintf(h->reply + used, sizeof(h->reply) - used, "%" STR_FMT, STR_ARG(p->text));
        }
    }
    /* What was shown is what was said. */
    assert_true(h->text.failed || str_eq_c(buf_str(&h->text), h->reply));
}

static const struct model_events events = {on_text, on_retracted, on_done};

static inline struct heard *
start(struct bench *b, size_t index)
{
    struct err err = {0};
    struct heard *h = &b->heard[index];
    make_model(b);
    assert_int_equal(model_start(b->model, &b->request, &events, h, &h->call, &err), 0);
    assert_int_equal(h->done, 0);
    assert_int_equal(h->text.len, 0);
    return h;
}

static inline void
step(struct bench *b, int64_t ms)
{
    struct err err = {0};
    assert_int_equal(loop_step(b->loop, ms, &err), 0);
}

static inline struct heard *
finish(struct bench *b, struct heard *h)
{
    while (!h->done && !h->canceled) {
        step(b, 1000);
    }
    for (int i = 0; i < 5; i++) {
        step(b, 0);
    }
    assert_int_equal(h->done + h->canceled, 1);
    return h;
}

static inline struct heard *
run(struct bench *b)
{
    return finish(b, start(b, 0));
}

#endif
