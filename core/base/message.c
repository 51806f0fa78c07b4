#include "base/message.h"

#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/message_scan.h"
#include "base/must.h"

const char *
role_name(enum role role)
{
    return role == ROLE_ASSISTANT ? "assistant" : "user";
}

/* Making. The fields are copies like `raw` or views of it, so that the block depends on nothing but
 * the arena. */

static bool
copy(struct arena *a, struct str text, struct str *ret)
{
    *ret = arena_str(a, text);
    return ret->ptr != NULL;
}

bool
block_text(struct arena *a, struct str text, struct block *ret)
{
    AUTO(buf) struct buf buf;
    buf_init(&buf, LIMIT_JSON_BYTES);
    struct js_out out;
    js_out_init(&out, &buf);
    js_begin_object(&out);
    js_put_str(&out, "text", text);
    js_end_object(&out);
    struct block made = {.kind = BLOCK_TEXT, .raw = buf_to_arena(&buf, a)};
    if (!made.raw.ptr || !copy(a, text, &made.text)) {
        return false;
    }
    *ret = made;
    return true;
}

/* The LEN bytes of RAW that stand before its END: results are large, and one copy is enough. */
static struct str
before_end(struct str raw, struct str end, size_t len)
{
    must(str_ends(raw, end) && raw.len >= end.len + len);
    return str_sub(raw, raw.len - end.len - len, len);
}

bool
block_tool_use(struct arena *a, struct str id, struct str name, struct str input, struct block *ret)
{
    AUTO(buf) struct buf buf;
    buf_init(&buf, LIMIT_JSON_BYTES);
    input = input.len ? input : STR("{}");
    struct js_out out;
    js_out_init(&out, &buf);
    js_begin_object(&out);
    js_key(&out, STR("toolUse"));
    js_begin_object(&out);
    js_put_str(&out, "toolUseId", id);
    js_put_str(&out, "name", name);
    js_put_raw(&out, "input", input);
    js_end_object(&out);
    js_end_object(&out);
    struct block made = {.kind = BLOCK_TOOL_USE, .raw = buf_to_arena(&buf, a)};
    if (!made.raw.ptr || !copy(a, id, &made.tool_use_id) || !copy(a, name, &made.name)) {
        return false;
    }
    made.json = before_end(made.raw, STR("}}"), input.len);
    *ret = made;
    return true;
}

bool
block_tool_result(struct arena *a, struct str id, struct str content, bool error, struct block *ret)
{
    AUTO(buf) struct buf buf;
    buf_init(&buf, LIMIT_JSON_BYTES);
    content = content.len ? content : STR("[]");
    struct js_out out;
    js_out_init(&out, &buf);
    js_begin_object(&out);
    js_key(&out, STR("toolResult"));
    js_begin_object(&out);
    js_put_str(&out, "toolUseId", id);
    js_put_raw(&out, "content", content);
    js_put_str(&out, "status", error ? STR("error") : STR("success"));
    js_end_object(&out);
    js_end_object(&out);
    struct block made = {.kind = BLOCK_TOOL_RESULT, .error = error, .raw = buf_to_arena(&buf, a)};
    if (!made.raw.ptr || !copy(a, id, &made.tool_use_id)) {
        return false;
    }
    made.json = before_end(
        made.raw, error ? STR(",\"status\":\"error\"}}") : STR(",\"status\":\"success\"}}"),
        content.len);
    *ret = made;
    return true;
}

/* VIEW of FROM as one of TO, which is a copy of it; any other text is copied. */
static bool
copy_view(struct arena *a, struct str from, struct str to, struct str *view)
{
    uintptr_t at = (uintptr_t)view->ptr;
    uintptr_t begin = (uintptr_t)from.ptr;
    if (view->len == 0) {
        *view = (struct str){0};
        return true;
    }
    if (at < begin || at - begin >= from.len) {
        return copy(a, *view, view);
    }
    view->ptr = to.ptr + (at - begin);
    return true;
}

bool
message_copy(struct arena *a, const struct message *m, struct message *ret)
{
    struct block *blocks = arena_alloc(a, (m->count + 1) * sizeof(*blocks));
    for (size_t i = 0; blocks && i < m->count; i++) {
        struct str raw = m->blocks[i].raw;
        struct block *b = &blocks[i];
        *b = m->blocks[i];
        if (!copy(a, raw, &b->raw) || !copy_view(a, raw, b->raw, &b->text) ||
            !copy_view(a, raw, b->raw, &b->tool_use_id) || !copy_view(a, raw, b->raw, &b->name) ||
            !copy_view(a, raw, b->raw, &b->json)) {
            return false;
        }
    }
    *ret = (struct message){.role = m->role, .blocks = blocks, .count = m->count};
    return blocks != NULL;
}

/* Reading. Each reader gets the value of the block's one known member. */

static int
read_text(const struct js *value, struct arena *a, struct block *b, struct err *err)
{
    (void)a;
    if (js_type(value) != JS_STRING) {
        return err_set(err, ERR_INVALID, "text must be a string, is %s",
                       js_type_name(js_type(value)));
    }
    b->text = js_text(value);
    return 0;
}

/* MEMBER of VALUE as JSON text, or FALLBACK where it is absent or null. */
static int
read_json(const struct js *value, const char *member, enum js_type type, struct str fallback,
          struct arena *a, struct str *ret, struct err *err)
{
    const struct js *json = js_get_c(value, member);
    if (json && js_type(json) != type) {
        return err_set(err, ERR_INVALID, "%s must be an %s, is %s", member, js_type_name(type),
                       js_type_name(js_type(json)));
    }
    *ret = json ? js_to_arena(json, a) : fallback;
    return ret->ptr ? 0 : err_nomem(err);
}

