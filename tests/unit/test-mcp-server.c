/* The MCP server, talked to in both eras: what it says fits the protocol's own schemas, each
 * request has one answer, and a hostile client gets words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "io/worker.h"
#include "mcp/mcp_message.h"
#include "mcp/mcp_server.h"
#include "tool/policy.h"

#include "tool_fixture.h"

#define META "\"_meta\":{\"" MCP_META_VERSION "\":\"2026-07-28\",\"" MCP_META_CAPABILITIES "\":{}}"

/* ---- A desk of nothing much ------------------------------------------------------------------*/

struct talk {
    struct bench b;
    struct pool *pool;
    struct mcp_shelf shelf;
    struct mcp_prompts prompts;
    struct mcp_server *server;
    struct tool_policy *policy;
    struct clock_hand clock;
    struct buf out;
    size_t lines;
    size_t settled;
};

static int
list_shelf(void *arg, struct str cursor, size_t limit, struct arena *arena,
           struct mcp_resource_page *ret, struct err *err)
{
    static struct mcp_resource items[] = {{STR_INIT("x://1"), STR_INIT("One")},
                                          {STR_INIT("x://2"), STR_INIT("Two")}};
    (void)arg;
    (void)limit;
    (void)arena;
    if (cursor.len && !str_eq_c(cursor, "second")) {
        return err_set(err, ERR_INVALID, "cursor: not one of this list's");
    }
    ret->items = cursor.len ? &items[1] : items;
    ret->count = 1;
    ret->next = cursor.len ? STR("") : STR("second");
    return 0;
}

static int
read_shelf(void *arg, struct str uri, struct arena *arena, struct str *ret, struct err *err)
{
    (void)arg;
    if (str_eq_c(uri, "x://huge")) {
        char *text = arena_zero(arena, MCP_RESOURCE_BYTES + 1, 1);
        assert_non_null(text);
        *ret = (struct str){text, MCP_RESOURCE_BYTES + 1};
        return 0;
    }
    if (str_eq_c(uri, "x://broken")) {
        return err_set(err, ERR_IO, "the disk is gone");
    }
    if (!str_eq_c(uri, "x://1")) {
        return err_set(err, ERR_NOTFOUND, "there is none");
    }
    *ret = STR("{\"id\":1}");
    return 0;
}

static int
render(void *arg, size_t index, struct str values, struct arena *arena, struct str *ret,
       struct err *err)
{
    (void)arg;
    assert_int_equal(index, 0);
    if (str_find(values, STR("bad"), 0) != SIZE_MAX) {
        return err_set(err, ERR_INVALID, "name: cannot be bad");
    }
    *ret = arena_printf(arena, "Filled with %" STR_FMT, STR_ARG(values));
    return ret->ptr ? 0 : err_nomem(err);
}

static void
on_send(void *arg, struct str line)
{
    struct talk *t = arg;
    assert_int_equal(str_find_char(line, '\n', 0), line.len - 1);
    buf_add(&t->out, line);
    t->lines++;
}

static void
on_settled(void *arg, int result)
{
    assert_int_equal(result, 0);
    ((struct talk *)arg)->settled++;
}

static void
add_tools(struct talk *t)
{
    static const struct tool_result refused = {
        .status = TOOL_ERROR, .error_code = STR_INIT("nope"), .message = STR_INIT("no such order")};
    static const struct tool_result list = {.status = TOOL_OK, .json = STR_INIT("[1,2]")};
    static const struct tool_result hands_over = {
        .status = TOOL_OK,
        .json = STR_INIT("{}"),
        .staged = {.escalate = true, .priority = STR_INIT("low")}};
    struct bench *b = &t->b;
    struct tool_def def = make_def(b, &b->a, "refund", (struct fake_tool){.result = good});
    def.effect = EFFECT_WRITE;
    add(b, def);
    def = make_def(b, &b->a, "escalate", (struct fake_tool){.result = good});
    def.hands_over = true;
    add(b, def);
    add(b, make_def(b, &b->a, "search", (struct fake_tool){.result = good}));
    add(b, make_def(b, &b->a, "refuse", (struct fake_tool){.result = refused}));
    add(b, make_def(b, &b->a, "list", (struct fake_tool){.result = list}));
    add(b, make_def(b, &b->a, "sneaky", (struct fake_tool){.result = hands_over}));
    def = make_def(b, &b->b, "stuck", (struct fake_tool){.behaviour = NEVER});
    def.timeout_ms = 30;
    def.parallel = true;
    add(b, def);
    def.name = STR("endless");
    def.timeout_ms = 600000;
    add(b, def);
}

