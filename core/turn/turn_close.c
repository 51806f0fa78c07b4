/* The ends of a turn: REPLY, SAVED and DONE, and FAILED, CANCELED, HANDED_OVER. Each commits what
 * it has to say with ledger_close and then reports. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "prompt/prompt.h"
#include "turn/turn_impl.h"

void
turn_committed(struct turn *t, struct str text)
{
    /* Committed is no longer provisional: nothing may retract it. */
    buf_clear(&t->provisional);
    if (text.len == 0) {
        return;
    }
    if (t->committed.len > 0) {
        buf_add_c(&t->committed, "\n\n");
    }
    t->last_committed = text;
    buf_add(&t->committed, text);
}

/* The closing commit with TEXT as the last word (empty: none), by AUTHOR. */
static bool
commit_close(struct turn *t, struct str text, struct str author, store_done done)
{
    struct block block;
    struct ledger_result *results = arena_zero(&t->arena, t->call_count + 1, sizeof(*results));
    if (!results) {
        return false;
    }
    t->close = (struct ledger_close){
        .turn = t->row,
        .results = results,
        .result_count = turn_gather_results(t, results),
        .model_calls = t->model_rows,
        .model_call_count = t->model_row_count,
        .answers = t->answers,
        .arena = &t->arena,
        .reply =
            {
                .conversation = t->row.conversation,
                .turn = t->row.id,
                .role = STR("assistant"),
                .author = author,
                .state = MESSAGE_SENT,
            },
    };
    if (text.len > 0) {
        if (!block_text(&t->arena, text, &block)) {
            return false;
        }
        t->close.reply.content = message_content_json(&block, 1, &t->arena);
        if (!t->close.reply.content.ptr) {
            return false;
        }
    }
    t->close.asks_customer = t->asks_customer && t->state == TURN_REPLY;
    turn_keep_answer(t, &t->close);
    turn_write(t, ledger_close, done, &t->close);
    return true;
}

/* A commit that ends the turn came back: what it found out. */
static struct turn *
closed(void *arg, int result)
{
    struct turn *t = OWNER_OF(arg, struct turn, close);
    t->writes--;
    if (result == 0 && t->close.taken_over) {
        t->row.outcome = OUTCOME_TAKEN_OVER;
        turn_retract(t);
    }
    return t;
}

/* ---- REPLY, SAVED ----------------------------------------------------------------------------*/

static void
on_replied(void *arg, int result, const struct err *err)
{
    struct turn *t = closed(arg, result);
    if (result != 0) {
        turn_fail(t, err);
        return;
    }
    turn_go(t, TURN_SAVED);
}

void
turn_enter_reply(struct turn *t)
{
    struct err err = {0};
    /* Ours, and not the model's: nothing of it was streamed. */
    bool ours = str_eq(t->row.outcome, OUTCOME_LIMIT) || t->asks_customer;
    if (ours && t->last_text.len > 0 && t->observer->text) {
        buf_add(&t->provisional, t->last_text);
        t->observer->text(t->observer_arg, t->last_text);
    }
    if (!commit_close(t, t->last_text, ours ? AUTHOR_SYSTEM : AUTHOR_BOT, on_replied)) {
        (void)err_nomem(&err);
        turn_fail(t, &err);
    }
}

void
turn_enter_saved(struct turn *t)
{
    if (!t->close.taken_over) {
        turn_committed(t, t->last_text);
    }
    turn_go(t, TURN_DONE);
}

/* ---- FAILED ----------------------------------------------------------------------------------*/

static void
on_failure_recorded(void *arg, int result, const struct err *err)
{
    struct turn *t = closed(arg, result);
    if (result != 0) {
        log_err(LOG_ERROR, "turn", t->row.id, err);
    } else if (!t->close.taken_over) {
        turn_committed(t, t->last_text);
    }
    turn_go(t, TURN_DONE);
}

void
turn_enter_failed(struct turn *t)
{
    const struct engine_parts *parts = &t->engine->parts;
    struct err err = {0};
    turn_retract(t);
    t->row.outcome = OUTCOME_FAILED;
    t->row.reason = str_c(t->failure.message);
    t->last_text = (struct str){0};
    if (t->row.id.len == 0) {
        turn_go(t, TURN_DONE);
        return;
    }
    if (prompt_render_with(parts->apology, parts->line_vars, STR(""), STR(""), &t->arena,
                           &t->last_text, &err) < 0) {
        t->last_text = (struct str){0};
    }
    if (!commit_close(t, t->last_text, AUTHOR_SYSTEM, on_failure_recorded)) {
        turn_go(t, TURN_DONE);
    }
}

/* ---- CANCELED --------------------------------------------------------------------------------*/

static void
on_ended(void *arg, int result, const struct err *err)
{
    struct turn *t = closed(arg, result);
    if (result != 0) {
        log_err(LOG_ERROR, "turn", t->row.id, err);
    }
    turn_go(t, TURN_DONE);
}

void
turn_enter_canceled(struct turn *t)
{
    turn_retract(t);
    t->row.outcome = OUTCOME_CANCELED;
    if (t->row.id.len == 0 || !commit_close(t, STR(""), AUTHOR_BOT, on_ended)) {
        turn_go(t, TURN_DONE);
    }
}

/* ---- HANDED_OVER -----------------------------------------------------------------------------*/

