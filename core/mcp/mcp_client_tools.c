/* A server's list of tools, and what of it we take. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "mcp/mcp_client_inside.h"
#include "mcp/mcp_params.h"
#include "schema/schema.h"

enum {
    THEIR_NAME_MAX = 128, /* what the protocol allows */
    OUR_NAME_MAX = 64,    /* what every provider takes */
    HASH_DIGITS = 8,
    DESCRIPTION_MAX = 4000,
    SCHEMA_MAX = 16 * 1024, /* it goes to the model with each request */
};

static void
note(struct mcp_client *c, struct str tool, const char *why)
{
    struct err text;
    (void)err_set(&text, ERR_INVALID, "MCP server %s: its tool '%" STR_FMT "' is left out: %s",
                  c->name, STR_ARG(utf8_cut(tool, 60)), why);
    if (c->note_count == MCP_NOTES_MAX - 1) {
        (void)err_set(&text, ERR_INVALID,
                      "MCP server %s: too many of its tools are of no use: no more are looked at",
                      c->name);
    }
    if (c->note_count < MCP_NOTES_MAX) {
        (void)snprintf(c->notes[c->note_count++], sizeof(c->notes[0]), "%s", text.message);
    }
}

/* ---- One tool ---------------------------------------------------------------------------------*/

static bool
is_allowed(const struct mcp_client *c, struct str name)
{
    for (size_t i = 0; i < c->settings.allowed_count; i++) {
        if (str_eq(c->settings.allowed[i], name)) {
            return true;
        }
    }
    return c->settings.allowed == NULL;
}

static bool
is_name_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
           ch == '_' || ch == '-';
}

/* NAME_TOOL. What no provider takes becomes '_'; one that is too long ends in a hash of the whole.
 */
static struct str
our_name(struct mcp_client *c, struct str theirs)
{
    struct str name = arena_printf(&c->arena, "%s_%" STR_FMT, c->name, STR_ARG(theirs));
    char *text = (char *)name.ptr;
    for (size_t i = 0; text && i < name.len; i++) {
        text[i] = is_name_char(text[i]) ? text[i] : '_';
    }
    if (name.len > OUR_NAME_MAX) {
        name = arena_printf(&c->arena, "%" STR_FMT "_%0*x",
                            STR_ARG(str_sub(name, 0, OUR_NAME_MAX - HASH_DIGITS - 1)), HASH_DIGITS,
                            (unsigned)(str_hash(theirs) & 0xffffffff));
    }
    return name;
}

/* Its schema without "$schema", which some providers refuse; ptr NULL: it has none that could be
 * used, or memory ran out. */
static struct str
schema_text(const struct js *schema, struct arena *arena)
{
    AUTO(buf) struct buf b;
    struct js_out out;
    struct js_member member;
    buf_init(&b, SCHEMA_MAX);
    js_out_init(&out, &b);
    js_begin_object(&out);
    for (struct js_iter it = js_iter(schema); js_next(&it, &member);) {
        if (!str_eq_c(member.key, "$schema")) {
            js_key(&out, member.key);
            js_add_value(&out, member.value);
        }
    }
    js_end_object(&out);
    return buf_to_arena(&b, arena);
}

/* What a server says of itself. It is believed where that harms nobody but its own customers: a
 * read may be tried again. */
static enum tool_effect
effect_of(const struct js *tool)
{
    const struct js *hints = js_get_c(tool, "annotations");
    if (js_get_bool(hints, "readOnlyHint", false)) {
        return EFFECT_READ;
    }
    return js_get_bool(hints, "destructiveHint", false) ? EFFECT_IRREVERSIBLE : EFFECT_WRITE;
}

static struct str
description_of(const struct mcp_client *c, const struct js *tool, struct arena *arena)
{
    struct str said = js_get_text(tool, "description");
    said = utf8_cut(str_trim(utf8_for_terminal(arena, said)), DESCRIPTION_MAX);
    return arena_printf(arena, "[MCP server %s] %" STR_FMT, c->name, STR_ARG(said));
}

static int
check_tool(const struct js *tool, struct err *err)
{
    struct str name = js_get_text(tool, "name");
    const struct js *schema = js_get_c(tool, "inputSchema");
    const struct js *execution = js_get_c(tool, "execution");
    if (name.len == 0 || name.len > THEIR_NAME_MAX || !utf8_valid(name)) {
        return err_set(err, ERR_INVALID, "a name is 1 to %d bytes", THEIR_NAME_MAX);
    }
    if (js_type(schema) != JS_OBJECT || !str_eq_c(js_get_text(schema, "type"), "object")) {
        return err_set(err, ERR_INVALID, "its inputSchema does not describe an object");
    }
    if (str_eq_c(js_get_text(execution, "taskSupport"), "required")) {
        return err_set(err, ERR_INVALID, "it can only be called as a task, which is not done here");
    }
    return 0;
}

/* ---- Taking one -------------------------------------------------------------------------------*/

/* Do annotated arguments have headers of their own? */
static bool
speaks_heads(const struct mcp_client *c)
{
    return c->link->ops->apart && c->era == MCP_ERA_MODERN;
}

