/* What a client hears from its server, and what it makes of it. */
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "mcp/mcp_client_inside.h"

enum {
    UNASKED_MAX = 16 * 1024 * 1024, /* bytes within */
    UNASKED_MS = 10 * 60 * 1000,
    JUNK_MAX = 100,
    /* Values in one line, by its commas and brackets: a tree of them is some hundred bytes each. */
    VALUES_MAX = 250 * 1000,
    CURSOR_MAX = 4096,
    LIST_PAUSE_MS = 1000, /* between two listings */
    LISTEN_MS = 5 * 1000, /* to the next try of listening; twice as long after each */
    LISTEN_MAX_MS = 10 * 60 * 1000,
};

/* ---- Greetings answered -----------------------------------------------------------------------*/

static void
keep_title(struct mcp_client *c, const struct js *info, struct str version)
{
    AUTO(arena) struct arena scratch = {0};
    struct str name = utf8_for_terminal(&scratch, utf8_cut(js_get_text(info, "name"), 80));
    struct str release = utf8_for_terminal(&scratch, utf8_cut(js_get_text(info, "version"), 30));
    (void)snprintf(c->title, sizeof(c->title), "%" STR_FMT "%s%" STR_FMT, STR_ARG(name),
                   release.len ? " " : "", STR_ARG(release));
    (void)snprintf(c->version, sizeof(c->version), "%" STR_FMT, STR_ARG(version));
    utf8_sanitize_c(c->title);
}

static bool
has_text(const struct js *list, const char *text)
{
    for (size_t i = 0; i < js_count(list) && js_type(list) == JS_ARRAY; i++) {
        if (str_eq_c(js_text(js_at(list, i)), text)) {
            return true;
        }
    }
    return false;
}

static void
ready(struct mcp_client *c)
{
    c->asked = 0;
    loop_timer_stop(&c->timer);
    mcp_client_ready(c);
}

static void
first_list(struct mcp_client *c, const struct js *capabilities)
{
    if (!js_has(capabilities, STR("tools"))) {
        mcp_client_list_begin(c);
        mcp_client_list_end(c);
        ready(c);
        return;
    }
    c->state = MCP_LISTING;
    mcp_client_list(c, STR(""), false);
    const struct js *tools = js_get_c(capabilities, "tools");
    if (c->era == MCP_ERA_MODERN && js_get_bool(tools, "listChanged", false)) {
        c->listen_ms = LISTEN_MS;
        mcp_client_listen(c);
    }
}

static void
on_discover(struct mcp_client *c, const struct mcp_message *m)
{
    const struct js *versions = js_get_c(m->result, "supportedVersions");
    if (m->kind == MCP_RESULT && has_text(versions, MCP_VERSION_MODERN)) {
        const struct js *meta = js_get_c(m->result, "_meta");
        const struct js *info = js_get_c(meta, "io.modelcontextprotocol/serverInfo");
        c->era = MCP_ERA_MODERN;
        keep_title(c, info ? info : js_get_c(m->result, "serverInfo"), STR(MCP_VERSION_MODERN));
        first_list(c, js_get_c(m->result, "capabilities"));
        return;
    }
    c->era = MCP_ERA_UNKNOWN;
    mcp_client_ask_initialize(c);
}

static void
on_initialize(struct mcp_client *c, const struct mcp_message *m)
{
    struct str version = js_get_text(m->result, "protocolVersion");
    char why[200];
    if (m->kind == MCP_ERROR) {
        (void)snprintf(why, sizeof(why), "refused to be greeted: %" STR_FMT,
                       STR_ARG(str_sub(m->words, 0, 120)));
        utf8_sanitize_c(why);
        mcp_link_kill(c->link, why);
        return;
    }
    if (!mcp_version_legacy(version)) {
        (void)snprintf(why, sizeof(why),
                       "speaks revision '%" STR_FMT "' of the protocol, which this Deskhand does "
                       "not: get another version of one of the two",
                       STR_ARG(str_sub(version, 0, 30)));
        utf8_sanitize_c(why);
        mcp_client_give_up(c, why);
        return;
    }
    c->era = MCP_ERA_LEGACY;
    keep_title(c, js_get_c(m->result, "serverInfo"), version);
    c->state = MCP_LISTING;
    mcp_client_tell(c, "notifications/initialized", STR(""));
    first_list(c, js_get_c(m->result, "capabilities"));
}

/* ---- Tools listed -----------------------------------------------------------------------------*/

static void
on_list_end(struct mcp_client *c)
{
    mcp_client_list_end(c);
    ready(c);
    if (c->state == MCP_READY && c->list_again) {
        loop_timer_start(&c->timer, LIST_PAUSE_MS);
    }
}

static void
on_list(struct mcp_client *c, const struct mcp_message *m)
{
    struct str cursor = js_get_text(m->result, "nextCursor");
    if (m->kind == MCP_ERROR) {
        char why[200];
        (void)snprintf(why, sizeof(why), "refused to list its tools: %" STR_FMT,
                       STR_ARG(str_sub(m->words, 0, 120)));
        utf8_sanitize_c(why);
        mcp_link_kill(c->link, why);
        return;
    }
    if (js_type(js_get_c(m->result, "tools")) != JS_ARRAY) {
        mcp_link_kill(c->link, "answered something else than a list of tools");
        return;
    }
    mcp_client_list_page(c, m->result);
    if (js_type(js_get_c(m->result, "nextCursor")) != JS_STRING) {
        on_list_end(c);
    } else if (c->pages >= MCP_PAGES_MAX || cursor.len > CURSOR_MAX) {
        mcp_link_kill(c->link, "lists tools without end");
    } else {
        mcp_client_list(c, cursor, true);
    }
}

