#include "tool/policy.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/tz.h"
#include "config/config.h"
#include "tool/policy_hours.h"
#include "tool/policy_rules.h"

enum {
    NAME_BYTES = 64, /* of a tool */
    APPROVAL_LEAST_MS = 60 * 1000,
    APPROVAL_MOST_MS = 7 * 24 * 60 * 60 * 1000,
};

void
tool_policy_free(struct tool_policy *p)
{
    if (p) {
        arena_done(&p->arena);
        mem_free(p);
    }
}

/* ---- Reading one rule -------------------------------------------------------------------------*/

struct reading {
    struct tool_policy *policy;
    struct policy_rule *rule;
    const struct js *from;
};

static int
refuse(const struct reading *r, const char *member, const char *why, struct err *err)
{
    return err_set(err, ERR_INVALID, "policy.%" STR_FMT ".%s: %s",
                   STR_ARG(str_sub(r->rule->name, 0, NAME_BYTES)), member, why);
}

static bool
is_for_all(const struct policy_rule *rule)
{
    return str_eq(rule->name, STR("*"));
}

static int
read_prompts(const struct reading *r, struct err *err)
{
    const struct js *list = js_get_c(r->from, "prompts");
    size_t count = js_count(list);
    if (!list) {
        return 0;
    }
    struct str *names = arena_zero(&r->policy->arena, count + 1, sizeof(*names));
    for (size_t i = 0; names && i < count; i++) {
        names[i] = arena_str(&r->policy->arena, js_text(js_at(list, i)));
        if (!names[i].ptr) {
            return err_nomem(err);
        }
    }
    r->rule->prompts = names;
    r->rule->prompt_count = count;
    return names ? 0 : err_nomem(err);
}

static int
read_limit(const struct reading *r, const char *member, int64_t *ret, struct err *err)
{
    const struct js *value = js_get_c(r->from, member);
    if (!value) {
        return 0;
    }
    *ret = js_int(value, 0);
    return *ret >= 1 ? 0 : refuse(r, member, "is not a whole number above 0", err);
}

static int
read_limits(const struct reading *r, struct err *err)
{
    int result = read_limit(r, "per_minute", &r->rule->per_minute, err);
    result = result < 0 ? result : read_limit(r, "per_day", &r->rule->per_day, err);
    return result < 0 ? result : read_limit(r, "per_customer_day", &r->rule->per_customer_day, err);
}

static int
read_hours(const struct reading *r, struct err *err)
{
    const struct js *value = js_get_c(r->from, "hours");
    if (!value) {
        return 0;
    }
    int result = policy_hours_read(value, &r->policy->arena, &r->rule->hours, err);
    return result == ERR_INVALID
               ? err_wrap(err, "policy.%" STR_FMT ".hours", STR_ARG(r->rule->name))
               : result;
}

/* WORD among WORDS, whose first stands for FIRST. */
static bool
read_word(struct str word, const char *const *words, int count, int first, int *ret)
{
    for (int i = 0; i < count; i++) {
        if (str_eq_c(word, words[i])) {
            *ret = first + i;
            return true;
        }
    }
    return false;
}

static int
read_approval(const struct reading *r, struct err *err)
{
    static const char *const words[] = {"none", "customer", "agent"};
    struct str time = js_get_text(r->from, "approval_time");
    int approval = (int)r->rule->approval;
    if (js_has(r->from, STR("approval")) &&
        !read_word(js_get_text(r->from, "approval"), words, 3, APPROVAL_NOBODY, &approval)) {
        return refuse(r, "approval", "is none of none, customer and agent", err);
    }
    r->rule->approval = (enum policy_approval)approval;
    if (time.len &&
        (!config_duration(time, &r->rule->approval_ms) ||
         r->rule->approval_ms < APPROVAL_LEAST_MS || r->rule->approval_ms > APPROVAL_MOST_MS)) {
        return refuse(r, "approval_time", "is not within 1m and 168h", err);
    }
    return 0;
}

static int
read_confirm(const struct reading *r, struct err *err)
{
    struct str text = js_get_text(r->from, "confirm");
    if (text.len == 0) {
        return 0;
    }
    if (is_for_all(r->rule)) {
        return refuse(r, "confirm", "one sentence cannot say what every tool does", err);
    }
    r->rule->confirm = arena_str(&r->policy->arena, text);
    return r->rule->confirm.ptr ? 0 : err_nomem(err);
}

/* Trusting is a word about one tool and who runs it. */
static int
read_trust(const struct reading *r, struct err *err)
{
    static const char *const words[] = {"trusted", "untrusted"};
    int trust = (int)r->rule->trust;
    if (!js_has(r->from, STR("trust"))) {
        return 0;
    }
    if (!read_word(js_get_text(r->from, "trust"), words, 2, TRUST_YES, &trust)) {
        return refuse(r, "trust", "is neither trusted nor untrusted", err);
    }
    if (trust == TRUST_YES && is_for_all(r->rule)) {
        return refuse(r, "trust", "all tools at once cannot be trusted: name those you run", err);
    }
    r->rule->trust = (enum policy_trust)trust;
    return 0;
}

