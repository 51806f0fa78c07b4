#include "mcp/mcp_server.h"

#include "base/clock.h"
#include "base/must.h"
#include "base/utf8.h"
#include "io/loop.h"
#include "mcp/mcp_serving.h"
#include "tool/tool.h"

enum {
    ENVELOPE_BYTES = 8 * 1024, /* around an answer, its id escaped, or an error's words */
};
/* How long a client may keep what it was told: tools and prompts stay for our lifetime, records
 * change with an import. */
enum { KEEP_MS = 60000 };

/* ---- Life ------------------------------------------------------------------------------------*/

int
mcp_server_new(const struct mcp_server_parts *parts, struct mcp_server **ret, struct err *err)
{
    struct mcp_server *s = mem_zero(1, sizeof(*s));
    if (!s) {
        return err_nomem(err);
    }
    s->parts = *parts;
    s->parts.clock = parts->clock ? parts->clock : clock_real();
    s->parts.page = parts->page ? parts->page : MCP_PAGE_DEFAULT;
    *ret = s;
    return 0;
}

static void
ask_free(struct mcp_ask *ask)
{
    arena_done(&ask->arena);
    mem_free(ask);
}

void
mcp_server_free(struct mcp_server *s)
{
    while (s && s->asks) {
        struct mcp_ask *ask = s->asks;
        s->asks = ask->next;
        if (ask->call) {
            tool_call_cancel(ask->call);
        }
        /* An errand that is done may wait for the loop. */
        loop_unpost(s->parts.loop, &ask->job.task);
        ask_free(ask);
    }
    mem_free(s);
}

bool
mcp_server_full(const struct mcp_server *s)
{
    return s->ask_count >= MCP_ASKS_MAX;
}

size_t
mcp_server_asks(const struct mcp_server *s)
{
    return s->ask_count;
}

static void
ask_forget(struct mcp_ask *ask)
{
    struct mcp_ask **at = &ask->server->asks;
    while (*at != ask) {
        at = &(*at)->next;
    }
    *at = ask->next;
    ask->server->ask_count--;
    ask_free(ask);
}

void
mcp_ask_settle(struct mcp_ask *ask, int result)
{
    struct mcp_server *s = ask->server;
    ask_forget(ask);
    s->parts.settled(s->parts.arg, result);
}

/* ---- Answers ---------------------------------------------------------------------------------*/

static int
send_line(const struct mcp_server *s, const struct buf *line, struct err *err)
{
    int result = buf_finish(line, "MCP: an answer", err);
    if (result == 0) {
        s->parts.send(s->parts.arg, buf_str(line));
    }
    return result;
}

int
mcp_refuse(struct mcp_ask *ask, enum mcp_code code, struct str words, struct str data,
           struct err *err)
{
    AUTO(buf) struct buf line;
    buf_init(&line, MCP_ANSWER_BYTES);
    if (ask->cancelled) {
        return 0;
    }
    mcp_write_error(&line, &ask->message.id, code, words, data);
    return send_line(ask->server, &line, err);
}

void
mcp_put_implementation(struct js_out *out, const struct mcp_ask *ask, const char *key)
{
    const struct mcp_server_parts *parts = &ask->server->parts;
    js_key(out, str_c(key));
    js_begin_object(out);
    js_put_str(out, "name", parts->name);
    if (parts->title.len && ask->era != MCP_ERA_EARLY) {
        js_put_str(out, "title", parts->title);
    }
    js_put_str(out, "version", parts->version);
    js_end_object(out);
}

static void
put_empty(struct js_out *out, const char *key)
{
    js_key(out, str_c(key));
    js_begin_object(out);
    js_end_object(out);
}

void
mcp_put_capabilities(struct js_out *out, const struct mcp_server *s)
{
    js_key(out, STR("capabilities"));
    js_begin_object(out);
    put_empty(out, "tools");
    if (s->parts.shelf) {
        put_empty(out, "resources");
    }
    if (s->parts.prompts) {
        put_empty(out, "prompts");
    }
    js_end_object(out);
}

void
mcp_answer_begin(struct mcp_ask *ask, bool cached, struct js_out *out, struct buf *text)
{
    js_out_init(out, text);
    js_begin_object(out);
    if (ask->era != MCP_ERA_MODERN) {
        return;
    }
    js_put_str(out, "resultType", STR("complete"));
    if (cached) {
        js_put_int(out, "ttlMs", KEEP_MS);
        js_put_str(out, "cacheScope", STR("private"));
    }
    js_key(out, STR("_meta"));
    js_begin_object(out);
    mcp_put_implementation(out, ask, "io.modelcontextprotocol/serverInfo");
    js_end_object(out);
}

int
mcp_answer_end(struct mcp_ask *ask, struct js_out *out, struct err *err)
{
    AUTO(buf) struct buf line;
    buf_init(&line, MCP_ANSWER_BYTES + ENVELOPE_BYTES);
    js_end_object(out);
    int result = buf_finish(out->buf, "MCP: an answer", err);
    if (result == ERR_LIMIT) {
        return mcp_refuse(ask, MCP_INTERNAL, STR("the answer would be too long"), STR(""), err);
    }
    if (result < 0 || ask->cancelled) {
        return result;
    }
    mcp_write_result(&line, &ask->message.id, buf_str(out->buf));
    return send_line(ask->server, &line, err);
}

/* ---- Eras ------------------------------------------------------------------------------------*/

