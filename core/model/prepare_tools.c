#include "model/prepare_tools.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/prepare_json.h"
#include "model/rules.h"
#include "model/tools_memo.h"

/* ---- Schemas ---------------------------------------------------------------------------------*/

static const char *const composing[] = {"oneOf", "anyOf", "allOf"};
enum { COMPOSING_COUNT = sizeof(composing) / sizeof(composing[0]) };

/* Has an earlier property list of ROOT this name: its own, or one of branch N's predecessors? */
static bool
has_property(const struct js *root, struct str name, size_t keyword, size_t branch)
{
    if (js_has(js_get_c(root, "properties"), name)) {
        return true;
    }
    for (size_t k = 0; k <= keyword; k++) {
        const struct js *branches = js_get_c(root, composing[k]);
        size_t count = k == keyword ? branch : js_count(branches);
        for (size_t i = 0; i < count; i++) {
            if (js_has(js_get_c(js_at(branches, i), "properties"), name)) {
                return true;
            }
        }
    }
    return false;
}

static void
write_branches(struct js_out *out, const struct dialect_rules *rules, const struct js *root,
               size_t keyword)
{
    struct js_member member;
    const struct js *branches = js_get_c(root, composing[keyword]);
    for (size_t i = 0; js_type(branches) == JS_ARRAY && i < js_count(branches); i++) {
        const struct js *properties = js_get_c(js_at(branches, i), "properties");
        for (struct js_iter it = js_iter(properties); js_next(&it, &member);) {
            bool plain = !rules->plain_properties || rule_property_name(member.key);
            if (plain && !has_property(root, member.key, keyword, i)) {
                js_key(out, member.key);
                js_add_value(out, member.value);
            }
        }
    }
}

static void
write_properties(struct js_out *out, const struct dialect_rules *rules, const struct js *root)
{
    struct js_member member;
    js_key(out, STR("properties"));
    js_begin_object(out);
    for (struct js_iter it = js_iter(js_get_c(root, "properties")); js_next(&it, &member);) {
        js_key(out, member.key);
        js_add_value(out, member.value);
    }
    for (size_t k = 0; k < COMPOSING_COUNT; k++) {
        write_branches(out, rules, root, k);
    }
    js_end_object(out);
}

static void
write_root(struct js_out *out, const struct dialect_rules *rules, const struct js *root)
{
    static const char *const dropped[] = {"type",  "properties", "oneOf", "anyOf",
                                          "allOf", "not",        "enum"};
    struct js_member member;
    js_begin_object(out);
    js_put_str(out, "type", STR("object"));
    write_properties(out, rules, root);
    for (struct js_iter it = js_iter(root); js_next(&it, &member);) {
        bool kept = true;
        for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
            kept = kept && !str_eq_c(member.key, dropped[i]);
        }
        if (kept) {
            js_key(out, member.key);
            js_add_value(out, member.value);
        }
    }
    js_end_object(out);
}

/* SCHEMA as all APIs want its root: a plain object. What a composed root names in its branches
 * becomes optional properties; the tool's own check still knows the rest. */
static struct str
prepare_schema(const struct dialect_rules *rules, struct arena *scratch, struct arena *arena,
               struct str schema)
{
    struct js *root = NULL;
    int result = rule_blank(schema) ? 0 : js_parse(schema, scratch, &root, &(struct err){0});
    if (result < 0) {
        return result == ERR_NOMEM ? (struct str){0} : schema; /* validate_request() refuses it */
    }
    bool other = js_has(root, STR("type")) && js_type(js_get_c(root, "type")) == JS_STRING &&
                 !str_eq_c(js_get_text(root, "type"), "object");
    bool sound = !rule_schema(rules, root) && !rule_lone_surrogate(schema);
    if (sound || other || (root && js_type(root) != JS_OBJECT)) {
        return schema;
    }
    AUTO(buf) struct buf buf;
    struct js_out out;
    buf_init(&buf, LIMIT_JSON_BYTES);
    js_out_init(&out, &buf);
    write_root(&out, rules, root);
    return buf_to_arena(&buf, arena);
}

/* ---- Tools -----------------------------------------------------------------------------------*/

static const struct model_tool placeholder = {
    .name = STR_INIT(PLACEHOLDER_TOOL),
    .description = STR_INIT("No tool is available at the moment. Never call this."),
    .schema = STR_INIT("{\"type\":\"object\",\"properties\":{}}"),
};

bool
prepare_tools_withheld(const struct dialect_rules *rules, const struct model_request *r)
{
    return str_eq_c(r->params.tool_choice, "none") && !rules->says_none;
}

static int
mend_tools(const struct dialect_rules *rules, const struct model_request *r, struct arena *arena,
           struct model_request *ret, struct err *err)
{
    struct model_tool *tools = arena_zero(arena, r->tool_count, sizeof(*tools));
    if (!tools) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < r->tool_count; i++) {
        AUTO(arena) struct arena scratch = {0};
        tools[i] = r->tools[i];
        tools[i].schema = prepare_schema(rules, &scratch, arena, r->tools[i].schema);
        tools[i].description = rule_blank(tools[i].description)
                                   ? (struct str){0}
                                   : prepare_utf8(arena, tools[i].description);
        if (!tools[i].schema.ptr) {
            return err_nomem(err);
        }
    }
    ret->tools = tools;
    return 0;
}

int
prepare_tools(const struct dialect_rules *rules, const struct model_request *r,
              bool has_tool_blocks, const struct tools_memo *memo, struct arena *arena,
              struct model_request *ret, struct err *err)
{
    ret->tool_count = prepare_tools_withheld(rules, r) ? 0 : r->tool_count;
    if (ret->tool_count == 0) {
        bool stand_in = has_tool_blocks && rules->needs_tools;
        ret->params.tool_choice = stand_in && rules->says_none ? STR("none") : (struct str){0};
        ret->tools = stand_in ? &placeholder : NULL;
        ret->tool_count = stand_in;
        return 0;
    }
    ret->tools = tools_memo_find(memo, r->tools, r->tool_count);
    return ret->tools ? 0 : mend_tools(rules, r, arena, ret, err);
}
