/* What the server answers, method by method. */
#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "mcp/mcp_serving.h"
#include "tool/policy.h"
#include "tool/tool.h"

int
mcp_refuse_params(struct mcp_ask *ask, struct str words, struct err *err)
{
    return words.ptr ? mcp_refuse(ask, MCP_INVALID_PARAMS, words, STR(""), err) : err_nomem(err);
}

/* ---- The handshake ---------------------------------------------------------------------------*/

static void
put_instructions(struct js_out *out, const struct mcp_server *s)
{
    if (s->parts.instructions.len) {
        js_put_str(out, "instructions", s->parts.instructions);
    }
}

static int
initialize(struct mcp_ask *ask, struct err *err)
{
    struct mcp_server *s = ask->server;
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, MCP_ANSWER_BYTES);
    struct str version = js_get_text(ask->message.params, "protocolVersion");
    if (s->era != MCP_ERA_NONE) {
        return mcp_refuse(ask, MCP_INVALID_REQUEST, STR("initialize was said already"), STR(""),
                          err);
    }
    if (!version.len) {
        return mcp_refuse_params(ask, STR("protocolVersion: want a string"), err);
    }
    if (!mcp_version_legacy(version)) {
        version = STR(MCP_VERSION_LEGACY);
    }
    /* Dates compare as text. */
    s->era = str_cmp(version, STR("2025-06-18")) < 0 ? MCP_ERA_EARLY : MCP_ERA_LEGACY;
    ask->era = s->era;
    mcp_answer_begin(ask, false, &out, &text);
    js_put_str(&out, "protocolVersion", version);
    mcp_put_capabilities(&out, s);
    mcp_put_implementation(&out, ask, "serverInfo");
    put_instructions(&out, s);
    return mcp_answer_end(ask, &out, err);
}

static int
discover(struct mcp_ask *ask, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, MCP_ANSWER_BYTES);
    mcp_answer_begin(ask, true, &out, &text);
    js_key(&out, STR("supportedVersions"));
    js_begin_array(&out);
    js_add_str(&out, STR(MCP_VERSION_MODERN));
    js_end_array(&out);
    mcp_put_capabilities(&out, ask->server);
    put_instructions(&out, ask->server);
    return mcp_answer_end(ask, &out, err);
}

static int
ping(struct mcp_ask *ask, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, MCP_ANSWER_BYTES);
    mcp_answer_begin(ask, false, &out, &text);
    return mcp_answer_end(ask, &out, err);
}

/* ---- Pages -----------------------------------------------------------------------------------*/

/* The cursor is where the page begins. */
bool
mcp_page_start(const struct mcp_ask *ask, size_t count, size_t *ret)
{
    const struct js *params = ask->message.params;
    int64_t at = 0;
    *ret = 0;
    if (!js_has(params, STR("cursor"))) {
        return true;
    }
    if (!str_to_i64(js_get_text(params, "cursor"), &at) || at <= 0 || (uint64_t)at >= count) {
        return false;
    }
    *ret = (size_t)at;
    return true;
}

int
mcp_bad_cursor(struct mcp_ask *ask, struct err *err)
{
    return mcp_refuse_params(ask, STR("cursor: not one of this list's: leave it out to begin anew"),
                             err);
}

void
mcp_put_next(struct js_out *out, size_t next, size_t count)
{
    char text[24];
    if (next < count) {
        (void)snprintf(text, sizeof(text), "%zu", next);
        js_put_str(out, "nextCursor", str_c(text));
    }
}

/* ---- Tools -----------------------------------------------------------------------------------*/

static bool
offered(const struct mcp_server *s, const struct tool_def *def)
{
    return def && tool_policy_offers_alone(s->parts.policy, def);
}

static size_t
count_offered(const struct mcp_server *s)
{
    const struct tool_registry *r = s->parts.tools;
    size_t count = 0;
    for (size_t i = 0; i < tool_count(r); i++) {
        count += offered(s, tool_at(r, i));
    }
    return count;
}

static void
put_tool(struct js_out *out, const struct tool_def *def)
{
    js_begin_object(out);
    js_put_str(out, "name", def->name);
    js_put_str(out, "description", def->description);
    js_put_raw(out, "inputSchema", def->schema_text);
    js_key(out, STR("annotations"));
    js_begin_object(out);
    js_put_bool(out, "readOnlyHint", true);
    js_put_bool(out, "openWorldHint", false);
    js_end_object(out);
    js_end_object(out);
}

static int
list_tools(struct mcp_ask *ask, struct err *err)
{
    const struct mcp_server *s = ask->server;
    const struct tool_registry *r = s->parts.tools;
    size_t count = count_offered(s);
    size_t start = 0;
    size_t seen = 0;
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, MCP_ANSWER_BYTES);
    if (!mcp_page_start(ask, count, &start)) {
        return mcp_bad_cursor(ask, err);
    }
    mcp_answer_begin(ask, true, &out, &text);
    js_key(&out, STR("tools"));
    js_begin_array(&out);
    for (size_t i = 0; i < tool_count(r); i++) {
        const struct tool_def *def = tool_at(r, i);
        if (offered(s, def) && seen++ >= start && seen <= start + s->parts.page) {
            put_tool(&out, def);
        }
    }
    js_end_array(&out);
    mcp_put_next(&out, start + s->parts.page, count);
    return mcp_answer_end(ask, &out, err);
}