/* At once, but never twice within a moment. */
void
mcp_client_list_again(struct mcp_client *c)
{
    bool waits = c->list_again;
    c->list_again = true;
    if (c->state == MCP_READY && c->asked == 0 && !waits) {
        loop_timer_start(&c->timer, LIST_PAUSE_MS);
    }
}

/* ---- What goes wrong --------------------------------------------------------------------------*/

/* It listens no more, or has never been: what has changed meanwhile, a new list will show. */
static void
on_listening_lost(struct mcp_client *c, bool refused)
{
    c->listening = 0;
    c->listen_ms = refused ? 0 : c->listen_ms * 2;
    c->listen_ms = c->listen_ms < LISTEN_MAX_MS ? c->listen_ms : LISTEN_MAX_MS;
    if (c->listen_ms && c->state == MCP_READY && c->asked == 0) {
        c->list_again = true;
        loop_timer_start(&c->timer, c->listen_ms);
    }
}

bool
mcp_client_lost_ours(struct mcp_client *c, int64_t id, const char *why)
{
    if (id && id == c->listening) {
        on_listening_lost(c, false);
        return true;
    }
    if (id == 0 || id != c->asked) {
        return false;
    }
    if (c->link->state != MCP_LINK_LIVE) {
        return true; /* GONE will say more */
    }
    if (c->state == MCP_PROBING && c->era == MCP_ERA_UNKNOWN) {
        mcp_client_ask_initialize(c);
    } else {
        mcp_link_kill(c->link, why);
    }
    return true;
}

/* ---- Hearing ----------------------------------------------------------------------------------*/

/* An answer to nothing we wait for came late, or twice: it is nothing. */
static bool
on_answer(struct mcp_client *c, const struct mcp_message *m)
{
    if (m->id.kind != MCP_ID_NUMBER) {
        return false;
    }
    if (c->asked && m->id.number == c->asked) {
        c->asked = 0;
        loop_timer_stop(&c->timer);
        if (c->state == MCP_PROBING) {
            on_discover(c, m);
        } else if (c->state == MCP_GREETING) {
            on_initialize(c, m);
        } else {
            on_list(c, m);
        }
        return true;
    }
    if (c->listening && m->id.number == c->listening) {
        on_listening_lost(c, m->kind == MCP_ERROR);
        return true;
    }
    struct mcp_call *call = mcp_client_take(c, m->id.number);
    if (!call) {
        return false;
    }
    c->renewals = 0;
    c->unasked = 0;
    AUTO(arena) struct arena scratch = {0};
    struct tool_run *run = call->run;
    mem_free(call);
    struct tool_result result = mcp_client_result(c, run->def, m, &scratch);
    run->done(run, &result);
    return true;
}

/* Something that is no message, or an answer that is none: the call it may have been for is over
 * when it can be told. */
static bool
on_junk(struct mcp_client *c, const struct mcp_message *m)
{
    struct mcp_message empty = {.kind = MCP_RESULT, .id = m->id};
    if (m->kind == MCP_ERROR && on_answer(c, &empty)) {
        return true;
    }
    if (c->junk++ == 0) {
        log_line(LOG_WARN, "mcp", STR(""), "%s wrote what is no message of the protocol", c->name);
    }
    if (c->junk > JUNK_MAX) {
        mcp_link_kill(c->link, "wrote something else than messages");
    }
    return false;
}

static bool
is_huge(struct str line)
{
    size_t values = 0;
    for (size_t i = 0; i < line.len && values <= VALUES_MAX; i++) {
        values += line.ptr[i] == ',' || line.ptr[i] == '[' || line.ptr[i] == '{';
    }
    return values > VALUES_MAX;
}

/* Whoever is called now and then may chat in between; lists of tools count as chatting. */
static void
count_bytes(struct mcp_client *c, size_t bytes)
{
    int64_t now = clock_mono_ms(clock_real());
    if (now - c->unasked_since_ms > UNASKED_MS) {
        c->unasked_since_ms = now;
        c->unasked = 0;
    }
    c->unasked += bytes;
}

/* M, or what is wrong with it in RESULT. Does it answer a request? */
static bool
on_message(struct mcp_client *c, const struct mcp_message *m, int result)
{
    if (result == ERR_NOMEM) {
        mcp_link_kill(c->link, "could not be understood, for want of memory");
    } else if (result < 0) {
        return on_junk(c, m);
    } else if (m->kind == MCP_REQUEST) {
        mcp_client_answer(c, m);
    } else if (m->kind == MCP_NOTIFICATION) {
        if (str_eq_c(m->method, "notifications/tools/list_changed")) {
            mcp_client_list_again(c);
        }
    } else {
        return on_answer(c, m);
    }
    return false;
}

int64_t
mcp_client_hear(struct mcp_client *c, struct str line)
{
    AUTO(arena) struct arena scratch = {0};
    struct mcp_message m = {0};
    struct err err;
    c->silent = 0;
    count_bytes(c, line.len + 1);
    if (is_huge(line)) {
        mcp_link_kill(c->link, "wrote a message of more than 250000 values");
        return 0;
    }
    int result = mcp_message_read(line, &scratch, &m, &err);
    int64_t id = m.id.number;
    bool answers = on_message(c, &m, result);
    if (c->unasked > UNASKED_MAX) {
        mcp_link_kill(c->link, "wrote 16 MiB that nobody had asked for");
    }
    return answers ? id : 0;
}
