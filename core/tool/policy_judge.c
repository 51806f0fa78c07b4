/* The order of the steps is policy.h's. Each says GO_ON or JUDGED, or fails. */
#include <inttypes.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/tz.h"
#include "schema/schema.h"
#include "tool/policy_hours.h"
#include "tool/policy_summary.h"
#include "tool/policy_words.h"

enum { GO_ON = 0, JUDGED = 1, MINUTE_MS = 60 * 1000, WINDOWS = 3 };

/* A span of the clock in which a rule limits the uses. */
struct window {
    struct str id;
    int64_t most;
    int64_t expires;
    const char *within; /* for words */
};

struct judging {
    const struct tool_policy *policy;
    const struct policy_rule *rule;
    const struct tool_question *q;
    const struct tool_facts *facts;
    struct arena *arena; /* the caller's: for what is handed back */
    struct arena scratch;
    struct js *arguments; /* NULL: they are no JSON object, or too long */
    struct tz_date date;  /* of the desk's wall; filled where the rules have a zone */
    struct window windows[WINDOWS];
    size_t window_count;
    struct tool_judgement *ret;
};

static int
refuse(struct judging *j, const char *code, struct str message, struct err *err)
{
    if (!message.ptr) {
        return err_nomem(err);
    }
    j->ret->verdict = TOOL_REFUSED;
    j->ret->code = str_c(code);
    j->ret->message = message;
    return JUDGED;
}

/* ---- Enabled, customer, hours -----------------------------------------------------------------*/

static int
judge_enabled(struct judging *j, struct err *err)
{
    if (policy_rule_offers(j->rule, j->q->prompt)) {
        return GO_ON;
    }
    return refuse(j, "not_enabled", policy_words_not_enabled(j->q->def->name, j->arena), err);
}

/* What dispatch would refuse to read is no arguments here. */
static int
read_arguments(struct judging *j, struct err *err)
{
    struct str text = j->q->arguments;
    if (text.len > LIMIT_TOOL_ARGUMENT_BYTES) {
        return GO_ON;
    }
    text = str_trim(text).len ? text : STR("{}");
    int result = js_parse_object(text, "arguments", &j->scratch, &j->arguments, err);
    if (result < 0) {
        j->arguments = NULL;
    }
    return result == ERR_NOMEM ? result : GO_ON;
}

/* PART of a JSON pointer as the name it stands for; ptr NULL when memory ran out. */
static struct str
unescape(struct str part, struct arena *arena)
{
    AUTO(buf) struct buf b = {0};
    buf_init(&b, LIMIT_MANIFEST_BYTES);
    for (size_t i = 0; i < part.len; i++) {
        bool escaped = part.ptr[i] == '~' && i + 1 < part.len;
        i += escaped;
        buf_add_char(&b, !escaped ? part.ptr[i] : part.ptr[i] == '1' ? '/' : '~');
    }
    return buf_to_arena(&b, arena);
}

/* What stands at POINTER; false: nothing does. */
static int
find(struct judging *j, struct str pointer, bool *ret_there, const struct js **ret, struct err *err)
{
    const struct js *at = j->arguments;
    struct str rest = str_sub(pointer, 1, pointer.len);
    struct str part;
    *ret_there = false;
    while (str_split(&rest, '/', &part)) {
        struct str name = unescape(part, &j->scratch);
        if (!name.ptr) {
            return err_nomem(err);
        }
        *ret_there = js_has(at, name);
        at = js_get(at, name);
    }
    *ret = at;
    return 0;
}

static int
judge_customer(struct judging *j, struct err *err)
{
    const struct tool_def *def = j->q->def;
    const struct js *named = NULL;
    bool there;
    if (def->customer_field.len == 0) {
        return GO_ON;
    }
    if (j->q->customer.len == 0) {
        return refuse(j, "no_customer", policy_words_no_customer(def->name, j->arena), err);
    }
    int result = find(j, def->customer_field, &there, &named, err);
    if (result < 0) {
        return result;
    }
    if (!there || (js_type(named) == JS_STRING && str_eq(js_text(named), j->q->customer))) {
        return GO_ON;
    }
    return refuse(
        j, "wrong_customer",
        policy_words_wrong_customer(def->name, def->customer_field, j->q->customer, j->arena), err);
}