/* RULES: the desk's policy; NULL: it has none. */
static void
talk_init_by(struct talk *t, size_t page, const char *rules)
{
    static const struct mcp_resource_template templates[] = {
        {STR_INIT("x://{id}"), STR_INIT("x"), STR_INIT("X"), STR_INIT("an x")}};
    static const struct mcp_prompt_argument arguments[] = {
        {STR_INIT("name"), STR_INIT("whose"), true}};
    static const struct mcp_prompt prompts[] = {
        {STR_INIT("tutor"), STR_INIT("teaches"), arguments, 1},
        {STR_INIT("other"), STR_INIT("does not"), NULL, 0}};
    struct err err = {0};
    memset(t, 0, sizeof(*t));
    buf_init(&t->out, LIMIT_JSON_BYTES);
    bench_init(&t->b);
    add_tools(t);
    assert_int_equal(pool_new(t->b.loop, "shelf", 2, 0, &t->pool, &err), 0);
    t->shelf = (struct mcp_shelf){list_shelf, read_shelf, t, templates, 1, t->pool};
    t->prompts = (struct mcp_prompts){prompts, 2, render, t};
    if (rules) {
        struct js *tree = NULL;
        assert_int_equal(js_parse(str_c(rules), &t->b.arena, &tree, &err), 0);
        assert_int_equal(tool_policy_new(tree, STR("Europe/Berlin"), &t->policy, &err), 0);
    }
    clock_hand_init(&t->clock, INT64_C(1772449200000)); /* Monday 2026-03-02, 12:00 in Berlin */
    const struct mcp_server_parts parts = {
        .loop = t->b.loop,
        .name = STR("desk"),
        .title = STR("A desk"),
        .version = STR("1"),
        .instructions = STR("Ask."),
        .tools = t->b.registry,
        .policy = t->policy,
        .clock = &t->clock.clock,
        .shelf = &t->shelf,
        .prompts = &t->prompts,
        .page = page,
        .send = on_send,
        .settled = on_settled,
        .arg = t,
    };
    assert_int_equal(mcp_server_new(&parts, &t->server, &err), 0);
}

static void
talk_init(struct talk *t, size_t page)
{
    talk_init_by(t, page, NULL);
}

static void
talk_done(struct talk *t)
{
    pool_free(t->pool);
    mcp_server_free(t->server);
    tool_policy_free(t->policy);
    bench_done(&t->b);
    buf_done(&t->out);
}

/* Say LINE; what was answered by the time LINES answers are there, or a moment passed. */
static struct str
say(struct talk *t, const char *line, size_t lines)
{
    struct err err = {0};
    buf_clear(&t->out);
    t->lines = 0;
    assert_int_equal(mcp_server_line(t->server, str_c(line), &err), 0);
    for (int i = 0; i < 500 && t->lines < lines; i++) {
        assert_int_equal(loop_step(t->b.loop, 10, &err), 0);
    }
    assert_int_equal(loop_step(t->b.loop, 0, &err), 0);
    if (t->lines != lines) {
        fail_msg("%s: %zu answers, not %zu: %s", line, t->lines, lines,
                 t->out.text ? t->out.text : "");
    }
    return buf_str(&t->out);
}

/* ---- The protocol's schemas ------------------------------------------------------------------*/

enum { DEFS_MAX = 256 };

struct closure {
    const struct js *defs;
    struct str names[DEFS_MAX];
    size_t count;
};

static void
reach(struct closure *c, const struct js *value)
{
    static const char prefix[] = "#/$defs/";
    struct js_member member;
    for (size_t i = 0; js_type(value) == JS_ARRAY && i < js_count(value); i++) {
        reach(c, js_at(value, i));
    }
    for (struct js_iter it = js_iter(value); js_next(&it, &member);) {
        struct str text = js_text(member.value);
        size_t i = 0;
        if (!str_eq_c(member.key, "$ref") || !str_starts(text, str_c(prefix))) {
            reach(c, member.value);
            continue;
        }
        struct str name = str_sub(text, sizeof(prefix) - 1, SIZE_MAX);
        while (i < c->count && !str_eq(c->names[i], name)) {
            i++;
        }
        if (i == c->count) {
            assert_true(c->count < DEFS_MAX);
            c->names[c->count++] = name;
            reach(c, js_get(c->defs, name));
        }
    }
}

