/* Chat completions, the answer: every captured stream whole and byte by byte, servers' deviations,
 * and the shortcut for a piece of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "model/wire_openai.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct openai_model model = {
    .name = STR_INIT("local"), .id = STR_INIT("m"), .host = STR_INIT("127.0.0.1:8080")};

static void
watch(void *arg, struct str delta)
{
    buf_add(arg, delta);
}

/* One answer decoded. */
struct decoded {
    struct arena arena;
    struct assembly assembly;
    struct model_reply reply;
    struct failure failure; /* kind NONE: none */
    struct buf shown;
};

static void
decode(struct decoded *d, const char *type, struct str bytes, size_t step)
{
    struct err err = {0};
    int result = 0;
    *d = (struct decoded){0};
    buf_init(&d->shown, 1 << 20);
    assembly_init(&d->assembly, watch, &d->shown);
    struct decoder *decoder = openai_decoder_new(&model, str_c(type), &d->assembly);
    assert_non_null(decoder);
    for (size_t at = 0; at < bytes.len && result == 0; at += step) {
        result = decoder_feed(decoder, str_sub(bytes, at, step));
    }
    result = result < 0 ? result : decoder_finish(decoder);
    assert_int_equal(result < 0, decoder->failure.kind != FAILURE_NONE);
    d->failure = decoder->failure;
    assert_int_equal(assembly_reply(&d->assembly, &d->arena, &d->reply, &err), 0);
    decoder_free(decoder);
}

static void
decoded_done(struct decoded *d)
{
    buf_done(&d->shown);
    assembly_done(&d->assembly);
    arena_done(&d->arena);
}

/* "text|name id input|stop in/out", or the failure's kind. */
static struct str
describe(struct decoded *d)
{
    AUTO(buf) struct buf out = {0};
    buf_init(&out, 1 << 20);
    if (d->failure.kind != FAILURE_NONE) {
        buf_printf(&out, "failed %s|", failure_kind_name(d->failure.kind));
    }
    buf_printf(&out, "%" STR_FMT, STR_ARG(buf_str(&d->shown)));
    for (size_t i = 0; i < d->reply.part_count; i++) {
        const struct model_part *p = &d->reply.parts[i];
        if (p->kind == MODEL_PART_TOOL_USE) {
            buf_printf(&out, "|%" STR_FMT " %" STR_FMT " %" STR_FMT, STR_ARG(p->name),
                       STR_ARG(p->id), STR_ARG(p->input));
        }
    }
    if (d->failure.kind == FAILURE_NONE) {
        assert_true(d->assembly.ended);
        buf_printf(&out, "|%s %d/%d", model_stop_name(d->reply.stop),
                   (int)d->reply.usage.input_tokens, (int)d->reply.usage.output_tokens);
    }
    return buf_to_arena(&out, &d->arena);
}

/* ---- The captured streams ---- */

static struct str
read_shared(struct arena *arena, const char *name, const char *ending)
{
    const char *dir = getenv("DESKHAND_SHARED");
    struct str path = arena_printf(arena, "%s/vectors/captured/openai_sse/%s%s",
                                   dir ? dir : "../shared", name, ending);
    FILE *file = fopen(path.ptr, "rb");
    if (!file) {
        return (struct str){0};
    }
    enum { FILE_MAX = 1024 * 1024 };
    char *text = arena_alloc(arena, FILE_MAX);
    size_t len = fread(text, 1, FILE_MAX, file);
    (void)fclose(file);
    return (struct str){text, len};
}

static const struct {
    const char *name;
    enum failure_kind failure;
    enum model_stop stop;
    const char *words; /* of the failure */
} streams[] = {
    {"arguments_as_object", FAILURE_NONE, MODEL_STOP_TOOL_USE, NULL},
    {"azure_empty_choices_first", FAILURE_NONE, MODEL_STOP_END, NULL},
    {"content_filter_refusal", FAILURE_NONE, MODEL_STOP_FILTERED, NULL},
    {"error_object_midstream", FAILURE_OVERLOADED, MODEL_STOP_END,
     "The server had an error while processing your request"},
    {"length_mid_arguments", FAILURE_NONE, MODEL_STOP_MAX_TOKENS, NULL},
    {"llamacpp_old_error_line", FAILURE_TOO_LONG, MODEL_STOP_END, "too long for m"},
    {"llamacpp_reasoning_tool", FAILURE_NONE, MODEL_STOP_TOOL_USE, NULL},
    {"ollama_old_reused_index", FAILURE_NONE, MODEL_STOP_TOOL_USE, NULL},
    {"ollama_reasoning", FAILURE_NONE, MODEL_STOP_END, NULL},
    {"ollama_very_old_no_index_stop", FAILURE_NONE, MODEL_STOP_TOOL_USE, NULL},
    {"openai_interleaved_tools", FAILURE_NONE, MODEL_STOP_TOOL_USE, NULL},
    {"openai_parallel_tools", FAILURE_NONE, MODEL_STOP_TOOL_USE, NULL},
    {"openai_text_usage", FAILURE_NONE, MODEL_STOP_END, NULL},
    {"truncated_no_done", FAILURE_CUT, MODEL_STOP_END, "ended before the answer was whole"},
    {"usage_in_finish_chunk", FAILURE_NONE, MODEL_STOP_END, NULL},
    {"vllm_reasoning_null_fields", FAILURE_NONE, MODEL_STOP_TOOL_USE, NULL},
    {"vllm_repeated_metadata", FAILURE_NONE, MODEL_STOP_TOOL_USE, NULL},
};

