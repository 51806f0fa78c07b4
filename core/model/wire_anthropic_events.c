/* Anthropic's answers. An event is parsed as a tree in an arena cleared for the next, but for the
 * one that comes for every few letters of text: a text delta in the spelling the servers use is
 * read in place (read_text_delta), and anything unusual about it leads back to the tree. */
#include "model/wire_anthropic_events.h"

#include "base/json.h"
#include "base/utf8.h"
#include "model/decoder.h"
#include "model/failure_anthropic.h"

void
anthropic_events_init(struct anthropic_events *e, struct str model, struct assembly *out,
                      struct failure *failure)
{
    *e = (struct anthropic_events){.model = model, .out = out, .failure = failure};
}

void
anthropic_events_done(struct anthropic_events *e)
{
    arena_done(&e->scratch);
}

/* ---- Blocks -----------------------------------------------------------------------------------*/

static void
add_field(struct assembly *out, struct assembly_part *part, size_t field, struct str text)
{
    if (part && text.len) {
        assembly_add(out, (struct buf *)(void *)((char *)part + field), text);
    }
}

static void
begin_text(struct anthropic_events *e, int64_t index, const struct js *block)
{
    /* Begun even when empty, so that the parts stand in the order of their blocks. */
    (void)assembly_begin(e->out, index, MODEL_PART_TEXT);
    assembly_add_text(e->out, index, js_get_text(block, "text"));
}

static void
begin_tool_use(struct anthropic_events *e, int64_t index, const struct js *block)
{
    struct assembly_part *part = assembly_begin(e->out, index, MODEL_PART_TOOL_USE);
    const struct js *input = js_get_c(block, "input");
    add_field(e->out, part, offsetof(struct assembly_part, id), js_get_text(block, "id"));
    add_field(e->out, part, offsetof(struct assembly_part, name), js_get_text(block, "name"));
    /* Empty in a stream, where deltas bring it. */
    if (js_count(input)) {
        struct str text = js_to_arena(input, &e->scratch);
        e->scratch.starved = e->scratch.starved || !text.ptr;
        assembly_add_input(e->out, part, text);
    }
}

static void
begin_thinking(struct anthropic_events *e, int64_t index, const struct js *block)
{
    struct assembly_part *part = assembly_begin(e->out, index, MODEL_PART_REASONING);
    add_field(e->out, part, offsetof(struct assembly_part, text), js_get_text(block, "thinking"));
    add_field(e->out, part, offsetof(struct assembly_part, signature),
              js_get_text(block, "signature"));
    add_field(e->out, part, offsetof(struct assembly_part, redacted), js_get_text(block, "data"));
}

static void
begin_block(struct anthropic_events *e, int64_t index, const struct js *block)
{
    static const struct {
        const char *type;
        void (*begin)(struct anthropic_events *e, int64_t index, const struct js *block);
    } kinds[] = {
        {"text", begin_text},
        {"tool_use", begin_tool_use},
        {"thinking", begin_thinking},
        {"redacted_thinking", begin_thinking},
    };
    struct str type = js_get_text(block, "type");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_eq_c(type, kinds[i].type)) {
            kinds[i].begin(e, index, block);
        }
    }
}

static void
add_delta(struct anthropic_events *e, int64_t index, const struct js *delta)
{
    struct str type = js_get_text(delta, "type");
    struct assembly_part *part;
    if (str_eq_c(type, "text_delta")) {
        assembly_add_text(e->out, index, js_get_text(delta, "text"));
    } else if (str_eq_c(type, "input_json_delta")) {
        /* Of a block nobody knows (a server's own tool) it is nobody's input. */
        part = assembly_find(e->out, index);
        part = part && part->kind == MODEL_PART_TOOL_USE ? part : NULL;
        assembly_add_input(e->out, part, js_get_text(delta, "partial_json"));
    } else if (str_eq_c(type, "thinking_delta")) {
        part = assembly_part(e->out, index, MODEL_PART_REASONING);
        add_field(e->out, part, offsetof(struct assembly_part, text),
                  js_get_text(delta, "thinking"));
    } else if (str_eq_c(type, "signature_delta")) {
        part = assembly_part(e->out, index, MODEL_PART_REASONING);
        add_field(e->out, part, offsetof(struct assembly_part, signature),
                  js_get_text(delta, "signature"));
    }
}

/* ---- What is said about the message -----------------------------------------------------------*/

