#include "model/errand.h"

#include "base/buf.h"
#include "base/limits.h"
#include "model/estimate.h"

static void
ignore_text(void *arg, struct str delta)
{
    (void)arg;
    (void)delta;
}

static void
ignore_retracted(void *arg)
{
    (void)arg;
}

static void
on_done(void *arg, int result, const struct model_reply *reply, const struct err *err)
{
    struct errand *e = arg;
    AUTO(buf) struct buf text = {0};
    struct err text_err = {0};
    e->call = NULL;
    if (result != 0) {
        e->ended(e->arg, result, (struct str){0}, NULL, err);
        return;
    }
    buf_init(&text, LIMIT_REPLY_BYTES);
    for (size_t i = 0; i < reply->part_count; i++) {
        if (reply->parts[i].kind == MODEL_PART_TEXT) {
            buf_add(&text, reply->parts[i].text);
        }
    }
    result = buf_finish(&text, "the model's text", &text_err);
    e->ended(e->arg, result, result == 0 ? buf_str(&text) : (struct str){0}, reply, &text_err);
}

int
errand_start(struct errand *e, struct model *m, const struct errand_order *order,
             struct arena *arena, errand_ended ended, void *arg, struct err *err)
{
    static const struct model_events events = {ignore_text, ignore_retracted, on_done};
    *e = (struct errand){.ended = ended, .arg = arg};
    if (!block_text(arena, str_c(order->words), &e->block)) {
        return err_nomem(err);
    }
    e->asked = (struct message){.role = ROLE_USER, .blocks = &e->block, .count = 1};
    e->request = (struct model_request){.turn = str_c(order->name),
                                        .conversation = order->conversation,
                                        .system = order->system,
                                        .messages = &e->asked,
                                        .message_count = 1};
    e->estimated_tokens = estimate_request(&e->request);
    return model_start(m, &e->request, &events, e, &e->call, err);
}

void
errand_cancel(struct errand *e)
{
    if (e->call) {
        model_cancel(e->call);
        e->call = NULL;
    }
}
