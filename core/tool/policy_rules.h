/* policy_rules: what desk.yaml says of each tool, read. The floor's own header: callers use
 * policy.h. [any] once read. */
#ifndef TOOL_POLICY_RULES_H
#define TOOL_POLICY_RULES_H

#include "tool/policy.h"

struct policy_hours;
struct tz;

enum policy_approval {
    APPROVAL_OF_EFFECT, /* the customer's where the tool is irreversible, else nobody's */
    APPROVAL_NOBODY,
    APPROVAL_BY_CUSTOMER,
    APPROVAL_BY_AGENT,
};
enum policy_trust { TRUST_OF_TOOL, TRUST_YES, TRUST_NO };

/* What holds for one tool, that of "*" filled in. */
struct policy_rule {
    struct str name;
    bool disabled;
    bool dry_run;
    const struct str *prompts; /* NULL: under all */
    size_t prompt_count;
    int64_t per_minute; /* 0: no limit; likewise the next two */
    int64_t per_day;
    int64_t per_customer_day;
    const struct policy_hours *hours; /* NULL: always */
    enum policy_approval approval;
    int64_t approval_ms; /* 0: as limits.h says */
    struct str confirm;  /* empty: the tool's */
    enum policy_trust trust;
};

struct tool_policy {
    struct arena arena;
    const struct tz *tz;       /* NULL: no rule asks for it */
    struct policy_rule all;    /* "*" */
    struct policy_rule *rules; /* of single tools */
    size_t count;
};

/* That of the tool NAME, or of all others; P may be NULL. */
const struct policy_rule *policy_rule_of(const struct tool_policy *p, struct str name);
/* Who has to agree: APPROVAL_OF_EFFECT is looked up; nothing irreversible is nobody's. */
enum policy_approval policy_approval_of(const struct policy_rule *rule, const struct tool_def *def);
/* May it be offered under PROMPT? */
bool policy_rule_offers(const struct policy_rule *rule, struct str prompt);

#endif
