#include "plugin/plugin_inproc.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/log.h"
#include "base/must.h"
#include "io/worker.h"
#include "plugin/ask_local.h"
#include "plugin/call.h"
#include "plugin/manifest.h"
#include "plugin/seat.h"

struct inproc_call {
    struct job job;
    struct plugin_call call;
    struct tool_run *run; /* [loop] NULL: abandoned */
    struct seat *seat;
    struct inproc_call *next; /* while it waits for its seat */
    atomic_bool begun;
    bool *ret_dropped; /* [loop] raised when the job ends without having begun */
};

struct inproc {
    struct tool_source source;
    struct ask_local *asks;
    struct seats seats;
    struct inproc_call *waiting; /* for a seat that is being made, oldest first */
    bool disabled;
};

static struct inproc *
inproc_of(struct tool_source *source)
{
    return OWNER_OF(source, struct inproc, source);
}

/* ---- Calls ------------------------------------------------------------------------------------*/

static void
free_call(struct inproc_call *c)
{
    plugin_call_done(&c->call);
    mem_free(c);
}

static void
call_run(struct job *job)
{
    struct inproc_call *c = OWNER_OF(job, struct inproc_call, job);
    atomic_store(&c->begun, true);
    plugin_instance_call(c->seat->instance, &c->call);
}

static void
call_done(struct job *job)
{
    struct inproc_call *c = OWNER_OF(job, struct inproc_call, job);
    struct tool_result result;
    seat_leave(c->seat);
    if (c->run) {
        plugin_call_settle(&c->call, &result);
        c->run->done(c->run, &result);
    }
    free_call(c);
}

static void
call_orphaned(struct job *job)
{
    struct inproc_call *c = OWNER_OF(job, struct inproc_call, job);
    struct seat *seat = c->seat;
    if (!atomic_load(&c->begun) && c->ret_dropped) {
        *c->ret_dropped = true;
    }
    free_call(c);
    seat_leave_lost(seat);
}

static int
submit_call(struct inproc_call *c, struct err *err)
{
    c->job = (struct job){.run = call_run, .done = call_done, .orphaned = call_orphaned};
    return seat_submit(c->seat, &c->job, err);
}

static void
fail_call(struct inproc_call *c, const struct err *err)
{
    struct str name = c->run->def->name;
    struct tool_result result = {
        .status = TOOL_ERROR,
        .error_code = STR("unavailable"),
        .message = arena_printf(&c->call.arena, "%" STR_FMT " could not be started: %s",
                                STR_ARG(name), err->message),
        .retryable = err->retryable,
    };
    c->run->done(c->run, &result);
    free_call(c);
}

/* Whoever waits for SEAT goes in, or hears why not. One at a time from the list's head: what they
 * do then may start and cancel others. */
static void
on_made(struct seats *seats, struct seat *seat, const struct err *failed)
{
    struct inproc *s = OWNER_OF(seats, struct inproc, seats);
    while (s->waiting && s->waiting->seat == seat) {
        struct err err = {0};
        struct inproc_call *c = s->waiting;
        s->waiting = c->next;
        c->next = NULL;
        if (failed) {
            fail_call(c, failed);
        } else if (submit_call(c, &err) < 0) {
            fail_call(c, &err);
        }
    }
}

/* Those whose seat was given up while it was being made wait for the new one, SEAT, as well. */
static void
wait_for_seat(struct inproc *s, struct inproc_call *c, struct seat *seat)
{
    struct inproc_call **at = &s->waiting;
    while (*at) {
        (*at)->seat = seat;
        at = &(*at)->next;
    }
    *at = c;
}

static bool
stop_waiting(struct inproc *s, struct inproc_call *c)
{
    struct inproc_call **at = &s->waiting;
    while (*at && *at != c) {
        at = &(*at)->next;
    }
    if (!*at) {
        return false;
    }
    *at = c->next;
    return true;
}

/* ---- The source -------------------------------------------------------------------------------*/

static int
place(struct inproc *s, struct inproc_call *c, struct err *err)
{
    int result = seats_get(&s->seats, &c->seat, err);
    if (result < 0) {
        return result;
    }
    if (c->seat->state == SEAT_CREATING) {
        wait_for_seat(s, c, c->seat);
        return 0;
    }
    return submit_call(c, err);
}

