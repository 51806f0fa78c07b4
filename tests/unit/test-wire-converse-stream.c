/* Converse's answers: AWS's recorded streams in any pieces, streams made here, whole answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/limits.h"
#include "converse_fixture.h"
#include "model/aws_eventstream.h"
#include "model/decoder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Streams ---------------------------------------------------------------------------------*/

/* What there should be, put together from the events AWS's client made of the stream. */
static void
want_events(struct arena *a, const struct js *events, struct assembly *want)
{
    for (size_t i = 0; i < js_count(events); i++) {
        const struct js *event = js_at(events, i);
        const struct js *begun = js_get_c(event, "contentBlockStart");
        const struct js *delta = js_get_c(event, "contentBlockDelta");
        int64_t key = js_get_int(begun ? begun : delta, "contentBlockIndex", 0);
        const struct js *use = js_get_c(js_get_c(begun, "start"), "toolUse");
        delta = js_get_c(delta, "delta");
        if (use) {
            struct assembly_part *part = assembly_begin(want, key, MODEL_PART_TOOL_USE);
            assembly_add(want, &part->id, js_get_text(use, "toolUseId"));
            assembly_add(want, &part->name, js_get_text(use, "name"));
        }
        if (js_get_c(delta, "toolUse")) {
            assembly_add_input(want, assembly_find(want, key),
                               js_get_text(js_get_c(delta, "toolUse"), "input"));
        }
        const struct js *reasoning = js_get_c(delta, "reasoningContent");
        if (reasoning) {
            struct assembly_part *part = assembly_part(want, key, MODEL_PART_REASONING);
            assembly_add(want, &part->text, js_get_text(reasoning, "text"));
            assembly_add(want, &part->signature, js_get_text(reasoning, "signature"));
            assembly_add(want, &part->redacted,
                         js_get_text(js_get_c(reasoning, "redactedContent"), "$base64"));
        }
        assembly_add_text(want, key, js_get_text(delta, "text"));
    }
    (void)a;
}

static const struct {
    const char *name;
    enum failure_kind kind; /* FAILURE_NONE: a reply */
    enum model_stop stop;
    int64_t usage[3]; /* input, output, cached */
} streams[] = {
    {"corrupt_headers_length", FAILURE_CUT, 0, {0}},
    {"corrupt_message_crc", FAILURE_CUT, 0, {0}},
    {"corrupt_prelude_crc", FAILURE_CUT, 0, {0}},
    {"empty_answer", FAILURE_NONE, MODEL_STOP_END, {5, 0, 0}},
    {"error_message_type", FAILURE_OVERLOADED, 0, {0}},
    {"guardrail_intervened", FAILURE_NONE, MODEL_STOP_FILTERED, {0}},
    {"html_instead_of_stream", FAILURE_CUT, 0, {0}},
    {"interleaved_blocks", FAILURE_NONE, MODEL_STOP_TOOL_USE, {10, 10, 0}},
    {"internal_server_midstream", FAILURE_OVERLOADED, 0, {0}},
    {"max_tokens_mid_tool", FAILURE_NONE, MODEL_STOP_MAX_TOKENS, {10, 1024, 0}},
    {"model_stream_error_midstream", FAILURE_ONCE, 0, {0}},
    {"reasoning", FAILURE_NONE, MODEL_STOP_END, {40, 60, 0}},
    {"service_unavailable_first", FAILURE_OVERLOADED, 0, {0}},
    {"text", FAILURE_NONE, MODEL_STOP_END, {568, 18, 256}},
    {"throttling_midstream", FAILURE_THROTTLED, 0, {0}},
    {"tool_use_split_json", FAILURE_NONE, MODEL_STOP_TOOL_USE, {500, 77, 0}},
    {"truncated_after_frame", FAILURE_CUT, 0, {0}},
    /* Cut within `metadata`: the reply is whole, only its cost is not known. */
    {"truncated_frame", FAILURE_NONE, MODEL_STOP_END, {0}},
    {"unknown_event_type", FAILURE_NONE, MODEL_STOP_END, {1, 1, 0}},
    {"unmodeled_exception", FAILURE_ONCE, 0, {0}},
    {"validation_midstream", FAILURE_REQUEST, 0, {0}},
};