static int
answer_call(struct mcp_ask *ask, const struct tool_result *result, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, MCP_ANSWER_BYTES);
    bool good = result->status == TOOL_OK && !result->staged.escalate;
    struct str words = good ? result->json : result->message;
    if (result->status == TOOL_OK && !good) {
        words = STR("this tool wants to hand over to a human, which takes a conversation: none is "
                    "held here");
    }
    mcp_answer_begin(ask, false, &out, &text);
    js_key(&out, STR("content"));
    js_begin_array(&out);
    js_begin_object(&out);
    js_put_str(&out, "type", STR("text"));
    js_put_str(&out, "text", words);
    js_end_object(&out);
    js_end_array(&out);
    if (good && ask->era != MCP_ERA_EARLY && str_starts(str_trim(words), STR("{"))) {
        js_put_raw(&out, "structuredContent", words);
    }
    js_put_bool(&out, "isError", !good);
    return mcp_answer_end(ask, &out, err);
}

static void
on_call_done(void *arg, const struct tool_result *result)
{
    struct mcp_ask *ask = arg;
    struct err err = {0};
    ask->call = NULL;
    mcp_ask_settle(ask, answer_call(ask, result, &err));
}

/* Arguments, deadline and bounds are dispatch's to check. The call's name is its idempotency key:
 * it is this process's own. */
static int
start_call(struct mcp_ask *ask, struct str name, const struct js *given, struct err *err)
{
    struct mcp_server *s = ask->server;
    struct str arguments = given ? js_to_arena(given, &ask->arena) : STR("{}");
    const struct tool_scope scope = {
        .call = arena_printf(&ask->arena, "mcp-%llu", (unsigned long long)++s->calls)};
    if (!arguments.ptr || !scope.call.ptr) {
        return err_nomem(err);
    }
    int result = tool_call_start(s->parts.tools, name, arguments, &scope, &ask->arena, on_call_done,
                                 ask, &ask->call, err);
    return result < 0 ? result : MCP_UNDER_WAY;
}

static int
call_tool(struct mcp_ask *ask, struct err *err)
{
    struct mcp_server *s = ask->server;
    const struct js *given = js_get_c(ask->message.params, "arguments");
    struct str name = js_get_text(ask->message.params, "name");
    const struct tool_def *def = tool_find(s->parts.tools, name);
    if (!offered(s, def)) {
        return mcp_refuse_params(ask,
                                 arena_printf(&ask->arena,
                                              "unknown tool \"%" STR_FMT "\": see tools/list",
                                              STR_ARG(utf8_cut(name, 64))),
                                 err);
    }
    if (given && js_type(given) != JS_OBJECT) {
        return mcp_refuse_params(ask, STR("arguments: want an object"), err);
    }
    const struct tool_result closed = {
        .status = TOOL_REJECTED,
        .message =
            tool_policy_closed(s->parts.policy, def, clock_wall_ms(s->parts.clock), &ask->arena)};
    if (!closed.message.ptr) {
        return err_nomem(err);
    }
    return closed.message.len ? answer_call(ask, &closed, err) : start_call(ask, name, given, err);
}

/* ---- The table -------------------------------------------------------------------------------*/

/* What a method needs beside its era. */
enum need { NEED_NOTHING, NEED_SHELF, NEED_PROMPTS };

static const struct {
    struct str name;
    mcp_method run;
    bool legacy;
    bool modern;
    enum need need;
} methods[] = {
    {STR_INIT("initialize"), initialize, true, false, NEED_NOTHING},
    {STR_INIT("server/discover"), discover, false, true, NEED_NOTHING},
    {STR_INIT("ping"), ping, true, false, NEED_NOTHING},
    {STR_INIT("tools/list"), list_tools, true, true, NEED_NOTHING},
    {STR_INIT("tools/call"), call_tool, true, true, NEED_NOTHING},
    {STR_INIT("resources/list"), mcp_list_resources, true, true, NEED_SHELF},
    {STR_INIT("resources/read"), mcp_read_resource, true, true, NEED_SHELF},
    {STR_INIT("resources/templates/list"), mcp_list_templates, true, true, NEED_SHELF},
    {STR_INIT("prompts/list"), mcp_list_prompts, true, true, NEED_PROMPTS},
    {STR_INIT("prompts/get"), mcp_get_prompt, true, true, NEED_PROMPTS},
};

mcp_method
mcp_method_find(const struct mcp_ask *ask)
{
    const struct mcp_server_parts *parts = &ask->server->parts;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        bool known = ask->era == MCP_ERA_MODERN ? methods[i].modern : methods[i].legacy;
        if (!known || !str_eq(methods[i].name, ask->message.method)) {
            continue;
        }
        bool there = methods[i].need == NEED_SHELF     ? parts->shelf != NULL
                     : methods[i].need == NEED_PROMPTS ? parts->prompts != NULL
                                                       : true;
        return there ? methods[i].run : NULL;
    }
    return NULL;
}
