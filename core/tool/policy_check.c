/* Do the rules make sense for the tools there are? */
#include "base/json.h"
#include "tool/policy_rules.h"
#include "tool/policy_summary.h"
#include "tool/registry.h"

static int
check_name(const struct policy_rule *rule, const struct tool_registry *r,
           const struct tool_latecomers *late, struct err *err)
{
    if (tool_find(r, rule->name) || (late && late->may_come(late->arg, rule->name))) {
        return 0;
    }
    struct str near = tool_nearest(r, rule->name);
    return err_set(err, ERR_INVALID,
                   "policy.%" STR_FMT ": no plugin, command or MCP server of this desk brings a "
                   "tool of that name%s%" STR_FMT "%s",
                   STR_ARG(rule->name), near.len ? ": did you mean " : "", STR_ARG(near),
                   near.len ? "?" : ": remove the rule");
}

/* Are the arguments of the tool all among its schema's properties? */
static bool
is_closed(const struct js *schema)
{
    static const char *const others[] = {"$ref", "allOf", "anyOf", "oneOf", "patternProperties",
                                         "if"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (js_has(schema, str_c(others[i]))) {
            return false;
        }
    }
    return js_type(js_get_c(schema, "properties")) == JS_OBJECT;
}

/* An argument that does not exist would be "(not given)" to whoever has to agree. */
static int
check_confirm(const struct policy_rule *rule, const struct tool_def *def, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct str rest = rule->confirm;
    struct str words;
    struct str name;
    struct js *schema = NULL;
    if (rest.len == 0) {
        return 0;
    }
    int result = js_parse(def->schema_text, &scratch, &schema, err);
    if (result < 0 || !is_closed(schema)) {
        return result;
    }
    const struct js *properties = js_get_c(schema, "properties");
    while (policy_template_next(&rest, &words, &name)) {
        if (name.len && !js_has(properties, name)) {
            return err_set(err, ERR_INVALID,
                           "policy.%" STR_FMT ".confirm: {%" STR_FMT "}: the tool has no such "
                           "argument",
                           STR_ARG(rule->name), STR_ARG(str_sub(name, 0, 64)));
        }
    }
    return 0;
}

static int
check_tool(const struct tool_policy *p, const struct tool_def *def, struct err *err)
{
    const struct policy_rule *rule = policy_rule_of(p, def->name);
    if (def->effect == EFFECT_IRREVERSIBLE && rule->approval == APPROVAL_NOBODY) {
        return err_set(err, ERR_INVALID,
                       "policy.%" STR_FMT ".approval: none: what %" STR_FMT " does cannot be "
                       "undone, so it needs customer or agent",
                       STR_ARG(rule->name), STR_ARG(def->name));
    }
    return check_confirm(rule, def, err);
}

int
tool_policy_check(const struct tool_policy *p, const struct tool_registry *r,
                  const struct tool_latecomers *late, struct err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < p->count; i++) {
        result = check_name(&p->rules[i], r, late, err);
    }
    for (size_t i = 0; result == 0 && i < tool_count(r); i++) {
        result = check_tool(p, tool_at(r, i), err);
    }
    return result;
}
