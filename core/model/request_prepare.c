/* Each message's blocks are copied into an array of their own; a block that is sound is the same
 * block, one that is not is written anew. Two things need more than one block:
 *
 * Ids. A tool use keeps its id when the API can take it and no use before had it. Else it gets one
 * made of the old one's hash, so that the same history gives the same request again (a server's
 * prompt cache goes by that), and a number where that is taken, too. The results in the next
 * message follow by position: the second result of "1" belongs to the second use of "1".
 *
 * Attachments. Of too many documents the newest stay. */
#include "model/validate.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/prepare_json.h"
#include "model/prepare_tools.h"
#include "model/rules.h"
#include "model/tools_memo.h"
#include "model/validate_params.h"

/* Texts that are in use. */
struct used {
    struct str *texts;
    size_t count;
    size_t capacity;
};

struct prepare {
    const struct dialect_rules *rules;
    struct arena *arena;
    struct arena scratch; /* cleared block by block */
    struct used ids;
    struct used names; /* of documents */
    size_t documents;  /* that are still to be left out */
    size_t images;     /* the same, in this message */
    bool has_tool_blocks;
};

/* ---- Ids -------------------------------------------------------------------------------------*/

static bool
is_used(const struct used *u, struct str text, bool (*same)(struct str a, struct str b))
{
    for (size_t i = 0; i < u->count; i++) {
        if (same(u->texts[i], text)) {
            return true;
        }
    }
    return false;
}

/* TEXT, now in use; ptr NULL when memory ran out. */
static struct str
use(struct used *u, struct str text)
{
    if (!text.ptr || !mem_grow(u->texts, u->count, u->capacity)) {
        return (struct str){0};
    }
    u->texts[u->count++] = text;
    return text;
}

/* The id a tool use goes by in this request; ptr NULL when memory ran out. */
static struct str
assign_id(struct prepare *p, struct str id)
{
    struct str given = id;
    for (unsigned n = 1;
         given.ptr && (!rule_id(p->rules, given) || is_used(&p->ids, given, str_eq)); n++) {
        unsigned long long hash = str_hash(id);
        given = n == 1 ? arena_printf(p->arena, "call_%016llx", hash)
                       : arena_printf(p->arena, "call_%016llx_%u", hash, n);
    }
    return use(&p->ids, given);
}

/* The id that was given to the use that RESULTS[INDEX] answers; its own where it answers none. */
static struct str
follow_id(const struct message *uses, const struct message *prepared, const struct message *results,
          size_t index)
{
    struct str id = results->blocks[index].tool_use_id;
    size_t ordinal = 0;
    for (size_t i = 0; i < index; i++) {
        ordinal += results->blocks[i].kind == BLOCK_TOOL_RESULT &&
                   str_eq(results->blocks[i].tool_use_id, id);
    }
    size_t nth = 0; /* of all tool uses: preparing drops none and moves none */
    for (size_t i = 0; uses && i < uses->count; i++) {
        if (uses->blocks[i].kind != BLOCK_TOOL_USE) {
            continue;
        }
        if (str_eq(uses->blocks[i].tool_use_id, id) && ordinal-- == 0) {
            return prepare_nth_use(prepared, nth);
        }
        nth++;
    }
    return id;
}

/* ---- Blocks ----------------------------------------------------------------------------------*/

static int
keep(struct message *m, bool made, struct block b, struct err *err)
{
    if (!made) {
        return err_nomem(err);
    }
    m->blocks[m->count++] = b;
    return 0;
}

static int
add_text(struct prepare *p, struct message *m, struct str text, struct err *err)
{
    struct block b = {0};
    bool made = block_text(p->arena, text, &b);
    return keep(m, made, b, err);
}