/* RESULT fits definition DEF of VERSION's schema, of which only what it needs is compiled: the
 * whole is longer than our schemas may be. */
static void
check_fits(const struct js *result, const char *version, const char *def)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf text;
    AUTO(schema) struct schema *schema = NULL;
    struct closure c = {0};
    struct schema_report report;
    struct js *root = NULL;
    struct js_out out;
    struct err err = {0};
    char path[512];
    const char *shared = getenv("DESKHAND_SHARED");
    buf_init(&text, LIMIT_JSON_BYTES);
    (void)snprintf(path, sizeof(path), "%s/vectors/mcp-schema/schema/%s/schema.json",
                   shared ? shared : "../shared", version);
    FILE *file = fopen(path, "r");
    if (!file) {
        print_message("SKIP: no shared data\n");
        return;
    }
    char piece[4096];
    for (size_t got; (got = fread(piece, 1, sizeof(piece), file)) > 0;) {
        buf_add(&text, (struct str){piece, got});
    }
    (void)fclose(file);
    assert_int_equal(js_parse(buf_str(&text), &arena, &root, &err), 0);
    c.defs = js_get_c(root, "$defs");
    c.names[c.count++] = str_c(def);
    assert_true(js_has(c.defs, str_c(def)));
    reach(&c, js_get_c(c.defs, def));
    buf_clear(&text);
    js_out_init(&out, &text);
    js_begin_object(&out);
    (void)snprintf(path, sizeof(path), "#/$defs/%s", def);
    js_put_str(&out, "$ref", str_c(path));
    js_key(&out, STR("$defs"));
    js_begin_object(&out);
    for (size_t i = 0; i < c.count; i++) {
        js_key(&out, c.names[i]);
        js_add_value(&out, js_get(c.defs, c.names[i]));
    }
    js_end_object(&out);
    js_end_object(&out);
    if (schema_compile(buf_str(&text), &schema, &err) < 0) {
        fail_msg("%s %s: %s", version, def, err.message);
    }
    if (schema_check(schema, result, &arena, &report, &err) != 0) {
        buf_clear(&text);
        schema_report_write(&report, &text);
        fail_msg("%s %s: %s", version, def, text.text);
    }
}

/* ---- Talks -----------------------------------------------------------------------------------*/

/* One line and its answer: parts of it, and what its result is by the schema; no parts: there is no
 * answer. `{id}` and what follows go on as given. */
struct step {
    const char *say;
    const char *want[3];
    const char *def;
};

static void
run_steps(struct talk *t, const char *version, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(arena) struct arena arena = {0};
        struct mcp_message m;
        struct err err = {0};
        struct str got = say(t, steps[i].say, steps[i].want[0] ? 1 : 0);
        for (size_t k = 0; k < 3 && steps[i].want[k]; k++) {
            if (str_find(got, str_c(steps[i].want[k]), 0) == SIZE_MAX) {
                fail_msg("%s\n%.*s\nlacks %s", steps[i].say, STR_ARG(got), steps[i].want[k]);
            }
        }
        if (!steps[i].want[0]) {
            continue;
        }
        assert_int_equal(mcp_message_read(got, &arena, &m, &err), 0);
        assert_int_equal(m.kind, steps[i].def ? MCP_RESULT : MCP_ERROR);
        if (steps[i].def) {
            check_fits(m.result, version, steps[i].def);
        }
    }
}

#define ASK(method, params)                                                                        \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" params "}}"
#define HELLO(version)                                                                             \
    ASK("initialize", "\"protocolVersion\":\"" version "\",\"capabilities\":{},"                   \
                      "\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}")
#define RUN(t, version, steps) run_steps(t, version, steps, sizeof(steps) / sizeof(*(steps)))