static void
check_reply(const char *name, const struct assembly *got, const struct assembly *want,
            struct arena *a)
{
    struct err err = {0};
    struct model_reply g, w;
    assert_int_equal(assembly_reply(got, a, &g, &err), 0);
    assert_int_equal(assembly_reply(want, a, &w, &err), 0);
    assert_int_equal(g.part_count, w.part_count);
    for (size_t i = 0; i < g.part_count; i++) {
        const struct model_part *x = &g.parts[i];
        const struct model_part *y = &w.parts[i];
        if (x->kind != y->kind || !str_eq(x->text, y->text) || !str_eq(x->id, y->id) ||
            !str_eq(x->name, y->name) || !str_eq(x->input, y->input) || !str_eq(x->raw, y->raw)) {
            fail_msg("%s: part %zu differs", name, i);
        }
    }
}

static void
check_end(const char *name, const struct fixture_run *run, size_t i)
{
    if (run->failure.kind != streams[i].kind) {
        fail_msg("%s: %s: %s", name, failure_kind_name(run->failure.kind),
                 run->failure.err.message);
    }
    if (streams[i].kind != FAILURE_NONE) {
        assert_true(run->failure.err.message[0] != '\0');
        assert_non_null(strstr(run->failure.err.message, "smart"));
        return;
    }
    assert_int_equal(run->out.stop, streams[i].stop);
    assert_int_equal(run->out.usage.input_tokens, streams[i].usage[0]);
    assert_int_equal(run->out.usage.output_tokens, streams[i].usage[1]);
    assert_int_equal(run->out.usage.cached_tokens, streams[i].usage[2]);
}

static void
check_stream(size_t i, const char *path, size_t piece)
{
    AUTO(arena) struct arena a = {0};
    struct assembly want;
    struct fixture_run run;
    struct str bin = fixture_read(&a, path);
    struct str json = arena_printf(&a, "%.*s.expected.json", (int)strlen(path) - 4, path);
    const struct js *expected = fixture_read_json(&a, json.ptr);
    assembly_init(&want, NULL, NULL);
    want_events(&a, js_get_c(expected, "sdk_events"), &want);
    fixture_run_stream(&run, bin, piece);
    check_end(streams[i].name, &run, i);
    check_reply(streams[i].name, &run.out, &want, &a);
    /* What was handed on is what the blocks hold. */
    AUTO(buf) struct buf texts;
    buf_init(&texts, LIMIT_REPLY_BYTES);
    for (size_t k = 0; k < want.count; k++) {
        buf_add(&texts, want.parts[k].kind == MODEL_PART_TEXT ? buf_str(&want.parts[k].text)
                                                              : (struct str){0});
    }
    assert_true(str_eq(buf_str(&run.text), buf_str(&texts)));
    fixture_run_done(&run);
    assembly_done(&want);
}

static void
test_recorded_streams(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 2, 7, 100, 100000};
    glob_t files = fixture_find("captured/eventstream/*.bin");
    size_t checked = 0;
    for (size_t f = 0; f < files.gl_pathc; f++) {
        for (size_t i = 0; i < COUNT(streams); i++) {
            char end[80];
            (void)snprintf(end, sizeof(end), "/%s.bin", streams[i].name);
            if (!str_ends(str_c(files.gl_pathv[f]), str_c(end))) {
                continue;
            }
            for (size_t p = 0; p < COUNT(pieces); p++) {
                check_stream(i, files.gl_pathv[f], pieces[p]);
            }
            checked++;
        }
    }
    globfree(&files);
    assert_int_equal(checked, COUNT(streams));
}

