/* What Converse refuses. The messages follow the service's own, with the place in them, because
 * whoever reads one in a test has to find the block. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "converse.h"

enum { IMAGES_MAX = 20, DOCUMENTS_MAX = 5 };

struct reading {
    struct asked *asked;
    struct refusal *refused;
    struct pending pending; /* calls of the assistant message before */
    size_t message, block;
    bool user;
    bool tools_used;
    /* of the message at hand */
    size_t images, documents, results;
    bool has_text, after_other;
    struct str said;
};

#define NO(r, ...) refuse((r)->refused, REFUSED_INVALID, __VA_ARGS__)

static int
read_text(struct reading *r, const struct js *text)
{
    if (js_type(text) != JS_STRING || asked_is_blank(js_text(text))) {
        return NO(r,
                  "The text field in the ContentBlock object at messages.%zu.content.%zu is blank. "
                  "Add text to the text field, and try again.",
                  r->message, r->block);
    }
    struct str more = js_text(text);
    r->said = r->said.len == 0 ? more
                               : arena_printf(r->asked->arena, "%" STR_FMT " %" STR_FMT,
                                              STR_ARG(r->said), STR_ARG(more));
    r->has_text = true;
    return 0;
}

static int
read_call(struct reading *r, const struct js *call)
{
    struct str id = js_get_text(call, "toolUseId");
    if (r->user) {
        return NO(r,
                  "The toolUse block at messages.%zu.content.%zu can only be in an assistant "
                  "message.",
                  r->message, r->block);
    }
    if (!check_name(id, ".:")) {
        return NO(r,
                  "Value at 'messages.%zu.content.%zu.toolUse.toolUseId' failed to satisfy "
                  "constraint: Member must satisfy regular expression pattern: "
                  "[a-zA-Z0-9_.:-]+ and have length less than or equal to 64",
                  r->message, r->block);
    }
    if (!check_name(js_get_text(call, "name"), "")) {
        return NO(r,
                  "Value at 'messages.%zu.content.%zu.toolUse.name' failed to satisfy constraint: "
                  "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
                  r->message, r->block);
    }
    if (js_type(js_get_c(call, "input")) != JS_OBJECT) {
        return NO(r,
                  "The format of the value at messages.%zu.content.%zu.toolUse.input is invalid. "
                  "Provide a json object for the field and try again.",
                  r->message, r->block);
    }
    r->tools_used = true;
    if (!pending_add(&r->pending, id)) {
        return NO(r, "messages.%zu: too many toolUse blocks", r->message);
    }
    return 0;
}

static int
read_result_content(struct reading *r, const struct js *result, struct str *ret_text)
{
    const struct js *content = js_get_c(result, "content");
    if (js_type(content) != JS_ARRAY ||
        (js_count(content) == 0 && str_eq_c(js_get_text(result, "status"), "error"))) {
        return NO(r,
                  "The content field at messages.%zu.content.%zu.toolResult is empty. Add a "
                  "ContentBlock object to the content field and try again.",
                  r->message, r->block);
    }
    for (size_t i = 0; i < js_count(content); i++) {
        const struct js *block = js_at(content, i);
        const struct js *json = js_get_c(block, "json");
        if (js_has(block, STR("json")) && js_type(json) != JS_OBJECT) {
            return NO(r,
                      "The format of the value at messages.%zu.content.%zu.toolResult.content.%zu"
                      ".json is invalid. Provide a json object for the field and try again.",
                      r->message, r->block, i);
        }
        if (ret_text->len == 0) {
            *ret_text = json ? js_to_arena(json, r->asked->arena) : js_get_text(block, "text");
        }
    }
    return 0;
}

static int
read_result(struct reading *r, const struct js *result)
{
    struct str text = {0};
    struct str id = js_get_text(result, "toolUseId");
    if (r->after_other) {
        return NO(r, "messages.%zu.content.%zu: toolResult blocks must come first in a message",
                  r->message, r->block);
    }
    if (++r->results > r->pending.count) {
        return NO(r,
                  "The number of toolResult blocks at messages.%zu.content exceeds the number of "
                  "toolUse blocks of previous turn.",
                  r->message);
    }
    if (!r->user || !pending_answer(&r->pending, id)) {
        return NO(r,
                  "The toolResult at messages.%zu.content.%zu answers no toolUse of the previous "
                  "turn: %" STR_FMT,
                  r->message, r->block, STR_ARG(id));
    }
    if (read_result_content(r, result, &text)) {
        return 1;
    }
    r->tools_used = true;
    asked_results(r->asked, text);
    return 0;
}

