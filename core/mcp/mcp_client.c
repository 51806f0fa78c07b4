/* A client's life: its link, the calls, faults. */
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
    BACKOFF_MS = 100,            /* after the first fault; twice as long after each */
    SILENT_MAX = 3,              /* late or lost calls in a row without a word from the server */
    RENEWALS_MAX = 3,            /* new sessions in a row without an answer */
    REFUSED_MS = 10 * 60 * 1000, /* until a server that refused us is asked again */
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
    c->trouble[0] = '\0';
    for (struct mcp_call *call = c->calls; call && c->link->state == MCP_LINK_LIVE;
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
    bool apart = c->link->ops->apart;
    c->faults[c->fault_count++ % MCP_FAULTS_MAX] = now_ms();
    c->settled = true;
    size_t recent = recent_faults(c);
    if (recent >= MCP_FAULTS_MAX) {
        (void)snprintf(
            c->trouble, sizeof(c->trouble), "MCP server %s is %s after %zu faults; the last: it %s",
            c->name, apart ? "left alone for a minute" : "not started again", c->fault_count, why);
    }
    if (recent < MCP_FAULTS_MAX || apart) {
        int64_t ms = recent < MCP_FAULTS_MAX ? (int64_t)BACKOFF_MS << (recent - 1) : MCP_REST_MS;
        loop_timer_start(&c->timer, ms < c->link->wait_ms ? c->link->wait_ms : ms);
    }
    log_line(LOG_WARN, "mcp", STR(""), "%s %s; it is %s", c->name, why,
             !c->trouble[0] ? "started again"
             : apart        ? "left alone for a minute"
                            : "not started again");
}

static void
set_trouble(struct mcp_client *c, const char *why)
{
    (void)snprintf(c->trouble, sizeof(c->trouble), "MCP server %s %s", c->name, why);
    log_line(LOG_WARN, "mcp", STR(""), "%s", c->trouble);
    c->settled = true;
}

void
mcp_client_give_up(struct mcp_client *c, const char *why)
{
    set_trouble(c, why);
    c->given_up = true;
    loop_timer_stop(&c->timer);
    mcp_link_kill(c->link, why);
}

/* ---- The link ---------------------------------------------------------------------------------*/

static int64_t
on_message(struct mcp_link *l, struct str text)
{
    return mcp_client_hear(l->owner, text);
}

static void
on_lost(struct mcp_link *l, int64_t id, const char *why)
{
    struct mcp_client *c = l->owner;
    struct mcp_call *call = mcp_client_lost_ours(c, id, why) ? NULL : mcp_client_take(c, id);
    if (!call) {
        return;
    }
    c->silent++;
    if (c->silent >= SILENT_MAX) {
        mcp_link_kill(l, why);
    }
    fail_call(c, call, why);
}

/* Where a new session is there already, it is asked again at once. */
static void
on_unseen(struct mcp_link *l, int64_t id)
{
    struct mcp_client *c = l->owner;
    struct mcp_call *call = c->calls;
    while (call && call->id != id) {
        call = call->next;
    }
    if (call) {
        call->id = 0;
        if (c->state == MCP_READY && l->state == MCP_LINK_LIVE) {
            mcp_client_send_call(c, call);
        }
    }
}

static void
on_missed(struct mcp_link *l)
{
    mcp_client_list_again(l->owner);
}

/* WHY, and where the server never came up, the first of what it complained of. */
static void
describe_end(const struct mcp_client *c, const char *why, char out[ERR_MESSAGE_MAX])
{
    struct str said = {c->link->said, c->link->said_len};
    bool tell = c->state < MCP_READY && said.len > 0;
    (void)snprintf(out, ERR_MESSAGE_MAX, "%s%s%" STR_FMT "%s", why, tell ? " (it wrote: " : "",
                   STR_ARG(str_sub(said, 0, tell ? said.len : 0)), tell ? ")" : "");
    utf8_sanitize_c(out);
}

