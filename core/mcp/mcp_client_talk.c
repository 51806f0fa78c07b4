/* What a client says to its server.
 *
 * A modern server is known by its answer to server/discover. Anything else means an older one,
 * which is greeted with initialize: an error, no answer, and also death, for some servers die of
 * what they do not know. What is found out is kept for the next start. */
#include "base/json.h"
#include "base/limits.h"
#include "mcp/mcp_client_inside.h"
#include "mcp/mcp_params.h"

enum {
    PARAMS_MAX = LIMIT_TOOL_ARGUMENT_BYTES * 2 + 4096,
    MESSAGE_MAX = PARAMS_MAX + 4096,
};

/* ---- Asking -----------------------------------------------------------------------------------*/

static void
put_client(struct js_out *out, const char *key)
{
    js_key(out, str_c(key));
    js_begin_object(out);
    js_put_str(out, "name", STR("deskhand"));
    js_put_str(out, "version", STR(DESKHAND_VERSION));
    js_end_object(out);
}

/* Opens the params of a request; a modern one says who asks each time. */
static void
begin_params(const struct mcp_client *c, struct buf *b, struct js_out *out)
{
    buf_init(b, PARAMS_MAX);
    js_out_init(out, b);
    js_begin_object(out);
    if (c->era != MCP_ERA_LEGACY && c->state != MCP_GREETING) {
        js_key(out, STR("_meta"));
        js_begin_object(out);
        js_put_str(out, MCP_META_VERSION, STR(MCP_VERSION_MODERN));
        put_client(out, MCP_META_CLIENT);
        js_put_raw(out, MCP_META_CAPABILITIES, STR("{}"));
        js_end_object(out);
    }
}

/* The revision that is spoken; empty: not settled yet. */
static struct str
version_of(const struct mcp_client *c)
{
    if (c->era == MCP_ERA_LEGACY || c->state == MCP_GREETING) {
        return c->state == MCP_GREETING ? STR("") : str_c(c->version);
    }
    return STR(MCP_VERSION_MODERN);
}

/* TEXT is written; the rest is in S. False: it is not sent, and the link is over. */
static bool
send_text(struct mcp_client *c, const struct buf *text, struct mcp_sending *s)
{
    if (text->failed) {
        mcp_link_kill(c->link, "could not be asked, for want of memory");
        return false;
    }
    s->text = buf_str(text);
    s->version = version_of(c);
    s->modern = str_eq_c(s->version, MCP_VERSION_MODERN);
    return c->link->ops->send(c->link, s);
}

/* The id the request got; 0: it was not sent, and the link is over. */
static int64_t
ask_as(struct mcp_client *c, struct mcp_sending *s, struct buf *params, struct js_out *out)
{
    AUTO(buf) struct buf text;
    struct mcp_id id = mcp_id_number(++c->last_id);
    buf_init(&text, MESSAGE_MAX);
    js_end_object(out);
    mcp_write_request(&text, &id, s->method, buf_str(params));
    text.failed = params->failed ? params->failed : text.failed;
    s->id = id.number;
    return send_text(c, &text, s) ? id.number : 0;
}

static int64_t
ask(struct mcp_client *c, const char *method, struct buf *params, struct js_out *out)
{
    struct mcp_sending s = {.method = str_c(method)};
    return ask_as(c, &s, params, out);
}

void
mcp_client_tell(struct mcp_client *c, const char *method, struct str params)
{
    AUTO(buf) struct buf text;
    struct mcp_sending s = {.method = str_c(method)};
    buf_init(&text, MESSAGE_MAX);
    mcp_write_notification(&text, s.method, params);
    (void)send_text(c, &text, &s);
}

static void
ask_discover(struct mcp_client *c)
{
    AUTO(buf) struct buf b;
    struct js_out out;
    c->state = MCP_PROBING;
    begin_params(c, &b, &out);
    c->asked = ask(c, "server/discover", &b, &out);
    loop_timer_start(&c->timer, c->link->ops->apart ? MCP_START_MS : MCP_PROBE_MS);
}

void
mcp_client_ask_initialize(struct mcp_client *c)
{
    AUTO(buf) struct buf b;
    struct js_out out;
    c->state = MCP_GREETING;
    begin_params(c, &b, &out);
    js_put_str(&out, "protocolVersion", STR(MCP_VERSION_LEGACY));
    js_put_raw(&out, "capabilities", STR("{}"));
    put_client(&out, "clientInfo");
    c->asked = ask(c, "initialize", &b, &out);
    loop_timer_start(&c->timer, MCP_START_MS);
}

