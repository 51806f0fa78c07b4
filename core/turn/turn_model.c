/* MODEL: one call of the model, its provisional text, and what its reply leads to. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "turn/turn_impl.h"

enum {
    EMPTY_REPLIES_MAX = 2,  /* a reply without a word and without a call is asked for once more */
    OUTPUT_EXPECTED = 1000, /* tokens of a reply whose length nobody limits */
};

static struct model_call_row *
row_under_way(struct turn *t)
{
    return &t->model_rows[t->model_row_count - 1];
}

/* Only while the conversation is the bot's, and nothing wants the turn to end, may more be shown.
 */
static bool
may_show(const struct turn *t)
{
    return t->interrupt == INTERRUPT_NONE && t->conversation->epoch == t->row.epoch;
}

static void
on_text(void *arg, struct str delta)
{
    struct turn *t = arg;
    if (delta.len == 0 || !may_show(t)) {
        return;
    }
    /* 0 means "none was shown". */
    int64_t now = clock_mono_ms(t->engine->parts.clock);
    if (t->provisional.len == 0) {
        row_under_way(t)->first_text_ms =
            now > t->model_started_mono ? now - t->model_started_mono : 1;
    }
    if (t->row.first_text_ms == 0) {
        t->row.first_text_ms = now > t->started_mono ? now - t->started_mono : 1;
    }
    buf_add(&t->provisional, delta);
    if (t->observer->text) {
        t->observer->text(t->observer_arg, delta);
    }
}

void
turn_retract(struct turn *t)
{
    if (t->provisional.len > 0 && t->observer->retracted) {
        t->observer->retracted(t->observer_arg);
    }
    buf_clear(&t->provisional);
}

static void
on_retracted(void *arg)
{
    turn_retract(arg);
}

static const struct spend_rules *
turn_spend_rules(const struct turn *t)
{
    static const struct spend_rules none = {0};
    return t->engine->parts.spend ? t->engine->parts.spend : &none;
}

/* The server does not say what its reply took: for the turn's brakes it took what was reserved. */
static void
estimate_spent(struct turn *t, struct str model)
{
    const struct spend_reserve *r = &t->reserve;
    t->uncounted += r->input_tokens + r->output_tokens;
    t->micros += spend_cost(turn_spend_rules(t), model, r->input_tokens, 0, r->output_tokens);
}

static void
record_end(struct turn *t, const char *outcome, const struct model_reply *reply,
           const struct err *err)
{
    struct model_call_row *row = row_under_way(t);
    row->outcome = str_c(outcome);
    row->ended_at = clock_wall_ms(t->engine->parts.clock);
    if (err) {
        row->error = arena_str(&t->arena, str_c(err->message));
    }
    if (!reply) {
        return;
    }
    if (reply->model.len) {
        row->model = arena_str(&t->arena, reply->model);
        t->row.model = row->model;
    }
    if (reply->note.len) {
        row->error = arena_str(&t->arena, reply->note);
    }
    row->stop_reason = str_c(model_stop_name(reply->stop));
    row->input_tokens = reply->usage.input_tokens;
    row->output_tokens = reply->usage.output_tokens;
    row->cached_tokens = reply->usage.cached_tokens;
    row->written_tokens = reply->usage.written_tokens;
    row->micros = spend_cost(turn_spend_rules(t), row->model, row->input_tokens, row->cached_tokens,
                             row->output_tokens);
    tokens_learn(&t->engine->book, row->model, t->tokens, row->input_tokens);
    t->micros += row->micros;
    if (row->input_tokens + row->output_tokens == 0) {
        estimate_spent(t, row->model);
    }
    t->row.input_tokens += row->input_tokens;
    t->row.output_tokens += row->output_tokens;
}

/* Neither a word nor a call that could be used. Out of room or filtered it would be again: the
 * customer is told why, for nothing has gone wrong. */
static void
take_empty(struct turn *t, const struct reply *reply, enum model_stop stop)
{
    struct err err = {0};
    if (reply->cut || stop == MODEL_STOP_MAX_TOKENS) {
        turn_set_limit(t, "my answer became longer than I am allowed to make it");
        turn_go(t, TURN_REPLY);
    } else if (stop == MODEL_STOP_FILTERED) {
        turn_set_limit(t, "a content filter held my answer back");
        turn_go(t, TURN_REPLY);
    } else if (++t->empty_replies < EMPTY_REPLIES_MAX) {
        turn_go(t, TURN_MODEL);
    } else {
        (void)err_set(&err, ERR_REMOTE, "the model answered nothing, %d times", EMPTY_REPLIES_MAX);
        turn_fail(t, &err);
    }
}

static void
take_reply(struct turn *t, const struct reply *reply, enum model_stop stop)
{
    struct err err = {0};
    if (reply->call_count > 0) {
        if (turn_take_calls(t, reply)) {
            turn_go(t, TURN_TOOLS);
            return;
        }
        (void)err_nomem(&err);
        turn_fail(t, &err);
    } else if (reply->text.len == 0) {
        turn_retract(t);
        take_empty(t, reply, stop);
    } else {
        if (t->provisional.len == 0) {
            on_text(t, reply->text);
        }
        t->last_text = reply->text;
        t->row.outcome = OUTCOME_ANSWERED;
        turn_go(t, TURN_REPLY);
    }
}

