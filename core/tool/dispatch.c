#include <stddef.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "io/loop.h"
#include "schema/schema.h"
#include "tool/registry.h"

/* A call is WAITING in its source's line, RUNNING in the hands of its source, or REPORTING: its
 * result is known without the source, and its timer, set to now, carries it out of the function
 * that found it. A timer and not a posted task, because a timer can be stopped: a cancelled call
 * leaves nothing behind that points at it. */
enum call_state { CALL_WAITING, CALL_RUNNING, CALL_REPORTING };

struct tool_call {
    struct tool_registry *registry;
    struct tool_queue *queue; /* NULL: parallel, or never got as far as a source */
    struct tool_call *next;   /* in the queue */
    struct tool_run run;
    struct loop_timer timer;
    enum call_state state;
    int64_t started_ms;
    struct arena *arena;
    struct tool_result result; /* REPORTING */
    tool_call_done done;
    void *arg;
};

static void advance(struct tool_queue *q);

static void
report_later(struct tool_call *call, enum tool_status status, const char *code, bool retryable,
             struct str message)
{
    call->state = CALL_REPORTING;
    call->result = (struct tool_result){
        .status = status,
        .error_code = str_c(code),
        .message = message.ptr ? message : STR("the call failed, and memory ran out telling why"),
        .retryable = retryable,
    };
    loop_timer_start(&call->timer, 0);
}

/* CALL is over: take it out of everything that knows it. Its memory is the arena's. */
static void
leave(struct tool_call *call)
{
    struct tool_queue *q = call->queue;
    call->queue = NULL;
    call->registry->active--;
    if (call->run.def) {
        tool_queue_of(call->run.def)->active--;
    }
    loop_timer_done(&call->timer);
    if (q && q->running == call) {
        q->running = NULL;
        advance(q);
    }
}

/* The next in line is started before anybody hears of this one: what DONE does may free CALL. */
static void
deliver(struct tool_call *call, struct tool_result *result)
{
    tool_call_done done = call->done;
    void *arg = call->arg;
    fault_point("tool.done");
    result->ms = call->started_ms ? clock_mono_ms(clock_real()) - call->started_ms : 0;
    result->rehearsal = call->run.scope.dry_run && result->status == TOOL_OK;
    leave(call);
    done(arg, result);
}

static struct str
timeout_message(const struct tool_def *def, struct arena *arena)
{
    const char *advice = def->effect == EFFECT_READ
                             ? "You may try once more, or go on without it."
                             : "Whether it took effect is not known: do not call it again for "
                               "this, and tell the customer that it has to be checked.";
    return arena_printf(arena, "%" STR_FMT " gave no answer within %lld ms and was given up. %s",
                        STR_ARG(def->name), (long long)def->timeout_ms, advice);
}

static struct tool_result
timed_out(const struct tool_call *call)
{
    struct str message = timeout_message(call->run.def, call->arena);
    return (struct tool_result){
        .status = TOOL_TIMEOUT,
        .error_code = STR("timeout"),
        .message = message.ptr ? message : STR("the tool gave no answer in time"),
        .retryable = call->run.def->effect == EFFECT_READ,
    };
}

/* A source may notice the deadline before our timer does: it is the same miss. */
static void
on_run_done(struct tool_run *run, const struct tool_result *result)
{
    struct tool_call *call = OWNER_OF(run, struct tool_call, run);
    must(call->state == CALL_RUNNING && loop_is_here(call->registry->loop));
    struct tool_result settled;
    if (result->status == TOOL_TIMEOUT) {
        settled = timed_out(call);
    } else {
        tool_result_settle(run->def, result, call->arena, &settled);
    }
    deliver(call, &settled);
}

static void
on_timer(struct loop_timer *timer)
{
    struct tool_call *call = OWNER_OF(timer, struct tool_call, timer);
    if (call->state == CALL_REPORTING) {
        struct tool_result result = call->result;
        deliver(call, &result);
        return;
    }
    must(call->state == CALL_RUNNING);
    const struct tool_def *def = call->run.def;
    def->source->ops->abandon(def->source, &call->run, true);
    struct tool_result result = timed_out(call);
    deliver(call, &result);
}