/* The wanted arguments are an object, or a text that is broken JSON. */
static void
check_call(struct decoded *d, const struct model_part *part, const struct js *want)
{
    struct err err = {0};
    struct js *input = NULL;
    const struct js *arguments = js_get_c(want, "arguments");
    assert_int_equal(part->kind, MODEL_PART_TOOL_USE);
    assert_true(str_eq(part->name, js_get_text(want, "name")));
    /* One that is missing stays so here: the turn gives every call an id of its own. */
    struct str id = js_get_text(want, "id");
    assert_true(part->id.len == 0 || str_eq(part->id, id));
    if (js_type(arguments) == JS_STRING) {
        assert_true(str_eq(part->input, js_text(arguments)));
        return;
    }
    struct str text = part->input.len ? part->input : STR("{}");
    assert_int_equal(js_parse(text, &d->arena, &input, &err), 0);
    assert_true(js_equal(input, arguments));
}

static void
check_stream(size_t index, struct decoded *d, const struct js *want)
{
    const struct js *calls = js_get_c(want, "tool_calls");
    const struct js *usage = js_get_c(want, "usage");
    const struct model_reply *reply = &d->reply;
    struct str content = js_get_text(want, "content");
    assert_int_equal(d->failure.kind, streams[index].failure);
    assert_true(str_eq(buf_str(&d->shown), content));
    if (streams[index].failure) {
        assert_non_null(strstr(d->failure.err.message, streams[index].words));
        return;
    }
    assert_int_equal(reply->stop, streams[index].stop);
    size_t texts = content.len > 0;
    assert_int_equal(reply->part_count, texts + js_count(calls));
    assert_true(!texts || str_eq(reply->parts[0].text, content));
    for (size_t i = 0; i < js_count(calls); i++) {
        check_call(d, &reply->parts[texts + i], js_at(calls, i));
    }
    assert_int_equal(reply->usage.input_tokens, js_int(js_at(usage, 0), 0));
    assert_int_equal(reply->usage.output_tokens, js_int(js_at(usage, 1), 0));
}

static bool
run_stream(size_t index)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct js *expected;
    struct str bytes = read_shared(&arena, streams[index].name, ".sse");
    if (!bytes.ptr) {
        return false;
    }
    struct str text = read_shared(&arena, streams[index].name, ".expected.json");
    assert_int_equal(js_parse(text, &arena, &expected, &err), 0);
    static const size_t steps[] = {SIZE_MAX / 2, 1, 2, 7, 100};
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct decoded d;
        decode(&d, "text/event-stream", bytes, steps[i]);
        check_stream(index, &d, js_get_c(expected, "expected_assembly"));
        decoded_done(&d);
    }
    return true;
}

static void
test_captured(void **state)
{
    (void)state;
    size_t found = 0;
    for (size_t i = 0; i < COUNT(streams); i++) {
        found += run_stream(i);
    }
    if (found == 0) {
        print_message("SKIP: no shared data\n");
        skip();
    }
    assert_int_equal(found, COUNT(streams));
}

/* ---- Deviations ---- */

#define HEAD "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
#define TAIL ",\"finish_reason\":null}]}\n\n"
#define TEXT(text) HEAD "{\"content\":\"" text "\"}" TAIL
#define CALLS(calls) HEAD "{\"tool_calls\":[" calls "]}" TAIL
#define FINISH(reason) HEAD "{},\"finish_reason\":\"" reason "\"}]}\n\n"
#define DONE "data: [DONE]\n\n"
#define SSE "text/event-stream"
#define JSON "application/json"

