#include "model/wire_openai_answer.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/must.h"

/* The text is one part whatever comes between its pieces. A call is a part under the index the
 * server gives it, or a key of ours below TEXT_KEY where it gives none. Servers disagree about the
 * index (see find_call), so a part may be left for a new one of the same index. */
enum { TEXT_KEY = -1 };

enum finish { FINISH_NONE, FINISH_STOP, FINISH_LENGTH, FINISH_CALLS, FINISH_FILTER, FINISH_OTHER };

void
openai_answer_init(struct openai_answer *a, const struct openai_model *m, struct assembly *out,
                   struct failure *failure)
{
    *a = (struct openai_answer){.model = m,
                                .out = out,
                                .failure = failure,
                                .last_call = TEXT_KEY,
                                .next_key = TEXT_KEY - 1};
}

void
openai_answer_done(struct openai_answer *a)
{
    arena_done(&a->arena);
}

int
openai_answer_check(struct openai_answer *a)
{
    struct err err = {0};
    struct model_reply ignored;
    if (a->out->failed == 0) {
        return 0;
    }
    int result = assembly_reply(a->out, &a->arena, &ignored, &err);
    must(result < 0);
    failure_from_err(a->failure, &err);
    return a->failure->err.code;
}

int
openai_answer_text(struct openai_answer *a, struct str text)
{
    assembly_add_text(a->out, TEXT_KEY, text);
    return openai_answer_check(a);
}

bool
openai_answer_empty(const struct openai_answer *a)
{
    return a->finish == FINISH_NONE && a->out->count == 0 && !a->refused;
}

/* ---- Tool calls ---- */

static struct assembly_part *
find_id(struct openai_answer *a, struct str id)
{
    struct assembly *out = a->out;
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
find_call(struct openai_answer *a, int64_t index, struct str id, struct str name,
          bool has_arguments)
{
    struct assembly_part *p = assembly_find(a->out, index >= 0 ? index : a->last_call);
    bool known = p && p->kind == MODEL_PART_TOOL_USE;
    if (index >= 0 && !known) {
        return NULL;
    }
    if (id.len > 0) {
        bool late = index >= 0 && p->id.len == 0 && !begins_another(p, name, has_arguments);
        bool same = known && str_eq(buf_str(&p->id), id);
        return same || late ? p : find_id(a, id);
    }
    bool another = index < 0 ? name.len > 0 : begins_another(p, name, has_arguments);
    return known && !another ? p : NULL;
}

static void
take_arguments(struct openai_answer *a, struct assembly_part *p, const struct js *arguments)
{
    if (js_type(arguments) == JS_STRING) {
        assembly_add_input(a->out, p, js_text(arguments));
    } else if (arguments) {
        assembly_add_input(a->out, p, js_to_arena(arguments, &a->arena));
    }
}

static void
take_call(struct openai_answer *a, const struct js *call)
{
    struct assembly *out = a->out;
    const struct js *function = js_get_c(call, "function");
    const struct js *arguments = js_get_c(function, "arguments");
    int64_t index = js_get_int(call, "index", -1);
    struct str id = js_get_text(call, "id");
    struct str name = js_get_text(function, "name");
    bool has_arguments = arguments && (js_type(arguments) != JS_STRING || js_text(arguments).len);
    struct assembly_part *p = find_call(a, index, id, name, has_arguments);
    if (!p) {
        p = assembly_begin(out, index >= 0 ? index : a->next_key--, MODEL_PART_TOOL_USE);
    }
    if (!p) {
        return;
    }
    a->last_call = p->key;
    if (p->id.len == 0) {
        assembly_add(out, &p->id, id);
    }
    if (p->name.len == 0) {
        assembly_add(out, &p->name, name);
    }
    take_arguments(a, p, arguments);
}

/* ---- A chunk ---- */

/* A text, or a list of which some are texts (Mistral's, beside its reasoning). */
static void
take_content(struct openai_answer *a, const struct js *content)
{
    assembly_add_text(a->out, TEXT_KEY, js_text(content));
    for (size_t i = 0; i < js_count(content); i++) {
        const struct js *part = js_at(content, i);
        if (str_eq_c(js_get_text(part, "type"), "text")) {
            assembly_add_text(a->out, TEXT_KEY, js_get_text(part, "text"));
        }
    }
}

static void
take_finish(struct openai_answer *a, struct str reason)
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
    a->finish = FINISH_OTHER;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (str_eq_c(reason, reasons[i].reason)) {
            a->finish = reasons[i].finish;
        }
    }
}