static int
add_tool_use(struct prepare *p, struct message *m, const struct block *b, struct err *err)
{
    struct str id = assign_id(p, b->tool_use_id);
    struct str name = rule_tool_name(p->rules, b->name)
                          ? b->name
                          : prepare_tool_name(p->arena, b->name, p->rules->tool_name_max);
    struct str input = b->plain ? b->json : prepare_object(&p->scratch, p->arena, b->json);
    struct block copy = *b;
    p->has_tool_blocks = true;
    if (!id.ptr || !name.ptr || !input.ptr) {
        return err_nomem(err);
    }
    if (id.ptr == b->tool_use_id.ptr && name.ptr == b->name.ptr && input.ptr == b->json.ptr &&
        (b->plain || !rule_lone_surrogate(b->raw))) {
        return keep(m, true, copy, err);
    }
    return keep(m, block_tool_use(p->arena, id, name, input, &copy), copy, err);
}

/* Why an image or document cannot go; NULL: it can. Counts it. */
static const char *
attachment_problem(struct prepare *p, const struct js *image, const struct js *document)
{
    size_t *excess = image ? &p->images : &p->documents;
    const char *why = image ? rule_image(p->rules, image) : rule_document(p->rules, document);
    if (*excess > 0) {
        (*excess)--;
        return "of which there were too many";
    }
    return why;
}

static struct str
left_out(struct prepare *p, const struct js *image, const char *why)
{
    return arena_printf(p->arena, "[%s %s was left out.]", image ? "An image" : "A document", why);
}

/* The name DOCUMENT goes by in this request: clean, and no other's. */
static struct str
document_name(struct prepare *p, const struct js *document)
{
    struct str old = js_get_text(document, "name");
    struct str base =
        rule_document_name(old) ? arena_str(p->arena, old) : prepare_document_name(p->arena, old);
    struct str name = base;
    for (unsigned n = 2; name.ptr && is_used(&p->names, name, str_eq_nocase); n++) {
        name = arena_printf(p->arena, "%" STR_FMT " (%u)", STR_ARG(str_sub(base, 0, 180)), n);
    }
    return use(&p->names, name);
}

/* A document under a name the API takes, as a block's JSON. */
static struct str
renamed_document(struct prepare *p, const struct js *root)
{
    const struct js *document = js_get_c(root, "document");
    struct str name = document_name(p, document);
    return name.ptr ? prepare_with_name(root, name, p->arena) : name;
}

static int
add_attachment(struct prepare *p, struct message *m, const struct block *b, struct err *err)
{
    struct js *root = NULL;
    if (js_parse(b->raw, &p->scratch, &root, err) < 0) {
        return err->code == ERR_NOMEM ? ERR_NOMEM : add_text(p, m, STR("[Unreadable.]"), err);
    }
    const struct js *image = js_get_c(root, "image");
    const char *why = m->role == ROLE_ASSISTANT
                          ? "of the assistant's"
                          : attachment_problem(p, image, js_get_c(root, "document"));
    if (why) {
        struct str text = left_out(p, image, why);
        return text.ptr ? add_text(p, m, text, err) : err_nomem(err);
    }
    struct block copy = *b;
    if (!image && p->rules->named_documents) {
        copy.raw = renamed_document(p, root);
    }
    return keep(m, copy.raw.ptr != NULL, copy, err);
}

/* One item of a tool's result, to OUT; nothing where nothing is left of it. */
static void
write_result_item(struct prepare *p, struct js_out *out, const struct js *item)
{
    const struct js *image = js_get_c(item, "image");
    const struct js *document = js_get_c(item, "document");
    const char *why = image || document ? attachment_problem(p, image, document) : NULL;
    if (why) {
        js_begin_object(out);
        js_put_str(out, "text", left_out(p, image, why));
        js_end_object(out);
    } else if (document && p->rules->named_documents) {
        js_add_raw(out, renamed_document(p, item));
    } else {
        prepare_write_item(out, item);
    }
}

static struct str
result_content(struct prepare *p, const struct js *content, bool error)
{
    AUTO(buf) struct buf buf;
    struct js_out out;
    buf_init(&buf, LIMIT_JSON_BYTES);
    js_out_init(&out, &buf);
    js_begin_array(&out);
    if (js_type(content) != JS_ARRAY) {
        prepare_write_item(&out, content);
    }
    for (size_t i = 0; i < js_count(content); i++) {
        write_result_item(p, &out, js_at(content, i));
    }
    if (error && buf.len == 1) {
        js_add_raw(&out, STR("{\"text\":\"The call failed, without a word.\"}"));
    }
    js_end_array(&out);
    return buf_to_arena(&buf, p->arena);
}

