#include "mcp/mcp_message.h"

#include <string.h>

#include "base/json.h"

bool
mcp_version_legacy(struct str version)
{
    static const struct str known[] = {STR_INIT(MCP_VERSION_LEGACY), STR_INIT("2025-06-18"),
                                       STR_INIT("2025-03-26"), STR_INIT("2024-11-05")};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_eq(version, known[i])) {
            return true;
        }
    }
    return false;
}

/* ---- Ids -------------------------------------------------------------------------------------*/

struct mcp_id
mcp_id_number(int64_t number)
{
    return (struct mcp_id){.kind = MCP_ID_NUMBER, .number = number};
}

bool
mcp_id_eq(const struct mcp_id *a, const struct mcp_id *b)
{
    if (a->kind != b->kind || a->kind == MCP_ID_NONE) {
        return false;
    }
    return a->kind == MCP_ID_NUMBER ? a->number == b->number : str_eq(a->text, b->text);
}

bool
mcp_id_read(const struct js *value, struct mcp_id *ret)
{
    *ret = (struct mcp_id){0};
    if (js_type(value) == JS_INT) {
        *ret = mcp_id_number(js_int(value, 0));
        return true;
    }
    if (js_type(value) == JS_STRING && js_text(value).len <= MCP_ID_BYTES) {
        *ret = (struct mcp_id){.kind = MCP_ID_TEXT, .text = js_text(value)};
        return true;
    }
    return false;
}

/* ---- Lines -----------------------------------------------------------------------------------*/

void
mcp_lines_init(struct mcp_lines *l, size_t max)
{
    *l = (struct mcp_lines){.max = max};
    /* A feed may be as long as a line; whoever feeds more at once than that is told so. */
    buf_init(&l->pending, 2 * max + 2);
}

void
mcp_lines_done(struct mcp_lines *l)
{
    buf_done(&l->pending);
}

int
mcp_lines_feed(struct mcp_lines *l, struct str bytes, struct err *err)
{
    struct buf *b = &l->pending;
    if (l->at > 0) {
        memmove(b->text, b->text + l->at, b->len - l->at);
        buf_truncate(b, b->len - l->at);
        l->searched -= l->at;
        l->at = 0;
    }
    buf_add(b, bytes);
    return b->failed ? buf_finish(b, "MCP: unread lines", err) : 0;
}

/* The unread bytes hold no LF: keep them if they may become a line. */
static enum mcp_line
await(struct mcp_lines *l)
{
    size_t unread = l->pending.len - l->at;
    /* A CR may stand before the LF. */
    if (!l->skipping && unread <= l->max + 1) {
        l->searched = l->pending.len;
        return MCP_LINE_NONE;
    }
    enum mcp_line found = l->skipping ? MCP_LINE_NONE : MCP_LINE_LONG;
    l->skipping = true;
    l->at = l->pending.len;
    l->searched = l->at;
    return found;
}

enum mcp_line
mcp_lines_next(struct mcp_lines *l, struct str *ret)
{
    for (;;) {
        struct str all = buf_str(&l->pending);
        size_t end = str_find_char(all, '\n', l->searched);
        if (end == SIZE_MAX) {
            return await(l);
        }
        struct str line = str_sub(all, l->at, end - l->at);
        bool skipped = l->skipping;
        l->at = end + 1;
        l->searched = l->at;
        l->skipping = false;
        line.len -= str_ends(line, STR("\r"));
        if (skipped || str_trim(line).len == 0) {
            continue;
        }
        *ret = line;
        return line.len <= l->max ? MCP_LINE_READY : MCP_LINE_LONG;
    }
}

/* ---- Reading ---------------------------------------------------------------------------------*/

#define REFUSE(ret, the_code, err, ...)                                                            \
    ((ret)->code = (the_code), err_set(err, ERR_INVALID, __VA_ARGS__))

/* A request or a notification. */
static int
read_call(const struct js *root, struct mcp_message *ret, struct err *err)
{
    struct js *params = js_get_c(root, "params");
    if (js_type(js_get_c(root, "method")) != JS_STRING) {
        return REFUSE(ret, MCP_INVALID_REQUEST, err, "message: method: want a string");
    }
    ret->kind = js_has(root, STR("id")) ? MCP_REQUEST : MCP_NOTIFICATION;
    if (ret->kind == MCP_REQUEST && ret->id.kind == MCP_ID_NONE) {
        return REFUSE(ret, MCP_INVALID_REQUEST, err,
                      "message: id: want an integer or a string of at most %d bytes", MCP_ID_BYTES);
    }
    if (params && js_type(params) != JS_OBJECT) {
        return REFUSE(ret, MCP_INVALID_PARAMS, err, "message: params: want an object, not %s",
                      js_type_name(js_type(params)));
    }
    ret->method = js_get_text(root, "method");
    ret->params = params;
    return 0;
}

