/* What the server answers about resources, on the shelf's threads, and about prompts. */
#include "base/utf8.h"
#include "io/loop.h"
#include "mcp/mcp_serving.h"

/* ---- Resources -------------------------------------------------------------------------------*/

static void
put_titled(struct js_out *out, const struct mcp_ask *ask, struct str name, struct str title)
{
    js_put_str(out, "name", name);
    if (title.len && ask->era != MCP_ERA_EARLY) {
        js_put_str(out, "title", title);
    }
    js_put_str(out, "mimeType", STR("application/json"));
}

static int
answer_resources(struct mcp_ask *ask, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, MCP_ANSWER_BYTES);
    mcp_answer_begin(ask, true, &out, &text);
    js_key(&out, STR("resources"));
    js_begin_array(&out);
    for (size_t i = 0; i < ask->page.count; i++) {
        js_begin_object(&out);
        js_put_str(&out, "uri", ask->page.items[i].uri);
        put_titled(&out, ask, ask->page.items[i].name, STR(""));
        js_end_object(&out);
    }
    js_end_array(&out);
    if (ask->page.next.len) {
        js_put_str(&out, "nextCursor", ask->page.next);
    }
    return mcp_answer_end(ask, &out, err);
}

static int
answer_resource(struct mcp_ask *ask, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, MCP_ANSWER_BYTES);
    if (ask->text.len > MCP_RESOURCE_BYTES) {
        return mcp_refuse(ask, MCP_INTERNAL, STR("this resource is larger than 1 MiB"), STR(""),
                          err);
    }
    mcp_answer_begin(ask, true, &out, &text);
    js_key(&out, STR("contents"));
    js_begin_array(&out);
    js_begin_object(&out);
    js_put_str(&out, "uri", ask->wanted);
    js_put_str(&out, "mimeType", STR("application/json"));
    js_put_str(&out, "text", ask->text);
    js_end_object(&out);
    js_end_array(&out);
    return mcp_answer_end(ask, &out, err);
}

/* The errand failed: whose fault is it? */
static int
answer_failure(struct mcp_ask *ask, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf data;
    buf_init(&data, MCP_LINE_BYTES);
    enum mcp_code code = MCP_INTERNAL;
    if (ask->result == ERR_INVALID) {
        code = MCP_INVALID_PARAMS;
    } else if (ask->result == ERR_NOTFOUND) {
        code = ask->era == MCP_ERA_MODERN ? MCP_INVALID_PARAMS : MCP_NO_RESOURCE;
        js_out_init(&out, &data);
        js_begin_object(&out);
        js_put_str(&out, "uri", ask->wanted);
        js_end_object(&out);
    }
    int result = buf_finish(&data, "MCP: an answer", err);
    return result < 0 ? result
                      : mcp_refuse(ask, code, str_c(ask->err.message), buf_str(&data), err);
}

static void
on_listed(struct job *job)
{
    struct mcp_ask *ask = OWNER_OF(job, struct mcp_ask, job);
    struct err err = {0};
    mcp_ask_settle(ask, ask->result < 0 ? answer_failure(ask, &err) : answer_resources(ask, &err));
}

static void
on_read(struct job *job)
{
    struct mcp_ask *ask = OWNER_OF(job, struct mcp_ask, job);
    struct err err = {0};
    mcp_ask_settle(ask, ask->result < 0 ? answer_failure(ask, &err) : answer_resource(ask, &err));
}

/* [worker] */
static void
run_list(struct job *job)
{
    struct mcp_ask *ask = OWNER_OF(job, struct mcp_ask, job);
    const struct mcp_shelf *shelf = ask->server->parts.shelf;
    ask->result = shelf->list(shelf->arg, ask->wanted, ask->server->parts.page, &ask->arena,
                              &ask->page, &ask->err);
}

/* [worker] */
static void
run_read(struct job *job)
{
    struct mcp_ask *ask = OWNER_OF(job, struct mcp_ask, job);
    const struct mcp_shelf *shelf = ask->server->parts.shelf;
    ask->result = shelf->read(shelf->arg, ask->wanted, &ask->arena, &ask->text, &ask->err);
}

static int
submit(struct mcp_ask *ask, void (*run)(struct job *), void (*done)(struct job *), struct err *err)
{
    ask->job = (struct job){.run = run, .done = done};
    int result = pool_submit(ask->server->parts.shelf->pool, &ask->job, err);
    return result < 0 ? result : MCP_UNDER_WAY;
}

int
mcp_list_resources(struct mcp_ask *ask, struct err *err)
{
    const struct js *params = ask->message.params;
    ask->wanted = js_get_text(params, "cursor");
    if (js_has(params, STR("cursor")) && !ask->wanted.len) {
        return mcp_bad_cursor(ask, err);
    }
    return submit(ask, run_list, on_listed, err);
}

int
mcp_read_resource(struct mcp_ask *ask, struct err *err)
{
    ask->wanted = js_get_text(ask->message.params, "uri");
    if (!ask->wanted.len) {
        return mcp_refuse_params(ask, STR("uri: want a string"), err);
    }
    return submit(ask, run_read, on_read, err);
}