static const struct step with_handshake[] = {
    {ASK("ping", ""), {"\"result\":{}"}, "Result"},
    {ASK("tools/list", ""), {"-32600", "initialize"}, NULL},
    {HELLO("2025-11-25"),
     {"\"protocolVersion\":\"2025-11-25\"", "\"instructions\":\"Ask.\"",
      "\"capabilities\":{\"tools\":{},\"resources\":{},\"prompts\":{}}"},
     "InitializeResult"},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", {NULL}, NULL},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/unheard-of\"}", {NULL}, NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}", {NULL}, NULL},
    {HELLO("2025-11-25"), {"-32600", "already"}, NULL},
    {ASK("server/discover", META), {"-32601", "server/discover"}, NULL},
    {ASK("logging/setLevel", "\"level\":\"info\""), {"-32601"}, NULL},
    {ASK("tools/list", ""), {"\"name\":\"search\"", "readOnlyHint\":true"}, "ListToolsResult"},
    {ASK("tools/call", "\"name\":\"search\",\"arguments\":{\"query\":\"hub\"}"),
     {"\"text\":\"{\\\"found\\\":true}\"", "\"structuredContent\":{\"found\":true}",
      "\"isError\":false"},
     "CallToolResult"},
    {ASK("tools/call", "\"name\":\"list\",\"arguments\":{\"query\":\"hub\"}"),
     {"\"text\":\"[1,2]\"}],\"isError\":false"},
     "CallToolResult"},
    {ASK("tools/call", "\"name\":\"search\""),
     {"expected a member", "\"isError\":true"},
     "CallToolResult"},
    {ASK("tools/call", "\"name\":\"refuse\",\"arguments\":{\"query\":\"hub\"}"),
     {"no such order", "\"isError\":true"},
     "CallToolResult"},
    {ASK("tools/call", "\"name\":\"sneaky\",\"arguments\":{\"query\":\"hub\"}"),
     {"takes a conversation", "\"isError\":true"},
     "CallToolResult"},
    {ASK("tools/call", "\"name\":\"stuck\",\"arguments\":{\"query\":\"hub\"}"),
     {"no answer within 30 ms", "\"isError\":true"},
     "CallToolResult"},
    {ASK("tools/call", "\"name\":\"refund\",\"arguments\":{\"query\":\"hub\"}"),
     {"-32602", "unknown tool \\\"refund\\\""},
     NULL},
    {ASK("tools/call", "\"name\":\"escalate\",\"arguments\":{\"query\":\"hub\"}"),
     {"-32602"},
     NULL},
    {ASK("tools/call", "\"name\":\"search\",\"arguments\":[1]"), {"-32602", "object"}, NULL},
    {ASK("tools/call", ""), {"-32602"}, NULL},
    {ASK("resources/list", ""),
     {"\"uri\":\"x://1\",\"name\":\"One\"", "\"nextCursor\":\"second\""},
     "ListResourcesResult"},
    {ASK("resources/list", "\"cursor\":\"second\""), {"x://2"}, "ListResourcesResult"},
    {ASK("resources/list", "\"cursor\":\"\""), {"-32602"}, NULL},
    {ASK("resources/list", "\"cursor\":\"third\""), {"-32602", "cursor"}, NULL},
    {ASK("resources/templates/list", ""), {"x://{id}"}, "ListResourceTemplatesResult"},
    {ASK("resources/read", "\"uri\":\"x://1\""), {"{\\\"id\\\":1}"}, "ReadResourceResult"},
    {ASK("resources/read", "\"uri\":\"x://3\""), {"-32002", "\"uri\":\"x://3\""}, NULL},
    {ASK("resources/read", "\"uri\":\"x://huge\""), {"-32603", "1 MiB"}, NULL},
    {ASK("resources/read", "\"uri\":\"x://broken\""), {"-32603", "the disk is gone"}, NULL},
    {ASK("resources/read", ""), {"-32602", "uri"}, NULL},
    {ASK("prompts/list", ""), {"\"required\":true"}, "ListPromptsResult"},
    {ASK("prompts/get", "\"name\":\"tutor\",\"arguments\":{\"name\":\"Bo\"}"),
     {"\"role\":\"user\"", "Filled with {\\\"name\\\":\\\"Bo\\\"}"},
     "GetPromptResult"},
    {ASK("prompts/get", "\"name\":\"tutor\",\"arguments\":{\"name\":\"bad\"}"),
     {"-32602", "cannot be bad"},
     NULL},
    {ASK("prompts/get", "\"name\":\"tutor\",\"arguments\":{\"name\":7}"), {"-32602"}, NULL},
    {ASK("prompts/get", "\"name\":\"greeting\""), {"-32602", "unknown prompt"}, NULL},
};

