#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "io/sse.h"
#include "model/wire_openai.h"

/* The decoder. A stream is chunks whose `choices[0].delta` holds a piece of text or pieces of
 * calls, then `finish_reason`, usage (in a chunk of its own, in that one or in every one),
 * `[DONE]`. A whole answer is the same with `message` for `delta`, so both go through
 * take_choice().
 *
 * The text is one part whatever comes between its pieces. A call is a part under the index the
 * server gives it, or a key of ours below TEXT_KEY where it gives none. Servers disagree about the
 * index (see find_call), so a part may be left for a new one of the same index. */
enum {
    DECODER_MAGIC = 0x6f616964,
    TEXT_KEY = -1,
    EVENT_MAX = 2 * LIMIT_REPLY_BYTES, /* a reply in one event, its escapes included */
    STRAY_MAX = 64 * 1024,             /* lines that are no stream: an error's body */
};

enum finish { FINISH_NONE, FINISH_STOP, FINISH_LENGTH, FINISH_CALLS, FINISH_FILTER, FINISH_OTHER };

struct openai_decoder {
    struct decoder decoder;
    unsigned magic;
    const struct openai_model *model;
    bool whole; /* no stream */
    struct sse sse;
    struct buf body;    /* a whole answer, or the lines of a stream that are none */
    struct buf scratch; /* of the shortcut */
    struct arena arena; /* one chunk's tree */
    enum finish finish;
    bool refused;      /* the model said so in `refusal` */
    int64_t next_key;  /* for the next call without an index */
    int64_t last_call; /* the key of the newest call; TEXT_KEY: none */
};

/* ---- Failures ---- */

static int
failed(struct openai_decoder *d)
{
    return d->decoder.failure.err.code;
}

static int
fail_cut(struct openai_decoder *d, const char *what)
{
    failure_set(&d->decoder.failure, FAILURE_CUT, "%" STR_FMT ": %s", STR_ARG(d->model->host),
                what);
    return failed(d);
}

static int
fail_err(struct openai_decoder *d, const struct err *err)
{
    failure_from_err(&d->decoder.failure, err);
    return failed(d);
}

static int
fail_json(struct openai_decoder *d, const struct js *error)
{
    openai_stream_failure(d->model, error, &d->decoder.failure);
    return failed(d);
}

/* The assembly is full, or without memory. */
static int
check_assembly(struct openai_decoder *d)
{
    struct err err = {0};
    struct model_reply ignored;
    if (d->decoder.out->failed == 0) {
        return 0;
    }
    int result = assembly_reply(d->decoder.out, &d->arena, &ignored, &err);
    must(result < 0);
    return fail_err(d, &err);
}

/* ---- Tool calls ---- */

static struct assembly_part *
find_id(struct openai_decoder *d, struct str id)
{
    struct assembly *out = d->decoder.out;
    for (size_t i = 0; i < out->count; i++) {
        struct assembly_part *p = &out->parts[i];
        if (p->kind == MODEL_PART_TOOL_USE && str_eq(buf_str(&p->id), id)) {
            return p;
        }
    }
    return NULL;
}

static bool
is_complete(const struct assembly_part *p)
{
    struct err ignored;
    return p->text.len > 0 && js_check(buf_str(&p->text), &ignored) == 0;
}

/* Does a piece with this NAME and no id, under P's index, begin another call? A name repeated with
 * every piece does not; a name behind whole arguments does where there is more to come. */
static bool
begins_another(const struct assembly_part *p, struct str name, bool has_arguments)
{
    return name.len > 0 && (has_arguments || !str_eq(buf_str(&p->name), name)) && is_complete(p);
}

/* The call a piece belongs to; NULL: a new one. Ollama sent every call whole under index 0 until
 * 2026; very old ones sent no index; vLLM repeats id and name with every piece; Gemini's endpoint
 * sends index 0 and an empty id. */
static struct assembly_part *
find_call(struct openai_decoder *d, int64_t index, struct str id, struct str name,
          bool has_arguments)
{
    struct assembly_part *same = id.len > 0 ? find_id(d, id) : NULL;
    if (same) {
        return same;
    }
    struct assembly_part *p = assembly_find(d->decoder.out, index >= 0 ? index : d->last_call);
    if (!p || p->kind != MODEL_PART_TOOL_USE) {
        return NULL;
    }
    if (id.len > 0) {
        bool late = index >= 0 && p->id.len == 0 && !begins_another(p, name, has_arguments);
        return late ? p : NULL;
    }
    bool another = index < 0 ? name.len > 0 : begins_another(p, name, has_arguments);
    return another ? NULL : p;
}