/* Streams made here: event types and payloads, one after the other. */
static const struct {
    const char *name;
    const char *events[12]; /* type, payload, type, payload */
    enum failure_kind kind;
    enum model_stop stop;
    const char *text;
    const char *parts; /* of the reply as kind:text|id,name,input|raw, joined by blanks */
} made[] = {
    {"a plain text, escaped, and with the padding first",
     {"contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"a \"}}",
      "contentBlockDelta",
      "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"\\u00e9\\n\"},\"p\":\"ab\"}",
      "contentBlockDelta", "{\"p\":\"ab\",\"delta\":{\"text\":\"z\"},\"contentBlockIndex\":0}",
      "messageStop", "{\"stopReason\":\"end_turn\"}"},
     FAILURE_NONE,
     MODEL_STOP_END,
     "a \xC3\xA9\nz",
     "text:a \xC3\xA9\nz"},
    {"a block of two digits",
     {"contentBlockDelta", "{\"contentBlockIndex\":10,\"delta\":{\"text\":\"a\"}}",
      "contentBlockDelta", "{\"contentBlockIndex\":1,\"delta\":{\"text\":\"b\"}}", "messageStop",
      "{\"stopReason\":\"stop_sequence\"}"},
     FAILURE_NONE,
     MODEL_STOP_END,
     "ab",
     "text:a text:b"},
    {"a start without anything",
     {"contentBlockStart", "{\"contentBlockIndex\":0,\"start\":{}}", "contentBlockDelta",
      "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"a\"}}", "messageStop",
      "{\"stopReason\":\"end_turn\"}"},
     FAILURE_NONE,
     MODEL_STOP_END,
     "a",
     "text:a"},
    {"a tool use that is called the end",
     {"contentBlockStart",
      "{\"contentBlockIndex\":0,\"start\":{\"toolUse\":{\"toolUseId\":\"i\",\"name\":\"n\"}}}",
      "messageStop", "{\"stopReason\":\"end_turn\"}"},
     FAILURE_NONE,
     MODEL_STOP_TOOL_USE,
     "",
     "use:i,n,"},
    {"a tool use that was not begun",
     {"contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"toolUse\":{\"input\":\"{}\"}}}",
      "messageStop", "{\"stopReason\":\"tool_use\"}"},
     FAILURE_NONE,
     MODEL_STOP_TOOL_USE,
     "",
     "use:,,{}"},
    {"redacted in two pieces",
     {"contentBlockDelta",
      "{\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"redactedContent\":\"YQ==\"}}}",
      "contentBlockDelta",
      "{\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"redactedContent\":\"YmM=\"}}}",
      "messageStop", "{\"stopReason\":\"end_turn\"}"},
     FAILURE_NONE,
     MODEL_STOP_END,
     "",
     "raw:{\"reasoningContent\":{\"redactedContent\":\"YWJj\"}}"},
    {"the window is full",
     {"messageStop", "{\"stopReason\":\"model_context_window_exceeded\"}"},
     FAILURE_NONE,
     MODEL_STOP_MAX_TOKENS,
     "",
     ""},
    {"filtered",
     {"messageStop", "{\"stopReason\":\"content_filtered\"}"},
     FAILURE_NONE,
     MODEL_STOP_FILTERED,
     "",
     ""},
    {"a reason nobody knows",
     {"messageStop", "{\"stopReason\":\"tired\"}"},
     FAILURE_NONE,
     MODEL_STOP_OTHER,
     "",
     ""},
    {"malformed",
     {"messageStop", "{\"stopReason\":\"malformed_tool_use\"}"},
     FAILURE_ONCE,
     0,
     "",
     NULL},
    {"no JSON",
     {"contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"a}"},
     FAILURE_FORMAT,
     0,
     "",
     NULL},
    {"bad UTF-8",
     {"contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"\xC3\"}}"},
     FAILURE_FORMAT,
     0,
     "",
     NULL},
    {"rubbish behind the end",
     {"messageStop", "{\"stopReason\":\"end_turn\"}", "metadata", "{", "contentBlockDelta", "{"},
     FAILURE_NONE,
     MODEL_STOP_END,
     "",
     ""},
    {"usage that cannot be",
     {"messageStop", "{\"stopReason\":\"end_turn\"}", "metadata",
      "{\"usage\":{\"inputTokens\":9223372036854775807,\"outputTokens\":-1,"
      "\"cacheReadInputTokens\":9223372036854775807}}"},
     FAILURE_NONE,
     MODEL_STOP_END,
     "",
     ""},
};

static void
describe(const struct assembly *out, struct arena *a, struct buf *to)
{
    struct err err = {0};
    struct model_reply reply;
    assert_int_equal(assembly_reply(out, a, &reply, &err), 0);
    for (size_t i = 0; i < reply.part_count; i++) {
        const struct model_part *p = &reply.parts[i];
        buf_add_c(to, i ? " " : "");
        if (p->kind == MODEL_PART_TEXT) {
            buf_printf(to, "text:%" STR_FMT, STR_ARG(p->text));
        } else if (p->kind == MODEL_PART_TOOL_USE) {
            buf_printf(to, "use:%" STR_FMT ",%" STR_FMT ",%" STR_FMT, STR_ARG(p->id),
                       STR_ARG(p->name), STR_ARG(p->input));
        } else {
            buf_printf(to, "raw:%" STR_FMT, STR_ARG(p->raw));
        }
    }
}

