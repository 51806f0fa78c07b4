/* What chat completions refuse: OpenAI's rules, and Ollama's that arguments are valid JSON. */
#include "check.h"
#include "openai.h"

struct reading {
    struct asked *asked;
    struct refusal *refused;
    struct pending pending; /* calls that no tool message answered yet */
    size_t message;
};

#define NO(r, ...) refuse((r)->refused, REFUSED_INVALID, __VA_ARGS__)

static int
read_call(struct reading *r, const struct js *call, size_t index)
{
    const struct js *function = js_get_c(call, "function");
    struct str id = js_get_text(call, "id");
    struct err err;
    if (id.len == 0 || !str_eq_c(js_get_text(call, "type"), "function") ||
        !check_name(js_get_text(function, "name"), "")) {
        return NO(r,
                  "Invalid 'messages[%zu].tool_calls[%zu]': a call has an id, the type 'function' "
                  "and a function with a name of [a-zA-Z0-9_-]",
                  r->message, index);
    }
    if (js_type(js_get_c(function, "arguments")) != JS_STRING ||
        js_check(js_get_text(function, "arguments"), &err)) {
        return NO(r,
                  "Invalid 'messages[%zu].tool_calls[%zu].function.arguments': expected a string "
                  "that holds valid JSON",
                  r->message, index);
    }
    if (!pending_add(&r->pending, id)) {
        return NO(r, "Invalid 'messages[%zu].tool_calls': array too long", r->message);
    }
    return 0;
}

static int
read_assistant(struct reading *r, const struct js *message)
{
    const struct js *calls = js_get_c(message, "tool_calls");
    asked_assistant_says(r->asked);
    r->pending.count = 0;
    for (size_t i = 0; i < js_count(calls); i++) {
        if (read_call(r, js_at(calls, i), i)) {
            return 1;
        }
    }
    if (js_has(message, STR("tool_calls")) && js_count(calls) == 0) {
        return NO(r,
                  "Invalid 'messages[%zu].tool_calls': empty array. Expected an array with "
                  "minimum length 1, but got an empty array instead.",
                  r->message);
    }
    if (js_count(calls) == 0 && !js_get_c(message, "content") && !js_get_c(message, "refusal")) {
        return NO(r, "Invalid value for 'content': expected a string, got null.");
    }
    return 0;
}

static int
read_result(struct reading *r, const struct js *message)
{
    const struct js *content = js_get_c(message, "content");
    if (!pending_answer(&r->pending, js_get_text(message, "tool_call_id"))) {
        return NO(r,
                  "Invalid parameter: messages with role 'tool' must be a response to a "
                  "preceeding message with 'tool_calls'. (messages.[%zu].role)",
                  r->message);
    }
    if (!content) {
        return NO(r, "Invalid value for 'content': expected a string, got null.");
    }
    asked_results(r->asked, check_flatten(content, r->asked));
    return 0;
}

static int
read_missing(struct reading *r)
{
    struct str missing = pending_missing(&r->pending);
    if (!missing.ptr) {
        return 0;
    }
    return NO(r,
              "An assistant message with 'tool_calls' must be followed by tool messages responding "
              "to each 'tool_call_id'. The following tool_call_ids did not have response messages: "
              "%" STR_FMT,
              STR_ARG(missing));
}

static int
read_message(struct reading *r, const struct js *message)
{
    struct str role = js_get_text(message, "role");
    if (str_eq_c(role, "tool")) {
        return read_result(r, message);
    }
    if (read_missing(r)) {
        return 1;
    }
    if (str_eq_c(role, "assistant")) {
        return read_assistant(r, message);
    }
    if (!str_eq_c(role, "user") && !str_eq_c(role, "system") && !str_eq_c(role, "developer")) {
        return NO(r,
                  "Invalid value: '%" STR_FMT "'. Supported values are: 'system', 'assistant', "
                  "'user', 'function', 'tool', and 'developer'.",
                  STR_ARG(role));
    }
    if (!js_get_c(message, "content")) {
        return NO(r, "Invalid value for 'content': expected a string, got null.");
    }
    if (str_eq_c(role, "user")) {
        r->pending.count = 0;
        asked_user_says(r->asked, check_flatten(js_get_c(message, "content"), r->asked));
    }
    return 0;
}

static int
read_tools(struct reading *r, const struct js *body)
{
    const struct js *tools = js_get_c(body, "tools");
    if (js_has(body, STR("tools")) && js_count(tools) == 0) {
        return NO(r, "Invalid 'tools': empty array. Expected an array with minimum length 1, but "
                     "got an empty array instead.");
    }
    for (size_t i = 0; i < js_count(tools); i++) {
        const struct js *function = js_get_c(js_at(tools, i), "function");
        if (!check_name(js_get_text(function, "name"), "")) {
            return NO(r,
                      "Invalid 'tools[%zu].function.name': string does not match pattern. Expected "
                      "a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
                      i);
        }
        asked_add_tool(r->asked, js_get_text(function, "name"), js_get_c(function, "parameters"));
    }
    return 0;
}

int
openai_read(struct asked *a, struct refusal *refused)
{
    struct reading r = {.asked = a, .refused = refused};
    const struct js *body;
    struct str auth = asked_header(a, "authorization");
    if (!str_starts(auth, STR("Bearer ")) || auth.len == 7) {
        return refuse(refused, REFUSED_NO_KEY,
                      "You didn't provide an API key. You need to provide your API key in an "
                      "Authorization header using Bearer auth (i.e. Authorization: Bearer "
                      "YOUR_KEY).");
    }
    if (check_body(a, &body, refused)) {
        return 1;
    }
    const struct js *messages = js_get_c(body, "messages");
    a->model = js_get_text(body, "model");
    a->stream = js_get_bool(body, "stream", false);
    a->include_usage = js_get_bool(js_get_c(body, "stream_options"), "include_usage", false);
    a->max_tokens = js_get_int(body, "max_completion_tokens", js_get_int(body, "max_tokens", 0));
    if (a->model.len == 0) {
        return NO(&r, "you must provide a model parameter");
    }
    if (js_type(messages) != JS_ARRAY || js_count(messages) == 0) {
        return NO(&r, "Invalid 'messages': empty array. Expected an array with minimum length 1, "
                      "but got an empty array instead.");
    }
    if (js_has(body, STR("stream_options")) && !a->stream) {
        return NO(&r, "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
    }
    for (r.message = 0; r.message < js_count(messages); r.message++) {
        if (read_message(&r, js_at(messages, r.message))) {
            return 1;
        }
    }
    return read_missing(&r) || read_tools(&r, body);
}