static void
take_arguments(struct openai_decoder *d, struct assembly_part *p, const struct js *arguments)
{
    if (js_type(arguments) == JS_STRING) {
        assembly_add_input(d->decoder.out, p, js_text(arguments));
    } else if (arguments) {
        assembly_add_input(d->decoder.out, p, js_to_arena(arguments, &d->arena));
    }
}

static void
take_call(struct openai_decoder *d, const struct js *call)
{
    struct assembly *out = d->decoder.out;
    const struct js *function = js_get_c(call, "function");
    const struct js *arguments = js_get_c(function, "arguments");
    int64_t index = js_get_int(call, "index", -1);
    struct str id = js_get_text(call, "id");
    struct str name = js_get_text(function, "name");
    bool has_arguments = arguments && (js_type(arguments) != JS_STRING || js_text(arguments).len);
    struct assembly_part *p = find_call(d, index, id, name, has_arguments);
    if (!p) {
        p = assembly_begin(out, index >= 0 ? index : d->next_key--, MODEL_PART_TOOL_USE);
    }
    if (!p) {
        return;
    }
    d->last_call = p->key;
    if (p->id.len == 0) {
        assembly_add(out, &p->id, id);
    }
    if (p->name.len == 0) {
        assembly_add(out, &p->name, name);
    }
    take_arguments(d, p, arguments);
}

/* ---- A chunk ---- */

/* A text, or a list of which some are texts (Mistral's, beside its reasoning). */
static void
take_content(struct openai_decoder *d, const struct js *content)
{
    assembly_add_text(d->decoder.out, TEXT_KEY, js_text(content));
    for (size_t i = 0; i < js_count(content); i++) {
        const struct js *part = js_at(content, i);
        if (str_eq_c(js_get_text(part, "type"), "text")) {
            assembly_add_text(d->decoder.out, TEXT_KEY, js_get_text(part, "text"));
        }
    }
}

static void
take_finish(struct openai_decoder *d, struct str reason)
{
    static const struct {
        const char *reason;
        enum finish finish;
    } reasons[] = {
        {"stop", FINISH_STOP},
        {"length", FINISH_LENGTH},
        {"tool_calls", FINISH_CALLS},
        {"function_call", FINISH_CALLS},
        {"content_filter", FINISH_FILTER},
        {"model_length", FINISH_LENGTH},
    };
    d->finish = FINISH_OTHER;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (str_eq_c(reason, reasons[i].reason)) {
            d->finish = reasons[i].finish;
        }
    }
}

static void
take_choice(struct openai_decoder *d, const struct js *choice)
{
    const struct js *delta = js_get_c(choice, "delta");
    /* Of a whole answer, or of a last chunk that says everything again. */
    if (!delta && d->decoder.out->count == 0) {
        delta = js_get_c(choice, "message");
    }
    const struct js *calls = js_get_c(delta, "tool_calls");
    struct str reason = js_get_text(choice, "finish_reason");
    take_content(d, js_get_c(delta, "content"));
    d->refused = d->refused || js_get_text(delta, "refusal").len > 0;
    if (js_type(calls) == JS_ARRAY) {
        for (size_t i = 0; i < js_count(calls); i++) {
            take_call(d, js_at(calls, i));
        }
    }
    if (reason.len > 0) {
        take_finish(d, reason);
    }
}

static int64_t
count_of(const struct js *usage, const char *key)
{
    int64_t count = js_get_int(usage, key, 0);
    return count > 0 ? count : 0;
}

/* Of the whole answer so far, however often it comes: the last counts. */
static void
take_usage(struct openai_decoder *d, const struct js *usage)
{
    struct model_usage *u = &d->decoder.out->usage;
    u->input_tokens = count_of(usage, "prompt_tokens");
    u->output_tokens = count_of(usage, "completion_tokens");
    u->cached_tokens = count_of(js_get_c(usage, "prompt_tokens_details"), "cached_tokens");
    if (u->cached_tokens > u->input_tokens) {
        u->cached_tokens = u->input_tokens;
    }
}

static bool
has_calls(const struct openai_decoder *d)
{
    return d->last_call != TEXT_KEY;
}

