/* policy_words: refusals, put so that a model can explain them to a customer. For policy_judge.c
 * alone. Each returns a text in ARENA; ptr NULL when memory ran out. [any] */
#ifndef TOOL_POLICY_WORDS_H
#define TOOL_POLICY_WORDS_H

#include "tool/policy_rules.h"

struct str policy_words_not_enabled(struct str tool, struct arena *arena);
/* Says who the customer is, and nothing of whom the argument named. */
struct str policy_words_wrong_customer(struct str tool, struct str field, struct str customer,
                                       struct arena *arena);
struct str policy_words_no_customer(struct str tool, struct arena *arena);
/* At MINUTE of the week in the zone ZONE. */
struct str policy_words_closed(struct str tool, const struct policy_hours *h, unsigned minute,
                               struct str zone, struct arena *arena);
/* WHY, which was that, and what to do about it in a conversation. */
struct str policy_words_later(struct str why, struct arena *arena);
/* MOST times WITHIN ("a day"), and WHEN it begins anew. */
struct str policy_words_limit(struct str tool, int64_t most, const char *within, const char *when,
                              struct arena *arena);
struct str policy_words_ask_customer(struct str summary, struct str arguments, struct arena *arena);
struct str policy_words_ask_agent(struct str summary, struct str arguments, struct arena *arena);

#endif