static void
test_a_client_with_a_handshake(void **state)
{
    struct talk t;
    (void)state;
    talk_init(&t, 0);
    RUN(&t, "2025-11-25", with_handshake);
    assert_int_equal(mcp_server_asks(t.server), 0);
    talk_done(&t);
}

static void
test_versions_are_negotiated(void **state)
{
    static const struct {
        const char *asked;
        const char *answered;
        bool structured;
    } cases[] = {
        {HELLO("2025-11-25"), "\"protocolVersion\":\"2025-11-25\"", true},
        {HELLO("2025-06-18"), "\"protocolVersion\":\"2025-06-18\"", true},
        {HELLO("2025-03-26"), "\"protocolVersion\":\"2025-03-26\"", false},
        {HELLO("2024-11-05"), "\"protocolVersion\":\"2024-11-05\"", false},
        {HELLO("2026-07-28"), "\"protocolVersion\":\"2025-11-25\"", true},
        {HELLO("1900-01-01"), "\"protocolVersion\":\"2025-11-25\"", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct talk t;
        talk_init(&t, 0);
        assert_contains(say(&t, cases[i].asked, 1), cases[i].answered);
        struct str got =
            say(&t, ASK("tools/call", "\"name\":\"search\",\"arguments\":{\"query\":\"hub\"}"), 1);
        assert_int_equal(str_find(got, STR("structuredContent"), 0) != SIZE_MAX,
                         cases[i].structured);
        talk_done(&t);
    }
}

static void
test_a_client_without_a_handshake(void **state)
{
    static const struct step steps[] = {
        {ASK("server/discover", META),
         {"\"supportedVersions\":[\"2026-07-28\"]", "\"resultType\":\"complete\"", "serverInfo"},
         "DiscoverResult"},
        {ASK("server/discover", ""), {"-32602", "_meta"}, NULL},
        {ASK("tools/list", "\"_meta\":{\"" MCP_META_VERSION "\":\"2026-07-28\"}"),
         {"-32602", "clientCapabilities"},
         NULL},
        {ASK("tools/list", "\"_meta\":{\"" MCP_META_VERSION "\":\"1900-01-01\"}"),
         {"-32022", "\"requested\":\"1900-01-01\"", "\"supported\":[\"2026-07-28\""},
         NULL},
        {ASK("ping", META), {"-32601"}, NULL},
        {ASK("subscriptions/listen", META), {"-32601"}, NULL},
        {ASK("tools/list", META), {"\"ttlMs\"", "\"name\":\"search\""}, "ListToolsResult"},
        {ASK("tools/call", "\"name\":\"list\",\"arguments\":{\"query\":\"hub\"}," META),
         {"\"resultType\":\"complete\"", "[1,2]"},
         "CallToolResult"},
        {ASK("tools/call", "\"name\":\"search\",\"arguments\":{\"query\":\"hub\"}," META),
         {"\"structuredContent\":{\"found\":true}"},
         "CallToolResult"},
        {ASK("tools/call", "\"name\":\"search\",\"arguments\":{}," META),
         {"\"isError\":true"},
         "CallToolResult"},
        {ASK("resources/list", META), {"x://1"}, "ListResourcesResult"},
        {ASK("resources/templates/list", META), {"x://{id}"}, "ListResourceTemplatesResult"},
        {ASK("resources/read", "\"uri\":\"x://1\"," META), {"cacheScope"}, "ReadResourceResult"},
        {ASK("resources/read", "\"uri\":\"x://3\"," META), {"-32602", "x://3"}, NULL},
        {ASK("prompts/list", META), {"tutor"}, "ListPromptsResult"},
        {ASK("prompts/get", "\"name\":\"tutor\"," META), {"Filled with {}"}, "GetPromptResult"},
        /* A client may look first and shake hands then. */
        {HELLO("2025-06-18"), {"2025-06-18"}, NULL},
    };
    struct talk t;
    (void)state;
    talk_init(&t, 0);
    run_steps(&t, "2026-07-28", steps, sizeof(steps) / sizeof(*steps) - 1);
    assert_contains(say(&t, steps[sizeof(steps) / sizeof(*steps) - 1].say, 1), "2025-06-18");
    talk_done(&t);
}

static void
test_lists_come_in_pages(void **state)
{
    static const struct step steps[] = {
        {HELLO("2025-11-25"), {"2025-11-25"}, "InitializeResult"},
        {ASK("tools/list", ""), {"search", "refuse\"", "\"nextCursor\":\"2\""}, "ListToolsResult"},
        {ASK("tools/list", "\"cursor\":\"2\""),
         {"\"list\"", "sneaky", "\"nextCursor\":\"4\""},
         "ListToolsResult"},
        {ASK("tools/list", "\"cursor\":\"4\""), {"stuck", "endless\""}, "ListToolsResult"},
        {ASK("tools/list", "\"cursor\":\"6\""), {"-32602"}, NULL},
        {ASK("tools/list", "\"cursor\":\"-1\""), {"-32602"}, NULL},
        {ASK("tools/list", "\"cursor\":\"\""), {"-32602"}, NULL},
        {ASK("tools/list", "\"cursor\":null"), {"-32602"}, NULL},
        {ASK("tools/list", "\"cursor\":2"), {"-32602"}, NULL},
        {ASK("prompts/list", "\"cursor\":\"x\""), {"-32602"}, NULL},
        {ASK("resources/templates/list", "\"cursor\":\"9\""), {"-32602"}, NULL},
    };
    struct talk t;
    (void)state;
    talk_init(&t, 2);
    RUN(&t, "2025-11-25", steps);
    struct str last = say(&t, ASK("tools/list", "\"cursor\":\"4\""), 1);
    assert_int_equal(str_find(last, STR("nextCursor"), 0), SIZE_MAX);
    talk_done(&t);
}

/* What a rule keeps for conversations is neither there nor called; its hours hold. */
static void
test_the_desks_policy_holds(void **state)
{
    static const char rules[] =
        "{\"search\":{\"hours\":\"mon 09:00-18:00\"},\"list\":{\"enabled\":false},"
        "\"refuse\":{\"prompts\":[\"service\"]},\"sneaky\":{\"approval\":\"customer\"},"
        "\"stuck\":{\"dry_run\":true},\"endless\":{\"prompts\":[\"*\"],\"per_day\":1}}";
    static const char search[] =
        ASK("tools/call", "\"name\":\"search\",\"arguments\":{\"query\":\"hub\"}");
    static const char *const kept[] = {"list", "refuse", "sneaky", "stuck", "mine"};
    struct talk t;
    (void)state;
    talk_init_by(&t, 0, rules);
    struct tool_def def = make_def(&t.b, &t.b.a, "mine", (struct fake_tool){.result = good});
    def.customer_field = STR("/query");
    add(&t.b, def);
    (void)say(&t, HELLO("2025-11-25"), 1);
    struct str listed = say(&t, ASK("tools/list", ""), 1);
    assert_contains(listed, "\"name\":\"search\"");
    assert_contains(listed, "\"name\":\"endless\"");
    for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
        char line[200];
        char name[40];
        (void)snprintf(name, sizeof(name), "\"name\":\"%s\"", kept[i]);
        assert_int_equal(str_find(say(&t, ASK("tools/list", ""), 1), str_c(name), 0), SIZE_MAX);
        (void)snprintf(line, sizeof(line),
                       ASK("tools/call", "\"name\":\"%s\",\"arguments\":{\"query\":\"hub\"}"),
                       kept[i]);
        assert_contains(say(&t, line, 1), "unknown tool");
    }
    assert_contains(say(&t, search, 1), "\"isError\":false");
    clock_hand_advance(&t.clock, INT64_C(6) * 3600 * 1000);
    struct str closed = say(&t, search, 1);
    assert_contains(closed, "search can be used mon 09:00-18:00 only");
    assert_contains(closed, "Nothing was done.\"}],\"isError\":true");
    assert_int_equal(t.b.a.started, 1);
    talk_done(&t);
}