/* "unsupported version", with those there are; only the modern era has an error for it. */
static int
refuse_version(struct mcp_ask *ask, struct str version, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf data;
    buf_init(&data, ENVELOPE_BYTES);
    js_out_init(&out, &data);
    js_begin_object(&out);
    js_key(&out, STR("supported"));
    js_begin_array(&out);
    js_add_str(&out, STR(MCP_VERSION_MODERN));
    js_add_str(&out, STR(MCP_VERSION_LEGACY));
    js_end_array(&out);
    js_put_str(&out, "requested", utf8_cut(version, 64));
    js_end_object(&out);
    int result = buf_finish(&data, "MCP: an answer", err);
    return result < 0
               ? result
               : mcp_refuse(ask, MCP_BAD_VERSION,
                            STR("this protocol version is not supported: use one of those in "
                                "data.supported, the second with initialize"),
                            buf_str(&data), err);
}

/* Which rules ASK goes by. 0: known, ask->era says so; 1: it was refused. */
static int
find_era(struct mcp_ask *ask, struct err *err)
{
    const struct mcp_message *m = &ask->message;
    const struct js *meta = js_get_c(m->params, "_meta");
    bool discovers = str_eq_c(m->method, "server/discover");
    int result = 0;
    ask->era = ask->server->era;
    if (ask->era != MCP_ERA_NONE || str_eq_c(m->method, "initialize")) {
        return 0;
    }
    if (!js_has(meta, STR(MCP_META_VERSION)) && !discovers) {
        /* A ping is allowed before the handshake. */
        ask->era = MCP_ERA_LEGACY;
        if (str_eq_c(m->method, "ping")) {
            return 0;
        }
        result =
            mcp_refuse(ask, MCP_INVALID_REQUEST,
                       STR("say initialize first, or name the protocol version in params._meta"),
                       STR(""), err);
        return result < 0 ? result : 1;
    }
    ask->era = MCP_ERA_MODERN;
    struct str version = js_get_text(meta, MCP_META_VERSION);
    if (version.len && !str_eq_c(version, MCP_VERSION_MODERN)) {
        result = refuse_version(ask, version, err);
        return result < 0 ? result : 1;
    }
    if (!version.len || js_type(js_get_c(meta, MCP_META_CAPABILITIES)) != JS_OBJECT) {
        result = mcp_refuse(ask, MCP_INVALID_PARAMS,
                            STR("params._meta: want " MCP_META_VERSION
                                ", a string, and " MCP_META_CAPABILITIES ", an object"),
                            STR(""), err);
        return result < 0 ? result : 1;
    }
    return 0;
}

static int
unknown_method(struct mcp_ask *ask, struct err *err)
{
    struct str words = arena_printf(&ask->arena, "there is no method \"%" STR_FMT "\" here",
                                    STR_ARG(utf8_cut(ask->message.method, 64)));
    return words.ptr ? mcp_refuse(ask, MCP_UNKNOWN_METHOD, words, STR(""), err) : err_nomem(err);
}

/* ---- Lines -----------------------------------------------------------------------------------*/

static struct mcp_ask *
find_ask(const struct mcp_server *s, const struct mcp_id *id)
{
    struct mcp_ask *at = s->asks;
    while (at && !mcp_id_eq(&at->message.id, id)) {
        at = at->next;
    }
    return at;
}

/* A call is given up at once; an errand on a thread is let run, and nobody hears of it. */
static void
cancel(struct mcp_server *s, const struct mcp_message *m)
{
    struct mcp_id id;
    (void)mcp_id_read(js_get_c(m->params, "requestId"), &id);
    struct mcp_ask *ask = find_ask(s, &id);
    if (!ask) {
        return; /* answered already, or never asked */
    }
    ask->cancelled = true;
    if (ask->call) {
        tool_call_cancel(ask->call);
        mcp_ask_settle(ask, 0);
        return;
    }
    /* Its id may come again before the thread is done with it. */
    ask->message.id = (struct mcp_id){0};
}

static int
run_request(struct mcp_ask *ask, struct err *err)
{
    if (find_ask(ask->server, &ask->message.id)) {
        return mcp_refuse(ask, MCP_INVALID_REQUEST,
                          STR("a request with this id is still under way"), STR(""), err);
    }
    int result = find_era(ask, err);
    if (result != 0) {
        return result < 0 ? result : MCP_ANSWERED;
    }
    mcp_method method = mcp_method_find(ask);
    return method ? method(ask, err) : unknown_method(ask, err);
}

/* What came is no message: say so where somebody may be waiting. */
static int
run_broken(struct mcp_ask *ask, struct err *err)
{
    struct err why = *err;
    if (ask->message.kind != MCP_REQUEST) {
        return MCP_ANSWERED;
    }
    return mcp_refuse(ask, (enum mcp_code)ask->message.code, str_c(why.message), STR(""), err);
}

int
mcp_server_line(struct mcp_server *s, struct str line, struct err *err)
{
    must(loop_is_here(s->parts.loop) && !mcp_server_full(s));
    struct mcp_ask *ask = mem_zero(1, sizeof(*ask));
    if (!ask) {
        return err_nomem(err);
    }
    ask->server = s;
    int result = mcp_message_read(line, &ask->arena, &ask->message, err);
    if (result == ERR_INVALID) {
        result = run_broken(ask, err);
    } else if (result == 0 && ask->message.kind == MCP_REQUEST) {
        result = run_request(ask, err);
    } else if (result == 0 && ask->message.kind == MCP_NOTIFICATION &&
               str_eq_c(ask->message.method, "notifications/cancelled")) {
        cancel(s, &ask->message);
    }
    if (result == MCP_UNDER_WAY) {
        ask->next = s->asks;
        s->asks = ask;
        s->ask_count++;
        return 0;
    }
    ask_free(ask);
    return result;
}

int
mcp_server_long_line(struct mcp_server *s, struct err *err)
{
    struct mcp_ask nobody = {.server = s};
    return mcp_refuse(&nobody, MCP_INVALID_REQUEST,
                      STR("a message was longer than 512 KiB and was not read"), STR(""), err);
}
