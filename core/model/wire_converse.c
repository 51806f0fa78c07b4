#include "model/wire_converse.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "model/decoder.h"
#include "model/failure_aws.h"
#include "model/wire_converse_reply.h"

/* ---- What both kinds of answer have in common ------------------------------------------------*/

static bool
has_tool_use(const struct assembly *a)
{
    for (size_t i = 0; i < a->count; i++) {
        if (a->parts[i].kind == MODEL_PART_TOOL_USE) {
            return true;
        }
    }
    return false;
}

int
converse_stop(struct decoder *d, const struct aws_place *place, struct str reason)
{
    if (str_starts(reason, STR("malformed_"))) {
        failure_set(&d->failure, FAILURE_ONCE,
                    "%" STR_FMT ": the model wrote what Bedrock could "
                    "not read",
                    STR_ARG(place->model));
        failure_set_name(&d->failure, reason);
        return d->failure.err.code;
    }
    enum model_stop stop = assembly_stop_of(reason);
    /* Some models call their tool uses the end. */
    if (stop == MODEL_STOP_END && has_tool_use(d->out)) {
        stop = MODEL_STOP_TOOL_USE;
    }
    assembly_stop(d->out, stop);
    d->out->ended = true;
    return 0;
}

/* A count of tokens: no server has more than fits into 53 bits, whatever it says. */
static int64_t
tokens(const struct js *usage, const char *key)
{
    int64_t count = js_get_int(usage, key, 0);
    return count > 0 && count < (INT64_C(1) << 53) ? count : 0;
}

void
converse_usage(struct assembly *out, const struct js *usage)
{
    if (!usage) {
        return;
    }
    int64_t cached = tokens(usage, "cacheReadInputTokens");
    int64_t written = tokens(usage, "cacheWriteInputTokens");
    out->usage = (struct model_usage){
        .input_tokens = tokens(usage, "inputTokens") + cached + written,
        .output_tokens = tokens(usage, "outputTokens"),
        .cached_tokens = cached,
        .written_tokens = written,
    };
}

int
converse_local(struct decoder *d, const struct aws_place *place, int code)
{
    must(code == ERR_NOMEM || code == ERR_LIMIT);
    failure_set(&d->failure, FAILURE_LOCAL, "%" STR_FMT ": %s", STR_ARG(place->model),
                code == ERR_LIMIT ? "Bedrock's answer is larger than any reply" : "out of memory");
    d->failure.err.code = (enum err_code)code;
    return code;
}

int
converse_assembled(struct decoder *d, const struct aws_place *place)
{
    return d->out->failed ? converse_local(d, place, d->out->failed) : 0;
}

/* ---- A whole answer --------------------------------------------------------------------------*/

struct whole {
    struct decoder decoder;
    const struct aws_place *place;
    struct buf body;
};

/* Escapes make six bytes of one; what stands around the reply is small. */
enum { WHOLE_MAX = 8 * LIMIT_REPLY_BYTES };

static int
fail(struct whole *w, enum failure_kind kind, const char *words)
{
    failure_set(&w->decoder.failure, kind, "%" STR_FMT ": %s", STR_ARG(w->place->model), words);
    return w->decoder.failure.err.code;
}

static int
whole_feed(struct decoder *d, struct str bytes)
{
    struct whole *w = (struct whole *)(void *)d;
    buf_add(&w->body, bytes);
    return w->body.failed ? converse_local(d, w->place, w->body.failed) : 0;
}

/* VALUE as text; memory that ran out is the assembly's. */
static struct str
to_text(struct assembly *out, const struct js *value, struct arena *arena)
{
    struct str text = js_to_arena(value, arena);
    out->failed = text.ptr ? out->failed : ERR_NOMEM;
    return text;
}

static void
take_tool_use(struct assembly *out, int64_t key, const struct js *use, struct arena *arena)
{
    const struct js *input = js_get_c(use, "input");
    struct assembly_part *part = assembly_begin(out, key, MODEL_PART_TOOL_USE);
    if (!part) {
        return;
    }
    assembly_add(out, &part->id, js_get_text(use, "toolUseId"));
    assembly_add(out, &part->name, js_get_text(use, "name"));
    if (js_type(input) == JS_STRING) {
        assembly_add_input(out, part, js_text(input));
    } else if (input) {
        assembly_add_input(out, part, to_text(out, input, arena));
    }
}

static void
take_block(struct assembly *out, int64_t key, const struct js *block, struct arena *arena)
{
    const struct js *use = js_get_c(block, "toolUse");
    const struct js *cited = js_get_c(js_get_c(block, "citationsContent"), "content");
    assembly_add_text(out, key, js_get_text(block, "text"));
    for (size_t i = 0; i < js_count(cited); i++) {
        assembly_add_text(out, key, js_get_text(js_at(cited, i), "text"));
    }
    if (use) {
        take_tool_use(out, key, use, arena);
    }
    if (js_get_c(block, "reasoningContent")) {
        struct assembly_part *part = assembly_begin(out, key, MODEL_PART_REASONING);
        if (part) {
            assembly_add(out, &part->raw, to_text(out, block, arena));
        }
    }
}

static int
take_answer(struct whole *w, const struct js *root, struct arena *arena)
{
    struct decoder *d = &w->decoder;
    const struct js *content = js_get_c(js_get_c(js_get_c(root, "output"), "message"), "content");
    struct str reason = js_get_text(root, "stopReason");
    if (!content || reason.len == 0) {
        return fail(w, FAILURE_FORMAT, "Bedrock's answer holds no message");
    }
    for (size_t i = 0; i < js_count(content); i++) {
        take_block(d->out, (int64_t)i, js_at(content, i), arena);
    }
    converse_usage(d->out, js_get_c(root, "usage"));
    int result = converse_assembled(d, w->place);
    return result < 0 ? result : converse_stop(d, w->place, reason);
}

static int
whole_finish(struct decoder *d)
{
    struct whole *w = (struct whole *)(void *)d;
    AUTO(arena) struct arena arena = {0};
    struct js *root = NULL;
    struct err err = {0};
    int result = js_parse_object(buf_str(&w->body), "answer", &arena, &root, &err);
    if (result == ERR_NOMEM) {
        return converse_local(d, w->place, result);
    }
    if (result < 0) {
        return fail(w, FAILURE_CUT, "Bedrock's answer broke off, or is damaged");
    }
    return take_answer(w, root, &arena);
}

static void
whole_free(struct decoder *d)
{
    struct whole *w = (struct whole *)(void *)d;
    buf_done(&w->body);
    mem_free(w);
}

struct decoder *
converse_whole_new(const struct aws_place *place, struct assembly *out)
{
    static const struct decoder_ops ops = {whole_feed, whole_finish, whole_free};
    struct whole *w = mem_zero(1, sizeof(*w));
    if (!w) {
        return NULL;
    }
    w->decoder.ops = &ops;
    w->decoder.out = out;
    w->place = place;
    buf_init(&w->body, WHOLE_MAX);
    return &w->decoder;
}