void
mcp_client_greet(struct mcp_client *c)
{
    c->junk = 0;
    c->unasked = 0;
    c->silent = 0;
    c->list_again = false;
    c->listening = 0;
    c->listen_ms = 0;
    if (c->era == MCP_ERA_LEGACY) {
        mcp_client_ask_initialize(c);
    } else {
        ask_discover(c);
    }
}

void
mcp_client_overdue(struct mcp_client *c)
{
    if (c->state == MCP_PROBING && c->era == MCP_ERA_UNKNOWN) {
        mcp_client_ask_initialize(c);
    } else {
        mcp_link_kill(c->link, c->state == MCP_READY ? "did not list its tools again in time"
                                                     : "took too long to start");
    }
}

/* Modern servers say that their list changed to who listens. */
void
mcp_client_listen(struct mcp_client *c)
{
    AUTO(buf) struct buf b;
    struct js_out out;
    begin_params(c, &b, &out);
    js_put_raw(&out, "notifications", STR("{\"toolsListChanged\":true}"));
    c->listening = ask(c, "subscriptions/listen", &b, &out);
}

void
mcp_client_list(struct mcp_client *c, struct str cursor, bool has_cursor)
{
    AUTO(buf) struct buf b;
    struct js_out out;
    if (c->state == MCP_READY && c->listen_ms && !c->listening) {
        mcp_client_listen(c);
    }
    begin_params(c, &b, &out);
    if (has_cursor) {
        js_put_str(&out, "cursor", cursor);
    } else {
        mcp_client_list_begin(c);
    }
    c->pages++;
    c->asked = ask(c, "tools/list", &b, &out);
    loop_timer_start(&c->timer, MCP_START_MS);
}

/* The headers that a modern server over HTTP wants of a call, in ARENA. */
static int
call_headers(const struct mcp_tool *tool, struct str arguments, struct arena *arena,
             struct http_header ret[MCP_PARAMS_MAX], struct err *err)
{
    struct js *schema = NULL;
    struct js *values = NULL;
    int result = js_parse(tool->def.schema_text, arena, &schema, err);
    if (result == 0) {
        result = js_parse(arguments, arena, &values, err);
    }
    return result == 0 ? mcp_params_headers(schema, values, arena, ret, err) : result;
}

void
mcp_client_send_call(struct mcp_client *c, struct mcp_call *call)
{
    AUTO(buf) struct buf b;
    AUTO(arena) struct arena scratch = {0};
    struct http_header headers[MCP_PARAMS_MAX];
    struct js_out out;
    struct err err;
    const struct tool_def *def = call->run->def;
    const struct mcp_tool *tool = def->source_data;
    int count = tool->annotated && c->era == MCP_ERA_MODERN
                    ? call_headers(tool, call->run->arguments, &scratch, headers, &err)
                    : 0;
    struct mcp_sending s = {
        .method = STR("tools/call"),
        .once = def->effect != EFFECT_READ,
        .tool = tool->theirs,
        .headers = headers,
        .header_count = count > 0 ? (size_t)count : 0,
    };
    begin_params(c, &b, &out);
    js_put_str(&out, "name", tool->theirs);
    js_put_raw(&out, "arguments", call->run->arguments);
    b.failed = count < 0 ? ERR_NOMEM : b.failed;
    call->id = ask_as(c, &s, &b, &out);
}

void
mcp_client_send_cancel(struct mcp_client *c, int64_t id, bool late)
{
    AUTO(buf) struct buf b;
    struct js_out out;
    begin_params(c, &b, &out);
    js_put_int(&out, "requestId", id);
    js_put_str(&out, "reason", late ? STR("its time was up") : STR("nobody waits for it any more"));
    js_end_object(&out);
    mcp_client_tell(c, "notifications/cancelled", buf_str(&b));
}

void
mcp_client_answer(struct mcp_client *c, const struct mcp_message *m)
{
    AUTO(buf) struct buf text;
    struct mcp_sending s = {0};
    buf_init(&text, MESSAGE_MAX);
    if (str_eq_c(m->method, "ping")) {
        mcp_write_result(&text, &m->id, STR("{}"));
    } else {
        mcp_write_error(&text, &m->id, MCP_UNKNOWN_METHOD,
                        STR("this client offers nothing but ping"), STR(""));
    }
    (void)send_text(c, &text, &s);
}
