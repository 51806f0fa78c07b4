/* InvokeModelWithResponseStream: captured streams whole and byte by byte, and frames as they come
 * besides. */
#include "anthropic_fixture.h"

#include "base/base64.h"
#include "model/assembly.h"
#include "model/aws_eventstream.h"
#include "model/decoder.h"
#include "model/invoke_decoder.h"

static const struct aws_place place = {STR_INIT("shop"), STR_INIT("claude"), STR_INIT("us-east-1")};

struct outcome {
    int result; /* the first that was not 0 or the end; at last of finish */
    struct failure failure;
    struct model_reply reply;
};

static struct outcome
decode(struct str body, size_t piece, struct arena *a)
{
    struct outcome o = {0};
    struct assembly in;
    struct err err = {0};
    assembly_init(&in, NULL, NULL);
    struct decoder *d = invoke_decoder_new(&place, &in);
    assert_non_null(d);
    for (size_t at = 0; at < body.len && o.result == 0; at += piece) {
        int result = decoder_feed(d, str_sub(body, at, piece));
        o.result = result < 0 ? result : 0;
    }
    if (o.result == 0) {
        o.result = decoder_finish(d);
    }
    if (o.result == 0) {
        assert_int_equal(assembly_reply(&in, a, &o.reply, &err), 0);
    }
    o.failure = d->failure;
    decoder_free(d);
    assembly_done(&in);
    return o;
}

static void
test_captured_streams(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct str good = captured("eventstream/invoke_text_and_tool.bin", &a);
    struct str late = captured("eventstream/invoke_timeout_midstream.bin", &a);
    if (!good.ptr) {
        print_message("SKIP: no shared data\n");
        skip();
    }
    for (size_t piece = 1; piece < 5000; piece = piece * 7 + 1) {
        struct outcome o = decode(good, piece, &a);
        assert_int_equal(o.result, 0);
        assert_int_equal(o.reply.part_count, 2);
        assert_true(str_eq_c(o.reply.parts[0].text, "Let me check."));
        assert_true(str_eq_c(o.reply.parts[1].id, "toolu_bdrk_01A"));
        assert_true(str_eq_c(o.reply.parts[1].name, "get_order"));
        assert_true(str_eq_c(o.reply.parts[1].input, "{\"order_id\": \"A-1001\"}"));
        assert_int_equal(o.reply.stop, MODEL_STOP_TOOL_USE);
        assert_int_equal(o.reply.usage.input_tokens, 25);
        assert_int_equal(o.reply.usage.output_tokens, 40);
        o = decode(late, piece, &a);
        assert_true(o.result < 0);
        assert_int_equal(o.failure.kind, FAILURE_ONCE);
        assert_string_equal(o.failure.name, "ModelTimeoutException");
    }
    /* Every place it may be cut at is a failure, and most are told from damage. */
    for (size_t len = 0; len < good.len; len++) {
        struct outcome o = decode(str_sub(good, 0, len), SIZE_MAX / 2, &a);
        assert_int_equal(o.failure.kind, FAILURE_CUT);
    }
}

/* One frame: headers by their values, empty ones left out. */
static void
add_frame(struct buf *out, const char *type, const char *event, const char *exception,
          const char *code, const char *payload)
{
    const struct {
        const char *name;
        const char *value;
    } all[] = {
        {":message-type", type}, {":event-type", event},   {":exception-type", exception},
        {":error-code", code},   {":error-message", code},
    };
    struct eventstream_header headers[COUNT(all)];
    struct err err = {0};
    size_t count = 0;
    for (size_t i = 0; i < COUNT(all); i++) {
        if (all[i].value) {
            headers[count++] = (struct eventstream_header){.name = str_c(all[i].name),
                                                           .type = EVENTSTREAM_STRING,
                                                           .bytes = str_c(all[i].value)};
        }
    }
    assert_int_equal(eventstream_write(out, headers, count, str_c(payload), &err), 0);
}

/* A chunk of EVENT: the base64 stands between HEAD and TAIL. */
static void
add_chunk(struct buf *out, const char *head, const char *event, const char *tail)
{
    AUTO(buf) struct buf payload = {0};
    buf_init(&payload, 10000);
    buf_add_c(&payload, head);
    base64_encode(str_c(event), &payload);
    buf_add_c(&payload, tail);
    add_frame(out, "event", "chunk", NULL, NULL, payload.text);
}