static const struct {
    const char *name;
    const char *type;
    const char *bytes;
    const char *want;
} answers[] = {
    {"no [DONE], but a finish", SSE, TEXT("a") FINISH("stop"), "a|end 0/0"},
    {"[DONE], but no finish", SSE, TEXT("a") DONE, "a|end 0/0"},
    {"only [DONE]", SSE, DONE, "failed cut|"},
    {"nothing", SSE, "", "failed cut|"},
    {"only pings", SSE, ": ping\n\n: ping\n\n", "failed cut|"},
    {"the last empty line is missing", SSE, TEXT("a") "data: [DONE]", "a|end 0/0"},
    {"half an event at the end", SSE, TEXT("a") "data: {\"choices\":[", "failed cut|a"},
    {"half a marker behind the finish", SSE, FINISH("stop") "data: [DO", "|end 0/0"},
    {"broken JSON", SSE, TEXT("a") "data: {nonsense}\n\n", "failed cut|a"},
    {"a number", SSE, TEXT("a") "data: 5\n\n", "failed cut|a"},
    {"no space after the colon, CRLF", SSE,
     "data:{\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\r\n\r\n",
     "a|end 0/0"},
    {"length as Mistral says it", SSE, TEXT("a") FINISH("model_length"), "a|max_tokens 0/0"},
    {"a finish nobody knows", SSE, TEXT("a") FINISH("tired"), "a|other 0/0"},
    {"said to be calls, but there are none", SSE, TEXT("a") FINISH("tool_calls"), "a|end 0/0"},
    {"other choices", SSE,
     "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"no\"}},"
     "{\"index\":0,\"delta\":{\"content\":\"yes\"}}]}\n\n" DONE,
     "yes|end 0/0"},
    {"a refusal that says stop", SSE, HEAD "{\"refusal\":\"I cannot\"}" TAIL FINISH("stop") DONE,
     "|filtered 0/0"},
    {"content in parts", SSE,
     HEAD
     "{\"content\":[{\"type\":\"thinking\",\"thinking\":[]},{\"type\":\"text\",\"text\":\"a\"}]"
     "}" TAIL FINISH("stop"),
     "a|end 0/0"},
    {"the last chunk says everything again", SSE,
     TEXT("a") "data: {\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}"
               "\n\n",
     "a|end 0/0"},
    {"Gemini: index 0 and no id for each call", SSE,
     CALLS("{\"index\":0,\"id\":\"\",\"function\":{\"name\":\"a\",\"arguments\":\"{}\"}}")
         CALLS("{\"index\":0,\"id\":\"\",\"function\":{\"name\":\"a\",\"arguments\":\"{}\"}}") DONE,
     "|a  {}|a  {}|tool_use 0/0"},
    {"a name repeated behind whole arguments", SSE,
     CALLS("{\"index\":0,\"function\":{\"name\":\"a\",\"arguments\":\"{}\"}}")
         CALLS("{\"index\":0,\"function\":{\"name\":\"a\",\"arguments\":\"\"}}") DONE,
     "|a  {}|tool_use 0/0"},
    {"two calls of one id", SSE,
     CALLS("{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"a\",\"arguments\":\"{\"}}")
         CALLS("{\"index\":1,\"id\":\"x\",\"function\":{\"name\":\"b\",\"arguments\":\"{\"}}")
             CALLS("{\"index\":0,\"id\":\"x\",\"function\":{\"arguments\":\"}\"}},"
                   "{\"index\":1,\"function\":{\"arguments\":\"}\"}}") DONE,
     "|a x {}|b x {}|tool_use 0/0"},
    {"an id that comes late", SSE,
     CALLS("{\"index\":0,\"function\":{\"name\":\"a\",\"arguments\":\"{\"}}")
         CALLS("{\"index\":0,\"id\":\"x\",\"function\":{\"arguments\":\"}\"}}") DONE,
     "|a x {}|tool_use 0/0"},
    {"no index: a name begins, none goes on", SSE,
     CALLS("{\"function\":{\"name\":\"a\",\"arguments\":\"{\"}}")
         CALLS("{\"function\":{\"arguments\":\"}\"}}")
             CALLS("{\"function\":{\"name\":\"b\",\"arguments\":\"{}\"}}") DONE,
     "|a  {}|b  {}|tool_use 0/0"},
    {"no index: an id goes on", SSE,
     CALLS("{\"id\":\"x\",\"function\":{\"name\":\"a\",\"arguments\":\"{\"}},"
           "{\"id\":\"y\",\"function\":{\"name\":\"b\",\"arguments\":\"{\"}}")
         CALLS("{\"id\":\"x\",\"function\":{\"name\":\"a\",\"arguments\":\"}\"}},"
               "{\"id\":\"y\",\"function\":{\"arguments\":\"}\"}}") DONE,
     "|a x {}|b y {}|tool_use 0/0"},
    {"an empty arguments' text", SSE,
     CALLS("{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"a\",\"arguments\":\"\"}}")
         FINISH("tool_calls"),
     "|a x |tool_use 0/0"},
    {"text before and behind a call", SSE,
     TEXT("a") CALLS("{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"f\"}}") TEXT("b")
         FINISH("stop"),
     "ab|f x |tool_use 0/0"},
    {"calls that are none", SSE, HEAD "{\"tool_calls\":{\"a\":1}}" TAIL FINISH("stop"), "|end 0/0"},
    {"an error's event", SSE, "event: error\ndata: {\"message\":\"boom\",\"code\":503}\n\n",
     "failed overloaded|"},
    {"an error's event that is no JSON", SSE, "event: error\ndata: boom\n\n", "failed overloaded|"},
    {"an error with a limit's name", SSE,
     TEXT("a") "data: {\"error\":{\"message\":\"slow down\",\"type\":\"rate_limit_error\"}}\n\n",
     "failed throttled|a"},
    {"old vLLM's error", SSE,
     "data: {\"object\":\"error\",\"message\":\"bad\",\"type\":\"BadRequestError\",\"code\":400}"
     "\n\n" DONE,
     "failed request|"},
    {"an error's body without framing", SSE, "{\"error\":{\"message\":\"no\",\"code\":401}}",
     "failed key|"},
    {"the same over lines, behind text", SSE,
     TEXT("a") "{\n  \"error\": {\n    \"message\": \"no\",\n    \"code\": 429\n  }\n}\n",
     "failed throttled|a"},
    {"an answer without framing", SSE,
     "{\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}", "a|end 0/0"},
    {"a page", SSE, "<html>\n<body>Bad gateway</body>\n", "failed format|"},
    {"a page behind text", SSE, TEXT("a") "<html>\n", "failed cut|a"},
    {"whole", JSON,
     "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
     "\"a\",\"reasoning\":\"hm\"},\"finish_reason\":\"stop\"}],"
     "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}",
     "a|end 7/2"},
    {"whole, with a call", JSON "; charset=utf-8",
     "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"x\",\"type\":"
     "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
     "\"finish_reason\":\"tool_calls\"}]}",
     "|f x {}|tool_use 0/0"},
    {"whole, without a finish", JSON, "{\"choices\":[{\"message\":{\"content\":\"a\"}}]}",
     "a|end 0/0"},
    {"whole, without anything", JSON, "{}", "failed cut|"},
    {"half", JSON, "{\"choices\":[{\"message\":{\"content\":\"a\"", "failed format|"},
    {"whole, an error", JSON, "{\"error\":\"model 'm' not found, try pulling it first\"}",
     "failed model|"},
};

