/* A client's life, and the calls. */
#include "mcp/mcp_client.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "mcp/mcp_client_inside.h"
#include "schema/schema.h"

/* Late calls in a row without a word from the server. */
enum { SILENT_MAX = 3 };

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

void
mcp_client_fail_call(struct mcp_client *c, struct mcp_call *call, const char *why)
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
void
mcp_client_fail_calls(struct mcp_client *c, bool all, const char *why)
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
        mcp_client_fail_call(c, call, why);
    }
}

void
mcp_client_ready(struct mcp_client *c)
{
    c->state = MCP_READY;
    c->settled = true;
    c->trouble[0] = '\0';
    c->fault[0] = '\0';
    for (struct mcp_call *call = c->calls; call && c->link->state == MCP_LINK_LIVE;
         call = call->next) {
        if (call->id == 0) {
            mcp_client_send_call(c, call);
        }
    }
}

/* ---- The source -------------------------------------------------------------------------------*/

static int
start(struct tool_source *source, struct tool_run *run, struct err *err)
{
    struct mcp_client *c = client_of(source);
    struct mcp_call **last = &c->calls;
    /* The protocol has no word for it. */
    if (run->scope.dry_run && run->def->effect != EFFECT_READ) {
        return err_set(err, ERR_INVALID,
                       "it is only rehearsed on this desk, and an MCP server cannot be asked what "
                       "it would do. Nothing was done");
    }
    struct mcp_call *call = mem_zero(1, sizeof(*call));
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
    /* A modern server over HTTP is told by forgetting it. */
    bool told = c->link->ops->apart && c->era == MCP_ERA_MODERN;
    if (call->id != 0 && c->state == MCP_READY) {
        if (!told) {
            mcp_client_send_cancel(c, call->id, late);
        }
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
    int result = mcp_client_open(c, err);
    if (result < 0) {
        return result;
    }
    *ret = TAKE(c);
    return 0;
}

void
mcp_client_hang_up(struct mcp_client *c)
{
    c->given_up = true; /* a program that leaves now is not to be started again */
    loop_timer_stop(&c->timer);
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

struct str
mcp_client_fault(const struct mcp_client *c)
{
    return str_c(c->fault);
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
