/* RECEIVED: the message becomes durable. */
#include "base/clock.h"
#include "base/must.h"
#include "turn/turn_impl.h"

/* How often another process' turn is looked at again. */
enum { BUSY_RETRY_MS = 50 };

static void
wait_for_other(struct turn *t)
{
    const struct engine_parts *parts = &t->engine->parts;
    int64_t now = clock_mono_ms(parts->clock);
    if (t->waiting_since == 0) {
        t->waiting_since = now;
        t->waited = true;
    }
    if (now - t->waiting_since < parts->busy_wait_ms) {
        loop_timer_start(&t->busy_timer, BUSY_RETRY_MS);
        return;
    }
    struct err err = {0};
    (void)err_set(&err, ERR_BUSY,
                  "conversation %" STR_FMT ": another program is still answering in it: try again "
                  "in a moment",
                  STR_ARG(t->input.conversation));
    turn_fail(t, &err);
}

/* The commit went through: everything later hangs on what it returned. */
static int
take_opened(struct turn *t, struct err *err)
{
    const struct ledger_open *o = &t->open;
    t->row.id = o->turn;
    t->row.conversation = o->conversation;
    t->row.process = o->process;
    t->row.state = TURN_OPEN;
    t->row.user_message = o->message;
    t->row.model = o->model;
    t->row.epoch = o->epoch;
    t->row.opened_at = clock_wall_ms(t->engine->parts.clock);
    if (t->observer->started) {
        t->observer->started(t->observer_arg, o->conversation);
    }
    return engine_turn_opened(t->engine, t, err);
}

static void
on_opened(void *arg, int result, const struct err *err)
{
    struct turn *t = OWNER_OF(arg, struct turn, open);
    struct err opened_err = {0};
    t->writes--;
    if (result == 0 && take_opened(t, &opened_err) < 0) {
        turn_fail(t, &opened_err);
        return;
    }
    if (turn_settle(t)) {
        return;
    }
    if (result == LEDGER_BUSY) {
        wait_for_other(t);
    } else if (result != 0) {
        turn_fail(t, err);
    } else if (t->open.with_human) {
        turn_go(t, TURN_DONE);
    } else if (turn_wants_answer(t)) {
        turn_go(t, TURN_ANSWERS);
    } else {
        turn_go(t, turn_wants_knowledge(t) ? TURN_KNOWLEDGE : TURN_CONTEXT);
    }
}

/* Yes or no to what was asked before, by words alone: what came with an attachment, or before the
 * question was there, is no answer to it. */
static enum consent
consent_of(const struct turn *t)
{
    return t->waited || t->input.attachment_count ? CONSENT_NONE : consent_read(t->input.text);
}

void
turn_enter_received(struct turn *t)
{
    struct err err = {0};
    t->open = (struct ledger_open){
        .input = &t->input,
        .store = t->engine->parts.store,
        .process = t->engine->process,
        .model = model_name(t->engine->parts.model),
        .content = turn_input_content(&t->input, &t->arena),
        .consent = consent_of(t),
        .arena = &t->arena,
    };
    if (!t->open.content.ptr) {
        (void)err_nomem(&err);
        turn_fail(t, &err);
        return;
    }
    if (turn_hear_topic(t->engine->parts.intents, t->input.text, &t->arena, &t->open.topic, &err) <
        0) {
        turn_fail(t, &err);
        return;
    }
    turn_write(t, ledger_open, on_opened, &t->open);
}