/* Why the tool NAME cannot be used on DATE; empty: it can. ptr NULL when memory ran out. */
static struct str
closed(const struct tool_policy *p, const struct policy_rule *rule, struct str name,
       const struct tz_date *date, struct arena *arena)
{
    unsigned minute = (date->weekday * 24 + date->hour) * 60 + date->minute;
    if (!rule->hours || policy_hours_open(rule->hours, minute)) {
        return STR("");
    }
    return policy_words_closed(name, rule->hours, minute, tz_name(p->tz), arena);
}

struct str
tool_policy_closed(const struct tool_policy *p, const struct tool_def *def, int64_t now_ms,
                   struct arena *arena)
{
    const struct policy_rule *rule = policy_rule_of(p, def->name);
    struct tz_date date = {0};
    if (rule->hours) {
        tz_local(p->tz, now_ms, &date);
    }
    return closed(p, rule, def->name, &date, arena);
}

static int
judge_hours(struct judging *j, struct err *err)
{
    struct str why = closed(j->policy, j->rule, j->q->def->name, &j->date, j->arena);
    if (why.ptr && why.len == 0) {
        return GO_ON;
    }
    return refuse(j, "closed", why.ptr ? policy_words_later(why, j->arena) : why, err);
}

/* What does not fit never runs, and dispatch says why: nobody is asked about it, nothing counted.
 */
static int
judge_fit(struct judging *j, struct err *err)
{
    struct schema_report report;
    if (!j->arguments) {
        return JUDGED;
    }
    int result = schema_check(j->q->def->schema, j->arguments, &j->scratch, &report, err);
    if (result == ERR_NOMEM) {
        return result;
    }
    return result == 0 ? GO_ON : JUDGED;
}

/* ---- Limits -----------------------------------------------------------------------------------*/

static int
add_window(struct judging *j, int64_t most, struct str id, int64_t expires, const char *within,
           struct err *err)
{
    if (!id.ptr) {
        return err_nomem(err);
    }
    j->windows[j->window_count++] = (struct window){id, most, expires, within};
    return 0;
}

static int
add_days(struct judging *j, struct err *err)
{
    const struct tz_date *d = &j->date;
    struct str tool = j->q->def->name;
    struct str day = arena_printf(&j->scratch, "day:%04" PRId64 "-%02u-%02u:%" STR_FMT, d->year,
                                  d->month, d->day, STR_ARG(tool));
    int64_t end = tz_midnight(j->policy->tz, d->year, d->month, d->day + 1);
    int result = 0;
    if (j->rule->per_day) {
        result = add_window(j, j->rule->per_day, day, end, "a day on this desk", err);
    }
    if (result == 0 && j->rule->per_customer_day) {
        struct str id = arena_printf(&j->scratch, "%" STR_FMT ":%" STR_FMT, STR_ARG(day),
                                     STR_ARG(j->q->customer));
        result = add_window(j, j->rule->per_customer_day, day.ptr ? id : day, end,
                            "a day for one customer", err);
    }
    return result;
}

static int
add_windows(struct judging *j, struct err *err)
{
    int result = 0;
    if (j->rule->per_minute) {
        int64_t minute = j->q->now_ms / MINUTE_MS;
        struct str id = arena_printf(&j->scratch, "minute:%" PRId64 ":%" STR_FMT, minute,
                                     STR_ARG(j->q->def->name));
        result = add_window(j, j->rule->per_minute, id, (minute + 1) * MINUTE_MS,
                            "a minute on this desk", err);
    }
    if (result == 0 && (j->rule->per_day || j->rule->per_customer_day)) {
        result = add_days(j, err);
    }
    return result;
}

static int
refuse_limit(struct judging *j, const struct window *w, struct err *err)
{
    const char *when = w->expires - j->q->now_ms <= MINUTE_MS ? "in a minute" : "tomorrow";
    return refuse(j, "limit",
                  policy_words_limit(j->q->def->name, w->most, w->within, when, j->arena), err);
}

