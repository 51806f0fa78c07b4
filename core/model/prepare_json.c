#include "model/prepare_json.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "model/rules.h"

struct str
prepare_utf8(struct arena *arena, struct str text)
{
    if (utf8_valid(text)) {
        return text;
    }
    AUTO(buf) struct buf buf;
    buf_init(&buf, LIMIT_JSON_BYTES);
    size_t at = 0;
    for (int32_t c; (c = utf8_next(text, &at)) >= 0;) {
        char bytes[4];
        buf_add(&buf, (struct str){bytes, utf8_encode(c, bytes)});
    }
    return buf_to_arena(&buf, arena);
}

struct str
prepare_reparsed(struct str json, struct arena *scratch, struct arena *arena)
{
    struct js *value = NULL;
    int result = js_parse(json, scratch, &value, &(struct err){0});
    return result == 0 ? js_to_arena(value, arena) : (struct str){0};
}

/* {"KEY":..} */
static struct str
wrapped(const char *key, const struct js *value, struct str text, struct arena *arena)
{
    AUTO(buf) struct buf buf;
    struct js_out out;
    buf_init(&buf, LIMIT_JSON_BYTES);
    js_out_init(&out, &buf);
    js_begin_object(&out);
    js_key(&out, str_c(key));
    if (text.len) {
        js_add_str(&out, text);
    } else {
        js_add_value(&out, value);
    }
    js_end_object(&out);
    return buf_to_arena(&buf, arena);
}

struct str
prepare_object(struct arena *scratch, struct arena *arena, struct str json)
{
    struct js *value = NULL;
    if (rule_blank(json)) {
        return STR("{}");
    }
    int result = js_parse(json, scratch, &value, &(struct err){0});
    if (result == ERR_NOMEM) {
        return (struct str){0};
    }
    if (result < 0) {
        return wrapped("text", NULL, json, arena);
    }
    if (js_type(value) != JS_OBJECT) {
        return wrapped("value", value, (struct str){0}, arena);
    }
    return rule_lone_surrogate(json) ? js_to_arena(value, arena) : json;
}

/* ---- Names -----------------------------------------------------------------------------------*/

static bool
is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct str
prepare_tool_name(struct arena *arena, struct str name, size_t max)
{
    struct str copy = arena_str(arena, str_sub(name, 0, max));
    char *text = (char *)(uintptr_t)copy.ptr;
    for (size_t i = 0; copy.ptr && i < copy.len; i++) {
        if (!is_alphanumeric(text[i]) && text[i] != '-') {
            text[i] = '_';
        }
    }
    return copy.ptr && copy.len == 0 ? STR("unknown") : copy;
}

struct str
prepare_document_name(struct arena *arena, struct str name)
{
    enum { NAME_MAX_BYTES = 180 }; /* leaves room for a number behind it */
    size_t dot = name.len;
    while (dot > 0 && name.len - dot < 6 && name.ptr[dot - 1] != '.') {
        dot--;
    }
    if (dot > 1 && name.ptr[dot - 1] == '.') {
        name.len = dot - 1;
    }
    AUTO(buf) struct buf buf;
    buf_init(&buf, NAME_MAX_BYTES + 1);
    for (size_t i = 0; i < name.len && buf.len < NAME_MAX_BYTES; i++) {
        char c = name.ptr[i];
        bool kept = is_alphanumeric(c) || c == '-' || c == '(' || c == ')' || c == '[' || c == ']';
        bool space = buf.len > 0 && buf.text[buf.len - 1] == ' ';
        if (kept) {
            buf_add_char(&buf, c);
        } else if (!space && buf.len > 0) {
            buf_add_char(&buf, ' ');
        }
    }
    struct str clean = str_trim(buf_str(&buf));
    return clean.len ? arena_str(arena, clean) : buf.failed ? (struct str){0} : STR("document");
}

static void
write_document(struct js_out *out, const struct js *document, struct str name)
{
    struct js_member member;
    js_begin_object(out);
    js_put_str(out, "name", name);
    for (struct js_iter it = js_iter(document); js_next(&it, &member);) {
        if (!str_eq_c(member.key, "name")) {
            js_key(out, member.key);
            js_add_value(out, member.value);
        }
    }
    js_end_object(out);
}