static void
test_deviations(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        static const size_t steps[] = {SIZE_MAX / 2, 1, 5};
        for (size_t k = 0; k < COUNT(steps); k++) {
            struct decoded d;
            decode(&d, answers[i].type, str_c(answers[i].bytes), steps[k]);
            struct str got = describe(&d);
            if (!str_eq_c(got, answers[i].want)) {
                fail_msg("%s: wanted '%s', got '%.*s' (%s)", answers[i].name, answers[i].want,
                         (int)got.len, got.ptr, d.failure.err.message);
            }
            decoded_done(&d);
        }
    }
}

static void
test_usage(void **state)
{
    struct decoded d;
    (void)state;
    decode(&d, JSON,
           STR("{\"model\":\"m-2\",\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":"
               "\"stop\"}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":-3,"
               "\"prompt_tokens_details\":{\"cached_tokens\":1000}}}"),
           SIZE_MAX / 2);
    assert_int_equal(d.reply.usage.input_tokens, 100);
    assert_int_equal(d.reply.usage.output_tokens, 0);
    assert_int_equal(d.reply.usage.cached_tokens, 100);
    assert_true(str_eq(buf_str(&d.assembly.model), STR("m-2")));
    decoded_done(&d);
}

/* A page is no answer, whatever its status. */
static void
test_type(void **state)
{
    (void)state;
    struct assembly out;
    assembly_init(&out, NULL, NULL);
    assert_null(openai_decoder_new(&model, STR("text/html; charset=utf-8"), &out));
    struct decoder *d = openai_decoder_new(&model, (struct str){0}, &out);
    assert_non_null(d);
    decoder_free(d);
    assembly_done(&out);
}