/* What the finish means. Calls are calls whatever it says: vLLM says `stop` for a call that was
 * demanded, some Ollamas always. */
static enum model_stop
stop_of(const struct openai_decoder *d)
{
    switch (d->finish) {
    case FINISH_LENGTH:
        return MODEL_STOP_MAX_TOKENS;
    case FINISH_FILTER:
        return MODEL_STOP_FILTERED;
    case FINISH_OTHER:
        return has_calls(d) ? MODEL_STOP_TOOL_USE : MODEL_STOP_OTHER;
    default:
        break;
    }
    if (has_calls(d)) {
        return MODEL_STOP_TOOL_USE;
    }
    return d->refused ? MODEL_STOP_FILTERED : MODEL_STOP_END;
}

static void
settle(struct openai_decoder *d)
{
    assembly_stop(d->decoder.out, stop_of(d));
    d->decoder.out->ended = true;
}

static int
take_chunk(struct openai_decoder *d, const struct js *chunk)
{
    struct assembly *out = d->decoder.out;
    const struct js *error = js_get_c(chunk, "error");
    const struct js *usage = js_get_c(chunk, "usage");
    const struct js *choices = js_get_c(chunk, "choices");
    if (error || str_eq_c(js_get_text(chunk, "object"), "error")) {
        return fail_json(d, error ? error : chunk);
    }
    if (out->model.len == 0) {
        assembly_add(out, &out->model, js_get_text(chunk, "model"));
    }
    if (js_type(choices) == JS_ARRAY) {
        for (size_t i = 0; i < js_count(choices); i++) {
            const struct js *choice = js_at(choices, i);
            if (js_get_int(choice, "index", 0) == 0) {
                take_choice(d, choice);
            }
        }
    }
    if (js_type(usage) == JS_OBJECT) {
        take_usage(d, usage);
    }
    if (d->finish != FINISH_NONE) {
        settle(d);
    }
    return check_assembly(d);
}

static int
take_json(struct openai_decoder *d, struct str text)
{
    struct err err = {0};
    struct js *chunk;
    arena_clear(&d->arena);
    int result = js_parse(text, &d->arena, &chunk, &err);
    if (result == ERR_NOMEM) {
        return fail_err(d, &err);
    }
    if (result < 0 || js_type(chunk) != JS_OBJECT) {
        return fail_cut(d, "a piece of the answer is broken JSON");
    }
    return take_chunk(d, chunk);
}

/* ---- The stream ---- */

/* A marker without a finish before it ends what came, but nothing is no answer. */
static int
take_done(struct openai_decoder *d)
{
    if (d->finish == FINISH_NONE && d->decoder.out->count == 0 && !d->refused) {
        return d->body.len > 0 ? 0 : fail_cut(d, "the answer ended before it began");
    }
    settle(d);
    return DECODER_END;
}

/* llama.cpp's, or an event that says in its name that it is one. */
static int
take_error(struct openai_decoder *d, struct str data)
{
    struct err ignored;
    struct js *value = NULL;
    arena_clear(&d->arena);
    if (js_parse(data, &d->arena, &value, &ignored) < 0) {
        value = NULL;
    }
    const struct js *error = js_get_c(value, "error");
    return fail_json(d, error ? error : value);
}

static int
on_event(void *arg, const struct sse_event *event)
{
    struct openai_decoder *d = arg;
    struct assembly *out = d->decoder.out;
    struct str data = str_trim(event->data);
    struct str text;
    if (str_eq(event->name, STR("error"))) {
        return take_error(d, data);
    }
    /* The first chunk is parsed for the model's name. */
    if (out->model.len > 0 && openai_chunk_text(data, &d->scratch, &text)) {
        assembly_add_text(out, TEXT_KEY, text);
        return check_assembly(d);
    }
    if (str_eq(data, STR("[DONE]"))) {
        return take_done(d);
    }
    return data.len > 0 ? take_json(d, data) : 0;
}

static int
on_other(void *arg, struct str line)
{
    struct openai_decoder *d = arg;
    buf_add(&d->body, line);
    buf_add_char(&d->body, '\n');
    return 0;
}

static struct openai_decoder *
decoder_of(struct decoder *decoder)
{
    struct openai_decoder *d = (struct openai_decoder *)(void *)decoder;
    MUST_MAGIC(d, DECODER_MAGIC);
    return d;
}