/* What becomes of the client: it starts again, now or later or never. */
static void
after_end(struct mcp_client *c, enum mcp_end how, bool probed, const char *why)
{
    if (c->given_up) {
        return;
    }
    if (how == MCP_END_REFUSED) {
        set_trouble(c, why);
        loop_timer_start(&c->timer, REFUSED_MS);
    } else if (how == MCP_END_EXPIRED && c->renewals < RENEWALS_MAX) {
        c->renewals++;
        loop_timer_start(&c->timer, 0);
    } else if (probed && how == MCP_END_FAULT) {
        loop_timer_start(&c->timer, c->link->wait_ms);
    } else {
        note_fault(c, why);
    }
}

static void
on_gone(struct mcp_link *l, enum mcp_end how, const char *why)
{
    struct mcp_client *c = l->owner;
    bool probed = c->state == MCP_PROBING && c->era == MCP_ERA_UNKNOWN;
    char text[ERR_MESSAGE_MAX];
    describe_end(c, why, text);
    /* Perhaps it died of the question. If it dies of the other one as well, ask anew. */
    c->era = probed ? MCP_ERA_LEGACY : c->state == MCP_GREETING ? MCP_ERA_UNKNOWN : c->era;
    c->state = MCP_OFF;
    c->asked = 0;
    loop_timer_stop(&c->timer);
    after_end(c, how, probed, text);
    if (!l->ops->apart || c->trouble[0]) {
        fail_calls(c, c->trouble[0] != '\0', text);
    }
}

static void
start_link(struct mcp_client *c)
{
    struct err err;
    if (c->link->ops->start(c->link, &err) < 0) {
        char text[ERR_MESSAGE_MAX];
        (void)snprintf(text, sizeof(text), "cannot be started: %.200s", err.message);
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
        start_link(c);
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
    if (c->state == MCP_READY && c->link->state == MCP_LINK_LIVE) {
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
            mcp_link_kill(c->link, "did not answer any more");
        }
    }
    c->link->ops->forget(c->link, call->id);
    mem_free(call);
}

static struct str
unavailable(struct tool_source *source, const struct tool_def *def)
{
    const struct mcp_client *c = client_of(source);
    return c->trouble[0] ? str_c(c->trouble) : mcp_client_tool_trouble(c, def->source_data);
}

/* ---- From start to end ------------------------------------------------------------------------*/

static void
open_link(struct mcp_client *c)
{
    static const struct mcp_link_events events = {.message = on_message,
                                                  .lost = on_lost,
                                                  .unseen = on_unseen,
                                                  .missed = on_missed,
                                                  .gone = on_gone};
    const struct mcp_program program = {c->name, c->settings.argv, c->settings.env};
    if (c->settings.place.url.len) {
        c->settings.place.name = c->name;
        mcp_http_init(&c->http, c->loop, &c->settings.place, &events, c);
        c->link = &c->http.link;
    } else {
        mcp_process_init(&c->process, c->loop, &program, &events, c);
        c->link = &c->process.link;
    }
}

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
    open_link(c);
    int result = loop_timer_init(&c->timer, l, on_timer, err);
    if (result < 0) {
        return result;
    }
    start_link(c);
    *ret = TAKE(c);
    return 0;
}

void
mcp_client_hang_up(struct mcp_client *c)
{
    c->link->ops->hang_up(c->link);
}

void
mcp_client_free(struct mcp_client *c)
{
    if (!c) {
        return;
    }
    must(!c->calls);
    if (c->link) {
        c->link->ops->done(c->link);
    }
    loop_timer_done(&c->timer);
    for (size_t i = 0; i < c->tool_count; i++) {
        schema_free(c->tools[i]->def.schema);
    }
    arena_done(&c->arena);
    mem_free(c->name);
    mem_free(c);
}

bool
mcp_client_has_left(const struct mcp_client *c)
{
    return c->link->ops->has_left(c->link);
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