static int
add_tool_result(struct prepare *p, struct message *m, const struct block *b, struct str id,
                struct err *err)
{
    struct js *content = NULL;
    struct block copy = *b;
    p->has_tool_blocks = true;
    int result = b->plain ? 0 : js_parse(b->json, &p->scratch, &content, err);
    if (result == ERR_NOMEM) {
        return result;
    }
    bool sound = b->plain || (result == 0 && prepare_content_is_sound(content, b->error) &&
                              !rule_lone_surrogate(b->raw));
    if (sound && str_eq(id, b->tool_use_id)) {
        return keep(m, true, copy, err);
    }
    struct str json = sound ? b->json : result_content(p, content, b->error);
    bool made = json.ptr && block_tool_result(p->arena, id, json, b->error, &copy);
    return keep(m, made, copy, err);
}

static int
add_reasoning(struct prepare *p, struct message *m, const struct block *b, struct err *err)
{
    struct js *root = NULL;
    int result = js_parse(b->raw, &p->scratch, &root, err);
    if (result < 0) {
        return result == ERR_NOMEM ? result : 0;
    }
    bool sendable = m->role == ROLE_ASSISTANT && !rule_reasoning(p->rules, root);
    return sendable ? keep(m, true, *b, err) : 0;
}

static int
add_other(struct prepare *p, struct message *m, const struct block *b, struct err *err)
{
    struct block copy = *b;
    if (rule_cache_point(b) && m->count == 0) {
        return 0;
    }
    if (b->plain || !rule_lone_surrogate(b->raw)) {
        return keep(m, true, copy, err);
    }
    copy.raw = prepare_reparsed(b->raw, &p->scratch, p->arena);
    return keep(m, copy.raw.ptr != NULL, copy, err);
}

static int
add_block(struct prepare *p, const struct message *from, size_t i, struct str result_id,
          struct message *m, struct err *err)
{
    const struct block *b = &from->blocks[i];
    arena_clear(&p->scratch);
    switch (b->kind) {
    case BLOCK_TEXT:
        return rule_blank(b->text) ? 0 : add_other(p, m, b, err);
    case BLOCK_IMAGE:
    case BLOCK_DOCUMENT:
        return add_attachment(p, m, b, err);
    case BLOCK_TOOL_USE:
        return add_tool_use(p, m, b, err);
    case BLOCK_TOOL_RESULT:
        return add_tool_result(p, m, b, result_id, err);
    case BLOCK_REASONING:
        return add_reasoning(p, m, b, err);
    case BLOCK_OTHER:
        return add_other(p, m, b, err);
    }
    return err_set(err, ERR_BUG, "unknown kind of block");
}

/* ---- Messages --------------------------------------------------------------------------------*/

/* A message that has lost all its words still needs some. */
static int
add_missing_text(struct prepare *p, struct message *m, struct err *err)
{
    bool words = message_has(m, BLOCK_TEXT);
    if (m->count == 0) {
        return add_text(
            p, m, m->role == ROLE_USER ? STR("[Nothing readable.]") : STR("[No answer.]"), err);
    }
    if (!words && p->rules->named_documents && message_has(m, BLOCK_DOCUMENT)) {
        return add_text(p, m, STR("[The document is attached.]"), err);
    }
    return 0;
}

static int
prepare_message(struct prepare *p, const struct message *before, const struct message *prepared,
                const struct message *from, struct message *m, struct err *err)
{
    size_t images = prepare_count_images(from);
    p->images = images > p->rules->images_max ? images - p->rules->images_max : 0;
    *m = (struct message){.role = from->role, .id = from->id};
    m->blocks = arena_zero(p->arena, from->count + 1, sizeof(*m->blocks));
    if (!m->blocks) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < from->count; i++) {
        struct str id = from->blocks[i].kind == BLOCK_TOOL_RESULT
                            ? follow_id(before, prepared, from, i)
                            : (struct str){0};
        int result = add_block(p, from, i, id, m, err);
        if (result < 0) {
            return result;
        }
    }
    return add_missing_text(p, m, err);
}