static bool
good_document_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool space = c == ' ' && i > 0 && name.ptr[i - 1] != ' ';
        if (!alnum && !space && (c == '\0' || !strchr("-()[]", c))) {
            return false;
        }
    }
    return name.len >= 1 && name.len <= 200;
}

static int
read_media(struct reading *r, const struct js *document)
{
    if (!r->user) {
        return NO(r, "messages.%zu.content.%zu: images and documents are for user messages only",
                  r->message, r->block);
    }
    if (r->images > IMAGES_MAX || r->documents > DOCUMENTS_MAX) {
        return NO(r, "messages.%zu: at most %d images and %d documents in a message", r->message,
                  IMAGES_MAX, DOCUMENTS_MAX);
    }
    if (document && !good_document_name(js_get_text(document, "name"))) {
        return NO(r, "The document file name can only contain alphanumeric characters, whitespace "
                     "characters, hyphens, parentheses, and square brackets. The name can't "
                     "contain more than one consecutive whitespace character.");
    }
    return 0;
}

static int
read_block(struct reading *r, const struct js *block)
{
    if (js_count(block) != 1 || js_type(block) != JS_OBJECT) {
        return NO(r,
                  "messages.%zu.content.%zu: a ContentBlock has exactly one member, and it is set",
                  r->message, r->block);
    }
    if (js_has(block, STR("toolResult"))) {
        return read_result(r, js_get_c(block, "toolResult"));
    }
    r->after_other = true;
    if (js_has(block, STR("text"))) {
        return read_text(r, js_get_c(block, "text"));
    }
    if (js_has(block, STR("toolUse"))) {
        return read_call(r, js_get_c(block, "toolUse"));
    }
    const struct js *document = js_get_c(block, "document");
    if (document || js_has(block, STR("image"))) {
        r->documents += document != NULL;
        r->images += document == NULL;
        return read_media(r, document);
    }
    return 0;
}

static int
missing_result(struct reading *r, size_t message)
{
    return NO(r,
              "Expected toolResult blocks at messages.%zu.content for the following Ids: "
              "%" STR_FMT,
              message, STR_ARG(pending_missing(&r->pending)));
}

/* The role at hand follows the one before. */
static int
read_role(struct reading *r, const struct js *message)
{
    struct str role = js_get_text(message, "role");
    bool user = str_eq_c(role, "user");
    if (!user && !str_eq_c(role, "assistant")) {
        return NO(r,
                  "Value at 'messages.%zu.role' failed to satisfy constraint: Member must satisfy "
                  "enum value set: [user, assistant]",
                  r->message);
    }
    if (r->message == 0 && !user) {
        return NO(r, "A conversation must start with a user message. Try again with a conversation "
                     "that starts with a user message.");
    }
    if (r->message > 0 && user == r->user) {
        return NO(r, "A conversation must alternate between user and assistant roles. Make sure "
                     "the conversation alternates between user and assistant roles and try again.");
    }
    r->user = user;
    return 0;
}

static int
read_message(struct reading *r, const struct js *message)
{
    const struct js *content = js_get_c(message, "content");
    if (read_role(r, message)) {
        return 1;
    }
    if (js_type(content) != JS_ARRAY || js_count(content) == 0) {
        return NO(r,
                  "The content field in the Message object at messages.%zu is empty. Add a "
                  "ContentBlock object to the content field and try again.",
                  r->message);
    }
    r->images = r->documents = r->results = 0;
    r->has_text = r->after_other = false;
    r->said = (struct str){0};
    if (!r->user) {
        r->pending.count = 0;
        asked_assistant_says(r->asked);
    }
    for (r->block = 0; r->block < js_count(content); r->block++) {
        if (read_block(r, js_at(content, r->block))) {
            return 1;
        }
    }
    if (r->user && pending_missing(&r->pending).ptr) {
        return missing_result(r, r->message);
    }
    if (r->documents > 0 && !r->has_text) {
        return NO(r, "messages.%zu: a message with a document needs a text block", r->message);
    }
    if (r->user) {
        r->pending.count = 0;
        /* Text behind results belongs to them. */
        asked_user_says(r->asked, r->results > 0 ? (struct str){0} : r->said);
    }
    return 0;
}

