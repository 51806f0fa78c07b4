/* What the Messages API refuses, here and behind InvokeModel. Unlike Converse it merges neighbours
 * of one role. */
#include <stdio.h>

#include "check.h"
#include "events.h"

struct reading {
    struct asked *asked;
    struct refusal *refused;
    struct pending pending; /* calls of the assistant message before */
    size_t message, block;
    bool user;
    bool new_version; /* 2026-10-21 and later */
    bool after_other;
    size_t results;
    struct str said;
};

#define NO(r, ...) refuse((r)->refused, REFUSED_INVALID, __VA_ARGS__)

static void
say(struct reading *r, struct str text)
{
    r->said = r->said.len == 0 ? text
                               : arena_printf(r->asked->arena, "%" STR_FMT " %" STR_FMT,
                                              STR_ARG(r->said), STR_ARG(text));
}

static int
read_text(struct reading *r, const struct js *block)
{
    struct str text = js_get_text(block, "text");
    if (text.len == 0) {
        return NO(r, "messages: text content blocks must be non-empty");
    }
    if (asked_is_blank(text)) {
        return NO(r, "messages: text content blocks must contain non-whitespace text");
    }
    if (r->new_version && r->user && js_count(js_get_c(block, "citations")) > 0) {
        return NO(r, "messages.%zu.content.%zu.text.citations: Extra inputs are not permitted",
                  r->message, r->block);
    }
    say(r, text);
    return 0;
}

static int
read_call(struct reading *r, const struct js *block)
{
    struct str id = js_get_text(block, "id");
    if (r->user) {
        return NO(r, "messages.%zu: `tool_use` blocks can only be in `assistant` messages",
                  r->message);
    }
    if (!check_name(id, "")) {
        return NO(r,
                  "messages.%zu.content.%zu.tool_use.id: String should match pattern "
                  "'^[a-zA-Z0-9_-]+$'",
                  r->message, r->block);
    }
    if (!check_name(js_get_text(block, "name"), "") ||
        js_type(js_get_c(block, "input")) != JS_OBJECT) {
        return NO(r, "messages.%zu.content.%zu.tool_use.input: Input should be a valid dictionary",
                  r->message, r->block);
    }
    if (!pending_add(&r->pending, id)) {
        return NO(r, "messages.%zu: too many `tool_use` blocks", r->message);
    }
    return 0;
}

static int
read_result(struct reading *r, const struct js *block)
{
    struct str id = js_get_text(block, "tool_use_id");
    struct str text = check_flatten(js_get_c(block, "content"), r->asked);
    if (!r->user) {
        return NO(r, "messages.%zu: `tool_result` blocks can only be in `user` messages",
                  r->message);
    }
    if (!pending_answer(&r->pending, id)) {
        return NO(r,
                  "messages.%zu.content.%zu: unexpected `tool_use_id` found in `tool_result` "
                  "blocks: %" STR_FMT ". Each `tool_result` block must have a corresponding "
                  "`tool_use` block in the previous message.",
                  r->message, r->block, STR_ARG(id));
    }
    if (r->after_other) {
        return NO(r,
                  "messages.%zu: `tool_use` ids were found without `tool_result` blocks "
                  "immediately after: %" STR_FMT,
                  r->message - 1, STR_ARG(id));
    }
    if (text.len == 0 && js_get_bool(block, "is_error", false)) {
        return NO(r,
                  "messages.%zu.content.%zu.tool_result: content cannot be empty if `is_error` "
                  "is true",
                  r->message, r->block);
    }
    r->results++;
    asked_results(r->asked, text);
    return 0;
}

/* A signature that is ours has to fit its text: thinking comes back unchanged. */
static int
read_thinking(struct reading *r, const struct js *block)
{
    char id[REPLY_ID];
    struct str signature = js_get_text(block, "signature");
    reply_id(str_hash(js_get_text(block, "thinking")), 24, id);
    struct str want = arena_printf(r->asked->arena, "Mock%s==", id);
    if (r->user || signature.len == 0 ||
        (str_starts(signature, STR("Mock")) && !str_eq(signature, want))) {
        return NO(r, "messages.%zu.content.%zu: Invalid `signature` in `thinking` block",
                  r->message, r->block);
    }
    return 0;
}

static int
read_block(struct reading *r, const struct js *block)
{
    struct str type = js_get_text(block, "type");
    if (str_eq_c(type, "tool_result")) {
        return read_result(r, block);
    }
    r->after_other = true;
    if (str_eq_c(type, "text")) {
        return read_text(r, block);
    }
    if (str_eq_c(type, "tool_use")) {
        return read_call(r, block);
    }
    if (str_eq_c(type, "thinking")) {
        return read_thinking(r, block);
    }
    if (str_eq_c(type, "document") && !r->user && r->new_version) {
        return NO(r, "messages.%zu.content.%zu: `document` blocks can only be in `user` messages",
                  r->message, r->block);
    }
    if (str_eq_c(type, "image") || str_eq_c(type, "document") ||
        str_eq_c(type, "redacted_thinking") || str_eq_c(type, "search_result")) {
        return 0;
    }
    return NO(r,
              "messages.%zu.content.%zu: Input tag '%" STR_FMT "' found using 'type' does not "
              "match any of the expected tags",
              r->message, r->block, STR_ARG(type));
}