/* Nothing of it is committed: the customer hears an apology, and the turn is closed. */
static void
fail_hand_over(struct turn *t, const struct err *err)
{
    t->failure = *err;
    t->failed = true;
    t->close.ticket = (struct desk_ticket){0};
    turn_go(t, TURN_FAILED);
}

static void
on_handed_over(void *arg, int result, const struct err *err)
{
    struct turn *t = closed(arg, result);
    const struct desk_ticket *ticket = &t->close.ticket;
    if (result != 0) {
        log_err(LOG_ERROR, "turn", t->row.id, err);
        fail_hand_over(t, err);
        return;
    }
    if (ticket->number) {
        t->conversation->epoch = ticket->epoch;
        turn_committed(t, ticket->line);
        if (t->observer->handed_over) {
            t->observer->handed_over(t->observer_arg, ticket->number, ticket->line);
        }
    }
    turn_go(t, TURN_DONE);
}

/* The commit of the results together with the hand-over: one CALL asked for it, or, NULL,
 * human_reason says what did. */
static bool
commit_hand_over(struct turn *t, const struct turn_call *call)
{
    const struct engine_parts *parts = &t->engine->parts;
    struct ledger_result *results = arena_zero(&t->arena, t->call_count + 1, sizeof(*results));
    struct desk_handover *handover = arena_zero(&t->arena, 1, sizeof(*handover));
    if (!results || !handover) {
        return false;
    }
    size_t count = 0;
    size_t index = SIZE_MAX;
    for (size_t i = 0; i < t->call_count; i++) {
        if (&t->calls[i] == call) {
            index = count;
        }
        if (t->calls[i].finished && !t->calls[i].stored) {
            results[count++] = t->calls[i].result;
        }
    }
    *handover = (struct desk_handover){
        .conversation = t->row.conversation,
        .epoch = t->row.epoch,
        .who = STR("bot"),
        .reason = call ? call->staging.reason : t->human_reason,
        .priority = turn_hear_priority(t->view.messages, t->view.count, t->input.text,
                                       call ? call->staging.priority : STR(""), &t->arena),
        .category = call ? call->staging.category : t->human_category,
        .line = parts->handoff,
        .line_vars = parts->line_vars,
    };
    t->row.outcome = OUTCOME_HANDED_OVER;
    t->row.reason = handover->reason;
    t->close = (struct ledger_close){
        .turn = t->row,
        .model_calls = call ? NULL : t->model_rows,
        .model_call_count = call ? 0 : t->model_row_count,
        .results = results,
        .result_count = count,
        .answers = t->answers,
        .handover = handover,
        .handover_call = index,
        .arena = &t->arena,
    };
    turn_write(t, ledger_close, on_handed_over, &t->close);
    return true;
}

static const struct turn_call *
staged_call(const struct turn *t)
{
    for (size_t i = 0; i < t->call_count; i++) {
        if (t->calls[i].staged) {
            return &t->calls[i];
        }
    }
    return NULL;
}

/* Three ways lead here: a call of this turn staged a hand-over; a brake on spending, or a call that
 * an agent has to agree to, asks for a human; or a human took the conversation over from outside,
 * and what was said so far is recorded as discarded. */
void
turn_enter_handed_over(struct turn *t)
{
    const struct turn_call *call = staged_call(t);
    struct err err = {0};
    if ((call || t->human_reason.len) && t->interrupt == INTERRUPT_NONE) {
        if (!commit_hand_over(t, call)) {
            (void)err_nomem(&err);
            fail_hand_over(t, &err);
        }
        return;
    }
    struct str said = arena_str(&t->arena, str_trim(buf_str(&t->provisional)));
    turn_retract(t);
    t->row.outcome = OUTCOME_TAKEN_OVER;
    if (!commit_close(t, said, AUTHOR_BOT, on_ended)) {
        turn_go(t, TURN_DONE);
    }
}

/* ---- DONE ------------------------------------------------------------------------------------*/

/* The word observers get: a turn that was taken over ended with the human, like one that never
 * began because a human has the conversation. */
static struct str
public_outcome(const struct turn *t)
{
    if (t->open.with_human || str_eq(t->row.outcome, OUTCOME_TAKEN_OVER)) {
        return STR("with_human");
    }
    return t->row.outcome;
}

void
turn_enter_done(struct turn *t)
{
    const struct clock *clock = t->engine->parts.clock;
    must(t->writes == 0 && !t->model_call);
    struct turn_report report = {
        .conversation = t->row.conversation.len ? t->row.conversation : t->input.conversation,
        .turn = t->row.id,
        .outcome = public_outcome(t),
        .reply = t->committed.failed ? t->last_committed : buf_str(&t->committed),
        .reason = t->row.reason,
        .model = t->row.model,
        .ticket = t->close.ticket.number,
        .tools = t->reports,
        .tool_count = t->report_count,
        .input_tokens = t->row.input_tokens,
        .output_tokens = t->row.output_tokens,
        .ms = clock_mono_ms(clock) - t->started_mono,
        .error = t->failed ? (int)t->failure.code : 0,
    };
    loop_timer_stop(&t->time_limit);
    loop_timer_stop(&t->busy_timer);
    t->over = true;
    if (t->observer->done) {
        t->observer->done(t->observer_arg, &report);
    }
    turn_remember(t);
    engine_turn_done(t->engine, t);
}