static int
read_tool_use(const struct js *value, struct arena *a, struct block *b, struct err *err)
{
    b->tool_use_id = js_get_text(value, "toolUseId");
    b->name = js_get_text(value, "name");
    if (b->tool_use_id.len == 0 || b->name.len == 0) {
        return err_set(err, ERR_INVALID, "toolUse needs a toolUseId and a name, both text");
    }
    int result = read_json(value, "input", JS_OBJECT, STR("{}"), a, &b->json, err);
    return result < 0 ? err_wrap(err, "toolUse") : 0;
}

static int
read_tool_result(const struct js *value, struct arena *a, struct block *b, struct err *err)
{
    b->tool_use_id = js_get_text(value, "toolUseId");
    b->error = str_eq_c(js_get_text(value, "status"), "error");
    if (b->tool_use_id.len == 0) {
        return err_set(err, ERR_INVALID, "toolResult needs a toolUseId, which is text");
    }
    int result = read_json(value, "content", JS_ARRAY, STR("[]"), a, &b->json, err);
    return result < 0 ? err_wrap(err, "toolResult") : 0;
}

static int
read_nothing(const struct js *value, struct arena *a, struct block *b, struct err *err)
{
    (void)value;
    (void)a;
    (void)b;
    (void)err;
    return 0;
}

static const struct known {
    const char *member;
    enum block_kind kind;
    int (*read)(const struct js *value, struct arena *a, struct block *b, struct err *err);
} known_blocks[] = {
    {"text", BLOCK_TEXT, read_text},
    {"toolUse", BLOCK_TOOL_USE, read_tool_use},
    {"toolResult", BLOCK_TOOL_RESULT, read_tool_result},
    {"image", BLOCK_IMAGE, read_nothing},
    {"document", BLOCK_DOCUMENT, read_nothing},
    {"reasoningContent", BLOCK_REASONING, read_nothing},
};

/* The known member of ITEM, NULL when there is none. Two are refused: one would be shown and
 * another acted upon. */
static int
find_known(const struct js *item, const struct known **ret, struct err *err)
{
    *ret = NULL;
    for (size_t i = 0; i < sizeof(known_blocks) / sizeof(known_blocks[0]); i++) {
        const struct known *k = &known_blocks[i];
        if (!js_get_c(item, k->member)) {
            continue;
        }
        if (*ret) {
            return err_set(err, ERR_INVALID, "holds both %s and %s", (*ret)->member, k->member);
        }
        *ret = k;
    }
    return 0;
}

static int
read_block(const struct js *item, struct arena *a, struct block *ret, struct err *err)
{
    if (js_type(item) != JS_OBJECT) {
        return err_set(err, ERR_INVALID, "must be an object, is %s", js_type_name(js_type(item)));
    }
    const struct known *known;
    int result = find_known(item, &known, err);
    if (result < 0) {
        return result;
    }
    *ret = (struct block){.kind = known ? known->kind : BLOCK_OTHER, .raw = js_to_arena(item, a)};
    if (!ret->raw.ptr) {
        return err_nomem(err);
    }
    return known ? known->read(js_get_c(item, known->member), a, ret, err) : 0;
}

int
message_parse_content(struct str json, struct arena *a, struct block **ret_blocks,
                      size_t *ret_count, struct err *err)
{
    struct js *array = NULL;
    if (message_scan(json, a, ret_blocks, ret_count)) {
        return 0;
    }
    int result = js_parse(json, a, &array, err);
    if (result < 0) {
        return err_wrap(err, "message content");
    }
    if (js_type(array) != JS_ARRAY) {
        return err_set(err, ERR_INVALID, "message content must be an array, is %s",
                       js_type_name(js_type(array)));
    }
    size_t count = js_count(array);
    struct block *blocks = arena_zero(a, count, sizeof(*blocks));
    if (!blocks) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        if (read_block(js_at(array, i), a, &blocks[i], err) < 0) {
            return err_wrap(err, "message content: block %zu", i);
        }
    }
    *ret_blocks = blocks;
    *ret_count = count;
    return 0;
}

void
message_write_content(const struct block *blocks, size_t count, struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_add_char(out, ',');
        }
        buf_add(out, blocks[i].raw);
    }
    buf_add_char(out, ']');
}

struct str
message_content_json(const struct block *blocks, size_t count, struct arena *a)
{
    AUTO(buf) struct buf buf;
    buf_init(&buf, LIMIT_JSON_BYTES);
    message_write_content(blocks, count, &buf);
    return buf_to_arena(&buf, a);
}

struct str
message_plain_item(const struct block *b)
{
    enum { OPENING = 9, CLOSING = 2 }; /* [{"json": or [{"text": and }] */
    must(b->plain && b->kind == BLOCK_TOOL_RESULT);
    return str_sub(b->json, OPENING, b->json.len - OPENING - CLOSING);
}

struct str
message_text(const struct message *m, struct arena *a)
{
    AUTO(buf) struct buf buf;
    buf_init(&buf, LIMIT_JSON_BYTES);
    bool first = true;
    for (size_t i = 0; i < m->count; i++) {
        if (m->blocks[i].kind != BLOCK_TEXT) {
            continue;
        }
        if (!first) {
            buf_add_char(&buf, '\n');
        }
        buf_add(&buf, m->blocks[i].text);
        first = false;
    }
    return buf_to_arena(&buf, a);
}

bool
message_has(const struct message *m, enum block_kind kind)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->blocks[i].kind == kind) {
            return true;
        }
    }
    return false;
}
