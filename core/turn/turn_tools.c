/* TOOLS, the second half: calls that are committed are run, then their results are committed. */
#include "base/clock.h"
#include "base/must.h"
#include "turn/turn_impl.h"

/* ---- Results ---------------------------------------------------------------------------------*/

static const struct str status_of[] = {
    [TOOL_OK] = STR_INIT("ok"),
    [TOOL_ERROR] = STR_INIT("error"),
    [TOOL_TIMEOUT] = STR_INIT("timeout"),
    [TOOL_REJECTED] = STR_INIT("rejected"),
    [TOOL_CANCELED] = STR_INIT("canceled"),
};

static bool
already_staged(const struct turn *t)
{
    for (size_t i = 0; i < t->call_count; i++) {
        if (t->calls[i].staged) {
            return true;
        }
    }
    return false;
}

/* A hand-over is staged, once; and not by a rehearsal. */
static void
keep_staged(struct turn_call *call, const struct tool_result *result)
{
    struct turn *t = call->turn;
    struct arena *arena = &t->step;
    if (result->status != TOOL_OK || !result->staged.escalate || result->rehearsal) {
        return;
    }
    if (already_staged(t)) {
        call->result.status = CALL_ERROR;
        call->result.error_code = STR("already_handed_over");
        call->result.content = STR("[{\"text\":\"This reply hands over already, once.\"}]");
        return;
    }
    call->staged = true;
    call->staging = (struct tool_staged){
        .escalate = true,
        .reason = arena_str(arena, result->staged.reason),
        .priority = arena_str(arena, result->staged.priority),
        .category = arena_str(arena, result->staged.category),
    };
}

/* The call's one result, in the step's arena. */
static bool
keep_result(struct turn_call *call, const struct tool_result *result)
{
    struct turn *t = call->turn;
    const struct engine_parts *parts = &t->engine->parts;
    struct tool_result seen = *result;
    /* What dispatch says itself names no source. */
    seen.untrusted = call->def && result->source.len &&
                     tool_policy_untrusted(parts->policy, call->def, result->untrusted);
    t->outside |= seen.untrusted;
    call->finished = true;
    call->result = (struct ledger_result){
        .call = call->id,
        .status = status_of[result->status],
        .content = tool_result_content(&seen, &t->step),
        .error_code = arena_str(&t->step, result->error_code),
        .ended_at = clock_wall_ms(parts->clock),
        .untrusted = seen.untrusted,
    };
    keep_staged(call, result);
    return call->result.content.ptr != NULL;
}

void
turn_report_call(struct turn_call *call, bool ok, int64_t ms)
{
    struct turn *t = call->turn;
    struct str name = arena_str(&t->arena, call->name);
    if (name.ptr && mem_grow(t->reports, t->report_count, t->report_capacity)) {
        t->reports[t->report_count++] = (struct turn_tool_report){name, ok, ms};
    }
    if (t->observer->tool_finished) {
        t->observer->tool_finished(t->observer_arg, call->name, ok, ms);
    }
}

/* The user's message that carries the results to the model, from what was committed. */
static bool
add_results_to_history(struct turn *t)
{
    struct block *blocks = arena_zero(&t->arena, t->call_count, sizeof(*blocks));
    struct message reply;
    if (!blocks || !message_copy(&t->arena, &t->reply, &reply) || !turn_add_message(t, &reply)) {
        return false;
    }
    for (size_t i = 0; i < t->call_count; i++) {
        const struct turn_call *call = &t->calls[i];
        bool bad = !str_eq(call->result.status, CALL_OK);
        if (!block_tool_result(&t->arena, call->id, call->result.content, bad, &blocks[i])) {
            return false;
        }
    }
    struct message m = {.role = ROLE_USER, .blocks = blocks, .count = t->call_count};
    return turn_add_results(t, &m);
}

/* The calls are history: what was kept of them goes. A conversation is long in its next model call,
 * and there are many of them. */
static void
forget_calls(struct turn *t)
{
    if (t->writes > 0) {
        return; /* a result's own write still points there; it goes with the turn */
    }
    t->last_committed = t->committed.failed ? arena_str(&t->arena, t->last_committed)
                                            : (struct str){0}; /* only that looks at it */
    t->reply = (struct message){0};
    t->reply_text = (struct str){0};
    t->calls = NULL;
    t->call_count = 0;
    arena_clear(&t->step);
}

static void
on_results_committed(void *arg, int result, const struct err *err)
{
    struct turn *t = OWNER_OF(arg, struct turn, close);
    struct err nomem = {0};
    t->writes--;
    if (result == 0) {
        t->answers = (struct str){0};
    }
    for (size_t i = 0; result != 0 && i < t->call_count; i++) {
        /* The turn's end tries again; what is there already stays. */
        t->calls[i].stored = false;
    }
    if (turn_settle(t)) {
        return;
    }
    if (result != 0) {
        turn_fail(t, err);
    } else if (t->close.taken_over) {
        turn_go(t, TURN_HANDED_OVER);
    } else if (!add_results_to_history(t)) {
        (void)err_nomem(&nomem);
        turn_fail(t, &nomem);
    } else {
        forget_calls(t);
        turn_go(t, TURN_MODEL);
    }
}