static struct str
frames(struct arena *a, const char *const *list, size_t count)
{
    AUTO(buf) struct buf buf;
    struct err err = {0};
    buf_init(&buf, 1024 * 1024);
    for (size_t i = 0; i + 1 < count && list[i]; i += 2) {
        struct eventstream_header headers[] = {
            {STR(":event-type"), EVENTSTREAM_STRING, 0, str_c(list[i])},
            {STR(":message-type"), EVENTSTREAM_STRING, 0, STR("event")},
        };
        assert_int_equal(eventstream_write(&buf, headers, 2, str_c(list[i + 1]), &err), 0);
    }
    return buf_to_arena(&buf, a);
}

static void
test_made_streams(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(made); i++) {
        AUTO(arena) struct arena a = {0};
        AUTO(buf) struct buf parts;
        struct fixture_run run;
        buf_init(&parts, 65536);
        fixture_run_stream(&run, frames(&a, made[i].events, COUNT(made[i].events)), 5);
        if (run.failure.kind != made[i].kind) {
            fail_msg("%s: %s: %s", made[i].name, failure_kind_name(run.failure.kind),
                     run.failure.err.message);
        }
        assert_string_equal(run.text.text ? run.text.text : "", made[i].text);
        if (made[i].parts) {
            describe(&run.out, &a, &parts);
            assert_string_equal(parts.text ? parts.text : "", made[i].parts);
            assert_int_equal(run.out.stop, made[i].stop);
        }
        assert_true(run.out.usage.input_tokens >= 0 && run.out.usage.output_tokens >= 0);
        fixture_run_done(&run);
    }
}

/* Everything is bounded: a reply that never ends is a failure of ours. */
static void
test_a_reply_without_end(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct fixture_run run;
    char payload[4096];
    const char *events[] = {"contentBlockDelta", payload};
    (void)snprintf(payload, sizeof(payload),
                   "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"%04000d\"}}", 0);
    struct str frame = frames(&a, events, 2);
    fixture_run_init(&run, false);
    int result = 0;
    for (size_t i = 0; result == 0 && i < 1000; i++) {
        result = decoder_feed(run.decoder, frame);
    }
    assert_int_equal(result, ERR_LIMIT);
    assert_int_equal(run.decoder->failure.kind, FAILURE_LOCAL);
    fixture_run_done(&run);
}

/* ---- Whole answers ---------------------------------------------------------------------------*/

static const struct {
    const char *name;
    const char *body;
    enum failure_kind kind;
    enum model_stop stop;
    const char *parts;
    int64_t input;
} wholes[] = {
    {"text and tool",
     "{\"metrics\":{\"latencyMs\":1},\"output\":{\"message\":{\"content\":[{\"text\":\"a\"},"
     "{\"toolUse\":{\"toolUseId\":\"i\",\"name\":\"n\",\"input\":{\"x\":1.50}}}],"
     "\"role\":\"assistant\"}},\"stopReason\":\"tool_use\",\"usage\":{\"inputTokens\":3,"
     "\"outputTokens\":4,\"cacheReadInputTokens\":5,\"cacheWriteInputTokens\":6,\"totalTokens\":7}"
     "}",
     FAILURE_NONE, MODEL_STOP_TOOL_USE, "text:a use:i,n,{\"x\":1.50}", 14},
    {"reasoning stays as it is",
     "{\"output\":{\"message\":{\"content\":[{\"reasoningContent\":{\"reasoningText\":{\"text\":"
     "\"t\","
     "\"signature\":\"s\",\"new\":1}}},{\"citationsContent\":{\"content\":[{\"text\":\"b\"},"
     "{\"text\":\"c\"}]}},{\"novelty\":1}]}},\"stopReason\":\"end_turn\"}",
     FAILURE_NONE, MODEL_STOP_END,
     "raw:{\"reasoningContent\":{\"reasoningText\":{\"text\":\"t\",\"signature\":\"s\",\"new\":1}}}"
     " "
     "text:bc",
     0},
    {"inputs of other kinds",
     "{\"output\":{\"message\":{\"content\":[{\"toolUse\":{\"toolUseId\":\"i\",\"name\":\"n\","
     "\"input\":\"{\\\"a\\\":1}\"}},{\"toolUse\":{\"toolUseId\":\"j\",\"name\":\"n\"}}]}},"
     "\"stopReason\":\"tool_use\"}",
     FAILURE_NONE, MODEL_STOP_TOOL_USE, "use:i,n,{\"a\":1} use:j,n,", 0},
    {"malformed",
     "{\"output\":{\"message\":{\"content\":[]}},\"stopReason\":\"malformed_model_output\"}",
     FAILURE_ONCE, 0, NULL, 0},
    {"no message", "{\"stopReason\":\"end_turn\"}", FAILURE_FORMAT, 0, NULL, 0},
    {"no stop reason", "{\"output\":{\"message\":{\"content\":[]}}}", FAILURE_FORMAT, 0, NULL, 0},
    {"cut", "{\"output\":{\"message\":{\"content\":[{\"text\":\"a", FAILURE_CUT, 0, NULL, 0},
    {"nothing", "", FAILURE_CUT, 0, NULL, 0},
};