static int
missing_result(struct reading *r, size_t message)
{
    return NO(r,
              "messages.%zu: `tool_use` ids were found without `tool_result` blocks immediately "
              "after: %" STR_FMT ". Each `tool_use` block must have a corresponding `tool_result` "
              "block in the next message.",
              message, STR_ARG(pending_missing(&r->pending)));
}

/* Calls that wait when somebody else's message begins. */
static int
read_role(struct reading *r, const struct js *message)
{
    struct str role = js_get_text(message, "role");
    bool user = str_eq_c(role, "user");
    if (!user && !str_eq_c(role, "assistant")) {
        return NO(r,
                  "messages: Unexpected role \"%" STR_FMT "\". The Messages API accepts a "
                  "top-level `system` parameter, not \"system\" as an input message role.",
                  STR_ARG(role));
    }
    if (r->message == 0 && !user) {
        return NO(r, "messages: first message must use the \"user\" role");
    }
    r->user = user;
    if (!user) {
        r->pending.count = 0;
        asked_assistant_says(r->asked);
    }
    return 0;
}

static int
read_message(struct reading *r, const struct js *message, bool last)
{
    const struct js *content = js_get_c(message, "content");
    if (read_role(r, message)) {
        return 1;
    }
    r->said = (struct str){0};
    r->results = 0;
    r->after_other = false;
    if (js_type(content) == JS_STRING) {
        say(r, js_text(content));
    }
    for (r->block = 0; r->block < js_count(content); r->block++) {
        if (read_block(r, js_at(content, r->block))) {
            return 1;
        }
    }
    if (js_text(content).len == 0 && js_count(content) == 0 && (r->user || !last)) {
        return NO(r,
                  "messages.%zu: all messages must have non-empty content except for the optional "
                  "final assistant message",
                  r->message);
    }
    if (r->user && pending_missing(&r->pending).ptr) {
        return missing_result(r, r->message - 1);
    }
    if (r->user) {
        r->pending.count = 0;
        asked_user_says(r->asked, r->results > 0 ? (struct str){0} : r->said);
    }
    return 0;
}

static int
read_tools(struct reading *r, const struct js *body)
{
    const struct js *tools = js_get_c(body, "tools");
    for (size_t i = 0; i < js_count(tools); i++) {
        const struct js *tool = js_at(tools, i);
        const struct js *schema = js_get_c(tool, "input_schema");
        if (!schema && js_has(tool, STR("type"))) {
            continue; /* the service's own tools */
        }
        if (!check_name(js_get_text(tool, "name"), "")) {
            return NO(r,
                      "tools.%zu.custom.name: String should match pattern "
                      "'^[a-zA-Z0-9_-]{1,128}$'",
                      i);
        }
        if (!str_eq_c(js_get_text(schema, "type"), "object")) {
            return NO(r, "tools.%zu.custom.input_schema.type: Input should be 'object'", i);
        }
        asked_add_tool(r->asked, js_get_text(tool, "name"), schema);
    }
    return 0;
}

static int
read_limits(struct reading *r, const struct js *body)
{
    static const char *const sampling[] = {"temperature", "top_p", "top_k"};
    r->asked->max_tokens = js_get_int(body, "max_tokens", 0);
    if (!js_has(body, STR("max_tokens"))) {
        return NO(r, "max_tokens: Field required");
    }
    if (r->asked->max_tokens < 1) {
        return NO(r, "max_tokens: Input should be greater than or equal to 1");
    }
    for (size_t i = 0; i < sizeof(sampling) / sizeof(*sampling); i++) {
        if (r->new_version && js_has(body, str_c(sampling[i]))) {
            return NO(r, "%s: Extra inputs are not permitted", sampling[i]);
        }
    }
    const struct js *thinking = js_get_c(body, "thinking");
    int64_t budget = js_get_int(thinking, "budget_tokens", 0);
    if (str_eq_c(js_get_text(thinking, "type"), "enabled") &&
        (budget < 1024 || budget >= r->asked->max_tokens)) {
        return NO(r, "`max_tokens` must be greater than `thinking.budget_tokens`, which must be "
                     "greater than or equal to 1024.");
    }
    return 0;
}

int
events_read(struct asked *a, const struct js *body, struct str version, struct refusal *refused)
{
    /* Versions are dates. */
    struct reading r = {.asked = a,
                        .refused = refused,
                        .new_version = str_cmp(version, STR("2026-10-21")) >= 0 &&
                                       !str_starts(version, STR("bedrock-"))};
    const struct js *messages = js_get_c(body, "messages");
    if (read_limits(&r, body)) {
        return 1;
    }
    if (js_count(messages) == 0 || js_type(messages) != JS_ARRAY) {
        return NO(&r, "messages: at least one message is required");
    }
    for (r.message = 0; r.message < js_count(messages); r.message++) {
        if (read_message(&r, js_at(messages, r.message), r.message + 1 == js_count(messages))) {
            return 1;
        }
    }
    if (pending_missing(&r.pending).ptr) {
        return missing_result(&r, r.message - 1);
    }
    return read_tools(&r, body);
}
