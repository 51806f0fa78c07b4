#include "provider_scripted.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "io/loop.h"

struct scripted_attempt {
    struct attempt attempt;
    struct provider_scripted *owner;
    const struct scripted_step *step;
    const struct attempt_events *events;
    void *arg;
    struct loop_timer timer;
    struct str rest;
    struct buf text;
};

static void
release(struct scripted_attempt *a)
{
    a->owner->under_way--;
    loop_timer_done(&a->timer);
    buf_done(&a->text);
    mem_free(a);
}

static void
end_failed(struct scripted_attempt *a)
{
    struct failure failure = {
        .retry_after_ms = a->step->retry_after_ms ? a->step->retry_after_ms : -1,
        .advice = a->step->advice,
    };
    if (a->step->fails) {
        failure_set(&failure, a->step->fails, "scripted: %s", failure_kind_name(a->step->fails));
    } else {
        struct err err = {0};
        (void)err_nomem(&err);
        failure_from_err(&failure, &err);
    }
    a->events->done(a->arg, &(struct attempt_end){.failure = &failure});
    release(a);
}

static void
end_reply(struct scripted_attempt *a)
{
    struct model_part parts[2];
    size_t count = 0;
    if (a->text.len) {
        parts[count++] = (struct model_part){.kind = MODEL_PART_TEXT, .text = buf_str(&a->text)};
    }
    if (a->step->tool) {
        parts[count++] = (struct model_part){
            .kind = MODEL_PART_TOOL_USE, .id = STR("1"), .name = STR("look"), .input = STR("{}")};
    }
    const struct model_reply reply = {.model = STR("as the server calls it"),
                                      .parts = parts,
                                      .part_count = count,
                                      .stop = a->step->stop,
                                      .usage = a->step->usage};
    a->events->done(a->arg, &(struct attempt_end){.reply = &reply});
    release(a);
}

static void
on_timer(struct loop_timer *timer)
{
    struct scripted_attempt *a = OWNER_OF(timer, struct scripted_attempt, timer);
    struct str piece;
    if (str_split(&a->rest, '|', &piece)) {
        buf_add(&a->text, piece);
        loop_timer_start(&a->timer, a->step->delay_ms);
        a->events->text(a->arg, piece);
    } else if (a->step->hangs) {
        return;
    } else if (a->step->fails || a->text.failed) {
        end_failed(a);
    } else {
        end_reply(a);
    }
}

static void
look(struct provider_scripted *p, const struct model_request *request)
{
    p->attempts++;
    p->under_way++;
    p->most_under_way = p->under_way > p->most_under_way ? p->under_way : p->most_under_way;
    p->partials += request->partial.len > 0;
    (void)snprintf(p->partial, sizeof(p->partial), "%" STR_FMT, STR_ARG(request->partial));
    p->max_tokens = request->params.max_tokens;
}

static int
scripted_start(struct provider *provider, const struct model_request *request,
               const struct attempt_events *events, void *arg, struct attempt **ret,
               struct err *err)
{
    struct provider_scripted *p = (struct provider_scripted *)provider;
    const struct scripted_step *step =
        &p->steps[p->attempts < p->count ? p->attempts : p->count - 1];
    if (step->start_fails) {
        p->attempts++;
        return err_set(err, step->start_fails, "scripted: does not start");
    }
    struct scripted_attempt *a = mem_zero(1, sizeof(*a));
    if (!a) {
        return err_nomem(err);
    }
    if (loop_timer_init(&a->timer, p->loop, on_timer, err) < 0) {
        mem_free(a);
        return err->code;
    }
    look(p, request);
    a->attempt.provider = provider;
    a->owner = p;
    a->step = step;
    a->events = events;
    a->arg = arg;
    a->rest = str_c(step->text);
    buf_init(&a->text, LIMIT_REPLY_BYTES);
    loop_timer_start(&a->timer, step->delay_ms);
    *ret = &a->attempt;
    return 0;
}

static void
scripted_cancel(struct attempt *attempt)
{
    struct scripted_attempt *a = (struct scripted_attempt *)attempt;
    a->owner->canceled++;
    release(a);
}

static int
scripted_check(struct provider *provider, const struct model_request *request, struct err *err)
{
    const struct provider_scripted *p = (const struct provider_scripted *)provider;
    (void)request;
    return p->refuses ? err_set(err, ERR_INVALID, "%s", p->refuses) : 0;
}

static bool
scripted_continues(const struct provider *provider)
{
    return ((const struct provider_scripted *)provider)->continues;
}

static void
scripted_free(struct provider *provider)
{
    (void)provider; /* the test's storage */
}

static const struct provider_ops scripted_ops = {
    .name = "scripted",
    .help = "for tests",
    .settings = "",
    .free = scripted_free,
    .check = scripted_check,
    .start = scripted_start,
    .cancel = scripted_cancel,
    .continues = scripted_continues,
};

void
provider_scripted_init(struct provider_scripted *p, struct loop *l,
                       const struct scripted_step *steps, size_t count)
{
    *p = (struct provider_scripted){
        .provider.ops = &scripted_ops, .loop = l, .steps = steps, .count = count};
}
