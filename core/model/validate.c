#include "model/validate.h"

#include <string.h>

#include "base/json.h"
#include "model/rules.h"
#include "model/validate_params.h"

/* Texts of which no two may be the same. */
struct seen {
    bool (*same)(struct str a, struct str b);
    struct str *texts;
    size_t count;
    size_t capacity;
};

/* What a walk over the messages has to remember. */
struct walk {
    const struct dialect_rules *rules;
    struct arena scratch; /* cleared block by block */
    struct arena kept;
    struct seen ids;   /* of tool uses */
    struct seen names; /* of documents */
    size_t documents;
    size_t images; /* in this message */
    unsigned cache_points;
};

static int
refuse(const struct walk *w, const char *why, struct err *err)
{
    return err_set(err, ERR_INVALID, "%s (%s would refuse it)", why, w->rules->name);
}

static int
parse(struct walk *w, struct str json, struct js **ret, struct err *err)
{
    arena_clear(&w->scratch);
    return js_parse(json, &w->scratch, ret, err);
}

/* ---- Blocks ----------------------------------------------------------------------------------*/

static int
remember(struct walk *w, struct seen *seen, struct str text, const char *what, struct err *err)
{
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->same(seen->texts[i], text)) {
            return err_set(err, ERR_INVALID, "%s '%" STR_FMT "' is there twice", what,
                           STR_ARG(text));
        }
    }
    struct str copy = arena_str(&w->kept, text);
    if (!copy.ptr || !mem_grow(seen->texts, seen->count, seen->capacity)) {
        return err_nomem(err);
    }
    seen->texts[seen->count++] = copy;
    return 0;
}

static int
check_image(struct walk *w, const struct js *image, struct err *err)
{
    const char *why = rule_image(w->rules, image);
    if (why) {
        return err_set(err, ERR_INVALID, "an image %s", why);
    }
    if (++w->images > w->rules->images_max) {
        return err_set(err, ERR_INVALID, "more than %zu images in one message",
                       w->rules->images_max);
    }
    return 0;
}

static int
check_document(struct walk *w, const struct js *document, struct err *err)
{
    const char *why = rule_document(w->rules, document);
    if (why) {
        return err_set(err, ERR_INVALID, "a document %s", why);
    }
    if (++w->documents > w->rules->documents_max) {
        return err_set(err, ERR_INVALID, "more than %zu documents", w->rules->documents_max);
    }
    if (!w->rules->named_documents) {
        return 0;
    }
    struct str name = js_get_text(document, "name");
    if (!rule_document_name(name)) {
        return err_set(err, ERR_INVALID,
                       "a document's name '%" STR_FMT "' is not letters, digits, single spaces "
                       "and -()[]",
                       STR_ARG(name));
    }
    return remember(w, &w->names, name, "the document's name", err);
}

static int
check_result_item(struct walk *w, const struct js *item, struct err *err)
{
    const struct js *image = js_get_c(item, "image");
    const struct js *document = js_get_c(item, "document");
    if (js_type(item) != JS_OBJECT || js_count(item) == 0) {
        return refuse(w, "a tool's result holds something that is no block", err);
    }
    if (js_has(item, STR("json")) && js_type(js_get_c(item, "json")) != JS_OBJECT) {
        return refuse(w, "a tool's result is JSON but no object", err);
    }
    if (js_has(item, STR("text")) && rule_blank(js_get_text(item, "text"))) {
        return refuse(w, "a tool's result has a blank text", err);
    }
    int result = image ? check_image(w, image, err) : 0;
    return result == 0 && document ? check_document(w, document, err) : result;
}

static int
check_tool_result(struct walk *w, const struct block *b, struct err *err)
{
    struct js *content = NULL;
    int result = b->plain ? 0 : parse(w, b->json, &content, err);
    if (result < 0 || b->plain) {
        return result;
    }
    if (js_type(content) != JS_ARRAY) {
        return refuse(w, "a tool's result has no list of content", err);
    }
    if (b->error && js_count(content) == 0) {
        return refuse(w, "a failed tool's result says nothing", err);
    }
    for (size_t i = 0; result == 0 && i < js_count(content); i++) {
        result = check_result_item(w, js_at(content, i), err);
    }
    return result;
}

static int
check_tool_use(struct walk *w, const struct block *b, struct err *err)
{
    struct js *input = NULL;
    if (!rule_id(w->rules, b->tool_use_id)) {
        return refuse(w, "the id of a tool use has characters or a length that are not allowed",
                      err);
    }
    if (!rule_tool_name(w->rules, b->name)) {
        return refuse(w, "the name of a tool use is not letters, digits, _ and -", err);
    }
    int result = b->plain ? 0 : parse(w, b->json, &input, err);
    if (result < 0) {
        return err_wrap(err, "the input of a tool use");
    }
    if (!b->plain && js_type(input) != JS_OBJECT) {
        return refuse(w, "the input of a tool use is no object", err);
    }
    return remember(w, &w->ids, b->tool_use_id, "the tool use id", err);
}

