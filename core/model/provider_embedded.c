/* The built-in assistant as a provider: a request goes to assistant_answer(), its reply comes back
 * as events, one task of the loop later. No network, no clock, no chance: the same request gives
 * the same events. */
#include "model/model_embedded.h"

#include "base/alloc.h"
#include "base/must.h"
#include "io/loop.h"
#include "model/provider.h"

enum {
    EMBEDDED_MAGIC = 0x656d6264,
    PIECES = 8,     /* a text comes in about so many pieces, cut between words */
    PIECE_MIN = 24, /* bytes */
    BYTES_PER_TOKEN = 4,
};

struct embedded {
    struct provider provider;
    unsigned magic;
    struct loop *loop;
};

struct embedded_call {
    struct attempt attempt;
    struct loop_task task;
    const struct model_request *request;
    const struct attempt_events *events;
    void *arg;
    struct arena arena;
    bool running;  /* within its task: who cancels now must not free it */
    bool canceled;
};

static struct embedded *
embedded_of(struct provider *p)
{
    struct embedded *e = (struct embedded *)(void *)p;
    MUST_MAGIC(e, EMBEDDED_MAGIC);
    return e;
}

static void
free_call(struct embedded_call *c)
{
    arena_done(&c->arena);
    mem_free(c);
}

/* What it would have cost elsewhere, so that reports have a number. */
static struct model_usage
estimate(const struct model_request *request, const struct assistant_reply *reply)
{
    size_t in = request->system.len;
    for (size_t i = 0; i < request->message_count; i++) {
        for (size_t b = 0; b < request->messages[i].count; b++) {
            in += request->messages[i].blocks[b].raw.len;
        }
    }
    for (size_t i = 0; i < request->tool_count; i++) {
        const struct model_tool *tool = &request->tools[i];
        in += tool->name.len + tool->description.len + tool->schema.len;
    }
    size_t out = reply->text.len + reply->tool.len + reply->input.len;
    return (struct model_usage){
        .input_tokens = (int64_t)(in / BYTES_PER_TOKEN + 1),
        .output_tokens = (int64_t)(out / BYTES_PER_TOKEN + 1),
    };
}

/* TEXT in pieces that end behind a space. Stops when a receiver cancels. */
static void
stream(struct embedded_call *c, struct str text)
{
    size_t size = text.len / PIECES > PIECE_MIN ? text.len / PIECES : PIECE_MIN;
    for (size_t at = 0; at < text.len && !c->canceled;) {
        size_t space = str_find_char(text, ' ', at + size);
        size_t end = space == SIZE_MAX ? text.len : space + 1;
        c->events->text(c->arg, str_sub(text, at, end - at));
        at = end;
    }
}

static void
finish(struct embedded_call *c, const struct assistant_reply *answer)
{
    bool calls = answer->tool.len > 0;
    struct model_part part = {
        .kind = calls ? MODEL_PART_TOOL_USE : MODEL_PART_TEXT,
        .text = answer->text,
        .id = calls ? STR("embedded_1") : (struct str){0},
        .name = answer->tool,
        .input = answer->input,
    };
    struct model_reply reply = {
        .parts = &part,
        .part_count = 1,
        .stop = calls ? MODEL_STOP_TOOL_USE : MODEL_STOP_END,
        .usage = estimate(c->request, answer),
    };
    c->events->done(c->arg, &(struct attempt_end){.reply = &reply});
}

static void
run(struct loop_task *task)
{
    struct embedded_call *c = OWNER_OF(task, struct embedded_call, task);
    struct assistant_reply answer;
    struct err err = {0};
    c->running = true;
    int result = assistant_answer(c->request, &c->arena, &answer, &err);
    if (result < 0) {
        struct failure failure;
        failure_from_err(&failure, &err);
        c->events->done(c->arg, &(struct attempt_end){.failure = &failure});
        free_call(c);
        return;
    }
    stream(c, answer.text);
    if (!c->canceled) {
        finish(c, &answer);
    }
    free_call(c);
}

static int
embedded_start(struct provider *p, const struct model_request *request,
               const struct attempt_events *events, void *arg, struct attempt **ret,
               struct err *err)
{
    struct embedded *e = embedded_of(p);
    must(loop_is_here(e->loop));
    struct embedded_call *c = mem_zero(1, sizeof(*c));
    if (!c) {
        return err_nomem(err);
    }
    c->attempt.provider = p;
    c->task.fn = run;
    c->request = request;
    c->events = events;
    c->arg = arg;
    loop_post(e->loop, &c->task);
    *ret = &c->attempt;
    return 0;
}

static void
embedded_cancel(struct attempt *attempt)
{
    struct embedded_call *c = (struct embedded_call *)(void *)attempt;
    struct embedded *e = embedded_of(attempt->provider);
    must(!c->canceled);
    if (c->running) {
        c->canceled = true;
        return;
    }
    loop_unpost(e->loop, &c->task);
    free_call(c);
}

static int
embedded_open(const struct provider_parts *parts, struct provider **ret, struct err *err)
{
    struct embedded *e = mem_zero(1, sizeof(*e));
    if (!e) {
        return err_nomem(err);
    }
    e->provider.ops = &provider_embedded;
    e->magic = EMBEDDED_MAGIC;
    e->loop = parts->loop;
    *ret = &e->provider;
    return 0;
}

static void
embedded_free(struct provider *p)
{
    mem_free(embedded_of(p));
}

const struct provider_ops provider_embedded = {
    .name = "embedded",
    .settings = "",
    .help = "the built-in assistant: offline, free, answers only from the shop's own data",
    .open = embedded_open,
    .free = embedded_free,
    .start = embedded_start,
    .cancel = embedded_cancel,
};