static int
judge_limits(struct judging *j, struct err *err)
{
    int result = add_windows(j, err);
    for (size_t i = 0; result == 0 && i < j->window_count; i++) {
        const struct window *w = &j->windows[i];
        int64_t uses = 0;
        result = j->facts->use(j->facts->arg, w->id, 0, w->expires, &uses, err);
        if (result == 0 && uses >= w->most) {
            return refuse_limit(j, w, err);
        }
    }
    return result;
}

/* The call runs: it is one use more. */
static int
count_use(struct judging *j, struct err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < j->window_count; i++) {
        const struct window *w = &j->windows[i];
        int64_t uses;
        result = j->facts->use(j->facts->arg, w->id, 1, w->expires, &uses, err);
    }
    return result;
}

/* ---- Approval ---------------------------------------------------------------------------------*/

/* What a customer cannot be shown as a whole is an agent's to agree to: the desk has the arguments
 * to read. */
static int
ask(struct judging *j, bool agent, struct err *err)
{
    const struct tool_def *def = j->q->def;
    struct tool_judgement *ret = j->ret;
    struct str template = j->rule->confirm.len ? j->rule->confirm : def->confirm;
    bool whole = false;
    ret->summary = policy_summary(def->name, template, j->arguments, j->arena, &whole);
    if (!ret->summary.ptr) {
        return err_nomem(err);
    }
    agent = agent || !whole;
    int64_t usual = agent ? LIMIT_APPROVAL_AGENT_MS : LIMIT_APPROVAL_CUSTOMER_MS;
    ret->message = agent ? policy_words_ask_agent(ret->summary, ret->arguments, j->arena)
                         : policy_words_ask_customer(ret->summary, ret->arguments, j->arena);
    if (!ret->message.ptr) {
        return err_nomem(err);
    }
    ret->verdict = agent ? TOOL_ASK_AGENT : TOOL_ASK_CUSTOMER;
    ret->code = agent ? STR("needs_agent") : STR("needs_confirmation");
    ret->expires_ms = j->rule->approval_ms ? j->rule->approval_ms : usual;
    return JUDGED;
}

static int
judge_approval(struct judging *j, struct err *err)
{
    const struct tool_facts *facts = j->facts;
    enum policy_approval needed = policy_approval_of(j->rule, j->q->def);
    bool agent = needed == APPROVAL_BY_AGENT;
    bool agreed = false;
    int result = 0;
    if (needed == APPROVAL_NOBODY) {
        return GO_ON;
    }
    if (!agent) {
        result = facts->outside(facts->arg, &agent, err);
    }
    if (result == 0) {
        j->ret->arguments = js_canonical(j->arguments, j->arena);
        result = j->ret->arguments.ptr ? 0 : err_nomem(err);
    }
    if (result == 0) {
        result = facts->take(facts->arg, j->q->def, j->ret->arguments,
                             agent ? STR("agent") : STR("customer"), &agreed, err);
    }
    return result < 0 || agreed ? result : ask(j, agent, err);
}

/* ---- All of it --------------------------------------------------------------------------------*/

static int
judge(struct judging *j, struct err *err)
{
    static int (*const steps[])(struct judging *, struct err *) = {
        judge_enabled, read_arguments, judge_customer, judge_hours,
        judge_fit,     judge_limits,   judge_approval, count_use,
    };
    int result = GO_ON;
    for (size_t i = 0; result == GO_ON && i < sizeof(steps) / sizeof(steps[0]); i++) {
        result = steps[i](j, err);
    }
    return result < 0 ? result : 0;
}

int
tool_policy_judge(const struct tool_policy *p, const struct tool_question *q,
                  const struct tool_facts *facts, struct arena *arena, struct tool_judgement *ret,
                  struct err *err)
{
    const struct policy_rule *rule = policy_rule_of(p, q->def->name);
    struct tool_judgement judgement = {.verdict = TOOL_MAY_RUN, .dry_run = rule->dry_run};
    struct judging j = {
        .policy = p, .rule = rule, .q = q, .facts = facts, .arena = arena, .ret = &judgement};
    if (p && p->tz) {
        tz_local(p->tz, q->now_ms, &j.date);
    }
    int result = judge(&j, err);
    arena_done(&j.scratch);
    if (result == 0) {
        *ret = judgement;
    }
    return result;
}
