#include "plugin/command.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/faults.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "base/utf8.h"
#include "io/child.h"
#include "io/loop.h"
#include "plugin/command_start.h"

/* After the deadline: it is dispatch's, who then lets go of the call. */
enum { BEHIND_DEADLINE_MS = 1000, TICK_SLACK_MS = 1 };

/* One call: in line until it has a CHILD; without RUN, nobody waits for it any more. */
struct command_call {
    struct command_tool *command;
    struct command_call *next;
    struct tool_run *run;
    struct child *child;
};

struct command_tool {
    struct tool_source source;
    struct loop *loop;
    struct tool_def def;
    struct arena arena; /* of the start, too */
    struct command_start start;
    struct loop_timer timer;
    struct command_call *calls; /* in the order they came */
    size_t running;
    struct faults faults;
    char trouble[200];
    void (*quarantined)(void *arg, struct str why); /* may be NULL */
    void *arg;
};

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

static struct command_tool *
command_of(struct tool_source *source)
{
    return OWNER_OF(source, struct command_tool, source);
}

static void
drop(struct command_call *call)
{
    struct command_call **at = &call->command->calls;
    while (*at != call) {
        at = &(*at)->next;
    }
    *at = call->next;
    mem_free(call);
}

/* ---- Its end ----------------------------------------------------------------------------------*/

static void
note_fault(struct command_tool *c, const char *why)
{
    bool held = faults_note(&c->faults, now_ms());
    if (held) {
        (void)snprintf(c->trouble, sizeof(c->trouble),
                       "it is quarantined after %zu faults; the last: it %s", c->faults.count, why);
    }
    log_line(LOG_WARN, "command", STR(""), "%" STR_FMT ": it %s%s", STR_ARG(c->def.name), why,
             c->trouble[0] ? "; it is quarantined" : "");
    if (held && c->quarantined) {
        c->quarantined(c->arg, str_c(c->trouble));
    }
}

static bool
is_held(struct command_tool *c)
{
    if (!faults_hold(&c->faults, now_ms())) {
        c->trouble[0] = 0;
    }
    return c->trouble[0] != 0;
}

static void
log_complaint(const struct command_call *call, struct str complaint)
{
    AUTO(arena) struct arena arena = {0};
    const struct tool_def *def = &call->command->def;
    struct str text = str_trim(utf8_for_terminal(&arena, complaint));
    if (text.len) {
        log_line(LOG_WARN, "command", call->run ? call->run->scope.turn : STR(""),
                 "%" STR_FMT " wrote: %" STR_FMT, STR_ARG(def->name), STR_ARG(text));
    }
}

static void advance(struct command_tool *c);

static void
on_child_done(void *arg, int result, struct str output, const struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct command_call *call = arg;
    struct command_tool *c = call->command;
    struct tool_run *run = call->run;
    struct tool_result settled;
    const char *why;
    struct str complaint = child_complaint(call->child);
    (void)err;
    log_complaint(call, complaint);
    bool fault = command_settle(&c->def, result, output, complaint, &arena, &settled, &why);
    if (child_killed(call->child)) {
        fault = true;
        why = "had to be killed: it did not end when it was asked to";
    }
    if (fault) {
        note_fault(c, why);
    }
    c->running--;
    drop(call);
    if (run) {
        run->done(run, &settled);
    }
    advance(c);
}

/* ---- Its start --------------------------------------------------------------------------------*/

static int
begin(struct command_call *call, struct err *err)
{
    AUTO(buf) struct buf input;
    struct command_tool *c = call->command;
    int64_t left = call->run->deadline_mono_ms - now_ms();
    buf_init(&input, LIMIT_TOOL_ARGUMENT_BYTES * 2);
    command_start_input(call->run, left > 0 ? left : 0, &input);
    int result = buf_finish(&input, "a call's input", err);
    if (result < 0) {
        return result;
    }
    /* Looked at first: under valgrind a start that fails looks like a child that ends. */
    if (access(c->start.argv[0], X_OK) != 0) {
        return err_set_errno(err, errno, "start %s, which commands run in", c->start.argv[0]);
    }
    const struct child_limits limits = {
        .timeout_ms = (left > 0 ? left : 0) + BEHIND_DEADLINE_MS,
        .grace_ms = COMMAND_GRACE_MS,
        .output_max = LIMIT_TOOL_RESULT_BYTES,
        .input = buf_str(&input),
        .env = (const char *const *)c->start.env,
    };
    result = child_start(c->loop, c->start.argv, &limits, on_child_done, call, &call->child, err);
    c->running += result == 0;
    return result;
}

static bool
may_begin(const struct command_tool *c)
{
    size_t most = c->def.parallel ? COMMAND_AT_ONCE_MAX : 1;
    return c->running < most && now_ms() >= c->faults.not_before_ms;
}

