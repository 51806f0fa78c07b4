#include "mcp_listing.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "mcp/mcp_client.h"
#include "mcp_servers.h"
#include "term.h"
#include "tool/tool.h"

/* The INDEX-th tool of the server; NULL past the end. */
static const struct tool_def *
tool_of(const struct tool_registry *tools, const struct mcp_listed *l, size_t index)
{
    for (size_t i = 0; l->client && i < tool_count(tools); i++) {
        const struct tool_def *def = tool_at(tools, i);
        if (str_eq(def->plugin, mcp_client_label(l->client)) && index-- == 0) {
            return def;
        }
    }
    return NULL;
}

struct str
mcp_listing_trouble(const struct mcp_listed *l)
{
    if (!l->client) {
        return STR("");
    }
    if (!mcp_client_settled(l->client)) {
        return STR("it took too long to start");
    }
    struct str trouble = mcp_client_trouble(l->client);
    return trouble.len ? trouble : mcp_client_fault(l->client);
}

static struct str
version_of(const struct mcp_listed *l)
{
    return l->client ? mcp_client_version(l->client) : STR("");
}

static void
put_tools(struct js_out *out, const struct tool_registry *tools, const struct mcp_listed *l)
{
    const struct tool_def *def;
    js_key(out, STR("tools"));
    js_begin_array(out);
    for (size_t i = 0; (def = tool_of(tools, l, i)) != NULL; i++) {
        js_begin_object(out);
        js_put_str(out, "name", def->name);
        js_put_str(out, "effect", tool_effect_name(def->effect));
        js_put_str(out, "description", def->description);
        js_put_int(out, "timeout_ms", def->timeout_ms);
        js_put_bool(out, "parallel", def->parallel);
        js_end_object(out);
    }
    js_end_array(out);
}

void
mcp_listing_json(const struct mcp_servers *s, const struct tool_registry *tools, struct buf *text)
{
    struct mcp_listed l;
    struct str note;
    for (size_t i = 0; mcp_servers_at(s, i, &l); i++) {
        struct js_out out;
        js_out_init(&out, text);
        js_begin_object(&out);
        js_put_str(&out, "name", l.name);
        js_put_str_or_null(&out, "version", version_of(&l));
        js_put_str_or_null(&out, "description", l.client ? mcp_client_title(l.client) : STR(""));
        js_put_str(&out, "command", l.command);
        js_put_bool(&out, "enabled", l.client != NULL);
        js_put_str(&out, "isolation", STR("mcp"));
        put_tools(&out, tools, &l);
        js_put_str_or_null(&out, "trouble", mcp_listing_trouble(&l));
        js_key(&out, STR("left_out"));
        js_begin_array(&out);
        for (size_t j = 0; l.client && mcp_client_note(l.client, j, &note); j++) {
            js_add_str(&out, note);
        }
        js_end_array(&out);
        js_end_object(&out);
        buf_add_char(text, '\n');
    }
}

static struct str
tools_cell(const struct tool_registry *tools, const struct mcp_listed *l, struct arena *arena)
{
    AUTO(buf) struct buf text;
    const struct tool_def *def;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; (def = tool_of(tools, l, i)) != NULL; i++) {
        struct str effect = tool_effect_name(def->effect);
        buf_printf(&text, "%s%" STR_FMT " (%" STR_FMT ")", i ? ", " : "", STR_ARG(def->name),
                   STR_ARG(effect));
    }
    return text.len ? buf_to_arena(&text, arena) : STR("-");
}

void
mcp_listing_rows(const struct mcp_servers *s, const struct tool_registry *tools,
                 struct term_table *table, struct arena *arena)
{
    struct mcp_listed l;
    for (size_t i = 0; mcp_servers_at(s, i, &l); i++) {
        struct str state = mcp_listing_trouble(&l).len ? STR("trouble")
                           : l.client                  ? STR("on")
                                                       : STR("off");
        struct str version = version_of(&l);
        term_table_add(table, (struct str[]){l.name, version.len ? version : STR("-"), state,
                                             tools_cell(tools, &l, arena), l.command});
    }
}

void
mcp_listing_troubles(const struct mcp_servers *s)
{
    struct mcp_listed l;
    struct str note;
    for (size_t i = 0; mcp_servers_at(s, i, &l); i++) {
        struct str trouble = mcp_listing_trouble(&l);
        if (trouble.len) {
            struct err err;
            (void)err_set(&err, ERR_PLUGIN, "%" STR_FMT ": %" STR_FMT, STR_ARG(l.name),
                          STR_ARG(trouble));
            term_error(&err);
        }
        for (size_t j = 0; l.client && mcp_client_note(l.client, j, &note); j++) {
            (void)fprintf(stderr, "%" STR_FMT "\n", STR_ARG(note));
        }
    }
}
