#include "model/validate_params.h"

#include "base/json.h"
#include "base/utf8.h"
#include "model/rules.h"
#include "model/validate.h"

static int
refuse(const struct dialect_rules *rules, const char *why, struct err *err)
{
    return err_set(err, ERR_INVALID, "%s (%s would refuse it)", why, rules->name);
}

static int
check_tool(const struct dialect_rules *rules, const struct model_tool *t, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct js *schema;
    if (!rule_tool_name(rules, t->name)) {
        return err_set(err, ERR_INVALID, "the name is not 1 to %zu of letters, digits, _ and -",
                       rules->tool_name_max);
    }
    if (t->description.len > 0 && (rule_blank(t->description) || !utf8_valid(t->description))) {
        return refuse(rules, "the description is blank, or no UTF-8", err);
    }
    int result = js_parse(t->schema, &scratch, &schema, err);
    if (result < 0) {
        return err_wrap(err, "the schema");
    }
    const char *why = rule_schema(rules, schema);
    why = !why && rule_lone_surrogate(t->schema) ? "half a character (a lone surrogate)" : why;
    return why ? err_set(err, ERR_INVALID, "the schema: %s", why) : 0;
}

static int
check_tools(const struct dialect_rules *rules, const struct model_request *r, struct err *err)
{
    for (size_t i = 0; i < r->tool_count; i++) {
        int result = check_tool(rules, &r->tools[i], err);
        for (size_t k = 0; result == 0 && k < i; k++) {
            if (str_eq(r->tools[i].name, r->tools[k].name)) {
                result = err_set(err, ERR_INVALID, "two tools have this name");
            }
        }
        if (result < 0) {
            return err_wrap(err, "tool '%" STR_FMT "'", STR_ARG(r->tools[i].name));
        }
    }
    return 0;
}

static int
check_choice(const struct dialect_rules *rules, const struct model_request *r, struct err *err)
{
    struct str choice = r->params.tool_choice;
    if (choice.len == 0 || str_eq_c(choice, "auto")) {
        return 0;
    }
    if (str_eq_c(choice, "none") && (rules->says_none || r->tool_count == 0)) {
        return 0;
    }
    for (size_t i = 0; i < r->tool_count; i++) {
        if (str_eq_c(choice, "any") || str_eq(choice, r->tools[i].name)) {
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "tool_choice '%" STR_FMT "' is no tool that is offered",
                   STR_ARG(choice));
}

static int
check_sampling(const struct dialect_rules *rules, const struct model_params *p,
               const struct validate_caps *caps, struct err *err)
{
    if (caps->no_sampling && (p->has_temperature || p->has_top_p)) {
        return refuse(rules, "temperature and top_p are not for this model: leave them out", err);
    }
    if (caps->one_sampling && p->has_temperature && p->has_top_p) {
        return refuse(rules, "temperature and top_p are not for this model together", err);
    }
    if (p->has_temperature && !(p->temperature >= 0 && p->temperature <= rules->temperature_max)) {
        return err_set(err, ERR_INVALID, "temperature is not between 0 and %g",
                       rules->temperature_max);
    }
    if (p->has_top_p && !(p->top_p >= 0 && p->top_p <= 1)) {
        return err_set(err, ERR_INVALID, "top_p is not between 0 and 1");
    }
    return 0;
}

int
validate_params(const struct model_request *r, const struct dialect_rules *rules,
                const struct validate_caps *caps, bool known_tools, struct err *err)
{
    const struct model_params *p = &r->params;
    if (p->max_tokens < 0) {
        return err_set(err, ERR_INVALID, "max_tokens is less than 1");
    }
    if (rules->stop_max > 0 && p->stop_count > rules->stop_max) {
        return err_set(err, ERR_INVALID, "more than %zu stop sequences", rules->stop_max);
    }
    for (size_t i = 0; i < p->stop_count; i++) {
        bool blank = rules->blank_stops ? p->stop[i].len == 0 : rule_blank(p->stop[i]);
        if (blank || !utf8_valid(p->stop[i])) {
            return refuse(rules, "a stop sequence is blank, or no UTF-8", err);
        }
    }
    if (!utf8_valid(r->system) || !utf8_valid(r->partial)) {
        return refuse(rules, "the system prompt is no UTF-8", err);
    }
    int result = known_tools ? 0 : check_tools(rules, r, err);
    result = result < 0 ? result : check_sampling(rules, p, caps, err);
    return result < 0 ? result : check_choice(rules, r, err);
}