static int
read_rule(const struct reading *r, struct err *err)
{
    r->rule->disabled = !js_get_bool(r->from, "enabled", !r->rule->disabled);
    r->rule->dry_run = js_get_bool(r->from, "dry_run", r->rule->dry_run);
    int result = read_prompts(r, err);
    result = result < 0 ? result : read_limits(r, err);
    result = result < 0 ? result : read_hours(r, err);
    result = result < 0 ? result : read_approval(r, err);
    result = result < 0 ? result : read_confirm(r, err);
    return result < 0 ? result : read_trust(r, err);
}

/* ---- Reading all ------------------------------------------------------------------------------*/

/* "*" first, because the others begin as it is. */
static int
read_rules(struct tool_policy *p, const struct js *rules, struct err *err)
{
    struct js_member m;
    struct reading r = {p, &p->all, js_get_c(rules, "*")};
    p->all.name = STR("*");
    p->rules = arena_zero(&p->arena, js_count(rules) + 1, sizeof(*p->rules));
    int result = p->rules ? read_rule(&r, err) : err_nomem(err);
    for (struct js_iter it = js_iter(rules); result == 0 && js_next(&it, &m);) {
        if (str_eq(m.key, STR("*"))) {
            continue;
        }
        r = (struct reading){p, &p->rules[p->count++], m.value};
        *r.rule = p->all;
        r.rule->name = arena_str(&p->arena, m.key);
        result = r.rule->name.ptr ? read_rule(&r, err) : err_nomem(err);
    }
    return result;
}

static bool
needs_zone(const struct policy_rule *rule)
{
    return rule->hours || rule->per_day || rule->per_customer_day;
}

/* A desk whose rules know no hours and days does without the files of zones. */
static int
load_zone(struct tool_policy *p, struct str timezone, struct err *err)
{
    bool needed = needs_zone(&p->all);
    for (size_t i = 0; i < p->count; i++) {
        needed = needed || needs_zone(&p->rules[i]);
    }
    if (!needed) {
        return 0;
    }
    int result = tz_load(timezone, &p->arena, &p->tz, err);
    return result < 0 ? err_wrap(err, "desk.timezone") : 0;
}

int
tool_policy_new(const struct js *rules, struct str timezone, struct tool_policy **ret,
                struct err *err)
{
    AUTO(tool_policy) struct tool_policy *p = mem_zero(1, sizeof(*p));
    if (!p) {
        return err_nomem(err);
    }
    int result = read_rules(p, rules, err);
    result = result < 0 ? result : load_zone(p, timezone, err);
    if (result < 0) {
        return result;
    }
    *ret = TAKE(p);
    return 0;
}

/* ---- Asking -----------------------------------------------------------------------------------*/

const struct policy_rule *
policy_rule_of(const struct tool_policy *p, struct str name)
{
    static const struct policy_rule nothing = {.name = STR_INIT("*")};
    for (size_t i = 0; p && i < p->count; i++) {
        if (str_eq(p->rules[i].name, name)) {
            return &p->rules[i];
        }
    }
    return p ? &p->all : &nothing;
}

enum policy_approval
policy_approval_of(const struct policy_rule *rule, const struct tool_def *def)
{
    if (rule->approval > APPROVAL_NOBODY) {
        return rule->approval;
    }
    return def->effect == EFFECT_IRREVERSIBLE ? APPROVAL_BY_CUSTOMER : APPROVAL_NOBODY;
}

bool
policy_rule_offers(const struct policy_rule *rule, struct str prompt)
{
    bool offered = !rule->prompts;
    for (size_t i = 0; i < rule->prompt_count; i++) {
        offered = offered || str_eq(rule->prompts[i], prompt) || str_eq_c(rule->prompts[i], "*");
    }
    return offered && !rule->disabled;
}

bool
tool_policy_offers(const struct tool_policy *p, const struct tool_def *def, struct str prompt)
{
    return policy_rule_offers(policy_rule_of(p, def->name), prompt);
}

bool
tool_policy_offers_alone(const struct tool_policy *p, const struct tool_def *def)
{
    const struct policy_rule *rule = policy_rule_of(p, def->name);
    bool acts = def->effect != EFFECT_READ || def->hands_over;
    return !acts && def->customer_field.len == 0 && !rule->dry_run &&
           policy_approval_of(rule, def) == APPROVAL_NOBODY && policy_rule_offers(rule, STR(""));
}

bool
tool_policy_untrusted(const struct tool_policy *p, const struct tool_def *def, bool said)
{
    const struct policy_rule *rule = policy_rule_of(p, def->name);
    return rule->trust == TRUST_OF_TOOL ? def->untrusted || said : rule->trust == TRUST_NO;
}