static void
drop_hand_over(struct turn_call *call)
{
    call->staged = false;
    call->result.status = CALL_CANCELED;
    call->result.error_code = STR("canceled");
    call->result.content =
        STR("[{\"text\":\"The turn ended first: the conversation was not handed over.\"}]");
}

size_t
turn_gather_results(struct turn *t, struct ledger_result *out)
{
    size_t count = 0;
    for (size_t i = 0; i < t->call_count; i++) {
        struct turn_call *call = &t->calls[i];
        if (!call->finished || call->stored || !call->result.content.ptr) {
            continue;
        }
        if (call->staged) {
            drop_hand_over(call);
        }
        call->stored = true;
        out[count++] = call->result;
    }
    return count;
}

static void
all_finished(struct turn *t)
{
    struct err err = {0};
    if (t->interrupt != INTERRUPT_NONE) {
        /* It is posted, and ends the turn with these results. */
        return;
    }
    if (already_staged(t)) {
        turn_go(t, TURN_HANDED_OVER);
        return;
    }
    if (turn_asks(t)) {
        return;
    }
    struct ledger_result *results = arena_zero(&t->step, t->call_count, sizeof(*results));
    if (!results) {
        (void)err_nomem(&err);
        turn_fail(t, &err);
        return;
    }
    t->close = (struct ledger_close){
        .turn = t->row,
        .keep_open = true,
        .results = results,
        .result_count = turn_gather_results(t, results),
        .answers = t->answers,
        .arena = &t->step,
    };
    turn_write(t, ledger_close, on_results_committed, &t->close);
}

static void
on_result_committed(void *arg, int result, const struct err *err)
{
    struct turn_call *call = OWNER_OF(arg, struct turn_call, result);
    struct turn *t = call->turn;
    t->writes--;
    if (result != 0) {
        call->stored = false;
        turn_fail(t, err);
    } else {
        (void)turn_settle(t);
    }
}

static void
on_call_done(void *arg, const struct tool_result *result)
{
    struct turn_call *call = arg;
    struct turn *t = call->turn;
    struct err err = {0};
    call->running = NULL;
    t->calls_left--;
    if (!keep_result(call, result)) {
        (void)err_nomem(&err);
        turn_fail(t, &err);
        return;
    }
    turn_report_call(call, result->status == TOOL_OK, result->ms);
    if (t->calls_left == 0) {
        all_finished(t);
    } else if (!call->staged) {
        /* Others still run: what this one found out must not be lost with them. */
        call->stored = true;
        call->write = (struct store_request){
            .body = ledger_result, .done = on_result_committed, .arg = &call->result};
        t->writes++;
        store_write(t->engine->parts.store, &call->write);
    }
}

/* ---- Running ---------------------------------------------------------------------------------*/

static int
start_call(struct turn *t, struct turn_call *call, struct err *err)
{
    struct tool_scope *scope = arena_zero(&t->step, 1, sizeof(*scope));
    if (!scope) {
        return err_nomem(err);
    }
    *scope = (struct tool_scope){
        .call = call->id,
        .conversation = t->row.conversation,
        .customer = t->open.customer,
        .turn = t->row.id,
        .dry_run = call->permit->said.dry_run,
    };
    int result = tool_call_start(t->engine->parts.tools, call->name, call->arguments, scope,
                                 &t->step, on_call_done, call, &call->running, err);
    if (result == 0 && t->observer->tool_started) {
        t->observer->tool_started(t->observer_arg, call->name);
    }
    return result;
}

static int
run_call(struct turn *t, struct turn_call *call, struct err *err)
{
    if (turn_call_stands(call)) {
        return start_call(t, call, err);
    }
    return call->result.content.ptr ? 0 : err_nomem(err);
}

void
turn_run_calls(struct turn *t)
{
    struct err err = {0};
    t->calls_left = t->call_count;
    turn_refuse_calls(t);
    for (size_t i = 0; i < t->call_count; i++) {
        if (!t->calls[i].finished && run_call(t, &t->calls[i], &err) < 0) {
            turn_fail(t, &err);
            return;
        }
    }
    if (t->calls_left == 0) {
        all_finished(t);
    }
}

void
turn_stop_calls(struct turn *t)
{
    for (size_t i = 0; i < t->call_count; i++) {
        if (t->calls[i].running) {
            tool_call_cancel(t->calls[i].running);
            t->calls[i].running = NULL;
        }
    }
}