/* Hand CALL to its source. False when it never ran: its report is on the way. */
static bool
begin(struct tool_call *call)
{
    const struct tool_def *def = call->run.def;
    struct err err = {0};
    struct str why = def->source->ops->unavailable(def->source, def);
    if (why.len) {
        report_later(call, TOOL_ERROR, "unavailable", false,
                     arena_printf(call->arena, "%" STR_FMT " cannot be used now: %" STR_FMT,
                                  STR_ARG(def->name), STR_ARG(why)));
        return false;
    }
    call->state = CALL_RUNNING;
    call->started_ms = clock_mono_ms(clock_real());
    call->run.deadline_mono_ms = call->started_ms + def->timeout_ms;
    loop_timer_start(&call->timer, def->timeout_ms);
    fault_point("tool.start");
    if (def->source->ops->start(def->source, &call->run, &err) < 0) {
        report_later(call, TOOL_ERROR, err_code_name(err.code), err.retryable,
                     arena_printf(call->arena, "%" STR_FMT " could not be started: %s",
                                  STR_ARG(def->name), err.message));
        return false;
    }
    return true;
}

static void
advance(struct tool_queue *q)
{
    while (!q->running && q->first) {
        struct tool_call *call = q->first;
        q->first = call->next;
        q->last = q->first ? q->last : NULL;
        call->next = NULL;
        q->running = begin(call) ? call : NULL;
    }
}

static void
enqueue(struct tool_call *call)
{
    struct tool_queue *q = tool_queue_of(call->run.def);
    call->queue = q;
    call->state = CALL_WAITING;
    if (q->last) {
        q->last->next = call;
    } else {
        q->first = call;
    }
    q->last = call;
    advance(q);
}

static void
unqueue(struct tool_call *call)
{
    struct tool_queue *q = call->queue;
    struct tool_call *before = NULL;
    for (struct tool_call *at = q->first; at != call; at = at->next) {
        before = at;
    }
    if (before) {
        before->next = call->next;
    } else {
        q->first = call->next;
    }
    if (q->last == call) {
        q->last = before;
    }
}

static void
add_names(const struct tool_registry *r, struct buf *b)
{
    for (size_t i = 0; i < r->count; i++) {
        buf_add_c(b, i ? ", " : " The tools are: ");
        buf_add(b, r->entries[i]->def.name);
    }
    buf_add_char(b, '.');
}

static void
reject_unknown(struct tool_call *call, struct str name)
{
    struct tool_registry *r = call->registry;
    struct str near = tool_nearest(r, name);
    AUTO(buf) struct buf b;
    /* Every name of a full desk, and then some. */
    buf_init(&b, 32 * 1024);
    buf_printf(&b, "There is no tool \"%" STR_FMT "\".", STR_ARG(str_sub(name, 0, 64)));
    if (near.len) {
        buf_printf(&b, " Did you mean \"%" STR_FMT "\"?", STR_ARG(near));
    } else if (r->count) {
        add_names(r, &b);
    }
    struct str text = buf_to_arena(&b, call->arena);
    report_later(call, TOOL_REJECTED, "unknown_tool", false,
                 text.ptr ? utf8_for_terminal(call->arena, text) : text);
}

static void
reject_arguments(struct tool_call *call, struct str findings)
{
    report_later(call, TOOL_REJECTED, "invalid_arguments", false,
                 arena_printf(call->arena,
                              "The arguments do not fit %" STR_FMT
                              ", and it was not run:\n%" STR_FMT "\nCorrect them and call again.",
                              STR_ARG(call->run.def->name), STR_ARG(findings)));
}

