/* policy: may this call run, now, for this customer?
 *
 * The rules are the desk's (`policy` in desk.yaml: a map of a tool's name, or "*" for all others,
 * to what is allowed) and the tool's own (effect, trust, which argument names the customer). They
 * are constant once read: [any] may ask them. What they have to know of the record (approvals, how
 * often a tool was used, whether text from outside is in the conversation) they ask through
 * functions that the turn supplies, inside the transaction that commits the call: so a limit holds
 * over all processes of a desk, and one approval lets one call through, once.
 *
 * In this order, the first that says no is the answer:
 *   enabled      off for this desk, or not for this prompt
 *   customer     an argument that names the customer names another one, or nobody is signed in
 *   hours        outside the hours of the desk's time zone
 *   limits       per minute, per day, per customer and day; windows of the clock, not sliding. All
 *                who are not signed in are one customer
 *   approval     an irreversible tool, or one whose rule asks for it, and nobody has agreed to this
 *                call with these arguments: the customer is asked; an agent, where the rule says
 *                so, where text from outside is in the conversation, or where the call is too long
 *                to be shown to the customer as a whole
 * A call whose arguments are no JSON or do not fit the schema is not judged by the last two: it may
 * run, which it will not, because dispatch says what is wrong with it.
 * Refusals are words for a model that explains them to a customer.
 *
 * Text from outside: what MCP servers, command tools and dh.http/1 bring, and tools whose manifest
 * says "trust": "untrusted"; not the shop's own database. It may try to steer the model. It reaches
 * it behind a fence (tool_result_content), and once it is in a conversation nothing irreversible
 * happens there without an agent. */
#ifndef TOOL_POLICY_H
#define TOOL_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "tool/tool.h"

struct js;
struct tool_policy;

/* RULES: the checked map of desk.yaml; a tool's rule begins as that of "*" and says what differs.
 * TIMEZONE: the desk's, for hours and days, loaded where a rule has any. ERR_INVALID names rule and
 * member; ERR_NOTFOUND: there is no such zone. */
int tool_policy_new(const struct js *rules, struct str timezone, struct tool_policy **ret,
                    struct err *err) WARN_UNUSED;
/* NULL is fine. */
void tool_policy_free(struct tool_policy *p);
AUTO_DEFINE(tool_policy, struct tool_policy *, tool_policy_free)

/* Tools that are not there yet but may be, and keep their rules: those of an MCP server that is
 * down. */
struct tool_latecomers {
    bool (*may_come)(void *arg, struct str name);
    void *arg;
};

/* Do the rules make sense for the tools there are? ERR_INVALID: a rule for no tool of that name
 * (and the nearest one), `approval: none` for an irreversible one, a `confirm` that names an
 * argument the tool has not. LATE may be NULL: nobody comes late. [loop] */
int tool_policy_check(const struct tool_policy *p, const struct tool_registry *r,
                      const struct tool_latecomers *late, struct err *err) WARN_UNUSED;

/* Is the tool offered to the model under PROMPT at all? P may be NULL: everything is. */
bool tool_policy_offers(const struct tool_policy *p, const struct tool_def *def, struct str prompt);

/* Is it offered where there is no conversation: to a client that is no customer, under no prompt,
 * with nobody to agree to anything? What changes something is not, nor what a rule keeps to some
 * prompts, has agreed to or only rehearses, nor what names the customer. P may be NULL. */
bool tool_policy_offers_alone(const struct tool_policy *p, const struct tool_def *def);

/* Outside its hours at NOW_MS: what to say of that, in ARENA; ptr NULL when memory ran out. Empty:
 * it may be used. P may be NULL. */
struct str tool_policy_closed(const struct tool_policy *p, const struct tool_def *def,
                              int64_t now_ms, struct arena *arena);

/* Did a call of DEF bring text from outside? SAID: its source said so of this result. An operator
 * may trust a tool by name whose other side is the shop's own, and distrust any. P may be NULL. */
bool tool_policy_untrusted(const struct tool_policy *p, const struct tool_def *def, bool said);

/* What is asked. */
struct tool_question {
    const struct tool_def *def;
    struct str arguments; /* the model's text; may be broken */
    struct str prompt;    /* of the turn */
    struct str customer;  /* empty: anonymous */
    int64_t now_ms;       /* wall */
};

/* What the record says. Each returns 0, or <0 and fills ERR. */
struct tool_facts {
    /* BY more uses (0: only look) of the window ID, which is forgotten at EXPIRES; how many now. */
    int (*use)(void *arg, struct str id, int64_t by, int64_t expires, int64_t *ret,
               struct err *err);
    /* Take the agreement to exactly this call, asked of NEEDS ("customer" or "agent"; an agent's
     * holds for both); *RET false: there is none. */
    int (*take)(void *arg, const struct tool_def *def, struct str arguments, struct str needs,
                bool *ret, struct err *err);
    /* Is text from outside in this conversation? */
    int (*outside)(void *arg, bool *ret, struct err *err);
    void *arg;
};

enum tool_verdict {
    TOOL_MAY_RUN,
    TOOL_REFUSED,
    TOOL_ASK_CUSTOMER, /* to be asked for: `summary` is what is put to them */
    TOOL_ASK_AGENT,
};

struct tool_judgement {
    enum tool_verdict verdict;
    bool dry_run;         /* with TOOL_MAY_RUN: it is to say what it would do */
    struct str code;      /* else: one word, for the record: "not_enabled", "wrong_customer",
                             "no_customer", "closed", "limit", "needs_confirmation",
                             "needs_agent" */
    struct str message;   /* else: for the model */
    struct str summary;   /* of what is asked: one line, for people */
    struct str arguments; /* where somebody has to agree: JSON with members in order and equal
                             numbers spelled equally; what is agreed to */
    int64_t expires_ms;   /* of an approval, after now */
};

/* Texts of *RET in ARENA or constant. P may be NULL: then only what the tool says of itself holds.
 * Counts a use where a limit is set and the call may run; a call that is refused, or asked about,
 * uses up nothing. Failing is running out of memory, or the
 * facts'. */
int tool_policy_judge(const struct tool_policy *p, const struct tool_question *q,
                      const struct tool_facts *facts, struct arena *arena,
                      struct tool_judgement *ret, struct err *err) WARN_UNUSED;

#endif