static int
check_parsed(struct walk *w, const struct block *b, struct err *err)
{
    struct js *root;
    int result = parse(w, b->raw, &root, err);
    if (result < 0) {
        return result;
    }
    if (b->kind == BLOCK_REASONING) {
        const char *why = rule_reasoning(w->rules, root);
        return why ? err_set(err, ERR_INVALID, "reasoning %s", why) : 0;
    }
    return b->kind == BLOCK_IMAGE ? check_image(w, js_get_c(root, "image"), err)
                                  : check_document(w, js_get_c(root, "document"), err);
}

/* RAW of a block that is not plain. */
static int
check_raw(const struct walk *w, struct str raw, struct err *err)
{
    int result = js_check(raw, err);
    if (result < 0) {
        return result;
    }
    if (raw.ptr[0] != '{' || rule_lone_surrogate(raw)) {
        return refuse(w, "is no object, or holds half a character (a lone surrogate)", err);
    }
    return 0;
}

static int
check_block(struct walk *w, const struct block *b, struct err *err)
{
    int result = b->plain ? 0 : check_raw(w, b->raw, err);
    if (result < 0) {
        return result;
    }
    switch (b->kind) {
    case BLOCK_TEXT:
        return rule_blank(b->text) ? refuse(w, "the text is blank", err) : 0;
    case BLOCK_TOOL_USE:
        return check_tool_use(w, b, err);
    case BLOCK_TOOL_RESULT:
        return check_tool_result(w, b, err);
    case BLOCK_IMAGE:
    case BLOCK_DOCUMENT:
    case BLOCK_REASONING:
        return check_parsed(w, b, err);
    case BLOCK_OTHER:
        w->cache_points += rule_cache_point(b);
        return 0;
    }
    return err_set(err, ERR_BUG, "unknown kind of block");
}

/* ---- Messages --------------------------------------------------------------------------------*/

static size_t
count_kind(const struct message *m, enum block_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; m && i < m->count; i++) {
        count += m->blocks[i].kind == kind;
    }
    return count;
}

/* Who may say what, and in which order. */
static int
check_place(const struct walk *w, const struct message *m, size_t i, struct err *err)
{
    enum block_kind kind = m->blocks[i].kind;
    enum block_kind before = i > 0 ? m->blocks[i - 1].kind : kind;
    bool assistant = m->role == ROLE_ASSISTANT;
    if (assistant && (kind == BLOCK_IMAGE || kind == BLOCK_DOCUMENT || kind == BLOCK_TOOL_RESULT)) {
        return refuse(w, "images, documents and tool results are the user's", err);
    }
    if (!assistant && (kind == BLOCK_TOOL_USE || kind == BLOCK_REASONING)) {
        return refuse(w, "tool uses and reasoning are the assistant's", err);
    }
    if (kind == BLOCK_TOOL_RESULT && before != BLOCK_TOOL_RESULT) {
        return refuse(w, "a tool result stands behind something else", err);
    }
    if (kind == BLOCK_TEXT && before == BLOCK_TOOL_USE) {
        return refuse(w, "a text stands behind a tool use", err);
    }
    if (i == 0 && rule_cache_point(&m->blocks[0])) {
        return refuse(w, "a cache point has nothing before it", err);
    }
    return 0;
}

/* Are the tool uses of BEFORE (NULL: there is none) answered by M, each once and nothing else? */
static int
check_answers(const struct walk *w, const struct message *before, const struct message *m,
              struct err *err)
{
    size_t uses = before && before->role == ROLE_ASSISTANT ? count_kind(before, BLOCK_TOOL_USE) : 0;
    if (count_kind(m, BLOCK_TOOL_RESULT) != uses) {
        return refuse(w,
                      uses ? "not every tool use before it is answered, once"
                           : "a tool result answers nothing",
                      err);
    }
    for (size_t i = 0; uses > 0 && i < before->count; i++) {
        bool found = before->blocks[i].kind != BLOCK_TOOL_USE;
        for (size_t k = 0; !found && k < m->count; k++) {
            found = m->blocks[k].kind == BLOCK_TOOL_RESULT &&
                    str_eq(m->blocks[k].tool_use_id, before->blocks[i].tool_use_id);
        }
        if (!found) {
            return refuse(w, "a tool use before it is not answered", err);
        }
    }
    return 0;
}

