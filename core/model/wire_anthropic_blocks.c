#include "model/wire_anthropic_blocks.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "model/wire_anthropic_media.h"

/* What the writers need: where to, memory for one message's trees, and words. */
struct writer {
    struct js_out *out;
    struct arena *scratch;
    struct err *err;
};

static void
put_type(struct writer *w, const char *type)
{
    js_put_str(w->out, "type", str_c(type));
}

/* ---- Tools ------------------------------------------------------------------------------------*/

static int
write_tool_use(struct writer *w, const struct block *b)
{
    put_type(w, "tool_use");
    js_put_str(w->out, "id", b->tool_use_id);
    js_put_str(w->out, "name", b->name);
    js_put_raw(w->out, "input", b->json.len ? b->json : STR("{}"));
    return 0;
}

static void
write_words(struct writer *w, struct str text)
{
    put_type(w, "text");
    js_put_str(w->out, "text", text);
}

/* One item of a tool's result; what is neither words nor a file is sent as its JSON. */
static int
write_item(struct writer *w, const struct js *item)
{
    const struct js *value = js_get_c(item, "json");
    if (js_get_c(item, "image")) {
        return anthropic_image_write(w->out, js_get_c(item, "image"), w->err);
    }
    if (js_get_c(item, "document")) {
        return anthropic_document_write(w->out, js_get_c(item, "document"), w->err);
    }
    if (js_get_c(item, "video") || js_get_c(item, "audio")) {
        return err_set(w->err, ERR_INVALID,
                       "a tool's result with video or audio cannot be sent "
                       "to this server");
    }
    struct str json = js_to_arena(value ? value : item, w->scratch);
    write_words(w, json);
    return json.ptr ? 0 : err_nomem(w->err);
}