static struct command_call *
first_in_line(const struct command_tool *c)
{
    struct command_call *call = c->calls;
    while (call && call->child) {
        call = call->next;
    }
    return call;
}

/* CALL, which waits in line, will not run. */
static void
fail(struct command_call *call, const char *why)
{
    AUTO(arena) struct arena arena = {0};
    struct tool_run *run = call->run;
    struct tool_result result = {.status = TOOL_ERROR, .error_code = STR("unavailable")};
    result.message =
        arena_printf(&arena, "%" STR_FMT " could not be started: %s", STR_ARG(run->def->name), why);
    drop(call);
    run->done(run, &result);
}

static void
look_later(struct command_tool *c)
{
    int64_t left = c->faults.not_before_ms - now_ms();
    /* Else whoever ends looks. */
    if (left > 0 || c->running == 0) {
        loop_timer_start(&c->timer, left > 0 ? left + TICK_SLACK_MS : 0);
    }
}

/* Those in line go on, as far as they may. Not from inside start() or abandon(). */
static void
advance(struct command_tool *c)
{
    struct command_call *call;
    struct err err;
    while ((call = first_in_line(c)) != NULL) {
        if (is_held(c)) {
            fail(call, c->trouble);
        } else if (!may_begin(c)) {
            look_later(c);
            return;
        } else if (begin(call, &err) < 0) {
            fail(call, err.message);
        }
    }
}

static void
on_timer(struct loop_timer *timer)
{
    advance(OWNER_OF(timer, struct command_tool, timer));
}

/* ---- The source -------------------------------------------------------------------------------*/

static int
start(struct tool_source *source, struct tool_run *run, struct err *err)
{
    struct command_tool *c = command_of(source);
    struct command_call *call = mem_zero(1, sizeof(*call));
    if (!call) {
        return err_nomem(err);
    }
    bool at_once = !first_in_line(c) && may_begin(c);
    struct command_call **last = &c->calls;
    while (*last) {
        last = &(*last)->next;
    }
    *last = call;
    call->command = c;
    call->run = run;
    run->source_run = call;
    int result = at_once ? begin(call, err) : 0;
    if (result < 0) {
        drop(call);
    } else if (!at_once) {
        look_later(c);
    }
    return result;
}

static void
abandon(struct tool_source *source, struct tool_run *run, bool late)
{
    struct command_call *call = run->source_run;
    (void)source;
    (void)late;
    call->run = NULL;
    if (!call->child) {
        drop(call);
        return;
    }
    child_stop(call->child);
}

struct str
command_trouble(struct command_tool *c)
{
    return is_held(c) ? str_c(c->trouble) : (struct str){0};
}

void
command_quarantine(struct command_tool *c, struct str why, int64_t for_ms)
{
    faults_quarantine(&c->faults, now_ms(), for_ms);
    (void)snprintf(c->trouble, sizeof(c->trouble), "%" STR_FMT, STR_ARG(why));
}

void
command_pardon(struct command_tool *c)
{
    c->faults = (struct faults){0};
    c->trouble[0] = 0;
    if (first_in_line(c)) {
        look_later(c);
    }
}

static struct str
unavailable(struct tool_source *source, const struct tool_def *def)
{
    (void)def;
    return command_trouble(command_of(source));
}

/* ---- From start to end ------------------------------------------------------------------------*/

void
command_free(struct command_tool *c)
{
    if (!c) {
        return;
    }
    while (c->calls) {
        struct command_call *call = c->calls;
        must(!call->run && call->child);
        child_cancel(call->child);
        drop(call);
    }
    loop_timer_done(&c->timer);
    command_start_done(&c->start);
    arena_done(&c->arena);
    mem_free(c);
}

int
command_new(struct loop *l, const struct command_settings *settings, struct tool_registry *r,
            struct command_tool **ret, struct err *err)
{
    static const struct tool_source_ops ops = {
        .start = start, .abandon = abandon, .unavailable = unavailable};
    AUTO(command_tool) struct command_tool *c = mem_zero(1, sizeof(*c));
    if (!c) {
        return err_nomem(err);
    }
    c->source.ops = &ops;
    c->loop = l;
    c->quarantined = settings->quarantined;
    c->arg = settings->arg;
    c->def = settings->def;
    c->def.plugin = STR("command");
    c->def.source = &c->source;
    int result = loop_timer_init(&c->timer, l, on_timer, err);
    if (result == 0) {
        result = command_start_init(&c->start, settings, &c->arena, err);
    }
    if (result == 0) {
        result = tool_registry_add(r, &c->def, err);
    }
    if (result == 0) {
        *ret = TAKE(c);
    }
    return result;
}

int
command_probe(struct command_tool *c, unsigned *ret_missing, struct err *err)
{
    return command_start_probe(&c->start, c->loop, ret_missing, err);
}