struct str
prepare_with_name(const struct js *root, struct str name, struct arena *arena)
{
    AUTO(buf) struct buf buf;
    struct js_out out;
    struct js_member member;
    buf_init(&buf, LIMIT_JSON_BYTES);
    js_out_init(&out, &buf);
    js_begin_object(&out);
    for (struct js_iter it = js_iter(root); js_next(&it, &member);) {
        js_key(&out, member.key);
        if (str_eq_c(member.key, "document")) {
            write_document(&out, member.value, name);
        } else {
            js_add_value(&out, member.value);
        }
    }
    js_end_object(&out);
    return buf_to_arena(&buf, arena);
}

/* ---- Tool results ----------------------------------------------------------------------------*/

static bool
is_sound_item(const struct js *item)
{
    if (js_type(item) != JS_OBJECT || js_count(item) == 0 || js_get_c(item, "image") ||
        js_get_c(item, "document")) {
        return false;
    }
    bool text = !js_has(item, STR("text")) || !rule_blank(js_get_text(item, "text"));
    bool json = !js_has(item, STR("json")) || js_type(js_get_c(item, "json")) == JS_OBJECT;
    return text && json;
}

bool
prepare_content_is_sound(const struct js *content, bool error)
{
    if (js_type(content) != JS_ARRAY || (error && js_count(content) == 0)) {
        return false;
    }
    for (size_t i = 0; i < js_count(content); i++) {
        if (!is_sound_item(js_at(content, i))) {
            return false;
        }
    }
    return true;
}

static void
write_wrapped(struct js_out *out, const struct js *value)
{
    js_begin_object(out);
    js_key(out, STR("json"));
    js_begin_object(out);
    js_key(out, STR("value"));
    js_add_value(out, value);
    js_end_object(out);
    js_end_object(out);
}

void
prepare_write_item(struct js_out *out, const struct js *item)
{
    if (is_sound_item(item)) {
        js_add_value(out, item);
    } else if (js_type(item) == JS_STRING && !rule_blank(js_text(item))) {
        js_begin_object(out);
        js_put_str(out, "text", js_text(item));
        js_end_object(out);
    } else if (js_type(item) != JS_OBJECT && js_type(item) != JS_NULL &&
               js_type(item) != JS_STRING) {
        write_wrapped(out, item);
    } else if (js_has(item, STR("json"))) {
        write_wrapped(out, js_get_c(item, "json"));
    }
}

/* ---- Counting --------------------------------------------------------------------------------*/

struct str
prepare_nth_use(const struct message *m, size_t nth)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->blocks[i].kind == BLOCK_TOOL_USE && nth-- == 0) {
            return m->blocks[i].tool_use_id;
        }
    }
    unreachable();
}

/* Items with MEMBER in a tool result; most have none and are not parsed for it. */
static size_t
count_in_result(const struct block *b, const char *member, struct str quoted)
{
    AUTO(arena) struct arena arena = {0};
    struct js *content = NULL;
    size_t count = 0;
    if (b->plain || str_find(b->json, quoted, 0) == SIZE_MAX ||
        js_parse(b->json, &arena, &content, &(struct err){0}) < 0) {
        return 0;
    }
    for (size_t i = 0; i < js_count(content); i++) {
        count += js_get_c(js_at(content, i), member) != NULL;
    }
    return count;
}

static size_t
count_attachments(const struct message *m, enum block_kind kind, const char *member,
                  struct str quoted)
{
    size_t count = 0;
    for (size_t i = 0; m->role == ROLE_USER && i < m->count; i++) {
        const struct block *b = &m->blocks[i];
        count += b->kind == kind;
        count += b->kind == BLOCK_TOOL_RESULT ? count_in_result(b, member, quoted) : 0;
    }
    return count;
}

size_t
prepare_count_images(const struct message *m)
{
    return count_attachments(m, BLOCK_IMAGE, "image", STR("\"image\""));
}

size_t
prepare_count_documents(const struct message *m)
{
    return count_attachments(m, BLOCK_DOCUMENT, "document", STR("\"document\""));
}
