#include "models_test.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/message.h"
#include "base/utf8.h"
#include "io/loop.h"
#include "model/model.h"
#include "model/models.h"
#include "schema/schema.h"
#include "turn/reply.h"

enum {
    ROUNDS_MAX = 3,    /* calls of the model: one more than a good one needs */
    SHORT_REPLY = 200, /* tokens */
    LONG_REPLY = 2000, /* for one that thinks before it speaks */
    SHOWN_MAX = 160,   /* bytes of its words */
    MESSAGES_MAX = 2 * ROUNDS_MAX + 1,
};

#define SYSTEM                                                                                     \
    "You are the assistant of a small shop. Use the tool for what it can answer. Then answer in "  \
    "one short sentence."
#define QUESTION "What time is it at the shop in Lisbon just now?"
#define SCHEMA                                                                                     \
    "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"description\":\"the "    \
    "city the shop is in\"}},\"required\":[\"city\"]}"
#define RESULT "[{\"text\":\"14:05\"}]"

static const struct model_tool tool = {
    .name = STR_INIT("get_shop_time"),
    .description = STR_INIT("Tells what time it is now at the shop in a city."),
    .schema = STR_INIT(SCHEMA),
};

/* The talk while it goes on. */
struct talk {
    struct models_test *test;
    struct model *model;
    struct model_call *call;
    struct model_request request;
    struct message messages[MESSAGES_MAX];
    struct id_gen ids;
    struct loop_signal interrupt;
    struct loop_task next;
    int64_t begun;   /* all of it */
    int64_t started; /* the call under way */
    unsigned rounds;
    bool called; /* the tool */
};

static int64_t
since(const struct talk *k, int64_t then)
{
    return clock_mono_ms(k->test->clock) - then;
}

static void
tell(const struct talk *k, const char *name, struct str words)
{
    if (k->test->step && words.ptr) {
        k->test->step(k->test->arg, name, words);
    }
}

static void
warn(struct models_test *t, struct str words)
{
    if (t->warning.len == 0) {
        t->warning = words.ptr ? words : STR("out of memory");
    }
}

static void
finish(struct talk *k)
{
    k->test->total_ms = since(k, k->begun);
    loop_stop(k->test->loop);
}

static void
fail(struct talk *k, const struct err *err)
{
    k->test->state = MODELS_TEST_FAILED;
    k->test->err = *err;
    finish(k);
}

/* ---- What came -------------------------------------------------------------------------------*/

static void
on_text(void *arg, struct str delta)
{
    struct talk *k = arg;
    (void)delta;
    if (k->test->first_ms < 0) {
        k->test->first_ms = since(k, k->started);
        tell(k, "first text", arena_printf(&k->test->arena, "%" PRId64 " ms", k->test->first_ms));
    }
    k->test->pieces++;
}

static void
on_retracted(void *arg)
{
    struct talk *k = arg;
    k->test->pieces = 0;
}

/* Is CALL one of the tool that was offered, with arguments that fit? */
static bool
check_call(struct models_test *t, const struct reply_call *call)
{
    AUTO(schema) struct schema *schema = NULL;
    struct schema_report report;
    struct js *arguments = NULL;
    struct err err = {0};
    if (!str_eq(call->name, tool.name)) {
        warn(t, arena_printf(&t->arena, "it called a tool that was not offered: %" STR_FMT,
                             STR_ARG(utf8_cut(call->name, SHOWN_MAX))));
        return false;
    }
    int result = js_parse_object(call->arguments, "arguments", &t->arena, &arguments, &err);
    if (result == 0) {
        result = schema_compile(tool.schema, &schema, &err);
    }
    if (result == 0) {
        result = schema_check(schema, arguments, &t->arena, &report, &err);
    }
    if (result == SCHEMA_MISMATCH) {
        result = schema_report_err(&report, &err);
    }
    if (result < 0) {
        warn(t, arena_printf(&t->arena, "it called the tool wrongly: %s", err.message));
        return false;
    }
    return true;
}

/* ---- The talk --------------------------------------------------------------------------------*/

static bool
add_message(struct talk *k, enum role role, struct block *blocks, size_t count)
{
    k->messages[k->request.message_count++] =
        (struct message){.role = role, .blocks = blocks, .count = count};
    return blocks != NULL;
}

/* The model's message and the results of its calls, all the same. */
static int
go_on(struct talk *k, const struct reply *reply, struct err *err)
{
    struct arena *arena = &k->test->arena;
    struct block *results = arena_zero(arena, reply->call_count, sizeof(*results));
    struct message said;
    int result = reply_message(reply, reply->text, arena, &said, err);
    if (result < 0) {
        return result;
    }
    for (size_t i = 0; results && i < reply->call_count; i++) {
        if (!block_tool_result(arena, reply->calls[i].id, STR(RESULT), false, &results[i])) {
            results = NULL;
        }
    }
    if (!add_message(k, ROLE_ASSISTANT, said.blocks, said.count) ||
        !add_message(k, ROLE_USER, results, reply->call_count)) {
        return err_nomem(err);
    }
    loop_post(k->test->loop, &k->next);
    return 0;
}

static void
take_calls(struct talk *k, const struct reply *reply)
{
    struct models_test *t = k->test;
    struct err err = {0};
    bool fine = true;
    for (size_t i = 0; i < reply->call_count; i++) {
        fine = check_call(t, &reply->calls[i]) && fine;
    }
    if (!k->called) {
        t->tool_ms = since(k, k->started);
        tell(k, "tool call",
             arena_printf(&t->arena, "%" PRId64 " ms, %" STR_FMT " %" STR_FMT, t->tool_ms,
                          STR_ARG(utf8_cut(reply->calls[0].name, SHOWN_MAX)),
                          STR_ARG(utf8_cut(reply->calls[0].arguments, SHOWN_MAX))));
    }
    t->state = fine ? t->state : MODELS_TEST_NO_TOOLS;
    k->called = true;
    if (k->rounds == ROUNDS_MAX) {
        t->state = MODELS_TEST_NO_TOOLS;
        warn(t, STR("it called the tool again and again and did not answer"));
        finish(k);
    } else if (go_on(k, reply, &err) < 0) {
        fail(k, &err);
    }
}

