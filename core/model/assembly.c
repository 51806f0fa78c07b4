#include "model/assembly.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"

void
assembly_init(struct assembly *a, void (*text)(void *arg, struct str delta), void *arg)
{
    *a = (struct assembly){.text = text, .arg = arg, .stop = MODEL_STOP_END};
    buf_init(&a->model, LIMIT_REPLY_BYTES);
}

static void
part_done(struct assembly_part *p)
{
    buf_done(&p->text);
    buf_done(&p->id);
    buf_done(&p->name);
    buf_done(&p->signature);
    buf_done(&p->redacted);
    buf_done(&p->raw);
}

void
assembly_done(struct assembly *a)
{
    for (size_t i = 0; i < a->count; i++) {
        part_done(&a->parts[i]);
    }
    mem_free(a->parts);
    buf_done(&a->model);
    *a = (struct assembly){0};
}

/* The newest part of a key is the one it means. */
struct assembly_part *
assembly_find(struct assembly *a, int64_t key)
{
    for (size_t i = a->count; i > 0; i--) {
        if (a->parts[i - 1].key == key) {
            return &a->parts[i - 1];
        }
    }
    return NULL;
}

struct assembly_part *
assembly_begin(struct assembly *a, int64_t key, enum model_part_kind kind)
{
    if (a->failed) {
        return NULL;
    }
    if (a->count == ASSEMBLY_PARTS_MAX) {
        a->failed = ERR_LIMIT;
        return NULL;
    }
    if (!mem_grow(a->parts, a->count, a->capacity)) {
        a->failed = ERR_NOMEM;
        return NULL;
    }
    struct assembly_part *p = &a->parts[a->count++];
    *p = (struct assembly_part){.key = key, .kind = kind};
    buf_init(&p->text, kind == MODEL_PART_TOOL_USE ? LIMIT_TOOL_ARGUMENT_BYTES : LIMIT_REPLY_BYTES);
    buf_init(&p->id, LIMIT_TOOL_ARGUMENT_BYTES);
    buf_init(&p->name, LIMIT_TOOL_ARGUMENT_BYTES);
    buf_init(&p->signature, LIMIT_REPLY_BYTES);
    buf_init(&p->redacted, LIMIT_REPLY_BYTES);
    buf_init(&p->raw, (size_t)LIMIT_REPLY_BYTES * 2);
    return p;
}

struct assembly_part *
assembly_part(struct assembly *a, int64_t key, enum model_part_kind kind)
{
    struct assembly_part *p = assembly_find(a, key);
    return p && p->kind == kind && !a->failed ? p : assembly_begin(a, key, kind);
}

void
assembly_add(struct assembly *a, struct buf *to, struct str bytes)
{
    if (a->failed) {
        return;
    }
    a->bytes += bytes.len;
    if (a->bytes > LIMIT_REPLY_BYTES) {
        a->failed = ERR_LIMIT;
        return;
    }
    buf_add(to, bytes);
    a->failed = to->failed;
}

void
assembly_add_text(struct assembly *a, int64_t key, struct str delta)
{
    if (delta.len == 0) {
        return;
    }
    struct assembly_part *p = assembly_part(a, key, MODEL_PART_TEXT);
    if (!p) {
        return;
    }
    assembly_add(a, &p->text, delta);
    if (!a->failed && a->text) {
        a->text(a->arg, delta);
    }
}

void
assembly_add_input(struct assembly *a, struct assembly_part *part, struct str fragment)
{
    if (part) {
        assembly_add(a, &part->text, fragment);
    }
}

void
assembly_stop(struct assembly *a, enum model_stop stop)
{
    a->stop = stop;
    a->stopped = true;
}

enum model_stop
assembly_stop_of(struct str reason)
{
    static const struct {
        const char *reason;
        enum model_stop stop;
    } stops[] = {
        {"end_turn", MODEL_STOP_END},
        {"stop_sequence", MODEL_STOP_END},
        {"tool_use", MODEL_STOP_TOOL_USE},
        {"max_tokens", MODEL_STOP_MAX_TOKENS},
        /* The window was full before max_tokens was reached: cut all the same. */
        {"model_context_window_exceeded", MODEL_STOP_MAX_TOKENS},
        {"refusal", MODEL_STOP_FILTERED},
        {"guardrail_intervened", MODEL_STOP_FILTERED},
        {"content_filtered", MODEL_STOP_FILTERED},
        /* pause_turn, too, is no end: the server's own tool would go on. We ask for none. */
    };
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        if (str_eq_c(reason, stops[i].reason)) {
            return stops[i].stop;
        }
    }
    return MODEL_STOP_OTHER;
}

/* {"reasoningContent":{"reasoningText":{..}}} or {"reasoningContent":{"redactedContent":".."}} */
static struct str
reasoning_block(const struct assembly_part *p, struct arena *arena)
{
    AUTO(buf) struct buf out = {0};
    struct js_out js;
    buf_init(&out, (size_t)LIMIT_REPLY_BYTES * 8);
    js_out_init(&js, &out);
    js_begin_object(&js);
    js_key(&js, STR("reasoningContent"));
    js_begin_object(&js);
    if (p->redacted.len) {
        js_put_str(&js, "redactedContent", buf_str(&p->redacted));
    } else {
        js_key(&js, STR("reasoningText"));
        js_begin_object(&js);
        js_put_str(&js, "text", buf_str(&p->text));
        if (p->signature.len) {
            js_put_str(&js, "signature", buf_str(&p->signature));
        }
        js_end_object(&js);
    }
    js_end_object(&js);
    js_end_object(&js);
    return buf_to_arena(&out, arena);
}

static bool
is_empty(const struct assembly_part *p)
{
    switch (p->kind) {
    case MODEL_PART_TEXT:
        return str_trim(buf_str(&p->text)).len == 0;
    case MODEL_PART_REASONING:
        return p->text.len + p->signature.len + p->redacted.len + p->raw.len == 0;
    case MODEL_PART_TOOL_USE:
        return false;
    }
    unreachable();
}

static bool
take_part(const struct assembly_part *p, struct arena *arena, struct model_part *ret)
{
    *ret = (struct model_part){.kind = p->kind};
    if (p->kind == MODEL_PART_REASONING) {
        ret->raw = p->raw.len ? buf_to_arena(&p->raw, arena) : reasoning_block(p, arena);
        return ret->raw.ptr != NULL;
    }
    struct str text = buf_to_arena(&p->text, arena);
    if (p->kind == MODEL_PART_TEXT) {
        ret->text = text;
        return text.ptr != NULL;
    }
    ret->input = text;
    ret->id = buf_to_arena(&p->id, arena);
    ret->name = buf_to_arena(&p->name, arena);
    return text.ptr && ret->id.ptr && ret->name.ptr;
}

int
assembly_reply(const struct assembly *a, struct arena *arena, struct model_reply *ret,
               struct err *err)
{
    if (a->failed == ERR_LIMIT) {
        return err_set(err, ERR_LIMIT, "the model's reply is larger than %d bytes or %d parts",
                       LIMIT_REPLY_BYTES, ASSEMBLY_PARTS_MAX);
    }
    struct model_part *parts = arena_zero(arena, a->count + 1, sizeof(*parts));
    if (a->failed || !parts) {
        return err_nomem(err);
    }
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++) {
        if (is_empty(&a->parts[i])) {
            continue;
        }
        if (!take_part(&a->parts[i], arena, &parts[count++])) {
            return err_nomem(err);
        }
    }
    *ret = (struct model_reply){
        .parts = parts, .part_count = count, .stop = a->stop, .usage = a->usage};
    return 0;
}
