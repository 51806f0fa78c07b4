#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "command_tools.h"
#include "term.h"

void
command_tools_json(const struct command_tools *t, struct buf *text)
{
    struct command_listed l;
    for (size_t i = 0; command_tools_at(t, i, &l); i++) {
        struct js_out out;
        js_out_init(&out, text);
        js_begin_object(&out);
        js_put_str(&out, "name", l.def.name);
        js_put_null(&out, "version");
        js_put_str(&out, "description", l.def.description);
        js_put_str(&out, "command", l.line);
        js_put_bool(&out, "enabled", l.enabled);
        js_put_str(&out, "isolation", STR("command"));
        js_key(&out, STR("tools"));
        js_begin_array(&out);
        if (l.command) {
            js_begin_object(&out);
            js_put_str(&out, "name", l.def.name);
            js_put_str(&out, "effect", tool_effect_name(l.def.effect));
            js_put_str(&out, "description", l.def.description);
            js_put_int(&out, "timeout_ms", l.def.timeout_ms);
            js_put_bool(&out, "parallel", l.def.parallel);
            js_end_object(&out);
        }
        js_end_array(&out);
        js_put_str_or_null(&out, "trouble", l.trouble);
        js_end_object(&out);
        buf_add_char(text, '\n');
    }
}

void
command_tools_rows(const struct command_tools *t, struct term_table *table, struct arena *arena)
{
    struct command_listed l;
    for (size_t i = 0; command_tools_at(t, i, &l); i++) {
        struct str state = l.trouble.len ? STR("trouble") : l.enabled ? STR("on") : STR("off");
        struct str effect = tool_effect_name(l.def.effect);
        struct str tools = STR("-");
        if (l.command) {
            tools = arena_printf(arena, "%" STR_FMT " (%" STR_FMT ")", STR_ARG(l.def.name),
                                 STR_ARG(effect));
        }
        term_table_add(table, (struct str[]){l.def.name, STR("command"), state, tools, l.line});
    }
}

void
command_tools_troubles(const struct command_tools *t)
{
    struct command_listed l;
    for (size_t i = 0; command_tools_at(t, i, &l); i++) {
        if (l.trouble.len) {
            struct err err;
            (void)err_set(&err, ERR_PLUGIN, "%" STR_FMT ": %" STR_FMT, STR_ARG(l.def.name),
                          STR_ARG(l.trouble));
            term_error(&err);
        }
    }
}