static int
read_answer(const struct js *root, struct mcp_message *ret, struct err *err)
{
    const struct js *error = js_get_c(root, "error");
    bool has_error = js_has(root, STR("error"));
    ret->kind = MCP_ERROR;
    if (has_error == js_has(root, STR("result"))) {
        return REFUSE(ret, MCP_INVALID_REQUEST, err,
                      "message: an answer has a result or an error, and not both");
    }
    if (!has_error) {
        ret->result = js_get_c(root, "result");
        if (ret->id.kind == MCP_ID_NONE || js_type(ret->result) != JS_OBJECT) {
            return REFUSE(ret, MCP_INVALID_REQUEST, err,
                          "message: a result is an object, and has the id of its request");
        }
        ret->kind = MCP_RESULT;
        return 0;
    }
    if (js_type(js_get_c(error, "code")) != JS_INT ||
        js_type(js_get_c(error, "message")) != JS_STRING) {
        return REFUSE(ret, MCP_INVALID_REQUEST, err,
                      "message: an error has a code, an integer, and a message");
    }
    ret->code = js_get_int(error, "code", 0);
    ret->words = js_get_text(error, "message");
    ret->data = js_get_c(error, "data");
    return 0;
}

int
mcp_message_read(struct str text, struct arena *arena, struct mcp_message *ret, struct err *err)
{
    struct js *root = NULL;
    *ret = (struct mcp_message){.kind = MCP_REQUEST};
    int result = js_parse(text, arena, &root, err);
    if (result == ERR_NOMEM) {
        return result;
    }
    if (result < 0) {
        err_wrap(err, "message");
        ret->code = MCP_PARSE_ERROR;
        return err->code = ERR_INVALID;
    }
    if (js_type(root) != JS_OBJECT) {
        return REFUSE(ret, MCP_INVALID_REQUEST, err, "message: want one object, not %s",
                      js_type_name(js_type(root)));
    }
    (void)mcp_id_read(js_get_c(root, "id"), &ret->id);
    bool answer =
        !js_has(root, STR("method")) && (js_has(root, STR("result")) || js_has(root, STR("error")));
    ret->kind = answer ? MCP_ERROR : MCP_REQUEST;
    if (!str_eq_c(js_get_text(root, "jsonrpc"), "2.0")) {
        return REFUSE(ret, MCP_INVALID_REQUEST, err, "message: jsonrpc: want \"2.0\"");
    }
    return answer ? read_answer(root, ret, err) : read_call(root, ret, err);
}

/* ---- Writing ---------------------------------------------------------------------------------*/

static void
open_message(struct js_out *js, struct buf *out)
{
    js_out_init(js, out);
    js_begin_object(js);
    js_put_str(js, "jsonrpc", STR("2.0"));
}

static void
put_id(struct js_out *js, const struct mcp_id *id)
{
    if (id->kind == MCP_ID_NUMBER) {
        js_put_int(js, "id", id->number);
    } else if (id->kind == MCP_ID_TEXT) {
        js_put_str(js, "id", id->text);
    }
}

static void
put_given(struct js_out *js, const char *key, struct str json)
{
    if (json.len) {
        js_put_raw(js, key, json);
    }
}

/* End the message that begins at START: inside JSON a line break is only ever white space. */
static void
close_message(struct js_out *js, size_t start)
{
    struct buf *out = js->buf;
    js_end_object(js);
    for (size_t i = start; i < out->len; i++) {
        if (out->text[i] == '\n' || out->text[i] == '\r') {
            out->text[i] = ' ';
        }
    }
    buf_add_char(out, '\n');
}

void
mcp_write_request(struct buf *out, const struct mcp_id *id, struct str method, struct str params)
{
    struct js_out js;
    size_t start = out->len;
    open_message(&js, out);
    put_id(&js, id);
    js_put_str(&js, "method", method);
    put_given(&js, "params", params);
    close_message(&js, start);
}

void
mcp_write_notification(struct buf *out, struct str method, struct str params)
{
    mcp_write_request(out, &(struct mcp_id){0}, method, params);
}

void
mcp_write_result(struct buf *out, const struct mcp_id *id, struct str result)
{
    struct js_out js;
    size_t start = out->len;
    open_message(&js, out);
    put_id(&js, id);
    js_put_raw(&js, "result", result);
    close_message(&js, start);
}

void
mcp_write_error(struct buf *out, const struct mcp_id *id, enum mcp_code code, struct str words,
                struct str data)
{
    struct js_out js;
    size_t start = out->len;
    open_message(&js, out);
    put_id(&js, id);
    js_key(&js, STR("error"));
    js_begin_object(&js);
    js_put_int(&js, "code", code);
    js_put_str(&js, "message", words);
    put_given(&js, "data", data);
    js_end_object(&js);
    close_message(&js, start);
}