static void
take_text(struct talk *k, struct str text)
{
    struct models_test *t = k->test;
    t->answer = utf8_cut(text, SHOWN_MAX);
    t->answer_ms = since(k, k->started);
    tell(k, "answer",
         arena_printf(&t->arena, "%" PRId64 " ms, in %zu piece%s: \"%" STR_FMT "%s\"", t->answer_ms,
                      t->pieces, t->pieces == 1 ? "" : "s", STR_ARG(t->answer),
                      t->answer.len < text.len ? "..." : ""));
    if (str_eq_c(t->entry->provider, "embedded")) {
        t->state = MODELS_TEST_OK; /* it uses the shop's own tools and no other */
    } else if (!k->called) {
        t->state = MODELS_TEST_NO_TOOLS;
        warn(t, STR("it answered without using the tool it was offered: it works, but tools do "
                    "not, and without them the bot knows nothing of the shop"));
    } else if (str_find(text, STR("14"), 0) == SIZE_MAX &&
               str_find(text, STR("2:05"), 0) == SIZE_MAX) {
        warn(t, STR("its answer does not say what the tool told it"));
    }
    finish(k);
}

/* Neither a word nor a call: one that thinks first may only have run out of room. */
static void
take_nothing(struct talk *k, enum model_stop stop)
{
    struct err err = {0};
    if (stop == MODEL_STOP_MAX_TOKENS && k->request.params.max_tokens == SHORT_REPLY) {
        k->request.params.max_tokens = LONG_REPLY;
        loop_post(k->test->loop, &k->next);
        return;
    }
    (void)err_set(&err, ERR_REMOTE, "model %" STR_FMT ": it answered nothing (it stopped: %s)",
                  STR_ARG(k->test->entry->name), model_stop_name(stop));
    fail(k, &err);
}

static void
on_done(void *arg, int result, const struct model_reply *from, const struct err *err)
{
    struct talk *k = arg;
    struct models_test *t = k->test;
    struct reply reply;
    struct err decode_err = {0};
    k->call = NULL;
    if (result < 0) {
        fail(k, err);
        return;
    }
    t->input_tokens += from->usage.input_tokens;
    t->output_tokens += from->usage.output_tokens;
    if (reply_decode(from, &k->ids, &t->arena, &reply, &decode_err) < 0) {
        fail(k, &decode_err);
    } else if (reply.call_count > 0) {
        take_calls(k, &reply);
    } else if (reply.text.len > 0) {
        take_text(k, reply.text);
    } else {
        take_nothing(k, from->stop);
    }
}

static void
ask(struct loop_task *task)
{
    static const struct model_events events = {on_text, on_retracted, on_done};
    struct talk *k = OWNER_OF(task, struct talk, next);
    struct err err = {0};
    k->started = clock_mono_ms(k->test->clock);
    k->test->pieces = 0;
    k->rounds++;
    if (model_start(k->model, &k->request, &events, k, &k->call, &err) < 0) {
        k->call = NULL;
        fail(k, &err);
    }
}

static void
on_interrupt(struct loop_signal *signal)
{
    struct talk *k = OWNER_OF(signal, struct talk, interrupt);
    struct err err = {0};
    (void)err_set(&err, ERR_CANCELED, "canceled");
    fail(k, &err);
}

/* ---- All of it -------------------------------------------------------------------------------*/

static int
prepare(struct talk *k, struct err *err)
{
    struct models_test *t = k->test;
    struct block *question = arena_zero(&t->arena, 1, sizeof(*question));
    int result = models_check(t->models, t->entry->name, &t->arena, &t->credential, err);
    if (result == 0) {
        result = models_get_alone(t->models, t->entry->name, &k->model, err);
    }
    if (result < 0) {
        return result;
    }
    if (!question || !block_text(&t->arena, STR(QUESTION), question)) {
        return err_nomem(err);
    }
    k->request = (struct model_request){
        .turn = STR("test"),
        .system = STR(SYSTEM),
        .messages = k->messages,
        .tools = &tool,
        .tool_count = 1,
        .params.max_tokens = t->entry->extra ? 0 : SHORT_REPLY,
    };
    (void)add_message(k, ROLE_USER, question, 1);
    if (t->credential.len) {
        tell(k, "credentials", t->credential);
    }
    return 0;
}

void
models_test_run(struct models_test *t)
{
    struct talk k = {.test = t, .next.fn = ask, .begun = clock_mono_ms(t->clock)};
    struct err err = {0};
    t->first_ms = t->tool_ms = t->answer_ms = -1;
    id_gen_init(&k.ids);
    int result = prepare(&k, &err);
    if (result == 0) {
        result = loop_signal_init(&k.interrupt, t->loop, SIGINT, on_interrupt, &err);
    }
    if (result == 0) {
        loop_post(t->loop, &k.next);
        result = loop_run(t->loop, &err);
    }
    if (result < 0) {
        t->state = MODELS_TEST_FAILED;
        t->err = err;
    }
    if (k.call) {
        model_cancel(k.call);
    }
    loop_unpost(t->loop, &k.next);
    loop_signal_done(&k.interrupt);
}

void
models_test_done(struct models_test *t)
{
    arena_done(&t->arena);
}
