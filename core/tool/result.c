#include <string.h>

#include "base/fence.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "tool/registry.h"

enum {
    ERROR_CODE_MAX = 64,
    ERROR_MESSAGE_MAX = 4000, /* what a model reads of an error; the rest says nothing new */
    STAGED_TEXT_MAX = 2000,
    /* Of text from outside: as JSON it is twice as long at most, and its fence around it. */
    UNTRUSTED_MAX = LIMIT_TOOL_RESULT_BYTES / 2 - 4096,
};

struct tool_result
tool_failure(const char *code, struct str message, bool retryable)
{
    return (struct tool_result){
        .status = TOOL_ERROR,
        .error_code = str_c(code),
        .message = message.ptr ? message : STR("the tool failed, and memory ran out telling why"),
        .retryable = retryable,
    };
}

bool
tool_priority_valid(struct str word)
{
    static const char *const priorities[] = {"low", "medium", "high", "urgent"};
    for (size_t i = 0; i < sizeof(priorities) / sizeof(*priorities); i++) {
        if (str_eq_c(word, priorities[i])) {
            return true;
        }
    }
    return false;
}

static bool
staged_valid(const struct tool_staged *s)
{
    if (!s->escalate) {
        return true;
    }
    return tool_priority_valid(s->priority) && s->reason.len <= STAGED_TEXT_MAX &&
           s->category.len <= STAGED_TEXT_MAX && utf8_valid(s->reason) && utf8_valid(s->category);
}

static struct tool_result
settle_ok(const struct tool_def *def, const struct tool_result *result, struct arena *arena)
{
    struct err err = {0};
    if (result->json.len > LIMIT_TOOL_RESULT_BYTES) {
        return tool_failure(
            "result_too_large",
            arena_printf(arena,
                         "%" STR_FMT " returned more than %d KiB, and its result was "
                         "dropped. Ask for less: a narrower question, a lower limit.",
                         STR_ARG(def->name), LIMIT_TOOL_RESULT_BYTES / 1024),
            false);
    }
    if (js_check(result->json, &err) < 0) {
        return tool_failure("plugin_fault",
                            arena_printf(arena,
                                         "%" STR_FMT
                                         " returned something that is not JSON (%s). The "
                                         "tool is broken; do without it.",
                                         STR_ARG(def->name), err.message),
                            false);
    }
    if (!staged_valid(&result->staged)) {
        return tool_failure(
            "plugin_fault",
            arena_printf(arena,
                         "%" STR_FMT " asked the desk for something that does not "
                         "exist. Nothing was done. The tool is broken; do without it.",
                         STR_ARG(def->name)),
            false);
    }
    return (struct tool_result){.status = TOOL_OK, .json = result->json, .staged = result->staged};
}

/* One word: what is none becomes "plugin_error". */
static struct str
settle_code(struct str code)
{
    for (size_t i = 0; i < code.len; i++) {
        char c = code.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return STR("plugin_error");
        }
    }
    return code.len > 0 && code.len <= ERROR_CODE_MAX ? code : STR("plugin_error");
}

static struct tool_result
settle_error(const struct tool_def *def, const struct tool_result *result, struct arena *arena)
{
    /* The terminal's rules fit a model as well: invalid bytes and escape sequences go. */
    struct str text =
        utf8_cut(str_trim(utf8_for_terminal(arena, result->message)), ERROR_MESSAGE_MAX);
    if (text.len == 0) {
        text = arena_printf(arena, "%" STR_FMT " failed and did not say why.", STR_ARG(def->name));
    }
    struct tool_result settled = tool_failure("", text, result->retryable);
    settled.status = result->status;
    settled.error_code = settle_code(result->error_code);
    return settled;
}

/* Never empty, for what has no source is dispatch's own. Every result gets one: printf would cost
 * ten times what the rest of settling does. */
static struct str
name_source(const struct tool_def *def, struct arena *arena)
{
    const struct str parts[] = {STR("What the tool "), def->name, STR(" of "), def->plugin,
                                STR(" said")};
    enum { PARTS = sizeof(parts) / sizeof(parts[0]) };
    size_t len = 0;
    for (size_t i = 0; i < PARTS; i++) {
        len += parts[i].len;
    }
    char *text = arena_alloc(arena, len + 1);
    if (!text) {
        return STR("What a tool said");
    }
    char *at = text;
    for (size_t i = 0; i < PARTS; i++) {
        memcpy(at, parts[i].len ? parts[i].ptr : "", parts[i].len);
        at += parts[i].len;
    }
    *at = '\0';
    return (struct str){text, len};
}

void
tool_result_settle(const struct tool_def *def, const struct tool_result *result,
                   struct arena *arena, struct tool_result *ret)
{
    *ret = result->status == TOOL_OK ? settle_ok(def, result, arena)
                                     : settle_error(def, result, arena);
    ret->untrusted = result->untrusted || def->untrusted;
    ret->source = result->source.len ? result->source : name_source(def, arena);
}

/* A JSON string's text is taken out of its quotes; other values stay as they are written. */
static struct str
plain_text(struct str json, struct arena *arena)
{
    struct err err = {0};
    struct js *value;
    if (js_parse(json, arena, &value, &err) < 0) {
        return json;
    }
    return js_type(value) == JS_STRING ? js_text(value) : json;
}

/* What is to be read as text of RESULT; ptr NULL when memory ran out. */
static struct str
result_text(const struct tool_result *result, struct str json, struct arena *arena)
{
    struct str text = result->status == TOOL_OK ? plain_text(json, arena) : result->message;
    if (!result->untrusted) {
        return text;
    }
    struct str source = result->source.len ? result->source : STR("What a tool said");
    return fence_around(source, text, UNTRUSTED_MAX, arena);
}

static void
put_rehearsal(struct js_out *out)
{
    js_begin_object(out);
    js_put_str(out, "text",
               STR("[A rehearsal: nothing was changed. This desk runs the tool without effect, and "
                   "what follows is what it says it would have done. Do not tell the customer that "
                   "it was done.]"));
    js_end_object(out);
}

struct str
tool_result_content(const struct tool_result *result, struct arena *arena)
{
    AUTO(buf) struct buf b;
    struct js_out out;
    struct str json = str_trim(result->json);
    bool object = result->status == TOOL_OK && !result->untrusted && str_starts(json, STR("{"));
    buf_init(&b, LIMIT_REPLY_BYTES * 2);
    js_out_init(&out, &b);
    js_begin_array(&out);
    if (result->rehearsal) {
        put_rehearsal(&out);
    }
    js_begin_object(&out);
    if (object) {
        js_put_raw(&out, "json", json);
    } else {
        struct str text = result_text(result, json, arena);
        if (!text.ptr) {
            return (struct str){0};
        }
        js_put_str(&out, "text", text);
    }
    js_end_object(&out);
    js_end_array(&out);
    return buf_to_arena(&b, arena);
}