static void
test_what_is_no_message_gets_words(void **state)
{
    static const struct step steps[] = {
        {"nonsense", {"-32700", "column 1"}, NULL},
        {"[]", {"-32600", "one object"}, NULL},
        {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", {"-32600", "id"}, NULL},
        {"{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"ping\",\"params\":7}",
         {"-32602", "\"id\":4"},
         NULL},
        {"{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":7}", {NULL}, NULL},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":7}", {NULL}, NULL},
        {"{\"jsonrpc\":\"2.0\",\"method\":7}", {"-32600", "method"}, NULL},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}", {NULL}, NULL},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
         "cancelled\",\"params\":{\"requestId\":5}}",
         {NULL},
         NULL},
        {ASK("initialize", ""), {"-32602", "protocolVersion"}, NULL},
        {ASK("\\u001b[2Jx", ""), {"-32600"}, NULL},
    };
    struct talk t;
    struct err err = {0};
    (void)state;
    talk_init(&t, 0);
    RUN(&t, "2025-11-25", steps);
    assert_int_equal(mcp_server_long_line(t.server, &err), 0);
    assert_contains(buf_str(&t.out), "512 KiB");
    talk_done(&t);
}

/* "endless" call ID. */
static const char *
endless(char *text, size_t size, int id)
{
    (void)snprintf(text, size,
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":"
                   "\"endless\",\"arguments\":{\"query\":\"x\"}," META "}}",
                   id);
    return text;
}