static int
check_message(struct walk *w, const struct message *before, const struct message *m,
              struct err *err)
{
    enum role due = before && before->role == ROLE_USER ? ROLE_ASSISTANT : ROLE_USER;
    if (m->role != due) {
        return refuse(w, before ? "roles do not alternate" : "the first one is not a user's", err);
    }
    if (m->count == 0) {
        return refuse(w, "is empty", err);
    }
    w->images = 0;
    size_t contents = 0;
    for (size_t i = 0; i < m->count; i++) {
        int result = check_place(w, m, i, err);
        result = result < 0 ? result : check_block(w, &m->blocks[i], err);
        if (result < 0) {
            return err_wrap(err, "block %zu", i + 1);
        }
        contents += !rule_cache_point(&m->blocks[i]);
    }
    if (contents == 0) {
        return refuse(w, "holds nothing but a cache point", err);
    }
    if (w->rules->named_documents && message_has(m, BLOCK_DOCUMENT) &&
        !message_has(m, BLOCK_TEXT)) {
        return refuse(w, "a document has no text beside it", err);
    }
    return check_answers(w, before, m, err);
}

static int
check_end(const struct walk *w, const struct model_request *r, const struct validate_caps *caps,
          struct err *err)
{
    const struct message *last = &r->messages[r->message_count - 1];
    if (message_has(last, BLOCK_TOOL_USE)) {
        return refuse(w, "the last message has a tool use that nobody answered", err);
    }
    if (!caps->prefill && (last->role == ROLE_ASSISTANT || r->partial.len > 0)) {
        return refuse(w, "the last message is the assistant's and the model does not go on", err);
    }
    if (last->role == ROLE_ASSISTANT && r->partial.len > 0) {
        return refuse(w, "two of the assistant's messages at the end", err);
    }
    if (w->cache_points + caps->cache_points > 4) {
        return refuse(w, "more than 4 cache points", err);
    }
    return 0;
}

static int
check_messages(struct walk *w, const struct model_request *r, const struct validate_caps *caps,
               struct err *err)
{
    if (r->message_count == 0) {
        return err_set(err, ERR_INVALID, "a request without any message");
    }
    for (size_t i = 0; i < r->message_count; i++) {
        const struct message *before = i > 0 ? &r->messages[i - 1] : NULL;
        if (check_message(w, before, &r->messages[i], err) < 0) {
            return err_wrap(err, "message %zu", i + 1);
        }
    }
    return check_end(w, r, caps, err);
}

int
validate_prepared(const struct model_request *r, enum validate_dialect dialect,
                  const struct validate_caps *caps, bool known_tools, struct err *err)
{
    struct walk w = {
        .rules = dialect_rules(dialect), .ids.same = str_eq, .names.same = str_eq_nocase};
    int result = check_messages(&w, r, caps, err);
    if (result == 0 && w.rules->needs_tools && w.ids.count > 0 && r->tool_count == 0) {
        result = refuse(&w, "the history has tool uses and no tool is offered", err);
    }
    if (result == 0) {
        result = validate_params(r, w.rules, caps, known_tools, err);
    }
    mem_free(w.ids.texts);
    mem_free(w.names.texts);
    arena_done(&w.scratch);
    arena_done(&w.kept);
    return result;
}

int
validate_request(const struct model_request *r, enum validate_dialect dialect,
                 const struct validate_caps *caps, struct err *err)
{
    return validate_prepared(r, dialect, caps, false, err);
}

/* ---- Attachments -----------------------------------------------------------------------------*/

static int
carries(enum validate_dialect dialect, const struct block *attachment, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct js *root = NULL;
    bool image = attachment->kind == BLOCK_IMAGE;
    int result = js_parse_object(attachment->raw, "attachment", &arena, &root, err);
    if (result < 0) {
        return result;
    }
    const char *why = image ? rule_image(dialect_rules(dialect), js_get_c(root, "image"))
                            : rule_document(dialect_rules(dialect), js_get_c(root, "document"));
    return why ? err_set(err, ERR_INVALID, "%s %s cannot be sent to it",
                         image ? "an image" : "a document", why)
               : 0;
}

int
converse_carries(const struct block *attachment, struct err *err)
{
    return carries(DIALECT_CONVERSE, attachment, err);
}

int
anthropic_carries(const struct block *attachment, struct err *err)
{
    return carries(DIALECT_ANTHROPIC, attachment, err);
}

int
openai_carries(const struct block *attachment, struct err *err)
{
    return carries(DIALECT_OPENAI, attachment, err);
}