static int
read_tool(struct reading *r, const struct js *tool, size_t index)
{
    const struct js *spec = js_get_c(tool, "toolSpec");
    const struct js *schema = js_get_c(js_get_c(spec, "inputSchema"), "json");
    if (!spec) {
        return 0; /* a cachePoint, a systemTool */
    }
    if (!check_name(js_get_text(spec, "name"), "")) {
        return NO(r,
                  "Value at 'toolConfig.tools.%zu.toolSpec.name' failed to satisfy constraint: "
                  "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
                  index);
    }
    if (js_has(spec, STR("description")) && js_get_text(spec, "description").len == 0) {
        return NO(r,
                  "Value at 'toolConfig.tools.%zu.toolSpec.description' failed to satisfy "
                  "constraint: Member must have length greater than or equal to 1",
                  index);
    }
    if (!str_eq_c(js_get_text(schema, "type"), "object")) {
        return NO(r,
                  "The value at toolConfig.tools.%zu.toolSpec.inputSchema.json.type must be one of "
                  "the following: object.",
                  index);
    }
    asked_add_tool(r->asked, js_get_text(spec, "name"), schema);
    return 0;
}

static int
read_tools(struct reading *r, const struct js *body)
{
    const struct js *config = js_get_c(body, "toolConfig");
    const struct js *tools = js_get_c(config, "tools");
    if (config && js_count(tools) == 0) {
        return NO(r, "Value at 'toolConfig.tools' failed to satisfy constraint: Member must have "
                     "length greater than or equal to 1");
    }
    for (size_t i = 0; i < js_count(tools); i++) {
        if (read_tool(r, js_at(tools, i), i)) {
            return 1;
        }
    }
    if (r->tools_used && !config) {
        return NO(r, "The toolConfig field must be defined when using toolUse and toolResult "
                     "content blocks.");
    }
    return 0;
}

static int
read_rest(struct reading *r, const struct js *body)
{
    const struct js *system = js_get_c(body, "system");
    const struct js *inference = js_get_c(body, "inferenceConfig");
    for (size_t i = 0; i < js_count(system); i++) {
        const struct js *block = js_at(system, i);
        if (js_has(block, STR("text")) && asked_is_blank(js_get_text(block, "text"))) {
            return NO(r, "The text field in the SystemContentBlock object at system.%zu is blank.",
                      i);
        }
    }
    double temperature = js_get_double(inference, "temperature", 0);
    double top_p = js_get_double(inference, "topP", 0);
    r->asked->max_tokens = js_get_int(inference, "maxTokens", 0);
    if (temperature < 0 || temperature > 1 || top_p < 0 || top_p > 1 ||
        (js_has(inference, STR("maxTokens")) && r->asked->max_tokens < 1)) {
        return NO(r, "Value at 'inferenceConfig' failed to satisfy constraint: temperature and "
                     "topP are 0 to 1, maxTokens is 1 or more");
    }
    return 0;
}

int
converse_read(struct asked *a, struct refusal *refused)
{
    struct reading r = {.asked = a, .refused = refused};
    const struct js *body;
    if (check_aws_auth(a, refused) || check_body(a, &body, refused)) {
        return 1;
    }
    const struct js *messages = js_get_c(body, "messages");
    bool prompt =
        str_starts(a->model, STR("arn:")) && str_find(a->model, STR(":prompt/"), 0) != SIZE_MAX;
    if (prompt && !js_has(body, STR("messages"))) {
        return 0; /* the prompt has them */
    }
    if (js_count(messages) == 0 || js_type(messages) != JS_ARRAY) {
        return refuse(refused, REFUSED_INVALID,
                      "A conversation must start with a user message. Try again with a "
                      "conversation that starts with a user message.");
    }
    for (r.message = 0; r.message < js_count(messages); r.message++) {
        if (read_message(&r, js_at(messages, r.message))) {
            return 1;
        }
    }
    if (pending_missing(&r.pending).ptr) {
        return missing_result(&r, r.message);
    }
    return read_tools(&r, body) || read_rest(&r, body);
}
