/* A client's life: its process, the calls, faults. */
#include "mcp/mcp_client.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/utf8.h"
#include "mcp/mcp_client_inside.h"
#include "schema/schema.h"

enum {
    BACKOFF_MS = 100, /* after the first fault; twice as long after each */
    SILENT_MAX = 3,   /* late calls in a row without a word from the server */
};

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

static struct mcp_client *
client_of(struct tool_source *source)
{
    return OWNER_OF(source, struct mcp_client, source);
}

/* ---- Calls ------------------------------------------------------------------------------------*/

static struct mcp_call *
unlink_call(struct mcp_call **at)
{
    struct mcp_call *call = *at;
    if (call) {
        *at = call->next;
    }
    return call;
}

struct mcp_call *
mcp_client_take(struct mcp_client *c, int64_t id)
{
    struct mcp_call **at = &c->calls;
    while (*at && (id == 0 || (*at)->id != id)) {
        at = &(*at)->next;
    }
    return unlink_call(at);
}

static void
fail_call(struct mcp_client *c, struct mcp_call *call, const char *why)
{
    AUTO(arena) struct arena scratch = {0};
    struct tool_run *run = call->run;
    bool sent = call->id != 0;
    bool read = run->def->effect == EFFECT_READ;
    const char *advice = !sent  ? "Do without it."
                         : read ? "You may try once more, or go on without it."
                                : "Whether it took effect is not known: do not call it again for "
                                  "this, and tell the customer that it has to be checked.";
    struct tool_result result = {
        .status = TOOL_ERROR,
        .error_code = sent ? STR("plugin_fault") : STR("unavailable"),
        .retryable = sent && read,
        .message = arena_printf(&scratch, "%" STR_FMT " was lost: its MCP server %s %s. %s",
                                STR_ARG(run->def->name), c->name, why, advice),
    };
    mem_free(call);
    run->done(run, &result);
}

/* Those in flight, or ALL, hear WHY. One at a time from the head: what they do then may start and
 * cancel others, which are not in flight, and not started where nobody can be called. */
static void
fail_calls(struct mcp_client *c, bool all, const char *why)
{
    for (;;) {
        struct mcp_call **at = &c->calls;
        while (*at && !all && (*at)->id == 0) {
            at = &(*at)->next;
        }
        struct mcp_call *call = unlink_call(at);
        if (!call) {
            return;
        }
        fail_call(c, call, why);
    }
}

void
mcp_client_ready(struct mcp_client *c)
{
    c->state = MCP_READY;
    c->settled = true;
    for (struct mcp_call *call = c->calls; call && c->process.state == MCP_PROCESS_LIVE;
         call = call->next) {
        if (call->id == 0) {
            mcp_client_send_call(c, call);
        }
    }
}

/* ---- Faults -----------------------------------------------------------------------------------*/

static size_t
recent_faults(const struct mcp_client *c)
{
    size_t count = 0;
    for (size_t i = 0; i < MCP_FAULTS_MAX && i < c->fault_count; i++) {
        count += now_ms() - c->faults[i] < MCP_FAULTS_MS;
    }
    return count;
}

static void
note_fault(struct mcp_client *c, const char *why)
{
    c->faults[c->fault_count++ % MCP_FAULTS_MAX] = now_ms();
    c->settled = true;
    size_t recent = recent_faults(c);
    if (recent >= MCP_FAULTS_MAX) {
        (void)snprintf(c->trouble, sizeof(c->trouble),
                       "MCP server %s is not started again after %zu faults; the last: it %s",
                       c->name, c->fault_count, why);
    } else {
        loop_timer_start(&c->timer, (int64_t)BACKOFF_MS << (recent - 1));
    }
    log_line(LOG_WARN, "mcp", STR(""), "%s %s; it is %s", c->name, why,
             c->trouble[0] ? "not started again" : "started again");
}

void
mcp_client_give_up(struct mcp_client *c, const char *why)
{
    (void)snprintf(c->trouble, sizeof(c->trouble), "MCP server %s %s", c->name, why);
    log_line(LOG_WARN, "mcp", STR(""), "%s", c->trouble);
    c->settled = true;
    loop_timer_stop(&c->timer);
    mcp_process_kill(&c->process, why);
}

/* ---- The process ------------------------------------------------------------------------------*/

static void
on_line(struct mcp_process *p, struct str line)
{
    mcp_client_hear(OWNER_OF(p, struct mcp_client, process), line);
}

/* WHY, and where the server never came up, the first of what it complained of. */
static void
describe_end(const struct mcp_client *c, const char *why, char out[ERR_MESSAGE_MAX])
{
    struct str said = {c->process.said, c->process.said_len};
    bool tell = c->state < MCP_READY && said.len > 0;
    (void)snprintf(out, ERR_MESSAGE_MAX, "%s%s%" STR_FMT "%s", why, tell ? " (it wrote: " : "",
                   STR_ARG(str_sub(said, 0, tell ? said.len : 0)), tell ? ")" : "");
    utf8_sanitize_c(out);
}

