/* A client's link: what it tells, its faults, its starts. */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "mcp/mcp_client_inside.h"

enum {
    BACKOFF_MS = 100, /* after the first fault; twice as long after each */
    LOST_MAX = 3,     /* lost calls in a row without a word from the server */
    RENEWALS_MAX = 3, /* new sessions in a row without an answer */
};

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
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
    (void)snprintf(c->fault, sizeof(c->fault), "%s", why);
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
    if (c->silent >= LOST_MAX) {
        mcp_link_kill(l, why);
    }
    mcp_client_fail_call(c, call, why);
}

/* Once more, and at once where a new session is there already. */
static void
on_unseen(struct mcp_link *l, int64_t id)
{
    struct mcp_client *c = l->owner;
    struct mcp_call *call = c->calls;
    while (call && call->id != id) {
        call = call->next;
    }
    if (!call) {
        return;
    }
    if (call->unseen) {
        (void)mcp_client_take(c, id);
        mcp_client_fail_call(c, call, "did not know its session, nor the next one");
        return;
    }
    call->unseen = true;
    call->id = 0;
    if (c->state == MCP_READY && l->state == MCP_LINK_LIVE) {
        mcp_client_send_call(c, call);
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
        loop_timer_start(&c->timer, MCP_REFUSED_MS);
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
        mcp_client_fail_calls(c, c->trouble[0] != '\0', text);
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
        mcp_client_fail_calls(c, c->trouble[0] != '\0', text);
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

/* ---- The first start --------------------------------------------------------------------------*/

int
mcp_client_open(struct mcp_client *c, struct err *err)
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
    int result = loop_timer_init(&c->timer, c->loop, on_timer, err);
    if (result == 0) {
        start_link(c);
    }
    return result;
}