static void
take_choice(struct openai_answer *a, const struct js *choice)
{
    const struct js *delta = js_get_c(choice, "delta");
    /* Of a whole answer, or of a last chunk that says everything again. */
    if (!delta && a->out->count == 0) {
        delta = js_get_c(choice, "message");
    }
    const struct js *calls = js_get_c(delta, "tool_calls");
    struct str reason = js_get_text(choice, "finish_reason");
    take_content(a, js_get_c(delta, "content"));
    a->refused = a->refused || js_get_text(delta, "refusal").len > 0;
    if (js_type(calls) == JS_ARRAY) {
        for (size_t i = 0; i < js_count(calls); i++) {
            take_call(a, js_at(calls, i));
        }
    }
    if (reason.len > 0) {
        take_finish(a, reason);
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
take_usage(struct openai_answer *a, const struct js *usage)
{
    struct model_usage *u = &a->out->usage;
    u->input_tokens = count_of(usage, "prompt_tokens");
    u->output_tokens = count_of(usage, "completion_tokens");
    u->cached_tokens = count_of(js_get_c(usage, "prompt_tokens_details"), "cached_tokens");
    if (u->cached_tokens > u->input_tokens) {
        u->cached_tokens = u->input_tokens;
    }
}

static bool
has_calls(const struct openai_answer *a)
{
    return a->last_call != TEXT_KEY;
}

/* What the finish means. Calls are calls whatever it says: vLLM says `stop` for a call that was
 * demanded, some Ollamas always. */
static enum model_stop
stop_of(const struct openai_answer *a)
{
    switch (a->finish) {
    case FINISH_LENGTH:
        return MODEL_STOP_MAX_TOKENS;
    case FINISH_FILTER:
        return MODEL_STOP_FILTERED;
    case FINISH_OTHER:
        return has_calls(a) ? MODEL_STOP_TOOL_USE : MODEL_STOP_OTHER;
    default:
        break;
    }
    if (has_calls(a)) {
        return MODEL_STOP_TOOL_USE;
    }
    return a->refused ? MODEL_STOP_FILTERED : MODEL_STOP_END;
}

void
openai_answer_settle(struct openai_answer *a)
{
    assembly_stop(a->out, stop_of(a));
    a->out->ended = true;
}

int
openai_answer_take(struct openai_answer *a, const struct js *chunk)
{
    struct assembly *out = a->out;
    const struct js *error = js_get_c(chunk, "error");
    const struct js *usage = js_get_c(chunk, "usage");
    const struct js *choices = js_get_c(chunk, "choices");
    if (error || str_eq_c(js_get_text(chunk, "object"), "error")) {
        openai_stream_failure(a->model, error ? error : chunk, a->failure);
        return a->failure->err.code;
    }
    if (out->model.len == 0) {
        assembly_add(out, &out->model, js_get_text(chunk, "model"));
    }
    if (js_type(choices) == JS_ARRAY) {
        for (size_t i = 0; i < js_count(choices); i++) {
            const struct js *choice = js_at(choices, i);
            if (js_get_int(choice, "index", 0) == 0) {
                take_choice(a, choice);
            }
        }
    }
    if (js_type(usage) == JS_OBJECT) {
        take_usage(a, usage);
    }
    if (a->finish != FINISH_NONE) {
        openai_answer_settle(a);
    }
    return openai_answer_check(a);
}