static void
read_count(const struct js *usage, const char *key, int64_t *count)
{
    static const int64_t most = INT64_C(1000000000000);
    int64_t value = js_get_int(usage, key, *count);
    *count = value < 0 ? 0 : value > most ? most : value;
}

/* Cumulative wherever it comes; what it leaves out stays. */
static void
read_usage(struct anthropic_events *e, const struct js *usage)
{
    read_count(usage, "input_tokens", &e->input);
    read_count(usage, "cache_creation_input_tokens", &e->created);
    read_count(usage, "cache_read_input_tokens", &e->read);
    read_count(usage, "output_tokens", &e->output);
    e->out->usage = (struct model_usage){
        .input_tokens = e->input + e->created + e->read,
        .output_tokens = e->output,
        .cached_tokens = e->read,
        .written_tokens = e->created,
    };
}

static void
read_stop(struct anthropic_events *e, struct str reason)
{
    if (reason.len) {
        assembly_stop(e->out, assembly_stop_of(reason));
    }
}

/* Bedrock's guardrail leaves the stop reason as it was and says so beside it, in some event. */
static void
read_guardrail(struct anthropic_events *e, const struct js *event)
{
    struct str action = js_get_text(event, "amazon-bedrock-guardrailAction");
    e->intervened = e->intervened || str_eq_c(action, "INTERVENED");
}

static void
end_message(struct anthropic_events *e)
{
    e->out->ended = true;
    if (e->intervened) {
        assembly_stop(e->out, MODEL_STOP_FILTERED);
    }
}

/* A whole message, or what message_start knows of one. */
static void
read_message(struct anthropic_events *e, const struct js *message)
{
    const struct js *content = js_get_c(message, "content");
    if (e->out->model.len == 0) {
        assembly_add(e->out, &e->out->model, js_get_text(message, "model"));
    }
    for (size_t i = 0; i < js_count(content); i++) {
        begin_block(e, (int64_t)i, js_at(content, i));
    }
    read_usage(e, js_get_c(message, "usage"));
    read_stop(e, js_get_text(message, "stop_reason"));
}

/* ---- Events -----------------------------------------------------------------------------------*/

int
anthropic_events_result(struct anthropic_events *e)
{
    struct assembly *out = e->out;
    if (out->failed == 0 && e->scratch.starved) {
        out->failed = ERR_NOMEM;
    }
    if (out->failed == 0) {
        return out->ended ? DECODER_END : 0;
    }
    failure_set(e->failure, FAILURE_LOCAL, "%" STR_FMT ": %s", STR_ARG(e->model),
                out->failed == ERR_LIMIT ? "the reply is longer than we take" : "out of memory");
    e->failure->err.code = out->failed;
    return out->failed;
}

int
anthropic_events_error(struct anthropic_events *e, const struct js *event)
{
    const struct js *error = js_get_c(event, "error");
    failure_anthropic_error(e->failure, e->model, 0, js_get_text(error, "type"),
                            js_get_text(error, "message"));
    return e->failure->err.code;
}

int
anthropic_events_broken(struct anthropic_events *e)
{
    failure_set(e->failure, FAILURE_FORMAT,
                "%" STR_FMT
                ": the answer breaks Anthropic's protocol: is there a proxy in between, "
                "or base_url wrong?",
                STR_ARG(e->model));
    return e->failure->err.code;
}

enum event_kind { UNKNOWN, START, BLOCK_START, BLOCK_DELTA, BLOCK_STOP, DELTA, STOP, PING, ERROR };

static enum event_kind
kind_of(struct str type)
{
    static const struct {
        const char *type;
        enum event_kind kind;
    } kinds[] = {
        {"content_block_delta", BLOCK_DELTA},
        {"content_block_start", BLOCK_START},
        {"content_block_stop", BLOCK_STOP},
        {"message_start", START},
        {"message_delta", DELTA},
        {"message_stop", STOP},
        {"ping", PING},
        {"error", ERROR},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_eq_c(type, kinds[i].type)) {
            return kinds[i].kind;
        }
    }
    return UNKNOWN;
}

