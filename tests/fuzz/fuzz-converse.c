/* Any bytes, in any cuts, as answers of Converse: a stream, a stream whose frames are sound and
 * whose events are not, a whole answer, an error. The first byte chooses, the second cuts. */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"
#include "io/http_client.h"
#include "model/aws_eventstream.h"
#include "model/decoder.h"
#include "model/failure_aws.h"
#include "model/wire_converse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct aws_place place = {STR_INIT("m"), STR_INIT("id"), STR_INIT("r")};

static void
check_failure(const struct failure *f)
{
    must(f->kind > FAILURE_NONE && f->kind < FAILURE_KIND_COUNT);
    must(f->err.code < 0 && f->err.message[0] != '\0');
    must(utf8_valid(str_c(f->err.message)) && utf8_valid(str_c(f->name)));
}

static void
check_reply(const struct assembly *out)
{
    AUTO(arena) struct arena arena = {0};
    struct model_reply reply;
    struct err err = {0};
    must(out->ended && out->stopped);
    must(out->usage.input_tokens >= out->usage.cached_tokens && out->usage.output_tokens >= 0);
    must(assembly_reply(out, &arena, &reply, &err) == 0);
    for (size_t i = 0; i < reply.part_count; i++) {
        const struct model_part *p = &reply.parts[i];
        must(utf8_valid(p->text) && utf8_valid(p->id) && utf8_valid(p->name));
        must(p->kind != MODEL_PART_REASONING || js_check(p->raw, &err) == 0);
    }
}

static void
on_text(void *arg, struct str delta)
{
    (void)arg;
    must(delta.len > 0 && utf8_valid(delta));
}

static void
decode(bool whole, struct str bytes, size_t piece)
{
    struct assembly out;
    assembly_init(&out, on_text, NULL);
    struct decoder *d =
        whole ? converse_whole_new(&place, &out) : converse_stream_new(&place, &out);
    must(d != NULL);
    int result = 0;
    for (size_t at = 0; result >= 0 && at < bytes.len; at += piece) {
        result = decoder_feed(d, str_sub(bytes, at, piece));
        must(result < 0 || (result == DECODER_END) == out.ended);
    }
    result = result < 0 ? result : decoder_finish(d);
    if (result < 0) {
        check_failure(&d->failure);
    } else {
        check_reply(&out);
    }
    decoder_free(d);
    assembly_done(&out);
}

/* Each line an event: its first byte chooses the type, the rest is the payload. */
static void
decode_events(struct str lines, size_t piece)
{
    static const struct str types[] = {STR_INIT("messageStart"),      STR_INIT("contentBlockStart"),
                                       STR_INIT("contentBlockDelta"), STR_INIT("contentBlockDelta"),
                                       STR_INIT("contentBlockStop"),  STR_INIT("messageStop"),
                                       STR_INIT("metadata"),          STR_INIT("novelty")};
    AUTO(buf) struct buf frames;
    struct err err = {0};
    struct str line;
    buf_init(&frames, 16 * 1024 * 1024);
    while (str_split(&lines, '\n', &line)) {
        if (line.len == 0) {
            continue;
        }
        bool exception = line.ptr[0] == '!';
        struct eventstream_header headers[] = {
            {exception ? STR(":exception-type") : STR(":event-type"), EVENTSTREAM_STRING, 0,
             types[(unsigned char)line.ptr[0] % 8]},
            {STR(":message-type"), EVENTSTREAM_STRING, 0,
             exception ? STR("exception") : STR("event")},
        };
        must(eventstream_write(&frames, headers, 2, str_sub(line, 1, line.len), &err) == 0);
    }
    decode(false, buf_str(&frames), piece);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct str bytes = {(const char *)data + 2, size - 2};
    size_t piece = data[1] ? data[1] : size;
    switch (data[0] % 4) {
    case 0:
        decode(false, bytes, piece);
        break;
    case 1:
        decode_events(bytes, piece);
        break;
    case 2:
        decode(true, bytes, piece);
        break;
    default: {
        struct http_header header = {STR("x-amzn-errortype"), str_sub(bytes, 0, data[1])};
        struct http_head head = {300 + data[1], &header, 1};
        struct failure f = {.status = head.status};
        failure_aws(&f, &place, &head, str_sub(bytes, data[1], bytes.len));
        check_failure(&f);
    }
    }
    return 0;
}