static int
prepare_messages(struct prepare *p, const struct model_request *r, struct message **ret,
                 struct err *err)
{
    size_t documents = 0;
    for (size_t i = 0; i < r->message_count; i++) {
        documents += prepare_count_documents(&r->messages[i]);
    }
    p->documents = documents > p->rules->documents_max ? documents - p->rules->documents_max : 0;
    struct message *messages = arena_zero(p->arena, r->message_count + 1, sizeof(*messages));
    if (!messages) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < r->message_count; i++) {
        const struct message *before = i > 0 ? &r->messages[i - 1] : NULL;
        const struct message *prepared = i > 0 ? &messages[i - 1] : NULL;
        int result = prepare_message(p, before, prepared, &r->messages[i], &messages[i], err);
        if (result < 0) {
            return result;
        }
    }
    *ret = messages;
    return 0;
}

static int
prepare_request(const struct model_request *r, enum validate_dialect dialect,
                const struct tools_memo *memo, struct arena *arena, struct model_request *ret,
                struct err *err)
{
    struct prepare p = {.rules = dialect_rules(dialect), .arena = arena};
    struct model_request made = *r;
    struct message *messages = NULL;
    int result = prepare_messages(&p, r, &messages, err);
    if (result == 0) {
        result = prepare_tools(p.rules, r, p.has_tool_blocks, memo, arena, &made, err);
    }
    arena_done(&p.scratch);
    mem_free(p.ids.texts);
    mem_free(p.names.texts);
    if (result < 0) {
        return result;
    }
    made.messages = messages;
    made.system = rule_blank(r->system) ? (struct str){0} : prepare_utf8(arena, r->system);
    made.partial = prepare_utf8(arena, r->partial);
    if (arena->starved) {
        return err_nomem(err);
    }
    *ret = made;
    return 0;
}

int
request_prepare(const struct model_request *r, enum validate_dialect dialect, struct arena *arena,
                struct model_request *ret, struct err *err)
{
    return prepare_request(r, dialect, NULL, arena, ret, err);
}

/* What the memo knows was checked before; the tools of any other request are checked with it. */
int
request_ready(const struct model_request *r, enum validate_dialect dialect,
              const struct validate_caps *caps, struct tools_memo *memo, struct arena *arena,
              struct model_request *ret, struct err *err)
{
    struct model_request made;
    int result = prepare_request(r, dialect, memo, arena, &made, err);
    if (result < 0) {
        return result;
    }
    bool known = tools_memo_holds(memo, &made);
    result = validate_prepared(&made, dialect, caps, known, err);
    if (result < 0) {
        return result;
    }
    if (memo && !known && r->tool_count > 0 && !prepare_tools_withheld(dialect_rules(dialect), r)) {
        made.tools = tools_memo_learn(memo, r->tools, made.tools, made.tool_count);
    }
    *ret = made;
    return 0;
}

int
request_check(const struct model_request *r, enum validate_dialect dialect,
              const struct validate_caps *caps, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct model_request ready;
    return request_ready(r, dialect, caps, NULL, &arena, &ready, err);
}

size_t
request_size(const struct model_request *r)
{
    enum { EACH = 64, REST = 512 }; /* what the formats write around a block, and around all */
    size_t size = r->system.len + r->partial.len + REST;
    for (size_t i = 0; i < r->message_count; i++) {
        const struct message *m = &r->messages[i];
        for (size_t b = 0; b < m->count; b++) {
            size += m->blocks[b].raw.len + m->blocks[b].raw.len / 8 + EACH;
        }
    }
    for (size_t i = 0; i < r->tool_count; i++) {
        size += r->tools[i].name.len + r->tools[i].description.len + r->tools[i].schema.len + EACH;
    }
    return size;
}
