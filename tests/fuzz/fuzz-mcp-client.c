/* Any lines from an MCP server to its client, in every state of their talk: a call has at most one
 * answer, and what it is answered with, a model and a terminal can take. */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/log.h"
#include "base/must.h"
#include "base/utf8.h"
#include "io/loop.h"
#include "mcp/mcp_client_inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPEN_REQUEST = 1, OPEN_CALL = 2 };

struct heard {
    struct tool_run run;
    unsigned times;
};

static void
on_done(struct tool_run *run, const struct tool_result *result)
{
    struct heard *h = OWNER_OF(run, struct heard, run);
    struct err err;
    must(++h->times == 1);
    if (result->status == TOOL_OK) {
        must(js_check(result->json, &err) == 0);
    } else {
        must(result->status == TOOL_ERROR && result->message.len > 0);
    }
}

static bool
send_nothing(struct mcp_link *l, const struct mcp_sending *s)
{
    (void)l;
    return s->text.len > 0;
}

static void
kill_nothing(struct mcp_link *l, const char *why)
{
    l->state = why[0] ? MCP_LINK_ENDING : MCP_LINK_NONE;
}

static void
be_done(struct mcp_link *l)
{
    l->state = MCP_LINK_NONE;
}

static struct mcp_client *
make_client(struct loop *l, struct tool_registry *r, uint8_t start)
{
    static const struct mcp_link_ops near = {
        .send = send_nothing, .kill = kill_nothing, .done = be_done};
    static const struct mcp_link_ops far = {
        .send = send_nothing, .kill = kill_nothing, .done = be_done, .apart = true};
    struct err err;
    struct mcp_client *c = mem_zero(1, sizeof(*c));
    must(c);
    c->loop = l;
    c->registry = r;
    c->name = mem_str(STR("fuzz"));
    must(c->name && loop_timer_init(&c->timer, l, NULL, &err) == 0);
    c->settings = (struct mcp_settings){.name = str_c(c->name), .timeout_ms = 1000};
    c->state = MCP_PROBING + start % 4;
    c->era = start / 4 % 3;
    c->asked = OPEN_REQUEST;
    c->last_id = 10;
    c->process.link = (struct mcp_link){.ops = start & 1 ? &near : &far, .state = MCP_LINK_LIVE};
    c->link = &c->process.link;
    return c;
}

static void
add_call(struct mcp_client *c, struct heard *h, const struct tool_def *def)
{
    struct mcp_call *call = mem_zero(1, sizeof(*call));
    must(call);
    *h = (struct heard){.run = {.def = def, .done = on_done}};
    *call = (struct mcp_call){.run = &h->run, .id = OPEN_CALL};
    c->calls = call;
}

static void
check_tools(const struct tool_registry *r)
{
    struct err err;
    must(tool_count(r) <= MCP_TOOLS_MAX);
    for (size_t i = 0; i < tool_count(r); i++) {
        const struct tool_def *def = tool_at(r, i);
        must(utf8_valid(def->description) && js_check(def->schema_text, &err) == 0);
    }
}

/* The first byte chooses the state; the rest are lines. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tool_def def = {.name = STR_INIT("fuzz_tool")};
    struct loop *l = NULL;
    struct tool_registry *r = NULL;
    struct err err;
    struct heard heard;
    struct str line;
    if (size == 0) {
        return 0;
    }
    log_set_level(LOG_NONE);
    must(loop_new(&l, &err) == 0 && tool_registry_new(l, &r, &err) == 0);
    struct mcp_client *c = make_client(l, r, data[0]);
    add_call(c, &heard, &def);
    struct str rest = {(const char *)data + 1, size - 1};
    while (str_split(&rest, '\n', &line)) {
        (void)mcp_client_hear(c, line);
        if (c->state == MCP_LISTING && c->asked > OPEN_REQUEST) {
            c->asked = OPEN_REQUEST; /* so that further pages can be written in seeds */
        }
    }
    check_tools(r);
    struct mcp_call *left = mcp_client_take(c, OPEN_CALL);
    must((left == NULL) == (heard.times == 1));
    mem_free(left);
    tool_registry_free(r);
    mcp_client_free(c);
    loop_free(l);
    return 0;
}