#define PLAIN                                                                                      \
    "{\"bytes\":\"",                                                                               \
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"                       \
        "\"text_delta\",\"text\":\"Hi\"}}",                                                        \
        "\",\"p\":\"abc\"}"
#define STOP "{\"bytes\":\"", "{\"type\":\"message_stop\"}", "\"}"

static void
test_chunks_spelled_otherwise(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    AUTO(buf) struct buf body = {0};
    buf_init(&body, 10000);
    const char *delta = "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                        "\"text_delta\",\"text\":\"a\"}}";
    add_frame(&body, "event", "future", NULL, NULL, "{\"x\":1}");
    add_frame(&body, "event", "chunk", NULL, NULL, "{\"p\":\"nothing else\"}");
    add_chunk(&body, PLAIN);
    add_chunk(&body, "{\"p\":\"abc\",\"bytes\":\"", delta, "\"}");
    add_chunk(&body, " { \"bytes\" : \"", delta, "\" } ");
    add_chunk(&body, STOP);
    add_frame(&body, "exception", NULL, "internalServerException", NULL, "{}"); /* not read */
    struct outcome o = decode(buf_str(&body), 5, &a);
    assert_int_equal(o.result, 0);
    assert_true(str_eq_c(o.reply.parts[0].text, "Hiaa"));
}

static const struct {
    const char *name;
    const char *type;
    const char *event;
    const char *exception;
    const char *code;
    const char *payload;
    enum failure_kind kind;
} frames[] = {
    {"throttled", "exception", NULL, "throttlingException", NULL, "{\"message\":\"slow\"}",
     FAILURE_THROTTLED},
    {"an exception without JSON", "exception", NULL, "internalServerException", NULL, "<>",
     FAILURE_OVERLOADED},
    {"an exception nobody knows", "exception", NULL, "cosmicRayException", NULL, "{}",
     FAILURE_ONCE},
    {"an error of the framing", "error", NULL, NULL, "InternalFailure", "", FAILURE_OVERLOADED},
    {"no JSON", "event", "chunk", NULL, NULL, "<html>", FAILURE_FORMAT},
    {"no base64", "event", "chunk", NULL, NULL, "{\"bytes\":\"a\"}", FAILURE_FORMAT},
    {"no event in it", "event", "chunk", NULL, NULL, "{\"bytes\":\"e3s=\"}", FAILURE_FORMAT},
    {"an error of the model's", "event", "chunk", NULL, NULL, NULL, FAILURE_OVERLOADED},
};

static void
test_frames_that_end_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(frames); i++) {
        AUTO(arena) struct arena a = {0};
        AUTO(buf) struct buf body = {0};
        buf_init(&body, 10000);
        add_chunk(&body, PLAIN);
        if (frames[i].payload) {
            add_frame(&body, frames[i].type, frames[i].event, frames[i].exception, frames[i].code,
                      frames[i].payload);
        } else {
            add_chunk(&body, "{\"bytes\":\"",
                      "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}", "\"}");
        }
        add_chunk(&body, STOP);
        for (size_t piece = 1; piece < 10000; piece += 9998) {
            struct outcome o = decode(buf_str(&body), piece, &a);
            if (o.result >= 0 || o.failure.kind != frames[i].kind) {
                fail_msg("%s: %s: %s", frames[i].name, failure_kind_name(o.failure.kind),
                         o.failure.err.message);
            }
        }
    }
}

/* A damaged byte anywhere is a failure, and never a reply. */
static void
test_damage(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    AUTO(buf) struct buf body = {0};
    buf_init(&body, 10000);
    add_chunk(&body, PLAIN);
    add_chunk(&body, STOP);
    for (size_t i = 0; i < body.len; i++) {
        body.text[i] = (char)(body.text[i] ^ 0x10);
        struct outcome o = decode(buf_str(&body), SIZE_MAX / 2, &a);
        assert_true(o.result < 0);
        assert_true(o.failure.kind == FAILURE_CUT || o.failure.kind == FAILURE_LOCAL);
        body.text[i] = (char)(body.text[i] ^ 0x10);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captured_streams),
        cmocka_unit_test(test_chunks_spelled_otherwise),
        cmocka_unit_test(test_frames_that_end_it),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests_name("invoke", tests, NULL, NULL);
}