static int
take_event(struct anthropic_events *e, enum event_kind kind, const struct js *event)
{
    int64_t index = js_get_int(event, "index", 0);
    read_guardrail(e, event);
    switch (kind) {
    case START:
        read_message(e, js_get_c(event, "message"));
        break;
    case BLOCK_START:
        begin_block(e, index, js_get_c(event, "content_block"));
        break;
    case BLOCK_DELTA:
        add_delta(e, index, js_get_c(event, "delta"));
        break;
    case DELTA:
        read_stop(e, js_get_text(js_get_c(event, "delta"), "stop_reason"));
        read_usage(e, js_get_c(event, "usage"));
        break;
    case STOP:
        end_message(e);
        break;
    case ERROR:
        return anthropic_events_error(e, event);
    case BLOCK_STOP:
    case PING:
    case UNKNOWN:
        break;
    }
    return anthropic_events_result(e);
}

/* Step over TEXT at the head of REST. */
static bool
skip(struct str *rest, struct str text)
{
    if (!str_starts(*rest, text)) {
        return false;
    }
    *rest = str_sub(*rest, text.len, SIZE_MAX);
    return true;
}

/* {"type":"content_block_delta","index":N,"delta":{"type":"text_delta","text":"..."}} with nothing
 * escaped, and blanks at most between the last three characters (the server's padding). False:
 * it is something else, or spelled otherwise. */
static bool
read_text_delta(struct str json, int64_t *ret_index, struct str *ret_text)
{
    struct str rest = json;
    if (!skip(&rest, STR("{\"type\":\"content_block_delta\",\"index\":"))) {
        return false;
    }
    size_t digits = str_find_char(rest, ',', 0);
    int64_t index;
    if (digits > 3 || !str_to_i64(str_sub(rest, 0, digits), &index) || index < 0) {
        return false;
    }
    rest = str_sub(rest, digits, SIZE_MAX);
    if (!skip(&rest, STR(",\"delta\":{\"type\":\"text_delta\",\"text\":\""))) {
        return false;
    }
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '"' && rest.ptr[end] != '\\' &&
           (unsigned char)rest.ptr[end] >= 0x20) {
        end++;
    }
    struct str text = str_sub(rest, 0, end);
    rest = str_sub(rest, end, SIZE_MAX);
    if (!skip(&rest, STR("\"")) || (rest = str_trim(rest), !skip(&rest, STR("}"))) ||
        !str_eq_c(str_trim(rest), "}") || !utf8_valid(text)) {
        return false;
    }
    *ret_index = index;
    *ret_text = text;
    return true;
}

int
anthropic_event(struct anthropic_events *e, struct str name, struct str json)
{
    struct str text;
    int64_t index;
    if (e->out->ended) {
        return DECODER_END;
    }
    if (read_text_delta(json, &index, &text)) {
        assembly_add_text(e->out, index, text);
        return anthropic_events_result(e);
    }
    struct err err = {0};
    struct js *event = NULL;
    arena_clear(&e->scratch);
    if (js_parse(json, &e->scratch, &event, &err) < 0) {
        if (err.code == ERR_NOMEM) {
            e->scratch.starved = true;
            return anthropic_events_result(e);
        }
        /* What looks like an object may hold text: it is not lost in silence. */
        bool ours = kind_of(name) != UNKNOWN || str_starts(str_trim(json), STR("{"));
        return ours ? anthropic_events_broken(e) : 0;
    }
    struct str type = js_get_text(event, "type");
    return take_event(e, kind_of(type.len ? type : name), event);
}

int
anthropic_message(struct anthropic_events *e, struct str json)
{
    struct err err = {0};
    struct js *message = NULL;
    arena_clear(&e->scratch);
    int result = js_parse(json, &e->scratch, &message, &err);
    if (result < 0 && err.code == ERR_NOMEM) {
        e->scratch.starved = true;
        return anthropic_events_result(e);
    }
    if (result < 0 && str_starts(str_trim(json), STR("{"))) {
        return anthropic_events_finish(e); /* it began as one: the connection's end came early */
    }
    if (js_get_c(message, "error")) {
        return anthropic_events_error(e, message);
    }
    if (result < 0 || js_type(js_get_c(message, "content")) != JS_ARRAY) {
        return anthropic_events_broken(e);
    }
    read_message(e, message);
    read_guardrail(e, message);
    end_message(e);
    return anthropic_events_result(e);
}

int
anthropic_events_finish(struct anthropic_events *e)
{
    if (e->out->ended) {
        return 0;
    }
    failure_set(e->failure, FAILURE_CUT,
                "%" STR_FMT ": the server's answer broke off before its end", STR_ARG(e->model));
    return e->failure->err.code;
}
