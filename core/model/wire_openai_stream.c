#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "io/sse.h"
#include "model/wire_openai.h"
#include "model/wire_openai_answer.h"

/* The decoder. A stream is chunks whose `choices[0].delta` holds a piece of text or pieces of
 * calls, then `finish_reason`, usage (in a chunk of its own, in that one or in every one),
 * `[DONE]`. A whole answer is the same with `message` for `delta`, so one reader serves both
 * (wire_openai_answer.c). Here is what stands around them. */
enum {
    DECODER_MAGIC = 0x6f616964,
    EVENT_MAX = 2 * LIMIT_REPLY_BYTES, /* a reply in one event, its escapes included */
    STRAY_MAX = 64 * 1024,             /* lines that are no stream: an error's body */
};

struct openai_decoder {
    struct decoder decoder;
    unsigned magic;
    const struct openai_model *model;
    bool whole; /* no stream */
    struct sse sse;
    struct buf body;    /* a whole answer, or the lines of a stream that are none */
    struct buf scratch; /* of the shortcut */
    struct openai_answer answer;
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

static int
take_json(struct openai_decoder *d, struct str text)
{
    struct err err = {0};
    struct js *chunk;
    arena_clear(&d->answer.arena);
    int result = js_parse(text, &d->answer.arena, &chunk, &err);
    if (result == ERR_NOMEM) {
        return fail_err(d, &err);
    }
    if (result < 0 || js_type(chunk) != JS_OBJECT) {
        return fail_cut(d, "a piece of the answer is broken JSON");
    }
    result = openai_answer_take(&d->answer, chunk);
    arena_clear(&d->answer.arena); /* most text needs no tree: this may be the last for long */
    return result;
}

/* ---- The stream ---- */

/* A marker without a finish before it ends what came, but nothing is no answer. */
static int
take_done(struct openai_decoder *d)
{
    if (openai_answer_empty(&d->answer)) {
        return d->body.len > 0 ? 0 : fail_cut(d, "the answer ended before it began");
    }
    openai_answer_settle(&d->answer);
    return DECODER_END;
}

/* llama.cpp's, or an event that says in its name that it is one. */
static int
take_error(struct openai_decoder *d, struct str data)
{
    struct err ignored;
    struct js *value = NULL;
    arena_clear(&d->answer.arena);
    if (js_parse(data, &d->answer.arena, &value, &ignored) < 0) {
        value = NULL;
    }
    const struct js *error = js_get_c(value, "error");
    return fail_json(d, error ? error : value);
}

static int
on_event(void *arg, const struct sse_event *event)
{
    struct openai_decoder *d = arg;
    struct str data = str_trim(event->data);
    struct str text;
    if (str_eq(event->name, STR("error"))) {
        return take_error(d, data);
    }
    /* The first chunk is parsed for the model's name. */
    if (d->answer.out->model.len > 0 && openai_chunk_text(data, &d->scratch, &text)) {
        return openai_answer_text(&d->answer, text);
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
    struct assembly *out = d->answer.out;
    int result = openai_answer_take(&d->answer, answer);
    if (result == 0 && !out->ended && !begun && out->count > 0) {
        openai_answer_settle(&d->answer);
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
    arena_clear(&d->answer.arena);
    int result = js_parse(body, &d->answer.arena, &answer, &err);
    if (result == ERR_NOMEM) {
        return fail_err(d, &err);
    }
    bool begun = d->answer.out->count > 0;
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
    if (d->answer.out->ended) {
        return 0;
    }
    if (!d->whole && finish_event(d) < 0) {
        return failed(d);
    }
    if (d->answer.out->ended) {
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
    openai_answer_done(&d->answer);
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
    openai_answer_init(&d->answer, m, out, &d->decoder.failure);
    sse_init(&d->sse, EVENT_MAX);
    d->sse.event = on_event;
    d->sse.other = on_other;
    d->sse.arg = d;
    buf_init(&d->body, d->whole ? EVENT_MAX : STRAY_MAX);
    buf_init(&d->scratch, EVENT_MAX);
    return &d->decoder;
}