static void
test_too_large(void **state)
{
    (void)state;
    struct assembly out;
    assembly_init(&out, NULL, NULL);
    struct decoder *d = openai_decoder_new(&model, STR(SSE), &out);
    int result = 0;
    size_t fed = 0;
    while (result == 0 && fed < 100000) {
        result = decoder_feed(
            d, STR(TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
        fed++;
    }
    assert_int_equal(result, ERR_LIMIT);
    assert_int_equal(d->failure.kind, FAILURE_LOCAL);
    assert_int_equal(decoder_feed(d, STR(DONE)), ERR_LIMIT);
    assert_int_equal(decoder_finish(d), ERR_LIMIT);
    decoder_free(d);
    assembly_done(&out);
}

/* ---- The shortcut ---- */

static const struct {
    const char *data;
    const char *want; /* NULL: not taken */
} chunks[] = {
    /* OpenAI, llama.cpp, vLLM, Ollama. */
    {"{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1768478400,\"model\":"
     "\"m\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_1\",\"choices\":[{\"index\":0,"
     "\"delta\":{\"content\":\"Hi\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,"
     "\"obfuscation\":\"xyz\"}",
     "Hi"},
    {"{\"choices\":[{\"finish_reason\":null,\"index\":0,\"delta\":{\"content\":\"Hi\"}}],"
     "\"created\":1,\"object\":\"chat.completion.chunk\"}",
     "Hi"},
    {"{\"choices\": [{\"index\": 0, \"delta\": {\"role\": \"assistant\", \"content\": \"Hi\"}, "
     "\"finish_reason\": null}]}",
     "Hi"},
    {"{\"choices\":[{\"delta\":{\"content\":\"\",\"reasoning\":\"hm\"}}]}", ""},
    {"{\"choices\":[{\"delta\":{\"content\":null,\"tool_calls\":null,\"refusal\":null}}]}", ""},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\\n\\\"b\\\\\\/\\t\"}}]}", "a\n\"b\\/\t"},
    {"{\"choices\":[{\"delta\":{\"content\":\"caf\xC3\xA9\"}}]}", "caf\xC3\xA9"},
    {"{\"choices\":[{\"delta\":{}}]}", ""},
    /* What is not its business. */
    {"{\"choices\":[{\"delta\":{\"content\":\"\\u00e9\"}}]}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":1}}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"error\":{}}", NULL},
    {"{\"object\":\"error\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", NULL},
    {"{\"choices\":[{\"delta\":{\"tool_calls\":[]}}]}", NULL},
    {"{\"choices\":[{\"delta\":{\"refusal\":\"no\"}}]}", NULL},
    {"{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"a\"}}]}", NULL},
    {"{\"choices\":[{\"index\":0.5,\"delta\":{\"content\":\"a\"}}]}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"}},{}]}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"choices\":[]}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\",\"content\":\"b\"}}]}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"},\"delta\":{}}]}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":[]}}]}", NULL},
    {"{\"choices\":[]}", NULL},
    {"{\"\\u0063hoices\":[{\"delta\":{\"content\":\"a\"}}]}", NULL},
    /* Broken. */
    {"", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}]", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}x", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}],}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a}}]}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"\xC3\"}}]}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"\n\"}}]}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"created\":01}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"created\":}", NULL},
    {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"created\":nul}", NULL},
};

static void
test_shortcut(void **state)
{
    (void)state;
    AUTO(buf) struct buf scratch = {0};
    buf_init(&scratch, 1024);
    for (size_t i = 0; i < COUNT(chunks); i++) {
        struct str text = {0};
        /* An exact copy, so that a sanitizer sees what is read behind its end. */
        AUTO(arena) struct arena arena = {0};
        size_t len = strlen(chunks[i].data);
        char *data = arena_alloc(&arena, len + 1);
        memcpy(data, chunks[i].data, len);
        bool taken = openai_chunk_text((struct str){data, len}, &scratch, &text);
        if (taken != (chunks[i].want != NULL) || (taken && !str_eq_c(text, chunks[i].want))) {
            fail_msg("%s: %s '%.*s'", chunks[i].data, taken ? "taken as" : "not taken",
                     str_int_len(text), text.ptr ? text.ptr : "");
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captured),  cmocka_unit_test(test_deviations),
        cmocka_unit_test(test_usage),     cmocka_unit_test(test_type),
        cmocka_unit_test(test_too_large), cmocka_unit_test(test_shortcut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