static void
test_whole_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wholes); i++) {
        AUTO(arena) struct arena a = {0};
        AUTO(buf) struct buf parts;
        struct fixture_run run;
        buf_init(&parts, 65536);
        fixture_run_init(&run, true);
        fixture_run_feed(&run, str_c(wholes[i].body), 3);
        if (run.failure.kind != wholes[i].kind) {
            fail_msg("%s: %s: %s", wholes[i].name, failure_kind_name(run.failure.kind),
                     run.failure.err.message);
        }
        if (wholes[i].parts) {
            describe(&run.out, &a, &parts);
            assert_string_equal(parts.text, wholes[i].parts);
            assert_int_equal(run.out.stop, wholes[i].stop);
            assert_int_equal(run.out.usage.input_tokens, wholes[i].input);
            assert_true(run.out.ended);
        }
        fixture_run_done(&run);
    }
}

/* ---- Memory ----------------------------------------------------------------------------------*/

/* Each allocation failed in turn: a failure of ours, or, behind the end, nothing lost. */
static void
test_memory_may_run_out(void **state)
{
    (void)state;
    static const char *const events[] = {
        "contentBlockDelta",
        "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"a\"}}",
        "contentBlockDelta",
        "{\"contentBlockIndex\":1,\"delta\":{\"reasoningContent\":{\"redactedContent\":\"YQ==\"}}}",
        "contentBlockDelta",
        "{\"contentBlockIndex\":1,\"delta\":{\"reasoningContent\":{\"redactedContent\":\"YQ==\"}}}",
        "messageStop",
        "{\"stopReason\":\"end_turn\"}"};
    if (!fault_configure(STR("alloc:1"))) {
        skip();
    }
    (void)fault_configure(STR(""));
    AUTO(arena) struct arena a = {0};
    struct str bytes[] = {frames(&a, events, COUNT(events)), str_c(wholes[0].body)};
    unsigned failed = 0;
    for (size_t kind = 0; kind < COUNT(bytes); kind++) {
        struct failure failure = {.kind = FAILURE_LOCAL};
        for (unsigned n = 1; failure.kind != FAILURE_NONE; n++) {
            struct fixture_run run;
            char spec[32];
            fixture_run_init(&run, kind == 1);
            (void)snprintf(spec, sizeof(spec), "alloc:%u", n);
            assert_true(fault_configure(str_c(spec)));
            fixture_run_feed(&run, bytes[kind], 5);
            (void)fault_configure(STR(""));
            failure = run.failure;
            failed += failure.kind != FAILURE_NONE;
            assert_true(failure.kind == FAILURE_NONE ||
                        (failure.kind == FAILURE_LOCAL && failure.err.code == ERR_NOMEM));
            fixture_run_done(&run);
        }
    }
    assert_true(failed > 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_streams),    cmocka_unit_test(test_made_streams),
        cmocka_unit_test(test_a_reply_without_end), cmocka_unit_test(test_whole_answers),
        cmocka_unit_test(test_memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