int
mcp_list_templates(struct mcp_ask *ask, struct err *err)
{
    const struct mcp_shelf *shelf = ask->server->parts.shelf;
    size_t start = 0;
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, MCP_ANSWER_BYTES);
    if (!mcp_page_start(ask, shelf->template_count, &start)) {
        return mcp_bad_cursor(ask, err);
    }
    size_t end = start + ask->server->parts.page;
    mcp_answer_begin(ask, true, &out, &text);
    js_key(&out, STR("resourceTemplates"));
    js_begin_array(&out);
    for (size_t i = start; i < end && i < shelf->template_count; i++) {
        const struct mcp_resource_template *t = &shelf->templates[i];
        js_begin_object(&out);
        js_put_str(&out, "uriTemplate", t->uri);
        put_titled(&out, ask, t->name, t->title);
        js_put_str(&out, "description", t->description);
        js_end_object(&out);
    }
    js_end_array(&out);
    mcp_put_next(&out, end, shelf->template_count);
    return mcp_answer_end(ask, &out, err);
}

/* ---- Prompts ---------------------------------------------------------------------------------*/

static void
put_prompt(struct js_out *out, const struct mcp_prompt *p)
{
    js_begin_object(out);
    js_put_str(out, "name", p->name);
    js_put_str(out, "description", p->description);
    js_key(out, STR("arguments"));
    js_begin_array(out);
    for (size_t i = 0; i < p->argument_count; i++) {
        js_begin_object(out);
        js_put_str(out, "name", p->arguments[i].name);
        js_put_str(out, "description", p->arguments[i].description);
        js_put_bool(out, "required", p->arguments[i].required);
        js_end_object(out);
    }
    js_end_array(out);
    js_end_object(out);
}

int
mcp_list_prompts(struct mcp_ask *ask, struct err *err)
{
    const struct mcp_prompts *prompts = ask->server->parts.prompts;
    size_t start = 0;
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, MCP_ANSWER_BYTES);
    if (!mcp_page_start(ask, prompts->count, &start)) {
        return mcp_bad_cursor(ask, err);
    }
    size_t end = start + ask->server->parts.page;
    mcp_answer_begin(ask, true, &out, &text);
    js_key(&out, STR("prompts"));
    js_begin_array(&out);
    for (size_t i = start; i < end && i < prompts->count; i++) {
        put_prompt(&out, &prompts->items[i]);
    }
    js_end_array(&out);
    mcp_put_next(&out, end, prompts->count);
    return mcp_answer_end(ask, &out, err);
}

static int
answer_prompt(struct mcp_ask *ask, const struct mcp_prompt *p, struct str words, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, MCP_ANSWER_BYTES);
    mcp_answer_begin(ask, false, &out, &text);
    js_put_str(&out, "description", p->description);
    js_key(&out, STR("messages"));
    js_begin_array(&out);
    js_begin_object(&out);
    js_put_str(&out, "role", STR("user"));
    js_key(&out, STR("content"));
    js_begin_object(&out);
    js_put_str(&out, "type", STR("text"));
    js_put_str(&out, "text", words);
    js_end_object(&out);
    js_end_object(&out);
    js_end_array(&out);
    return mcp_answer_end(ask, &out, err);
}

/* Arguments are an object of strings, says the protocol. */
static bool
all_strings(const struct js *object)
{
    struct js_member member;
    for (struct js_iter it = js_iter(object); js_next(&it, &member);) {
        if (js_type(member.value) != JS_STRING) {
            return false;
        }
    }
    return true;
}

int
mcp_get_prompt(struct mcp_ask *ask, struct err *err)
{
    const struct mcp_prompts *prompts = ask->server->parts.prompts;
    const struct js *given = js_get_c(ask->message.params, "arguments");
    struct str name = js_get_text(ask->message.params, "name");
    struct str words = {0};
    struct err why = {0};
    size_t i = 0;
    while (i < prompts->count && !str_eq(prompts->items[i].name, name)) {
        i++;
    }
    if (i == prompts->count) {
        return mcp_refuse_params(ask,
                                 arena_printf(&ask->arena,
                                              "unknown prompt \"%" STR_FMT "\": see prompts/list",
                                              STR_ARG(utf8_cut(name, 64))),
                                 err);
    }
    if (given && (js_type(given) != JS_OBJECT || !all_strings(given))) {
        return mcp_refuse_params(ask, STR("arguments: want an object of strings"), err);
    }
    struct str values = given ? js_to_arena(given, &ask->arena) : STR("{}");
    if (!values.ptr) {
        return err_nomem(err);
    }
    int result = prompts->render(prompts->arg, i, values, &ask->arena, &words, &why);
    if (result < 0) {
        *err = why;
        return result == ERR_NOMEM ? result : mcp_refuse_params(ask, str_c(why.message), err);
    }
    return answer_prompt(ask, &prompts->items[i], words, err);
}