static int
start(struct tool_source *source, struct tool_run *run, struct err *err)
{
    struct inproc_call *c = mem_zero(1, sizeof(*c));
    if (!c) {
        return err_nomem(err);
    }
    int result = plugin_call_init(&c->call, run, err);
    if (result < 0) {
        mem_free(c);
        return result;
    }
    c->run = run;
    c->call.ask = ask_local_ask;
    c->call.asker = inproc_of(source)->asks;
    run->source_run = c;
    result = place(inproc_of(source), c, err);
    if (result < 0) {
        free_call(c);
    }
    return result;
}

/* A call of RUN's tool still runs in SEAT, on a thread that is lost. */
static void
quarantine(struct inproc *s, const struct seat *seat, const struct tool_run *run, bool late)
{
    const struct manifest *m = s->seats.code->manifest;
    if (s->seats.current == seat && (late || !run->def->parallel)) {
        seats_retire(&s->seats);
    }
    if (!late) {
        return;
    }
    s->disabled = s->disabled || seats_lost(&s->seats) >= INPROC_LOST_MAX;
    log_line(LOG_WARN, "plugin", run->scope.turn,
             "%" STR_FMT ": %" STR_FMT " missed its deadline and cannot be stopped; %s",
             STR_ARG(m->name), STR_ARG(run->def->name),
             s->disabled ? "the plugin is disabled" : "its instance was replaced");
}

static void
abandon(struct tool_source *source, struct tool_run *run, bool late)
{
    struct inproc *s = inproc_of(source);
    struct inproc_call *c = run->source_run;
    struct seat *seat = c->seat;
    bool dropped = false;
    if (stop_waiting(s, c)) {
        free_call(c);
        return;
    }
    plugin_call_kill(&c->call);
    ask_local_drop(s->asks, &c->call);
    c->run = NULL;
    c->ret_dropped = &dropped;
    /* From here on the call may be gone. */
    if (seat_abandon(seat, &c->job) && !dropped) {
        quarantine(s, seat, run, late);
    }
}

struct str
inproc_trouble(const struct inproc *s)
{
    if (s->disabled) {
        return STR("its plugin is disabled, because its calls never came back");
    }
    return seats_lost(&s->seats) >= INPROC_LOST_MAX
               ? STR("its plugin is still busy with calls that were given up")
               : (struct str){0};
}

static struct str
unavailable(struct tool_source *source, const struct tool_def *def)
{
    (void)def;
    return inproc_trouble(inproc_of(source));
}

static const struct tool_source_ops inproc_ops = {
    .start = start, .abandon = abandon, .unavailable = unavailable};

int
inproc_new(struct loop *l, struct pool *pool, const struct plugin_code *code, struct inproc **ret,
           struct err *err)
{
    struct inproc *s = mem_zero(1, sizeof(*s));
    if (!s) {
        return err_nomem(err);
    }
    int result = ask_local_new(l, code, &s->asks, err);
    if (result < 0) {
        mem_free(s);
        return result;
    }
    s->source.ops = &inproc_ops;
    s->seats = (struct seats){.pool = pool, .code = code, .made = on_made};
    *ret = s;
    return 0;
}

void
inproc_tell(const struct plugin_code *code, const struct ask_text *text)
{
    struct inproc *s = code->teller;
    ask_local_tell(s->asks, text);
}

struct tool_source *
inproc_source(struct inproc *s)
{
    return &s->source;
}

void
inproc_close(struct inproc *s)
{
    must(!s->waiting);
    seats_retire(&s->seats);
    seats_sweep(&s->seats);
}

bool
inproc_idle(const struct inproc *s)
{
    return !s->seats.current && !s->seats.old;
}

/* A lost thread may still hold a seat, and the seat its owner. */
void
inproc_free(struct inproc *s)
{
    if (!s) {
        return;
    }
    ask_local_close(s->asks);
    seats_done(&s->seats);
    if (inproc_idle(s)) {
        ask_local_free(s->asks);
        mem_free(s);
    }
}