/* 1 when VALUE fits, 0 when the call was rejected, <0 out of memory. */
static int
check_schema(struct tool_call *call, const struct js *value, struct arena *scratch, struct err *err)
{
    struct schema_report report;
    int result = schema_check(call->run.def->schema, value, scratch, &report, err);
    if (result == 0) {
        return 1;
    }
    if (result == ERR_NOMEM) {
        return result;
    }
    AUTO(buf) struct buf b;
    buf_init(&b, LIMIT_TOOL_ARGUMENT_BYTES);
    if (result < 0) {
        buf_add_c(&b, err->message);
    } else {
        schema_report_write(&report, &b);
    }
    reject_arguments(call, buf_str(&b));
    return 0;
}

/* As check_schema; the text that was checked goes into the run. */
static int
check_arguments(struct tool_call *call, struct str arguments, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct js *value;
    if (arguments.len > LIMIT_TOOL_ARGUMENT_BYTES) {
        reject_arguments(call, arena_printf(call->arena, "they are longer than %d KiB",
                                            LIMIT_TOOL_ARGUMENT_BYTES / 1024));
        return 0;
    }
    if (str_trim(arguments).len == 0) {
        arguments = STR("{}");
    }
    int result = js_parse_object(arguments, "arguments", &scratch, &value, err);
    if (result == ERR_NOMEM) {
        return result;
    }
    if (result < 0) {
        reject_arguments(call, str_c(err->message));
        return 0;
    }
    result = check_schema(call, value, &scratch, err);
    if (result <= 0) {
        return result;
    }
    call->run.arguments = js_to_arena(value, call->arena);
    return call->run.arguments.ptr ? 1 : err_nomem(err);
}

/* Copies of SCOPE's views; false when memory ran out. */
static bool
copy_scope(struct tool_scope *to, const struct tool_scope *from, struct arena *arena)
{
    *to = (struct tool_scope){
        .call = arena_str(arena, from->call),
        .conversation = arena_str(arena, from->conversation),
        .customer = arena_str(arena, from->customer),
        .turn = arena_str(arena, from->turn),
        .dry_run = from->dry_run,
    };
    return to->call.ptr && to->conversation.ptr && to->customer.ptr && to->turn.ptr;
}

static int
admit(struct tool_call *call, struct str name, struct str arguments, struct err *err)
{
    call->run.def = tool_find(call->registry, name);
    if (!call->run.def) {
        reject_unknown(call, name);
        return 0;
    }
    int result = check_arguments(call, arguments, err);
    if (result <= 0) {
        return result;
    }
    if (call->run.def->parallel) {
        (void)begin(call);
    } else {
        enqueue(call);
    }
    return 0;
}

int
tool_call_start(struct tool_registry *r, struct str name, struct str arguments,
                const struct tool_scope *scope, struct arena *arena, tool_call_done done, void *arg,
                struct tool_call **ret, struct err *err)
{
    must(loop_is_here(r->loop));
    struct tool_call *call = arena_zero(arena, 1, sizeof(*call));
    if (!call) {
        return err_nomem(err);
    }
    *call = (struct tool_call){.registry = r, .arena = arena, .done = done, .arg = arg};
    call->run.done = on_run_done;
    if (!copy_scope(&call->run.scope, scope, arena)) {
        return err_nomem(err);
    }
    int result = loop_timer_init(&call->timer, r->loop, on_timer, err);
    if (result < 0) {
        return result;
    }
    result = admit(call, name, arguments, err);
    if (result < 0) {
        loop_timer_done(&call->timer);
        return result;
    }
    r->active++;
    if (call->run.def) {
        tool_queue_of(call->run.def)->active++;
    }
    *ret = call;
    return 0;
}

void
tool_call_cancel(struct tool_call *call)
{
    must(loop_is_here(call->registry->loop));
    if (call->state == CALL_WAITING) {
        unqueue(call);
    } else if (call->state == CALL_RUNNING) {
        const struct tool_def *def = call->run.def;
        def->source->ops->abandon(def->source, &call->run, false);
    }
    leave(call);
}
