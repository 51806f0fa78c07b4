/* Calls that may not run, or not before somebody has agreed to them: see permit.h. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "prompt/prompt.h"
#include "turn/turn_impl.h"

const struct tool_def *
turn_call_defs(struct turn *t)
{
    struct tool_def *defs = arena_zero(&t->step, t->call_count + 1, sizeof(*defs));
    for (size_t i = 0; defs && i < t->call_count; i++) {
        const struct tool_def *def = tool_find(t->engine->parts.tools, t->calls[i].name);
        t->calls[i].def = def;
        if (def) {
            /* A copy: the registry is the loop's, and the judge sits on the store's thread. */
            defs[i] = *def;
        }
    }
    return defs;
}

/* It is told to the observer like any call that came to nothing. */
static void
refuse(struct turn_call *call, struct str code, struct str content)
{
    struct turn *t = call->turn;
    call->finished = true;
    call->result = (struct ledger_result){
        .call = call->id,
        .status = CALL_REJECTED,
        .content = content,
        .error_code = code,
        .ended_at = clock_wall_ms(t->engine->parts.clock),
    };
    t->calls_left--;
    if (t->observer->tool_started) {
        t->observer->tool_started(t->observer_arg, call->name);
    }
    turn_report_call(call, false, 0);
}

void
turn_refuse_calls(struct turn *t)
{
    for (size_t i = 0; i < t->call_count; i++) {
        struct turn_call *call = &t->calls[i];
        call->permit = &t->calls_arg.permits[i];
        if (call->permit->said.verdict != TOOL_MAY_RUN) {
            call->stored = true;
            refuse(call, call->permit->said.code, call->permit->content);
        }
    }
}

/* Tools come and go with `plugins reload`, also between the commit and here. Definitions are kept
 * to the registry's end, so an address is one definition's for good. */
bool
turn_call_stands(struct turn_call *call)
{
    struct turn *t = call->turn;
    if (tool_find(t->engine->parts.tools, call->name) == call->def) {
        return true;
    }
    const struct tool_result changed = {
        .status = TOOL_REJECTED,
        .error_code = STR("changed"),
        .message = arena_printf(&t->step,
                                "%" STR_FMT " was changed while this call was on its way to it, "
                                "and was not run: nothing was done. If it is still there and "
                                "still what is wanted, call it again.",
                                STR_ARG(call->name)),
    };
    struct str content = {0};
    if (changed.message.ptr) {
        content = tool_result_content(&changed, &t->step);
    }
    refuse(call, changed.error_code, content);
    return false;
}

/* What is asked of VERDICT's side, each behind BEFORE, in the turn's arena; empty: nothing. */
static bool
gather(struct turn *t, enum tool_verdict verdict, const char *before, const char *between,
       struct str *ret)
{
    AUTO(buf) struct buf b;
    buf_init(&b, LIMIT_REPLY_BYTES);
    for (size_t i = 0; i < t->call_count; i++) {
        const struct tool_judgement *said = &t->calls[i].permit->said;
        if (said->verdict == verdict) {
            buf_add_c(&b, b.len ? between : "");
            buf_add_c(&b, before);
            buf_add(&b, said->summary);
        }
    }
    *ret = b.len ? buf_to_arena(&b, &t->arena) : STR("");
    return ret->ptr != NULL;
}

static int
ask_customer(struct turn *t, struct str actions, struct err *err)
{
    const struct engine_parts *parts = &t->engine->parts;
    int result = prompt_render_with(parts->confirm, parts->line_vars, STR("actions"), actions,
                                    &t->arena, &t->last_text, err);
    if (result < 0) {
        return result;
    }
    /* Nobody agrees to what they were not shown, whatever the desk made of its template. */
    if (str_find(t->last_text, actions, 0) == SIZE_MAX) {
        return err_set(err, ERR_INVALID,
                       "prompt confirm: says nothing of what is asked for: put {{actions}} on a "
                       "line of its own");
    }
    turn_retract(t);
    t->asks_customer = true;
    t->row.outcome = OUTCOME_ANSWERED;
    turn_go(t, TURN_REPLY);
    return 0;
}

/* An agent is asked first: who has the conversation then asks the customer, too. */
bool
turn_asks(struct turn *t)
{
    struct err err = {0};
    struct str wanted;
    struct str actions;
    if (!gather(t, TOOL_ASK_AGENT, "", "; ", &wanted) ||
        !gather(t, TOOL_ASK_CUSTOMER, "- ", "\n", &actions)) {
        (void)err_nomem(&err);
        turn_fail(t, &err);
        return true;
    }
    if (wanted.len) {
        t->human_reason = arena_printf(&t->arena, "approval wanted: %" STR_FMT, STR_ARG(wanted));
        t->human_category = STR("approval");
        if (t->human_reason.ptr) {
            turn_go(t, TURN_HANDED_OVER);
        } else {
            (void)err_nomem(&err);
            turn_fail(t, &err);
        }
        return true;
    }
    if (actions.len == 0 || !t->engine->parts.confirm) {
        return false;
    }
    if (ask_customer(t, actions, &err) < 0) {
        turn_fail(t, &err);
    }
    return true;
}