/* What TOOL is, in ARENA: everything but the source and our name. */
static int
read_tool(const struct mcp_client *c, const struct js *tool, struct arena *arena,
          struct tool_def *ret, struct err *err)
{
    int result = check_tool(tool, err);
    if (result < 0) {
        return result;
    }
    *ret = (struct tool_def){
        .description = description_of(c, tool, arena),
        .schema_text = schema_text(js_get_c(tool, "inputSchema"), arena),
        .effect = effect_of(tool),
        .timeout_ms = c->settings.timeout_ms,
        .parallel = true,
    };
    if (speaks_heads(c)) {
        result = mcp_params_check(js_get_c(tool, "inputSchema"), err);
    }
    if (result < 0) {
        return result;
    }
    if (!ret->schema_text.ptr) {
        return err_set(err, ERR_LIMIT, "its inputSchema is longer than %d KiB", SCHEMA_MAX / 1024);
    }
    return ret->description.ptr ? 0 : err_nomem(err);
}

static struct mcp_tool *
find(struct mcp_client *c, struct str theirs)
{
    for (size_t i = 0; i < c->tool_count; i++) {
        if (str_eq(c->tools[i]->theirs, theirs)) {
            return c->tools[i];
        }
    }
    return NULL;
}

/* Into the registry, from where it never goes. */
static int
add(struct mcp_client *c, struct str theirs, const struct tool_def *def, struct err *err)
{
    if (c->tool_count >= MCP_TOOLS_MAX) {
        return err_set(err, ERR_LIMIT, "a server brings at most %d tools", MCP_TOOLS_MAX);
    }
    AUTO(schema) struct schema *schema = NULL;
    int result = schema_compile(def->schema_text, &schema, err);
    if (result < 0) {
        return err_wrap(err, "inputSchema");
    }
    struct mcp_tool *tool = arena_zero(&c->arena, 1, sizeof(*tool));
    if (!tool) {
        return err_nomem(err);
    }
    tool->theirs = arena_str(&c->arena, theirs);
    tool->def = *def;
    tool->def.name = our_name(c, theirs);
    tool->def.description = arena_str(&c->arena, def->description);
    tool->def.schema_text = arena_str(&c->arena, def->schema_text);
    tool->def.schema = schema;
    tool->def.plugin = str_c(c->label);
    tool->def.untrusted = true;
    tool->def.source = &c->source;
    tool->def.source_data = tool;
    tool->listing = c->listing;
    tool->annotated =
        speaks_heads(c) && str_find(def->schema_text, STR("x-mcp-header"), 0) != SIZE_MAX;
    if (!tool->theirs.ptr || !tool->def.name.ptr || !tool->def.description.ptr ||
        !tool->def.schema_text.ptr) {
        return err_nomem(err);
    }
    result = tool_registry_add(c->registry, &tool->def, err);
    if (result == 0) {
        c->tools[c->tool_count++] = tool;
        (void)TAKE(schema);
    }
    return result;
}

/* One we have: is it still what it was? */
static void
see_again(struct mcp_client *c, struct mcp_tool *tool, const struct tool_def *def)
{
    bool changed = !str_eq(tool->def.description, def->description) ||
                   !str_eq(tool->def.schema_text, def->schema_text) ||
                   tool->def.effect != def->effect;
    if (changed && !tool->changed) {
        log_line(LOG_WARN, "mcp", STR(""), "%s changed its tool %" STR_FMT ": it is not used",
                 c->name, STR_ARG(tool->def.name));
    }
    tool->changed = changed;
    tool->listing = c->listing;
}

static void
take_tool(struct mcp_client *c, const struct js *js)
{
    AUTO(arena) struct arena scratch = {0};
    struct tool_def def;
    struct err err;
    struct str theirs = js_get_text(js, "name");
    struct mcp_tool *known = find(c, theirs);
    if (!is_allowed(c, theirs)) {
        return;
    }
    if (known && known->listing == c->listing) {
        note(c, theirs, "the server lists it twice; the first one counts");
        return;
    }
    int result = read_tool(c, js, &scratch, &def, &err);
    if (result == 0 && known) {
        see_again(c, known, &def);
        return;
    }
    result = result == 0 ? add(c, theirs, &def, &err) : result;
    if (result < 0) {
        note(c, theirs, err.message);
    }
}

/* ---- A listing --------------------------------------------------------------------------------*/

void
mcp_client_list_begin(struct mcp_client *c)
{
    c->listing++;
    c->pages = 0;
    c->note_count = 0;
}

void
mcp_client_list_page(struct mcp_client *c, const struct js *page)
{
    const struct js *tools = js_get_c(page, "tools");
    size_t count = js_type(tools) == JS_ARRAY ? js_count(tools) : 0;
    for (size_t i = 0; i < count && c->note_count < MCP_NOTES_MAX; i++) {
        take_tool(c, js_at(tools, i));
    }
}

void
mcp_client_list_end(struct mcp_client *c)
{
    for (size_t i = 0; i < c->settings.allowed_count; i++) {
        const struct mcp_tool *tool = find(c, c->settings.allowed[i]);
        if (!tool || tool->listing != c->listing) {
            note(c, c->settings.allowed[i], "the server does not offer it");
        }
    }
    for (size_t i = 0; i < c->note_count; i++) {
        log_line(LOG_INFO, "mcp", STR(""), "%s", c->notes[i]);
    }
}

struct str
mcp_client_tool_trouble(const struct mcp_client *c, const struct mcp_tool *tool)
{
    if (tool->changed) {
        return STR("its server has changed what it is since the desk started");
    }
    /* What is being listed just now counts as listed. */
    return c->state == MCP_READY && c->asked == 0 && tool->listing != c->listing
               ? STR("its server does not offer it any more")
               : (struct str){0};
}