static void
on_gone(struct mcp_process *p, const char *why)
{
    struct mcp_client *c = OWNER_OF(p, struct mcp_client, process);
    bool probed = c->state == MCP_PROBING && c->era == MCP_ERA_UNKNOWN;
    char text[ERR_MESSAGE_MAX];
    describe_end(c, why, text);
    /* Perhaps it died of the question. If it dies of the other one as well, ask anew. */
    c->era = probed ? MCP_ERA_LEGACY : c->state == MCP_GREETING ? MCP_ERA_UNKNOWN : c->era;
    c->state = MCP_OFF;
    c->asked = 0;
    loop_timer_stop(&c->timer);
    mcp_process_done(p);
    if (c->trouble[0]) {
        fail_calls(c, true, text);
    } else if (probed) {
        loop_timer_start(&c->timer, 0);
    } else {
        note_fault(c, text);
        fail_calls(c, c->trouble[0] != '\0', text);
    }
}

static void
start_process(struct mcp_client *c)
{
    static const struct mcp_process_ops ops = {.line = on_line, .gone = on_gone};
    const struct mcp_program program = {c->name, c->settings.argv, c->settings.env};
    struct err err;
    if (mcp_process_init(&c->process, c->loop, &program, &ops, &err) < 0) {
        char text[ERR_MESSAGE_MAX];
        (void)snprintf(text, sizeof(text), "cannot be started: %.200s", err.message);
        mcp_process_done(&c->process);
        note_fault(c, text);
        fail_calls(c, c->trouble[0] != '\0', text);
        return;
    }
    mcp_client_greet(c);
}

static void
on_timer(struct loop_timer *timer)
{
    struct mcp_client *c = OWNER_OF(timer, struct mcp_client, timer);
    if (c->state == MCP_OFF) {
        start_process(c);
    } else if (c->state != MCP_READY || c->asked) {
        mcp_client_overdue(c);
    } else if (c->list_again) {
        c->list_again = false;
        mcp_client_list(c, STR(""), false);
    }
}

/* ---- The source -------------------------------------------------------------------------------*/

static int
start(struct tool_source *source, struct tool_run *run, struct err *err)
{
    struct mcp_client *c = client_of(source);
    struct mcp_call *call = mem_zero(1, sizeof(*call));
    struct mcp_call **last = &c->calls;
    if (!call) {
        return err_nomem(err);
    }
    call->run = run;
    run->source_run = call;
    while (*last) {
        last = &(*last)->next;
    }
    *last = call;
    if (c->state == MCP_READY && c->process.state == MCP_PROCESS_LIVE) {
        mcp_client_send_call(c, call);
    }
    return 0;
}

static void
abandon(struct tool_source *source, struct tool_run *run, bool late)
{
    struct mcp_client *c = client_of(source);
    struct mcp_call **at = &c->calls;
    while (*at != run->source_run) {
        at = &(*at)->next;
    }
    struct mcp_call *call = unlink_call(at);
    if (call->id != 0 && c->state == MCP_READY) {
        mcp_client_send_cancel(c, call->id, late);
        c->silent += late;
        if (c->silent >= SILENT_MAX) {
            mcp_process_kill(&c->process, "did not answer any more");
        }
    }
    mem_free(call);
}

static struct str
unavailable(struct tool_source *source, const struct tool_def *def)
{
    const struct mcp_client *c = client_of(source);
    return c->trouble[0] ? str_c(c->trouble) : mcp_client_tool_trouble(c, def->source_data);
}

/* ---- From start to end ------------------------------------------------------------------------*/

int
mcp_client_new(struct loop *l, const struct mcp_settings *settings, struct tool_registry *r,
               struct mcp_client **ret, struct err *err)
{
    static const struct tool_source_ops ops = {
        .start = start, .abandon = abandon, .unavailable = unavailable};
    AUTO(mcp_client) struct mcp_client *c = mem_zero(1, sizeof(*c));
    if (!c) {
        return err_nomem(err);
    }
    c->source.ops = &ops;
    c->settings = *settings;
    c->loop = l;
    c->registry = r;
    c->name = mem_str(settings->name);
    if (!c->name) {
        return err_nomem(err);
    }
    (void)snprintf(c->label, sizeof(c->label), "mcp:%s", c->name);
    int result = loop_timer_init(&c->timer, l, on_timer, err);
    if (result < 0) {
        return result;
    }
    start_process(c);
    *ret = TAKE(c);
    return 0;
}

void
mcp_client_hang_up(struct mcp_client *c)
{
    mcp_process_hang_up(&c->process);
}

void
mcp_client_free(struct mcp_client *c)
{
    if (!c) {
        return;
    }
    must(!c->calls);
    mcp_process_done(&c->process);
    loop_timer_done(&c->timer);
    for (size_t i = 0; i < c->tool_count; i++) {
        schema_free(c->tools[i]->def.schema);
    }
    arena_done(&c->arena);
    mem_free(c->name);
    mem_free(c);
}

bool
mcp_client_settled(const struct mcp_client *c)
{
    return c->settled;
}

struct str
mcp_client_name(const struct mcp_client *c)
{
    return str_c(c->name);
}

struct str
mcp_client_label(const struct mcp_client *c)
{
    return str_c(c->label);
}

struct str
mcp_client_title(const struct mcp_client *c)
{
    return str_c(c->title);
}

struct str
mcp_client_version(const struct mcp_client *c)
{
    return str_c(c->version);
}

struct str
mcp_client_trouble(const struct mcp_client *c)
{
    return str_c(c->trouble);
}

bool
mcp_client_note(const struct mcp_client *c, size_t index, struct str *ret)
{
    if (index >= c->note_count) {
        return false;
    }
    *ret = str_c(c->notes[index]);
    return true;
}