static int
feed_stream(struct openai_decoder *d, struct str bytes)
{
    struct err err = {0};
    int result = sse_feed(&d->sse, bytes, &err);
    return result < 0 && !d->decoder.failure.kind ? fail_err(d, &err) : result;
}

static int
feed(struct decoder *decoder, struct str bytes)
{
    struct openai_decoder *d = decoder_of(decoder);
    struct err err = {0};
    if (d->decoder.failure.kind) {
        return failed(d);
    }
    if (!d->whole) {
        return feed_stream(d, bytes);
    }
    buf_add(&d->body, bytes);
    return buf_finish(&d->body, "the model's answer", &err) < 0 ? fail_err(d, &err) : 0;
}

/* Whole JSON is a whole answer, though some servers forget to say why it ended. */
static int
finish_answer(struct openai_decoder *d, const struct js *answer, bool begun)
{
    struct assembly *out = d->decoder.out;
    int result = take_chunk(d, answer);
    if (result == 0 && !out->ended && !begun && out->count > 0) {
        settle(d);
    }
    return result < 0 || out->ended ? result : fail_cut(d, "the answer holds no reply");
}

/* An answer, or an error, that stands there without the stream's framing. */
static int
finish_body(struct openai_decoder *d)
{
    struct str body = str_trim(buf_str(&d->body));
    struct err err = {0};
    struct js *answer = NULL;
    arena_clear(&d->arena);
    int result = js_parse(body, &d->arena, &answer, &err);
    if (result == ERR_NOMEM) {
        return fail_err(d, &err);
    }
    bool begun = d->decoder.out->count > 0;
    if (js_type(answer) == JS_OBJECT) {
        return finish_answer(d, answer, begun);
    }
    if (begun) {
        return fail_cut(d, "the stream broke off: what follows is no stream");
    }
    failure_set(&d->decoder.failure, FAILURE_FORMAT,
                "%" STR_FMT " answers with something else than chat completions: is there a proxy "
                "in between, or models.%" STR_FMT ".base_url wrong (most end in /v1)?",
                STR_ARG(d->model->host), STR_ARG(d->model->name));
    return failed(d);
}

/* The last event may lack its empty line: JSON says for itself where it ends. */
static int
finish_event(struct openai_decoder *d)
{
    return sse_unfinished(&d->sse) ? feed_stream(d, STR("\n\n")) : 0;
}

static int
finish(struct decoder *decoder)
{
    struct openai_decoder *d = decoder_of(decoder);
    if (d->decoder.failure.kind) {
        return failed(d);
    }
    if (d->decoder.out->ended) {
        return 0;
    }
    if (!d->whole && finish_event(d) < 0) {
        return failed(d);
    }
    if (d->decoder.out->ended) {
        return 0;
    }
    return d->body.len > 0 ? finish_body(d)
                           : fail_cut(d, "the stream ended before the answer was whole");
}

static void
free_decoder(struct decoder *decoder)
{
    struct openai_decoder *d = decoder_of(decoder);
    sse_done(&d->sse);
    buf_done(&d->body);
    buf_done(&d->scratch);
    arena_done(&d->arena);
    mem_free(d);
}

/* "application/json; charset=utf-8" is TYPE. */
static bool
is_type(struct str content_type, struct str type)
{
    return str_eq_nocase(str_trim(str_sub(content_type, 0, str_find_char(content_type, ';', 0))),
                         type);
}

struct decoder *
openai_decoder_new(const struct openai_model *m, struct str content_type, struct assembly *out)
{
    static const struct decoder_ops ops = {feed, finish, free_decoder};
    struct openai_decoder *d =
        is_type(content_type, STR("text/html")) ? NULL : mem_zero(1, sizeof(*d));
    if (!d) {
        return NULL;
    }
    d->decoder = (struct decoder){.ops = &ops, .out = out};
    d->magic = DECODER_MAGIC;
    d->model = m;
    d->whole = is_type(content_type, STR("application/json"));
    d->last_call = TEXT_KEY;
    d->next_key = TEXT_KEY - 1;
    sse_init(&d->sse, EVENT_MAX);
    d->sse.event = on_event;
    d->sse.other = on_other;
    d->sse.arg = d;
    buf_init(&d->body, d->whole ? EVENT_MAX : STRAY_MAX);
    buf_init(&d->scratch, EVENT_MAX);
    return &d->decoder;
}
