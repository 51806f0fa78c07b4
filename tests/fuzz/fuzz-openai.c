/* Any bytes as an answer in chat completions. The last byte chooses how they are cut and whether
 * they are a stream; what comes out must not depend on the cuts. Each event's data, and the bytes
 * themselves, also go to the shortcut: what it takes, the parser must read the same. */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/must.h"
#include "model/wire_openai.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct openai_model model = {
    .name = STR_INIT("n"), .id = STR_INIT("m"), .host = STR_INIT("h:1")};

struct decoded {
    struct assembly assembly;
    struct failure failure;
    struct buf shown;
};

static void
watch(void *arg, struct str delta)
{
    buf_add(arg, delta);
}

static void
decode(struct str bytes, const char *type, size_t step, struct decoded *d)
{
    *d = (struct decoded){0};
    buf_init(&d->shown, 1 << 20);
    assembly_init(&d->assembly, watch, &d->shown);
    struct decoder *decoder = openai_decoder_new(&model, str_c(type), &d->assembly);
    int result = 0;
    must(decoder != NULL);
    for (size_t at = 0; at < bytes.len && result == 0; at += step) {
        result = decoder_feed(decoder, str_sub(bytes, at, step));
    }
    result = result < 0 ? result : decoder_finish(decoder);
    must(result <= 0);
    must((result < 0) == (decoder->failure.kind != FAILURE_NONE));
    must(result < 0 || d->assembly.ended);
    d->failure = decoder->failure;
    decoder_free(decoder);
}

static void
decoded_done(struct decoded *d)
{
    assembly_done(&d->assembly);
    buf_done(&d->shown);
}

static void
check_same(const struct decoded *a, const struct decoded *b)
{
    must(a->failure.kind == b->failure.kind);
    must(str_eq(buf_str(&a->shown), buf_str(&b->shown)));
    must(a->assembly.count == b->assembly.count);
    must(a->assembly.stop == b->assembly.stop && a->assembly.ended == b->assembly.ended);
    must(a->assembly.usage.input_tokens == b->assembly.usage.input_tokens);
    for (size_t i = 0; i < a->assembly.count; i++) {
        const struct assembly_part *p = &a->assembly.parts[i];
        const struct assembly_part *q = &b->assembly.parts[i];
        must(p->key == q->key && p->kind == q->kind);
        must(str_eq(buf_str(&p->text), buf_str(&q->text)));
        must(str_eq(buf_str(&p->id), buf_str(&q->id)));
        must(str_eq(buf_str(&p->name), buf_str(&q->name)));
    }
}

/* What the shortcut took for a piece of TEXT and nothing else is that. */
static void
check_chunk(struct str data, struct str text)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct js *chunk;
    must(js_parse_object(data, "chunk", &arena, &chunk, &err) == 0);
    const struct js *choices = js_get_c(chunk, "choices");
    const struct js *choice = js_at(choices, 0);
    const struct js *delta = js_get_c(choice, "delta");
    struct str object = js_get_text(chunk, "object");
    must(js_count(choices) == 1 && js_get_int(choice, "index", 0) == 0);
    must(js_type(delta) == JS_OBJECT && str_eq(js_get_text(delta, "content"), text));
    must(!js_get_c(delta, "tool_calls") && !js_get_c(delta, "refusal"));
    must(!js_get_c(choice, "finish_reason") && !js_get_c(choice, "message"));
    must(!js_get_c(chunk, "usage") && !js_get_c(chunk, "error"));
    must(object.len == 0 || str_eq(object, STR("chat.completion.chunk")));
    must(js_get_c(delta, "content") == NULL || js_type(js_get_c(delta, "content")) == JS_STRING);
}

static void
try_shortcut(struct str data)
{
    AUTO(buf) struct buf scratch = {0};
    struct str text;
    buf_init(&scratch, 1 << 20);
    if (openai_chunk_text(data, &scratch, &text)) {
        check_chunk(data, text);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct str bytes = {(const char *)data, size - 1};
    uint8_t choice = data[size - 1];
    const char *type = choice & 1 ? "application/json" : "text/event-stream";
    struct decoded whole;
    struct decoded cut;
    decode(bytes, type, SIZE_MAX / 2, &whole);
    decode(bytes, type, 1 + (choice >> 1), &cut);
    check_same(&whole, &cut);
    decoded_done(&whole);
    decoded_done(&cut);

    struct str rest = bytes;
    struct str line;
    try_shortcut(bytes);
    while (str_split(&rest, '\n', &line)) {
        size_t colon = str_find_char(line, ':', 0);
        try_shortcut(str_sub(line, colon == SIZE_MAX ? 0 : colon + 1, SIZE_MAX));
    }
    return 0;
}
