/* Any lines to the MCP server: each request has exactly one answer, with its id, and nothing else
 * has any. */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "io/loop.h"
#include "io/worker.h"
#include "mcp/mcp_message.h"
#include "mcp/mcp_server.h"
#include "schema/schema.h"
#include "tool/tool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of one input: each may take a thread's time. */
enum { LINES = 10 };

static int
refuse(struct tool_source *s, struct tool_run *run, struct err *err)
{
    (void)s;
    (void)run;
    return err_set(err, ERR_BUSY, "no thread is free");
}

static void
abandon(struct tool_source *s, struct tool_run *run, bool late)
{
    (void)s;
    (void)run;
    (void)late;
}

static struct str
unavailable(struct tool_source *s, const struct tool_def *def)
{
    (void)s;
    (void)def;
    return STR("");
}

static int
list(void *arg, struct str cursor, size_t limit, struct arena *arena, struct mcp_resource_page *ret,
     struct err *err)
{
    (void)arg;
    (void)limit;
    (void)arena;
    *ret = (struct mcp_resource_page){.next = STR("next")};
    return cursor.len % 2 ? err_set(err, ERR_INVALID, "cursor: odd") : 0;
}

static int
read_one(void *arg, struct str uri, struct arena *arena, struct str *ret, struct err *err)
{
    (void)arg;
    (void)arena;
    *ret = STR("{}");
    return uri.len % 2 ? err_set(err, ERR_NOTFOUND, "there is none") : 0;
}

static int
render(void *arg, size_t index, struct str values, struct arena *arena, struct str *ret,
       struct err *err)
{
    (void)arg;
    (void)index;
    *ret = arena_str(arena, values);
    return ret->ptr ? 0 : err_nomem(err);
}

struct fixture {
    struct loop *loop;
    struct pool *pool;
    struct tool_registry *tools;
    struct schema *schema;
    struct tool_source source;
    struct mcp_shelf shelf;
    struct mcp_prompts prompts;
    struct buf out;
    size_t sent;
};

static void
on_send(void *arg, struct str line)
{
    struct fixture *f = arg;
    buf_add(&f->out, line);
    f->sent++;
}

static void
on_settled(void *arg, int result)
{
    must(result == 0);
    loop_stop(((struct fixture *)arg)->loop);
}

static const struct tool_source_ops ops = {refuse, abandon, unavailable};

/* Made once: it is the server that is new with each input. */
static struct fixture *
fixture(void)
{
    static const struct mcp_resource_template templates[] = {
        {STR_INIT("x://{id}"), STR_INIT("x"), STR_INIT("X"), STR_INIT("an x")}};
    static const struct mcp_prompt prompts[] = {{STR_INIT("p"), STR_INIT("a prompt"), NULL, 0}};
    static const char schema[] = "{\"type\":\"object\",\"required\":[\"q\"]}";
    static struct fixture f;
    struct err err = {0};
    if (f.loop) {
        return &f;
    }
    must(loop_new(&f.loop, &err) == 0 && pool_new(f.loop, "shelf", 1, 0, &f.pool, &err) == 0);
    must(tool_registry_new(f.loop, &f.tools, &err) == 0);
    must(schema_compile(str_c(schema), &f.schema, &err) == 0);
    f.source.ops = &ops;
    const struct tool_def def = {
        .name = STR("t"),
        .description = STR("a tool"),
        .schema_text = str_c(schema),
        .schema = f.schema,
        .timeout_ms = 1000,
        .plugin = STR("fuzz"),
        .source = &f.source,
    };
    must(tool_registry_add(f.tools, &def, &err) == 0);
    f.shelf = (struct mcp_shelf){list, read_one, NULL, templates, 1, f.pool};
    f.prompts = (struct mcp_prompts){prompts, 1, render, NULL};
    buf_init(&f.out, LIMIT_JSON_BYTES);
    return &f;
}

/* Say LINE and hear all of the answer before the next. */
static void
talk(struct fixture *f, struct mcp_server *server, struct str line)
{
    AUTO(arena) struct arena arena = {0};
    struct mcp_message asked;
    struct mcp_message answer;
    struct err err = {0};
    bool sound = mcp_message_read(line, &arena, &asked, &err) == 0;
    buf_clear(&f->out);
    f->sent = 0;
    must(mcp_server_line(server, line, &err) == 0);
    while (mcp_server_asks(server) > 0) {
        must(loop_run(f->loop, &err) == 0);
    }
    must(f->sent == (asked.kind == MCP_REQUEST ? 1 : 0));
    if (f->sent == 0) {
        return;
    }
    must(mcp_message_read(buf_str(&f->out), &arena, &answer, &err) == 0);
    must(sound ? answer.kind == MCP_RESULT || answer.kind == MCP_ERROR : answer.kind == MCP_ERROR);
    must(asked.id.kind == MCP_ID_NONE ? answer.id.kind == MCP_ID_NONE
                                      : mcp_id_eq(&asked.id, &answer.id));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fixture *f = fixture();
    AUTO(mcp_server) struct mcp_server *server = NULL;
    struct str text = {(const char *)data, size};
    struct str line;
    struct err err = {0};
    const struct mcp_server_parts parts = {
        .loop = f->loop,
        .name = STR("fuzz"),
        .version = STR("1"),
        .tools = f->tools,
        .shelf = &f->shelf,
        .prompts = &f->prompts,
        .send = on_send,
        .settled = on_settled,
        .arg = f,
    };
    must(mcp_server_new(&parts, &server, &err) == 0);
    for (int i = 0; i < LINES && str_split(&text, '\n', &line); i++) {
        talk(f, server, line);
    }
    return 0;
}