static int
write_items(struct writer *w, const struct js *items)
{
    for (size_t i = 0; i < js_count(items); i++) {
        const struct js *item = js_at(items, i);
        const struct js *text = js_get_c(item, "text");
        if (text && str_trim(js_text(text)).len == 0) {
            continue;
        }
        int result = 0;
        js_begin_object(w->out);
        if (text) {
            write_words(w, js_text(text));
        } else {
            result = write_item(w, item);
        }
        js_end_object(w->out);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

/* What write_items() does, without a tree: a plain item is spelled as one would be. */
static void
write_plain_item(struct writer *w, struct str item)
{
    js_begin_object(w->out);
    put_type(w, "text");
    if (item.ptr[0] == '"') {
        js_put_raw(w->out, "text", item);
    } else {
        js_put_str(w->out, "text", item);
    }
    js_end_object(w->out);
}

static int
write_content(struct writer *w, const struct block *b)
{
    struct js *items = NULL;
    if (b->plain) {
        write_plain_item(w, message_plain_item(b));
        return 0;
    }
    int result = js_parse(b->json.len ? b->json : STR("[]"), w->scratch, &items, w->err);
    return result == 0 ? write_items(w, items) : err_wrap(w->err, "a tool's result");
}

static int
write_tool_result(struct writer *w, const struct block *b)
{
    put_type(w, "tool_result");
    js_put_str(w->out, "tool_use_id", b->tool_use_id);
    js_key(w->out, STR("content"));
    js_begin_array(w->out);
    int result = write_content(w, b);
    js_end_array(w->out);
    if (b->error) {
        js_put_bool(w->out, "is_error", true);
    }
    return result;
}

/* ---- Reasoning and the rest -------------------------------------------------------------------*/

/* NULL where there is none; where memory ran out, the arena says so. */
static const struct js *
parse_member(const struct block *b, const char *member, struct arena *scratch)
{
    struct err err = {0};
    struct js *root = NULL;
    int result = js_parse(b->raw, scratch, &root, &err);
    scratch->starved = scratch->starved || result == ERR_NOMEM;
    return result == 0 ? js_get_c(root, member) : NULL;
}

/* Bedrock gives what was redacted under one name, Anthropic under another; the text is the same. */
static bool
write_reasoning(struct writer *w, const struct js *reasoning)
{
    const struct js *text = js_get_c(reasoning, "reasoningText");
    struct str signature = js_get_text(text, "signature");
    struct str redacted = js_get_text(reasoning, "redactedContent");
    if (signature.len) {
        put_type(w, "thinking");
        js_put_str(w->out, "thinking", js_get_text(text, "text"));
        js_put_str(w->out, "signature", signature);
    } else if (redacted.len) {
        put_type(w, "redacted_thinking");
        js_put_str(w->out, "data", redacted);
    }
    return signature.len || redacted.len;
}

/* The words of a block with citations, the one of the unknown that models themselves write. */
static struct str
cited_text(const struct block *b, struct arena *scratch)
{
    const struct js *content = js_get_c(parse_member(b, "citationsContent", scratch), "content");
    AUTO(buf) struct buf text = {0};
    buf_init(&text, LIMIT_REPLY_BYTES);
    for (size_t i = 0; i < js_count(content); i++) {
        buf_add(&text, js_get_text(js_at(content, i), "text"));
    }
    return text.len ? buf_to_arena(&text, scratch) : (struct str){0};
}

static bool
is_kept(const struct block *b, struct arena *scratch)
{
    switch (b->kind) {
    case BLOCK_TEXT:
        return str_trim(b->text).len > 0;
    case BLOCK_REASONING: {
        const struct js *r = parse_member(b, "reasoningContent", scratch);
        return js_get_text(js_get_c(r, "reasoningText"), "signature").len ||
               js_get_text(r, "redactedContent").len;
    }
    case BLOCK_OTHER:
        if (parse_member(b, "citationsContent", scratch)) {
            return str_trim(cited_text(b, scratch)).len > 0;
        }
        return !parse_member(b, "cachePoint", scratch);
    case BLOCK_IMAGE:
    case BLOCK_DOCUMENT:
    case BLOCK_TOOL_USE:
    case BLOCK_TOOL_RESULT:
        return true;
    }
    unreachable();
}

static int
write_block(struct writer *w, const struct block *b)
{
    struct str cited;
    switch (b->kind) {
    case BLOCK_TEXT:
        write_words(w, b->text);
        return 0;
    case BLOCK_IMAGE:
        return anthropic_image_write(w->out, parse_member(b, "image", w->scratch), w->err);
    case BLOCK_DOCUMENT:
        return anthropic_document_write(w->out, parse_member(b, "document", w->scratch), w->err);
    case BLOCK_TOOL_USE:
        return write_tool_use(w, b);
    case BLOCK_TOOL_RESULT:
        return write_tool_result(w, b);
    case BLOCK_REASONING:
        return write_reasoning(w, parse_member(b, "reasoningContent", w->scratch))
                   ? 0
                   : err_nomem(w->err);
    case BLOCK_OTHER:
        cited = cited_text(b, w->scratch);
        write_words(w, cited);
        return cited.len ? 0
                         : err_set(w->err, ERR_INVALID,
                                   "a block of this kind cannot be sent to this server: %" STR_FMT,
                                   STR_ARG(str_sub(b->raw, 0, 40)));
    }
    unreachable();
}

/* ---- A message --------------------------------------------------------------------------------*/

/* The block to mark for the cache. Reasoning cannot be. */
static const struct block *
find_last(const struct message *m, struct arena *scratch)
{
    for (size_t i = m->count; i > 0; i--) {
        const struct block *b = &m->blocks[i - 1];
        if (b->kind != BLOCK_REASONING && is_kept(b, scratch)) {
            return b;
        }
    }
    return NULL;
}

int
anthropic_blocks_write(const struct message *m, struct str cache, struct js_out *out,
                       struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct writer w = {out, &scratch, err};
    const struct block *last = cache.len ? find_last(m, &scratch) : NULL;
    int result = 0;
    js_begin_array(out);
    for (size_t i = 0; i < m->count && result == 0; i++) {
        const struct block *b = &m->blocks[i];
        if (!is_kept(b, &scratch)) {
            continue;
        }
        js_begin_object(out);
        result = write_block(&w, b);
        if (b == last) {
            js_put_raw(out, "cache_control", cache);
        }
        js_end_object(out);
    }
    js_end_array(out);
    return scratch.starved ? err_nomem(err) : result;
}

int
anthropic_blocks_any(const struct message *m, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    bool any = false;
    for (size_t i = 0; i < m->count && !any; i++) {
        any = is_kept(&m->blocks[i], &scratch);
    }
    return scratch.starved ? err_nomem(err) : any ? ANTHROPIC_ANY : 0;
}
