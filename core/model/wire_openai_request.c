#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/settings.h"
#include "model/tools_memo.h"
#include "model/validate.h"
#include "model/wire_openai.h"

/* A body under way. Memory is asked about once, at the end: the buf's failure is sticky and the
 * arena remembers that it starved. */
struct body {
    const struct openai_model *model;
    const struct model_request *request;
    struct tools_memo *memo;
    struct js_out js;
    struct arena *arena;
    struct err *err;
    int result; /* sticky */
};

/* May we write KEY, or does `extra` say something else? */
static bool
is_ours(const struct body *b, const char *key)
{
    return !js_has(b->model->extra, str_c(key));
}

/* ---- Messages ---- */

static void
begin_message(struct body *b, const char *role)
{
    js_begin_object(&b->js);
    js_put_str(&b->js, "role", str_c(role));
}

static void
add_text_message(struct body *b, const char *role, struct str text)
{
    begin_message(b, role);
    js_put_str(&b->js, "content", text);
    js_end_object(&b->js);
}

/* What openai_result_text() says, without a tree: a plain item is spelled as one would be. */
static void
add_plain_content(struct body *b, const struct block *block)
{
    struct str item = message_plain_item(block);
    bool is_text = item.ptr[0] == '"';
    if (block->error) {
        item = is_text ? arena_printf(b->arena, "\"error: %" STR_FMT,
                                      STR_ARG(str_sub(item, 1, SIZE_MAX)))
                       : arena_printf(b->arena, "error: %" STR_FMT, STR_ARG(item));
    }
    if (is_text) {
        js_put_raw(&b->js, "content", item);
    } else {
        js_put_str(&b->js, "content", item);
    }
}

static void
add_result(struct body *b, const struct block *block)
{
    begin_message(b, "tool");
    js_put_str(&b->js, "tool_call_id", block->tool_use_id);
    if (block->plain) {
        add_plain_content(b, block);
    } else {
        js_put_str(&b->js, "content", openai_result_text(block, b->arena));
    }
    js_end_object(&b->js);
}

/* message_text(), which copies, only where there is more than one. */
static struct str
text_of(struct body *b, const struct message *m)
{
    struct str text = {0};
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (m->blocks[i].kind == BLOCK_TEXT) {
            text = m->blocks[i].text;
            count++;
        }
    }
    return count > 1 ? message_text(m, b->arena) : text;
}

static void
add_text_part(struct body *b, struct str text)
{
    js_begin_object(&b->js);
    js_put_str(&b->js, "type", STR("text"));
    js_put_str(&b->js, "text", text);
    js_end_object(&b->js);
}

static void
add_media_part(struct body *b, const struct block *block)
{
    struct openai_media media = {0};
    int result = openai_media(block, b->arena, &media, b->err);
    if (result < 0) {
        b->result = result;
        return;
    }
    if (!media.is_image) {
        add_text_part(b, media.text);
        return;
    }
    js_begin_object(&b->js);
    js_put_str(&b->js, "type", STR("image_url"));
    js_key(&b->js, STR("image_url"));
    js_begin_object(&b->js);
    js_put_str(&b->js, "url", media.uri);
    js_end_object(&b->js);
    js_end_object(&b->js);
}

/* A list of parts: only where a plain string will not do, which every server takes. */
static void
add_parts(struct body *b, const struct message *m)
{
    begin_message(b, "user");
    js_key(&b->js, STR("content"));
    js_begin_array(&b->js);
    for (size_t i = 0; i < m->count && b->result == 0; i++) {
        const struct block *block = &m->blocks[i];
        if (block->kind == BLOCK_TEXT && block->text.len > 0) {
            add_text_part(b, block->text);
        } else if (block->kind == BLOCK_IMAGE || block->kind == BLOCK_DOCUMENT) {
            add_media_part(b, block);
        }
    }
    js_end_array(&b->js);
    js_end_object(&b->js);
}

/* All results stand directly behind the calls they answer, before anything the user says. */
static void
add_user(struct body *b, const struct message *m)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->blocks[i].kind == BLOCK_TOOL_RESULT) {
            add_result(b, &m->blocks[i]);
        }
    }
    struct str text = text_of(b, m);
    if (message_has(m, BLOCK_IMAGE) || message_has(m, BLOCK_DOCUMENT)) {
        add_parts(b, m);
    } else if (text.len > 0) {
        add_text_message(b, "user", text);
    }
}

static void
add_call(struct body *b, const struct block *block)
{
    js_begin_object(&b->js);
    js_put_str(&b->js, "id", block->tool_use_id);
    js_put_str(&b->js, "type", STR("function"));
    js_key(&b->js, STR("function"));
    js_begin_object(&b->js);
    js_put_str(&b->js, "name", block->name);
    /* Never the empty text: Ollama refuses the whole history for it. */
    js_put_str(&b->js, "arguments", block->json.len ? block->json : STR("{}"));
    js_end_object(&b->js);
    js_end_object(&b->js);
}

static void
add_calls(struct body *b, const struct message *m)
{
    js_key(&b->js, STR("tool_calls"));
    js_begin_array(&b->js);
    for (size_t i = 0; i < m->count; i++) {
        if (m->blocks[i].kind == BLOCK_TOOL_USE) {
            add_call(b, &m->blocks[i]);
        }
    }
    js_end_array(&b->js);
}

static void
add_assistant(struct body *b, const struct message *m)
{
    struct str text = text_of(b, m);
    bool calls = message_has(m, BLOCK_TOOL_USE);
    begin_message(b, "assistant");
    if (text.len > 0 || !calls) {
        js_put_str(&b->js, "content", text);
    } else {
        js_put_null(&b->js, "content");
    }
    if (calls) {
        add_calls(b, m);
    }
    js_end_object(&b->js);
}

