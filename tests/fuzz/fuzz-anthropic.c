/* Any bytes as an answer of Anthropic's, streamed, whole or in Bedrock's frames, in any pieces: a
 * reply, or a failure in words; and the same outcome however it was cut. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"
#include "model/assembly.h"
#include "model/decoder.h"
#include "model/failure_anthropic.h"
#include "model/invoke_decoder.h"
#include "model/wire_anthropic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct decoder *
new_decoder(unsigned kind, struct assembly *out)
{
    static const struct aws_place place = {STR_INIT("m"), STR_INIT("id"), STR_INIT("r")};
    switch (kind % 3) {
    case 0:
        return anthropic_sse_new(STR("m"), out);
    case 1:
        return anthropic_whole_new(STR("m"), out);
    default:
        return invoke_decoder_new(&place, out);
    }
}

static void
check_reply(const struct assembly *in)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct model_reply reply;
    must(assembly_reply(in, &arena, &reply, &err) == 0);
    must(reply.usage.input_tokens >= 0 && reply.usage.output_tokens >= 0);
    for (size_t i = 0; i < reply.part_count; i++) {
        const struct model_part *p = &reply.parts[i];
        must(utf8_valid(p->text) && utf8_valid(p->input));
        must(p->kind != MODEL_PART_REASONING || js_check(p->raw, &err) == 0);
    }
}

/* 0, or the failure's kind. */
static int
decode(unsigned kind, struct str body, size_t piece)
{
    struct assembly in;
    int result = 0;
    assembly_init(&in, NULL, NULL);
    struct decoder *d = new_decoder(kind, &in);
    must(d);
    for (size_t at = 0; at < body.len && result >= 0; at += piece) {
        result = decoder_feed(d, str_sub(body, at, piece));
    }
    if (result >= 0) {
        result = decoder_finish(d);
    }
    must(result <= 0);
    must((result < 0) == (d->failure.kind != FAILURE_NONE));
    must(result == 0 || d->failure.err.message[0] != '\0');
    if (result == 0) {
        check_reply(&in);
    }
    result = (int)d->failure.kind;
    decoder_free(d);
    assembly_done(&in);
    return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct failure f = {0};
    if (size < 1) {
        return 0;
    }
    struct str body = {(const char *)data + 1, size - 1};
    /* The seeds are streams as they stand: their first byte is one of "e", ":" or "{". */
    unsigned kind = data[0] < 3 ? data[0] : 0;
    body = data[0] < 3 ? body : (struct str){(const char *)data, size};
    int whole = decode(kind, body, body.len + 1);
    must(decode(kind, body, 1) == whole);
    must(decode(kind, body, 5) == whole);
    failure_anthropic(&f, STR("m"), 400, body);
    must(f.kind != FAILURE_NONE && f.err.message[0] != '\0');
    return 0;
}