static void
on_model_done(void *arg, int result, const struct model_reply *model_reply, const struct err *err)
{
    struct turn *t = arg;
    struct err decode_err = {0};
    struct reply reply;
    t->model_call = NULL;
    record_end(t, result == 0 ? "ok" : "error", result == 0 ? model_reply : NULL,
               result == 0 ? NULL : err);
    if (turn_settle(t)) {
        return;
    }
    if (result != 0) {
        turn_retract(t);
        turn_fail(t, err);
    } else if (reply_decode(model_reply, &t->engine->ids, &t->step, &reply, &decode_err) < 0) {
        turn_fail(t, &decode_err);
    } else {
        take_reply(t, &reply, model_reply->stop);
    }
}

static const struct model_events model_events = {on_text, on_retracted, on_model_done};

static bool
add_model_row(struct turn *t)
{
    const struct engine_parts *parts = &t->engine->parts;
    if (!mem_grow(t->model_rows, t->model_row_count, t->model_row_capacity)) {
        return false;
    }
    t->model_rows[t->model_row_count++] = (struct model_call_row){
        .id = id_to_arena(&t->engine->ids, 'k', &t->arena),
        .conversation = t->row.conversation,
        .turn = t->row.id,
        .model = model_name(parts->model),
        .started_at = clock_wall_ms(parts->clock),
        .seen_from = t->view.seen_from,
        .digest = t->view.digest,
    };
    return row_under_way(t)->id.ptr != NULL;
}

/* ---- Asking ----------------------------------------------------------------------------------*/

static void
ask(struct turn *t, struct model *model)
{
    struct err err = {0};
    row_under_way(t)->model = model_name(model);
    t->model_started_mono = clock_mono_ms(t->engine->parts.clock);
    if (model_start(model, &t->model_request, &model_events, t, &t->model_call, &err) != 0) {
        t->model_call = NULL;
        record_end(t, "error", NULL, &err);
        turn_fail(t, &err);
    }
}

/* The call of the row under way will not be made. */
static void
drop_row(struct turn *t)
{
    t->model_row_count--;
    t->row.model_calls--;
}

static void
brake(struct turn *t)
{
    const struct spend_reserve *r = &t->reserve;
    const char *words = spend_words(r->brake->scope);
    drop_row(t);
    turn_retract(t);
    if (r->action == SPEND_HUMAN) {
        t->human_reason = str_c(words);
        t->human_category = STR("budget");
        turn_go(t, TURN_HANDED_OVER);
        return;
    }
    turn_set_limit(t, words);
    turn_go(t, TURN_REPLY);
}

static void
on_reserved(void *arg, int result, const struct err *err)
{
    struct turn *t = OWNER_OF(arg, struct turn, reserve);
    const struct engine_parts *parts = &t->engine->parts;
    bool reserved = result == 0 && t->reserve.action <= SPEND_CHEAPER;
    bool going_on = !t->failed && t->interrupt == INTERRUPT_NONE;
    t->writes--;
    if (!going_on && reserved) {
        struct err unasked = {0};
        (void)err_set(&unasked, ERR_CANCELED, "the turn ended before the model was asked");
        record_end(t, "error", NULL, &unasked);
    } else if (!reserved && (!going_on || result != 0)) {
        drop_row(t);
    }
    if (turn_settle(t)) {
        return;
    }
    if (result != 0) {
        turn_fail(t, err);
    } else if (!reserved) {
        brake(t);
    } else {
        ask(t, t->reserve.action == SPEND_CHEAPER ? parts->cheaper : parts->model);
    }
}

static void
reserve(struct turn *t)
{
    const struct engine_parts *parts = &t->engine->parts;
    t->reserve = (struct spend_reserve){
        .rules = parts->spend,
        .call = row_under_way(t)->id,
        .conversation = t->row.conversation,
        .customer = t->open.customer,
        .turn = t->row.id,
        .model = model_name(parts->model),
        .cheaper = parts->cheaper ? model_name(parts->cheaper) : STR(""),
        .input_tokens = row_under_way(t)->estimated_tokens,
        .output_tokens = t->model_request.params.max_tokens ? t->model_request.params.max_tokens
                                                            : OUTPUT_EXPECTED,
        .turn_tokens = t->row.input_tokens + t->row.output_tokens + t->uncounted,
        .turn_micros = t->micros,
        .arena = &t->arena,
    };
    turn_write(t, spend_reserve, on_reserved, &t->reserve);
}

/* What the prompt asks for. A tool the model must use is used once: who is made to call again with
 * every answer never says a word. */
static struct model_params
params_now(const struct turn *t)
{
    struct model_params p = t->input.params;
    if (t->row.tool_calls > 0 && p.tool_choice.len && !str_eq_c(p.tool_choice, "none")) {
        p.tool_choice = STR("auto");
    }
    return p;
}

void
turn_enter_model(struct turn *t)
{
    const struct engine_parts *parts = &t->engine->parts;
    struct err err = {0};
    t->row.model_calls++;
    t->model_request = (struct model_request){
        .turn = t->row.id,
        .conversation = t->row.conversation,
        .prefer = t->row.model, /* who answered before in this turn */
        .system = t->input.system,
        .messages = t->messages,
        .message_count = t->message_count,
        .tools = t->tools,
        .tool_count = t->tool_count,
        .params = params_now(t),
        .intents = parts->intents,
    };
    if (!add_model_row(t)) {
        (void)err_nomem(&err);
        turn_fail(t, &err);
        return;
    }
    row_under_way(t)->estimated_tokens =
        tokens_for_model(&t->engine->book, model_name(parts->model), t->tokens);
    if (turn_spend_rules(t)->brake_count > 0) {
        reserve(t);
    } else {
        ask(t, parts->model);
    }
}

void
turn_stop_model(struct turn *t)
{
    if (t->model_call) {
        model_cancel(t->model_call);
        t->model_call = NULL;
        record_end(t, "canceled", NULL, NULL);
    }
}