static void
test_cancelled_and_unfinished_requests(void **state)
{
    struct talk t;
    char text[512];
    (void)state;
    talk_init(&t, 0);
    for (int i = 0; i < MCP_ASKS_MAX; i++) {
        assert_false(mcp_server_full(t.server));
        (void)say(&t, endless(text, sizeof(text), i), 0);
        if (i == 0) {
            /* Its id is taken, and an error says so; it itself goes on. */
            assert_contains(say(&t, endless(text, sizeof(text), i), 1), "under way");
        }
    }
    assert_true(mcp_server_full(t.server));
    assert_int_equal(t.b.b.running, MCP_ASKS_MAX);
    mcp_server_free(t.server);
    t.server = NULL;
    assert_int_equal(t.b.b.running, 0);
    talk_done(&t);

    talk_init(&t, 0);
    (void)say(&t, endless(text, sizeof(text), 7), 0);
    (void)say(&t,
              "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":"
              "{\"requestId\":\"7\"}}",
              0);
    assert_int_equal(mcp_server_asks(t.server), 1); /* another id */
    (void)say(&t,
              "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":"
              "{\"requestId\":7,\"reason\":\"bored\"}}",
              0);
    assert_int_equal(mcp_server_asks(t.server), 0);
    assert_int_equal(t.b.b.running, 0);
    assert_int_equal(t.settled, 1);
    talk_done(&t);
}

static void
test_a_cancelled_errand_is_not_heard_of(void **state)
{
    struct talk t;
    struct err err = {0};
    (void)state;
    talk_init(&t, 0);
    assert_int_equal(
        mcp_server_line(t.server, str_c(ASK("resources/read", "\"uri\":\"x://1\"," META)), &err),
        0);
    (void)say(&t,
              "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":"
              "{\"requestId\":1}}",
              0);
    for (int i = 0; i < 500 && mcp_server_asks(t.server) > 0; i++) {
        assert_int_equal(loop_step(t.b.loop, 10, &err), 0);
    }
    assert_int_equal(mcp_server_asks(t.server), 0);
    assert_int_equal(t.lines, 0);
    /* And one that nobody waits for any more. */
    assert_int_equal(
        mcp_server_line(t.server, str_c(ASK("resources/read", "\"uri\":\"x://1\"," META)), &err),
        0);
    talk_done(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_with_a_handshake),
        cmocka_unit_test(test_versions_are_negotiated),
        cmocka_unit_test(test_a_client_without_a_handshake),
        cmocka_unit_test(test_lists_come_in_pages),
        cmocka_unit_test(test_the_desks_policy_holds),
        cmocka_unit_test(test_what_is_no_message_gets_words),
        cmocka_unit_test(test_cancelled_and_unfinished_requests),
        cmocka_unit_test(test_a_cancelled_errand_is_not_heard_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