static void
add_messages(struct body *b)
{
    const struct model_request *r = b->request;
    js_key(&b->js, STR("messages"));
    js_begin_array(&b->js);
    if (r->system.len > 0) {
        add_text_message(b, "system", r->system);
    }
    for (size_t i = 0; i < r->message_count && b->result == 0; i++) {
        const struct message *m = &r->messages[i];
        if (m->role == ROLE_ASSISTANT) {
            add_assistant(b, m);
        } else {
            add_user(b, m);
        }
    }
    if (b->model->prefill && r->partial.len > 0) {
        add_text_message(b, "assistant", r->partial);
    }
    js_end_array(&b->js);
}

/* ---- What stands beside them ---- */

static void
write_tools(void *arg)
{
    struct body *b = arg;
    js_begin_array(&b->js);
    for (size_t i = 0; i < b->request->tool_count; i++) {
        const struct model_tool *tool = &b->request->tools[i];
        js_begin_object(&b->js);
        js_put_str(&b->js, "type", STR("function"));
        js_key(&b->js, STR("function"));
        js_begin_object(&b->js);
        js_put_str(&b->js, "name", tool->name);
        js_put_str(&b->js, "description", tool->description);
        js_put_raw(&b->js, "parameters",
                   tool->schema.len ? tool->schema : STR("{\"type\":\"object\"}"));
        js_end_object(&b->js);
        js_end_object(&b->js);
    }
    js_end_array(&b->js);
}

static void
add_tools(struct body *b)
{
    js_key(&b->js, STR("tools"));
    tools_memo_write(b->memo, b->request, &b->js, write_tools, b);
}

static void
add_tool_choice(struct body *b, struct str choice)
{
    if (str_eq_c(choice, "auto") || str_eq_c(choice, "none")) {
        js_put_str(&b->js, "tool_choice", choice);
        return;
    }
    if (str_eq_c(choice, "any")) {
        js_put_str(&b->js, "tool_choice", STR("required"));
        return;
    }
    js_key(&b->js, STR("tool_choice"));
    js_begin_object(&b->js);
    js_put_str(&b->js, "type", STR("function"));
    js_key(&b->js, STR("function"));
    js_begin_object(&b->js);
    js_put_str(&b->js, "name", choice);
    js_end_object(&b->js);
    js_end_object(&b->js);
}

static void
add_stop(struct body *b, const struct model_params *p)
{
    js_key(&b->js, STR("stop"));
    js_begin_array(&b->js);
    for (size_t i = 0; i < p->stop_count; i++) {
        js_add_str(&b->js, p->stop[i]);
    }
    js_end_array(&b->js);
}

static void
add_params(struct body *b)
{
    struct model_params p = params_over(&b->model->params, &b->request->params);
    const char *tokens = b->model->completion_tokens ? "max_completion_tokens" : "max_tokens";
    /* Without tools a choice among them is an error to OpenAI. */
    if (b->request->tool_count > 0 && p.tool_choice.len > 0 && is_ours(b, "tool_choice")) {
        add_tool_choice(b, p.tool_choice);
    }
    if (p.max_tokens > 0 && is_ours(b, "max_tokens") && is_ours(b, "max_completion_tokens")) {
        js_put_int(&b->js, tokens, p.max_tokens);
    }
    if (p.has_temperature && is_ours(b, "temperature")) {
        js_put_double(&b->js, "temperature", p.temperature);
    }
    if (p.has_top_p && is_ours(b, "top_p")) {
        js_put_double(&b->js, "top_p", p.top_p);
    }
    if (p.stop_count > 0 && is_ours(b, "stop")) {
        add_stop(b, &p);
    }
}

static void
add_stream(struct body *b)
{
    if (!b->model->stream) {
        return;
    }
    js_put_bool(&b->js, "stream", true);
    if (is_ours(b, "stream_options")) {
        js_key(&b->js, STR("stream_options"));
        js_begin_object(&b->js);
        js_put_bool(&b->js, "include_usage", true);
        js_end_object(&b->js);
    }
}

static void
add_extra(struct body *b)
{
    struct js_member member;
    for (struct js_iter it = js_iter(b->model->extra); js_next(&it, &member);) {
        if (member.value) {
            js_key(&b->js, member.key);
            js_add_value(&b->js, member.value);
        }
    }
}

int
openai_body(const struct openai_model *m, const struct model_request *r, struct tools_memo *memo,
            struct buf *out, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct body b = {.model = m, .request = r, .memo = memo, .arena = &arena, .err = err};
    buf_init(out, LIMIT_JSON_BYTES);
    buf_reserve(out, request_size(r));
    js_out_init(&b.js, out);
    js_begin_object(&b.js);
    js_put_str(&b.js, "model", m->id);
    add_messages(&b);
    if (r->tool_count > 0) {
        add_tools(&b);
    }
    add_params(&b);
    add_stream(&b);
    add_extra(&b);
    js_end_object(&b.js);
    if (b.result < 0) {
        return b.result;
    }
    return arena.starved ? err_nomem(err) : buf_finish(out, "the request to the model", err);
}

/* ---- Settings ---- */

int
openai_check_extra(struct str name, const struct js *extra, struct err *err)
{
    static const char *const ours[] = {"model", "messages", "tools", "stream"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (js_has(extra, str_c(ours[i]))) {
            return err_set(err, ERR_INVALID,
                           "models.%" STR_FMT ".extra: %s is what each request is made of and "
                           "cannot be set here: take it out",
                           STR_ARG(name), ours[i]);
        }
    }
    return 0;
}
