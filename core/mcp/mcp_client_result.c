/* What a tool's answer becomes: its text, for dispatch to put behind a fence (base/fence.h). What
 * is no text is named in a line. An answer is cut, not refused: the beginning of a long one is
 * better than none. */
#include <inttypes.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "mcp/mcp_client_inside.h"

enum {
    /* Written as JSON it is twice as long at most, and the fence's words stand around it. */
    TEXT_MAX = LIMIT_TOOL_RESULT_BYTES / 2 - 4096,
    ERROR_TEXT_MAX = 3000, /* dispatch cuts errors at 4000 */
    PART_MAX = 300,        /* of a name, a link or a type within a line */
    PARTS_MAX = 1000,
};

/* TEXT clean and within MAX bytes; ptr NULL when memory ran out. */
static struct str
bounded(struct str text, size_t max, struct arena *arena)
{
    struct str clean = text.len ? utf8_for_terminal(arena, text) : STR("");
    struct str kept = utf8_cut(clean, max);
    return kept.len == clean.len
               ? clean
               : arena_printf(arena, "%" STR_FMT "\n[%zu bytes more were left out]", STR_ARG(kept),
                              clean.len - kept.len);
}

/* ---- The parts of an answer -------------------------------------------------------------------*/

static void
add_named(struct buf *b, const char *what, struct str type, struct str name)
{
    type = utf8_cut(type, PART_MAX);
    name = utf8_cut(name, PART_MAX);
    buf_printf(b, "[%s%s%" STR_FMT "%s%" STR_FMT "]", what, type.len ? " of type " : "",
               STR_ARG(type), name.len ? ": " : "", STR_ARG(name));
}

static void
add_resource(struct buf *b, const struct js *resource)
{
    struct str uri = js_get_text(resource, "uri");
    if (js_has(resource, STR("text"))) {
        add_named(b, "the resource", js_get_text(resource, "mimeType"), uri);
        buf_add_c(b, "\n");
        buf_add(b, js_get_text(resource, "text"));
    } else {
        add_named(b, "a resource that is no text", js_get_text(resource, "mimeType"), uri);
    }
}

static void
add_part(struct buf *b, const struct js *part)
{
    struct str type = js_get_text(part, "type");
    struct str mime = js_get_text(part, "mimeType");
    if (str_eq_c(type, "text")) {
        buf_add(b, js_get_text(part, "text"));
    } else if (str_eq_c(type, "image")) {
        add_named(b, "an image, not shown", mime, STR(""));
    } else if (str_eq_c(type, "audio")) {
        add_named(b, "a sound, not played", mime, STR(""));
    } else if (str_eq_c(type, "resource_link")) {
        add_named(b, "a link", mime, js_get_text(part, "uri"));
    } else if (str_eq_c(type, "resource")) {
        add_resource(b, js_get_c(part, "resource"));
    } else {
        add_named(b, "something unknown", type, STR(""));
    }
}

/* The text of RESULT, in ARENA; ptr NULL when memory ran out. */
static struct str
result_text(const struct js *result, struct arena *arena)
{
    AUTO(buf) struct buf b;
    const struct js *content = js_get_c(result, "content");
    size_t count = js_type(content) == JS_ARRAY ? js_count(content) : 0;
    buf_init(&b, MCP_LINE_MAX * 2);
    for (size_t i = 0; i < count && i < PARTS_MAX; i++) {
        buf_add_c(&b, i ? "\n" : "");
        add_part(&b, js_at(content, i));
    }
    if (count > PARTS_MAX) {
        buf_printf(&b, "\n[%zu parts more were left out]", count - PARTS_MAX);
    }
    if (str_trim(buf_str(&b)).len == 0 && js_has(result, STR("structuredContent"))) {
        struct js_out out;
        buf_clear(&b);
        js_out_init(&out, &b);
        js_add_value(&out, js_get_c(result, "structuredContent"));
    }
    return b.failed ? (struct str){0} : b.len ? buf_to_arena(&b, arena) : STR("");
}

/* ---- The answer as a whole --------------------------------------------------------------------*/

static struct tool_result
failure(const char *code, struct str message)
{
    return (struct tool_result){
        .status = TOOL_ERROR,
        .error_code = str_c(code),
        .message = message.ptr ? message : STR("the tool failed, and memory ran out telling why"),
    };
}

static struct tool_result
success(struct str text, struct arena *arena)
{
    AUTO(buf) struct buf b;
    struct js_out out;
    buf_init(&b, LIMIT_TOOL_RESULT_BYTES * 2);
    js_out_init(&out, &b);
    js_add_str(&out, text);
    struct str json = buf_to_arena(&b, arena);
    return json.ptr ? (struct tool_result){.status = TOOL_OK, .json = json}
                    : failure("nomem", (struct str){0});
}

static struct tool_result
answered(const struct tool_def *def, const struct mcp_message *answer, struct arena *arena)
{
    struct str name = def->name;
    struct str how = js_get_text(answer->result, "resultType");
    if (answer->kind == MCP_ERROR) {
        struct str words = bounded(answer->words, ERROR_TEXT_MAX, arena);
        return failure("remote", arena_printf(arena,
                                              "%" STR_FMT " was refused by its server (error "
                                              "%" PRId64 ").\n%" STR_FMT,
                                              STR_ARG(name), answer->code, STR_ARG(words)));
    }
    if (how.len && !str_eq_c(how, "complete")) {
        return failure("remote",
                       arena_printf(arena,
                                    "%" STR_FMT " wants to ask back (%" STR_FMT "), which cannot "
                                    "be done here. Do without it.",
                                    STR_ARG(name), STR_ARG(utf8_cut(how, PART_MAX))));
    }
    if (js_type(js_get_c(answer->result, "content")) != JS_ARRAY &&
        !js_has(answer->result, STR("structuredContent"))) {
        return failure("plugin_fault", arena_printf(arena,
                                                    "%" STR_FMT " answered something else than a "
                                                    "result. It is broken; do without it.",
                                                    STR_ARG(name)));
    }
    struct str text = result_text(answer->result, arena);
    bool failed = js_get_bool(answer->result, "isError", false);
    struct str said = bounded(text, failed ? ERROR_TEXT_MAX : TEXT_MAX, arena);
    if (!text.ptr || !said.ptr) {
        return failure("nomem", (struct str){0});
    }
    return failed ? failure("tool_error", said) : success(said, arena);
}

struct tool_result
mcp_client_result(const struct mcp_client *c, const struct tool_def *def,
                  const struct mcp_message *answer, struct arena *arena)
{
    struct tool_result result = answered(def, answer, arena);
    result.untrusted = true;
    result.source = arena_printf(arena, "What the MCP server %s answered", c->name);
    return result;
}
